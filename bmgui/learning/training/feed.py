"""Batches: which sections, which squares, which changes, all from the step's own numbers."""

import itertools
from collections.abc import Iterator

import torch

from bmgui.learning.plans.plan import Stage
from bmgui.learning.training.augment import Draws, augment, draw_squares
from bmgui.learning.training.machine import Machine
from bmgui.learning.training.material import Material, cut, order
from bmgui.learning.training.seeding import generator
from bmgui.learning.training.stages import Batch


class Feed:
    """Batches of a stage. names: (seed, job, stage), which every draw is seeded by.

    With several processes each gets its slice of the same batch; `batch` is the whole one's size.
    """

    def __init__(
        self, material: Material, stage: Stage, side_px: int, batch: int, machine: Machine, *names: str | int
    ) -> None:
        self._material = material.to(machine.device)
        self._labels = material.labels.tolist()
        self._stage, self._side, self._batch, self._machine, self._names = stage, side_px, batch, machine, names
        share = batch // machine.world
        self._here = slice(machine.rank * share, (machine.rank + 1) * share)

    def batches(self, first_step: int) -> Iterator[Batch]:
        """This process's part of batch `first_step` (from 0) and all that follow."""
        rows = itertools.islice(order(self._labels, self._stage.balance, *self._names), first_step * self._batch, None)
        for step in itertools.count(first_step):
            yield self._made(step, torch.tensor(list(itertools.islice(rows, self._batch))))

    def _made(self, step: int, rows: torch.Tensor) -> Batch:
        device = self._machine.device
        some = self._material.rows(rows[self._here])
        draws = Draws(
            generator(*self._names, step, "augmentation"),
            generator(*self._names, step, "noise", self._machine.rank, device=device),
            self._batch,
            self._here,
        )
        rules = self._stage.augmentation
        squares, away = draw_squares(some, rules, self._stage.anywhere, draws)
        crops = augment(cut(some, squares, self._side), rules, draws)
        return Batch(crops, some.labels, some.labelled & ~away)
