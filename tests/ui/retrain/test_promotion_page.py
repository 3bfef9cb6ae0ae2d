"""The promotion page on a real run: what cannot be compared is said; what is not shown is asked twice and recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QLabel, QLineEdit

from bmgui.learning import shelf
from bmgui.learning.collections import looks
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.collections.exclusions import exclude
from bmgui.learning.promotion import comparable
from bmgui.learning.promotion.promoting import QUESTIONS, settled
from bmgui.scoring import installing
from bmgui.scoring.library import installed
from bmgui.ui.retrain.promotion import page as promotion_page
from bmgui.ui.retrain.promotion.look_page import LookOncePage
from bmgui.ui.retrain.promotion.page import PromotionPage
from bmgui.ui.retrain.window import RetrainWindow
from bmgui.ui.window import Window
from tests.learning.assessing.conftest import Parts, draw_collection
from tests.learning.results_stand import JOBS, finished_run
from tests.ui.window_stand import open_window, texts, wait

pytestmark = [
    pytest.mark.usefixtures("qapp"),
    pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True),  # of the offscreen platform alone
]
ACTIVE = "resnet50-us"
FEW: Parts = [("train", 2, 2), ("validation", 6, 4), ("test", 4, 4)]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer draws, and a shipped model in use that scores in no time."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(comparable, "OPTIONS", (*comparable.OPTIONS, "--draws", "50"))
    installing.use(ACTIVE, "for a test")


def made_run(folder: Path, parts: Parts = FEW) -> Path:
    run = finished_run(folder / "ours", draw_collection(folder / "us", parts))
    shelf.remember("runs", run)
    return run


@contextmanager
def open_page(where: object = None) -> Iterator[tuple[Window, RetrainWindow, PromotionPage]]:
    with open_window() as (window, _):
        retraining = window.show_retraining()
        retraining.go("promotion", where)
        page = retraining.pages["promotion"]
        assert isinstance(page, PromotionPage)
        yield window, retraining, page


def press(page: PromotionPage, name: str) -> None:
    button = page.findChild(QAbstractButton, name)
    assert button is not None
    wait(lambda: button.isVisible() and button.isEnabled())
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def compare(page: PromotionPage) -> None:
    """Press it, and once more where it is a new look."""
    press(page, "promotion-compare")
    asked = page.findChildren(LookOncePage)
    assert len(asked) == 1
    QTest.mouseClick(asked[0].confirm, Qt.MouseButton.LeftButton)


def said(page: PromotionPage, name: str) -> str:
    label = page.findChild(QLabel, name)
    assert label is not None
    return label.text() if label.isVisible() else ""


def test_without_a_finished_job_it_leads_to_the_plan() -> None:
    with open_page() as (_, retraining, page):
        wait(lambda: "No run has a finished job yet" in texts(page))
        press(page, "promotion-to-plan")
        assert retraining.page.name == "plan"


def test_a_run_without_a_locked_test_cannot_be_compared_and_it_says_what_to_do(tmp_path: Path) -> None:
    run = made_run(tmp_path, FEW[:2])
    with open_page((run, JOBS[1])) as (_, _retraining, page):
        wait(lambda: page.choose.outlook)
        assert page.choose.choice == (run, JOBS[1])
        assert "no locked test" in said(page, "promotion-obstacles")
        assert "Split a collection" in said(page, "promotion-obstacles")
        assert not page.choose.compare_button.isEnabled()


def test_what_is_not_shown_is_asked_twice_recorded_and_rolled_back(tmp_path: Path) -> None:
    run = made_run(tmp_path)
    with open_page((run, JOBS[0])) as (window, retraining, page):
        wait(lambda: page.choose.outlook)
        # before the look: how few there are, how many looks it is, and what shall count
        assert "Few test patients: 2 benign, 2 malignant" in said(page, "promotion-obstacles")
        assert "has not seen it as it is: 2" in page.choose.looks.text()
        margins = page.findChild(QComboBox, "promotion-margins")
        assert margins is not None
        margins.setCurrentIndex(margins.findData("strict"))
        folder = page.choose.outlook.folder if page.choose.outlook else Path()
        compare(page)
        wait(lambda: page.view is page.comparison_view)
        assert len(looks.read(tmp_path / "us")) == 2
        assert settled(folder) is not None
        assert page.comparison is not None
        assert page.comparison.verdict == "not shown"
        assert "Not shown" in said(page, "promotion-verdict")
        assert "Fewer than 10 test patients" in said(page, "promotion-why")
        # settled is settled
        press(page, "promotion-back")
        wait(lambda: page.choose.show_button.isVisible())
        assert not margins.isEnabled()
        assert "no look" in page.choose.looks.text()
        press(page, "promotion-show")
        wait(lambda: page.view is page.comparison_view)

        press(page, "promotion-to-protocol")
        install = page.protocol.install_button
        assert not install.isEnabled()
        assert f"{len(QUESTIONS)} questions" in said(page, "promotion-missing")
        for question in QUESTIONS:
            page.protocol.asked[question.code].answers[question.answers[0]].click()
        assert "a reason" in said(page, "promotion-missing")
        why = page.findChild(QLineEdit, "promotion-why")
        assert why is not None
        QTest.keyClicks(why, "to try the way")
        who = page.findChild(QLineEdit, "promotion-by")
        assert who is not None
        by = who.text()
        who.clear()
        assert "who decides" in said(page, "promotion-missing")
        who.setText(by or "Dr Example")
        assert "asked twice" in said(page, "promotion-missing")
        assert not install.isEnabled()
        second = page.findChild(QCheckBox, "promotion-second")
        assert second is not None
        second.click()
        press(page, "promotion-install")
        wait(lambda: page.done.finished or retraining.trouble)
        assert retraining.trouble == ""

        model = page.active
        assert window.desk.card.id == installing.in_use() == model != ACTIVE
        assert any("not shown. It was installed all the same" in limit for limit in installed().card(model).limits)
        used = installing.history()[-1]
        assert (used.what, used.model, used.before, used.why) == ("use", model, ACTIVE, "to try the way")
        assert (used.facts["verdict"], used.facts["confirmed_twice"]) == ("not shown", True)
        assert used.facts["margins"]["auc"] == 0.02

        press(page, "promotion-rollback")
        wait(lambda: ACTIVE in said(page, "promotion-done") and "again" in said(page, "promotion-done"))
        assert window.desk.card.id == installing.in_use() == ACTIVE
        assert not page.done.rollback_button.isVisible()


def test_a_candidate_that_was_compared_on_data_that_changed_since_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promotion_page, "make_candidate", lambda *_, **__: pytest.fail("it makes a candidate"))
    run = made_run(tmp_path)
    with open_page((run, JOBS[0])) as (_, retraining, page):
        compare(page)
        wait(lambda: page.view is page.comparison_view)
        press(page, "promotion-to-protocol")
        for question in QUESTIONS:
            page.protocol.asked[question.code].answers[question.answers[0]].click()
        page.protocol.lines["why"].setText("better here")
        page.protocol.second_box.setChecked(True)
        us = open_collection(tmp_path / "us")
        exclude(us, [us.part("test")[0].id], "blurred")
        press(page, "promotion-install")
        wait(lambda: "us was changed since the comparison" in retraining.trouble)
        assert page.view is page.choose
        assert installing.in_use() == ACTIVE


def test_a_new_look_is_asked_once_more_and_enter_leaves_the_test_alone(tmp_path: Path) -> None:
    run = made_run(tmp_path)
    with open_page((run, JOBS[0])) as (_, _retraining, page):
        press(page, "promotion-compare")
        (asked,) = page.findChildren(LookOncePage)
        told = texts(asked)
        assert "looked at 0 times so far" in told
        assert "It cannot be taken back" in told
        assert asked.confirm.text() == "Look, and count it (2)"
        wait(asked.isActiveWindow)
        QTest.keyClick(asked, Qt.Key.Key_Return)
        wait(lambda: not page.findChildren(LookOncePage))
        assert page.evaluation is None
        assert looks.read(tmp_path / "us") == ()
        assert page.choose.outlook is not None
        assert settled(page.choose.outlook.folder) is None


def test_a_cancelled_comparison_says_so_and_can_be_begun_again(tmp_path: Path) -> None:
    run = made_run(tmp_path)
    with open_page((run, JOBS[0])) as (_, retraining, page):
        compare(page)
        wait(lambda: page.evaluation is not None)
        press(page, "promotion-cancel")
        wait(lambda: page.evaluation is None and retraining.trouble)
        wait(lambda: page.choose.compare_button.isEnabled())
        assert page.view is page.choose


def test_the_window_may_be_closed_in_the_middle_of_a_comparison(tmp_path: Path) -> None:
    run = made_run(tmp_path)
    with open_page((run, JOBS[0])) as (_, _retraining, page):
        compare(page)
        wait(lambda: page.evaluation is not None)


def test_another_model_in_use_is_another_comparison(tmp_path: Path) -> None:
    run = made_run(tmp_path)
    with open_page((run, JOBS[0])) as (window, retraining, page):
        wait(lambda: page.choose.outlook)
        before = page.choose.outlook
        installing.use("resnet50-first", "elsewhere")
        window.follow_model()
        retraining.workshop.shelf_changed.emit("models")
        wait(lambda: page.choose.outlook is not None and page.choose.outlook != before)
        assert page.choose.outlook is not None
        assert page.choose.outlook.active == "resnet50-first"
        assert "in use already" in said(page, "promotion-obstacles")  # the stand's jobs are of its weights


def test_it_speaks_chinese_at_once(tmp_path: Path) -> None:
    run = made_run(tmp_path)
    with open_page((run, JOBS[0])) as (window, _retraining, page):
        wait(lambda: page.choose.outlook)
        english = texts(page)
        window.change_settings(language="zh_CN")
        wait(lambda: texts(page) != english)
        assert "在锁定测试上比较" in texts(page)
        assert "Compare" not in texts(page)
