"""Brightness, contrast and inversion of the picture on the screen. What is scored never comes through here."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bmgui.imaging.crop import Frame

CONTRASTS = (0.2, 5.0)


@dataclass(frozen=True)
class Display:
    """brightness: -1…1 (0 as it is) of the whole grey range; contrast: 0.2…5 (1 as it is), about the middle grey."""

    brightness: float = 0.0
    contrast: float = 1.0
    inverted: bool = False

    def within_limits(self) -> "Display":
        return Display(
            min(max(self.brightness, -1.0), 1.0), min(max(self.contrast, CONTRASTS[0]), CONTRASTS[1]), self.inverted
        )

    def table(self) -> NDArray[np.uint8]:
        """What each of the 256 values is shown as."""
        values = (np.arange(256) - 127.5) * self.contrast + 127.5 + 255 * self.brightness
        shown: NDArray[np.uint8] = np.clip(np.rint(values), 0, 255).astype(np.uint8)
        return np.invert(shown) if self.inverted else shown

    def applied(self, frame: Frame) -> Frame:
        """A picture for the screen: `frame` itself where nothing is changed, else a copy."""
        if self == Display():
            return frame
        shown: Frame = self.table()[frame]
        return shown
