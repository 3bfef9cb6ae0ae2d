"""torchvision's own weights: fetched only where the user asked for it, checked by the hash in their name, kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.learning.preparing.fetching import fetch
from bmgui.scoring.card import Architecture
from bmgui.scoring.engines.vision import import_models

_ENUMS = {"resnet50": "ResNet50_Weights", "vgg16": "VGG16_Weights", "inception_v3": "Inception_V3_Weights"}


def torchvision_file(
    architecture: Architecture, name: str, download: bool, told: Callable[[int, int], None] | None = None
) -> Path:
    """The file of these weights ("IMAGENET1K_V2") in the user's folder, fetched first where that was asked for.

    Raises KnownError("weights-not-at-hand", file) where it is not there and was not asked for, "download-failed"
    (file, reason), "weights-unreadable" for a name that torchvision does not have.
    """
    url = _url(architecture, name)
    path = places.user_data() / "downloads" / url.rpartition("/")[2]
    if path.is_file():
        return path
    if not download:
        raise KnownError("weights-not-at-hand", file=url)
    path.parent.mkdir(parents=True, exist_ok=True)
    fetch(url, path, told)
    return path


def _url(architecture: Architecture, name: str) -> str:
    enum: Any = getattr(import_models(), _ENUMS[architecture])
    if name not in enum.__members__:
        have = ", ".join(enum.__members__)
        raise KnownError("weights-unreadable", file=name, reason=f"torchvision has {have} for {architecture}")
    return str(enum[name].url)
