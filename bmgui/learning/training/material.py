"""What a stage learns from, in memory: every section's context as one uint8 tensor, and where its mass is.

A batch's squares are cut out of it in one sampling on the device (`cut`), as `make_crop` would to within a few grey
levels. Validation and every score outside training go through `make_crop` itself (`validation_crops`).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional

from bmgui.imaging.square import MIN_SIDE_PX
from bmgui.learning.collections.collection import Collection, Section
from bmgui.learning.training.seeding import generator

CONTEXT_SIDES = 4  # a context's longer side ÷ the crop's: 1.1 × the mass then still has a pixel for each of the crop's
MOST_CONTEXT_PX = 768


@dataclass(frozen=True)
class Entry:
    """A section, the collection that holds it, and the plan's name for that collection."""

    key: str
    collection: Collection
    section: Section


@dataclass(frozen=True)
class Squares:
    """Squares to cut, all (n,) float32, in frame pixels from the context's top left; turned about their centres."""

    left: Tensor
    top: Tensor
    side: Tensor
    turn: Tensor  # radians, the content turns clockwise
    mirrored: Tensor  # bool


@dataclass(frozen=True)
class Material:
    """n sections. `contexts` uint8 (m, C, C): contexts at the top left, their edges repeated to the right and below;
    `where` int64 (n,): which of them is a section's.

    The rest (n,): float32 in frame pixels from the context's top left, except `zoom` (pixels of `contexts` a frame
    pixel), `labels` int64 (1: malignant) and `labelled` bool (whether labels may be learnt from).
    """

    contexts: Tensor
    where: Tensor
    centre_x: Tensor
    centre_y: Tensor
    mass_side: Tensor
    width: Tensor
    height: Tensor
    zoom: Tensor
    labels: Tensor
    labelled: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> "Material":
        return Material(**{name: value.to(device) for name, value in vars(self).items()})

    def rows(self, index: Tensor) -> "Material":
        """Some sections, in this order; index int64 (k,) on the CPU. The contexts are not copied."""
        here = index.to(self.labels.device)
        picked = {name: value[here] for name, value in vars(self).items() if name != "contexts"}
        return Material(contexts=self.contexts, **picked)


def read_material(entries: Sequence[Entry], side_px: int, labels_on: Sequence[str] = ()) -> Material:
    """Contexts of these sections for crops of side_px px. labels_on: the names whose labels count; (): all."""
    most = min(CONTEXT_SIDES * side_px, MOST_CONTEXT_PX)
    contexts = np.zeros((len(entries), most, most), np.uint8)
    numbers = np.zeros((6, len(entries)), np.float32)
    for i, entry in enumerate(entries):
        here, (x, y) = entry.section.context, entry.section.centre
        zoom = _place(contexts[i], entry.collection.context(entry.section)) * here.columns / here.width
        numbers[:, i] = (x - here.left, y - here.top, entry.section.mass_side, here.width, here.height, zoom)
    labels = [entry.section.label == "malignant" for entry in entries]
    labelled = [not labels_on or entry.key in labels_on for entry in entries]
    x, y, mass_side, width, height, zoom = torch.from_numpy(numbers)
    return Material(
        contexts=torch.from_numpy(contexts),
        where=torch.arange(len(entries)),
        centre_x=x,
        centre_y=y,
        mass_side=mass_side,
        width=width,
        height=height,
        zoom=zoom,
        labels=torch.tensor(labels, dtype=torch.int64),
        labelled=torch.tensor(labelled),
    )


def _place(canvas: NDArray[np.uint8], context: NDArray[np.uint8]) -> float:
    """Put the context on the canvas, reduced where it must be; returns by how much.

    Reduced by Lanczos, which hardly blurs: `cut` then blurs as much as `make_crop` does.
    """
    rows, columns = context.shape
    ratio: float = min(1.0, len(canvas) / max(rows, columns))
    if ratio < 1:
        size = (max(1, round(columns * ratio)), max(1, round(rows * ratio)))
        context = np.asarray(Image.fromarray(context).resize(size, Image.Resampling.LANCZOS))
        rows, columns = context.shape
    canvas[:rows, :columns] = context
    canvas[:rows, columns:] = context[:, -1:]
    canvas[rows:] = canvas[rows - 1]
    return ratio


def cut(material: Material, squares: Squares, side_px: int) -> Tensor:
    """float32 (n, 1, side_px, side_px) in [0, 1]: these squares of these sections, antialiased."""
    lines = _lines(material, squares, side_px)
    contexts, most = material.contexts, material.contexts.shape[-1]
    if contexts.device.type != "cpu":
        return _sampled(contexts[material.where], _grid(lines, 0, 0, most, most)) / 255
    # one by one, each from no more than the part that it shows: what stays in the cache is quick
    rows = enumerate(material.where.tolist())
    return torch.cat([_from_part(contexts[row], lines[:, i : i + 1]) for i, row in rows]) / 255


