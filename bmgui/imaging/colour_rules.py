"""Stored colours become RGB: palettes, every YBR, more than 8 bits. DICOM PS3.3 C.7.6.3.1.2, C.7.9."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bmgui.imaging.crop import Frame
from bmgui.imaging.grey_rules import highest_8, lut_entries
from bmgui.imaging.pixel_form import PixelForm
from bmgui.imaging.pydicom_plain import Dataset

_MOST_ENTRIES = 1 << 16
_CHANNELS = ("Red", "Green", "Blue")


@dataclass(frozen=True, eq=False)
class Palette:
    """table: uint8 (n, 3), the colours of the indices `first`, first + 1, …; indices beyond take the nearest end's."""

    first: int
    table: NDArray[np.uint8]

    def apply(self, indices: NDArray[Any]) -> Frame:
        colours: Frame = self.table[np.clip(indices.astype(np.int64) - self.first, 0, len(self.table) - 1)]
        return colours


def palette(header: Dataset, big_endian: bool) -> Palette | None:
    """The file's palette, plain or segmented; None where it has none that is usable."""
    channels = []
    first = 0
    for name in _CHANNELS:
        described = header.get(f"{name}PaletteColorLookupTableDescriptor")
        if described is None or len(described) != 3:
            return None
        count = int(described[0]) or _MOST_ENTRIES
        first = int(described[1]) if name == "Red" else first
        plain = _raw(header, f"{name}PaletteColorLookupTableData")
        segmented = _raw(header, f"Segmented{name}PaletteColorLookupTableData")
        if plain is not None:
            entries = lut_entries(plain, count, big_endian)
        elif segmented is not None:
            entries = _expanded(segmented, int(described[2]), count, big_endian)
        else:
            return None
        channels.append(entries)
    length = min(entries.size for entries in channels)
    if length == 0:
        return None
    table = np.stack([entries[:length] for entries in channels], axis=1)
    # 16-bit entries count by their high byte; some devices say 16 bits and write 8
    return Palette(first, (table >> 8 if table.max() > 255 else table).astype(np.uint8))


def to_rgb(stored: NDArray[Any], form: PixelForm, photometric: str) -> Frame:
    """uint8 (rows, columns, 3) from stored (rows, columns, 3); `photometric`: what these three channels are."""
    eight = _to_8_bits(stored, form)
    if photometric in ("RGB", "YBR_ICT", "YBR_RCT"):  # JPEG 2000 decoders undo ICT and RCT themselves
        return eight
    if photometric.startswith("YBR_PARTIAL"):
        return _from_partial(eight)
    return np.asarray(Image.fromarray(np.ascontiguousarray(eight), "YCbCr").convert("RGB"))


def _to_8_bits(stored: NDArray[Any], form: PixelForm) -> NDArray[np.uint8]:
    if stored.dtype == np.uint8 and form.stored == 8:
        return np.asarray(stored, np.uint8)
    codes = (stored >> form.shift) & stored.dtype.type((1 << form.stored) - 1)
    return highest_8(codes, form.stored)


def _from_partial(ybr: NDArray[np.uint8]) -> Frame:
    """ITU-R BT.601 of reduced range: Y 16–235, chroma 16–240 about 128."""
    y, cb, cr = (ybr[:, :, i].astype(np.float64) - offset for i, offset in enumerate((16, 128, 128)))
    scaled = y * (255 / 219)
    rgb = (scaled + 1.5960 * cr, scaled - 0.3918 * cb - 0.8130 * cr, scaled + 2.0172 * cb)
    return np.rint(np.clip(np.stack(rgb, axis=2), 0, 255)).astype(np.uint8)


def _raw(header: Dataset, keyword: str) -> Any:
    """The value's bytes as they stand in the file: pydicom would make a list of 65536 numbers of a palette."""
    if keyword not in header:
        return None
    element = header.get_item(keyword)
    return element.value if element is not None else None


def _expanded(data: bytes, bits: int, count: int, big_endian: bool) -> NDArray[np.uint16]:
    """A segmented table's entries (PS3.3 C.7.9.2): runs of values, straight lines, and repeats of earlier segments."""
    wide = bits > 8
    order = ">" if big_endian else "<"
    words = np.frombuffer(data[: len(data) // 2 * 2], f"{order}u2") if wide else np.frombuffer(data, np.uint8)
    out: list[int] = []
    _expand(words.tolist(), 0, None, out, count, wide)
    return np.asarray(out[:count], np.uint16)


def _expand(words: list[int], at: int, segments: int | None, out: list[int], count: int, wide: bool) -> None:
    """Add what `segments` segments from `at` on say (None: all of them) to `out`; a damaged one ends it."""
    done = 0
    while at + 1 < len(words) and done != segments and len(out) < count:
        kind, length = words[at], words[at + 1]
        if kind == 0:
            out += words[at + 2 : at + 2 + length]
            at += 2 + length
        elif kind == 1 and out and length and at + 2 < len(words):
            start, step = out[-1], (words[at + 2] - out[-1]) / length
            out += [round(start + step * i) for i in range(1, length + 1)]
            at += 3
        elif kind == 2 and segments is None:  # a repeat within a repeat is not allowed
            digits, base = (2, 1 << 16) if wide else (4, 1 << 8)
            offset = sum(word * base**power for power, word in enumerate(words[at + 2 : at + 2 + digits]))
            _expand(words, offset // (2 if wide else 1), length, out, count, wide)
            at += 2 + digits
        else:
            return
        done += 1
