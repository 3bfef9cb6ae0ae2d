"""The command line, end to end: fresh processes, the sample scans, the models that ship with the program."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import bmgui
from bmgui.base import places
from bmgui.imaging.proposals import propose
from bmgui.reading.lists import PROPOSE_COLUMNS, SCORE_COLUMNS
from bmgui.scoring.library import Library, installed_finder

SAMPLES = places.resources() / "samples"
PNG = SAMPLES / "bus_0267" / "bus_0267-l.png"
DICOM = SAMPLES / "bus_0267-dicom" / "bus_0267-l.dcm"
MODEL = "resnet50-first"
DISCLAIMER = "Second opinion for research. Not a medical device."
KEYS = {"file", "left", "top", "side", "frame", "proposed_by", *SCORE_COLUMNS, "band", "range"}
REPOSITORY = Path(bmgui.__file__).resolve().parents[1]


def _run(*arguments: str | Path, folder: Path | None = None, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "bmgui", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=120,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
    )


def _read(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode(), newline=""), strict=True))


def _scored(*arguments: str | Path) -> Any:
    done = _run("score", "--json", "--model", MODEL, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_version() -> None:
    done = _run("--version")
    assert (done.returncode, done.stdout.strip()) == (0, f"bmgui {bmgui.__version__}")


def test_a_square_of_a_sample_is_scored_as_png_and_as_dicom_alike() -> None:
    one, two = _scored(PNG, DICOM, "--square", "60,60,180")
    assert set(one) == set(two) == KEYS
    assert (one["file"], one["left"], one["top"], one["side"], one["frame"]) == (str(PNG), 60, 60, 180, 1)
    assert (one["used_left"], one["used_top"], one["used_side"]) == (60, 60, 180)
    assert (one["margin"], one["probability"]) == (two["margin"], two["probability"])
    low, high = one["range"]
    assert 0 < low <= one["probability"] <= high < 1
    card = Library([places.shipped_models()]).card(MODEL)
    assert one["probability"] == card.probability(one["margin"])
    band = card.band(one["probability"])
    assert one["band"] == {"number": band.number, "name": band.name}
    assert (one["model"], one["error"]) == (MODEL, None)
    assert isinstance(one["doubts"], list)


def test_for_people_it_says_everything_and_what_it_is_not(tmp_path: Path) -> None:
    file = shutil.copy(PNG, tmp_path / "陈_左乳.png")
    done = _run("score", Path(file).name, folder=tmp_path, LC_ALL="C", LANG="C", PYTHONIOENCODING="")
    assert done.returncode == 0, done.stderr
    assert "陈_左乳.png" in done.stdout
    assert "first proposal" in done.stdout
    assert Library([places.shipped_models()]).default_id in done.stdout
    assert done.stdout.splitlines()[-1] == DISCLAIMER


def test_without_a_square_it_says_so_and_takes_the_first_proposal() -> None:
    done = _run("score", PNG, "--json", "--model", MODEL, "--proposals", "rule")
    (told,) = json.loads(done.stdout)
    assert told["proposed_by"] == "rule"
    first = propose(np.asarray(Image.open(PNG)))[0]
    assert (told["left"], told["top"], told["side"]) == (None, None, None)
    assert (told["used_left"], told["used_top"], told["used_side"]) == (first.left, first.top, first.side)
    assert "no square was given" in done.stderr
    assert str(PNG) in done.stderr


def test_another_prior_is_used() -> None:
    ((usual,), (rare,)) = (
        _scored(PNG, "--square", "60,60,180"),
        _scored(PNG, "--square", "60,60,180", "--prior", "0.01"),
    )
    assert rare["margin"] == usual["margin"]
    card = Library([places.shipped_models()]).card(MODEL)
    assert rare["probability"] == card.probability(usual["margin"], 0.01) < usual["probability"]


def test_evidence_as_map_and_as_picture(tmp_path: Path) -> None:
    (told,) = _scored(PNG, "--square", "60,60,180", "--evidence", tmp_path / "图.npy")
    evidence = np.load(tmp_path / "图.npy", allow_pickle=False)
    assert evidence.dtype == np.float32
    assert evidence.ndim == 2
    assert evidence.min() < evidence.max()
    bias = told["margin"] - float(evidence.mean())
    assert abs(bias) < 1.0
    _scored(PNG, "--square", "60,60,180", "--evidence", tmp_path / "map.PNG")
    frame = np.asarray(Image.open(PNG).convert("RGB"))
    picture = np.asarray(Image.open(tmp_path / "map.PNG"))
    changed = np.any(picture != frame, axis=2)
    assert picture.shape == frame.shape
    assert changed[60:240, 60:240].any()
    changed[60:240, 60:240] = False
    assert not changed.any()


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    done = _run("score", bad, PNG, "--square", "60,60,180", "--json", "--model", MODEL)
    assert done.returncode == 1
    failed, good = json.loads(done.stdout)
    assert set(failed) == KEYS
    assert failed["error"].startswith("not-a-scan: ")
    numbers = ("probability", "margin", "used_left", "used_top", "used_side", "band", "range")
    assert all(failed[key] is None for key in numbers)
    assert good["error"] is None
    assert done.stderr.count("\n") == 1
    assert str(bad) in done.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("score", PNG, "--frame", "2"), "frame 2"),
        (("score", PNG, "--model", "no-such"), "no-such"),
        (("score", PNG, "--model", ""), "no model"),
        (("score", PNG, "--evidence", "no folder/map.png"), "map.png"),
        (("score", "--list", "missing.csv", "--output", "out.csv"), "missing.csv"),
        (("propose", "missing.png"), "missing.png"),
    ],
)
def test_what_is_known_is_one_sentence(arguments: tuple[str, ...], named: str, tmp_path: Path) -> None:
    done = _run(*arguments, folder=tmp_path)
    assert done.returncode == 1
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1 + ("no square" in done.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ("score",),
        ("score", "a.png", "--square", "1,2"),
        ("score", "a.png", "--square", "1,2,0"),
        ("score", "a.png", "--square", "1_0,2,40"),
        ("score", "a.png", "--square", "1e1,2,40"),
        ("score", "a.png", "--square"),
        ("score", "a.png", "--frame", "٣"),
        ("score", "a.png", "--squ", "1,2,40"),
        ("score", "a.png", "--prior", "1"),
        ("score", "a.png", "--prior", "nan"),
        ("score", "a.png", "--frame", "0"),
        ("score", "a.png", "--evidence", "map.jpg"),
        ("score", "a.png", "b.png", "--evidence", "map.png"),
        ("score", "a.png", "--output", "out.csv"),
        ("score", "--list", "in.csv"),
        ("score", "a.png", "--list", "in.csv", "--output", "out.csv"),
        ("score", "--list", "in.csv", "--output", "out.csv", "--json"),
        ("propose", "--list", "in.csv"),
    ],
)
def test_wrong_usage_is_code_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    from bmgui.cli import main

    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: bmgui" in capsys.readouterr().err


def test_a_square_past_the_left_edge_is_moved_inside() -> None:
    (told,) = _scored(PNG, "--square", "-5,-9,180")
    assert (told["left"], told["top"], told["used_left"], told["used_top"], told["used_side"]) == (-5, -9, 0, 0, 180)


@pytest.mark.parametrize(
    "arguments",
    [
        ("score", "scan.png", "--evidence", "scan.png"),
        ("score", "scan.png", "--evidence", "sub/../scan.png"),
        ("score", "--list", "in.csv", "--output", "in.csv"),
        ("score", "--list", "in.csv", "--output", "scan.png"),
        ("propose", "--list", "files.csv", "--output", "scan.png"),
    ],
)
def test_no_output_takes_the_place_of_what_is_read(
    arguments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from bmgui.cli import main

    shutil.copy(PNG, tmp_path / "scan.png")
    (tmp_path / "sub").mkdir()
    (tmp_path / "in.csv").write_text("file,left,top,side\nscan.png,60,60,180\n")
    (tmp_path / "files.csv").write_text("file\nscan.png\n")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    assert "would be lost" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_standard_output_that_takes_nothing_is_one_sentence() -> None:
    for unbuffered in ("", "1"):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "bmgui", "propose", PNG],
                stdout=full,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                check=False,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": unbuffered},
            )
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "standard output" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe without a reader is another error there")
def test_nobody_reads_the_answer(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as closed:  # noqa: PTH123 - a descriptor
        for arguments in (("propose", PNG), ("--help",)):
            done = subprocess.run(
                [sys.executable, "-m", "bmgui", *arguments],
                stdout=closed,
                stderr=subprocess.PIPE,
                check=False,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": ""},
            )
            assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are Unicode elsewhere")
def test_json_stays_json_where_a_name_is_no_utf8(tmp_path: Path) -> None:
    file = str(tmp_path / "\udcff\udce9.png")
    done = _run("score", file, "--json")  # missing: the name alone matters
    assert json.loads(done.stdout.encode())[0]["file"] == file


def test_from_a_list_of_images_to_scores(tmp_path: Path) -> None:
    shutil.copy(PNG, tmp_path / "陈.png")
    (tmp_path / "images.csv").write_bytes("\ufeff编号,file\r\n=7,陈.png\r\n8,missing.png\r\n".encode())
    proposed = _run("propose", "--list", tmp_path / "images.csv", "--output", tmp_path / "squares.csv")
    assert proposed.returncode == 1
    assert "1 of 2 rows failed" in proposed.stderr
    squares = _read(tmp_path / "squares.csv")
    assert list(squares[0]) == ["编号", "file", *PROPOSE_COLUMNS]
    scored = _run("score", "--list", tmp_path / "squares.csv", "--output", tmp_path / "scores.csv", "--model", MODEL)
    assert scored.returncode == 1
    scores = _read(tmp_path / "scores.csv")
    assert len(scores) == len(squares)
    for before, after in zip(squares, scores, strict=True):
        assert {**after, "error": before["error"]}.items() >= before.items()
    (bad,) = (row for row in scores if row["file"] == "missing.png")
    assert (bad["probability"], bad["error"].split(":")[0]) == ("", "row-not-whole")
    (best,) = (row for row in scores if row["rank"] == "1")
    where = ",".join(best[column] for column in ("left", "top", "side"))
    (alone,) = _scored(PNG, "--square", where)
    assert float(best["probability"]) == pytest.approx(alone["probability"], abs=1e-5)


def test_proposals_of_files_are_lines_of_csv(tmp_path: Path) -> None:
    done = _run("propose", PNG, tmp_path / "missing.png")
    rows = list(csv.DictReader(io.StringIO(done.stdout), strict=True))
    assert done.returncode == 1
    assert list(rows[0]) == ["file", *PROPOSE_COLUMNS]
    assert [row["rank"] for row in rows] == [*(str(rank) for rank in range(1, len(rows))), ""]
    assert rows[-1]["error"].startswith("file-missing: ")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a single process")
def test_interrupted_it_ends_quietly_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("file,left,top,side\n" + f"{PNG},10,10,200\n" * 2000)
    command = [sys.executable, "-m", "bmgui", "score", "--list", "in.csv", "--output", "out.csv", "--model", MODEL]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, env=environment) as process:
        end = time.monotonic() + 60
        while not list(tmp_path.glob(".*.part")):
            assert time.monotonic() < end
            time.sleep(0.02)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert told == b""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]


def test_scoring_loads_neither_qt_nor_an_engine_into_its_own_process() -> None:
    code = (
        "import sys; from bmgui.cli import main; main(['score', sys.argv[1], '--model', sys.argv[2]]);"
        "print(*(m for m in ('PySide6', 'torch', 'openvino', 'scipy') if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, PNG, MODEL],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert done.stdout.splitlines()[-2:] == [DISCLAIMER, ""]


@pytest.mark.parametrize("proposals", ["learnt", "rule"])
def test_who_proposes_is_said_and_the_window_would_offer_the_same(proposals: str) -> None:
    """`learnt` is the finder's where one ships and sees a mass; without it, and for `rule`, the rule's."""
    done = _run("propose", PNG, "--proposals", proposals)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout), strict=True))
    expected = "learnt" if proposals == "learnt" and installed_finder() is not None else "rule"
    assert {row["proposed_by"] for row in rows} == {expected}
    (told,) = _scored(PNG, "--proposals", proposals)
    assert told["proposed_by"] == expected
    assert [str(told[f"used_{name}"]) for name in ("left", "top", "side")] == [
        rows[0][name] for name in ("left", "top", "side")
    ]
