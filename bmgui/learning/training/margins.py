"""Margins of crops by a network in memory: what validation sees, and what tells how good the rounded weights are."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bmgui.learning.training.machine import Machine
from bmgui.learning.training.material import Entry, validation_crops
from bmgui.learning.training.networks import Normalisation
from bmgui.scoring.engines.vision import Network


def margins_of_crops(
    network: Network,
    normalisation: Normalisation,
    crops: Tensor,
    machine: Machine,
    flip_average: bool,
    at_once: int = 32,
) -> NDArray[np.float64]:
    """float64 (n,): malignant − benign logit of uint8 crops (n, side, side), averaged with the mirror image."""
    network.module.eval()
    found: list[Tensor] = []
    with torch.inference_mode(), machine.precision():
        for some in torch.split(crops, at_once):
            x = normalisation(some.to(machine.device)[:, None].float() / 255)
            margin = _margin(network, x)
            if flip_average:
                margin = (margin + _margin(network, x.flip(3))) / 2
            found.append(margin.cpu())
    return torch.cat(found).numpy() if found else np.zeros(0)


def margins_of_sections(
    network: Network,
    normalisation: Normalisation,
    entries: Sequence[Entry],
    side_px: int,
    machine: Machine,
    factor: float = 2.0,
    flip_average: bool = True,
) -> NDArray[np.float64]:
    """float64 (n,): margins of these sections' squares of factor × the mass, cut by `make_crop`."""
    crops = validation_crops(entries, factor, side_px)
    return margins_of_crops(network, normalisation, crops, machine, flip_average)


def _margin(network: Network, x: Tensor) -> Tensor:
    logits: Tensor = network.module(x).double()
    return logits[:, 1] - logits[:, 0]
