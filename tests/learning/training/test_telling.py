"""What a trainer tells of its work besides the loss: speed without naps, train AUC, memory, rate, a sheet of crops."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from bmgui.learning.runs import trainers
from bmgui.learning.runs.progress import read_events
from bmgui.learning.training.loop import Speed, fit
from bmgui.learning.training.machine import spare_a_thread
from bmgui.learning.training.sheet import write_sheet
from tests.learning.training.small_course import ALL_OFF, best, small_course
from tests.learning.training.training_stand import make_small_run


def told(folder: Path, **values: Any) -> list[tuple[str, dict[str, Any]]]:
    events: list[tuple[str, dict[str, Any]]] = []
    fit(small_course(folder, tell=lambda event, **fields: events.append((event, fields)), **values))
    return events


def test_a_nap_does_not_slow_the_speed_and_steps_between_looks_count() -> None:
    speed = Speed(batch=4)
    for number in range(10):
        speed.stepped(8 * 3600.0 if number == 3 else 0.5, True)
    assert speed.crops_s == 8.0
    card = Speed(batch=4)
    for _ in range(3):
        for number in range(20):  # handed on at once; the last one waits for all
            card.stepped(2.0 if number == 19 else 0.0, number == 19)
    assert card.crops_s == 40.0


def test_steps_tell_rate_and_memory_and_epochs_the_train_auc(tmp_path: Path) -> None:
    events = told(tmp_path, epoch_steps=8, steps=24, rate=0.05, augmentation=ALL_OFF, dropout=0.0, schedule="constant")
    steps = [fields for name, fields in events if name == "step"]
    assert steps[-1]["rate"] == pytest.approx(0.05)
    assert steps[0]["memory_mb"] > 50
    assert "card_mb" not in steps[0]
    aucs = [fields["train_auc"] for name, fields in events if name == "epoch"]
    assert len(aucs) == 3
    assert all(0 <= auc <= 1 for auc in aucs)
    assert aucs[-1] > 0.9  # the two labels differ in brightness: it has learnt them


def test_the_train_auc_is_that_of_the_epochs_own_crops(tmp_path: Path) -> None:
    """A network that stands still: what it says of the epoch's crops can be computed again."""
    course = small_course(tmp_path, epoch_steps=3, steps=3, dropout=0.0, frozen_batchnorm=True)
    batches = course.feed.batches(0)
    margins, labels = [], []
    for step in range(3):
        batch = next(batches)
        with torch.no_grad():
            logits, _ = course.learner.student.eval()(batch.crops)
        margins.append((logits[:, 1] - logits[:, 0]).numpy())
        labels.append(batch.labels.numpy())
        course.learner.step(batch, 0.0, step, "still")
    said, true = np.concatenate(margins), np.concatenate(labels)
    higher = (said[true == 1][:, None] > said[true == 0][None]).mean()
    assert course.learner.taken_auc() == pytest.approx(higher, abs=1e-6)
    assert course.learner.taken_auc() is None  # taken


def test_the_sheet_shows_the_first_crops_and_changes_nothing(tmp_path: Path) -> None:
    plain, with_sheet = small_course(tmp_path / "a"), small_course(tmp_path / "b")
    write_sheet(with_sheet)
    sheet = np.asarray(Image.open(tmp_path / "b" / "sheet.png"))
    assert sheet.shape == (3 * 16 + 2 * 4, 8 * 16 + 7 * 4)
    first = next(with_sheet.feed.batches(0)).crops[0, 0].numpy() * 255
    assert np.abs(sheet[:16, :16] - first).max() <= 0.5
    fit(plain)
    fit(with_sheet)
    one, other = best(tmp_path / "a"), best(tmp_path / "b")
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_one_thread_is_left_to_others() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(64)
        spare_a_thread()
        assert 1 <= torch.get_num_threads() < max(2, os.cpu_count() or 1)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 20 GiB"), True),
        (RuntimeError("shape mismatch"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_want_of_memory_is_told_as_what_it_is(tmp_path: Path, error: Exception, expected: bool) -> None:
    run = make_small_run(tmp_path, "epochs = 1", train=2, validation=2)

    def train(_run: trainers.Trainer) -> None:
        raise error

    trainers.as_trainer(run.folder, train)
    last = read_events(run.folder)[0][-1]
    assert (last["event"], last.get("code")) == (("error", "run-out-of-memory") if expected else ("crash", None))
