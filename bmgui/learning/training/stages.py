"""What a crop costs: the losses of the two kinds of stage, one value a crop.

Values a crop and not means: so a batch may be taken in parts, or by several processes, and adds up to the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bmgui.learning.plans.plan import Stage
from bmgui.learning.training.student import Lesson, Student, TeacherNetwork


@dataclass(frozen=True)
class Batch:
    """crops float32 (n, 1, side, side) in [0, 1]; labels int64 (n,), 1: malignant; labelled bool (n,)."""

    crops: Tensor
    labels: Tensor
    labelled: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, start: int, size: int) -> "Batch":
        here = slice(start, start + size)
        return Batch(self.crops[here], self.labels[here], self.labelled[here])


class Task:
    """The loss of a stage. `student` is called through `forward`, which may be its wrapper for several processes."""

    def __init__(self, stage: Stage, student: Student, teacher: TeacherNetwork | None) -> None:
        self._stage, self._student, self._teacher = stage, student, teacher

    def losses(self, batch: Batch, forward: torch.nn.Module) -> Tensor:
        """float32 (n,)."""
        return self.losses_and_margins(batch, forward)[0]

    def losses_and_margins(self, batch: Batch, forward: torch.nn.Module) -> tuple[Tensor, Tensor]:
        """float32 (n,) each; the margins (malignant logit − benign logit) are detached."""
        logits, features = forward(batch.crops)
        logits = logits.float()
        return self._losses(batch, logits, features), (logits[:, 1] - logits[:, 0]).detach()

    def _losses(self, batch: Batch, logits: Tensor, features: Tensor | None) -> Tensor:
        true = functional.cross_entropy(
            logits, batch.labels, reduction="none", label_smoothing=self._stage.label_smoothing
        )
        teaching = self._stage.teacher
        if teaching is None or self._teacher is None:
            return torch.where(batch.labelled, true, true * 0)
        lesson = self._teacher(batch.crops)
        of_labels = teaching.hard * true
        if lesson.logits is not None and teaching.soft:
            of_labels = of_labels + teaching.soft * soft_loss(logits, lesson.logits, teaching.temperature)
        found = torch.where(batch.labelled, of_labels, of_labels * 0)
        if features is not None:  # also at weight 0: every parameter takes part, as several processes need it
            found = found + teaching.features * self._features_loss(features.float(), lesson)
        return found

    def _features_loss(self, features: Tensor, lesson: Lesson) -> Tensor:
        adapter = self._student.adapter
        assert adapter is not None
        wanted = adapter.standardised(lesson.features)
        return functional.smooth_l1_loss(features, wanted, reduction="none").mean((1, 2, 3))

    @property
    def learns_labels(self) -> bool:
        """Whether the head learns anything, so that margins mean something."""
        teaching = self._stage.teacher
        if teaching is None or self._teacher is None:
            return True
        return bool(teaching.hard) or (self._teacher.has_head and bool(teaching.soft))

    @property
    def needs_features(self) -> bool:
        return self._stage.kind == "teach"

    def meet_teacher(self, batches: Sequence[Tensor]) -> None:
        """Standardise by what the teacher sees in these crops (the stage's first ones)."""
        if self._student.adapter is not None and self._teacher is not None:
            self._student.adapter.measure(torch.cat([self._teacher(crops).features for crops in batches]))


def soft_loss(logits: Tensor, wanted: Tensor, temperature: float) -> Tensor:
    """float32 (n,): Kullback-Leibler divergence from the teacher's softened classes, × temperature² (Hinton 2015)."""
    ours = functional.log_softmax(logits / temperature, 1)
    theirs = functional.log_softmax(wanted / temperature, 1)
    return functional.kl_div(ours, theirs, reduction="none", log_target=True).sum(1) * temperature**2
