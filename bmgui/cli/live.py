"""What a run says on a terminal: a line for each thing that is done, and one that moves for what is going on."""

import shutil
import sys
import time
from collections.abc import Iterator
from types import TracebackType

from bmgui.learning.plans.plan import absent
from bmgui.learning.runs.estimate import plan_times
from bmgui.learning.runs.run import Run
from bmgui.learning.runs.state import Follower, RunState
from bmgui.wording import tr
from bmgui.wording.run_words import duration, event_lines, figure

_REDRAW_S = 0.2
_PLAIN_S = 60.0  # where nothing can be redrawn


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
        loss=figure(state.loss, 4),
        auc=figure(state.auc, 3),
        crops=figure(state.crops_s, 1),
        left=duration(remaining),
    )


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
        yield tr("{job}: validation AUC {auc}, {file}", job=job, auc=figure(auc, 3), file=run.folder / "jobs" / job)
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
