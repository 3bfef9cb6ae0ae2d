"""The browser: the grid by keys, filters, and decisions about one or many sections, each with its reason."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest

from bmgui.learning.collections.collection import open_collection
from bmgui.learning.collections.corrections import history
from bmgui.learning.collections.exclusions import exclude
from bmgui.ui.retrain.collections import grid_pictures
from bmgui.ui.retrain.collections.grid_pictures import reduced
from bmgui.wording import use_language
from tests.ui.retrain.browser_stand import answer, browsing, clinic, press, shown
from tests.ui.window_stand import wait

KEY = Qt.Key
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return clinic(tmp_path / "clinic").folder


# --- what is shown ---


def test_every_section_is_shown_with_its_picture_and_in_words(folder: Path) -> None:
    exclude(open_collection(folder), ["s2"], "calipers")
    with browsing(folder) as browser:
        grid = browser.grid
        assert shown(browser) == ["s1", "s2", "s3", "s4", "s5", "s6"]
        assert browser.counts == "6 sections · 3 benign · 3 malignant · 3 patients · 1 excluded"
        words = grid.sections.data(grid.sections.index(1), Qt.ItemDataRole.AccessibleTextRole)
        assert words == "s2, malignant, training, patient P1, excluded: calipers"
        collection = browser.collection
        assert collection is not None
        wait(lambda: grid.pictures.picture(collection.sections[5]) is not None)
        image = grid.pictures.picture(collection.sections[0])
        assert image is not None
        context = collection.context(collection.sections[0])
        assert (image.width(), image.height()) == (context.shape[1], context.shape[0])  # smaller than a tile: as it is


def test_a_large_context_is_reduced_and_averaged() -> None:
    checks = np.indices((600, 900)).sum(axis=0).astype(np.uint8) % 2 * 200
    small = reduced(checks, 144)
    assert small.shape == (96, 144)
    assert np.all(np.abs(small.astype(int) - 100) < 30)  # neither of the two greys was merely picked


def test_few_pictures_are_kept_and_those_on_the_screen_come_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid_pictures, "MOST_KEPT", 4)
    with browsing(folder) as browser:
        collection = browser.collection
        assert collection is not None
        pictures = browser.grid.pictures
        for section in (collection.sections[0], collection.sections[5]):
            pictures.want([section])
            wait(lambda section=section: pictures.picture(section) is not None)  # type: ignore[misc]
        assert sum(pictures.picture(section) is not None for section in collection.sections) <= 4


def test_filters_narrow_what_is_shown_and_show_all_undoes_them(folder: Path) -> None:
    with browsing(folder) as browser:
        bar = browser.filter
        bar.label.setCurrentIndex(bar.label.findData("malignant"))
        assert shown(browser) == ["s2", "s4", "s6"]
        bar.part.setCurrentIndex(bar.part.findData("test"))
        assert shown(browser) == ["s4"]
        assert browser.counts.startswith("1 of 6 sections · 0 benign · 1 malignant")
        QTest.mouseClick(bar.clear, Qt.MouseButton.LeftButton)
        bar.scanner.setCurrentIndex(bar.scanner.findData("A"))
        assert shown(browser) == ["s2", "s4", "s6"]
        bar.clear_all()
        bar.patient.setText("P2")
        assert shown(browser) == ["s3", "s4"]
        bar.patient.setText("P")  # not yet a patient
        assert len(shown(browser)) == 6
        bar.clear_all()
        press(browser.grid, KEY.Key_Slash)
        assert browser.focusWidget() is bar.text
        QTest.keyClicks(bar.text, "S5.png")
        assert shown(browser) == ["s5"]
        press(bar.text, KEY.Key_Escape)
        assert browser.focusWidget() is browser.grid
        bar.text.setText("nothing like it")
        assert shown(browser) == []
        assert not browser.grid.isVisible()


# --- decisions ---


def test_a_label_is_corrected_by_a_key_with_a_reason(folder: Path) -> None:
    told: list[str] = []
    with browsing(folder) as browser:
        browser.changed.connect(lambda: told.append("changed"))
        browser._workshop.shelf_changed.connect(told.append)
        press(browser.grid, KEY.Key_M)
        assert browser.reason.question == "Why is s1 malignant?"
        press(browser.reason.field, KEY.Key_Return)  # no reason, no decision
        assert browser.reason.trouble
        assert open_collection(folder).sections[0].label == "benign"
        answer(browser, "biopsy of 12 March")
        now = open_collection(folder)
        assert now.sections[0].label == "malignant"
        (entry,) = history(now, "s1")
        assert (entry.old, entry.new, entry.reason) == ("benign", "malignant", "biopsy of 12 March")
        assert entry.by
        assert told == ["changed", "collections"]
        assert browser.counts.endswith("1 corrected")
        assert browser.grid.current_id() == "s1"
        assert browser.focusWidget() is browser.grid
        words = browser.grid.sections.data(browser.grid.sections.index(0), Qt.ItemDataRole.AccessibleTextRole)
        assert str(words).endswith("corrected")
        press(browser.grid, KEY.Key_Z, with_=CONTROL)
        answer(browser)
        assert open_collection(folder).sections[0].label == "benign"
        assert history(open_collection(folder), "s1")[0].undone_when


def test_many_are_decided_on_at_once_and_only_those_that_it_changes(folder: Path) -> None:
    with browsing(folder) as browser:
        press(browser.grid, KEY.Key_A, with_=CONTROL)
        assert browser.said == "6 chosen"
        press(browser.grid, KEY.Key_B)
        assert browser.reason.question == "Why are these 3 sections benign?"
        answer(browser, "wrong column imported")
        assert {section.label for section in open_collection(folder).sections} == {"benign"}
        assert len(browser.grid.chosen_ids()) == 6
        press(browser.grid, KEY.Key_X)
        answer(browser, "all of them from a phantom")
        assert len(open_collection(folder).excluded) == 6
        press(browser.grid, KEY.Key_I)
        assert "6" in browser.reason.question
        answer(browser)
        assert open_collection(folder).excluded == {}


def test_shift_and_arrows_choose_and_escape_lets_go_then_leaves(folder: Path) -> None:
    left: list[bool] = []
    with browsing(folder) as browser:
        browser.left.connect(lambda: left.append(True))
        press(browser.grid, KEY.Key_Right)
        press(browser.grid, KEY.Key_Right, KEY.Key_Right, with_=SHIFT)
        assert browser.grid.chosen_ids() == ("s2", "s3", "s4")
        press(browser.grid, KEY.Key_Escape)
        assert browser.grid.chosen_ids() == ()
        assert not left
        press(browser.grid, KEY.Key_Escape)
        assert left


def test_escape_from_the_reason_changes_nothing(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with browsing(folder) as browser:
        press(browser.grid, KEY.Key_X)
        QTest.keyClicks(browser.reason.field, "half a rea")
        press(browser.reason.field, KEY.Key_Escape)
        assert not browser.reason.isVisible()
        assert browser.focusWidget() is browser.grid
        press(browser.grid, KEY.Key_B)  # benign already
        assert not browser.reason.isVisible()
        assert browser.said == "What is chosen is benign already."
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_who_touches_the_locked_test_part_is_told(folder: Path) -> None:
    with browsing(folder) as browser:
        press(browser.grid, KEY.Key_A, with_=CONTROL)
        press(browser.grid, KEY.Key_X)
        assert browser.reason.caution.startswith("2 of them in the locked test part")


def test_after_a_decision_the_grid_stays_where_it_was(tmp_path: Path) -> None:
    made = clinic(tmp_path / "many", 40)
    with browsing(made.folder) as browser:
        grid = browser.grid
        press(grid, KEY.Key_End)
        press(grid, KEY.Key_Up)
        scrolled = grid.verticalScrollBar().value()
        chosen = grid.chosen_ids()
        assert scrolled > 0
        press(grid, KEY.Key_X)
        answer(browser, "calipers")
        assert set(open_collection(made.folder).excluded) == set(chosen)
        assert grid.verticalScrollBar().value() == scrolled
        assert grid.chosen_ids() == chosen
        press(grid, KEY.Key_Left, KEY.Key_Left, with_=SHIFT)
        chosen = grid.chosen_ids()
        press(grid, KEY.Key_Return)
        press(browser.section_page.canvas, KEY.Key_Escape)
        assert grid.chosen_ids() == chosen  # it was one of them


def test_what_a_rule_refuses_is_said_beside_the_reason(folder: Path) -> None:
    with browsing(folder) as browser:
        press(browser.grid, KEY.Key_M)
        (folder / "corrections.json").write_text("{", "utf-8")
        answer(browser, "the report")
        assert "corrections.json" in browser.reason.trouble
        assert browser.reason.field.text() == "the report"


def test_a_corrected_section_leaves_a_filter_that_it_does_not_pass_any_more(folder: Path) -> None:
    with browsing(folder) as browser:
        browser.filter.label.setCurrentIndex(browser.filter.label.findData("benign"))
        press(browser.grid, KEY.Key_M)
        answer(browser, "the report")
        assert shown(browser) == ["s3", "s5"]
        assert browser.grid.current_id() == "s3"


def test_it_speaks_chinese_at_once(folder: Path) -> None:
    from PySide6.QtCore import QCoreApplication, QEvent

    with browsing(folder) as browser:
        english = browser.counts, browser.exclude.text(), browser.filter.state.itemText(1)
        use_language("zh_CN")
        try:
            QCoreApplication.sendEvent(browser, QEvent(QEvent.Type.LanguageChange))
            chinese = browser.counts, browser.exclude.text(), browser.filter.state.itemText(1)
        finally:
            use_language("en")
        assert all(one != other for one, other in zip(english, chinese, strict=True))


def test_a_collection_that_is_gone_is_said(tmp_path: Path, folder: Path) -> None:
    with browsing(folder) as browser:
        said: list[object] = []
        browser._workshop.trouble.connect(said.append)
        browser.show_collection(tmp_path / "gone")
        wait(lambda: said)
        assert browser.collection is None
        assert browser.grid.sections.rowCount(QModelIndex()) == 0
