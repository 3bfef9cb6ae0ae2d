"""A model's card: how it wants its crops, what its margins mean, and where it was measured. Read strictly.

The card says everything that the program says about a model: nothing about a model is in code.
"""

import hashlib
import json
import math
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from bmgui.base.errors import KnownError
from bmgui.scoring.checks import Fields, Refused

SCHEMA = 1
CARD_FILE = "card.json"
_MOST_BYTES = 1 << 20

Architecture = Literal["resnet50", "vgg16", "inception_v3"]
Channels = Literal["grey", "rgb"]
Resample = Literal["bilinear", "bicubic"]

ARCHITECTURES: tuple[Architecture, ...] = ("resnet50", "vgg16", "inception_v3")
CHANNELS: tuple[Channels, ...] = ("grey", "rgb")
RESAMPLES: tuple[Resample, ...] = ("bilinear", "bicubic")
CLASSES = ("benign", "malignant")
MOST_ID = 64
_ID = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9_-])?")  # Windows drops a dot at the end
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
_TOLERANCE_BELOW = 0.05  # of the margin: engines differ by less than 0.002, and 0.05 is a point of probability
_SIDES = range(75, 1025)  # Inception-v3 needs 75; beyond 1024 a crop holds nothing more


@dataclass(frozen=True)
class Calibration:
    """probability = σ(slope · margin + intercept), true where a share `prior` of the masses is malignant."""

    slope: float
    intercept: float
    prior: float


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold on the probability (at the card's prior), and the rates that it had where it was measured."""

    name: str
    threshold: float
    measured_on: str
    sensitivity: float | None = None
    specificity: float | None = None


@dataclass(frozen=True)
class Band:
    """Probabilities from the band before it up to `up_to`; `inclusive` says whether `up_to` itself still belongs."""

    number: int
    up_to: float
    name: str
    inclusive: bool = True

    def holds(self, probability: float) -> bool:
        """Whether the probability is not beyond this band's upper end."""
        return probability < self.up_to or (self.inclusive and probability == self.up_to)


@dataclass(frozen=True)
class Reference:
    """A crop that lies beside the card, and the margin that a sound engine gives for it, within `tolerance`."""

    file: str
    margin: float
    tolerance: float


@dataclass(frozen=True)
class Geometry:
    """The range of square sides, in frame pixels, that the model was measured with; `measured_on` says how.

    least_ratio, greatest_ratio: the sides that it learnt from, in the mass's longer sides; None where a card does not
    say, both or neither.
    """

    least_side_px: int
    greatest_side_px: int
    measured_on: str
    least_ratio: float | None = None
    greatest_ratio: float | None = None


@dataclass(frozen=True)
class DataUsed:
    """A collection and what was done with it."""

    name: str
    used_for: str
    licence: str


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Rates:
    """Sensitivity and specificity at the operating point of that name."""

    point: str
    sensitivity: float
    specificity: float


@dataclass(frozen=True)
class Figures:
    """What was measured on one collection. `patients` are counted in `counted_by` (patients, or groups of pictures)."""

    measured_on: str
    locked: bool
    pictures: int
    patients: int
    counted_by: str
    auc: Interval
    ece: float
    rates: tuple[Rates, ...]


@dataclass(frozen=True)
class Card:
    """One model. side: px of the square crop that the network takes; mean, std: of channels scaled to [0, 1]."""

    schema: int
    id: str
    title: str
    architecture: Architecture
    side: int
    channels: Channels
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resample: Resample
    flip_average: bool
    classes: tuple[str, ...]
    sha256: str
    calibration: Calibration
    operating_points: tuple[OperatingPoint, ...]
    bands: tuple[Band, ...]
    reference: Reference
    geometry: Geometry
    data: tuple[DataUsed, ...]
    figures: tuple[Figures, ...]
    licence: str
    limits: tuple[str, ...]
    training: str = ""  # how it was trained, in words
    evidence_scale: float | None = None  # the map value that gets the full colour, in units of the margin

    @cached_property
    def recipe(self) -> str:
        """What a margin depends on, as one SHA-256: the model, its weights, and how it wants its crops.

        Margins of two cards may be taken for one another only where this is equal: the same weights give other margins
        on crops of another side, and a model's files may be replaced under its id.
        """
        made_of = (self.id, self.sha256, self.architecture, self.side, self.channels, self.mean, self.std)
        return hashlib.sha256(repr((*made_of, self.resample, self.flip_average)).encode()).hexdigest()

    def probability(self, margin: float, prior: float | None = None) -> float:
        """The probability of malignancy in [0, 1] for a margin (malignant − benign logit).

        prior: the share of malignant masses where it is used, in (0, 1); None: the card's. Saerens 2002.
        """
        return _sigmoid(self.calibration.slope * margin + self.calibration.intercept + self._shift(prior))

    def threshold(self, point: OperatingPoint, prior: float | None = None) -> float:
        """The operating point's threshold at another prior: the same margins stay on the same side of it."""
        return point.threshold if prior is None else _sigmoid(_logit(point.threshold) + self._shift(prior))

    def band(self, probability: float) -> Band:
        """The band that a probability in [0, 1] falls into."""
        return next(band for band in self.bands if band.holds(probability))

    def _shift(self, prior: float | None) -> float:
        return 0.0 if prior is None else _logit(prior) - _logit(self.calibration.prior)


def _sigmoid(x: float) -> float:
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    power = math.exp(x)  # the other form would overflow
    return power / (1.0 + power)


def _logit(p: float) -> float:
    return math.log(p) - math.log1p(-p)


def is_id(text: str) -> bool:
    """Whether a model may be called so: a folder of that name can lie beside the program's own files, on any system."""
    named = len(text) <= MOST_ID and _ID.fullmatch(text) is not None
    return named and not text.endswith((".json", ".jsonl")) and text.partition(".")[0] not in _DEVICES


def read_card(folder: Path) -> Card:
    """The card of the model in `folder`. Raises KnownError("card-unreadable", file, reason)."""
    path = folder / CARD_FILE
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise Refused("larger than 1 MiB")
        return _card(Fields.of(json.loads(data, parse_constant=_no_constant)))
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    except (Refused, ValueError, RecursionError) as error:  # ValueError: not JSON, not UTF-8
        raise _unreadable(path, str(error)) from error


def _unreadable(path: Path, reason: str) -> KnownError:
    return KnownError("card-unreadable", file=str(path), reason=reason)


def _no_constant(name: str) -> Any:
    raise Refused(f"{name} is not a number")


def _card(f: Fields) -> Card:
    if f.whole("schema") != SCHEMA:
        raise Refused(f"schema {f.whole('schema')}, not {SCHEMA}")
    if f.texts("classes") != CLASSES:
        raise Refused(f"classes are not {list(CLASSES)}")
    return Card(
        schema=SCHEMA,
        id=_identity(f),
        title=f.text("title", default=f.text("id")),
        architecture=f.one_of("architecture", ARCHITECTURES),
        side=f.whole("side", _SIDES.start, _SIDES.stop - 1),
        channels=f.one_of("channels", CHANNELS),
        mean=f.three("mean"),
        std=f.three("std", above=0.0),
        resample=f.one_of("resample", RESAMPLES),
        flip_average=f.truth("flip_average"),
        classes=CLASSES,
        sha256=f.matching("sha256", r"[0-9a-f]{64}", "64 digits of lower-case hex"),
        calibration=_calibration(f.inner("calibration")),
        operating_points=tuple(_operating_point(p) for p in f.inners("operating_points")),
        bands=_bands(f),
        reference=_reference(f.inner("reference")),
        geometry=_geometry(f.inner("geometry")),
        data=tuple(DataUsed(d.text("name"), d.text("used_for"), d.text("licence")) for d in f.inners("data")),
        figures=tuple(_figures(x) for x in f.inners("figures")),
        licence=f.text("licence"),
        limits=f.texts("limits"),
        training=f.text("training", default=""),
        evidence_scale=f.number("evidence_scale", above=0.0) if "evidence_scale" in f.values else None,
    )


def _identity(f: Fields) -> str:
    identity = f.text("id")
    if not is_id(identity):
        raise Refused("id: not a short word of a–z, 0–9, '.', '_' and '-', or the name of a file or device")
    return identity


def _calibration(f: Fields) -> Calibration:
    return Calibration(f.number("slope", above=0.0), f.number("intercept"), f.number("prior", above=0.0, below=1.0))


def _operating_point(f: Fields) -> OperatingPoint:
    return OperatingPoint(
        f.text("name"),
        f.number("threshold", above=0.0, below=1.0),
        f.text("measured_on"),
        f.share_or_none("sensitivity"),
        f.share_or_none("specificity"),
    )


def _bands(f: Fields) -> tuple[Band, ...]:
    bands = tuple(
        Band(b.whole("number", 1), b.share("up_to"), b.text("name"), b.truth("inclusive", default=True))
        for b in f.inners("bands")
    )
    ends = [band.up_to for band in bands]
    if not bands or ends[-1] != 1.0 or not bands[-1].inclusive:
        raise Refused("the last band must end at 1, inclusive")
    if any(one >= two for one, two in zip([0.0, *ends], ends, strict=False)):
        raise Refused("bands must increase")
    if [band.number for band in bands] != list(range(1, len(bands) + 1)):
        raise Refused("bands must be numbered from 1")
    return bands


def _reference(f: Fields) -> Reference:
    name = f.matching("file", r"[A-Za-z0-9][A-Za-z0-9._-]*\.png", "a PNG's name without folders")
    return Reference(name, f.number("margin"), f.number("tolerance", above=0.0, below=_TOLERANCE_BELOW))


def _geometry(f: Fields) -> Geometry:
    least = f.whole("least_side_px", 1)
    sides = least, f.whole("greatest_side_px", least), f.text("measured_on", default="")
    if "least_ratio" not in f.values and "greatest_ratio" not in f.values:
        return Geometry(*sides)
    least_ratio = f.number("least_ratio", above=0.0)
    return Geometry(*sides, least_ratio, f.number("greatest_ratio", above=least_ratio))


def _figures(f: Fields) -> Figures:
    return Figures(
        measured_on=f.text("measured_on"),
        locked=f.truth("locked"),
        pictures=f.whole("pictures", 1),
        patients=f.whole("patients", 1),
        counted_by=f.one_of("counted_by", ("patient", "group")),
        auc=_interval(f.inner("auc")),
        ece=f.share("ece"),
        rates=tuple(Rates(r.text("point"), r.share("sensitivity"), r.share("specificity")) for r in f.inners("rates")),
    )


def _interval(f: Fields) -> Interval:
    interval = Interval(f.share("value"), f.share("low"), f.share("high"))
    if not interval.low <= interval.value <= interval.high:
        raise Refused("an interval does not hold its value")
    return interval
