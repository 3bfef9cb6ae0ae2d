"""One assessment from beginning to end: score, measure, compare, write.

The output folder holds `results.json` (every figure), `cases.csv` (what they were computed from), `table.csv` (network
× chain), pictures, one PDF, and `margins/` (so that the next assessment need not score again).
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import bmgui
from bmgui.base.errors import KnownError
from bmgui.base.files import write_json
from bmgui.learning.assessing.compare import Assessed, comparisons
from bmgui.learning.assessing.looking import Looks, count_looks
from bmgui.learning.assessing.margins import Say
from bmgui.learning.assessing.material import Material, gather
from bmgui.learning.assessing.measure import Settings, measure, plain
from bmgui.learning.assessing.parts import subgroups
from bmgui.learning.assessing.scales import PLAN_POINTS, Scale, scale_of
from bmgui.learning.assessing.scoring import Wanted, score_subject
from bmgui.learning.assessing.subjects import Cell, Subject, model_subject, run_subjects
from bmgui.learning.assessing.tables import write_cases, write_table
from bmgui.learning.collections.collection import Collection, open_collection
from bmgui.learning.collections.duplicates import LEAST_LIKENESS
from bmgui.learning.collections.learnt_pictures import PRINTS, Learnt, learnt_among, learnt_entry
from bmgui.learning.collections.splits import as_external, leaks, split_hashes
from bmgui.learning.results.evaluations import CASES, MARGINS, RESULTS, TABLE, working_in
from bmgui.learning.results.measured_on import measured_on
from bmgui.learning.runs.run import data_of, open_run
from bmgui.scoring.engines.engine import Device

SCHEMA = 1


@dataclass(frozen=True)
class Request:
    """What is assessed, on what, and how."""

    output: Path
    runs: tuple[Path, ...] = ()
    jobs: tuple[str, ...] = ()  # names of the runs' jobs; (): all that have finished
    models: tuple[str, ...] = ()
    collections: tuple[Path, ...] = ()
    external: tuple[Path, ...] = ()
    locked_test: bool = False
    point: str = ""  # a key of PLAN_POINTS; "": the plan's
    wanted: Wanted = field(default_factory=Wanted)
    settings: Settings = field(default_factory=Settings)
    device: Device = "auto"
    pictures: bool = True


@dataclass(frozen=True, eq=False)
class Assessment:
    """Everything that the writers need."""

    request: Request
    material: Material
    assessed: tuple[Assessed, ...]
    empty: tuple[Cell, ...]
    looks: Looks
    results: dict[str, Any]


def assess(request: Request, say: Say) -> Assessment:
    """Score, measure and write everything but the pictures. Raises KnownError for what the world does."""
    subjects, empty = _subjects(request)
    request = with_collections(request)
    material = gather(request.collections, _external(request, subjects), request.locked_test)
    check_splits(subjects, material)
    with working_in(request.output):
        return _assess(request, subjects, empty, material, say)


def _assess(
    request: Request, subjects: tuple[Subject, ...], empty: tuple[Cell, ...], material: Material, say: Say
) -> Assessment:
    looks = count_looks(
        material, subjects, f"evaluate, {request.output.name}"
    )  # before anything is scored: a stop does not undo a look
    assessed = tuple(_assess_one(subject, material, request, say) for subject in subjects)
    say("computing the figures")
    results = _results(request, material, assessed, empty, looks)
    write_cases(request.output / CASES, material, assessed)
    write_table(request.output / TABLE, results)
    write_json(request.output / RESULTS, results)
    return Assessment(request, material, assessed, empty, looks, results)


def _subjects(request: Request) -> tuple[tuple[Subject, ...], tuple[Cell, ...]]:
    subjects = [model_subject(model) for model in request.models]
    empty: list[Cell] = []
    for run in request.runs:
        finished, missing = run_subjects(run)
        subjects += [subject for subject in finished if not request.jobs or subject.name in request.jobs]
        empty += missing if not request.jobs else ()
    names = [subject.name for subject in subjects]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise KnownError("subject-twice", name=twice)
    unknown = next((job for job in request.jobs if job not in names), "")
    if unknown:
        raise KnownError("no-such-finished-job", job=unknown, file=", ".join(map(str, request.runs)))
    return tuple(subjects), tuple(empty)


def with_collections(request: Request) -> Request:
    """Where no collection is named: those that the runs are `measured_on`."""
    if request.collections:
        return request
    inside, outside = measured_on([open_run(folder) for folder in request.runs])
    return replace(request, collections=inside, external=request.external or outside)


def _external(request: Request, subjects: Sequence[Subject]) -> tuple[Path, ...]:
    """Those that were named so, those that nobody learnt from (where every subject says what it learnt from), and
    those that hold nothing but tests."""
    all_say = all(subject.learnt is not None and not subject.unsaid for subject in subjects)
    learnt = {entry["name"] for subject in subjects for entry in (subject.learnt or {}).values()}
    found = list(request.external)
    for folder in request.collections:
        collection = open_collection(folder)
        only_tests = set(collection.parts.values()) <= {"test", "left-out"}
        if only_tests or (all_say and collection.name not in learnt):
            found.append(folder)
    return tuple(found)


def check_splits(subjects: Sequence[Subject], material: Material) -> None:
    """No subject may have learnt from what it is measured on.

    Raises KnownError("external-was-learnt", collection, subject), "test-was-learnt" (collection, subject, count, first)
    where pictures that it learnt from are among those that it is measured on, and "split-differs" (collection,
    subject), where it learnt from another version or with another split, and does not say from which pictures.
    """
    for subject in subjects:
        entries = [learnt_entry(name, entry) for name, entry in (subject.learnt or {}).items()]
        for collection in material.collections.values():
            for learnt in entries:
                _check_split(subject, learnt, collection, material)


def _check_split(subject: Subject, learnt: Learnt, collection: Collection, material: Material) -> None:
    external = collection.name in material.external
    same = learnt.origin in (collection.origin, collection.version)  # whatever was corrected or added since
    if not external and same and learnt.split in split_hashes(collection):  # what was added is in its patient's part
        return
    if external and same:
        raise KnownError("external-was-learnt", collection=collection.name, subject=subject.name)
    found = learnt_among(learnt, as_external(collection) if external else collection)
    if found:
        where, first = collection.name, found[0].file
        raise KnownError("test-was-learnt", collection=where, subject=subject.name, count=len(found), first=first)
    if learnt.prints is None and (learnt.name == collection.name or same):
        code = "external-was-learnt" if external else "split-differs"
        raise KnownError(code, collection=collection.name, subject=subject.name)


def _assess_one(subject: Subject, material: Material, request: Request, say: Say) -> Assessed:
    say(f"{subject.name}: scoring")
    scored = score_subject(subject, material, request.wanted, request.output / MARGINS, say, request.device)
    return scored, scale_of(scored, material.validation(), PLAN_POINTS[request.point or subject.point])


def _results(
    request: Request, material: Material, assessed: tuple[Assessed, ...], empty: Sequence[Cell], looks: Looks
) -> dict[str, Any]:
    settings = request.settings
    return {
        "schema": SCHEMA,
        "program": bmgui.__version__,
        "made": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "draws": settings.draws,
        "seed": settings.seed,
        "level": 0.95,
        "factor": request.wanted.factor,
        "locked_test": request.locked_test,
        "subjects": [_subject(one) for one in assessed],
        "empty": [plain(cell) for cell in empty],
        "collections": [_collection(one, material, looks) for one in material.collections.values()],
        "leaks": _leaks(request, material),
        "measured": [
            {
                **measure(scored, scale, group, settings),
                "subgroups": subgroups(scored, scale, group, settings),
                "shown": group in material.shown,
            }
            for scored, scale in assessed
            for group in material.groups
        ],
        "comparisons": comparisons(assessed, material.shown, settings),
    }


def _leaks(request: Request, material: Material) -> list[dict[str, Any]]:
    """Pictures that are learnt from and pictures that test which are not apart, or look as if they were not."""
    if not request.locked_test:
        return []
    opened = [as_external(c) if c.name in material.external else c for c in material.collections.values()]
    return [plain(leak) for leak in leaks(opened, LEAST_LIKENESS)]


def _subject(one: Assessed) -> dict[str, Any]:
    scored, scale = one
    subject, card = scored.subject, scored.subject.card
    return {
        "name": subject.name,
        "network": subject.network,
        "chain": subject.chain,
        "seed": subject.seed,
        "weights_sha256": card.sha256,
        "side": card.side,
        "flip_average": card.flip_average,
        "engines": list(scored.engines),
        "made": dict(subject.made),
        "learnt": None if subject.learnt is None else {name: _learnt(one) for name, one in subject.learnt.items()},
        "unsaid": list(subject.unsaid),
        "scale": _scale(scale),
    }


def _learnt(entry: Mapping[str, Any]) -> dict[str, Any]:
    """printed: whether it says from which pictures; the prints themselves stay where they are."""
    told = {name: value for name, value in entry.items() if name not in ("folder", PRINTS)}
    return {**told, "printed": entry.get(PRINTS) is not None}


def _scale(scale: Scale) -> dict[str, Any]:
    return {
        "scaling": plain(scale.scaling),
        "origin": scale.origin,
        "fitted_on": scale.fitted_on,
        "reason": scale.reason,
        "thresholds": plain(scale.thresholds),
        "main": plain(scale.main),
    }


def _collection(collection: Collection, material: Material, looks: Looks) -> dict[str, Any]:
    used = [case for case in material.cases if case.collection == collection.name]
    data = data_of(collection)
    return {
        "name": collection.name,
        "kind": collection.kind,
        "version": data["version"],
        "split": data["split"],
        "licence": collection.licence,
        "external": collection.name in material.external,
        "sections": len(collection.sections),
        "excluded": len(collection.excluded),
        "exclusions": data["excluded"],
        "scored": len(used),
        "looks": looks.told(collection.name),
    }
