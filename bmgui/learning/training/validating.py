"""How good a network is on the sections that it does not learn from, as scoring would see them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bmgui.evaluation.roc import auc
from bmgui.learning.plans.plan import Plan
from bmgui.learning.training.machine import Machine
from bmgui.learning.training.margins import margins_of_crops
from bmgui.learning.training.material import Entry, validation_crops
from bmgui.learning.training.networks import Normalisation
from bmgui.learning.training.stages import Batch, Task
from bmgui.learning.training.student import Student
from bmgui.scoring.engines.vision import Network


@dataclass(frozen=True)
class Figures:
    """loss: mean log loss of the margins, or the stage's own where no labels are learnt. None: it cannot be had."""

    loss: float | None
    auc: float | None
    crops: int


class Validation:
    """Sections of part "validation", cut once. labels_on: names of collections whose labels count; (): all."""

    def __init__(
        self, entries: Sequence[Entry], plan: Plan, side_px: int, machine: Machine, labels_on: Sequence[str] = ()
    ) -> None:
        self._plan, self._machine = plan, machine
        self._crops = validation_crops(entries, plan.factor, side_px)
        self._labels = torch.tensor([entry.section.label == "malignant" for entry in entries], dtype=torch.int64)
        self._labelled = torch.tensor([not labels_on or e.key in labels_on for e in entries], dtype=torch.bool)

    def __len__(self) -> int:
        return len(self._labels)

    def of_margins(self, network: Network, normalisation: Normalisation) -> Figures:
        """Log loss and AUC of the margins (averaged with the mirror image where the plan does)."""
        crops, labels = self._crops[self._labelled], self._labels[self._labelled].numpy()
        if not len(labels):
            return Figures(None, None, 0)
        margins = margins_of_crops(network, normalisation, crops, self._machine, self._plan.flip_average)
        finite = bool(np.isfinite(margins).all())
        both = finite and 0 < labels.sum() < len(labels)
        return Figures(log_loss(labels, margins), auc(labels == 1, margins) if both else None, len(labels))

    def of_features(self, student: Student, task: Task) -> Figures:
        """The stage's own loss, for a network that learns no labels."""
        if not len(self):
            return Figures(None, None, 0)
        student.eval()
        found: list[Tensor] = []
        with torch.no_grad(), self._machine.precision():
            for index in torch.split(torch.arange(len(self)), 32):
                crops = self._crops[index].to(self._machine.device)[:, None].float() / 255
                nothing = torch.zeros(len(index), dtype=torch.bool, device=crops.device)
                batch = Batch(crops, self._labels[index].to(crops.device), nothing)
                found.append(task.losses(batch, student).double().cpu())
        return Figures(float(torch.cat(found).mean()), None, len(self))


def log_loss(labels: NDArray[np.int64], margins: NDArray[np.float64]) -> float:
    """Mean of −log of the probability that σ(margin) gives the true class; in nats."""
    signed = np.where(labels == 1, -margins, margins)
    return float(np.logaddexp(0, signed).mean())
