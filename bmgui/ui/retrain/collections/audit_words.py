"""What is said of an audit's findings, and which of them comes next."""

from bmgui.learning.collections.audit import Code, Finding
from bmgui.ui.retrain.collections.auditing import Audited
from bmgui.ui.retrain.collections.pieces import FINDING_NAMES
from bmgui.wording import tr


def balance(found: Audited) -> str:
    """How many sections of each label there are in each collection now."""
    told = []
    for collection in found.collections:
        labels = [section.label for section in collection.sections if section.id not in collection.excluded]
        counts = {"benign": labels.count("benign"), "malignant": labels.count("malignant")}
        told.append(tr("{name}: {benign} benign, {malignant} malignant", name=collection.name, **counts))
    return "  ·  ".join(told)


def heading(found: Audited, code: Code) -> str:
    """Two lines: what kind of finding, and how many are to be decided."""
    return f"{tr(FINDING_NAMES[code])}\n{_how_many(found, code)}"


def _how_many(found: Audited, code: Code) -> str:
    every = found.of(code)
    undecided = sum(not found.decided(finding) for finding in every)
    if not undecided:
        return tr("{count}, all decided", count=len(every))
    return tr("{undecided} of {count} to decide", undecided=undecided, count=len(every))


def next_open(found: Audited, code: Code, at: int) -> int:
    """The next finding that is not decided; the same where there is none."""
    every = found.of(code)
    order = [*range(at, len(every)), *range(at)]
    return next((number for number in order if not found.decided(every[number])), at)


def value_words(finding: Finding) -> str:
    if finding.value == "the same":
        return tr("equal to the pixel")
    if finding.code in ("many-sections", "many-masses"):
        return tr("{count} here", count=finding.value)
    return tr("likeness {value}", value=finding.value)
