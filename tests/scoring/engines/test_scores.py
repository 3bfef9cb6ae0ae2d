"""What the engines score: the identity, each other, and plain torchvision."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bmgui.scoring.card import Card
from bmgui.scoring.engines.openvino_engine import OpenVinoEngine

ARCHITECTURES = ("resnet50", "vgg16", "inception_v3")
Crops = NDArray[np.uint8]
Model = Callable[[str], tuple[Path, Card]]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", ["OpenVINO", "torch"])
def test_map_and_bias_add_up_to_the_margin(
    name: str, architecture: str, engine: Callable[..., Any], model: Model, sample_crops: Callable[..., Crops]
) -> None:
    crops = sample_crops(model(architecture)[1].side)
    one = engine(name, architecture)
    margins, maps = one.score(crops)
    assert margins.dtype == maps.dtype == np.float32
    assert margins.shape == (len(crops),)
    assert maps.ndim == 3
    np.testing.assert_allclose(maps.mean((1, 2), dtype=np.float64) + one.bias, margins, atol=1e-4, rtol=0)
    assert np.ptp(margins) > 0.1  # these crops are not all alike to it


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_openvino_torch_and_plain_torchvision_agree(
    architecture: str, engine: Callable[..., Any], model: Model, sample_crops: Callable[..., Crops]
) -> None:
    pytest.importorskip("torch")
    folder, card = model(architecture)
    crops = sample_crops(card.side)
    plain = [card.probability(margin) for margin in _plain_margins(folder, card, crops)]
    margins, maps = engine("OpenVINO", architecture).score(crops)
    torch_margins, torch_maps = engine("torch", architecture).score(crops)
    assert np.abs(np.subtract([card.probability(float(m)) for m in margins], plain)).max() < 1e-4
    assert np.abs(np.subtract([card.probability(float(m)) for m in torch_margins], plain)).max() < 1e-4
    np.testing.assert_allclose(maps, torch_maps, atol=1e-4 * np.abs(torch_maps).max(), rtol=0)


def test_rgb_crops_and_no_mirror_image(sample_crops: Callable[..., Crops], model: Model) -> None:
    pytest.importorskip("torch")
    from bmgui.scoring.engines.torch_engine import TorchEngine

    folder, card = model("resnet50")
    card = replace(card, channels="rgb", flip_average=False)
    grey = sample_crops(card.side, 3)
    crops = np.stack([grey, 255 - grey, grey // 2], axis=3)
    margins, maps = OpenVinoEngine(folder, card).score(crops)
    torch_margins, torch_maps = TorchEngine(folder, card).score(crops)
    np.testing.assert_allclose(margins, _plain_margins(folder, card, crops), atol=1e-4)
    np.testing.assert_allclose(margins, torch_margins, atol=1e-4)
    np.testing.assert_allclose(maps, torch_maps, atol=1e-3)


@pytest.mark.parametrize("name", ["OpenVINO", "torch"])
def test_a_mirrored_crop_scores_the_same_and_its_map_is_mirrored(
    name: str, engine: Callable[..., Any], sample_crops: Callable[..., Crops]
) -> None:
    crops = sample_crops(160, 2)
    one = engine(name, "resnet50")
    margins, maps = one.score(crops)
    turned_margins, turned_maps = one.score(np.ascontiguousarray(crops[:, :, ::-1]))
    np.testing.assert_allclose(turned_margins, margins, atol=1e-4)
    np.testing.assert_allclose(turned_maps[:, :, ::-1], maps, atol=1e-3)
    assert np.abs(maps - maps[:, :, ::-1]).max() > 0.1  # and it is not symmetrical anyway


def test_the_map_lies_the_right_way_up(engine: Callable[..., Any], sample_crops: Callable[..., Crops]) -> None:
    """What changes in the picture's top left corner changes the map's top left corner most."""
    crop = sample_crops(224, 1)
    changed = crop.copy()
    changed[:, :48, :48] = 255 - changed[:, :48, :48]
    one = engine("OpenVINO", "vgg16", False)
    difference = np.abs(one.score(changed)[1] - one.score(crop)[1])[0]
    row, column = np.unravel_index(difference.argmax(), difference.shape)
    assert row <= 4
    assert column <= 4


def test_throughput_gives_the_same_scores_in_the_same_order(
    engine: Callable[..., Any], model: Model, sample_crops: Callable[..., Crops]
) -> None:
    folder, card = model("resnet50")
    crops = sample_crops(card.side, 17)
    margins, maps = OpenVinoEngine(folder, card, throughput=True).score(crops)
    expected_margins, expected_maps = engine("OpenVINO", "resnet50").score(crops)
    np.testing.assert_allclose(margins, expected_margins, atol=1e-4)
    np.testing.assert_allclose(maps, expected_maps, atol=1e-3)


@pytest.mark.parametrize("architecture", ["resnet50", "vgg16"])
def test_the_shipped_reference_crop_gives_its_margin(
    architecture: str, engine: Callable[..., Any], model: Model
) -> None:
    folder, card = model(architecture)
    crop = np.asarray(Image.open(folder / card.reference.file))
    margins, _ = engine("OpenVINO", architecture).score(crop[None])
    assert abs(float(margins[0]) - card.reference.margin) < 1e-4  # far within the card's tolerance


@pytest.mark.parametrize("name", ["OpenVINO", "torch"])
def test_crops_of_another_shape_are_a_bug(name: str, engine: Callable[..., Any]) -> None:
    one = engine(name, "resnet50")
    for shape in ((1, 224, 224), (1, 160, 160, 3), (0, 160, 160), (160, 160)):
        with pytest.raises(ValueError, match="crops are"):
            one.score(np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match="crops are"):
        one.score(np.zeros((1, 160, 160), np.float32))


def test_cuda_scores_like_the_cpu(model: Model, sample_crops: Callable[..., Crops]) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA card that this torch can use")
    from bmgui.scoring.engines.torch_engine import TorchEngine

    folder, card = model("resnet50")
    crops = sample_crops(card.side, 8)
    cpu, _ = OpenVinoEngine(folder, card).score(crops)
    cuda, _ = TorchEngine(folder, card, "cuda").score(crops)
    assert max(abs(card.probability(float(a)) - card.probability(float(b))) for a, b in zip(cpu, cuda, strict=True)) < (
        1e-3
    )


def _plain_margins(folder: Path, card: Card, crops: Crops) -> NDArray[np.float64]:
    """The oracle: torchvision's own network and forward pass, the mirror image by hand."""
    import torch
    from safetensors.torch import load_file

    from bmgui.scoring.engines.vision import import_models

    models = import_models()
    state = {name: tensor.float() for name, tensor in load_file(folder / "weights.safetensors").items()}
    with torch.device("meta"):
        if card.architecture == "vgg16":
            network = models.vgg16(weights=None)
            network.features = network.features[:30]
            network.avgpool = torch.nn.AdaptiveAvgPool2d(1)
            network.classifier = torch.nn.Linear(512, 2)
            state = {name.replace("fc.", "classifier."): tensor for name, tensor in state.items()}
        elif card.architecture == "resnet50":
            network = models.resnet50(weights=None, num_classes=2)
        else:
            network = models.inception_v3(weights=None, num_classes=2, aux_logits=False, init_weights=False)
    missing, unexpected = network.eval().load_state_dict(state, strict=False, assign=True)
    assert not unexpected
    assert all(name.endswith("num_batches_tracked") for name in missing)
    channels = [crops] * 3 if card.channels == "grey" else [crops[..., c] for c in range(3)]
    scaled = [(c / 255.0 - m) / s for c, m, s in zip(channels, card.mean, card.std, strict=True)]
    x = np.stack(scaled, axis=1).astype(np.float32)
    with torch.no_grad():
        logits = network(torch.from_numpy(x)).double().numpy()
        if card.flip_average:
            logits = (logits + network(torch.from_numpy(x[:, :, :, ::-1].copy())).double().numpy()) / 2
    difference: NDArray[np.float64] = logits[:, 1] - logits[:, 0]
    return difference
