"""What the learnt finder says about a frame: where it sees masses, if any. Numpy only; `engines.mass_finder` finds.

A finding says where a mass lies, not what it is. The square that is offered for a mass has 2 × the mass's longer side,
round its centre, and then goes through `fit_square`; that rule belongs to whoever offers it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float32]
"""float32 (rows, columns): how likely each cell of the reduced frame belongs to a mass, in [0, 1]; not calibrated."""


@dataclass(frozen=True)
class Found:
    """A mass that was seen: its bounds in frame pixels (whole cells, so good to about a cell), inside the frame.

    certainty: the likeliest cell of it, in (0, 1]; it orders masses, and is not a calibrated probability.
    """

    left: float
    top: float
    width: float
    height: float
    certainty: float


@dataclass(frozen=True)
class Finding:
    """The masses seen in one frame, likeliest first; empty: no mass was seen."""

    masses: tuple[Found, ...]


@dataclass(frozen=True)
class FindingRule:
    """What makes a mass of probabilities; the finder's card carries it, tuned on validation pictures.

    seen: a mass's likeliest cell reaches this, else there is none. edge: cells of a mass reach this.
    smaller: of all cells, masses of fewer are dropped. second: a further mass reaches this; most: so many at most.
    """

    seen: float
    edge: float
    smaller: float
    second: float
    most: int


def masses(cells: Probabilities, cell_px: float, width: int, height: int, rule: FindingRule) -> Finding:
    """The masses in a map of a frame (width × height px) whose cells are cell_px frame pixels wide and high.

    A mass is the cells that hang together (also by corners) and reach `rule.edge`.
    """
    found = []
    labels = islands(cells >= rule.edge)
    for number in range(1, int(labels.max(initial=0)) + 1):
        island = labels == number
        certainty = float(cells[island].max())
        if certainty >= rule.seen and island.sum() >= max(1.0, rule.smaller * cells.size):
            found.append(_found(island, cell_px, width, height, certainty))
    found.sort(key=lambda one: -one.certainty)
    further = (one for one in found[1:] if one.certainty >= rule.second)
    return Finding((*found[:1], *further)[: rule.most])


def islands(marked: NDArray[np.bool_]) -> NDArray[np.int32]:
    """int32, shaped as `marked`: 0 where it is False, else the number (from 1) of the island that the cell lies in."""
    labels = np.zeros(marked.shape, np.int32)
    rows, columns = marked.shape
    count = 0
    for start in zip(*np.nonzero(marked), strict=True):
        if labels[start]:
            continue
        count += 1
        labels[start] = count
        open_cells = [(int(start[0]), int(start[1]))]
        while open_cells:
            row, column = open_cells.pop()
            for y in range(max(row - 1, 0), min(row + 2, rows)):
                for x in range(max(column - 1, 0), min(column + 2, columns)):
                    if marked[y, x] and not labels[y, x]:
                        labels[y, x] = count
                        open_cells.append((y, x))
    return labels


def _found(island: NDArray[np.bool_], cell_px: float, width: int, height: int, certainty: float) -> Found:
    down, across = np.flatnonzero(island.any(1)), np.flatnonzero(island.any(0))
    left, top = float(across[0]) * cell_px, float(down[0]) * cell_px
    right, bottom = min((float(across[-1]) + 1) * cell_px, width), min((float(down[-1]) + 1) * cell_px, height)
    return Found(left, top, right - left, bottom - top, certainty)
