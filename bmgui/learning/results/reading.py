"""`results.json` and `cases.csv` of an evaluation, read strictly: what is missing or odd is named with its file."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bmgui.base.errors import KnownError
from bmgui.imaging.square import Square
from bmgui.learning.collections.collection import LABELS
from bmgui.learning.results.cautions import Caution
from bmgui.learning.results.evaluations import CASES, RESULTS
from bmgui.learning.results.values import (
    NAMES,
    ROLES,
    Band,
    Bin,
    Calibration,
    Case,
    Cell,
    Counts,
    Curve,
    Figure,
    Group,
    Leak,
    Measured,
    Pair,
    Point,
    Results,
    Source,
    Subgroup,
    Subject,
    Threshold,
    Worst,
)
from bmgui.scoring.checks import Fields, Refused

__all__ = ["Case", "Figure", "Group", "Measured", "Pair", "Results", "Subject", "read_cases", "read_results"]

SCHEMA = 1
_MOST_BYTES = 200_000_000


def read_results(folder: Path) -> Results:
    """Raises KnownError("results-missing", file) where no evaluation has ended here, ("results-unreadable", file,
    reason)."""
    path = folder / RESULTS
    if not path.is_file():
        raise KnownError("results-missing", file=str(folder))
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise Refused("it is too large")
        return _results(folder, Fields.of(json.loads(path.read_bytes())))
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    except (Refused, ValueError, RecursionError) as error:
        raise _unreadable(path, str(error)) from error


def _unreadable(path: Path, reason: str) -> KnownError:
    return KnownError("results-unreadable", file=str(path), reason=reason)


def _results(folder: Path, told: Fields) -> Results:
    told.whole("schema", SCHEMA, SCHEMA)
    measured = tuple(_measured(one) for one in told.inners("measured"))
    subjects = tuple(_subject(one) for one in told.inners("subjects"))
    names = {one.name for one in subjects}
    if stray := next((one.subject for one in measured if one.subject not in names), ""):
        raise Refused(f"measured: {stray} is no subject")
    return Results(
        folder=folder,
        made=told.text("made"),
        program=told.text("program"),
        factor=told.number("factor", above=0),
        draws=told.whole("draws", 0),
        level=told.share("level"),
        locked_test=told.truth("locked_test"),
        subjects=subjects,
        empty=tuple(_cell(one) for one in told.inners("empty")),
        collections=tuple(_source(one) for one in told.inners("collections")),
        measured=measured,
        pairs=tuple(_pair(one) for one in told.inner("comparisons").inners("pairs")),
        leaks=tuple(Leak(_pair_of(one, "learnt"), _pair_of(one, "tested")) for one in told.inners("leaks")),
    )


def _subject(told: Fields) -> Subject:
    scale = told.inner("scale")
    made = told.inner("made")
    all_learnt = told.values.get("learnt") or {}
    learnt = {key: told.inner("learnt").inner(key) for key in all_learnt}
    return Subject(
        name=told.text("name"),
        network=told.text("network"),
        chain=told.text("chain"),
        seed=_whole_or_none(told, "seed"),
        weights_sha256=told.text("weights_sha256"),
        run=made.text("run", ""),
        calibrated=scale.values.get("scaling") is not None,
        learnt=told.values.get("learnt") is not None,
        unsaid=told.texts("unsaid"),
        learnt_names=tuple(dict.fromkeys(one.text("name", key) for key, one in learnt.items())),
        unprinted=tuple(dict.fromkeys(one.text("name", key) for key, one in learnt.items() if not _is_printed(one))),
    )


def _is_printed(told: Fields) -> bool:
    """Results of older versions do not say it."""
    return told.truth("printed", default=False)


def _pair_of(told: Fields, name: str) -> tuple[str, str]:
    collection, section = told.texts(name)
    return collection, section


def _cell(told: Fields) -> Cell:
    return Cell(told.text("network"), told.text("chain"), _whole_or_none(told, "seed"), told.text("reason"))


def _source(told: Fields) -> Source:
    looks = told.inner("looks").whole("count", 0)
    return Source(
        name=told.text("name"),
        version=told.text("version"),
        external=told.truth("external"),
        scored=told.whole("scored", 0),
        looks=looks,
        split=_word(told, "split") if "split" in told.values else "",
        excluded=told.whole("excluded", 0),
        exclusions=told.text("exclusions", ""),
    )


# --- one subject on one group ---


def _measured(told: Fields) -> Measured:
    reason = _word(told, "reason")
    measured = not reason
    table = told.inner("table") if measured else Fields({})
    roc = told.inner("roc") if measured else Fields({})
    calibration = told.inner("calibration") if measured else Fields({})
    return Measured(
        subject=told.text("subject"),
        of=_group(told),
        threshold=_threshold(told.inner("threshold")),
        points=tuple(_point(one) for one in told.inners("points")),
        worst=tuple(_worst(one) for one in told.inners("worst")),
        cautions=tuple(_caution(one) for one in told.inners("cautions")) if "cautions" in told.values else (),
        reason=reason,
        values={name: _figure(table.inner("values").inner(name)) for name in NAMES} if measured else {},
        counts=_counts(table.inner("counts")) if measured else None,
        curve=_curve(roc.inner("curve")) if measured else None,
        band=_band(roc.inner("band")) if measured else None,
        before=_calibration(calibration, "before"),
        calibration=_calibration(calibration, "after"),
        subgroups=tuple(_subgroup(one) for one in told.inners("subgroups")),
    )


def _group(told: Fields) -> Group:
    """Whole only where the counts fit one another."""
    pictures, malignant, benign = (told.whole(name, 0) for name in ("pictures", "malignant", "benign"))
    if malignant + benign != pictures:
        raise Refused(f"{told.way}pictures: {malignant} + {benign} are not {pictures}")
    return Group(
        name=told.text("group"),
        role=told.one_of("role", ROLES),
        collections=told.texts("collections"),
        pictures=pictures,
        malignant=malignant,
        benign=benign,
        patients=told.whole("patients", 0),
        benign_patients=_whole_or_none(told, "benign_patients"),
        malignant_patients=_whole_or_none(told, "malignant_patients"),
        counted_by=told.text("counted_by"),
        shown=told.truth("shown", default=True),
    )


def _threshold(told: Fields) -> Threshold:
    benign = malignant = None
    if told.values.get("chosen") is not None:
        counts = _counts(told.inner("chosen").inner("counts"))
        benign, malignant = counts.fp + counts.tn, counts.tp + counts.fn
    return Threshold(told.text("name"), told.share("threshold"), told.text("chosen_on"), benign, malignant)


def _point(told: Fields) -> Point:
    """Results of older versions have a point's rates without intervals."""
    chosen = Threshold(
        name=told.text("name"),
        threshold=told.share("threshold"),
        chosen_on=told.text("chosen_on"),
        benign=_whole_or_none(told, "chosen_on_benign"),
        malignant=_whole_or_none(told, "chosen_on_malignant"),
    )
    if reason := _word(told, "reason"):
        return Point(chosen, None, None, None, reason)
    if told.values.get("intervals") is not None:
        rates = [_figure(told.inner("intervals").inner(name)) for name in ("sensitivity", "specificity")]
    else:
        rates = [Figure(told.share(name)) for name in ("sensitivity", "specificity")]
    return Point(chosen, rates[0], rates[1], _counts(told.inner("counts")), "")


