"""A DICOM file's header and where its pixels lie. No pixels are read, nothing is allocated that is not there."""

import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from bmgui.base.errors import KnownError
from bmgui.imaging.limits import MOST_INFLATED_BYTES
from bmgui.imaging.pydicom_plain import Dataset, quiet, read_dataset
from bmgui.imaging.unchanged import unreadable

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
UNCOMPRESSED = frozenset({IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN})

_PIXELS, _FLOAT_PIXELS, _DOUBLE_PIXELS = 0x7FE00010, 0x7FE00008, 0x7FE00009
_LONG_LENGTH = {"OB", "OW", "OF", "OD", "OL", "OV", "UN"}
_UNDEFINED = 0xFFFFFFFF
_ITEM, _END_OF_ITEMS = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
_MOST_VALUE_BYTES = 1 << 22
"""Longer values of the header are passed over: the longest that is used, a palette, has 128 KiB."""


@dataclass(frozen=True)
class Pixels:
    """Where Pixel Data lies: `offset` of its value, `present` bytes from there to the value's or the file's end.

    In a deflated file both count in what it unpacks to, which begins at `deflated_at` of the file.
    """

    offset: int
    present: int
    encapsulated: bool
    vr: str
    deflated_at: int | None = None


@dataclass(frozen=True)
class DicomFile:
    """What was read: the transfer syntax's UID, the data set up to the pixels, and where those are (None: nowhere)."""

    syntax: str
    dataset: Dataset
    pixels: Pixels | None


class Bounded(io.RawIOBase):
    """A file whose `read(n)` never sets aside more than is left: a length of 3 GB in a header costs nothing."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._size = size

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._size - self._stream.tell())
        return self._stream.read(left if size < 0 else min(size, left))

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()


def read_dicom(path: Path) -> DicomFile:
    """Read the header of the DICOM file at `path`; one without a preamble too, if it has its meta header.

    Raises KnownError("file-unreadable", "dicom-unreadable", "dicom-without-syntax", "pixels-of-floats").
    """
    quiet()
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, io.SEEK_END)
            return _read(path, stream, size)
    except KnownError:
        raise
    except Exception as error:  # pydicom raises whatever the damage leads to, RecursionError included
        if isinstance(error, OSError) and error.strerror:  # the disk's word; pydicom's own OSErrors have none
            raise unreadable(path, error) from error
        raise KnownError("dicom-unreadable", file=str(path), reason=_brief(error)) from error


def open_values(path: Path, pixels: Pixels) -> BinaryIO:
    """A stream in which `pixels.offset` counts: the file, or what it unpacks to. The caller closes it."""
    stream = path.open("rb")
    if pixels.deflated_at is None:
        return stream
    with stream:
        stream.seek(pixels.deflated_at)
        return io.BytesIO(_inflated(path, stream))


def _read(path: Path, stream: BinaryIO, size: int) -> DicomFile:
    stream.seek(128)
    if stream.read(4) != b"DICM":
        stream.seek(0)
    meta = read_dataset(
        cast(BinaryIO, Bounded(stream, size)),
        is_implicit_VR=False,
        is_little_endian=True,
        stop_when=_after_meta,
        defer_size=_MOST_VALUE_BYTES,
    )
    syntax = str(meta.get("TransferSyntaxUID") or "").strip("\0 ")
    if not syntax:
        raise KnownError("dicom-without-syntax", file=str(path))
    if syntax != DEFLATED:
        return _read_body(path, syntax, stream, size, None)
    start = stream.tell()
    unpacked = _inflated(path, stream)
    return _read_body(path, syntax, io.BytesIO(unpacked), len(unpacked), start)


def _read_body(path: Path, syntax: str, stream: BinaryIO, size: int, deflated_at: int | None) -> DicomFile:
    seen: list[tuple[int, str | None, int]] = []

    def at_pixels(tag: int, vr: str | None, length: int) -> bool:
        if tag not in (_PIXELS, _FLOAT_PIXELS, _DOUBLE_PIXELS):
            return False
        seen.append((int(tag), vr, length))
        return True

    dataset = read_dataset(
        cast(BinaryIO, Bounded(stream, size)),
        is_implicit_VR=syntax == IMPLICIT,
        is_little_endian=syntax != BIG_ENDIAN,
        stop_when=at_pixels,
        defer_size=_MOST_VALUE_BYTES,
    )
    if not seen:
        return DicomFile(syntax, dataset, None)
    tag, vr, length = seen[-1]
    if tag != _PIXELS:
        raise KnownError("pixels-of-floats", file=str(path))
    offset = stream.tell() + (12 if vr in _LONG_LENGTH else 8)
    left = max(0, size - offset)
    encapsulated = length == _UNDEFINED
    present = left if encapsulated else min(length, left)
    return DicomFile(syntax, dataset, Pixels(offset, present, encapsulated, vr or "OW", deflated_at))


def _after_meta(tag: int, _vr: str | None, _length: int) -> bool:
    return tag >> 16 != 2


def _inflated(path: Path, stream: BinaryIO) -> bytes:
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(stream.read(), MOST_INFLATED_BYTES)
    except zlib.error as error:
        raise KnownError("dicom-unreadable", file=str(path), reason=str(error)) from error
    if unpacker.unconsumed_tail:
        raise KnownError("dicom-unreadable", file=str(path), reason="it unpacks to far too much")
    return unpacked


@dataclass(frozen=True)
class Fragments:
    """What the items of compressed pixel data hold. whole: they end with the mark that ends them, within the file."""

    count: int
    whole: bool
    head: bytes


def read_fragments(path: Path, pixels: Pixels, head_bytes: int) -> Fragments:
    """Walk over the items; only the first one's first `head_bytes` are read. DICOM PS3.5 A.4. Raises OSError."""
    count, head = -1, b""  # the first item is the offset table, not a fragment
    with open_values(path, pixels) as stream:
        at, end = pixels.offset, pixels.offset + pixels.present
        while at < end:
            stream.seek(at)
            item = stream.read(8)
            if item[:4] != _ITEM or len(item) < 8:
                return Fragments(max(count, 0), item[:4] == _END_OF_ITEMS, head)
            (length,) = struct.unpack("<I", item[4:])
            count += 1
            if count == 1:
                head = stream.read(min(length, head_bytes))
            at += 8 + length
    return Fragments(max(count, 0), False, head)


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0][:160] if str(error) else ''}".rstrip(": ")
