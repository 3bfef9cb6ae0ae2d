"""How far a run has come: folded from its `progress.jsonl`, and whether a trainer holds its lock.

Nothing else is asked, so it is the same for the command that started it, for a window that is opened days later, and
after a power cut.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from bmgui.base.errors import KnownError
from bmgui.learning.plans.plan import Job, jobs
from bmgui.learning.runs.estimate import Pace, StageKey, StageTime, off_by, plan_times, remaining_s, stage_remaining_s
from bmgui.learning.runs.progress import Event, read_events
from bmgui.learning.runs.run import Run, open_run
from bmgui.learning.runs.trainers import is_at_work

Phase = Literal["new", "at work", "paused", "stopped", "failed", "crashed", "killed", "finished"]
_KEPT_NOTES = 200


@dataclass(frozen=True)
class Epoch:
    """One trained epoch: mean loss, validation loss and AUC (None where there is none), and whether it was kept."""

    job: str
    stage: int
    epoch: int
    loss: float | None
    validation_loss: float | None
    validation_auc: float | None
    kept: bool
    train_auc: float | None = None  # of what the network said of the epoch's augmented crops, before it learnt them


@dataclass(frozen=True)
class RunState:
    """What is known of a run. job, stage: the ones at work (or last at work); numbers are from 1."""

    phase: Phase = "new"
    since: float = 0.0  # the first trainer's start, seconds since 1970
    ended: float = 0.0  # when the last end was told (stopped, failed, crashed, finished); 0: since then, or ever, none
    device: str = ""
    described: str = ""  # the device for people: "NVIDIA H100, bfloat16"
    job: str = ""
    stage: int = 0
    stage_name: str = ""
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    steps: int = 0
    loss: float | None = None
    crops_s: float | None = None
    rate: float | None = None  # the learning rate
    memory_mb: float | None = None  # of the trainer's process, MB of 10⁶ bytes
    card_mb: float | None = None  # of the card, held by it
    download: tuple[int, int] | None = None  # bytes that are here, and all (0: not known)
    finished: dict[str, float | None] = field(default_factory=dict)  # job → its validation AUC
    epochs_done: tuple[Epoch, ...] = ()
    notes: tuple[Event, ...] = ()  # the trainer's notes: `code` and its fields
    error: KnownError | None = None
    reason: str = ""  # of a crash
    pace: Pace = field(default_factory=Pace)

    @property
    def auc(self) -> float | None:
        """The last validation AUC of the stage at work."""
        here = [e for e in self.epochs_done if (e.job, e.stage) == (self.job, self.stage)]
        return here[-1].validation_auc if here else None


def state_of(folder: Path) -> RunState:
    """The state of the run in this folder. Raises what `open_run` raises."""
    return Follower(open_run(folder)).state()


class Follower:
    """Keeps up with a run: reads only what was written since it last looked."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.jobs: tuple[Job, ...] = jobs(run.plan)
        self._offset = 0
        self._folded = RunState()
        self._taken: list[Event] = []
        self._timed: dict[StageKey, StageTime] = {}

    def state(self) -> RunState:
        """The state now."""
        at_work = is_at_work(self.run.folder)  # before the events: who ends in between has told its end
        self._look()
        phase = self._folded.phase
        if phase in ("at work", "paused") and not at_work:
            phase = "killed"
        if phase == "finished" and len(self._folded.finished) < len(self.jobs):
            phase = "new" if not self._folded.job else "stopped"  # only timed
        return replace(self._folded, phase=phase)

    def begin(self) -> None:
        """Another trainer is about to start: what earlier ones said is no news, and their errors are past."""
        self._look()
        self._taken.clear()
        self._folded = replace(self._folded, phase="new", ended=0.0, error=None, reason="")

    def taken(self) -> list[Event]:
        """The events since this was last called."""
        self._look()
        taken, self._taken = self._taken, []
        return taken

    def _look(self) -> None:
        events, self._offset = read_events(self.run.folder, self._offset)
        self._folded = fold(self._folded, events)
        self._taken += events

    def remaining_s(self) -> float | None:
        """Seconds until the plan is done, as far as can be told; None where nothing was timed."""
        times = self._times()
        return remaining_s(times, self._folded.pace) if times else None

    def stage_remaining_s(self) -> float | None:
        """Seconds until the stage at work is done; None where there is none, or nothing to tell it from."""
        return stage_remaining_s(self._times(), self._folded.pace)

    def share_done(self) -> float | None:
        """0 to 1 of the whole plan, by the time that it takes; None where nothing was timed."""
        whole = sum(one.seconds for one in self._times().values())
        left = self.remaining_s()
        if not whole or left is None:
            return None
        spent = whole * off_by(self._times(), self._folded.pace.seen) - left
        return min(1.0, max(0.0, spent / (spent + left))) if spent + left > 0 else None

    def _times(self) -> dict[StageKey, StageTime]:
        """Read once: whoever looks every second need not read it again. It is written before anything is trained."""
        if not self._timed:
            self._timed = plan_times(self.run.plan, self.jobs, self.run.folder)
        return self._timed


