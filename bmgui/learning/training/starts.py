"""Weights to start from: files, models of the library, torchvision's own. Safe formats only, capped, hashed."""

import hashlib
import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from bmgui.base.errors import KnownError
from bmgui.learning.plans.plan import Start
from bmgui.learning.runs.run import model_folder
from bmgui.learning.training.downloads import torchvision_file
from bmgui.learning.training.networks import (
    Normalisation,
    State,
    fill,
    new_network,
    state_of,
    usual_normalisation,
)
from bmgui.scoring.card import Architecture, read_card
from bmgui.scoring.engines.vision import Network
from bmgui.scoring.weights import WEIGHTS_FILE, load_weights, read_capped

MOST_BYTES = 1 << 30  # VGG-16 with its fully connected layers is 528 MB
HEAD = "fc."


@dataclass(frozen=True)
class Started:
    """A network with its first values. missing: tensors that its start did not hold, random as yet."""

    network: Network
    normalisation: Normalisation
    missing: tuple[str, ...]
    source: str
    sha256: str
    side: int | None = None  # px of its crops, where a card says so


Told = Callable[[int, int], None]  # bytes so far, bytes in all


def start_network(
    architecture: Architecture, start: Start | None, *names: str | int, download: bool = False, told: Told | None = None
) -> Started:
    """The network as a chain starts it; names seed what is random.

    Raises KnownError: "weights-unreadable", "weights-too-large", "weights-hash-differs", "weights-do-not-fit",
    "weights-not-at-hand", "no-such-model", "card-unreadable".
    """
    network = new_network(architecture, *names)
    if start is None:
        return Started(network, usual_normalisation(architecture), (), "scratch", "")
    if start.model:
        return _from_model(network, architecture, start)
    path = Path(start.file) if start.file else torchvision_file(architecture, start.torchvision, download, told)
    tensors, sha256 = read_tensors(path, start.sha256)
    missing = _fill_trunk(network, tensors, path, start.partial)
    return Started(network, usual_normalisation(architecture), missing, str(path), sha256)


def normalisation_of(architecture: Architecture, start: Start | None) -> Normalisation:
    """What the weights of this start expect: a model's card says; else what ImageNet weights of the network do."""
    if start is None or not start.model:
        return usual_normalisation(architecture)
    card = read_card(model_folder(start.model))
    return Normalisation(card.mean, card.std)


def _from_model(network: Network, architecture: Architecture, start: Start) -> Started:
    folder = model_folder(start.model)
    card = read_card(folder)
    if card.architecture != architecture:
        raise _do_not_fit(folder, f"it is a {card.architecture}, not a {architecture}")
    if start.sha256 and start.sha256 != card.sha256:
        raise KnownError("weights-hash-differs", file=str(folder / WEIGHTS_FILE))
    tensors = {name: torch.from_numpy(np.array(value)) for name, value in load_weights(folder, card).items()}
    missing = _fill_trunk(network, tensors, folder / WEIGHTS_FILE, partial=False)
    return Started(network, Normalisation(card.mean, card.std), missing, start.model, card.sha256, card.side)


def _fill_trunk(network: Network, tensors: State, path: Path, partial: bool) -> tuple[str, ...]:
    """Take what fits by name; a head of two is taken, another one stays random. Returns the names not found."""
    wanted = state_of(network)
    wrong = [n for n, v in wanted.items() if n in tensors and tensors[n].shape != v.shape and not n.startswith(HEAD)]
    if wrong:
        raise _do_not_fit(path, f"{wrong[0]} is {list(tensors[wrong[0]].shape)}, not {list(wanted[wrong[0]].shape)}")
    found = {n: tensors[n] for n, v in wanted.items() if n in tensors and tensors[n].shape == v.shape}
    missing = tuple(name for name in wanted if name not in found)
    lacking = [name for name in missing if not name.startswith(HEAD)]
    if not found or (lacking and not partial):
        raise _do_not_fit(path, f"{(lacking or missing)[0]} is missing")
    bad = [name for name, value in found.items() if not bool(torch.isfinite(value).all())]
    if bad:
        raise KnownError("weights-unreadable", file=str(path), reason=f"{bad[0]} holds values that are no numbers")
    fill(network, found)
    return missing


def read_tensors(path: Path, sha256: str = "") -> tuple[State, str]:
    """All tensors of a safetensors file, or of a state dict (.pt, .pth: read with `weights_only`), and its SHA-256.

    Raises KnownError("weights-unreadable", "weights-too-large", "weights-hash-differs").
    """
    data = read_capped(path, MOST_BYTES)
    found = hashlib.sha256(data).hexdigest()
    if sha256 and found != sha256:
        raise KnownError("weights-hash-differs", file=str(path))
    return _floats(_parsed(data, path), path), found


def _parsed(data: bytes, path: Path) -> Any:
    try:
        if path.suffix in (".pt", ".pth"):
            return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        return load(data)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, ValueError, KeyError, EOFError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise KnownError("weights-unreadable", file=str(path), reason=reason) from error


def _floats(state: Any, path: Path) -> State:
    """float32 tensors by name; counts of batches are left out."""
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):  # a common wrapping
        state = state["state_dict"]
    if not isinstance(state, dict) or not state:
        raise KnownError("weights-unreadable", file=str(path), reason="it is no state dict")
    found: State = {}
    for name, value in state.items():
        if not isinstance(value, Tensor):
            raise KnownError("weights-unreadable", file=str(path), reason=f"{name} is no tensor")
        if value.is_floating_point():
            found[str(name).removeprefix("module.")] = value.detach().float()
    return found


def _do_not_fit(path: Path, reason: str) -> KnownError:
    return KnownError("weights-do-not-fit", file=str(path), reason=reason)
