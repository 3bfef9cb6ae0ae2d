"""Every action stands in a menu with words, a tooltip and (nearly always) a key, and does something."""

from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from bmgui.base import places
from bmgui.ui import doings
from bmgui.ui.actions import ACTIONS, MENUS, SPECS, Action
from bmgui.ui.help import KeysPage, plain
from bmgui.ui.icons import app_icon, icon
from bmgui.ui.menus import key_text
from tests.ui.window_stand import open_window, page, picture, wait

WITHOUT_KEY = {Action.AS_COLOUR, Action.ABOUT, Action.CLEAR_RECENT}
LOOK = {  # what LOOK.md says, as it says it
    Action.OPEN: "Ctrl+O",
    Action.OPEN_FOLDER: "Ctrl+Shift+O",
    Action.HELP: "F1",
    Action.KEYS: "?",
    Action.NEXT_SCAN: "PgDown",
    Action.PREVIOUS_SCAN: "PgUp",
    Action.NEXT_FRAME: "Right",
    Action.PREVIOUS_FRAME: "Left",
    Action.PLAY: "Space",
    Action.ACCEPT: "Return",
    Action.PROPOSAL_1: "1",
    Action.PROPOSAL_2: "2",
    Action.PROPOSAL_3: "3",
    Action.GROW: "+",
    Action.SHRINK: "-",
    Action.DRAW: "N",
    Action.LEAVE: "Esc",
    Action.UNDO: "Ctrl+Z",
    Action.REDO: "Ctrl+Shift+Z",
    Action.SHOW_EVIDENCE: "H",
    Action.BARE: "B",
    Action.RESET_DISPLAY: "R",
    Action.INVERT: "I",
    Action.FIT: "F",
    Action.REMOVE: "Del",
    Action.SAVE: "Ctrl+S",
}


def test_every_action_is_declared_once_and_done_once() -> None:
    assert Counter(spec.action for spec in ACTIONS) == Counter(Action)
    assert set(doings.DOINGS) == set(Action)
    assert set(doings.WHEN) <= set(Action)


@pytest.mark.parametrize("spec", ACTIONS, ids=lambda spec: spec.action.name)
def test_every_action_has_words_a_tip_and_a_menu(spec: "object") -> None:
    assert spec.menu in MENUS
    assert "&" in spec.text
    assert spec.tip.endswith(".")
    assert bool(spec.keys) != (spec.action in WITHOUT_KEY)
    if spec.icon:
        assert (places.resources() / "icons" / f"{spec.icon}.svg").is_file()


def test_the_keys_are_looks() -> None:
    for action, key in LOOK.items():
        assert SPECS[action].keys[0] == key
    assert "=" in SPECS[Action.GROW].keys
    assert "Enter" in SPECS[Action.ACCEPT].keys


def test_no_key_means_two_things_and_every_key_is_one() -> None:
    keys = [key for spec in ACTIONS for key in spec.keys]
    for key in keys:
        assert QKeySequence(key).count() == 1, key
    doubled = {key for key, times in Counter(keys).items() if times > 1}
    # left and right are the picture's own: they nudge where a square is selected, else they step
    assert doubled == {"Left", "Right"}


def test_single_letters_are_the_pictures() -> None:
    for spec in ACTIONS:
        if spec.scope == "window":
            assert all(len(key) > 1 or key == "?" for key in spec.keys), spec.action


@pytest.mark.usefixtures("qapp")
def test_every_action_is_in_its_menu_with_tooltip_and_key(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        for spec in ACTIONS:
            action = window.menus.actions[spec.action]
            within = [one for one in action.associatedObjects() if isinstance(one, QMenu)]
            assert within, spec.action
            assert action.toolTip().startswith(spec.tip)
            if spec.keys:
                assert key_text(spec) in action.toolTip()
                if spec.scope == "canvas":
                    assert action.text().endswith(key_text(spec))
                else:
                    assert [QKeySequence(key) for key in spec.keys] == action.shortcuts()


@pytest.mark.usefixtures("qapp")
def test_what_cannot_be_done_is_disabled(tmp_path: Path) -> None:
    with open_window() as (window, _):
        actions = window.menus.actions
        for which in (Action.SAVE, Action.ACCEPT, Action.FIT, Action.NEXT_SCAN, Action.UNDO, Action.CLOSE, Action.PLAY):
            assert not actions[which].isEnabled(), which
            window.do(which)  # and nothing happens
        window.open_paths([picture(tmp_path / "a.png")])
        wait(lambda: window.desk.mass is not None)
        assert actions[Action.ACCEPT].isEnabled()
        assert not actions[Action.SAVE].isEnabled()
        window.do(Action.ACCEPT)
        wait(lambda: window.desk.opinion is not None)
        assert not actions[Action.ACCEPT].isEnabled()
        assert actions[Action.SAVE].isEnabled()
        assert actions[Action.UNDO].isEnabled()


@pytest.mark.usefixtures("qapp")
def test_the_keys_page_names_every_key() -> None:
    with open_window() as (window, _):
        window.do(Action.KEYS)
        text = page(window, KeysPage).browser.toPlainText()
        for spec in ACTIONS:
            if spec.keys:
                assert plain(spec.text) in text
                assert key_text(spec) in text


@pytest.mark.parametrize("action", [Action.HELP, Action.ABOUT, Action.MODEL_CARD, Action.SETTINGS, Action.KEYS])
@pytest.mark.usefixtures("qapp")
def test_pages_open_and_close_with_escape(action: Action) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QDialog

    with open_window() as (window, _):
        window.do(action)
        shown = page(window, QDialog)
        assert shown.windowTitle()
        QTest.keyClick(shown, Qt.Key.Key_Escape)
        wait(lambda: not [one for one in window.findChildren(QDialog) if one.isVisible()])


@pytest.mark.usefixtures("qapp")
def test_about_names_versions_licences_and_the_model() -> None:
    from bmgui.ui.about import AboutPage

    with open_window() as (window, _):
        window.do(Action.ABOUT)
        text = page(window, AboutPage).browser.toPlainText()
        for words in ("Apache", "LGPL", "BUS-BRA", "numpy", window.desk.card.title, "Not a medical device"):
            assert words in text


@pytest.mark.parametrize(
    ("text", "words"), [("&Open…", "Open"), ("打开(&O)…", "打开"), ("Next f&rame", "Next frame"), ("退出(&Q)", "退出")]
)
def test_access_keys_are_left_out_of_the_keys_page(text: str, words: str) -> None:
    assert plain(text) == words


@pytest.mark.usefixtures("qapp")
def test_icons_are_drawn_in_the_themes_colour_at_every_size() -> None:
    for path in sorted((places.resources() / "icons").glob("*.svg")):
        if path.stem == "bmgui":
            continue
        for side in (16, 24, 48):
            image = icon(path.stem).pixmap(side, side).toImage()
            inked = sum(image.pixelColor(x, y).alpha() > 128 for x in range(side) for y in range(side))
            assert inked > side // 2, path.stem
    assert not app_icon().isNull()
