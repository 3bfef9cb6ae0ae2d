"""The square's rule and the one crop, as properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import grey, make_crop
from bmgui.imaging.square import MIDDLE, MIN_SIDE_PX, NUDGES, Square, fit_square, nudged_squares

coordinates = st.integers(-3000, 3000)
squares = st.builds(Square, coordinates, coordinates, st.integers(1, 3000))
sides = st.integers(MIN_SIDE_PX, 1200)


@given(squares, sides, sides)
def test_a_fitted_square_lies_inside_and_stays_where_it_is(square: Square, width: int, height: int) -> None:
    fitted = fit_square(square, width, height)
    assert min(fitted.left, fitted.top) >= 0
    assert fitted.right <= width
    assert fitted.bottom <= height
    assert MIN_SIDE_PX <= fitted.side <= min(width, height)
    assert fit_square(fitted, width, height) == fitted


@given(squares, sides, sides)
def test_a_square_that_fits_is_left_alone(square: Square, width: int, height: int) -> None:
    inside = square.left >= 0 and square.top >= 0 and square.right <= width and square.bottom <= height
    if inside and square.side >= MIN_SIDE_PX:
        assert fit_square(square, width, height) == square


@given(st.integers(-500, 500), st.integers(-500, 500), st.integers(32, 300), sides, sides)
def test_a_square_past_the_edge_is_moved_not_shrunk(left: int, top: int, side: int, width: int, height: int) -> None:
    fitted = fit_square(Square(left, top, side), width, height)
    assert fitted.side == min(side, width, height)


@given(st.integers(1, 31), st.integers(1, 2000), st.booleans())
def test_a_picture_under_32_px_is_refused(shorter: int, longer: int, upright: bool) -> None:
    width, height = (shorter, longer) if upright else (longer, shorter)
    with pytest.raises(KnownError, match="picture-too-small"):
        fit_square(Square(0, 0, 64), width, height)


@given(squares, st.integers(1, 3000))
def test_resizing_keeps_the_centre_to_half_a_pixel(square: Square, side: int) -> None:
    resized = square.resized(side)
    assert abs((2 * square.left + square.side) - (2 * resized.left + resized.side)) <= 1


frames = st.tuples(st.integers(40, 120), st.integers(40, 120), st.booleans(), st.integers(0, 2**32 - 1))


def made_frame(height: int, width: int, colour: bool, seed: int) -> np.ndarray:  # type: ignore[type-arg]
    shape = (height, width, 3) if colour else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@settings(max_examples=60)
@given(frames, squares, st.integers(8, 300), st.sampled_from(["bilinear", "bicubic"]))
def test_a_crop_is_pillows_resize_of_the_square_in_its_picture(
    described: tuple[int, int, bool, int], square: Square, side: int, resample: str
) -> None:
    frame = made_frame(*described)
    fitted = fit_square(square, frame.shape[1], frame.shape[0])
    box = (fitted.left, fitted.top, fitted.right, fitted.bottom)
    filters = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
    image = Image.fromarray(frame)
    rgb = image.convert("RGB").resize((side, side), filters[resample], box)
    luma = image.convert("L").resize((side, side), filters[resample], box)
    assert np.array_equal(make_crop(frame, fitted, side, "rgb", resample), np.asarray(rgb))
    assert np.array_equal(make_crop(frame, fitted, side, "grey", resample), np.asarray(luma))


@given(frames)
def test_a_crop_of_its_own_size_is_the_pixels_themselves(described: tuple[int, int, bool, int]) -> None:
    frame = made_frame(*described)
    side = min(frame.shape[:2])
    crop = make_crop(frame, Square(0, 0, side), side)
    assert np.array_equal(crop, grey(frame)[:side, :side])


@given(frames)
def test_grey_of_three_equal_channels_is_that_channel(described: tuple[int, int, bool, int]) -> None:
    height, width, _, seed = described
    single = made_frame(height, width, False, seed)
    assert np.array_equal(grey(np.dstack([single] * 3)), single)


def test_a_square_outside_the_picture_is_a_bug_not_a_crop() -> None:
    for square in (Square(-1, 0, 32), Square(0, -1, 32), Square(9, 0, 32), Square(0, 9, 32)):
        with pytest.raises(ValueError, match="not inside"):
            make_crop(np.zeros((40, 40), np.uint8), square, 32)


def test_nudges_far_from_any_edge_are_what_the_issue_says() -> None:
    square = Square(500, 400, 200)
    nudged = nudged_squares(square, 2000, 2000)
    assert len(nudged) == len(set(nudged)) == NUDGES
    assert nudged[MIDDLE] == square
    assert sorted({s.side for s in nudged}) == [180, 200, 220]
    centres = {(s.left + s.side / 2 - 600, s.top + s.side / 2 - 500) for s in nudged}
    assert centres == {(x, y) for x in (-20, 0, 20) for y in (-20, 0, 20)}


@given(
    st.integers(-300, 900),
    st.integers(-300, 900),
    st.integers(1, 1500),
    st.integers(32, 900),
    st.integers(32, 700),
)
def test_nudges_are_fitted_and_hold_the_fitted_square(left: int, top: int, side: int, width: int, height: int) -> None:
    square = fit_square(Square(left, top, side), width, height)
    nudged = nudged_squares(square, width, height)
    assert len(nudged) == NUDGES
    assert nudged[MIDDLE] == square
    for one in nudged:
        assert one == fit_square(one, width, height)


def test_nudges_of_a_picture_that_is_too_small_are_refused() -> None:
    with pytest.raises(KnownError, match="picture-too-small"):
        nudged_squares(Square(0, 0, 32), 31, 100)
