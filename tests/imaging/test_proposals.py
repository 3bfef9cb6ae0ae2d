"""Proposals and the scan area: what holds for every frame, the shipped samples, and (with the data) that it helps."""

import csv
import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from bmgui.base.errors import KnownError
from bmgui.base.places import resources
from bmgui.imaging.proposals import candidates, propose, squares_round
from bmgui.imaging.scan_area import Area, find_scan_area
from bmgui.imaging.square import Square

Frame = NDArray[np.uint8]
BUS_BRA = Path(__file__).parents[2].parent / "shared" / "data" / "ultrasound" / "bus-bra"


def speckle(height: int, width: int, seed: int = 0) -> Frame:
    """What looks like tissue: blurred noise, brighter above than below."""
    random = np.random.default_rng(seed)
    noise = random.normal(size=(height + 8, width + 8))
    for axis in (0, 1):
        total = np.cumsum(noise, axis)
        noise = np.take(total, range(4, total.shape[axis]), axis) - np.take(total, range(total.shape[axis] - 4), axis)
    field = np.abs(noise[:height, :width])
    level = np.linspace(90, 50, height)[:, None] * field / field.mean()
    return np.clip(level, 5, 250).astype(np.uint8)


def with_mass(frame: Frame, x: int, y: int, radius: int) -> Frame:
    """The frame with a dark disc round (x, y)."""
    down, across = np.ogrid[: frame.shape[0], : frame.shape[1]]
    inside = (across - x) ** 2 + (down - y) ** 2 < radius**2
    return np.where(inside, frame // 8, frame).astype(np.uint8)


def holds(square: Square, mass: tuple[int, int, int, int]) -> bool:
    left, top, width, height = mass
    return square.left <= left and square.top <= top and left + width <= square.right and top + height <= square.bottom


def near(area: Area, expected: tuple[int, int, int, int], px: int) -> bool:
    found = (area.left, area.top, area.right, area.bottom)
    return all(abs(a - b) <= px for a, b in zip(found, expected, strict=True))


# --- every frame ---
@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(32, 400),
    width=st.integers(32, 400),
    colour=st.booleans(),
    kind=st.sampled_from(["noise", "tissue", "black", "white", "half"]),
    seed=st.integers(0, 9),
)
def test_squares_are_inside_distinct_and_the_same_again(
    height: int, width: int, colour: bool, kind: str, seed: int
) -> None:
    frame = {
        "noise": lambda: np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8),
        "tissue": lambda: speckle(height, width, seed),
        "black": lambda: np.zeros((height, width), np.uint8),
        "white": lambda: np.full((height, width), 255, np.uint8),
        "half": lambda: np.pad(speckle(height // 2, width, seed), ((0, height - height // 2), (0, 0))),
    }[kind]()
    if colour:
        frame = np.repeat(frame[:, :, None], 3, 2)
    before = frame.copy()
    squares = propose(frame)
    assert 1 <= len(squares) <= 3
    assert len(set(squares)) == len(squares)
    assert len({square.side for square in squares}) == 1
    for square in squares:
        assert square.left >= 0
        assert square.top >= 0
        assert square.right <= width
        assert square.bottom <= height
        assert square.side >= 32
        assert all(type(number) is int for number in (square.left, square.top, square.side))
    assert propose(frame) == squares
    assert np.array_equal(frame, before)


def test_grey_stored_as_colour_gives_the_same_squares() -> None:
    frame = with_mass(speckle(300, 520), 430, 120, 40)
    assert propose(np.repeat(frame[:, :, None], 3, 2)) == propose(frame)


def test_a_frame_need_not_be_contiguous() -> None:
    frame = np.repeat(with_mass(speckle(300, 520), 430, 120, 40)[:, :, None], 3, 2)
    assert propose(frame[::2, ::2]) == propose(frame[::2, ::2].copy())


@pytest.mark.parametrize("shape", [(31, 400), (400, 31), (1, 1), (31, 31, 3)])
def test_a_frame_too_small_for_a_square_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(KnownError) as caught:
        propose(np.zeros(shape, np.uint8))
    assert caught.value.code == "picture-too-small"


def test_a_mirrored_frame_gets_the_mirrored_squares() -> None:
    frame = with_mass(speckle(300, 520), 430, 120, 40)
    mirrored = [Square(520 - square.right, square.top, square.side) for square in propose(frame[:, ::-1])]
    assert mirrored == list(propose(frame))


# --- which is first ---
@pytest.mark.parametrize(("x", "left"), [(60, 0), (260, 110), (460, 220)])
def test_the_square_round_a_dark_mass_comes_first(x: int, left: int) -> None:
    assert propose(with_mass(speckle(300, 520), x, 120, 45))[0] == Square(left, 0, 300)


@pytest.mark.parametrize(("y", "top"), [(60, 0), (300, 110)])
def test_tall_frames_are_cut_from_top_to_bottom(y: int, top: int) -> None:
    assert propose(with_mass(speckle(520, 300), 150, y, 45))[0] == Square(0, top, 300)


def test_candidates_are_the_papers_three() -> None:
    assert candidates(Area(10, 20, 130, 70)) == (Square(10, 20, 50), Square(45, 20, 50), Square(80, 20, 50))
    assert candidates(Area(0, 5, 40, 90)) == (Square(0, 5, 40), Square(0, 27, 40), Square(0, 50, 40))


def test_a_square_area_has_one_candidate() -> None:
    assert candidates(Area(3, 4, 103, 104)) == (Square(3, 4, 100),)
    assert len(candidates(Area(0, 0, 101, 100))) == 1  # a pixel more: they would be the same


def samples() -> list[dict[str, object]]:
    listed: list[dict[str, object]] = json.loads((resources() / "samples" / "samples.json").read_bytes())["samples"]
    return listed


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: str(sample["file"]))
def test_the_samples_masses_are_in_the_first_square(sample: dict[str, object]) -> None:
    file = resources() / "samples" / str(sample["file"])
    frame = np.asarray(pydicom.dcmread(file).pixel_array if file.suffix == ".dcm" else Image.open(file))
    assert holds(propose(frame)[0], tuple(sample["mass"]))  # type: ignore[arg-type]


