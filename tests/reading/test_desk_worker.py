"""The desk with the real worker and a shipped model, on the sample exams: from the file to the number."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from bmgui.base import places
from bmgui.imaging.crop import make_crop
from bmgui.imaging.proposals import propose
from bmgui.imaging.square import Square, nudged_squares
from bmgui.reading.desk import Desk
from bmgui.reading.store import Store
from bmgui.scoring.client import ScoringClient
from bmgui.scoring.library import Library, installed
from tests.reading.desk_stand import MainThread

MODEL = "resnet50-first"  # the quicker one
PATIENCE_S = 60.0


class Reader:
    """A desk on the real worker, and the main thread that it needs."""

    def __init__(self, library: Library | None = None) -> None:
        self.main = MainThread()
        self.told: list[frozenset[str]] = []
        self.clients: list[ScoringClient] = []
        self.desk = Desk(
            library=library or installed(),
            store=Store(),
            proposer=propose,
            start_client=self._client,
            call_soon=self.main.call_soon,
            on_change=self.told.append,
            model=MODEL,
            device="cpu",
        )

    def _client(self, *arguments: object, **named: object) -> ScoringClient:
        self.clients.append(ScoringClient(*arguments, **named))  # type: ignore[arg-type]
        return self.clients[-1]

    def wait(self, until: Callable[[], object]) -> None:
        self.main.wait(until, PATIENCE_S)

    def open(self, *paths: Path) -> None:
        self.desk.open_paths(paths)
        self.wait(lambda: self.desk.frame is not None and not self.desk.opening)

    def accepted(self) -> None:
        self.desk.accept()
        self.wait(lambda: self.desk.opinion is not None and self.desk.opinion.low is not None)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.desk.close()


@pytest.fixture
def sample() -> Path:
    samples = places.resources() / "samples"
    return samples / str(json.loads((samples / "samples.json").read_text("utf-8"))["first"])


@pytest.fixture
def reader() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


def test_from_the_file_to_the_number(reader: Reader, sample: Path) -> None:
    """Opinion, range and map of the accepted proposal are those of the same crops, scored by a client of its own."""
    reader.open(sample)
    desk = reader.desk
    reader.accepted()
    opinion, evidence, card = desk.opinion, desk.evidence, desk.card
    assert opinion is not None
    assert evidence is not None
    assert desk.frame is not None
    assert desk.crop is not None
    assert evidence.bias is not None
    height, width = desk.frame.shape[:2]
    squares = nudged_squares(opinion.subject.square, width, height)
    crops = [make_crop(desk.frame, square, card.side, card.channels, card.resample) for square in squares]
    np.testing.assert_array_equal(desk.crop, crops[13])
    with ScoringClient(installed().folder(MODEL), device="cpu") as client:
        scores = client.score(np.stack(crops)).result(PATIENCE_S)
    assert opinion.margin == pytest.approx(float(scores.margins[13]), abs=1e-4)
    assert evidence.map.mean() + evidence.bias == pytest.approx(opinion.margin, abs=1e-4)
    np.testing.assert_allclose(evidence.map, scores.maps[13], atol=1e-4)
    probabilities = [card.probability(float(margin)) for margin in scores.margins]
    assert opinion.low == pytest.approx(min(probabilities), abs=1e-5)
    assert opinion.high == pytest.approx(max(probabilities), abs=1e-5)
    assert opinion.engine == desk.worker.engine


def test_the_number_follows_the_hand(reader: Reader, sample: Path) -> None:
    """While dragged: opinion and map are of the square that is shown, and go on with the hand."""
    reader.open(sample)
    reader.accepted()
    desk = reader.desk
    shown: list[int] = []
    end = time.monotonic() + PATIENCE_S
    while len(set(shown)) < 4:
        assert time.monotonic() < end, "the number does not follow"
        left = 60 + min(len(shown) // 4, 58)  # slower than any hand, but steady
        desk.set_square(Square(left, 10, 150), resting=False)
        time.sleep(0.008)
        reader.main.pump()
        assert desk.mass is not None
        if desk.opinion is not None and desk.evidence is not None:
            assert desk.opinion.subject.square == desk.mass.square == desk.evidence.subject.square
            shown.append(desk.mass.square.left if desk.mass.square.side == 150 else 0)  # 0: where it was before
    assert shown == sorted(shown)
    desk.set_square(Square(119, 10, 150), resting=True)
    reader.wait(lambda: desk.opinion is not None and desk.opinion.low is not None)
    assert desk.opinion is not None
    assert desk.opinion.subject.square == Square(119, 10, 150)


def test_two_models_give_two_opinions(reader: Reader, sample: Path) -> None:
    reader.open(sample)
    reader.accepted()
    first, other = reader.desk.opinion, next(card.id for card in installed().cards() if card.id != MODEL)
    start = time.perf_counter()
    reader.desk.use_model(other)
    assert time.perf_counter() - start < 0.5, "nothing waits for a worker"
    assert reader.desk.opinion is None
    reader.wait(lambda: reader.desk.opinion is not None)
    second = reader.desk.opinion
    assert first is not None
    assert second is not None
    assert second.subject.model == other
    assert second.margin != first.margin


def test_a_killed_worker_is_started_again_and_the_number_comes(reader: Reader, sample: Path) -> None:
    reader.open(sample)
    reader.wait(lambda: reader.desk.worker.phase == "ready")
    pid = reader.clients[-1].worker_pid
    assert pid is not None
    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    reader.desk.accept()
    reader.wait(lambda: reader.desk.opinion is not None)
    assert reader.desk.trouble is not None
    assert reader.desk.trouble.code == "worker-restarted"
    assert reader.desk.worker.restarts == 1


def test_changed_weights_withhold_the_number(tmp_path: Path, sample: Path) -> None:
    shutil.copytree(installed().folder(MODEL), tmp_path / MODEL)
    weights = tmp_path / MODEL / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with Reader(Library([tmp_path])) as reader:
        reader.open(sample)
        reader.desk.accept()
        reader.wait(lambda: reader.desk.worker.phase == "withheld")
        reader.main.pump()
        assert reader.desk.opinion is None
        assert reader.desk.trouble is not None
        assert reader.desk.trouble.code == "weights-hash-mismatch"


def test_the_desk_closes_while_the_worker_is_busy(sample: Path) -> None:
    with Reader() as reader:
        reader.open(sample)
        reader.desk.accept()
        reader.wait(lambda: reader.desk.opinion is not None)  # and now the range is being scored
        start = time.monotonic()
    assert time.monotonic() - start < 5.0
    calls = reader.main.calls
    reader.main.pump()
    assert reader.main.calls == calls


def test_all_sample_exams_open(reader: Reader) -> None:
    reader.open(places.resources() / "samples")
    assert reader.desk.unread == ()
    assert len(reader.desk.scans) >= 8
    for _ in reader.desk.scans:
        reader.wait(lambda: reader.desk.frame is not None)
        assert reader.desk.frame_error is None
        assert 1 <= len(reader.desk.proposals) <= 3
        reader.desk.next_scan()
