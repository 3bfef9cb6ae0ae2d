"""Asks the worker and enters what it answers into a book, by what it was made from: opinions are looked up there.

Main thread only; the client's thread comes in through `soon`.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import Frame
from bmgui.imaging.square import Square, nudged_squares
from bmgui.reading.background import Background
from bmgui.reading.frames import Latest
from bmgui.scoring.client import Scores, ScoringClient, WorkerState
from bmgui.scoring.finding import Finding
from bmgui.scoring.library import Library

PACE_S = 1.0
"""So long is an answer waited for while the square is dragged; the canvas outlines where the hand is meanwhile.
On two cores a VGG-16 takes 0.28 s a crop, a ResNet-50 0.1 s; a crop of the range may be under way before it."""

_MOST = 4096  # of about 1 KB each


@dataclass(frozen=True)
class Source:
    """What a margin depends on: the scan, its frame, the square, the `Card.recipe`. (Not calibration, nor prior.)"""

    fingerprint: str
    frame: int
    square: Square
    recipe: str

    def at(self, square: Square) -> "Source":
        return Source(self.fingerprint, self.frame, square, self.recipe)


@dataclass(frozen=True, eq=False)
class Scored:
    """margin = mean(map) + bias; map: float32 (h, w)."""

    margin: float
    map: NDArray[np.float32]
    bias: float
    engine: str


class ScoreBook:
    """The latest scores. A late answer is entered under its own source, so it can never stand for another square."""

    def __init__(self) -> None:
        self._scored: Latest[Source, Scored] = Latest(_MOST)
        self._nudged: dict[tuple[Source, int, int], tuple[list[float], list[Square]]] = {}  # since the last `add`

    def add(self, source: Source, scored: Scored) -> None:
        self._scored.add(source, scored)
        self._nudged.clear()

    def get(self, source: Source) -> Scored | None:
        return self._scored.get(source)

    def nudged(self, source: Source, width_px: int, height_px: int) -> tuple[list[float], list[Square]]:
        """Of the 27 nudged squares: the margins that are known, and the distinct squares that are not scored yet.

        Kept until a score is added: it is asked for several times while one change is shown.
        """
        key = source, width_px, height_px
        if key not in self._nudged:
            self._nudged[key] = self._work_out_nudged(source, width_px, height_px)
        return self._nudged[key]

    def _work_out_nudged(self, source: Source, width_px: int, height_px: int) -> tuple[list[float], list[Square]]:
        margins: list[float] = []
        missing: list[Square] = []
        for square in dict.fromkeys(nudged_squares(source.square, width_px, height_px)):
            scored = self.get(source.at(square))
            if scored is None:
                missing.append(square)
            else:
                margins.append(scored.margin)
        return margins, missing


@dataclass(eq=False)
class Asked:
    """A request on its way. at: when (monotonic seconds), None where the worker was not ready yet."""

    lane: Literal["now", "rest"]
    sources: tuple[Source, ...]
    at: float | None
    future: "Future[Scores] | None" = None


@dataclass(eq=False)
class Explanation:
    """A further method's map, for one source; map is None, and progress 0 to 1, while it is computed."""

    source: Source
    method: str
    progress: float | None = 0.0
    map: NDArray[np.float32] | None = None
    future: "Future[NDArray[np.float32]] | None" = None


