import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bmgui.ui.contours import chains, contour

fields = arrays(np.float64, (7, 9), elements=st.integers(-9, 9).map(float))


def _value(field: np.ndarray, x: float, y: float) -> float:
    """Straight interpolation along the grid line that the point lies on."""
    column, row = int(np.floor(x)), int(np.floor(y))
    fx, fy = x - column, y - row
    right, below = min(column + 1, field.shape[1] - 1), min(row + 1, field.shape[0] - 1)
    across = field[row, column] * (1 - fx) + field[row, right] * fx
    return float(across if fy == 0 else field[row, column] * (1 - fy) + field[below, column] * fy)


@given(fields)
def test_every_end_of_a_line_lies_on_the_level(field: np.ndarray) -> None:
    for x, y in contour(field, 0.5).reshape(-1, 2):
        assert abs(_value(field, x, y) - 0.5) < 1e-9


@given(fields)
def test_lines_end_only_at_the_border(field: np.ndarray) -> None:
    pieces = contour(field, 0.5)
    for line in chains(pieces):
        closed = tuple(line[0]) == tuple(line[-1])
        for x, y in line[[0, -1]]:
            assert closed or x in (0, field.shape[1] - 1) or y in (0, field.shape[0] - 1)
    assert sum(len(line) - 1 for line in chains(pieces)) == len(pieces)


def test_a_hill_has_one_closed_line_of_the_right_size() -> None:
    y, x = np.mgrid[-20:21, -20:21] / 10.0
    lines = chains(contour(-(x**2 + y**2), -1.0))
    assert len(lines) == 1
    assert tuple(lines[0][0]) == tuple(lines[0][-1])
    radius = np.hypot(lines[0][:, 0] - 20, lines[0][:, 1] - 20)
    assert np.abs(radius - 10).max() < 0.1


def test_a_flat_map_has_none() -> None:
    assert contour(np.zeros((8, 8)), 0.25).shape == (0, 2, 2)
    assert chains(contour(np.zeros((8, 8)), 0.25)) == []
