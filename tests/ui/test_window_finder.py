"""The learnt finder in the window: what it proposes is shown and said, and never under the hand."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest

from bmgui.imaging.square import Square
from bmgui.scoring.finding import Finding, Found
from bmgui.ui import early, theme
from bmgui.ui.painting import draw_badge
from bmgui.ui.window import Window
from bmgui.wording import DOUBTS
from tests.scoring.finder_stand import bright_finder, frame_with
from tests.ui.window_stand import Early, Worker, in_main, open_window, picture, texts, wait

pytestmark = pytest.mark.usefixtures("qapp")
LEARNT, RULE = "Proposed by the learnt mass finder.", "Proposed by a fixed rule"
SEEN = Finding((Found(250.0, 100.0, 40.0, 30.0, 0.9),))
ITS_SQUARE = Square(230, 75, 80)


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Worker, "finds", True)


@pytest.fixture
def opened(tmp_path: Path, finds: None) -> Iterator[tuple[Window, Early]]:
    with open_window(picture(tmp_path / "a.png")) as opened:
        yield opened


def answer(window: Window, early_one: Early, finding: Finding) -> None:
    assert early_one.worker is not None
    early_one.worker.looked_for[-1].set_result(finding)
    wait(lambda: window.desk._findings.shown is not None)


def test_in_the_program_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real worker and a finder's folder: what is bright is proposed, accepted by Enter, and scored."""
    folder = bright_finder(tmp_path / "finder")
    monkeypatch.setattr(early, "installed_finder", lambda: folder)
    file = tmp_path / "a.png"
    Image.fromarray(frame_with((400, 200, 120, 90), width=640, height=480)).save(file)

    def play(window: Window) -> None:
        desk = window.desk
        wait(lambda: desk.proposed_by == "learnt" and window.panel.isVisible())
        (square,) = desk.proposals
        assert (square.left + square.side / 2, square.top + square.side / 2) == pytest.approx((460, 245), abs=40)
        assert 1.5 * 120 < square.side < 3 * 120
        assert LEARNT in texts(window.panel)
        QTest.keyClick(window.canvas, Qt.Key.Key_Return)
        wait(lambda: desk.opinion is not None)
        assert desk.opinion is not None
        assert desk.opinion.subject.square == square
        assert "no-mass-seen" not in desk.opinion.doubts
        desk.set_square(Square(10, 10, 150), resting=True)
        wait(lambda: desk.opinion is not None)
        assert DOUBTS["no-mass-seen"] in texts(window.panel)

    assert in_main([str(file)], play) == 0


def test_who_proposes_is_said_in_the_panel_and_to_a_screen_reader(opened: tuple[Window, Early]) -> None:
    window, early_one = opened
    assert RULE in texts(window.panel)
    assert RULE in window.canvas.accessibleDescription()
    answer(window, early_one, SEEN)
    assert LEARNT in texts(window.panel)
    assert LEARNT in window.canvas.accessibleDescription()
    assert window.desk.proposals == (ITS_SQUARE,)
    assert window.canvas.scene().squares == ((ITS_SQUARE, False),)


def test_no_mass_seen_is_said_before_a_square_is_accepted(opened: tuple[Window, Early]) -> None:
    window, early_one = opened
    answer(window, early_one, Finding(()))
    assert DOUBTS["no-mass-seen"] in texts(window.panel)
    assert RULE in texts(window.panel)


def test_a_square_that_the_mouse_holds_stays_where_it_is(opened: tuple[Window, Early]) -> None:
    """Pressed, not moved yet: the hand is already on it."""
    window, early_one = opened
    assert window.desk.mass is not None
    square = window.desk.mass.square
    centre = QPointF(*window.canvas._view.to_canvas(square.left + square.side / 2, square.top + square.side / 2))
    QTest.mousePress(window.canvas, Qt.MouseButton.LeftButton, pos=centre.toPoint())
    answer(window, early_one, SEEN)
    assert window.desk.mass.square == square
    QTest.mouseRelease(window.canvas, Qt.MouseButton.LeftButton, pos=centre.toPoint())
    assert window.desk.mass.square == square


def test_a_playing_loop_is_looked_through_where_it_stops(tmp_path: Path, finds: None) -> None:
    pages = [Image.fromarray(np.full((120, 160), 40 + 10 * page, np.uint8)) for page in range(4)]
    pages[0].save(tmp_path / "loop.tif", save_all=True, append_images=pages[1:])
    with open_window(tmp_path / "loop.tif") as (window, early_one):
        worker = early_one.worker
        assert worker is not None
        assert len(worker.looked_for) == 1
        window.play(True)
        wait(lambda: window.desk.frame_number == 3 and window.desk.frame is not None)
        assert len(worker.looked_for) == 1
        window.play(False)
        assert len(worker.looked_for) == 2


def test_numbers_of_proposals_look_unlike_those_of_masses() -> None:
    seen = []
    for proposal in (False, True):
        image = QImage(30, 30, QImage.Format.Format_RGB32)
        image.fill(QColor(200, 200, 200))
        painter = QPainter(image)
        draw_badge(painter, QRectF(5, 5, 18, 18), 1, theme.current(), strong=True, proposal=proposal)
        painter.end()
        seen.append((image.pixelColor(7, 7).lightness() < 100, image.pixelColor(14, 8).lightness() < 100))
    assert seen == [(True, True), (False, True)], "a tile, and a ring"
