"""Comparisons of subjects on the same pictures; the margins are made up, the cases are those of drawn collections."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bmgui.evaluation.calibration import Scaling
from bmgui.learning.assessing.compare import Assessed, comparisons, pairs
from bmgui.learning.assessing.material import Group
from bmgui.learning.assessing.scales import Scale, Threshold
from bmgui.learning.assessing.scoring import Scored, Wanted
from tests.learning.assessing.conftest import SETTINGS, Made

CHAINS = ("imagenet→us", "imagenet→cbis→us")
Name = tuple[str, str, int]  # network, chain, seed


def subject(made: Made, name: Name, noise: float) -> Assessed:
    """A subject whose margins follow the labels with so much noise."""
    network, chain, seed = name
    known = made.done.assessed[0][0].subject
    who = replace(known, name="-".join((network, chain, str(seed))), network=network, chain=chain, seed=seed)
    random = np.random.default_rng([seed, len(chain), len(network)])
    cases = made.done.material.cases
    margins = {
        case.key: {(2.0, 0): float((case.section.label == "malignant") + noise * random.standard_normal())}
        for case in cases
    }
    scale = Scale(Scaling(1.0, -0.5, 0.4), "card", "", "", (Threshold("Youden", 0.5, ""),), "Youden")
    return Scored(who, Wanted(2.0, False, False), margins, ("made up",)), scale


@pytest.fixture
def assessed(made: Made) -> list[Assessed]:
    """Two chains of one network with two seeds, and a second network with the first chain and seed."""
    names = [("resnet50", chain, seed) for chain in CHAINS for seed in (0, 1)]
    found = [subject(made, name, 1.0 if name[1] == CHAINS[0] else 0.4) for name in names]
    return [*found, subject(made, ("vgg16", CHAINS[0], 0), 0.8)]


def auc(group: Group, one: Assessed) -> float:
    margins, labels = one[0].main(group), group.labels
    return float(np.mean([m > b for m in margins[labels] for b in margins[~labels]]))


def told(assessed: list[Assessed], made: Made) -> dict[str, Any]:
    return comparisons(assessed, made.done.material.shown, SETTINGS)


def test_chains_of_a_network_and_networks_of_a_chain_are_compared_with_the_same_seed(assessed: list[Assessed]) -> None:
    compared = {
        tuple((s.subject.network, s.subject.chain, s.subject.seed) for s, _ in pair) for pair in pairs(assessed)
    }
    short, long = CHAINS
    assert compared == {
        (("resnet50", short, 0), ("resnet50", long, 0)),
        (("resnet50", short, 1), ("resnet50", long, 1)),
        (("resnet50", short, 0), ("vgg16", short, 0)),
    }


def test_differences_are_second_minus_first(assessed: list[Assessed], made: Made) -> None:
    by_name = {one[0].subject.name: one for one in assessed}
    groups = {group.name: group for group in made.done.material.shown}
    found = told(assessed, made)["pairs"]
    assert len(found) == 3 * len(groups)
    for pair in found:
        group = groups[pair["group"]]
        wanted = auc(group, by_name[pair["second"]]) - auc(group, by_name[pair["first"]])
        figure = pair["differences"]["auc"]
        assert figure["value"] == pytest.approx(wanted)
        assert figure["low"] <= wanted <= figure["high"]
        assert (pair["pictures"], pair["patients"]) == (len(group.cases), group.patients)


def test_several_seeds_are_compared_by_their_mean(assessed: list[Assessed], made: Made) -> None:
    group = made.done.material.shown[0]
    entry = next(entry for entry in told(assessed, made)["over_seeds"] if entry["group"] == group.name)
    areas = [auc(group, one) for one in assessed[:4]]
    assert entry["seeds"] == [0, 1]
    assert entry["auc"]["value"] == pytest.approx((areas[2] + areas[3] - areas[0] - areas[1]) / 2)


def test_p_values_are_corrected_over_the_whole_file(assessed: list[Assessed], made: Made) -> None:
    found = told(assessed, made)
    tests = [t for kind in ("pairs", "over_seeds", "parts", "cases") for entry in found[kind] for t in entry["tests"]]
    known = sorted((test for test in tests if test["p"] is not None), key=lambda test: test["p"])
    assert found["tests"] == len(known) > 10
    highest = 0.0
    for rank, test in enumerate(known):  # Holm 1979, by hand
        highest = max(highest, min(1.0, test["p"] * (len(known) - rank)))
        assert test["p_holm"] == pytest.approx(highest)


def test_rates_inside_and_outside_are_of_one_picture_a_patient(assessed: list[Assessed], made: Made) -> None:
    found = told(assessed, made)["parts"]
    assert {(entry["first"]["group"], entry["second"]["group"]) for entry in found} == {
        ("internal test: us", "external test: outside")
    }
    for entry in found:
        inside, outside = entry["right"]
        assert (inside["accuracy"][1], outside["accuracy"][1]) == (4, 4)  # patients, two pictures each


def test_age_and_size_are_compared_where_they_are_known(assessed: list[Assessed], made: Made) -> None:
    for entry in told(assessed, made)["cases"]:
        group = next(group for group in made.done.material.shown if group.name == entry["group"])
        known = [c for c in group.cases if c.section.age is not None]
        assert entry["benign"]["known"] + entry["malignant"]["known"] <= len(known)
        assert entry["tests"][0]["name"] == "welch"
