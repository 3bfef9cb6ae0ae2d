"""What of an opened scan may go into a collection: pixels round the mass, and fields that name nobody."""

import datetime
from dataclasses import replace

import numpy as np

from bmgui.imaging.crop import Frame
from bmgui.imaging.square import Square
from bmgui.learning.collection import Collection, Context, Label
from bmgui.learning.pseudonyms import normal_form, pseudonym
from bmgui.learning.storing import Draft, NormalDraft, prepared

MOST_AGE = 90  # who is older is easily found


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
    """A draft of this mass. pixels: uint8 (h, w) or (h, w, 3), the whole decoded frame, of which only the context is
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
        patient=patient,
        mass=mass.strip(),
        age=age,
        birads=birads.strip(),
    )


def disguised(draft: Draft) -> Draft:
    """The draft with pseudonyms in place of what a list gave for patient, group, file and id."""
    return replace(
        draft,
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
    nobody = Draft("", "", 1, "benign", pixels, "given", square)
    new = prepared(nobody, 0)
    here = new.section.context
    return here, np.frombuffer(new.context, np.uint8).reshape(here.rows, here.columns)
