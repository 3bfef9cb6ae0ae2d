"""How long a plan will take: from a few timed steps before it starts, and from its own pace while it runs.

Before: the trainer times a few steps of each network and kind of stage into `timing.json`; steps times seconds, and the
validations between them, give the plan. While it runs: the stage at work goes on as its recent steps did (their median,
so that a slow step, a pause or a nap of the machine does not count), and the stages to come are scaled by how far the
timed steps were off.
"""

import json
import math
import statistics
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bmgui.learning.plans.plan import Job, JobStage, Plan, Stage
from bmgui.learning.runs.progress import Event

TIMING_FILE = "timing.json"
_RECENT = 60  # steps as told (at most one a second): about a minute
_RECENT_EPOCHS = 5
_ENOUGH = 3  # values whose median one nap of the machine does not move

StageKey = tuple[str, int]  # job, number of the stage


@dataclass(frozen=True)
class StageTime:
    """What a stage takes at most (it may stop early): steps × seconds each, and epochs × seconds of validation each."""

    steps: int
    step_s: float
    epochs: int
    epoch_end_s: float

    @property
    def seconds(self) -> float:
        return self.steps * self.step_s + self.epochs * self.epoch_end_s


@dataclass(frozen=True)
class Pace:
    """How fast the stage at work goes, folded from its events; `seen`: seconds a step of each stage so far."""

    key: StageKey = ("", 0)
    steps: int = 0
    step: int = 0
    epochs_left: int = 0
    last: tuple[float, int] | None = None  # time and step, where what follows comes right after
    step_s: tuple[float, ...] = ()
    epoch_end_s: tuple[float, ...] = ()
    seen: tuple[tuple[StageKey, float], ...] = ()
    ended: frozenset[StageKey] = frozenset()

    def stage_started(self, event: Event) -> "Pace":
        """A stage begins, or goes on after its last whole epoch."""
        epochs, done, epoch_steps = (_whole(event, name) for name in ("epochs", "resumed_epoch", "epoch_steps"))
        return Pace(
            (event["job"], event["stage"]),
            epochs * epoch_steps,
            done * epoch_steps,
            max(0, epochs - done),
            seen=self.seen,
            ended=self.ended,
        )

    def stepped(self, event: Event) -> "Pace":
        """A step was told; between two of them lie one or more."""
        now, step = float(event["time"]), _whole(event, "step")
        steps = _whole(event, "steps") or self.steps
        if self.last is None or step <= self.last[1]:
            return replace(self, step=step, steps=steps, last=(now, step))
        took = (now - self.last[0]) / (step - self.last[1])
        step_s = (*self.step_s, took)[-_RECENT:]
        seen = self.seen
        if len(step_s) >= _ENOUGH:
            seen = (*(one for one in seen if one[0] != self.key), (self.key, statistics.median(step_s)))
        return replace(self, step=step, steps=steps, last=(now, step), step_s=step_s, seen=seen)

    def epoch_ended(self, event: Event) -> "Pace":
        """What lies between the last step and here was validation and saving."""
        spent = () if self.last is None else (max(0.0, float(event["time"]) - self.last[0]),)
        ends = (*self.epoch_end_s, *spent)[-_RECENT_EPOCHS:]
        return replace(self, last=None, epoch_end_s=ends, epochs_left=max(0, self.epochs_left - 1))

    def stage_ended(self, event: Event) -> "Pace":
        """The stage is done, maybe early."""
        ended = self.ended | {(event["job"], event["stage"])}
        return replace(self, key=("", 0), steps=0, step=0, epochs_left=0, last=None, ended=ended)

    def interrupted(self) -> "Pace":
        """What follows does not come right after what was told: a pause, another trainer."""
        return replace(self, last=None)


def remaining_s(times: dict[StageKey, StageTime], pace: Pace, done: Container[StageKey] = ()) -> float:
    """Seconds until all stages are done. done: stages that were finished before anything was folded into `pace`."""
    ratio = off_by(times, pace.seen)
    rest = 0.0
    for key, planned in times.items():
        if key in pace.ended or key in done:
            continue
        rest += _rest_of_stage(pace, planned, ratio) if key == pace.key else planned.seconds * ratio
    return rest


def stage_remaining_s(times: dict[StageKey, StageTime], pace: Pace) -> float | None:
    """Seconds until the stage at work is done; None where none is, or nothing is known of it yet."""
    planned = times.get(pace.key)
    if not pace.steps or (planned is None and not pace.step_s):
        return None
    return _rest_of_stage(pace, planned, off_by(times, pace.seen))


def _rest_of_stage(pace: Pace, planned: StageTime | None, ratio: float) -> float:
    step_s = _usual(pace.step_s, planned.step_s * ratio if planned else None)
    end_s = _usual(pace.epoch_end_s, planned.epoch_end_s * ratio if planned else None)
    return max(0, pace.steps - pace.step) * step_s + pace.epochs_left * end_s


def _usual(seen: tuple[float, ...], planned: float | None) -> float:
    """The median; of few values one may be a nap of the machine, so what was planned counts against it."""
    if planned is None or len(seen) >= _ENOUGH:
        return statistics.median(seen) if seen else 0.0
    return statistics.median_low([*seen, planned])


def off_by(times: dict[StageKey, StageTime], seen: Iterable[tuple[StageKey, float]]) -> float:
    """Seconds a step as they were ÷ as they were timed, over the stages that have run."""
    ratios = [step_s / times[key].step_s for key, step_s in seen if key in times and times[key].step_s > 0]
    return statistics.median(ratios) if ratios else 1.0


# --- before it starts ---


def plan_times(plan: Plan, jobs: Iterable[Job], folder: Path) -> dict[StageKey, StageTime]:
    """What each stage takes, from the run's `timing.json`; empty where there is none that fits the plan."""
    try:
        timing = json.loads((folder / TIMING_FILE).read_bytes())
        return {(own.owner, own.number): _stage_time(plan, job, own, timing) for job in jobs for own in job.own}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _stage_time(plan: Plan, job: Job, own: JobStage, timing: Any) -> StageTime:
    stage = own.stage
    sections = timing["sections"][stage.name]
    steps, epochs = stage_steps(stage, int(sections["train"]), plan.batch)
    a_step = float(timing[f"{job.network}/{stage.kind}"]["seconds_a_step"])
    validation = int(sections["validation"]) * float(timing["validation"][job.network])
    if not math.isfinite(a_step + validation) or a_step < 0 or validation < 0:
        raise ValueError(a_step, validation)
    return StageTime(steps, a_step, epochs, validation)


def stage_steps(stage: Stage, sections: int, batch: int) -> tuple[int, int]:
    """All steps of a stage, and how many epochs (with a validation each) they make.

    An epoch is one pass (each section `repeats` times, the last batch filled up), or `steps_an_epoch` steps.
    """
    one_pass = stage.steps_an_epoch or max(1, math.ceil(sections * stage.repeats / batch))
    if stage.steps is None:
        return (stage.epochs or 0) * one_pass, stage.epochs or 0
    return stage.steps, -(-stage.steps // one_pass)


def _whole(event: Event, name: str) -> int:
    value = event.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