class Scorer:
    """One worker at a time, what was asked of it, and the book of its answers.

    on_state: the worker's state changed. on_answer: `asked` is over, with its error where it failed.
    on_explanation: progress, a map, or its error.
    """

    def __init__(
        self,
        library: Library,
        start_client: Callable[..., ScoringClient],
        background: Background,
        *,
        on_state: Callable[[], None],
        on_answer: Callable[[Asked, KnownError | None], None],
        on_explanation: Callable[[KnownError | None], None],
    ) -> None:
        self._library, self._start_client, self._background = library, start_client, background
        self._on_state, self._on_answer, self._on_explanation = on_state, on_answer, on_explanation
        self.book = ScoreBook()
        self.now: Asked | None = None
        self.rest: Asked | None = None
        self.explanation: Explanation | None = None
        self._answer_s = 0.0
        self._client: ScoringClient | None = None

    def use(self, model: str, device: str) -> None:
        """Start this model's worker; the one before ends in the background. Raises KnownError("no-such-model")."""
        self.card, folder = self._library.card(model), self._library.folder(model)
        self.model, self.device = model, device
        self.drop_explanation()
        self.now = self.rest = None
        if self._client is not None:
            self._background.run("keep", self._client.close)
        whose: list[ScoringClient] = []
        soon = self._background.soon
        client = self._start_client(folder, device=device, on_state=lambda s: soon(partial(self._take, whose, s)))
        whose.append(client)
        self._client, self.state, self._answer_s = client, client.state, 0.0
        client.start()

    def _take(self, whose: list[ScoringClient], state: WorkerState) -> None:
        if whose == [self._client]:
            self.state = state
            self._on_state()

    @property
    def answers(self) -> bool:
        """Whether scores come, or will; False where they are withheld or the worker has stopped."""
        return self.state.phase in ("starting", "ready")

    def keeps_pace(self) -> bool:
        """Whether an answer comes fast enough to wait for it while the square is dragged."""
        if self.state.phase != "ready" or self._answer_s > PACE_S:
            return False
        return self.now is None or (self.now.at is not None and time.monotonic() - self.now.at <= PACE_S)

    def ask_now(self, source: Source, crop: Frame) -> None:
        """Score the square that the hand has; before everything, and in place of an older one that still waits."""
        if self.now is None or self.now.sources != (source,):
            self.stop_resting()
            self.now = Asked("now", (source,), self._clock())
            self._ask(self.now, crop[None])

    def ask_rest(self, sources: Sequence[Source], crops: Sequence[Frame]) -> None:
        """Score these when there is nothing more urgent."""
        self.rest = Asked("rest", tuple(sources), self._clock())
        self._ask(self.rest, np.stack(crops))

    def stop_resting(self) -> None:
        """Do not score what waits behind any more."""
        if self.rest is not None and self.rest.future is not None:
            self.rest.future.cancel()
        self.rest = None

    def _clock(self) -> float | None:
        return time.monotonic() if self.state.phase == "ready" else None

    def _ask(self, asked: Asked, crops: NDArray[np.uint8]) -> None:
        assert self._client is not None
        asked.future = self._client.score(crops, asked.lane)
        asked.future.add_done_callback(lambda f: self._background.soon(partial(self._answered, asked, f)))

    def _answered(self, asked: Asked, future: "Future[Scores]") -> None:
        awaited = asked in (self.now, self.rest)
        if self.now is asked:
            self.now = None
        if self.rest is asked:
            self.rest = None
        if future.cancelled():
            return  # something newer was asked, or the worker was ended
        try:
            scores = future.result()
        except KnownError as error:
            if awaited:  # of a square or a worker that was left meanwhile it concerns nobody
                self._on_answer(asked, error)
            return
        if scores.recipe and scores.recipe != asked.sources[0].recipe:  # its files were replaced since it was listed
            self._on_answer(asked, KnownError("model-replaced", model=scores.model))
            return
        for source, margin, evidence in zip(asked.sources, scores.margins, scores.maps, strict=True):
            self.book.add(source, Scored(float(margin), evidence, scores.bias, scores.engine))
        if asked.lane == "now" and asked.at is not None:
            self._answer_s = time.monotonic() - asked.at
        self._on_answer(asked, None)

    # --- the finder --------------------------------------------------------------------------------------------------
    @property
    def finds(self) -> bool:
        """Whether the worker's finder may be asked."""
        return self.answers and self._client is not None and self._client.finds

    def find(self, frame: Frame) -> "Future[Finding]":
        """The masses that the finder sees in a frame; the newest frame wins."""
        assert self._client is not None
        return self._client.find(frame)

    # --- further methods ---------------------------------------------------------------------------------------------
    def explain(self, source: Source, method: str, crop: Frame) -> None:
        """Compute a further method's map for this source; only the last one asked for counts."""
        assert self._client is not None
        self.drop_explanation()
        asked = self.explanation = Explanation(source, method)
        asked.future = self._client.explain(
            method, crop, lambda share: self._background.soon(partial(self._progressed, asked, share))
        )
        asked.future.add_done_callback(lambda f: self._background.soon(partial(self._explained, asked, f)))

    def drop_explanation(self) -> bool:
        """Stop and forget it; False where there is none."""
        asked, self.explanation = self.explanation, None
        if asked is None:
            return False
        if asked.future is not None:
            asked.future.cancel()
        return True

    def _progressed(self, asked: Explanation, share: float) -> None:
        if asked is self.explanation and asked.progress is not None:
            asked.progress = share
            self._on_explanation(None)

    def _explained(self, asked: Explanation, future: "Future[NDArray[np.float32]]") -> None:
        if asked is not self.explanation:
            return
        asked.progress = None
        error: KnownError | None = None
        if future.cancelled():
            self.explanation = None
        else:
            try:
                asked.map = future.result()
            except KnownError as failed:
                self.explanation, error = None, failed
        self._on_explanation(error)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
