"""How a DICOM file says that its pixels are stored, checked before anything is made of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.imaging.dicom_file import DicomFile
from bmgui.imaging.limits import check_size
from bmgui.imaging.pydicom_plain import Dataset

GREY = frozenset({"MONOCHROME1", "MONOCHROME2"})
_PHOTOMETRIC = {
    **dict.fromkeys(("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"), 1),
    **dict.fromkeys(("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"), 3),
    **dict.fromkeys(("YBR_PARTIAL_422", "YBR_PARTIAL_420"), 3),
}


@dataclass(frozen=True)
class PixelForm:
    """The Image Pixel module's values (DICOM PS3.3 C.7.6.3), possible and consistent.

    allocated, stored: bits of a sample; shift: how far the stored bits lie from the lowest one.
    """

    rows: int
    columns: int
    frames: int
    samples: int
    photometric: str
    planar: bool
    allocated: int
    stored: int
    shift: int
    signed: bool

    @property
    def frame_bits(self) -> int:
        """How long one uncompressed frame is, chroma not subsampled."""
        return self.rows * self.columns * self.samples * self.allocated


def as_streamed(form: PixelForm, precision: int, by_cosines: bool) -> PixelForm:
    """What the header says, put right by the compressed stream, whose values have `precision` bits.

    A header may promise 16 bits over a stream of 8: taken at its word, the picture would be black. Where the stream has
    more bits than are stored, the header picks among them (overlays may lie in the rest); but a JPEG by cosines has
    nothing beside its picture, and no sign. PS3.5 8.2.1.
    """
    if by_cosines:
        return replace(form, stored=precision, shift=0, signed=False)
    stored = min(form.stored, precision)
    return replace(form, stored=stored, shift=form.shift if form.shift + stored <= precision else 0)


def pixel_form(path: Path, file: DicomFile) -> PixelForm:
    """Raises KnownError("header-incomplete", "header-impossible", "picture-too-large")."""
    header = file.dataset

    def must(name: str, possible: Callable[[int], bool], default: int | None = None) -> int:
        value = _integer(path, header, name)
        if value is None:
            value = default
        if value is None:
            raise KnownError("header-incomplete", file=str(path), element=name)
        if not possible(value):
            raise KnownError("header-impossible", file=str(path), element=name, value=value)
        return value

    rows = must("Rows", lambda n: 1 <= n <= 65535)
    columns = must("Columns", lambda n: 1 <= n <= 65535)
    check_size(path, columns, rows)
    samples = must("SamplesPerPixel", lambda n: n in (1, 3))
    photometric = _photometric(path, header, samples)
    allocated = must("BitsAllocated", lambda n: n in (1, 8, 16, 32))
    stored = must("BitsStored", lambda n: 1 <= n <= allocated, default=allocated)
    high = must("HighBit", lambda _: True, default=stored - 1)
    return PixelForm(
        rows=rows,
        columns=columns,
        frames=must("NumberOfFrames", lambda n: n >= 1, default=1),
        samples=samples,
        photometric=photometric,
        planar=samples == 3 and must("PlanarConfiguration", lambda n: n in (0, 1), default=0) == 1,
        allocated=allocated,
        stored=stored,
        shift=high - stored + 1 if stored - 1 <= high < allocated else 0,
        signed=must("PixelRepresentation", lambda n: n in (0, 1)) == 1,
    )


def _photometric(path: Path, header: Dataset, samples: int) -> str:
    try:
        value = str(header.get("PhotometricInterpretation") or "").strip("\0 ").upper()
    except Exception as error:  # pydicom converts here, and raises whatever the damage leads to
        raise KnownError("header-impossible", file=str(path), element="PhotometricInterpretation", value="?") from error
    if not value:
        raise KnownError("header-incomplete", file=str(path), element="PhotometricInterpretation")
    if _PHOTOMETRIC.get(value) != samples:
        shown = value if value not in _PHOTOMETRIC else f"{value} of {samples}"
        raise KnownError("header-impossible", file=str(path), element="PhotometricInterpretation", value=shown)
    return value


def _integer(path: Path, header: Dataset, name: str) -> int | None:
    try:
        value = header.get(name)
        return None if value is None or value == "" else int(value)
    except Exception as error:  # pydicom converts here, and raises whatever the damage leads to
        raise KnownError("header-impossible", file=str(path), element=name, value="?") from error
