"""The page of promotion: a candidate against the model in use."""

import shutil
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QStackedWidget, QWidget

from bmgui.base.errors import KnownError
from bmgui.base.user import user_name
from bmgui.learning.promotion.candidates import CandidateOrder, make_candidate
from bmgui.learning.promotion.comparable import Outlook, outlook
from bmgui.learning.promotion.promoting import (
    MARGINS,
    Comparison,
    Margins,
    check_current,
    check_decision,
    facts,
    needs_second,
    read_comparison,
    settle,
    settled,
    standing,
)
from bmgui.learning.results import evaluations
from bmgui.learning.results.evaluations import Evaluation
from bmgui.learning.results.listing import Loaded, Place, load, places_known
from bmgui.learning.runs.run import open_run
from bmgui.scoring import installing
from bmgui.ui.marks import mark
from bmgui.ui.retrain.collections.pieces import label
from bmgui.ui.retrain.opening import open_section
from bmgui.ui.retrain.page import RetrainPage
from bmgui.ui.retrain.promotion.choose_view import ChooseView
from bmgui.ui.retrain.promotion.comparison_view import ComparisonView
from bmgui.ui.retrain.promotion.done_view import DoneView
from bmgui.ui.retrain.promotion.look_page import LookOncePage
from bmgui.ui.retrain.promotion.protocol_view import ProtocolView
from bmgui.ui.retrain.promotion.wording import looks_added
from bmgui.ui.retrain.workshop import Workshop
from bmgui.wording import tr

_CANCEL_S = 10.0
_OUTDATED = ("comparison-of-older-data", "comparison-of-others")  # what was compared is not what is here


