from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from bmgui import wording
from bmgui.imaging.crop import make_crop
from bmgui.ui.panel import ScorePanel, measured_in_words, share_in_words
from tests.ui.reading_values import CARD, SQUARE, evidence, opinion, picture

# The offscreen platform says so of every window with a least size
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints", extend=True)


@pytest.fixture
def panel(qtbot: QtBot) -> ScorePanel:
    made = ScorePanel()
    qtbot.addWidget(made)
    made.resize(304, 640)
    made.show_card(CARD, None)
    made.show()
    return made


def seen(panel: QWidget) -> list[str]:
    """All words that can be seen."""
    labels = panel.findChildren(QLabel)
    return [label.text().strip() for label in labels if label.isVisibleTo(panel) and label.text().strip()]


def test_an_opinion_is_shown_number_first(panel: ScorePanel) -> None:
    panel.show_opinion(opinion())
    words = seen(panel)
    assert words[1:5] == ["72 %", "probability of malignancy", "High · score band 4", "68–76 % if nudged ±10 %"]
    assert panel._number.font().pixelSize() == 40
    assert panel._number.accessibleName() == "Probability of malignancy: 72 %"


def test_a_moved_square_leaves_nothing_of_the_old_score(panel: ScorePanel) -> None:
    panel.show_opinion(opinion())
    old = {"72 %", "High · score band 4", "68–76 % if nudged ±10 %"}
    assert old <= set(seen(panel))
    panel.show_waiting()
    assert not old & set(seen(panel))
    assert "…" in seen(panel)
    assert "72" not in panel.gauge.accessibleDescription()
    assert panel._number.accessibleName() == "Probability of malignancy: not known yet"


def test_the_range_is_not_claimed_before_it_is_known(panel: ScorePanel) -> None:
    panel.show_opinion(opinion(nudged=()))
    assert "… if nudged ±10 %" in seen(panel)


def test_before_a_score_it_says_what_to_do_next(panel: ScorePanel) -> None:
    panel.show_next("Press Enter to accept the square.")
    assert "Press Enter to accept the square." in seen(panel)
    assert not any("%" in word and "malignant" not in word for word in seen(panel))
    panel.show_opinion(opinion())
    assert "Press Enter to accept the square." not in seen(panel)


def test_withheld_scores_say_why_and_show_none(panel: ScorePanel) -> None:
    panel.show_opinion(opinion())
    panel.show_refused("The reference crop scored otherwise.")
    assert "The reference crop scored otherwise." in seen(panel)
    assert "72 %" not in seen(panel)
    assert not panel.gauge.isVisibleTo(panel)


def test_doubts_are_words_beside_a_sign_and_go_when_they_no_longer_hold(panel: ScorePanel) -> None:
    panel.show_doubts(("touches-edge", "not-ultrasound"), "MG")
    assert any("edge" in word for word in seen(panel))
    assert any("MG" in word for word in seen(panel))
    panel.show_doubts(())
    assert not any("edge" in word for word in seen(panel))


def test_it_says_which_model_and_where_it_was_measured(panel: ScorePanel) -> None:
    assert "Model: A small model" in seen(panel)
    assert measured_in_words(CARD) == "Measured on fold 5: AUC 0.91 (0.88–0.94)", "what it was taught on is no measure"
    assert measured_in_words(replace(CARD, figures=())) == "Not measured."


def test_a_cards_words_are_never_markup(panel: ScorePanel) -> None:
    panel.show_card(replace(CARD, title="<b>bold</b>"), None)
    assert panel._model.textFormat().name == "PlainText"


def test_the_assumed_share_stands_beside_the_departments_own(panel: ScorePanel, qtbot: QtBot) -> None:
    assert share_in_words(CARD, None) == "Assumes that 32 % of the masses are malignant, as where it was calibrated."
    assert share_in_words(CARD, 0.1) == (
        "Assumes that 10 % of the masses are malignant, as your department says (calibrated at 32 %)."
    )
    with qtbot.waitSignal(panel.prior_wanted):
        panel._change_share.click()


def test_the_crop_is_shown_with_its_size(panel: ScorePanel, qtbot: QtBot) -> None:
    panel.show_crop(make_crop(picture(), SQUARE, 256))
    assert "256 × 256 px" in seen(panel)
    panel.preview.click()
    inside = panel._scroll.widget()
    qtbot.waitUntil(lambda: panel.preview.width() == 256)
    assert inside.width() <= panel._scroll.viewport().width()


def test_nothing_is_cut_off_at_the_least_window(panel: ScorePanel, qtbot: QtBot) -> None:
    panel.show_crop(make_crop(picture(), SQUARE, 256))
    panel.show_opinion(opinion())
    panel.show_doubts(("touches-edge", "under-64-px", "side-outside-range", "colour"))
    panel.show_evidence(evidence(), 2.3, 20.0)
    inside = panel._scroll.widget()
    qtbot.waitUntil(lambda: panel._scroll.verticalScrollBar().maximum() > 0)
    assert inside.width() <= panel._scroll.viewport().width()
    for label in inside.findChildren(QLabel):
        if label.isVisibleTo(panel):
            needed = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
            assert label.height() >= needed, label.text()
            assert label.mapTo(inside, label.rect().topRight()).x() <= inside.width()


def test_it_speaks_another_language_at_once(panel: ScorePanel, monkeypatch: pytest.MonkeyPatch) -> None:
    panel.show_opinion(opinion())
    monkeypatch.setattr(wording, "_table", {"{number} %": "{number}%", "Model: {title}": "模型：{title}"})
    QApplication.sendEvent(panel, QEvent(QEvent.Type.LanguageChange))
    assert "72%" in seen(panel)
    assert "模型：A small model" in seen(panel)
