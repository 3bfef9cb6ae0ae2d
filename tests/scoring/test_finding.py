"""A map of probabilities becomes masses: which cells hang together, which are believed, where they lie."""

from dataclasses import replace

import numpy as np
import pytest

from bmgui.scoring.finding import FindingRule, Found, Probabilities, islands, masses

RULE = FindingRule(seen=0.5, edge=0.3, smaller=0.0, second=0.7, most=3)


def mapped(*masses_of: tuple[int, int, int, int, float], rows: int = 20, columns: int = 30) -> Probabilities:
    """A map that is 0 but for rectangles: left, top, width, height in cells, and their probability."""
    cells = np.zeros((rows, columns), np.float32)
    for left, top, width, height, likely in masses_of:
        cells[top : top + height, left : left + width] = likely
    return cells


def test_one_mass_has_the_bounds_of_its_cells_in_frame_pixels() -> None:
    finding = masses(mapped((5, 2, 4, 3, 0.75)), 10.0, 300, 200, RULE)
    assert finding.masses == (Found(50.0, 20.0, 40.0, 30.0, 0.75),)


def test_bounds_end_where_the_frame_ends() -> None:
    (found,) = masses(mapped((27, 17, 3, 3, 0.75)), 10.0, 294, 191, RULE).masses
    assert (found.left + found.width, found.top + found.height) == (294, 191)


def test_cells_at_the_edge_belong_to_the_mass_but_do_not_make_one() -> None:
    cells = mapped((5, 2, 6, 5, 0.35), (7, 4, 2, 2, 0.75), (20, 10, 3, 3, 0.45))
    (found,) = masses(cells, 1.0, 30, 20, RULE).masses
    assert (found.left, found.top, found.width, found.height, found.certainty) == (5, 2, 6, 5, 0.75)


def test_no_mass_seen_is_an_empty_finding() -> None:
    assert masses(mapped((5, 2, 4, 3, 0.45)), 10.0, 300, 200, RULE).masses == ()
    assert masses(mapped(), 10.0, 300, 200, RULE).masses == ()


def test_a_further_mass_must_be_likelier_than_the_first() -> None:
    cells = mapped((2, 2, 3, 3, 0.625), (10, 2, 3, 3, 0.75), (20, 2, 3, 3, 0.875))
    assert [m.certainty for m in masses(cells, 1.0, 30, 20, RULE).masses] == [0.875, 0.75]
    assert [m.certainty for m in masses(cells, 1.0, 30, 20, replace(RULE, second=0.6)).masses] == [0.875, 0.75, 0.625]
    assert [m.certainty for m in masses(cells, 1.0, 30, 20, replace(RULE, second=0.6, most=1)).masses] == [0.875]
    assert [m.certainty for m in masses(cells[:, :5], 1.0, 5, 20, RULE).masses] == [0.625]


def test_specks_are_no_masses() -> None:
    cells = mapped((2, 2, 1, 2, 0.9), (10, 2, 3, 3, 0.75))
    (found,) = masses(cells, 1.0, 30, 20, replace(RULE, smaller=3 / cells.size)).masses
    assert found.certainty == 0.75


def test_islands_are_those_of_scipy() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    random = np.random.default_rng(1)
    for share in (0.05, 0.3, 0.5, 0.9):
        marked = random.random((24, 31)) < share
        expected, count = ndimage.label(marked, np.ones((3, 3)))
        ours = islands(marked)
        assert ours.max() == count
        assert len(np.unique(np.stack([ours, expected], -1).reshape(-1, 2), axis=0)) == count + 1
