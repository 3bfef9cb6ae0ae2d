"""What the history keeps of a promotion, in words."""

from typing import Any

from bmgui.learning.promotion.promoting import CHANGES as CHANGE_CODES
from bmgui.learning.promotion.promoting import Margins
from bmgui.learning.results.values import Figure
from bmgui.ui.retrain.promotion.wording import ANSWERS, CHANGES, QUESTIONS, SHORT, margin_words
from bmgui.ui.retrain.results.wording import figure_words
from bmgui.wording import tr


def promotion_rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """(name, value) of what `promoting.facts` kept; raises KeyError, TypeError, ValueError, AttributeError for what it
    did not write."""
    verdict = tr(SHORT[facts["verdict"]])
    if facts["confirmed_twice"]:
        verdict = tr("{verdict}, put in use all the same, confirmed a second time", verdict=verdict)
    margins = margin_words(Margins(**facts["margins"]))
    rows = [
        (tr("Compared with"), str(facts["against"])),
        (tr("Verdict"), verdict),
        (tr("Not worse means at most"), margins),
    ]
    rows += [(str(part["group"]), _differences(part["differences"])) for part in facts["measured"]]
    flips = "; ".join(
        tr("{kind}: {count}", kind=tr(CHANGES[change]), count=facts["flips"].get(change, 0)) for change in CHANGE_CODES
    )
    rows.append((tr("Cases that change sides"), flips))
    for code, answer in facts["protocol"].items():
        rows.append((tr(QUESTIONS[code], margins=margins), tr(ANSWERS[code, answer])))
    return [*rows, (tr("Run, job"), f"{facts['run']}, {facts['job']}")]


def _differences(told: dict[str, dict[str, float | None]]) -> str:
    names = {"auc": "AUC", "sensitivity": tr("sensitivity"), "specificity": tr("specificity")}
    return " · ".join(
        f"{words} {figure_words(Figure(**told[name]), signed=True)}" for name, words in names.items() if name in told
    )
