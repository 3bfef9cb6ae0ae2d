"""What a file becomes when it is opened."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import Frame
from bmgui.imaging.square import Square


@dataclass(frozen=True)
class Patient:
    """Whose scan it is, as the file says; "" where it does not. birth_date as YYYY-MM-DD."""

    name: str = ""
    id: str = ""
    birth_date: str = ""


@dataclass(frozen=True)
class Region:
    """A calibrated part of the picture: [left, right) × [top, bottom) in px, and the size of a pixel in mm."""

    left: int
    top: int
    right: int
    bottom: int
    column_mm: float
    row_mm: float

    def holds(self, square: Square) -> bool:
        return (
            self.left <= square.left
            and square.right <= self.right
            and self.top <= square.top
            and square.bottom <= self.bottom
        )


@dataclass(frozen=True)
class Scan:
    """One opened file. Its frames are decoded when they are asked for, not before.

    fingerprint: lower-case hex, the same for the same bytes wherever the file lies; what readings are kept under.
    modality: DICOM's (`US`, `MG`, …); "" where the file does not say (a PNG).
    synthetic: the file is a phantom that says so (DICOM: one value of Image Type is SYNTHETIC).
    regions: those calibrated in both directions, first those that lie on top; see `identity.regions`.
    study: identifies the study within the patient ("" where the file does not say); study_date as YYYY-MM-DD or "".
    frames: how many; counted from 1.
    """

    path: Path
    fingerprint: str
    kind: Literal["dicom", "picture"]
    width: int
    height: int
    frames: int
    modality: str = ""
    patient: Patient = Patient()
    study: str = ""
    study_date: str = ""
    synthetic: bool = False
    regions: tuple[Region, ...] = ()
    spacing_mm: tuple[float, float] | None = None  # row, column; from Pixel Spacing
    decode: Callable[[int], Frame] = field(repr=False, compare=False, default=lambda number: _no_frame(number))

    def frame(self, number: int = 1) -> Frame:
        """Frame `number` (from 1) as the network sees it. Decodes; raises KnownError, `file` among its fields."""
        if not 1 <= number <= self.frames:
            raise KnownError("no-such-frame", file=str(self.path), frame=number, frames=self.frames)
        return self.decode(number)

    def mm_per_px(self, square: Square) -> tuple[float, float] | None:
        """(column, row) millimetres a pixel where the square lies, or None where nothing says.

        The ultrasound region that holds the whole square decides; else Pixel Spacing. DICOM PS3.3 C.8.5.5, C.7.6.3.
        """
        for region in self.regions:
            if region.holds(square):
                return region.column_mm, region.row_mm
        if self.spacing_mm is not None and not self.regions:
            row, column = self.spacing_mm
            return column, row
        return None


def _no_frame(number: int) -> Frame:
    raise AssertionError(f"a scan without a decoder was asked for frame {number}")
