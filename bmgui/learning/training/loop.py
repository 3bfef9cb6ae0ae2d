"""One stage, from its first step to its last: `fit`. Everything else of a stage is a step that it names."""

import math
import statistics
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed

from bmgui.base.errors import KnownError
from bmgui.base.files import write_bytes, write_json
from bmgui.learning.plans.plan import Stage
from bmgui.learning.training.checkpoint import drop_checkpoint, read_checkpoint, write_checkpoint
from bmgui.learning.training.feed import Feed
from bmgui.learning.training.learner import Learner
from bmgui.learning.training.machine import Machine
from bmgui.learning.training.networks import safetensors_bytes, state_of
from bmgui.learning.training.schedule import share_of_rate
from bmgui.learning.training.validating import Figures

BEST_FILE = "best.safetensors"
DONE_FILE = "stage.json"
_RECENT_LOOKS = 60
_LOOK_EVERY = 20  # steps between looks at the loss on CUDA: each look waits for the card


@dataclass(frozen=True)
class At:
    """How far a stage is, after `epoch` epochs. best: the figures of the epoch that is kept."""

    epoch: int = 0
    lowest_loss: float | None = None
    since_lowest: int = 0
    best_epoch: int = 0
    best_loss: float | None = None
    best_auc: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Course:
    """A stage with all that it needs. tell, obey: what the run is told of, and what it is asked for, between steps."""

    folder: Path
    stage: Stage
    names: tuple[str | int, ...]
    epochs: int
    epoch_steps: int
    steps: int
    learner: Learner
    feed: Feed
    validate: Callable[[], Figures]
    machine: Machine
    batch: int
    tell: Callable[..., None]
    obey: Callable[[bool], None]  # True: an epoch has just ended. Raises Stopped


class LossNotFinite(Exception):  # noqa: N818 - a state
    """The loss is no number any more: from here on nothing good can come."""

    def __init__(self, step: int) -> None:
        super().__init__(step)
        self.step = step


def fit(course: Course) -> At:
    """Train a stage, or what is left of it. Its weights are in `best.safetensors` when this returns.

    Raises Stopped, and KnownError where the disk or the card gives out: the last finished epoch is kept, and the next
    call goes on from there, to the same weights.
    """
    at = resumed(course)
    batches = course.feed.batches(at.epoch * course.epoch_steps)
    while at.epoch < course.epochs and not is_enough(course.stage, at):
        began = time.monotonic()
        try:
            loss = train_epoch(course, at, batches)
            figures = validated(course)
        except LossNotFinite as lost:
            return given_up(course, at, lost)
        at = after_epoch(course.stage, at, figures, time.monotonic() - began)
        save(course, at)
        kept = at.best_epoch == at.epoch
        auc = course.learner.taken_auc()
        course.tell("epoch", epoch=at.epoch, loss=loss, train_auc=auc, **told(figures), kept=kept, seconds=at.seconds)
        course.obey(True)
    return finished(course, at)


def resumed(course: Course) -> At:
    """From the checkpoint where there is one, else from the start."""
    saved = read_checkpoint(course.folder)
    if saved is not None:
        course.learner.restore(saved)
    at = At(**saved.numbers["at"]) if saved is not None else At()
    course.tell(
        "stage-start",
        name=course.stage.name,
        epochs=course.epochs,
        epoch_steps=course.epoch_steps,
        batch=course.batch,
        resumed_epoch=at.epoch,
    )
    return at


def is_enough(stage: Stage, at: At) -> bool:
    """Early stopping: so many epochs without a lower validation loss."""
    return stage.stop_after is not None and at.since_lowest >= stage.stop_after


def train_epoch(course: Course, at: At, batches: Any) -> float:
    """The steps of one epoch; the mean loss. Raises LossNotFinite, Stopped."""
    total = torch.zeros((), device=course.machine.device)
    first = at.epoch * course.epoch_steps
    last = min(first + course.epoch_steps, course.steps)
    speed = Speed(course.batch)
    for step in range(first, last):
        course.obey(False)
        began = time.monotonic()
        rate = course.stage.rate * share_of_rate(course.stage, step, course.steps)
        total += course.learner.step(next(batches), rate, step, *course.names)
        is_looked_at = course.machine.device.type == "cpu" or step % _LOOK_EVERY == 0 or step == last - 1
        if is_looked_at:
            mean = _everywhere(total, course.machine) / (step + 1 - first)
            if not math.isfinite(mean):
                raise LossNotFinite(step + 1)
        speed.stepped(time.monotonic() - began, is_looked_at)
        if is_looked_at:
            course.tell(
                "step",
                epoch=at.epoch + 1,
                step=step + 1,
                steps=course.steps,
                loss=mean,
                crops_s=speed.crops_s,
                rate=rate,
                **course.machine.memory_mb(),
            )
    return mean


