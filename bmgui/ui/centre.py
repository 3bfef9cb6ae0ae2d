"""What stands in the middle beside the picture: the empty page, the sentence where no picture can be shown, the frame
stepper, whose scan it is, and the line that tells of trouble. Each shows what it is told and reports wishes."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from bmgui.ui.actions import SPECS, Action
from bmgui.ui.menus import key_text
from bmgui.wording import tr


class EmptyPage(QWidget):
    """Nothing is open yet: what to do, three ways to do it, their keys beside them. wanted(Action)."""

    wanted = Signal(object)
    _OFFERED = (Action.OPEN, Action.OPEN_SAMPLE, Action.OPEN_LAST)

    def __init__(self) -> None:
        super().__init__()
        self._says = QLabel()
        self._says.setProperty("role", "title")
        self._says.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._says.setWordWrap(True)
        self._buttons: dict[Action, QPushButton] = {}
        self._keys: dict[Action, QLabel] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(self._says)
        column.addSpacing(12)
        for action in self._OFFERED:
            column.addLayout(self._offer(action))
        column.addStretch(3)
        self.retranslate()

    def _offer(self, action: Action) -> QHBoxLayout:
        button, keys = QPushButton(), QLabel(key_text(SPECS[action]))
        button.setMinimumWidth(260)
        button.clicked.connect(lambda _on=False, which=action: self.wanted.emit(which))
        keys.setProperty("role", "quiet")
        keys.setMinimumWidth(60)
        self._buttons[action], self._keys[action] = button, keys
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addStretch(1)
        line.addSpacing(72)  # as wide as the key on the other side: the button stands in the middle
        line.addWidget(button)
        line.addWidget(keys)
        line.addStretch(1)
        return line

    def set_can_reopen(self, can: bool) -> None:
        self._buttons[Action.OPEN_LAST].setEnabled(can)

    def set_icons(self) -> None:
        from bmgui.ui.icons import icon

        for action, button in self._buttons.items():
            button.setIcon(icon(SPECS[action].icon))

    def retranslate(self) -> None:
        self._says.setText(tr("Drop a scan here, or open one"))
        for action, button in self._buttons.items():
            button.setText(tr(SPECS[action].text))
            button.setToolTip(tr(SPECS[action].tip))
            button.setAccessibleName(tr(SPECS[action].text).replace("&", ""))


class MessagePage(QWidget):
    """Why there is no picture to show. closed(): not offered; the rest of the exam stays open beside it."""

    def __init__(self) -> None:
        super().__init__()
        self._says = QLabel()
        self._says.setProperty("role", "message")
        self._says.setWordWrap(True)
        self._says.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._says.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._says.setMaximumWidth(560)
        self._says.setMinimumWidth(240)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(self._says, 8)
        line.addStretch(1)
        column.addStretch(1)
        column.addLayout(line)
        column.addStretch(1)

    def say(self, text: str) -> None:
        self._says.setText(text)

    @property
    def text(self) -> str:
        return self._says.text()


class FrameBar(QWidget):
    """Steps through the frames of a loop; its buttons are the window's own actions."""

    def __init__(self, previous: QAction, play: QAction, following: QAction) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 4, 12, 4)
        line.setSpacing(4)
        line.addStretch(1)
        for action in (previous, play, following):
            button = QToolButton()
            button.setDefaultAction(action)
            button.setIconSize(QSize(20, 20))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            line.addWidget(button)
        self._text = QLabel()
        line.addSpacing(8)
        line.addWidget(self._text)
        line.addStretch(1)
        self.hide()

    def show_frame(self, number: int, frames: int) -> None:
        self.setVisible(frames > 1)
        self._text.setText(tr("frame {number} / {frames}", number=number, frames=frames))

    @property
    def text(self) -> str:
        return self._text.text()


class IdentityLine(QWidget):
    """Whose scan it is. Its button is the action that shows and hides it."""

    def __init__(self, action: QAction) -> None:
        super().__init__()
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setMinimumWidth(40)
        self._note = QLabel()
        self._note.setProperty("role", "attention")
        button = QToolButton()
        button.setDefaultAction(action)
        button.setIconSize(QSize(16, 16))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 4, 12, 4)
        line.setSpacing(8)
        line.addWidget(button)
        line.addWidget(self._text, 1)
        line.addWidget(self._note)

    def show_identity(self, text: str, *, shown: bool, synthetic: bool) -> None:
        if not shown:
            text = tr("Identity hidden")
        elif not text:
            text = tr("The file does not say whose scan it is")
        self._text.setText(text)
        self._text.setToolTip(text)
        self._note.setText(tr("Synthetic: not a patient") if synthetic else "")

    @property
    def text(self) -> str:
        return self._text.text()


class Notice(QFrame):
    """One line of trouble above everything, until it is dismissed. dismissed()."""

    dismissed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setProperty("role", "attention")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._close = QPushButton()
        self._close.clicked.connect(self.dismissed)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 6, 12, 6)
        line.setSpacing(12)
        line.addWidget(self._text, 1)
        line.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()
        self.retranslate()

    def say(self, text: str) -> None:
        self._text.setText(text)
        self.setVisible(bool(text))

    @property
    def text(self) -> str:
        return self._text.text()

    def retranslate(self) -> None:
        self._close.setText(tr("Dismiss"))
