"""The models' history in words, for the window and a terminal. No Qt in here."""

from datetime import datetime

from bmgui.scoring.history import Entry, What
from bmgui.ui.marks import mark
from bmgui.wording import tr

_HASH_DIGITS = 64
_WHAT: dict[What, str] = {
    "install": mark("{model} installed"),
    "use": mark("{model} put in use"),
    "rollback": mark("back to {model}"),
    "remove": mark("{model} removed"),
}
STEPS = {
    "checking": mark("checking the files"),
    "copying": mark("copying them aside"),
    "trying": mark("trying the model on its reference crop"),
    "placing": mark("putting it in its place"),
    "switching": mark("switching to it"),
}
"""What is done while a model is installed."""


def what_line(entry: Entry) -> str:
    """What was done, and with "use" and "rollback" in place of which model."""
    said = tr(_WHAT[entry.what], model=entry.model)
    if entry.what in ("use", "rollback") and entry.before and entry.before != entry.model:
        return tr("{what}, before it {model}", what=said, model=entry.before)
    return said


def when_line(entry: Entry) -> str:
    """The local day and time, and who."""
    try:
        when = datetime.fromisoformat(entry.time).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:  # a hand wrote it
        when = entry.time
    return " · ".join(part for part in (when, entry.by) if part)


def hashes(entry: Entry) -> list[tuple[str, str]]:
    """(what, its hash, shortened) of everything that the model was made from, as far as it says."""
    told = [
        (tr("Weights (SHA-256)"), entry.weights),
        (tr("Card (SHA-256)"), entry.card),
        (tr("Plan (SHA-256)"), entry.plan),
    ]
    for name, one in entry.data.items():
        told.append((tr("Collection {name}, version", name=name), one.get("version", "")))
        told.append((tr("Collection {name}, split", name=name), one.get("split", "")))
    return [(name, value[:16] + "…" if len(value) == _HASH_DIGITS else value) for name, value in told if value]
