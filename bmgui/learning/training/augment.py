"""Augmentation, batched on the device. Each kind is one small function; what is drawn is drawn on the CPU.

A batch's draws come from one generator, so that every process of a run that is spread over several draws the same for
the whole batch and takes its own slice of it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bmgui.learning.plans.plan import Augmentation
from bmgui.learning.training.marks import draw_marks
from bmgui.learning.training.material import Material, Squares, fitted


@dataclass(frozen=True)
class Draws:
    """What a batch's randomness comes from, for a whole batch of `n`; `here` is this process's slice of it."""

    generator: torch.Generator  # on the CPU
    noise: torch.Generator  # on the device, this process's own
    n: int
    here: slice

    def uniform(self, low: float, high: float) -> Tensor:
        """float32 (m,) of this slice."""
        return (torch.rand(self.n, generator=self.generator) * (high - low) + low)[self.here]

    def share(self, share: float) -> Tensor:
        """int64: which crops of this slice, each with this probability."""
        return (torch.rand(self.n, generator=self.generator) < share)[self.here].nonzero()[:, 0]


def draw_squares(material: Material, rules: Augmentation, anywhere: float, draws: Draws) -> tuple[Squares, Tensor]:
    """A square for each of these sections, and bool (m,): which lie anywhere, whatever the mass."""
    device = material.zoom.device
    low, high = (math.log(factor) for factor in rules.square_factor)
    drawn = {
        "factor": draws.uniform(low, high).exp(),
        "shift_x": draws.uniform(-rules.shift, rules.shift),
        "shift_y": draws.uniform(-rules.shift, rules.shift),
        "move_x": draws.uniform(-rules.translation, rules.translation),
        "move_y": draws.uniform(-rules.translation, rules.translation),
        "turn": draws.uniform(-math.radians(rules.rotation_deg), math.radians(rules.rotation_deg)),
        "mirrored": draws.uniform(0, 1),
        "anywhere": draws.uniform(0, 1),
        "x": draws.uniform(0, 1),
        "y": draws.uniform(0, 1),
    }
    d = {name: value.to(device) for name, value in drawn.items()}
    side = d["factor"] * material.mass_side
    away = d["anywhere"] < anywhere
    x = torch.where(away, d["x"] * material.width, material.centre_x + d["shift_x"] * side)
    y = torch.where(away, d["y"] * material.height, material.centre_y + d["shift_y"] * side)
    left, top, side = fitted(material, x, y, side)
    mirrored = d["mirrored"] < (0.5 if rules.flip else 0.0)
    return Squares(left + d["move_x"] * side, top + d["move_y"] * side, side, d["turn"], mirrored), away


def augment(crops: Tensor, rules: Augmentation, draws: Draws) -> Tensor:
    """float32 (m, 1, side, side) in [0, 1] → the same, with these rules' grey levels, blur, marks and gaps."""
    kinds: tuple[tuple[float, Callable[[Tensor, float, Draws], Tensor]], ...] = (
        (rules.blur, blur),
        (rules.gamma, gamma),
        (rules.contrast, contrast),
        (rules.brightness, brightness),
        (rules.noise, speckle),
        (rules.marks, draw_marks_on),
        (rules.cutout, cutout),
        (rules.edges, edges),
    )
    for amount, change in kinds:
        if amount:
            crops = change(crops, amount, draws)
    return crops.clamp(0, 1)


def gamma(crops: Tensor, most: float, draws: Draws) -> Tensor:
    """Grey to the power of exp(± most)."""
    return crops.clamp(1e-4, 1).pow(_column(draws.uniform(-most, most).exp(), crops))


def contrast(crops: Tensor, most: float, draws: Draws) -> Tensor:
    """Grey moved from or to the crop's mean by a factor of 1 ± most."""
    mean = crops.mean((1, 2, 3), keepdim=True)
    return torch.lerp(mean, crops, _column(draws.uniform(1 - most, 1 + most), crops))


def brightness(crops: Tensor, most: float, draws: Draws) -> Tensor:
    """± most of the full range."""
    return crops + _column(draws.uniform(-most, most), crops)


