"""Whose scan it is and where it is calibrated, as a DICOM header says."""

import datetime
import re
import unicodedata
from typing import Any

import numpy as np

from bmgui.imaging.pydicom_plain import Dataset
from bmgui.imaging.scan import Patient, Region

_MOST_LETTERS = 200
_MOST_REGIONS = 64
_CENTIMETRES = 3
_ULTRASOUND_CLASSES = ("1.2.840.10008.5.1.4.1.1.6.", "1.2.840.10008.5.1.4.1.1.3.")
_LEAST_MM, _GREATEST_MM = 0.001, 10.0  # of one pixel: the finest probes write 0.03, a whole body 1


def patient(header: Dataset) -> Patient:
    """Name in readable form (family given; the ideographic group if there is one), id, birth date. Nothing escaped."""
    return Patient(
        name=_name(header), id=_text(header, "PatientID"), birth_date=iso_date(_text(header, "PatientBirthDate"))
    )


def study(header: Dataset) -> tuple[str, str]:
    """(the study's UID, its date as YYYY-MM-DD); "" where the file does not say."""
    return _text(header, "StudyInstanceUID"), iso_date(_text(header, "StudyDate"))


def modality(header: Dataset) -> str:
    """DICOM's Modality; where it is missing, "US" for an object of an ultrasound class, else ""."""
    said = _text(header, "Modality").upper()
    is_ultrasound = _text(header, "SOPClassUID").startswith(_ULTRASOUND_CLASSES)
    return said or ("US" if is_ultrasound else "")


def is_synthetic(header: Dataset) -> bool:
    """One value of Image Type is SYNTHETIC: how the program's own phantom is marked."""
    values = _value(header, "ImageType")
    listed = [values] if isinstance(values, str) else list(values or [])
    return any(str(value).strip().upper() == "SYNTHETIC" for value in listed)


def regions(header: Dataset, width_px: int, height_px: int) -> tuple[Region, ...]:
    """The ultrasound regions that are calibrated in cm both ways, those that lie on top first. PS3.3 C.8.5.5.

    Bounds are inclusive in DICOM, exclusive here. A region in seconds, Hz or nothing is no scale; nor is one whose
    pixels would be under 0.001 or over 10 mm; nor one that reaches beyond the picture: somebody has made the picture
    smaller since, and its scale is not known any more. A negative delta only says which way the axis runs.
    """
    found = []
    for item in list(_value(header, "SequenceOfUltrasoundRegions") or [])[:_MOST_REGIONS]:
        region = _region(item, width_px, height_px)
        if region is not None:
            # bit 0 of the flags: 0 for a region whose pixels have priority where regions overlap
            found.append(((_integer(item, "RegionFlags") or 0) & 1, region))
    return tuple(region for _, region in sorted(found, key=lambda pair: pair[0]))


def spacing_mm(header: Dataset) -> tuple[float, float] | None:
    """(row, column) of Pixel Spacing in mm. Never Imager Pixel Spacing, which is measured at the detector."""
    values = _value(header, "PixelSpacing")
    try:
        row, column = (float(value) for value in values)
    except (TypeError, ValueError):
        return None
    if not (_plausible(row) and _plausible(column)):
        return None
    return row, column


def iso_date(text: str) -> str:
    """YYYYMMDD, or the old YYYY.MM.DD, as YYYY-MM-DD; "" for what is no date."""
    match = re.fullmatch(r"(\d{4})[.-]?(\d{2})[.-]?(\d{2})", text)
    if not match:
        return ""
    try:
        return datetime.date(*map(int, match.groups())).isoformat()
    except ValueError:
        return ""


def _region(item: Dataset, width_px: int, height_px: int) -> Region | None:
    if [_integer(item, f"PhysicalUnits{axis}Direction") for axis in "XY"] != [_CENTIMETRES, _CENTIMETRES]:
        return None
    column_mm, row_mm = (10 * abs(_number(item, f"PhysicalDelta{axis}")) for axis in "XY")
    bounds = [_integer(item, f"RegionLocation{name}") for name in ("MinX0", "MinY0", "MaxX1", "MaxY1")]
    left, top, last_column, last_row = bounds
    if left is None or top is None or last_column is None or last_row is None:
        return None
    # some devices write the first column beyond, not the last one within
    right, bottom = min(last_column + 1, width_px), min(last_row + 1, height_px)
    within = 0 <= left < right and 0 <= top < bottom and last_column <= width_px and last_row <= height_px
    if not (within and _plausible(column_mm) and _plausible(row_mm)):
        return None
    return Region(left, top, right, bottom, column_mm, row_mm)


def _plausible(mm: float) -> bool:
    return _LEAST_MM <= mm <= _GREATEST_MM  # also false for NaN


def _name(header: Dataset) -> str:
    value = _value(header, "PatientName")
    if not value:
        return ""
    original = getattr(value, "original_string", b"")
    if isinstance(original, bytes) and not original.isascii() and not _value(header, "SpecificCharacterSet"):
        # a name beyond ASCII with no character set named: UTF-8 if it is that, for nothing else is UTF-8 by chance
        try:
            text = original.decode("utf-8")
        except UnicodeDecodeError:
            text = str(value)
    else:
        text = str(value)
    alphabetic, ideographic, *_ = [*text.split("="), "", ""]
    return _readable(ideographic.replace("^", " ")) or _readable(alphabetic.replace("^", " "))


def _text(header: Dataset, name: str) -> str:
    value = _value(header, name)
    return "" if value is None else _readable(str(value))


def _readable(text: str) -> str:
    """One line: control and direction characters are taken out, runs of spaces made one."""
    kept = "".join(" " if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp", "Cs") else letter for letter in text)
    return " ".join(kept.split())[:_MOST_LETTERS]


def _value(header: Dataset, name: str) -> Any:
    """The element's value, or None where it is missing or damaged: a bad birth date keeps no picture shut."""
    try:
        return header.get(name)
    except Exception:  # pydicom converts here, and raises whatever the damage leads to
        return None


def _integer(header: Dataset, name: str) -> int | None:
    try:
        return int(_value(header, name))
    except (TypeError, ValueError, OverflowError):
        return None


def _number(header: Dataset, name: str) -> float:
    try:
        return float(_value(header, name))
    except (TypeError, ValueError):
        return float(np.nan)
