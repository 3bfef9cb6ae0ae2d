"""Squares and opinions, kept for each scan and frame between sessions: one small JSON file a scan.

A file says which scan by its fingerprint only: no patient, no path, no pixels. It is written whole, so two windows may
keep the same scan: what each of them changed is kept, of a frame that both changed the later one's, and nobody ever
reads half a file. What cannot be read is set aside, not lost.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bmgui.base import files, places
from bmgui.base.errors import KnownError
from bmgui.imaging.square import MIN_SIDE_PX, Square
from bmgui.scoring.checks import Fields, Refused

SCHEMA = 1
_MOST_BYTES = 16 << 20


@dataclass(frozen=True)
class KeptOpinion:
    """A score as it is kept: margins, from which the card makes the probabilities again.

    weights: their SHA-256; prior: the share of malignant masses that was assumed.
    least, greatest: the margins' range over the nudged squares; None where it was not computed.
    """

    model: str
    weights: str
    prior: float
    margin: float
    least: float | None
    greatest: float | None
    engine: str


@dataclass(frozen=True)
class KeptMass:
    """A confirmed square, and its score where there is one."""

    square: Square
    opinion: KeptOpinion | None = None


Kept = Mapping[int, tuple[KeptMass, ...]]
"""The confirmed masses of a scan by frame number (from 1); frames without any are left out."""


class Store:
    """The readings of this user, one file a scan: `<folder>/<fingerprint>.json`. Any thread may use it."""

    def __init__(self, folder: Path | None = None) -> None:
        """folder: where the files lie, made when first needed; None: `user_data()/readings`."""
        self.folder = places.user_data() / "readings" if folder is None else folder
        self._lock = threading.Lock()
        self._known: dict[str, Kept] = {}  # as this window loaded or saved it last
        self._untouchable: set[str] = set()  # unreadable, and could not be set aside: never written over

    def load(self, fingerprint: str) -> Kept:
        """What is kept of this scan; empty where nothing is.

        Raises KnownError("reading-set-aside", file, aside) where the file is damaged or from another version: it now
        lies beside under the name `aside`, and the scan counts as not read yet. Raises KnownError("reading-not-read",
        file, reason) where the disk does not give it: then `save` refuses, so that nothing is lost.
        """
        with self._lock:
            self._known[fingerprint] = {}
            try:
                self._known[fingerprint] = kept = self._read(fingerprint)
            except KnownError as error:
                if error.code == "reading-not-read":
                    self._untouchable.add(fingerprint)
                raise
            self._untouchable.discard(fingerprint)
            return kept

    def save(self, fingerprint: str, kept: Kept) -> None:
        """Keep this of the scan. Frames that it leaves as they were loaded or saved here last stay as they are on disk
        (another window may have marked them meanwhile). Nothing to keep where nothing was makes no file.

        Raises KnownError("file-not-written") or KnownError("reading-not-read"), and what was there stays.
        """
        path = self._path(fingerprint)
        with self._lock:
            if fingerprint in self._untouchable:
                raise KnownError("reading-not-read", file=str(path), reason="it could not be read before")
            if not any(kept.values()) and not path.exists():
                return
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise files.not_written(path, error) from error
            files.write_json(path, _written(fingerprint, self._merged(fingerprint, kept)))
            self._known[fingerprint] = kept

    def _merged(self, fingerprint: str, ours: Kept) -> Kept:
        """Ours where we changed a frame, what lies on disk elsewhere."""
        try:
            disk = self._read(fingerprint)
        except KnownError as error:
            if error.code != "reading-set-aside":
                raise
            return ours
        known = self._known.get(fingerprint, disk)
        changed = {number for number in {*ours, *known} if ours.get(number) != known.get(number)}
        return {number: (ours if number in changed else disk).get(number, ()) for number in {*ours, *known, *disk}}

    def _read(self, fingerprint: str) -> Kept:
        path = self._path(fingerprint)
        try:
            with path.open("rb") as stream:
                data = stream.read(_MOST_BYTES + 1)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _not_read(path, error) from error
        try:
            return _kept(data, fingerprint)
        except (Refused, ValueError, RecursionError) as error:  # ValueError: not JSON, not UTF-8
            raise _set_aside(path) from error

    def _path(self, fingerprint: str) -> Path:
        if not fingerprint or set(fingerprint) - set("0123456789abcdef"):
            raise ValueError(f"not a fingerprint: {fingerprint!r}")
        return self.folder / f"{fingerprint}.json"


def _set_aside(path: Path) -> KnownError:
    number = 1
    while (aside := path.with_suffix(f".set-aside-{number}.json")).exists():
        number += 1
    try:
        path.replace(aside)
    except FileNotFoundError:  # another window was faster
        pass
    except OSError as error:
        return _not_read(path, error)
    return KnownError("reading-set-aside", file=str(path), aside=aside.name)


def _not_read(path: Path, error: OSError) -> KnownError:
    return KnownError("reading-not-read", file=str(path), reason=error.strerror or str(error))


def _written(fingerprint: str, kept: Kept) -> dict[str, Any]:
    frames = {
        str(number): [_mass_written(mass) for mass in masses] for number, masses in sorted(kept.items()) if masses
    }
    return {"schema": SCHEMA, "fingerprint": fingerprint, "frames": frames}


def _mass_written(mass: KeptMass) -> dict[str, Any]:
    square, opinion = mass.square, mass.opinion
    return {
        "square": {"left": square.left, "top": square.top, "side": square.side},
        "opinion": None if opinion is None else vars(opinion),
    }


def _kept(data: bytes, fingerprint: str) -> Kept:
    if len(data) > _MOST_BYTES:
        raise Refused("larger than 16 MiB")
    fields = Fields.of(json.loads(data))
    if fields.whole("schema") != SCHEMA:
        raise Refused(f"schema {fields.whole('schema')}, not {SCHEMA}")
    if fields.text("fingerprint") != fingerprint:
        raise Refused("another scan's")
    frames = fields.inner("frames")
    return {_frame_number(name): tuple(_mass(mass) for mass in frames.inners(name)) for name in frames.values}


def _frame_number(name: str) -> int:
    if not (name.isascii() and name.isdigit() and len(name) < 10 and int(name) >= 1):
        raise Refused(f"{name!r} is no frame")
    return int(name)


def _mass(fields: Fields) -> KeptMass:
    square = fields.inner("square")
    edges = square.whole("left", 0), square.whole("top", 0), square.whole("side", MIN_SIDE_PX)
    opinion = None if fields.values.get("opinion") is None else _opinion(fields.inner("opinion"))
    return KeptMass(Square(*edges), opinion)


def _opinion(fields: Fields) -> KeptOpinion:
    def number_or_none(name: str) -> float | None:
        return None if fields.values.get(name) is None else fields.number(name)

    return KeptOpinion(
        model=fields.text("model"),
        weights=fields.text("weights"),
        prior=fields.number("prior", above=0.0, below=1.0),
        margin=fields.number("margin"),
        least=number_or_none("least"),
        greatest=number_or_none("greatest"),
        engine=fields.text("engine"),
    )
