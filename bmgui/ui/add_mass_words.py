"""What the page that adds a mass says: what is stored, what becomes of the patient, what stands in the way."""

from html import escape
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.learning.collections.collection import PARTS as PART_NAMES
from bmgui.learning.collections.proven import Case, Seen, Told
from bmgui.learning.collections.pseudonyms import is_pseudonym
from bmgui.ui.retrain.collections.pieces import PARTS
from bmgui.ui.retrain.collections.tiles import words_of
from bmgui.wording import sentence, tr

_MOST_NAMED = 3


def stored_rows(case: Case, told: Told, patient: str, *, whole: bool) -> list[tuple[str, str]]:
    """Everything that is stored, and what is not. patient: as she is called in the collection; whole: the mass is so
    large that the whole frame is stored."""
    square = case.square
    if kept_by_number(patient):
        left_out = tr("name, dates, file name, colour")
        and_rest = tr("name, dates, file name, colour, the rest of the frame")
    else:
        left_out = tr("name, number, dates, file name, colour")
        and_rest = tr("name, number, dates, file name, colour, the rest of the frame")
    place = tr(
        "square of {side} px at {left}, {top}; frame {frame}; the frame's and the pixels' check sums",
        side=square.side,
        left=square.left,
        top=square.top,
        frame=case.frame,
    )
    return [
        (
            tr("Picture"),
            tr("the grey pixels on the left, and the whole frame reduced to 32 × 32 px, to find doubles by"),
        ),
        (tr("Pathology"), words_of(told.label) if told.label else "…"),
        (tr("Patient"), (tr("{patient} (her number)", patient=patient) if kept_by_number(patient) else patient) or "–"),
        (tr("Mass"), told.mass or "–"),
        (tr("Age"), "–" if case.age is None else f"{case.age:.0f}"),
        ("BI-RADS", told.birads or "–"),
        (tr("Place"), place),
        (tr("Not stored"), left_out if whole else and_rest),
    ]


def table(rows: list[tuple[str, str]], quiet: str) -> str:
    """The rows in Qt's rich text. quiet: the names' colour."""
    cells = "".join(
        f'<tr><td style="color: {quiet}; padding-right: 12px">{escape(name)}</td><td>{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<p style='margin: 0 0 4px 0'>{escape(tr('What is stored'))}</p><table>{cells}</table>"


def kept_by_number(patient: str) -> bool:
    """Whether the collection calls this patient by her number, and so keeps it."""
    return bool(patient) and not is_pseudonym(patient)


def hint(told: Told, patient: str) -> str:
    """What becomes of the patient's number."""
    if not told.number:
        return tr(
            "Without a number, scans of one patient may be learnt from and tested on at once. Any number will do that "
            "is always this patient's."
        )
    if kept_by_number(patient):
        return tr("The collection was imported with patients' numbers and has this one: her number is stored.")
    return tr("A pseudonym is stored, the same for all scans of this patient; never the number.")


def outlook_words(seen: Seen) -> str:
    """What adding it means for its patient's part."""
    if seen.trouble is not None:
        return ""
    if seen.collection is None or seen.outlook is None:
        return tr("A new collection begins with this mass.")
    outlook = seen.outlook
    words = []
    if outlook.patients:
        words.append(tr("Sections of this patient in it: {count}.", count=outlook.patients))
    if outlook.alike:
        pictures = ", ".join(outlook.alike[:_MOST_NAMED])
        words.append(tr("It is the same picture as, or nearly the same as: {pictures}.", pictures=pictures))
    if outlook.part == "test":
        words.append(tr("It joins them in the locked test, so it is never learnt from."))
    elif outlook.part is not None:
        words.append(tr("It joins them in the part: {part}.", part=tr(PARTS[outlook.part])))
    elif seen.collection.parts:
        words.append(tr("A new patient: in no part until the collection is split again; its locked test stays."))
    elif not words:
        words.append(tr("A new patient. The collection is not split yet."))
    return " ".join(words)


def worded(error: KnownError, folder: Path | None, name: str) -> str:
    """The error's sentence, with the collection at `folder` by its name, labels and parts in the reader's words."""
    fields = dict(error.fields)
    if folder is not None and fields.get("file") == str(folder):
        fields["file"] = name
    if "label" in fields:
        fields["label"] = words_of(str(fields["label"]))
    for key in ("first", "second"):
        part = next((part for part in PART_NAMES if part == fields.get(key)), None)
        if part is not None:
            fields[key] = tr(PARTS[part])
    return sentence(KnownError(error.code, **fields))
