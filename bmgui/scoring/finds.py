"""What waits to be looked through for masses. Plain rules; beside `lanes`, because the worker's finder does not score.

The finder must never cost a score: where the worker dies while the finder is at work, it is asked no more.
"""

from collections import deque

from bmgui.base.errors import KnownError
from bmgui.scoring.lanes import Job

UNUSABLE = "finder-unusable"


class Finds:
    """The waiting frames, and those that the finder has. A job that is `newest` gives way to a newer such one.

    off: why the finder is not asked any more; None while it is.
    """

    def __init__(self, off: KnownError | None) -> None:
        self.off = off
        self._waiting: deque[tuple[Job, bool]] = deque()
        self._in_flight: dict[int, Job] = {}

    def __len__(self) -> int:
        """How many the finder has."""
        return len(self._in_flight)

    def add(self, job: Job, newest: bool) -> None:
        if self.off is not None:
            job.fail(self.off)
            return
        older = next((one for one, also in self._waiting if newest and also), None)
        if older is not None:
            self.forget(older)
            older.drop()
        self._waiting.append((job, newest))

    def hand_out(self, number: int) -> Job | None:
        """The next one, on its way as message `number`; None where nothing waits."""
        if not self._waiting:
            return None
        job, _ = self._waiting.popleft()
        self._in_flight[number] = job
        return job

    def take(self, number: int) -> Job | None:
        """The one that was message `number`, answered; None where that was no frame."""
        return self._in_flight.pop(number, None)

    def forget(self, job: Job) -> None:
        """A cancelled job leaves, if it still waits."""
        self._waiting = deque(pair for pair in self._waiting if pair[0] is not job)

    def give_up(self, error: KnownError) -> None:
        """The finder cannot be used: all that was asked fails, and all that will be."""
        self.off = error
        for job in self.empty():
            job.fail(error)

    def died(self, error: KnownError) -> None:
        """The worker died: if the finder was at work it may be why, and another worker must not die of it."""
        if self._in_flight:
            self.give_up(error)

    def empty(self) -> list[Job]:
        """All that waits or is under way, taken out."""
        jobs = [*self._in_flight.values(), *(job for job, _ in self._waiting)]
        self._in_flight.clear()
        self._waiting.clear()
        return jobs
