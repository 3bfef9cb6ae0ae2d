"""What a chain may start from: files of two kinds, models, torchvision's own; refused where anything is not as said."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from bmgui.base.errors import KnownError
from bmgui.learning.plans.plan import Start
from bmgui.learning.preparing.fetching import fetch
from bmgui.learning.training import downloads, starts
from bmgui.learning.training.downloads import torchvision_file
from bmgui.learning.training.networks import State, new_network, state_of
from bmgui.learning.training.starts import normalisation_of, read_tensors, start_network
from tests.local_server import serving


@pytest.fixture(scope="module")
def trunk() -> State:
    """VGG-16's convolutions of another seed: a start without a head."""
    state = state_of(new_network("vgg16", 9))
    return {name: value.clone() for name, value in state.items() if not name.startswith("fc.")}


def code_of(caught: pytest.ExceptionInfo[KnownError]) -> str:
    return caught.value.code


def test_a_file_fills_the_trunk_and_the_head_is_new(tmp_path: Path, trunk: State) -> None:
    save_file({name: value.half() for name, value in trunk.items()}, tmp_path / "w.safetensors")
    started = start_network("vgg16", Start(file=str(tmp_path / "w.safetensors")), 0)
    assert started.missing == ("fc.weight", "fc.bias")
    assert started.sha256 == hashlib.sha256((tmp_path / "w.safetensors").read_bytes()).hexdigest()
    found, new = state_of(started.network), state_of(new_network("vgg16", 0))
    assert torch.equal(found["features.0.weight"], trunk["features.0.weight"].half().float())
    assert torch.equal(found["fc.weight"], new["fc.weight"])


def test_a_state_dict_is_read_without_what_could_run(tmp_path: Path, trunk: State) -> None:
    class Sly:
        def __reduce__(self) -> Any:
            return print, ("ran",)

    more = {"classifier.0.weight": torch.zeros(3, 3), "fc.weight": torch.zeros(1000, 512)}
    torch.save(trunk | more, tmp_path / "w.pth")
    started = start_network("vgg16", Start(file=str(tmp_path / "w.pth")), 0)
    assert started.missing == ("fc.weight", "fc.bias")  # a head of 1000 is not ours
    torch.save({"features.0.weight": Sly()}, tmp_path / "sly.pth")
    with pytest.raises(KnownError) as caught:
        read_tensors(tmp_path / "sly.pth")
    assert code_of(caught) == "weights-unreadable"


def test_what_a_partial_file_lacks_begins_at_random_and_is_named(tmp_path: Path, trunk: State) -> None:
    part = {name: value for name, value in trunk.items() if not name.startswith("features.28")}
    save_file(part, tmp_path / "w.safetensors")
    whole = Start(file=str(tmp_path / "w.safetensors"))
    with pytest.raises(KnownError) as caught:
        start_network("vgg16", whole, 0)
    assert code_of(caught) == "weights-do-not-fit"
    assert "features.28" in str(caught.value.fields["reason"])
    started = start_network("vgg16", Start(file=whole.file, partial=True), 0)
    assert started.missing == ("features.28.weight", "features.28.bias", "fc.weight", "fc.bias")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"features.0.weight": torch.zeros(64, 3, 5, 5)}, "weights-do-not-fit"),
        ({"features.0.weight": torch.full((64, 3, 3, 3), float("nan"))}, "weights-unreadable"),
    ],
)
def test_values_that_do_not_fit_are_refused(tmp_path: Path, trunk: State, change: State, code: str) -> None:
    save_file(trunk | change, tmp_path / "w.safetensors")
    with pytest.raises(KnownError) as caught:
        start_network("vgg16", Start(file=str(tmp_path / "w.safetensors"), partial=True), 0)
    assert code_of(caught) == code


def test_files_are_hashed_capped_and_parsed_safely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "w.safetensors"
    file.write_bytes(b"no tensors")
    for sha256, code in (("", "weights-unreadable"), ("0" * 64, "weights-hash-differs")):
        with pytest.raises(KnownError) as caught:
            read_tensors(file, sha256)
        assert code_of(caught) == code
    monkeypatch.setattr(starts, "MOST_BYTES", 5)
    with pytest.raises(KnownError) as caught:
        read_tensors(file)
    assert code_of(caught) == "weights-too-large"
    with pytest.raises(KnownError) as caught:
        read_tensors(tmp_path / "none")
    assert code_of(caught) == "weights-unreadable"


def test_a_model_brings_its_head_and_its_normalisation() -> None:
    start = Start(model="resnet50-first")
    started = start_network("resnet50", start, 0)
    assert started.missing == ()
    assert started.side == 160
    assert started.normalisation == normalisation_of("resnet50", start)
    with pytest.raises(KnownError) as caught:
        start_network("vgg16", start, 0)
    assert code_of(caught) == "weights-do-not-fit"


def test_real_partial_inception_weights(shared: Path) -> None:
    file = shared / "data" / "weights" / "inception_v3_partial_to_mixed6c.safetensors"
    started = start_network("inception_v3", Start(file=str(file), partial=True), 0)
    assert started.missing[0].startswith("Mixed_6d")
    assert started.normalisation.mean == (0.5, 0.5, 0.5)


# --- torchvision's own ---


CONTENT = b"weights" * 1000


@pytest.fixture
def server() -> Iterator[str]:
    with serving(CONTENT) as address:
        yield address


def test_nothing_is_fetched_unless_it_was_asked_for() -> None:
    with pytest.raises(KnownError) as caught:
        torchvision_file("resnet50", "IMAGENET1K_V2", download=False)
    assert code_of(caught) == "weights-not-at-hand"
    assert str(caught.value.fields["file"]).startswith("https://download.pytorch.org/")
    with pytest.raises(KnownError) as caught:
        torchvision_file("resnet50", "IMAGENET22K", download=True)
    assert code_of(caught) == "weights-unreadable"


def test_what_is_fetched_is_checked_told_of_and_kept(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    name = f"net-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(downloads, "_url", lambda *_: f"{server}/{name}")
    path = torchvision_file("resnet50", "any", download=True, told=lambda done, size: told.append((done, size)))
    assert path.read_bytes() == CONTENT
    assert path.parent.parent == own_home
    assert told[-1] == (7000, 7000)
    assert torchvision_file("resnet50", "any", download=False) == path  # kept


@pytest.mark.parametrize("name", ["net-00000000.pth", "net.pth"])
def test_what_is_not_what_its_name_promises_is_thrown_away(server: str, tmp_path: Path, name: str) -> None:
    with pytest.raises(KnownError) as caught:
        fetch(f"{server}/{name}", tmp_path / name)
    assert code_of(caught) == "download-failed"
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_is_said(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as caught:
        fetch("http://127.0.0.1:9/net-00000000.pth", tmp_path / "net-00000000.pth")
    assert code_of(caught) == "download-failed"
