"""What stands against a plan before it starts (`stops`), and what a careful person would say about it.

Qt-free and wordless: codes with fields. `make_run` refuses what must be refused once more, by its own reading.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.learning.collections.collection import LABELS, Collection, Part, open_collection
from bmgui.learning.collections.learnt_pictures import learnt_among, learnt_of
from bmgui.learning.collections.splits import Leak, as_external, leaks, units
from bmgui.learning.plans.plan import Plan, Stage, jobs
from bmgui.learning.plans.rules import Range, rules_of
from bmgui.learning.preparing.costs import Disk
from bmgui.learning.preparing.planning import CBIS, fits, folders_of, models_of, used_stages, used_starts
from bmgui.learning.preparing.start_weights import offered
from bmgui.learning.results.cautions import FEW_PATIENTS, FEW_THRESHOLD_PICTURES
from bmgui.learning.runs.estimate import stage_steps
from bmgui.learning.runs.run import model_folder


@dataclass(frozen=True)
class Amount:
    """Of one part: pictures and patients (units where patients are not known) of each label, without excluded ones."""

    benign: int = 0
    malignant: int = 0
    benign_patients: int = 0
    malignant_patients: int = 0

    @property
    def pictures(self) -> int:
        return self.benign + self.malignant

    @property
    def fewer(self) -> int:
        """Patients of the rarer label."""
        return min(self.benign_patients, self.malignant_patients)

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(*(getattr(self, name) + getattr(other, name) for name in vars(self)))


@dataclass(frozen=True)
class Known:
    """What a plan's page knows of a collection. parts: empty where nothing is split; unplaced: sections in no part.

    learnt: how many of its test (or validation) pictures each model folder learnt from, for those that were asked for.
    """

    folder: Path
    name: str
    kind: str = ""
    sections: int = 0
    parts: Mapping[Part, Amount] = field(default_factory=dict)
    unplaced: int = 0
    trouble: KnownError | None = None

    def part(self, part: Part) -> Amount:
        return self.parts.get(part, Amount())


@dataclass(frozen=True)
class Remark:
    """stops: nothing can start until it is put right."""

    code: str
    stops: bool
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Here:
    """What this machine has. learnt: (model folder, collection) → how many of its test pictures the model learnt.
    leaks: pairs of a section that the plan learns from and one that tests which are not apart."""

    missing: tuple[str, ...] = ()
    card: bool = False
    disk: Disk | None = None
    learnt: Mapping[tuple[str, Path], int] = field(default_factory=dict)
    leaks: Sequence[Leak] = ()


Mixed = tuple[tuple[Path, ...], tuple[Path, ...]]
"""The collections that a plan learns from, and those that only test."""


def mixed(plan: Plan) -> Mixed:
    """Of its stages in use, as `make_run` takes them."""
    roles = dict.fromkeys(name for stage in used_stages(plan) for name in stage.collections)
    learnt = dict.fromkeys(Path(folder) for role in roles for folder in plan.collections.get(role, ()))
    return tuple(learnt), tuple(map(Path, plan.external))


def leaks_of(folders: Mixed) -> tuple[Leak, ...]:
    """What `make_run` would refuse of these together. It looks at every picture: for the background. What cannot be
    read is said elsewhere."""
    opened = []
    for folder, external in [(one, False) for one in folders[0]] + [(one, True) for one in folders[1]]:
        try:
            collection = open_collection(folder)
        except KnownError:
            continue
        opened.append(as_external(collection) if external else collection)
    return leaks(opened)


def known(folder: Path) -> Known:
    """Read a collection; one that cannot be read says why in `trouble`."""
    try:
        return known_of(open_collection(folder))
    except KnownError as error:
        return Known(folder, folder.name, trouble=error)


def known_of(collection: Collection) -> Known:
    kept = [section for section in collection.sections if section.id not in collection.excluded]
    numbers = units(kept)
    parts: dict[Part, Amount] = {}
    seen: set[tuple[Part, str, int]] = set()
    for section, number in zip(kept, numbers, strict=True):
        part = collection.parts.get(section.id)
        if part is None:
            continue
        is_new = (part, section.label, number) not in seen
        seen.add((part, section.label, number))
        benign = section.label == LABELS[0]
        one = Amount(benign, not benign, benign and is_new, not benign and is_new)
        parts[part] = parts.get(part, Amount()) + one
    unplaced = sum(1 for section in kept if collection.parts and section.id not in collection.parts)
    return Known(collection.folder, collection.name, collection.kind, len(kept), parts, unplaced)


def learnt_tests(
    models: Iterable[str], folders: Iterable[Path], external: Container[Path] = ()
) -> dict[tuple[str, Path], int]:
    """(model, collection) → how many test pictures (and of validation those trained on) the model learnt from.

    external: those whose every picture tests, whatever their split says. Models that do not say, and collections that
    cannot be read, are left out.
    """
    found: dict[tuple[str, Path], int] = {}
    for model in models:
        try:
            learnt = learnt_of(model_folder(model)) or ()
        except KnownError:
            continue
        for folder in folders if learnt else ():
            try:
                collection = open_collection(folder)
            except KnownError:
                continue
            collection = as_external(collection) if folder in external else collection
            ids = {section.id for one in learnt for section in learnt_among(one, collection)}
            found[model, folder] = len(ids)
    return found


def remarks(plan: Plan, collections: Mapping[Path, Known], here: Here) -> tuple[Remark, ...]:
    """Everything there is to say, what stops first."""
    found = [
        *_choices(plan),
        *_material(plan, collections),
        *_leaking(here),
        *_starts(plan, here),
        *_machine(plan, here),
    ]
    found += [Remark("unusual", False, {"fields": unusual(plan)})] if unusual(plan) else []
    return tuple(sorted(found, key=lambda remark: not remark.stops))


def _choices(plan: Plan) -> list[Remark]:
    if not plan.networks:
        return [Remark("no-network", True)]
    if not plan.chains:
        return [Remark("no-chain", True)]
    if not plan.seeds:
        return [Remark("no-seed", True)]
    found = [Remark("chain-without-network", False, {"chain": c.name}) for c in plan.chains if not fits(c, plan)]
    idle = [n for n in plan.networks if not any(not c.networks or n in c.networks for c in plan.chains)]
    found += [Remark("network-without-chain", False, {"network": network}) for network in idle]
    return [Remark("nothing-to-train", True), *found] if not jobs(plan) else found


def _material(plan: Plan, collections: Mapping[Path, Known]) -> list[Remark]:
    found: list[Remark] = []
    stages = used_stages(plan)
    roles = list(dict.fromkeys(name for stage in stages for name in stage.collections))
    of: dict[str, list[Known]] = {
        role: [collections[Path(f)] for f in plan.collections.get(role, ()) if Path(f) in collections] for role in roles
    }
    for role in roles:
        found += [] if of[role] else [Remark("role-empty", True, {"role": role})]
    last = {role for chain in plan.chains for role in plan.stages[chain.stages[-1]].collections}
    tested = {one.folder for role in last - {CBIS} or last for one in of.get(role, [])}
    for one in {one.folder: one for ones in of.values() for one in ones}.values():
        found += _of_collection(one, is_tested=one.folder in tested)
    for stage in stages:
        ones = [one for role in stage.collections for one in of[role]]
        if ones and all(one.parts for one in ones):
            found += _of_stage(stage, ones, is_last=any(chain.stages[-1] == stage.name for chain in plan.chains))
            found += _warm_up(stage, sum(one.part("train").pictures for one in ones), plan.batch)
    trained = {Path(folder) for role in roles for folder in plan.collections.get(role, ())}
    both = sorted(trained & {Path(folder) for folder in plan.external})
    return found + [Remark("trained-and-external", True, {"name": _name(collections, folder)}) for folder in both]


def _leaking(here: Here) -> list[Remark]:
    if not here.leaks:
        return []
    learnt, tested = (f"{name} {section}" for name, section in (here.leaks[0].learnt, here.leaks[0].tested))
    return [Remark("split-leaks", True, {"count": len(here.leaks), "learnt": learnt, "tested": tested})]


def _name(collections: Mapping[Path, Known], folder: Path) -> str:
    return collections[folder].name if folder in collections else folder.name


def _of_collection(one: Known, *, is_tested: bool) -> list[Remark]:
    """is_tested: whether what comes of the plan is to be compared on its locked test."""
    if one.trouble is not None:
        return [Remark("collection-unreadable", True, {"name": one.name, "folder": one.folder})]
    if not one.parts:
        return [Remark("not-split", True, {"name": one.name, "folder": one.folder})]
    found = []
    if is_tested and not one.part("test").pictures:
        found.append(Remark("no-test", False, {"name": one.name, "folder": one.folder}))
    if one.unplaced:
        found.append(Remark("unplaced", False, {"name": one.name, "folder": one.folder, "count": one.unplaced}))
    return found


def _of_stage(stage: Stage, ones: Sequence[Known], *, is_last: bool) -> list[Remark]:
    """Of what a stage learns from and what chooses its weights, all its collections together."""
    train, validation = (sum((one.part(p) for one in ones), Amount()) for p in ("train", "validation"))
    counts = {"stage": stage.name, "benign": train.benign_patients, "malignant": train.malignant_patients}
    found = []
    if not train.pictures:
        found.append(Remark("no-training-part", True, {"stage": stage.name}))
    elif train.fewer < FEW_PATIENTS:
        found.append(Remark("few-patients", False, {**counts, "least": FEW_PATIENTS}))
    validates = stage.stop_after is not None or stage.keep != "last"
    pictures = {"stage": stage.name, "benign": validation.benign, "malignant": validation.malignant}
    if not validation.pictures:
        found.append(Remark("no-validation-part", validates, {"stage": stage.name}))
    elif is_last and min(validation.benign, validation.malignant) < FEW_THRESHOLD_PICTURES:
        found.append(Remark("few-validation", False, {**pictures, "least": FEW_THRESHOLD_PICTURES}))
    return found


def _warm_up(stage: Stage, pictures: int, batch: int) -> list[Remark]:
    """A rate that never comes: the trainer then warms up for half the stage (`training/schedule.py`)."""
    steps = stage_steps(stage, pictures, batch)[0]
    if not pictures or stage.warmup_steps <= steps:
        return []
    told = {"stage": stage.name, "warmup": stage.warmup_steps, "steps": steps, "cut": steps // 2}
    return [Remark("warm-up-long", False, told)]


def _starts(plan: Plan, here: Here) -> list[Remark]:
    found: list[Remark] = []
    to_fetch = []
    for _, network, start in used_starts(plan):
        if start.torchvision:
            weights = offered(network, start.torchvision)
            if weights is None or not weights.is_here:
                to_fetch.append(network)
        elif start.file and not Path(start.file).is_file():
            found.append(Remark("weights-file-gone", True, {"network": network, "file": start.file}))
        elif start.absent:
            found.append(Remark("weights-absent", False, {"network": network, "reason": start.absent}))
    if to_fetch:
        found.insert(0, Remark("weights-not-here", True, {"networks": tuple(to_fetch)}))
    for model in models_of(plan):
        count = sum(here.learnt.get((model, folder), 0) for folder in folders_of(plan))
        if count:
            found.append(Remark("start-learnt-test", False, {"model": Path(model).name, "count": count}))
    return found


def _machine(plan: Plan, here: Here) -> list[Remark]:
    found = [Remark("packages-missing", True, {"packages": ", ".join(here.missing)})] if here.missing else []
    if plan.device == "cuda" and not here.card:
        found.append(Remark("no-card", True))
    elif plan.device == "auto" and not here.card:
        found.append(Remark("cpu", False))
    if here.disk is not None and not here.disk.is_enough:
        found.append(Remark("disk-full", True, {"most": here.disk.most, "free": here.disk.free}))
    return found


def unusual(plan: Plan) -> tuple[str, ...]:
    """The values that lie where trainings seldom go well, as "stages.us.rate"."""
    found = _unsafe(plan)
    for stage in used_stages(plan):
        found += [f"stages.{stage.name}.{name}" for name in _unsafe(stage)]
        found += [f"stages.{stage.name}.augmentation.{name}" for name in _unsafe(stage.augmentation)]
    return tuple(found)


def _unsafe(told: object) -> list[str]:
    found = []
    for name, rule in rules_of(type(told)).items():
        value = getattr(told, name)
        if isinstance(rule, Range) and value is not None:
            values = value if rule.pair else (value,)
            found += [name] if not all(rule.is_safe(one) for one in values) else []
    return found
