"""The worker process as a raw server on its pipes."""

import io
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bmgui.base import pipes, places
from bmgui.base.errors import KnownError
from bmgui.base.processes import start_module
from bmgui.scoring.card import read_card
from bmgui.scoring.reference import read_reference
from bmgui.scoring.worker import Outbox, Server

MODEL = places.shipped_models() / "resnet50-first"
PATIENCE_S = 30.0


@pytest.fixture
def worker() -> Iterator[Any]:
    process: Any = start_module("bmgui.scoring.worker", str(MODEL), "--device", "cpu", stderr=subprocess.DEVNULL)
    with process:
        yield process
        process.kill()


def _crops(count: int) -> Any:
    side = read_card(MODEL).side
    return np.zeros((count, side, side), np.uint8)


def _next(worker: Any) -> tuple[dict[str, Any], list[pipes.Array]]:
    message = pipes.receive(worker.stdout)
    assert message is not None
    return message


def test_it_says_ready_and_answers_in_order(worker: Any) -> None:
    for number in (7, 8):
        pipes.send(worker.stdin, {"do": "score", "id": number}, [_crops(2)])  # before it is ready: they wait
    state, _ = _next(worker)
    assert (state["is"], state["phase"], state["model"], state["device"]) == ("state", "ready", "resnet50-first", "CPU")
    for number in (7, 8):
        header, (margins, maps) = _next(worker)
        assert (header["is"], header["id"]) == ("answer", number)
        np.testing.assert_allclose(maps.mean((1, 2)) + state["bias"], margins, atol=1e-4)


def test_it_ends_in_mid_work_when_its_input_closes(worker: Any) -> None:
    _next(worker)
    pipes.send(worker.stdin, {"do": "score", "id": 1}, [_crops(500)])
    time.sleep(0.2)
    started = time.monotonic()
    worker.stdin.close()
    assert worker.wait(PATIENCE_S) == 0
    assert time.monotonic() - started < 1.0


def test_it_ends_while_it_starts(worker: Any) -> None:
    worker.stdin.close()
    assert worker.wait(PATIENCE_S) == 0
    assert pipes.receive(worker.stdout) is None


def test_what_is_cancelled_before_its_turn_is_not_begun(worker: Any) -> None:
    pipes.send(worker.stdin, {"do": "score", "id": 1}, [_crops(3)])
    pipes.send(worker.stdin, {"do": "explain", "id": 2, "method": "occlusion"}, [_crops(1)])
    pipes.send(worker.stdin, {"do": "cancel", "id": 2})
    assert [_next(worker)[0]["is"] for _ in range(3)] == ["state", "answer", "cancelled"]


def test_it_ends_when_what_it_gets_is_no_message(worker: Any) -> None:
    worker.stdin.write(b"\x05\0\0\0hello")
    worker.stdin.flush()
    assert worker.wait(PATIENCE_S) == 0


def test_a_folder_without_a_card_is_withheld_and_it_ends(tmp_path: Path) -> None:
    process: Any = start_module("bmgui.scoring.worker", str(tmp_path), stderr=subprocess.DEVNULL)
    with process:
        state, _ = _next(process)
        assert (state["phase"], state["code"]) == ("withheld", "card-unreadable")
        assert process.wait(PATIENCE_S) == 0


def test_a_broken_reference_crop_is_withheld(tmp_path: Path) -> None:
    """Pillow raises a SyntaxError for a PNG whose chunks are broken behind its header."""
    folder = shutil.copytree(MODEL, tmp_path / "model")
    whole = (folder / "reference.png").read_bytes()
    at = whole.index(b"IDAT") + 4
    small = whole[:33] + struct.pack(">I", 10) + b"IDAT" + whole[at : at + 10] + bytes(4)
    (folder / "reference.png").write_bytes(small + struct.pack(">I", 10) + b"\0\0\0\0" + bytes(14))
    with pytest.raises(KnownError) as caught:
        read_reference(folder, read_card(folder))
    assert caught.value.code == "reference-unreadable"


class _Nowhere:
    """An engine whose card fails in mid-run."""

    def score(self, crops: Any) -> Any:
        maps = np.zeros((len(crops), 5, 5), np.float32)
        maps[-1, 2, 2] = np.nan
        return maps.mean((1, 2)), maps

    def explain(self, method: str, crop: Any, on_progress: Any) -> Any:
        return np.full((5, 5), np.inf, np.float32)


class _Requests:
    """Two requests, then the end."""

    def __init__(self) -> None:
        self._left: list[Any] = [
            ({"do": "score", "id": 1}, [_crops(2)]),
            ({"do": "explain", "id": 2, "method": "occlusion"}, [_crops(1)]),
        ]

    def next(self) -> Any:
        if not self._left:
            raise EOFError
        return self._left.pop(0)

    def is_cancelled(self, number: int) -> bool:
        return False


def test_what_is_no_number_is_an_error_and_not_a_score() -> None:
    out = io.BytesIO()
    with pytest.raises(EOFError):
        Server(_Nowhere(), _Requests(), Outbox(out)).run()  # type: ignore[arg-type]
    out.seek(0)
    for number in (1, 2):
        message = pipes.receive(out)
        assert message is not None
        assert (message[0]["is"], message[0]["id"], message[0]["code"]) == ("failed", number, "score-not-finite")
