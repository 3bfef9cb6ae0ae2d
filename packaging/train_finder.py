"""Teach the mass finder on the training patients of BUS-BRA and BUSI, and write its weights.

    PYTHONPATH=. python packaging/train_finder.py --data ../shared/data --run ../runs/finder

Writes checkpoint.safetensors, weights.safetensors and plan.json into the run's folder. `measure_finder.py` tunes and
measures it. Run from the repository, in an environment with torch and scipy.
"""

import argparse
import time
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from proposal_data import Case, learning
from safetensors.torch import save

from bmgui.base.files import write_bytes, write_json
from bmgui.learning.training.finder import FinderPlan, shipped, teach
from bmgui.learning.training.finder_views import Picture

KEPT_SIDE = 400  # px of a picture's longer side in memory: views zoom in by at most 2.6
DRAWN = {"BUS-BRA": 1.0, "BUSI": 1.6, "normal": 2.0}  # wide pictures and normal ones are fewer


def main() -> None:
    parser = argparse.ArgumentParser(description="Teach the mass finder.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    for field in fields(FinderPlan):
        if isinstance(field.default, (int, float)) and not isinstance(field.default, bool):
            parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    named = {field.name: getattr(options, field.name) for field in fields(FinderPlan) if hasattr(options, field.name)}
    plan = FinderPlan(**named)
    options.run.mkdir(parents=True, exist_ok=True)
    write_json(options.run / "plan.json", asdict(plan))
    started = time.time()
    cases = list(learning(options.data))
    drawn = np.array([DRAWN["normal" if case.label == "normal" else case.collection] for case in cases])
    pictures = [kept(case) for case in cases]
    print(f"{len(pictures)} pictures, {len({c.patient for c in cases})} patients or groups", flush=True)
    average = teach(pictures, drawn, plan, options.run, lambda line: _tell(line, started))
    write_bytes(options.run / "weights.safetensors", save(shipped(average)))


def kept(case: Case) -> Picture:
    """The picture as it is held while teaching: reduced with antialiasing, never enlarged."""
    height, width = case.frame.shape
    shrink = min(1.0, KEPT_SIDE / max(height, width))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    frame = Image.fromarray(case.frame).resize(size, Image.Resampling.BILINEAR)
    mask = Image.fromarray(case.mask.astype(np.uint8) * 255).resize(size, Image.Resampling.BILINEAR)
    return Picture(frame, mask, mask.getbbox() if case.boxes else None)


def _tell(line: str, started: float) -> None:
    print(f"{time.time() - started:7.0f} s  {line}", flush=True)


if __name__ == "__main__":
    main()
