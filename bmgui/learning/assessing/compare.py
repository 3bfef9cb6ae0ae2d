"""Comparisons: subjects with one another on the same pictures, and parts with one another. Holm over all of them.

Intervals from resampled patients decide; the paper's tests, on one picture a patient, stand beside them.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from bmgui.base.errors import KnownError
from bmgui.evaluation.bootstrap import drawn, resample
from bmgui.evaluation.comparing import Test, holm, means_differ, rates_differ
from bmgui.evaluation.figures import compare
from bmgui.evaluation.inputs import Floats
from bmgui.evaluation.intervals import percentile
from bmgui.evaluation.roc import auc_weighted
from bmgui.evaluation.single import one_per_patient
from bmgui.learning.assessing.material import Group
from bmgui.learning.assessing.measure import Settings, describe, plain
from bmgui.learning.assessing.scales import Scale
from bmgui.learning.assessing.scoring import Scored

Assessed = tuple[Scored, Scale]


def comparisons(assessed: Sequence[Assessed], groups: Sequence[Group], settings: Settings) -> dict[str, Any]:
    """All of them, each with its `tests` and their p values corrected over the whole file."""
    found = {
        "pairs": [_pair(one, other, group, settings) for group in groups for one, other in pairs(assessed)],
        "over_seeds": [entry for group in groups for entry in _over_seeds(assessed, group, settings)],
        "parts": [entry for one in assessed for entry in _parts(one, groups)],
        "cases": [entry for group in groups for entry in _cases(group)],
    }
    tests = [test for entries in found.values() for entry in entries for test in entry["tests"]]
    for test, corrected in zip(tests, holm([test["p"] for test in tests]), strict=True):
        test["p_holm"] = corrected
    return {**found, "tests": sum(test["p"] is not None for test in tests)}


def pairs(assessed: Sequence[Assessed]) -> Iterator[tuple[Assessed, Assessed]]:
    """Chains of one network and networks of one chain, with the same seed; models of the library with everything."""
    for one, other in combinations(assessed, 2):
        a, b = one[0].subject, other[0].subject
        library = a.seed is None or b.seed is None
        if library or (a.seed == b.seed and (a.network == b.network or a.chain == b.chain)):
            yield one, other


def _pair(one: Assessed, other: Assessed, group: Group, settings: Settings) -> dict[str, Any]:
    """other − one."""
    told = {"first": one[0].subject.name, "second": other[0].subject.name, **describe(group), "tests": []}
    first, second = (scale.probabilities(scored.main(group)) for scored, scale in (one, other))
    thresholds = (one[1].main.threshold, other[1].main.threshold)
    keys = [case.key for case in group.cases]
    try:
        found = compare(
            group.labels, first, second, group.units, thresholds, files=keys, draws=settings.draws, seed=settings.seed
        )
    except KnownError as error:
        return {**told, "reason": error.code}
    tests: list[dict[str, Any]] = []
    if found.one_picture is not None:
        area = found.one_picture.auc
        tests.append({"of": "AUC", "name": "delong", "statistic": area.z, "p": area.p})
        rates = ("accuracy", "sensitivity", "specificity")
        tests += [{"of": of, **plain(getattr(found.one_picture, of))} for of in rates]
    return {**told, "reason": "", **plain(found), "tests": tests}


def _over_seeds(assessed: Sequence[Assessed], group: Group, settings: Settings) -> Iterator[dict[str, Any]]:
    """Chains of one network with several seeds in common: the mean AUC over the seeds, second − first."""
    cells: dict[tuple[str, str], dict[int, Assessed]] = {}
    for one in assessed:
        subject = one[0].subject
        if subject.seed is not None:
            cells.setdefault((subject.network, subject.chain), {})[subject.seed] = one
    for (a, one_cell), (b, other_cell) in combinations(cells.items(), 2):
        seeds = sorted(one_cell.keys() & other_cell.keys())
        if len(seeds) < 2 or (a[0] != b[0] and a[1] != b[1]):
            continue
        told = {"first": ", ".join(a), "second": ", ".join(b), "seeds": seeds, **describe(group), "tests": []}
        margins = [[cell[seed][0].main(group) for seed in seeds] for cell in (one_cell, other_cell)]
        try:
            yield {**told, "reason": "", "auc": plain(_mean_difference(group, margins[0], margins[1], settings))}
        except KnownError as error:
            yield {**told, "reason": error.code}


def _mean_difference(group: Group, first: list[Floats], second: list[Floats], settings: Settings) -> Any:
    labels = group.labels
    resamples = resample(labels, group.units, draws=settings.draws, seed=settings.seed)

    def difference(weights: Floats) -> Floats:
        ours, theirs = ([auc_weighted(labels, m, weights) for m in margins] for margins in (first, second))
        return np.asarray(np.mean(theirs, axis=0) - np.mean(ours, axis=0))

    value = float(difference(np.ones((1, labels.size)))[0])
    return percentile(value, drawn(resamples, difference))


def _parts(assessed: Assessed, groups: Sequence[Group]) -> Iterator[dict[str, Any]]:
    """Rates of one subject inside and outside: different patients, so χ²; one picture a patient."""
    scored, scale = assessed
    for one, other in combinations([group for group in groups if len(group.collections) == 1], 2):
        if {one.role, other.role} != {"internal test", "external test"}:
            continue
        right = [_right(scored, scale, group) for group in (one, other)]
        tests = [
            {"of": of, **plain(_chi(right[0][of], right[1][of]))} for of in ("accuracy", "sensitivity", "specificity")
        ]
        yield {
            "subject": scored.subject.name,
            "first": describe(one),
            "second": describe(other),
            "right": [{of: list(value) for of, value in rates.items()} for rates in right],
            "tests": tests,
        }


def _right(scored: Scored, scale: Scale, group: Group) -> Mapping[str, tuple[int, int]]:
    """How many were right of how many, on one picture a patient."""
    at = one_per_patient(group.labels, group.units, [case.key for case in group.cases])
    labels = group.labels[at]
    right = (scale.probabilities(scored.main(group))[at] >= scale.main.threshold) == labels
    return {
        "accuracy": (int(right.sum()), right.size),
        "sensitivity": (int(right[labels].sum()), int(labels.sum())),
        "specificity": (int(right[~labels].sum()), int((~labels).sum())),
    }


def _chi(first: tuple[int, int], second: tuple[int, int]) -> Test:
    return rates_differ(*first, *second)


def _cases(group: Group) -> Iterator[dict[str, Any]]:
    """Whether benign and malignant differ in age and size, where known: t on one picture a patient."""
    at = one_per_patient(group.labels, group.units, [case.key for case in group.cases])
    chosen = [group.cases[index].section for index in at]
    for of, values in (("age (years)", [s.age for s in chosen]), ("size (mm)", [s.size_mm for s in chosen])):
        benign = [v for v, s in zip(values, chosen, strict=True) if v is not None and s.label == "benign"]
        malignant = [v for v, s in zip(values, chosen, strict=True) if v is not None and s.label == "malignant"]
        if not benign and not malignant:
            continue
        yield {
            **describe(group),
            "of": of,
            "benign": _mean(benign),
            "malignant": _mean(malignant),
            "tests": [{"of": of, **plain(means_differ(benign, malignant))}],
        }


def _mean(values: list[float]) -> dict[str, Any]:
    array = np.asarray(values, np.float64)
    return {
        "known": array.size,
        "mean": float(array.mean()) if array.size else None,
        "deviation": float(array.std(ddof=1)) if array.size > 1 else None,
    }
