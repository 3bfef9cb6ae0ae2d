"""Which engine is opened, and what it says about the one that it is not. And: that nothing leaves the machine."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.scoring.card import Card
from bmgui.scoring.engines import choose, open_engine
from bmgui.scoring.engines.openvino_engine import OpenVinoEngine

Model = Callable[[str], tuple[Path, Card]]


@pytest.fixture
def no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "nvidia_card_found", lambda: False)


@pytest.fixture
def nvidia_card(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with an NVIDIA driver, as far as files tell."""
    driver = tmp_path / "version"
    driver.write_text("NVRM version")
    monkeypatch.setattr(choose, "_NVIDIA_DRIVER", driver)


@pytest.mark.usefixtures("no_card")
def test_openvino_on_a_cpu(model: Model) -> None:
    one = open_engine(*model("resnet50"), device="auto")
    assert (one.name, one.device, one.note) == ("OpenVINO", "CPU", "")


@pytest.mark.usefixtures("nvidia_card")
@pytest.mark.parametrize(
    ("build", "note"), [(None, "cuda-card-without-torch"), ("", "cuda-card-without-cuda-torch")], ids=["none", "cpu"]
)
def test_a_card_that_cannot_be_used_is_said(
    build: str | None, note: str, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "torch_cuda_build", lambda: build)
    one = open_engine(*model("resnet50"), device="auto")
    assert (one.name, one.note) == ("OpenVINO", note)
    assert open_engine(*model("resnet50"), device="cpu").note == ""


@pytest.mark.usefixtures("nvidia_card")
def test_a_card_that_its_driver_does_not_give(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(choose, "torch_cuda_build", lambda: "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose.why_no_cuda() == "cuda-card-not-usable"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    ones = torch.ones
    monkeypatch.setattr(torch, "ones", lambda count, **_: ones(count))
    assert choose.why_no_cuda() is None


@pytest.mark.usefixtures("nvidia_card")
@pytest.mark.parametrize("error", [RuntimeError("no kernel image is available"), AssertionError("not compiled")])
def test_a_card_that_computes_nothing_leaves_the_cpu(
    error: Exception, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch calls a card available for which it has no code; without a trial the worker would die of its first crop."""
    torch = pytest.importorskip("torch")

    def ones(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(choose, "torch_cuda_build", lambda: "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", ones)
    one = open_engine(*model("resnet50"), device="auto")
    assert (one.name, one.note) == ("OpenVINO", "cuda-card-not-usable")


@pytest.mark.usefixtures("nvidia_card")
def test_a_torch_that_does_not_load_leaves_the_cpu(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "torch_cuda_build", lambda: "13.0")
    monkeypatch.setitem(sys.modules, "torch", None)
    one = open_engine(*model("resnet50"), device="auto")
    assert (one.name, one.note) == ("OpenVINO", "cuda-card-not-usable")


def test_the_torch_that_is_installed_says_what_it_was_built_for() -> None:
    torch = pytest.importorskip("torch")
    assert choose.torch_cuda_build() == (torch.version.cuda or "")


@pytest.mark.usefixtures("no_card")
def test_cuda_asked_for_and_absent(model: Model) -> None:
    with pytest.raises(KnownError) as caught:
        open_engine(*model("resnet50"), device="cuda")
    assert caught.value.code == "no-cuda"


@pytest.mark.usefixtures("no_card")
def test_without_openvino_torch_scores(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setitem(sys.modules, "openvino", None)
    one = open_engine(*model("resnet50"))
    assert (one.name, one.device, one.note) == ("torch", "CPU", "no-openvino")


@pytest.mark.usefixtures("no_card")
def test_with_neither_there_is_no_engine(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(KnownError) as caught:
        open_engine(*model("resnet50"))
    assert caught.value.code == "no-engine"


@pytest.mark.parametrize("name", ["OpenVINO", "torch"])
def test_weights_of_another_network_are_refused(name: str, model: Model) -> None:
    folder, card = model("resnet50")
    wrong = replace(card, architecture="inception_v3")
    with pytest.raises(KnownError) as caught:
        _open(name, folder, wrong)
    assert caught.value.code == "weights-do-not-fit"


@pytest.mark.parametrize("name", ["OpenVINO", "torch"])
@pytest.mark.parametrize("change", ["missing", "left over", "mis-shaped"])
def test_weights_that_do_not_fit_are_refused(name: str, change: str, model: Model, tmp_path: Path) -> None:
    import hashlib

    import numpy as np
    from safetensors.numpy import save

    from bmgui.scoring.weights import load_weights

    folder, card = model("vgg16")
    tensors = load_weights(folder, card)
    if change == "missing":
        del tensors["features.28.bias"]
    elif change == "left over":
        tensors["features.30.bias"] = np.zeros(1, np.float32)
    else:
        tensors["fc.weight"] = np.zeros((3, 512), np.float32)
    data = save(tensors)
    (tmp_path / "weights.safetensors").write_bytes(data)
    with pytest.raises(KnownError) as caught:
        _open(name, tmp_path, replace(card, sha256=hashlib.sha256(data).hexdigest()))
    assert caught.value.code == "weights-do-not-fit"


def _open(name: str, folder: Path, card: Card) -> None:
    if name == "OpenVINO":
        OpenVinoEngine(folder, card)
    else:
        pytest.importorskip("torch")
        from bmgui.scoring.engines.torch_engine import TorchEngine

        TorchEngine(folder, card)


WATCHED = """
import json, os, sys
events = []
def watch(event, arguments):
    if event.startswith(("socket.", "urllib.", "subprocess.", "os.exec", "os.posix_spawn")):
        events.append(event)
    if event == "open" and isinstance(arguments[0], str) and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR):
        events.append(arguments[0])
    if event in ("os.mkdir", "os.rename"):
        events.append(str(arguments[0]))
sys.addaudithook(watch)
sys.dont_write_bytecode = True
import numpy as np
from bmgui.base import places
from bmgui.scoring.card import read_card
from bmgui.scoring.engines import open_engine
folder = places.shipped_models() / "resnet50-first"
card = read_card(folder)
open_engine(folder, card, "cpu").score(np.zeros((1, card.side, card.side), np.uint8))
loaded = [name for name in ("torch", "openvino_telemetry", "openvino.tools.ovc") if sys.modules.get(name)]
print(json.dumps({"events": events, "loaded": loaded}))
"""


def test_scoring_opens_no_socket_writes_no_file_and_loads_no_torch(tmp_path: Path) -> None:
    """`import openvino` by itself reports to its maker, and leaves a folder `intel` in the home folder."""
    import os

    environment = {**os.environ, "HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    environment["PYTHONPATH"] = str(places.shipped_models().parent)
    environment.pop("CI", None)  # telemetry holds itself back there
    done = subprocess.run(
        [sys.executable, "-c", WATCHED], capture_output=True, text=True, env=environment, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"events": [], "loaded": []}
    assert list(tmp_path.iterdir()) == []
