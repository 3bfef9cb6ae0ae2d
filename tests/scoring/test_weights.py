"""Weights: known by their hash before they are parsed; every tensor is wanted, and in its shape."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.scoring import weights as module
from bmgui.scoring.card import Card, read_card
from bmgui.scoring.weights import WEIGHTS_FILE, Weights, load_weights

CARD = read_card(places.shipped_models() / "vgg16-first")


def card_for(data: bytes, folder: Path) -> Card:
    """Writes the weights, and gives a card with their hash."""
    (folder / WEIGHTS_FILE).write_bytes(data)
    return replace(CARD, sha256=hashlib.sha256(data).hexdigest())


def refused(folder: Path, card: Card) -> KnownError:
    with pytest.raises(KnownError) as caught:
        load_weights(folder, card)
    assert caught.value.fields["file"] == str(folder / WEIGHTS_FILE)
    return caught.value


def test_the_shipped_weights_are_the_cards() -> None:
    for folder in (places.shipped_models() / "vgg16-first", places.shipped_models() / "resnet50-first"):
        tensors = load_weights(folder, read_card(folder))
        assert all(tensor.dtype == np.float32 for tensor in tensors.values())
        assert all(np.isfinite(tensor).all() for tensor in tensors.values())


def test_half_precision_becomes_float32_exactly(tmp_path: Path) -> None:
    values = np.array([[1.5, -0.0009765625], [65504, 6e-8]], np.float16)
    tensors = load_weights(tmp_path, card_for(save({"a": values, "b": np.ones(3, np.float32)}), tmp_path))
    np.testing.assert_array_equal(tensors["a"], values.astype(np.float32))
    assert tensors["b"].dtype == np.float32


def test_one_changed_bit_is_refused(tmp_path: Path) -> None:
    data = bytearray(save({"a": np.ones((3, 3), np.float16)}))
    card = card_for(bytes(data), tmp_path)
    load_weights(tmp_path, card)
    data[-1] ^= 1
    (tmp_path / WEIGHTS_FILE).write_bytes(data)
    assert refused(tmp_path, card).code == "weights-hash-mismatch"


def test_the_hash_is_looked_at_before_the_bytes_are_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safetensors.numpy.load", lambda _: pytest.fail("parsed"))
    card = card_for(b"not safetensors", tmp_path)
    (tmp_path / WEIGHTS_FILE).write_bytes(b"nor is this")
    assert refused(tmp_path, card).code == "weights-hash-mismatch"


@pytest.mark.parametrize("data", [b"", b"garbage", b"\xff" * 64, save({"a": np.ones(4, np.float32)})[:-2]])
def test_what_is_not_safetensors_is_refused(data: bytes, tmp_path: Path) -> None:
    assert refused(tmp_path, card_for(data, tmp_path)).code == "weights-unreadable"


@pytest.mark.parametrize("dtype", [np.int64, np.float64, np.uint8, np.bool_])
def test_another_type_is_refused(dtype: type, tmp_path: Path) -> None:
    error = refused(tmp_path, card_for(save({"odd": np.ones(3, dtype)}), tmp_path))
    assert error.code == "weights-unreadable"
    assert "odd" in str(error.fields["reason"])


def test_too_large_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = card_for(save({"a": np.ones(1000, np.float32)}), tmp_path)
    monkeypatch.setattr(module, "MOST_BYTES", 4000)
    assert refused(tmp_path, card).code == "weights-too-large"


def test_missing_weights(tmp_path: Path) -> None:
    assert refused(tmp_path, CARD).code == "weights-unreadable"


def test_every_tensor_is_taken_once_and_in_its_shape() -> None:
    def fresh() -> Weights:
        return Weights({"a": np.ones((2, 3), np.float32), "b": np.ones(2, np.float32)}, "file")

    good = fresh()
    good.take("a", 2, 3)
    good.take("b", 2)
    good.finish()
    for spoil, named in (
        (lambda w: w.take("c", 1), "c"),
        (lambda w: w.take("a", 3, 2), "a"),
        (lambda w: (w.take("b", 2), w.take("b", 2)), "b"),
        (lambda w: (w.take("a", 2, 3), w.finish()), "b"),
    ):
        with pytest.raises(KnownError) as caught:
            spoil(fresh())
        assert caught.value.code == "weights-do-not-fit"
        assert named in str(caught.value.fields["reason"])
