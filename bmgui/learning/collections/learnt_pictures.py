"""Which pictures a model learnt from, told by a print of each: in its `learnt.json`, for whoever has the same pictures
under another name, compressed again, in another version or in other parts.

A print is 256 signs: the 16 × 16 lowest cosine coefficients of the frame at 32 × 32 px, each above or below their
median. Counted on BUS-BRA, BUSI and BUS-UCLM: the same picture compressed again (JPEG, quality 60) differs in at most
10 signs, at three quarters of its size in 14, with 3 px cut off each edge in 36; two pictures of different patients, of
3.5 million pairs, in at least 80. No picture can be made from its print.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bmgui.base.errors import KnownError
from bmgui.learning.collections.collection import THUMBNAIL_PX, Collection, Part, Section

LEARNT_FILE = "learnt.json"
"""Beside the card of a model: which versions and splits of which collections it learnt from, and their prints."""
PRINTS = "prints"
SIGNS = 256
MOST_DIFFERENT = 48  # signs: well above the same picture, well below two different ones
_ACROSS = 16
_HEX = SIGNS // 4
_BLOCK = 1024

Prints = NDArray[np.bool_]
"""(n, 256)"""
Taught = Literal["train", "validation"]
TAUGHT: tuple[Taught, ...] = ("train", "validation")


def prints_of(thumbnails: NDArray[np.uint8]) -> Prints:
    """thumbnails: uint8 (n, 32, 32)."""
    grid = np.arange(THUMBNAIL_PX)
    cosines = np.cos(np.pi * np.outer(np.arange(_ACROSS), 2 * grid + 1) / (2 * THUMBNAIL_PX)).astype(np.float32)
    low = (cosines @ thumbnails.astype(np.float32) @ cosines.T).reshape(len(thumbnails), SIGNS)
    return np.asarray(low > np.median(low, axis=1, keepdims=True)) if len(low) else np.zeros((0, SIGNS), np.bool_)


def alike(some: Prints, others: Prints) -> NDArray[np.bool_]:
    """For each of `some` whether one of `others` is of the same picture."""
    found = np.zeros(len(some), np.bool_)
    if not len(others):
        return found
    signs = np.where(others, 1, -1).astype(np.float32).T
    for start in range(0, len(some), _BLOCK):
        agree = np.where(some[start : start + _BLOCK], 1, -1).astype(np.float32) @ signs  # 256 − 2 × how many differ
        found[start : start + _BLOCK] = agree.max(axis=1) >= SIGNS - 2 * MOST_DIFFERENT
    return found


def told(collection: Collection) -> dict[Taught, str]:
    """The prints of what is learnt from a collection, for `learnt.json`: 64 hex digits a picture, in a row.

    With the excluded ones: they may be excluded only since, and too many prints do no harm.
    """
    every = prints_of(collection.thumbnails())
    parts = [collection.parts.get(section.id) for section in collection.sections]
    taught = {part: np.array([one == part for one in parts], np.bool_) for part in TAUGHT}
    return {part: np.packbits(every[taught[part]]).tobytes().hex() for part in TAUGHT}


def _in(collection: Collection, part: Part) -> NDArray[np.bool_]:
    wanted = {section.id for section in collection.part(part)}
    return np.array([section.id in wanted for section in collection.sections], np.bool_)


def _read(text: str) -> Prints:
    if len(text) % _HEX:
        raise ValueError("prints of no whole number of pictures")
    return np.unpackbits(np.frombuffer(bytes.fromhex(text), np.uint8)).astype(np.bool_).reshape(-1, SIGNS)


@dataclass(frozen=True)
class Learnt:
    """One collection that a model learnt from. prints: None where its `learnt.json` is older than they are; origin: the
    version of its import, before corrections and additions."""

    name: str
    version: str
    origin: str
    split: str
    prints: Mapping[Taught, Prints] | None


def learnt_entry(name: str, entry: Mapping[str, Any]) -> Learnt:
    """An entry of `learnt.json`. Raises KeyError, TypeError, ValueError, AttributeError for what is none."""
    prints = entry.get(PRINTS)
    return Learnt(
        str(entry.get("name", name)),
        str(entry["version"]),
        str(entry.get("origin", entry["version"])),
        str(entry["split"]),
        None if prints is None else {part: _read(prints[part]) for part in TAUGHT},
    )


def learnt_of(folder: Path) -> tuple[Learnt, ...] | None:
    """What the model in `folder` says it learnt from; None where it says nothing, or names a model that does not.

    Raises KnownError("job-unreadable", file, reason).
    """
    path = folder / LEARNT_FILE
    try:
        said = json.loads(path.read_bytes())
        entries = tuple(learnt_entry(name, entry) for name, entry in said["collections"].items())
        return None if said.get("unsaid") else entries
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KnownError("job-unreadable", file=str(path), reason=error.strerror or str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KnownError("job-unreadable", file=str(path), reason=str(error)) from error


def learnt_among(learnt: Learnt, collection: Collection, *, validation: bool = True) -> tuple[Section, ...]:
    """The sections of the test part that were learnt from, and those of the validation part that were trained on.

    validation: whether the latter count. Without prints: nothing, as nothing is known.
    """
    if learnt.prints is None or not collection.sections:
        return ()
    every = prints_of(collection.thumbnails())
    both = np.concatenate([learnt.prints[part] for part in TAUGHT])
    found = _in(collection, "test") & alike(every, both)
    if validation:
        found |= _in(collection, "validation") & alike(every, learnt.prints["train"])
    return tuple(section for section, hit in zip(collection.sections, found, strict=True) if hit)
