"""A run whose jobs have finished (the first ResNet-50 stands for what they learnt), and its evaluation."""

import hashlib
import json
from pathlib import Path

from bmgui.base import places
from bmgui.learning.assessing.assess import Request, assess
from bmgui.learning.assessing.measure import Settings
from bmgui.learning.assessing.scoring import Wanted
from bmgui.learning.plans.plan import Given, jobs
from bmgui.learning.results.evaluations import results_folder
from bmgui.learning.runs.run import make_run
from tests.learning.assessing.conftest import MODEL, SIDE, quiet

PLAN = """
schema = 1
name = "small"
networks = ["resnet50"]
seeds = [0, 1]
side = {side}
flip_average = false

[collections]
us = ["{us}"]

[start.imagenet]
resnet50 = {{ absent = "its weights are not at hand" }}

[[chains]]
name = "scratch→us"
start = "scratch"
stages = ["us"]

[[chains]]
name = "scratch→us→us"
start = "scratch"
stages = ["us", "again"]

[[chains]]
name = "imagenet→us"
start = "imagenet"
stages = ["us"]

[stages.us]
collections = "us"
epochs = 3

[stages.again]
collections = "us"
epochs = 3
"""
JOBS = ("resnet50-scratch-us-s0", "resnet50-scratch-us-us-s0")  # seed 1 has not finished
_RECIPE = {
    "architecture": "resnet50",
    "side": SIDE,
    "channels": "grey",
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
    "resample": "bilinear",
    "flip_average": False,
}


def finished_run(folder: Path, us: Path) -> Path:
    """A run of that collection: two of four jobs have finished, with the same weights; a chain has no start."""
    plan = folder.with_suffix(".toml")
    plan.write_text(PLAN.format(side=SIDE, us=us.as_posix()), "utf-8")
    opened = make_run(plan, folder, Given())
    assert set(JOBS) < {job.name for job in jobs(opened.plan)}
    weights = places.shipped_models() / MODEL / "weights.safetensors"
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    for number, name in enumerate(JOBS):
        job = folder / "jobs" / name
        job.mkdir(parents=True)
        (job / "weights.safetensors").symlink_to(weights)
        recipe = {**_RECIPE, "channels": "rgb" if number else "grey"}
        result = {"schema": 1, "finished": True, "recipe": recipe, "weights_sha256": digest}
        (job / "result.json").write_text(json.dumps(result), "utf-8")
    return folder


def evaluated(run: Path, *, locked_test: bool = False) -> Path:
    """Measure the run in this process, without pictures; the evaluation's folder."""
    output = results_folder(run, locked_test=locked_test)
    wanted = Wanted(sizes=False, nudges=False)
    request = Request(
        output=output, runs=(run,), locked_test=locked_test, wanted=wanted, settings=Settings(draws=50), pictures=False
    )
    assess(request, quiet)
    return output
