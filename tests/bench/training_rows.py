"""How much of a training step is not learning: reading, cutting, changing, telling."""

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.measuring import Row

SIDE_PX = 160
BATCH = 16


def training(count: int) -> Sequence[Row]:
    """Crops a second of the loop itself ÷ the same step on tensors that are already in memory; CPU and CUDA."""
    import torch

    rows = [_row("cpu", BATCH, count)]
    if torch.cuda.is_available():
        return [*rows, _row("cuda", 8 * BATCH, 4 * count)]
    why = f"no CUDA device that torch {torch.__version__} can use"
    return [*rows, Row(_what("CUDA"), "the same step on tensors already in memory", "≥ 0.95 ×", why, None)]


def _what(device: str) -> str:
    return f"training crops a second, ResNet-50, {SIDE_PX} px, all augmentation, {device}"


def _row(device: str, batch: int, count: int) -> Row:
    import torch

    from bmgui.learning.training.loop import At, train_epoch

    with tempfile.TemporaryDirectory(prefix="bmgui-bench-") as folder:
        course = _course(Path(folder), device, batch)
        batches = course.feed.batches(0)
        kept = next(batches)
        began = 0.0
        taken: tuple[list[float], list[float]] = ([], [])
        for turn in range(count + 1):  # the first turn warms up
            began = time.perf_counter()
            train_epoch(course, At(), batches)
            between = time.perf_counter()
            for _ in range(course.epoch_steps):
                loss = course.learner.step(kept, 0.0, turn, "bench")
            float(loss)  # waits for the card
            if turn:
                taken[0].append(between - began)
                taken[1].append(time.perf_counter() - between)
        ours, bare = (course.epoch_steps * batch / statistics.median(times) for times in taken)
        name = course.machine.described()
    return Row(
        _what("CUDA" if device == "cuda" else "CPU"),
        "the same step on tensors already in memory",
        "≥ 0.95 ×",
        f"{ours / bare:.3f} × ({ours:.1f} / {bare:.1f} crops a second, {name}, {torch.get_num_threads()} threads)",
        ours / bare >= 0.95,
    )


def _course(folder: Path, device: str, batch: int):  # type: ignore[no-untyped-def]  # torch's names come late
    import torch

    from bmgui.learning.plans.plan import Augmentation, Plan, Stage
    from bmgui.learning.runs.progress import Progress
    from bmgui.learning.training.feed import Feed
    from bmgui.learning.training.learner import Learner
    from bmgui.learning.training.loop import Course
    from bmgui.learning.training.machine import machine_for
    from bmgui.learning.training.material import CONTEXT_SIDES, Material
    from bmgui.learning.training.networks import new_network, usual_normalisation
    from bmgui.learning.training.stages import Task
    from bmgui.learning.training.student import Student
    from bmgui.learning.training.validating import Figures

    stage = Stage("us", ("us",), steps=1_000_000, average=0.99, augmentation=Augmentation())
    plan = Plan("bench", (), (), (0,), {}, {}, {}, side=SIDE_PX, batch=batch, device=device)  # type: ignore[arg-type]
    count, most = 64, CONTEXT_SIDES * SIDE_PX
    ones = torch.ones(count)
    material = Material(
        contexts=torch.randint(0, 256, (count, most, most), dtype=torch.uint8),
        where=torch.arange(count),
        centre_x=ones * most / 2,
        centre_y=ones * most / 2,
        mass_side=ones * most / 4.4,
        width=ones * most,
        height=ones * most,
        zoom=ones,
        labels=torch.arange(count) % 2,
        labelled=torch.ones(count, dtype=torch.bool),
    )
    progress = Progress(folder)
    with machine_for(plan) as machine:
        student = Student(new_network("resnet50", 0), usual_normalisation("resnet50"))
        return Course(
            folder=folder,
            stage=stage,
            names=(0, "bench"),
            epochs=1_000_000,
            epoch_steps=1 if device == "cpu" else 20,
            steps=1_000_000,
            learner=Learner(student, Task(stage, student, None), stage, machine, batch, lambda _: None),
            feed=Feed(material, stage, SIDE_PX, batch, machine, 0, "bench"),
            validate=lambda: Figures(None, None, 0),
            machine=machine,
            batch=batch,
            tell=lambda event, **fields: progress.tell(event, "bench", 1, **fields),
            obey=lambda _: None,
        )
