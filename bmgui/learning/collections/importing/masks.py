"""From a mask to the bounds of its mass."""

import numpy as np
from numpy.typing import NDArray

from bmgui.imaging.crop import Frame
from bmgui.learning.collections.collection import Box

SPECK = 2e-4
"""Of the picture: islands of a mask that are smaller are slips of the pen."""


def marked(mask: Frame, channel: int | None) -> NDArray[np.bool_]:
    """bool (h, w): what is brighter than half the brightest; of one colour where `channel` says which."""
    if channel is not None and mask.ndim == 3:
        return np.asarray(mask[:, :, channel] > 127)
    values = mask.max(axis=2) if mask.ndim == 3 else mask
    return np.asarray(values > values.max(initial=0) / 2)


def islands(mask: NDArray[np.bool_]) -> list[tuple[Box, int]]:
    """Parts that empty rows or columns divide, largest first: bounds, marked pixels. Specks are left out, unless
    there is nothing else."""
    found = sorted(_split(mask, 0, 0), key=lambda part: -part[1])
    large = [part for part in found if part[1] >= SPECK * mask.size]
    return large or found[:1]


def around(boxes: list[Box]) -> Box:
    """The bounds of them all."""
    left, top = min(b.left for b in boxes), min(b.top for b in boxes)
    right, bottom = max(b.left + b.width for b in boxes), max(b.top + b.height for b in boxes)
    return Box(left, top, right - left, bottom - top)


def _split(mask: NDArray[np.bool_], left: int, top: int) -> list[tuple[Box, int]]:
    rows, columns = _runs(np.asarray(mask.any(axis=1))), _runs(np.asarray(mask.any(axis=0)))
    if not rows:
        return []
    if len(rows) == len(columns) == 1:
        (first_row, last_row), (first, last) = rows[0], columns[0]
        count = int(np.count_nonzero(mask))
        return [(Box(left + first, top + first_row, last - first, last_row - first_row), count)]
    return [
        part
        for first_row, last_row in rows
        for first, last in columns
        for part in _split(mask[first_row:last_row, first:last], left + first, top + first_row)
    ]


def _runs(filled: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], filled, [False])).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
