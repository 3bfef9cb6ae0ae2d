"""Lists scored by the real worker on the sample scans."""

import csv
import io
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.base.files import check_writable
from bmgui.imaging import pictures
from bmgui.imaging.codec import Codec
from bmgui.imaging.crop import make_crop
from bmgui.imaging.opening import open_scan
from bmgui.imaging.proposals import propose
from bmgui.imaging.square import Square, fit_square, nudged_squares
from bmgui.reading import bulk
from bmgui.reading.bulk import propose_list, propose_requests, read_one, score_list, score_requests
from bmgui.reading.lists import PROPOSE_COLUMNS, SCORE_COLUMNS, Request, read_table
from bmgui.reading.opinion import Opinion
from bmgui.scoring.card import Card, read_card
from bmgui.scoring.client import ScoringClient
from bmgui.wording import english

SAMPLE = places.resources() / "samples" / "bus_0267" / "bus_0267-l.png"
OTHER = places.resources() / "samples" / "bus_1006" / "bus_1006-r.png"
MODEL = places.shipped_models() / "resnet50-first"


@pytest.fixture
def card() -> Card:
    return read_card(MODEL)


@pytest.fixture
def client() -> Iterator[ScoringClient]:
    with ScoringClient(MODEL, device="cpu", throughput=True) as started:
        yield started


@pytest.fixture
def codec() -> Iterator[Codec]:
    with Codec() as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sample scans under names that are no ASCII."""
    (tmp_path / "扫描").mkdir()
    shutil.copy(SAMPLE, tmp_path / "扫描" / "陈_左乳.png")
    shutil.copy(OTHER, tmp_path / "b.png")
    (tmp_path / "broken.png").write_bytes(SAMPLE.read_bytes()[:3000])
    return tmp_path


def _margin(client: ScoringClient, card: Card, codec: Codec, file: Path, square: Square) -> float:
    crop = make_crop(open_scan(file, codec).frame(1), square, card.side, card.channels, card.resample)
    return float(client.score(crop[None]).result(60).margins[0])


def _score(folder: Path, text: str, card: Card, client: ScoringClient, codec: Codec, **named: Any) -> list[list[str]]:
    (folder / "in.csv").write_bytes(text.encode())
    table = read_table(folder / "in.csv", ("file", "left", "top", "side"), SCORE_COLUMNS)
    steps: list[tuple[int, int]] = []
    named = {"prior": None, **named}
    failed = score_list(
        table,
        folder / "out.csv",
        card=card,
        client=client,
        codec=codec,
        say=english,
        on_progress=lambda done, rows: steps.append((done, rows)),
        **named,
    )
    rows = _read(folder / "out.csv")
    assert failed == sum(row[-1] != "" for row in rows[1:])
    assert steps == [(done, len(rows) - 1) for done in range(1, len(rows))]
    return rows


def _read(file: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.read_bytes().decode(), newline=""), strict=True))


def test_good_and_bad_rows_come_out_in_order(folder: Path, card: Card, client: ScoringClient, codec: Codec) -> None:
    lines = [
        "note,file,left,top,side,frame",
        "=1+1,扫描/陈_左乳.png,40,30,160,1",
        '"two\r\nlines, ""quoted""",扫描/陈_左乳.png,-20,30,160,',
        ",missing.png,1,1,100,1",
        ",broken.png,1,1,100,1",
        ",b.png,1,x,100,1",
        ",b.png,1,1,100,2",
        ",b.png,1,1,5000,1",
        "last,b.png,50,40,50,1",
    ]
    rows = _score(folder, "\n".join(lines), card, client, codec)
    given = list(csv.reader(io.StringIO("\n".join(lines), newline="")))
    assert rows[0] == [*given[0], *SCORE_COLUMNS]
    assert [row[:6] for row in rows] == given
    codes = [row[-1].split(":")[0] for row in rows[1:]]
    assert codes[:2] == ["", ""]
    assert codes[2] == "file-missing"
    assert codes[3]
    assert codes[4:] == ["row-not-whole", "no-such-frame", "", ""]
    for row in rows[1:]:
        used, probability, margin, model = row[6:9], row[9], row[10], row[12]
        assert model == card.id
        if row[-1]:
            assert [*used, probability, margin, row[11]] == [""] * 6
            assert len(row[-1].split(": ", 1)[1]) > 10
            continue
        file = folder / row[1]
        width, height = open_scan(file, codec).width, open_scan(file, codec).height
        square = fit_square(Square(int(row[2]), int(row[3]), int(row[4])), width, height)
        assert [int(value) for value in used] == [square.left, square.top, square.side]
        expected = _margin(client, card, codec, file, square)
        assert float(margin) == pytest.approx(expected, abs=1e-5)
        assert float(probability) == pytest.approx(card.probability(expected), abs=1e-5)
        assert len(probability.split(".")[1]) >= 6
    assert "touches-edge" in rows[2][11].split(";")
    assert "under-64-px" in rows[8][11].split(";")


