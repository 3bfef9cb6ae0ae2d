"""The window with mouse and keys: real files, real desk, real events; only the worker answers at once."""

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.imaging.square import Square
from bmgui.scoring import installing
from bmgui.ui.actions import Action
from bmgui.ui.settings import SettingsFile
from bmgui.ui.window import Window
from tests.ui.window_stand import open_window, picture, texts, wait

pytestmark = pytest.mark.usefixtures("qapp")
KEY = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


def press(window: Window, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(QApplication.focusWidget() or window, key, modifier)
    QApplication.processEvents()


def on_canvas(window: Window, x: float, y: float) -> QPoint:
    """Where a frame pixel lies on the canvas."""
    return QPointF(*window.canvas._view.to_canvas(x, y)).toPoint()


def scored(window: Window) -> None:
    wait(lambda: window.desk.opinion is not None and window.desk.opinion.low is not None)


def test_a_proposal_is_accepted_by_enter_and_its_score_stands_beside_it(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        assert window.desk.mass is not None
        assert not window.desk.mass.confirmed
        assert "Enter" in texts(window.panel)
        assert not window.panel._number.isVisible()
        press(window, KEY.Key_Return)
        scored(window)
        assert window.desk.opinion is not None
        assert f"{round(100 * window.desk.opinion.probability)} %" in texts(window.panel)
        assert window.canvas._evidence is not None


def test_one_two_three_switch_proposals(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png", 500, 300)) as (window, _):
        squares = window.desk.proposals
        assert len(squares) == 3
        for key, square in zip((KEY.Key_3, KEY.Key_1, KEY.Key_2), (squares[2], squares[0], squares[1]), strict=True):
            press(window, key)
            assert window.desk.mass is not None
            assert window.desk.mass.square == square
            assert not window.desk.mass.confirmed


def test_arrows_nudge_and_shift_nudges_ten_times_as_far(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        window.desk.draw(Square(100, 100, 80))
        press(window, KEY.Key_Right)
        press(window, KEY.Key_Down, SHIFT)
        scored(window)
        assert window.desk.mass is not None
        assert window.desk.mass.square == Square(101, 110, 80)
        wait(lambda: not window._resting.isActive())
        press(window, KEY.Key_Z, CONTROL)
        assert window.desk.mass.square == Square(100, 100, 80)  # both in one step: the hand did not rest between
        press(window, KEY.Key_Z, CONTROL | SHIFT)
        assert window.desk.mass.square == Square(101, 110, 80)


def test_plus_and_equals_grow_and_minus_shrinks(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        window.desk.draw(Square(100, 100, 80))
        sides = []
        for key in (KEY.Key_Plus, KEY.Key_Equal, KEY.Key_Minus):
            press(window, key)
            assert window.desk.mass is not None
            sides.append(window.desk.mass.square.side)
        assert sides == [84, 88, 84]


def test_a_drag_inside_the_square_moves_it_and_control_drag_draws(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        window.desk.draw(Square(100, 100, 80))
        QApplication.processEvents()
        start, end = on_canvas(window, 140, 140), on_canvas(window, 160, 150)
        QTest.mousePress(window.canvas, Qt.MouseButton.LeftButton, pos=start)
        QTest.mouseMove(window.canvas, end)
        QTest.mouseRelease(window.canvas, Qt.MouseButton.LeftButton, pos=end)
        assert window.desk.mass is not None
        assert abs(window.desk.mass.square.left - 120) <= 1
        assert abs(window.desk.mass.square.top - 110) <= 1
        start, end = on_canvas(window, 10, 10), on_canvas(window, 80, 80)
        QTest.mousePress(window.canvas, Qt.MouseButton.LeftButton, CONTROL, start)
        QTest.mouseMove(window.canvas, end)
        QTest.mouseRelease(window.canvas, Qt.MouseButton.LeftButton, CONTROL, end)
        assert len(window.desk.masses) == 2
        press(window, KEY.Key_M)
        assert window.desk.selected == 0
        press(window, KEY.Key_Delete)
        assert len(window.desk.masses) == 1


def test_the_pictures_keys_need_the_pictures_focus(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png"), picture(tmp_path / "b.png", seed=2)) as (window, _):
        window.thumbnails.setFocus()
        press(window, KEY.Key_Return)
        assert window.desk.mass is not None
        assert not window.desk.mass.confirmed
        press(window, KEY.Key_H)
        assert window.panel.evidence_bar.on
        window.canvas.setFocus()
        press(window, KEY.Key_H)
        assert not window.panel.evidence_bar.on


def test_h_hides_the_evidence_and_b_shows_the_bare_picture_while_held(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        press(window, KEY.Key_Return)
        scored(window)
        press(window, KEY.Key_H)
        assert window.canvas._evidence is None
        press(window, KEY.Key_H)
        assert window.canvas._evidence is not None
        QTest.keyPress(window.canvas, KEY.Key_B)
        assert window.bare
        assert window.menus.actions[Action.BARE].isChecked()
        QTest.keyRelease(window.canvas, KEY.Key_B)
        assert not window.bare
        press(window, KEY.Key_C)
        assert window.panel.evidence_bar.as_contours


def test_brightness_and_inversion_never_reach_the_score(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        press(window, KEY.Key_Return)
        scored(window)
        before, crop = window.desk.opinion, window.desk.crop
        press(window, KEY.Key_I)
        window.canvas.set_display(0.4, 2.0, True)
        window.desk.nudge(1, 0)
        window.desk.nudge(-1, 0)
        window.desk.rest()
        scored(window)
        assert window.desk.opinion == before
        assert crop is not None
        assert (window.desk.crop == crop).all()
        press(window, KEY.Key_R)
        assert not window.canvas.display.inverted


def test_page_keys_go_through_the_scans_and_the_list_follows(tmp_path: Path) -> None:
    files = [picture(tmp_path / f"{name}.png", seed=n) for n, name in enumerate("abc")]
    with open_window(*files) as (window, _):
        assert window.thumbnails.isVisible()
        press(window, KEY.Key_PageDown)
        press(window, KEY.Key_PageDown)
        press(window, KEY.Key_PageDown)
        assert window.desk.scan_index == 2
        assert "c.png" in str(window.thumbnails.currentIndex().data())
        window.thumbnails.setFocus()
        press(window, KEY.Key_Up)
        assert window.desk.scan_index == 1
        wait(lambda: window.desk.frame is not None)


def test_one_scan_needs_no_list(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        assert not window.thumbnails.isVisible()


def test_what_cannot_be_read_is_listed_with_its_sentence_and_the_rest_stays_open(tmp_path: Path) -> None:
    bad = tmp_path / "陈_左乳.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\nno")
    with open_window(picture(tmp_path / "a.png"), bad) as (window, _):
        model = window.thumbnails.model()
        told = [str(model.index(row, 0).data()) for row in range(model.rowCount())]
        assert any("陈_左乳.png" in one and len(one) > 40 for one in told)
        assert str(tmp_path) not in "".join(told)
        assert window.pages.currentWidget() is window.canvas
        window.do(Action.SHOW_IDENTITY)
        told = [str(model.index(row, 0).data()) for row in range(model.rowCount())]
        assert not any("陈" in one or "a.png" in one for one in told)


def test_only_an_unreadable_file_says_why_in_the_middle(tmp_path: Path) -> None:
    bad = tmp_path / "bad.dcm"
    bad.write_bytes(b"not a scan at all")
    with open_window(bad) as (window, _):
        assert window.pages.currentWidget() is window.message
        assert "bad.dcm" in window.message.text
        assert not window.panel.isVisible()


def test_opening_replaces_what_is_open(tmp_path: Path) -> None:
    """Two patients' scans must not stand side by side unasked."""
    first, second = picture(tmp_path / "a.png"), picture(tmp_path / "b.png", seed=2)
    with open_window(first) as (window, _):
        window.open_paths([second])
        wait(lambda: window.desk.frame is not None and not window.opening)
        assert [scan.path for scan in window.desk.scans] == [second]
        assert window.settings.values.recent == ((str(second),), (str(first),))


def test_files_can_be_dropped(tmp_path: Path) -> None:
    path = picture(tmp_path / "陈 1.png")
    with open_window() as (window, _):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        none = Qt.KeyboardModifier.NoModifier
        event = QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, none)
        window.dropEvent(event)
        wait(lambda: window.desk.frame is not None)
        assert window.desk.scans[0].path == path
        assert event.isAccepted()


def test_the_disclaimer_is_always_in_sight(tmp_path: Path) -> None:
    with open_window() as (window, _):
        disclaimer = window.status.disclaimer
        for size in ((1280, 800), (1024, 700)):
            window.resize(*size)
            QApplication.processEvents()
            assert disclaimer.isVisible()
            assert disclaimer.width() >= disclaimer.sizeHint().width()
        window.open_paths([picture(tmp_path / "a.png")])
        wait(lambda: window.desk.frame is not None)
        QApplication.processEvents()
        assert disclaimer.text() == "Second opinion for research. Not a medical device."
        assert disclaimer.isVisible()


def test_withheld_scores_say_why_where_the_score_would_stand(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, early):
        press(window, KEY.Key_Return)
        scored(window)
        assert early.worker is not None
        early.worker.withhold(KnownError("no-engine"))
        wait(lambda: window.desk.worker.phase == "withheld")
        assert "no engine to score with" in texts(window.panel)
        assert "withheld" in window.status.worker_text
        assert not window.panel._number.isVisible()


def test_a_model_chosen_by_menu_blanks_the_score_of_the_other(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, early):
        press(window, KEY.Key_Return)
        scored(window)
        other = next(action for action in window.menus.models.actions() if not action.isChecked())
        before = window.desk.card.id
        other.trigger()
        assert window.desk.card.id != before
        assert window.desk.opinion is None or window.desk.opinion.subject.model == window.desk.card.id
        scored(window)
        assert early.worker is not None
        assert early.worker.model == window.desk.card.id == window.library.default_id == installing.in_use()


def test_where_torch_is_missing_the_menu_says_how_to_add_it(tmp_path: Path) -> None:
    from bmgui.ui.help import TorchPage
    from tests.ui.window_stand import page

    with open_window(picture(tmp_path / "a.png")) as (window, _):
        wait(lambda: window.desk.worker.phase == "ready")
        offered = window.menus.methods.actions()
        assert [action.isCheckable() for action in offered] == [True, False]
        offered[1].trigger()
        assert "python3 dev.py run --torch" in page(window, TorchPage).browser.toPlainText()


def test_the_pointers_place_and_value_are_told(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        QTest.mouseMove(window.canvas, on_canvas(window, 30.5, 40.5))
        QApplication.processEvents()
        assert window.desk.frame is not None
        assert window.status.pointer_text == f"x 30  y 40 · {window.desk.frame[40, 30]}"
        QApplication.sendEvent(window.canvas, QEvent(QEvent.Type.Leave))
        assert window.status.pointer_text == ""


def test_the_window_comes_back_as_it_was(tmp_path: Path) -> None:
    files = [picture(tmp_path / f"{name}.png", seed=n) for n, name in enumerate("ab")]
    with open_window(*files) as (window, _):
        window.desk.next_scan()
        wait(lambda: window.desk.frame is not None)
        window.resize(1100, 720)
        window.panel.evidence_bar.set_opacity(0.3)
        window.panel.evidence_bar.set_contours(True)
    kept = SettingsFile()
    assert kept.values.last == tuple(map(str, files))
    assert (kept.values.last_scan, kept.values.started) == (1, True)
    with open_window(settings=kept) as (window, _):
        from bmgui.ui.app import open_first

        open_first(window, [])
        wait(lambda: window.desk.scan_index == 1 and window.desk.frame is not None)
        assert window.height() == 720  # Qt fits the width to the screen, which is small here
        assert window.panel.evidence_bar.opacity == pytest.approx(0.3)
        assert window.panel.evidence_bar.as_contours


def test_a_closed_exam_stays_closed(tmp_path: Path) -> None:
    from bmgui.ui.app import open_first

    with open_window(picture(tmp_path / "a.png")) as (window, _):
        window.do(Action.CLOSE)
        assert window.pages.currentWidget() is window.empty
    with open_window(settings=SettingsFile()) as (window, _):
        open_first(window, [])
        assert not window.opening
        window.do(Action.OPEN_LAST)
        wait(lambda: window.desk.frame is not None)


def test_trouble_can_be_dismissed(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, early):
        assert early.worker is not None
        state = early.worker.state
        error = KnownError("worker-restarted", reason="killed")
        early.worker.become(type(state)("starting", state.model, error=error, restarts=1))
        wait(lambda: window.notice.isVisible())
        assert "killed" in window.notice.text
        window.notice._close.click()
        assert not window.notice.isVisible()


def test_what_is_no_ultrasound_is_said_before_a_square_is_accepted(tmp_path: Path) -> None:
    import pydicom

    told = pydicom.dcmread(places.resources() / "samples" / "phantom" / "synthetic-phantom.dcm")
    told.Modality = "CT"
    told.save_as(tmp_path / "ct.dcm")
    with open_window(tmp_path / "ct.dcm") as (window, _):
        wait(lambda: window.desk.mass is not None)
        assert window.desk.opinion is None
        assert "not ultrasound (CT)" in texts(window.panel)


def test_frames_are_stepped_by_arrows_and_played_by_space(tmp_path: Path) -> None:
    from bmgui.ui.shot_states import loop_file

    with open_window(loop_file(tmp_path, frames=4)) as (window, _):
        assert window.frame_bar.isVisible()
        assert window.frame_bar.text == "frame 1 / 4"
        press(window, KEY.Key_Right)
        press(window, KEY.Key_Right)
        wait(lambda: window.desk.frame_number == 3 and window.desk.frame is not None)
        press(window, KEY.Key_Left)
        wait(lambda: window.frame_bar.text == "frame 2 / 4" and window.desk.frame is not None)
        press(window, KEY.Key_Return)
        scored(window)
        press(window, KEY.Key_Right)  # now the square is selected: it is nudged, and the frame stays
        assert window.desk.frame_number == 2
        press(window, KEY.Key_Escape)
        press(window, KEY.Key_Right)
        assert window.desk.frame_number == 3
        still = window.menus.actions[Action.PLAY].icon().cacheKey()
        press(window, KEY.Key_Space)
        assert window.playing
        assert window.menus.actions[Action.PLAY].icon().cacheKey() != still, "the button is a pause now"
        seen = set()
        wait(lambda: seen.add(window.desk.frame_number) or len(seen) == 4)  # round and round
        press(window, KEY.Key_Space)
        assert not window.playing


def test_no_score_of_another_frame_stands_beside_this_one(tmp_path: Path) -> None:
    from bmgui.ui.shot_states import loop_file

    with open_window(loop_file(tmp_path, frames=2)) as (window, _):
        press(window, KEY.Key_Return)
        scored(window)
        window.do(Action.NEXT_FRAME)
        assert window.desk.opinion is None
        assert not window.panel._number.isVisible() or window.panel._number.text() == "…"
        assert window.canvas._evidence is None
        wait(lambda: window.desk.frame is not None)
        window.do(Action.PREVIOUS_FRAME)
        scored(window)
