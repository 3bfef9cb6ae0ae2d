"""Random views of pictures with masses, as the finder learns from them: other sizes, places, consoles, other scanners.

Everything is drawn from the generator that is given, so a view can be made again. Numpy and Pillow only.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

STRIDE = 4  # px of a cell
_BILINEAR = Image.Resampling.BILINEAR


@dataclass(frozen=True)
class Picture:
    """A picture to learn from. frame: grey; mask: 255 where a mass is, all 0 for a picture without one."""

    frame: Image.Image
    mask: Image.Image
    bounds: tuple[int, int, int, int] | None  # left, top, right, bottom of all masses


def view(pictures: list[Picture], index: int, side: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """One random view: grey in [0, 1], float32 (side, side), and the share of mass in each cell of 4 × 4 px."""
    canvas, target = _placed(pictures[index], side, rng)
    if rng.random() < 0.08:  # a split screen: two pictures side by side
        other, marks = _placed(pictures[int(rng.integers(len(pictures)))], side, rng)
        cut = int(rng.uniform(0.35, 0.65) * side)
        canvas[:, cut:], target[:, cut:] = other[:, cut:], marks[:, cut:]
    if rng.random() < 0.5:
        canvas, target = canvas[:, ::-1], target[:, ::-1]
    cells = side // STRIDE
    shares = target.reshape(cells, STRIDE, cells, STRIDE).mean((1, 3), dtype=np.float32) / 255
    return _drawn_on(_another_look(canvas, rng), rng), shares


def _placed(picture: Picture, side: int, rng: np.random.Generator) -> tuple[Grey, Grey]:
    """The picture whole as it is found (a third of the views), or shrunk onto a console, or zoomed; and its mask."""
    if rng.random() < 0.15:
        picture = _beside_the_mass(picture, rng)
    width, height = picture.frame.size
    whole = side / max(width, height)
    kind = rng.random()
    if kind < 0.35:
        scale, stretch = whole, 1.0
    elif kind < 0.6:
        scale, stretch = whole * rng.uniform(0.5, 1.0), float(np.exp(rng.normal(0, 0.12)))
    else:
        scale, stretch = whole * float(np.exp(rng.uniform(0, np.log(2.6)))), float(np.exp(rng.normal(0, 0.12)))
    across, down = scale * stretch**0.5, scale / stretch**0.5
    seen_w, seen_h = min(width, side / across), min(height, side / down)
    left, top = _corner(picture, seen_w, seen_h, rng)
    size = max(8, min(side, round(seen_w * across))), max(8, min(side, round(seen_h * down)))
    box = (left, top, left + seen_w, top + seen_h)
    canvas, target = _console(side, rng, plain=kind < 0.35), np.zeros((side, side), np.uint8)
    x, y = (0, 0) if kind < 0.35 else (int(rng.integers(side - size[0] + 1)), int(rng.integers(side - size[1] + 1)))
    canvas[y : y + size[1], x : x + size[0]] = np.asarray(picture.frame.resize(size, _BILINEAR, box=box))
    target[y : y + size[1], x : x + size[0]] = np.asarray(picture.mask.resize(size, _BILINEAR, box=box))
    return canvas, target


def _beside_the_mass(picture: Picture, rng: np.random.Generator) -> Picture:
    """A part of the picture without its mass, where one is left that is worth seeing: tissue is no mass."""
    if picture.bounds is None:
        return picture
    width, height = picture.frame.size
    left, top, right, bottom = picture.bounds
    parts = [(0, 0, left, height), (right, 0, width, height), (0, 0, width, top), (0, bottom, width, height)]
    worth = [box for box in parts if box[2] - box[0] > 0.35 * width and box[3] - box[1] > 0.35 * height]
    if not worth:
        return picture
    box = worth[int(rng.integers(len(worth)))]
    return Picture(picture.frame.crop(box), picture.mask.crop(box), None)


def _corner(picture: Picture, seen_w: float, seen_h: float, rng: np.random.Generator) -> tuple[float, float]:
    """Left and top of the part that is seen: mostly round a mass, else anywhere (often without it)."""
    spare_w, spare_h = picture.frame.width - seen_w, picture.frame.height - seen_h
    if picture.bounds is None or rng.random() < 0.35:
        return rng.uniform(0, 1) * spare_w, rng.uniform(0, 1) * spare_h
    left, top, right, bottom = picture.bounds
    x = (left + right) / 2 - seen_w * rng.uniform(0.25, 0.75)
    y = (top + bottom) / 2 - seen_h * rng.uniform(0.25, 0.75)
    return float(np.clip(x, 0, spare_w)), float(np.clip(y, 0, spare_h))


def _console(side: int, rng: np.random.Generator, plain: bool) -> Grey:
    """What lies round the picture: black as the finder pads with, or a console's ground with bars and words."""
    if plain or rng.random() < 0.3:
        return np.zeros((side, side), np.uint8)
    canvas = np.full((side, side), int(rng.integers(0, 70)), np.uint8)
    for _ in range(int(rng.integers(0, 8))):
        x, y, w, h = (rng.uniform(0, 1, 4) * (side, side, side / 3, side / 12)).astype(int)
        block = canvas[y : y + h, x : x + w]
        block[:] = rng.integers(0, 256, block.shape) if rng.random() < 0.5 else int(rng.integers(0, 256))
    return canvas


