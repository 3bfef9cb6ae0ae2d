"""A stage of a tiny network, for what does not hang on which network it is; as a process, too (torchrun, kill -9).

python -m tests.learning.training.small_course FOLDER '{"steps": 4, …}' [kill-at STEP]
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from bmgui.learning.plans.plan import Augmentation, Plan, Stage
from bmgui.learning.training.checkpoint import prefixed
from bmgui.learning.training.feed import Feed
from bmgui.learning.training.learner import Learner
from bmgui.learning.training.loop import BEST_FILE, Course, fit
from bmgui.learning.training.machine import Machine, machine_for
from bmgui.learning.training.material import Material
from bmgui.learning.training.networks import State, usual_normalisation
from bmgui.learning.training.seeding import seed_torch
from bmgui.learning.training.stages import Task
from bmgui.learning.training.starts import read_tensors
from bmgui.learning.training.student import Student
from bmgui.learning.training.validating import Figures
from bmgui.scoring.engines.vision import Network

NOTHING = Augmentation((2.0, 2.0), 0.0, False, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
ALL_OFF = "all-off"


class Tiny(nn.Module):
    """Two convolutions, BatchNorm, pool, head: the form of all three networks."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(3, 4, 3, bias=False),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Conv2d(4, 6, 3),
            nn.BatchNorm2d(6),
            nn.ReLU(),
        )
        self.fc = nn.Linear(6, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.fc(self.trunk(x).mean((2, 3)))
        return logits


def tiny_network(seed: int = 0) -> Network:
    seed_torch(seed)
    module = Tiny()
    return Network(module.eval(), module.trunk[5], module.trunk[2])


def tiny_material(count: int = 12) -> Material:
    chance = np.random.default_rng(1)
    contexts = chance.integers(0, 200, (count, 40, 40)).astype(np.uint8)
    contexts[1::2] += 50
    ones = torch.ones(count)
    return Material(
        contexts=torch.from_numpy(contexts),
        where=torch.arange(count),
        centre_x=20 * ones,
        centre_y=20 * ones,
        mass_side=12 * ones,
        width=40 * ones,
        height=40 * ones,
        zoom=ones,
        labels=torch.arange(count) % 2,
        labelled=torch.ones(count, dtype=torch.bool),
    )


def stage_of(**values: Any) -> Stage:
    rules = NOTHING if values.pop("augmentation", None) == ALL_OFF else Augmentation(marks=0.5, blur=0.5)
    usual = {"steps": 6, "warmup_steps": 1, "rate": 0.01, "dropout": 0.3, "average": 0.8}
    return Stage("us", ("us",), augmentation=rules, **{**usual, **values})


def small_course(
    folder: Path,
    machine: Machine | None = None,
    *,
    epoch_steps: int = 2,
    batch: int = 4,
    at_once: int | None = None,
    validate: Callable[[], Figures] | None = None,
    tell: Callable[..., None] = lambda *_, **__: None,
    obey: Callable[[bool], None] = lambda _: None,
    task: type[Task] = Task,
    **values: Any,
) -> Course:
    """16 px crops; without `validate` an epoch is validated by nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    machine = machine or Machine(torch.device("cpu"), None)
    stage = stage_of(**values)
    student = Student(tiny_network(), usual_normalisation("resnet50"))
    steps = stage.steps or (stage.epochs or 1) * epoch_steps
    at_once = at_once or batch // machine.world
    halved = lambda now: tell("note", code="batch-halved", at_once=now)  # noqa: E731
    return Course(
        folder=folder,
        stage=stage,
        names=(0, "tiny", "us"),
        epochs=-(-steps // epoch_steps),
        epoch_steps=epoch_steps,
        steps=steps,
        learner=Learner(student, task(stage, student, None), stage, machine, at_once, halved),
        feed=Feed(tiny_material(), stage, 16, batch, machine, 0, "tiny", "us"),
        validate=validate or (lambda: Figures(None, None, 0)),
        machine=machine,
        batch=batch,
        tell=tell,
        obey=obey,
    )


def best(folder: Path) -> State:
    return prefixed("best", read_tensors(folder / BEST_FILE)[0])


def main(folder: Path, values: dict[str, Any], kill_at: int | None) -> None:
    calls = 0

    def obey(after_epoch: bool) -> None:
        nonlocal calls
        calls += not after_epoch
        if calls == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    with machine_for(Plan("small", (), (), (0,), {}, {}, {}, device="cpu", autocast="off", threads=1)) as machine:
        fit(small_course(folder, machine, obey=obey, **values))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)
