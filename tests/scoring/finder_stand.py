"""A finder set by hand, for the real engine: it sees a mass wherever the frame is bright."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.scoring.engines.finder_made import shapes, write_finder

CELL_OF_SIDE = 4 / 64
"""A cell's side, as a share of the frame's longer side."""


def bright_finder(folder: Path) -> Path:
    """A finder's folder whose network hands the brightness of every fourth pixel (of 64) through: its logit is 4 for
    white, 0 for three quarters, −8 for the darker quarter."""
    values = {name: np.zeros(shape, np.float32) for name, shape in shapes().items()}
    for name, value in values.items():
        if name.endswith((".norm.weight", ".norm.running_var")):
            value[:] = 1
    values["stem.conv.weight"][0, 0, 2, 2] = values["down.0.0.conv.weight"][0, 0, 1, 1] = 1
    values["head.weight"][0, 0], values["head.bias"][:] = 4, -8
    return write_finder(folder, values)


def frame_with(*bright: tuple[int, int, int, int], width: int = 160, height: int = 120) -> NDArray[np.uint8]:
    """Dark grain with bright rectangles (left, top, width, height), each a little less bright than the one before."""
    frame = np.random.default_rng(7).integers(20, 90, (height, width)).astype(np.uint8)
    for rank, (left, top, across, down) in enumerate(bright):
        frame[top : top + down, left : left + across] = 250 - 6 * rank
    return frame
