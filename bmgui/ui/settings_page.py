"""The settings page: made from the declared settings, each taken over at once."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QFormLayout, QHBoxLayout, QLabel, QWidget

from bmgui.ui.pages import Page
from bmgui.ui.percent import percent
from bmgui.ui.settings import SETTINGS, Setting
from bmgui.ui.spin_boxes import with_room
from bmgui.wording import tr

if TYPE_CHECKING:
    from bmgui.ui.window import Window

LEAST_PERCENT, MOST_PERCENT = 0.1, 99.9


class SettingsPage(Page):
    """Shows `window.settings` and reports changes to the window; there is nothing to accept or to cancel."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window)
        self._window = window
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(24)
        self._form.setVerticalSpacing(12)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._labels: dict[str, QLabel] = {}
        self._choices: dict[str, QComboBox] = {}
        self._own, self._percent, self._models = QCheckBox(), with_room(QDoubleSpinBox()), QLabel()
        for setting in SETTINGS:
            if setting.label:
                self._add(setting)
        self._note = QLabel()
        self._note.setProperty("role", "quiet")
        self._note.setWordWrap(True)
        self.column.addLayout(self._form)
        self.column.addWidget(self._note)
        self.column.addStretch(1)
        self.add_buttons()
        self.setMinimumWidth(640)
        self.retranslate()

    def _add(self, setting: Setting) -> None:
        label = self._labels[setting.key] = QLabel()
        field = self._choice(setting) if setting.choices else self._prior_field()
        label.setBuddy(field)
        self._form.addRow(label, field)

    def _choice(self, setting: Setting) -> QWidget:
        box = self._choices[setting.key] = QComboBox()
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for value, words in setting.choices:
            box.addItem(words, value)
        box.setCurrentIndex(box.findData(getattr(self._window.settings.values, setting.key)))
        box.activated.connect(
            lambda _row, key=setting.key, box=box: self._window.change_settings(**{key: box.currentData()})
        )
        return box

    def _prior_field(self) -> QWidget:
        """The card's assumed share, and beside it the department's own, which counts while the box is ticked."""
        prior = self._window.settings.values.prior
        self._own.setChecked(prior is not None)
        self._percent.setRange(LEAST_PERCENT, MOST_PERCENT)
        self._percent.setDecimals(1)
        self._percent.setSuffix(" %")
        self._percent.setValue(100 * (prior if prior is not None else self._window.desk.card.calibration.prior))
        self._percent.setEnabled(prior is not None)
        self._own.toggled.connect(self._prior_changed)
        self._percent.valueChanged.connect(self._prior_changed)
        whole = QWidget()
        line = QHBoxLayout(whole)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(12)
        for part in (self._models, self._own, self._percent):
            line.addWidget(part)
        line.addStretch(1)
        whole.setFocusProxy(self._own)
        return whole

    def _prior_changed(self) -> None:
        self._percent.setEnabled(self._own.isChecked())
        share = round(self._percent.value() / 100, 6)
        self._window.change_settings(prior=share if self._own.isChecked() else None)

    def retranslate(self) -> None:
        super().retranslate()
        self.setWindowTitle(tr("Settings"))
        for setting in SETTINGS:
            if not setting.label:
                continue
            self._labels[setting.key].setText(tr(setting.label))
            self._labels[setting.key].setToolTip(tr(setting.tip))
            box = self._choices.get(setting.key)
            if box is not None:
                for row, (_, words) in enumerate(setting.choices):
                    box.setItemText(row, tr(words))
                box.setToolTip(tr(setting.tip))
                box.setAccessibleName(tr(setting.label))
        models = percent(self._window.desk.card.calibration.prior)
        self._models.setText(tr("The model's: {share}", share=models))
        self._own.setText(tr("Ours:"))
        self._own.setAccessibleName(tr("Use the department's own share of malignant masses"))
        self._percent.setAccessibleName(tr("The department's own share of malignant masses"))
        self._note.setText(
            tr(
                "The share moves every probability and both operating points. Enter the share of malignant ones among "
                "the masses that you will score, not among all examinations."
            )
        )
