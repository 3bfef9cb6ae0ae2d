"""What learns (`Student`) and who teaches (`TeacherNetwork`): the networks that score, seen from training."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from bmgui.learning.training.machine import Machine
from bmgui.learning.training.networks import Normalisation
from bmgui.scoring.engines.vision import Network


class Adapter(nn.Module):
    """A 1 × 1 convolution from the student's features to the teacher's, which is thrown away when the stage ends.

    mean, std (channels,): of the teacher's pooled features, by which they are standardised.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, channels: int, teacher_channels: int, grid: int) -> None:
        super().__init__()
        self.grid = grid
        self.turn = nn.Conv2d(channels, teacher_channels, 1)
        self.register_buffer("mean", torch.zeros(teacher_channels))
        self.register_buffer("std", torch.ones(teacher_channels))

    def forward(self, features: Tensor) -> Tensor:
        turned: Tensor = self.turn(functional.adaptive_avg_pool2d(features, self.grid))
        return turned

    def measure(self, features: Tensor) -> None:
        """Take mean and std from the teacher's features (n, channels, grid, grid)."""
        std, mean = torch.std_mean(features.double(), (0, 2, 3))
        self.mean.copy_(mean)
        self.std.copy_(std.clamp(min=0.05 * float(std.mean()) + 1e-6))  # what is hardly used counts little

    def standardised(self, features: Tensor) -> Tensor:
        return (features - self.mean.view(1, -1, 1, 1)) / self.std.view(1, -1, 1, 1)


class Student(nn.Module):
    """A network as it learns: forward gives logits (n, 2), and the adapter's features (n, channels, grid, grid)."""

    def __init__(self, network: Network, normalisation: Normalisation, adapter: Adapter | None = None) -> None:
        super().__init__()
        self.module = network.module
        self.adapter = adapter
        self.network = network
        self.normalisation = normalisation
        self._end = _Tap(network.end)

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor | None]:
        """crops: float32 (n, 1, side, side) in [0, 1]."""
        logits: Tensor = self.module(self.normalisation(crops))
        features = self._end.taken()
        return logits, None if self.adapter is None else self.adapter(features)


class _Tap:
    """Keeps what a layer gave, until it is taken."""

    def __init__(self, layer: nn.Module) -> None:
        self._last: Tensor | None = None
        layer.register_forward_hook(self._keep)

    def _keep(self, _module: nn.Module, _inputs: Any, output: Tensor) -> None:
        self._last = output

    def taken(self) -> Tensor:
        last, self._last = self._last, None
        assert last is not None
        return last


def channels_of(network: Network) -> int:
    """Of the trunk's last layer: what the head takes."""
    module: Any = network.module
    return int(module.fc.in_features)


@dataclass(frozen=True)
class Lesson:
    """What a teacher says of n crops: pooled features (n, channels, grid, grid), and margins' probabilities' logits."""

    features: Tensor
    logits: Tensor | None  # (n, 2); None: the teacher has no head of its own


class TeacherNetwork:
    """A network that only looks: frozen, in eval mode, at its own crop side."""

    def __init__(
        self, network: Network, normalisation: Normalisation, side_px: int, grid: int, machine: Machine, has_head: bool
    ) -> None:
        network.module.eval().requires_grad_(False)
        network.module.to(machine.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.channels = channels_of(network)
        self.has_head = has_head
        self._network, self._normalisation, self._machine = network, normalisation, machine
        self._side, self._grid = side_px, grid
        self._end = _Tap(network.end)

    @torch.no_grad()
    def __call__(self, crops: Tensor) -> Lesson:
        """crops: float32 (n, 1, side, side) in [0, 1], resized to the teacher's side."""
        if crops.shape[-1] != self._side:
            crops = functional.interpolate(crops, (self._side, self._side), mode="bilinear", antialias=True).clamp(0, 1)
        with self._machine.precision():
            logits: Tensor = self._network.module(self._normalisation(crops))
        features = functional.adaptive_avg_pool2d(self._end.taken().float(), self._grid)
        return Lesson(features, logits.float() if self.has_head else None)
