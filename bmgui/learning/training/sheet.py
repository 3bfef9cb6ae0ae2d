"""A sheet of the crops that a stage learns from, as its network sees them: augmented, the first ones in their order."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from bmgui.base.files import write_with
from bmgui.learning.runs.run import SHEET_FILE
from bmgui.learning.training.loop import Course

_ROWS, _COLUMNS, _GAP_PX = 3, 8, 4


def write_sheet(course: Course) -> None:
    """Write `sheet.png` into the stage's folder, where it is not there yet. Draws nothing from the stage's own chance.

    Raises KnownError("file-not-written").
    """
    target = course.folder / SHEET_FILE
    if not course.machine.leads or target.exists():
        return
    crops: list[Tensor] = []
    batches = course.feed.batches(0)
    while sum(map(len, crops)) < _ROWS * _COLUMNS:
        crops.append(next(batches).crops)
    picture = laid_out(torch.cat(crops)[: _ROWS * _COLUMNS])
    write_with(target, lambda stream: Image.fromarray(picture).save(stream, "PNG"))


def laid_out(crops: Tensor) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """uint8 (h, w): float32 (n, 1, side, side) in [0, 1], row by row with black gaps."""
    side = crops.shape[-1]
    grey = (crops[:, 0] * 255).round().to(torch.uint8).cpu().numpy()
    step = side + _GAP_PX
    sheet = np.zeros((_ROWS * step - _GAP_PX, _COLUMNS * step - _GAP_PX), np.uint8)
    for i, crop in enumerate(grey):
        y, x = (i // _COLUMNS) * step, (i % _COLUMNS) * step
        sheet[y : y + side, x : x + side] = crop
    return sheet
