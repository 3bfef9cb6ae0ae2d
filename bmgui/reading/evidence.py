"""The evidence map as colour: signed, on a fixed scale, over the picture. numpy and Pillow only.

Window and command line colour the same way. The scale is fixed by the model (never by the crop): it stays while the
square is dragged, and noise is never blown up into evidence.
"""

import numpy as np
from numpy.typing import NDArray

from bmgui.imaging.crop import Frame
from bmgui.imaging.square import Square
from bmgui.scoring.card import Card


def scale_of(card: Card, method: str = "class-activation") -> float:
    """The map value (either sign) that gets the full colour, in units of the margin. Fixed for a model and method."""
    raise NotImplementedError


def colours(evidence: NDArray[np.float32], scale: float, opacity: float = 1.0) -> NDArray[np.uint8]:
    """The map as uint8 RGBA (h, w, 4), not premultiplied: warm where positive (malignant), cool where negative
    (benign), zero transparent. `scale`: see `scale_of`; values beyond it get the full colour. opacity: 0 to 1."""
    raise NotImplementedError


def smooth(evidence: NDArray[np.float32], side_px: int) -> NDArray[np.float32]:
    """The map resampled smoothly to float32 (side_px, side_px); never beyond the map's own least and greatest value."""
    raise NotImplementedError


def overlay(
    frame: Frame, square: Square, evidence: NDArray[np.float32], scale: float, opacity: float = 0.6
) -> NDArray[np.uint8]:
    """The frame as uint8 RGB (H, W, 3) with the map composed over the square."""
    raise NotImplementedError


def legend(scale: float, stops: int = 9) -> tuple[tuple[float, tuple[int, int, int, int]], ...]:
    """(value, RGBA at full opacity) from −scale to +scale, evenly: what the scale beside the picture shows."""
    raise NotImplementedError


def contour_levels(scale: float) -> tuple[float, ...]:
    """The map values at which contour lines are drawn (never zero): the canvas draws negative ones dashed."""
    raise NotImplementedError
