"""What each action does, and when it can be done: one small function each. They pass the wish on and decide nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent

from bmgui.ui.actions import Action

if TYPE_CHECKING:
    from bmgui.ui.window import Window

GROWTH = 1.05
ZOOM = 1.25


@dataclass(frozen=True)
class Now:
    """What can be done depends on this and on nothing else; taken once for all actions."""

    open: bool
    picture: bool
    loop: bool
    mass: bool
    confirmed: bool
    scored: bool
    proposals: int
    masses: int
    scan: int
    scans: int
    held: bool
    undo: bool
    redo: bool
    computing: bool
    recent: bool


def now(window: "Window") -> Now:
    desk, canvas = window.desk, window.canvas
    masses, selected = desk.masses, desk.selected
    mass = None if selected is None else masses[selected]
    return Now(
        open=bool(desk.scans or desk.unread),
        picture=desk.frame is not None,
        loop=desk.scan is not None and desk.scan.frames > 1,
        mass=mass is not None,
        confirmed=mass is not None and mass.confirmed,
        scored=mass is not None and mass.opinion is not None,
        proposals=len(desk.proposals),
        masses=len(masses),
        scan=desk.scan_index or 0,
        scans=len(desk.scans),
        held=canvas.square_selected or canvas.drawing,
        undo=desk.can_undo,
        redo=desk.can_redo,
        computing=desk.explanation_progress is not None,
        recent=bool(window.settings.values.recent),
    )


Doing = Callable[["Window"], None]
When = Callable[[Now], bool]

DOINGS: dict[Action, Doing] = {}
WHEN: dict[Action, When] = {}


def does(action: Action, when: When | None = None) -> Callable[[Doing], Doing]:
    """This function does that action; it can be done only `when`."""

    def register(doing: Doing) -> Doing:
        DOINGS[action] = doing
        if when is not None:
            WHEN[action] = when
        return doing

    return register


def enabled(at: Now) -> dict[Action, bool]:
    """For each action that depends on the state, whether it can be done."""
    return {action: when(at) for action, when in WHEN.items()}


# --- when ---


def _picture(at: Now) -> bool:
    return at.picture


def _loop(at: Now) -> bool:
    return at.loop


def _mass(at: Now) -> bool:
    return at.mass


def _recent(at: Now) -> bool:
    return at.recent


def _proposals(count: int) -> When:
    return lambda at: at.proposals >= count


# --- file ---


@does(Action.OPEN)
def open_files(window: "Window") -> None:
    from bmgui.ui.file_dialogs import ask_files

    window.open_paths(ask_files(window, window.settings.values.folder))


@does(Action.OPEN_FOLDER)
def open_folder(window: "Window") -> None:
    from bmgui.ui.file_dialogs import ask_folder

    window.open_paths(ask_folder(window, window.settings.values.folder))


@does(Action.OPEN_SAMPLE)
def open_sample(window: "Window") -> None:
    from bmgui.ui.exams import SAMPLE

    window.open_exam((SAMPLE,))


@does(Action.OPEN_LAST, when=_recent)
def open_last(window: "Window") -> None:
    window.open_exam(window.settings.values.recent[0])


@does(Action.CLEAR_RECENT, when=_recent)
def clear_recent(window: "Window") -> None:
    window.change_settings(recent=())


@does(Action.SAVE, when=lambda at: at.scored)
def save(window: "Window") -> None:
    from bmgui.ui.save_dialog import save_opinion

    save_opinion(window)


@does(Action.ADD_TO_COLLECTION, when=lambda at: at.confirmed)
def add_to_collection(window: "Window") -> None:
    from bmgui.ui.add_mass import add_mass

    add_mass(window)


@does(Action.CLOSE, when=lambda at: at.open)
def close_exams(window: "Window") -> None:
    window.close_exam()


@does(Action.QUIT)
def leave_program(window: "Window") -> None:
    window.close()


# --- view ---


@does(Action.NEXT_SCAN, when=lambda at: at.scan + 1 < at.scans)
def next_scan(window: "Window") -> None:
    window.desk.next_scan()


@does(Action.PREVIOUS_SCAN, when=lambda at: at.scan > 0)
def previous_scan(window: "Window") -> None:
    window.desk.previous_scan()


@does(Action.NEXT_FRAME, when=_loop)
def next_frame(window: "Window") -> None:
    window.step_frame(1)


@does(Action.PREVIOUS_FRAME, when=_loop)
def previous_frame(window: "Window") -> None:
    window.step_frame(-1)


@does(Action.PLAY, when=_loop)
def play(window: "Window") -> None:
    window.play(not window.playing)


@does(Action.ZOOM_IN, when=_picture)
def zoom_in(window: "Window") -> None:
    window.canvas.zoom_by(ZOOM)


@does(Action.ZOOM_OUT, when=_picture)
def zoom_out(window: "Window") -> None:
    window.canvas.zoom_by(1 / ZOOM)


@does(Action.FIT, when=_picture)
def fit(window: "Window") -> None:
    window.canvas.fit()


@does(Action.INVERT, when=_picture)
def invert(window: "Window") -> None:
    window.canvas.invert_display()


@does(Action.RESET_DISPLAY, when=_picture)
def reset_display(window: "Window") -> None:
    window.canvas.reset_display()


@does(Action.SHOW_IDENTITY)
def show_identity(window: "Window") -> None:
    window.change_settings(identity_shown=not window.settings.values.identity_shown)


@does(Action.FULL_SCREEN)
def full_screen(window: "Window") -> None:
    window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen)


# --- square ---


@does(Action.ACCEPT, when=lambda at: at.mass and not at.confirmed)
def accept(window: "Window") -> None:
    window.desk.accept()


@does(Action.PROPOSAL_1, when=_proposals(1))
def proposal_1(window: "Window") -> None:
    window.desk.choose_proposal(0)


@does(Action.PROPOSAL_2, when=_proposals(2))
def proposal_2(window: "Window") -> None:
    window.desk.choose_proposal(1)


@does(Action.PROPOSAL_3, when=_proposals(3))
def proposal_3(window: "Window") -> None:
    window.desk.choose_proposal(2)


@does(Action.DRAW, when=_picture)
def draw(window: "Window") -> None:
    window.canvas.setFocus()
    window.canvas.start_drawing()


@does(Action.NUDGE_LEFT, when=_mass)
def nudge_left(window: "Window") -> None:
    window.nudge(-1, 0)


@does(Action.NUDGE_RIGHT, when=_mass)
def nudge_right(window: "Window") -> None:
    window.nudge(1, 0)


@does(Action.NUDGE_UP, when=_mass)
def nudge_up(window: "Window") -> None:
    window.nudge(0, -1)


@does(Action.NUDGE_DOWN, when=_mass)
def nudge_down(window: "Window") -> None:
    window.nudge(0, 1)


@does(Action.GROW, when=_mass)
def grow(window: "Window") -> None:
    window.grow(GROWTH)


@does(Action.SHRINK, when=_mass)
def shrink(window: "Window") -> None:
    window.grow(1 / GROWTH)


@does(Action.NEXT_MASS, when=lambda at: at.masses > 1)
def next_mass(window: "Window") -> None:
    before = -1 if window.desk.selected is None else window.desk.selected
    window.desk.select_mass((before + 1) % len(window.desk.masses))
    window.canvas.select_square()


@does(Action.REMOVE, when=_mass)
def remove(window: "Window") -> None:
    window.desk.remove_mass()


@does(Action.LEAVE, when=lambda at: at.held)
def leave(window: "Window") -> None:
    # the picture knows what Escape leaves
    QCoreApplication.sendEvent(
        window.canvas, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    )


@does(Action.UNDO, when=lambda at: at.undo)
def undo(window: "Window") -> None:
    window.desk.undo()


@does(Action.REDO, when=lambda at: at.redo)
def redo(window: "Window") -> None:
    window.desk.redo()


# --- evidence ---


@does(Action.SHOW_EVIDENCE)
def show_evidence(window: "Window") -> None:
    window.panel.evidence_bar.set_on(not window.panel.evidence_bar.on)


@does(Action.BARE, when=_picture)
def bare(window: "Window") -> None:
    window.canvas.set_bare(not window.bare)


@does(Action.AS_COLOUR)
def as_colour(window: "Window") -> None:
    window.panel.evidence_bar.set_contours(False)


@does(Action.AS_CONTOURS)
def as_contours(window: "Window") -> None:
    window.panel.evidence_bar.set_contours(not window.panel.evidence_bar.as_contours)


@does(Action.CANCEL_METHOD, when=lambda at: at.computing)
def cancel_method(window: "Window") -> None:
    window.desk.cancel_explanation()


# --- tools, help ---


@does(Action.MODEL_CARD)
def model_card(window: "Window") -> None:
    from bmgui.ui.about import CardPage

    window.show_page(CardPage(window.desk.card, window))


@does(Action.RETRAIN)
def retrain(window: "Window") -> None:
    window.show_retraining()


@does(Action.SETTINGS)
def settings(window: "Window") -> None:
    from bmgui.ui.settings_page import SettingsPage

    window.show_page(SettingsPage(window))


@does(Action.HELP)
def show_help(window: "Window") -> None:
    from bmgui.ui.help import HelpPage

    window.show_page(HelpPage(window))


@does(Action.KEYS)
def keys(window: "Window") -> None:
    from bmgui.ui.help import KeysPage

    window.show_page(KeysPage(window))


@does(Action.ABOUT)
def about(window: "Window") -> None:
    from bmgui.scoring.library import installed_finder
    from bmgui.ui.about import AboutPage

    window.show_page(AboutPage(window.desk.card, window.library.unreadable, window, installed_finder()))
