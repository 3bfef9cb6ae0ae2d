"""Cards: read strictly; margins become probabilities, thresholds and bands."""

import copy
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.scoring.card import CARD_FILE, Card, read_card

VGG16 = read_card(places.shipped_models() / "vgg16-first")
RESNET50 = read_card(places.shipped_models() / "resnet50-first")
SHIPPED: dict[str, Any] = json.loads((places.shipped_models() / "vgg16-first" / CARD_FILE).read_text("utf-8"))
priors = st.floats(0.001, 0.999)
margins = st.floats(-40, 40)


def test_the_shipped_cards_say_what_was_measured() -> None:
    assert (VGG16.id, VGG16.architecture, VGG16.side) == ("vgg16-first", "vgg16", 224)
    assert (RESNET50.id, RESNET50.architecture, RESNET50.side) == ("resnet50-first", "resnet50", 160)
    assert (VGG16.calibration.slope, VGG16.calibration.intercept) == (0.824, -0.724)
    assert (RESNET50.calibration.slope, RESNET50.calibration.intercept) == (0.585, -0.455)
    assert [(p.name, p.threshold) for p in VGG16.operating_points] == [("Youden", 0.233), ("sensitivity 0.95", 0.094)]
    assert [(p.name, p.threshold) for p in RESNET50.operating_points] == [
        ("Youden", 0.323),
        ("sensitivity 0.95", 0.094),
    ]
    for card in (VGG16, RESNET50):
        assert card.calibration.prior == 0.32
        assert [figures.locked for figures in card.figures] == [False, True, True, True]
        assert "esearch" in card.licence
        assert card.flip_average
    (why,) = [limit for limit in VGG16.limits if limit.startswith("The default:")]
    assert "0.028 (0.002–0.055), paired by patient; not trained by this program" in why
    assert not any(limit.startswith("The default:") for limit in RESNET50.limits)


def test_probability_is_the_calibrated_sigmoid() -> None:
    assert VGG16.probability(0.0) == pytest.approx(1 / (1 + math.exp(0.724)), abs=1e-15)
    assert VGG16.probability(2.0) == pytest.approx(1 / (1 + math.exp(0.724 - 1.648)), abs=1e-15)


@pytest.mark.parametrize("margin", [-1e308, -1e4, 1e4, 1e308])
def test_far_margins_end_at_0_and_1(margin: float) -> None:
    assert VGG16.probability(margin) == (1.0 if margin > 0 else 0.0)
    assert VGG16.band(VGG16.probability(margin)).number == (5 if margin > 0 else 1)


@given(margins, priors)
def test_another_prior_multiplies_the_odds(margin: float, prior: float) -> None:
    def odds(p: float) -> float:
        return p / (1 - p)

    before, after = VGG16.probability(margin), VGG16.probability(margin, prior)
    factor = odds(prior) / odds(VGG16.calibration.prior)
    assert after == pytest.approx(before * factor / (1 - before + before * factor), rel=1e-9)
    assert VGG16.probability(margin, VGG16.calibration.prior) == pytest.approx(before, abs=1e-15)


@given(margins, priors, st.sampled_from(VGG16.operating_points))
def test_another_prior_moves_the_threshold_with_the_score(margin: float, prior: float, point: Any) -> None:
    distance = VGG16.probability(margin) - point.threshold
    if abs(distance) > 1e-9:
        assert (VGG16.probability(margin, prior) > VGG16.threshold(point, prior)) == (distance > 0)


def test_the_cards_own_threshold_is_untouched() -> None:
    assert VGG16.threshold(VGG16.operating_points[0]) == 0.233


@pytest.mark.parametrize(
    ("probability", "number"),
    [(0, 1), (0.02, 1), (0.0200001, 2), (0.1, 2), (0.11, 3), (0.5, 3), (0.51, 4), (0.9499, 4), (0.95, 5), (1, 5)],
)
def test_bands_end_where_the_design_says(probability: float, number: int) -> None:
    band = VGG16.band(probability)
    assert band.number == number
    assert band.name == ["very low", "low", "intermediate", "high", "very high"][number - 1]


def _without(*keys: str) -> Callable[[dict[str, Any]], None]:
    def change(card: dict[str, Any]) -> None:
        for key in keys[:-1]:
            card = card[key]
        del card[keys[-1]]

    return change


def _with(value: Any, *keys: str | int) -> Callable[[dict[str, Any]], None]:
    def change(card: Any) -> None:
        for key in keys[:-1]:
            card = card[key]
        card[keys[-1]] = value

    return change


