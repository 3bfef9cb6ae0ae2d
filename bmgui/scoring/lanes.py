"""What waits to be scored, and in which order. No threads and no processes here: plain rules.

A job is handed out in pieces, so that 27 crops of the range never hold up the square that the hand is moving.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Lane = Literal["now", "rest", ""]
Answer = list[NDArray[np.float32]]
"""The arrays of one answered piece: margins and maps, or a map."""


class Job:
    """One request on its way: its crops, how many of them were handed out, and what was answered so far.

    lane: "now", "rest", "" (every one is answered), "explain" (then `method` says which) or "find" (see `Finds`).
    finish: makes the future's value of the answered pieces.
    """

    def __init__(
        self,
        lane: Literal["now", "rest", "", "explain", "find"],
        crops: NDArray[np.uint8],
        *,
        finish: Callable[[list[Answer]], Any],
        method: str = "",
        on_progress: Callable[[float], None] | None = None,
    ) -> None:
        self.lane = lane
        self.crops = crops
        self.finish = finish
        self.method = method
        self.on_progress = on_progress
        self.future: Future[Any] = Future()
        self.handed_out = 0
        self.answers: list[Answer] = []
        self.answered = 0
        self._told = False
        self._lock = threading.Lock()

    def rewind(self) -> None:
        """Forget what was handed out without an answer: the worker that had it is dead."""
        self.handed_out = self.answered

    def resolve(self, value: Any) -> None:
        if self._claim():
            self.future.set_result(value)

    def fail(self, error: Exception) -> None:
        if self._claim():
            self.future.set_exception(error)

    def drop(self) -> None:
        """Nobody wants the answer any more: the future is cancelled, and whoever waits for it goes on."""
        if self.future.cancel():
            self._claim()

    def _claim(self) -> bool:
        """True, once, where the future can be set; a cancelled one is told so, once (a second time is an error)."""
        with self._lock:
            told, self._told = self._told, True
        return not told and self.future.set_running_or_notify_cancel()


@dataclass(frozen=True)
class Piece:
    """crops[start:stop] of a job."""

    job: Job
    start: int
    stop: int

    @property
    def crops(self) -> NDArray[np.uint8]:
        return self.job.crops[self.start : self.stop]

    def answer(self, arrays: Answer) -> None:
        """Keep the arrays; the last piece resolves the job. Pieces are answered in the order of handing out."""
        job = self.job
        if job.future.done():
            return
        job.answers.append(arrays)
        job.answered = self.stop
        if self.stop == len(job.crops):
            job.resolve(job.finish(job.answers))


class Lanes:
    """The waiting jobs: "now" before "", before "rest", before explanations; newest wins in all but ""."""

    def __init__(self) -> None:
        self._newest: dict[str, Job | None] = {"now": None, "rest": None, "explain": None}
        self._queue: deque[Job] = deque()

    def add(self, job: Job) -> None:
        if job.lane == "":
            self._queue.append(job)
            return
        older = self._newest[job.lane]
        self._newest[job.lane] = job
        if older is not None:
            older.drop()

    def put_back(self, jobs: Sequence[Job]) -> None:
        """Jobs whose worker died go back to where they were; where a newer one waits, it wins."""
        for job in reversed(jobs):
            job.rewind()
            if job.lane == "":
                if job not in self._queue:
                    self._queue.appendleft(job)
            elif self._newest[job.lane] in (None, job):
                self._newest[job.lane] = job
            else:
                job.drop()

    def next_piece(self, most_crops: Callable[[Job], int]) -> Piece | None:
        """The next piece to hand out, at most `most_crops(job)` long; None where nothing waits."""
        job = self._first()
        if job is None:
            return None
        start = job.handed_out
        job.handed_out = min(len(job.crops), start + most_crops(job))
        if job.handed_out == len(job.crops):
            self._remove(job)
        return Piece(job, start, job.handed_out)

    def forget(self, job: Job) -> None:
        """A cancelled job leaves, if it still waits."""
        if job in self.waiting():
            self._remove(job)

    def waiting(self) -> list[Job]:
        newest = [job for job in self._newest.values() if job is not None]
        return newest + list(self._queue)

    def empty(self) -> list[Job]:
        """All that waits, taken out."""
        jobs = self.waiting()
        self._newest = dict.fromkeys(self._newest)
        self._queue.clear()
        return jobs

    def _first(self) -> Job | None:
        order = [self._newest["now"], self._queue[0] if self._queue else None]
        order += [self._newest["rest"], self._newest["explain"]]
        return next((job for job in order if job is not None), None)

    def _remove(self, job: Job) -> None:
        if job.lane == "":
            self._queue.remove(job)
        else:
            self._newest[job.lane] = None
