"""The evidence: against captum's Grad-CAM, further methods, and what happens when the network is spoilt."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bmgui.base.errors import KnownError
from bmgui.scoring.card import Card, read_card
from bmgui.scoring.engines import METHODS, Cancelled
from bmgui.scoring.engines.openvino_engine import OpenVinoEngine
from bmgui.scoring.weights import load_weights

Crops = NDArray[np.uint8]
Model = Callable[[str], tuple[Path, Card]]


@pytest.mark.parametrize("architecture", ["resnet50", "vgg16", "inception_v3"])
def test_the_map_is_grad_cam(
    architecture: str, engine: Callable[..., Any], model: Model, sample_crops: Callable[..., Crops]
) -> None:
    """Grad-CAM of the margin = relu(map) / (h·w). Selvaraju 2017; captum is the reference."""
    pytest.importorskip("captum")
    from captum.attr import LayerGradCam

    from bmgui.scoring.engines.torch_engine import pictures
    from bmgui.scoring.engines.vision import load_network

    folder, card = model(architecture)
    network = load_network(card.architecture, load_weights(folder, card), "weights")
    crops = sample_crops(card.side, 3)
    _, maps = engine("OpenVINO", architecture, False).score(crops)
    for crop, evidence in zip(crops, maps, strict=True):
        x = pictures(crop[None], card, "cpu").requires_grad_()
        reference = LayerGradCam(lambda x: (z := network.module(x))[:, 1] - z[:, 0], network.end)
        expected = reference.attribute(x, relu_attributions=True)[0, 0].detach().numpy()
        found = np.maximum(evidence, 0) / evidence.size
        assert np.abs(found - expected).max() <= 1e-3 * max(expected.max(), np.abs(evidence).max() / evidence.size)


def test_randomised_weights_change_the_map(model: Model, sample_crops: Callable[..., Crops], tmp_path: Path) -> None:
    """The sanity check of Adebayo 2018: a map that does not depend on what was learnt is no evidence."""
    folder, card = model("resnet50")
    crops = sample_crops(card.side, 20)
    _, trained = OpenVinoEngine(folder, card).score(crops)
    correlations = []
    for seed in range(5):
        spoilt = _with_random_last_stage(folder, tmp_path / str(seed), np.random.default_rng(seed))
        _, maps = OpenVinoEngine(spoilt, read_card(spoilt)).score(crops)
        correlations += [abs(_rank_correlation(a, b)) for a, b in zip(trained, maps, strict=True)]
    assert len(correlations) == 100
    assert np.mean(correlations) < 0.5


def test_without_randomising_the_map_stays(model: Model, sample_crops: Callable[..., Crops]) -> None:
    """The same comparison has to see that two maps are one, or it would prove nothing."""
    folder, card = model("resnet50")
    crops = sample_crops(card.side, 2)
    for one, two in zip(*(OpenVinoEngine(folder, card).score(crops)[1] for _ in range(2)), strict=True):
        assert _rank_correlation(one, two) == pytest.approx(1)


def test_vgg16s_map_changes_too(model: Model, sample_crops: Callable[..., Crops]) -> None:
    """As above, in torch: what lies before the last stage is run once only."""
    torch = pytest.importorskip("torch")
    from bmgui.scoring.engines.torch_engine import pictures
    from bmgui.scoring.engines.vision import load_network

    folder, card = model("vgg16")
    network: Any = load_network("vgg16", load_weights(folder, card), "weights").module
    layers, head = network.features, network.fc.weight[1] - network.fc.weight[0]

    def maps(x: Any) -> Any:
        return torch.einsum("nkhw,k->nhw", layers[24:](x), head)

    with torch.inference_mode():
        x = torch.cat([layers[:24](pictures(crop[None], card, "cpu")) for crop in sample_crops(card.side, 20)])
        trained, correlations = maps(x), []
        for seed in range(5):
            torch.manual_seed(seed)
            for layer in (layers[24], layers[26], layers[28]):
                torch.nn.init.kaiming_normal_(layer.weight)
                torch.nn.init.zeros_(layer.bias)
            pairs = zip(trained.numpy(), maps(x).numpy(), strict=True)
            correlations += [abs(_rank_correlation(a, b)) for a, b in pairs]
    assert len(correlations) == 100
    assert np.mean(correlations) < 0.5


@pytest.mark.parametrize("method", METHODS)
def test_further_methods(method: str, model: Model, sample_crops: Callable[..., Crops]) -> None:
    pytest.importorskip("captum")
    folder, card = model("resnet50")
    small = replace(card, side=96, flip_average=False)  # the rules are the same on any side; a small one is quicker
    one = OpenVinoEngine(folder, small)
    crop = sample_crops(small.side, 1)[0]
    assert one.methods == METHODS
    seen: list[float] = []
    evidence = one.explain(method, crop, lambda share: seen.append(share) is None)
    assert evidence.dtype == np.float32
    assert evidence.ndim == 2
    assert np.isfinite(evidence).all()
    assert np.ptp(evidence) > 0
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)
    assert method == "gradcam-finer" or len(seen) > 20
    _check_meaning(method, evidence, one, crop)


def _check_meaning(method: str, evidence: NDArray[np.float32], one: Any, crop: NDArray[np.uint8]) -> None:
    margin = float(one.score(crop[None])[0][0])
    if method == "integrated-gradients":  # their sum is what lies between the crop and a plain one
        plain = np.full_like(crop, round(float(crop.mean())))
        expected = margin - float(one.score(plain[None])[0][0])
        assert evidence.mean() == pytest.approx(expected, abs=0.1 + 0.05 * abs(expected))
    if method == "occlusion":  # a corner lies under one window only
        covered = crop.copy()
        covered[:16, :16] = round(float(crop.mean()))
        assert evidence[0, 0] == pytest.approx(margin - float(one.score(covered[None])[0][0]), abs=0.02)
    if method == "gradcam-finer":
        assert evidence.shape == (6, 6)


@pytest.mark.parametrize("method", METHODS)
def test_further_methods_can_be_cancelled(
    method: str, engine: Callable[..., Any], sample_crops: Callable[..., Crops]
) -> None:
    pytest.importorskip("captum")
    calls: list[float] = []

    def twice(share: float) -> bool:
        calls.append(share)
        return len(calls) < 2

    with pytest.raises(Cancelled):
        engine("torch", "resnet50").explain(method, sample_crops(160, 1)[0], twice)
    assert len(calls) == 2


def test_without_torch_it_says_so(
    engine: Callable[..., Any], sample_crops: Callable[..., Crops], monkeypatch: pytest.MonkeyPatch, model: Model
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "bmgui.scoring.engines.methods", raising=False)
    folder, card = model("resnet50")
    one = OpenVinoEngine(folder, card)
    assert one.methods == ()
    with pytest.raises(KnownError) as caught:
        one.explain("occlusion", sample_crops(160, 1)[0], _go_on)
    assert caught.value.code == "no-torch"


def test_an_unknown_method_is_a_bug(engine: Callable[..., Any], sample_crops: Callable[..., Crops]) -> None:
    pytest.importorskip("captum")
    with pytest.raises(ValueError, match="no such method"):
        engine("torch", "resnet50").explain("guess", sample_crops(160, 1)[0], _go_on)


def _go_on(share: float) -> bool:
    return True


def _with_random_last_stage(folder: Path, target: Path, random: np.random.Generator) -> Path:
    """A copy of the model whose `layer4` has forgotten all: convolutions drawn anew, its BatchNorm neutral."""
    import hashlib

    from safetensors.numpy import save

    tensors = load_weights(folder, read_card(folder))
    for name, tensor in tensors.items():
        if name.startswith("layer4"):
            if tensor.ndim == 4:
                tensors[name] = random.normal(0, np.sqrt(2 / tensor[0].size), tensor.shape).astype(np.float32)
            else:
                tensors[name] = np.full_like(tensor, name.endswith(("weight", "running_var")))
    data = save(tensors)
    target.mkdir()
    (target / "weights.safetensors").write_bytes(data)
    card = json.loads((folder / "card.json").read_text("utf-8"))
    (target / "card.json").write_text(json.dumps(card | {"sha256": hashlib.sha256(data).hexdigest()}), "utf-8")
    return target


def _rank_correlation(one: NDArray[np.float32], two: NDArray[np.float32]) -> float:
    """Spearman's; the maps hold no ties."""
    ranks = [values.ravel().argsort().argsort() for values in (one, two)]
    return float(np.corrcoef(*ranks)[0, 1])
