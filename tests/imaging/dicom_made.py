"""DICOM files made for tests, byte by byte where it matters: no encoder of pydicom's stands behind them."""

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
RLE, JPEG, JPEG_EXTENDED = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"
JPEG_LOSSLESS, JPEG_LS, JPEG_2000 = (
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90",
)


def write_dicom(path: Path, pixels: NDArray[Any] | bytes | list[bytes] | None, **elements: Any) -> Path:
    """Write a DICOM file. pixels: an array as stored, its bytes, or the compressed frames; elements by keyword.

    An array of shape (h, w) or (h, w, 3) sets rows, columns, samples and bits; `syntax` names the transfer syntax.
    """
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.filewriter import dcmwrite

    syntax = elements.pop("syntax", EXPLICIT)
    header = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.6.1", "SOPInstanceUID": "1.2.3", "Modality": "US"}
    if isinstance(pixels, np.ndarray):
        header |= described(pixels)
        pixels = pixels.astype(pixels.dtype.newbyteorder(">" if syntax == BIG_ENDIAN else "<")).tobytes()
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    for name, value in (header | elements).items():
        if value is not None:
            setattr(ds, name, value)
    if pixels is not None:
        compressed = isinstance(pixels, list)
        ds.add_new(0x7FE00010, "OB" if compressed or syntax != IMPLICIT else "OW", b"")
        ds["PixelData"].value = encapsulate(pixels) if compressed else pixels + b"\0" * (len(pixels) % 2)
        ds["PixelData"].VR = "OB" if compressed or ds.get("BitsAllocated", 8) == 8 else "OW"
        ds["PixelData"].is_undefined_length = compressed
    dcmwrite(path, ds, enforce_file_format=True)
    return path


def described(array: NDArray[Any]) -> dict[str, Any]:
    """The Image Pixel module's elements of one frame (h, w) or (h, w, 3)."""
    bits = array.dtype.itemsize * 8
    colour = array.ndim == 3
    return {
        "Rows": array.shape[0],
        "Columns": array.shape[1],
        "SamplesPerPixel": 3 if colour else 1,
        "PhotometricInterpretation": "RGB" if colour else "MONOCHROME2",
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": int(array.dtype.kind == "i"),
        "PlanarConfiguration": 0 if colour else None,
    }


def grey_picture(height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """A smooth picture with every shade, no row like another."""
    y, x = np.mgrid[:height, :width]
    return ((x * 3 + y * 5 + x * y // 7) % 256).astype(np.uint8)


def colour_picture(height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """Red, green, blue and grey quarters, with a ramp within each."""
    picture = np.zeros((height, width, 3), np.uint8)
    ramp = np.linspace(120, 250, width // 2).astype(np.uint8)
    half = height // 2
    picture[:half, : width // 2, 0] = ramp
    picture[:half, width // 2 :, 1] = ramp
    picture[half:, : width // 2, 2] = ramp
    picture[half:, width // 2 :] = ramp[:, None]
    return picture


def jpeg(picture: NDArray[np.uint8], *, stored: str = "YCbCr", markers: str = "JFIF", ids: bytes = b"\1\2\3") -> bytes:
    """A baseline JPEG of `picture` whose three channels are stored as "RGB" or "YCbCr", full resolution.

    markers: "JFIF", "Adobe" (its transform tells the truth) or "" for none; ids: the components' numbers.
    """
    buffer = io.BytesIO()
    image = Image.fromarray(picture)
    image.save(buffer, "JPEG", quality=95, subsampling=0, keep_rgb=stored == "RGB")
    data = _without_markers(buffer.getvalue())
    transform = 0 if stored == "RGB" else 1
    adobe = b"\xff\xee" + struct.pack(">H5sHHHB", 14, b"Adobe", 100, 0, 0, transform)
    jfif = b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    return _with_ids(data[:2] + {"JFIF": jfif, "Adobe": adobe, "": b""}[markers] + data[2:], ids)


def rle(picture: NDArray[np.uint8]) -> bytes:
    """DICOM RLE of (h, w) or (h, w, 3): one segment a channel, literal runs and repeats (PS3.5 G)."""
    planes = [picture] if picture.ndim == 2 else [picture[:, :, i] for i in range(3)]
    segments = [b"".join(_packed(row) for row in plane) for plane in planes]
    segments = [segment + b"\0" * (len(segment) % 2) for segment in segments]
    offsets = [64 + sum(map(len, segments[:i])) for i in range(len(segments))]
    return struct.pack("<16I", len(segments), *(offsets + [0] * (15 - len(offsets)))) + b"".join(segments)


def _packed(row: NDArray[np.uint8]) -> bytes:
    out, data = b"", row.tobytes()
    while data:
        run = len(data) - len(data.lstrip(data[:1]))
        if run > 2:
            run = min(run, 128)
            out += bytes([257 - run]) + data[:1]
        else:
            run = min(len(data), 100)
            out += bytes([run - 1]) + data[:run]
        data = data[run:]
    return out


def _without_markers(data: bytes) -> bytes:
    """The JPEG without its APP segments."""
    out, at = data[:2], 2
    while data[at + 1] != 0xDA:
        length = struct.unpack_from(">H", data, at + 2)[0]
        if not 0xE0 <= data[at + 1] <= 0xEF:
            out += data[at : at + 2 + length]
        at += 2 + length
    return out + data[at:]


def _with_ids(data: bytes, ids: bytes) -> bytes:
    """The JPEG with other component numbers, in its frame's and its scan's header."""
    patched, at = bytearray(data), 2
    while True:
        length = struct.unpack_from(">H", data, at + 2)[0]
        if data[at + 1] in (0xC0, 0xDA):
            first, step = (at + 10, 3) if data[at + 1] == 0xC0 else (at + 5, 2)
            for i, number in enumerate(ids):
                patched[first + step * i] = number
            if data[at + 1] == 0xDA:
                return bytes(patched)
        at += 2 + length
