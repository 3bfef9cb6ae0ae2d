"""A plan: networks × chains × seeds, and what each stage does. TOML, read strictly (`reading.read_plan`).

```toml
schema = 1
name = "recommended"
networks = ["resnet50"]          # or ["active"]: the network of the model in use
seeds = [0]
side = 160                       # px of the crop
external = ["../bus-uclm"]       # collections that are only ever an external test

[collections]                    # name in this plan → folders, relative to the plan; [] is filled by the user:
us = ["../collections/bus-bra"]  # bmgui train PLAN --collection us=DIR
cbis = []

[start.imagenet]                 # what a chain may start from, for each network
vgg16 = { file = "vgg16_features.safetensors", sha256 = "…" }
resnet50 = { torchvision = "IMAGENET1K_V2" }
inception_v3 = { absent = "its weights are not at hand" }   # the table's cell stays empty, with this reason

[[chains]]
name = "imagenet→cbis→us"
start = "imagenet"               # or "scratch"
stages = ["cbis", "us"]

[stages.us]                      # keys that are not named have the defaults below
collections = "us"
epochs = 20                      # or steps = 1000
augmentation = { flip = true, rotation_deg = 10 }
```

Defaults and the range of each key stand beside it in the dataclasses below.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from bmgui.learning.collections.collection import MOST_FACTOR
from bmgui.learning.plans.rules import OneOf, Range, Table, Text, Truth, key
from bmgui.scoring.card import ARCHITECTURES, Architecture

SCRATCH = "scratch"
ACTIVE = "active"  # as a network: the architecture of the model in use; as a model: that model
_MOST_EPOCHS = 100_000
_MOST_STEPS = 100_000_000


def _share(default: float, safe_to: float = 1.0) -> Any:
    return key(Range(0, 1, safe=(0, safe_to)), default=default)


def _hash() -> Any:
    return key(Text(pattern="[0-9a-f]{64}", described="a SHA-256 in lower-case hex"), default="")


@dataclass(frozen=True)
class Augmentation:
    """Ranges that random draws come from. All off: flip False and every number 0 (square_factor: a single value)."""

    # side ÷ mass, log-uniform
    square_factor: tuple[float, float] = key(Range(1, MOST_FACTOR, pair=True), default=(1.1, 3.0))
    shift: float = key(Range(0, 0.5, safe=(0, 0.25)), default=0.15)  # of the square's side, each way
    flip: bool = key(Truth(), default=True)  # left–right
    rotation_deg: float = key(Range(0, 180, safe=(0, 30)), default=10.0)  # ±
    # further shift after the square was fitted (paper-2022)
    translation: float = key(Range(0, 0.5, safe=(0, 0.2)), default=0.0)
    contrast: float = key(Range(0, 0.9, safe=(0, 0.5)), default=0.25)  # factor 1 ± this
    brightness: float = key(Range(0, 0.9, safe=(0, 0.3)), default=0.1)  # ± of the full range
    gamma: float = key(Range(0, 2, safe=(0, 0.6)), default=0.25)  # exponent exp(± this)
    blur: float = _share(0.2, 0.5)  # share of crops that are blurred
    # standard deviation of speckle noise, of the full range
    noise: float = key(Range(0, 0.5, safe=(0, 0.1)), default=0.02)
    marks: float = _share(0.3, 0.5)  # share of crops that get drawn text or calipers
    edges: float = _share(0.1, 0.5)  # share of crops with a frame edge (a dark border)
    cutout: float = _share(0.1, 0.5)  # share of crops with a patch wiped out


@dataclass(frozen=True)
class Teacher:
    """Who teaches: a model (library id, "active", or a folder with card and weights), or a start's network."""

    model: str = key(Text(), default="")
    start: str = key(Text(), default="")  # instead of a model: a key of the plan's starts, with `network`
    network: Architecture | Literal[""] = key(OneOf(ARCHITECTURES), default="")
    temperature: float = key(Range(0.1, 20), default=2.0)
    soft: float = key(Range(0, 100), default=1.0)  # weight of the soft labels' loss (a model only: a start has no head)
    hard: float = key(Range(0, 100), default=0.5)  # weight of the true labels' loss
    features: float = key(Range(0, 100), default=1.0)  # weight of the features' loss (teach only)
    grid: int = key(Range(1, 16, whole=True), default=5)  # features are pooled to grid × grid
    side: int | None = key(Range(75, 1024, whole=True), default=None)  # px at which it sees the crop; else its card's
    labels_on: tuple[str, ...] = key(Text(names=True), default=())  # the plan's collections that teach labels; (): all


