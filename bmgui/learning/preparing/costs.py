"""What a plan will take: time, from a few timed steps in the trainer's own process, and room on the disk."""

import shutil
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bmgui.base.errands import wait_or_stop
from bmgui.base.errors import KnownError
from bmgui.base.files import not_written
from bmgui.learning import shelf
from bmgui.learning.plans.plan import NOTHING_GIVEN, SCRATCH, Job, Plan, Stage, jobs
from bmgui.learning.plans.writing import write_plan
from bmgui.learning.preparing.planning import used_stages
from bmgui.learning.runs.estimate import TIMING_FILE, plan_times
from bmgui.learning.runs.run import PLAN_FILE, make_run
from bmgui.learning.runs.state import state_of
from bmgui.learning.runs.trainers import memory_kills, start_trainer, why_ended
from bmgui.scoring.card import Architecture

PARAMETERS: dict[Architecture, int] = {"resnet50": 23_565_250, "vgg16": 14_715_714, "inception_v3": 21_824_098}
"""Values in a network's file: trunk with BatchNorm's statistics, and a head of two classes."""
_BESIDE_JOB = 8_000_000  # bytes: sheets, curves, margins and the report of an evaluation; about
_FLOAT32, _FLOAT16 = 4, 2


@dataclass(frozen=True)
class Disk:
    """Bytes. kept: what stays of the run; most: what it holds at its largest; free: what the disk has now."""

    kept: int
    most: int
    free: int

    @property
    def is_enough(self) -> bool:
        return self.most < self.free


@dataclass(frozen=True)
class Time:
    """Seconds at most: stages may stop early. timing: the bytes of the run's `timing.json`, for the run itself."""

    seconds: float
    by_job: dict[str, float]
    timing: bytes


def disk_of(plan: Plan) -> Disk:
    """Weights of each stage (float32) and job (float16), and the largest checkpoint twice: the new one is written
    beside the old one. Raises KnownError("file-not-written")."""
    kept, largest = 0, 0
    for job in jobs(plan):
        values = PARAMETERS[job.network]
        kept += _FLOAT16 * values + _BESIDE_JOB + len(job.own) * _FLOAT32 * values
        largest = max([largest, *(_FLOAT32 * values * copies(own.stage) for own in job.own)])
    return Disk(kept, kept + 2 * largest, free_bytes())


def copies(stage: Stage) -> int:
    """How often a checkpoint holds the network's values: themselves, their average, what the optimiser remembers."""
    return 1 + (stage.average > 0) + (2 if stage.optimiser == "adamw" else 1)


def free_bytes() -> int:
    """Of the disk that the user's runs lie on. Raises KnownError("file-not-written")."""
    folder = shelf.folder_of("runs").parent  # it exists
    try:
        return shutil.disk_usage(folder).free
    except OSError as error:
        raise not_written(folder, error) from error


def time_of(plan: Plan, stop: threading.Event, started: Callable[[], None] = lambda: None) -> Time:
    """Time a few steps of each kind in a trainer of its own, in a folder that goes again; `stop` kills it.

    Weights to start from need not be here: a step takes as long whatever the weights. Raises what `make_run` raises
    and what the trainer tells, and KnownError("errand-cancelled").
    """
    kills = memory_kills()
    with tempfile.TemporaryDirectory(prefix="bmgui-") as name:
        folder = Path(name) / "run"
        folder.mkdir()
        write_plan(without_weights(plan), folder / PLAN_FILE)
        make_run(folder / PLAN_FILE, folder, NOTHING_GIVEN)
        process = start_trainer(folder, "--time-steps")
        started()
        code = wait_or_stop(process, stop)
        state = state_of(folder)
        if state.error is not None:
            raise state.error
        ended = why_ended(folder, code, memory_killed=memory_kills() > kills)
        if ended is not None:
            raise ended
        return time_from(plan, folder)


def time_from(plan: Plan, folder: Path) -> Time:
    """What the folder's `timing.json` means for this plan. Raises KnownError("timing-unreadable", file)."""
    planned: tuple[Job, ...] = jobs(plan)
    times = plan_times(plan, planned, folder)
    try:
        timing = (folder / TIMING_FILE).read_bytes()
    except OSError:
        timing = b""
    if not times or not timing:
        raise KnownError("timing-unreadable", file=str(folder / TIMING_FILE))
    by_job = {job.name: sum(times[own.owner, own.number].seconds for own in job.own) for job in planned}
    return Time(sum(by_job.values()), by_job, timing)


def retimed(plan: Plan, time: Time) -> Time | None:
    """The same steps for another number of epochs, chains or seeds; None where something new was never timed."""
    with tempfile.TemporaryDirectory(prefix="bmgui-") as name:
        try:
            (Path(name) / TIMING_FILE).write_bytes(time.timing)
            return time_from(plan, Path(name))
        except (KnownError, OSError):
            return None


def timing_key(plan: Plan) -> tuple[object, ...]:
    """What the seconds of a step hang on: two plans with one key need no new timing, but for a network that is new."""
    stages = tuple(
        (stage.name, stage.kind, stage.frozen, stage.sections_a_mass, stage.masses_a_patient, stage.augmentation)
        for stage in used_stages(plan)
    )
    folders = tuple(sorted((name, of) for name, of in plan.collections.items() if of))
    machine = (plan.device, plan.autocast, plan.threads, plan.at_once)
    return stages, folders, machine, plan.batch, plan.side, tuple(sorted(plan.sides.items())), plan.flip_average


def without_weights(plan: Plan) -> Plan:
    """The same steps from random weights, one seed of each."""
    chains = tuple(replace(chain, start=SCRATCH) for chain in plan.chains)
    return replace(plan, chains=chains, seeds=plan.seeds[:1])
