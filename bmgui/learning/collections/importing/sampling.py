"""A few of the drafts that an import takes, small, for people to look at before anything is copied."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from bmgui.imaging.crop import Frame, grey
from bmgui.imaging.square import fit_square
from bmgui.learning.collections.collection import USUAL_FACTOR, Label, SquareFrom, centred
from bmgui.learning.collections.storing import Draft

MOST_SAMPLES = 48
SIDE_PX = 320


@dataclass(frozen=True)
class Sample:
    """pixels: the whole frame in grey, uint8 (h, w), its longer side at most SIDE_PX. square: left, top, side of what
    will be stored, in these pixels."""

    id: str
    file: str
    label: Label
    patient: str
    square_from: SquareFrom
    pixels: Frame
    square: tuple[float, float, float]


def sample_of(draft: Draft) -> Sample:
    """The draft as it is shown in a preview."""
    pixels = grey(draft.pixels)
    height, width = pixels.shape
    square = draft.square
    if square is None:
        assert draft.box is not None  # one of the two is always there
        box = draft.box
        middle = box.left + box.width / 2, box.top + box.height / 2
        square = centred(middle, USUAL_FACTOR * box.longer_side)
    square = fit_square(square, width, height)
    scale = min(1.0, SIDE_PX / max(width, height))
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        image = Image.fromarray(np.ascontiguousarray(pixels))
        pixels = np.asarray(image.resize(size, Image.Resampling.BOX))
    shown = (square.left * scale, square.top * scale, square.side * scale)
    return Sample(draft.id, draft.file, draft.label, draft.patient, draft.square_from, pixels, shown)


class Sampler:
    """Takes every n-th draft, so that at most MOST_SAMPLES of `files` are kept, from the first to the last."""

    def __init__(self) -> None:
        self._every, self._seen = 1, 0

    def expect(self, files: int) -> None:
        """How many there will be."""
        self._every = max(1, -(-files // MOST_SAMPLES))

    def take(self, draft: Draft) -> Sample | None:
        """The sample that this draft gives; None where it is passed over."""
        self._seen += 1
        return sample_of(draft) if (self._seen - 1) % self._every == 0 else None
