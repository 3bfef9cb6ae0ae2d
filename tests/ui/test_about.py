"""About and the model's card say what a reader must know, and escape what comes from files."""

from dataclasses import replace
from html import escape

from pytestqt.qtbot import QtBot

from bmgui.base.errors import KnownError
from bmgui.ui.about import AboutPage, CardPage
from bmgui.wording import english
from tests.ui.reading_values import CARD


def test_a_model_that_cannot_be_read_is_said(qtbot: QtBot) -> None:
    error = KnownError("card-unreadable", file="/models/ours/card.json", reason="<b>id</b>: missing")
    page = AboutPage(CARD, [error], None)
    qtbot.addWidget(page)
    assert escape(english(error)) in page.html()


def test_the_card_says_how_the_model_came_about_and_what_it_cannot_do(qtbot: QtBot) -> None:
    page = CardPage(replace(CARD, training="taught by <nobody>", limits=("no Doppler",)), None)
    qtbot.addWidget(page)
    assert "taught by &lt;nobody&gt;" in page.html()
    assert "no Doppler" in page.html()
