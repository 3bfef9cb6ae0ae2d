"""The grid's small pictures: reduced in the background from the mapped pixels, the seen ones first, a few kept."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from bmgui.imaging.crop import Frame
from bmgui.learning.collections.collection import Collection, Section
from bmgui.ui.painting import to_image
from bmgui.ui.retrain.workshop import Workshop

MOST_KEPT = 600  # at 144 px: 12 MB
AT_ONCE = 6  # reduced in one go: a few ms, then what is seen by then is asked for


def reduced(context: Frame, side_px: int) -> Frame:
    """The context with its longer side at most `side_px`, averaged: uint8. Never enlarged: the painter does that."""
    rows, columns = context.shape
    scale = side_px / max(rows, columns)
    if scale >= 1:
        return np.array(context)
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    return np.asarray(Image.fromarray(context).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))


class GridPictures(QObject):
    """arrived(set of str): these contexts' pictures, by their hash, are there now. `want` says which are on the screen
    now; what was wanted before and has not come is forgotten.
    """

    arrived = Signal(object)

    def __init__(self, workshop: Workshop, side_px: int) -> None:
        super().__init__()
        self._workshop, self._side_px = workshop, side_px
        self._collection: Collection | None = None
        self._kept: OrderedDict[str, QImage] = OrderedDict()  # by the context's hash: corrections do not change it
        self._wanted: list[Section] = []
        self._at_work = False

    def show_collection(self, collection: Collection | None) -> None:
        """Pictures of this one from now on; those that are kept stay where its pixels are the same."""
        same = collection is not None and self._collection is not None and collection.folder == self._collection.folder
        self._collection = collection
        self._wanted = []
        if not same:
            self._kept.clear()

    def set_side(self, side_px: int) -> None:
        """In device pixels."""
        if side_px != self._side_px:
            self._side_px = side_px
            self._kept.clear()

    def picture(self, section: Section) -> QImage | None:
        """None: not there yet."""
        found = self._kept.get(section.sha256)
        if found is not None:
            self._kept.move_to_end(section.sha256)
        return found

    def want(self, sections: Sequence[Section]) -> None:
        """These are to be seen now, the first ones first."""
        self._wanted = [section for section in sections if section.sha256 not in self._kept]
        self._go_on()

    @property
    def at_work(self) -> bool:
        return self._at_work

    def _go_on(self) -> None:
        if self._at_work or not self._wanted or self._collection is None:
            return
        self._at_work = True
        now, self._wanted = self._wanted[:AT_ONCE], self._wanted[AT_ONCE:]
        self._workshop.decode(_reducer(self._collection, now, self._side_px), self._came)

    def _came(self, found: "tuple[Collection, int, dict[str, Frame]]") -> None:
        collection, side_px, pictures = found
        self._at_work = False
        here = self._collection
        if here is not None and collection.folder == here.folder and side_px == self._side_px:
            for sha256, pixels in pictures.items():
                self._kept[sha256] = to_image(pixels)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            self.arrived.emit(set(pictures))
        self._go_on()


def _reducer(
    collection: Collection, sections: Sequence[Section], side_px: int
) -> "Callable[[], tuple[Collection, int, dict[str, Frame]]]":
    def reduce() -> tuple[Collection, int, dict[str, Frame]]:
        return collection, side_px, {s.sha256: reduced(collection.context(s), side_px) for s in sections}

    return reduce
