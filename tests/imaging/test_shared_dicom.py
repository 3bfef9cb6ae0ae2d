"""Real DICOM files, if they are at hand: each opens, or is refused with one sentence, as its list says."""

import csv
from pathlib import Path

import numpy as np
import pytest

from bmgui.base.errors import KnownError
from bmgui.imaging.codec import Codec
from bmgui.imaging.opening import find_files, open_scan
from bmgui.imaging.square import Square
from bmgui.wording import english

REFUSED = {
    "us/us_jpegxl_27frames_ge.dcm": "syntax-unsupported",
    "other/ct_jpeg_process6_8_retired.dcm": "syntax-unsupported",
    "charset/ja_multi_ir13_ir87_ir159.dcm": "no-pixels",
    "charset/ja_multi_explicit_ir6.dcm": "no-pixels",
    "charset/ja_in_sequence.dcm": "not-an-image",
    "charset/empty_charset.dcm": "not-an-image",
    "malformed/truncated_pixel_data.dcm": "pixels-cut",
    "malformed/truncated_rtplan.dcm": "not-an-image",
    "malformed/bad_vr.dcm": "header-impossible",
    "malformed/no_file_meta.dcm": "not-a-scan",
    "malformed/missing_transfer_syntax.dcm": "dicom-without-syntax",
    "malformed/explicit_no_meta.dcm": "dicom-without-header",
    "malformed/j2k_frames_too_short.dcm": "frames-missing",
    "malformed/claims_3gb_truncated.dcm": "header-impossible",
    "malformed/no_preamble_dicm_in_data.dcm": "dicom-without-syntax",
    "malformed/un_sequence.dcm": "not-an-image",
    "malformed/rows_46341_overflow.dcm": "picture-too-large",
    "malformed/rows_65535_overflow.dcm": "picture-too-large",
    "malformed/no_pixel_data.dcm": "no-pixels",
    "malformed/rows_missing.dcm": "header-incomplete",
    "malformed/j2k_embedded_delimiter.dcm": "stream-contradicts",
    "malformed/deflated_with_sq.dcm": "not-an-image",
    "malformed/multiframe_no_pixels.dcm": "header-incomplete",
    "nonimage/rtplan.dcm": "not-an-image",
    "nonimage/sr_basic.dcm": "not-an-image",
    "dicomdir/tiny_alpha/DICOMDIR": "dicom-directory",
    "dicomdir/multi_patient/DICOMDIR": "dicom-directory",
    "dicomdir/us_set_made_here/DICOMDIR": "dicom-directory",
    "malformed/us_rows_too_many_made_here.dcm": "pixels-cut",
    "malformed/us_cols_zero_made_here.dcm": "header-impossible",
    "malformed/us_samples_2_made_here.dcm": "header-impossible",
    "malformed/us_bits_12_of_8_made_here.dcm": "header-impossible",
    "malformed/us_photometric_unknown_made_here.dcm": "header-impossible",
    "malformed/us_frames_1000_made_here.dcm": "pixels-cut",
    "malformed/us_no_pixel_data_made_here.dcm": "no-pixels",
    "malformed/us_jpeg_cut_in_half.dcm": "frames-missing",
    "malformed/us_le_cut.dcm": "pixels-cut",
    "malformed/empty.dcm": "file-empty",
    "malformed/text_named_dcm.dcm": "not-a-scan",
}
NAMES = {
    "ja_iso2022_ir87": "山田 太郎",
    "ja_iso2022_ir13_ir87": "山田 太郎",
    "zh_utf8": "王 小東",
    "zh_gb18030": "王 小东",
    "ko_iso2022_ir149": "洪 吉洞",
    "de_latin1": "Äneas Rüdiger",
    "ru_ir144": "Люкceмбypг",
    "ar_ir127": "قباني لنزار",
}


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data" / "dicom"


def frame(folder: Path, codec: Codec, name: str, number: int = 1) -> "np.ndarray":  # type: ignore[type-arg]
    return open_scan(folder / "us" / f"{name}.dcm", codec).frame(number)


