"""A small finder of seeded random weights, its BatchNorm anything but neutral."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

WIDTHS, BLOCKS = (4, 6, 8, 10, 12), (1, 2, 1, 1)


def shapes() -> dict[str, tuple[int, ...]]:
    """The network's tensors: written out here by hand, so that a test of names does not ask the code under test."""
    found: dict[str, tuple[int, ...]] = {}

    def conv(name: str, inputs: int, outputs: int, size: int) -> None:
        found[f"{name}.conv.weight"] = (outputs, inputs, size, size)
        found.update({f"{name}.norm.{part}": (outputs,) for part in ("weight", "bias", "running_mean", "running_var")})

    def block(name: str, width: int) -> None:
        conv(f"{name}.one", width, width, 3)
        conv(f"{name}.two", width, width, 3)

    conv("stem", 1, WIDTHS[0], 5)
    for level, count in enumerate(BLOCKS):
        conv(f"down.{level}.0", WIDTHS[level], WIDTHS[level + 1], 3)
        for number in range(count):
            block(f"down.{level}.{number + 1}", WIDTHS[level + 1])
    for level in range(3):
        conv(f"narrow.{level}", WIDTHS[level + 2], WIDTHS[level + 1], 1)
        block(f"join.{level}", WIDTHS[level + 1])
    return found | {"head.weight": (1, WIDTHS[1], 1, 1), "head.bias": (1,)}


def tensors(seed: int = 3) -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(seed)

    def fill(name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        if name.endswith(("running_var", "norm.weight")):
            return random.uniform(0.5, 1.5, shape).astype(np.float32)
        spread = 0.2 if len(shape) == 1 else (2 / np.prod(shape[1:])) ** 0.5
        return random.normal(0, spread, shape).astype(np.float32)

    return {name: fill(name, shape) for name, shape in shapes().items()}


def write_finder(folder: Path, values: dict[str, NDArray[np.float32]] | None = None, **changed: Any) -> Path:
    """A finder's folder. changed: fields of its card."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors() if values is None else values, folder / "weights.safetensors")
    interval = {"value": 0.5, "low": 0.4, "high": 0.6}
    rates = dict.fromkeys(("good", "held", "missed", "rule"), interval)
    card = {
        "schema": 1,
        "id": "made",
        "title": "A made finder",
        "side": 64,
        "widths": list(WIDTHS),
        "blocks": list(BLOCKS),
        "mirror": False,
        "sha256": hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest(),
        "rule": {"seen": 0.5, "edge": 0.4, "smaller": 0.0, "second": 0.8, "most": 3},
        "data": [{"name": "none", "used_for": "nothing", "licence": "none"}],
        "training": "random",
        "figures": [{"measured_on": "nothing", "locked": False, "masses": 1, "patients": 1, **rates}],
        "normal": [{"measured_on": "nothing", "pictures": 1, "met": 0, "seen": interval}],
        "licence": "none",
        "limits": ["made for a test"],
    }
    (folder / "finder.json").write_text(json.dumps(card | changed), "utf-8")
    return folder
