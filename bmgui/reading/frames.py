"""Decoded frames with their proposals, and thumbnails: made in the background, the latest ones kept."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import Frame
from bmgui.imaging.proposals import Proposer
from bmgui.imaging.scan import Scan
from bmgui.imaging.square import Square
from bmgui.imaging.thumbnail import thumbnail

THUMBNAIL_PX = 256
MOST_FRAME_BYTES = 256 << 20

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, eq=False)
class Decoded:
    """A frame and what is proposed on it; error: why no square fits on it."""

    frame: Frame
    proposals: tuple[Square, ...]
    error: KnownError | None = None


def decode(scan: Scan, number: int, proposer: Proposer) -> Decoded:
    """Decode a frame and propose squares. Raises KnownError where there is no frame."""
    frame = scan.frame(number)
    try:
        return Decoded(frame, proposer(frame))
    except KnownError as error:
        return Decoded(frame, (), error)


def small_picture(scan: Scan) -> Frame:
    """The thumbnail of the scan's middle frame. Raises KnownError."""
    return thumbnail(scan.frame((scan.frames + 1) // 2), THUMBNAIL_PX)


class Latest(Generic[K, V]):
    """A cache that forgets what was not used for longest once all weighs more than `most`; never the newest."""

    def __init__(self, most: int, weigh: Callable[[V], int] = lambda _: 1) -> None:
        self._most, self._weigh = most, weigh
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._weight = 0

    def get(self, key: K) -> V | None:
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key]

    def add(self, key: K, value: V) -> None:
        if key in self._kept:
            self._weight -= self._weigh(self._kept.pop(key))
        self._kept[key] = value
        self._weight += self._weigh(value)
        while self._weight > self._most and len(self._kept) > 1:
            self._weight -= self._weigh(self._kept.popitem(last=False)[1])

    def clear(self) -> None:
        self._kept.clear()
        self._weight = 0
