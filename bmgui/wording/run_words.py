"""What a run tells, in words: its events a line each, times and figures; for the terminal and for the window."""

import re
from collections.abc import Iterator

from bmgui.learning.runs.progress import Event
from bmgui.wording import NOTES, tr

NONE = "–"


def event_lines(event: Event) -> Iterator[str]:
    """The lines that an event is worth; most are worth none."""
    match event["event"]:
        case "device":
            yield tr("Trains on {device}", device=event.get("described") or event.get("device"))
        case "timing":
            yield tr("Times a few steps first, to tell how long it takes")
        case "stage-start":
            yield tr(
                "{job}, stage {stage} ({name}): {epochs} epochs of {steps} steps",
                job=event["job"],
                stage=event["stage"],
                name=event.get("name"),
                epochs=event.get("epochs"),
                steps=event.get("epoch_steps"),
            )
            if event.get("resumed_epoch"):
                yield tr("  goes on after epoch {epoch}", epoch=event["resumed_epoch"])
        case "epoch":
            yield epoch_line(event)
        case "stage-end":
            if event.get("early"):
                yield tr("  ended early: the validation loss did not fall any more")
        case "job-end":
            yield tr(
                "{job} is done: validation AUC {auc}", job=event["job"], auc=figure(event.get("validation_auc"), 3)
            )
        case "paused":
            yield tr("Paused")
        case "resumed":
            yield tr("Goes on")
        case "note":
            yield note_line(event)


def epoch_line(event: Event) -> str:
    """An epoch's figures."""
    figures = {
        "epoch": event.get("epoch"),
        "loss": figure(event.get("loss"), 4),
        "validation": figure(event.get("validation_loss"), 4),
        "auc": figure(event.get("validation_auc"), 3),
    }
    if event.get("kept"):
        return tr("  epoch {epoch}: loss {loss}, validation loss {validation}, AUC {auc}, kept", **figures)
    return tr("  epoch {epoch}: loss {loss}, validation loss {validation}, AUC {auc}", **figures)


def note_line(event: Event) -> str:
    """A note in words; a code that has none is shown as it is."""
    code = str(event.get("code"))
    try:
        return tr(NOTES.get(code, "{code}"), **{**event, "code": code})
    except (KeyError, IndexError):
        return code


def duration(seconds: float | None) -> str:
    """Hours, minutes and seconds, as 1:02:03; a dash where it is not known."""
    if seconds is None:
        return NONE
    whole = max(0, round(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def figure(value: object, digits: int) -> str:
    """A number with so many digits behind the point; a dash where there is none."""
    return f"{value:.{digits}f}" if isinstance(value, (int, float)) and not isinstance(value, bool) else NONE


def before_words(count: int) -> str:
    """How many runs a waiting one lets go first, the one at work among them."""
    if count == 0:
        return tr("It comes next.")
    if count == 1:
        return tr("One run comes before it.")
    return tr("{count} runs come before it.", count=count)


CRASHES = frozenset((4, 6, 7, 8, 11))
"""Signals that a process gets for its own mistakes, not from outside: SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV."""


def signal_words(number: object) -> str:
    """What a signal that ended a process means."""
    told = {
        1: tr("the session that it ran in was closed"),
        2: tr("it was interrupted from the keyboard"),
        9: tr("something ended it by force"),
        15: tr("something asked it to end"),
        **dict.fromkeys(CRASHES, tr("a fault inside the program or one of its packages")),
    }
    return told.get(number, tr("something ended it")) if isinstance(number, int) else tr("something ended it")


_SCORED = re.compile(r"(?P<what>.+): (?P<done>\d+) of (?P<all>\d+) squares scored")


def measuring_line(line: str) -> str:
    """A line that the evaluation's process said, in the reader's language where it is one of its steps."""
    scored = _SCORED.fullmatch(line)
    if scored is not None:
        return tr("{what}: {done} of {all} squares scored", **scored.groupdict())
    steps = {"computing the figures": tr("computing the figures"), "drawing the report": tr("drawing the report")}
    return steps.get(line, line)
