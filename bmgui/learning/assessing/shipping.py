"""A finished job becomes a model's folder: weights, card, reference crop, its plan, and what it learnt from.

Calibration, thresholds and the scale of the evidence map come from internal validation, through the engine that ships,
after the weights were rounded. The folder is staged beside its place and renamed.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.base.files import not_written, write_json, write_with
from bmgui.imaging.crop import Frame, make_crop
from bmgui.imaging.square import Square, fit_square
from bmgui.learning.assessing.assess import check_splits
from bmgui.learning.assessing.cards import Facts, card_json
from bmgui.learning.assessing.figures_known import read_known
from bmgui.learning.assessing.margins import Say
from bmgui.learning.assessing.material import Group, Material, gather
from bmgui.learning.assessing.scales import PLAN_POINTS, scale_of
from bmgui.learning.assessing.scoring import Scored, Wanted, score_subject
from bmgui.learning.assessing.subjects import (
    is_finished,
    job_result,
    job_subject,
    models_behind,
)
from bmgui.learning.collections import looks
from bmgui.learning.collections.collection import Collection, open_collection
from bmgui.learning.collections.learnt_pictures import LEARNT_FILE, PRINTS, told
from bmgui.learning.collections.splits import split_hashes
from bmgui.learning.collections.storing import staged_folder
from bmgui.learning.plans.plan import Job, Plan, Stage, Start, jobs
from bmgui.learning.plans.writing import write_plan
from bmgui.learning.results.evaluations import MARGINS
from bmgui.learning.results.measured_on import learnt_last
from bmgui.learning.runs.run import PLAN_FILE, Run, model_folder, open_run
from bmgui.scoring.card import CARD_FILE, Reference, is_id, read_card
from bmgui.scoring.checks import Fields, Refused
from bmgui.scoring.engines.choose import open_engine
from bmgui.scoring.engines.engine import Engine
from bmgui.scoring.weights import WEIGHTS_FILE

SAMPLE = "bus_1040/bus_1040-r.png"  # below the samples of the program
SAMPLE_SQUARE = Square(68, 15, 154)  # 2 × its mass
REFERENCE_FILE = "reference.png"
TOLERANCE = 0.002  # of the margin, between engines
EVIDENCE_EVERY = 3  # of the validation cases
EVIDENCE_SHARE = 98.0  # per cent of the map's cells that lie below the full colour


@dataclass(frozen=True)
class Order:
    """What ships. results: output folders of assessments that this job was measured in; collections: where the run's
    collections lie now, if not where they did. limits, training: further sentences for the card."""

    run: Path
    job: str
    identity: str
    title: str
    output: Path
    results: tuple[Path, ...] = ()
    collections: tuple[Path, ...] = ()
    limits: tuple[str, ...] = ()
    training: str = ""
    licence: str = ""
    licences: tuple[tuple[str, str], ...] = ()  # of collections that were imported without one


def ship(order: Order, say: Say) -> None:
    """Raises KnownError: "bad-model-id" (model), "model-exists" (file), "no-such-job" (job, jobs),
    "job-not-finished" (job), "no-validation-cases" (job), "job-not-calibrated" (job, reason), "results-of-another"
    (file, job), and what runs, collections, engine and disk raise."""
    if not is_id(order.identity):
        raise KnownError("bad-model-id", model=order.identity)
    if order.output.exists() and (not order.output.is_dir() or any(order.output.iterdir())):
        raise KnownError("model-exists", file=str(order.output))
    run = open_run(order.run)
    job, result = finished_job(run, order.job)
    subject = job_subject(run, job, result)
    material = gather(order.collections or learnt_last(run, job), (), locked_test=False)
    check_splits([subject], material)
    validation = material.validation()
    if validation is None:
        raise KnownError("no-validation-cases", job=job.name)
    margins = (order.results[0] if order.results else order.run) / MARGINS
    scored = score_subject(subject, material, Wanted(sizes=False, nudges=False, factor=run.plan.factor), margins, say)
    scale = scale_of(scored, validation, PLAN_POINTS[subject.point])
    if scale.scaling is None or not scale.thresholds:
        raise KnownError("job-not-calibrated", job=job.name, reason=scale.reason or "points-without-order")
    known = read_known(order.results, subject, scale)
    collections = (*material.collections.values(), *other_collections(run, material))
    say("measuring the evidence map")
    engine = open_engine(subject.folder, subject.card, "cpu", throughput=True)
    facts = Facts(
        run=run,
        job=job,
        subject=subject,
        scale=scale,
        validation=validation,
        collections=collections,
        licences={**{one.name: one.licence for one in collections}, **dict(order.licences)},
        looks={**known.looks, **{one.name: list(looks.read(one.folder)) for one in collections}},
        ratios=ratios_drawn(result, job),
        known=known,
        behind=tuple(read_card(model_folder(model)) for model in models_behind(job)),
        evidence_scale=evidence_scale(engine, validation, material.collections, scored),
    )
    with staged_folder(order.output) as folder:
        _fill(folder, order, facts, engine)
    say(f"{order.output}: written")


def finished_job(run: Run, name: str) -> tuple[Job, Fields]:
    """The job of that name and its result. Raises KnownError("no-such-job", "job-not-finished")."""
    planned = {job.name: job for job in jobs(run.plan)}
    if name not in planned:
        raise KnownError("no-such-job", job=name, jobs=", ".join(planned))
    result = job_result(run, planned[name])
    if result is None or not is_finished(run, planned[name], result):
        raise KnownError("job-not-finished", job=name)
    return planned[name], result


def other_collections(run: Run, material: Material) -> tuple[Collection, ...]:
    """Those that earlier stages learnt from, where they still lie where they did."""
    folders = [
        Path(entry["folder"])
        for entry in run.made["collections"]
        if entry["name"] not in material.collections and Path(entry["folder"]).is_dir()
    ]
    return tuple(open_collection(folder) for folder in folders)


def ratios_drawn(result: Fields, job: Job) -> tuple[float, float]:
    """Side ÷ mass of the squares that the job learnt from: as its training noted them, else as the plan allows."""
    try:
        squares = result.inner("squares")
        return squares.number("least_ratio", above=0.0), squares.number("greatest_ratio", above=0.0)
    except Refused:
        return job.stages[-1].stage.augmentation.square_factor


def evidence_scale(engine: Engine, validation: Group, collections: dict[str, Collection], scored: Scored) -> float:
    """The 98th percentile of |map| over all cells of every third validation case: two figures are enough for it."""
    card = scored.subject.card
    crops = [
        collections[case.collection].crop(case.section, case.section.square_of(scored.wanted.factor), card.side)
        for case in validation.cases[::EVIDENCE_EVERY]
    ]
    stacked = np.stack(crops)
    _, maps = engine.score(np.repeat(stacked[..., None], 3, axis=3) if card.channels == "rgb" else stacked)
    return float(f"{np.percentile(np.abs(maps), EVIDENCE_SHARE):.2g}")


def reference_crop(side: int, channels: Any) -> Frame:
    """The sample that every shipped model is tried with at the start."""
    frame = np.asarray(Image.open(places.resources() / "samples" / SAMPLE).convert("L"))
    return make_crop(frame, fit_square(SAMPLE_SQUARE, frame.shape[1], frame.shape[0]), side, channels)


def _fill(folder: Path, order: Order, facts: Facts, engine: Engine) -> None:
    card = facts.subject.card
    crop = reference_crop(card.side, card.channels)
    write_with(folder / REFERENCE_FILE, lambda stream: Image.fromarray(crop).save(stream, "PNG"))
    margin, _ = engine.score(crop[None])
    reference = Reference(REFERENCE_FILE, round(float(margin[0]), 5), TOLERANCE)
    try:
        shutil.copyfile(facts.subject.folder / WEIGHTS_FILE, folder / WEIGHTS_FILE)
    except OSError as error:
        raise not_written(folder, error) from error
    write_plan(without_folders(facts.run.plan), folder / PLAN_FILE)
    written = card_json(facts, order.identity, order.title, reference)
    written["limits"] += order.limits
    written["training"] = " ".join(filter(None, (written["training"], order.training)))
    written["licence"] = order.licence or written["licence"]
    write_json(folder / CARD_FILE, written)
    write_json(folder / LEARNT_FILE, learnt_json(facts))
    check_shipped(folder)


def learnt_json(facts: Facts) -> dict[str, Any]:
    """Which versions and splits of which collections, with prints of their pictures, which weights to start from, and
    every look at test pictures."""
    made = facts.run.made
    return {
        "schema": 1,
        "program": made["program"],
        "plan": made["plan"],
        "plan_sha256": made["plan_sha256"],
        "job": facts.job.name,
        "collections": {
            name: without_folder(entry) | ({} if PRINTS in entry else _prints(entry, facts.collections))
            for name, entry in (facts.subject.learnt or {}).items()
        },
        "unsaid": list(facts.subject.unsaid),
        "weights": {Path(name).name: digest for name, digest in made["weights"].items()},
        "looks": facts.looks,
    }


def _prints(entry: Mapping[str, Any], collections: Sequence[Collection]) -> dict[str, Any]:
    """Where the run kept none: of what the split that was learnt by has now, as long as it only grew since."""
    origin = entry.get("origin", entry["version"])
    for one in collections:
        if origin in (one.origin, one.version) and entry["split"] in split_hashes(one):
            return {PRINTS: told(one)}
    return {}


def without_folders(plan: Plan) -> Plan:
    """The plan as it goes with a model: collections, files and models by their names, not by where they lay."""
    folders = (*(one for some in plan.collections.values() for one in some), *plan.external)
    names: dict[str, str] = {}
    for folder in dict.fromkeys(folders):
        stem = name = Path(folder).name
        number = 1
        while name in names.values():
            number += 1
            name = f"{stem}-{number}"
        names[folder] = name
    return replace(
        plan,
        collections={key: tuple(names[one] for one in some) for key, some in plan.collections.items()},
        external=tuple(names[one] for one in plan.external),
        starts={
            key: {network: _start_by_name(start) for network, start in starts.items()}
            for key, starts in plan.starts.items()
        },
        stages={key: _stage_by_name(stage) for key, stage in plan.stages.items()},
    )


def _start_by_name(start: Start) -> Start:
    return replace(start, file=Path(start.file).name, model=Path(start.model).name)


def _stage_by_name(stage: Stage) -> Stage:
    teacher = stage.teacher
    return stage if teacher is None else replace(stage, teacher=replace(teacher, model=Path(teacher.model).name))


def without_folder(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A collection that was learnt from, without where it lay."""
    return {name: value for name, value in entry.items() if name != "folder"}


def check_shipped(folder: Path) -> None:
    """The folder as the program will read it: the card is in order and fits the weights."""
    card = read_card(folder)
    crop = np.asarray(Image.open(folder / card.reference.file))
    margin, _ = open_engine(folder, replace(card), "cpu").score(crop[None])
    if abs(float(margin[0]) - card.reference.margin) > card.reference.tolerance:
        raise ValueError(f"{margin[0]} for the reference, not {card.reference.margin}")
