"""The mass finder's card, `finder.json`: how it wants its frames, what makes a mass, where it was measured.

Not a `card.json`: a finder is no classifier, and `Library` lists only those.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.scoring.card import DataUsed, Interval
from bmgui.scoring.checks import Fields, Refused
from bmgui.scoring.finding import FindingRule

FINDER_FILE = "finder.json"
FINDER_FOLDER = "mass-finder"  # in models/
SCHEMA = 1
_MOST_BYTES = 1 << 20
_LEVELS = 5  # strides 2, 4, 8, 16, 32
COARSEST = 32  # px: the network's side is a multiple of it


@dataclass(frozen=True)
class Held:
    """What the finder did with masses: how many, of how many patients (or groups of pictures), and the rates.

    good: the mass lies wholly inside the first square, whose side is 1.1 to 3.0 × the mass's longer side; held:
    wholly inside it, whatever the side; missed: in a picture where no mass was seen; rule: `good` for the rule.
    """

    measured_on: str
    locked: bool
    masses: int
    patients: int
    good: Interval
    held: Interval
    missed: Interval
    rule: Interval


@dataclass(frozen=True)
class FalseAlarms:
    """Normal pictures, and the share of them in which a mass was seen; met: of them, so many were learnt from."""

    measured_on: str
    pictures: int
    met: int
    seen: Interval


@dataclass(frozen=True)
class FinderCard:
    """One finder. side: px of the square that the reduced frame is padded to; widths, blocks: of its network."""

    id: str
    title: str
    side: int
    widths: tuple[int, ...]
    blocks: tuple[int, ...]
    mirror: bool  # averaged with the mirror image
    sha256: str
    rule: FindingRule
    data: tuple[DataUsed, ...]
    training: str
    figures: tuple[Held, ...]
    normal: tuple[FalseAlarms, ...]
    licence: str
    limits: tuple[str, ...]


def read_finder_card(folder: Path) -> FinderCard:
    """The card of the finder in `folder`. Raises KnownError("card-unreadable", file, reason)."""
    path = folder / FINDER_FILE
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise Refused("larger than 1 MiB")
        return _card(Fields.of(json.loads(data)))
    except OSError as error:
        raise KnownError("card-unreadable", file=str(path), reason=error.strerror or str(error)) from error
    except (Refused, ValueError, RecursionError) as error:  # ValueError: not JSON, not UTF-8
        raise KnownError("card-unreadable", file=str(path), reason=str(error)) from error


def _card(f: Fields) -> FinderCard:
    if f.whole("schema") != SCHEMA:
        raise Refused(f"schema {f.whole('schema')}, not {SCHEMA}")
    side = f.whole("side", COARSEST, 1024)
    if side % COARSEST:
        raise Refused(f"side: {side} is not a multiple of {COARSEST}")
    return FinderCard(
        id=f.matching("id", r"[a-z0-9][a-z0-9._-]{0,63}", "a short word of a–z, 0–9, '.', '_' and '-'"),
        title=f.text("title"),
        side=side,
        widths=_wholes(f, "widths", _LEVELS, 1024),
        blocks=_wholes(f, "blocks", _LEVELS - 1, 16),
        mirror=f.truth("mirror"),
        sha256=f.matching("sha256", r"[0-9a-f]{64}", "64 digits of lower-case hex"),
        rule=_rule(f.inner("rule")),
        data=tuple(DataUsed(d.text("name"), d.text("used_for"), d.text("licence")) for d in f.inners("data")),
        training=f.text("training"),
        figures=tuple(_held(x) for x in f.inners("figures")),
        normal=tuple(_false_alarms(x) for x in f.inners("normal")),
        licence=f.text("licence"),
        limits=f.texts("limits"),
    )


def _wholes(f: Fields, name: str, count: int, most: int) -> tuple[int, ...]:
    values = f.values.get(name)
    if not isinstance(values, list) or len(values) != count:
        raise Refused(f"{f.way}{name}: not a list of {count}")
    return tuple(Fields.of({name: value}, f.way).whole(name, 1, most) for value in values)


def _rule(f: Fields) -> FindingRule:
    return FindingRule(f.share("seen"), f.share("edge"), f.share("smaller"), f.share("second"), f.whole("most", 1, 9))


def _held(f: Fields) -> Held:
    rates = (_interval(f.inner(name)) for name in ("good", "held", "missed", "rule"))
    return Held(f.text("measured_on"), f.truth("locked"), f.whole("masses", 1), f.whole("patients", 1), *rates)


def _false_alarms(f: Fields) -> FalseAlarms:
    return FalseAlarms(f.text("measured_on"), f.whole("pictures", 1), f.whole("met", 0), _interval(f.inner("seen")))


def _interval(f: Fields) -> Interval:
    interval = Interval(f.share("value"), f.share("low"), f.share("high"))
    if not interval.low <= interval.value <= interval.high:
        raise Refused(f"{f.way}value: outside its interval")
    return interval
