"""Which sections of a collection somebody wants to see."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bmgui.learning.collections.collection import Collection, Label, Part, Section

State = Literal["used", "excluded", "corrected", "coloured", "proposed"]
STATES: tuple[State, ...] = ("used", "excluded", "corrected", "coloured", "proposed")


@dataclass(frozen=True)
class Filter:
    """What a section must be; None and "" ask for nothing.

    part: "none" for sections in no part. patient, scanner: exactly this. state: "used" is not excluded; "proposed": its
    square was proposed and not corrected since. text: every word of it occurs in the section's names, scanner, BI-RADS
    or reason of exclusion, whatever the case.
    """

    text: str = ""
    label: Label | None = None
    part: Part | Literal["none"] | None = None
    patient: str = ""
    scanner: str = ""
    state: State | None = None

    @property
    def asks(self) -> bool:
        """Whether it can leave anything out."""
        return self != Filter()


@dataclass(frozen=True)
class Tally:
    """How many sections there are, of each label, and decided on."""

    sections: int
    benign: int
    malignant: int
    patients: int  # those that are known
    excluded: int
    corrected: int


def filtered(collection: Collection, wanted: Filter) -> tuple[int, ...]:
    """The places in `collection.sections` of those that pass, in order."""
    words = wanted.text.casefold().split()
    corrected = collection.corrected

    def passes(section: Section) -> bool:
        return (
            wanted.label in (None, section.label)
            and wanted.part in (None, collection.parts.get(section.id, "none"))
            and wanted.patient in ("", section.patient)
            and wanted.scanner in ("", section.scanner)
            and (wanted.state is None or _is(collection, section, wanted.state, corrected))
            and (not words or _has(_names(collection, section), words))
        )

    return tuple(at for at, section in enumerate(collection.sections) if passes(section))


def tally(collection: Collection, places: Iterable[int]) -> Tally:
    """What these sections are."""
    sections = [collection.sections[at] for at in places]
    malignant = sum(section.label == "malignant" for section in sections)
    corrected = collection.corrected
    return Tally(
        sections=len(sections),
        benign=len(sections) - malignant,
        malignant=malignant,
        patients=len({section.patient for section in sections} - {""}),
        excluded=sum(section.id in collection.excluded for section in sections),
        corrected=sum(section.id in corrected for section in sections),
    )


def patients(collection: Collection) -> tuple[str, ...]:
    """Every patient that is known, sorted."""
    return tuple(sorted({section.patient for section in collection.sections} - {""}))


def scanners(collection: Collection) -> tuple[str, ...]:
    """Every scanner that is known, sorted."""
    return tuple(sorted({section.scanner for section in collection.sections} - {""}))


def _is(collection: Collection, section: Section, state: State, corrected: frozenset[str]) -> bool:
    return {
        "used": section.id not in collection.excluded,
        "excluded": section.id in collection.excluded,
        "corrected": section.id in corrected,
        "coloured": section.coloured,
        "proposed": section.square_from == "proposal",
    }[state]


def _names(collection: Collection, section: Section) -> str:
    reason = collection.excluded.get(section.id, "")
    told = (section.id, section.file, section.patient, section.mass, section.scanner, section.birads, reason)
    return "\n".join(told).casefold()


def _has(text: str, words: Iterable[str]) -> bool:
    return all(word in text for word in words)
