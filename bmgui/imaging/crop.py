"""The one function that makes a crop. Whatever is scored, shown as "what the network sees", trained on or evaluated
comes through here: Pillow's and torch's resizing differ visibly, so there must be only one.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bmgui.imaging.square import Square

Frame = NDArray[np.uint8]
"""One decoded picture: uint8 (height, width) grey, or (height, width, 3) RGB."""

Channels = Literal["grey", "rgb"]
_RESAMPLE: dict[str, Any] = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def grey(frame: Frame) -> Frame:
    """The frame in grey, uint8 (height, width): ITU-R BT.601 luma where it has colour."""
    if frame.ndim == 2:
        return frame
    return np.asarray(Image.fromarray(frame, "RGB").convert("L"))


def make_crop(
    frame: Frame, square: Square, side_px: int, channels: Channels = "grey", resample: str = "bilinear"
) -> Frame:
    """The square's pixels as the network sees them: uint8 (side_px, side_px), or (side_px, side_px, 3) for "rgb".

    Resampled once, with antialiasing (Pillow's `resize` with `box`, whose filter reaches over the square's edge into
    the picture). `square` must lie inside the frame: see `fit_square`.
    """
    pixels = grey(frame) if channels == "grey" else frame
    if channels == "rgb" and pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    height, width = pixels.shape[:2]
    if square.left < 0 or square.top < 0 or square.right > width or square.bottom > height:
        raise ValueError(f"{square} is not inside {width} x {height}")
    box = (square.left, square.top, square.right, square.bottom)
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.resize((side_px, side_px), _RESAMPLE[resample], box=box))
