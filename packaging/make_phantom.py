"""Draw the synthetic phantom of the samples: speckle, a dark mass with a bright wall behind it, in a console's frame.

Whole numbers wherever it matters, so that every machine draws the same pixels.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 800, 600
AREA = (130, 70, 690, 530)  # left, top, right, bottom of the tissue; right and bottom beyond it
MASS = (452, 190, 118, 92)  # left, top, width, height of the dark ellipse
CM_PER_PX = 0.0075  # both directions: the tissue is 4.2 × 3.45 cm, the mass 8.9 × 6.9 mm
_SEED = 20260101


@dataclass(frozen=True)
class Phantom:
    """pixels: uint8 (600, 800) grey; area: left, top, right, bottom; mass: left, top, width, height; all in px."""

    pixels: NDArray[np.uint8]
    area: tuple[int, int, int, int]
    mass: tuple[int, int, int, int]


def draw_phantom() -> Phantom:
    """The whole picture: tissue within a border, and a console with words and bars round it."""
    pixels = np.full((HEIGHT, WIDTH), 12, np.uint8)
    left, top, right, bottom = AREA
    pixels[top - 14 : bottom + 14, left - 24 : right + 24] = 0  # the dark border
    pixels[top:bottom, left:right] = _tissue()
    pixels[0:44] = 30
    pixels[HEIGHT - 40 :] = 24
    pixels[110:366, 744:760] = np.arange(255, -1, -1, dtype=np.uint8)[:, None]  # the console's grey bar
    for depth in range(0, bottom - top, 67):  # about every half centimetre
        pixels[top + depth, right + 6 : right + 12] = 150
    _write(pixels, "SYNTHETIC PHANTOM", 14, 10, 2)
    _write(pixels, "not a patient", 690, 16, 1)
    _write(pixels, "bmgui sample", 14, HEIGHT - 26, 1)
    _write(pixels, "SYNTHETIC PHANTOM", 570, HEIGHT - 31, 2)
    _write(pixels, "B 2D", 20, 100, 1)
    return Phantom(pixels, AREA, MASS)


def _tissue() -> NDArray[np.uint8]:
    left, top, right, bottom = AREA
    height, width = bottom - top, right - left
    rows, columns = np.mgrid[0:height, 0:width]
    level = 118 - rows // 12 + 22 * ((rows + columns // 9) % 61 < 7) - 30 * (rows < 12)
    mass_left, mass_top, mass_width, mass_height = MASS
    x = 2 * (columns + left - mass_left) - mass_width + 1
    y = 2 * (rows + top - mass_top) - mass_height + 1
    inside = x * x * mass_height**2 + y * y * mass_width**2 < mass_width**2 * mass_height**2
    behind = (abs(x) < mass_width * 3 // 4) & (y > 0) & ~inside
    level = np.where(inside, 22, level + 26 * behind * (rows < mass_top + 3 * mass_height - top))
    shine = _speckle(height, width)
    return np.clip(level * shine // 256, 2, 250).astype(np.uint8)


def _speckle(height: int, width: int) -> NDArray[np.int64]:
    """Fully developed speckle about 256: the length of a complex random field, blurred more across than along."""
    random = np.random.default_rng(_SEED)
    real, imaginary = (_blur(random.integers(-99, 100, (height + 4, width + 16))) for _ in range(2))
    length = np.sqrt((real * real + imaginary * imaginary).astype(np.float64))
    return np.asarray(128 + 128 * length / length.mean()).astype(np.int64)  # half of it level: like compounding


def _blur(field: NDArray[np.int64]) -> NDArray[np.int64]:
    down = sum(weight * field[i : len(field) - 4 + i] for i, weight in enumerate((1, 4, 6, 4, 1)))
    width = field.shape[1] - 16
    return np.asarray(sum((9 - abs(i - 8)) * down[:, i : i + width] for i in range(17)))


def _write(pixels: NDArray[np.uint8], words: str, left: int, top: int, scale: int) -> None:
    """Words in Pillow's own bitmap font, whose pixels are the same everywhere."""
    font = ImageFont.load_default_imagefont()
    page = Image.new("1", tuple(int(n) for n in font.getbbox(words)[2:]))
    ImageDraw.Draw(page).text((0, 0), words, fill=1, font=font)
    ink = np.kron(np.asarray(page), np.ones((scale, scale), bool)).astype(bool)
    pixels[top : top + ink.shape[0], left : left + ink.shape[1]][ink] = 215


if __name__ == "__main__":
    Image.fromarray(draw_phantom().pixels).show()
