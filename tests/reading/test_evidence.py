from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bmgui.imaging.square import Square
from bmgui.reading.evidence import colours, contour_levels, legend, overlay, scale_of, smooth
from bmgui.scoring.card import Calibration, Card

# Machado, Oliveira & Fernandes 2009, severity 1.0, on linear sRGB
EYES = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def linear(rgb: NDArray[np.generic]) -> NDArray[np.float64]:
    share = rgb / 255.0
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def oklab(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ottosson 2020, forward: written here from its publication, not from the code under test."""
    to_lms = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.cbrt(np.clip(light, 0, 1) @ to_lms.T) @ to_lab.T


def ramp(sign: float, steps: int = 33) -> NDArray[np.uint8]:
    return colours(np.linspace(0.02, 1, steps, dtype=np.float32)[None] * np.float32(sign), 1.0)[0, :, :3]


def test_zero_is_transparent_and_the_signs_differ() -> None:
    rgba = colours(np.array([[0.0, 5.0, -5.0]], np.float32), 10.0, 0.8)[0]
    assert rgba[0, 3] == 0
    assert rgba[1, 3] == rgba[2, 3] == round(255 * 0.8 * 0.5)
    assert rgba[1, 0] > rgba[1, 2], "malignant is warm"
    assert rgba[2, 2] > rgba[2, 0], "benign is cool"


@pytest.mark.parametrize("eye", EYES)
def test_the_two_sides_stay_apart_for_every_eye(eye: str) -> None:
    warm, cool = (oklab(linear(ramp(sign)[8:]) @ EYES[eye].T) for sign in (1, -1))
    apart = np.linalg.norm(warm[:, None] - cool[None, :], axis=2)
    assert apart.min() > 0.15  # a just noticeable difference is about 0.02


@pytest.mark.parametrize("sign", [1, -1])
def test_the_ramps_are_perceptually_uniform_and_equally_light(sign: int) -> None:
    steps = np.linalg.norm(np.diff(oklab(linear(ramp(sign, 17))), axis=0), axis=1)
    assert steps.max() / steps.min() < 1.25
    lightness = oklab(linear(ramp(sign)))[:, 0]
    assert (np.diff(lightness) > 0).all()
    np.testing.assert_allclose(lightness, oklab(linear(ramp(-sign)))[:, 0], atol=0.03)


def test_the_scale_is_the_model_s_and_the_same_for_every_crop(card: Card) -> None:
    weak = np.full((4, 4), 0.01 * scale_of(card), np.float32)
    assert colours(weak, scale_of(card))[..., 3].max() <= 3, "noise is not blown up"
    card = replace(card, evidence_scale=None)
    steep = replace(card, calibration=Calibration(2 * card.calibration.slope, 0.0, 0.3))
    assert scale_of(steep) == scale_of(card) / 2, "the same evidence in logits has the same colour"
    assert scale_of(replace(card, evidence_scale=21.0)) == 21.0, "what the card was measured to need comes first"


def test_beyond_the_scale_nothing_changes() -> None:
    np.testing.assert_array_equal(
        colours(np.array([[1.0, -1.0]], np.float32), 1.0), colours(np.array([[9.0, -9.0]], np.float32), 1.0)
    )


@given(st.integers(1, 16), st.integers(1, 16), st.integers(1, 200), st.integers(0, 99))
def test_smoothing_invents_no_evidence(height: int, width: int, side: int, seed: int) -> None:
    evidence = np.random.default_rng(seed).normal(0, 5, (height, width)).astype(np.float32)
    larger = smooth(evidence, side)
    assert larger.shape == (side, side)
    assert larger.dtype == np.float32
    assert larger.min() >= evidence.min()
    assert larger.max() <= evidence.max()


def test_smoothing_keeps_places_and_sum() -> None:
    evidence = np.zeros((8, 8), np.float32)
    evidence[2, 5] = 1.0
    larger = smooth(evidence, 320)
    row, column = np.unravel_index(larger.argmax(), larger.shape)
    assert abs(row - 100) <= 2
    assert abs(column - 220) <= 2
    assert larger.mean() == pytest.approx(evidence.mean(), rel=0.2)


def test_the_overlay_changes_only_the_square() -> None:
    frame = np.random.default_rng(0).integers(0, 255, (60, 80), np.uint8)
    before = frame.copy()
    picture = overlay(frame, Square(20, 10, 40), np.full((7, 7), 3.0, np.float32), 1.0, 0.5)
    assert picture.shape == (60, 80, 3)
    outside = np.ones((60, 80), bool)
    outside[10:50, 20:60] = False
    np.testing.assert_array_equal(picture[outside], np.repeat(frame[:, :, None], 3, axis=2)[outside])
    inside = picture[10:50, 20:60].astype(int) - frame[10:50, 20:60, None]
    assert np.abs(inside).max() > 50
    np.testing.assert_array_equal(frame, before)


def test_no_evidence_leaves_the_picture() -> None:
    frame = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    np.testing.assert_array_equal(overlay(frame, Square(0, 0, 60), np.zeros((8, 8), np.float32), 1.0), frame)


def test_legend_and_contours_span_the_scale() -> None:
    stops = legend(12.0, 5)
    assert [value for value, _ in stops] == [-12.0, -6.0, 0.0, 6.0, 12.0]
    assert stops[2][1][3] == 0
    assert stops[0][1][2] > stops[0][1][0]
    assert stops[4][1][0] > stops[4][1][2]
    levels = contour_levels(12.0)
    assert 0.0 not in levels
    assert list(levels) == sorted(levels) == [-level for level in reversed(levels)]
