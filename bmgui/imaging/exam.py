"""Scans become exams: those of one patient and study."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from bmgui.imaging.scan import Patient, Scan


@dataclass(frozen=True)
class Exam:
    """The scans of one patient and study, in the order in which they came.

    key: 16 hex digits, the same whenever the same patient and study (or folder) is opened.
    """

    key: str
    patient: Patient
    study_date: str
    scans: tuple[Scan, ...]


def group_exams(scans: Iterable[Scan]) -> tuple[Exam, ...]:
    """Group by patient and study; exams in the order of their first scan.

    Scans that say neither whose they are nor of which study (pictures, mostly) are grouped by the folder they lie in.
    """
    groups: dict[tuple[str, ...], list[Scan]] = {}
    for scan in scans:
        groups.setdefault(_identity(scan), []).append(scan)
    return tuple(
        Exam(
            key=hashlib.sha256("\0".join(identity).encode("utf-8", "surrogatepass")).hexdigest()[:16],
            patient=members[0].patient,
            study_date=members[0].study_date,
            scans=tuple(members),
        )
        for identity, members in groups.items()
    )


def _identity(scan: Scan) -> tuple[str, ...]:
    patient = scan.patient
    if patient == Patient() and not scan.study:
        return ("folder", str(scan.path.absolute().parent))
    # the study's day stands in where its UID is missing: two days of one patient are two exams
    return ("study", patient.id, patient.name, patient.birth_date, scan.study or scan.study_date)
