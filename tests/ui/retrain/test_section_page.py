"""One section of the browser: its square by mouse and keys, kept with a reason, never lost without a word."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from bmgui.imaging.square import Square
from bmgui.learning.collections.collection import Box, Collection, Section, open_collection
from bmgui.learning.collections.corrections import history
from bmgui.ui.retrain.collections.browser import Browser
from bmgui.ui.retrain.collections.section_page import PREVIEW_PX, stored_picture
from bmgui.ui.retrain.collections.section_words import facts
from tests.learning.collection_stand import collection, draft, picture
from tests.ui.retrain.browser_stand import answer, browsing, clinic, press

KEY = Qt.Key
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return clinic(tmp_path / "clinic").folder


def opened(browser: Browser) -> Section:
    """Open the current section by Enter."""
    press(browser.grid, KEY.Key_Return)
    section = browser.section_page.section
    assert section is not None
    assert browser.section_page.isVisible()
    return section


def on_picture(browser: Browser) -> Square:
    """The square as the canvas draws it, in the picture's pixels."""
    ((square, _confirmed),) = browser.section_page.canvas.scene().squares
    return square


def test_the_square_lies_on_the_stored_part_where_it_lies_on_the_frame(folder: Path) -> None:
    with browsing(folder) as browser:
        section = opened(browser)
        assert (section.context.left, section.context.top) != (0, 0)
        assert on_picture(browser) == section.square.moved(-section.context.left, -section.context.top)
        assert section.id in browser.section_page._facts.text()
        assert browser.back.text().endswith("Grid")


def test_a_reduced_context_is_shown_with_one_pixel_a_frame_pixel(tmp_path: Path) -> None:
    box = Box(200, 200, 700, 400)
    made = collection(tmp_path / "large", [draft(1, pixels=picture(1, 1500, 1200, box), box=box)])
    section = made.sections[0]
    assert section.context.scale < 1
    shown = stored_picture(made, section)
    assert shown.shape == (section.context.height, section.context.width)
    where = section.context
    dark = shown[400 - where.top, 550 - where.left]
    assert dark < 60  # the mass's middle is where the frame has it


def test_arrows_move_and_plus_resizes_and_nothing_is_kept_yet(folder: Path) -> None:
    with browsing(folder) as browser:
        page, square = browser.section_page, opened(browser).square
        press(page.canvas, KEY.Key_Left, KEY.Key_Left, KEY.Key_Down)
        assert page.square == square.moved(-2, 1)
        press(page.canvas, KEY.Key_Right, with_=SHIFT)
        assert page.square == square.moved(8, 1)
        press(page.canvas, KEY.Key_Minus)
        assert page.square is not None
        assert page.square.side < square.side
        assert page.changed
        assert open_collection(folder).sections[0].square == square
        press(page.canvas, KEY.Key_Escape)  # lets the change go, stays here
        assert page.square == square
        assert page.isVisible()
        press(page.canvas, KEY.Key_Escape)
        assert not page.isVisible()
        assert browser.grid.current_id() == "s1"


def test_a_mouse_moves_it(folder: Path) -> None:
    with browsing(folder) as browser:
        page, square = browser.section_page, opened(browser).square
        canvas = page.canvas
        here = on_picture(browser)
        x, y = canvas._view.to_canvas(here.left + here.side / 2, here.top + here.side / 2)
        start, step = QPoint(round(x), round(y)), QPoint(round(6 * canvas.zoom), 0)
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
        QTest.mouseMove(canvas, start + step)
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start + step)
        assert page.square == square.moved(6, 0)


def test_it_stays_in_what_is_stored(folder: Path) -> None:
    with browsing(folder) as browser:
        page, section = browser.section_page, opened(browser)
        for _ in range(30):
            press(page.canvas, KEY.Key_Left, with_=SHIFT)
        for _ in range(40):
            press(page.canvas, KEY.Key_Plus)
        assert page.square is not None
        assert section.holds(page.square)
        press(page.canvas, KEY.Key_Return)
        answer(browser, "as far as it goes")
        assert open_collection(folder).sections[0].square == page.square