@dataclass(frozen=True)
class Stage:
    """One step of a chain."""

    name: str
    collections: tuple[str, ...] = key(Text(names=True))  # keys of the plan's collections
    kind: Literal["classify", "teach"] = key(OneOf(("classify", "teach")), default="classify")
    epochs: int | None = key(Range(1, _MOST_EPOCHS, whole=True, safe=(5, 200)), default=None)
    steps: int | None = key(Range(1, _MOST_STEPS, whole=True), default=None)  # instead of epochs
    steps_an_epoch: int | None = key(Range(1, _MOST_STEPS, whole=True), default=None)  # else one pass over the sections
    repeats: int = key(Range(1, 1000, whole=True, safe=(1, 8)), default=1)  # crops of each section in one pass
    sections_a_mass: int | None = key(Range(1, 1000, whole=True), default=None)  # most; the largest are taken
    masses_a_patient: int | None = key(Range(1, 1000, whole=True), default=None)  # most; likewise
    optimiser: Literal["sgd", "adamw"] = key(OneOf(("sgd", "adamw")), default="adamw")
    rate: float = key(Range(1e-8, 1, safe=(1e-5, 1e-3)), default=3e-4)  # initial learning rate
    momentum: float = key(Range(0, 0.999, safe=(0.8, 0.95)), default=0.9)
    weight_decay: float = key(Range(0, 1, safe=(0, 0.1)), default=0.05)
    schedule: Literal["constant", "cosine"] = key(OneOf(("constant", "cosine")), default="cosine")
    warmup_steps: int = key(Range(0, 1_000_000, whole=True, safe=(0, 500)), default=100)
    head_rate: float = key(Range(0.01, 1000, safe=(1, 10)), default=1.0)  # the head's learning rate ÷ the trunk's
    frozen: int = key(Range(0, 1000, whole=True), default=0)  # so many of the first convolutions stay as they are
    frozen_batchnorm: bool = key(Truth(), default=False)
    label_smoothing: float = key(Range(0, 0.5, safe=(0, 0.1)), default=0.0)
    dropout: float = key(Range(0, 0.95, safe=(0, 0.5)), default=0.0)
    # decay of the averaged (EMA) weights; 0: none
    average: float = key(Range(0, 0.99999, safe=(0, 0.999)), default=0.0)
    # epochs without a lower loss
    stop_after: int | None = key(Range(1, _MOST_EPOCHS, whole=True, safe=(5, 50)), default=None)
    keep: Literal["best-loss", "best-auc", "last"] = key(OneOf(("best-loss", "best-auc", "last")), default="last")
    clip: float = key(Range(1e-3, 1e6), default=5.0)  # norm of the gradient
    balance: bool = key(Truth(), default=False)  # draw both classes equally often
    anywhere: float = _share(0.0)  # teach: share of crops from anywhere in the context, whatever the mass
    teacher: Teacher | None = key(Table(Teacher), default=None)
    augmentation: Augmentation = key(Table(Augmentation), default_factory=Augmentation)


@dataclass(frozen=True)
class Start:
    """Weights to start from for one network: exactly one of file, model, torchvision and absent is named."""

    file: str = key(Text(), default="")  # safetensors, or a state dict that is read with weights_only
    model: str = key(Text(), default="")  # a library id, "active", or a folder with card and weights
    torchvision: str = key(Text(), default="")  # "IMAGENET1K_V2"; never downloaded unless the user asks for it
    absent: str = key(Text(), default="")  # why there are none: jobs that need them are left out, with this reason
    sha256: str = _hash()
    partial: bool = key(Truth(), default=False)  # need not hold every trunk tensor; the rest starts at random


@dataclass(frozen=True)
class Chain:
    """name: as DESIGN.md §1 names chains; start: "scratch" or a key of the plan's starts."""

    name: str = key(Text())
    start: str = key(Text())
    stages: tuple[str, ...] = key(Text(names=True))
    networks: tuple[Architecture, ...] = key(OneOf(ARCHITECTURES, names=True), default=())  # (): all of the plan's

    @property
    def slug(self) -> str:
        """The name as a part of a folder's name, ASCII: "imagenet→cbis→us" is "imagenet-cbis-us"."""
        return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in self.name).split())


