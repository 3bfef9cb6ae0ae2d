"""The canvas with real mouse and key events. Run again at 150 and 200 % by test_canvas_scaled.py."""

import os
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bmgui.imaging.crop import make_crop
from bmgui.imaging.square import Square
from bmgui.ui import theme
from bmgui.ui.canvas import GRAB_PX, Canvas
from bmgui.ui.display import Display
from bmgui.ui.hit import CORNERS, Corner, Drag, corner_point, dragged
from tests.ui.reading_values import SQUARE, Shown, drag, evidence, mouse, picture

OTHER = Square(300, 200, 60)


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    made = Canvas()
    qtbot.addWidget(made)
    made.resize(640, 480)
    made.show_frame(picture())
    made.show_masses([Shown(SQUARE), Shown(OTHER)], 0)
    made.show()
    made.setFocus()
    return made


class Heard:
    """What a canvas has reported, in order."""

    def __init__(self, canvas: Canvas) -> None:
        self.said: list[tuple[Any, ...]] = []
        for name in ("square_changed", "square_drawn", "mass_selected", "proposal_chosen", "nudged", "frame_stepped"):
            getattr(canvas, name).connect(lambda *told, name=name: self.said.append((name, *told)))
        canvas.play_toggled.connect(lambda: self.said.append(("play_toggled",)))


def at(canvas: Canvas, x: float, y: float) -> tuple[float, float]:
    """Where a frame point lies on the canvas."""
    return canvas.scene().view.to_canvas(x, y)


def wheel(canvas: Canvas, where: tuple[float, float], notches: int, control: bool = False) -> None:
    keys = Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier.NoModifier
    phase, buttons = Qt.ScrollPhase.NoScrollPhase, Qt.MouseButton.NoButton
    point = QPointF(*where)
    turn = QPoint(0, 120 * notches)
    QApplication.sendEvent(canvas, QWheelEvent(point, point, QPoint(), turn, buttons, keys, phase, False))


def test_the_screen_is_scaled_as_this_run_was_told(canvas: Canvas) -> None:
    assert canvas.devicePixelRatioF() == float(os.environ.get("QT_SCALE_FACTOR", "1"))


def test_the_picture_is_where_the_view_says_and_the_ground_round_it_is_dark(canvas: Canvas) -> None:
    canvas.show_masses([], None)
    canvas.clearFocus()
    ratio = canvas.devicePixelRatioF()
    image = canvas.grab().toImage()
    for x in (20, 150, 333):
        left, top = at(canvas, x + 0.5, 100.5)
        assert abs(image.pixelColor(int(left * ratio), int(top * ratio)).red() - picture()[100, x]) <= 2
    assert image.pixelColor(2, 2).name() == theme.current().picture


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("zoom", [0.7, 1.0, 3.0])
def test_dragging_a_handle_gives_the_square_that_the_rule_says(canvas: Canvas, corner: Corner, zoom: float) -> None:
    heard = Heard(canvas)
    canvas.zoom_by(zoom)
    start = at(canvas, *corner_point(SQUARE, corner))
    path = [start, (start[0] + 9.3, start[1] - 4.6), (start[0] + 21.7, start[1] + 13.1)]
    drag(canvas, path)
    view = canvas.scene().view
    begun = Drag(corner, view.to_frame(*start), SQUARE)
    said = [dragged(begun, view.to_frame(*point), 400, 300) for point in path[1:]]
    expected = [("square_changed", square, False) for square in dict.fromkeys(said)]
    assert heard.said == [*expected, ("square_changed", said[-1], True)]


def test_a_handle_can_be_grabbed_at_any_zoom(canvas: Canvas) -> None:
    for zoom in (0.5, 8.0):
        canvas.fit()
        canvas.zoom_by(zoom)
        heard = Heard(canvas)
        x, y = at(canvas, *corner_point(SQUARE, "nw"))
        drag(canvas, [(x - GRAB_PX + 1, y - GRAB_PX + 1), (x - 60, y - 60)])
        assert heard.said[-1][1].right == SQUARE.right, "the opposite corner stays: it was the handle"


def test_a_drag_inside_moves_the_square(canvas: Canvas) -> None:
    heard = Heard(canvas)
    drag(canvas, [at(canvas, 160, 140), at(canvas, 180, 130)])
    assert heard.said[-1] == ("square_changed", SQUARE.moved(20, -10), True)


def test_a_click_that_trembles_moves_nothing(canvas: Canvas) -> None:
    heard = Heard(canvas)
    x, y = at(canvas, 160, 140)
    drag(canvas, [(x, y), (x + 1, y + 1)])
    assert heard.said == []