def _worst(told: Fields) -> Worst:
    label = told.one_of("label", LABELS)
    return Worst(told.text("collection"), told.text("section"), label, told.share("probability"))


def _caution(told: Fields) -> Caution:
    return Caution(told.text("code"), {name: told.whole(name) for name in told.values if name != "code"})


def _counts(told: Fields) -> Counts:
    return Counts(*(told.whole(name, 0) for name in ("tp", "fp", "tn", "fn")))


def _figure(told: Fields) -> Figure:
    value, low, high = (_number_or_none(told, name) for name in ("value", "low", "high"))
    if (low is None) != (high is None):
        raise Refused(f"{told.way}low: an interval with one end")
    return Figure(value, low, high)


def _curve(told: Fields) -> Curve:
    x, y = _numbers(told, "false_positive_rate"), _numbers(told, "sensitivity")
    _same_length(told, x, y)
    return Curve(x, y)


def _band(told: Fields) -> Band:
    x, low, high = (_numbers(told, name) for name in ("false_positive_rate", "low", "high"))
    _same_length(told, x, low, high)
    return Band(x, low, high)


def _calibration(told: Fields, when: str) -> Calibration | None:
    if told.values.get(when) is None:
        return None
    here = told.inner(when)
    chance = here.inner("ece_expected")
    return Calibration(
        slope=_figure(here.inner("slope")),
        intercept=_figure(here.inner("intercept")),
        in_the_large=_figure(here.inner("in_the_large")),
        brier=_figure(here.inner("brier")),
        ece=here.share("ece"),
        ece_chance=chance.share("mean"),
        ece_chance_high=chance.share("high"),
        bins=tuple(_bin(one) for one in here.inners("bins")),
    )


