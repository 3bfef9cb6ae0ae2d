"""The page where a training is planned: choices become a `Plan` (`learning/preparing/plan_draft.py`), the plan a run.

The page holds the one draft; its parts show it and report wishes. What takes time (collections, costs, packages,
weights) is asked for in the background.
"""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from bmgui.base.errors import KnownError
from bmgui.learning import shelf
from bmgui.learning.collections.splits import Leak
from bmgui.learning.plans.plan import Plan, jobs
from bmgui.learning.preparing import costs, needs
from bmgui.learning.preparing.checks import Here, Known, Mixed, Remark, known, leaks_of, learnt_tests, mixed, remarks
from bmgui.learning.preparing.costs import Disk
from bmgui.learning.preparing.plan_draft import MAMMOGRAMS, PlanDraft
from bmgui.learning.preparing.planning import folders_of, models_of, trimmed
from bmgui.learning.preparing.start_weights import offered
from bmgui.learning.preparing.starting import start_run
from bmgui.learning.runs import queue
from bmgui.scoring.card import Architecture
from bmgui.ui import file_dialogs
from bmgui.ui.icons import icon
from bmgui.ui.marks import mark
from bmgui.ui.retrain.page import RetrainPage
from bmgui.ui.retrain.plan.advanced import Advanced
from bmgui.ui.retrain.plan.choices import Basics, Chains, Networks, Presets, Stages, heading, named
from bmgui.ui.retrain.plan.errands import Errands
from bmgui.ui.retrain.plan.material import EXTERNAL, Material
from bmgui.ui.retrain.plan.summary import Summary
from bmgui.ui.retrain.plan.weights import Weights
from bmgui.ui.retrain.plan.words import jobs_words
from bmgui.ui.retrain.workshop import Workshop
from bmgui.wording import tr


