"""Whether a square holds clear colour: a doubt where it is read, a note where it is learnt from. One rule for both."""

import numpy as np

from bmgui.imaging.crop import Frame
from bmgui.imaging.square import Square

CLEAR_COLOUR = 48  # of 255, between a pixel's greatest and least channel; JPEG's chroma noise on grey stays well below
COLOUR_SHARE = 0.0002  # of the square's pixels: a line one pixel thin across any square is more
LEAST_COLOURED_PX = 8
_THINNED_FROM_PX = 512


def has_colour(frame: Frame, square: Square) -> bool:
    """Whether the square holds clear colour: Doppler, its box, or something drawn over the picture.

    The rule: a pixel is clearly coloured where its greatest and least channel lie more than 48 (of 255) apart, and the
    square has colour where more than 0.02 % of its pixels, and at least 8, are so. Counted on BUS-UCLM, on squares of
    2 × the mass: true for 31 of the 36 whose frame is listed as Doppler (three of the five others hold no colour at
    all: the Doppler box lies beside the mass), for 62 of 110 with marks but without Doppler (coloured calipers count
    too), and for 6 of 118 with neither. Squares over 512 px are looked at on every second pixel, chequered, so that
    thin lines are still met.
    """
    if frame.ndim == 2:
        return False
    pixels = frame[square.top : square.bottom, square.left : square.right]
    looked_at = [pixels] if square.side <= _THINNED_FROM_PX else [pixels[::2, ::2], pixels[1::2, 1::2]]
    coloured = sum(_clearly_coloured(part) for part in looked_at)
    return coloured >= LEAST_COLOURED_PX and coloured > COLOUR_SHARE * sum(part[..., 0].size for part in looked_at)


def _clearly_coloured(pixels: Frame) -> int:
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return int(np.count_nonzero(spread > CLEAR_COLOUR))
