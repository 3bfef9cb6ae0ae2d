"""A plan: networks × chains × seeds, and what each stage does. Written as TOML; read strictly.

```toml
schema = 1
name = "recommended"
networks = ["resnet50"]
seeds = [0]
side = 160                       # px of the crop
batch = 32
device = "auto"

[collections]                    # name in this plan → folder (relative to the plan)
us = ["../collections/bus-bra", "../collections/busi"]
cbis = ["../collections/cbis-ddsm"]

[start.imagenet]                 # what a chain may start from, a file for each network that has one
vgg16 = { file = "vgg16_features.safetensors", sha256 = "…" }
[start.first]
resnet50 = { model = "resnet50-first" }

[[chains]]
name = "imagenet→cbis→us"
start = "imagenet"               # or "scratch"
stages = ["cbis", "us"]

[stages.us]                      # a named stage; unnamed keys have defaults that stand in learning/plan.py
kind = "classify"                # or "teach"
collections = "us"
epochs = 20                      # or steps = 1000
...
```
"""

from dataclasses import dataclass, field
from typing import Literal

from bmgui.scoring.card import Architecture


@dataclass(frozen=True)
class Augmentation:
    """Ranges that random draws come from. All off: flip False and every number 0 (square_factor: a single value)."""

    square_factor: tuple[float, float] = (1.1, 3.0)  # square's side ÷ mass's longer side, log-uniform
    shift: float = 0.15  # of the square's side, each way
    flip: bool = True  # left–right
    rotation_deg: float = 10.0
    translation: float = 0.0  # further shift after the square was fitted (paper-2022)
    contrast: float = 0.25  # factor 1 ± this
    brightness: float = 0.1  # of the full range
    gamma: float = 0.25  # exponent exp(± this)
    blur: float = 0.2  # share of crops that are blurred
    noise: float = 0.02  # standard deviation of speckle noise, of the full range
    marks: float = 0.3  # share of crops that get drawn text or calipers
    edges: float = 0.1  # share of crops with a frame edge (a dark border)
    cutout: float = 0.1  # share of crops with a patch wiped out


@dataclass(frozen=True)
class Teacher:
    """A model that teaches: of the library (`model`), or another job's weights of this run (`job`)."""

    model: str = ""  # library id, or a folder with card and weights
    temperature: float = 2.0
    soft: float = 1.0  # weight of the soft labels' loss
    hard: float = 0.5  # weight of the true labels' loss
    features: float = 1.0  # weight of the features' loss (teach only)
    grid: int = 5  # features are pooled to grid × grid


@dataclass(frozen=True)
class Stage:
    """One step of a chain."""

    name: str
    collections: tuple[str, ...]  # keys of the plan's collections
    kind: Literal["classify", "teach"] = "classify"
    epochs: int | None = None
    steps: int | None = None  # instead of epochs: an "epoch" is then `steps_an_epoch` steps, for validation
    steps_an_epoch: int | None = None
    optimiser: Literal["sgd", "adamw"] = "adamw"
    rate: float = 3e-4  # initial learning rate
    momentum: float = 0.9
    weight_decay: float = 0.05
    schedule: Literal["constant", "cosine"] = "cosine"
    warmup_steps: int = 100
    head_rate: float = 1.0  # the head's learning rate ÷ the trunk's
    frozen: int = 0  # so many of the first convolutions stay as they are
    frozen_batchnorm: bool = False
    label_smoothing: float = 0.0
    dropout: float = 0.0
    average: float = 0.0  # decay of the averaged (EMA) weights; 0: none
    stop_after: int | None = None  # epochs without a lower validation loss
    keep: Literal["best-loss", "best-auc", "last"] = "last"
    clip: float = 5.0  # norm of the gradient
    balance: bool = False  # draw both classes equally often
    anywhere: float = 0.0  # teach: share of crops from anywhere in the context, whatever the mass
    teacher: Teacher | None = None
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True)
class Start:
    """Weights to start from for one network: a file, a model of the library, or torchvision's own (a download)."""

    file: str = ""
    model: str = ""
    torchvision: str = ""  # for example "IMAGENET1K_V2"; never downloaded unless the user asks for it
    sha256: str = ""
    partial: bool = False  # the file need not hold every trunk tensor; the rest starts at random, and is named


@dataclass(frozen=True)
class Chain:
    """name: as DESIGN.md §1 names chains; start: "scratch" or a key of the plan's starts."""

    name: str
    start: str
    stages: tuple[str, ...]


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
    side: int = 224  # px of the crop
    sides: dict[Architecture, int] = field(default_factory=dict)  # where a network wants another
    batch: int = 16
    device: Literal["auto", "cpu", "cuda"] = "auto"
    autocast: Literal["auto", "off", "bf16", "fp16"] = "auto"
    threads: int | None = None
    factor: float = 2.0  # validation and evaluation: square's side ÷ the mass's longer side
    flip_average: bool = True
    operating_point: Literal["youden", "sensitivity-0.95", "sensitivity-0.98"] = "youden"
    notes: str = ""
