"""The retraining window: opened from the menu, one at a time, steered by keys, closed with the reading window."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bmgui.base.errors import KnownError
from bmgui.ui.actions import Action
from bmgui.ui.retrain.pages import PAGES
from tests.ui.window_stand import open_window, wait


def test_the_menu_opens_one_and_closing_the_window_closes_it() -> None:
    with open_window() as (window, _):
        window.menus.actions[Action.RETRAIN].trigger()
        first = window.retraining
        assert first is not None
        assert first.isVisible()
        window.menus.actions[Action.RETRAIN].trigger()
        assert window.retraining is first
        first.close()
        assert window.retraining is None
        again = window.show_retraining()
        assert again is not first
        window.close()
        assert not again.isVisible()


def test_keys_go_from_page_to_page() -> None:
    with open_window() as (window, _):
        retraining = window.show_retraining()
        wait(retraining.isActiveWindow)
        for number, kind in enumerate(PAGES, start=1):
            QTest.keyClick(retraining, Qt.Key(Qt.Key.Key_0.value + number), Qt.KeyboardModifier.ControlModifier)
            assert retraining.page.name == kind.name
            assert retraining.page.isVisible()
        QTest.keyClick(retraining, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
        assert window.retraining is None
        assert window.isVisible()


def test_trouble_is_said_in_a_sentence_and_dismissed() -> None:
    with open_window() as (window, _):
        retraining = window.show_retraining()
        assert retraining.trouble == ""
        retraining.workshop.work(lambda: fail(), lambda _: None)
        wait(lambda: retraining.trouble)
        assert "gone.csv" in retraining.trouble
        retraining.notice.dismissed.emit()
        assert retraining.trouble == ""


def test_it_speaks_chinese_at_once() -> None:
    with open_window() as (window, _):
        retraining = window.show_retraining()
        english = [retraining.pages_list.item(row).text() for row in range(len(PAGES))]
        window.change_settings(language="zh_CN")
        QApplication.processEvents()
        chinese = [retraining.pages_list.item(row).text() for row in range(len(PAGES))]
        assert all(one != other and other for one, other in zip(english, chinese, strict=True))


def test_it_comes_back_where_it_was() -> None:
    with open_window() as (window, _):
        retraining = window.show_retraining()
        retraining.resize(970, 700)
        retraining.close()
        assert window.show_retraining().height() == 700


def fail() -> None:
    raise KnownError("file-missing", file="gone.csv")
