"""Which evaluations there are to look at: of each run, of several runs together, and those opened from elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.learning import shelf
from bmgui.learning.collections import looks
from bmgui.learning.collections.collection import Collection, open_collection
from bmgui.learning.collections.splits import as_external
from bmgui.learning.plans.plan import jobs
from bmgui.learning.results import evaluations
from bmgui.learning.results.measured_on import measured_on
from bmgui.learning.results.reading import read_results
from bmgui.learning.results.section_files import folders_of
from bmgui.learning.results.values import Results, Source
from bmgui.learning.runs.run import Run, data_of, job_weights, open_run

TOGETHER = "evaluations"  # of several runs, in the user's folder


@dataclass(frozen=True)
class Place:
    """What can be measured and looked at. runs: one; several for an evaluation of several; none for one from elsewhere.

    jobs: names of the jobs that have finished. validation, test: the folders of its evaluations, there or not.
    """

    name: str
    runs: tuple[Path, ...]
    jobs: tuple[str, ...]
    validation: Path
    test: Path | None

    @property
    def folders(self) -> tuple[Path, ...]:
        """Its evaluations that have come to an end, the one with the locked test last."""
        each = (self.validation, self.test)
        return tuple(folder for folder in each if folder is not None and evaluations.has_results(folder))


def place_of_run(folder: Path) -> Place:
    """Raises what `open_run` raises."""
    run = open_run(folder)
    return Place(
        name=folder.name,
        runs=(folder,),
        jobs=finished_jobs(run),
        validation=evaluations.results_folder(folder),
        test=evaluations.results_folder(folder, locked_test=True),
    )


def finished_jobs(run: Run) -> tuple[str, ...]:
    """Names of the jobs whose weights stand ready."""
    names = [job.name for job in jobs(run.plan)]
    return tuple(name for name in names if (run.folder / "jobs" / name / "result.json").is_file())


def places_known(elsewhere: tuple[Path, ...] = ()) -> tuple[Place, ...]:
    """Every run that can be read, newest first, then evaluations of several runs, then those from elsewhere."""
    found = []
    for folder in shelf.known("runs"):
        try:
            found.append((open_run(folder).made["made"], place_of_run(folder)))
        except KnownError:  # a broken run is the runs page's to tell of
            continue
    ordered = [place for _, place in sorted(found, key=lambda pair: str(pair[0]), reverse=True)]
    own = places.user_data() / TOGETHER
    together = sorted(folder for folder in own.iterdir() if evaluations.has_results(folder)) if own.is_dir() else []
    return (*ordered, *(Place(f.name, (), (), f, None) for f in (*together, *elsewhere)))


def free_together(names: tuple[str, ...]) -> Path:
    """A folder for an evaluation of several runs that is not there yet."""
    own = places.user_data() / TOGETHER
    plain = " + ".join(names)[:60]
    number, folder = 1, own / plain
    while folder.exists():
        number += 1
        folder = own / f"{plain} {number}"
    return folder


@dataclass(frozen=True)
class Loaded:
    """An evaluation, and the collections of it that are at hand: opened, and where.

    older: those that were changed since it was made; others: the jobs whose weights are others now.
    """

    results: Results
    collections: Mapping[str, Collection]
    folders: Mapping[str, Path]
    older: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def load(folder: Path, runs: tuple[Path, ...]) -> Loaded:
    """Raises what `read_results` raises; a collection that cannot be opened is left out."""
    results = read_results(folder)
    folders = folders_of(results.collections, runs or tuple(shelf.known("runs")))
    opened = {}
    for name, where in folders.items():
        try:
            opened[name] = open_collection(where)
        except KnownError:  # its pictures are missing then, and the page says so
            continue
    older = tuple(one.name for one in results.collections if one.name in opened and is_older(one, opened[one.name]))
    return Loaded(results, opened, folders, older, _others(results, runs))


def is_older(source: Source, now: Collection) -> bool:
    """Whether a collection was changed since it was measured on: corrected, added to, excluded from or split again."""
    data = data_of(now)
    excluded = (source.exclusions, data["excluded"]) if source.exclusions else (source.excluded, len(now.excluded))
    return (source.version, source.split) != (data["version"], data["split"]) or excluded[0] != excluded[1]


def _others(results: Results, runs: tuple[Path, ...]) -> tuple[str, ...]:
    found: list[str] = []
    for run in runs:
        try:
            opened = open_run(run)
            now = {job: job_weights(opened, job) for job in finished_jobs(opened)}
        except KnownError:  # the runs page tells of it
            continue
        here = [one for one in results.subjects if one.run == run.name and one.name in now]
        found += [one.name for one in here if one.weights_sha256 != now[one.name]]
    return tuple(found)


@dataclass(frozen=True)
class Tested:
    """A collection of a run: pictures in its locked test, and the looks at it so far (one a model)."""

    name: str
    pictures: int
    models: tuple[str, ...]


def tested_by(run: Path) -> tuple[Tested, ...]:
    """What an evaluation with the locked test would look at. Raises what `open_run` and `open_collection` raise."""
    inside, external = measured_on([open_run(run)])
    found = []
    for folder in (*inside, *external):
        collection = open_collection(folder)
        pictures = len((as_external(collection) if folder in external else collection).part("test"))
        if pictures:
            seen = dict.fromkeys(str(look.get("model", "")) for look in looks.read(folder))
            found.append(Tested(collection.name, pictures, tuple(seen)))
    return tuple(found)
