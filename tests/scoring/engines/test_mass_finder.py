"""The finder: the same on both engines, faithful to the frame's geometry, strict about what it loads."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bmgui.base.errors import KnownError
from bmgui.scoring.engines.mass_finder import MassFinder, reduced
from bmgui.scoring.finder_card import read_finder_card
from tests.scoring.engines.finder_made import tensors, write_finder


def picture(height: int = 90, width: int = 130, seed: int = 2) -> NDArray[np.uint8]:
    """Grain of several sizes: uint8 (height, width)."""
    random = np.random.default_rng(seed)
    coarse = np.repeat(np.repeat(random.random((-(-height // 9), -(-width // 9))), 9, 0), 9, 1)[:height, :width]
    return (255 * (0.7 * coarse + 0.3 * random.random((height, width)))).astype(np.uint8)


def torch_finder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> MassFinder:
    """The finder as it opens where OpenVINO is not installed."""
    pytest.importorskip("torch")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "openvino", None)
        return MassFinder(folder)


@pytest.mark.parametrize("mirror", [False, True])
def test_openvino_and_torch_agree(mirror: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_finder(tmp_path / "made", mirror=mirror)
    one, two = MassFinder(folder), torch_finder(folder, monkeypatch)
    assert (one.engine, two.engine) == ("OpenVINO", "torch")
    for frame in (picture(), picture(200, 64), picture(30, 31)):
        (here, px), (there, same_px) = one.look(frame), two.look(frame)
        assert px == same_px
        assert here.std() > 0.01  # not a constant, which would agree with anything
        np.testing.assert_allclose(here, there, atol=1e-5)


def test_with_its_mirror_image_left_and_right_are_alike(tmp_path: Path) -> None:
    finder = MassFinder(write_finder(tmp_path / "made", mirror=True))
    frame = picture(64, 64)
    cells, _ = finder.look(frame)
    mirrored, _ = finder.look(np.ascontiguousarray(frame[:, ::-1]))
    np.testing.assert_allclose(mirrored, cells[:, ::-1], atol=1e-6)
    plain = MassFinder(write_finder(tmp_path / "plain"))
    assert abs(plain.look(frame)[0] - cells).max() > 1e-3


def test_the_map_covers_the_frame_and_nothing_else(tmp_path: Path) -> None:
    finder = MassFinder(write_finder(tmp_path / "made"))
    cells, cell_px = finder.look(picture(90, 130))
    assert cell_px == pytest.approx(4 * 130 / 64)
    assert cells.shape == (11, 16)  # 90 px are 44.3 reduced ones


def test_a_frame_is_reduced_with_antialiasing_and_padded_with_black() -> None:
    stripes = np.zeros((200, 400), np.uint8)
    stripes[:, ::2] = 200  # finer than the reduced picture can show
    padded, scale, cells = reduced(stripes, 64)
    assert padded.shape == (64, 64)
    assert scale == 64 / 400
    assert cells == (8, 16)
    assert abs(padded[:32].astype(int) - 100).max() <= 8
    assert not padded[32:].any()


def test_colour_is_taken_as_grey(tmp_path: Path) -> None:
    finder = MassFinder(write_finder(tmp_path / "made"))
    frame = picture()
    assert finder.find(np.stack([frame] * 3, 2)) == finder.find(frame)


@pytest.mark.parametrize("frame", [np.zeros((9, 9), np.float32), np.zeros((9, 9, 4), np.uint8), np.zeros(9, np.uint8)])
def test_what_is_no_frame_is_refused(frame: NDArray[Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a frame is uint8"):
        MassFinder(write_finder(tmp_path / "made")).find(frame)


@pytest.mark.parametrize("frame", [np.zeros((1, 1), np.uint8), np.full((3, 4000), 90, np.uint8)])
def test_the_oddest_frames_are_looked_at(frame: NDArray[np.uint8], tmp_path: Path) -> None:
    MassFinder(write_finder(tmp_path / "made")).find(frame)


def test_missing_spare_and_misshaped_tensors_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tensors()
    without = {k: v for k, v in whole.items() if k != "join.1.two.norm.bias"}
    bent = whole | {"stem.conv.weight": whole["stem.conv.weight"][:, :, :3]}
    for values in (without, whole | {"more": np.zeros(1, np.float32)}, bent):
        folder = write_finder(tmp_path / "made", values)
        for opened in (MassFinder, lambda f: torch_finder(f, monkeypatch)):
            with pytest.raises(KnownError) as caught:
                opened(folder)
            assert caught.value.code == "weights-do-not-fit"


def test_other_weights_than_the_cards_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as caught:
        MassFinder(write_finder(tmp_path / "made", sha256="0" * 64))
    assert caught.value.code == "weights-hash-mismatch"


def test_without_any_engine_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_finder(tmp_path / "made")
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(KnownError) as caught:
        MassFinder(folder)
    assert caught.value.code == "no-engine"


@pytest.mark.parametrize(
    "changed",
    [
        {"schema": 2},
        {"side": 60},
        {"widths": [4, 6, 8, 10]},
        {"widths": [4, 6, 8, 10, 0]},
        {"blocks": "1111"},
        {"rule": {"seen": 1.5, "edge": 0.4, "smaller": 0.0, "second": 0.8, "most": 3}},
        {"sha256": "none"},
    ],
)
def test_a_card_that_cannot_be_meant_is_refused(changed: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(KnownError) as caught:
        read_finder_card(write_finder(tmp_path / "made", **changed))
    assert caught.value.code == "card-unreadable"


def test_no_folder_is_an_unreadable_card(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as caught:
        MassFinder(tmp_path / "nowhere")
    assert caught.value.code == "card-unreadable"
