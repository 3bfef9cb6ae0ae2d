"""A whole run: every job of the plan, stage by stage, and the weights that come of it."""

import json
import time
from pathlib import Path
from typing import Any

from bmgui.base.errors import KnownError
from bmgui.learning.plans.plan import Job, JobStage, jobs
from bmgui.learning.runs.estimate import TIMING_FILE
from bmgui.learning.runs.run import Opened, open_run, open_sources
from bmgui.learning.runs.trainers import Trainer
from bmgui.learning.training.building import Builder
from bmgui.learning.training.loop import DONE_FILE, fit
from bmgui.learning.training.machine import Machine, machine_for
from bmgui.learning.training.obeying import Obedience
from bmgui.learning.training.results import RESULT_FILE, write_result
from bmgui.learning.training.sheet import write_sheet
from bmgui.learning.training.timing import time_steps_on


def train(run: Trainer) -> None:
    """Every job that is not done yet; a job whose loss is no number any more does not take the others along.

    Raises KnownError, Stopped.
    """
    lost: KnownError | None = None
    collections = open_sources(run, leads=run.rank == 0)
    if open_run(run.folder).made["collections"] != run.made["collections"]:
        run.progress.tell("note", code="sources-anew")
    with machine_for(run.plan) as machine:
        run.progress.tell("device", device=str(machine.device), described=machine.described(), threads=run.plan.threads)
        obey = Obedience(run, machine)
        with obey.signals():
            if machine.world == 1 and not (run.folder / TIMING_FILE).is_file():
                run.progress.tell("timing")
                time_steps_on(run, machine, obey, collections)
            for job in jobs(run.plan):
                if (run.folder / "jobs" / job.name / RESULT_FILE).is_file():
                    continue
                try:
                    train_job(run, machine, obey, job, collections)
                except KnownError as error:
                    if error.code != "loss-not-finite":
                        raise
                    lost = error
    if lost is not None:
        raise lost


def train_job(run: Trainer, machine: Machine, obey: Obedience, job: Job, collections: Opened) -> None:
    """The job's stages that nobody has trained yet, then its weights and `result.json`."""
    began = time.monotonic()
    builder = Builder(run, machine, obey, job, collections)
    last = job.stages[0]
    for stage in job.stages:
        last = stage
        if done(run.folder, stage) is None:
            course = builder.course(stage)
            write_sheet(course)
            fit(course)
            machine.meet()
        if (done(run.folder, stage) or {}).get("gave_up"):
            break  # what follows would stand on a stage that was not finished
    result = write_result(run, machine, builder, job, last) if machine.leads else {}
    machine.meet()
    run.progress.tell(
        "job-end", job.name, seconds=round(time.monotonic() - began, 1), validation_auc=result.get("validation_auc")
    )


def done(folder: Path, stage: JobStage) -> dict[str, Any] | None:
    """What `stage.json` says of a stage that is finished; None of one that is not."""
    try:
        found: dict[str, Any] = json.loads((folder / stage.folder / DONE_FILE).read_bytes())
    except FileNotFoundError:
        return None
    return found
