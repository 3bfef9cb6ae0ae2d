"""A model's weights: safetensors only, known by their hash before a byte of them is parsed."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bmgui.base.errors import KnownError
from bmgui.scoring.card import Card

WEIGHTS_FILE = "weights.safetensors"
MOST_BYTES = 512 << 20  # the largest of the three networks is 95 MB in float32

Tensor = NDArray[np.float32]


def load_weights(folder: Path, card: Card) -> dict[str, Tensor]:
    """All tensors of the model in `folder`, as float32, by torchvision's names. Raises as `load_tensors` does."""
    return load_tensors(folder / WEIGHTS_FILE, card.sha256, MOST_BYTES)


def load_tensors(path: Path, sha256: str, most_bytes: int) -> dict[str, Tensor]:
    """All tensors of the file, as float32, if it is the one that is meant and no larger than `most_bytes`.

    Raises KnownError: "weights-unreadable" (file, reason), "weights-too-large" (file, most_mb),
    "weights-hash-mismatch" (file) where its SHA-256 is another.
    """
    data = read_capped(path, most_bytes)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise KnownError("weights-hash-mismatch", file=str(path))
    return {name: _float32(value, name, path) for name, value in _parse(data, path).items()}


def read_capped(path: Path, most_bytes: int) -> bytes:
    """The file's bytes. Raises KnownError("weights-unreadable", file, reason), ("weights-too-large", file, most_mb)."""
    try:
        with path.open("rb") as stream:
            data = stream.read(most_bytes + 1)
    except OSError as error:
        raise KnownError("weights-unreadable", file=str(path), reason=error.strerror or str(error)) from error
    if len(data) > most_bytes:
        raise KnownError("weights-too-large", file=str(path), most_mb=most_bytes >> 20)
    return data


def _parse(data: bytes, path: Path) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError  # late: the window reads cards, not weights
    from safetensors.numpy import load

    try:
        tensors: dict[str, NDArray[Any]] = load(data)
    except (SafetensorError, KeyError, ValueError) as error:  # KeyError: a dtype that numpy does not have
        raise KnownError("weights-unreadable", file=str(path), reason=str(error)) from error
    return tensors


def _float32(value: NDArray[Any], name: str, path: Path) -> Tensor:
    if value.dtype not in (np.float16, np.float32):
        raise KnownError("weights-unreadable", file=str(path), reason=f"{name} is {value.dtype}")
    return value.astype(np.float32, copy=False)


class Weights:
    """The tensors of one model, taken one by one by name and expected shape, so that none is missing or left over."""

    def __init__(self, tensors: dict[str, Tensor], source: str) -> None:
        """source: the file they came from, for messages."""
        self._tensors = dict(tensors)
        self._source = source

    def take(self, name: str, *shape: int) -> Tensor:
        """The tensor of that name. Raises KnownError("weights-do-not-fit") where it is missing or mis-shaped."""
        tensor = self._tensors.pop(name, None)
        if tensor is None:
            raise self._do_not_fit(f"{name} is missing")
        if tensor.shape != shape:
            raise self._do_not_fit(f"{name} is {list(tensor.shape)}, not {list(shape)}")
        return tensor

    def finish(self) -> None:
        """Raises KnownError("weights-do-not-fit") where a tensor was never taken."""
        if self._tensors:
            raise self._do_not_fit(f"{min(self._tensors)} is left over")

    def _do_not_fit(self, reason: str) -> KnownError:
        return KnownError("weights-do-not-fit", file=self._source, reason=reason)
