"""What a crop costs: true labels, a teacher's soft ones, its features; and which crops learn what."""

import math

import pytest
import torch
from torch import Tensor

from bmgui.learning.plans.plan import Stage, Teacher
from bmgui.learning.training.machine import Machine
from bmgui.learning.training.networks import usual_normalisation
from bmgui.learning.training.stages import Batch, Task, soft_loss
from bmgui.learning.training.student import Adapter, Student, TeacherNetwork
from bmgui.learning.training.validating import log_loss
from tests.learning.training.small_course import tiny_network

CPU = Machine(torch.device("cpu"), None)
USUAL = usual_normalisation("resnet50")


def task_of(stage: Stage, has_head: bool = True) -> tuple[Task, Student]:
    """A tiny student and a tiny teacher of other values."""
    assert stage.teacher is not None
    teacher = TeacherNetwork(tiny_network(1), USUAL, 24, stage.teacher.grid, CPU, has_head)
    adapter = Adapter(6, teacher.channels, stage.teacher.grid) if stage.kind == "teach" else None
    student = Student(tiny_network(0), USUAL, adapter).eval()
    return Task(stage, student, teacher), student


def batch_of(n: int = 6) -> Batch:
    crops = torch.rand(n, 1, 16, 16, generator=torch.Generator().manual_seed(3))
    return Batch(crops, torch.arange(n) % 2, torch.arange(n) >= n // 2)


def test_without_a_teacher_it_is_cross_entropy_where_labels_count() -> None:
    student = Student(tiny_network(), USUAL).eval()
    batch = batch_of()
    losses = Task(Stage("us", ("us",)), student, None).losses(batch, student)
    logits, _ = student(batch.crops)
    wanted = -logits.log_softmax(1)[torch.arange(6), batch.labels]
    assert torch.allclose(losses[3:], wanted[3:])
    assert losses[:3].tolist() == [0, 0, 0]


def test_soft_labels_cost_nothing_where_student_and_teacher_agree() -> None:
    logits = torch.tensor([[1.0, -2.0], [0.5, 3.0]])
    assert soft_loss(logits, logits + 5.0, 2.0).abs().max() < 1e-6  # a constant more in both classes is the same
    theirs = torch.tensor([[0.0, 0.0], [0.0, 0.0]])
    p = 1 / (1 + math.exp(-1.5))  # the student's softened first class: (1 - -2)/2
    wanted = 4 * (0.5 * math.log(0.5 / p) + 0.5 * math.log(0.5 / (1 - p)))
    assert float(soft_loss(logits, theirs, 2.0)[0]) == pytest.approx(wanted, rel=1e-5)


def test_a_teaching_stage_weighs_its_three_losses() -> None:
    def losses(**weights: float) -> Tensor:
        torch.manual_seed(0)  # the adapter's first values
        none = {"soft": 0.0, "hard": 0.0, "features": 0.0}
        stage = Stage("t", ("us",), "teach", steps=1, teacher=Teacher("x", grid=2, **{**none, **weights}))
        task, student = task_of(stage)
        return task.losses(batch_of(), student)

    soft, hard, features = losses(soft=1.0), losses(hard=1.0), losses(features=1.0)
    assert torch.allclose(losses(soft=2.0, hard=0.5, features=3.0), 2 * soft + 0.5 * hard + 3 * features, atol=1e-5)
    assert soft[:3].tolist() == hard[:3].tolist() == [0, 0, 0]  # their labels do not count
    assert (features > 0).all()  # every crop teaches features


def test_a_teacher_without_a_head_gives_no_soft_labels() -> None:
    stage = Stage("t", ("us",), "teach", teacher=Teacher(start="imagenet", network="vgg16", grid=2, hard=0.0))
    task, student = task_of(stage, has_head=False)
    assert not task.learns_labels
    assert task_of(stage)[0].learns_labels
    losses = task.losses(batch_of(), student)
    losses.sum().backward()  # type: ignore[no-untyped-call]
    head = dict(student.module.named_parameters())["fc.weight"]
    assert head.grad is None or float(head.grad.abs().max()) == 0


def test_features_are_standardised_by_what_the_teacher_first_sees() -> None:
    stage = Stage("t", ("us",), "teach", teacher=Teacher("x", grid=2))
    task, student = task_of(stage)
    task.meet_teacher([torch.rand(32, 1, 16, 16) for _ in range(2)])
    adapter = student.adapter
    assert adapter is not None
    teacher = TeacherNetwork(tiny_network(1), USUAL, 24, 2, CPU, True)
    seen = adapter.standardised(teacher(torch.rand(64, 1, 16, 16)).features)
    assert float(seen.mean((0, 2, 3)).abs().max()) < 0.5
    assert float(seen.std((0, 2, 3)).max()) < 2.0


def test_only_the_student_learns() -> None:
    stage = Stage("t", ("us",), "teach", teacher=Teacher("x", grid=2))
    task, student = task_of(stage)
    losses = task.losses(batch_of(), student)
    losses.sum().backward()  # type: ignore[no-untyped-call]
    assert all(parameter.grad is not None for parameter in student.parameters())
    teacher = task._teacher
    assert teacher is not None
    assert not any(parameter.requires_grad for parameter in teacher._network.module.parameters())


def test_the_student_is_one_network_and_leaves_no_adapter_behind() -> None:
    """What is saved as the network has exactly the network's names."""
    student = Student(tiny_network(), USUAL, Adapter(6, 6, 2))
    assert {n.split(".")[0] for n in student.state_dict()} == {"module", "adapter"}
    assert set(student.module.state_dict()) == set(tiny_network().module.state_dict())


def test_log_loss_is_the_cross_entropy_of_the_margins() -> None:
    logits = torch.tensor([[0.3, 1.2], [2.0, -1.0], [0.0, 0.0]], dtype=torch.float64)
    labels = torch.tensor([1, 1, 0])
    margins = (logits[:, 1] - logits[:, 0]).numpy()
    wanted = float(torch.nn.functional.cross_entropy(logits, labels))
    assert log_loss(labels.numpy(), margins) == pytest.approx(wanted, rel=1e-12)
