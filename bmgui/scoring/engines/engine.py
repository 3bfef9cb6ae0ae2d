"""What every engine offers, whatever runs below it."""

import importlib.util
from collections.abc import Callable
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Crops = NDArray[np.uint8]
"""uint8 (n, side, side) for a card of grey channels, (n, side, side, 3) for RGB."""

Maps = NDArray[np.float32]
Device = Literal["auto", "cpu", "cuda"]
Progress = Callable[[float], bool]
"""Called with the share that is done, in [0, 1]; returns False to cancel."""

METHODS = ("gradcam-finer", "integrated-gradients", "occlusion")
"""Further methods for evidence maps; they need torch and captum."""


class Cancelled(Exception):  # noqa: N818 – not an error
    """An explanation was stopped because its `on_progress` returned False."""


class Engine(Protocol):
    """A loaded model, ready to score. Not thread-safe: one thread calls it.

    name: "OpenVINO" or "torch"; device: "CPU", or the card's name; note: a code of `bmgui.wording`'s NOTES, or "".
    bias: malignant − benign bias of the head: `mean(map) + bias = margin`.
    methods: the further methods that can run here; empty where torch or captum is missing.
    """

    name: str
    device: str
    note: str
    bias: float
    methods: tuple[str, ...]

    def score(self, crops: Crops) -> tuple[NDArray[np.float32], Maps]:
        """Margins float32 (n,) and signed evidence maps float32 (n, h, w), in units of the margin.

        Where the card averages a crop with its mirror image, so do both, the mirror's map un-mirrored.
        Raises ValueError for crops of another shape or dtype than the card's: that is a bug, not the world's.
        """
        ...

    def explain(self, method: str, crop: NDArray[np.uint8], on_progress: Progress) -> Maps:
        """A signed evidence map float32 (h, w) of the margin, by one of METHODS; crop: uint8 (side, side[, 3]).

        Raises Cancelled; KnownError("no-torch") where torch or captum is missing; ValueError for another method.
        """
        ...


def check_crops(crops: NDArray[Any], side: int, channels: str) -> None:
    """Raises ValueError where `crops` are not uint8 (n, side, side[, 3]), n ≥ 1."""
    shape = (side, side) if channels == "grey" else (side, side, 3)
    if crops.dtype != np.uint8 or len(crops) < 1 or crops.shape[1:] != shape:
        raise ValueError(f"crops are {crops.dtype} {crops.shape}, not uint8 (n, {', '.join(map(str, shape))})")


def further_methods() -> tuple[str, ...]:
    """METHODS where torch, torchvision and captum are installed, else none. Looks; imports nothing."""
    needed = ("torch", "torchvision", "captum")
    return METHODS if all(importlib.util.find_spec(name) is not None for name in needed) else ()
