"""What is chosen of a plan at first sight: preset, name, networks, chains, seeds, device, how long each stage."""

import re
from pathlib import Path

import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from bmgui.learning.plans.plan import Chain, Plan, Stage
from bmgui.learning.plans.rules import OneOf, rules_of
from bmgui.learning.preparing.planning import chains_offered, fits, used_stages
from bmgui.scoring.card import ARCHITECTURES
from bmgui.ui.retrain.plan.field_words import CHOICES, STAGE, Words
from bmgui.ui.retrain.plan.fields import EDITOR_PX, LABEL_PX, FieldsTable, leave_wheel_to_page
from bmgui.ui.retrain.plan.words import NETWORKS, PRESETS, chain_words, preset_words, role_words
from bmgui.wording import tr

MOST_SEED = 2**31 - 1


def take_away(layout: QLayout, *widgets: QWidget) -> None:
    """Delete them now: what takes their place may have their names. None may be in the middle of its own signal."""
    for widget in widgets:
        layout.removeWidget(widget)
        shiboken6.delete(widget)


def named(part: QWidget) -> list[QWidget]:
    """The page's own widgets in it that Tab comes to, in the order in which they were made."""
    children = part.findChildren(QWidget)
    by_tab = Qt.FocusPolicy.TabFocus
    return [one for one in children if one.objectName().startswith("plan-") and one.focusPolicy() & by_tab == by_tab]


def heading() -> QLabel:
    made = QLabel()
    made.setProperty("role", "message")
    return made


def quiet(*, wrap: bool = True) -> QLabel:
    made = QLabel()
    made.setProperty("role", "quiet")
    made.setWordWrap(wrap)
    return made


class Presets(QWidget):
    """A radio button and a sentence each. chosen(name)."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.buttons: dict[str, QRadioButton] = {}
        self._told: dict[str, QLabel] = {}
        self._run: Path | None = None
        for name in PRESETS:
            button, told = QRadioButton(), quiet()
            button.setObjectName(f"plan-preset-{name}")
            button.clicked.connect(lambda _on=False, name=name: self.chosen.emit(name))
            told.setContentsMargins(24, 0, 0, 4)
            self.buttons[name], self._told[name] = button, told
            column.addWidget(button)
            column.addWidget(told)
        self.show_preset("", None)

    def show_preset(self, name: str, run: Path | None) -> None:
        """Which one is chosen; the run's own is offered only where one was asked for."""
        self._run = run
        self.buttons["run"].setVisible(run is not None)
        self._told["run"].setVisible(run is not None)
        if name in self.buttons:
            self.buttons[name].setChecked(True)
        self.retranslate()

    def retranslate(self) -> None:
        for name, button in self.buttons.items():
            title, told = preset_words(name, self._run)
            button.setText(title)
            button.setAccessibleName(title)
            button.setAccessibleDescription(told)
            self._told[name].setText(told)


class Networks(QWidget):
    """A tick for each network. changed(tuple of names)."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(24)
        self.boxes: dict[str, QCheckBox] = {}
        for name, words in NETWORKS.items():
            box = QCheckBox(words)
            box.setObjectName(f"plan-network-{name}")
            box.setAccessibleName(words)
            box.clicked.connect(self._changed)
            self.boxes[name] = box
            line.addWidget(box)
        line.addStretch(1)

    def _changed(self) -> None:
        self.changed.emit(tuple(name for name in ARCHITECTURES if self.boxes[name].isChecked()))

    def show_plan(self, plan: Plan) -> None:
        for name, box in self.boxes.items():
            box.setChecked(name in plan.networks)


class Chains(QWidget):
    """A tick for each chain and what it means. changed(tuple of Chain)."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._column = QGridLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setHorizontalSpacing(16)
        self._column.setVerticalSpacing(4)
        self._column.setColumnStretch(1, 1)
        self._boxes: dict[str, tuple[Chain, QCheckBox, QLabel]] = {}
        self._model = ""

    def show_plan(self, plan: Plan, model: str) -> None:
        """model: the id of the model in use."""
        self._model = model
        offered = {chain.name: chain for chain in chains_offered(plan)}
        if list(offered) != list(self._boxes):
            self._make(offered)
        chosen = {chain.name: chain for chain in plan.chains}
        for name, (_, box, told) in self._boxes.items():
            self._boxes[name] = chosen.get(name, offered[name]), box, told
            box.setChecked(name in chosen)
            here = name not in chosen or fits(chosen[name], plan)
            box.setProperty("idle", not here)
        self.retranslate()

    def _make(self, offered: dict[str, Chain]) -> None:
        for _, box, told in self._boxes.values():
            take_away(self._column, box, told)
        self._boxes = {}
        for row, chain in enumerate(offered.values()):
            box, told = QCheckBox(chain.name), quiet()
            box.setObjectName(f"plan-chain-{chain.slug}")
            box.setAccessibleName(chain.name)
            box.clicked.connect(self._changed)
            self._column.addWidget(box, row, 0)
            self._column.addWidget(told, row, 1)
            self._boxes[chain.name] = chain, box, told

    @property
    def offered(self) -> tuple[Chain, ...]:
        return tuple(chain for chain, _, _ in self._boxes.values())

    def _changed(self) -> None:
        self.changed.emit(tuple(chain for chain, box, _ in self._boxes.values() if box.isChecked()))

    def retranslate(self) -> None:
        for chain, box, told in self._boxes.values():
            told.setText(chain_words(chain, self._model))
            box.setAccessibleDescription(told.text())


