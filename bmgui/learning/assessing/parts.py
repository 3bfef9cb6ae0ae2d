"""Figures of some of the cases: by scanner, BI-RADS category, size and age."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bmgui.evaluation.subgroups import between, subgroup
from bmgui.learning.assessing.material import Group
from bmgui.learning.assessing.measure import Settings, plain
from bmgui.learning.assessing.scales import Scale
from bmgui.learning.assessing.scoring import Scored

AGES = (0.0, 40.0, 50.0, 60.0, np.inf)  # years
SIZES_MM = (0.0, 10.0, 20.0, np.inf)
SHARES = (0.0, 0.15, 0.3, 0.45, np.inf)  # the mass's longer side ÷ the picture's shorter side

Part = tuple[str, str, NDArray[np.bool_]]  # by what, which, who


def subgroups(scored: Scored, scale: Scale, group: Group, settings: Settings) -> list[dict[str, Any]]:
    """One entry a subgroup, also for those too small for an area: their counts are told."""
    probabilities = scale.probabilities(scored.main(group))
    return [
        {
            "by": by,
            **plain(
                subgroup(
                    name,
                    mask,
                    group.labels,
                    probabilities,
                    group.units,
                    scale.main.threshold,
                    draws=settings.draws,
                    seed=settings.seed,
                )
            ),
        }
        for by, name, mask in parts_of(group)
    ]


def parts_of(group: Group) -> Iterator[Part]:
    """The subgroups that this group's sections know of."""
    sections = [case.section for case in group.cases]
    for by, words in (("scanner", [s.scanner for s in sections]), ("BI-RADS", [s.birads for s in sections])):
        known = np.array(words, np.str_)
        names = sorted({word for word in words if word})
        yield from ((by, name, known == name) for name in names if len(names) > 1)
    ages = np.array([np.nan if s.age is None else s.age for s in sections])
    sizes = np.array([np.nan if s.size_mm is None else s.size_mm for s in sections])
    shares = np.array([s.mass_side / min(s.width, s.height) for s in sections])
    yield from _ranges("age (years)", ages, AGES)
    yield from _ranges("size (mm)", sizes, SIZES_MM)
    yield from _ranges("mass ÷ picture's shorter side", shares, SHARES)


def _ranges(by: str, values: NDArray[np.float64], edges: tuple[float, ...]) -> Iterator[Part]:
    if np.isnan(values).all():
        return
    for low, high, mask in between(values, edges):
        yield by, f"{low:g} to under {high:g}" if np.isfinite(high) else f"{low:g} and more", mask
    unknown = np.isnan(values)
    if unknown.any():
        yield by, "not known", unknown