def speckle(crops: Tensor, deviation: float, draws: Draws) -> Tensor:
    """Noise that grows with the grey; at mid grey its standard deviation is up to `deviation` of the full range."""
    amount = _column(draws.uniform(0, 2 * deviation), crops)
    noise = torch.randn(crops.shape, generator=draws.noise, device=crops.device)
    return crops * (1 + amount * noise)


def blur(crops: Tensor, share: float, draws: Draws) -> Tensor:
    """A Gaussian of 0.4 to 1.6 px on a share of the crops."""
    sigma, rows = draws.uniform(0.4, 1.6), draws.share(share)
    if not len(rows):
        return crops
    reach = 4
    away = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (away / sigma[rows][:, None]).square())
    kernel = (kernel / kernel.sum(1, keepdim=True)).to(crops.device)
    picked = functional.pad(crops[rows.to(crops.device)].transpose(0, 1), (reach,) * 4, mode="replicate")
    picked = functional.conv2d(picked, kernel[:, None, None, :], groups=len(rows))
    picked = functional.conv2d(picked, kernel[:, None, :, None], groups=len(rows))
    return crops.index_copy(0, rows.to(crops.device), picked.transpose(0, 1))


def draw_marks_on(crops: Tensor, share: float, draws: Draws) -> Tensor:
    """Text, calipers and scales burnt into a share of the crops, one to three each."""
    rows, how_many = draws.share(share), draws.uniform(0, 3)
    for mark in range(3):
        crops = draw_marks(
            crops,
            rows[how_many[rows] >= mark],
            choice=draws.uniform(0, 1),
            size=draws.uniform(0.45, 1.2),
            x=draws.uniform(-0.85, 0.85),
            y=draws.uniform(-0.85, 0.85),
            level=draws.uniform(0.45, 1.0),
        )
    return crops


def cutout(crops: Tensor, share: float, draws: Draws) -> Tensor:
    """A rectangle of up to a third of the side, in one grey, on a share of the crops."""
    rows = draws.share(share)
    width, height = draws.uniform(0.1, 0.35), draws.uniform(0.1, 0.35)
    x, y, level = draws.uniform(-0.1, 0.95), draws.uniform(-0.1, 0.95), draws.uniform(0, 0.6)
    return _filled(crops, rows, x, y, x + width, y + height, level)


def edges(crops: Tensor, share: float, draws: Draws) -> Tensor:
    """A dark border over up to a fifth of the crop on one side, as where a scan area ends."""
    rows = draws.share(share)
    where, width, level = (draws.uniform(0, 4).long(), draws.uniform(0.03, 0.2), draws.uniform(0, 0.08))
    none, all_ = torch.zeros_like(width), torch.ones_like(width)
    left, top = torch.where(where == 0, 1 - width, none), torch.where(where == 1, 1 - width, none)
    right, bottom = torch.where(where == 2, width, all_), torch.where(where == 3, width, all_)
    return _filled(crops, rows, left, top, right, bottom, level)


def _filled(
    crops: Tensor, rows: Tensor, left: Tensor, top: Tensor, right: Tensor, bottom: Tensor, level: Tensor
) -> Tensor:
    """One grey in a rectangle (in shares of the side) of these rows' crops."""
    if not len(rows):
        return crops
    side, device = crops.shape[-1], crops.device
    place = (torch.arange(side) + 0.5) / side
    columns = (place >= left[rows, None]) & (place < right[rows, None])
    lines = (place >= top[rows, None]) & (place < bottom[rows, None])
    inside = (lines[:, :, None] & columns[:, None, :])[:, None].to(device)
    here = rows.to(device)
    filled = torch.where(inside, level[rows].view(-1, 1, 1, 1).to(device), crops[here])
    return crops.index_copy(0, here, filled)


def _column(values: Tensor, crops: Tensor) -> Tensor:
    """(m,) → (m, 1, 1, 1) on the crops' device."""
    return values.view(-1, 1, 1, 1).to(crops.device)
