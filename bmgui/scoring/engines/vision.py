"""The three networks for torch. The one importer of torchvision.

The torchvision wheel is built against CUDA torch: beside a CPU-only torch its import fails, because its native
operators cannot be loaded. None of them is needed here.
"""

import sys
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from bmgui.scoring.card import Architecture
from bmgui.scoring.weights import Tensor, Weights


def import_models() -> Any:
    try:
        import torchvision.models
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        _declare_operators()
        import torchvision.models
    return torchvision.models


def _declare_operators() -> None:
    """Only after the import has failed: where the wheel matches its torch, declaring them twice ends the process."""
    global _library  # the declarations live as long as the object
    _library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        _library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


_library: Any = None


class _Vgg16(nn.Module):
    """VGG-16's trunk up to `features[29]`, global average pool, one linear layer."""

    def __init__(self, models: Any) -> None:
        super().__init__()
        self.features = models.vgg.make_layers(models.vgg.cfgs["D"], batch_norm=False)[:-1]
        self.fc = nn.Linear(512, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.fc(self.features(x).mean((2, 3)))
        return logits


@dataclass(frozen=True)
class Network:
    """A network in eval mode: `module` gives logits (n, 2); `end` is its trunk's last layer, `finer` an earlier one."""

    module: nn.Module
    end: nn.Module
    finer: nn.Module


def blank_network(architecture: Architecture) -> Network:
    """The network with whatever values torch gives it."""
    models = import_models()
    module: Any
    if architecture == "resnet50":
        module = models.resnet50(weights=None, num_classes=2)
        end, finer = module.layer4, module.layer3
    elif architecture == "vgg16":
        module = _Vgg16(models)
        end, finer = module.features[29], module.features[22]
    else:
        module = models.inception_v3(
            weights=None, num_classes=2, aux_logits=False, transform_input=False, init_weights=False
        )
        end, finer = module.Mixed_7c, module.Mixed_6e
    return Network(module.eval(), end, finer)


def load_network(architecture: Architecture, tensors: dict[str, Tensor], source: str) -> Network:
    """The network with these weights. Raises KnownError("weights-do-not-fit", file=source, reason)."""
    with torch.device("meta"):  # no time spent on random values that are replaced at once
        network = blank_network(architecture)
    weights = Weights(tensors, source)
    state = {}
    for name, value in network.module.state_dict().items():
        if name.endswith("num_batches_tracked"):  # only training counts batches
            state[name] = torch.zeros((), dtype=torch.int64)
        else:
            state[name] = torch.from_numpy(weights.take(name, *value.shape).copy())
    weights.finish()
    network.module.load_state_dict(state, assign=True)
    network.module.requires_grad_(False)
    return network
