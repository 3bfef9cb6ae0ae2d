"""The same picture twice, or nearly: a perceptual hash finds candidates, correlation confirms them.

The hash (Zauner 2010, "pHash"): the signs, about their median, of the 8 × 8 lowest cosine coefficients of the frame at
32 × 32. Counted on BUSI, BUS-BRA and CBIS-DDSM: of the pairs that differ in at most 10 of 64 signs and correlate above
0.95, all known ones of BUSI are found, and no two patients of BUS-BRA or CBIS-DDSM.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bmgui.imaging.crop import Frame
from bmgui.learning.collections.collection import THUMBNAIL_PX, Collection, Section

MOST_SIGNS = 10  # of 64 that may differ
LEAST_LIKENESS = 0.95  # correlation of the thumbnails
SURE_LIKENESS = 0.98
_LEAST_INSIDE = 0.75  # correlation of what both contexts show: two patients on one console are alike only outside
_LEAST_OVERLAP = 0.02  # of the frame: less in common says nothing
_BLOCK = 1024


@dataclass(frozen=True)
class Picture:
    """A frame as duplicates see it. part: left, top, right, bottom of `pixels` in the frame, 0 to 1."""

    sha256: str
    thumbnail: Frame
    pixels: Frame | None = None
    part: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Pair:
    """first < second: numbers of the two pictures; likeness: correlation of the thumbnails, 1 where they are equal."""

    first: int
    second: int
    likeness: float
    equal: bool


def pictures(collection: Collection) -> list[Picture]:
    """One for each section, in order."""
    return [
        Picture(section.frame_sha256, small, collection.context(section), part_shown(section))
        for section, small in zip(collection.sections, collection.thumbnails(), strict=True)
    ]


def pairs(found: Sequence[Picture]) -> list[Pair]:
    """Every two pictures that are the same or nearly. About 1 s for 5,000 pictures."""
    if len(found) < 2:
        return []
    small = np.stack([picture.thumbnail for picture in found])
    signs, flat = _signs(small), _standardised(small)
    result = []
    for first, second in _alike(signs):
        equal = found[first].sha256 == found[second].sha256
        likeness = 1.0 if equal else float(flat[first] @ flat[second])
        if equal or (likeness >= LEAST_LIKENESS and _same_inside(found[first], found[second])):
            result.append(Pair(first, second, min(likeness, 1.0), equal))
    return result


def partners(one: Picture, found: Sequence[Picture]) -> list[tuple[int, bool]]:
    """The numbers of the pictures that are the same as `one` or nearly, as `pairs` finds them; whether it is equal."""
    if not found:
        return []
    small = np.stack([one.thumbnail, *(picture.thumbnail for picture in found)])
    signs = _signs(small)
    alike = np.flatnonzero(signs[1:] @ signs[0] >= 64 - 2 * MOST_SIGNS)
    same = {at for at, picture in enumerate(found) if picture.sha256 == one.sha256}
    flat = _standardised(small[[0, *(1 + alike)]])
    likely = {int(at) for at, likeness in zip(alike, flat[1:] @ flat[0], strict=True) if likeness >= LEAST_LIKENESS}
    near = {at for at in likely - same if _same_inside(one, found[at])}
    return [(at, at in same) for at in sorted(same | near)]


def joined(count: int, links: Iterable[tuple[int, int]]) -> list[int]:
    """For each of `count` things the number of its connected component, counted in the order of its first member."""
    parent = list(range(count))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for one, other in links:
        parent[root(one)] = root(other)
    roots = [root(at) for at in range(count)]
    numbers = {at: number for number, at in enumerate(dict.fromkeys(roots))}
    return [numbers[at] for at in roots]


def near_duplicate_groups(collection: Collection) -> dict[str, str]:
    """Section id → group, for the sections that have near duplicates in the collection or a group already: groups
    that near duplicates connect become one."""
    sections = collection.sections
    links = [(pair.first, pair.second) for pair in pairs(pictures(collection))]
    first: dict[str, int] = {}
    links += [(at, first.setdefault(s.group, at)) for at, s in enumerate(sections) if s.group]
    numbers = joined(len(sections), links)
    size = np.bincount(numbers)
    given: dict[int, set[str]] = {}
    for section, number in zip(sections, numbers, strict=True):
        given.setdefault(number, set()).update({section.group} - {""})
    names = {number: " + ".join(sorted(known)) or f"near {number}" for number, known in given.items()}
    return {s.id: names[n] for s, n in zip(sections, numbers, strict=True) if size[n] > 1 or s.group}


def _alike(signs: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    for start in range(0, len(signs), _BLOCK):
        agree = signs[start : start + _BLOCK] @ signs.T  # 64 − 2 × how many differ
        for row, column in np.argwhere(agree >= 64 - 2 * MOST_SIGNS):
            if column > start + row:
                yield int(start + row), int(column)


def _signs(small: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 (n, 64) of −1 and 1."""
    across = np.arange(THUMBNAIL_PX)
    cosines = np.cos(np.pi * np.outer(np.arange(8), 2 * across + 1) / (2 * THUMBNAIL_PX)).astype(np.float32)
    low = (cosines @ small.astype(np.float32) @ cosines.T).reshape(len(small), 64)
    return np.where(low > np.median(low, axis=1, keepdims=True), 1, -1).astype(np.float32)


def _standardised(small: NDArray[np.uint8]) -> NDArray[np.float32]:
    values = small.reshape(len(small), -1).astype(np.float32)
    values -= values.mean(axis=1, keepdims=True)
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(length, 1e-6), np.float32)  # a picture of one grey is like no other


def _same_inside(one: Picture, other: Picture) -> bool:
    if one.pixels is None or other.pixels is None:
        return True
    left, top = max(one.part[0], other.part[0]), max(one.part[1], other.part[1])
    right, bottom = min(one.part[2], other.part[2]), min(one.part[3], other.part[3])
    if right <= left or bottom <= top or (right - left) * (bottom - top) < _LEAST_OVERLAP:
        return True
    shared = (left, top, right, bottom)
    both = _standardised(np.stack([_cut(one, shared), _cut(other, shared)]))
    return float(both[0] @ both[1]) >= _LEAST_INSIDE


def _cut(picture: Picture, shared: tuple[float, float, float, float]) -> Frame:
    assert picture.pixels is not None
    rows, columns = picture.pixels.shape
    left, top, right, bottom = picture.part
    box = (
        (shared[0] - left) / (right - left) * columns,
        (shared[1] - top) / (bottom - top) * rows,
        min((shared[2] - left) / (right - left), 1.0) * columns,
        min((shared[3] - top) / (bottom - top), 1.0) * rows,
    )
    image = Image.fromarray(np.ascontiguousarray(picture.pixels))
    return np.asarray(image.resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX, box=box))


def part_shown(section: Section) -> tuple[float, float, float, float]:
    """What of the frame the section's context shows; see `Picture.part`."""
    here = section.context
    return (
        here.left / section.width,
        here.top / section.height,
        (here.left + here.width) / section.width,
        (here.top + here.height) / section.height,
    )
