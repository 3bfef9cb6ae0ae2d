"""The engine for a CUDA card, and for a CPU without OpenVINO: torchvision's networks in float32."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bmgui.scoring.card import Card
from bmgui.scoring.engines.engine import Crops, Maps, Progress, check_crops, further_methods
from bmgui.scoring.engines.vision import Network, load_network
from bmgui.scoring.weights import WEIGHTS_FILE, load_weights

_MOST_AT_ONCE = {"cuda": 64, "cpu": 8}


class TorchEngine:
    """See `Engine`. The same numbers as on any engine: TF32 and autocast are off."""

    name = "torch"

    def __init__(self, folder: Path, card: Card, device: str = "cpu", note: str = "") -> None:
        """device: "cpu" or "cuda"."""
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        self.note = note
        self.device = "CPU" if device == "cpu" else torch.cuda.get_device_name(0)
        self.methods = further_methods()
        self._card = card
        self._device = device
        self._explainer: Any = None
        self._network: Network = load_network(card.architecture, load_weights(folder, card), str(folder / WEIGHTS_FILE))
        self._network.module.to(device)
        head: Any = self._network.module.fc
        self._head = head.weight[1] - head.weight[0]
        self.bias = float(head.bias[1] - head.bias[0])
        self._network.end.register_forward_hook(self._keep_features)
        self._features = torch.empty(0)

    def score(self, crops: Crops) -> tuple[NDArray[np.float32], Maps]:
        check_crops(crops, self._card.side, self._card.channels)
        step = _MOST_AT_ONCE[self._device]
        maps = [self._maps(crops[start : start + step]) for start in range(0, len(crops), step)]
        evidence = np.concatenate(maps)
        return evidence.mean((1, 2), dtype=np.float64).astype(np.float32) + np.float32(self.bias), evidence

    def explain(self, method: str, crop: NDArray[np.uint8], on_progress: Progress) -> Maps:
        if self._explainer is None:
            from bmgui.scoring.engines.methods import Explainer  # late: captum

            self._explainer = Explainer(self._network, self._card, self._device)
        evidence: Maps = self._explainer.explain(method, crop, on_progress)
        return evidence

    def _maps(self, crops: Crops) -> Maps:
        with torch.inference_mode():
            x = pictures(crops, self._card, self._device)
            maps = self._evidence(x)
            if self._card.flip_average:
                maps = (maps + self._evidence(x.flip(3)).flip(2)) / 2
            result: Maps = maps.cpu().numpy()
        return result

    def _evidence(self, x: torch.Tensor) -> torch.Tensor:
        """The signed maps (n, h, w) of normalised pictures (n, 3, side, side)."""
        self._network.module(x)
        return torch.einsum("nkhw,k->nhw", self._features, self._head)

    def _keep_features(self, _module: object, _inputs: object, output: torch.Tensor) -> None:
        self._features = output


def pictures(crops: Crops, card: Card, device: str) -> torch.Tensor:
    """Normalised pictures float32 (n, 3, side, side) on `device`."""
    x = torch.tensor(crops, device=device).float() / 255
    x = x[:, None].expand(-1, 3, -1, -1) if card.channels == "grey" else x.permute(0, 3, 1, 2)
    mean, std = (torch.tensor(values, device=device).view(1, 3, 1, 1) for values in (card.mean, card.std))
    return (x - mean) / std