def test_another_prior_moves_the_probability_and_not_the_margin(
    folder: Path, card: Card, client: ScoringClient, codec: Codec
) -> None:
    text = "file,left,top,side\nb.png,40,30,160\n"
    (_, row) = _score(folder, text, card, client, codec)
    (_, moved) = _score(folder, text, card, client, codec, prior=0.9)
    assert float(moved[8]) == float(row[8])
    assert float(moved[7]) == pytest.approx(card.probability(float(row[8]), 0.9), abs=1e-6)
    assert float(moved[7]) > float(row[7])


def test_many_rows_of_one_file_are_decoded_a_few_times_and_scored_in_order(
    card: Card, client: ScoringClient, codec: Codec, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    lock = threading.Lock()

    def counting(path: Path, codec: Codec) -> Any:
        with lock:
            opened.append(path)
        return open_scan(path, codec)

    monkeypatch.setattr(bulk, "open_scan", counting)
    monkeypatch.setattr(bulk, "_MOST_ROWS_TOGETHER", 4)
    squares = [Square(left, 10, 100) for left in range(18)]
    answers = list(
        score_requests([Request(SAMPLE, square) for square in squares], card=card, client=client, codec=codec)
    )
    assert len(opened) == 5  # 18 rows, 4 together
    assert [answer.subject.square for answer in answers if isinstance(answer, Opinion)] == squares
    for number in (0, 3, 4, 17):
        answer = answers[number]
        assert isinstance(answer, Opinion)
        assert answer.margin == pytest.approx(_margin(client, card, codec, SAMPLE, squares[number]), abs=1e-5)


def test_memory_stays_bounded_however_long_the_list(
    card: Card, client: ScoringClient, codec: Codec, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = 0
    most = 0
    done = 0
    lock = threading.Lock()

    def counting(*arguments: Any) -> Any:
        nonlocal prepared, most
        with lock:
            prepared += 1
            most = max(most, prepared - done)
        return make_crop(*arguments)

    monkeypatch.setattr(bulk, "make_crop", counting)
    monkeypatch.setattr(bulk, "_BATCH_CROPS", 4)
    monkeypatch.setattr(bulk, "_ROWS_AHEAD", 12)
    rows = [Request(file, Square(10, 10, 100)) for _ in range(30) for file in (SAMPLE, OTHER)]
    for _ in score_requests(rows, card=card, client=client, codec=codec):
        done += 1
    assert done == prepared == 60
    assert most <= 12 + 4 * 4 + 4


def test_an_empty_list_gives_the_header(folder: Path, card: Card, client: ScoringClient, codec: Codec) -> None:
    assert _score(folder, "file,left,top,side\n", card, client, codec) == [
        ["file", "left", "top", "side", *SCORE_COLUMNS]
    ]


def test_an_output_that_cannot_be_written_is_said_before_the_work(
    folder: Path, card: Card, client: ScoringClient, codec: Codec, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> None:
        pytest.fail("it began to work")

    monkeypatch.setattr(bulk, "open_scan", never)
    (folder / "in.csv").write_text("file,left,top,side\nb.png,1,1,100\n")
    table = read_table(folder / "in.csv", ("file",), SCORE_COLUMNS)
    for output in (folder, folder / "no such folder" / "out.csv"):
        with pytest.raises(KnownError, match="file-not-written"):
            score_list(
                table,
                output,
                card=card,
                client=client,
                codec=codec,
                prior=None,
                say=english,
                on_progress=lambda *_: None,
            )
    check_writable(folder / "in.csv")  # what was there before may be replaced


def test_a_worker_that_withholds_scores_leaves_no_output(folder: Path, card: Card, codec: Codec) -> None:
    broken = shutil.copytree(MODEL, folder / "model")
    (broken / "weights.safetensors").write_bytes(b"no weights")
    with ScoringClient(broken, throughput=True) as client, pytest.raises(KnownError, match="weights-hash-mismatch"):
        _score(folder, "file,left,top,side\nb.png,1,1,100\n", card, client, codec)
    assert not (folder / "out.csv").exists()
    assert not list(folder.glob(".*.part"))


def test_a_worker_that_dies_for_good_fails_the_rows_that_are_left(
    card: Card, client: ScoringClient, codec: Codec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_BATCH_CROPS", 4)
    requests = [Request(SAMPLE, Square(left, 10, 100)) for left in range(40)]
    answers = score_requests(requests, card=card, client=client, codec=codec)
    got = [next(answers)]
    for dead in (lambda: client.state.restarts == 1, lambda: client.state.phase == "stopped"):
        client.wait_until_ready()
        pid = client.worker_pid
        assert pid is not None
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        end = time.monotonic() + 30
        while not dead() and time.monotonic() < end:
            time.sleep(0.01)
    got += list(answers)
    assert len(got) == len(requests)
    assert isinstance(got[0], Opinion)
    assert isinstance(got[-1], KnownError)
    assert {answer.code for answer in got if isinstance(answer, KnownError)} == {"worker-died"}


def test_one_file_read_has_the_range_of_its_nudged_squares(card: Card, client: ScoringClient, codec: Codec) -> None:
    asked = Square(30, 20, 150)
    reading = read_one(Request(SAMPLE, asked), card=card, client=client, codec=codec, prior=None)
    opinion = reading.opinion
    height, width = reading.frame.shape[:2]
    margins = [_margin(client, card, codec, SAMPLE, square) for square in nudged_squares(asked, width, height)]
    probabilities = [card.probability(margin) for margin in margins]
    assert opinion.subject.square == asked
    assert not reading.proposed
    assert (opinion.low, opinion.high) == pytest.approx((min(probabilities), max(probabilities)), abs=1e-4)
    assert opinion.low is not None
    assert opinion.high is not None
    assert opinion.low <= opinion.probability <= opinion.high
    assert opinion.band == card.band(opinion.probability)
    bias = reading.evidence.bias
    assert bias is not None
    assert float(reading.evidence.map.mean()) + bias == pytest.approx(opinion.margin, abs=1e-4)


def test_without_a_square_the_first_proposal_is_read(card: Card, client: ScoringClient, codec: Codec) -> None:
    reading = read_one(Request(SAMPLE, None), card=card, client=client, codec=codec, prior=None)
    assert reading.proposed == "rule"
    assert reading.opinion.subject.square == propose(reading.frame)[0]


def test_proposals_in_bulk_are_those_of_the_window(folder: Path, codec: Codec) -> None:
    (folder / "in.csv").write_text("who,file\nA,扫描/陈_左乳.png\nB,missing.png\nC,b.png\n", "utf-8")
    table = read_table(folder / "in.csv", ("file",), PROPOSE_COLUMNS)
    failed = propose_list(table, folder / "out.csv", codec=codec, say=english, on_progress=lambda *_: None)
    rows = _read(folder / "out.csv")
    assert failed == 1
    assert rows[0] == ["who", "file", *PROPOSE_COLUMNS]
    for who, file in (("A", SAMPLE), ("C", OTHER)):
        mine = [row for row in rows if row[0] == who]
        squares = propose(open_scan(file, codec).frame(1))
        assert [tuple(int(value) for value in row[2:6]) for row in mine] == [
            (square.left, square.top, square.side, rank) for rank, square in enumerate(squares, 1)
        ]
        assert {tuple(row[6:]) for row in mine} == {("rule", "", "")}
    (bad,) = (row for row in rows if row[0] == "B")
    assert bad[2:8] == [""] * 6
    assert bad[8].startswith("file-missing: ")


def test_a_bug_in_a_thread_is_not_swallowed(codec: Codec, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(pictures, "open_picture", bug)
    with pytest.raises(ZeroDivisionError):
        list(propose_requests([Request(SAMPLE, None)] * 40, codec))