BROKEN: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    *((_without(key), key) for key in SHIPPED if key not in ("title", "training", "evidence_scale")),
    (_with(0, "evidence_scale"), "evidence_scale"),
    (_with("", "training"), "training"),
    *((_without("calibration", key), f"calibration.{key}") for key in ("slope", "intercept", "prior")),
    *((_without("geometry", key), f"geometry.{key}") for key in ("least_ratio", "greatest_ratio")),  # both or neither
    (_with(3.0, "geometry", "least_ratio"), "geometry.greatest_ratio"),
    (_with(0, "geometry", "least_ratio"), "geometry.least_ratio"),
    *((_without("reference", key), f"reference.{key}") for key in ("file", "margin", "tolerance")),
    (_with(2, "schema"), "schema"),
    (_with("1", "schema"), "schema"),
    (_with(True, "schema"), "schema"),
    (_with("densenet", "architecture"), "architecture"),
    (_with(224.0, "side"), "side"),
    (_with(0, "side"), "side"),
    (_with(100_000, "side"), "side"),
    (_with("gray", "channels"), "channels"),
    (_with([0.1, 0.2], "mean"), "mean"),
    (_with([0.1, 0.2, "x"], "mean"), "mean"),
    (_with([0.1, 0.2, 0.0], "std"), "std"),
    (_with("nearest", "resample"), "resample"),
    (_with(1, "flip_average"), "flip_average"),
    (_with(["malignant", "benign"], "classes"), "classes"),
    (_with("A" * 64, "sha256"), "sha256"),
    (_with("a" * 63, "sha256"), "sha256"),
    (_with("../x", "id"), "id"),
    (_with("library.json", "id"), "id"),
    (_with("x" * 65, "id"), "id"),
    (_with(0, "calibration", "slope"), "calibration.slope"),
    (_with(-1.0, "calibration", "slope"), "calibration.slope"),
    (_with(True, "calibration", "slope"), "calibration.slope"),
    (_with(10**400, "calibration", "intercept"), "calibration.intercept"),
    (_with(1.0, "calibration", "prior"), "calibration.prior"),
    (_with(0.0, "calibration", "prior"), "calibration.prior"),
    (_with([], "calibration"), "calibration"),
    (_with(1.0, "operating_points", 0, "threshold"), "operating_points[0].threshold"),
    (_with(1.2, "operating_points", 1, "sensitivity"), "operating_points[1].sensitivity"),
    (_with({}, "operating_points"), "operating_points"),
    (_with([], "bands"), "band"),
    (_with(0.01, "bands", 1, "up_to"), "bands"),
    (_with(0.99, "bands", 4, "up_to"), "band"),
    (_with(False, "bands", 4, "inclusive"), "band"),
    (_with(7, "bands", 1, "number"), "bands"),
    (_with("../reference.png", "reference", "file"), "reference.file"),
    (_with(0, "reference", "tolerance"), "reference.tolerance"),
    (_with(1e9, "reference", "tolerance"), "reference.tolerance"),
    (_with(0.05, "reference", "tolerance"), "reference.tolerance"),
    (_with(10, "geometry", "greatest_side_px"), "geometry.greatest_side_px"),
    (_with(0.99, "figures", 0, "auc", "low"), "interval"),
    (_with("some", "limits"), "limits"),
    (_with("  ", "licence"), "licence"),
]


@pytest.mark.parametrize(("change", "named"), BROKEN)
def test_a_broken_card_is_refused_and_the_field_is_named(
    change: Callable[[dict[str, Any]], None], named: str, tmp_path: Path
) -> None:
    card = copy.deepcopy(SHIPPED)
    change(card)
    error = _refused(tmp_path, json.dumps(card).encode())
    assert named in str(error.fields["reason"])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b"{" * 100_000,
        b"{" + b" " * (1 << 20) + b"}",
        json.dumps(SHIPPED).replace("0.824", "NaN").encode(),
        json.dumps(SHIPPED).replace("0.824", "1e999").encode(),
    ],
    ids=["empty", "list", "not UTF-8", "deep", "large", "NaN", "infinite"],
)
def test_what_is_no_card_is_refused(data: bytes, tmp_path: Path) -> None:
    _refused(tmp_path, data)


def test_a_missing_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as caught:
        read_card(tmp_path)
    assert caught.value.code == "card-unreadable"


def test_a_card_needs_no_title_and_may_say_more(tmp_path: Path) -> None:
    more = {key: value for key, value in SHIPPED.items() if key != "title"} | {"trained_by": "somebody"}
    (tmp_path / CARD_FILE).write_text(json.dumps(more), "utf-8")
    card: Card = read_card(tmp_path)
    assert card.title == card.id


def test_a_card_need_not_say_which_ratios_were_learnt(tmp_path: Path) -> None:
    assert (VGG16.geometry.least_ratio, VGG16.geometry.greatest_ratio) == (1.1, 3.0)
    card = copy.deepcopy(SHIPPED)
    del card["geometry"]["least_ratio"], card["geometry"]["greatest_ratio"]
    (tmp_path / CARD_FILE).write_text(json.dumps(card), "utf-8")
    geometry = read_card(tmp_path).geometry
    assert (geometry.least_ratio, geometry.greatest_ratio) == (None, None)


def _refused(folder: Path, data: bytes) -> KnownError:
    (folder / CARD_FILE).write_bytes(data)
    with pytest.raises(KnownError) as caught:
        read_card(folder)
    assert caught.value.code == "card-unreadable"
    assert caught.value.fields["file"] == str(folder / CARD_FILE)
    assert caught.value.fields["reason"]
    return caught.value


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "other"},
        {"sha256": "e" * 64},
        {"side": 256},
        {"channels": "rgb"},
        {"mean": (0.0, 0.0, 0.0)},
        {"std": (1.0, 1.0, 1.0)},
        {"resample": "bicubic"},
        {"flip_average": False},
    ],
)
def test_whatever_changes_a_margin_changes_the_recipe(changed: dict[str, Any]) -> None:
    assert replace(RESNET50, **changed).recipe != RESNET50.recipe


def test_the_calibration_and_what_is_said_of_the_model_do_not_change_the_recipe() -> None:
    steeper = replace(RESNET50.calibration, slope=2.0)
    assert replace(RESNET50, calibration=steeper, title="x", figures=()).recipe == RESNET50.recipe
