"""What somebody may decide about sections, the question that asks for its reason, and how it is carried out."""

from dataclasses import dataclass
from typing import Literal

from bmgui.base.user import user_name
from bmgui.imaging.square import Square
from bmgui.learning.collections import corrections, exclusions
from bmgui.learning.collections.collection import Collection, open_collection
from bmgui.wording import tr

What = Literal["benign", "malignant", "exclude", "include", "square", "undo"]
_WITHOUT_REASON: frozenset[What] = frozenset({"include", "undo"})


@dataclass(frozen=True)
class Decision:
    """One decision about these sections. square: the new one, for "square"."""

    what: What
    ids: tuple[str, ...]
    square: Square | None = None

    @property
    def needs_reason(self) -> bool:
        return self.what not in _WITHOUT_REASON


def concerning(collection: Collection, decision: Decision) -> tuple[str, ...]:
    """Which of its sections a decision would change: of many chosen ones some may be so already."""
    sections = {section.id: section for section in collection.sections}
    corrected = collection.corrected

    def would_change(one: str) -> bool:
        return {
            "benign": sections[one].label != "benign",
            "malignant": sections[one].label != "malignant",
            "exclude": one not in collection.excluded,
            "include": one in collection.excluded,
            "square": sections[one].square != decision.square,
            "undo": one in corrected,
        }[decision.what]

    return tuple(one for one in decision.ids if one in sections and would_change(one))


def carry_out(collection: Collection, decision: Decision, reason: str) -> Collection:
    """Store the decision; returns the collection as it is then. Raises the KnownErrors of the rules."""
    by = user_name()
    if decision.what == "benign" or decision.what == "malignant":
        corrections.relabel(collection, decision.ids, decision.what, reason, by)
    elif decision.what == "exclude":
        exclusions.exclude(collection, decision.ids, reason, by)
    elif decision.what == "include":
        exclusions.include(collection, decision.ids, by)
    elif decision.what == "undo":
        corrections.undo(collection, decision.ids, by)
    else:
        assert decision.square is not None
        corrections.set_square(collection, decision.ids[0], decision.square, reason, by)
    return open_collection(collection.folder)


def question(decision: Decision) -> str:
    """Asks for the reason; or, of what needs none, whether it is meant."""
    count = len(decision.ids)
    if decision.what == "include":
        return tr(
            "Include what is chosen again ({count})? That it was excluded, and why, stays on record.", count=count
        )
    if decision.what == "undo":
        return tr("Undo the last correction of each that is chosen ({count})? The history keeps it.", count=count)
    if decision.what == "square":
        return tr("Why is the square another one?")
    if count == 1:
        words = {
            "benign": tr("Why is {section} benign?", section=decision.ids[0]),
            "malignant": tr("Why is {section} malignant?", section=decision.ids[0]),
        }
        return words.get(decision.what) or tr("Why is {section} excluded?", section=decision.ids[0])
    words = {
        "benign": tr("Why are these {count} sections benign?", count=count),
        "malignant": tr("Why are these {count} sections malignant?", count=count),
    }
    return words.get(decision.what) or tr("Why are these {count} sections excluded?", count=count)


def example(decision: Decision) -> str:
    """A reason that such a decision might have."""
    if decision.what == "square":
        return tr("for example: missed the lower edge")
    if decision.what == "exclude":
        return tr("for example: calipers across the mass")
    return tr("for example: biopsy of 12 March says otherwise")


def nothing_to_do(decision: Decision) -> str:
    """Why a decision that concerns none of its sections does nothing."""
    return {
        "benign": tr("What is chosen is benign already."),
        "malignant": tr("What is chosen is malignant already."),
        "exclude": tr("What is chosen is excluded already."),
        "include": tr("Nothing of what is chosen is excluded."),
        "square": tr("The square is as it was."),
        "undo": tr("Nothing of what is chosen was corrected."),
    }[decision.what]


def done(decision: Decision) -> str:
    """What was done, in a few words."""
    count = len(decision.ids)
    return {
        "benign": tr("{count} relabelled benign.", count=count),
        "malignant": tr("{count} relabelled malignant.", count=count),
        "exclude": tr("{count} excluded.", count=count),
        "include": tr("{count} included again.", count=count),
        "square": tr("The square is kept."),
        "undo": tr("{count} corrections undone.", count=count),
    }[decision.what]


def caution(collection: Collection, decision: Decision) -> str:
    """What should be known before: labels and squares of the locked test part are what is measured on."""
    tested = sum(collection.parts.get(one) == "test" for one in decision.ids)
    if not tested:
        return ""
    return tr(
        "{count} of them in the locked test part: what was measured before is of the old state. Decide by the "
        "pathology, never by what a model says.",
        count=tested,
    )
