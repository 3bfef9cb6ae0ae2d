"""The scan area: the rectangular part of a frame that shows tissue, without the console's borders, bars and text.

Tissue is textured everywhere, a console is flat with thin things on it. So: reduce the frame, ask where it is not flat,
drop whatever is thinner than a stripe (words, rulers, grey bars), and take the rows and columns that are mostly kept.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bmgui.imaging.crop import Frame, grey

_CELLS = 128  # the frame's longer side, after reduction
_FEWEST = 16  # along the shorter side: a very long frame gets smaller cells
_FLAT = 4  # grey levels between the darkest and the brightest of 3 × 3 cells: less is flat
_GROUND = 0.02  # of all cells: with so many flat ones, their commonest grey is the ground
_FULL = 0.7  # a stripe is not thin if a square of its width holds this share of tissue
_THIN = 0.07  # of the frame's shorter side: what is thinner is not tissue
_FILLED = 0.25  # a row or column belongs to the area if it keeps this share of what the fullest one keeps
_LEAST = 0.25  # of the frame's side: an area smaller than this is not believed


@dataclass(frozen=True)
class Area:
    """left, top, right, bottom in frame pixels; right and bottom are the first column and row beyond it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


def find_scan_area(frame: Frame) -> Area:
    """The part of the frame that shows tissue; the whole frame where nothing smaller can be told.

    frame: uint8 (h, w) or (h, w, 3). Two tissue pictures side by side (a split screen) are one area. Edges are
    good to two cells (a 64th of the frame's longer side). About 2 ms for 1024 × 768.
    """
    height, width = frame.shape[:2]
    step = max(1, min(-(-max(height, width) // _CELLS), min(height, width) // _FEWEST))
    kept = _without_thin(_tissue(grey(frame), step))
    columns, rows = (0, kept.shape[1]), (0, kept.shape[0])
    for _ in range(2):  # the second time, rows of text no longer count for the columns, and the other way round
        columns = _filled(kept[rows[0] : rows[1]].sum(0))
        rows = _filled(kept[:, columns[0] : columns[1]].sum(1))
    left, right = _in_pixels(columns, step, width)
    top, bottom = _in_pixels(rows, step, height)
    if right - left < _LEAST * width or bottom - top < _LEAST * height:
        return Area(0, 0, width, height)
    return Area(left, top, right, bottom)


def _tissue(pixels: Frame, step: int) -> NDArray[np.bool_]:
    """Which cells of step × step px (the last ones may be smaller) look like tissue, taken with their neighbours.

    They differ, and none has the grey of the flat ground, where there is one: between letters there is ground.
    """
    cells = np.asarray(Image.fromarray(pixels).reduce(step))
    low, high = _neighbours(cells, np.minimum), _neighbours(cells, np.maximum)
    tissue = high - low >= _FLAT
    flat = cells[high - low <= 1]
    if flat.size >= _GROUND * cells.size:
        ground = int(np.bincount(flat, minlength=256).argmax())
        tissue &= ~_neighbours(abs(cells.astype(np.int16) - ground) <= 1, np.logical_or)
    return np.asarray(tissue)


def _neighbours(cells: NDArray[Any], join: np.ufunc) -> NDArray[Any]:
    """`join` (minimum, maximum, or) over each cell and its eight neighbours."""
    padded = np.pad(cells, 1, mode="edge")
    rows = join(join(padded[:-2], padded[1:-1]), padded[2:])
    return np.asarray(join(join(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:]))


def _without_thin(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Opening by a square that need not be quite full: stripes that it does not fit into go."""
    size = max(2, round(_THIN * min(cells.shape)))
    if size > min(cells.shape):
        return cells
    full = _box_sums(cells, size) >= _FULL * size * size
    return np.asarray((_box_sums(np.pad(full, size - 1), size) > 0) & cells)


def _box_sums(cells: NDArray[np.bool_], size: int) -> NDArray[np.int64]:
    sums = np.pad(np.cumsum(np.cumsum(cells, 0, dtype=np.int64), 1), ((1, 0), (1, 0)))
    return np.asarray(sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size])


def _filled(counts: NDArray[np.int64]) -> tuple[int, int]:
    """First and one beyond the last of those that are filled enough; (0, 0) where nothing is."""
    enough = np.flatnonzero(counts > _FILLED * counts.max(initial=0))
    return (int(enough[0]), int(enough[-1]) + 1) if enough.size else (0, 0)


def _in_pixels(cells: tuple[int, int], step: int, length: int) -> tuple[int, int]:
    first, last = (
        max(cells[0] - 1, 0) * step,
        min((cells[1] + 1) * step, length),
    )  # the outermost cell touches the ground
    return (0 if first <= 2 * step else first), (length if length - last <= 2 * step else last)
