"""The finder's network in torch: what is trained, and what finds where OpenVINO is missing.

A small U-Net of residual blocks with sums instead of concatenations (He 2016; Ronneberger 2015; Lin 2017). Its names
are what `mass_finder_graph` reads.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bmgui.scoring.finder_card import FinderCard
from bmgui.scoring.finding import Probabilities
from bmgui.scoring.weights import Weights


class ConvNorm(nn.Sequential):
    """A convolution without bias, BatchNorm, and ReLU where wanted; padded so that stride 1 keeps the size."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1, relu: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        if relu:
            self.relu = nn.ReLU(inplace=True)


class Block(nn.Module):
    """x + two 3 × 3 convolutions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.one = ConvNorm(width, width, 3)
        self.two = ConvNorm(width, width, 3, relu=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.two(self.one(x)))


class FinderNetwork(nn.Module):
    """float32 (n, 1, h, w), grey in [0, 1], h and w multiples of 32 → logits of mass (n, 1, h / 4, w / 4).

    widths: channels at strides 2, 4, 8, 16, 32; blocks: residual blocks at strides 4, 8, 16, 32.
    """

    def __init__(self, widths: Sequence[int], blocks: Sequence[int]) -> None:
        super().__init__()
        self.stem = ConvNorm(1, widths[0], 5, 2)
        self.down = nn.ModuleList(
            nn.Sequential(ConvNorm(above, width, 3, 2), *(Block(width) for _ in range(count)))
            for above, width, count in zip(widths, widths[1:], blocks, strict=False)
        )
        levels = list(pairwise(widths[1:]))  # (finer, coarser) at strides 4, 8, 16
        self.narrow = nn.ModuleList(ConvNorm(coarser, finer, 1, relu=False) for finer, coarser in levels)
        self.join = nn.ModuleList(Block(finer) for finer, _ in levels)
        self.head = nn.Conv2d(widths[1], 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem((x - 0.25) * 4)  # about centred, about one unit wide
        kept = []
        for step in self.down:
            x = step(x)
            kept.append(x)
        for level in reversed(range(len(self.join))):
            up = nn.functional.interpolate(self.narrow[level](x), scale_factor=2.0, mode="nearest")
            x = self.join[level](torch.relu(kept[level] + up))
        logits: torch.Tensor = self.head(x)
        return logits


def open_torch(weights: Weights, card: FinderCard) -> Callable[[NDArray[np.uint8]], Probabilities]:
    """uint8 (side, side) → float32 (side / 4, side / 4) in [0, 1], on the CPU.

    Raises KnownError("weights-do-not-fit") where the tensors are not this network's.
    """
    network = FinderNetwork(card.widths, card.blocks)
    kept = {name: value for name, value in network.state_dict().items() if value.is_floating_point()}
    network.load_state_dict({k: torch.from_numpy(weights.take(k, *v.shape)) for k, v in kept.items()}, strict=False)
    weights.finish()
    network.eval()

    def cells(frame: NDArray[np.uint8]) -> Probabilities:
        with torch.inference_mode():
            x = torch.from_numpy(frame.astype(np.float32) / 255)[None, None]
            likely = torch.sigmoid(network(x))
            if card.mirror:
                likely = (likely + torch.sigmoid(network(x.flip(3))).flip(3)) / 2
            found: Probabilities = likely[0, 0].numpy()
        return found

    return cells
