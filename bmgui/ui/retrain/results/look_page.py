"""Before the locked test is looked at: what a look is, how many there were, and which models shall see it."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QListWidget, QListWidgetItem, QPushButton, QWidget

from bmgui.learning.results.listing import Place, Tested
from bmgui.learning.results.values import Results
from bmgui.ui.pages import Page
from bmgui.ui.retrain.results import wording
from bmgui.wording import tr

_SIZE_PX = (560, 480)


class LookPage(Page):
    """confirmed(names of the jobs) is called when it is pressed; nothing is looked at before."""

    def __init__(
        self,
        parent: QWidget,
        jobs: Sequence[tuple[str, str]],
        tested: Sequence[Tested],
        confirmed: Callable[[tuple[str, ...]], None],
    ) -> None:
        """jobs: name and words (with its validation AUC), the best first: that one alone is ticked."""
        super().__init__(parent)
        self.setObjectName("look-page")
        self._jobs, self._tested, self._confirmed = tuple(jobs), tuple(tested), confirmed
        self._why, self._so_far, self._which = QLabel(), QLabel(), QLabel()
        for label in (self._why, self._so_far, self._which):
            label.setWordWrap(True)
            self.column.addWidget(label)
        self._so_far.setProperty("role", "attention")
        self.jobs = QListWidget()
        self.jobs.setObjectName("look-jobs")
        self.jobs.setWordWrap(True)
        self.jobs.setSpacing(2)
        for at, (name, words) in enumerate(self._jobs):
            item = QListWidgetItem(words)
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if at == 0 else Qt.CheckState.Unchecked)
            self.jobs.addItem(item)
        self.column.addWidget(self.jobs, 1)
        self.confirm = QPushButton()
        self.confirm.setObjectName("look-confirm")
        self.confirm.clicked.connect(self._pressed)
        self.buttons.addButton(self.confirm, QDialogButtonBox.ButtonRole.ActionRole)
        self.add_buttons()
        self.jobs.itemChanged.connect(lambda _item: self._show_count())
        self.resize(*_SIZE_PX)
        self.retranslate()

    def ticked(self) -> tuple[str, ...]:
        """Names of the jobs that shall be measured."""
        items = [self.jobs.item(row) for row in range(self.jobs.count())]
        return tuple(i.data(Qt.ItemDataRole.UserRole) for i in items if i.checkState() == Qt.CheckState.Checked)

    def _pressed(self) -> None:
        chosen = self.ticked()
        self.close()
        self._confirmed(chosen)

    def _show_count(self) -> None:
        count = len(self.ticked())
        self.confirm.setEnabled(count > 0)
        self.confirm.setText(tr("Look, and count it ({count})", count=count))
        self.confirm.setAccessibleName(tr("Look, and count it ({count})", count=count))

    def retranslate(self) -> None:
        super().retranslate()
        self.setWindowTitle(tr("Look at the locked test"))
        self._why.setText(
            tr(
                "A test can be trusted only as long as nobody chooses by it. So choose a model on validation first, "
                "and then look once. Every model that is measured on test pictures is written down in the collection, "
                "for good, before the first of them is scored."
            )
        )
        self._so_far.setText("\n".join(_line(tested) for tested in self._tested))
        self._which.setText(tr("Measured, the best on validation first:"))
        self.jobs.setAccessibleName(tr("Models that shall look"))
        self._show_count()


def _line(tested: Tested) -> str:
    words: dict[str, str | int] = {"name": tested.name, "pictures": tested.pictures, "count": len(tested.models)}
    if not tested.models:
        return tr("{name}: {pictures} test pictures, never looked at.", **words)
    words["models"] = ", ".join(tested.models[-5:])
    return tr("{name}: {pictures} test pictures, looked at with {count} models so far ({models}).", **words)


def jobs_in_order(place: Place, results: Results | None) -> list[tuple[str, str]]:
    """Finished jobs with their AUC on all validation pictures, the best first."""
    found: list[tuple[float, str, str]] = []
    for job in place.jobs:
        one = None
        if results is not None:
            groups = [group for group in results.groups() if group.role == "internal validation"]
            one = results.of(job, groups[0].name) if groups else None
        if results is None or one is None or one.reason:
            found.append((-1.0, job, job))
            continue
        area = one.values["auc"]
        words = tr(
            "{model}: AUC {auc} on {pictures} validation pictures ({patients} patients)",
            model=wording.subject_words(results.subject(job)),
            auc=wording.figure_words(area),
            pictures=one.pictures,
            patients=one.patients,
        )
        found.append((area.value or 0.0, job, words))
    return [(job, words) for _, job, words in sorted(found, key=lambda entry: -entry[0])]
