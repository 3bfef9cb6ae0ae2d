"""Why a score may not hold for this square: short stable codes, worded by `bmgui.wording.DOUBTS`."""

import numpy as np

from bmgui.imaging.crop import Frame
from bmgui.imaging.scan import Scan
from bmgui.imaging.square import Square
from bmgui.scoring.card import Card

LITTLE_DETAIL_PX = 64
COLOUR_SPREAD = 48
COLOUR_SHARE = 0.001
ULTRASOUND = frozenset({"US", "IVUS", "BDUS", "EPS", ""})


def doubts(scan: Scan, frame: Frame, square: Square, card: Card) -> tuple[str, ...]:
    """The doubts about a score of `square` (as used, inside the frame), in the order of `bmgui.wording.DOUBTS`.

    touches-edge: the square lies on an edge of the frame. under-64-px: its side is under 64 px.
    side-outside-range: its side is outside `card.geometry`. colour: see `has_colour`.
    not-ultrasound: the file names a modality, and it is not ultrasound.
    """
    height, width = frame.shape[:2]
    geometry = card.geometry
    found = {
        "touches-edge": square.left <= 0 or square.top <= 0 or square.right >= width or square.bottom >= height,
        "under-64-px": square.side < LITTLE_DETAIL_PX,
        "side-outside-range": not geometry.least_side_px <= square.side <= geometry.greatest_side_px,
        "colour": has_colour(frame, square),
        "not-ultrasound": scan.modality not in ULTRASOUND,
    }
    return tuple(code for code, holds in found.items() if holds)


def has_colour(frame: Frame, square: Square) -> bool:
    """Whether more than 0.1 % of the square's pixels are clearly coloured: their channels lie more than 48 apart."""
    if frame.ndim == 2:
        return False
    pixels = frame[square.top : square.bottom, square.left : square.right]
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return bool(np.count_nonzero(spread > COLOUR_SPREAD) > COLOUR_SHARE * spread.size)
