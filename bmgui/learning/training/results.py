"""What a job comes to: its weights as they ship, and `result.json`, measured after they were rounded."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

import numpy as np

from bmgui.base.files import write_bytes, write_json
from bmgui.imaging.square import MIN_SIDE_PX
from bmgui.learning.collections.collection import Section
from bmgui.learning.plans.plan import Augmentation, Job, JobStage
from bmgui.learning.runs.trainers import Trainer
from bmgui.learning.training.building import Builder
from bmgui.learning.training.loop import DONE_FILE
from bmgui.learning.training.machine import Machine
from bmgui.learning.training.material import Entry
from bmgui.learning.training.networks import fill, rounded, safetensors_bytes, state_of
from bmgui.scoring.weights import WEIGHTS_FILE

RESULT_FILE = "result.json"


def write_result(run: Trainer, machine: Machine, builder: Builder, job: Job, last: JobStage) -> dict[str, Any]:
    """Write `weights.safetensors` (float16, vectors float32), then `result.json` with its validation figures."""
    folder = run.folder / "jobs" / job.name
    network = builder.network_after(last)
    weights = rounded(state_of(network))
    data = safetensors_bytes(weights)
    fill(network, weights)
    network.module.to(machine.device)
    figures = builder.validation(last.stage).of_margins(network, builder.normalisation)
    plan = run.plan
    stages = [json.loads((run.folder / s.folder / DONE_FILE).read_bytes()) for s in job.stages[: last.number]]
    result = {
        "schema": 1,
        "network": job.network,
        "chain": job.chain.name,
        "seed": job.seed,
        "finished": last.number == len(job.stages) and not stages[-1]["gave_up"],
        "stages": stages,
        "weights_sha256": hashlib.sha256(data).hexdigest(),
        "recipe": {
            "architecture": job.network,
            "side": builder.side_px,
            "channels": "grey",
            **asdict(builder.normalisation),
            "resample": "bilinear",
            "flip_average": plan.flip_average,
        },
        "squares": squares_drawn(builder.entries(last.stage, "train"), last.stage.augmentation),
        "validation_auc": figures.auc,
        "validation_loss": figures.loss,
        "validation_sections": figures.crops,
        "device": machine.described(),
        "plan_sha256": plan.sha256,
    }
    folder.mkdir(parents=True, exist_ok=True)  # a job whose stages another one trained has had no need of it
    write_bytes(folder / WEIGHTS_FILE, data)
    write_json(folder / RESULT_FILE, result)
    return result


def squares_drawn(entries: list[Entry], rules: Augmentation) -> dict[str, float]:
    """Sides (frame pixels) and side ÷ mass that training drew squares with: 1st to 99th percentile of 33 a section."""
    factors = np.geomspace(*rules.square_factor, 33)
    sides, ratios = [], []
    for entry in entries:
        section: Section = entry.section
        side = np.clip(factors * section.mass_side, MIN_SIDE_PX, min(section.width, section.height))
        sides.append(side)
        ratios.append(side / section.mass_side)
    least_side, greatest_side = np.percentile(sides, (1, 99))
    least_ratio, greatest_ratio = np.percentile(ratios, (1, 99))
    return {
        "least_side_px": round(float(least_side)),
        "greatest_side_px": round(float(greatest_side)),
        "least_ratio": round(float(least_ratio), 3),
        "greatest_ratio": round(float(greatest_ratio), 3),
    }
