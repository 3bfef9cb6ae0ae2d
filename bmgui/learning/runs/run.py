"""A run: one training of a plan, in a folder of its own that says everything.

`plan.toml` (a copy), `run.json` (what it was made from), `prints.json` (of the pictures that it learns from),
`progress.jsonl` (what happened), `control` (one word from outside), `lock` (held while a trainer works), `trainer.log`
(what the trainer printed), `jobs/` (weights). This file
makes and opens runs; `trainers.py` starts, steers and is the trainer; `state.py` says how far a run has come.
"""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import bmgui
from bmgui.base.errors import KnownError
from bmgui.base.files import not_written, sha256_of, write_bytes, write_json
from bmgui.learning.collections.audit import damaged
from bmgui.learning.collections.collection import SPLIT, Collection, open_collection, read_object
from bmgui.learning.collections.learnt_pictures import TAUGHT, Taught, told
from bmgui.learning.collections.splits import as_external, leaks
from bmgui.learning.plans.plan import Given, Plan, jobs
from bmgui.learning.plans.reading import read_plan
from bmgui.scoring.card import Architecture, read_card
from bmgui.scoring.checks import Fields, Refused
from bmgui.scoring.library import installed

SCHEMA = 1
PLAN_FILE, RUN_FILE, PRINTS_FILE = "plan.toml", "run.json", "prints.json"
LOCK_FILE, CONTROL_FILE, LOG_FILE = "lock", "control", "trainer.log"
SHEET_FILE = "sheet.png"  # in a stage's folder: the first augmented crops
RESULTS_FOLDER, RESULTS_FILE = "results", "results.json"  # of its evaluation on validation
_OURS = {PLAN_FILE, PRINTS_FILE, LOCK_FILE, LOG_FILE}  # what an interrupted start may have left


@dataclass(frozen=True)
class Run:
    """An opened run. collections: the plan's names to their folders; made: what `run.json` says."""

    folder: Path
    plan: Plan
    given: Given
    made: Mapping[str, Any] = field(repr=False)

    @property
    def collections(self) -> dict[str, tuple[Path, ...]]:
        return {name: tuple(map(Path, folders)) for name, folders in self.plan.collections.items()}


def results_file(folder: Path) -> Path:
    """What says that a run was measured on its validation pictures; its folder is where that evaluation writes."""
    return folder / RESULTS_FOLDER / RESULTS_FILE


def is_run(folder: Path) -> bool:
    return (folder / RUN_FILE).is_file()


def make_run(plan_file: Path, folder: Path, given: Given) -> Run:
    """Make the folder of a new run; nothing is trained yet.

    Raises KnownError: "plan-unreadable", "run-exists", "folder-not-empty", "file-not-written", and what
    `sources_of` raises.
    """
    if is_run(folder):
        raise KnownError("run-exists", file=str(folder))
    given = _absolute(given, plan_file)
    plan = read_plan(plan_file, given)
    used = _used(plan)
    sources = _sources(plan, used)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if {entry.name for entry in folder.iterdir()} - _OURS:
            raise KnownError("folder-not-empty", file=str(folder))
        data = plan_file.read_bytes()
    except OSError as error:
        raise not_written(folder, error) from error
    write_bytes(folder / PLAN_FILE, data)
    _write_kept(folder, used)
    made = {
        "schema": SCHEMA,
        "program": bmgui.__version__,
        "made": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "plan": plan.name,
        "plan_file": str(plan_file.absolute()),
        "plan_sha256": hashlib.sha256(data).hexdigest(),
        "given": asdict(given),
        **sources,
    }
    write_json(folder / RUN_FILE, made)  # last: where it stands, the folder is a run
    return open_run(folder)


