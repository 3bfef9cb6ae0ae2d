"""The state of the open exams, and what happens next: the one thing between the window's widgets and everything below.

Widgets show what stands here and report wishes to it. Main thread only; what takes time runs elsewhere and comes back
through `call_soon`. A score never stands beside a square, frame, model or prior that it was not made from: `opinion`
and `evidence` are looked up for the present subject, and are None where nothing was made from exactly that.

Behind it: `gallery` (which scan and frame), `marking` (the squares on it), `scorer` (the worker), `findings` (its
finder), `lookup` (opinions).
"""

from collections.abc import Callable, Iterable
from functools import partial, wraps
from pathlib import Path
from typing import Concatenate, Literal, ParamSpec

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import Frame
from bmgui.imaging.proposals import Proposer
from bmgui.imaging.scan import Scan
from bmgui.imaging.square import Square
from bmgui.reading.background import Background
from bmgui.reading.desk_state import DeskState, Mass
from bmgui.reading.findings import Findings
from bmgui.reading.frames import THUMBNAIL_PX
from bmgui.reading.gallery import Gallery
from bmgui.reading.lookup import Lookup
from bmgui.reading.marking import Marking
from bmgui.reading.readings import Readings
from bmgui.reading.scorer import Scorer
from bmgui.reading.store import Store
from bmgui.reading.telling import Teller
from bmgui.scoring.client import ScoringClient
from bmgui.scoring.library import Library

__all__ = ["THUMBNAIL_PX", "Aspect", "Desk", "Mass"]

Aspect = Literal["exams", "scan", "frame", "square", "opinion", "evidence", "worker", "explanation", "trouble"]

P = ParamSpec("P")


def _command(method: "Callable[Concatenate[Desk, P], None]") -> "Callable[Concatenate[Desk, P], None]":
    """A wish of the reader: whatever it changes is told once, at its end. After `close` it comes too late."""

    @wraps(method)
    def telling_once(desk: "Desk", /, *arguments: P.args, **named: P.kwargs) -> None:
        if desk._closed:
            return
        with desk._teller.one_change():
            method(desk, *arguments, **named)

    return telling_once


