"""What the finder saw in the frames that were shown, and which proposals stand on each. Main thread only.

A frame begins with the rule's proposals; the finder is asked in the background. Whether what it says may still take
their place is decided where the hand is known (`marking`); a finding by itself moves nothing.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from bmgui.base.errors import KnownError
from bmgui.reading.background import Background
from bmgui.reading.frames import Latest
from bmgui.reading.gallery import Gallery
from bmgui.reading.proposing import Offer, learnt_squares
from bmgui.reading.scorer import Scorer
from bmgui.scoring.finding import Finding

_MOST = 4096
_FrameKey = tuple[str, int]


@dataclass(eq=False)
class _Asked:
    key: _FrameKey
    future: "Future[Finding] | None" = None


class Findings:
    """found: the finder has answered for the shown frame. trouble: gets the first error of the finder; later ones say
    nothing new.

    passing: the number of the frame that only passes by (a loop plays): it is not looked through; 0: none does.
    """

    def __init__(
        self,
        gallery: Gallery,
        scorer: Scorer,
        background: Background,
        *,
        found: Callable[[], None],
        trouble: Callable[[KnownError], None],
    ) -> None:
        self._gallery, self._scorer, self._background = gallery, scorer, background
        self._tell_found, self._trouble = found, trouble
        self.passing = 0
        self._findings: Latest[_FrameKey, Finding] = Latest(_MOST)
        self._learnt: dict[_FrameKey, Offer] = {}
        self._failed: set[_FrameKey] = set()
        self._asked: _Asked | None = None
        self._troubled = False

    @property
    def shown(self) -> Finding | None:
        """What the finder saw in the shown frame; None while it has not looked."""
        return self._findings.get(self._key)

    @property
    def looking(self) -> bool:
        """Whether the finder was asked for the shown frame, and its answer is still to come."""
        return self._asked is not None and self._asked.key == self._key

    @property
    def offer(self) -> Offer:
        """The proposals that stand on the shown frame; none until it is decoded."""
        decoded = self._gallery.decoded
        return Offer() if decoded is None else self._learnt.get(self._key, Offer(decoded.proposals))

    def learn(self) -> bool:
        """Let the finder's squares take the place of the rule's on the shown frame; False where it gives none."""
        decoded, key = self._gallery.decoded, self._key
        if decoded is None or key in self._learnt:
            return False
        height, width = decoded.frame.shape[:2]
        squares = learnt_squares(self.shown, width, height)
        if squares:
            self._learnt[key] = Offer(squares, "learnt")
        return bool(squares)

    def look(self) -> None:
        """Ask the finder for the shown frame, unless that is known, under way, or cannot be. Safe at any time."""
        decoded, key = self._gallery.decoded, self._key
        if (
            decoded is None
            or decoded.error is not None
            or not self._scorer.finds
            or self._gallery.number == self.passing
        ):
            return
        if self.shown is not None or key in self._failed or self.looking:
            return
        asked = self._asked = _Asked(key)
        asked.future = self._scorer.find(decoded.frame)
        asked.future.add_done_callback(lambda future: self._background.soon(partial(self._answered, asked, future)))

    def start_again(self) -> None:
        """There is another worker: what the one before was asked is asked of it."""
        self._asked = None
        self._failed.clear()
        self.look()

    @property
    def _key(self) -> _FrameKey:
        scan = self._gallery.scan
        return ("" if scan is None else scan.fingerprint, self._gallery.number)

    def _answered(self, asked: _Asked, future: "Future[Finding]") -> None:
        awaited, self._asked = self._asked is asked, None if self._asked is asked else self._asked
        if future.cancelled():
            return  # another frame was asked for, or the worker was ended
        try:
            self._findings.add(asked.key, future.result())
        except KnownError as error:
            if awaited and self._scorer.answers:  # where the worker itself is gone, that is said already
                self._have_failed(asked.key, error)
            return
        if asked.key == self._key:
            self._tell_found()

    def _have_failed(self, key: _FrameKey, error: KnownError) -> None:
        self._failed.add(key)
        if not self._troubled:
            self._troubled = True
            self._trouble(error)