class Basics(QWidget):
    """Name, seeds, device. renamed(str), seeded(tuple), device_chosen(str)."""

    renamed = Signal(str)
    seeded = Signal(object)
    device_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.name, self.seeds, self.device = QLineEdit(), QLineEdit(), QComboBox()
        self._labels = {"name": QLabel(), "seeds": QLabel(), "device": QLabel()}
        self._told = {"name": quiet(), "seeds": quiet(), "device": quiet()}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        for row, (name, editor) in enumerate({"name": self.name, "seeds": self.seeds, "device": self.device}.items()):
            editor.setObjectName(f"plan-{name}")
            editor.setFixedWidth(EDITOR_PX)
            self._labels[name].setBuddy(editor)
            grid.addWidget(self._labels[name], 2 * row, 0)
            grid.addWidget(editor, 2 * row, 1)
            grid.addWidget(self._told[name], 2 * row + 1, 1, 1, 2)
        grid.setColumnMinimumWidth(0, LABEL_PX)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(2, 1)
        rule = rules_of(Plan)["device"]
        assert isinstance(rule, OneOf)
        for word in rule.words:
            self.device.addItem(word, word)
        leave_wheel_to_page(self.device)
        self.name.textChanged.connect(self.renamed)
        self.seeds.textChanged.connect(lambda text: self.seeded.emit(seeds_of(text)))
        self.device.activated.connect(lambda _row: self.device_chosen.emit(self.device.currentData()))

    def show_plan(self, plan: Plan) -> None:
        if seeds_of(self.seeds.text()) != plan.seeds:
            _put(self.seeds, ", ".join(map(str, plan.seeds)))
        self.device.setCurrentIndex(self.device.findData(plan.device))

    def show_name(self, name: str) -> None:
        """Another plan's name, whatever stands there."""
        _put(self.name, name)

    def retranslate(self) -> None:
        words = {
            "name": (tr("Name"), tr("Of the run and its folder.")),
            "seeds": (tr("Seeds"), tr("Each seed is a training of its own: 0, 1, 2 shows how much is chance.")),
            "device": (tr("Device"), ""),
        }
        for name, editor in {"name": self.name, "seeds": self.seeds, "device": self.device}.items():
            self._labels[name].setText(words[name][0])
            self._told[name].setText(words[name][1])
            editor.setAccessibleName(words[name][0])
            editor.setAccessibleDescription(words[name][1])
        for row in range(self.device.count()):
            self.device.setItemText(row, tr(CHOICES["device"][self.device.itemData(row)]))


class Stages(QWidget):
    """How long each stage that is used may take. changed(Stage)."""

    changed = Signal(str, str, object)

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._tables: dict[tuple[str, str], FieldsTable] = {}

    def show_plan(self, plan: Plan) -> None:
        wanted = {(stage.name, "epochs" if stage.epochs is not None else "steps"): stage for stage in used_stages(plan)}
        if list(wanted) != list(self._tables):
            take_away(self._column, *self._tables.values())
            self._tables = {key: self._table(*key) for key in wanted}
        for key, stage in wanted.items():
            self._tables[key].show_values(stage)

    def _table(self, stage: str, name: str) -> FieldsTable:
        words = {name: Words(name=f"{role_words(stage)}: {tr(STAGE[name].name)}", tip=STAGE[name].tip)}
        table = FieldsTable(Stage, words, f"plan-stage-{stage}-", [name])
        table.changed.connect(lambda key, value, stage=stage: self.changed.emit(stage, key, value))
        self._column.addWidget(table)
        return table

    def forget(self) -> None:
        """Another plan comes: what was typed wrongly goes."""
        for table in self._tables.values():
            table.forget()

    @property
    def is_wrong(self) -> bool:
        return any(table.is_wrong for table in self._tables.values())

    def retranslate(self) -> None:
        take_away(self._column, *self._tables.values())
        self._tables = {}


def _put(line: QLineEdit, text: str) -> None:
    """Another text, of which nobody is told."""
    line.blockSignals(True)
    line.setText(text)
    line.blockSignals(False)


def seeds_of(text: str) -> tuple[int, ...]:
    """The whole numbers of a line, each once; empty where it is no list of them."""
    parts = [part for part in re.split(r"[\s,;，、]+", text.strip()) if part]
    if not parts or not all(part.isascii() and part.isdigit() and int(part) <= MOST_SEED for part in parts):
        return ()
    return tuple(dict.fromkeys(map(int, parts)))
