"""The finder in the real worker process, beside the scores."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.scoring.card import read_card
from bmgui.scoring.client import ScoringClient
from bmgui.scoring.engines.mass_finder import MassFinder
from bmgui.scoring.finder_thread import FinderThread
from bmgui.scoring.finding import Finding
from tests.scoring.finder_stand import CELL_OF_SIDE, bright_finder, frame_with

PATIENCE_S = 60.0
MODEL = places.shipped_models() / "resnet50-first"
SIDE = read_card(MODEL).side
FRAME = frame_with((30, 40, 50, 30))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return bright_finder(tmp_path / "查找器")


@pytest.fixture
def client(folder: Path) -> Iterator[ScoringClient]:
    with ScoringClient(MODEL, device="cpu", finder=folder) as started:
        yield started


def _crops(count: int) -> Any:
    return np.random.default_rng(0).integers(0, 255, (count, SIDE, SIDE), np.uint8)


def _code(future: Any) -> str:
    error = future.exception(PATIENCE_S)
    assert isinstance(error, KnownError)
    return error.code


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.002)


def test_a_finding_comes_through_the_pipe_as_it_was_found(client: ScoringClient, folder: Path) -> None:
    colour = np.repeat(FRAME[:, :, None], 3, axis=2)
    found, in_colour = client.find(FRAME), client.find(colour, newest=False)
    finding = found.result(PATIENCE_S)
    assert finding == MassFinder(folder).find(FRAME)
    assert in_colour.result(PATIENCE_S) == finding
    (mass,) = finding.masses
    cell = CELL_OF_SIDE * FRAME.shape[1]
    assert np.allclose((mass.left, mass.top, mass.width, mass.height), (30, 40, 50, 30), atol=1.5 * cell)
    assert client.find(frame_with()).result(PATIENCE_S) == Finding(())


def test_the_hand_does_not_wait_for_the_finder_and_scores_are_the_same(client: ScoringClient) -> None:
    order: list[str] = []
    found, scored = client.find(FRAME), client.score(_crops(1), "now")  # before the worker is ready: both wait
    found.add_done_callback(lambda _: order.append("found"))
    scored.add_done_callback(lambda _: order.append("scored"))
    beside = scored.result(PATIENCE_S)
    assert len(found.result(PATIENCE_S).masses) == 1
    assert order == ["scored", "found"]
    np.testing.assert_array_equal(client.score(_crops(1)).result(PATIENCE_S).margins, beside.margins)


def test_a_worker_for_the_finder_alone(folder: Path) -> None:
    with ScoringClient(None, finder=folder, throughput=True) as client:
        futures = [client.find(frame_with((10 * k, 40, 40, 40)), newest=False) for k in range(8)]
        lefts = [future.result(PATIENCE_S).masses[0].left for future in futures]
    assert lefts == sorted(lefts)
    assert len(set(lefts)) >= 4


@pytest.mark.parametrize("fault", ["missing", "no card", "other weights"])
def test_a_finder_that_cannot_be_used_costs_no_score(folder: Path, fault: str) -> None:
    if fault == "missing":
        folder = folder / "nowhere"
    elif fault == "no card":
        (folder / "finder.json").write_text("{")
    else:
        weights = folder / "weights.safetensors"
        weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\1\0")
    with ScoringClient(MODEL, device="cpu", finder=folder) as client:
        assert client.finds
        assert _code(client.find(FRAME)) == "finder-unusable"
        _until(lambda: not client.finds)
        assert _code(client.find(FRAME, newest=False)) == "finder-unusable"
        assert client.score(_crops(1), "now").result(PATIENCE_S).margins.shape == (1,)
        assert client.state.restarts == 0


def test_without_a_finder_it_says_so() -> None:
    with ScoringClient(MODEL, device="cpu") as client:
        assert not client.finds
        assert _code(client.find(FRAME)) == "finder-missing"


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no SIGSTOP")
def test_a_worker_that_dies_while_it_looks_looks_no_more(client: ScoringClient) -> None:
    client.wait_until_ready()
    pid = client.worker_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    found = client.find(FRAME)
    _until(lambda: len(client._finds) == 1)
    os.kill(pid, signal.SIGKILL)
    assert _code(found) == "finder-unusable"
    assert _code(client.find(FRAME)) == "finder-unusable", "another worker must not die of it"
    assert client.score(_crops(1)).result(PATIENCE_S).margins.shape == (1,)
    assert client.state.restarts == 1


def test_closing_lets_everybody_go_on(folder: Path) -> None:
    client = ScoringClient(MODEL, device="cpu", finder=folder).start()
    futures = [client.find(FRAME, newest=newest) for newest in (True, False, True)]
    client.close()
    assert all(future.cancelled() for future in futures)
    assert client.find(FRAME).cancelled()


def test_a_fault_on_one_frame_is_of_that_frame(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    sent: list[dict[str, Any]] = []
    find = MassFinder.find

    def sometimes(finder: MassFinder, frame: Any) -> Finding:
        if frame.shape[0] == 1:
            raise ZeroDivisionError("on this one")
        return find(finder, frame)

    monkeypatch.setattr(MassFinder, "find", sometimes)
    thread = FinderThread(folder, sent.append)  # not started: its work is done here
    thread.answer(1, FRAME[:1])
    thread.answer(2, FRAME)
    assert [(one["id"], one["is"]) for one in sent] == [(1, "failed"), (2, "found")]
    assert sent[0]["code"] == "finder-failed"
    assert "on this one" in sent[0]["fields"]["reason"]
    assert "ZeroDivisionError" in capfd.readouterr().err
    assert len(sent[1]["masses"]) == 1


def test_what_is_no_frame_is_a_bug_of_the_caller(client: ScoringClient) -> None:
    for frame in (FRAME.astype(np.float32), FRAME[None, None], FRAME[:0]):
        with pytest.raises(ValueError, match="a frame of"):
            client.find(frame)