def test_what_is_drawn_is_what_the_desk_shows_not_the_hand(canvas: Canvas) -> None:
    drag(canvas, [at(canvas, 160, 140), at(canvas, 180, 130)], release=False)
    assert canvas.scene().squares[0][0] == SQUARE
    assert canvas.scene().ahead == SQUARE.moved(20, -10), "the hand is hinted at"
    canvas.show_masses([Shown(SQUARE.moved(20, -10)), Shown(OTHER)], 0)
    assert canvas.scene().squares[0][0] == SQUARE.moved(20, -10)
    assert canvas.scene().ahead is None


def test_escape_in_mid_drag_brings_the_square_back(canvas: Canvas, qtbot: QtBot) -> None:
    heard = Heard(canvas)
    drag(canvas, [at(canvas, 160, 140), at(canvas, 200, 140)], release=False)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert heard.said[-1] == ("square_changed", SQUARE, True)
    told = len(heard.said)
    mouse(canvas, QEvent.Type.MouseMove, at(canvas, 220, 140))
    mouse(canvas, QEvent.Type.MouseButtonRelease, at(canvas, 220, 140))
    assert len(heard.said) == told, "the rest of that drag says nothing"


def test_control_and_drag_draws_even_over_a_square(canvas: Canvas) -> None:
    heard = Heard(canvas)
    drag(canvas, [at(canvas, 150, 120), at(canvas, 210, 150)], modifiers=Qt.KeyboardModifier.ControlModifier)
    assert heard.said == [("square_drawn", Square(150, 120, 60))]
    assert not canvas.drawing


def test_drawing_is_left_after_one_square_or_by_escape(canvas: Canvas, qtbot: QtBot) -> None:
    heard = Heard(canvas)
    canvas.start_drawing()
    assert canvas.drawing
    assert canvas.cursor().shape() == Qt.CursorShape.CrossCursor
    drag(canvas, [at(canvas, 20, 20), at(canvas, 80, 60)], release=False)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert not canvas.drawing
    assert canvas.scene().draft is None
    mouse(canvas, QEvent.Type.MouseButtonRelease, at(canvas, 80, 60))
    assert heard.said == []


def test_another_mass_is_selected_by_a_click(canvas: Canvas) -> None:
    heard = Heard(canvas)
    drag(canvas, [at(canvas, 330, 230), at(canvas, 390, 230)])
    assert heard.said == [("mass_selected", 1)], "and the same press does not move it"


def test_another_proposal_is_chosen_by_its_number(canvas: Canvas) -> None:
    heard = Heard(canvas)
    proposals = [SQUARE, Square(0, 0, 300), Square(200, 100, 150)]
    canvas.show_masses([Shown(SQUARE, confirmed=False)], 0)
    canvas.show_proposals(proposals, 0)
    badges = dict(canvas.scene().badges())
    assert sorted(badges) == [1, 2]
    centre = badges[2].center()
    drag(canvas, [(centre.x(), centre.y())])
    assert heard.said == [("proposal_chosen", 2)]
    canvas.show_masses([Shown(SQUARE)], 0)
    assert canvas.scene().badges() == (), "once one is confirmed, none is hinted"


def test_a_seen_mass_is_hinted_at_until_a_confirmed_square_holds_it(canvas: Canvas) -> None:
    proposals = [SQUARE, Square(0, 0, 300), Square(200, 100, 150)]
    canvas.show_proposals(proposals, 0, learnt=True)
    canvas.show_masses([Shown(SQUARE)], 0)
    unheld = [i for i, one in enumerate(proposals) if not _holds_middle(SQUARE, one)]
    assert [i for i, _ in canvas.scene().badges()] == unheld != []
    canvas.show_masses([Shown(SQUARE), Shown(Square(0, 0, 400)), Shown(Square(180, 90, 200))], 0)
    assert canvas.scene().badges() == ()


def _holds_middle(square: Square, other: Square) -> bool:
    x, y = other.left + other.side / 2, other.top + other.side / 2
    return square.left <= x < square.right and square.top <= y < square.bottom


# --- which keys do what ---


