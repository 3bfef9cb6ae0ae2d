"""The model in use is switched by somebody else while a candidate is being promoted."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit

from bmgui.learning import shelf
from bmgui.learning.promotion import comparable
from bmgui.learning.promotion.candidates import CandidateOrder
from bmgui.learning.promotion.promoting import QUESTIONS
from bmgui.scoring import installing
from bmgui.scoring.library import installed
from bmgui.ui import using
from bmgui.ui.retrain.promotion import page as promotion
from bmgui.ui.retrain.promotion.look_page import LookOncePage
from tests.learning.assessing.conftest import draw_collection
from tests.learning.results_stand import JOBS, finished_run
from tests.scoring.model_stand import candidate
from tests.ui.retrain.way import child, click, wait
from tests.ui.window_stand import open_window

pytestmark = [
    pytest.mark.usefixtures("qapp"),
    pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True),  # of the offscreen platform alone
]
ACTIVE, OTHER = "resnet50-us", "vgg16-first"


def to_protocol(page: promotion.PromotionPage) -> None:
    click(page, "promotion-to-protocol")
    for question in QUESTIONS:
        page.protocol.asked[question.code].answers[question.answers[0]].click()
    child(page, "promotion-why", QLineEdit).setText("better here")
    child(page, "promotion-by", QLineEdit).setText("Dr Example")
    page.protocol.second_box.setChecked(True)


def test_a_candidate_replaces_no_model_that_it_was_not_compared_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(comparable, "OPTIONS", (*comparable.OPTIONS, "--draws", "50"))
    installing.use(ACTIVE, "for a test")
    us = draw_collection(tmp_path / "us", [("train", 2, 2), ("validation", 6, 4), ("test", 4, 4)])
    run = finished_run(tmp_path / "ours", us)
    shelf.remember("runs", run)
    made: list[str] = []

    def make(order: CandidateOrder, **_: object) -> None:
        made.append(order.identity)
        candidate(order.output, order.identity)

    monkeypatch.setattr(promotion, "make_candidate", make)
    with open_window() as (window, _):
        retraining = window.show_retraining()
        retraining.go("promotion", (run, JOBS[0]))
        page = retraining.pages["promotion"]
        assert isinstance(page, promotion.PromotionPage)
        click(page, "promotion-compare")
        click(page.findChildren(LookOncePage)[0], "promotion-look-confirm")
        wait(lambda: page.view is page.comparison_view or retraining.trouble)
        assert retraining.trouble == ""
        to_protocol(page)

        installing.use(OTHER, "by another window")
        click(page, "promotion-install")
        wait(lambda: retraining.trouble)
        assert "it was switched elsewhere meanwhile" in retraining.trouble
        assert not made  # it is found before the work is done
        assert page.view is page.choose
        assert page.active == installing.in_use() == window.desk.card.id == OTHER
        assert {card.id for card in installed().cards()} == {ACTIVE, OTHER, "resnet50-first"}

        installing.use(ACTIVE, "as it was")
        using.look_again(window)
        wait(lambda: page.choose.outlook is not None and page.choose.outlook.active == ACTIVE)
        click(page, "promotion-show")
        wait(lambda: page.view is page.comparison_view)
        to_protocol(page)
        click(page, "promotion-install")
        wait(lambda: page.view is page.done and page.done.finished)
        (model,) = made
        assert model == page.active == installing.in_use()
        assert f"in place of {ACTIVE}" in child(page, "promotion-done", QLabel).text()
        assert child(page, "promotion-rollback", QAbstractButton).text() == f"Roll back to {installing.can_roll_back()}"

        installing.use(OTHER, "by another window")
        click(page, "promotion-rollback")
        wait(lambda: "Going back would lead to" in retraining.trouble)
        assert installing.in_use() == OTHER == page.active
        assert page.view is page.choose  # what it said of the model in use holds no more
