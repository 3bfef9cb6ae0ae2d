"""Values become shades as the file says: against the standard's formulas, by hand or by pydicom."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bmgui.imaging.codec import Codec
from bmgui.imaging.opening import open_scan
from tests.imaging.dicom_made import (
    BIG_ENDIAN,
    EXPLICIT,
    IMPLICIT,
    RLE,
    described,
    grey_picture,
    rle,
    write_dicom,
)

GREY = grey_picture()
WORDS = GREY.astype(np.uint16) * 16 + 5  # 12 bits


def shown(codec: Codec, path: Path, pixels: Any, **elements: Any) -> Any:
    return open_scan(write_dicom(path / "a.dcm", pixels, **elements), codec).frame(1)


def sequence(**elements: Any) -> list[Any]:
    from pydicom.dataset import Dataset

    item = Dataset()
    for name, value in elements.items():
        setattr(item, name, value)
    return [item]


def test_8_bits_without_a_window_stay_as_they_are(codec: Codec, tmp_path: Path) -> None:
    assert np.array_equal(shown(codec, tmp_path, GREY), GREY)


def test_12_bits_without_a_window_keep_their_highest_8(codec: Codec, tmp_path: Path) -> None:
    assert np.array_equal(shown(codec, tmp_path, WORDS, BitsStored=12, HighBit=11), GREY)


def test_high_bits_that_are_no_pixels_are_masked(codec: Codec, tmp_path: Path) -> None:
    overlaid = WORDS | 0xA000
    assert np.array_equal(shown(codec, tmp_path, overlaid, BitsStored=12, HighBit=11), GREY)


def test_bits_at_the_top_of_the_word(codec: Codec, tmp_path: Path) -> None:
    assert np.array_equal(shown(codec, tmp_path, WORDS << 4, BitsStored=12, HighBit=15), GREY)


def test_signed_12_of_16_bits(codec: Codec, tmp_path: Path) -> None:
    signed = WORDS.astype(np.int16) - 2048
    assert np.array_equal(shown(codec, tmp_path, signed, BitsStored=12, HighBit=11), GREY)
    narrow = signed & 0x0FFF  # the sign is bit 11; what stands above it is not said
    assert np.array_equal(shown(codec, tmp_path, narrow, BitsStored=12, HighBit=11), GREY)


def test_32_bits(codec: Codec, tmp_path: Path) -> None:
    assert np.array_equal(shown(codec, tmp_path, GREY.astype(np.uint32) << 24), GREY)


def test_monochrome1_is_turned_round_after_its_window(codec: Codec, tmp_path: Path) -> None:
    inverted = shown(codec, tmp_path, 255 - GREY, PhotometricInterpretation="MONOCHROME1")
    assert np.array_equal(inverted, GREY)
    windowed = {"WindowCenter": 60, "WindowWidth": 80}
    plain = shown(codec, tmp_path, GREY, **windowed)
    other = shown(codec, tmp_path, GREY, PhotometricInterpretation="MONOCHROME1", **windowed)
    assert np.array_equal(other, 255 - plain)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID", None])
@pytest.mark.parametrize(("centre", "width"), [(1000, 1500), (0, 1), (-500.5, 300.25), (2048, 4096)])
def test_a_window_is_what_pydicom_makes_of_it(
    codec: Codec, tmp_path: Path, function: str | None, centre: float, width: float
) -> None:
    from pydicom import dcmread
    from pydicom.pixels import apply_modality_lut, apply_windowing

    elements = {"WindowCenter": centre, "WindowWidth": width, "VOILUTFunction": function}
    rescaled = {"RescaleSlope": 1.5, "RescaleIntercept": -1024}
    frame = shown(codec, tmp_path, WORDS, BitsStored=12, HighBit=11, **elements, **rescaled)
    ds = dcmread(tmp_path / "a.dcm")
    reference = apply_windowing(apply_modality_lut(WORDS, ds), ds)
    low, high = -1024, 4095 * 1.5 - 1024  # pydicom spreads over the range that the rescaled values can have
    assert np.abs((reference - low) / (high - low) * 255 - frame).max() <= 0.51


def test_the_first_window_is_the_default(codec: Codec, tmp_path: Path) -> None:
    two = shown(codec, tmp_path, GREY, WindowCenter=[40, 128], WindowWidth=[80, 256])
    one = shown(codec, tmp_path, GREY, WindowCenter=40, WindowWidth=80)
    assert np.array_equal(two, one)
    assert not np.array_equal(one, GREY)


def test_the_window_that_changes_nothing_changes_nothing(codec: Codec, tmp_path: Path) -> None:
    assert np.array_equal(shown(codec, tmp_path, GREY, WindowCenter=128, WindowWidth=256), GREY)


def test_an_impossible_window_is_none(codec: Codec, tmp_path: Path) -> None:
    assert np.array_equal(shown(codec, tmp_path, GREY, WindowCenter=128, WindowWidth=0), GREY)


def test_a_window_does_not_touch_colours(codec: Codec, tmp_path: Path) -> None:
    colours = np.dstack([GREY, 255 - GREY, GREY // 2])
    assert np.array_equal(shown(codec, tmp_path, colours, WindowCenter=10, WindowWidth=20), colours)


def test_a_negative_slope_turns_round(codec: Codec, tmp_path: Path) -> None:
    frame = shown(codec, tmp_path, GREY, RescaleSlope=-1, RescaleIntercept=255)
    assert np.array_equal(frame, 255 - GREY)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN])
def test_a_voi_lut(codec: Codec, tmp_path: Path, syntax: str) -> None:
    entries = [(4095 - i) for i in range(0, 4096, 32)]  # 128 entries of 12 bits, falling, from value 100 on
    table = sequence(LUTDescriptor=[128, 100, 12], LUTData=words(entries, ">" if syntax == BIG_ENDIAN else "<"))
    frame = shown(codec, tmp_path, GREY, syntax=syntax, VOILUTSequence=table)
    expected = np.rint(np.asarray(entries)[np.clip(GREY.astype(int) - 100, 0, 127)] * (255 / 4095))
    assert np.array_equal(frame, expected.astype(np.uint8))


def test_a_modality_lut(codec: Codec, tmp_path: Path) -> None:
    table = sequence(LUTDescriptor=[256, 0, 16], LUTData=words(RAMP[::-1] * 257), ModalityLUTType="US")
    assert np.array_equal(shown(codec, tmp_path, GREY, ModalityLUTSequence=table), 255 - GREY)


# --- palettes ---

CHANNELS = ("Red", "Green", "Blue")
RAMP = np.arange(256)
COLOURS = np.stack([RAMP, 255 - RAMP, RAMP // 2], axis=1).astype(np.uint8)


def palette(bits: int, data: list[bytes], count: int = 256, first: int = 0, segmented: bool = False) -> dict[str, Any]:
    kind = "Segmented" if segmented else ""
    elements: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name, entries in zip(CHANNELS, data, strict=True):
        elements[f"{name}PaletteColorLookupTableDescriptor"] = [count % 65536, first, bits]
        elements[f"{kind}{name}PaletteColorLookupTableData"] = entries
    return elements


def words(values: Any, order: str = "<") -> bytes:
    return np.asarray(values).astype(f"{order}u2").tobytes()


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN])
def test_a_palette_of_16_bits_counts_by_its_high_bytes(codec: Codec, tmp_path: Path, syntax: str) -> None:
    order = ">" if syntax == BIG_ENDIAN else "<"
    data = [words(COLOURS[:, i].astype(int) * 256 + 77, order) for i in range(3)]
    assert np.array_equal(shown(codec, tmp_path, GREY, syntax=syntax, **palette(16, data)), COLOURS[GREY])


@pytest.mark.parametrize("bits", [8, 16])
def test_a_palette_of_8_bits_however_it_is_declared(codec: Codec, tmp_path: Path, bits: int) -> None:
    in_bytes = [COLOURS[:, i].tobytes() for i in range(3)]
    in_words = [words(COLOURS[:, i]) for i in range(3)]
    assert np.array_equal(shown(codec, tmp_path, GREY, **palette(bits, in_bytes)), COLOURS[GREY])
    assert np.array_equal(shown(codec, tmp_path, GREY, **palette(bits, in_words)), COLOURS[GREY])


def test_indices_outside_a_palette_take_its_ends(codec: Codec, tmp_path: Path) -> None:
    data = [words(COLOURS[100:150, i].astype(int) * 257) for i in range(3)]
    frame = shown(codec, tmp_path, GREY, **palette(16, data, count=50, first=100))
    assert np.array_equal(frame, COLOURS[np.clip(GREY, 100, 149)])


def test_a_palette_through_the_codec_process(codec: Codec, tmp_path: Path) -> None:
    data = [words(COLOURS[:, i].astype(int) * 257) for i in range(3)]
    elements = described(GREY) | palette(16, data)
    assert np.array_equal(shown(codec, tmp_path, [rle(GREY)], syntax=RLE, **elements), COLOURS[GREY])


def test_16_bit_indices(codec: Codec, tmp_path: Path) -> None:
    table = np.arange(65536)
    frame = shown(codec, tmp_path, GREY.astype(np.uint16) * 256, **palette(16, [words(table)] * 3, count=65536))
    assert np.array_equal(frame, np.dstack([GREY] * 3))


def test_a_segmented_palette_is_what_pydicom_makes_of_it(codec: Codec, tmp_path: Path) -> None:
    from pydicom import dcmread
    from pydicom.pixels import apply_color_lut

    # a run of two, a line to 60000 over 100, a repeat of both, a line down over 52
    segments = [0, 2, 1000, 5000, 1, 100, 60000, 2, 2, 0, 0, 1, 52, 0]
    frame = shown(codec, tmp_path, GREY, **palette(16, [words(segments)] * 3, segmented=True))
    reference = apply_color_lut(GREY, dcmread(tmp_path / "a.dcm"))
    assert np.array_equal(frame, (reference >> 8).astype(np.uint8))