@dataclass(frozen=True)
class Plan:
    """What `read_plan` gives. Folders and files are absolute."""

    name: str
    networks: tuple[Architecture, ...]
    chains: tuple[Chain, ...]
    seeds: tuple[int, ...]
    stages: dict[str, Stage]
    collections: dict[str, tuple[str, ...]]
    starts: dict[str, dict[Architecture, Start]]
    external: tuple[str, ...] = ()  # folders of collections that are only ever an external test
    side: int = key(Range(75, 1024, whole=True, safe=(128, 320)), default=224)  # px of the crop
    sides: dict[Architecture, int] = field(default_factory=dict)  # where a network wants another
    batch: int = key(Range(1, 4096, whole=True, safe=(8, 64)), default=16)
    at_once: int | None = key(Range(1, 4096, whole=True), default=None)  # crops a pass; gradients add up to `batch`
    device: Literal["auto", "cpu", "cuda"] = key(OneOf(("auto", "cpu", "cuda")), default="auto")
    autocast: Literal["auto", "off", "bf16", "fp16"] = key(OneOf(("auto", "off", "bf16", "fp16")), default="auto")
    threads: int | None = key(Range(1, 1024, whole=True), default=None)
    # validation and evaluation: square's side ÷ mass's longer side
    factor: float = key(Range(1, MOST_FACTOR, safe=(1.5, 2.5)), default=2.0)
    flip_average: bool = key(Truth(), default=True)
    operating_point: Literal["youden", "sensitivity-0.95", "sensitivity-0.98"] = key(
        OneOf(("youden", "sensitivity-0.95", "sensitivity-0.98")), default="youden"
    )
    notes: str = key(Text(), default="")
    sha256: str = ""  # of the file

    def side_of(self, network: Architecture) -> int:
        """Px of this network's crop."""
        return self.sides.get(network, self.side)


@dataclass(frozen=True)
class Given:
    """What the user adds to a plan when a run starts; kept in `run.json`.

    folder: what relative paths start from (default: the plan's own); collections: instead of the plan's of that name;
    model: the library id or folder that "active" stands for (default: the library's).
    """

    folder: str = ""
    collections: dict[str, tuple[str, ...]] = field(default_factory=dict)
    model: str = ""
    device: str = ""
    at_once: int | None = None
    threads: int | None = None
    download: bool = False  # torchvision's own weights may be fetched


NOTHING_GIVEN = Given()


@dataclass(frozen=True)
class JobStage:
    """One stage of a job. owner: the job that trains it; another one where an earlier job shares all up to here."""

    stage: Stage
    number: int  # from 1
    owner: str

    @property
    def folder(self) -> str:
        """Relative to the run: "jobs/<owner>/stage-N"."""
        return f"jobs/{self.owner}/stage-{self.number}"


@dataclass(frozen=True)
class Job:
    """One network × chain × seed."""

    name: str  # "<network>-<chain's slug>-s<seed>"
    network: Architecture
    chain: Chain
    seed: int
    start: Start | None  # None: from scratch
    stages: tuple[JobStage, ...]

    @property
    def own(self) -> tuple[JobStage, ...]:
        """The stages that this job trains itself."""
        return tuple(stage for stage in self.stages if stage.owner == self.name)


@dataclass(frozen=True)
class Absent:
    """A cell of the table that cannot be had, and why."""

    network: Architecture
    chain: str
    reason: str


def jobs(plan: Plan) -> tuple[Job, ...]:
    """Every job of the plan, in the order in which they are trained; those whose start is absent are left out.

    Jobs of one network and seed whose chains begin alike share these stages: the first one trains them.
    """
    found: list[Job] = []
    owners: dict[tuple[str, int, str, tuple[str, ...]], str] = {}
    for network, chain, seed in cells(plan):
        start = None if chain.start == SCRATCH else plan.starts[chain.start][network]
        if start is not None and start.absent:
            continue
        name = f"{network}-{chain.slug}-s{seed}"
        stages = tuple(
            JobStage(
                plan.stages[stage],
                number,
                owners.setdefault((network, seed, chain.start, chain.stages[:number]), name),
            )
            for number, stage in enumerate(chain.stages, 1)
        )
        found.append(Job(name, network, chain, seed, start, stages))
    return tuple(found)


def absent(plan: Plan) -> tuple[Absent, ...]:
    """The cells of network × chain that have no weights to start from, each with the plan's reason."""
    wanted = dict.fromkeys((network, chain) for network, chain, _seed in cells(plan))
    return tuple(
        Absent(network, chain.name, plan.starts[chain.start][network].absent)
        for network, chain in wanted
        if chain.start != SCRATCH and plan.starts[chain.start][network].absent
    )


def cells(plan: Plan) -> list[tuple[Architecture, Chain, int]]:
    """Network, chain and seed of every job that the plan means, absent ones too."""
    return [
        (network, chain, seed)
        for network in plan.networks
        for chain in plan.chains
        if not chain.networks or network in chain.networks
        for seed in plan.seeds
    ]
