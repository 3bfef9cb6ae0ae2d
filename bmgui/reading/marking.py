"""The squares on the shown frame: what the hand does to them, and which of them is to be scored next.

While the square is dragged and the worker keeps pace, the hand's newest square is *held*: it is scored, and shown only
together with its score. So number, map and square stay together at every moment and nothing blinks.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bmgui.base.errors import KnownError
from bmgui.imaging.square import Square, fit_square
from bmgui.reading.findings import Findings
from bmgui.reading.gallery import Gallery
from bmgui.reading.lookup import Lookup
from bmgui.reading.readings import Readings
from bmgui.reading.scorer import Asked, Scorer, Source
from bmgui.reading.session import History, Marked, Marks

_REST_CROPS = 4  # made at a time: more would hold up the window


@dataclass
class _Held:
    """asked: what is being scored; hand: the newest square that the hand wished for."""

    asked: Source
    hand: Square


class Marking:
    """tell: called with the aspects that changed. trouble: gets the errors of requests that failed."""

    def __init__(
        self,
        gallery: Gallery,
        readings: Readings,
        scorer: Scorer,
        lookup: Lookup,
        findings: Findings,
        *,
        tell: Callable[..., None],
        trouble: Callable[[KnownError], None],
    ) -> None:
        self._gallery, self._readings, self._scorer, self._lookup = gallery, readings, scorer, lookup
        self._findings = findings
        self._tell, self._trouble = tell, trouble
        self.history: History | None = None
        self._held: _Held | None = None
        self._resting = True
        self._failed: Source | None = None

    @property
    def marks(self) -> Marks:
        return Marks() if self.history is None else self.history.marks

    # --- the shown frame comes and goes ------------------------------------------------------------------------------
    def arrive(self) -> None:
        """A decoded frame is shown: take up its marks."""
        scan, decoded = self._gallery.scan, self._gallery.decoded
        assert scan is not None
        assert decoded is not None
        height, width = decoded.frame.shape[:2]
        proposed = self._findings.offer.squares
        self.history = self._readings.history(scan.fingerprint, self._gallery.number, proposed, width, height)
        self._resting = True
        self._offer_learnt()
        self._tell("square", "opinion", "evidence")
        self._findings.look()
        self.pursue()

    def found(self) -> None:
        """The finder has answered for the shown frame: its proposals, if nothing was done here yet, and its doubts."""
        self._offer_learnt()
        self._tell("square", "opinion")

    def _offer_learnt(self) -> None:
        """The finder's squares take the place of the rule's, but never under the hand."""
        history = self.history
        if history is None or history.touched or not self._findings.learn():
            return
        current = history.marks.current
        if current is not None and not current.confirmed:  # else they are kept masses: they stay
            history.begin(Marks((Marked(self._findings.offer.squares[0], confirmed=False),), 0))

    def leave(self) -> None:
        """Another frame is about to be shown."""
        if self.history is not None:
            self._end_step()
            self.keep()
        self.history = None
        self._scorer.stop_resting()
        self._drop_explanation()

    # --- what the hand does ------------------------------------------------------------------------------------------
    def touch(self) -> None:
        """The hand is on the picture: the proposals stay as they are."""
        if self.history is not None:
            self.history.touched = True

    def choose_proposal(self, index: int) -> None:
        """The rule's proposals are choices for one mass; the finder's are masses of their own."""
        offer = self._findings.offer
        if self.history is None or not 0 <= index < len(offer.squares):
            return
        self._end_step()
        square, current, squares = offer.squares[index], self.marks.current, [mass.square for mass in self.marks.masses]
        if offer.kind == "learnt" and square in squares:
            self.touch()
            self.select(squares.index(square))
            return
        moves = current is not None and (offer.kind == "rule" and current.square in offer.squares)
        if current is not None and (moves or not current.confirmed):
            self._step(self.marks.changed(Marked(square, current.confirmed)))
        else:
            self._step(self.marks.added(Marked(square, confirmed=False)))

    def accept(self) -> None:
        self._end_step()
        current = self.marks.current
        if current is not None and not current.confirmed:
            self._step(self.marks.changed(Marked(current.square, confirmed=True)))

    def set_square(self, square: Square, resting: bool) -> None:
        if self.history is None or self.marks.current is None:
            return
        self.touch()  # also while the square is only held
        square = self._fit(square)
        if resting:
            self._held = None
            self._show(square)
            self.rest()
        elif square != self.hand:
            self._resting = False
            self._scorer.stop_resting()
            self._follow(square)

    def nudge(self, dx_px: int, dy_px: int) -> None:
        hand = self.hand
        if hand is not None:
            self.set_square(hand.moved(dx_px, dy_px), resting=False)

    def grow(self, factor: float) -> None:
        hand = self.hand
        if hand is not None:
            side = round(hand.side * factor)
            if side == hand.side:
                side += 1 if factor > 1 else -1
            self.set_square(hand.resized(side), resting=False)

    def draw(self, square: Square) -> None:
        if self.history is None:
            return
        self._end_step()
        mass, current = Marked(self._fit(square), confirmed=True), self.marks.current
        replaces = current is not None and not current.confirmed
        self._step(self.marks.changed(mass) if replaces else self.marks.added(mass))

    def select(self, index: int) -> None:
        if self.history is None or not 0 <= index < len(self.marks.masses) or index == self.marks.selected:
            return
        self._end_step()
        self.history.select(index)
        self._changed()

    def remove(self) -> None:
        self._end_step()
        if self.marks.selected is not None:
            self._step(self.marks.removed())

    def undo(self) -> None:
        self._end_step()
        if self.history is not None and self.history.undo():
            self._changed()

    def redo(self) -> None:
        self._end_step()
        if self.history is not None and self.history.redo():
            self._changed()

    def rest(self) -> None:
        """The hand rests: the step of undo ends, the square is kept, its range is asked for."""
        if self.history is None:
            return
        self._end_step()
        self._changed()

    # --- while it moves ----------------------------------------------------------------------------------------------
    @property
    def hand(self) -> Square | None:
        """The newest square that the hand wished for, shown or held."""
        if self._held is not None:
            return self._held.hand
        current = self.marks.current
        return None if current is None else current.square

    def _follow(self, square: Square) -> None:
        if self._scorer.keeps_pace() and not self._lookup.scored(square):
            if self._held is not None:
                self._held.hand = square
                self._tell("square")
                return
            self._held = _Held(self._lookup.source(square), square)
            self._scorer.ask_now(self._held.asked, self._lookup.crop(square))
            self._tell("square")
            return
        self._held = None
        self._show(square)
        self.pursue()

    def _show(self, square: Square) -> None:
        """The selected mass is here now: part of a step that `rest` ends."""
        assert self.history is not None
        current = self.marks.current
        if current is not None and square != current.square:  # a proposal that stays where it is stays one
            self.history.move(self.marks.changed(Marked(square, confirmed=True)))
            self._tell("square", "opinion", "evidence")

    def _end_step(self) -> None:
        """What is held is shown, and the step of undo ends; every command but moving begins so."""
        if self.history is None:
            return
        held, self._held = self._held, None
        if held is not None:
            self._show(held.hand)
        self.history.rest()

    def _fit(self, square: Square) -> Square:
        decoded = self._gallery.decoded
        assert decoded is not None
        height, width = decoded.frame.shape[:2]
        return fit_square(square, width, height)

    def _step(self, marks: Marks) -> None:
        """One whole step of undo. Callers end the step before (`_end_step`), which shows what was held."""
        assert self.history is not None
        self.history.do(marks)
        self._changed()

    def _changed(self) -> None:
        self._resting = True
        self._scorer.stop_resting()
        self._failed = None
        self.keep()
        self._tell("square", "opinion", "evidence")
        self.pursue()

    # --- what to score next ------------------------------------------------------------------------------------------
    def pursue(self) -> None:
        """Ask for what the shown frame's opinions still lack: first the selected mass, then its range, then the rest.

        Safe to call at any time: it asks for nothing twice.
        """
        current = self.marks.current
        source = None if current is None else self._lookup.source(current.square)
        explained = self._scorer.explanation
        if explained is not None and explained.source != source:
            self._drop_explanation()
        if self.history is None or not self._scorer.answers or self._held is not None:
            return
        if current is not None and source is not None and current.confirmed and not self._lookup.scored(current.square):
            if source != self._failed:
                self._scorer.ask_now(source, self._lookup.crop(current.square))
            return
        if self._resting and self._scorer.rest is None and self._failed is None:
            self._ask_rest()

    def _ask_rest(self) -> None:
        marks = self.marks
        others = [mass for i, mass in enumerate(marks.masses) if i != marks.selected]
        for mass in [*([marks.current] if marks.current else []), *others]:
            squares = self._lookup.missing(mass.square)[:_REST_CROPS] if mass.confirmed else []
            if squares:
                self._scorer.ask_rest(
                    [self._lookup.source(square) for square in squares],
                    [self._lookup.crop(square) for square in squares],
                )
                return

    def answered(self, asked: Asked, error: KnownError | None) -> None:
        """A request is over."""
        if error is not None:
            self._failed = asked.sources[0]
            self._trouble(error)
        held = self._held
        if held is not None and asked.sources == (held.asked,):
            self._answered_held(held, error)
        else:
            self._tell("opinion", "evidence")
        self.pursue()
        if self._resting and self._scorer.rest is None and self._scorer.now is None:
            self.keep()

    def _answered_held(self, held: _Held, error: KnownError | None) -> None:
        self._held = None
        if error is not None:
            self._show(held.hand)
            return
        self._show(held.asked.square)
        if held.hand != held.asked.square:
            self._follow(held.hand)

    def model_changed(self) -> None:
        """Another model, device, prior or worker: everything is looked up anew."""
        self._failed = None
        self._end_held()
        self._tell("opinion", "evidence")
        self.pursue()

    def _end_held(self) -> None:
        held, self._held = self._held, None
        if held is not None and self.history is not None:
            self._show(held.hand)

    def _drop_explanation(self) -> None:
        if self._scorer.drop_explanation():
            self._tell("explanation", "evidence")

    # --- keeping -----------------------------------------------------------------------------------------------------
    def keep(self) -> None:
        """Write the scan's squares and opinions, if they differ from what was written."""
        scan = self._gallery.scan
        if scan is None or self.history is None:
            return
        for mass in self.marks.masses:
            opinion = self._lookup.to_keep(mass.square) if mass.confirmed else None
            if opinion is not None:
                self._readings.keep_opinion(scan.fingerprint, self._gallery.number, mass.square, opinion)
        kept = self._readings.changed(scan.fingerprint)
        if kept is not None:
            self._gallery.keep(scan.fingerprint, kept)
