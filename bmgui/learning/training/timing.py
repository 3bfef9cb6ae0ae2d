"""How long a step takes here: a few real steps of each network and kind of stage, before a run starts."""

import time
from typing import Any

import torch

from bmgui.base.files import write_json
from bmgui.learning.plans.plan import Job, JobStage, jobs
from bmgui.learning.runs.estimate import TIMING_FILE
from bmgui.learning.runs.run import Opened, open_sources
from bmgui.learning.runs.trainers import Trainer
from bmgui.learning.training.building import Builder
from bmgui.learning.training.loop import Course
from bmgui.learning.training.machine import Machine, machine_for
from bmgui.learning.training.margins import margins_of_crops
from bmgui.learning.training.obeying import Obedience

_STEPS = 3
_SECTIONS = 64
_CROPS = 16


def time_steps(run: Trainer) -> None:
    """Write `timing.json`; nothing is trained. Raises KnownError."""
    collections = open_sources(run)
    with machine_for(run.plan) as machine:
        time_steps_on(run, machine, Obedience(run, machine), collections)


def time_steps_on(run: Trainer, machine: Machine, obey: Obedience, collections: Opened) -> None:
    """For each network × kind: seconds a step; for each network: seconds a crop that is validated; sections a stage.

    Raises Stopped between steps, as training does: on a busy machine they take minutes.
    """
    found: dict[str, Any] = {"validation": {}, "sections": {}}
    for job, stage in [(one, stage) for one in jobs(run.plan) for stage in one.own]:
        builder = Builder(run, machine, obey, job, collections, is_quiet=True)
        found["sections"].setdefault(
            stage.stage.name,
            {part: len(builder.entries(stage.stage, part)) for part in ("train", "validation")},
        )
        name = f"{job.network}/{stage.stage.kind}"
        if name in found:
            continue
        course = builder.course(_first(job, stage), _SECTIONS)
        found[name] = {"seconds_a_step": seconds_a_step(course), "batch": run.plan.batch, "side": builder.side_px}
        if job.network not in found["validation"]:
            found["validation"][job.network] = seconds_a_crop(course, run.plan.flip_average, builder.side_px)
    write_json(run.folder / TIMING_FILE, found)


def _first(job: Job, stage: JobStage) -> JobStage:
    """The same stage as if it were the first: what came before it is not trained yet."""
    return JobStage(stage.stage, 1, job.name)


def seconds_a_step(course: Course, steps: int = _STEPS) -> float:
    """The median of a few steps, after one that warms up."""
    batches = course.feed.batches(0)
    taken = []
    for number in range(steps + 1):
        course.obey(False)
        began = time.perf_counter()
        loss = course.learner.step(next(batches), 0.0, number, "timing")
        float(loss)  # waits for the device
        taken.append(time.perf_counter() - began)
    return sorted(taken[1:])[len(taken[1:]) // 2]


def seconds_a_crop(course: Course, flip_average: bool, side_px: int) -> float:
    """Of validation, the mirror image included where the plan averages it."""
    student = course.learner.student
    crops = torch.zeros(_CROPS, side_px, side_px, dtype=torch.uint8)
    began = time.perf_counter()
    margins_of_crops(student.network, student.normalisation, crops, course.machine, flip_average)
    return (time.perf_counter() - began) / _CROPS
