"""The plan that is being put together: where it began (a preset, or an earlier run's plan), and each choice since."""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bmgui.base.errors import KnownError
from bmgui.learning.plans.plan import Chain, Plan, Start
from bmgui.learning.preparing.checks import Known
from bmgui.learning.preparing.planning import (
    CBIS,
    US,
    active_of,
    preset,
    usual_start,
    with_another_active,
    with_chains,
    with_networks,
    with_stage,
    with_start,
)
from bmgui.learning.runs.run import open_run
from bmgui.scoring.card import Architecture, Card, read_card
from bmgui.scoring.library import Library

RUN = "run"
"""In place of a preset's name: the plan of an earlier run."""
MAMMOGRAMS = "cbis-ddsm"
"""The kind of collection that is likely meant for mammography."""


class PlanDraft:
    """library: gives the models that are installed now. begun: a preset's name, or RUN with `run`, its folder."""

    def __init__(self, library: Callable[[], Library]) -> None:
        self._library = library
        self.plan: Plan | None = None
        self.begun = ""
        self.run: Path | None = None

    # --- beginning ---

    def begin(self, name: str, known: Iterable[Known] = ()) -> Plan:
        """A preset, or RUN: the plan of `run` as it was. The collections that were chosen stay.

        known: at the first time, those among which the likely ones are chosen. Raises what `preset` and `open_run` do.
        """
        before = self.plan
        plan = open_run(self.run).plan if name == RUN and self.run is not None else preset(name)
        if before is None:
            plan = replace(plan, collections={**plan.collections, **_likely(plan, known)})
        else:
            chosen = {role: folders for role, folders in before.collections.items() if folders}
            plan = replace(plan, collections={**plan.collections, **chosen})
            if name != RUN:
                plan = replace(plan, external=before.external, device=before.device)
        return self._take(name, plan)

    def begin_from(self, run: Path) -> Plan:
        """An earlier run's plan with its collections. Raises what `open_run` does."""
        plan = open_run(run).plan
        self.run = run
        return self._take(RUN, plan)

    def _take(self, name: str, plan: Plan) -> Plan:
        self.begun, self.plan = name, plan
        self.plan = with_chains(plan, plan.chains, *self.active)
        return self.plan

    @property
    def usual_name(self) -> str:
        """What the plan is called where nobody names it."""
        return self.run.name if self.begun == RUN and self.run is not None else self.begun

    # --- the model in use ---

    @property
    def active(self) -> tuple[Card | None, Path | None]:
        """What "active" means: in the plan of a run the model that it meant then, else the one in use.

        None where the model that was chosen is gone: no training starts from another one by accident.
        """
        if self.begun == RUN and self.plan is not None and Path(active_of(self.plan)).is_absolute():
            folder = Path(active_of(self.plan))
            with contextlib.suppress(KnownError):
                return read_card(folder), folder
        library = self._library()
        with contextlib.suppress(KnownError):
            chosen = library.chosen_id()
            return library.card(chosen), library.folder(chosen)
        return None, None

    def follow_model(self) -> None:
        """Another model may be in use than when the plan was made; a run's own plan stays as it was.

        Raises what `preset` does.
        """
        card, folder = self.active
        if self.plan is None or self.begun == RUN or card is None or folder is None:
            return
        if active_of(self.plan) in ("", str(folder)):
            return
        if self.begun == "active":
            self.begin("active")
        else:
            self.plan = with_another_active(self.plan, card, folder)

    # --- choices; each gives nothing where no plan was begun ---

    def choose_networks(self, networks: Sequence[Architecture]) -> None:
        if self.plan is not None:
            self.plan = with_networks(self.plan, networks, *self.active)

    def choose_chains(self, chains: Sequence[Chain]) -> None:
        if self.plan is not None:
            self.plan = with_chains(self.plan, chains, *self.active)

    def choose_collections(self, role: str, folders: tuple[str, ...]) -> None:
        """role: one of the plan's names for what its stages learn from."""
        if self.plan is not None:
            self.change(collections={**self.plan.collections, role: folders})

    def change(self, **values: Any) -> None:
        """Other values of the plan's keys; whoever asks has checked them by their rules."""
        if self.plan is not None:
            self.plan = replace(self.plan, **values)

    def change_stage(self, name: str, key: str, value: Any) -> None:
        """Another value of a stage's key."""
        if self.plan is not None:
            self.plan = with_stage(self.plan, replace(self.plan.stages[name], **{key: value}))

    def change_augmentation(self, name: str, key: str, value: Any) -> None:
        if self.plan is not None:
            rules = replace(self.plan.stages[name].augmentation, **{key: value})
            self.change_stage(name, "augmentation", rules)

    def change_start(self, name: str, network: Architecture, start: Start | None) -> None:
        """Other weights to start from; None: the usual ones."""
        if self.plan is not None:
            self.plan = with_start(self.plan, name, network, start or usual_start(name, network))


def _likely(plan: Plan, known: Iterable[Known]) -> dict[str, tuple[str, ...]]:
    """Where there is one collection only that can be meant, it is."""
    split = [one for one in known if one.parts]
    likely = {
        CBIS: [one for one in split if one.kind == MAMMOGRAMS],
        US: [one for one in split if one.kind != MAMMOGRAMS],
    }
    return {
        role: (str(ones[0].folder),) for role, ones in likely.items() if len(ones) == 1 and role in plan.collections
    }
