"""What the page of collections asks the system's dialogs for, and what it writes."""

import csv
from pathlib import Path

import pytest
from PySide6.QtTest import QTest

from bmgui.learning import shelf
from bmgui.ui import file_dialogs
from tests.learning.collection_stand import collection, draft, picture, save
from tests.ui.retrain.collections_window import click, collections_page, scans
from tests.ui.window_stand import texts, wait


def answer(monkeypatch: pytest.MonkeyPatch, name: str, value: object) -> None:
    monkeypatch.setattr(file_dialogs, name, lambda *_: value)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_folder_and_a_list_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = scans(tmp_path / "scans")
    (tmp_path / "list.csv").write_text("file,label\n")
    answer(monkeypatch, "ask_folder", [source])
    answer(monkeypatch, "ask_list", tmp_path / "list.csv")
    with collections_page() as (page, _):
        page.import_scans()
        click(page, "import-folder")
        assert (page.wizard.form.source.text(), page.wizard.form.kind) == (str(source), "folder")
        click(page, "import-list")
        assert page.wizard.form.kind == "csv"
        answer(monkeypatch, "ask_list", None)  # she thought better of it
        click(page, "import-list")
        assert page.wizard.form.source.text() == str(tmp_path / "list.csv")


def test_the_complaints_are_saved_with_their_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "a.png", picture(1))
    (tmp_path / "list.csv").write_text("file,label,patient\na.png,benign,1\nb.png,malignant,2\n")
    target = tmp_path / "complaints.csv"
    answer(monkeypatch, "ask_csv", target)
    with collections_page() as (page, _):
        page.import_scans(tmp_path / "list.csv")
        click(page, "import-look")
        wait(lambda: page.wizard.survey)
        click(page, "import-save")
        wait(target.exists)
    written = {(row["file"], row["line"], row["taken"], row["code"]) for row in rows(target)}
    assert written == {("a.png", "2", "1", "import-proposed"), ("b.png", "3", "0", "file-missing")}
    assert all(row["why"] for row in rows(target))


def test_the_findings_are_saved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    collection(shelf.free_folder("collections", "ours"), [draft(1, id="a"), draft(1, "malignant", id="b")])
    target = tmp_path / "findings.csv"
    answer(monkeypatch, "ask_csv", target)
    with collections_page() as (page, _):
        wait(lambda: page.overview.chosen)
        click(page, "collections-audit")
        wait(lambda: page.audit.found)
        click(page, "audit-save")
        wait(target.exists)
    conflict = [row["section"] for row in rows(target) if row["finding"] == "both-classes"]
    assert conflict == ["a", "b"]


def test_a_collection_that_lies_elsewhere_is_put_on_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = collection(tmp_path / "elsewhere", [draft(1), draft(2, "malignant")])
    with collections_page() as (page, retraining):
        answer(monkeypatch, "ask_folder", [tmp_path])
        click(page, "collections-add")
        assert "There is no collection in" in retraining.trouble
        answer(monkeypatch, "ask_folder", [made.folder])
        click(page, "collections-add")
        wait(lambda: page.overview.chosen)
        assert shelf.known("collections") == (made.folder,)
        assert "elsewhere" in texts(page)


def test_a_path_in_quotes_is_understood(tmp_path: Path) -> None:
    source = scans(tmp_path / "scans")
    with collections_page() as (page, _):
        page.import_scans()
        QTest.keyClicks(page.wizard.form.source, f'"{source}"')
        assert page.wizard.form.kind == "folder"
        click(page, "import-look")
        wait(lambda: page.wizard.survey)
