"""Contour lines of an evidence map, by marching squares on whole arrays.

pyqtgraph's `isocurve` visits every cell in Python and is too slow to follow a square that is being dragged.
"""

import numpy as np
from numpy.typing import NDArray

# The corners of a cell, clockwise from top left, carry bits 1, 2, 4, 8; sides are 0 top, 1 right, 2 bottom, 3 left.
# Each case lists which two sides a line joins (Lorensen & Cline 1987, in the plane). 5 and 10 are the saddles.
_JOINED: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((3, 0),),
    2: ((0, 1),),
    3: ((3, 1),),
    4: ((1, 2),),
    5: ((3, 0), (1, 2)),
    6: ((0, 2),),
    7: ((3, 2),),
    8: ((2, 3),),
    9: ((2, 0),),
    10: ((0, 1), (2, 3)),
    11: ((2, 1),),
    12: ((1, 3),),
    13: ((1, 0),),
    14: ((0, 3),),
}


def contour(values: NDArray[np.floating], level: float) -> NDArray[np.float64]:
    """Line pieces of `values` (rows, columns) at `level`: float64 (n, 2, 2), n × (start, end) × (x, y).

    x counts columns and y rows; whole numbers lie on the samples. Between samples it goes straight.
    """
    field = np.asarray(values, dtype=np.float64) - level
    above = field > 0
    case = above[:-1, :-1] * 1 + above[:-1, 1:] * 2 + above[1:, 1:] * 4 + above[1:, :-1] * 8
    pieces = []
    for number, joined in _JOINED.items():
        rows, columns = np.nonzero(case == number)
        if len(rows):
            pieces += [np.stack([_crossing(field, rows, columns, side) for side in pair], axis=1) for pair in joined]
    lines: NDArray[np.float64] = np.concatenate(pieces) if pieces else np.empty((0, 2, 2))
    long: NDArray[np.bool_] = (lines[:, 0] != lines[:, 1]).any(axis=1)
    return np.compress(long, lines, axis=0)  # a sample exactly at the level gives pieces of no length


def _crossing(
    field: NDArray[np.float64], rows: NDArray[np.intp], columns: NDArray[np.intp], side: int
) -> NDArray[np.float64]:
    """Where zero is crossed on one side of each cell: (n, 2) as x, y."""
    down, right = (1 if side == 2 else 0), (1 if side == 1 else 0)
    along_x = side in (0, 2)
    one = field[rows + down, columns + right]
    other = field[rows + (1 if not along_x else down), columns + (1 if along_x else right)]
    share = one / (one - other)
    x = columns + right + (share if along_x else 0.0)
    y = rows + down + (0.0 if along_x else share)
    return np.stack([x, y], axis=1)


def chains(pieces: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The line pieces of one level joined end to start: lines of float64 (k, 2); closed ones end where they began."""
    after: dict[tuple[float, float], list[int]] = {}
    starts = [(float(x), float(y)) for x, y in pieces[:, 0]]
    ends = [(float(x), float(y)) for x, y in pieces[:, 1]]
    for number, start in enumerate(starts):
        after.setdefault(start, []).append(number)
    ended = set(ends)
    # Open lines first, from their true beginnings; what then remains is closed and may begin anywhere
    order = sorted(range(len(pieces)), key=lambda number: starts[number] in ended)
    left = set(order)
    lines = []
    for first in order:
        if first not in left:
            continue
        line, number = [starts[first]], first
        while True:
            left.discard(number)
            line.append(ends[number])
            following = [n for n in after.get(ends[number], ()) if n in left]
            if not following:
                break
            number = following[0]
        lines.append(np.array(line))
    return lines