class PromotionPage(RetrainPage):
    """Choose, compare on the locked test, answer the protocol, install and switch, roll back. One view a step."""

    name = "promotion"
    words = mark("Promote")
    tip = mark("Compare a candidate with the model in use, and decide.")
    icon = "promote"

    def __init__(self, workshop: Workshop) -> None:
        super().__init__(workshop)
        self.evaluation: Evaluation | None = None
        self.installing = False
        self._loaded: Loaded | None = None
        self._compared: Outlook | None = None
        self._wanted: tuple[Path, str] | None = None
        self._closed = False
        self.choose, self.comparison_view = ChooseView(), ComparisonView()
        self.protocol, self.done = ProtocolView(), DoneView()
        self._stack = QStackedWidget()
        self._views = (self.choose, self.comparison_view, self.protocol, self.done)
        for view in self._views:
            self._stack.addWidget(view)
        self.column.addWidget(self._stack, 1)
        self._step = label("quiet", wrap=False)
        self.top.addWidget(self._step)
        self._stack.currentChanged.connect(lambda _at: self._show_step())
        self._connect()
        workshop.shelf_changed.connect(self._shelf_changed)
        self.retranslate()

    def _connect(self) -> None:
        self.choose.chosen.connect(self._look)
        self.choose.compare.connect(self.compare)
        self.choose.show_wanted.connect(self.show_comparison)
        self.choose.cancel.connect(self.cancel)
        self.choose.to_plan.connect(lambda: self.workshop.go("plan"))
        self.comparison_view.opened.connect(self._open)
        self.comparison_view.back.connect(self._to_choose)
        self.comparison_view.on.connect(self._to_protocol)
        self.protocol.back.connect(partial(self._stack.setCurrentWidget, self.comparison_view))
        self.protocol.install.connect(self.install)
        self.done.rollback.connect(self.roll_back)
        self.done.models.connect(lambda: self.workshop.go("models", self.active))
        self.done.again.connect(self._to_choose)

    # --- where it stands ---

    @property
    def view(self) -> QWidget:
        """choose, comparison_view, protocol or done."""
        return self._views[self._stack.currentIndex()]

    @property
    def active(self) -> str:
        """The id of the model in use."""
        return self.workshop.window.library.default_id

    @property
    def comparison(self) -> Comparison | None:
        return self.comparison_view.comparison

    @property
    def _is_overtaken(self) -> bool:
        """Whether what is on show is of a model that is not in use any more: it was switched elsewhere."""
        if self.view is self.done:
            return self.done.in_use != self.active
        compared = self.comparison
        return self.view is not self.choose and compared is not None and compared.active != self.active

    def enter(self, where: object) -> None:
        """where: a run's folder and a job's name; or nothing."""
        if isinstance(where, tuple) and not self.installing and self.evaluation is None:
            self._wanted = Path(where[0]).absolute(), str(where[1])
            self._stack.setCurrentWidget(self.choose)
        if self.view is self.choose:
            self._refresh()

    def may_close(self) -> bool:
        """A comparison ends with the window: what it scored is kept. An installation is waited for."""
        self._closed = True
        if self.evaluation is not None:
            self.evaluation.cancel()
            self.evaluation.wait(_CANCEL_S)
        return True

    def _shelf_changed(self, kind: str) -> None:
        if self._closed or self.installing or self.evaluation is not None:
            return
        if kind == "models" and self._is_overtaken:
            self._to_choose()
        elif self.isVisible() and self.view is self.choose:
            self._refresh()

    # --- choose ---

    def _to_choose(self) -> None:
        self._stack.setCurrentWidget(self.choose)
        self._refresh()

    def _refresh(self) -> None:
        self.workshop.work(places_known, self._show_places)

    def _show_places(self, found: tuple[Place, ...]) -> None:
        wanted, self._wanted = self._wanted, None
        places = [place for place in found if len(place.runs) == 1 and place.jobs]
        self.choose.show_choices(places, self.active, wanted)

    def _look(self, run: Path, job: str) -> None:
        """What comparing this job would look at, and whether it was done already."""
        model = self.workshop.window.library.folder(self.active)

        def found() -> tuple[Outlook, Margins | None, bool]:
            told = outlook(run, job, model)
            return told, settled(told.folder), evaluations.has_results(told.folder)

        def show(told: tuple[Outlook, Margins | None, bool]) -> None:
            if self.choose.choice == (run, job):  # else another was chosen meanwhile
                self.choose.show_outlook(*told)

        self.workshop.work(found, show)

    # --- compare ---

    def compare(self) -> None:
        """Ask once more where it is a new look at the locked test, then compare."""
        here = self.choose.outlook
        if here is None or not here.possible or self.evaluation is not None:
            return
        if looks_added(here):
            self.workshop.window.show_page(LookOncePage(self, here, lambda: self._compare(here)))
        else:
            self._compare(here)

    def _compare(self, here: Outlook) -> None:
        """Settle the margins, then score the locked test with both models. here: what was asked about."""
        if self._closed or self.evaluation is not None or here != self.choose.outlook:
            return
        soon = self.workshop.call_soon
        try:
            if settled(here.folder) is None:
                settle(here.folder, MARGINS[self.choose.strictness])
            order = here.order(self.workshop.window.library.folder(here.active))
            self.evaluation = evaluations.start(
                order,
                lambda line: soon(partial(self._said, line)),
                lambda error: soon(partial(self._ended, error)),
            )
        except KnownError as error:
            self.workshop.trouble.emit(error)
            return
        self.choose.show_work(tr("Starting …"))

    def _said(self, line: str) -> None:
        if self.evaluation is not None:
            self.choose.show_work(line.strip())

    def _ended(self, error: KnownError | None) -> None:
        self.evaluation = None
        if self._closed:
            return
        self.choose.show_work("")
        self.workshop.shelf_changed.emit("collections")  # a look was written down
        if error is not None:
            self.workshop.trouble.emit(error)
            self._refresh()
        elif self.choose.outlook is not None and self.choose.outlook.active != self.active:
            self._refresh()  # switched elsewhere meanwhile: it was a comparison with the one before
        else:
            self.show_comparison()

    def cancel(self) -> None:
        """End the comparison; what was scored is kept, and a look stays a look."""
        if self.evaluation is not None:
            self.evaluation.cancel()

    def show_comparison(self) -> None:
        """Read what was measured, and show it."""
        here = self.choose.outlook
        if here is None:
            return
        weights = self.workshop.window.library.card(here.active).sha256

        def found() -> tuple[Comparison, Loaded]:
            compared = read_comparison(open_run(here.run), here.job, here.active, weights)
            return compared, load(here.folder, (here.run,))

        def show(told: tuple[Comparison, Loaded]) -> None:
            self._compared, self._loaded = here, told[1]
            self.comparison_view.show_comparison(told[0], told[1].collections)
            self._stack.setCurrentWidget(self.comparison_view)

        self.workshop.work(found, show)

    def _open(self, collection: str, section: str) -> None:
        loaded = self._loaded
        if loaded is not None and collection in loaded.folders:
            open_section(self.workshop, loaded.folders[collection], section, factor=loaded.results.factor)

    # --- decide and install ---

    def _to_protocol(self) -> None:
        comparison, compared = self.comparison, self._compared
        if comparison is None or compared is None:
            return
        if self.protocol.comparison is not comparison:
            unsaid = [s.name for s in comparison.results.subjects if not s.learnt or s.unsaid]
            self.protocol.begin(
                comparison,
                title=f"{compared.run.name}, {compared.job}",
                identity=installing.free_id(compared.run.name),
                by=user_name(),
                unsaid=unsaid,
            )
        self._stack.setCurrentWidget(self.protocol)

    def install(self) -> None:
        """Make the candidate's card, install it and switch, in the background."""
        comparison, compared, filled = self.comparison, self._compared, self.protocol.filled
        if comparison is None or compared is None or self.installing:
            return
        answers, second, why = self.protocol.answers, self.protocol.second, filled("why")
        try:
            check_decision(comparison, answers, why, second)
            kept = facts(open_run(compared.run), comparison, answers, second)
        except KnownError as error:
            self.workshop.trouble.emit(error)
            return
        stands = standing(comparison.verdict, answers)
        limits = (_limit(comparison.active, stands),) if needs_second(stands) else ()
        by, soon = filled("by"), self.workshop.call_soon
        place = Path(tempfile.mkdtemp(prefix="bmgui-"))
        order = CandidateOrder(
            compared.run,
            compared.job,
            filled("identity"),
            filled("title"),
            place / "model",
            (comparison.folder,),
            limits,
        )

        def step(name: str) -> None:
            soon(partial(self.done.reach, name))

        self.installing = True
        self.done.begin(order.identity, comparison.active)
        self._stack.setCurrentWidget(self.done)
        self.workshop.long_work(
            partial(_install, order, place, comparison, why, by, kept, step), self._installed, self._not_installed
        )

    def _installed(self, model: str) -> None:
        self.installing = False
        self._show_step()
        self.done.finish(model, installing.can_roll_back())
        self.workshop.window.follow_model()

    def _not_installed(self, error: KnownError) -> None:
        self.installing = False
        self._stack.setCurrentWidget(self.protocol)
        self._say_and_follow(error)

    def _say_and_follow(self, error: KnownError) -> None:
        self.workshop.trouble.emit(error)
        self.workshop.window.follow_model()
        if self._is_overtaken or error.code in _OUTDATED:
            self._to_choose()

    def roll_back(self) -> None:
        """Use the model before again."""

        def back(model: str) -> None:
            self.done.went_back(model)
            self.workshop.window.follow_model()

        why, by, to = tr("rolled back after promotion"), user_name(), self.done.before
        self.workshop.work(lambda: installing.rollback(why, by=by, to=to), back, self._say_and_follow)

    def _show_step(self) -> None:
        names = (tr("choose"), tr("comparison"), tr("protocol"), tr("installing") if self.installing else tr("in use"))
        at = self._stack.currentIndex()
        self._step.setText(tr("Step {number} of {all}: {name}", number=at + 1, all=len(names), name=names[at]))

    def retranslate(self) -> None:
        super().retranslate()
        self._show_step()
        for view in self._views:
            view.retranslate()


def _install(
    order: CandidateOrder,
    place: Path,
    comparison: Comparison,
    why: str,
    by: str,
    kept: dict[str, object],
    step: Callable[[str], None],
    stop: threading.Event,
) -> str:
    """In the background: the card, then the installation; its id. The candidate's folder goes in any case."""
    try:
        check_current(open_run(order.run), order.job, comparison.results)  # it may have been on show for hours
        against = comparison.active, comparison.results.subject(comparison.active).weights_sha256
        installing.check_in_use(against)  # before the work; the installation looks again
        make_candidate(order, stop=stop)
        return installing.install(order.output, why, by=by, facts=kept, instead_of=against, on_step=step)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _limit(active: str, verdict: str) -> str:
    """On the card of a model that was installed though it was not shown to be as good; cards are in English."""
    return f"Compared with {active} before it was installed: {verdict}. It was installed all the same; see the history."
