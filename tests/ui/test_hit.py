import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmgui.imaging.square import MIN_SIDE_PX, Square, fit_square
from bmgui.ui.hit import CORNERS, NOTHING, Corner, Drag, Hit, corner_point, cursor, dragged, hit

WIDTH, HEIGHT = 640, 480
SQUARE = Square(100, 120, 200)
OPPOSITE: dict[Corner, Corner] = {"nw": "se", "ne": "sw", "sw": "ne", "se": "nw"}

sizes = st.tuples(st.integers(MIN_SIDE_PX, 900), st.integers(MIN_SIDE_PX, 900))
reals = st.floats(-2000, 2000, allow_nan=False)
points = st.tuples(reals, reals)


@st.composite
def fitted_squares(draw: st.DrawFn) -> tuple[Square, tuple[int, int]]:
    size = draw(sizes)
    rough = Square(draw(st.integers(-50, 900)), draw(st.integers(-50, 900)), draw(st.integers(1, 900)))
    return fit_square(rough, *size), size


@pytest.mark.parametrize("corner", CORNERS)
def test_a_handle_is_hit_on_and_near_its_corner(corner: Corner) -> None:
    x, y = corner_point(SQUARE, corner)
    assert hit((x, y), [SQUARE], 0, 8) == Hit(corner, 0)
    assert hit((x - 7.9, y + 7.9), [SQUARE], 0, 8) == Hit(corner, 0)


def test_beyond_a_handles_reach_there_is_the_inside_or_nothing() -> None:
    assert hit((99, 300), [SQUARE], 0, 8) == NOTHING
    assert hit((109, 129), [SQUARE], 0, 8) == Hit("inside", 0)
    assert hit((90, 110), [SQUARE], 0, 8) == NOTHING


def test_only_the_selected_square_has_handles_and_it_goes_first() -> None:
    small = Square(150, 170, 40)
    assert hit((150, 170), [SQUARE, small], 0, 5) == Hit("inside", 0)
    assert hit((150, 170), [SQUARE, small], 1, 5) == Hit("nw", 1)
    assert hit((160, 180), [SQUARE, small], None, 5) == Hit("inside", 1), "of unselected ones the smallest"


@given(fitted_squares(), st.floats(0.01, 5000))
def test_the_middle_can_always_be_grabbed_to_move(made: tuple[Square, tuple[int, int]], grab: float) -> None:
    square, _ = made
    middle = (square.left + square.side / 2, square.top + square.side / 2)
    assert hit(middle, [square], 0, grab) == Hit("inside", 0)


@given(fitted_squares(), st.sampled_from(["draw", "inside", *CORNERS]), points, points)
def test_whatever_a_drag_makes_is_a_square_that_scoring_takes_as_it_is(
    made: tuple[Square, tuple[int, int]], grip: str, start: tuple[float, float], end: tuple[float, float]
) -> None:
    square, size = made
    result = dragged(Drag(grip, start, square), end, *size)  # type: ignore[arg-type]
    assert fit_square(result, *size) == result


@given(fitted_squares(), st.sampled_from(["inside", *CORNERS]), points)
def test_a_drag_that_comes_back_leaves_the_square_as_it_was(
    made: tuple[Square, tuple[int, int]], grip: str, start: tuple[float, float]
) -> None:
    square, size = made
    assert dragged(Drag(grip, start, square), start, *size) == square  # type: ignore[arg-type]


@given(fitted_squares(), st.sampled_from(CORNERS), points, points)
def test_the_opposite_corner_stays_where_it_is_if_the_least_side_has_room(
    made: tuple[Square, tuple[int, int]], corner: Corner, start: tuple[float, float], end: tuple[float, float]
) -> None:
    square, size = made
    result = dragged(Drag(corner, start, square), end, *size)
    assert corner_point(result, OPPOSITE[corner]) == corner_point(square, OPPOSITE[corner])


def test_a_dragged_corner_follows_the_pointer_that_goes_further() -> None:
    assert dragged(Drag("se", (300.0, 320.0), SQUARE), (310.0, 345.0), WIDTH, HEIGHT) == Square(100, 120, 225)
    assert dragged(Drag("nw", (100.0, 120.0), SQUARE), (60.0, 110.0), WIDTH, HEIGHT) == Square(60, 80, 240)
    assert dragged(Drag("ne", (300.0, 120.0), SQUARE), (290.0, 130.0), WIDTH, HEIGHT) == Square(100, 130, 190)


def test_a_corner_stops_at_the_edge_and_at_the_least_side() -> None:
    assert dragged(Drag("se", (300.0, 320.0), SQUARE), (2000.0, 2000.0), WIDTH, HEIGHT) == Square(100, 120, 360)
    assert dragged(Drag("se", (300.0, 320.0), SQUARE), (0.0, 0.0), WIDTH, HEIGHT) == Square(100, 120, MIN_SIDE_PX)


def test_a_square_is_moved_by_whole_pixels_and_held_inside() -> None:
    assert dragged(Drag("inside", (150.0, 150.0), SQUARE), (160.4, 145.6), WIDTH, HEIGHT) == Square(110, 116, 200)
    assert dragged(Drag("inside", (150.0, 150.0), SQUARE), (-900.0, 150.0), WIDTH, HEIGHT) == Square(0, 120, 200)


@given(
    st.floats(MIN_SIDE_PX + 1, WIDTH - MIN_SIDE_PX - 1), st.floats(MIN_SIDE_PX + 1, HEIGHT - MIN_SIDE_PX - 1), points
)
def test_a_drawn_square_begins_at_its_start_where_there_is_room(x: float, y: float, end: tuple[float, float]) -> None:
    result = dragged(Drag("draw", (x, y), Square(0, 0, MIN_SIDE_PX)), end, WIDTH, HEIGHT)
    corner = ("s" if end[1] < y else "n") + ("e" if end[0] < x else "w")
    begun = corner_point(result, corner)  # type: ignore[arg-type]
    assert abs(begun[0] - x) <= 0.5
    assert abs(begun[1] - y) <= 0.5


def test_the_pointers_shape_says_what_a_press_would_do() -> None:
    assert cursor(NOTHING, drawing=False) == "arrow"
    assert cursor(Hit("inside", 0), drawing=False) == "move"
    assert [cursor(Hit(corner, 0), drawing=False) for corner in CORNERS] == ["nwse", "nesw", "nesw", "nwse"]
    assert cursor(Hit("inside", 0), drawing=True) == "cross"
