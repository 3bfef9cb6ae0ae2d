"""Uncompressed DICOM pixels: one frame read from its place in the file, by numpy."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bmgui.base.errors import KnownError
from bmgui.imaging.dicom_file import BIG_ENDIAN, DicomFile, Pixels, open_values
from bmgui.imaging.pixel_form import PixelForm

Stored = NDArray[Any]
"""Values as stored, uint8, uint16 or uint32: (rows, columns) or (rows, columns, 3)."""


def check_present(path: Path, pixels: Pixels, form: PixelForm) -> None:
    """Raises KnownError("pixels-cut") where the file holds less than its header says."""
    needed = (_frame_bits(pixels, form) * form.frames + 7) // 8
    if pixels.present < needed:
        raise KnownError("pixels-cut", file=str(path), needed=needed, present=pixels.present)


def read_stored(path: Path, file: DicomFile, pixels: Pixels, form: PixelForm, number: int) -> Stored:
    """Frame `number` (from 1) as stored; subsampled chroma is spread over its pixels. Reads only this frame.

    Raises KnownError("pixels-cut"), OSError.
    """
    data = _frame_bytes(path, file, pixels, form, number)
    if form.allocated == 1:
        return data  # one byte a pixel already
    order = ">" if file.syntax == BIG_ENDIAN else "<"
    values = data.view(np.dtype(f"{order}u{form.allocated // 8}"))
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    if _is_halved(pixels, form):
        return _spread_chroma(values, form)
    if form.samples == 1:
        return values.reshape(form.rows, form.columns)
    if form.planar:
        return np.ascontiguousarray(values.reshape(3, form.rows, form.columns).transpose(1, 2, 0))
    return values.reshape(form.rows, form.columns, 3)


def _frame_bytes(path: Path, file: DicomFile, pixels: Pixels, form: PixelForm, number: int) -> NDArray[np.uint8]:
    bits = _frame_bits(pixels, form)
    first, end = (number - 1) * bits // 8, -(-number * bits // 8)
    # Explicit big endian with OW: the bytes of 8-bit samples stand in pairs the other way round
    swapped = file.syntax == BIG_ENDIAN and form.allocated == 8 and pixels.vr == "OW"
    if swapped:
        skipped, first, end = first % 2, first - first % 2, end + end % 2
    with open_values(path, pixels) as stream:
        stream.seek(pixels.offset + first)
        data = np.frombuffer(stream.read(end - first), np.uint8)
    if data.size < end - first - swapped:
        raise KnownError("pixels-cut", file=str(path), needed=end, present=first + data.size)
    if swapped:
        paired = np.append(data, np.uint8(0)) if data.size % 2 else data
        return np.ascontiguousarray(paired.reshape(-1, 2)[:, ::-1]).reshape(-1)[skipped : skipped + bits // 8]
    if form.allocated == 1:  # frames follow each other without a gap, down to the bit
        start = (number - 1) * bits % 8
        return np.unpackbits(data, bitorder="little")[start : start + bits].reshape(_shape(form))
    return data


def _shape(form: PixelForm) -> tuple[int, ...]:
    return (form.rows, form.columns) if form.samples == 1 else (form.rows, form.columns, 3)


def _is_halved(pixels: Pixels, form: PixelForm) -> bool:
    """Y1 Y2 Cb Cr for two pixels. Where the file holds all samples after all, it is taken by what it holds."""
    return form.photometric in ("YBR_FULL_422", "YBR_PARTIAL_422") and (
        form.columns % 2 == 0 and pixels.present * 8 < form.frame_bits * form.frames
    )


def _frame_bits(pixels: Pixels, form: PixelForm) -> int:
    return form.frame_bits * 2 // 3 if _is_halved(pixels, form) else form.frame_bits


def _spread_chroma(values: Stored, form: PixelForm) -> Stored:
    pairs = values.reshape(form.rows, form.columns // 2, 4)
    spread = np.empty((form.rows, form.columns, 3), values.dtype)
    spread[:, 0::2, 0] = pairs[:, :, 0]
    spread[:, 1::2, 0] = pairs[:, :, 1]
    for channel in (1, 2):
        spread[:, :, channel] = np.repeat(pairs[:, :, channel + 1], 2, axis=1)
    return spread
