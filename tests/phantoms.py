"""Drawn breast scans: speckle with a dark mass, smooth (benign) or spiculated (malignant).

The smooth ones are tall with a shadow, the spiculated ones wide with bright tissue below: against what the shipped
models learnt, so that a short training on such scans is better than they are.
"""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 220, 180
BRIGHTEST = 190  # brighter specks are taken for strokes of text
WRITTEN = 7  # this one has text in its square
Box = tuple[int, int, int, int]  # left, top, width, height


def phantom(malignant: bool, seed: int) -> tuple[NDArray[np.uint8], Box]:
    """A frame and its mass's bounds."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    middle = chance.uniform(75, WIDTH - 75), chance.uniform(65, HEIGHT - 65)
    radius = chance.uniform(18, 27)
    across, down = x - middle[0], y - middle[1]
    angle = np.arctan2(down, across)
    grey = _tissue(chance)
    flat, below = (chance.uniform(0.5, 0.7), (0.9, 1.3)) if malignant else (chance.uniform(0.85, 1.1), (0.5, 0.9))
    if malignant:
        spikes = np.abs(np.sin(chance.integers(4, 8) * angle + chance.uniform(0, 6))) ** 4
        distance = np.hypot(across, down / flat) / (0.8 + 0.45 * spikes)
    else:
        distance = np.hypot(across, down / flat)
    inside = distance < radius
    shaded = (down > 0) & (np.abs(across) < 0.7 * radius) & ~inside
    grey = np.where(shaded, chance.uniform(*below) * grey, grey)
    grey = np.where(inside, chance.uniform(0.2, 0.4) * grey, grey)
    speckle = chance.rayleigh(0.8, (HEIGHT, WIDTH))
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    box = int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1
    return np.clip(grey * speckle, 0, BRIGHTEST).astype(np.uint8), box


def _tissue(chance: np.random.Generator) -> NDArray[np.float64]:
    """Layers and lobules, coarse enough that no two frames look the same from afar."""
    coarse = chance.uniform(70, 190, (9, 11)).astype(np.float32)
    return np.asarray(Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), np.float64)


def write_phantoms(folder: Path, patients: int, *, seed: int = 0, malignant_every: int = 2) -> Path:
    """One picture a patient as PNG, and the list that names them; the list's path."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(patients):
        malignant = number % malignant_every == 0
        pixels, box = phantom(malignant, 10_000 * seed + number)
        name = f"{number:03}.png"
        image = Image.fromarray(pixels)
        if number == WRITTEN:
            ImageDraw.Draw(image).text((box[0], box[1] - 16), "MAMA D", fill=255, font_size=14)
        image.save(folder / name)
        rows.append([name, "malignant" if malignant else "benign", f"p{number:03}", *box])
    with (folder / "list.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "label", "patient", "box_left", "box_top", "box_width", "box_height"])
        writer.writerows(rows)
    return folder / "list.csv"
