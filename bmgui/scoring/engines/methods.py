"""Further methods for evidence maps, by captum. Loaded when the first one is asked for: it brings torch along.

All explain the margin that the card means: where it averages a crop with its mirror image, so does what they explain.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bmgui.base.errors import KnownError
from bmgui.scoring.card import Card
from bmgui.scoring.engines.engine import Cancelled, Maps, Progress
from bmgui.scoring.weights import WEIGHTS_FILE, load_weights

try:
    import torch
    from captum.attr import IntegratedGradients, LayerGradCam, Occlusion

    from bmgui.scoring.engines.torch_engine import pictures
    from bmgui.scoring.engines.vision import Network, load_network
except ImportError as error:
    raise KnownError("no-torch") from error

_STEPS = 32  # of the path that integrated gradients follow
_BLOCK_PX = 8  # their pixels are noise; their blocks are not
_WINDOWS = 6  # an occluding window is a sixth of the side, moved by half of itself


def load_explainer(folder: Path, card: Card) -> "Explainer":
    """For an engine that has no torch network of its own. Raises what `load_weights` and `load_network` raise."""
    network = load_network(card.architecture, load_weights(folder, card), str(folder / WEIGHTS_FILE))
    return Explainer(network, card, "cpu")


class Explainer:
    """The further methods on one network; `device` is where the network lies."""

    def __init__(self, network: Network, card: Card, device: str) -> None:
        self._network = network
        self._card = card
        self._device = device

    def explain(self, method: str, crop: NDArray[np.uint8], on_progress: Progress) -> Maps:
        """A signed map float32 (h, w). Its unit is the margin's:

        gradcam-finer: Grad-CAM times h·w, so that at the trunk's end it would be the class activation map.
        integrated-gradients: its mean is the margin less that of a plain crop of the same mean (blocks of about 8 px).
        occlusion: how much the margin falls when the place is covered with the crop's mean.
        Raises Cancelled when `on_progress` returns False; ValueError for another method.
        """
        ways = {
            "gradcam-finer": self._finer,
            "integrated-gradients": self._integrated,
            "occlusion": self._occlusion,
        }
        if method not in ways:
            raise ValueError(f"no such method: {method}")
        _go_on(on_progress, 0.0)
        evidence = ways[method](pictures(crop[None], self._card, self._device), on_progress)
        result: Maps = evidence.detach().cpu().numpy().astype(np.float32)
        _go_on(on_progress, 1.0)
        return result

    def _finer(self, x: torch.Tensor, on_progress: Progress) -> torch.Tensor:
        def once(picture: torch.Tensor) -> torch.Tensor:
            attribution: Any = LayerGradCam(self._one_margin, self._network.finer)
            evidence: torch.Tensor = attribution.attribute(picture.requires_grad_())[0, 0]
            return evidence * evidence.numel()

        evidence = once(x.clone())
        if self._card.flip_average:
            _go_on(on_progress, 0.5)
            evidence = (evidence + once(x.flip(3)).flip(1)) / 2
        return evidence

    def _integrated(self, x: torch.Tensor, on_progress: Progress) -> torch.Tensor:
        margin = _Counted(self._margin, _STEPS + 2, on_progress)
        attribution: Any = IntegratedGradients(margin, multiply_by_inputs=True)
        plain = self._plain(x).expand_as(x)
        found: torch.Tensor = attribution.attribute(x, plain, n_steps=_STEPS, internal_batch_size=1)
        blocks = max(self._card.side // _BLOCK_PX, 1)
        pixels = found.sum(1) * found[0, 0].numel()
        return torch.nn.functional.adaptive_avg_pool2d(pixels, (blocks, blocks))[0]

    def _occlusion(self, x: torch.Tensor, on_progress: Progress) -> torch.Tensor:
        window = self._card.side // _WINDOWS
        step = window // 2
        rows = -(-(self._card.side - window) // step) + 1
        margin = _Counted(self._margin, rows * rows + 1, on_progress)
        with torch.inference_mode():
            found: torch.Tensor = Occlusion(margin).attribute(
                x,
                sliding_window_shapes=(3, window, window),
                strides=(3, step, step),
                baselines=self._plain(x).expand_as(x),
            )
        return found[0, 0]

    def _margin(self, x: torch.Tensor) -> torch.Tensor:
        """The margin (n,) as the engine gives it."""
        if not self._card.flip_average:
            return self._one_margin(x)
        return (self._one_margin(x) + self._one_margin(x.flip(3))) / 2

    def _one_margin(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self._network.module(x)
        return logits[:, 1] - logits[:, 0]

    @staticmethod
    def _plain(x: torch.Tensor) -> torch.Tensor:
        """The crop's mean colour (1, 3, 1, 1): nothing is where it is; black would be a cyst."""
        return x.mean((2, 3), keepdim=True)


class _Counted:
    """A function of pictures that tells how many of the expected ones it has seen, and stops when told to."""

    def __init__(self, function: Any, expected: int, on_progress: Progress) -> None:
        self._function = function
        self._expected = expected
        self._on_progress = on_progress
        self._seen = 0

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self._function(x)
        self._seen += len(x)
        _go_on(self._on_progress, min(self._seen / self._expected, 1.0))
        return result


def _go_on(on_progress: Progress, share: float) -> None:
    if not on_progress(share):
        raise Cancelled