def test_every_file_does_what_its_list_expects(folder: Path, codec: Codec) -> None:
    with (folder / "list.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    wrong = []
    for row in rows:
        path, expected = folder / row["file"], REFUSED.get(row["file"])
        try:
            scan = open_scan(path, codec)
            shapes = {scan.frame(number).shape[:2] for number in {1, scan.frames}}
        except KnownError as error:
            sentence = english(error)
            if error.code != expected or error.fields["file"] != str(path) or "\n" in sentence:
                wrong.append((row["file"], sentence))
            continue
        told = (shapes, scan.frames, scan.modality)
        if expected or told != ({(int(row["rows"]), int(row["cols"]))}, int(row["frames"] or 1), row["modality"]):
            wrong.append((row["file"], str(told)))
    assert wrong == []
    assert len(rows) == 117


@pytest.mark.parametrize(
    "group",
    [
        ("us_le_rgb_nema_us1", "us_rle_rgb_nema_us1", "us_j2k_lossless_ybr_rct_nema_us1"),
        ("us_le_rgb_colordoppler_small", "us_le_rgb_planar1_colordoppler_small", "us_deflated_rgb_made_here"),
        ("us_implicit_palette16_aloka", "us_be_palette16_aloka"),
    ],
)
def test_lossless_equivalents_are_equal(folder: Path, codec: Codec, group: tuple[str, ...]) -> None:
    first, *others = (frame(folder, codec, name) for name in group)
    assert first.ndim == 3
    assert all(np.array_equal(first, other) for other in others)


def test_a_loop_is_the_same_in_rle_and_jpeg_ls(folder: Path, codec: Codec) -> None:
    names = ("us_rle_palette8_10frames_colordoppler", "us_jpegls_palette8_10frames_colordoppler")
    rle, jpeg_ls = (open_scan(folder / "us" / f"{name}.dcm", codec) for name in names)
    frames = [(rle.frame(n), jpeg_ls.frame(n)) for n in range(1, 11)]
    assert all(np.array_equal(one, other) for one, other in frames)
    assert not np.array_equal(frames[0][0], frames[9][0])


def test_inverted_and_12_bit_pictures_look_like_their_source(folder: Path, codec: Codec) -> None:
    source = frame(folder, codec, "us_jpegll_mono2_philips")[200:456, 300:620].astype(int)
    for name in ("us_mono1_8bit_made_here", "us_mono2_16bit_12stored_made_here"):
        assert np.abs(frame(folder, codec, name) - source).max() <= 2  # the source has a window of 254, they have none


@pytest.mark.parametrize(
    ("lossy", "lossless"),
    [
        ("us_j2k_lossy_ybr_ict_nema_us1", "us_le_rgb_nema_us1"),
        ("us_jpeg_ybrfull_8frames_fragmented_no_bot", "us_implicit_rgb_8frames_colordoppler"),
    ],
)
def test_lossy_colours_are_close_to_their_source(folder: Path, codec: Codec, lossy: str, lossless: str) -> None:
    assert np.abs(frame(folder, codec, lossy).astype(int) - frame(folder, codec, lossless)).mean() < 8


def test_the_test_pattern_has_its_colours_however_it_is_compressed(folder: Path, codec: Codec) -> None:
    kinds = ("jpeg_ybr422", "jpeg_ybrfull", "jpegls_lossless_rgb", "jpegls_near_rgb", "jpegll_rgb")
    patterns = [open_scan(folder / "other" / f"pattern_{kind}.dcm", codec).frame(1).astype(int) for kind in kinds]
    for pattern in patterns:
        assert np.abs(pattern - patterns[-1]).mean() < 4


def test_stripes_are_red_green_blue_in_every_syntax(folder: Path, codec: Codec) -> None:
    names = [f"sc_{kind}" for kind in ["rle_rgb8", "rle_rgb16", "rle_rgb32", "le_ybr422", "le_ybrfull", "jpeg_dcmtk"]]
    names += ["sc_jpeg_rgb_dcmtk", "sc_jpeg_ybr411_dcmtk", "sc_jpegll_rgb_gdcm", "sc_j2k_rgb_gdcm"]
    for name in names:
        picture = open_scan(folder / "other" / f"{name}.dcm", codec).frame(1).astype(int)
        for row, colour in ((5, (255, 0, 0)), (25, (0, 255, 0)), (45, (0, 0, 255)), (95, (255, 255, 255))):
            assert np.abs(picture[row, 50] - colour).max() <= 6, (name, row)  # some are lossy


def test_text_in_colours(folder: Path, codec: Codec) -> None:
    picture = open_scan(folder / "other" / "sc_j2k_textgbr_gdcm.dcm", codec).frame(1)
    thirds = [picture[rows].reshape(-1, 3) for rows in (slice(0, 130), slice(130, 265), slice(265, 400))]
    for channel, third in enumerate(thirds):
        strongest = third[np.ptp(third.astype(int), axis=1).argmax()]
        assert strongest.argmax() == channel  # the words "red", "green", "blue" are written in their colours


def test_one_slice_in_seven_syntaxes(folder: Path, codec: Codec) -> None:
    slices = [open_scan(path, codec).frame(1) for path in sorted((folder / "other").glob("mr_*_mono2_16.dcm"))]
    assert len(slices) == 6
    assert all(np.array_equal(slices[0], other) for other in slices[1:])


def test_names_in_many_scripts(folder: Path, codec: Codec) -> None:
    for name, readable in NAMES.items():
        assert open_scan(folder / "charset" / f"{name}.dcm", codec).patient.name == readable


def test_calibration_is_the_regions_own(folder: Path, codec: Codec) -> None:
    scan = open_scan(folder / "us" / "us_implicit_palette16_aloka.dcm", codec)
    assert scan.mm_per_px(Square(40, 30, 200)) == pytest.approx((0.382653, 0.382653), abs=1e-6)
    assert scan.mm_per_px(Square(250, 30, 200)) is None  # over both halves of the split screen
    only_regions = open_scan(folder / "us" / "us_rle_palette8_no_pixel_spacing.dcm", codec)
    assert only_regions.mm_per_px(Square(200, 100, 200)) == pytest.approx((0.330542, 0.330542), abs=1e-6)
    # its regions are those of 640 × 480; the picture has 320 × 240: no scale, rather than half of one
    assert open_scan(folder / "us" / "us_jpeg_ybr422_30frames_sonosite.dcm", codec).regions == ()


def test_a_folder_of_instances_without_suffixes(folder: Path) -> None:
    found = find_files(folder / "dicomdir" / "us_set_made_here")
    assert len(found) == 6
    assert all(path.name != "DICOMDIR" for path in found)
