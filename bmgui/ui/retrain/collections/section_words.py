"""What is known of a section, and what was corrected of it, as words."""

import re
from datetime import datetime
from html import escape

from bmgui.imaging.square import Square
from bmgui.learning.collections.collection import Collection, Section
from bmgui.learning.collections.corrections import Correction
from bmgui.ui import theme
from bmgui.ui.retrain.collections.grid import part_words
from bmgui.ui.retrain.collections.tiles import words_of
from bmgui.wording import tr


def facts(collection: Collection, section: Section) -> list[tuple[str, str]]:
    """Name and value of everything that is known, in the order of what matters."""
    square = section.square
    told = [
        (tr("Pathology"), words_of(section.label)),
        (tr("Part"), part_words(collection, section)),
        (tr("Excluded"), collection.excluded.get(section.id, "")),
        (tr("Patient"), section.patient),
        (tr("Mass"), section.mass),
        (tr("Scanner"), section.scanner),
        (tr("BI-RADS"), section.birads),
        (tr("Age"), "" if section.age is None else f"{section.age:g}"),
        (tr("Size"), "" if section.size_mm is None else tr("{size} mm", size=f"{section.size_mm:g}")),
        (tr("Published part"), section.official),
        (tr("Near duplicates"), tr("group {group}", group=section.group) if section.group else ""),
        (
            tr("Square"),
            tr("left {left}, top {top}, side {side} px", left=square.left, top=square.top, side=square.side),
        ),
        (tr("Square from"), origin(section)),
        (tr("Picture"), tr("{width} × {height} px", width=section.width, height=section.height)),
        (tr("File"), section.file if section.frame == 1 else f"{section.file} ({section.frame})"),
        (tr("Colour"), tr("clear colour in the square") if section.coloured else ""),
    ]
    return [(name, value) for name, value in told if value]


def origin(section: Section) -> str:
    """Where its square comes from."""
    if section.edited:
        return tr("edited here")
    words = {
        "given": tr("given with the scan"),
        "mask": tr("the outline of the mass"),
        "box": tr("the bounds of the mass"),
        "proposal": tr("proposed by the program: look at it"),
    }
    return words[section.square_from]


def facts_html(collection: Collection, section: Section) -> str:
    """The section's name, and a table of what is known."""
    quiet = theme.current().quiet
    rows = "".join(
        f"<tr><td style='color:{quiet}; padding:1px 12px 1px 0'>{escape(name)}</td>"
        f"<td style='padding:1px 0'>{escape(breakable(value))}</td></tr>"
        for name, value in facts(collection, section)
    )
    return f"<p style='font-size:15px; margin:0 0 8px 0'>{escape(breakable(section.id))}</p><table>{rows}</table>"


def corrections_html(history: tuple[Correction, ...]) -> str:
    """What was corrected, by whom, when and why, the last first; "" where nothing was."""
    if not history:
        return ""
    quiet = theme.current().quiet
    items = "".join(
        f"<p style='margin:4px 0'>{escape(in_words(entry))}<br>"
        f"<span style='color:{quiet}; font-size:11px'>{escape(record(entry))}</span></p>"
        for entry in reversed(history)
    )
    return f"<p style='margin:8px 0 0 0'><b>{escape(tr('Corrections'))}</b></p>{items}"


def in_words(entry: Correction) -> str:
    """What was corrected, and why."""
    if isinstance(entry.old, Square) or isinstance(entry.new, Square):
        return tr("Square edited: {reason}", reason=entry.reason)
    return tr("{old} → {new}: {reason}", old=words_of(entry.old), new=words_of(entry.new), reason=entry.reason)


def record(entry: Correction) -> str:
    """Who and when; and who took it back."""
    who = ", ".join(part for part in (entry.by, _day(entry.when)) if part)
    if not entry.undone_when:
        return who
    back = ", ".join(part for part in (entry.undone_by, _day(entry.undone_when)) if part)
    return tr("{who}; taken back: {back}", who=who, back=back)


def _day(when: str) -> str:
    """ "2026-11-25 08:50" of an ISO time, by this machine's clock; as it stands where it is none."""
    try:
        return datetime.fromisoformat(when).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return when


def breakable(text: str) -> str:
    """The text with places where a long name may go on in the next line."""
    return re.sub(r"([/\\_.-]|[^\s\u200b]{16})", "\\1\u200b", text)
