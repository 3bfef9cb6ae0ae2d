"""The import's first step: where the scans are, what is there, under which name they are kept."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from bmgui.base.errors import KnownError
from bmgui.learning.collections.importing.guessing import guess_kind
from bmgui.ui import file_dialogs
from bmgui.ui.retrain.collections.importing import Order
from bmgui.ui.retrain.collections.pieces import KINDS, button, label, say
from bmgui.wording import sentence, tr

_OWN_KINDS = ("folder", "csv")  # a department's own scans: nobody else may know whose they are
_FIELD_PX = 420


class SourceForm(QWidget):
    """look_wanted(Order): look at these scans. left(): nothing was imported."""

    look_wanted = Signal(object)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.source, self.name, self.licence = QLineEdit(), QLineEdit(), QLineEdit()
        for field, name in ((self.source, "source"), (self.name, "name"), (self.licence, "licence")):
            field.setObjectName(f"import-{name}")
        self.source.textChanged.connect(self._source_changed)
        self.source.returnPressed.connect(self._look_if_ready)
        self._folder = button("import-folder", self._ask_folder)
        self._list = button("import-list", self._ask_list)
        self._captions = [label(wrap=False) for _ in range(4)]
        self.pseudonyms, self._pseudonyms_why, self._trouble = QCheckBox(), label("quiet"), label("attention")
        self.pseudonyms.setObjectName("import-pseudonyms")
        self._trouble.setObjectName("import-trouble")
        self._look = button("import-look", self._look_at_it)
        self._look.setDefault(True)
        self._leave = button("import-leave", self.left.emit)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addStretch(1)
        line.addWidget(self._leave)
        line.addWidget(self._look)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(self._make_form())
        column.addStretch(1)
        column.addWidget(self._trouble)
        column.addLayout(line)
        self.retranslate()
        self._choices_changed()

    def _make_form(self) -> QGridLayout:
        form, where = QGridLayout(), QHBoxLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(12)
        form.setColumnStretch(1, 1)
        where.setSpacing(8)
        where.addWidget(self.source, 1)
        where.addWidget(self._folder)
        where.addWidget(self._list)
        for row, caption in enumerate(self._captions):
            form.addWidget(caption, row, 0, Qt.AlignmentFlag.AlignTop if row == 1 else Qt.AlignmentFlag(0))
        form.addLayout(where, 0, 1)
        form.addLayout(self._make_kinds(), 1, 1)
        for row, field in ((0, self.source), (2, self.name), (3, self.licence)):
            self._captions[row].setBuddy(field)
            if row:
                field.setMaximumWidth(_FIELD_PX)
                form.addWidget(field, row, 1)
        form.addWidget(self.pseudonyms, 4, 1)
        form.addWidget(self._pseudonyms_why, 5, 1)
        return form

    def _make_kinds(self) -> QVBoxLayout:
        self.kinds = QButtonGroup(self)
        self._kind_words: dict[str, QLabel] = {}
        column = QVBoxLayout()
        column.setSpacing(8)
        for kind in KINDS:
            radio = QRadioButton()
            radio.setObjectName(f"import-kind-{kind}")
            self.kinds.addButton(radio)
            self._kind_words[kind] = label("quiet")
            line = QHBoxLayout()
            line.setSpacing(12)
            radio.setMinimumWidth(232)
            line.addWidget(radio)
            line.addWidget(self._kind_words[kind], 1)
            column.addLayout(line)
        self.kinds.buttonToggled.connect(self._kind_toggled)
        return column

    def start(self, source: Path | None) -> None:
        """Empty, or with this source."""
        for field in (self.source, self.name, self.licence):
            field.clear()
        self.source.setText(str(source) if source else "")
        self.say_trouble(None)

    def say_trouble(self, error: KnownError | None) -> None:
        """Beside the fields, which get the focus: why the source cannot be used; None: nothing."""
        self._trouble.setText(sentence(error) if error else "")
        self.source.setFocus()

    def _ask_folder(self) -> None:
        found = file_dialogs.ask_folder(self, self.source.text())
        if found:
            self.source.setText(str(found[0]))

    def _ask_list(self) -> None:
        found = file_dialogs.ask_list(self, self.source.text())
        if found is not None:
            self.source.setText(str(found))

    @property
    def kind(self) -> str:
        chosen = self.kinds.checkedButton()
        return chosen.objectName().removeprefix("import-kind-") if chosen else ""

    def choose_kind(self, kind: str) -> None:
        found = self.findChild(QRadioButton, f"import-kind-{kind}")
        assert isinstance(found, QRadioButton)
        found.setChecked(True)

    def _source_changed(self) -> None:
        text = self._path()
        guessed = guess_kind(Path(text)) if text else ""
        if guessed:
            self.choose_kind(guessed)
        self._choices_changed()

    def _kind_toggled(self, _button: object, checked: bool) -> None:
        if checked:
            self.pseudonyms.setChecked(self.kind in _OWN_KINDS)
            self._choices_changed()

    def _choices_changed(self) -> None:
        text = self._path()
        self.name.setPlaceholderText(Path(text).stem if self.kind in ("csv", "folder", "") else KINDS[self.kind][0])
        self._look.setEnabled(bool(text and self.kind))

    def _look_if_ready(self) -> None:
        if self._look.isEnabled():
            self._look_at_it()

    def _look_at_it(self) -> None:
        name = self.name.text().strip() or self.name.placeholderText()
        licence, pseudonyms = self.licence.text().strip(), self.pseudonyms.isChecked()
        self.look_wanted.emit(Order(self.kind, Path(self._path()).expanduser(), name, licence, pseudonyms))

    def _path(self) -> str:
        """What is written, without the quotes that some systems copy paths with."""
        return self.source.text().strip().strip('"')

    def retranslate(self) -> None:
        texts = (tr("Where the scans are"), tr("What is there"), tr("Name"), tr("Licence or permission"))
        for caption, text in zip(self._captions, texts, strict=True):
            caption.setText(text)
        for field, text in zip((self.source, self.name, self.licence), (texts[0], *texts[2:]), strict=True):
            field.setAccessibleName(text)
        self.source.setPlaceholderText(tr("A folder or a list; it can be dropped here"))
        for radio in self.kinds.buttons():
            words = KINDS[radio.objectName().removeprefix("import-kind-")]
            radio.setText(tr(words[0]))
            radio.setAccessibleName(tr(words[0]))
            radio.setToolTip(tr(words[1]))
        for kind, words_label in self._kind_words.items():
            words_label.setText(tr(KINDS[kind][1]))
        say(self._folder, tr("Folder…"))
        say(self._list, tr("List…"))
        say(self.pseudonyms, tr("Replace patients, groups and file names by pseudonyms"))
        self._pseudonyms_why.setText(
            tr(
                "What is stored either way: the grey pixels round each mass and what the list says of it; never "
                "DICOM headers. Text that is burnt into the picture there is stored with it: look at the preview. "
                "One patient keeps one pseudonym on this computer, so scans that come later join the earlier ones."
            )
        )
        say(self._leave, tr("Cancel"))
        say(self._look, tr("Look at the scans"), tr("Reads every file and shows what is wrong; nothing is copied"))
