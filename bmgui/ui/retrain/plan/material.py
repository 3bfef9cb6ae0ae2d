"""Which collection is for what: a row for each collection, a column for each role, a tick where they meet."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from bmgui.learning.plans.plan import Plan
from bmgui.learning.preparing.checks import Known
from bmgui.learning.preparing.planning import used_stages
from bmgui.ui.retrain.plan.choices import quiet, take_away
from bmgui.ui.retrain.plan.words import amount_tip, known_words, role_words
from bmgui.wording import tr

EXTERNAL = "external"


def roles_of(plan: Plan) -> tuple[str, ...]:
    """The plan's names for what its stages learn from, in the order of the work, and the external test."""
    return (*dict.fromkeys(name for stage in used_stages(plan) for name in stage.collections), EXTERNAL)


class Material(QWidget):
    """changed(role, folders): what that role has now. import_wanted()."""

    changed = Signal(str, object)
    import_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._empty = quiet(wrap=False)
        self._import = QPushButton()
        self._import.setObjectName("plan-import")
        self._import.clicked.connect(lambda _on=False: self.import_wanted.emit())
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self._import)
        line.addWidget(self._empty)
        line.addStretch(1)
        self._whole = QVBoxLayout(self)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self._whole.setSpacing(8)
        self._grid_widget = QWidget()
        self._whole.addWidget(self._grid_widget)
        self._whole.addLayout(line)
        self.boxes: dict[tuple[str, Path], QCheckBox] = {}
        self._heads: dict[str, QLabel] = {}
        self._told: dict[Path, tuple[QLabel, QLabel]] = {}
        self._known: Mapping[Path, Known] = {}

    def show_plan(self, plan: Plan, known: Mapping[Path, Known]) -> None:
        """known: the collections on offer, and those that the plan names."""
        roles = roles_of(plan)
        if (tuple(self._heads), tuple(self._told)) != (roles, tuple(known)):
            self._make(roles, tuple(known))
        self._known = known
        for (role, folder), box in self.boxes.items():
            chosen = plan.external if role == EXTERNAL else plan.collections.get(role, ())
            box.setChecked(str(folder) in chosen)
        self._empty.setVisible(not known)
        self._say()

    def _make(self, roles: Sequence[str], folders: Sequence[Path]) -> None:
        take_away(self._whole, self._grid_widget)
        self._grid_widget = QWidget()
        self._whole.insertWidget(0, self._grid_widget)
        self._grid_widget.setVisible(bool(folders))
        grid = QGridLayout(self._grid_widget)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        self._heads = {role: quiet(wrap=False) for role in roles}
        self._told = {folder: (QLabel(), quiet()) for folder in folders}
        self.boxes = {}
        for column, head in enumerate(self._heads.values(), start=1):
            grid.addWidget(head, 0, column, Qt.AlignmentFlag.AlignHCenter)
        for row, (folder, (name, told)) in enumerate(self._told.items(), start=1):
            beside = QVBoxLayout()
            beside.setSpacing(2)
            beside.addWidget(name)
            beside.addWidget(told)
            grid.addLayout(beside, row, 0)
            for column, role in enumerate(roles, start=1):
                box = QCheckBox()
                box.setObjectName(f"plan-use-{role}-{folder.name}")
                box.clicked.connect(lambda _on=False, role=role: self._changed(role))
                self.boxes[role, folder] = box
                grid.addWidget(box, row, column, Qt.AlignmentFlag.AlignHCenter)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(len(roles) + 1, 1)

    def tab_order(self) -> list[QWidget]:
        return [*self.boxes.values(), self._import]

    def _changed(self, role: str) -> None:
        folders = tuple(str(folder) for (of, folder), box in self.boxes.items() if of == role and box.isChecked())
        self.changed.emit(role, folders)

    def _say(self) -> None:
        for role, head in self._heads.items():
            head.setText(role_words(role))
        for folder, (name, told) in self._told.items():
            one = self._known[folder]
            name.setText(one.name)
            told.setText(known_words(one))
            for label in (name, told):
                label.setToolTip(amount_tip(one))
        for (role, folder), box in self.boxes.items():
            box.setAccessibleName(tr("{collection} for {role}", collection=folder.name, role=role_words(role)))
            box.setToolTip(box.accessibleName())
        self._import.setText(tr("Import scans…"))
        self._import.setToolTip(tr("To the page of collections"))
        self._import.setAccessibleName(tr("Import scans"))
        self._empty.setText(tr("There is no collection yet: import scans first."))

    def retranslate(self) -> None:
        self._say()
