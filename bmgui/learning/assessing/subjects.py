"""What is assessed: a model of the library, a model's folder, or the finished jobs of a run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bmgui.base.errors import KnownError
from bmgui.learning.collections.learnt_pictures import LEARNT_FILE, PRINTS, learnt_entry
from bmgui.learning.plans.plan import Job, absent, jobs
from bmgui.learning.results.measured_on import learnt_from
from bmgui.learning.runs.run import Run, model_folder, open_run, prints_kept
from bmgui.scoring.card import (
    ARCHITECTURES,
    CARD_FILE,
    CHANNELS,
    CLASSES,
    RESAMPLES,
    SCHEMA,
    Band,
    Calibration,
    Card,
    Geometry,
    Reference,
    read_card,
)
from bmgui.scoring.checks import Fields, Refused
from bmgui.scoring.library import installed
from bmgui.scoring.weights import WEIGHTS_FILE

RESULT_FILE = "result.json"
Learnt = Mapping[str, Mapping[str, Any]]
"""A name (a collection's, and by way of which model) → `name`, `version`, `split` (its hash), `prints` where known."""


@dataclass(frozen=True)
class Subject:
    """A network with its weights in `folder`, and the card that says how it wants its crops.

    calibrated: whether the card's calibration and thresholds are its own; a job's card has none yet.
    network, chain, seed: its place in the table; a model of the library has its id for a chain and no seed.
    point: the operating point that its plan names. learnt: None where nobody wrote down what it learnt from.
    unsaid: models that it goes on from, or was taught by, of which nobody did.
    made: the run and plan that it came from, for `results.json`.
    """

    name: str
    folder: Path
    card: Card
    network: str
    chain: str
    seed: int | None = None
    calibrated: bool = True
    point: str = "youden"
    learnt: Learnt | None = None
    unsaid: tuple[str, ...] = ()
    made: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """A cell of the table that cannot be had, and why. seed None: any."""

    network: str
    chain: str
    seed: int | None
    reason: str


def model_subject(model: str) -> Subject:
    """A folder with a card, or an id of the library.

    Raises KnownError("card-unreadable", "no-such-model").
    """
    folder = Path(model)
    if not (folder / CARD_FILE).is_file() and folder.name == model:
        library = installed()
        library.card(model)
        folder = library.folder(model)
    card = read_card(folder)
    learnt, unsaid = _said(folder) or (None, ())
    return Subject(card.id, folder, card, card.architecture, card.id, learnt=learnt, unsaid=unsaid)


def run_subjects(folder: Path) -> tuple[tuple[Subject, ...], tuple[Cell, ...]]:
    """The finished jobs of a run, and the cells that have none.

    Raises what `open_run` raises, KnownError("job-unreadable", file, reason), "run-without-finished-jobs" (file).
    """
    run = open_run(folder)
    finished, empty = [], [Cell(cell.network, cell.chain, None, cell.reason) for cell in absent(run.plan)]
    for job in jobs(run.plan):
        result = job_result(run, job)
        if result is None or not is_finished(run, job, result):
            reason = "it has not finished training" if result is None else "its training was given up: no finite loss"
            empty.append(Cell(job.network, job.chain.name, job.seed, reason))
        else:
            finished.append(job_subject(run, job, result))
    if not finished:
        raise KnownError("run-without-finished-jobs", file=str(folder))
    return tuple(finished), tuple(empty)


def models_behind(job: Job) -> tuple[str, ...]:
    """The models, as the plan names them, that the job goes on from and is taught by."""
    start = [job.start.model] if job.start is not None else []
    teachers = [stage.stage.teacher.model for stage in job.stages if stage.stage.teacher is not None]
    return tuple(dict.fromkeys(filter(None, (*start, *teachers))))


def learnt_by(run: Run, job: Job) -> tuple[Learnt, tuple[str, ...]]:
    """What the job learnt from: the collections of its own stages, and what the models behind it say of theirs; then
    the names of those models that say nothing."""
    folders = {str(folder) for folder in learnt_from(run, job)}
    prints = {folder: {PRINTS: told} for folder, told in prints_kept(run).items()}
    learnt: dict[str, Mapping[str, Any]] = {
        e["name"]: {**e, **prints.get(e["folder"], {})} for e in run.made["collections"] if e["folder"] in folders
    }
    unsaid: list[str] = []
    for model in models_behind(job):
        name = Path(model).name
        try:
            said = _said(model_folder(model))
        except KnownError:  # it is not in the library any more
            said = None
        if said is None:
            unsaid.append(name)
            continue
        known = {(entry["version"], entry["split"]) for entry in learnt.values()}
        told = {f"{key}, by way of {name}": entry for key, entry in said[0].items()}
        learnt |= {key: entry for key, entry in told.items() if (entry["version"], entry["split"]) not in known}
        unsaid += said[1]
    return learnt, tuple(dict.fromkeys(unsaid))


def _said(folder: Path) -> tuple[Learnt, tuple[str, ...]] | None:
    """What a model's `learnt.json` says; None where it has none."""
    path = folder / LEARNT_FILE
    if not path.is_file():
        return None
    told = _read_json(path)
    try:
        entries = {key: {"name": key, **entry} for key, entry in told["collections"].items()}
        for key, entry in entries.items():
            learnt_entry(key, entry)
        return entries, tuple(map(str, told.get("unsaid", ())))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise KnownError("job-unreadable", file=str(path), reason=str(error)) from error


def job_result(run: Run, job: Job) -> Fields | None:
    """What a finished job's `result.json` says; None where it has not finished. Raises KnownError("job-unreadable")."""
    path = run.folder / "jobs" / job.name / RESULT_FILE
    if not path.is_file() or not path.with_name(WEIGHTS_FILE).is_file():
        return None
    return Fields.of(_read_json(path))


def is_finished(run: Run, job: Job, result: Fields) -> bool:
    """Whether all stages ended well: a loss that is no number ends a job early. Raises KnownError("job-unreadable")."""
    try:
        return result.truth("finished", default=True)
    except Refused as error:
        file = run.folder / "jobs" / job.name / RESULT_FILE
        raise KnownError("job-unreadable", file=str(file), reason=str(error)) from error


def job_subject(run: Run, job: Job, result: Fields) -> Subject:
    """Raises KnownError("job-unreadable")."""
    folder = run.folder / "jobs" / job.name
    try:
        card = _job_card(job, result)
    except Refused as error:
        raise KnownError("job-unreadable", file=str(folder / RESULT_FILE), reason=str(error)) from error
    learnt, unsaid = learnt_by(run, job)
    return Subject(
        job.name,
        folder,
        card,
        job.network,
        job.chain.name,
        job.seed,
        calibrated=False,
        point=run.plan.operating_point,
        learnt=learnt,
        unsaid=unsaid,
        made={
            "run": run.folder.name,
            "plan": run.made["plan"],
            "plan_sha256": run.made["plan_sha256"],
            "program": run.made["program"],
        },
    )


def _job_card(job: Job, result: Fields) -> Card:
    """What the engine needs of a card. The rest is not there yet, and stands empty."""
    recipe = result.inner("recipe")
    return Card(
        schema=SCHEMA,
        id="-".join(job.name.lower().split())[:64],
        title=job.name,
        architecture=recipe.one_of("architecture", ARCHITECTURES),
        side=recipe.whole("side", 75, 1024),
        channels=recipe.one_of("channels", CHANNELS),
        mean=recipe.three("mean"),
        std=recipe.three("std", above=0.0),
        resample=recipe.one_of("resample", RESAMPLES),
        flip_average=recipe.truth("flip_average"),
        classes=CLASSES,
        sha256=result.matching("weights_sha256", r"[0-9a-f]{64}", "64 digits of lower-case hex"),
        calibration=Calibration(1.0, 0.0, 0.5),
        operating_points=(),
        bands=(Band(1, 1.0, "not calibrated"),),
        reference=Reference("reference.png", 0.0, 1.0),
        geometry=Geometry(1, 1, ""),
        data=(),
        figures=(),
        licence="not said",
        limits=(),
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
        if not isinstance(value, dict):
            raise ValueError("it is no JSON object")
    except OSError as error:
        raise KnownError("job-unreadable", file=str(path), reason=error.strerror or str(error)) from error
    except ValueError as error:
        raise KnownError("job-unreadable", file=str(path), reason=str(error)) from error
    return value
