"""Opinion, evidence and crop of a square on the shown frame: looked up for exactly that subject, never remembered."""

from bmgui.imaging.crop import Frame, grey, make_crop
from bmgui.imaging.square import Square
from bmgui.reading.doubts import doubts
from bmgui.reading.findings import Findings
from bmgui.reading.frames import Decoded, Latest
from bmgui.reading.gallery import Gallery
from bmgui.reading.opinion import Evidence, Opinion, Subject, make_opinion
from bmgui.reading.readings import SAME_MARGIN, Readings
from bmgui.reading.scorer import Scored, Scorer, Source
from bmgui.reading.store import KeptOpinion
from bmgui.scoring.finding import Finding


class Lookup:
    """All methods need a shown, decoded frame, but for those that say None."""

    def __init__(
        self, gallery: Gallery, readings: Readings, scorer: Scorer, findings: Findings, prior: float | None
    ) -> None:
        self._gallery, self._readings, self._scorer, self._findings = gallery, readings, scorer, findings
        self.prior = prior
        self._doubts: Latest[tuple[Source, Finding | None], tuple[str, ...]] = Latest(256)
        self._crops: Latest[Source, Frame] = Latest(64)
        self._pixels: tuple[Decoded, Frame] | None = None
        self._evidence: Evidence | None = None

    @property
    def _prior(self) -> float:
        return self._scorer.card.calibration.prior if self.prior is None else self.prior

    def source(self, square: Square) -> Source:
        gallery = self._gallery
        assert gallery.scan is not None
        return Source(gallery.scan.fingerprint, gallery.number, square, self._scorer.card.recipe)

    def subject(self, square: Square) -> Subject:
        source, card = self.source(square), self._scorer.card
        return Subject(source.fingerprint, source.frame, square, card.id, self._prior, card.sha256)

    def scored(self, square: Square) -> bool:
        return self._scorer.book.get(self.source(square)) is not None

    def opinion(self, square: Square) -> Opinion | None:
        """None where no score of exactly this subject is there, or where the worker may not be believed."""
        if self._gallery.decoded is None or not self._scorer.answers:
            return None
        card, subject = self._scorer.card, self.subject(square)
        scored, kept = self._scorer.book.get(self.source(square)), self._kept(square)
        if scored is not None:
            return make_opinion(
                card,
                subject,
                scored.margin,
                nudged=self._nudged(square, scored, kept),
                doubts=self._doubts_of(square),
                engine=scored.engine,
            )
        if kept is not None:
            found = self._doubts_of(square)
            return make_opinion(card, subject, kept.margin, nudged=_range(kept), doubts=found, engine=kept.engine)
        return None

    def evidence(self, square: Square) -> Evidence | None:
        """The further method's map if it is there for this square, else the one that came with the score, else None."""
        if self._gallery.decoded is None or not self._scorer.answers:
            return None
        source, subject = self.source(square), self.subject(square)
        explained, scored = self._scorer.explanation, self._scorer.book.get(source)
        if explained is not None and explained.source == source and explained.map is not None:
            return self._same(Evidence(subject, explained.map, None, explained.method))
        return None if scored is None else self._same(Evidence(subject, scored.map, scored.bias))

    def crop(self, square: Square) -> Frame:
        """The square exactly as the network sees it."""
        card = self._scorer.card
        key = self.source(square)
        crop = self._crops.get(key)
        if crop is None:
            crop = make_crop(self._network_pixels(), square, card.side, card.channels, card.resample)
            crop.flags.writeable = False
            self._crops.add(key, crop)
        return crop

    def missing(self, square: Square) -> list[Square]:
        """What is still to be scored for this square's whole opinion: itself, then its nudged squares."""
        scored = self._scorer.book.get(self.source(square))
        if scored is None:
            return [square]
        kept = self._kept(square)
        if kept is not None and kept.least is not None and abs(kept.margin - scored.margin) <= SAME_MARGIN:
            return []
        return self._scorer.book.nudged(self.source(square), *self._size())[1]

    def to_keep(self, square: Square) -> KeptOpinion | None:
        """The square's score in the form in which it is kept; None where nothing new is known."""
        scored = self._scorer.book.get(self.source(square))
        if scored is None or not self._scorer.answers:
            return None
        card, nudged = self._scorer.card, self._nudged(square, scored, self._kept(square))
        margins = (scored.margin, *nudged)
        least, greatest = (min(margins), max(margins)) if nudged else (None, None)
        return KeptOpinion(card.id, card.sha256, self._prior, scored.margin, least, greatest, scored.engine)

    def _kept(self, square: Square) -> KeptOpinion | None:
        """What was kept of this square, if it was made with this model and prior."""
        source, card = self.source(square), self._scorer.card
        kept = self._readings.opinion(source.fingerprint, source.frame, square)
        if kept is None or (kept.model, kept.weights, kept.prior) != (card.id, card.sha256, self._prior):
            return None
        return kept

    def _nudged(self, square: Square, scored: Scored, kept: KeptOpinion | None) -> tuple[float, ...]:
        margins, missing = self._scorer.book.nudged(self.source(square), *self._size())
        if not missing:
            return tuple(margins)
        return _range(kept) if kept is not None and abs(kept.margin - scored.margin) <= SAME_MARGIN else ()

    def _doubts_of(self, square: Square) -> tuple[str, ...]:
        gallery, card = self._gallery, self._scorer.card
        assert gallery.scan is not None
        assert gallery.decoded is not None
        finding = self._findings.shown
        key = self.source(square), finding
        found = self._doubts.get(key)
        if found is None:
            found = doubts(gallery.scan, gallery.decoded.frame, square, card, finding)
            self._doubts.add(key, found)
        return found

    def _network_pixels(self) -> Frame:
        """The frame, once in grey where the network takes grey: `make_crop` would do it again for every crop."""
        decoded = self._gallery.decoded
        assert decoded is not None
        if self._scorer.card.channels == "rgb":
            return decoded.frame
        if self._pixels is None or self._pixels[0] is not decoded:
            self._pixels = decoded, grey(decoded.frame)
        return self._pixels[1]

    def _size(self) -> tuple[int, int]:
        assert self._gallery.decoded is not None
        height, width = self._gallery.decoded.frame.shape[:2]
        return width, height

    def _same(self, evidence: Evidence) -> Evidence:
        """The Evidence that was given before where nothing changed: whoever shows it sees that by identity."""
        before = self._evidence
        if before is None or before.map is not evidence.map or before.subject != evidence.subject:
            self._evidence = before = evidence
        return before


def _range(kept: KeptOpinion) -> tuple[float, ...]:
    return () if kept.least is None or kept.greatest is None else (kept.least, kept.greatest)
