"""Saving the opinion: a preview of exactly what is saved, what it carries of the patient, and where it goes."""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QHBoxLayout, QLabel, QPushButton

from bmgui.base.errors import KnownError
from bmgui.ui import file_dialogs, saving, showing
from bmgui.ui.pages import Page
from bmgui.ui.settings import IDENTITY_CHOICES, Identity
from bmgui.wording import tr

if TYPE_CHECKING:
    from bmgui.ui.window import Window

PREVIEW_PX = 640


def current(window: "Window", identity: Identity, day: datetime.date) -> saving.Saved | None:
    """What would be saved now: the opinion of exactly what is shown, or None where there is none."""
    desk = window.desk
    if desk.opinion is None or desk.scan is None or desk.frame is None:
        return None
    bar = window.panel.evidence_bar
    evidence = desk.evidence if bar.on else None
    return saving.Saved(
        desk.scan,
        desk.frame,
        desk.opinion,
        desk.card,
        evidence,
        bar.opacity,
        identity,
        desk.prior,
        day,
        as_contours=bar.as_contours,
        mass=(desk.selected or 0) + 1,
        masses=len(desk.masses),
    )


def save_opinion(window: "Window") -> None:
    """Ask what the picture may carry; the page does the rest."""
    saved = current(window, window.settings.values.identity, datetime.date.today())
    if saved is not None:
        window.show_page(SavePage(window, saved))


class SavePage(Page):
    """saved: taken when the page was opened: what is seen is what is saved, whatever the window shows by then."""

    def __init__(self, window: "Window", saved: saving.Saved) -> None:
        super().__init__(window)
        self._window = window
        self.saved = saved
        self._preview = QLabel()
        self._preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._label, self._identity = QLabel(), QComboBox()
        self._label.setBuddy(self._identity)
        for value, words in IDENTITY_CHOICES:
            self._identity.addItem(words, value)
        self._identity.setCurrentIndex(self._identity.findData(saved.identity))
        self._identity.activated.connect(self._identity_chosen)
        self._burnt_in = QLabel()
        self._burnt_in.setProperty("role", "attention")
        self._burnt_in.setWordWrap(True)
        self._save = QPushButton()
        self._save.clicked.connect(self._ask_where)
        self.buttons.addButton(self._save, QDialogButtonBox.ButtonRole.AcceptRole)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self._label)
        line.addWidget(self._identity)
        line.addStretch(1)
        self.column.addWidget(self._preview)
        self.column.addLayout(line)
        self.column.addWidget(self._burnt_in)
        self.add_buttons()
        self._save.setDefault(True)
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        self.setWindowTitle(tr("Save the opinion"))
        self._preview.setAccessibleName(tr("Preview of the saved picture"))
        self._label.setText(tr("Whose scan it is:"))
        for row, (_, words) in enumerate(IDENTITY_CHOICES):
            self._identity.setItemText(row, tr(words))
        self._burnt_in.setText(tr("Words that are burnt into the picture, a name too, are saved with it: look first."))
        self._save.setText(tr("Save…"))
        self._show()

    def _identity_chosen(self) -> None:
        data = vars(self.saved) | {"identity": self._identity.currentData()}
        self.saved = saving.Saved(**data)
        self._show()

    def _show(self) -> None:
        image = saving.render(self.saved, self._window.font())
        ratio = self.devicePixelRatioF()
        shown = image.scaledToWidth(round(PREVIEW_PX * ratio), Qt.TransformationMode.SmoothTransformation)
        shown.setDevicePixelRatio(ratio)
        self._preview.setPixmap(QPixmap.fromImage(shown))

    def _ask_where(self) -> None:
        folder = Path(
            QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation) or str(Path.home())
        )
        name = saving.file_name(self.saved.day, folder)
        target = file_dialogs.ask_target(self, folder / name)
        if target is not None:
            self.save_to(target)

    def save_to(self, target: Path) -> None:
        """Write it; what the disk says is said in the window, and the page stays open."""
        try:
            saving.write(self.saved, self._window.font(), target, [scan.path for scan in self._window.desk.scans])
        except KnownError as error:
            showing.show_error(self._window, error)
            return
        self.close()
