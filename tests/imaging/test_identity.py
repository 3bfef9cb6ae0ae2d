"""Whose scan it is, and what a pixel measures."""

from pathlib import Path
from typing import Any

import pytest

from bmgui.imaging.codec import Codec
from bmgui.imaging.opening import open_scan
from bmgui.imaging.scan import Region, Scan
from bmgui.imaging.square import Square
from tests.imaging.dicom_made import grey_picture, write_dicom

GREY = grey_picture(200, 300)


def opened(codec: Codec, folder: Path, **elements: Any) -> Scan:
    return open_scan(write_dicom(folder / "a.dcm", GREY, **elements), codec)


@pytest.mark.parametrize(
    ("charset", "name", "readable"),
    [
        (None, "Doe^Jane^Mary", "Doe Jane Mary"),
        ("ISO_IR 192", "Wang^XiaoDong=王^小东", "王 小东"),
        ("GB18030", "Wang^XiaoDong=王^小东", "王 小东"),
        ("GBK", "陈^丽", "陈 丽"),
        ("ISO_IR 192", "陈丽", "陈丽"),
        ("ISO_IR 100", "Äneas^Rüdiger", "Äneas Rüdiger"),
        ("ISO_IR 192", 'Test<script>^"&', 'Test<script> "&'),  # escaped where it is shown, not here
        ("ISO_IR 192", "A\u202eB\nC^D", "A B C D"),
        (None, "", ""),
    ],
)
def test_names(codec: Codec, tmp_path: Path, charset: str | None, name: str, readable: str) -> None:
    assert opened(codec, tmp_path, SpecificCharacterSet=charset, PatientName=name).patient.name == readable


def test_utf_8_without_a_character_set(codec: Codec, tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", GREY, PatientName="ABCDEF")
    path.write_bytes(path.read_bytes().replace(b"ABCDEF", "陈丽".encode()))
    assert open_scan(path, codec).patient.name == "陈丽"


@pytest.mark.parametrize(
    ("date", "shown"), [("20260315", "2026-03-15"), ("2026.03.15", "2026-03-15"), ("20261399", ""), ("", "")]
)
def test_dates(codec: Codec, tmp_path: Path, date: str, shown: str) -> None:
    path = write_dicom(tmp_path / "a.dcm", GREY, StudyDate="19990101", PatientBirthDate="19990101")
    padded = date.ljust(10).encode() if "." in date else date.ljust(8).encode()
    length = len(padded).to_bytes(2, "little")
    path.write_bytes(path.read_bytes().replace(b"DA\x08\x0019990101", b"DA" + length + padded))
    scan = open_scan(path, codec)
    assert (scan.study_date, scan.patient.birth_date) == (shown, shown)


def test_who_and_when(codec: Codec, tmp_path: Path) -> None:
    scan = opened(
        codec,
        tmp_path,
        PatientID="00 12",
        StudyInstanceUID="1.2.9",
        ImageType=["DERIVED", "SECONDARY", "", "SYNTHETIC"],
    )
    assert (scan.patient.id, scan.study, scan.modality, scan.synthetic) == ("00 12", "1.2.9", "US", True)
    assert not opened(codec, tmp_path, ImageType=["ORIGINAL", "PRIMARY"]).synthetic


def test_an_ultrasound_class_stands_in_for_a_missing_modality(codec: Codec, tmp_path: Path) -> None:
    assert opened(codec, tmp_path, Modality=None).modality == "US"
    assert opened(codec, tmp_path, Modality=None, SOPClassUID="1.2.840.10008.5.1.4.1.1.7").modality == ""
    assert opened(codec, tmp_path, Modality="MG").modality == "MG"


# --- calibration ---


def region(
    left: int, top: int, last_column: int, last_row: int, dx_cm: float, dy_cm: float, units: int = 3, flags: int = 0
) -> Any:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.RegionLocationMinX0, item.RegionLocationMinY0 = left, top
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = last_column, last_row
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = units
    item.PhysicalDeltaX, item.PhysicalDeltaY = dx_cm, dy_cm
    item.RegionFlags = flags
    return item


def test_each_region_has_its_own_scale(codec: Codec, tmp_path: Path) -> None:
    scan = opened(
        codec,
        tmp_path,
        SequenceOfUltrasoundRegions=[region(0, 10, 149, 199, 0.01, 0.02), region(150, 10, 299, 199, -0.03, 0.03)],
    )
    assert scan.regions == (Region(0, 10, 150, 200, 0.1, 0.2), Region(150, 10, 300, 200, pytest.approx(0.3), 0.3))
    assert scan.mm_per_px(Square(20, 20, 100)) == (0.1, 0.2)
    assert scan.mm_per_px(Square(200, 20, 100)) == (pytest.approx(0.3), 0.3)
    assert scan.mm_per_px(Square(100, 20, 100)) is None  # over both
    assert scan.mm_per_px(Square(20, 0, 100)) is None  # beyond its top


@pytest.mark.parametrize(
    "bad",
    [
        region(0, 0, 99, 99, 0.01, 0.01, units=4),  # seconds
        region(0, 0, 99, 99, 0.0, 0.01),
        region(0, 0, 99, 99, float("nan"), 0.01),
        region(0, 0, 99, 99, 50.0, 50.0),
        region(99, 0, 0, 99, 0.01, 0.01),
        region(0, 0, 599, 399, 0.01, 0.01),  # of a picture twice as large: this one was made smaller
    ],
)
def test_no_region_no_millimetres(codec: Codec, tmp_path: Path, bad: Any) -> None:
    scan = opened(codec, tmp_path, SequenceOfUltrasoundRegions=[bad])
    assert scan.regions == ()
    assert scan.mm_per_px(Square(0, 0, 64)) is None


def test_the_region_on_top_comes_first(codec: Codec, tmp_path: Path) -> None:
    below, above = region(0, 0, 299, 199, 0.01, 0.01, flags=1), region(0, 0, 149, 199, 0.02, 0.02, flags=0)
    scan = opened(codec, tmp_path, SequenceOfUltrasoundRegions=[below, above])
    assert scan.mm_per_px(Square(0, 0, 64)) == (0.2, 0.2)
    assert scan.mm_per_px(Square(200, 0, 64)) == (0.1, 0.1)


def test_pixel_spacing_only_without_regions_and_never_the_detectors(codec: Codec, tmp_path: Path) -> None:
    square = Square(0, 0, 64)
    assert opened(codec, tmp_path, PixelSpacing=[0.2, 0.1]).mm_per_px(square) == (0.1, 0.2)
    assert opened(codec, tmp_path, ImagerPixelSpacing=[0.2, 0.1]).mm_per_px(square) is None
    assert opened(codec, tmp_path, PixelSpacing=[0, 0.1]).mm_per_px(square) is None
    elsewhere = [region(200, 0, 299, 199, 0.01, 0.01)]
    both = opened(codec, tmp_path, PixelSpacing=[0.2, 0.1], SequenceOfUltrasoundRegions=elsewhere)
    assert both.mm_per_px(square) is None
