"""The evidence map as colour: signed, on a fixed scale, over the picture. numpy and Pillow only.

Window and command line colour the same way. The scale is fixed by the model (never by the crop): it stays while the
square is dragged, and noise is never blown up into evidence.

Two ramps, computed here from a few anchors in Oklab (Ottosson 2020), with even steps of perceived difference: warm for
malignant (brown, orange, yellow), cool for benign (indigo, azure, cyan). Both run through the same lightnesses, so how
much is read by lightness and opacity, which side by hue; orange against blue holds for colour-blind eyes.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bmgui.imaging.crop import Frame
from bmgui.imaging.square import Square
from bmgui.scoring.card import Card

FULL_COLOUR_LOGITS = 6.0
"""Where a card names no scale of its own: how much a cell must speak for one side to get the full colour, in logits of
the calibrated probability."""

_STEPS = 256
# Oklab (lightness, green–red, blue–yellow), from faint to full
_WARM = ((0.40, 0.075, 0.050), (0.58, 0.120, 0.100), (0.74, 0.080, 0.150), (0.88, 0.010, 0.165))
_COOL = ((0.40, 0.005, -0.130), (0.58, -0.030, -0.165), (0.74, -0.080, -0.110), (0.88, -0.110, -0.040))


def scale_of(card: Card) -> float:
    """The map value (of either sign) that gets the full colour, in units of the margin: fixed for a model.

    It is what the card was measured to need (`packaging/measure_evidence.py`): finer maps have stronger cells. Else
    the calibration's slope says how large this model's margins are. The further methods' maps are in units of the
    margin too, and are shown on the same scale.
    """
    if card.evidence_scale is not None:
        return card.evidence_scale
    return FULL_COLOUR_LOGITS / card.calibration.slope


def colours(evidence: NDArray[np.float32], scale: float, opacity: float = 1.0) -> NDArray[np.uint8]:
    """The map as uint8 RGBA (h, w, 4), not premultiplied: warm where positive (malignant), cool where negative.

    Opacity grows evenly from 0 where the map is zero to `opacity` (0 to 1) where it reaches `scale` (see `scale_of`);
    beyond that nothing changes.
    """
    strength = np.clip(np.abs(evidence) / np.float32(scale), 0.0, 1.0)
    steps = np.rint(strength * (_STEPS - 1)).astype(np.intp)
    rgba = np.empty((*evidence.shape, 4), np.uint8)
    rgba[..., :3] = _ramps()[(evidence < 0).astype(np.intp), steps]
    rgba[..., 3] = np.rint(strength * np.float32(255.0 * opacity))
    return rgba


def smooth(evidence: NDArray[np.float32], side_px: int) -> NDArray[np.float32]:
    """The map resampled smoothly to float32 (side_px, side_px); never beyond the map's own least and greatest value."""
    image = Image.fromarray(np.ascontiguousarray(evidence, np.float32))
    larger = np.asarray(image.resize((side_px, side_px), Image.Resampling.BICUBIC))
    held: NDArray[np.float32] = np.clip(larger, evidence.min(), evidence.max())
    return held  # bicubic overshoots: that would be evidence from nowhere


def overlay(
    frame: Frame, square: Square, evidence: NDArray[np.float32], scale: float, opacity: float = 0.6
) -> NDArray[np.uint8]:
    """The frame as uint8 RGB (H, W, 3) with the map laid over the square, which must lie inside the frame."""
    picture = np.repeat(frame[:, :, None], 3, axis=2) if frame.ndim == 2 else frame.copy()
    rgba = colours(smooth(evidence, square.side), scale, opacity)
    cover = rgba[..., 3:].astype(np.float32) / 255.0
    under = picture[square.top : square.bottom, square.left : square.right]
    under[:] = np.rint(under * (1.0 - cover) + rgba[..., :3] * cover).astype(np.uint8)
    return picture


def legend(scale: float, stops: int = 65) -> tuple[tuple[float, tuple[int, int, int, int]], ...]:
    """(value, RGBA) from −scale to +scale in even steps: what the scale beside the picture shows."""
    values = np.linspace(-scale, scale, stops, dtype=np.float32)
    rgba = colours(values[None], scale)[0]
    return tuple((float(v), (int(c[0]), int(c[1]), int(c[2]), int(c[3]))) for v, c in zip(values, rgba, strict=True))


def contour_levels(scale: float) -> tuple[float, ...]:
    """The map values at which contour lines are drawn, rising; never zero. Draw the negative ones dashed."""
    return tuple(share * scale for share in (-0.75, -0.5, -0.25, 0.25, 0.5, 0.75))


@cache
def _ramps() -> NDArray[np.uint8]:
    """uint8 (2, 256, 3): the warm ramp and the cool one, from faint to full."""
    return np.stack([_ramp(_WARM), _ramp(_COOL)])


def _ramp(anchors: tuple[tuple[float, float, float], ...]) -> NDArray[np.uint8]:
    points = np.array(anchors)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    even = np.linspace(0.0, along[-1], _STEPS)
    lab = np.stack([np.interp(even, along, points[:, axis]) for axis in range(3)], axis=1)
    return _srgb(lab)


def _srgb(lab: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Oklab (n, 3) to sRGB, uint8. Matrices: Ottosson 2020."""
    to_lms = np.array(
        [
            [1.0, 0.3963377774, 0.2158037573],
            [1.0, -0.1055613458, -0.0638541728],
            [1.0, -0.0894841775, -1.2914855480],
        ]
    )
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip((lab @ to_lms.T) ** 3 @ to_linear.T, 0.0, 1.0)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    rounded: NDArray[np.uint8] = np.rint(encoded * 255.0).astype(np.uint8)
    return rounded