def test_arrows_nudge_the_selected_square_and_else_step_frames(canvas: Canvas, qtbot: QtBot) -> None:
    heard = Heard(canvas)
    assert canvas.square_selected
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    qtbot.keyClick(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert not canvas.square_selected
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    assert heard.said == [("nudged", 0, -1), ("nudged", 10, 0), ("frame_stepped", 1), ("frame_stepped", -1)]


def test_a_proposal_is_not_selected_until_it_is_accepted(canvas: Canvas) -> None:
    canvas.show_frame(picture(401))
    canvas.show_masses([Shown(SQUARE, confirmed=False)], 0)
    assert not canvas.square_selected
    canvas.show_masses([Shown(SQUARE)], 0)
    assert canvas.square_selected


def test_the_square_of_a_frame_that_is_stepped_to_is_not_selected(canvas: Canvas) -> None:
    canvas.show_frame(picture(401), loop=True)
    canvas.show_masses([Shown(SQUARE)], 0)
    assert not canvas.square_selected, "the arrow that stepped here would move it"
    drag(canvas, [at(canvas, 160, 140)])
    assert canvas.square_selected


def test_a_click_beside_the_square_lets_it_go(canvas: Canvas) -> None:
    told: list[bool] = []
    canvas.selection_changed.connect(told.append)
    drag(canvas, [at(canvas, 20, 20)])
    drag(canvas, [at(canvas, 160, 140)])
    assert told == [False, True]


def test_the_picture_is_bare_while_b_is_held(canvas: Canvas, qtbot: QtBot) -> None:
    told: list[bool] = []
    canvas.bare_changed.connect(told.append)
    with_square = canvas.grab().toImage()
    qtbot.keyPress(canvas, Qt.Key.Key_B)
    bare = canvas.grab().toImage()
    qtbot.keyRelease(canvas, Qt.Key.Key_B)
    assert told == [True, False]
    assert bare != with_square
    assert canvas.grab().toImage() == with_square


def test_space_plays(canvas: Canvas, qtbot: QtBot) -> None:
    heard = Heard(canvas)
    qtbot.keyClick(canvas, Qt.Key.Key_Space)
    assert heard.said == [("play_toggled",)]


# --- display, zoom, pointer ---


def test_the_display_changes_and_what_is_scored_does_not(canvas: Canvas) -> None:
    frame = picture()
    canvas.show_frame(frame)
    kept, crop = frame.copy(), make_crop(frame, SQUARE, 64)
    before = canvas.grab().toImage()
    values: list[object] = []
    canvas.pointer_at.connect(lambda _x, _y, value: values.append(value))
    drag(canvas, [(300, 200), (380, 120)], Qt.MouseButton.RightButton)
    assert canvas.display.contrast > 1
    assert canvas.display.brightness > 0
    canvas.invert_display()
    assert canvas.grab().toImage() != before
    assert (frame == kept).all()
    assert (make_crop(frame, SQUARE, 64) == crop).all()
    mouse(canvas, QEvent.Type.MouseMove, at(canvas, 150.5, 100.5), Qt.MouseButton.NoButton)
    assert values[-1] == int(frame[100, 150])
    canvas.reset_display()
    assert canvas.display == Display()
    assert canvas.grab().toImage() == before


def test_a_right_click_without_a_drag_asks_for_the_menu(canvas: Canvas) -> None:
    asked: list[object] = []
    canvas.menu_wanted.connect(asked.append)
    drag(canvas, [(300, 200)], Qt.MouseButton.RightButton)
    assert len(asked) == 1
    assert canvas.display == Display()


def test_the_wheel_zooms_about_the_pointer_and_steps_a_loop(canvas: Canvas) -> None:
    heard = Heard(canvas)
    where = at(canvas, 250, 60)
    before = canvas.zoom
    wheel(canvas, where, 2)
    assert canvas.zoom == pytest.approx(before * 1.25**2)
    assert at(canvas, 250, 60) == pytest.approx(where)
    canvas.show_frame(picture(401), loop=True)
    before = canvas.zoom
    wheel(canvas, where, -2)
    assert canvas.zoom == before
    assert heard.said == [("frame_stepped", 1), ("frame_stepped", 1)]
    wheel(canvas, where, 1, control=True)
    assert canvas.zoom > before


def test_middle_drag_pans_and_fit_brings_it_back(canvas: Canvas) -> None:
    fitted = canvas.scene().view
    drag(canvas, [(300, 200), (340, 230)], Qt.MouseButton.MiddleButton)
    assert canvas.scene().view == fitted.panned(40, 30)
    canvas.fit()
    assert canvas.scene().view == fitted


def test_another_frame_of_the_same_scan_keeps_the_zoom(canvas: Canvas) -> None:
    canvas.zoom_by(2)
    view = canvas.scene().view
    canvas.show_frame(picture() // 2, loop=True, keep_view=True)
    assert canvas.scene().view == view
    canvas.show_frame(picture(401), loop=True, keep_view=True)
    assert canvas.scene().view != view, "another size is fitted"


def test_the_pointer_tells_pixel_and_value_and_none_outside(canvas: Canvas) -> None:
    told: list[tuple[int, int, object]] = []
    canvas.pointer_at.connect(lambda *said: told.append(said))
    colour = np.zeros((300, 400, 3), np.uint8)
    colour[40, 30] = (1, 2, 3)
    canvas.show_frame(colour)
    mouse(canvas, QEvent.Type.MouseMove, at(canvas, 30.5, 40.5), Qt.MouseButton.NoButton)
    mouse(canvas, QEvent.Type.MouseMove, at(canvas, -1.5, 40.5), Qt.MouseButton.NoButton)
    assert told == [(30, 40, (1, 2, 3)), (-2, 40, None)]


def test_a_moved_square_does_not_scale_the_picture_again(canvas: Canvas) -> None:
    def scaled() -> int:
        size, ratio = canvas.size(), canvas.devicePixelRatioF()
        return canvas._picture.pixmap(canvas.scene().view, size, ratio, theme.current().picture).cacheKey()

    before = scaled()
    canvas.show_masses([Shown(SQUARE.moved(5, 0))], 0)
    canvas.grab()
    assert scaled() == before
    canvas.invert_display()
    assert scaled() != before


# --- evidence ---


def test_evidence_is_drawn_only_beside_the_square_it_was_made_from(canvas: Canvas) -> None:
    made = evidence()
    plain = canvas.grab().toImage()
    canvas.show_evidence(made.map, SQUARE, scale=20.0)
    assert canvas.scene().evidence is not None
    assert canvas.grab().toImage() != plain
    canvas.show_masses([Shown(SQUARE.moved(1, 0)), Shown(OTHER)], 0)
    assert canvas.scene().evidence is None
    canvas.show_masses([Shown(SQUARE), Shown(OTHER)], 1)
    assert canvas.scene().evidence is None
    canvas.show_masses([Shown(SQUARE), Shown(OTHER)], 0)
    assert canvas.scene().evidence is not None
    canvas.show_frame(picture(401))
    canvas.show_masses([Shown(SQUARE)], 0)
    assert canvas.scene().evidence is None, "another frame has no evidence yet"


def test_contours_stay_within_the_square(canvas: Canvas) -> None:
    canvas.show_evidence(evidence().map, SQUARE, scale=10.0, as_contours=True)
    lines = canvas.scene().evidence
    assert isinstance(lines, list)
    assert lines
    for level, parts in lines:
        assert level != 0
        assert all(((part > 0) & (part < 1)).all() for part in parts)


def test_the_map_lies_the_right_way_up(canvas: Canvas) -> None:
    values = np.zeros((8, 8), np.float32)
    values[0, 7] = 20.0  # top right speaks for malignancy
    canvas.show_frame(np.full((300, 400), 128, np.uint8))
    canvas.show_masses([Shown(SQUARE)], 0)
    canvas.show_evidence(values, SQUARE, scale=20.0, opacity=1.0)
    ratio = canvas.devicePixelRatioF()
    image = canvas.grab().toImage()

    def warmth(x: float, y: float) -> int:
        left, top = at(canvas, x, y)
        colour = image.pixelColor(int(left * ratio), int(top * ratio))
        return colour.red() - colour.blue()

    assert warmth(SQUARE.right - 8, SQUARE.top + 8) > 100
    assert warmth(SQUARE.left + 8, SQUARE.bottom - 8) == 0
    assert warmth(SQUARE.left + 8, SQUARE.top + 20) == 0


# --- for those who do not see it ---


def test_the_picture_and_its_square_are_told_in_words(canvas: Canvas) -> None:
    assert canvas.accessibleName() == "Picture"
    assert "400 × 300 px" in canvas.accessibleDescription()
    assert "left 100, top 80, side 120 px" in canvas.accessibleDescription()
    canvas.show_masses([Shown(SQUARE, confirmed=False)], 0)
    assert "Enter accepts it" in canvas.accessibleDescription()
    canvas.show_frame(None)
    assert canvas.accessibleDescription() == "No picture."


def test_focus_is_seen(canvas: Canvas, qtbot: QtBot) -> None:
    qtbot.waitUntil(canvas.hasFocus)
    focused = canvas.grab().toImage()
    canvas.clearFocus()
    assert canvas.grab().toImage() != focused
