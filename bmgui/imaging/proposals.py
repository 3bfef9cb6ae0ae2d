"""Which squares of a frame to offer, likeliest first: the paper's crop by hand, with a choice among its three."""

from collections.abc import Callable

from bmgui.imaging.crop import Frame
from bmgui.imaging.scan_area import find_scan_area
from bmgui.imaging.square import Square, fit_square

Proposer = Callable[[Frame], tuple[Square, ...]]
"""What makes proposals of a frame: 1 to 3 distinct squares inside it, likeliest first. The place to plug in another."""


def propose(frame: Frame) -> tuple[Square, ...]:
    """The scan area's middle and outer squares (side: its shorter side), likeliest first: 1 to 3 distinct ones.

    Raises KnownError("picture-too-small") where the frame's shorter side is under 32 px.
    """
    height, width = frame.shape[:2]
    area = find_scan_area(frame)
    side = min(area.width, area.height)
    middle = Square(area.left + (area.width - side) // 2, area.top + (area.height - side) // 2, side)
    first = Square(area.left, area.top, side)
    last = Square(area.right - side, area.bottom - side, side)
    return tuple(dict.fromkeys(fit_square(square, width, height) for square in (middle, first, last)))