def fold(state: RunState, events: Iterable[Event]) -> RunState:
    """The state after these events, too."""
    for event in events:
        known = _FOLDS.get(event["event"])
        if known is not None:
            state = known(state, event)
    return state


def _trainer(state: RunState, event: Event) -> RunState:
    pace = state.pace.interrupted()
    return replace(
        state, phase="at work", since=state.since or event["time"], ended=0.0, error=None, reason="", pace=pace
    )


def _device(state: RunState, event: Event) -> RunState:
    device = str(event.get("device", ""))
    return replace(state, device=device, described=str(event.get("described") or device))


def _stage_start(state: RunState, event: Event) -> RunState:
    first = _whole(event, "resumed_epoch")
    done = tuple(  # epochs that a killed trainer did after its last checkpoint are done again
        e for e in state.epochs_done if (e.job, e.stage) != (event["job"], event["stage"]) or e.epoch <= first
    )
    return replace(
        state,
        job=event["job"],
        stage=event["stage"],
        stage_name=str(event.get("name", "")),
        epoch=first,
        epochs=_whole(event, "epochs"),
        step=0,
        steps=0,
        loss=None,
        crops_s=None,
        epochs_done=done,
        download=None,
        pace=state.pace.stage_started(event),
    )


def _step(state: RunState, event: Event) -> RunState:
    if "download_bytes" in event:
        return replace(state, download=(_whole(event, "download_bytes"), _whole(event, "download_size")))
    return replace(
        state,
        epoch=_whole(event, "epoch"),
        step=_whole(event, "step"),
        steps=_whole(event, "steps"),
        loss=_number(event, "loss"),
        crops_s=_number(event, "crops_s"),
        rate=_number(event, "rate"),
        memory_mb=_number(event, "memory_mb"),
        card_mb=_number(event, "card_mb"),
        pace=state.pace.stepped(event),
    )


def epoch_of(event: Event) -> Epoch:
    """What an "epoch" event tells."""
    return Epoch(
        event["job"],
        event["stage"],
        _whole(event, "epoch"),
        _number(event, "loss"),
        _number(event, "validation_loss"),
        _number(event, "validation_auc"),
        bool(event.get("kept")),
        _number(event, "train_auc"),
    )


def _epoch(state: RunState, event: Event) -> RunState:
    done = epoch_of(event)
    return replace(state, epoch=done.epoch, epochs_done=(*state.epochs_done, done), pace=state.pace.epoch_ended(event))


def _stage_end(state: RunState, event: Event) -> RunState:
    return replace(state, pace=state.pace.stage_ended(event))


def _job_end(state: RunState, event: Event) -> RunState:
    return replace(state, finished={**state.finished, event["job"]: _number(event, "validation_auc")})


def _note(state: RunState, event: Event) -> RunState:
    return replace(state, notes=(*state.notes, event)[-_KEPT_NOTES:])


def _error(state: RunState, event: Event) -> RunState:
    fields = event.get("fields")
    known = KnownError(str(event.get("code")), **(fields if isinstance(fields, dict) else {}))
    return replace(state, phase="failed", error=known, ended=event["time"])


def _crash(state: RunState, event: Event) -> RunState:
    return replace(state, phase="crashed", reason=str(event.get("reason", "")), ended=event["time"])


def _phase(phase: Phase) -> Any:
    def fold_phase(state: RunState, event: Event) -> RunState:
        goes_on = phase in ("paused", "at work")
        pace = state.pace.interrupted() if goes_on else state.pace
        return replace(state, phase=phase, pace=pace, ended=0.0 if goes_on else event["time"])

    return fold_phase


_FOLDS: dict[str, Any] = {
    "trainer": _trainer,
    "device": _device,
    "stage-start": _stage_start,
    "step": _step,
    "epoch": _epoch,
    "stage-end": _stage_end,
    "job-end": _job_end,
    "note": _note,
    "error": _error,
    "crash": _crash,
    "paused": _phase("paused"),
    "resumed": _phase("at work"),
    "stopped": _phase("stopped"),
    "end": _phase("finished"),
}


def _whole(event: Event, name: str) -> int:
    value = event.get(name)
    return value if isinstance(value, int) else 0


def _number(event: Event, name: str) -> float | None:
    value = event.get(name)
    return float(value) if isinstance(value, (int, float)) else None