class Desk(DeskState):
    """All state of the open exams. Make one, show what it says, tell it what the reader wishes, close it."""

    def __init__(
        self,
        *,
        library: Library,
        store: Store,
        proposer: Proposer,
        start_client: Callable[..., ScoringClient],
        call_soon: Callable[[Callable[[], None]], None],
        on_change: Callable[[frozenset[str]], None],
        model: str = "",
        device: str = "auto",
        prior: float | None = None,
    ) -> None:
        """Starts the worker at once (without blocking), on `model` (an id; "" the library's default).

        start_client: `ScoringClient`, with a finder or without: called with (model_folder, device=…, on_state=…), then
        `start()`ed.
        call_soon: runs a callable in the main thread soon; may be called from any thread.
        on_change: called in the main thread, once for each command or event that changed something, with the aspects
        that changed (see `Aspect`), at its end; read the new state from the properties. After `close()` neither is
        called any more.
        """
        self._teller = Teller(on_change)
        self._closed = False
        self._trouble = None
        self._background = Background(lambda call: call_soon(partial(self._event, call)))
        readings = Readings()
        self._gallery = Gallery(
            self._background,
            store,
            readings,
            proposer,
            tell=self._teller.tell,
            leave=lambda: self._marking.leave(),
            arrive=lambda: self._marking.arrive(),
            trouble=self._have_trouble,
        )
        self._scorer = Scorer(
            library,
            start_client,
            self._background,
            on_state=self._worker_changed,
            on_answer=lambda asked, error: self._marking.answered(asked, error),
            on_explanation=self._explanation_changed,
        )
        self._findings = Findings(
            self._gallery,
            self._scorer,
            self._background,
            found=lambda: self._marking.found(),
            trouble=self._have_trouble,
        )
        self._lookup = Lookup(self._gallery, readings, self._scorer, self._findings, prior)
        self._marking = Marking(
            self._gallery,
            readings,
            self._scorer,
            self._lookup,
            self._findings,
            tell=self._teller.tell,
            trouble=self._have_trouble,
        )
        self._readings = readings
        self._scorer.use(model or library.default_id, device)

    # --- opening, scans, frames --------------------------------------------------------------------------------------
    @_command
    def open_paths(self, paths: Iterable[Path], *, show: bool = True) -> None:
        """Open files and folders beside what is open, in the background; the first new scan is shown as it arrives.

        show False: only where nothing is shown yet.
        """
        self._gallery.open_paths(paths, show=show)

    @_command
    def close_exams(self) -> None:
        """Close all scans; what was marked is kept in the store."""
        self._gallery.close_exams()

    @_command
    def show_scan(self, index: int) -> None:
        """Show scan `index` of `scans`, at the frame where it was left (at first: frame 1)."""
        self._gallery.show_scan(index)

    @_command
    def next_scan(self) -> None:
        """The next scan; at the last one nothing happens."""
        if self.scan_index is not None:
            self._gallery.show_scan(self.scan_index + 1)

    @_command
    def previous_scan(self) -> None:
        """The previous scan; at the first one nothing happens."""
        if self.scan_index is not None:
            self._gallery.show_scan(self.scan_index - 1)

    @_command
    def show_frame(self, number: int, *, passing: bool = False) -> None:
        """Show frame `number` of this scan, from 1; kept within the scan.

        passing: another follows at once (a loop plays), so masses are not looked for on it; `stay` ends that.
        """
        self._findings.passing = number if passing else 0
        self._gallery.show_frame(number)

    @_command
    def stay(self) -> None:
        """The loop stands still: masses are looked for on the shown frame too."""
        self._findings.passing = 0
        self._findings.look()

    def thumbnail(self, scan: Scan, done: Callable[[Frame | KnownError], None]) -> None:
        """Give `done` a small picture of the scan's middle frame, in the main thread, when there is time for it.

        Its longer side is at most `THUMBNAIL_PX`. Never called after `close()`, nor once the scans were closed.
        """
        if not self._closed:
            self._gallery.thumbnail(scan, done)

    # --- the square --------------------------------------------------------------------------------------------------
    @_command
    def touch(self) -> None:
        """The hand is on the picture: from now on the proposals of this frame stay as they are."""
        self._marking.touch()

    @_command
    def choose_proposal(self, index: int) -> None:
        """Put the selected mass on proposal `index` (from 0) while it is unconfirmed; else add that proposal.

        The rule's proposals are choices for one mass: a confirmed mass that still is on one of them moves to it, too.
        The finder's are masses of their own: one that is marked already is selected.
        """
        self._marking.choose_proposal(index)

    @_command
    def accept(self) -> None:
        """Confirm the selected mass (Enter): it is scored and kept."""
        self._marking.accept()

    @_command
    def set_square(self, square: Square, resting: bool) -> None:
        """The hand moved the selected mass's square here (fitted by the one rule); this confirms it.

        resting False: while dragging. Each position is scored, newest first. Where the worker keeps pace, the square
        *shown* (`mass.square`) goes on only together with its score, so that number, map and square always belong
        together and never go blank; where it does not, the square goes on at once and the opinion is None. So draw
        `masses` as they stand here, and `hand`, where it is ahead of them, as a thin outline.
        resting True: the drag ended, here. One drag is one step of undo.
        """
        self._marking.set_square(square, resting)

    @_command
    def nudge(self, dx_px: int, dy_px: int) -> None:
        """Move the selected square; call `rest` when no key came for a moment: until then it is one step of undo."""
        self._marking.nudge(dx_px, dy_px)

    @_command
    def grow(self, factor: float) -> None:
        """Make the selected square larger or smaller about its centre, by at least 1 px; see `nudge`."""
        self._marking.grow(factor)

    @_command
    def draw(self, square: Square) -> None:
        """A new square was drawn: it takes the place of an unconfirmed proposal, else it is one more mass."""
        self._marking.draw(square)

    @_command
    def select_mass(self, index: int) -> None:
        """Select a mass of the shown frame."""
        self._marking.select(index)

    @_command
    def remove_mass(self) -> None:
        """Remove the selected mass."""
        self._marking.remove()

    @_command
    def undo(self) -> None:
        """Take back the last step on this frame's squares."""
        self._marking.undo()

    @_command
    def redo(self) -> None:
        """Do the step again that was taken back."""
        self._marking.redo()

    @_command
    def rest(self) -> None:
        """The hand rests: ends the step of undo, keeps the square, asks for the 26 nudged scores."""
        self._marking.rest()

    # --- model, prior, evidence --------------------------------------------------------------------------------------
    @_command
    def use_model(self, model: str) -> None:
        """Score with another model: its worker starts, the old one ends, neither blocks.

        Raises KnownError("no-such-model"), and everything stays.
        """
        self._scorer.use(model, self.device)
        self._teller.tell("worker", "explanation")
        self._marking.model_changed()
        self._findings.start_again()

    @_command
    def use_device(self, device: str) -> None:
        """Score on "auto", "cpu" or "cuda": the worker is started again."""
        self._scorer.use(self._scorer.model, device)
        self._teller.tell("worker", "explanation")
        self._marking.model_changed()
        self._findings.start_again()

    @_command
    def set_prior(self, prior: float | None) -> None:
        """Assume this share of malignant masses (0 < prior < 1), or the card's: probabilities change at once."""
        if prior is not None and not 0.0 < prior < 1.0:
            raise ValueError(f"a prior of {prior}")
        self._lookup.prior = prior
        self._marking.model_changed()

    @_command
    def explain(self, method: str | None) -> None:
        """Compute a further method's map (one of `worker.methods`) for the present square; None: back to the usual."""
        mass = self._marking.marks.current
        if self._scorer.drop_explanation():
            self._teller.tell("explanation", "evidence")
        if method is None or mass is None or not mass.confirmed or not self._scorer.answers:
            return
        self._scorer.explain(self._lookup.source(mass.square), method, self._lookup.crop(mass.square))
        self._teller.tell("explanation")

    @_command
    def cancel_explanation(self) -> None:
        """Stop computing it; the usual map is shown."""
        if self._scorer.drop_explanation():
            self._teller.tell("explanation", "evidence")

    @_command
    def forget_trouble(self) -> None:
        """The reader has seen it."""
        self._trouble = None
        self._teller.tell("trouble")

    def close(self) -> None:
        """End the worker and all background work, also when busy; keep what was marked.

        When it returns no thread and no process is left, and nothing is called any more.
        """
        if self._closed:
            return
        self._closed = True
        self._teller.stop()
        self._marking.leave()
        self._background.stop()
        self._gallery.close()
        self._scorer.close()
        self._background.close()

    # --- telling -----------------------------------------------------------------------------------------------------
    def _worker_changed(self) -> None:
        state = self._scorer.state
        if state.error is not None:
            self._have_trouble(state.error)
        self._teller.tell("worker", "opinion", "evidence")
        self._marking.model_changed()

    def _explanation_changed(self, error: KnownError | None) -> None:
        if error is not None:
            self._have_trouble(error)
        self._teller.tell("explanation", "evidence")

    def _have_trouble(self, error: KnownError) -> None:
        self._trouble = error
        self._teller.tell("trouble")

    def _event(self, call: Callable[[], None]) -> None:
        with self._teller.one_change():
            call()
