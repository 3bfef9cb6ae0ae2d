"""Small pictures of frames, for lists."""

import numpy as np
from PIL import Image

from bmgui.imaging.crop import Frame


def thumbnail(frame: Frame, side_px: int) -> Frame:
    """The frame scaled down to fit in side_px × side_px, aspect kept: uint8 (h, w) or (h, w, 3).

    A frame that fits already is given back as it is. Never for scoring: that is `make_crop`'s.
    """
    height, width = frame.shape[:2]
    scale = side_px / max(height, width)
    if scale >= 1:
        return frame
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