def open_run(folder: Path) -> Run:
    """Raises KnownError("no-run", file), ("run-unreadable", file, reason), ("plan-unreadable", file, reason)."""
    if not is_run(folder):
        raise KnownError("no-run", file=str(folder))
    path = folder / RUN_FILE
    try:
        made = json.loads(path.read_bytes())
        if made["schema"] != SCHEMA:
            raise ValueError(f"schema {made['schema']}, not {SCHEMA}")
        given = Given(
            **{**made["given"], "collections": {n: tuple(f) for n, f in made["given"]["collections"].items()}}
        )
        wanted = str(made["plan_sha256"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KnownError("run-unreadable", file=str(path), reason=str(error)) from error
    plan = read_plan(folder / PLAN_FILE, given)
    if plan.sha256 != wanted:
        raise KnownError("run-unreadable", file=str(folder / PLAN_FILE), reason="it is not the plan of this run")
    return Run(folder, plan, given, made)


def job_weights(run: Run, job: str) -> str:
    """The SHA-256 of a finished job's weights. Raises KnownError("job-unreadable", file, reason)."""
    path = run.folder / "jobs" / job / "result.json"
    try:
        return Fields.of(read_object(path)).matching("weights_sha256", r"[0-9a-f]{64}", "64 digits of lower-case hex")
    except (Refused, KnownError) as error:
        raise KnownError("job-unreadable", file=str(path), reason=str(error)) from error


def check_same_plan(run: Run, plan_file: Path) -> None:
    """Raises KnownError("run-of-another-plan", file, plan), ("plan-unreadable", file, reason)."""
    try:
        found = sha256_of(plan_file)
    except OSError as error:
        raise KnownError("plan-unreadable", file=str(plan_file), reason=error.strerror or str(error)) from error
    if found != run.plan.sha256:
        raise KnownError("run-of-another-plan", file=str(run.folder), plan=str(plan_file))


def check_unchanged(run: Run) -> None:
    """What the run was made from is still what it was: the weights, and once it has begun all that it learns from.

    Raises KnownError("run-sources-changed", file, changed), and what `sources_of` raises.
    """
    used = _used(run.plan)
    now, then = _sources(run.plan, used)["weights"], run.made.get("weights", {})
    _refuse(run, [name for name in {**then, **now} if then.get(name) != now.get(name)])
    if has_begun(run.folder):
        _refuse(run, _changed(run, used))


def has_begun(folder: Path) -> bool:
    """Whether the run has kept anything that it learnt, an epoch at least: before, it takes its collections as they
    are."""
    return any((folder / "jobs").glob("**/*.safetensors"))


def _refuse(run: Run, changed: Sequence[str]) -> None:
    if changed:
        raise KnownError("run-sources-changed", file=str(run.folder), changed=", ".join(changed))


def _changed(run: Run, used: Sequence[Collection]) -> list[str]:
    """The folders of collections in which something that the run learns from is not as it was when the run began."""
    then = {one["folder"]: one for one in run.made["collections"]}
    kept = _kept(run)
    changed = []
    for one in used:
        was, ids = then.get(str(one.folder), {}), kept.get(str(one.folder), {}).get("ids")
        if ids is None:  # a run of an older program
            same = was == {name: value for name, value in _described(one).items() if name in was}
        else:
            same = was.get("taught") == _taught_hash(one, ids)
        if not same:
            changed.append(str(one.folder))
    return changed


def _taught_hash(one: Collection, ids: Mapping[Taught, Sequence[str]]) -> str:
    """Of everything that a training sees of these sections; of one that is excluded or in another part now: nothing."""
    sections = {part: {section.id: section for section in one.part(part)} for part in TAUGHT}
    lines = []
    for part in TAUGHT:
        for identity in ids[part]:
            s = sections[part].get(identity)
            lines.append([part, identity, *((s.label, *s.centre, s.mass_side, s.sha256) if s else ())])
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()


def _ids(one: Collection) -> dict[Taught, list[str]]:
    return {part: [section.id for section in one.part(part)] for part in TAUGHT}


Opened = Mapping[Path, Collection]
"""The collections of a run, by their folders."""


def open_sources(run: Run, *, leads: bool = True) -> Opened:
    """The collections that the run learns from, opened once for all its jobs: what is changed in them meanwhile does
    not reach it. For its trainer: of several processes the one that `leads` writes down what a run begins with.

    A run that has begun has the sections that it began with, whatever was added since. Raises
    KnownError("run-sources-changed", file, changed) where one of them is not as it was, and what `sources_of` raises.
    """
    used = _used(run.plan)
    ids = {str(one.folder): _ids(one) for one in used}
    if has_begun(run.folder):
        _refuse(run, _changed(run, used))
        ids |= {folder: entry["ids"] for folder, entry in _kept(run).items() if "ids" in entry}
    elif leads and [_described(one) for one in used] != run.made["collections"]:
        sources = _sources(run.plan, used)
        _write_kept(run.folder, used)
        write_json(run.folder / RUN_FILE, {**run.made, "collections": sources["collections"]})
    return {one.folder: _only(one, ids[str(one.folder)]) for one in used}


def _only(one: Collection, ids: Mapping[Taught, Sequence[str]]) -> Collection:
    return replace(one, parts={identity: part for part in TAUGHT for identity in ids[part]})


def _write_kept(folder: Path, used: Sequence[Collection]) -> None:
    write_json(folder / PRINTS_FILE, {str(one.folder): {**told(one), "ids": _ids(one)} for one in used})


def prints_kept(run: Run) -> dict[str, dict[Taught, str]]:
    """A collection's folder → the prints of what was learnt from it when the run was made, as `told` gives them; empty
    for a run of an older program. Raises KnownError("run-unreadable", file, reason)."""
    return {folder: {part: entry[part] for part in TAUGHT} for folder, entry in _kept(run).items()}


def _kept(run: Run) -> dict[str, dict[str, Any]]:
    """What `prints.json` says: a collection's folder → prints of each part, and `ids` of the sections."""
    path = run.folder / PRINTS_FILE
    try:
        found: dict[str, dict[str, Any]] = json.loads(path.read_bytes())
        for entry in found.values():
            for part in TAUGHT:
                bytes.fromhex(entry[part])
                list(entry.get("ids", {part: ()})[part])
        return found
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KnownError("run-unreadable", file=str(path), reason=str(error)) from error


def change_given(run: Run, **changes: Any) -> Run:
    """A run that goes on with another device, micro-batch or number of threads; its plan stays."""
    given = {**run.made["given"], **{name: value for name, value in changes.items() if value}}
    if given != run.made["given"]:
        write_json(run.folder / RUN_FILE, {**run.made, "given": given})
    return open_run(run.folder)


# --- what a run is made from ---


def sources_of(plan: Plan) -> dict[str, Any]:
    """`collections`: a list with folder, version, split and counts of each; `weights`: name → SHA-256.

    Raises KnownError: "plan-without-jobs", "plan-collection-empty", "collection-not-split", "collection-without-part",
    "collection-damaged", "split-leaks", "weights-missing", "weights-hash-differs", "start-of-another-network", and what
    `open_collection` and the library raise.
    """
    return _sources(plan, _used(plan))


def _used(plan: Plan) -> tuple[Collection, ...]:
    """The collections that the plan's stages learn from, each opened once."""
    planned = jobs(plan)
    if not planned:
        raise KnownError("plan-without-jobs", plan=plan.name)
    used: dict[Path, Collection] = {}
    for stage in {own.stage.name: own.stage for job in planned for own in job.own}.values():
        validated = stage.stop_after is not None or stage.keep != "last"
        opened = [_opened(folder, used) for name in stage.collections for folder in _folders(plan, name)]
        for part in ("train", "validation") if validated else ("train",):
            if not any(one.part(part) for one in opened):
                raise KnownError("collection-without-part", file=str(opened[0].folder), part=part, stage=stage.name)
    return tuple(used.values())


def _sources(plan: Plan, used: Sequence[Collection]) -> dict[str, Any]:
    for one in used:
        if bad := [section for section in damaged(one) if section.id not in one.excluded]:
            raise KnownError("collection-damaged", file=str(one.folder), count=len(bad), first=bad[0].file)
    _check_apart([*used, *(as_external(open_collection(Path(folder))) for folder in plan.external)])
    return {"collections": [_described(one) for one in used], "weights": _weights(plan)}


def _check_apart(collections: list[Collection]) -> None:
    """Nothing that is learnt from belongs to the locked test part, which itself no stage can ask for."""
    found = leaks(collections)
    if found:
        learnt, tested = (f"{name} {section}" for name, section in (found[0].learnt, found[0].tested))
        raise KnownError("split-leaks", count=len(found), learnt=learnt, tested=tested)


def _folders(plan: Plan, name: str) -> list[Path]:
    if not plan.collections[name]:
        raise KnownError("plan-collection-empty", plan=plan.name, name=name)
    return [Path(folder) for folder in plan.collections[name]]


def _opened(folder: Path, used: dict[Path, Collection]) -> Collection:
    """The collection, opened at its first use."""
    if folder not in used:
        used[folder] = open_collection(folder)
        if not used[folder].parts:
            raise KnownError("collection-not-split", file=str(folder))
    return used[folder]


def data_of(one: Collection) -> dict[str, str]:
    """What says whether a collection's data are what they were: its version, and hashes of its split ("" where there is
    none) and of what is excluded."""
    split = one.folder / SPLIT
    excluded = hashlib.sha256("\n".join(sorted(one.excluded)).encode()).hexdigest()
    return {"version": one.version, "split": sha256_of(split) if split.is_file() else "", "excluded": excluded}


def _described(one: Collection) -> dict[str, Any]:
    counts = {part: len(one.part(part)) for part in ("train", "validation", "test")}
    data = data_of(one)
    return {
        "name": one.name,
        "folder": str(one.folder),
        "version": data["version"],
        **({"origin": one.origin} if one.origin != one.version else {}),
        "split": data["split"],
        "excluded": data["excluded"],
        "taught": _taught_hash(one, _ids(one)),
        "sections": counts,
    }


def _weights(plan: Plan) -> dict[str, str]:
    """Start or teacher → SHA-256 of its weights ("" for torchvision's own, which the trainer checks)."""
    found: dict[str, str] = {}
    for job in jobs(plan):
        start = job.start
        if start is not None and start.file:
            found[start.file] = _file_hash(Path(start.file), start.sha256)
        elif start is not None and start.model:
            found[start.model] = _model_of(job.network, start.model, job.chain.start)
        elif start is not None:
            found[f"torchvision {job.network} {start.torchvision}"] = start.sha256
        for own in job.own:
            if own.stage.teacher is not None and own.stage.teacher.model:
                found[own.stage.teacher.model] = model_hash(own.stage.teacher.model)
    return found


def _file_hash(file: Path, wanted: str) -> str:
    try:
        found = sha256_of(file)
    except OSError as error:
        raise KnownError("weights-missing", file=str(file), reason=error.strerror or str(error)) from error
    if wanted and found != wanted:
        raise KnownError("weights-hash-differs", file=str(file))
    return found


def _model_of(network: Architecture, model: str, start: str) -> str:
    """The model's hash. Raises KnownError("start-of-another-network"), and what `read_card` does."""
    card = read_card(model_folder(model))
    if card.architecture != network:
        raise KnownError(
            "start-of-another-network", start=start, model=card.id, architecture=card.architecture, network=network
        )
    return card.sha256


def model_folder(model: str) -> Path:
    """The folder of a model as a plan names it: an id, or the folder itself. Raises KnownError("no-such-model")."""
    return Path(model) if Path(model).is_absolute() else installed().folder(model)


def model_hash(model: str) -> str:
    """The SHA-256 of its weights as its card says; the card's reader has checked that. Raises what `read_card` does."""
    return read_card(model_folder(model)).sha256


def _absolute(given: Given, plan_file: Path) -> Given:
    model = given.model
    if "/" in model or os.sep in model:
        model = str(Path(model).absolute())
    with contextlib.suppress(KnownError):  # "active" means the same model when the run goes on
        model = model or installed().chosen_id()
    folders = {name: tuple(str(Path(f).absolute()) for f in folders) for name, folders in given.collections.items()}
    return Given(
        **{**asdict(given), "folder": str(plan_file.absolute().parent), "collections": folders, "model": model}
    )
