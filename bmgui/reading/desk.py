"""The state of the open exams, and what happens next: the one thing between the window's widgets and everything below.

Widgets show what stands here and report wishes to it. Main thread only; what takes time runs elsewhere and comes back
through `call_soon`. A score never stands beside a square, frame, model or prior that it was not made from: `opinion`
and `evidence` are looked up for the present subject, and are None where nothing was made from exactly that.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bmgui.base.errors import KnownError
from bmgui.imaging.codec import Codec
from bmgui.imaging.crop import Frame
from bmgui.imaging.exam import Exam
from bmgui.imaging.opening import Unread
from bmgui.imaging.proposals import Proposer
from bmgui.imaging.scan import Scan
from bmgui.imaging.square import Square
from bmgui.reading.opinion import Evidence, Opinion
from bmgui.reading.store import Store
from bmgui.scoring.card import Card
from bmgui.scoring.client import ScoringClient, WorkerState
from bmgui.scoring.library import Library

Aspect = Literal["exams", "scan", "frame", "square", "opinion", "evidence", "worker", "explanation", "trouble"]


@dataclass(frozen=True)
class Mass:
    """One mass of the shown frame. An unconfirmed one is a proposal: not scored, not kept."""

    square: Square
    confirmed: bool
    opinion: Opinion | None


class Desk:
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

        start_client: `ScoringClient` itself: called with (model_folder, device=…, on_state=…), then `start()`ed.
        call_soon: runs a callable in the main thread soon; may be called from any thread.
        on_change: called in the main thread after a change, with the aspects that changed (see `Aspect`); read the new
        state from the properties. May be called from within a command. After `close()` neither is called any more.
        """

    # --- state -------------------------------------------------------------------------------------------------------
    @property
    def exams(self) -> tuple[Exam, ...]:
        """The open exams; grows while files are being opened (aspect "exams")."""
        raise NotImplementedError

    @property
    def scans(self) -> tuple[Scan, ...]:
        """The scans of all exams, in the order shown: what `show_scan` and `scan_index` count (from 0)."""
        raise NotImplementedError

    @property
    def unread(self) -> tuple[Unread, ...]:
        """The files that could not be opened, each with its error (aspect "exams")."""
        raise NotImplementedError

    @property
    def opening(self) -> bool:
        """Whether files are still being opened (aspect "exams")."""
        raise NotImplementedError

    @property
    def scan(self) -> Scan | None:
        raise NotImplementedError

    @property
    def scan_index(self) -> int | None:
        raise NotImplementedError

    @property
    def frame_number(self) -> int:
        """The shown frame, from 1; 0 where no scan is shown."""
        raise NotImplementedError

    @property
    def frame(self) -> Frame | None:
        """The decoded frame; None while it is decoded, or where `frame_error` says why not."""
        raise NotImplementedError

    @property
    def frame_error(self) -> KnownError | None:
        """Why there is no frame; or, beside a frame, why no square fits on it ("picture-too-small")."""
        raise NotImplementedError

    @property
    def proposals(self) -> tuple[Square, ...]:
        """The proposed squares of the shown frame, likeliest first; empty until it is decoded."""
        raise NotImplementedError

    @property
    def proposal_index(self) -> int | None:
        """Which proposal the selected mass's square is, or None (it was moved, drawn, or there is none)."""
        raise NotImplementedError

    @property
    def masses(self) -> tuple[Mass, ...]:
        """The masses of the shown frame (aspects "square", "opinion")."""
        raise NotImplementedError

    @property
    def selected(self) -> int | None:
        """The index of the selected mass, or None where there are none."""
        raise NotImplementedError

    @property
    def mass(self) -> Mass | None:
        """The selected mass."""
        raise NotImplementedError

    @property
    def opinion(self) -> Opinion | None:
        """The selected mass's opinion: of exactly this square, frame, model and prior, or None ("…")."""
        raise NotImplementedError

    @property
    def evidence(self) -> Evidence | None:
        """The selected mass's evidence map, likewise; of the method that `explain` chose, once that is there."""
        raise NotImplementedError

    @property
    def crop(self) -> Frame | None:
        """The selected square exactly as the network sees it: uint8 (side, side) or (side, side, 3)."""
        raise NotImplementedError

    @property
    def card(self) -> Card:
        """The card of the model in use."""
        raise NotImplementedError

    @property
    def prior(self) -> float | None:
        """The department's own share of malignant masses, or None: the card's."""
        raise NotImplementedError

    @property
    def device(self) -> str:
        """The device asked for: "auto", "cpu" or "cuda"; what is used stands in `worker`."""
        raise NotImplementedError

    @property
    def worker(self) -> WorkerState:
        raise NotImplementedError

    @property
    def explanation_method(self) -> str | None:
        """The further method that was asked for this square, or None: the map that comes with every score."""
        raise NotImplementedError

    @property
    def explanation_progress(self) -> float | None:
        """0 to 1 while a further method is being computed, else None (aspect "explanation")."""
        raise NotImplementedError

    @property
    def trouble(self) -> KnownError | None:
        """The last thing that went wrong and that the reader should see, until `forget_trouble`."""
        raise NotImplementedError

    @property
    def can_undo(self) -> bool:
        raise NotImplementedError

    @property
    def can_redo(self) -> bool:
        raise NotImplementedError

    # --- opening, scans, frames --------------------------------------------------------------------------------------
    def open_paths(self, paths: Iterable[Path]) -> None:
        """Open files and folders beside what is open, in the background; the first new scan is shown as it arrives."""

    def close_exams(self) -> None:
        """Close all scans; what was marked is kept in the store."""

    def show_scan(self, index: int) -> None:
        """Show scan `index` of `scans`, at the frame where it was left (at first: frame 1)."""

    def next_scan(self) -> None:
        """The next scan; at the last one nothing happens."""

    def previous_scan(self) -> None:
        """The previous scan; at the first one nothing happens."""

    def show_frame(self, number: int) -> None:
        """Show frame `number` of this scan, from 1; kept within the scan."""

    def thumbnail(self, scan: Scan, done: Callable[[Frame | KnownError], None]) -> None:
        """Give `done` a small picture of the scan's middle frame, in the main thread, when there is time for it.

        Its longer side is `THUMBNAIL_PX`. Never called after `close()`, nor once the scan was closed."""

    # --- the square --------------------------------------------------------------------------------------------------
    def choose_proposal(self, index: int) -> None:
        """Put the selected mass on proposal `index` (from 0) if it still is a proposal; else add that proposal."""

    def accept(self) -> None:
        """Confirm the selected mass (Enter): it is scored and kept."""

    def set_square(self, square: Square, resting: bool) -> None:
        """The hand moved the selected mass's square here (fitted by the one rule); this confirms it.

        resting False: while dragging. Each position is scored, newest first. Where the worker keeps pace, the square
        *shown* (`mass.square`) goes on only together with its score, some 30 ms behind the hand, so that number, map
        and square always belong together and never go blank; else it goes on at once and the opinion is None. So draw
        `masses` as they stand here, not the pointer's square.
        resting True: the drag ended, here. One drag is one step of undo.
        """

    def nudge(self, dx_px: int, dy_px: int) -> None:
        """Move the selected square; call `rest` when no key came for a moment."""

    def grow(self, factor: float) -> None:
        """Make the selected square larger or smaller about its centre, by at least 1 px; see `nudge`."""

    def draw(self, square: Square) -> None:
        """A new square was drawn: it takes the place of an unconfirmed proposal, else it is one more mass."""

    def select_mass(self, index: int) -> None:
        """Select a mass of the shown frame."""

    def remove_mass(self) -> None:
        """Remove the selected mass."""

    def undo(self) -> None:
        """Take back the last step on this frame's squares."""

    def redo(self) -> None:
        """Do the step again that was taken back."""

    def rest(self) -> None:
        """The hand rests: ends the step of undo, keeps the square, asks for the 26 nudged scores."""

    # --- model, prior, evidence --------------------------------------------------------------------------------------
    def use_model(self, model: str) -> None:
        """Score with another model: its worker starts, the old one ends, neither blocks. KnownError("no-such-model")."""

    def use_device(self, device: str) -> None:
        """Score on "auto", "cpu" or "cuda": the worker is started again."""

    def set_prior(self, prior: float | None) -> None:
        """Assume this share of malignant masses (0 < prior < 1), or the card's: probabilities change at once."""

    def explain(self, method: str | None) -> None:
        """Compute a further method's map (one of `worker.methods`) for the present square; None: back to the usual."""

    def cancel_explanation(self) -> None:
        """Stop computing it; the usual map is shown."""

    def forget_trouble(self) -> None:
        """The reader has seen it."""

    def close(self) -> None:
        """End the worker and all background work, keep what was marked. Nothing is called any more, no thread is left."""
