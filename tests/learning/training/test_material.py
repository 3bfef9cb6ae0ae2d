"""Crops that are cut on the device are the crops that scoring sees, to a few grey levels; squares keep to one rule."""

import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from bmgui.imaging.square import Square, fit_square
from bmgui.learning.plans.plan import Augmentation
from bmgui.learning.training.augment import Draws, draw_squares
from bmgui.learning.training.material import (
    Entry,
    Material,
    Squares,
    _grid,
    _lines,
    _sampled,
    cut,
    fitted,
    order,
    read_material,
    steps_an_epoch,
    validation_crops,
)
from bmgui.learning.training.seeding import generator
from tests.learning.training.small_course import NOTHING
from tests.learning.training.training_stand import make_collection, picture


def entries_of(folder: Path, *sizes: tuple[int, int]) -> list[Entry]:
    frames = [picture(i, width, height) for i, (width, height) in enumerate(sizes)]
    collection = make_collection(folder, validation=0, frames=frames)
    return [Entry("us", collection, section) for section in collection.sections]


def squares_of(entries: list[Entry], squares: list[Square], mirrored: bool = False, turn: float = 0.0) -> Squares:
    here = [entry.section.context for entry in entries]
    return Squares(
        left=torch.tensor([float(s.left - c.left) for s, c in zip(squares, here, strict=True)]),
        top=torch.tensor([float(s.top - c.top) for s, c in zip(squares, here, strict=True)]),
        side=torch.tensor([float(s.side) for s in squares]),
        turn=torch.full((len(squares),), turn),
        mirrored=torch.full((len(squares),), mirrored),
    )


@pytest.mark.parametrize(("factor", "side_px"), [(1.1, 96), (2.0, 96), (3.0, 96), (2.0, 32), (3.0, 32)])
def test_without_augmentation_a_crop_is_the_one_that_scoring_sees(tmp_path: Path, factor: float, side_px: int) -> None:
    """Enlarged (96 px of 66) and reduced (32 px of 180, where the context itself was reduced too)."""
    entries = entries_of(tmp_path / "c", (300, 260), (200, 190), (190, 300), (90, 60))
    material = read_material(entries, side_px)
    assert (float(material.zoom.min()) < 1) == (side_px == 32)
    found = 255 * cut(material, squares_of(entries, [e.section.square_of(factor) for e in entries]), side_px)
    wanted = validation_crops(entries, factor, side_px)[:, None].float()
    away = (found - wanted).abs()
    assert float(away.mean()) < (1.0 if side_px == 96 else 2.0)
    assert float(away.quantile(0.99)) < (5.0 if side_px == 96 else 8.0)
    detail = [float(x.diff(dim=3).abs().mean()) for x in (found, wanted)]
    assert detail[0] == pytest.approx(detail[1], rel=0.1)  # as sharp, on speckle of one pixel


def test_one_by_one_on_the_cpu_is_all_at_once_on_a_card(tmp_path: Path) -> None:
    material = many(read_material(entries_of(tmp_path / "c", (300, 260), (90, 60)), 48), 12)
    squares, _ = draw_squares(material, Augmentation(rotation_deg=45.0, translation=0.3), 0.5, draws(12))
    most = material.contexts.shape[-1]
    at_once = _sampled(material.contexts[material.where], _grid(_lines(material, squares, 48), 0, 0, most, most)) / 255
    assert torch.allclose(cut(material, squares, 48), at_once, atol=1e-3)


def test_a_mirrored_and_turned_square_is_the_crop_mirrored_and_turned(tmp_path: Path) -> None:
    entries = entries_of(tmp_path / "c", (300, 260))
    material, squares = read_material(entries, 64), [entries[0].section.square_of(2.0)]
    plain = cut(material, squares_of(entries, squares), 64)
    assert torch.allclose(cut(material, squares_of(entries, squares, mirrored=True), 64), plain.flip(3), atol=1e-4)
    quarter = cut(material, squares_of(entries, squares, turn=np.pi / 2), 64)
    assert torch.allclose(quarter, plain.rot90(-1, (2, 3)), atol=1e-3)