class PlanPage(RetrainPage):
    """The page where a training is planned."""

    name = "plan"
    words = mark("Plan")
    tip = mark("Choose how to train, and see what it will cost in time and disk.")
    icon = "plan"

    def __init__(self, workshop: Workshop) -> None:
        super().__init__(workshop)
        self.draft = PlanDraft(lambda: workshop.window.library)
        self.ready = False
        self._tabs: list[QWidget] = []
        self._known: dict[Path, Known] = {}
        self._learnt: dict[tuple[str, Path], int] = {}
        self._learnt_asked: set[tuple[str, Path]] = set()
        self._leaks: dict[Mixed, tuple[Leak, ...]] = {}
        """Asked for; () until it is known. Made anew whenever the collections may have changed."""
        self._card_here = False
        self._starting = False
        self.presets, self.networks, self.chains, self.basics = Presets(), Networks(), Chains(), Basics()
        self.material, self.stages, self.weights, self.advanced = Material(), Stages(), Weights(), Advanced()
        self.summary = Summary()
        self.errands = Errands(workshop, self.weights, self.summary, self._show)
        self._headings = {part: heading() for part in ("networks", "chains", "material", "weights", "stages")}
        self.more = QPushButton()
        self.more.setObjectName("plan-advanced")
        self.more.setCheckable(True)
        self.more.toggled.connect(self._show_more)
        self.advanced.hide()
        self._lay_out()
        self._connect()
        self.retranslate()

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 12, 0)
        column.setSpacing(8)
        parts: list[tuple[str, QWidget]] = [
            ("", self.presets),
            ("material", self.material),
            ("networks", self.networks),
            ("chains", self.chains),
            ("weights", self.weights),
            ("stages", self.stages),
            ("", self.basics),
        ]
        for name, widget in parts:
            if name:
                column.addSpacing(8)
                column.addWidget(self._headings[name])
            column.addWidget(widget)
        line = QHBoxLayout()
        line.addWidget(self.more)
        line.addStretch(1)
        column.addSpacing(8)
        column.addLayout(line)
        column.addWidget(self.advanced)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inner)
        beside = QHBoxLayout()
        beside.setSpacing(0)
        beside.addWidget(self._scroll, 1)
        beside.addWidget(self.summary)
        self.column.addLayout(beside, 1)

    def _connect(self) -> None:
        self.presets.chosen.connect(self._choose_preset)
        draft, choose = self.draft, self._choose
        self.networks.changed.connect(lambda networks: choose(draft.choose_networks, networks))
        self.chains.changed.connect(lambda chains: choose(draft.choose_chains, chains))
        self.basics.renamed.connect(lambda text: choose(draft.change, name=text.strip() or draft.usual_name))
        self.basics.seeded.connect(lambda seeds: choose(draft.change, seeds=seeds))
        self.basics.device_chosen.connect(lambda device: choose(draft.change, device=device))
        self.material.changed.connect(self._choose_material)
        self.material.import_wanted.connect(lambda: self.workshop.go("collections"))
        self.stages.changed.connect(lambda *changed: choose(draft.change_stage, *changed))
        self.advanced.plan_changed.connect(lambda key, value: choose(draft.change, **{key: value}))
        self.advanced.stage_changed.connect(lambda *changed: choose(draft.change_stage, *changed))
        self.advanced.augmentation_changed.connect(lambda *changed: choose(draft.change_augmentation, *changed))
        self.weights.fetch_wanted.connect(self._fetch)
        self.weights.file_wanted.connect(self._ask_file)
        self.weights.usual_wanted.connect(lambda *key: choose(draft.change_start, *key, None))
        self.summary.time_wanted.connect(self._time_steps)
        self.summary.split_wanted.connect(lambda folder: self.workshop.go("collections", folder))
        self.summary.start_wanted.connect(self._start)
        start = QShortcut(QKeySequence("Ctrl+Return"), self)
        start.activated.connect(self.summary.start.click)
        self.workshop.shelf_changed.connect(self._shelf_changed)

    # --- entering ---

    def enter(self, where: object) -> None:
        """where: a run's folder, whose plan is to be the start; None: as it was."""
        if isinstance(where, Path):
            self._begin(lambda draft: draft.begin_from(where))
        self._tint()
        self._follow_model()
        self._refresh()

    def _follow_model(self) -> None:
        try:
            self.draft.follow_model()
        except KnownError as error:
            self.workshop.trouble.emit(error)

    def _shelf_changed(self, kind: str) -> None:
        if kind == "collections":
            self.errands.forget_time()
        if kind == "models":
            self._learnt_asked.clear()
        if self.isVisible():
            self._follow_model()
            self._refresh()

    def _refresh(self) -> None:
        """Read what the choices depend on; the page shows what it knows meanwhile."""
        self.ready = False
        self._card_here = needs.has_nvidia_card()
        named = () if self.plan is None else folders_of(self.plan)

        def read() -> dict[Path, Known]:
            return {folder: known(folder) for folder in dict.fromkeys((*shelf.known("collections"), *named))}

        self.workshop.work(read, self._refreshed)

    def _refreshed(self, found: dict[Path, Known]) -> None:
        if found != self._known:
            self._learnt_asked.clear()
        self._known, self.ready, self._leaks = found, True, {}
        if self.plan is None:
            has_mammograms = any(one.kind == MAMMOGRAMS for one in found.values())
            self._choose_preset("recommended" if has_mammograms else "active")
        else:
            self._show()

    # --- choices ---

    @property
    def plan(self) -> Plan | None:
        """The plan as it is now; None until the collections were read for the first time."""
        return self.draft.plan

    def _begin(self, begin: Callable[[PlanDraft], Plan]) -> None:
        """Another plan; what was typed wrongly goes with the old one."""
        try:
            plan = begin(self.draft)
        except KnownError as error:
            self.workshop.trouble.emit(error)
        else:
            self.basics.show_name(plan.name)
            self.stages.forget()
            self.advanced.forget()
        self._show()

    def _choose_preset(self, name: str) -> None:
        self._begin(lambda draft: draft.begin(name, self._known.values()))

    def _choose(self, choose: Callable[..., None], *chosen: object, **values: object) -> None:
        """Let the draft take a choice, and show what comes of it."""
        choose(*chosen, **values)
        self._show()

    def _choose_material(self, role: str, folders: tuple[str, ...]) -> None:
        if role == EXTERNAL:
            self._choose(self.draft.change, external=folders)
        else:
            self._choose(self.draft.choose_collections, role, folders)

    # --- weights ---

    def _ask_file(self, name: str, network: Architecture) -> None:
        file = file_dialogs.ask_weights(self, "")
        if file is not None:
            self.errands.check(
                (name, network), file, lambda start: self._choose(self.draft.change_start, name, network, start)
            )

    def _fetch(self, name: str, network: Architecture) -> None:
        """Only because its button was pressed."""
        if self.plan is not None:
            weights = offered(network, self.plan.starts[name][network].torchvision)
            if weights is not None:
                self.errands.fetch((name, network), weights)

    def _time_steps(self) -> None:
        if self.plan is not None:
            self.errands.time(trimmed(self.plan))

    # --- what is shown ---

    def _show(self) -> None:
        if self.plan is None:
            return
        plan = self.plan
        card, _ = self.draft.active
        self.presets.show_preset(self.draft.begun, self.draft.run)
        self.networks.show_plan(plan)
        self.chains.show_plan(plan, card.id if card is not None else tr("is missing"))
        self.basics.show_plan(plan)
        self.material.show_plan(plan, self._known)
        self.stages.show_plan(plan)
        self.weights.show_plan(plan)
        if self.more.isChecked() or self.advanced.is_wrong:
            self.advanced.show_plan(plan)
        self._ask_learnt(plan)
        self._ask_leaks(plan)
        self._show_summary(plan)
        self._order_tabs()

    def _order_tabs(self) -> None:
        """Tab goes as the eye does, also through what was made anew."""
        order: list[QWidget] = []
        for part in (self.presets, self.material, self.networks, self.chains, self.weights, self.stages, self.basics):
            order += part.tab_order() if isinstance(part, Material) else named(part)
        order += [self.more, *self.advanced.tab_order(), *self.summary.tab_order()]
        if order != self._tabs:
            self._tabs = order
            for one, following in pairwise(order):
                QWidget.setTabOrder(one, following)

    def _show_summary(self, plan: Plan) -> None:
        count = len(jobs(plan)) if plan.networks and plan.chains else 0
        disk = self._disk(plan) if count else None
        here = Here(needs.missing(), self._card_here, disk, self._learnt, self._leaks.get(mixed(plan), ()))
        found = list(remarks(plan, self._known, here))
        if self.advanced.is_wrong or self.stages.is_wrong:
            found.insert(0, Remark("field-wrong", True))
        self.summary.show_costs(jobs_words(count) if count else "", self.errands.time_of(plan) if count else None, disk)
        self.summary.show_remarks(found, (needs.how(), needs.size(), needs.command()))
        now = queue.state()
        self.summary.show_queue(len(now.waiting) + (now.current is not None), starting=self._starting)

    def _disk(self, plan: Plan) -> Disk | None:
        try:
            return costs.disk_of(plan)
        except KnownError:
            return None

    def _ask_learnt(self, plan: Plan) -> None:
        """Which of the test pictures the start's model learnt from; asked for once a pair."""
        folders = folders_of(plan)
        pairs = [(m, f) for m in models_of(plan) for f in folders if (m, f) not in self._learnt_asked]
        if not pairs:
            return
        self._learnt_asked |= set(pairs)

        external = set(map(Path, plan.external))

        def look() -> dict[tuple[str, Path], int]:
            found: dict[tuple[str, Path], int] = {}
            for model, folder in pairs:
                found |= learnt_tests([model], [folder], external)
            return found

        self.workshop.work(look, self._learnt_known)

    def _learnt_known(self, found: dict[tuple[str, Path], int]) -> None:
        self._learnt |= found
        if self.plan is not None and any(found.values()):
            self._show_summary(self.plan)

    def _ask_leaks(self, plan: Plan) -> None:
        """Whether what is learnt from and what tests are apart; asked for once a choice of collections."""
        folders, known = mixed(plan), self._leaks
        if folders in known or sum(map(len, folders)) == 0:
            return
        known[folders] = ()

        def show(found: tuple[Leak, ...]) -> None:
            known[folders] = found
            if found and known is self._leaks and self.plan is not None:
                self._show_summary(self.plan)

        self.workshop.work(lambda: leaks_of(folders), show)

    def _show_more(self, on: bool) -> None:
        if on and self.plan is not None:
            self.advanced.show_plan(self.plan)
        self.advanced.setVisible(on)
        self._tint()

    def _tint(self) -> None:
        self.more.setIcon(icon("down" if self.more.isChecked() else "next"))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "more"):
            self._tint()

    # --- starting ---

    def _start(self) -> None:
        """Make the run, put it into the queue, and show it."""
        if self.plan is None or self._starting or self.summary.stops:
            return
        self._starting = True
        plan = trimmed(self.plan)
        timing = self.errands.time_of(plan)
        self._show_summary(self.plan)
        self.workshop.work(lambda: start_run(plan, timing.timing if timing else b""), self._started, self._not_started)

    def _started(self, folder: Path) -> None:
        self._starting = False
        self.workshop.shelf_changed.emit("runs")
        if self.plan is not None:
            self._show_summary(self.plan)
        self.workshop.go("runs", folder)

    def _not_started(self, error: KnownError) -> None:
        self._starting = False
        self.workshop.trouble.emit(error)
        if self.plan is not None:
            self._show_summary(self.plan)

    # --- words ---

    def retranslate(self) -> None:
        super().retranslate()
        for part, words in {
            "networks": tr("Networks"),
            "chains": tr("Chains: what is learnt after what"),
            "material": tr("Collections"),
            "weights": tr("Weights to start from"),
            "stages": tr("How long"),
        }.items():
            self._headings[part].setText(words)
        self.more.setText(tr("Advanced"))
        self.more.setAccessibleName(tr("Advanced"))
        self.more.setToolTip(tr("Every other key of the plan, with its usual range"))
        for widget in (self.presets, self.chains, self.basics, self.material, self.stages, self.weights, self.advanced):
            widget.retranslate()
        self.summary.retranslate()
        self._show()
