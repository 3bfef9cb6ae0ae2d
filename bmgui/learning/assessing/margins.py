"""Margins of squares, through the engine that ships, and kept: a second evaluation costs nothing, a stop loses little.

A file holds the margins of one model on one collection, both known by their hashes; a line a square, appended as it is
scored. Two models with the same weights, crops and averaging share it, whatever they are called.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bmgui.base.errors import KnownError
from bmgui.base.files import not_written
from bmgui.imaging.square import Square
from bmgui.learning.collections.collection import Collection, Section
from bmgui.scoring.card import Card
from bmgui.scoring.engines.engine import Engine

BATCH = 64  # squares scored between two writes

Key = tuple[str, Square]  # the section's id, and the square
Say = Callable[[str], None]


def margin_recipe(card: Card) -> str:
    """What a margin depends on, without the model's name: one SHA-256."""
    return replace(card, id="-").recipe


class Kept:
    """The margins known so far of one model on one collection."""

    def __init__(self, folder: Path, card: Card, collection: Collection) -> None:
        """Reads what is there; a last line that was cut off by a stop is dropped."""
        self._path = folder / f"{margin_recipe(card)[:16]}-{collection.version[:16]}.jsonl"
        self._head = {"recipe": margin_recipe(card), "collection": collection.version, "name": collection.name}
        self.known: dict[Key, float] = {}
        self.engines: set[str] = set()
        try:
            self._read(self._path.read_text("utf-8").splitlines())
        except FileNotFoundError:
            pass
        except (OSError, UnicodeDecodeError) as error:
            raise KnownError("file-unreadable", file=str(self._path), reason=str(error)) from error

    def _read(self, lines: Sequence[str]) -> None:
        if not lines or _object(lines[0]) != self._head:
            return  # of something else, or cut off in its first line: written anew
        for line in map(_object, lines[1:]):
            if line is None:
                continue
            if "engine" in line:
                self.engines.add(line["engine"])
            else:
                self.known[line["section"], Square(*line["square"])] = float(line["margin"])

    def add(self, margins: dict[Key, float], engine: str) -> None:
        """Raises KnownError("file-not-written")."""
        lines: list[dict[str, Any]] = [] if engine in self.engines else [{"engine": engine}]
        lines += [
            {"section": section, "square": [square.left, square.top, square.side], "margin": margin}
            for (section, square), margin in margins.items()
        ]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = not self.known
            with self._path.open("w" if fresh else "a", encoding="utf-8") as stream:
                if fresh:
                    stream.write(json.dumps(self._head) + "\n")
                elif not _ends_whole(self._path):
                    stream.write("\n")
                stream.writelines(json.dumps(line) + "\n" for line in lines)
        except OSError as error:
            raise not_written(self._path, error) from error
        self.engines.add(engine)
        self.known.update(margins)


def _object(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, 2)
        return stream.read(1) == b"\n"


def score(
    collection: Collection,
    wanted: Iterable[tuple[Section, Square]],
    card: Card,
    open_it: Callable[[], Engine],
    kept: Kept,
    say: Say,
) -> None:
    """Score what `kept` does not know yet. `open_it` is called only where something is missing.

    wanted: squares that their sections' contexts hold. Raises KnownError("score-not-finite", "file-not-written").
    """
    missing = {(section.id, square): section for section, square in wanted if (section.id, square) not in kept.known}
    if not missing:
        return
    engine = open_it()
    name = f"{engine.name} {engine.device}"
    done = 0
    todo = list(missing.items())
    for start in range(0, len(todo), BATCH):
        some = todo[start : start + BATCH]
        crops = np.stack([_crop(collection, section, square, card) for (_, square), section in some])
        margins, _ = engine.score(crops)
        if not np.isfinite(margins).all():
            raise KnownError("score-not-finite")
        kept.add({key: float(margin) for (key, _), margin in zip(some, margins, strict=True)}, name)
        done += len(some)
        say(f"{collection.name}: {done} of {len(missing)} squares scored")


def _crop(collection: Collection, section: Section, square: Square, card: Card) -> NDArray[np.uint8]:
    crop = collection.crop(section, square, card.side)
    return np.repeat(crop[:, :, None], 3, axis=2) if card.channels == "rgb" else crop