def test_squares_in_training_keep_to_the_rule_of_all_squares(tmp_path: Path) -> None:
    entries = entries_of(tmp_path / "c", (300, 260), (150, 90), (90, 60))
    material = read_material(entries, 64)
    for factor, shift in itertools.product((0.3, 1.1, 3.0), (-0.15, 0.0, 0.15)):
        side = factor * material.mass_side
        x, y = material.centre_x + shift * side, material.centre_y - shift * side
        for i, (left, top, size) in enumerate(torch.stack(fitted(material, x, y, side), 1).tolist()):
            section = entries[i].section
            whole = round(float(side[i]))
            about = Square(
                round(float(x[i]) + section.context.left - whole / 2),
                round(float(y[i]) + section.context.top - whole / 2),
                whole,
            )
            wanted = fit_square(about, section.width, section.height)
            found = (left + section.context.left, top + section.context.top, size)
            assert found == pytest.approx((wanted.left, wanted.top, wanted.side), abs=1.0)


def draws(n: int, seed: int = 0, here: slice = slice(None)) -> Draws:
    return Draws(generator(seed), generator(seed, "noise"), n, here)


def many(material: Material, n: int) -> Material:
    return material.rows(torch.arange(n) % len(material))


def test_squares_are_drawn_over_the_whole_range(tmp_path: Path) -> None:
    material = many(read_material(entries_of(tmp_path / "c", (300, 260)), 32), 400)
    squares, away = draw_squares(material, Augmentation(), 0.25, draws(400))
    ratio = (squares.side / material.mass_side)[~away]
    assert float(ratio.min()) < 1.15
    assert float(ratio.max()) > 2.8
    assert float(ratio.median()) == pytest.approx((1.1 * 3.0) ** 0.5, rel=0.1)  # log-uniform
    assert 0.4 < float(squares.mirrored.float().mean()) < 0.6
    assert 0.18 < float(away.float().mean()) < 0.32
    centre = squares.left + squares.side / 2 - material.centre_x
    assert float((centre / squares.side)[~away].abs().max()) < 0.16
    assert float((centre / squares.side)[away].abs().max()) > 0.5
    nothing, none_away = draw_squares(material, NOTHING, 0.0, draws(400))
    assert not none_away.any()
    assert not nothing.mirrored.any()
    assert float((nothing.side - 2 * material.mass_side).abs().max()) < 1e-3


def test_a_process_draws_its_part_of_the_whole_batch(tmp_path: Path) -> None:
    material = many(read_material(entries_of(tmp_path / "c", (300, 260)), 32), 8)
    whole, _ = draw_squares(material, Augmentation(), 0.2, draws(8))
    half, _ = draw_squares(material.rows(torch.arange(4, 8)), Augmentation(), 0.2, draws(8, here=slice(4, 8)))
    assert torch.equal(half.left, whole.left[4:])
    assert torch.equal(half.turn, whole.turn[4:])


def test_every_section_comes_once_before_one_comes_twice() -> None:
    row = list(itertools.islice(order([0] * 5, False, "x"), 15))
    assert [sorted(row[i : i + 5]) for i in (0, 5, 10)] == [[0, 1, 2, 3, 4]] * 3
    assert row[:5] != row[5:10] or row[:5] != row[10:]
    assert row == list(itertools.islice(order([0] * 5, False, "x"), 15))
    assert row != list(itertools.islice(order([0] * 5, False, "y"), 15))


def test_balanced_both_classes_come_equally_often_and_every_section_comes() -> None:
    labels = [0] * 7 + [1] * 2
    counts = Counter(itertools.islice(order(labels, True, "x"), 14))
    assert sum(count for i, count in counts.items() if labels[i] == 1) == 7
    assert set(counts) == set(range(9))


def test_labels_count_where_the_plan_says(tmp_path: Path) -> None:
    one = entries_of(tmp_path / "c", (200, 190), (200, 190))
    both = [one[0], Entry("cbis", one[1].collection, one[1].section)]
    assert read_material(both, 32, ("us",)).labelled.tolist() == [True, False]
    assert read_material(both, 32).labelled.tolist() == [True, True]
    assert read_material(both, 32).labels.tolist() == [0, 1]


def test_a_pass_over_482_pictures_in_batches_of_16() -> None:
    assert steps_an_epoch(482, 1, 16) == 31
    assert steps_an_epoch(482, 4, 16) == 121
    assert steps_an_epoch(3, 1, 16) == 1
