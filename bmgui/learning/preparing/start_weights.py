"""torchvision's own weights, as far as they can be told and fetched without torch: which file, how large, is it here.

`learning/training/downloads.py` finds the same file in the same folder; a test compares the table with torchvision's.
"""

from dataclasses import dataclass
from pathlib import Path

from bmgui.base import places
from bmgui.scoring.card import Architecture

_SERVER = "https://download.pytorch.org/models/"


@dataclass(frozen=True)
class Offered:
    """A file of torchvision's server, and its size in bytes of a million: about."""

    name: str
    size_mb: int

    @property
    def url(self) -> str:
        return _SERVER + self.name

    @property
    def path(self) -> Path:
        """Where it lies once it was fetched."""
        return places.user_data() / "downloads" / self.name

    @property
    def is_here(self) -> bool:
        return self.path.is_file()


_FILES: dict[tuple[Architecture, str], Offered] = {
    ("resnet50", "IMAGENET1K_V1"): Offered("resnet50-0676ba61.pth", 103),
    ("resnet50", "IMAGENET1K_V2"): Offered("resnet50-11ad3fa6.pth", 103),
    ("vgg16", "IMAGENET1K_V1"): Offered("vgg16-397923af.pth", 553),
    ("vgg16", "IMAGENET1K_FEATURES"): Offered("vgg16_features-amdegroot-88682ab5.pth", 553),
    ("inception_v3", "IMAGENET1K_V1"): Offered("inception_v3_google-0cc3c7bd.pth", 109),
}


def offered(network: Architecture, name: str) -> Offered | None:
    """The file of these weights ("IMAGENET1K_V2"); None where torchvision has none of that name."""
    return _FILES.get((network, name))