def _bin(told: Fields) -> Bin:
    mean, share = told.share_or_none("mean"), told.share_or_none("share")
    return Bin(told.share("low"), told.share("high"), told.whole("cases", 0), mean, share)


def _subgroup(told: Fields) -> Subgroup:
    return Subgroup(
        by=told.text("by"),
        name=told.text("name"),
        benign=told.whole("benign", 0),
        malignant=told.whole("malignant", 0),
        benign_patients=told.whole("benign_patients", 0),
        malignant_patients=told.whole("malignant_patients", 0),
        counts=None if told.values.get("counts") is None else _counts(told.inner("counts")),
        auc=None if told.values.get("auc") is None else _figure(told.inner("auc")),
        reason=_word(told, "reason"),
    )


def _pair(told: Fields) -> Pair:
    reason = _word(told, "reason")
    tests = {one.text("of"): _number_or_none(one, "p_holm") for one in told.inners("tests")}
    differences: Mapping[str, Figure] = {}
    if not reason:
        differences = {name: _figure(told.inner("differences").inner(name)) for name in NAMES}
    return Pair(told.text("first"), told.text("second"), _group(told), differences, tests, reason)


# --- cases ---


def read_cases(folder: Path, *, squares: str = "main") -> tuple[Case, ...]:
    """The rows of `cases.csv`; squares: "main" (one a picture and subject: the size that was asked for, not nudged) or
    "all". Raises KnownError("results-missing", file), ("results-unreadable", file, reason)."""
    path = folder / CASES
    if not path.is_file():
        raise KnownError("results-missing", file=str(folder))
    factor = read_results(folder).factor if squares == "main" else None
    found, line = [], 1
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
            for row in csv.DictReader(stream, strict=True):
                line += 1
                if factor is None or (row["nudge"] == "0" and float(row["factor"]) == float(f"{factor:g}")):
                    found.append(_case(row))
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    except KeyError as error:
        raise _unreadable(path, f"line {line}: no column {error}") from error
    except (Refused, ValueError, TypeError, csv.Error) as error:
        raise _unreadable(path, f"line {line}: {error}") from error
    return tuple(found)


def _case(row: Mapping[str, Any]) -> Case:
    words = Fields.of(dict(row))
    probability = float(row["probability_after"] or row["probability_before"])
    if not 0 <= probability <= 1:
        raise Refused(f"{probability} is no probability")
    return Case(
        subject=words.text("subject"),
        role=words.one_of("role", ROLES),
        collection=words.text("collection"),
        section=words.text("section"),
        patient=row["patient"],
        unit=words.text("unit"),
        label=words.one_of("label", LABELS),
        part=row["part"],
        square=Square(int(row["left"]), int(row["top"]), int(row["side"])),
        margin=float(row["margin"]),
        probability=probability,
    )


# --- small readers ---


def _word(told: Fields, name: str) -> str:
    """A text that may be empty."""
    return "" if told.values.get(name) == "" else told.text(name)


def _whole_or_none(told: Fields, name: str) -> int | None:
    return None if told.values.get(name) is None else told.whole(name, 0)


def _number_or_none(told: Fields, name: str) -> float | None:
    return None if told.values.get(name) is None else told.number(name)


def _numbers(told: Fields, name: str) -> tuple[float, ...]:
    values = told.values.get(name)
    if not isinstance(values, list) or not all(
        isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1 for value in values
    ):
        raise Refused(f"{told.way}{name}: not a list of shares")
    return tuple(map(float, values))


def _same_length(told: Fields, *lists: tuple[float, ...]) -> None:
    if len({len(one) for one in lists}) != 1 or len(lists[0]) < 2:
        raise Refused(f"{told.way.rstrip('.')}: its lists are not of one length")
