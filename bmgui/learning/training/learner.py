"""One step of learning, and everything that a step changes: network, optimiser, averages. A stage has one of it."""

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from bmgui.base.errors import KnownError
from bmgui.evaluation.roc import auc
from bmgui.learning.plans.plan import Stage
from bmgui.learning.training.checkpoint import Saved, optimiser_tensors, prefixed, restore_optimiser
from bmgui.learning.training.machine import Machine
from bmgui.learning.training.networks import State, fill, prepare, state_of, to_training
from bmgui.learning.training.schedule import make_optimiser, set_rate
from bmgui.learning.training.seeding import seed_torch
from bmgui.learning.training.stages import Batch, Task
from bmgui.learning.training.student import Student


class Learner:
    """at_once: crops a pass; a batch is taken in so many parts, and its gradients add up. It shrinks on CUDA where the
    memory does not suffice; `on_halved` is told.
    """

    def __init__(
        self,
        student: Student,
        task: Task,
        stage: Stage,
        machine: Machine,
        at_once: int,
        on_halved: Callable[[int], None],
    ) -> None:
        prepare(student.network, stage)
        student.to(machine.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.student, self.at_once = student, at_once
        self._task, self._stage, self._machine, self._on_halved = task, stage, machine, on_halved
        self._optimiser = make_optimiser(student, stage)
        self._scaler = torch.amp.GradScaler(machine.device.type, enabled=machine.autocast == torch.float16)
        self._forward: nn.Module = student
        if machine.world > 1:
            self._forward = DistributedDataParallel(student)
        self._said: list[tuple[Tensor, Tensor, Tensor]] = []  # margins, labels, labelled of each step
        self._average: State = {}
        if stage.average:
            self._average = {name: value.detach().clone() for name, value in state_of(student.network).items()}

    def step(self, batch: Batch, rate: float, number: int, *names: str | int) -> Tensor:
        """Learn from this process's part of a batch; its mean loss. number: steps taken before (from 0).

        Raises KnownError("out-of-memory") where not even one crop fits on the card.
        """
        while True:
            seed_torch(*names, number, "step", self._machine.rank)  # dropout
            try:
                loss = self._gradients(batch)
                break
            except torch.OutOfMemoryError as error:
                self._halve(error)
        set_rate(self._optimiser, rate)
        self._scaler.unscale_(self._optimiser)
        norm = nn.utils.clip_grad_norm_(self.student.parameters(), self._stage.clip)
        if not self._scaler.is_enabled():  # which skips such a step by itself
            loss = (
                loss + norm * 0
            )  # a gradient that is no number shows at once, before it is in the weights that are kept
        self._scaler.step(self._optimiser)
        self._scaler.update()
        self._remember(number)
        return loss

    def _gradients(self, batch: Batch) -> Tensor:
        to_training(self.student.network, self._stage)
        self._optimiser.zero_grad(set_to_none=True)
        total = torch.zeros((), device=self._machine.device)
        margins: list[Tensor] = []
        for start in range(0, len(batch), self.at_once):
            is_last = start + self.at_once >= len(batch)
            with self._unsynchronised(not is_last):
                with self._machine.precision():
                    part = batch.part(start, self.at_once)
                    losses, said = self._task.losses_and_margins(part, self._forward)
                loss = losses.sum() / len(batch)
                self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
            margins.append(said)
        if self._task.learns_labels:
            self._said += [(torch.cat(margins), batch.labels, batch.labelled)]
        return total

    def taken_auc(self) -> float | None:
        """The AUC of what the network said of the crops that it learnt from since this was last asked, each before it
        was learnt (of this process's part; augmented, with dropout); None where there are not both labels."""
        said, self._said = self._said, []
        if not said:
            return None
        margins, labels, labelled = (torch.cat(column).cpu().numpy() for column in zip(*said, strict=True))
        margins, labels = margins[labelled], labels[labelled]
        if not (np.isfinite(margins).all() and 0 < labels.sum() < len(labels)):
            return None
        return auc(labels == 1, margins.astype(np.float64))

    def _unsynchronised(self, wanted: bool) -> contextlib.AbstractContextManager[Any]:
        if wanted and isinstance(self._forward, DistributedDataParallel):
            return self._forward.no_sync()
        return contextlib.nullcontext()

    def _halve(self, error: torch.OutOfMemoryError) -> None:
        if self._machine.world > 1:  # the others wait for this process's gradients
            raise KnownError("out-of-memory", batch=self.at_once) from error
        if self.at_once == 1:
            raise KnownError("out-of-memory", batch=1) from error
        self.at_once = math.ceil(self.at_once / 2)
        self._optimiser.zero_grad(set_to_none=True)
        torch.cuda.empty_cache()
        self._on_halved(self.at_once)

    def _remember(self, number: int) -> None:
        """Averaged weights: the newest count for 1 - decay; at first for more, so that the start is soon forgotten."""
        if not self._average:
            return
        decay = min(self._stage.average, (1 + number) / (10 + number))
        with torch.no_grad():
            now = state_of(self.student.network)
            torch._foreach_lerp_([*self._average.values()], [now[name] for name in self._average], 1 - decay)

    # --- what is kept ---

    @contextlib.contextmanager
    def as_kept(self) -> Iterator[None]:
        """Inside, the network has the weights that would be kept: the averaged ones, where the stage averages."""
        if not self._average:
            yield
            return
        learning = {name: value.clone() for name, value in state_of(self.student.network).items()}
        fill(self.student.network, self._average)
        try:
            yield
        finally:
            fill(self.student.network, learning)

    def tensors(self) -> State:
        """Everything that a resumed stage needs."""
        found = prefixed("network", state_of(self.student.network)) | prefixed("average", self._average)
        if self.student.adapter is not None:
            found |= prefixed("adapter", self.student.adapter.state_dict())
        return found | prefixed("optimiser", optimiser_tensors(self._optimiser))

    def numbers(self) -> dict[str, Any]:
        return {"at_once": self.at_once, "scaler": self._scaler.state_dict()}

    def restore(self, saved: Saved) -> None:
        """Go on from a checkpoint of the same stage."""
        fill(self.student.network, saved.under("network"))
        if self.student.adapter is not None:
            self.student.adapter.load_state_dict(saved.under("adapter"))
        for name, value in saved.under("average").items():
            self._average[name].copy_(value)
        restore_optimiser(self._optimiser, saved.under("optimiser"))
        if saved.numbers["scaler"]:
            self._scaler.load_state_dict(saved.numbers["scaler"])
        self.at_once = min(self.at_once, int(saved.numbers["at_once"]))
