"""What of an opened scan may go into a collection: pixels round the mass, and fields that name nobody."""

import datetime
import math
import re
from dataclasses import replace

import numpy as np

from bmgui.imaging.crop import Frame
from bmgui.imaging.scan_area import Area, find_scan_area
from bmgui.imaging.square import Square, fit_square
from bmgui.learning.collections.collection import LEAST_CROP_PX, Collection, Context, Label
from bmgui.learning.collections.pseudonyms import normal_form, pseudonym
from bmgui.learning.collections.storing import Draft, NormalDraft, prepared

MOST_AGE = 90  # who is older is easily found
AROUND = 1.5  # of its square is stored of a frame: squares of up to 3 x the mass, if the square is 2 x
_CODE = re.compile(r"[A-Za-z]{0,2}[0-9]{0,3}", re.ASCII)  # "1", "L2": of a mass, where anything may be written


def patient_of(collection: Collection | None, number: str) -> str:
    """What the patient of this number is called in the collection: as the collection writes her number where it was
    imported with numbers and has her (two ways to write one number are one patient), else by a pseudonym; "" where
    there is no number.

    Raises KnownError("patient-key-unreadable", "file-not-written").
    """
    number = number.strip()
    known = {section.patient for section in collection.sections} if collection is not None else set()
    if number in known:
        return number
    wanted = normal_form(number)
    return min((patient for patient in known if normal_form(patient) == wanted), default="") or pseudonym(number)


def age_at(birth_date: str, study_date: str) -> float | None:
    """Whole years, at most 90; None where a date is missing (both YYYY-MM-DD) or they contradict each other."""
    try:
        born, seen = datetime.date.fromisoformat(birth_date), datetime.date.fromisoformat(study_date)
    except ValueError:
        return None
    years = seen.year - born.year - ((seen.month, seen.day) < (born.month, born.day))
    return float(min(years, MOST_AGE)) if years >= 0 else None


def draft_of(
    pixels: Frame,
    square: Square,
    label: Label,
    *,
    fingerprint: str,
    frame: int = 1,
    patient: str = "",
    mass: str = "",
    age: float | None = None,
    birads: str = "",
) -> Draft:
    """A draft of this mass. pixels: uint8 (h, w) or (h, w, 3), the whole decoded frame, of which `around` is
    stored. fingerprint: the scan's; patient: as `patient_of` says. The file is called by a pseudonym of its own, so
    that the frames of one file still belong together. Raises as `patient_of`."""
    file = pseudonym(fingerprint, "scan")
    return Draft(
        id=file if frame == 1 else f"{file}#{frame}",
        file=file,
        frame=frame,
        label=label,
        pixels=pixels,
        square_from="given",
        square=square,
        around=around(pixels, square),
        patient=patient,
        mass=mass.strip(),
        age=age,
        birads=birads.strip(),
    )


def around(pixels: Frame, square: Square) -> Area:
    """What is stored of this frame: 1.5 × the square, and what a crop of that is made of; where the square lies in the
    scan area, nothing of the console beyond, with its names and numbers (but for the few pixels that resampling reaches
    over the square's edge)."""
    height, width = pixels.shape[:2]
    square = fit_square(square, width, height)
    area = find_scan_area(pixels)
    inside = area.left <= square.left and area.top <= square.top
    if not (inside and square.right <= area.right and square.bottom <= area.bottom):
        area = Area(0, 0, width, height)
    whole = AROUND * square.side
    more = math.ceil((whole - square.side) / 2) + math.ceil(whole / LEAST_CROP_PX) + 2  # see Section.limits
    return Area(
        max(area.left, square.left - more),
        max(area.top, square.top - more),
        min(area.right, square.right + more),
        min(area.bottom, square.bottom + more),
    )


def disguised(draft: Draft) -> Draft:
    """The draft with pseudonyms in place of what a list gave for patient, group, file and id, and for a mass that is
    more than a short code; with an age of at most 90."""
    return replace(
        draft,
        mass=draft.mass if _CODE.fullmatch(draft.mass) else pseudonym(draft.mass, "mass"),
        age=None if draft.age is None else min(draft.age, float(MOST_AGE)),
        id=pseudonym(draft.id, "section"),
        file=pseudonym(draft.file, "scan"),
        patient=pseudonym(draft.patient),
        group=pseudonym(draft.group, "group"),
    )


def disguised_normal(draft: NormalDraft) -> NormalDraft:
    """Likewise, of a picture without a mass."""
    return replace(draft, file=pseudonym(draft.file, "scan"), patient=pseudonym(draft.patient))


def stored_part(pixels: Frame, square: Square) -> tuple[Context, Frame]:
    """What a collection stores of this frame round this square: where it lies, and its pixels, uint8 (rows, columns).

    Raises KnownError("picture-too-small")."""
    nobody = Draft("", "", 1, "benign", pixels, "given", square, around=around(pixels, square))
    new = prepared(nobody, 0)
    here = new.section.context
    return here, np.frombuffer(new.context, np.uint8).reshape(here.rows, here.columns)
