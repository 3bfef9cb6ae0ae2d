"""The line at the bottom: that this is no medical device (always), the pointer, and what the scores come from."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QStatusBar, QWidget

from bmgui.wording import tr


class Status(QStatusBar):
    """cancel_wanted(): stop computing the further method."""

    cancel_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self.setContentsMargins(12, 2, 12, 2)
        self.disclaimer, self._pointer, self._note, self._worker = QLabel(), QLabel(), QLabel(), QLabel()
        self._pointer.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._pointer.setMinimumWidth(130)
        self._pointer.setContentsMargins(0, 0, 16, 0)
        self._note.setProperty("role", "attention")
        for label in (self._note, self._worker):
            label.setMinimumWidth(40)
            label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._progress, self._cancel = QProgressBar(), QPushButton()
        self._progress.setRange(0, 100)
        self._progress.setFixedWidth(140)
        self._progress.setTextVisible(False)
        self._cancel.clicked.connect(self.cancel_wanted)
        self._computing = QWidget()
        line = QHBoxLayout(self._computing)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        self._method = QLabel()
        for part in (self._method, self._progress, self._cancel):
            line.addWidget(part)
        self._computing.hide()
        self.addWidget(self.disclaimer)  # nothing calls showMessage: this label never gives way
        for widget in (self._computing, self._pointer, self._note, self._worker):
            self.addPermanentWidget(widget)
        self.retranslate()

    def retranslate(self) -> None:
        self.disclaimer.setText(tr("Second opinion for research. Not a medical device."))
        self._cancel.setText(tr("Stop"))
        self._progress.setAccessibleName(tr("Progress of the further method"))

    def show_pointer(self, text: str) -> None:
        self._pointer.setText(text)

    def show_worker(self, text: str, note: str, why: str) -> None:
        """note: what the reader should know of the device; why: there are no scores ("" where there are)."""
        self._worker.setText(text)
        self._worker.setToolTip(why or text)
        self._note.setText(note)
        self._note.setToolTip(note)
        self._note.setVisible(bool(note))

    def show_progress(self, method: str, share: float | None) -> None:
        self._computing.setVisible(share is not None)
        if share is not None:
            self._method.setText(method)
            self._progress.setValue(round(100 * share))

    @property
    def worker_text(self) -> str:
        return self._worker.text()

    @property
    def pointer_text(self) -> str:
        return self._pointer.text()
