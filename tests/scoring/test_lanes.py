"""Who is scored next: plain rules, without a worker."""

from concurrent.futures import Future, wait
from typing import Any, Literal

import numpy as np
import pytest

from bmgui.scoring.lanes import Answer, Job, Lanes, Piece


def _job(lane: Literal["now", "rest", "", "explain"], crops: int = 1) -> Job:
    return Job(lane, np.zeros((crops, 4, 4), np.uint8), finish=lambda answers: np.concatenate([a[0] for a in answers]))


def _answer(piece: Piece) -> Answer:
    return [np.arange(piece.start, piece.stop, dtype=np.float32)]


def _order(lanes: Lanes, most: int = 100) -> list[tuple[Job, int, int]]:
    pieces = iter(lambda: lanes.next_piece(lambda _: most), None)
    return [(piece.job, piece.start, piece.stop) for piece in pieces]


def test_now_goes_first_then_the_queue_then_the_range_then_explanations() -> None:
    lanes = Lanes()
    jobs = {lane: _job(lane) for lane in ("explain", "rest", "", "now")}  # type: ignore[arg-type]
    for job in jobs.values():
        lanes.add(job)
    assert [job.lane for job, _, _ in _order(lanes)] == ["now", "", "rest", "explain"]
    assert lanes.next_piece(lambda _: 1) is None


@pytest.mark.parametrize("lane", ["now", "rest", "explain"])
def test_the_newest_wins_and_the_older_one_is_cancelled(lane: Any) -> None:
    lanes = Lanes()
    older, newer = _job(lane), _job(lane)
    lanes.add(older)
    lanes.add(newer)
    assert older.future.cancelled()
    assert wait([older.future], timeout=0).done  # whoever waits for it goes on
    assert [job for job, _, _ in _order(lanes)] == [newer]


def test_the_queue_answers_everything_in_order() -> None:
    lanes = Lanes()
    jobs = [_job("") for _ in range(5)]
    for job in jobs:
        lanes.add(job)
    assert [job for job, _, _ in _order(lanes)] == jobs
    assert not any(job.future.cancelled() for job in jobs)


def test_a_newer_request_passes_between_the_pieces_of_the_range() -> None:
    lanes = Lanes()
    rest, now = _job("rest", 5), _job("now")
    lanes.add(rest)
    first = lanes.next_piece(lambda _: 2)
    assert first is not None
    lanes.add(now)
    assert _order(lanes, 2) == [(now, 0, 1), (rest, 2, 4), (rest, 4, 5)]


def test_the_last_piece_resolves_the_job_with_all_answers() -> None:
    lanes = Lanes()
    job = _job("", 5)
    lanes.add(job)
    while (piece := lanes.next_piece(lambda _: 2)) is not None:
        assert not job.future.done()
        piece.answer(_answer(piece))
    np.testing.assert_array_equal(job.future.result(0), np.arange(5))


def test_a_dead_workers_jobs_go_on_where_they_were_answered_last() -> None:
    lanes = Lanes()
    first, second = _job("", 4), _job("", 1)
    lanes.add(first)
    lanes.add(second)
    answered, lost, also_lost = (lanes.next_piece(lambda _: 2) for _ in range(3))
    assert answered is not None
    assert lost is not None
    assert also_lost is not None
    answered.answer(_answer(answered))
    lanes.put_back([first, second])
    assert _order(lanes, 2) == [(first, 2, 4), (second, 0, 1)]


def test_a_job_that_is_put_back_gives_way_to_a_newer_one() -> None:
    lanes = Lanes()
    older, newer = _job("now"), _job("now")
    lanes.add(older)
    lanes.next_piece(lambda _: 1)
    lanes.add(newer)  # the older one is with the worker and keeps its answer
    assert not older.future.cancelled()
    lanes.put_back([older])
    assert older.future.cancelled()
    assert _order(lanes) == [(newer, 0, 1)]


def test_a_cancelled_job_is_forgotten_and_its_late_answer_too() -> None:
    lanes = Lanes()
    job = _job("", 2)
    lanes.add(job)
    piece = lanes.next_piece(lambda _: 1)
    assert piece is not None
    future: Future[Any] = job.future
    assert future.cancel()
    lanes.forget(job)
    assert _order(lanes) == []
    piece.answer(_answer(piece))
    job.drop()
    job.resolve(1)
    assert future.cancelled()
