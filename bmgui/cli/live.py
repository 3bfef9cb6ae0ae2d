"""What a run says on a terminal: a line for each thing that is done, and one that moves for what is going on."""

import shutil
import sys
import time
from collections.abc import Iterator
from types import TracebackType

from bmgui.learning.estimate import plan_times
from bmgui.learning.plan import absent
from bmgui.learning.progress import Event
from bmgui.learning.run_state import Follower, RunState
from bmgui.learning.runs import Run
from bmgui.wording import NOTES, tr

_REDRAW_S = 0.2
_PLAIN_S = 60.0  # where nothing can be redrawn
_NONE = "–"


class Live:
    """Prints to standard error while it is entered. On a terminal the last line is redrawn; elsewhere, one a minute."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._stream = sys.stderr
        self._is_terminal = self._stream.isatty()
        self._drawn = 0.0
        self._open = False  # the moving line stands there

    def __enter__(self) -> "Live":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._clear()

    def show(self) -> None:
        """Print what has happened since the last call, and the moving line if it is time."""
        for event in self._follower.taken():
            for line in event_lines(event):
                self.line(line)
        now = time.monotonic()
        if now - self._drawn < (_REDRAW_S if self._is_terminal else _PLAIN_S):
            return
        state = self._follower.state()
        if state.phase not in ("at work", "paused") or not state.job:
            return
        self._drawn = now
        moving = moving_line(self._follower, state)
        if self._is_terminal:
            self._clear()
            width = shutil.get_terminal_size().columns - 1
            print(moving[:width], end="", file=self._stream, flush=True)
            self._open = True
        else:
            self.line(moving)

    def line(self, text: str) -> None:
        """Print a line that stays."""
        self._clear()
        print(text, file=self._stream, flush=True)

    def _clear(self) -> None:
        if self._open:
            print("\r\x1b[K", end="", file=self._stream, flush=True)
            self._open = False


# --- sentences ---


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
                "{job} is done: validation AUC {auc}", job=event["job"], auc=_figure(event.get("validation_auc"), 3)
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
        "loss": _figure(event.get("loss"), 4),
        "validation": _figure(event.get("validation_loss"), 4),
        "auc": _figure(event.get("validation_auc"), 3),
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


def moving_line(follower: Follower, state: RunState) -> str:
    """Job, stage, epoch, loss, AUC, crops a second and the time left."""
    if state.download is not None:
        done, size = (n / 2**20 for n in state.download)
        return tr("Fetching weights: {done} of {size} MB", done=f"{done:.1f}", size=f"{size:.1f}" if size else "?")
    names = [job.name for job in follower.jobs]
    number = names.index(state.job) + 1 if state.job in names else 0
    stages = next((len(job.stages) for job in follower.jobs if job.name == state.job), state.stage)
    remaining = follower.remaining_s()
    return tr(
        "job {job} of {jobs} · stage {stage} of {stages} ({name}) · epoch {epoch} of {epochs} · step {step} of {steps}"
        " · loss {loss} · AUC {auc} · {crops} crops/s · {left} left",
        job=number,
        jobs=len(names),
        stage=state.stage,
        stages=stages,
        name=state.stage_name,
        epoch=state.epoch,
        epochs=state.epochs,
        step=state.step,
        steps=state.steps,
        loss=_figure(state.loss, 4),
        auc=_figure(state.auc, 3),
        crops=_figure(state.crops_s, 1),
        left=duration(remaining),
    )


def duration(seconds: float | None) -> str:
    """Hours, minutes and seconds, as 1:02:03; a dash where it is not known."""
    if seconds is None:
        return _NONE
    whole = max(0, round(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def estimate_lines(follower: Follower) -> Iterator[str]:
    """What each job and the whole plan take at most."""
    times = plan_times(follower.run.plan, follower.jobs, follower.run.folder)
    for job in follower.jobs:
        seconds = sum(times[own.owner, own.number].seconds for own in job.own if (own.owner, own.number) in times)
        yield tr("{duration}  {job}", duration=duration(seconds), job=job.name)
    whole = duration(sum(time.seconds for time in times.values()) if times else None)
    yield tr("{duration}  in all, at most: early stopping makes it shorter", duration=whole)


def result_lines(run: Run, state: RunState) -> Iterator[str]:
    """Each job's validation AUC and where its weights are; the cells that could not be had, with their reasons."""
    for job, auc in state.finished.items():
        yield tr("{job}: validation AUC {auc}, {file}", job=job, auc=_figure(auc, 3), file=run.folder / "jobs" / job)
    for cell in absent(run.plan):
        yield tr(
            "{network}, {chain}: not trained ({reason})", network=cell.network, chain=cell.chain, reason=cell.reason
        )


def status_lines(follower: Follower, state: RunState) -> Iterator[str]:
    """Where a run stands, for whoever asks."""
    yield {
        "new": tr("Nothing has been trained yet."),
        "at work": tr("It is at work."),
        "paused": tr("It is paused."),
        "stopped": tr("It was stopped; it can be gone on with."),
        "failed": tr("It ended with an error; it can be gone on with."),
        "crashed": tr("It crashed; it can be gone on with."),
        "killed": tr("It was killed; it can be gone on with."),
        "finished": tr("It is finished."),
    }[state.phase]
    if state.phase in ("at work", "paused") and state.job:
        yield moving_line(follower, state)
    yield from result_lines(follower.run, state)


def _figure(value: object, digits: int) -> str:
    return f"{value:.{digits}f}" if isinstance(value, (int, float)) and not isinstance(value, bool) else _NONE
