"""Who is looked through next: plain rules, without a worker."""

from concurrent.futures import wait

import numpy as np
import pytest

from bmgui.base.errors import KnownError
from bmgui.scoring.finds import UNUSABLE, Finds
from bmgui.scoring.lanes import Job

GONE = KnownError(UNUSABLE, reason="gone")


def _job() -> Job:
    return Job("find", np.zeros((1, 4, 4), np.uint8), finish=lambda answers: answers)


def test_the_newest_wins_and_what_is_to_be_answered_is_answered_in_order() -> None:
    finds = Finds(None)
    listed, older, also_listed, newer = (_job() for _ in range(4))
    for job, newest in ((listed, False), (older, True), (also_listed, False), (newer, True)):
        finds.add(job, newest)
    assert older.future.cancelled()
    assert wait([older.future], timeout=0).done
    assert [finds.hand_out(number) for number in range(4)] == [listed, also_listed, newer, None]
    assert len(finds) == 3
    assert finds.take(1) is also_listed
    assert finds.take(9) is None
    assert len(finds) == 2


def test_what_the_finder_has_does_not_give_way() -> None:
    finds = Finds(None)
    first, second = _job(), _job()
    finds.add(first, True)
    finds.hand_out(1)
    finds.add(second, True)
    assert not first.future.cancelled()


def test_a_death_while_the_finder_works_turns_it_off() -> None:
    finds = Finds(None)
    waiting = _job()
    finds.add(waiting, False)
    finds.died(GONE)
    assert finds.off is None, "it was not at work: it is not why"
    assert not waiting.future.done()
    finds.hand_out(1)
    other = _job()
    finds.add(other, True)
    finds.died(GONE)
    late = _job()
    finds.add(late, False)
    for job in (waiting, other, late):
        with pytest.raises(KnownError, match="gone"):
            job.future.result(0)
    assert len(finds) == 0


def test_a_cancelled_one_is_not_handed_out() -> None:
    finds = Finds(None)
    job = _job()
    finds.add(job, True)
    job.future.cancel()
    finds.forget(job)
    assert finds.hand_out(1) is None