def _another_look(canvas: Grey, rng: np.random.Generator) -> Floats:
    """Another scanner's: blur or sharpening, grain, depth gain, shadows, and another curve of grey. In [0, 1]."""
    if rng.random() < 0.5:
        soft = np.asarray(Image.fromarray(canvas).filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.6))))
        amount = -rng.uniform(0, 1.5) if rng.random() < 0.4 else 1.0  # below 0: sharpened
        x = canvas + (soft.astype(np.float32) - canvas) * np.float32(amount)
    else:
        x = canvas.astype(np.float32)
    x /= 255
    side = len(x)
    if rng.random() < 0.4:
        x *= 1 + _grain(side, rng) * np.float32(rng.uniform(0.05, 0.3))
    if rng.random() < 0.4:
        ramp = np.linspace(-1, 1, side, dtype=np.float32) * np.float32(rng.uniform(-0.4, 0.4))
        x *= 1 + (ramp[:, None] if rng.random() < 0.7 else ramp[None])
    if rng.random() < 0.12:  # a shadow from the skin down
        middle, reach = rng.uniform(0, side), rng.uniform(4, side / 6)
        columns = np.abs(np.arange(side, dtype=np.float32) - np.float32(middle))
        x *= 1 - np.float32(rng.uniform(0.3, 0.9)) * np.exp(-np.square(columns / np.float32(reach)))[None]
    if rng.random() < 0.8:
        x = np.clip(x, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.35)))
        x = (x - np.float32(0.25)) * np.float32(np.exp(rng.normal(0, 0.25))) + np.float32(0.25 + rng.normal(0, 0.06))
    return np.clip(x, 0, 1).astype(np.float32)


def _grain(side: int, rng: np.random.Generator) -> Floats:
    """Noise of unit size whose grains are one or a few pixels wide, sometimes wider across."""
    wide, high = int(rng.integers(1, 5)), int(rng.integers(1, 3))
    coarse = rng.standard_normal((-(-side // high), -(-side // wide)), np.float32)
    return np.repeat(np.repeat(coarse, high, 0), wide, 1)[:side, :side]


def _drawn_on(x: Floats, rng: np.random.Generator) -> Floats:
    """What a sonographer and a console draw: words, a ruler, calipers, a frame, a sector's corners."""
    side = len(x)
    if rng.random() < 0.1:  # a convex probe: black beside the sector
        rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
        slope = rng.uniform(0.1, 0.5)
        x[columns < (side * 0.3 - rows) * np.float32(slope)] = 0
        x[side - columns < (side * 0.3 - rows) * np.float32(slope)] = 0
    bright = np.float32(rng.uniform(0.6, 1.0))
    if rng.random() < 0.25:  # words
        for _ in range(int(rng.integers(1, 5))):
            y, left, length = int(rng.integers(side - 6)), int(rng.integers(side - 12)), int(rng.integers(4, side // 3))
            word = x[y : y + int(rng.integers(2, 6)), left : left + length]
            word[rng.random(word.shape) < 0.5] = bright
    if rng.random() < 0.25:
        _calipers(x, bright, rng)
    if rng.random() < 0.08:
        x[:: int(rng.integers(5, 16)), int(rng.integers(side)) :][:, :3] = bright  # a ruler
    if rng.random() < 0.08:
        y, left, h, w = (int(v) for v in rng.integers(8, side // 2, 4))
        x[y : y + h, left] = x[y, left : left + w] = bright
        x[y : y + h, min(left + w, side - 1)] = x[min(y + h, side - 1), left : left + w] = bright
    return x


def _calipers(x: Floats, bright: np.float32, rng: np.random.Generator) -> None:
    """One or two pairs of crosses, anywhere: they must not mean a mass."""
    side = len(x)
    for _ in range(int(rng.integers(1, 3))):
        ends = rng.uniform(4, side - 4, (2, 2))
        for row, column in ends.astype(int):
            x[row - 2 : row + 3, column] = x[row, column - 2 : column + 3] = bright
        steps = np.linspace(0, 1, int(rng.integers(6, 40)))[:, None]
        dots = (ends[0] + (ends[1] - ends[0]) * steps).astype(int)
        if rng.random() < 0.6:
            x[dots[:, 0], dots[:, 1]] = bright
