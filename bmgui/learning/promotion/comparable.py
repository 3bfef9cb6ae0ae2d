"""Whether a finished job can be compared with the model in use, told before anything is looked at.

The evaluation itself refuses what must not be measured; here the same is found out early, with what else makes a look
at the locked test a waste.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bmgui.learning.collections import looks
from bmgui.learning.collections.collection import LABELS, Collection, open_collection
from bmgui.learning.collections.learnt_pictures import Learnt, learnt_among, learnt_of
from bmgui.learning.collections.splits import as_external, split_hashes, units
from bmgui.learning.promotion.promoting import comparison_folder
from bmgui.learning.results.cautions import FEW_PATIENTS
from bmgui.learning.results.evaluations import Order
from bmgui.learning.results.measured_on import measured_on
from bmgui.learning.runs.run import job_weights, open_run
from bmgui.scoring.card import read_card

OPTIONS = ("--without-factors", "--without-nudges", "--without-pictures")
"""Of the evaluation: the comparison needs one square a picture."""


@dataclass(frozen=True)
class TestPart:
    """A collection's test pictures. patients: of each label. looks: at the collection's tests so far, whatever they
    were; seen: the weights that have looked at this one as it is."""

    name: str
    folder: Path
    external: bool
    pictures: int
    patients: Mapping[str, int]
    looks: int
    seen: frozenset[str]

    def new_looks(self, weights: frozenset[str]) -> int:
        """How many looks comparing these weights adds."""
        return len(weights - self.seen)


@dataclass(frozen=True)
class Obstacle:
    """final: it cannot be compared at all; else it can, and this is to be known before."""

    code: str
    final: bool
    fields: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Outlook:
    """What comparing a job with a model would look at, and what stands against it. point: the plan's operating point,
    at which both are compared."""

    run: Path
    job: str
    active: str
    weights: frozenset[str]
    point: str
    tests: tuple[TestPart, ...]
    obstacles: tuple[Obstacle, ...]

    @property
    def possible(self) -> bool:
        return not any(obstacle.final for obstacle in self.obstacles)

    @property
    def folder(self) -> Path:
        return comparison_folder(self.run, self.job, self.active)

    def order(self, model: Path) -> Order:
        """The evaluation of both on the locked test; model: the folder of the one in use."""
        options = (*OPTIONS, "--points", self.point)  # else the model in use would be measured at Youden's
        return Order(
            self.folder, runs=(self.run,), jobs=(self.job,), models=(str(model),), locked_test=True, options=options
        )


def outlook(run_folder: Path, job: str, model: Path) -> Outlook:
    """model: the folder of the model in use. Raises what `open_run`, `open_collection`, `read_card` and `learnt_of`
    raise, and KnownError("job-unreadable")."""
    run, card = open_run(run_folder), read_card(model)
    mine = job_weights(run, job)
    inside, outside = ([open_collection(folder) for folder in folders] for folders in measured_on([run]))
    tests = tuple(part for one in (*inside, *outside) if (part := _test_part(one, one in outside)).pictures)
    obstacles = [*_of_tests(tests), *_of_learnt(card.id, learnt_of(model), inside, outside)]
    if mine == card.sha256:
        obstacles.append(Obstacle("same-weights", True, {"model": card.id}))
    weights, point = frozenset({mine, card.sha256}), run.plan.operating_point
    return Outlook(run_folder, job, card.id, weights, point, tests, tuple(obstacles))


def _test_part(collection: Collection, external: bool) -> TestPart:
    sections = (as_external(collection) if external else collection).part("test")
    owners = list(zip(sections, units(sections), strict=True))
    patients: dict[str, int] = {
        label: len({unit for section, unit in owners if section.label == label}) for label in LABELS
    }
    every = looks.read(collection.folder)
    seen = looks.seen_by(every, looks.print_of_test(sections))
    return TestPart(collection.name, collection.folder, external, len(sections), patients, len(every), seen)


def _of_tests(tests: tuple[TestPart, ...]) -> list[Obstacle]:
    if not tests:
        return [Obstacle("no-locked-test", True)]
    whole: dict[str, str | int] = {label: sum(part.patients[label] for part in tests) for label in LABELS}
    if not all(whole.values()):
        return [Obstacle("one-class-test", True, whole)]
    if any(sum(part.patients[label] for part in tests) < FEW_PATIENTS for label in LABELS):
        return [Obstacle("few-patients", False, {**whole, "least": FEW_PATIENTS})]
    return []


def _of_learnt(
    model: str, learnt: tuple[Learnt, ...] | None, inside: list[Collection], outside: list[Collection]
) -> list[Obstacle]:
    """Test pictures that the model in use learnt from."""
    if learnt is None:
        return [Obstacle("learnt-not-known", False, {"model": model})]
    found = []
    for collection in (*inside, *outside):
        external = collection in outside
        one = as_external(collection) if external else collection
        pictures: dict[str, str] = {}
        for entry in learnt:
            same = entry.origin in (collection.origin, collection.version)
            if same and not external and entry.split in split_hashes(collection):
                continue
            pictures |= {section.id: section.file for section in learnt_among(entry, one)}
            if entry.prints is None and (same or entry.name == collection.name) and one.part("test"):
                found.append(Obstacle("learnt-another-split", True, {"model": model, "collection": collection.name}))
        if pictures:
            first = next(iter(pictures.values()))
            told: dict[str, str | int] = {
                "model": model,
                "collection": collection.name,
                "count": len(pictures),
                "first": first,
            }
            found.append(Obstacle("learnt-from-test", True, told))
    return found
