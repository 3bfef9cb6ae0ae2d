"""About and the model's card say what a reader must know, and escape what comes from files."""

from dataclasses import replace
from html import escape
from pathlib import Path

from pytestqt.qtbot import QtBot

from bmgui.base.errors import KnownError
from bmgui.ui.about import AboutPage, CardPage
from bmgui.wording import english
from tests.scoring.engines.finder_made import write_finder
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


def test_the_mass_finder_is_named_with_what_it_cannot_do(qtbot: QtBot, tmp_path: Path) -> None:
    folder = write_finder(tmp_path / "finder", title="A <small> finder", limits=["not on dogs"])
    page = AboutPage(CARD, [], None, folder)
    qtbot.addWidget(page)
    assert "A &lt;small&gt; finder" in page.html()
    assert "not on dogs" in page.html()
    (folder / "finder.json").write_text("{")
    assert "finder.json" in page.html(), "a broken one is said"
    assert "Mass finder" not in AboutPage(CARD, [], None).html()


def test_the_card_says_which_squares_were_learnt_where_it_knows(qtbot: QtBot) -> None:
    geometry = replace(CARD.geometry, least_ratio=1.1, greatest_ratio=3.0)
    said = [CardPage(replace(CARD, geometry=one), None) for one in (geometry, replace(CARD.geometry, least_ratio=None))]
    for page in said:
        qtbot.addWidget(page)
    assert ["1.1 to 3 × the mass" in page.html() for page in said] == [True, False]
