"""Text, calipers and scales as consoles burn them in. Networks learn from them where they can: they must see them on
both classes alike.
"""

import functools
import math
import random

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn import functional

STAMP_PX = 96
STAMPS = 96
_WORDS = (
    "MAMA ESQUERDA", "MAMA DIREITA", "BREAST", "LT BREAST", "RT BREAST", "RAD", "ANTI-RAD", "L 10H", "R 2H 3CM FN",
    "TRANS", "LONG", "SAG", "D1", "D2", "Dist", "FR 21", "Gn 50", "DR 65", "MI 0.9", "TIs 0.4", "L12-3", "2D 55%",
)  # fmt: skip


@functools.cache
def stamps(device: torch.device | str = "cpu") -> Tensor:
    """float32 (96, 1, 96, 96) in [0, 1]: how much of each mark covers a pixel. The same ones every time."""
    chance = random.Random(7)
    kinds = (_text, _text, _calipers, _cross, _scale)
    drawn = np.stack([np.asarray(kinds[i % len(kinds)](chance)) for i in range(STAMPS)])
    return _softened((torch.from_numpy(drawn).float() / 255)[:, None]).to(device)


def draw_marks(
    crops: Tensor, rows: Tensor, choice: Tensor, size: Tensor, x: Tensor, y: Tensor, level: Tensor
) -> Tensor:
    """One mark on each of these rows' crops.

    choice: which stamp, in [0, 1); size: the stamp's side ÷ the crop's; x, y: its centre, −1 to 1; level: its grey.
    All (m,) for all crops, on the CPU; only `rows` are used.
    """
    if not len(rows):
        return crops
    here = rows.to(crops.device)
    bank = stamps(crops.device)
    stamp = bank[(choice[rows] * len(bank)).long().to(crops.device)]
    way = torch.zeros(len(rows), 2, 3)
    way[:, 0, 0] = way[:, 1, 1] = 1 / size[rows]
    way[:, 0, 2], way[:, 1, 2] = -x[rows] / size[rows], -y[rows] / size[rows]
    grid = functional.affine_grid(way.to(crops.device), [len(rows), 1, *crops.shape[2:]], align_corners=False)
    cover = functional.grid_sample(stamp, grid, align_corners=False)
    grey = level[rows].view(-1, 1, 1, 1).to(crops.device)
    return crops.index_copy(0, here, torch.lerp(crops[here], grey.expand_as(cover), cover))


def _softened(cover: Tensor) -> Tensor:
    """Lines of one pixel spread over three: so that they do not vanish between samples where a stamp gets smaller."""
    kernel = torch.tensor([1.0, 2.0, 1.0]) / 4
    smooth = functional.conv2d(cover, (kernel[:, None] * kernel)[None, None], padding=1)
    return (1.6 * smooth).clamp(0, 1)


def _blank() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("L", (STAMP_PX, STAMP_PX))
    return image, ImageDraw.Draw(image)


def _text(chance: random.Random) -> Image.Image:
    image, draw = _blank()
    font = ImageFont.load_default(chance.choice((8, 10, 12, 16)))
    lines = [
        chance.choice((chance.choice(_WORDS), f"{chance.choice('+x12')} {chance.uniform(0.2, 6):.2f} cm"))
        for _ in range(chance.choice((1, 1, 2, 4)))
    ]
    draw.multiline_text((2, STAMP_PX // 3), "\n".join(lines), fill=255, font=font, spacing=2)
    return image


def _calipers(chance: random.Random) -> Image.Image:
    """Two crosses with a dotted line between them."""
    image, draw = _blank()
    angle, length = chance.uniform(0, math.pi), chance.uniform(0.25, 0.46) * STAMP_PX
    dx, dy = length * math.cos(angle), length * math.sin(angle)
    middle = STAMP_PX / 2
    arm, slanted = chance.choice((2, 3, 4)), chance.random() < 0.5
    for sign in (-1, 1):
        _arms(draw, middle + sign * dx, middle + sign * dy, arm, slanted)
    if chance.random() < 0.7:
        for step in np.arange(-0.9, 0.95, chance.choice((0.1, 0.16))):
            x, y = middle + step * dx, middle + step * dy
            draw.point((x, y), 255)
    return image


def _cross(chance: random.Random) -> Image.Image:
    image, draw = _blank()
    _arms(draw, STAMP_PX / 2, STAMP_PX / 2, chance.choice((3, 4, 6)), chance.random() < 0.5)
    if chance.random() < 0.5:
        draw.text((STAMP_PX / 2 + 7, STAMP_PX / 2 - 5), chance.choice("12AB"), fill=255, font=ImageFont.load_default(9))
    return image


def _scale(chance: random.Random) -> Image.Image:
    """A ruler's ticks along a side."""
    image, draw = _blank()
    gap, upright = chance.choice((6, 8, 12)), chance.random() < 0.5
    for i, place in enumerate(range(2, STAMP_PX, gap)):
        long = 5 if i % 5 == 0 else 2
        ends = ((46, place), (46 + long, place)) if upright else ((place, 46), (place, 46 + long))
        draw.line(ends, fill=255)
    return image


def _arms(draw: ImageDraw.ImageDraw, x: float, y: float, arm: int, slanted: bool) -> None:
    ends = ((-arm, -arm, arm, arm), (-arm, arm, arm, -arm)) if slanted else ((-arm, 0, arm, 0), (0, -arm, 0, arm))
    for x0, y0, x1, y1 in ends:
        draw.line((x + x0, y + y0, x + x1, y + y1), fill=255)