class Speed:
    """Crops a second by the usual step, so that a nap of the machine does not count. Pauses are not told to it."""

    def __init__(self, batch: int) -> None:
        self._batch = batch
        self._steps, self._seconds = 0, 0.0
        self._each: deque[float] = deque(maxlen=_RECENT_LOOKS)

    def stepped(self, seconds: float, is_looked_at: bool) -> None:
        """A step took so long; between looks it is only handed to the card, and the look waits for all of them."""
        self._steps += 1
        self._seconds += seconds
        if is_looked_at:
            self._each.append(self._seconds / self._steps)
            self._steps, self._seconds = 0, 0.0

    @property
    def crops_s(self) -> float:
        usual = statistics.median_low(self._each)
        return round(self._batch / usual, 2) if usual else 0.0


def _everywhere(total: Tensor, machine: Machine) -> float:
    """The mean over all processes."""
    if machine.world > 1:
        total = total.clone()
        distributed.all_reduce(total)
        total /= machine.world
    return float(total)


def validated(course: Course) -> Figures:
    """With the weights that would be kept. Raises LossNotFinite where they are broken."""
    figures = Figures(None, None, 0)
    if course.machine.leads:
        with course.learner.as_kept():
            figures = course.validate()
    figures = shared(figures, course.machine)
    if figures.loss is not None and not math.isfinite(figures.loss):
        raise LossNotFinite(0)
    return figures


def shared(figures: Figures, machine: Machine) -> Figures:
    """The first process's figures in all of them: on them hangs when a stage ends. Infinite stands for None."""
    values = (math.inf if value is None else value for value in (figures.loss, figures.auc))
    loss, auc = machine.agree(*values)
    return Figures(None if math.isinf(loss) else loss, None if math.isinf(auc) else auc, figures.crops)


def after_epoch(stage: Stage, at: At, figures: Figures, seconds: float) -> At:
    """Pure: the books after one epoch more."""
    now = replace(at, epoch=at.epoch + 1, seconds=round(at.seconds + seconds, 3))
    if figures.loss is not None:
        is_lower = at.lowest_loss is None or figures.loss < at.lowest_loss
        now = replace(
            now,
            lowest_loss=figures.loss if is_lower else at.lowest_loss,
            since_lowest=0 if is_lower else at.since_lowest + 1,
        )
    if is_better(stage, at, figures):
        now = replace(now, best_epoch=now.epoch, best_loss=figures.loss, best_auc=figures.auc)
    return now


def is_better(stage: Stage, at: At, figures: Figures) -> bool:
    """Whether this epoch is the one to keep. Where nothing can be validated, the last one is."""
    if stage.keep == "best-auc" and figures.auc is not None:
        return at.best_auc is None or figures.auc > at.best_auc
    if stage.keep == "best-loss" and figures.loss is not None:
        return at.best_loss is None or figures.loss < at.best_loss
    return True


def save(course: Course, at: At) -> None:
    """The kept weights first: a kill between the two files repeats one epoch, and comes to the same."""
    if not course.machine.leads:
        return
    if at.best_epoch == at.epoch and course.stage.keep != "last":
        write_best(course)
    write_checkpoint(course.folder, course.learner.tensors(), {"at": asdict(at), **course.learner.numbers()})


def write_best(course: Course) -> None:
    with course.learner.as_kept():
        data = safetensors_bytes(state_of(course.learner.student.network))
    write_bytes(course.folder / BEST_FILE, data)


def told(figures: Figures) -> dict[str, float | None]:
    return {"validation_loss": figures.loss, "validation_auc": figures.auc}


def given_up(course: Course, at: At, lost: LossNotFinite) -> At:
    """The last finished epoch is what the stage came to."""
    course.tell("note", code="loss-not-finite", epoch=at.epoch + 1, step=lost.step, kept_epoch=at.best_epoch)
    saved = read_checkpoint(course.folder)
    if saved is None:
        raise KnownError("loss-not-finite", stage=course.stage.name, step=lost.step)
    course.learner.restore(saved)
    return finished(course, at, lost)


def finished(course: Course, at: At, lost: LossNotFinite | None = None) -> At:
    """Write what the stage came to; the checkpoint is not needed any more."""
    if course.machine.leads:
        if course.stage.keep == "last":
            write_best(course)
        stopped = {"code": "loss-not-finite", "step": lost.step} if lost else None
        write_json(course.folder / DONE_FILE, {"name": course.stage.name, **asdict(at), "gave_up": stopped})
        drop_checkpoint(course.folder)
    early = at.epoch < course.epochs
    course.tell("stage-end", seconds=at.seconds, early=early)
    return at
