"""What is done while a candidate is installed, and when it is in use: the way back."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from bmgui.ui.marks import mark
from bmgui.ui.model_words import STEPS
from bmgui.ui.retrain.collections.pieces import button, label, say
from bmgui.wording import tr

CARD = "card"
_STEPS = {CARD: mark("making its card: calibration, thresholds, evidence scale"), **STEPS}


class DoneView(QWidget):
    """rollback(), models(), again() are wishes."""

    rollback = Signal()
    models = Signal()
    again = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._reached, self._model, self._before, self._back = "", "", "", ""
        self.head, self.steps, self.note = label("message"), label(), label("quiet")
        self.head.setObjectName("promotion-done")
        self.steps.setObjectName("promotion-steps")
        self.rollback_button = button("promotion-rollback", self.rollback.emit)
        self.models_button = button("promotion-to-models", self.models.emit)
        self.again_button = button("promotion-again", self.again.emit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for widget in (self.head, self.steps, self.note):
            column.addWidget(widget)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for made in (self.rollback_button, self.models_button, self.again_button):
            buttons.addWidget(made)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addStretch(1)

    def begin(self, model: str, before: str) -> None:
        """model is being installed in place of `before`."""
        self._reached, self._model, self._before, self._back = CARD, model, before, ""
        self.retranslate()

    def reach(self, step: str) -> None:
        """step: a key of `STEPS`."""
        self._reached = step
        self.retranslate()

    def finish(self, model: str, before: str) -> None:
        """It is in use; `before` is what can be gone back to."""
        self._reached, self._model, self._before = "", model, before
        self.retranslate()

    def went_back(self, to: str) -> None:
        """The model before it is in use again."""
        self._back = to
        self.retranslate()

    @property
    def in_use(self) -> str:
        """The model that it says is in use."""
        return self._back or self._model

    @property
    def before(self) -> str:
        """The model that the way back leads to."""
        return self._before

    @property
    def finished(self) -> bool:
        return bool(self._model) and not self._reached

    def retranslate(self) -> None:
        at_work = bool(self._reached)
        if at_work:
            self.head.setText(tr("Installing {model} …", model=self._model))
        elif self._back:
            self.head.setText(tr("{model} is in use again.", model=self._back))
        else:
            self.head.setText(tr("{model} is in use, in place of {before}.", model=self._model, before=self._before))
        self.steps.setText("\n".join(self._lines(list(_STEPS))))
        self.note.setText(
            ""
            if at_work
            else tr("Squares that stand are scored anew. Saved readings keep the score and the model that they had.")
        )
        for widget in (self.note, self.rollback_button, self.models_button, self.again_button):
            widget.setVisible(not at_work)
        self.rollback_button.setVisible(not at_work and not self._back)
        say(
            self.rollback_button,
            tr("Roll back to {model}", model=self._before),
            tr("Use the model before again, at once."),
        )
        say(self.models_button, tr("Show the models"))
        say(self.again_button, tr("Promote another"))

    def _lines(self, steps: Sequence[str]) -> list[str]:
        """Each step with its mark: done, at work, to come."""
        here = steps.index(self._reached) if self._reached else len(steps)
        marks = ["✓" if at < here else "›" if at == here else "·" for at in range(len(steps))]
        return [f"{sign}  {tr(_STEPS[step])}" for sign, step in zip(marks, steps, strict=True)]