def test_enter_keeps_it_with_a_reason_and_the_crop_follows(folder: Path) -> None:
    with browsing(folder) as browser:
        page, square = browser.section_page, opened(browser).square
        press(page.canvas, KEY.Key_Up, KEY.Key_Up)
        press(page.canvas, KEY.Key_Return)
        assert browser.reason.question == "Why is the square another one?"
        answer(browser, "missed the lower edge")
        now = open_collection(folder)
        assert now.sections[0].square == square.moved(0, -2)
        assert now.sections[0].edited
        assert not page.changed
        assert page.isVisible()
        assert "missed the lower edge" in page._corrections.text()
        assert dict(facts(now, now.sections[0]))["Square from"] == "edited here"
        assert np.array_equal(pixels(page), crop(now, now.sections[0]))
        press(page.canvas, KEY.Key_Z, with_=CONTROL)
        answer(browser)
        assert open_collection(folder).sections[0].square == square
        assert page.square == square


def test_what_is_kept_is_the_square_as_it_is_when_the_reason_is_given(folder: Path) -> None:
    with browsing(folder) as browser:
        page, square = browser.section_page, opened(browser).square
        press(page.canvas, KEY.Key_Up, KEY.Key_Return)
        press(page.canvas, KEY.Key_Up)  # the hand goes on
        answer(browser, "higher")
        assert open_collection(folder).sections[0].square == square.moved(0, -2)
        assert not page.changed


def pixels(page: object) -> np.ndarray:
    image = page.preview.image  # type: ignore[attr-defined]
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()]


def crop(made: Collection, section: Section) -> np.ndarray:
    return made.crop(section, section.square, PREVIEW_PX)


def test_leaving_with_a_change_asks_and_discard_goes_on(folder: Path) -> None:
    with browsing(folder) as browser:
        page, square = browser.section_page, opened(browser).square
        press(page.canvas, KEY.Key_Right)
        press(page.canvas, KEY.Key_PageDown)
        assert browser.reason.isVisible()
        assert page.section is not None
        assert page.section.id == "s1"
        assert not browser.may_leave()
        press(browser.reason.field, KEY.Key_Escape)  # go on editing
        assert page.changed
        press(page.canvas, KEY.Key_PageDown)
        QTest.mouseClick(browser.reason.discard, Qt.MouseButton.LeftButton)
        assert page.section.id == "s2"
        assert open_collection(folder).sections[0].square == square
        press(page.canvas, KEY.Key_PageUp, KEY.Key_Right, KEY.Key_PageDown)
        answer(browser, "one pixel off")
        assert page.section.id == "s2"
        assert open_collection(folder).sections[0].square == square.moved(1, 0)
        assert browser.may_leave()


def test_labels_and_exclusion_by_the_same_keys_as_in_the_grid(folder: Path) -> None:
    with browsing(folder) as browser:
        page = browser.section_page
        square = opened(browser).square
        press(page.canvas, KEY.Key_Right, KEY.Key_M)
        answer(browser, "the report")
        assert page.square == square.moved(1, 0)  # another decision does not undo what the hand did
        press(page.canvas, KEY.Key_Escape)
        press(page.canvas, KEY.Key_X)
        answer(browser, "Doppler")
        now = open_collection(folder)
        assert now.sections[0].label == "malignant"
        assert now.excluded == {"s1": "Doppler"}
        assert page.include.isVisible()
        assert not page.exclude.isVisible()
        assert [entry.reason for entry in history(now, "s1")] == ["the report"]


def test_space_held_shows_the_bare_picture_and_b_does_not(folder: Path) -> None:
    with browsing(folder) as browser:
        canvas = browser.section_page.canvas
        opened(browser)
        bare: list[bool] = []
        canvas.bare_changed.connect(bare.append)
        QTest.keyPress(canvas, KEY.Key_Space)
        assert bare == [True]
        QTest.keyRelease(canvas, KEY.Key_Space)
        press(canvas, KEY.Key_B)  # benign already: nothing to ask
        assert bare == [True, False]
        assert not browser.reason.isVisible()