def _lines(material: Material, squares: Squares, side_px: int) -> Tensor:
    """float32 (4, n, 2 · side_px): x along a line, what is added to it line by line; y, likewise; in context pixels.

    Two samples an axis, ± sqrt((s² - 1)/6) context pixels off each output pixel's centre, where an output pixel covers
    s context pixels: with the sampling's own triangle that has the variance of Pillow's triangle filter.
    """
    n, device = len(material), squares.side.device
    pixels = squares.side * material.zoom  # the square's side in context pixels
    offset = ((pixels / side_px).square() - 1).clamp(min=0).div(6).sqrt() / pixels
    steps = (torch.arange(side_px, device=device) + 0.5) / side_px - 0.5
    along = torch.stack((steps - offset[:, None], steps + offset[:, None]), dim=2).reshape(n, 2 * side_px)
    across = torch.where(squares.mirrored[:, None], -along, along)
    cos, sin = (squares.turn.cos() * pixels)[:, None], (squares.turn.sin() * pixels)[:, None]
    x = ((squares.left + squares.side / 2) * material.zoom)[:, None] + cos * across
    y = ((squares.top + squares.side / 2) * material.zoom)[:, None] - sin * across
    return torch.stack((x, sin * along, y, cos * along))


def _grid(lines: Tensor, left: float, top: float, width: float, height: float) -> Tensor:
    """float32 (n, m, m, 2) for `grid_sample`: −1 to 1 across a part of the contexts."""
    x, x_more, y, y_more = lines
    n, m = x.shape
    grid = torch.empty(n, m, m, 2, device=x.device)  # written in place: stacking takes longer
    torch.add(((x - left) * 2 / width - 1)[:, None, :], (x_more * 2 / width)[:, :, None], out=grid[..., 0])
    torch.add(((y - top) * 2 / height - 1)[:, None, :], (y_more * 2 / height)[:, :, None], out=grid[..., 1])
    return grid


def _from_part(context: Tensor, lines: Tensor) -> Tensor:
    """One crop, sampled from the part of its context (C, C) that it shows. lines (4, 1, m)."""
    most = len(context)
    low, high = lines.amin(2)[:, 0].tolist(), lines.amax(2)[:, 0].tolist()
    left, top = (min(max(math.floor(low[i] + low[i + 1]) - 2, 0), most - 1) for i in (0, 2))
    right, bottom = (min(max(math.ceil(high[i] + high[i + 1]) + 2, 1), most) for i in (0, 2))
    grid = _grid(lines, left, top, right - left, bottom - top)
    return _sampled(context[None, top:bottom, left:right], grid)


def _sampled(contexts: Tensor, grid: Tensor) -> Tensor:
    """float32 (n, 1, m/2, m/2), 0 to 255: contexts uint8 (n, h, w) at grid (n, m, m, 2), averaged two by two."""
    sampled = functional.grid_sample(contexts[:, None].float(), grid, padding_mode="border", align_corners=False)
    return functional.avg_pool2d(sampled, 2)


def fitted(material: Material, x: Tensor, y: Tensor, side: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """left, top, side of squares about (x, y), as `fit_square` fits them: shrunk to the context, then moved inside."""
    side = torch.minimum(side.clamp(min=MIN_SIDE_PX), torch.minimum(material.width, material.height))
    left = torch.minimum((x - side / 2).clamp(min=0), material.width - side)
    top = torch.minimum((y - side / 2).clamp(min=0), material.height - side)
    return left, top, side


def order(labels: Sequence[int], balance: bool, *names: str | int) -> Iterator[int]:
    """An endless row of sections: one shuffle behind the other. balance: both classes equally often."""
    rows = np.arange(len(labels))
    if balance:
        rows = _balanced(np.asarray(labels))
    turn = 0
    while True:
        shuffle = torch.randperm(len(rows), generator=generator(*names, "order", turn)).numpy()
        yield from (int(row) for row in rows[shuffle])
        turn += 1


def _balanced(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Every section once, and those of the rarer class again and again until both are equally many."""
    classes = [np.flatnonzero(labels == label) for label in (0, 1)]
    if not all(len(members) for members in classes):
        return np.arange(len(labels))
    most = max(len(members) for members in classes)
    return np.concatenate([np.resize(members, most) for members in classes])


def validation_crops(entries: Sequence[Entry], factor: float, side_px: int) -> Tensor:
    """uint8 (n, side_px, side_px), by `make_crop`: squares of factor × the mass, as scoring sees them."""
    crops = np.zeros((len(entries), side_px, side_px), np.uint8)
    for i, entry in enumerate(entries):
        crops[i] = entry.collection.crop(entry.section, entry.section.square_of(factor), side_px)
    return torch.from_numpy(crops)


def steps_an_epoch(sections: int, repeats: int, batch: int) -> int:
    """One pass: every section `repeats` times, the last batch filled up from the next shuffle."""
    return max(1, math.ceil(sections * repeats / batch))
