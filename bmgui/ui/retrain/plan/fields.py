"""Editors for a plan's keys, made from the rules that stand beside them in `learning/plans/plan.py`."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QLineEdit, QSpinBox, QWidget

from bmgui.learning.plans.rules import OneOf, Range, Rule, Truth, rules_of, value_of
from bmgui.scoring.checks import Refused
from bmgui.ui.retrain.plan.field_words import CHOICES, Words
from bmgui.ui.spin_boxes import with_room
from bmgui.wording import tr

EDITOR_PX = 184
LABEL_PX = 144
_NOTHING = object()


class Field(QObject):
    """One key: `label`, `editor`, and `beside`, which says what is usual or what is wrong. changed(name, value)."""

    changed = Signal(str, object)

    def __init__(self, name: str, rule: Rule, words: Words, object_name: str, *, optional: bool) -> None:
        super().__init__()
        self.name, self.rule, self.words = name, rule, words
        self._optional = optional
        self._value: Any = _NOTHING
        self.wrong = ""
        self.label, self.beside = QLabel(), QLabel()
        self.beside.setProperty("role", "quiet")
        self.label.setWordWrap(True)
        self.beside.setWordWrap(True)
        self.editor = self._make_editor()
        self.editor.setObjectName(object_name)
        if not isinstance(self.editor, QCheckBox):  # a click beside its box would do nothing
            self.editor.setFixedWidth(EDITOR_PX)
        self.label.setBuddy(self.editor)

    # --- the editor ---

    def _make_editor(self) -> QWidget:
        rule = self.rule
        if isinstance(rule, Truth):
            box = QCheckBox()
            box.toggled.connect(self._entered)
            return box
        if isinstance(rule, OneOf):
            choice = QComboBox()
            for word in rule.words:
                choice.addItem(word, word)
            choice.activated.connect(lambda _row: self._entered(choice.currentData()))
            leave_wheel_to_page(choice)
            return choice
        if isinstance(rule, Range) and rule.whole:
            spin = with_room(QSpinBox())
            spin.setRange(int(rule.least) - self._optional, int(rule.most))
            spin.valueChanged.connect(lambda value: self._entered(None if value < rule.least else value))
            leave_wheel_to_page(spin)
            return spin
        line = QLineEdit()
        line.editingFinished.connect(lambda: self._typed(line.text()))
        line.textEdited.connect(self._typed)
        return line

    def _typed(self, text: str) -> None:
        """A number, or two of them; what is none is said beside it and stops the start."""
        assert isinstance(self.rule, Range)
        try:
            numbers = [float(part) for part in text.replace(",", " ").replace("–", " ").split()]
            value = value_of(self.rule, numbers if self.rule.pair else _only(numbers), self.name)
        except (ValueError, Refused):
            self._say_wrong()
            return
        self._entered(value)

    def _entered(self, value: Any) -> None:
        is_news = value != self._value or self.wrong
        self._value, self.wrong = value, ""
        self._say_beside()
        if is_news:
            self.changed.emit(self.name, value)

    def show_value(self, value: Any) -> None:
        """What the plan holds now; nothing is reported. What is just being typed stays, right or wrong."""
        if value == self._value:
            return
        self._value, self.wrong = value, ""
        self.editor.blockSignals(True)
        match self.editor:
            case QCheckBox() as box:
                box.setChecked(bool(value))
            case QComboBox() as choice:
                choice.setCurrentIndex(choice.findData(value))
            case QSpinBox() as spin:
                spin.setValue(spin.minimum() if value is None else value)
            case QLineEdit() as line:
                line.setText(" – ".join(map(number, value)) if isinstance(value, tuple) else number(value))
        self.editor.blockSignals(False)
        self._say_beside()

    def forget(self) -> None:
        """What was typed wrongly goes with the next value that is shown."""
        if self.wrong:
            self._value, self.wrong = _NOTHING, ""

    # --- words ---

    def retranslate(self) -> None:
        self.label.setText(tr(self.words.name))
        self.editor.setAccessibleName(tr(self.words.name))
        tip = "\n".join(part for part in (tr(self.words.tip), self._range_words(), self.name) if part)
        for widget in (self.label, self.editor):
            widget.setToolTip(tip)
        if isinstance(self.editor, QComboBox):
            for row in range(self.editor.count()):
                word = self.editor.itemData(row)
                self.editor.setItemText(row, tr(CHOICES.get(self.name, {}).get(word, word)))
        if isinstance(self.editor, QSpinBox) and self._optional:
            self.editor.setSpecialValueText(tr(self.words.none))
        self._say_beside()

    def _range_words(self) -> str:
        if not isinstance(self.rule, Range):
            return ""
        return tr("Possible: {least} to {most}.", least=number(self.rule.least), most=number(self.rule.most))

    def _say_beside(self) -> None:
        if self.wrong:
            self._say_wrong()
            return
        usual = isinstance(self.rule, Range) and self.rule.safe
        if not usual or not isinstance(self.rule, Range):
            self._beside("", "quiet")
            return
        values = self._value if isinstance(self._value, tuple) else (self._value,)
        safe = all(value is None or value is _NOTHING or self.rule.is_safe(value) for value in values)
        low, high = (number(value) for value in usual)
        if safe:
            self._beside(tr("usually {low} to {high}", low=low, high=high), "quiet")
        else:
            self._beside(tr("unusual: mostly {low} to {high}", low=low, high=high), "attention")

    def _say_wrong(self) -> None:
        """A number out of its range, or none."""
        assert isinstance(self.rule, Range)
        was, self.wrong = self.wrong, "wrong"
        ends = {"least": number(self.rule.least), "most": number(self.rule.most)}
        text = tr("two numbers from {least} to {most}", **ends) if self.rule.pair else tr("{least} to {most}", **ends)
        self._beside(text, "attention")
        if not was:
            self.changed.emit(self.name, self._value)  # the plan stays; that nothing can start is news

    def _beside(self, text: str, role: str) -> None:
        self.beside.setText(text)
        if self.beside.property("role") != role:
            self.beside.setProperty("role", role)
            self.beside.style().unpolish(self.beside)
            self.beside.style().polish(self.beside)


class FieldsTable(QWidget):
    """The keys of one dataclass, a row each: its words, its editor, what is usual. changed(name, value)."""

    changed = Signal(str, object)

    def __init__(self, kind: type, words: Mapping[str, Words], prefix: str, names: Sequence[str] = ()) -> None:
        super().__init__()
        rules = rules_of(kind)
        defaults = {f.name: f.default for f in dataclasses.fields(kind)}
        self.fields = {
            name: Field(name, rules[name], words[name], f"{prefix}{name}", optional=defaults[name] is None)
            for name in (names or [name for name in rules if name in words])
        }
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        for row, field in enumerate(self.fields.values()):
            field.setParent(self)
            for column, widget in enumerate((field.label, field.editor, field.beside)):
                across = Qt.AlignmentFlag.AlignLeft if isinstance(widget, QCheckBox) else Qt.AlignmentFlag(0)
                grid.addWidget(widget, row, column, Qt.AlignmentFlag.AlignVCenter | across)
            field.changed.connect(self.changed)
        grid.setColumnMinimumWidth(0, LABEL_PX)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(2, 1)
        self.retranslate()

    @property
    def is_wrong(self) -> bool:
        """Whether an editor shows what cannot be used."""
        return any(field.wrong for field in self.fields.values())

    def forget(self) -> None:
        for field in self.fields.values():
            field.forget()

    def show_values(self, told: Any) -> None:
        for name, field in self.fields.items():
            field.show_value(getattr(told, name))

    def set_row_visible(self, name: str, visible: bool) -> None:
        field = self.fields[name]
        for widget in (field.label, field.editor, field.beside):
            widget.setVisible(visible)

    def retranslate(self) -> None:
        for field in self.fields.values():
            field.retranslate()


def number(value: float) -> str:
    """A number as a person writes it: 0.00005, 1000000."""
    if isinstance(value, int) or float(value).is_integer():
        return str(int(value))
    text = f"{value:.8f}".rstrip("0")
    return text if float(text) == value else repr(value)


def _only(numbers: list[float]) -> float:
    (value,) = numbers
    return value


class _NoWheel(QObject):
    """The wheel scrolls the page; a value changes under it only where the field has the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def leave_wheel_to_page(widget: QWidget) -> None:
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(_NoWheel(widget))
