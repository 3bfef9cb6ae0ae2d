"""DICOM files become scans. Uncompressed frames are decoded here by numpy, compressed ones by the codec process."""

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from bmgui.base.errors import KnownError
from bmgui.imaging import identity
from bmgui.imaging.code_stream import read_code_stream
from bmgui.imaging.codec import Codec
from bmgui.imaging.colour_rules import Palette, palette, to_rgb
from bmgui.imaging.crop import Frame
from bmgui.imaging.dicom_file import BIG_ENDIAN, UNCOMPRESSED, DicomFile, Pixels, read_dicom, read_fragments
from bmgui.imaging.grey_rules import GreyRules, grey_rules, to_grey
from bmgui.imaging.pixel_form import GREY, PixelForm, pixel_form
from bmgui.imaging.pydicom_plain import UID, Dataset
from bmgui.imaging.scan import Scan
from bmgui.imaging.stored import check_present, read_stored
from bmgui.imaging.unchanged import stamp, unchanged, unreadable

RLE = "1.2.840.10008.1.2.5"
_JPEG = "1.2.840.10008.1.2.4."
COMPRESSED = frozenset(
    {RLE, *(_JPEG + tail for tail in ("50", "51", "57", "70", "80", "81", "90", "91", "201", "202", "203"))}
)
_NAMES = {_JPEG + "110": "JPEG XL", _JPEG + "111": "JPEG XL", _JPEG + "112": "JPEG XL"}
_STREAM_HEAD_BYTES = 1 << 16
_IMAGE_ELEMENTS = ("Rows", "Columns", "PhotometricInterpretation")


@dataclass(frozen=True)
class Image:
    """A DICOM file's picture: where its pixels lie, how they are stored, and what they become."""

    file: DicomFile
    pixels: Pixels
    form: PixelForm
    grey: GreyRules
    palette: Palette | None


def open_dicom(path: Path, fingerprint: str, codec: Codec) -> Scan:
    """Read the header of a DICOM file; any modality opens, as long as it is an image.

    Raises what `read_image` does.
    """
    mark = stamp(path)
    image = read_image(path)
    header, form = image.file.dataset, image.form
    study_uid, study_date = identity.study(header)
    here = image.file.syntax in UNCOMPRESSED
    decode = functools.partial(_decode, path, image) if here else functools.partial(codec.decode, path)
    return Scan(
        path=path,
        fingerprint=fingerprint,
        kind="dicom",
        width=form.columns,
        height=form.rows,
        frames=form.frames,
        modality=identity.modality(header),
        patient=identity.patient(header),
        study=study_uid,
        study_date=study_date,
        synthetic=identity.is_synthetic(header),
        regions=identity.regions(header, form.columns, form.rows),
        spacing_mm=identity.spacing_mm(header),
        decode=unchanged(path, mark, decode),
    )


def read_image(path: Path) -> Image:
    """Read and check everything that is needed to decode a frame; no pixels yet.

    Raises KnownError: what `read_dicom` and `pixel_form` raise, and "dicom-directory", "not-an-image", "no-pixels",
    "syntax-unsupported", "pixels-cut", "frames-missing", "stream-contradicts", "palette-missing".
    """
    file = read_dicom(path)
    pixels = _present_pixels(path, file)
    form = pixel_form(path, file)
    if file.syntax not in UNCOMPRESSED | COMPRESSED:
        raise KnownError("syntax-unsupported", file=str(path), syntax=_syntax_name(file.syntax))
    if pixels.encapsulated != (file.syntax in COMPRESSED):
        raise KnownError("pixels-undecodable", file=str(path), reason="compressed by its header, not by its data")
    big_endian = file.syntax == BIG_ENDIAN
    try:
        colours = palette(file.dataset, big_endian) if form.photometric == "PALETTE COLOR" else None
        rules = grey_rules(file.dataset, big_endian) if form.photometric in GREY else GreyRules()
    except Exception as error:  # pydicom converts here, and raises whatever the damage leads to
        raise KnownError("dicom-unreadable", file=str(path), reason=f"{type(error).__name__}: {error}") from error
    if colours is None and form.photometric == "PALETTE COLOR":
        raise KnownError("palette-missing", file=str(path))
    if pixels.encapsulated:
        _check_stream(path, pixels, form)
    else:
        check_present(path, pixels, form)
    return Image(file, pixels, form, rules, colours)


def to_frame(values: NDArray[Any], photometric: str, image: Image) -> Frame:
    """Decoded values, (rows, columns) or (rows, columns, 3), as the network sees them. Both processes end here."""
    if values.ndim == 3:
        return to_rgb(values, image.form, photometric)
    if image.palette is not None:
        mask = values.dtype.type((1 << image.form.stored) - 1)
        return image.palette.apply((values >> image.form.shift) & mask)
    return to_grey(values, image.form, image.grey)


def _decode(path: Path, image: Image, number: int) -> Frame:
    try:
        values = read_stored(path, image.file, image.pixels, image.form, number)
    except OSError as error:
        raise unreadable(path, error) from error
    return to_frame(values, image.form.photometric, image)


def _present_pixels(path: Path, file: DicomFile) -> Pixels:
    header: Dataset = file.dataset
    if file.pixels is not None and file.pixels.present > 0:
        return file.pixels
    if "DirectoryRecordSequence" in header:
        raise KnownError("dicom-directory", file=str(path))
    if file.pixels is None and not any(name in header for name in _IMAGE_ELEMENTS):
        raise KnownError("not-an-image", file=str(path), kind=identity.modality(header) or "no pixels")
    raise KnownError("no-pixels", file=str(path))


def _check_stream(path: Path, pixels: Pixels, form: PixelForm) -> None:
    try:
        fragments = read_fragments(path, pixels, _STREAM_HEAD_BYTES)
    except OSError as error:
        raise unreadable(path, error) from error
    if not fragments.whole or fragments.count < form.frames:  # a frame is at least one fragment
        raise KnownError("frames-missing", file=str(path), frames=form.frames, present=fragments.count)
    stream = read_code_stream(fragments.head)
    if stream is not None:
        check_agrees(path, form, stream.width, stream.height)


def check_agrees(path: Path, form: PixelForm, width_px: int, height_px: int) -> None:
    """Raises KnownError("stream-contradicts") where the compressed data is of another size than the header says."""
    if (width_px, height_px) != (form.columns, form.rows):
        raise KnownError(
            "stream-contradicts",
            file=str(path),
            width=form.columns,
            height=form.rows,
            stream_width=width_px,
            stream_height=height_px,
        )


def _syntax_name(uid: str) -> str:
    if uid in _NAMES:
        return _NAMES[uid]
    name = UID(uid).name
    return name if not re.fullmatch(r"[\d.]*", name) else f"transfer syntax {uid}"
