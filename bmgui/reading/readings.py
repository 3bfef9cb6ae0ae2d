"""The readings of the open scans: each frame's marks with their history, and the opinions kept with them."""

from dataclasses import replace

from bmgui.imaging.square import Square, fit_square
from bmgui.reading.session import History, Marked, Marks
from bmgui.reading.store import Kept, KeptMass, KeptOpinion

SAME_MARGIN = 1e-3
"""Between engines, a margin differs by less."""


class Readings:
    """Main thread only. What was kept comes in by `take`, what is to be kept goes out by `kept`."""

    def __init__(self) -> None:
        self._histories: dict[tuple[str, int], History] = {}
        self._loaded: dict[str, Kept] = {}
        self._opinions: dict[tuple[str, int, Square], KeptOpinion] = {}
        self._written: dict[str, Kept] = {}

    def knows(self, fingerprint: str) -> bool:
        """Whether what is kept of this scan was taken in."""
        return fingerprint in self._loaded

    def take(self, fingerprint: str, kept: Kept) -> None:
        if self.knows(fingerprint):
            return
        self._loaded[fingerprint] = self._written[fingerprint] = kept
        for frame, masses in kept.items():
            for mass in masses:
                if mass.opinion is not None:
                    self._opinions[fingerprint, frame, mass.square] = mass.opinion

    def history(
        self, fingerprint: str, frame: int, proposals: tuple[Square, ...], width_px: int, height_px: int
    ) -> History:
        """The frame's history: begun with the kept masses, else with the first proposal, where there is none yet."""
        key = fingerprint, frame
        if key not in self._histories:
            kept = self._loaded.get(fingerprint, {}).get(frame, ())
            masses = tuple(Marked(fit_square(mass.square, width_px, height_px), confirmed=True) for mass in kept)
            masses = masses or tuple(Marked(square, confirmed=False) for square in proposals[:1])
            self._histories[key] = History(Marks(masses, 0 if masses else None))
        return self._histories[key]

    def opinion(self, fingerprint: str, frame: int, square: Square) -> KeptOpinion | None:
        return self._opinions.get((fingerprint, frame, square))

    def keep_opinion(self, fingerprint: str, frame: int, square: Square, opinion: KeptOpinion) -> None:
        """Without a range of its own it keeps the range that the same margin had."""
        before = self.opinion(fingerprint, frame, square)
        if before is not None and opinion.least is None and agree(before, opinion):
            opinion = replace(opinion, least=before.least, greatest=before.greatest)
        self._opinions[fingerprint, frame, square] = opinion

    def kept(self, fingerprint: str) -> Kept:
        """What is to be kept of this scan: the confirmed masses of the frames seen, and what was kept of the others."""
        frames = dict(self._loaded.get(fingerprint, {}))
        for (whose, frame), history in self._histories.items():
            if whose == fingerprint:
                confirmed = (mass.square for mass in history.marks.masses if mass.confirmed)
                frames[frame] = tuple(KeptMass(s, self.opinion(fingerprint, frame, s)) for s in confirmed)
        return {frame: masses for frame, masses in frames.items() if masses}

    def changed(self, fingerprint: str) -> Kept | None:
        """What is to be kept, if it differs from what was last taken in, or given out and written; else None."""
        kept = self.kept(fingerprint)
        if kept == self._written.get(fingerprint, {}):
            return None
        self._written[fingerprint] = kept
        return kept

    def not_written(self, fingerprint: str) -> None:
        """What `changed` gave out last did not reach the disk: it gives it out again."""
        self._written.pop(fingerprint, None)

    def has_confirmed(self, fingerprint: str) -> bool:
        return any(self.kept(fingerprint).values())

    def clear(self) -> None:
        self._histories.clear()
        self._loaded.clear()
        self._opinions.clear()
        self._written.clear()


def agree(one: KeptOpinion, two: KeptOpinion) -> bool:
    """Whether both were made from the same weights and the margins are the same but for an engine's rounding."""
    return one.weights == two.weights and abs(one.margin - two.margin) <= SAME_MARGIN
