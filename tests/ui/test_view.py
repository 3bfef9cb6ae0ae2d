import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmgui.ui.view import MARGIN_PX, View, fitted

sides = st.integers(32, 4000)
views = st.builds(View, st.floats(0.05, 32), st.floats(-500, 500), st.floats(-500, 500))
places = st.tuples(st.floats(0, 1000), st.floats(0, 1000))


@given(views, places)
def test_there_and_back_is_the_same_point(view: View, at: tuple[float, float]) -> None:
    assert view.to_canvas(*view.to_frame(*at)) == pytest.approx(at, abs=1e-6)


@given(st.tuples(sides, sides), st.tuples(st.integers(200, 2000), st.integers(200, 2000)))
def test_a_fitted_picture_is_whole_and_in_the_middle(picture: tuple[int, int], canvas: tuple[int, int]) -> None:
    view = fitted(picture, canvas)
    right, bottom = view.to_canvas(*picture)
    assert view.left >= MARGIN_PX - 1e-6
    assert view.top >= MARGIN_PX - 1e-6
    assert right == pytest.approx(canvas[0] - view.left)
    assert bottom == pytest.approx(canvas[1] - view.top)


@given(views, st.floats(0.1, 10), places)
def test_zooming_keeps_the_point_under_the_pointer(view: View, factor: float, at: tuple[float, float]) -> None:
    zoomed = view.zoomed(factor, at, 0.05)
    assert zoomed.to_frame(*at) == pytest.approx(view.to_frame(*at), abs=1e-5)
    assert 0.05 <= zoomed.zoom <= 32


@given(views, st.tuples(sides, sides))
def test_a_picture_cannot_be_lost_by_panning(view: View, picture: tuple[int, int]) -> None:
    held = view.held(picture, (800, 600))
    x, y = held.to_frame(400, 300)
    assert -1e-6 <= x <= picture[0] + 1e-6
    assert -1e-6 <= y <= picture[1] + 1e-6
