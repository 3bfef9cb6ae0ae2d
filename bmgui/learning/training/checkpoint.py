"""A stage's state on the disk, whole and without pickle: one safetensors file that holds everything.

Tensors: `network/…`, `adapter/…`, `average/…`, `optimiser/<number>/<name>`. Numbers: a JSON text in the file's header
(so that both are replaced in one rename); `checkpoint.json` beside it is a copy for people.
"""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from bmgui.base.errors import KnownError
from bmgui.base.files import write_bytes, write_json
from bmgui.learning.training.networks import State, safetensors_bytes

CHECKPOINT = "checkpoint.safetensors"
READABLE = "checkpoint.json"
_STATE = "state"


@dataclass(frozen=True)
class Saved:
    """What `read_checkpoint` gives: tensors by name, and the numbers that were saved with them."""

    tensors: State
    numbers: dict[str, Any]

    def under(self, prefix: str) -> State:
        """The tensors whose names begin with `prefix`/, without it."""
        return {name.removeprefix(f"{prefix}/"): v for name, v in self.tensors.items() if name.startswith(f"{prefix}/")}


def write_checkpoint(folder: Path, tensors: State, numbers: dict[str, Any]) -> None:
    """Replace the checkpoint, or raise KnownError("file-not-written") and leave the former one."""
    write_bytes(folder / CHECKPOINT, safetensors_bytes(tensors, {_STATE: json.dumps(numbers)}))
    write_json(folder / READABLE, numbers)


def read_checkpoint(folder: Path) -> Saved | None:
    """None where there is none. Raises KnownError("checkpoint-unreadable", file, reason)."""
    path = folder / CHECKPOINT
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as file:
            numbers = json.loads((file.metadata() or {})[_STATE])
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise KnownError("checkpoint-unreadable", file=str(path), reason=str(error)) from error
    return Saved(tensors, numbers)


def drop_checkpoint(folder: Path) -> None:
    """Once a stage is done, nothing is resumed within it."""
    for name in (CHECKPOINT, READABLE):
        with contextlib.suppress(OSError):
            (folder / name).unlink()


def prefixed(prefix: str, state: State) -> State:
    return {f"{prefix}/{name}": value for name, value in state.items()}


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> State:
    """The optimiser's memory as tensors: `<number of the parameter>/<name>`."""
    found: State = {}
    for number, values in optimiser.state_dict()["state"].items():
        found |= {f"{number}/{name}": value for name, value in values.items() if isinstance(value, Tensor)}
    return found


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: State) -> None:
    """Give the optimiser (of the same parameters) its memory back, laid out in memory as its parameters are."""
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    state = optimiser.state_dict()
    memory: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        number, _, what = name.partition("/")
        like = parameters[int(number)]
        same = torch.empty_like(like, requires_grad=False).copy_(value) if value.shape == like.shape else value
        memory.setdefault(int(number), {})[what] = same
    state["state"] = memory
    optimiser.load_state_dict(state)
