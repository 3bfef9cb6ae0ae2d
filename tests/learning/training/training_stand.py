"""Collections, plans and runs that are small enough to train in a test."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bmgui.learning.collections.collection import Box, Collection, Part, open_collection
from bmgui.learning.collections.splits import Split, store_split
from bmgui.learning.collections.storing import Draft, write_collection
from bmgui.learning.plans.plan import Given
from bmgui.learning.runs.run import Run, make_run


def picture(seed: int, width: int = 240, height: int = 180, malignant: bool = False) -> NDArray[np.uint8]:
    """A grey frame of smooth speckle with a dark mass (malignant: bright) at its middle."""
    chance = np.random.default_rng(seed)
    rough = chance.normal(110, 40, (height, width))
    smooth = sum(np.roll(rough, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)) / 9
    y, x = np.mgrid[:height, :width]
    inside = ((x - width / 2) / 30) ** 2 + ((y - height / 2) / 20) ** 2 < 1
    smooth[inside] += 70 if malignant else -70
    return np.clip(smooth, 0, 255).astype(np.uint8)


def make_collection(
    folder: Path, train: int = 6, validation: int = 4, frames: Sequence[NDArray[np.uint8]] | None = None
) -> Collection:
    """Sections of both labels in turn; the first ones train, the last ones validate."""
    count = len(frames) if frames is not None else train + validation
    drafts = []
    for i in range(count):
        malignant = bool(i % 2)
        pixels = frames[i] if frames is not None else picture(i, malignant=malignant)
        height, width = pixels.shape
        drafts.append(
            Draft(
                id=f"s{i}",
                file=f"{i}.png",
                frame=1,
                label="malignant" if malignant else "benign",
                pixels=pixels,
                square_from="box",
                box=Box(width // 2 - 30, height // 2 - 20, 60, 40),
                patient=f"p{i}",
                mass=f"m{i}",
            )
        )
    write_collection(folder, name="drawn", kind="drawn", source="a test", licence="none", drafts=drafts)
    parts: dict[str, Part] = {f"s{i}": "train" if i < count - validation else "validation" for i in range(count)}
    store_split(open_collection(folder), Split(parts, "as drawn"))
    return open_collection(folder)


PLAN = """
schema = 1
name = "small"
networks = ["resnet50"]
seeds = [0]
side = 75
batch = 2
device = "cpu"
autocast = "off"
threads = 1
flip_average = false

[collections]
us = ["{collection}"]

[[chains]]
name = "scratch→us"
start = "scratch"
stages = ["us"]

[stages.us]
collections = "us"
{stage}
"""


def make_small_run(tmp_path: Path, stage: str, plan: str = PLAN, name: str = "run", **sizes: int) -> Run:
    """A run of one ResNet-50 stage on a collection of its own."""
    collection = tmp_path / "collection"
    if not collection.exists():
        make_collection(collection, **sizes)
    file = tmp_path / f"{name}.toml"
    file.write_text(plan.format(collection=collection.as_posix(), stage=stage), "utf-8")
    return make_run(file, tmp_path / name, Given())


def pretend_begun(run: Run) -> None:
    """As if an epoch had been trained and kept."""
    stage = run.folder / "jobs" / "a-job" / "stage-1"
    stage.mkdir(parents=True)
    (stage / "checkpoint.safetensors").touch()
