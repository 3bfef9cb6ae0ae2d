"""What the page of models shows, as rich text: a card with its own history, and the whole history."""

import contextlib
import json
from collections.abc import Sequence
from html import escape
from typing import Any

from bmgui.scoring.card import Card
from bmgui.scoring.history import Entry
from bmgui.ui.card_words import part_html, parts
from bmgui.ui.model_words import hashes, what_line, when_line
from bmgui.wording import tr

_MOST_FACTS = 24
_MOST_SIGNS = 200
_MOST_LINES = 4


def card_html(card: Card, entries: Sequence[Entry]) -> str:
    """The card, and what was done with the model here, newest first."""
    done = [entry for entry in reversed(entries) if entry.model == card.id]
    lines = "".join(f"<br>{escape(_line(entry))}" for entry in done[:_MOST_LINES])
    facts, *further = parts(card)
    return (
        f"<h1>{escape(card.title)}</h1>"
        + part_html(facts)
        + (f"<p>{quiet(tr('Done here'))}{lines}</p>" if done else "")
        + "".join(part_html(part) for part in further)
    )


def history_html(entries: Sequence[Entry]) -> str:
    """Everything that was done, newest first."""
    if not entries:
        return f"<p>{quiet(tr('Nothing was installed, switched or removed here yet.'))}</p>"
    said = []
    for entry, next_one in zip(entries, [*entries[1:], None], strict=True):
        again = next_one is not None and (next_one.model, next_one.facts) == (entry.model, entry.facts)
        said.append(_entry(entry, {} if again else entry.facts))  # told once of an installation and its use
    return "".join(reversed(said))


def quiet(words: str) -> str:
    """Small and quiet."""
    return f'<span class=quiet style="font-size: 11px">{escape(words)}</span>'


def _entry(entry: Entry, facts: dict[str, Any]) -> str:
    head = f"<p style='margin-top: 16px'><b>{escape(what_line(entry))}</b><br>{quiet(when_line(entry))}"
    why = f"<br>{escape(entry.why)}" if entry.why else ""
    told = [*(hashes(entry) if entry.what == "install" else []), *_facts(facts)]
    rows = "".join(f"<tr><td>{quiet(name)}</td><td>{quiet(value)}</td></tr>" for name, value in told)
    return f"{head}{why}</p>" + (f"<table cellspacing=0>{rows}</table>" if rows else "")


def _line(entry: Entry) -> str:
    return " · ".join(filter(None, (what_line(entry), when_line(entry), entry.why)))


def _facts(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """What else was kept with an entry: a promotion's record in words; else as it is, the first few of it."""
    if "verdict" in facts:
        from bmgui.ui.retrain.models.record_words import promotion_rows  # late: only a history with one needs it

        with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):  # of another version, or a hand's
            return promotion_rows(facts)
    told = []
    for name, value in facts.items():
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        told.append((name.replace("_", " "), said if len(said) <= _MOST_SIGNS else said[:_MOST_SIGNS] + "…"))
    return told[:_MOST_FACTS]
