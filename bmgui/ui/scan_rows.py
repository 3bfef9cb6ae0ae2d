"""What the column of scans lists: headings, scans and unread files, in order. No Qt in here."""

from collections.abc import Sequence
from dataclasses import dataclass

from bmgui.base.errors import KnownError
from bmgui.imaging.exam import Exam
from bmgui.imaging.opening import Unread
from bmgui.imaging.scan import Patient, Scan
from bmgui.wording import sentence, tr


@dataclass(frozen=True)
class Heading:
    """Whose exam the rows below are, or that they could not be read."""

    text: str


@dataclass(frozen=True)
class ScanRow:
    """One scan. index: what `Desk.show_scan` counts; frames: in words, "" for a still."""

    index: int
    scan: Scan
    text: str
    frames: str


@dataclass(frozen=True)
class UnreadRow:
    """A file that could not be opened: its name (hidden where identity is), and why."""

    text: str
    why: str


Row = Heading | ScanRow | UnreadRow


def rows(exams: Sequence[Exam], unread: Sequence[Unread], *, identity_shown: bool) -> list[Row]:
    """The rows for these exams. A file's name can name its patient: without identity scans are only counted."""
    made: list[Row] = []
    index = 0
    for number, exam in enumerate(exams, start=1):
        made.append(Heading(heading(exam, number, identity_shown)))
        for scan in exam.scans:
            text = scan.path.name if identity_shown else tr("Scan {number}", number=index + 1)
            frames = "" if scan.frames == 1 else tr("{count} frames", count=scan.frames)
            made.append(ScanRow(index, scan, text, frames))
            index += 1
    if unread:
        made.append(Heading(tr("Not read")))
        for number, one in enumerate(unread, start=1):
            text = one.path.name if identity_shown else tr("File {number}", number=number)
            made.append(UnreadRow(text, unread_sentence(one.error, identity_shown)))
    return made


def heading(exam: Exam, number: int, identity_shown: bool) -> str:
    """The patient and the day of study; the folder for pictures that say neither."""
    if not identity_shown:
        return tr("Exam {number}", number=number)
    named = "\n".join(part for part in (exam.patient.name or exam.patient.id, exam.study_date) if part)
    return named or exam.scans[0].path.absolute().parent.name or tr("Exam {number}", number=number)


def unread_sentence(error: KnownError, identity_shown: bool) -> str:
    """Why a file was not read. Only the file's name, not its folders; not even that where identity is hidden."""
    fields = dict(error.fields)
    if "file" in fields:
        path = str(fields["file"])
        name = path.replace("\\", "/").rpartition("/")[2] if identity_shown else tr("This file")
        # what a library says of it may name the whole path, too
        fields = {key: one.replace(path, name) if isinstance(one, str) else one for key, one in fields.items()}
    return sentence(KnownError(error.code, **fields))


def identity_line(patient: Patient, study_date: str) -> str:
    """Name, ID, birth date and study date, those that the file states; "" where it states none."""
    parts = (
        patient.name,
        tr("ID {id}", id=patient.id) if patient.id else "",
        tr("born {date}", date=patient.birth_date) if patient.birth_date else "",
        tr("study of {date}", date=study_date) if study_date else "",
    )
    return " · ".join(part for part in parts if part)
