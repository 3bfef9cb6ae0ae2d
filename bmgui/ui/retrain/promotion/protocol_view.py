"""The protocol: what no program can see must be answered; then who, why, under which name. What is not shown to be at
least as good is asked for twice."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from bmgui.learning.promotion.promoting import QUESTIONS, Comparison, Question, needs_second, standing, unanswered
from bmgui.ui.retrain.collections.pieces import button, label, say
from bmgui.ui.retrain.promotion import wording
from bmgui.wording import tr

_NAME_PX = 360


class Asked(QWidget):
    """One question, its answers as radio buttons, none chosen at first; `hint` says what the program itself knows."""

    changed = Signal()

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question
        self.setObjectName(f"promotion-ask-{question.code.replace(' ', '-')}")
        self.words, self.hint = label(), label("quiet")
        self._group = QButtonGroup(self)
        self.answers: dict[str, QRadioButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.words)
        column.addWidget(self.hint)
        row = QHBoxLayout()
        row.setSpacing(16)
        for answer in question.answers:
            choice = QRadioButton()
            choice.setObjectName(f"{self.objectName()}-{answer.replace(' ', '-')}")
            choice.toggled.connect(lambda _on: self.changed.emit())
            self._group.addButton(choice)
            self.answers[answer] = choice
            row.addWidget(choice)
        row.addStretch(1)
        column.addLayout(row)

    @property
    def answer(self) -> str:
        """ "" where there is none yet."""
        return next((answer for answer, choice in self.answers.items() if choice.isChecked()), "")

    def clear(self) -> None:
        self._group.setExclusive(False)
        for choice in self.answers.values():
            choice.setChecked(False)
        self._group.setExclusive(True)

    def say(self, words: str, hint: str) -> None:
        self.words.setText(words)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        for answer, choice in self.answers.items():
            choice.setText(tr(wording.ANSWERS[self.question.code, answer]))
            choice.setAccessibleName(f"{words} {choice.text()}")


class ProtocolView(QWidget):
    """install(), back() are wishes; `answers`, `by`, `why`, `identity`, `title`, `second` say what was filled in."""

    install = Signal()
    back = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.comparison: Comparison | None = None
        self._hints: dict[str, str] = {}
        self.asked = {question.code: Asked(question) for question in QUESTIONS}
        self.stands, self.missing = label(), label("quiet")
        self.stands.setObjectName("promotion-standing")
        self.missing.setObjectName("promotion-missing")
        self.lines = {name: QLineEdit() for name in ("title", "identity", "by", "why")}
        self._names = {name: QLabel() for name in self.lines}
        for name, line in self.lines.items():
            line.setObjectName(f"promotion-{name}")
            line.textChanged.connect(lambda _text: self._show_state())
            self._names[name].setBuddy(line)
        self.second_box = QCheckBox()
        self.second_box.setObjectName("promotion-second")
        self.second_box.toggled.connect(lambda _on: self._show_state())
        self.back_button = button("promotion-back-to-comparison", self.back.emit)
        self.install_button = button("promotion-install", self.install.emit)
        for asked in self.asked.values():
            asked.changed.connect(self._show_state)
        self._arrange()

    def _arrange(self) -> None:
        inside = QWidget()
        questions = QVBoxLayout(inside)
        questions.setContentsMargins(0, 0, 12, 0)
        questions.setSpacing(16)
        for asked in self.asked.values():
            questions.addWidget(asked)
        questions.addWidget(self.stands)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        for name, line in self.lines.items():
            line.setMinimumWidth(_NAME_PX)
            form.addRow(self._names[name], line)
        questions.addLayout(form)
        questions.addWidget(self.second_box)
        questions.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(scroll, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.back_button)
        buttons.addWidget(self.missing, 1)
        buttons.addWidget(self.install_button)
        column.addLayout(buttons)

    # --- what was filled in ---

    @property
    def answers(self) -> dict[str, str]:
        return {code: asked.answer for code, asked in self.asked.items() if asked.answer}

    @property
    def second(self) -> bool:
        return self.second_box.isChecked()

    def filled(self, name: str) -> str:
        """title, identity, by or why."""
        return self.lines[name].text().strip()

    def begin(self, comparison: Comparison, *, title: str, identity: str, by: str, unsaid: Sequence[str]) -> None:
        """A new decision: nothing is answered. unsaid: models of which nobody wrote down what they learnt from."""
        self.comparison = comparison
        for asked in self.asked.values():
            asked.clear()
        self.second_box.setChecked(False)
        for name, text in (("title", title), ("identity", identity), ("by", by), ("why", "")):
            self.lines[name].setText(text)
        self._unsaid = tuple(unsaid)
        self.retranslate()

    # --- words ---

    def _hint(self, code: str) -> str:
        comparison = self.comparison
        if comparison is None:
            return ""
        if code == "unseen":
            leaks = comparison.results.leaking(comparison.candidate)
            known = [tr("Nobody wrote down all that {model} learnt from.", model=one) for one in self._unsaid]
            if leaks:
                known.append(
                    tr("{count} test pictures look like pictures that the candidate learnt from.", count=leaks)
                )
            known = known or [tr("By what is written down, none of them was learnt from.")]
            by_name = dict.fromkeys(name for one in comparison.results.subjects for name in one.unprinted)
            if by_name:
                known.append(
                    tr("Of {list} the names alone are written down, not the pictures.", list=", ".join(by_name))
                )
            return " ".join(known)
        if code == "chosen before":
            looks = [
                tr("{name}: {count} models", name=name, count=count)
                for name, count in comparison.looks.items()
                if count
            ]
            return tr("Looks at this test so far, with these two: {looks}.", looks=", ".join(looks))
        return ""

    def _show_state(self) -> None:
        comparison = self.comparison
        if comparison is None:
            return
        open_questions = len(unanswered(self.answers))
        stands = standing(comparison.verdict, self.answers)
        second = needs_second(stands)
        words = wording.verdict_words(comparison, stands)
        if stands != comparison.verdict:
            words = tr(
                "By the figures alone it would be “{verdict}”; by these answers nothing good is shown.",
                verdict=tr(wording.SHORT[comparison.verdict]),
            )
        self.stands.setText(words)
        self.stands.setProperty("role", "attention" if second else "")
        self.stands.style().polish(self.stands)
        self.second_box.setVisible(second)
        self.second_box.setText(
            tr("Install it all the same; that it was worse is kept in the history and on its card.")
            if stands == "worse"
            else tr(
                "Install it all the same; that it was not shown to be as good is kept in the history and on its card."
            )
        )
        ready = not open_questions and all(self.filled(name) for name in self.lines)
        self.install_button.setEnabled(ready and (self.second or not second))
        if open_questions:
            self.missing.setText(tr("{count} questions are still to be answered.", count=open_questions))
        elif not ready:
            self.missing.setText(tr("A title, a name, who decides and a reason are still wanted."))
        elif second and not self.second:
            self.missing.setText(tr("It is asked twice: tick the box above."))
        else:
            self.missing.setText("")

    def retranslate(self) -> None:
        margins = "" if self.comparison is None else wording.margin_words(self.comparison.margins)
        for code, asked in self.asked.items():
            asked.say(tr(wording.QUESTIONS[code], margins=margins), self._hint(code))
        names = {"title": tr("&Title"), "identity": tr("&Name, short"), "by": tr("&Who"), "why": tr("Wh&y")}
        for name, text in names.items():
            self._names[name].setText(text)
            self.lines[name].setAccessibleName(text.replace("&", ""))
        self.lines["identity"].setToolTip(tr("a–z, 0–9, “.”, “_” and “-”; saved readings name it."))
        self.lines["why"].setPlaceholderText(tr("Kept in the history of models"))
        say(self.back_button, tr("Back"))
        say(
            self.install_button,
            tr("Install and use"),
            tr("Make its card, try it, put it in place, switch; rolled back in one click."),
        )
        self._show_state()
