"""What the plan page does on a click and what may take minutes: timing steps, fetching weights, installing packages."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bmgui.base.errors import KnownError
from bmgui.learning.plans.plan import Plan, Start
from bmgui.learning.preparing import costs, needs
from bmgui.learning.preparing.costs import Time
from bmgui.learning.preparing.fetching import fetch_in_process
from bmgui.learning.preparing.start_weights import Offered
from bmgui.learning.preparing.weight_files import start_from
from bmgui.ui.retrain.plan.summary import Summary
from bmgui.ui.retrain.plan.weights import Key, Weights
from bmgui.ui.retrain.workshop import Workshop
from bmgui.wording import tr

T = TypeVar("T")
Soon = Callable[[Callable[[], None]], None]
"""Calls something in the main thread, unless the errand was cancelled or is over by then; from any thread."""


class Errand:
    """One thing at a time in the lane for long work. `cancel` answers at once, even where the lane is still busy with
    something else. ended(): it is over, however."""

    def __init__(self, workshop: Workshop, ended: Callable[[], None]) -> None:
        self._workshop, self._ended = workshop, ended
        self._token: object | None = None
        self._stop: threading.Event | None = None

    @property
    def at_work(self) -> bool:
        return self._token is not None

    def begin(self, what: Callable[[threading.Event, Soon], T], done: Callable[[T], None]) -> None:
        """Do it in the background, then `done`; what goes wrong is said in the window's line."""
        token = self._token = object()

        def now(call: Callable[[], None]) -> None:
            if self._token is token:
                call()

        def soon(call: Callable[[], None]) -> None:
            self._workshop.call_soon(lambda: now(call))

        def over(value: T) -> None:
            self._token = None
            done(value)
            self._ended()

        def failed(error: KnownError) -> None:
            self._token = None
            self._workshop.trouble.emit(error)
            self._ended()

        self._stop = self._workshop.long_work(
            lambda stop: what(stop, soon),
            lambda value: now(lambda: over(value)),
            lambda error: now(lambda: failed(error)),
        )

    def cancel(self) -> None:
        if self._stop is not None and self.at_work:
            self._token = None
            self._stop.set()
            self._ended()


class Errands:
    """The page's three. changed(): what the page shows may be out of date."""

    def __init__(self, workshop: Workshop, weights: Weights, summary: Summary, changed: Callable[[], None]) -> None:
        self._weights, self._summary, self._changed = weights, summary, changed
        self._time: Time | None = None
        self._time_key: tuple[object, ...] = ()
        self.timing = Errand(workshop, self._timed)
        self.fetching = Errand(workshop, self._fetched)
        self.installing = Errand(workshop, self._installed)
        weights.cancel_wanted.connect(self.fetching.cancel)
        summary.time_cancelled.connect(self.timing.cancel)
        summary.install_cancelled.connect(self.installing.cancel)
        summary.install_wanted.connect(self.install)

    # --- timing ---

    def time(self, plan: Plan) -> None:
        """Time a few real steps of this plan."""
        if self.timing.at_work:
            return

        def known(time: Time) -> None:
            self._time, self._time_key = time, costs.timing_key(plan)

        self._summary.show_timing(True)
        self.timing.begin(lambda stop, _soon: costs.time_of(plan, stop), known)

    def _timed(self) -> None:
        self._summary.show_timing(False)
        self._changed()

    def time_of(self, plan: Plan) -> Time | None:
        """What was timed, for the plan as it is now; None where it has to be timed anew."""
        if self._time is None or costs.timing_key(plan) != self._time_key:
            return None
        return costs.retimed(plan, self._time)

    def forget_time(self) -> None:
        """The collections changed."""
        self._time = None

    # --- weights ---

    def fetch(self, key: Key, weights: Offered) -> None:
        """Fetch one file of weights."""
        if self.fetching.at_work:
            return
        self._weights.show_fetching(key)

        def fetch(stop: threading.Event, soon: Soon) -> object:
            def told(done: int, size: int) -> None:
                soon(lambda: self._weights.show_fetching(key, done, size))

            return fetch_in_process(weights.url, weights.path, stop, told)

        self.fetching.begin(fetch, lambda _path: None)

    def check(self, key: Key, file: Path, fits: Callable[[Start], None]) -> None:
        """See whether a file serves as this start; `fits` gets it where it does."""
        if self.fetching.at_work:
            return
        self._weights.show_fetching(key, checking=True)
        self.fetching.begin(lambda stop, _soon: start_from(key[1], file, stop), fits)

    def _fetched(self) -> None:
        self._weights.show_fetching(None)
        self._changed()

    # --- packages ---

    def install(self) -> None:
        """Let pip install what training needs."""
        if self.installing.at_work:
            return
        self._summary.show_installing(tr("pip begins…"))

        def install(stop: threading.Event, soon: Soon) -> object:
            return needs.install(stop, lambda line: soon(lambda: self._summary.show_installing(line)))

        self.installing.begin(install, lambda _missing: None)

    def _installed(self) -> None:
        self._summary.show_installing(None)
        self._changed()
