"""`bmgui collections`, from a folder of scans to a split with a locked test."""

import csv
from pathlib import Path

import pytest

from bmgui.cli import main
from bmgui.learning import shelf
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.collections.pseudonyms import pseudonym
from tests.learning.collection_stand import picture, save


@pytest.fixture
def made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    for patient in range(10):
        label = "malignant" if patient % 3 == 0 else "benign"
        for number in range(2):
            save(tmp_path / f"scans/{label}/P{patient}/{number}.png", picture(patient * 2 + number))
    (tmp_path / "scans/benign/P1/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert (
        main(["collections", "import", str(tmp_path / "scans"), "--kind", "folder", "--into", str(tmp_path / "c")]) == 0
    )
    said = capsys.readouterr()
    assert "benign/P1/broken.png: left out." in said.err
    assert "20 sections would be taken, 1 left out; 0 pictures without a mass." in said.err
    assert f"{tmp_path / 'c'} is ready: 20 sections." in said.out
    return tmp_path / "c"


def test_a_dry_run_leaves_nothing(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(tmp_path.iterdir())
    assert main(["collections", "import", str(tmp_path / "scans"), "--kind", "folder", "--dry-run"]) == 0
    said = capsys.readouterr()
    assert "left out" in said.err
    assert "dry run" in said.out
    assert sorted(tmp_path.iterdir()) == before


def test_a_collection_is_called_as_its_folder_and_a_name_that_is_taken_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "scans/1.png", picture(1))
    (tmp_path / "scans/list.csv").write_text("file,label,patient\n1.png,benign,P1\n")
    own = shelf.folder_of("collections")
    command = ["collections", "import", str(tmp_path / "scans/list.csv"), "--kind", "csv", "--into"]
    assert main([*command, str(own / "clinic")]) == 0
    assert open_collection(own / "clinic").name == "clinic"
    assert main([*command, str(tmp_path / "clinic")]) == 1
    assert "for example clinic 2" in capsys.readouterr().err
    assert not (tmp_path / "clinic").exists()
    assert main([*command, str(tmp_path / "clinic"), "--name", "clinic 2"]) == 0
    assert open_collection(tmp_path / "clinic").name == "clinic 2"


def test_audit_exclude_include(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "findings.csv"
    assert main(["collections", "audit", str(made), "--output", str(target)]) == 0
    assert "20  square-proposed" in capsys.readouterr().out
    rows = list(csv.DictReader(target.read_text("utf-8").splitlines()))
    section = rows[-1]["section"]
    assert main(["collections", "exclude", str(made), section, "--reason", "not a mass"]) == 0
    assert capsys.readouterr().out == f"excluded now: {section}\nc: 19 sections, 1 excluded\n"
    assert main(["collections", "show", str(made)]) == 0
    assert f"excluded: {section}: not a mass" in capsys.readouterr().out
    assert main(["collections", "audit", str(made), "--output", str(target)]) == 0
    assert section not in target.read_text("utf-8")
    assert main(["collections", "include", str(made), section]) == 0
    assert capsys.readouterr().out.endswith(f"taken back in: {section}\nc: 20 sections, 0 excluded\n")
    assert main(["collections", "include", str(made), section]) == 1
    assert "is not excluded" in capsys.readouterr().err


def test_relabel_and_undo(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    section, relabel = "P1/0", ["collections", "relabel", str(made)]
    before = open_collection(made)
    assert next(s.label for s in before.sections if s.id.endswith(section)) == "benign"
    section = next(s.id for s in before.sections if s.id.endswith(section))
    assert main([*relabel, section, "--label", "malignant", "--reason", "excised later"]) == 0
    said = capsys.readouterr()
    assert said.out == f"{section}: benign is malignant now\n"
    assert open_collection(made).version[:12] in said.err
    assert main([*relabel, section, "--label", "malignant", "--reason", "again"]) == 1
    assert main(["collections", "show", str(made)]) == 0
    assert f"corrected: {section}: benign is malignant now: excised later" in capsys.readouterr().out
    assert main(["collections", "undo", str(made), section]) == 0
    assert open_collection(made).version == before.version
    assert main(["collections", "undo", str(made), section]) == 1


def test_an_import_under_pseudonyms_names_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, patient in enumerate(("Mo_4711", "Mo_4711", "Lu_4712")):
        save(tmp_path / f"scans/{patient}-{number}.png", picture(number))
    rows = ["file,label,patient", *(f"{p}-{n}.png,benign,{p}" for n, p in enumerate(("Mo_4711", "Mo_4711", "Lu_4712")))]
    (tmp_path / "scans/Mo_list.csv").write_text("\n".join([*rows, "gone.png,benign,Mo_4711", "x.png,unclear,"]))
    command = ["collections", "import", str(tmp_path / "scans/Mo_list.csv"), "--kind", "csv", "--name", "ours"]
    assert main([*command, "--pseudonyms", "--into", str(tmp_path / "c")]) == 0
    said = capsys.readouterr().err
    assert "Line 5, gone.png: left out." in said
    assert "Line 6, x.png: left out." in said
    stored = b"".join(path.read_bytes() for path in (tmp_path / "c").iterdir())
    assert b"Mo_" not in stored
    assert b"Lu_" not in stored
    first, second, third = (section.patient for section in open_collection(tmp_path / "c").sections)
    assert first == second != third
    assert first == pseudonym("Mo_4711")


def test_split_and_its_lock(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    split = ["collections", "split", str(made)]
    assert main([*split, "--seed", "1", "--test", "0.3", "--validation", "0.2"]) == 0
    assert "test: " in capsys.readouterr().out
    stored = (made / "split.json").read_text("utf-8")
    assert main([*split, "--seed", "2", "--test", "0.3"]) == 1
    assert "locked" in capsys.readouterr().err
    assert (made / "split.json").read_text("utf-8") == stored
    assert main([*split, "--seed", "2", "--keep-test", "--validation", "0.3"]) == 0
    assert main([*split, "--seed", "3", "--only-new"]) == 1
    assert "nothing new to place" in capsys.readouterr().err
    assert main([*split, "--official", "test=(none)", "--discard-locked-test"]) == 0
    assert main(["collections", "show", str(made)]) == 0
    assert "given up 1 times" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong",
    [
        ["import", "x", "--kind", "csv"],
        ["import", "x", "--kind", "pictures", "--into", "y"],
        ["split", "x"],
        ["split", "x", "--seed", "1", "--test", "1.5"],
        ["split", "x", "--seed", "1", "--official", "train=1"],
        ["split", "x", "--official", "exam=1"],
        ["audit", "x"],
        ["exclude", "x", "s1"],
        ["relabel", "x", "s1", "--label", "normal", "--reason", "why"],
        ["relabel", "x", "s1", "--label", "benign"],
    ],
)
def test_wrong_usage(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["collections", *wrong])
    assert caught.value.code == 2
