"""Each change changes what it should, on as many crops as it should, and nothing where it is off."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from bmgui.learning.plans.plan import Augmentation
from bmgui.learning.training.augment import Draws, augment, blur, contrast, cutout, edges, gamma, speckle
from bmgui.learning.training.marks import draw_marks, stamps
from bmgui.learning.training.seeding import generator
from tests.learning.training.small_course import NOTHING

N, SIDE = 64, 40


def draws(seed: int = 0) -> Draws:
    return Draws(generator(seed), generator(seed, "noise"), N, slice(None))


@pytest.fixture
def crops() -> Tensor:
    return torch.rand(N, 1, SIDE, SIDE, generator=generator("crops")) * 0.5 + 0.2


def changed(before: Tensor, after: Tensor) -> Tensor:
    """bool (n,)."""
    return ((after - before).abs() > 1e-6).flatten(1).any(1)


def test_all_off_is_nothing(crops: Tensor) -> None:
    assert torch.equal(augment(crops, NOTHING, draws()), crops)


def test_all_on_keeps_to_the_range_and_is_the_same_for_the_same_draws(crops: Tensor) -> None:
    rules = Augmentation(brightness=0.5, noise=0.3, marks=1.0, cutout=1.0, edges=1.0, blur=1.0)
    first = augment(crops, rules, draws())
    assert float(first.min()) >= 0
    assert float(first.max()) <= 1
    assert torch.equal(first, augment(crops, rules, draws()))
    assert changed(first, augment(crops, rules, draws(1))).all()


@pytest.mark.parametrize("name", ["blur", "marks", "cutout", "edges"])
def test_a_share_of_the_crops_is_changed(crops: Tensor, name: str) -> None:
    found = changed(crops, augment(crops, replace(NOTHING, **{name: 0.25}), draws()))
    assert 0.1 < float(found.float().mean()) < 0.45
    assert changed(crops, augment(crops, replace(NOTHING, **{name: 1.0}), draws())).float().mean() > 0.9


@pytest.mark.parametrize("name", ["contrast", "brightness", "gamma", "noise"])
def test_every_crop_is_changed_differently(crops: Tensor, name: str) -> None:
    after = augment(crops, replace(NOTHING, **{name: 0.2}), draws())
    assert changed(crops, after).all()
    assert float((after - crops).mean((1, 2, 3)).std()) > 0 or name == "contrast"


def test_contrast_keeps_the_mean_and_gamma_the_order(crops: Tensor) -> None:
    assert torch.allclose(contrast(crops, 0.5, draws()).mean((1, 2, 3)), crops.mean((1, 2, 3)), atol=1e-5)
    flat, bent = crops.flatten(1), gamma(crops, 0.5, draws()).flatten(1)
    assert torch.equal(flat.argsort(1), bent.argsort(1))


def test_speckle_grows_with_the_grey() -> None:
    bright, dark = torch.full((N, 1, SIDE, SIDE), 0.5), torch.full((N, 1, SIDE, SIDE), 0.05)
    deviations = [float((speckle(x, 0.1, draws()) - x).std()) for x in (bright, dark)]
    assert deviations[0] == pytest.approx(10 * deviations[1], rel=0.01)
    assert 0.03 < deviations[0] < 0.1  # up to 0.1 at mid grey


def test_blur_smooths_and_keeps_the_mean(crops: Tensor) -> None:
    after = blur(crops, 1.0, draws())
    rough = [x.diff(dim=3).abs().mean((1, 2, 3)) for x in (crops, after)]
    assert (rough[1] < 0.95 * rough[0]).all()
    assert torch.allclose(after.mean((1, 2, 3)), crops.mean((1, 2, 3)), atol=0.01)


@pytest.mark.parametrize(("change", "most"), [(cutout, 0.36**2), (edges, 0.21)])
def test_what_is_filled_has_one_grey_and_leaves_most_of_the_crop(
    crops: Tensor, change: Callable[[Tensor, float, Draws], Tensor], most: float
) -> None:
    after = change(crops, 1.0, draws())
    for before, now in zip(crops, after, strict=True):
        filled = now[now != before]
        assert filled.numel() <= most * SIDE**2 + 2 * SIDE
        assert filled.numel() == 0 or float(filled.max() - filled.min()) == 0


def test_marks_are_drawn_where_they_are_asked_for() -> None:
    black = torch.zeros(2, 1, 64, 64)
    numbers: dict[str, Any] = {name: torch.tensor([0.0, value]) for name, value in (("x", 0.5), ("y", -0.5))}
    sizes = {"choice": torch.tensor([0.0, 2.5 / len(stamps())]), "size": torch.full((2,), 0.5)}
    after = draw_marks(black, torch.tensor([1]), level=torch.full((2,), 0.9), **numbers, **sizes)  # calipers
    assert not after[0].any()
    drawn = after[1, 0].nonzero()
    assert len(drawn) > 5
    assert drawn[:, 0].max() < 34  # the upper right quarter
    assert drawn[:, 1].min() > 30
    assert 0.2 < float(after.max()) <= 0.9


def test_every_stamp_shows_something_and_not_too_much() -> None:
    cover = stamps().mean((1, 2, 3))
    assert float(cover.min()) > 0
    assert float(cover.max()) < 0.2
