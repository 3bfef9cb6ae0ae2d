"""The window: widgets composed, joined to the desk, and brought up to date when it says what changed.

What is shown is in `showing.py`, what actions do in `doings.py`; here is what has a life: opening, playing, resting,
settings, closing.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QDialog, QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from bmgui.base.errors import KnownError
from bmgui.reading.desk import Desk
from bmgui.scoring.library import Library
from bmgui.ui import doings, exams, showing, using
from bmgui.ui.actions import Action
from bmgui.ui.canvas import Canvas
from bmgui.ui.centre import EmptyPage, FrameBar, IdentityLine, MessagePage, Notice
from bmgui.ui.menus import Menus
from bmgui.ui.panel import ScorePanel
from bmgui.ui.settings import SettingsFile, with_recent
from bmgui.ui.status import Status
from bmgui.ui.thumbnails import WIDTH_PX, Thumbnails

if TYPE_CHECKING:
    from bmgui.ui.retrain.window import RetrainWindow

FRAME_MS = 100
REST_MS = 350
FIRST_PICTURE_MS = 600
SIZE_PX = (1280, 800)
_LEAST_PX = (960, 620)

MakeDesk = Callable[[Callable[[frozenset[str]], None]], Desk]


class Window(QMainWindow):
    """One reading window. make_desk: makes the desk that it shows, given what is to be called after a change.

    on_settings: called after settings changed, with the names of those that did (language and theme are the
    application's).
    """

    settings: SettingsFile
    library: Library
    desk: Desk
    canvas: Canvas
    panel: ScorePanel

    def __init__(
        self,
        settings: SettingsFile,
        library: Library,
        make_desk: MakeDesk,
        on_settings: Callable[[frozenset[str]], None] = lambda _changed: None,
    ) -> None:
        super().__init__()
        self.settings, self.library = settings, library
        self.shown_fingerprint = ""  # of the scan on the canvas
        self.shown_actions: object = None  # what the menus show
        self.shown_methods: object = None
        self.shown_card: object = None  # and the prior, on the panel
        self.pointer_stamp = using.stamp()  # of the choice of the model in use that was last followed
        self._on_settings = on_settings
        self._opened: exams.Opened = ()
        self._to_return_to: tuple[int, int] | None = None  # scan and frame of a remembered exam that still opens
        self._closed = False
        self.retraining: RetrainWindow | None = None
        self._behind: list[Path] = []  # files that are opened once the first picture is there
        self._behind_timer = QTimer(self, interval=FIRST_PICTURE_MS, singleShot=True)
        self._behind_timer.timeout.connect(self._open_behind)
        self.playing = self.bare = False
        self._playing = QTimer(self, interval=FRAME_MS)
        self._playing.timeout.connect(self._play_on)
        self._resting = QTimer(self, interval=REST_MS, singleShot=True)
        self._compose()
        self.desk = make_desk(self._desk_changed)
        self.thumbnails = Thumbnails(lambda scan, done: self.desk.thumbnail(scan, done))
        self._arrange()
        self._join()
        self._restore()
        showing.show_all(self)

    # --- composing ---------------------------------------------------------------------------------------------------
    def _compose(self) -> None:
        self.canvas, self.panel = Canvas(), ScorePanel()
        self.menus = Menus(self.menuBar(), self.canvas)
        actions = self.menus.actions
        self.empty, self.message, self.notice = EmptyPage(), MessagePage(), Notice()
        self.identity = IdentityLine(actions[Action.SHOW_IDENTITY])
        self.frame_bar = FrameBar(*(actions[one] for one in (Action.PREVIOUS_FRAME, Action.PLAY, Action.NEXT_FRAME)))
        self.status = Status()
        self.setStatusBar(self.status)
        self.setAcceptDrops(True)
        self.setMinimumSize(*_LEAST_PX)
        self.resize(*SIZE_PX)
        self.panel.evidence_bar.set_on(self.settings.values.evidence_on)
        self.panel.evidence_bar.set_opacity(self.settings.values.evidence_opacity)
        self.panel.evidence_bar.set_contours(self.settings.values.evidence_as_contours)

    def _arrange(self) -> None:
        self.pages = QStackedWidget()
        for page in (self.empty, self.message, self.canvas):
            self.pages.addWidget(page)
        middle = _column(self.identity, self.pages, self.frame_bar, stretched=self.pages)
        self.columns = QSplitter()
        for column in (self.thumbnails, middle, self.panel):
            self.columns.addWidget(column)
        self.columns.setChildrenCollapsible(False)
        self.columns.setHandleWidth(1)
        self.columns.setStretchFactor(1, 1)
        self.columns.setSizes(
            [WIDTH_PX, SIZE_PX[0] - WIDTH_PX - self.panel.sizeHint().width(), self.panel.sizeHint().width()]
        )
        self.setCentralWidget(_column(self.notice, self.columns, stretched=self.columns))

    def _join(self) -> None:
        canvas, desk = self.canvas, self.desk
        canvas.pressed.connect(desk.touch)
        canvas.square_changed.connect(desk.set_square)
        canvas.square_drawn.connect(desk.draw)
        canvas.mass_selected.connect(desk.select_mass)
        canvas.proposal_chosen.connect(desk.choose_proposal)
        canvas.nudged.connect(self.nudge)
        canvas.frame_stepped.connect(self.step_frame)
        canvas.play_toggled.connect(lambda: self.do(Action.PLAY))
        canvas.selection_changed.connect(lambda _on: showing.show_actions(self))
        canvas.drawing_changed.connect(lambda _on: showing.show_actions(self))
        canvas.bare_changed.connect(self._bare_changed)
        canvas.pointer_at.connect(lambda x, y, value: showing.show_pointer(self, x, y, value))
        canvas.menu_wanted.connect(self._show_square_menu)
        self._resting.timeout.connect(desk.rest)
        self.panel.prior_wanted.connect(lambda: self.do(Action.SETTINGS))
        self.panel.evidence_bar.changed.connect(self._evidence_changed)
        self.thumbnails.scan_wanted.connect(desk.show_scan)
        self.empty.wanted.connect(self.do)
        self.notice.dismissed.connect(desk.forget_trouble)
        self.status.cancel_wanted.connect(desk.cancel_explanation)
        self.menus.wanted.connect(self.do)
        self.menus.model_wanted.connect(self.use_model)
        self.menus.method_wanted.connect(self._method_wanted)
        self.menus.recent_wanted.connect(self.open_exam)

    # --- wishes ------------------------------------------------------------------------------------------------------
    def do(self, action: Action) -> None:
        """Do it if it can be done now."""
        when = doings.WHEN.get(action)
        if when is None or when(doings.now(self)):
            doings.DOINGS[action](self)
        if not self._closed:
            showing.show_actions(self)

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open these files and folders in place of what is open; nothing happens for none."""
        if paths:
            self.open_exam(exams.remembered(paths))

    def open_exam(self, opened: exams.Opened, *, at: tuple[int, int] | None = None) -> None:
        """Open remembered paths in place of what is open, so that no two patients' scans stand side by side unasked.

        at: the scan (from 0) and frame (from 1) to return to.
        """
        try:
            paths = exams.paths_of(opened)
        except KnownError as error:
            showing.show_error(self, error)
            return
        if self.desk.scans or self.desk.unread:
            self.desk.close_exams()
        self._opened = opened
        self._to_return_to = at if at is not None and at != (0, 1) else None
        changes: dict[str, Any] = {"recent": with_recent(self.settings.values.recent, opened), "last": opened}
        if opened != (exams.SAMPLE,):
            changes["folder"] = str(paths[0] if paths[0].is_dir() else paths[0].parent)
        self.change_settings(**changes)
        self._behind_timer.stop()
        ahead = 1 if opened == (exams.SAMPLE,) and self._to_return_to is None else len(paths)
        self._behind = paths[ahead:]  # its DICOM scans need a library that the first picture can do without
        self.desk.open_paths(paths[:ahead])
        self.canvas.setFocus()

    def _open_behind(self) -> None:
        paths, self._behind = self._behind, []
        self.desk.open_paths(paths, show=False)

    @property
    def opening(self) -> bool:
        """Whether files are still being opened, or wait to be."""
        return self.desk.opening or bool(self._behind)

    def close_exam(self) -> None:
        """Close all scans: the window is empty, also when it is started again."""
        self._behind = []
        self._opened = ()
        self.desk.close_exams()
        self.change_settings(last=())

    def nudge(self, dx_px: int, dy_px: int) -> None:
        self.desk.nudge(dx_px, dy_px)
        self._resting.start()

    def grow(self, factor: float) -> None:
        self.desk.grow(factor)
        self._resting.start()

    def step_frame(self, step: int) -> None:
        self.play(False)
        self.desk.show_frame(self.desk.frame_number + step)

    def play(self, on: bool) -> None:
        """Play the loop's frames, or stop."""
        if on == self.playing:
            return
        self.playing = on
        self.menus.set_playing(on)
        if on:
            self._playing.start()
        else:
            self._playing.stop()
            self.desk.stay()
        showing.show_actions(self)

    def _play_on(self) -> None:
        scan = self.desk.scan
        if scan is None or scan.frames < 2:
            self.play(False)
        elif self.desk.frame is not None or self.desk.frame_error is not None:  # else it is still being decoded
            self.desk.show_frame(self.desk.frame_number % scan.frames + 1, passing=True)

    def use_model(self, model: object) -> None:
        """Score with another model, now and after a restart."""
        using.use_model(self, str(model))

    def follow_model(self) -> None:
        """Read the library again, and score with the model in use."""
        using.follow_model(self)

    def _method_wanted(self, method: object) -> None:
        if method == showing.NO_TORCH:
            from bmgui.ui.help import TorchPage

            self.show_page(TorchPage(self))
        else:
            self.desk.explain(None if method is None else str(method))
        self.shown_methods = None  # the click has moved the menu's mark, whatever the desk made of the wish
        showing.show_methods(self)

    def _bare_changed(self, bare: bool) -> None:
        self.bare = bare
        showing.show_actions(self)

    def _evidence_changed(self) -> None:
        bar = self.panel.evidence_bar
        self.settings.keep_in_mind(
            evidence_on=bar.on, evidence_opacity=bar.opacity, evidence_as_contours=bar.as_contours
        )
        showing.show_evidence(self)
        showing.show_actions(self)

    def _show_square_menu(self, at: object) -> None:
        if isinstance(at, QPoint):
            self.menus.menu("square").popup(at)

    def show_page(self, page: QDialog) -> None:
        """Show a dialog without stopping the window; Escape closes it."""
        layout = page.layout()
        if layout is not None:
            layout.activate()  # its least size is known before it has a window, not a moment after
        page.show()
        page.activateWindow()

    def show_retraining(self) -> "RetrainWindow":
        """The retraining window, in front; there is one at most."""
        if self.retraining is None:
            from bmgui.ui.retrain.window import shown  # late: reading does not need it

            self.retraining = shown(self)
        self.retraining.setWindowState(self.retraining.windowState() & ~Qt.WindowState.WindowMinimized)
        self.retraining.activateWindow()
        return self.retraining

    def retrain_closed(self, closed: "RetrainWindow") -> None:
        """The retraining window goes."""
        if self.retraining is closed:
            self.retraining = None

    # --- settings ----------------------------------------------------------------------------------------------------
    def change_settings(self, **changes: Any) -> None:
        """Take over settings, keep them, and do what they ask for."""
        changed = {key for key, value in changes.items() if getattr(self.settings.values, key) != value}
        if not changed:
            return
        try:
            values = self.settings.change(**{key: changes[key] for key in changed})
        except KnownError as error:
            values = self.settings.values
            showing.show_error(self, error)
        if "prior" in changed:
            self.desk.set_prior(values.prior)
        if "device" in changed:
            self.desk.use_device(values.device)
        self._on_settings(frozenset(changed))
        showing.show_settings(self, frozenset(changed))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange and hasattr(self, "desk"):
            for part in (self.menus, self.empty, self.notice, self.status, self.thumbnails):
                part.retranslate()
            showing.show_all(self)
        elif event.type() == QEvent.Type.WindowStateChange and hasattr(self, "desk"):
            showing.show_actions(self)
        elif event.type() == QEvent.Type.ActivationChange and hasattr(self, "desk") and self.isActiveWindow():
            using.look_again(self)

    # --- the desk ----------------------------------------------------------------------------------------------------
    def _desk_changed(self, aspects: frozenset[str]) -> None:
        if self._closed or not hasattr(self, "columns"):  # the desk is still being made
            return
        if self._to_return_to is not None and "exams" in aspects:
            self._return()
        showing.show(self, aspects)
        if self._behind and not self.desk.opening and not self._behind_timer.isActive():
            self._behind_timer.start()

    def _return(self) -> None:
        assert self._to_return_to is not None
        scan, frame = self._to_return_to
        if len(self.desk.scans) > scan:
            self._to_return_to = None
            self.desk.show_scan(scan)
            self.desk.show_frame(frame)
        elif not self.desk.opening:
            self._to_return_to = None  # fewer scans than there were

    # --- as it was ---------------------------------------------------------------------------------------------------
    def _restore(self) -> None:
        values = self.settings.values
        if values.geometry:
            self.restoreGeometry(QByteArray.fromBase64(values.geometry.encode()))
        if values.columns:
            self.columns.restoreState(QByteArray.fromBase64(values.columns.encode()))

    def _keep(self) -> None:
        self.settings.change(
            geometry=_text(self.saveGeometry()),
            columns=_text(self.columns.saveState()),
            last=self._opened,
            last_scan=self.desk.scan_index or 0,
            last_frame=max(self.desk.frame_number, 1),
            started=True,
            **self.settings.in_mind,
        )

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.retraining is not None and not self.retraining.close():
            event.ignore()  # a page of it has unfinished work
            return
        if not self._closed:
            self._closed = True
            self._playing.stop()
            self._resting.stop()
            self._behind_timer.stop()
            try:
                self._keep()
            except KnownError as error:
                showing.say_to_terminal(error)  # the window is going: nothing else is left to say it
            for page in self.findChildren(QDialog):
                page.close()
            self.desk.close()
        super().closeEvent(event)

    # --- drag and drop -----------------------------------------------------------------------------------------------
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _files(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.open_paths(_files(event))
        self.activateWindow()


def _files(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]


def _text(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode()


def _column(*widgets: QWidget, stretched: QWidget) -> QWidget:
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for widget in widgets:
        column.addWidget(widget, 1 if widget is stretched else 0)
    return whole
