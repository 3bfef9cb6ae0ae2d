"""Which collections a run's jobs learnt from, which of them they are measured on, and who has begun with one."""

import contextlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.learning.plans.plan import Job, jobs
from bmgui.learning.runs.run import Run, has_begun, open_run


def learnt_last(run: Run, job: Job) -> tuple[Path, ...]:
    """The collections of the job's last stage: what it is to be used on."""
    names = job.stages[-1].stage.collections
    return tuple(dict.fromkeys(folder for name in names for folder in run.collections[name]))


def learnt_from(run: Run, job: Job) -> tuple[Path, ...]:
    """The collections of all stages of the job."""
    names = dict.fromkeys(name for stage in job.stages for name in stage.stage.collections)
    return tuple(dict.fromkeys(folder for name in names for folder in run.collections[name]))


def measured_on(runs: Sequence[Run]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Those of the runs' last stages, and the external ones of their plans.

    A collection that some job only passes through (mammography, before ultrasound) is left out: its pictures must not
    choose the thresholds for the others'. Where that leaves none: those that are last in the most jobs.
    """
    planned = [(run, job) for run in runs for job in jobs(run.plan)]
    last = Counter(folder for run, job in planned for folder in learnt_last(run, job))
    passed = {folder for run, job in planned for folder in set(learnt_from(run, job)) - set(learnt_last(run, job))}
    inside = tuple(folder for folder in last if folder not in passed)
    inside = inside or tuple(folder for folder, count in last.items() if count == max(last.values()))
    outside = dict.fromkeys(Path(folder) for run in runs for folder in run.plan.external)
    return inside, tuple(outside)


def begun_on(collection: Path, folders: Iterable[Path]) -> tuple[str, ...]:
    """The names of those of these runs that have begun, and learn from this collection."""
    found = []
    for folder in folders:
        with contextlib.suppress(KnownError):  # the runs page tells of it
            learnt = [Path(one["folder"]) for one in open_run(folder).made["collections"]]
            if collection.absolute() in learnt and has_begun(folder):
                found.append(folder.name)
    return tuple(found)
