"""The split: which sections train, validate and test; what comes of it before it is stored; what locked means."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from bmgui.base.errors import KnownError
from bmgui.learning.collections.collection import Part
from bmgui.learning.collections.summaries import Summary, summary
from bmgui.ui import file_dialogs
from bmgui.ui.retrain.collections import splitting
from bmgui.ui.retrain.collections.pieces import PARTS, CountsTable, button, empty, label, say
from bmgui.ui.retrain.collections.splitting import Choice, How, Outcome
from bmgui.ui.retrain.workshop import Workshop
from bmgui.ui.spin_boxes import with_room
from bmgui.wording import sentence, tr

_MOST_SEED, _MOST_PERCENT = 999_999, 60
_INDENT_PX = 24


class SplitView(QWidget):
    """stored(Path): the split is in place. left(): nothing was changed."""

    stored = Signal(object)
    left = Signal()

    def __init__(self, workshop: Workshop) -> None:
        super().__init__()
        self._workshop = workshop
        self._folder: Path | None = None
        self._summary: Summary | None = None
        self.outcome: Outcome | None = None
        self._trouble_told: KnownError | None = None
        self._overtaken: KnownError | None = None  # what was worked out last could not be stored
        self._working = self._again = False
        self.official: dict[str, QComboBox] = {}
        self._official_labels: list[QLabel] = []
        self._locked_title, self._locked_means = label(), label("quiet")
        self._note, self._trouble = label("quiet"), label("attention")
        self._note.setObjectName("split-note")
        self._trouble.setObjectName("split-trouble")
        self.counts = CountsTable()
        self._outcome_title = label()
        self.discard = QCheckBox()
        self.discard.setObjectName("split-discard")
        self.discard.toggled.connect(lambda _on: self._show_outcome())
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 12, 0)
        column.setSpacing(12)
        column.addWidget(self._locked_title)
        column.addWidget(self._locked_means)
        column.addSpacing(8)
        column.addLayout(self._make_ways())
        column.addSpacing(8)
        for widget in (self._outcome_title, self.counts, self._note, self._trouble, self.discard):
            column.addWidget(widget)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inner)
        self._leave = button("split-leave", self.left.emit)
        self._store = button("split-store", self._store_it)
        self._store.setDefault(True)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addStretch(1)
        line.addWidget(self._leave)
        line.addWidget(self._store)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(12)
        whole.addWidget(scroll, 1)
        whole.addLayout(line)
        self.retranslate()

    def _make_ways(self) -> QVBoxLayout:
        every: tuple[How, ...] = ("new", "draw", "official", "table")
        self.ways = {how: QRadioButton() for how in every}
        column = QVBoxLayout()
        column.setSpacing(8)
        for how, radio in self.ways.items():
            radio.setObjectName(f"split-{how}")
            radio.toggled.connect(lambda on: self._changed() if on else None)
            column.addWidget(radio)
        self._numbers, self._official, self._table = self._make_numbers(), QWidget(), self._make_table()
        self._official_grid = QGridLayout(self._official)
        self._official_grid.setContentsMargins(_INDENT_PX, 0, 0, 0)
        self._official_grid.setHorizontalSpacing(12)
        self._official_grid.setVerticalSpacing(4)
        self._keep = self._make_keep()
        for row in (self._numbers, self._keep, self._official, self._table):
            column.addWidget(row)
        return column

    def _make_numbers(self) -> QWidget:
        """Shares and the seed, for what is drawn."""
        self.seed, self.test, self.validation = (with_room(QSpinBox()) for _ in range(3))
        self._captions = [label(wrap=False) for _ in range(3)]
        whole = QWidget()
        line = QHBoxLayout(whole)
        line.setContentsMargins(_INDENT_PX, 0, 0, 0)
        line.setSpacing(8)
        named = (("test", self.test, 20), ("validation", self.validation, 10), ("seed", self.seed, 1))
        for (name, box, value), caption in zip(named, self._captions, strict=True):
            box.setObjectName(f"split-{name}")
            box.setRange(0, _MOST_SEED if box is self.seed else _MOST_PERCENT)
            box.setSuffix("" if box is self.seed else " %")
            box.setMinimumWidth(88)
            box.setValue(value)
            box.valueChanged.connect(lambda _value: self._changed())
            caption.setBuddy(box)
            line.addWidget(caption)
            line.addWidget(box)
            line.addSpacing(16)
        line.addStretch(1)
        return whole

    def _make_keep(self) -> QWidget:
        self.keep = QCheckBox()
        self.keep.setObjectName("split-keep")
        self.keep.setChecked(True)
        self.keep.toggled.connect(lambda _on: self._changed())
        whole = QWidget()
        line = QHBoxLayout(whole)
        line.setContentsMargins(_INDENT_PX, 0, 0, 0)
        line.addWidget(self.keep)
        return whole

    def _make_table(self) -> QWidget:
        self.table = QLineEdit()
        self.table.setObjectName("split-file")
        self.table.setMaximumWidth(480)
        self.table.textChanged.connect(lambda _text: self._changed())
        self._choose_table = button("split-file-choose", self._ask_table)
        whole = QWidget()
        line = QHBoxLayout(whole)
        line.setContentsMargins(_INDENT_PX, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self.table, 1)
        line.addWidget(self._choose_table)
        line.addStretch(1)
        return whole

    # --- what is asked for ---

    def show_collection(self, folder: Path, overtaken: KnownError | None = None) -> None:
        """Begin anew with this collection; overtaken: why, where a split could not be stored."""
        self._folder, self._summary, self.outcome = folder, None, None
        self._overtaken = overtaken
        self.discard.setChecked(False)
        self.table.clear()
        self._workshop.work(lambda: summary(folder), self._known, self._failed)

    def _known(self, told: Summary) -> None:
        if told.folder != self._folder:
            return
        self._summary, overtaken = told, self._overtaken
        self._make_official(told)
        locked = "test" in told.parts
        self.keep.setChecked(True)
        published = bool(told.official)
        self.ways["official"].setVisible(published)
        self.ways["new"].setVisible(told.unplaced > 0)
        first: How = "new" if told.unplaced else "official" if published and not locked else "draw"
        self.ways[first].setChecked(True)
        self.ways[first].setFocus()
        self.retranslate()
        self._changed()
        self._overtaken = overtaken  # until something else is chosen

    def _make_official(self, told: Summary) -> None:
        """A row for each published part; the last one tests, the one before it validates."""
        empty(self._official_grid)
        self.official = {}
        for at, (value, part) in enumerate(_suggested(told.official).items()):
            box = QComboBox()
            box.setObjectName(f"split-official-{value}")
            for name, words in PARTS.items():
                box.addItem(tr(words), name)
            box.setCurrentIndex(box.findData(part))
            box.activated.connect(lambda _row: self._changed())
            caption = label(wrap=False)
            caption.setText(value or tr("(none)"))
            caption.setBuddy(box)
            box.setAccessibleName(caption.text())
            self._official_grid.addWidget(caption, at % 5, 2 * (at // 5))
            self._official_grid.addWidget(box, at % 5, 2 * (at // 5) + 1)
            self.official[value] = box
        self._official_grid.setColumnStretch(2 * (len(self.official) // 5 + 1), 1)

    @property
    def how(self) -> How:
        return next((how for how, radio in self.ways.items() if radio.isChecked()), "draw")

    def choice(self) -> Choice:
        """What is chosen now."""
        text = self.table.text().strip()
        mapping: dict[str, Part] = {value: box.currentData() for value, box in self.official.items()}
        return Choice(
            self.how,
            self.seed.value(),
            self.test.value() / 100,
            self.validation.value() / 100,
            self.keep.isChecked(),
            mapping,
            Path(text).expanduser() if text else None,
        )

    def _ask_table(self) -> None:
        found = file_dialogs.ask_list(self, self.table.text())
        if found is not None:
            self.table.setText(str(found))

    # --- what would come of it ---

    def _changed(self) -> None:
        how, locked = self.how, self._summary is not None and "test" in self._summary.parts
        self._numbers.setVisible(how in ("new", "draw"))
        self._official.setVisible(how == "official")
        self._table.setVisible(how == "table")
        for widget in (self._captions[0], self.test):
            widget.setVisible(how == "draw")
        self._keep.setVisible(how == "draw" and locked)
        self.test.setEnabled(not (locked and self.keep.isChecked()))
        if self._summary is None or self._folder is None:
            return
        self.outcome = None
        self._trouble_told = self._overtaken = None
        if self.how == "table" and not self.table.text().strip():
            self._show_outcome()
            return
        if self._working:
            self._again = True
            return
        self._working = True
        folder, choice = self._folder, self.choice()
        self._workshop.work(lambda: splitting.outcome(folder, choice), self._worked_out, self._failed)

    def _worked_out(self, found: Outcome) -> None:
        if not self._worked():
            self.outcome = found
            self._show_outcome()

    def _failed(self, error: KnownError) -> None:
        if not self._worked():
            self._trouble_told = error
            self._show_outcome()

    def _worked(self) -> bool:
        """The background is free again; whether it goes on at once, because something changed in between."""
        self._working = False
        if self._again:
            self._again = False
            self._changed()
            return True
        return False

    def _show_outcome(self) -> None:
        found = self.outcome
        if found is not None:
            self.counts.show_rows(
                [(tr(PARTS[part]), counts) for part, counts in found.counts.items()], found.patients_known
            )
        self._outcome_title.setVisible(found is not None)
        self.counts.setVisible(found is not None)
        self._note.setText("\n".join(_notes(found)) if found else "")
        self._note.setVisible(bool(self._note.text()))
        said = [sentence(error) for error in (self._overtaken, self._trouble_told) if error]
        changes = found is not None and found.changes_test
        self.discard.setVisible(changes)
        if found is not None and changes:
            told = tr(
                "The locked test part ({count} sections, looked at {looks} times) would change. Figures measured on it "
                "can then no longer be compared with new ones.",
                count=found.locked,
                looks=found.looks,
            )
            said.append(told)
        self._trouble.setText("\n".join(said))
        self._trouble.setVisible(bool(self._trouble.text()))
        self._store.setEnabled(found is not None and (not changes or self.discard.isChecked()))

    def _store_it(self) -> None:
        found, discard = self.outcome, self.discard.isChecked()
        if found is None:
            return
        self._store.setEnabled(False)
        folder = found.collection.folder
        self._workshop.work(
            lambda: splitting.store(found, discard), lambda _: self.stored.emit(folder), self._not_stored
        )

    def _not_stored(self, error: KnownError) -> None:
        if error.code == "split-outdated" and self._folder is not None:
            self.show_collection(self._folder, error)
        else:
            self._failed(error)

    def retranslate(self) -> None:
        self._locked_title.setText(tr("What locked means"))
        self._locked_means.setText(
            tr(
                "Training never sees the test part; it is what a new model is judged by. Each look at it is counted "
                "and shown beside every figure, because whoever looks often and keeps the best fools themselves. Once "
                "stored it stays as it is; giving it up is possible, and is recorded for good."
            )
        )
        new = self._summary.unplaced if self._summary else 0
        say(self.ways["new"], tr("Only the {count} new sections; what is in a part stays there", count=new))
        say(self.ways["draw"], tr("Draw the parts, whole patients at a time"))
        say(self.ways["official"], tr("The published parts"))
        say(self.ways["table"], tr("A table (CSV with the columns id and part)"))
        texts = (tr("Test"), tr("Validation"), tr("Seed"))
        for caption, number, text in zip(self._captions, (self.test, self.validation, self.seed), texts, strict=True):
            caption.setText(text)
            number.setAccessibleName(text)
        self.seed.setToolTip(tr("The same seed draws the same parts"))
        say(self.keep, tr("Keep the locked test part, draw the rest"))
        self.table.setAccessibleName(tr("Table of parts"))
        say(self._choose_table, tr("List…"))
        self._outcome_title.setText(tr("What comes of it"))
        say(self.discard, tr("Give the locked test part up; record it"))
        say(self._leave, tr("Cancel"), key="Esc")
        say(self._store, tr("Store the split, lock the test part"))
        for box in self.official.values():
            for row, words in enumerate(PARTS.values()):
                box.setItemText(row, tr(words))
        self._show_outcome()


def _suggested(values: tuple[str, ...]) -> dict[str, Part]:
    """Parts for published names: what they say, else the last one tests and the one before it validates."""
    named: dict[str, Part] = {"train": "train", "training": "train", "validation": "validation", "val": "validation"}
    named |= {"test": "test", "testing": "test", "": "left-out"}
    folds = [value for value in values if value.casefold() not in named]
    found: dict[str, Part] = {}
    for value in values:
        if value.casefold() in named:
            found[value] = named[value.casefold()]
        elif value == folds[-1] and len(folds) > 1:
            found[value] = "test"
        elif len(folds) > 2 and value == folds[-2]:
            found[value] = "validation"
        else:
            found[value] = "train"
    return found


def _notes(found: Outcome) -> list[str]:
    notes = []
    if found.split.torn:
        notes.append(
            tr(
                "{count} sections are left out, because what belongs to them lies in a stricter part.",
                count=len(found.split.torn),
            )
        )
    for part in found.few:
        counts = found.counts[part]
        notes.append(
            tr(
                "{part}: only {benign} benign and {malignant} malignant sections; what is measured there is coarse.",
                part=tr(PARTS[part]),
                benign=counts.benign,
                malignant=counts.malignant,
            )
        )
    if not found.patients_known:
        notes.append(tr("Patients are not known here: pictures of one patient may come to lie in different parts."))
    return notes