# --- the scan area ---
@pytest.mark.parametrize("shape", [(300, 400), (600, 800), (768, 1024), (430, 320), (80, 1000)])
def test_a_picture_that_is_all_tissue_is_returned_whole(shape: tuple[int, int]) -> None:
    assert find_scan_area(speckle(*shape)) == Area(0, 0, shape[1], shape[0])


@pytest.mark.parametrize("ground", [0, 14, 30, 255])
def test_a_console_round_the_tissue_is_cut_away(ground: int) -> None:
    frame = np.full((600, 800), ground, np.uint8)
    frame[90:520, 160:650] = speckle(430, 490)
    frame[100:360, 740:760] = np.linspace(255, 0, 260).astype(np.uint8)[:, None]  # the console's grey bar
    for row in range(100, 520, 40):
        frame[row : row + 2, 660:668] = 200  # depth marks
    frame[20:32:2, 20:300:3] = 220  # a line of words, more or less
    assert near(find_scan_area(frame), (160, 90, 650, 520), 14)


def test_a_picture_without_structure_is_returned_whole() -> None:
    for level in (0, 128, 255):
        assert find_scan_area(np.full((480, 640), level, np.uint8)) == Area(0, 0, 640, 480)


def test_both_halves_of_a_split_screen_are_one_area() -> None:
    frame = np.zeros((480, 800), np.uint8)
    frame[60:440, 40:390] = speckle(380, 350)
    frame[60:440, 410:760] = speckle(380, 350, 1)
    assert near(find_scan_area(frame), (40, 60, 760, 440), 14)


def test_a_black_cyst_does_not_divide_the_area() -> None:
    frame = np.zeros((480, 640), np.uint8)
    frame[40:440, 60:580] = speckle(400, 520)
    frame[140:330, 60:580] = 0  # from edge to edge
    assert near(find_scan_area(frame), (60, 40, 580, 440), 12)


def test_the_phantoms_area_is_found() -> None:
    file = resources() / "samples" / "phantom" / "synthetic-phantom.dcm"
    held = pydicom.dcmread(file)
    region = held.SequenceOfUltrasoundRegions[0]
    expected = (
        region.RegionLocationMinX0,
        region.RegionLocationMinY0,
        region.RegionLocationMaxX1 + 1,
        region.RegionLocationMaxY1 + 1,
    )
    assert near(find_scan_area(np.asarray(held.pixel_array)), expected, 20)


# --- the data ---
@pytest.mark.skipif(not BUS_BRA.is_dir(), reason="the data folder is not beside the checkout")
def test_the_first_square_beats_the_middle_on_tuning_pictures() -> None:
    """Every tenth of BUS-BRA's folds 1–4: enough to notice a broken map or a broken area, not a measurement."""

    def table(name: str) -> list[dict[str, str]]:
        return list(csv.DictReader((BUS_BRA / name).read_text(encoding="utf-8-sig").splitlines()))

    folds = {row["ID"]: row["kFold"] for row in table("5-fold-cv.csv")}
    names = [row["ID"] for row in table("bus_data.csv") if folds[row["ID"]] != "5"][::10]
    first = middle = 0
    for name in names:
        frame = np.asarray(Image.open(BUS_BRA / "Images" / f"{name}.webp").convert("L"))
        mask = np.asarray(Image.open(BUS_BRA / "Masks" / f"{name.replace('bus', 'mask', 1)}.png").convert("L"))
        down, across = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        mass = (int(across[0]), int(down[0]), int(np.ptp(across)) + 1, int(np.ptp(down)) + 1)
        squares = candidates(find_scan_area(frame))
        first += holds(propose(frame)[0], mass)
        middle += holds(squares[len(squares) // 2], mass)
    assert first >= 0.94 * len(names)
    assert first >= middle + 0.05 * len(names)


# --- masses of known bounds ---


def test_a_square_for_a_mass_has_twice_its_longer_side_round_its_centre() -> None:
    assert squares_round([(100, 80, 60, 40), (40.5, 60.0, 20.0, 31.0)], 400, 300) == (
        Square(70, 40, 120),
        Square(20, 44, 62),
    )


def test_squares_for_masses_are_fitted_distinct_and_at_most_three() -> None:
    masses = [(0, 0, 60, 40), (0.2, 0.1, 60, 40), (300, 200, 100, 100), (10, 200, 4, 4), (200, 200, 30, 30)]
    assert squares_round(masses, 400, 300) == (Square(0, 0, 120), Square(200, 100, 200), Square(0, 186, 32))
    assert squares_round([(0, 0, 400, 300)], 400, 300) == (Square(50, 0, 300),)
    assert squares_round([], 400, 300) == ()
    with pytest.raises(KnownError, match="picture-too-small"):
        squares_round([(1, 1, 9, 9)], 400, 30)
