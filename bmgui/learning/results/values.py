"""What an evaluation found, as values: `reading` makes them from `results.json` and `cases.csv`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bmgui.imaging.square import Square
from bmgui.learning.collections.collection import Label
from bmgui.learning.results.cautions import Caution

Role = Literal["internal validation", "internal test", "external test"]
ROLES: tuple[Role, ...] = ("internal validation", "internal test", "external test")
NAMES = ("auc", "accuracy", "sensitivity", "specificity", "precision", "f1", "youden", "brier")


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval. None: it cannot be had from these pictures."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Counts:
    """Pictures: malignant found, false alarms, benign right, malignant missed."""

    tp: int
    fp: int
    tn: int
    fn: int


@dataclass(frozen=True)
class Threshold:
    """chosen_on: in English words. benign, malignant: pictures that it was chosen on, None where nobody says."""

    name: str
    threshold: float
    chosen_on: str
    benign: int | None = None
    malignant: int | None = None


@dataclass(frozen=True)
class Point:
    """What a threshold does on a group. counts None: see reason, a code. chosen: as in the subject's thresholds."""

    chosen: Threshold
    sensitivity: Figure | None
    specificity: Figure | None
    counts: Counts | None
    reason: str

    @property
    def name(self) -> str:
        return self.chosen.name


@dataclass(frozen=True)
class Curve:
    """ROC: false positive rates and sensitivities, both rising."""

    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class Band:
    """The pointwise interval of a ROC curve."""

    x: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Bin:
    """Scores from low to high: how many pictures, their mean score, the share of malignant ones."""

    low: float
    high: float
    pictures: int
    mean: float | None
    share: float | None


@dataclass(frozen=True)
class Calibration:
    """ece_chance, ece_chance_high: the ECE that a perfectly calibrated score would show by chance; mean, upper end."""

    slope: Figure
    intercept: Figure
    in_the_large: Figure
    brier: Figure
    ece: float
    ece_chance: float
    ece_chance_high: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Subgroup:
    """by, name: in English words, or as imported. auc None: see reason."""

    by: str
    name: str
    benign: int
    malignant: int
    benign_patients: int
    malignant_patients: int
    counts: Counts | None
    auc: Figure | None
    reason: str


@dataclass(frozen=True)
class Worst:
    """A picture that is wrong at the operating point, with its calibrated score."""

    collection: str
    section: str
    label: Label
    probability: float


@dataclass(frozen=True)
class Group:
    """Which pictures: how many of whom. patients counts units: patients, or groups where some are not known.

    benign_patients, malignant_patients: with a picture of that class; None in results of older versions.
    """

    name: str
    role: Role
    collections: tuple[str, ...]
    pictures: int
    malignant: int
    benign: int
    patients: int
    benign_patients: int | None
    malignant_patients: int | None
    counted_by: str
    shown: bool = True


class _Of:
    """What stands on a group of pictures says which, for its readers' sake."""

    of: Group

    @property
    def group(self) -> str:
        return self.of.name

    @property
    def role(self) -> Role:
        return self.of.role

    @property
    def pictures(self) -> int:
        return self.of.pictures

    @property
    def malignant(self) -> int:
        return self.of.malignant

    @property
    def patients(self) -> int:
        return self.of.patients


@dataclass(frozen=True)
class Measured(_Of):
    """One subject on one group. reason: a code where there are no figures ("" where there are)."""

    subject: str
    of: Group
    threshold: Threshold
    points: tuple[Point, ...]
    worst: tuple[Worst, ...]
    cautions: tuple[Caution, ...]
    reason: str
    values: Mapping[str, Figure]
    counts: Counts | None
    curve: Curve | None
    band: Band | None
    before: Calibration | None
    calibration: Calibration | None
    subgroups: tuple[Subgroup, ...]

    @property
    def benign(self) -> int:
        return self.of.benign

    @property
    def benign_patients(self) -> int | None:
        return self.of.benign_patients

    @property
    def malignant_patients(self) -> int | None:
        return self.of.malignant_patients

    @property
    def counted_by(self) -> str:
        return self.of.counted_by


@dataclass(frozen=True)
class Subject:
    """A model, or a run's job. chain: a model has its id there, and no seed. calibrated: its scores have a scaling.

    learnt: whether it says what it learnt from. unsaid: models that it goes on from which do not. learnt_names: the
    collections that it names; unprinted: those of them of which it does not say the pictures.
    """

    name: str
    network: str
    chain: str
    seed: int | None
    weights_sha256: str
    run: str
    calibrated: bool
    learnt: bool
    unsaid: tuple[str, ...]
    learnt_names: tuple[str, ...] = ()
    unprinted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pair(_Of):
    """second − first on the same pictures, with paired intervals. reason: a code where there is no difference.

    p: of the test beside the interval, corrected (Holm), by what it is of: "AUC", "sensitivity", …
    """

    first: str
    second: str
    of: Group
    differences: Mapping[str, Figure]
    p: Mapping[str, float | None]
    reason: str


@dataclass(frozen=True)
class Cell:
    """A cell of the table that cannot be had. seed None: any."""

    network: str
    chain: str
    seed: int | None
    reason: str


@dataclass(frozen=True)
class Source:
    """A collection that was measured on. looks: how often its test pictures were looked at so far.

    split, exclusions: hashes ("" where results of older versions have none); excluded: how many pictures were.
    """

    name: str
    version: str
    external: bool
    scored: int
    looks: int
    split: str = ""
    excluded: int = 0
    exclusions: str = ""


@dataclass(frozen=True)
class Leak:
    """Collection and section of a picture for training or validation, and of a test picture that looks like it."""

    learnt: tuple[str, str]
    tested: tuple[str, str]


@dataclass(frozen=True)
class Results:
    """An evaluation. leaks: pairs of pictures that may not be apart, one that is learnt from and one that tests."""

    folder: Path
    made: str
    program: str
    factor: float
    draws: int
    level: float
    locked_test: bool
    subjects: tuple[Subject, ...]
    empty: tuple[Cell, ...]
    collections: tuple[Source, ...]
    measured: tuple[Measured, ...] = field(repr=False)
    pairs: tuple[Pair, ...] = field(repr=False)
    leaks: tuple[Leak, ...] = ()

    def leaking(self, name: str) -> int:
        """How many test pictures may not be apart from those of the collections that this subject learnt from."""
        learnt = self.subject(name).learnt_names
        return len({leak.tested for leak in self.leaks if leak.learnt[0] in learnt})

    def subject(self, name: str) -> Subject:
        """Raises KeyError for a name that is not there."""
        found = next((one for one in self.subjects if one.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def groups(self) -> tuple[Group, ...]:
        """Every group once: tests before validation, and all collections together before each alone."""
        found = {one.group: one.of for one in self.measured}
        return tuple(sorted(found.values(), key=lambda group: group.role == "internal validation"))

    def of(self, subject: str, group: str) -> Measured | None:
        return next((one for one in self.measured if (one.subject, one.group) == (subject, group)), None)


@dataclass(frozen=True)
class Case:
    """A row of `cases.csv`. probability: calibrated, or σ(margin) where there is no scaling."""

    subject: str
    role: Role
    collection: str
    section: str
    patient: str
    unit: str
    label: Label
    part: str
    square: Square
    margin: float
    probability: float
