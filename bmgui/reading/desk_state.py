"""What the desk shows: read-only, and looked up each time for what is shown now."""

from dataclasses import dataclass

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import Frame
from bmgui.imaging.exam import Exam
from bmgui.imaging.opening import Unread
from bmgui.imaging.scan import Scan
from bmgui.imaging.square import Square
from bmgui.reading.doubts import frame_doubts
from bmgui.reading.findings import Findings
from bmgui.reading.gallery import Gallery
from bmgui.reading.lookup import Lookup
from bmgui.reading.marking import Marking
from bmgui.reading.opinion import Evidence, Opinion
from bmgui.reading.proposing import Kind
from bmgui.reading.readings import Readings
from bmgui.reading.scorer import Scorer
from bmgui.scoring.card import Card
from bmgui.scoring.client import WorkerState


@dataclass(frozen=True)
class Mass:
    """One mass of the shown frame. An unconfirmed one is a proposal: not scored, not kept."""

    square: Square
    confirmed: bool
    opinion: Opinion | None


class DeskState:
    """The state of a `Desk`, in properties."""

    _gallery: Gallery
    _marking: Marking
    _scorer: Scorer
    _lookup: Lookup
    _findings: Findings
    _readings: Readings
    _trouble: KnownError | None

    @property
    def exams(self) -> tuple[Exam, ...]:
        """The open exams; grows while files are being opened (aspect "exams")."""
        return self._gallery.open.exams

    @property
    def scans(self) -> tuple[Scan, ...]:
        """The scans of all exams, in the order shown: what `show_scan` and `scan_index` count (from 0)."""
        return self._gallery.open.scans

    @property
    def unread(self) -> tuple[Unread, ...]:
        """The files that could not be opened, each with its error (aspect "exams")."""
        return self._gallery.open.unread

    @property
    def opening(self) -> bool:
        """Whether files are still being opened (aspect "exams")."""
        return self._gallery.opening

    @property
    def scan(self) -> Scan | None:
        return self._gallery.scan

    @property
    def scan_index(self) -> int | None:
        return None if self.scan is None else self._gallery.open.index(self.scan.path)

    @property
    def frame_number(self) -> int:
        """The shown frame, from 1; 0 where no scan is shown."""
        return self._gallery.number

    @property
    def frame(self) -> Frame | None:
        """The decoded frame; None while it is decoded, or where `frame_error` says why not."""
        return None if self._gallery.decoded is None else self._gallery.decoded.frame

    @property
    def frame_error(self) -> KnownError | None:
        """Why there is no frame; or, beside a frame, why no square fits on it ("picture-too-small")."""
        return self._gallery.error

    @property
    def proposals(self) -> tuple[Square, ...]:
        """The proposed squares of the shown frame, likeliest first; empty until it is decoded.

        The rule's at first; the finder's take their place once it has answered, where nothing was done here until then.
        """
        return self._findings.offer.squares

    @property
    def proposed_by(self) -> Kind:
        """Who proposes them: "rule" or "learnt"."""
        return self._findings.offer.kind

    @property
    def looking(self) -> bool:
        """Whether the finder is still to answer for the shown frame."""
        return self._findings.looking

    @property
    def proposal_index(self) -> int | None:
        """Which proposal the selected mass's square is, or None (it was moved, drawn, or there is none)."""
        mass = self._marking.marks.current
        return self.proposals.index(mass.square) if mass is not None and mass.square in self.proposals else None

    @property
    def masses(self) -> tuple[Mass, ...]:
        """The masses of the shown frame (aspects "square", "opinion")."""
        return tuple(
            Mass(mass.square, mass.confirmed, self._lookup.opinion(mass.square) if mass.confirmed else None)
            for mass in self._marking.marks.masses
        )

    @property
    def selected(self) -> int | None:
        """The index of the selected mass, or None where there are none."""
        return self._marking.marks.selected

    @property
    def mass(self) -> Mass | None:
        """The selected mass."""
        return None if self.selected is None else self.masses[self.selected]

    @property
    def hand(self) -> Square | None:
        """Where the hand has the selected square while that waits for its score; None where nothing is ahead of it."""
        held, mass = self._marking.hand, self._marking.marks.current
        return None if mass is None or held == mass.square else held

    @property
    def opinion(self) -> Opinion | None:
        """The selected mass's opinion: of exactly this square, frame, model and prior, or None ("…")."""
        mass = self._marking.marks.current
        return self._lookup.opinion(mass.square) if mass is not None and mass.confirmed else None

    @property
    def evidence(self) -> Evidence | None:
        """The selected mass's evidence map, likewise; of the method that `explain` chose, once that is there."""
        mass = self._marking.marks.current
        return self._lookup.evidence(mass.square) if mass is not None and mass.confirmed else None

    @property
    def doubts(self) -> tuple[str, ...]:
        """The selected mass's doubts; before it has an opinion, those that hold for any square of the frame."""
        opinion = self.opinion
        if opinion is not None:
            return opinion.doubts
        return () if self.scan is None else frame_doubts(self.scan, self._findings.shown)

    @property
    def crop(self) -> Frame | None:
        """The selected square exactly as the network sees it: uint8 (side, side) or (side, side, 3), read-only."""
        mass = self._marking.marks.current
        return None if mass is None else self._lookup.crop(mass.square)

    @property
    def card(self) -> Card:
        """The card of the model in use."""
        return self._scorer.card

    @property
    def prior(self) -> float | None:
        """The department's own share of malignant masses, or None: the card's."""
        return self._lookup.prior

    @property
    def device(self) -> str:
        """The device asked for: "auto", "cpu" or "cuda"; what is used stands in `worker`."""
        return self._scorer.device

    @property
    def worker(self) -> WorkerState:
        return self._scorer.state

    @property
    def explanation_method(self) -> str | None:
        """The further method that was asked for this square, or None: the map that comes with every score."""
        return None if self._scorer.explanation is None else self._scorer.explanation.method

    @property
    def explanation_progress(self) -> float | None:
        """0 to 1 while a further method is being computed, else None (aspect "explanation")."""
        return None if self._scorer.explanation is None else self._scorer.explanation.progress

    @property
    def trouble(self) -> KnownError | None:
        """The last thing that went wrong and that the reader should see, until `forget_trouble`."""
        return self._trouble

    @property
    def can_undo(self) -> bool:
        return self._marking.history is not None and self._marking.history.can_undo

    @property
    def can_redo(self) -> bool:
        return self._marking.history is not None and self._marking.history.can_redo

    def has_confirmed(self, scan: Scan) -> bool:
        """Whether a square is confirmed on a frame of this scan (aspect "square"); False before it was shown."""
        return self._readings.has_confirmed(scan.fingerprint)
