"""Networks while they learn: first values, what is frozen, dropout, and the weights that ship."""

from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from bmgui.learning.plans.plan import Stage
from bmgui.learning.training.seeding import seed_torch
from bmgui.scoring.card import Architecture
from bmgui.scoring.engines.vision import Network, blank_network

State = dict[str, Tensor]

_BATCHNORM = (nn.BatchNorm2d, nn.SyncBatchNorm)


@dataclass(frozen=True)
class Normalisation:
    """mean, std of the channels, scaled to [0, 1], as the network's first weights expect them; the card says so too."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def __call__(self, crops: Tensor) -> Tensor:
        """float32 (n, 1, h, w) in [0, 1] → (n, 3, h, w) as the network takes it, channels last."""
        mean, std = (torch.tensor(x, device=crops.device).view(1, 3, 1, 1) for x in (self.mean, self.std))
        return ((crops - mean) / std).contiguous(memory_format=torch.channels_last)


_IMAGENET = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
# x / 127.5 - 1: what Keras' Inception was trained with, and what torchvision's `transform_input` turns its input into
_PLUS_MINUS_ONE = Normalisation((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def usual_normalisation(architecture: Architecture) -> Normalisation:
    """What ImageNet weights of this network expect."""
    return _PLUS_MINUS_ONE if architecture == "inception_v3" else _IMAGENET


def new_network(architecture: Architecture, *names: str | int) -> Network:
    """The network with random first values that these names seed."""
    network = blank_network(architecture)
    seed_torch(*names, architecture, "first values")
    for module in network.module.modules():
        _first_values(module)
    return network


def _first_values(module: nn.Module) -> None:
    """He et al. 2015 for convolutions: as torchvision starts its ResNet, and where no BatchNorm follows (VGG-16) so
    that the features keep their size from layer to layer. A small head.
    """
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out" if module.bias is None else "fan_in", nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, 0, 0.01)
        nn.init.zeros_(module.bias)


def fill(network: Network, state: State) -> None:
    """Replace the tensors that `state` names (all of them must fit)."""
    with torch.no_grad():
        for name, value in network.module.state_dict().items():
            if name in state:
                value.copy_(state[name])


def state_of(network: Network) -> State:
    """The network's tensors by torchvision's names, without the counts of batches; views, not copies."""
    return {name: v for name, v in network.module.state_dict().items() if not name.endswith("num_batches_tracked")}


def prepare(network: Network, stage: Stage) -> None:
    """Freeze and set dropout as the stage says. Everything else learns."""
    module: Any = network.module
    module.requires_grad_(True)
    for part in first_layers(network.module, stage.frozen):
        part.requires_grad_(False)
    if hasattr(module, "dropout"):  # Inception brings its own, before the same layer
        module.dropout.p = stage.dropout
    elif stage.dropout:
        module.fc.register_forward_pre_hook(_Dropout(stage.dropout))


def first_layers(module: nn.Module, convolutions: int) -> list[nn.Module]:
    """The first so many convolutions, each with the BatchNorm that follows it, in the order of their definition."""
    found: list[nn.Module] = []
    seen = 0
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            seen += 1
        if seen > convolutions:
            break
        if isinstance(part, (nn.Conv2d, *_BATCHNORM)):
            found.append(part)
    return found


def to_training(network: Network, stage: Stage) -> None:
    """Training mode, but for BatchNorm that is to stay as it is."""
    network.module.train()
    still = first_layers(network.module, stage.frozen)
    for part in network.module.modules() if stage.frozen_batchnorm else still:
        if isinstance(part, _BATCHNORM):
            part.eval()


class _Dropout:
    """Before the head, while training."""

    def __init__(self, share: float) -> None:
        self._share = share

    def __call__(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (functional.dropout(inputs[0], self._share, training=module.training),)


# --- what ships ---


def rounded(state: State) -> State:
    """float16 for convolutions and the head's matrix, float32 for vectors (BatchNorm, biases); on the CPU."""
    return {
        name: value.detach().to("cpu", torch.float16 if value.ndim > 1 else torch.float32).contiguous()
        for name, value in state.items()
    }


def safetensors_bytes(state: State, metadata: dict[str, str] | None = None) -> bytes:
    """The tensors as a safetensors file."""
    data: bytes = save({name: value.detach().cpu().contiguous() for name, value in state.items()}, metadata)
    return data
