"""Every other key of the plan: one tab for the plan, one for each stage that is used."""

import shiboken6
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from bmgui.learning.plans.plan import Augmentation, Plan, Stage
from bmgui.learning.preparing.planning import used_stages
from bmgui.ui.retrain.plan.choices import heading, named, quiet
from bmgui.ui.retrain.plan.field_words import AUGMENTATION, PLAN, STAGE
from bmgui.ui.retrain.plan.fields import FieldsTable
from bmgui.ui.retrain.plan.words import role_words
from bmgui.wording import tr

_IN_BASICS = ("epochs", "steps")


class StageFields(QWidget):
    """A stage's keys and those of its augmentation."""

    def __init__(self, stage: str) -> None:
        super().__init__()
        self._learning, self._crops = heading(), heading()
        names = [name for name in STAGE if name not in _IN_BASICS]
        self.stage = FieldsTable(Stage, STAGE, f"plan-stage-{stage}-", names)
        self.augmentation = FieldsTable(Augmentation, AUGMENTATION, f"plan-stage-{stage}-augmentation-")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(12)
        for widget in (self._learning, self.stage, self._crops, self.augmentation):
            column.addWidget(widget)
        column.addStretch(1)
        self.retranslate()

    def retranslate(self) -> None:
        self._learning.setText(tr("Learning"))
        self._crops.setText(tr("How crops are varied"))
        self.stage.retranslate()
        self.augmentation.retranslate()


class Advanced(QWidget):
    """plan_changed(key, value); stage_changed(stage, key, value); augmentation_changed(stage, key, value)."""

    plan_changed = Signal(str, object)
    stage_changed = Signal(str, str, object)
    augmentation_changed = Signal(str, str, object)

    def __init__(self) -> None:
        super().__init__()
        self._tabs = QTabWidget()
        self._tabs.setObjectName("plan-tabs")
        self._tabs.setDocumentMode(True)
        self._note = quiet()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._note)
        column.addWidget(self._tabs)
        self._plan = FieldsTable(Plan, PLAN, "plan-")
        self._plan.changed.connect(self.plan_changed)
        whole = QWidget()
        inner = QVBoxLayout(whole)
        inner.setContentsMargins(0, 12, 0, 0)
        inner.addWidget(self._plan)
        inner.addStretch(1)
        self._tabs.addTab(whole, "")
        self._stages: dict[str, StageFields] = {}
        self.retranslate()

    def show_plan(self, plan: Plan) -> None:
        self._plan.show_values(plan)
        used = {stage.name: stage for stage in used_stages(plan)}
        if list(used) != list(self._stages):
            self._make(tuple(used))
        for name, stage in used.items():
            self._stages[name].stage.show_values(stage)
            self._stages[name].augmentation.show_values(stage.augmentation)

    def _make(self, names: tuple[str, ...]) -> None:
        while self._tabs.count() > 1:
            widget = self._tabs.widget(1)
            self._tabs.removeTab(1)
            if widget is not None:
                shiboken6.delete(widget)
        self._stages = {}
        for name in names:
            made = self._stages[name] = StageFields(name)
            made.stage.changed.connect(lambda key, value, name=name: self.stage_changed.emit(name, key, value))
            made.augmentation.changed.connect(
                lambda key, value, name=name: self.augmentation_changed.emit(name, key, value)
            )
            self._tabs.addTab(made, "")
        self.retranslate()

    @property
    def _tables(self) -> tuple[FieldsTable, ...]:
        return (self._plan, *(t for one in self._stages.values() for t in (one.stage, one.augmentation)))

    def tab_order(self) -> list[QWidget]:
        return [self._tabs, *(widget for table in self._tables for widget in named(table))]

    @property
    def is_wrong(self) -> bool:
        return any(table.is_wrong for table in self._tables)

    def forget(self) -> None:
        """Another plan comes: what was typed wrongly goes."""
        for table in self._tables:
            table.forget()

    def retranslate(self) -> None:
        self._note.setText(
            tr("Point at a field to read what it does. Beside it stands where trainings usually go well.")
        )
        self._plan.retranslate()
        self._tabs.setTabText(0, tr("General"))
        for number, (name, made) in enumerate(self._stages.items(), start=1):
            made.retranslate()
            self._tabs.setTabText(number, role_words(name))
