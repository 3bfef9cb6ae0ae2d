"""Models and real crops for the engines' tests."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bmgui.base import places
from bmgui.imaging.crop import grey, make_crop
from bmgui.imaging.square import Square, fit_square
from bmgui.scoring.card import Card, read_card

Crops = NDArray[np.uint8]
ARCHITECTURES = ("resnet50", "vgg16", "inception_v3")


@pytest.fixture(scope="session")
def sample_crops() -> Callable[..., Crops]:
    """`sample_crops(side, count)`: real crops uint8 (count, side, side) of the samples, one square after the other.

    The mass fills 1/2, 1/1.4 and 1/2.8 of them, and lies in the middle or not.
    """
    samples = places.resources() / "samples"
    listed = json.loads((samples / "samples.json").read_text("utf-8"))["samples"]
    pictures = [(samples / one["file"], one["mass"]) for one in listed if one["file"].endswith(".png")]
    ways = [(factor, shift) for factor in (2.0, 1.4, 2.8) for shift in (0.0, 0.15)]

    def cut(side: int, count: int = 4) -> Crops:
        crops = []
        for factor, shift in ways:
            for path, (left, top, width, height) in pictures:
                frame = grey(np.asarray(Image.open(path)))
                size = round(factor * max(width, height))
                corner = (round(left + width / 2 + shift * size - size / 2), round(top + height / 2 - size / 2))
                square = fit_square(Square(*corner, size), frame.shape[1], frame.shape[0])
                crops.append(make_crop(frame, square, side))
        return np.stack(crops[:count])

    return cut


@pytest.fixture(scope="session")
def inception_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An Inception-v3 of seeded random weights, its BatchNorm anything but neutral, with a card of its own."""
    torch = pytest.importorskip("torch")
    from safetensors.numpy import save_file

    from bmgui.scoring.engines.vision import blank_network

    random = np.random.default_rng(5)

    def fill(name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        if name.endswith(("running_var", "bn.weight")):
            values = random.uniform(0.5, 1.5, shape)
        elif len(shape) > 1:
            values = random.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
        else:
            values = random.normal(0, 0.2, shape)
        return values.astype(np.float32)

    with torch.device("meta"):
        state = blank_network("inception_v3").module.state_dict()
    tensors = {name: fill(name, tuple(t.shape)) for name, t in state.items() if "num_batches" not in name}
    folder = tmp_path_factory.mktemp("inception")
    save_file(tensors, folder / "weights.safetensors")
    shipped = json.loads((places.shipped_models() / "resnet50-first/card.json").read_text("utf-8"))
    changed = {"id": "inception-random", "architecture": "inception_v3", "side": 139, "sha256": hash_of(folder)}
    (folder / "card.json").write_text(json.dumps(shipped | changed), "utf-8")
    return folder


def hash_of(folder: Path) -> str:
    return hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest()


@pytest.fixture(scope="session")
def model(request: pytest.FixtureRequest) -> Callable[[str], tuple[Path, Card]]:
    """`model(architecture)`: folder and card of a model of that architecture."""

    def find(architecture: str) -> tuple[Path, Card]:
        if architecture == "inception_v3":
            folder: Path = request.getfixturevalue("inception_folder")
        else:
            folder = places.shipped_models() / f"{architecture}-first"
        return folder, read_card(folder)

    return find


@pytest.fixture(scope="session")
def engine(model: Callable[[str], tuple[Path, Card]]) -> Callable[..., Any]:
    """`engine("OpenVINO" | "torch", architecture, flip=True)`, opened once for all tests."""
    opened: dict[tuple[str, str, bool], Any] = {}

    def get(name: str, architecture: str, flip: bool = True) -> Any:
        key = (name, architecture, flip)
        if key not in opened:
            folder, card = model(architecture)
            card = replace(card, flip_average=flip)
            if name == "torch":
                pytest.importorskip("torch")
                from bmgui.scoring.engines.torch_engine import TorchEngine

                opened[key] = TorchEngine(folder, card)
            else:
                from bmgui.scoring.engines.openvino_engine import OpenVinoEngine

                opened[key] = OpenVinoEngine(folder, card)
        return opened[key]

    return get
