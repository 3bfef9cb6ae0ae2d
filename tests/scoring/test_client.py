"""The client with the real worker process and a real model."""

import importlib.util
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, wait
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.scoring.card import read_card
from bmgui.scoring.client import Scores, ScoringClient, WorkerState

PATIENCE_S = 90.0
SIDE = read_card(places.shipped_models() / "resnet50-first").side
needs_torch = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "captum")), reason="torch and captum are not here"
)


@pytest.fixture
def model() -> Path:
    return places.shipped_models() / "resnet50-first"


@pytest.fixture
def copied(model: Path, tmp_path: Path) -> Path:
    """The model in a folder of its own, whose name is no ASCII."""
    return shutil.copytree(model, tmp_path / "模型")


@pytest.fixture
def states() -> list[WorkerState]:
    return []


@pytest.fixture
def client(model: Path, states: list[WorkerState]) -> Iterator[ScoringClient]:
    with ScoringClient(model, device="cpu", on_state=states.append) as started:
        yield started


def _crops(count: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).integers(0, 255, (count, SIDE, SIDE), np.uint8)


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def _kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def _error(future: "Future[Any]") -> KnownError:
    error = future.exception(PATIENCE_S)
    assert isinstance(error, KnownError)
    return error


def _edit_card(folder: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    card = json.loads((folder / "card.json").read_text("utf-8"))
    edit(card)
    (folder / "card.json").write_text(json.dumps(card), "utf-8")


def test_scores_add_up_and_are_the_same_in_any_company(client: ScoringClient, states: list[WorkerState]) -> None:
    crops = _crops(3)
    together = client.score(crops).result(PATIENCE_S)
    alone = client.score(crops[1:2], "now").result(PATIENCE_S)
    np.testing.assert_allclose(together.maps.mean((1, 2)) + together.bias, together.margins, atol=1e-4)
    np.testing.assert_array_equal(alone.margins, together.margins[1:2])
    np.testing.assert_array_equal(alone.maps, together.maps[1:2])
    assert len(set(together.margins.tolist())) == 3
    (ready,) = states
    assert (ready.phase, ready.error, ready.restarts) == ("ready", None, 0)
    assert (ready.model, ready.engine) == (together.model, together.engine)
    assert ready.device == "CPU"


def test_the_newest_of_now_wins_and_the_queue_is_answered_in_order(client: ScoringClient) -> None:
    order: list[int] = []
    queued = [client.score(_crops(1, seed)) for seed in range(3)]
    for number, future in enumerate(queued):
        future.add_done_callback(lambda _, number=number: order.append(number))  # type: ignore[misc]
    dragged = [client.score(_crops(1, seed), "now") for seed in range(30)]
    last = dragged[-1].result(PATIENCE_S)
    expected = client.score(_crops(1, 29)).result(PATIENCE_S)
    np.testing.assert_array_equal(last.margins, expected.margins)
    assert sum(future.cancelled() for future in dragged) >= 25
    wait(queued, PATIENCE_S)
    assert order == [0, 1, 2]
    assert not any(future.cancelled() for future in queued)


def test_the_hand_does_not_wait_for_the_range(client: ScoringClient) -> None:
    client.wait_until_ready()
    rest = client.score(_crops(27), "rest")
    _until(lambda: bool(client._in_flight))
    client.score(_crops(1), "now").result(PATIENCE_S)
    assert not rest.done()
    assert rest.result(PATIENCE_S).margins.shape == (27,)


def test_a_killed_worker_is_restarted_and_what_was_asked_is_answered(
    client: ScoringClient, states: list[WorkerState]
) -> None:
    crops = _crops(12)
    expected = client.score(crops).result(PATIENCE_S)
    again, behind = client.score(crops), client.score(crops[:1], "now")
    _until(lambda: bool(client._in_flight))
    _kill(client.worker_pid)
    np.testing.assert_array_equal(again.result(PATIENCE_S).margins, expected.margins)
    np.testing.assert_array_equal(again.result().maps, expected.maps)
    np.testing.assert_array_equal(behind.result(PATIENCE_S).margins, expected.margins[:1])
    assert [state.phase for state in states] == ["ready", "starting", "ready"]
    assert states[1].error is not None
    assert states[1].error.code == "worker-restarted"
    assert (client.state.restarts, client.state.error) == (1, None)


def test_killed_twice_it_stays_down_and_says_so(client: ScoringClient, states: list[WorkerState]) -> None:
    client.wait_until_ready()
    _kill(client.worker_pid)
    _until(lambda: client.state.restarts == 1)
    client.wait_until_ready()
    pending = client.score(_crops(20))
    _until(lambda: bool(client._in_flight))
    _kill(client.worker_pid)
    assert _error(pending).code == "worker-died"
    assert _error(client.score(_crops(1), "now")).code == "worker-died"
    assert [state.phase for state in states] == ["ready", "starting", "ready", "stopped"]
    with pytest.raises(KnownError, match="worker-died"):
        client.wait_until_ready()
    assert client.worker_pid is None


def test_killed_while_it_starts(model: Path) -> None:
    with ScoringClient(model) as client:
        _until(lambda: client.worker_pid is not None)
        _kill(client.worker_pid)
        assert client.score(_crops(1)).result(PATIENCE_S).margins.shape == (1,)
        assert client.state.restarts == 1


def test_a_bug_in_the_worker_reaches_the_caller_with_its_traceback(client: ScoringClient) -> None:
    error = _error(client.score(_crops(1)[:, :50]))
    assert error.code == "worker-died"
    assert "ValueError" in str(error.fields["reason"])
    assert "Traceback" in str(error.fields["details"])


def test_another_margin_for_the_reference_crop_withholds_scores(copied: Path, states: list[WorkerState]) -> None:
    def shift(card: dict[str, Any]) -> None:
        card["reference"]["margin"] += 2 * card["reference"]["tolerance"] + 0.01

    _edit_card(copied, shift)
    with ScoringClient(copied, on_state=states.append) as client:
        early = client.score(_crops(1))
        assert _error(early).code == "reference-mismatch"
        assert _error(client.score(_crops(1), "now")).fields["model"] == "resnet50-first"
        _until(lambda: client.worker_pid is None)  # nothing is kept warm for nobody
    assert [state.phase for state in states] == ["withheld", "stopped"]


def test_corrupt_weights_are_refused(copied: Path) -> None:
    weights = copied / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    with ScoringClient(copied) as client:
        assert _error(client.score(_crops(1))).code == "weights-hash-mismatch"
        assert client.state.phase == "withheld"


def test_a_folder_without_a_model_is_said(tmp_path: Path) -> None:
    with ScoringClient(tmp_path / "no model") as client:
        assert _error(client.score(_crops(1))).code == "card-unreadable"


def _without_openvino(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An `openvino` that cannot be imported; it also writes to the worker's own standard output."""
    package = folder / "stub" / "openvino"
    package.mkdir(parents=True)
    noise = "import os\nprint('noise')\nos.write(1, b'more noise')\nraise ImportError('not here')\n"
    (package / "__init__.py").write_text(noise)
    monkeypatch.syspath_prepend(str(package.parent))


@needs_torch
def test_without_openvino_torch_scores_the_same(
    client: ScoringClient, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = client.score(_crops(2)).result(PATIENCE_S)
    assert expected.engine == "OpenVINO"
    assert expected.recipe == read_card(model).recipe
    _without_openvino(tmp_path, monkeypatch)
    with ScoringClient(model, device="cpu") as other:
        scores = other.score(_crops(2)).result(PATIENCE_S)
    assert scores.engine == "torch"
    np.testing.assert_allclose(scores.margins, expected.margins, atol=1e-3)


def test_without_any_engine_it_says_so(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _without_openvino(tmp_path, monkeypatch)
    (tmp_path / "stub" / "torch").mkdir()
    (tmp_path / "stub" / "torch" / "__init__.py").write_text("raise ImportError('not here')\n")
    with ScoringClient(model, device="cpu") as client:
        assert _error(client.score(_crops(1))).code in ("no-engine", "engine-not-loaded")
        assert client.state.phase == "withheld"


def test_closing_does_not_wait_for_the_work(model: Path, states: list[WorkerState]) -> None:
    client = ScoringClient(model, on_state=states.append).start()
    client.wait_until_ready()
    futures = [client.score(_crops(200)) for _ in range(3)]
    _until(lambda: bool(client._in_flight))
    started = time.monotonic()
    client.close()
    assert time.monotonic() - started < 1.0
    assert all(future.cancelled() for future in futures)
    assert wait(futures, timeout=0).not_done == set()
    assert states[-1].phase == "stopped"
    assert states[-1].error is None
    client.close()
    assert client.score(_crops(1)).cancelled()


def test_closing_while_it_starts(model: Path) -> None:
    client = ScoringClient(model).start()
    future = client.score(_crops(1))
    started = time.monotonic()
    client.close()
    assert time.monotonic() - started < 1.5
    with pytest.raises(CancelledError):
        future.result(0)


def test_closing_without_ever_starting(model: Path) -> None:
    client = ScoringClient(model)
    future = client.score(_crops(1))
    client.close()
    assert future.cancelled()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP")
def test_a_worker_that_reads_nothing_blocks_neither_the_caller_nor_the_end(model: Path) -> None:
    client = ScoringClient(model, throughput=True).start()
    client.wait_until_ready()
    assert client.worker_pid is not None
    os.kill(client.worker_pid, signal.SIGSTOP)
    crops = _crops(200)
    started = time.monotonic()
    future = client.score(crops)
    assert time.monotonic() - started < 0.1
    time.sleep(0.2)  # the client's thread is now writing into a full pipe
    started = time.monotonic()
    client.close()
    assert time.monotonic() - started < 2.5
    assert future.cancelled()


def test_two_clients_at_once(client: ScoringClient, model: Path) -> None:
    with ScoringClient(model, device="cpu") as other:
        futures = [each.score(_crops(4)) for each in (client, other)]
        one, two = (future.result(PATIENCE_S) for future in futures)
    np.testing.assert_array_equal(one.margins, two.margins)
    assert client.state.phase == "ready"


def test_in_throughput_mode_the_scores_are_the_same(client: ScoringClient, model: Path) -> None:
    crops = _crops(40)
    with ScoringClient(model, device="cpu", throughput=True) as other:
        futures: list[Future[Scores]] = [other.score(part) for part in (crops[:35], crops[35:36], crops[36:])]
        margins = np.concatenate([future.result(PATIENCE_S).margins for future in futures])
    some = [0, 34, 35, 39]
    np.testing.assert_allclose(margins[some], client.score(crops[some]).result(PATIENCE_S).margins, atol=1e-4)


@needs_torch
def test_an_explanation_is_cancelled_and_scoring_goes_on(client: ScoringClient) -> None:
    crop = _crops(1)[0]
    for by in ("future", "client", "now"):  # one worker: torch is imported once
        shares: list[float] = []
        future = client.explain("occlusion", crop, shares.append)
        _until(lambda shares=shares: len(shares) > 1)  # type: ignore[misc]
        if by == "future":
            assert future.cancel()
        elif by == "client":
            client.cancel_explanation()
        scores = client.score(crop[None], "now" if by == "now" else "").result(PATIENCE_S)
        assert scores.margins.shape == (1,)
        assert future.cancelled()
        assert shares == sorted(shares)
        assert max(shares) < 1.0
    assert client.state.restarts == 0


@needs_torch
def test_an_explanation_comes_back_as_a_map(client: ScoringClient) -> None:
    shares: list[float] = []
    evidence = client.explain("gradcam-finer", _crops(1)[0], shares.append).result(PATIENCE_S)
    assert evidence.dtype == np.float32
    assert evidence.ndim == 2
    assert evidence.std() > 0
    assert shares[-1] == 1.0


def test_what_is_no_crop_is_a_bug_of_the_caller(client: ScoringClient) -> None:
    for crops in (_crops(0), _crops(1)[0], _crops(1).astype(np.float32)):
        with pytest.raises(ValueError, match="crops of"):
            client.score(crops)
    with pytest.raises(ValueError, match="a crop of"):
        client.explain("occlusion", _crops(1))
