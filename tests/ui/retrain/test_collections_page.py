"""The page of collections: an import is looked at before it is made, and a split before it is stored."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bmgui.learning import shelf
from bmgui.learning.collections import looks
from bmgui.learning.collections.adding import new_section
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.collections.importing import run
from bmgui.learning.collections.splits import cut, store_split
from bmgui.learning.runs import queue
from tests.learning.collection_stand import collection, draft, picture, save
from tests.learning.training.training_stand import make_small_run, pretend_begun
from tests.ui.retrain.collections_window import click, collections_page, imported, scans, write
from tests.ui.window_stand import texts, wait

CTRL = Qt.KeyboardModifier.ControlModifier


def folders() -> list[Path]:
    place = shelf.folder_of("collections")
    return sorted(place.iterdir()) if place.is_dir() else []


# --- import ---


def test_everything_is_seen_before_anything_is_copied(tmp_path: Path) -> None:
    source = scans(tmp_path / "scans")
    with collections_page() as (page, _):
        assert "No collection yet" in texts(page)
        click(page, "collections-first-import")
        write(page.wizard.form.source, str(source))
        assert page.wizard.form.kind == "folder"  # guessed
        assert page.wizard.form.pseudonyms.isChecked()  # a department's own scans
        click(page, "import-look")
        wait(lambda: page.wizard.survey)
        assert folders() == []
        survey = page.wizard.survey
        assert survey is not None
        assert (survey.sections, survey.normals) == (14, 1)
        assert [tile.caption for tile in page.wizard.preview.tiles][:2] == ["benign/P0/again.png", "benign/P0/v0.png"]
        assert {tile.malignant for tile in page.wizard.preview.tiles} == {True, False}
        assert page.wizard.preview.tiles[0].square == (40, 22, 80)
        table = page.wizard.complaints.table.model()
        rows = [[table.index(row, column).data() for column in range(3)] for row in range(table.rowCount())]
        assert [row[:2] for row in rows] == [["benign/P0/letter.png", "left out"]]
        assert "14 sections would be taken, 1 left out" in texts(page)
        click(page, "import-copy")
        wait(lambda: page.overview.chosen)
        made = open_collection(folders()[0])
        assert len(made.sections) == 14
        assert not any("P0" in section.file or section.patient == "P0" for section in made.sections)


def test_an_import_that_is_cancelled_keeps_nothing(tmp_path: Path) -> None:
    source = scans(tmp_path / "scans", patients=30)
    with collections_page() as (page, _):
        page.import_scans(source)
        click(page, "import-look")
        wait(lambda: page.wizard.survey)
        click(page, "import-copy")
        assert page.wizard.copying
        click(page, "import-cancel")
        wait(lambda: not page.wizard.at_work)
        assert "Nothing was kept" in texts(page)
        assert folders() == []
        click(page, "import-copy")  # and again, from what was looked at
        wait(lambda: page.overview.chosen)
        assert len(open_collection(folders()[0]).sections) == 62


def test_escape_stops_looking_then_goes_back(tmp_path: Path) -> None:
    source = scans(tmp_path / "scans", patients=30)
    with collections_page() as (page, _):
        page.import_scans(source)
        QTest.keyClick(page.wizard.form.source, Qt.Key.Key_Return)
        wait(lambda: page.wizard.preview.tiles)
        QTest.keyClick(page.wizard.preview, Qt.Key.Key_Escape)
        wait(lambda: not page.wizard.at_work)
        assert page.view is page.wizard
        assert page.wizard.form.source.isVisible()
        assert page.wizard.form.source.text() == str(source)
        QTest.keyClick(page.wizard.form.source, Qt.Key.Key_Escape)
        assert page.view is page.overview


def test_scans_that_changed_since_they_were_looked_at_are_not_imported(tmp_path: Path) -> None:
    source = scans(tmp_path / "scans")
    with collections_page() as (page, _):
        page.import_scans(source)
        click(page, "import-look")
        wait(lambda: page.wizard.survey)
        (source / "benign" / "P0" / "v0.png").unlink()
        click(page, "import-copy")
        wait(lambda: not page.wizard.at_work)
        assert "Look at them again" in texts(page)
        assert folders() == []


def test_a_source_that_cannot_be_used_is_said_beside_it(tmp_path: Path) -> None:
    with collections_page() as (page, _):
        QTest.keyClick(page, Qt.Key.Key_N, CTRL)
        write(page.wizard.form.source, str(tmp_path / "gone"))
        page.wizard.form.choose_kind("folder")
        click(page, "import-look")
        wait(lambda: not page.wizard.at_work)
        assert str(tmp_path / "gone") in texts(page)
        assert page.wizard.form.source.isVisible()


def test_a_name_that_is_taken_is_refused_before_anything_is_looked_at(tmp_path: Path) -> None:
    source = scans(tmp_path / "scans")
    with collections_page() as (page, _):
        folder = imported(page, source, "ours")
        QTest.keyClick(page, Qt.Key.Key_N, CTRL)
        write(page.wizard.form.source, str(source))
        write(page.wizard.form.name, "ours")
        click(page, "import-look")
        wait(lambda: not page.wizard.at_work)
        assert "for example ours 2" in texts(page)
        assert page.wizard.form.name.text() == "ours"
        assert folders() == [folder]


def test_the_complaints_are_filtered_and_say_the_line(tmp_path: Path) -> None:
    save(tmp_path / "a.png", picture(1))
    (tmp_path / "list.csv").write_text("file,label,patient\na.png,benign,1\nb.png,malignant,2\na.png,perhaps,3\n")
    with collections_page() as (page, _):
        page.import_scans(tmp_path / "list.csv")
        assert page.wizard.form.kind == "csv"
        click(page, "import-look")
        wait(lambda: page.wizard.survey)
        table = page.wizard.complaints.table
        assert table.model().rowCount() == 3  # no square, not there, no label
        page.wizard.complaints.filter.setFocus()
        QTest.keyClick(page.wizard.complaints.filter, Qt.Key.Key_Down)
        assert table.model().rowCount() == 2
        shown = [table.model().index(row, 0).data() for row in range(2)]
        assert sorted(shown) == ["a.png (line 4)", "b.png (line 3)"]
        table.selectRow(0)
        assert "b.png (line 3): " in texts(page) or "a.png (line 4): " in texts(page)


def test_the_window_is_not_closed_over_an_import_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = scans(tmp_path / "scans", patients=30)
    with collections_page() as (page, retraining):
        page.import_scans(source)
        click(page, "import-look")
        wait(lambda: page.wizard.survey)
        click(page, "import-copy")
        retraining.close()
        assert retraining.isVisible()
        assert "undoes the import" in retraining.trouble
        retraining.close()
        assert folders() == []


def test_a_dropped_folder_begins_an_import(tmp_path: Path) -> None:
    source = scans(tmp_path / "scans")
    with collections_page() as (page, _):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(source))])
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        page.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, left, none))
        assert page.view is page.wizard
        assert page.wizard.form.source.text() == str(source)
        assert page.wizard.form.kind == "folder"


# --- the list ---


def test_the_list_says_what_there_is_and_what_is_to_do(tmp_path: Path) -> None:
    drafts = [draft(n, "malignant" if n % 2 else "benign", patient=f"P{n}") for n in range(10)]
    made = collection(shelf.free_folder("collections", "ours"), drafts)
    shelf.free_folder("collections", "broken").mkdir()
    (shelf.folder_of("collections") / "broken" / "collection.json").write_text("{")
    with collections_page() as (page, retraining):
        retraining.go("collections", made.folder)
        wait(lambda: page.overview.chosen and page.overview.chosen.folder == made.folder)
        assert [page.overview.list.item(row).text().split("\n")[0] for row in range(2)] == ["broken", "ours"]
        assert "not split yet" in texts(page)
        store_split(made, cut(made, 1, 0.2, 0.2))
        looks.record(made.folder, model="m", weights="w", version=made.version, what="test")
        retraining.workshop.shelf_changed.emit("collections")
        wait(lambda: "looked at 1 times" in texts(page))
        assert "not split yet" not in texts(page)
        page.overview.list.setFocus()
        QTest.keyClick(page.overview.list, Qt.Key.Key_Up)
        assert "could not be used" in texts(page)
        assert page.overview.buttons["split"].isEnabled() is False
        QTest.keyClick(page.overview.list, Qt.Key.Key_Return)
        assert page.view is page.overview
        QTest.keyClick(page.overview.list, Qt.Key.Key_Down)
        QTest.keyClick(page.overview.list, Qt.Key.Key_Return)
        assert page.view is page.browser
        wait(lambda: page.browser.collection)
        QTest.keyClick(page.browser.grid, Qt.Key.Key_Escape)
        assert page.view is page.overview


def test_a_collection_that_lies_elsewhere_is_taken_off_the_list(tmp_path: Path) -> None:
    made = collection(tmp_path / "elsewhere", [draft(1), draft(2, "malignant")])
    shelf.remember("collections", made.folder)
    with collections_page() as (page, _):
        wait(lambda: page.overview.chosen)
        click(page, "collections-forget")
        wait(lambda: page.overview.chosen is None)
        assert made.folder.is_dir()


# --- split ---


def test_a_split_is_seen_before_it_is_stored_and_a_locked_test_stays(tmp_path: Path) -> None:
    drafts = [draft(n, "malignant" if n % 2 else "benign", patient=f"P{n // 2}") for n in range(40)]
    made = collection(shelf.free_folder("collections", "ours"), drafts)
    with collections_page() as (page, _):
        wait(lambda: page.overview.chosen)
        QTest.keyClick(page.overview.list, Qt.Key.Key_P, CTRL)
        wait(lambda: page.split.outcome)
        assert "Training never sees the test part" in texts(page)
        write(page.split.test, "30")
        wait(lambda: page.split.outcome and page.split.outcome.counts["test"].sections == 12)
        assert open_collection(made.folder).parts == {}
        click(page, "split-store")
        wait(lambda: page.view is page.overview and page.overview.chosen and page.overview.chosen.summary.parts)
        first = open_collection(made.folder)
        assert len(first.part("test")) == 12

        click(page, "collections-split")
        wait(lambda: page.split.outcome)
        assert page.split.keep.isVisible()
        assert page.split.keep.isChecked()
        write(page.split.seed, "7")
        wait(lambda: page.split.outcome and page.split.outcome.split.seed == 7)
        click(page, "split-store")
        wait(lambda: page.view is page.overview)
        assert open_collection(made.folder).part("test") == first.part("test")


def test_a_locked_test_is_only_given_up_with_a_tick_and_that_is_recorded(tmp_path: Path) -> None:
    drafts = [draft(n, "malignant" if n % 2 else "benign", patient=f"P{n // 2}") for n in range(40)]
    made = collection(shelf.free_folder("collections", "ours"), drafts)
    store_split(made, cut(made, 1, 0.2, 0.1))
    looks.record(made.folder, model="m", weights="w", version=made.version, what="test")
    before = open_collection(made.folder).part("test")
    with collections_page() as (page, _):
        wait(lambda: page.overview.chosen)
        click(page, "collections-split")
        wait(lambda: page.split.outcome)
        QTest.keyClick(page.split.keep, Qt.Key.Key_Space)
        write(page.split.seed, "9")
        wait(lambda: page.split.outcome and page.split.outcome.changes_test)
        assert "looked at 1 times" in texts(page)
        store = page.split.findChild(type(page.split._store), "split-store")
        assert not store.isEnabled()
        QTest.keyClick(page.split.discard, Qt.Key.Key_Space)
        assert store.isEnabled()
        click(page, "split-store")
        wait(lambda: page.view is page.overview and page.overview.chosen.summary.discarded == 1)
        assert open_collection(made.folder).part("test") != before


def test_what_another_window_split_meanwhile_is_told_and_worked_out_anew(tmp_path: Path) -> None:
    drafts = [draft(n, "malignant" if n % 2 else "benign", patient=f"P{n // 2}") for n in range(40)]
    made = collection(shelf.free_folder("collections", "ours"), drafts)
    with collections_page() as (page, _):
        wait(lambda: page.overview.chosen)
        click(page, "collections-split")
        wait(lambda: page.split.outcome)
        store_split(made, cut(made, 1, 0.2, 0.2))
        theirs = open_collection(made.folder).parts
        click(page, "split-store")
        wait(lambda: page.split.outcome and page.split.outcome.locked)
        assert "Another window or command has split" in texts(page)
        assert page.split.keep.isVisible()  # now that there is a locked test part
        assert open_collection(made.folder).parts == theirs
        assert page.view is page.split
        write(page.split.seed, "7")
        wait(lambda: page.split.outcome and page.split.outcome.split.seed == 7)
        assert "Another window or command has split" not in texts(page)


def test_what_came_later_is_placed_and_all_else_stays(tmp_path: Path) -> None:
    drafts = [draft(n, "malignant" if n % 2 else "benign", patient=f"P{n}") for n in range(20)]
    made = collection(shelf.free_folder("collections", "ours"), drafts)
    store_split(made, cut(made, 1, 0.2, 0.2))
    before = open_collection(made.folder).parts
    for number in range(30, 34):
        new_section(made.folder, draft(number, patient=f"Q{number}"))
    with collections_page() as (page, _):
        wait(lambda: page.overview.chosen)
        assert "4 new sections are in no part yet" in texts(page)
        assert "4 in no part" in page.overview.list.item(0).text()
        click(page, "collections-split")
        wait(lambda: page.split.outcome)
        assert page.split.how == "new"
        assert not page.split.test.isVisible()
        click(page, "split-store")
        wait(lambda: page.view is page.overview)
        now = open_collection(made.folder)
        assert now.unplaced() == ()
        assert {identity: now.parts[identity] for identity in before} == before
        assert {now.parts[f"s{number}"] for number in range(30, 34)} <= {"train", "validation"}


def test_published_parts_are_offered_as_they_say(tmp_path: Path) -> None:
    drafts = [draft(n, "malignant" if n % 2 else "benign", official=str(1 + n % 5)) for n in range(20)]
    made = collection(shelf.free_folder("collections", "ours"), drafts)
    with collections_page() as (page, _):
        wait(lambda: page.overview.chosen)
        click(page, "collections-split")
        wait(lambda: page.split.outcome)
        assert page.split.how == "official"
        assert page.split.choice().mapping == {
            "1": "train", "2": "train", "3": "train", "4": "validation", "5": "test",
        }  # fmt: skip
        box = page.split.official["3"]
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_End)  # left out
        wait(lambda: page.split.outcome and "left-out" in page.split.outcome.counts)
        click(page, "split-store")
        wait(lambda: page.view is page.overview)
        parts = open_collection(made.folder).parts
        assert {parts[s.id] for s in made.sections if s.official == "3"} == {"left-out"}


def test_a_table_of_parts_and_its_faults(tmp_path: Path) -> None:
    made = collection(shelf.free_folder("collections", "ours"), [draft(n) for n in range(3)])
    table = tmp_path / "parts.csv"
    table.write_text("id,part\ns0,train\ns1,test\n")
    with collections_page() as (page, _):
        wait(lambda: page.overview.chosen)
        click(page, "collections-split")
        wait(lambda: page.split.outcome)
        page.split.ways["table"].click()
        write(page.split.table, str(table))
        wait(lambda: "does not name 1 sections" in texts(page))
        assert page.split.outcome is None
        table.write_text("id,part\ns0,train\ns1,test\ns2,validation\n")
        write(page.split.table, str(table))
        wait(lambda: page.split.outcome)
        click(page, "split-store")
        wait(lambda: page.view is page.overview)
        assert open_collection(made.folder).parts == {"s0": "train", "s1": "test", "s2": "validation"}


# --- the whole page ---


def test_every_layout_is_offered() -> None:
    with collections_page() as (page, _):
        offered = {radio.objectName().removeprefix("import-kind-") for radio in page.wizard.form.kinds.buttons()}
        assert offered == set(run.LAYOUTS)


def test_it_speaks_chinese_at_once(tmp_path: Path) -> None:
    with collections_page() as (page, retraining):
        imported(page, scans(tmp_path / "scans"))
        english = texts(page)
        retraining.workshop.window.change_settings(language="zh_CN")
        QApplication.processEvents()
        chinese = texts(page)
        assert "sections" in english
        assert "sections" not in chinese
        for view in (page.wizard, page.split, page.audit):
            page._show(view)
            assert "sections" not in texts(view)


def test_a_run_that_has_begun_with_a_collection_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before its labels are changed."""
    begun = make_small_run(tmp_path, "steps = 1")
    pretend_begun(begun)
    shelf.remember("collections", tmp_path / "collection")
    with collections_page() as (page, _):
        wait(lambda: page.overview.chosen)
        assert "Runs that have begun with it" not in texts(page)
        monkeypatch.setattr(queue, "state", lambda: queue.Queue(current=begun.folder))
        page.overview.reload()
        wait(lambda: f"Runs that have begun with it: {begun.folder.name}." in texts(page))
