"""Teaching the finder: views keep frame and mask together, it learns, and a killed run ends with the same weights."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

torch = pytest.importorskip("torch")

from bmgui.learning.training import finder as module  # noqa: E402
from bmgui.learning.training.finder import FinderPlan, finder_loss, shipped, teach  # noqa: E402
from bmgui.learning.training.finder_views import Picture, view  # noqa: E402

PLAN = FinderPlan(widths=(4, 6, 8, 8, 8), blocks=(1, 1, 1, 1), side=64, batch=2, steps=6, warm_up=1, half=False)


def picture(with_mass: bool = True, seed: int = 0) -> Picture:
    """120 × 90 px of bright grain, with a dark ellipse as its mass."""
    grain = np.random.default_rng(seed).integers(150, 220, (90, 120)).astype(np.uint8)
    frame, mask = Image.fromarray(grain), Image.new("L", (120, 90))
    box = (40, 25, 80, 55)
    if with_mass:
        ImageDraw.Draw(frame).ellipse(box, fill=20)
        ImageDraw.Draw(mask).ellipse(box, fill=255)
    return Picture(frame, mask, mask.getbbox() if with_mass else None)


def quiet(_line: str) -> None:
    pass


def test_views_are_as_large_as_asked_and_come_again_with_the_same_seed() -> None:
    pictures = [picture(), picture(with_mass=False)]
    for seed in range(60):
        x, shares = view(pictures, seed % 2, 64, np.random.default_rng(seed))
        again, _ = view(pictures, seed % 2, 64, np.random.default_rng(seed))
        assert (x.shape, x.dtype) == ((64, 64), np.float32)
        assert (shares.shape, shares.dtype) == ((16, 16), np.float32)
        assert 0 <= min(x.min(), shares.min()) <= max(x.max(), shares.max()) <= 1
        assert (x == again).all()


def test_the_mask_stays_on_the_mass() -> None:
    """In most views the dark cells are the mass's, wherever it went, mirrored or not (looks may hide it in some)."""
    agree = []
    for seed in range(80):
        x, shares = view([picture()], 0, 64, np.random.default_rng(seed))
        cells = x.reshape(16, 4, 16, 4).mean((1, 3))
        mass, tissue = cells[shares > 0.95], cells[(shares < 0.05) & (cells > 0.25)]
        if mass.size and tissue.size:
            agree.append(mass.mean() < tissue.mean() - 0.05)
    assert len(agree) > 40
    assert np.mean(agree) > 0.9


def test_a_picture_without_a_mass_never_shows_one() -> None:
    assert not any(view([picture(with_mass=False)], 0, 64, np.random.default_rng(seed))[1].any() for seed in range(30))


def test_the_loss_is_least_for_the_mask_itself() -> None:
    shares = torch.zeros(2, 1, 8, 8)
    shares[0, 0, 2:5, 3:6] = 1
    sure = (shares * 2 - 1) * 20
    assert finder_loss(sure, shares) < 1e-3
    assert finder_loss(-sure, shares) > finder_loss(torch.zeros_like(sure), shares) > finder_loss(sure, shares)
    whole = finder_loss(torch.full_like(sure[1:], -20), shares[1:])
    assert 0 <= whole < 1e-3  # a picture without a mass has no Dice to lose


def test_it_learns(tmp_path: Path) -> None:
    plan = FinderPlan(widths=(4, 8, 8, 8, 8), blocks=(1, 1, 1, 1), side=64, batch=4, steps=60, warm_up=5, half=False)
    said: list[str] = []
    average = teach([picture(seed=s) for s in range(3)], np.ones(3), plan, tmp_path, said.append)
    network = module.FinderNetwork(plan.widths, plan.blocks)
    network.load_state_dict(average)
    network.eval()
    frame = np.zeros((64, 64), np.float32)
    frame[:48] = np.asarray(picture(seed=9).frame.resize((64, 48))) / 255
    with torch.inference_mode():
        likely = torch.sigmoid(network(torch.from_numpy(frame)[None, None]))[0, 0]
    assert likely[4:6, 7:9].mean() > likely[:2].mean() + 0.1
    assert said


def test_killed_and_resumed_it_ends_with_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [picture(seed=s, with_mass=s != 2) for s in range(3)]
    unbroken = teach(pictures, np.ones(3), PLAN, _folder(tmp_path / "one"), quiet, every=2)

    seen = 0

    def killed(*given: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen > 5 * PLAN.batch:
            raise KeyboardInterrupt
        return view(*given)

    folder = _folder(tmp_path / "two")
    with monkeypatch.context() as patch:
        patch.setattr(module, "view", killed)
        with pytest.raises(KeyboardInterrupt):
            teach(pictures, np.ones(3), PLAN, folder, quiet, every=2)
    resumed = teach(pictures, np.ones(3), PLAN, folder, quiet, every=2)
    assert unbroken.keys() == resumed.keys()
    assert all(torch.equal(unbroken[name], resumed[name]) for name in unbroken)


def test_a_loss_that_is_no_number_ends_it_before_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "finder_loss", lambda logits, _shares: logits.sum() * torch.nan)
    with pytest.raises(FloatingPointError):
        teach([picture()], np.ones(1), PLAN, tmp_path, quiet, every=1)
    assert not (tmp_path / "checkpoint.safetensors").exists()


def test_what_ships_is_rounded_but_for_the_vectors(tmp_path: Path) -> None:
    average = teach([picture()], np.ones(1), PLAN, tmp_path, quiet)
    kept = shipped(average)
    assert kept["stem.conv.weight"].dtype == torch.float16
    assert kept["stem.norm.running_var"].dtype == torch.float32
    assert kept["head.bias"].dtype == torch.float32
    assert not any(name.endswith("num_batches_tracked") for name in kept)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
