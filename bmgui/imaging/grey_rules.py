"""Stored grey values become 8-bit grey as the file says: modality LUT, its default window or VOI LUT, MONOCHROME1.

DICOM PS3.3 C.11.1 and C.11.2, PS3.4 N.2. Where the file has no window: 8 bits stay as they are, more keep their highest
8 (`value >> (bits − 8)` of the stored range), fewer are spread over 0–255. So 12 bits that were made by shifting 8 come
back exactly, and the frames of a loop keep their brightness among themselves.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bmgui.imaging.pixel_form import PixelForm
from bmgui.imaging.pydicom_plain import Dataset

Values = NDArray[np.float64]
WindowKind = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]
_MOST_ENTRIES = 1 << 16


@dataclass(frozen=True, eq=False)
class Lut:
    """A table: the entry for `first` and all below, …, for all beyond its end; entries go up to `most`."""

    first: int
    entries: NDArray[np.uint16]
    most: int

    def apply(self, values: Values) -> Values:
        index = np.clip(values - self.first, 0, self.entries.size - 1).astype(np.int64)
        return self.entries[index].astype(np.float64)


@dataclass(frozen=True)
class Window:
    """centre and width in modality units (Hounsfield, …); width > 0."""

    centre: float
    width: float
    kind: WindowKind = "LINEAR"

    def apply(self, values: Values) -> Values:
        """0 to 255, not rounded. PS3.3 C.11.2.1.2 and C.11.2.1.3."""
        if self.kind == "SIGMOID":
            return 255 / (1 + np.exp(np.clip(-4 * (values - self.centre) / self.width, -700, 700)))
        if self.kind == "LINEAR_EXACT":
            return np.clip((values - self.centre) / self.width + 0.5, 0, 1) * 255
        if self.width <= 1:
            return np.where(values > self.centre - 0.5, 255.0, 0.0)
        return np.clip((values - (self.centre - 0.5)) / (self.width - 1) + 0.5, 0, 1) * 255


@dataclass(frozen=True)
class GreyRules:
    """What the file says of its grey values. `modality` None: slope and intercept; `voi` None: no window."""

    slope: float = 1.0
    intercept: float = 0.0
    modality: Lut | None = None
    voi: Lut | Window | None = None


def grey_rules(header: Dataset, big_endian: bool) -> GreyRules:
    """Read the rules; impossible ones (a window of width 0, a slope that is no number) are as good as none."""
    slope, intercept = _number(header.get("RescaleSlope")), _number(header.get("RescaleIntercept"))
    usable = slope is not None and slope != 0
    return GreyRules(
        slope=slope if slope is not None and usable else 1.0,
        intercept=intercept if intercept is not None and usable else 0.0,
        modality=_lut(header.get("ModalityLUTSequence"), big_endian),
        voi=_lut(header.get("VOILUTSequence"), big_endian) or _window(header),
    )


def to_grey(stored: NDArray[Any], form: PixelForm, rules: GreyRules) -> NDArray[np.uint8]:
    """uint8 of the same shape. `stored`: unsigned, two's complement where the form is signed."""
    mask = (1 << form.stored) - 1
    codes = (stored >> form.shift) & stored.dtype.type(mask) if form.shift or form.stored < form.allocated else stored
    if form.stored <= 16:  # every possible value is worked out once, then looked up
        shades: NDArray[np.uint8] = _shade(np.arange(1 << form.stored, dtype=np.int64), form, rules)[codes]
        return shades
    return _shade(codes.astype(np.int64), form, rules)


def _shade(codes: NDArray[np.int64], form: PixelForm, rules: GreyRules) -> NDArray[np.uint8]:
    span = 1 << form.stored
    numbers = np.where(codes >= span // 2, codes - span, codes) if form.signed else codes
    if rules.modality is None and rules.voi is None:
        lowest = -(span // 2) if form.signed else 0
        shades = highest_8(numbers - lowest, form.stored)
        shades = 255 - shades if rules.slope < 0 else shades
    else:
        values = numbers.astype(np.float64)
        values = rules.modality.apply(values) if rules.modality else values * rules.slope + rules.intercept
        shades = np.rint(_voi(values, rules)).astype(np.uint8)
    return 255 - shades if form.photometric == "MONOCHROME1" else shades


def _voi(values: Values, rules: GreyRules) -> Values:
    if isinstance(rules.voi, Window):
        return rules.voi.apply(values)
    table = rules.voi or rules.modality
    assert table is not None
    shown = table.apply(values) if rules.voi else values
    return shown * (255 / table.most)


def highest_8(values: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    """Values of 0 to 2^bits − 1 as 8 bits: the highest 8 where there are more, spread over 0–255 where fewer."""
    if bits >= 8:
        return (values >> (bits - 8)).astype(np.uint8)
    return np.rint(values * (255 / ((1 << bits) - 1))).astype(np.uint8)


def _window(header: Dataset) -> Window | None:
    centre, width = _number(_first(header.get("WindowCenter"))), _number(_first(header.get("WindowWidth")))
    if centre is None or width is None or width <= 0:
        return None
    said = str(header.get("VOILUTFunction") or "").strip().upper()
    kinds: dict[str, WindowKind] = {"LINEAR_EXACT": "LINEAR_EXACT", "SIGMOID": "SIGMOID"}
    return Window(centre, width, kinds.get(said, "LINEAR"))


def _lut(sequence: Any, big_endian: bool) -> Lut | None:
    if not sequence:
        return None
    item = sequence[0]
    described, data = item.get("LUTDescriptor"), item.get("LUTData")
    if described is None or data is None or len(described) != 3:
        return None
    count, first, bits = int(described[0]) or _MOST_ENTRIES, int(described[1]), int(described[2])
    entries = lut_entries(data, count, big_endian)
    if not entries.size:
        return None
    return Lut(first, entries, max((1 << min(max(bits, 1), 16)) - 1, int(entries.max())))


def lut_entries(data: Any, count: int, big_endian: bool) -> NDArray[np.uint16]:
    """A table's entries, uint16 (n,), n ≤ count: words, or bytes where there are no more than `count`."""
    if not isinstance(data, bytes | bytearray):
        numbers = np.atleast_1d(np.asarray(data, np.int64))
        return (numbers & 0xFFFF).astype(np.uint16)[:count]
    if len(data) < 2 * count and len(data) in (count, count + 1):
        packed = np.frombuffer(data, np.uint8)
        if big_endian and packed.size % 2 == 0:  # the bytes stand in 16-bit words
            packed = packed.reshape(-1, 2)[:, ::-1].reshape(-1)
        return packed[:count].astype(np.uint16)
    words = np.frombuffer(data[: len(data) // 2 * 2], ">u2" if big_endian else "<u2")
    return words[:count].astype(np.uint16)


def _first(value: Any) -> Any:
    if value is None or isinstance(value, str | bytes | int | float):
        return value
    try:
        return value[0]
    except (TypeError, IndexError, KeyError):
        return value


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None
