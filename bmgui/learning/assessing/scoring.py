"""Every square of every case, scored for one subject."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bmgui.learning.assessing.margins import Kept, Say, score
from bmgui.learning.assessing.material import Case, Group, Material
from bmgui.learning.assessing.squares import FACTORS, Asked, main_square, nudged, sized_squares
from bmgui.learning.assessing.subjects import Subject
from bmgui.scoring.engines.choose import open_engine
from bmgui.scoring.engines.engine import Device, Engine

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Wanted:
    """What is scored beside the squares of `factor` × the mass.

    every: nudges of one picture in so many (a choice that the picture's name makes, the same each time).
    """

    factor: float = 2.0
    sizes: bool = True
    nudges: bool = True
    every: int = 1

    def is_nudged(self, case: Case) -> bool:
        return (
            self.nudges
            and int(hashlib.sha256(case.key.encode("utf-8", "surrogateescape")).hexdigest(), 16) % self.every == 0
        )

    def squares(self, case: Case) -> Iterator[Asked]:
        yield main_square(case.section, self.factor)
        if self.sizes:
            yield from sized_squares(case.section, self.factor)
        if self.is_nudged(case):
            yield from nudged(case.section, self.factor)


@dataclass(frozen=True, eq=False)
class Scored:
    """A subject's margins: case key → (factor, nudge) → margin; and what computed them."""

    subject: Subject
    wanted: Wanted
    margins: dict[str, dict[tuple[float, int], float]]
    engines: tuple[str, ...]

    def main(self, group: Group) -> Floats:
        """Margins of the squares of the usual size: float64 (n,)."""
        return self.of(group, self.wanted.factor)

    def of(self, group: Group, factor: float, chosen: NDArray[np.bool_] | None = None) -> Floats:
        """Of all cases, or of the chosen ones, bool (n,): float64 (how many,)."""
        wanted = np.ones(len(group.cases), np.bool_) if chosen is None else chosen
        return np.array([self.margins[group.cases[at].key][factor, 0] for at in np.flatnonzero(wanted)])

    def nudges(self, group: Group) -> tuple[NDArray[np.intp], Floats]:
        """Which cases were nudged (k,), and the margins of their 26 nudged squares: float64 (k, 26)."""
        every = [[margin for (_, nudge), margin in self.margins[case.key].items() if nudge] for case in group.cases]
        at = [index for index, margins in enumerate(every) if margins]
        margins = [every[index] for index in at]
        return np.array(at, np.intp), np.array(margins)

    @property
    def factors(self) -> tuple[float, ...]:
        """The sizes that were scored, rising."""
        usual = self.wanted.factor
        return tuple(sorted({*FACTORS, usual})) if self.wanted.sizes else (usual,)


def score_subject(
    subject: Subject, material: Material, wanted: Wanted, folder: Path, say: Say, device: Device = "auto"
) -> Scored:
    """Score what the files in `folder` do not know yet; the usual squares of all collections come first.

    Raises what the engine and the disk raise as KnownError.
    """
    engine: list[Engine] = []

    def open_it() -> Engine:
        if not engine:
            engine.append(open_engine(subject.folder, subject.card, device, throughput=True))
        return engine[0]

    kept = {name: Kept(folder, subject.card, collection) for name, collection in material.collections.items()}
    for some in (Wanted(wanted.factor, False, False), wanted):
        for name, collection in material.collections.items():
            cases = [case for case in material.cases if case.collection == name]
            squares = [(case.section, asked.square) for case in cases for asked in some.squares(case)]
            score(collection, squares, subject.card, open_it, kept[name], lambda line: say(f"{subject.name}, {line}"))
    margins = {
        case.key: {
            (asked.factor, asked.nudge): kept[case.collection].known[case.section.id, asked.square]
            for asked in wanted.squares(case)
        }
        for case in material.cases
    }
    return Scored(subject, wanted, margins, tuple(sorted({name for k in kept.values() for name in k.engines})))


def use_few_cores(threads: int | None) -> None:
    """Let this process, and the engine in it, use at most so many cores; where the system cannot, nothing changes."""
    if threads is not None and hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, allowed[-max(1, threads) :])
