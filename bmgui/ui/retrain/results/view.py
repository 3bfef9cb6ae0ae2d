"""An evaluation on show: which pictures, which model, the figures in tabs. Whom they are of stands above them all."""

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QTabWidget, QVBoxLayout, QWidget

from bmgui.learning.collections.collection import Collection
from bmgui.learning.results.listing import Loaded
from bmgui.learning.results.values import Measured, Results, Worst
from bmgui.ui.percent import percent
from bmgui.ui.retrain.collections.tiles import Tile, TileView, section_tile, words_of
from bmgui.ui.retrain.results import tables, wording
from bmgui.ui.retrain.results.plots import ReliabilityView, RocView
from bmgui.wording import tr

TABS = ("table", "roc", "calibration", "points", "subgroups", "worst", "comparisons")


class ResultsView(QWidget):
    """worst_opened(collection's name, section): the reader wants to see it. Holds what is chosen; computes nothing."""

    worst_opened = Signal(str, str)
    tab_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.results: Results | None = None
        self._loaded: Loaded | None = None
        self._collections: Mapping[str, Collection] = {}
        self.group_box, self.model_box = QComboBox(), QComboBox()
        self._group_name, self._model_name = QLabel(), QLabel()
        self.of_whom, self.note, self.cautions = QLabel(), QLabel(), QLabel()
        self.tabs = QTabWidget()
        self.table, self.roc, self.reliability = tables.FiguresTable(), RocView(), ReliabilityView()
        self.points = tables.Table("results-points")
        self.subgroups = tables.Table("results-subgroups")
        self.comparisons = tables.Table("results-comparisons")
        self.worst = TileView()
        self.worst_words = QLabel()
        self._name_parts()
        self._arrange()
        self.group_box.currentIndexChanged.connect(lambda _at: self._group_changed())
        self.model_box.currentIndexChanged.connect(lambda _at: self._model_changed())
        self.table.chosen.connect(self.choose_model)
        self.worst.activated.connect(lambda index: self._open_worst(index.row()))
        self.tabs.currentChanged.connect(lambda at: self.tab_changed.emit(TABS[at]))
        self.retranslate()

    def _name_parts(self) -> None:
        self.group_box.setObjectName("results-group")
        self.model_box.setObjectName("results-model")
        self.tabs.setObjectName("results-tabs")
        self.worst.setObjectName("results-worst")
        self.cautions.setObjectName("results-cautions")
        self.of_whom.setObjectName("results-of-whom")
        self.note.setObjectName("results-note")
        self.cautions.setProperty("role", "attention")
        self.note.setProperty("role", "quiet")
        self.worst_words.setProperty("role", "quiet")
        for label in (self.of_whom, self.note, self.cautions, self.worst_words):
            label.setWordWrap(True)
        self._group_name.setBuddy(self.group_box)
        self._model_name.setBuddy(self.model_box)
        for box in (self.group_box, self.model_box):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(24)

    def _arrange(self) -> None:
        choose = QHBoxLayout()
        choose.setSpacing(8)
        for name, box in ((self._group_name, self.group_box), (self._model_name, self.model_box)):
            choose.addWidget(name)
            choose.addWidget(box, 1)
            choose.addSpacing(8)
        worst = QWidget()
        inside = QVBoxLayout(worst)
        inside.setContentsMargins(0, 12, 0, 0)
        inside.setSpacing(8)
        inside.addWidget(self.worst_words)
        inside.addWidget(self.worst, 1)
        pages = (self.table, self.roc, self.reliability, self.points, self.subgroups, worst, self.comparisons)
        for page in pages:
            self.tabs.addTab(page, "")
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(choose)
        column.addWidget(self.of_whom)
        column.addWidget(self.note)
        column.addWidget(self.cautions)
        column.addWidget(self.tabs, 1)

    # --- what is chosen ---

    @property
    def group(self) -> str:
        return str(self.group_box.currentData() or "")

    @property
    def model(self) -> str:
        return str(self.model_box.currentData() or "")

    @property
    def tab(self) -> str:
        return TABS[self.tabs.currentIndex()]

    @property
    def measured(self) -> Measured | None:
        """The chosen model on the chosen pictures."""
        return None if self.results is None else self.results.of(self.model, self.group)

    def show_loaded(self, loaded: Loaded) -> None:
        """An evaluation, with the collections that are at hand: the worst errors' pictures."""
        same = self.results is not None and loaded.results.folder == self.results.folder
        group, model = (self.group, self.model) if same else ("", "")
        self._loaded, self.results, self._collections = loaded, loaded.results, loaded.collections
        self.worst.forget_pictures()
        self._fill_boxes(group, model)
        self._show()

    def _fill_boxes(self, group: str, model: str) -> None:
        for box in (self.group_box, self.model_box):
            box.blockSignals(True)
            box.clear()
        if self.results is not None:
            for one in self.results.groups():
                self.group_box.addItem(wording.group_words(one), one.name)
            for subject in self.results.subjects:
                self.model_box.addItem(wording.subject_words(subject), subject.name)
        self.group_box.setCurrentIndex(max(0, self.group_box.findData(group)))
        self.model_box.setCurrentIndex(max(0, self.model_box.findData(model)))
        for box in (self.group_box, self.model_box):
            box.blockSignals(False)

    def choose_model(self, subject: str) -> None:
        """Show this model in the tabs that show one."""
        at = self.model_box.findData(subject)
        if at >= 0:
            self.model_box.setCurrentIndex(at)

    def choose_tab(self, name: str) -> None:
        self.tabs.setCurrentIndex(TABS.index(name))

    def _group_changed(self) -> None:
        self._show()

    def _model_changed(self) -> None:
        self.table.choose(self.model)
        self._show_model()

    # --- showing ---

    def _show(self) -> None:
        results = self.results
        if results is None or not self.group:
            return
        self.table.show_group(results, self.group, self.model)
        self.roc.show_group(results, self.group, self.model)
        pairs = [pair for pair in results.pairs if pair.group == self.group]
        tables.show_comparisons(self.comparisons, results, pairs)
        self.tabs.setTabEnabled(TABS.index("comparisons"), bool(pairs))
        self._show_model()

    def _show_model(self) -> None:
        one, results = self.measured, self.results
        if one is None or results is None or self._loaded is None:
            return
        self.of_whom.setText(wording.of_whom(one.of))
        self.note.setText(" ".join(notes(results, one)))
        said = [*wording.age_words(self._loaded), *map(wording.caution_words, one.cautions)]
        self.cautions.setText("\n".join(f"⚠ {words}" for words in said))
        self.cautions.setVisible(bool(said))
        self.reliability.show_measured(one)
        tables.show_points(self.points, one)
        tables.show_subgroups(self.subgroups, one)
        self.worst.show_tiles([self._tile(worst) for worst in one.worst])
        self.worst_words.setText(worst_words(one))

    def _tile(self, worst: Worst) -> Tile:
        score = tr("score {score}", score=percent(worst.probability))
        collection = self._collections.get(worst.collection)
        section = None
        if collection is not None:
            section = next((one for one in collection.sections if one.id == worst.section), None)
        if collection is None or section is None:
            return missing_tile(worst, score)
        made = section_tile(collection, section, caption=worst.section)
        return Tile(
            key=made.key,
            picture=made.picture,
            square=made.square,
            malignant=worst.label == "malignant",
            label=tr("{label}, {score}", label=words_of(worst.label), score=score),
            caption=made.caption,
        )

    def _open_worst(self, row: int) -> None:
        one = self.measured
        if one is not None and 0 <= row < len(one.worst):
            self.worst_opened.emit(one.worst[row].collection, one.worst[row].section)

    def retranslate(self) -> None:
        self._group_name.setText(tr("&Pictures"))
        self._model_name.setText(tr("&Model"))
        self.group_box.setAccessibleName(tr("Which pictures"))
        self.model_box.setAccessibleName(tr("Which model"))
        names = {
            "table": tr("Table"),
            "roc": tr("ROC"),
            "calibration": tr("Calibration"),
            "points": tr("Operating points"),
            "subgroups": tr("Subgroups"),
            "worst": tr("Worst errors"),
            "comparisons": tr("Comparisons"),
        }
        for at, name in enumerate(TABS):
            self.tabs.setTabText(at, names[name])
        self.tabs.setAccessibleName(tr("Figures"))
        for table, name in (
            (self.table, "table"),
            (self.points, "points"),
            (self.subgroups, "subgroups"),
            (self.comparisons, "comparisons"),
        ):
            table.setAccessibleName(names[name])
        self.worst.setAccessibleName(names["worst"])
        self._fill_boxes(self.group, self.model)
        self.roc.retranslate()
        self.reliability.retranslate()
        self._show()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def missing_tile(worst: Worst, score: str) -> Tile:
    """A picture whose collection is not at hand: its words alone."""
    return Tile(
        key=(worst.collection, worst.section),
        picture=lambda: np.zeros((32, 32), np.uint8),
        malignant=worst.label == "malignant",
        label=tr("{label}, {score}", label=words_of(worst.label), score=score),
        caption=worst.section,
        note=tr("picture not at hand"),
    )


def notes(results: Results, one: Measured) -> list[str]:
    """What else belongs to the figures: the threshold, the intervals, whether they are flattered, looks, leaks."""
    said = [
        wording.threshold_words(one),
        tr("Intervals: 95 %, {draws} resamples of patients; at 0 and 1, Wilson’s and Newcombe’s.", draws=results.draws),
    ]
    subject = results.subject(one.subject)
    if one.role == "internal validation":
        said.append(tr("Thresholds and calibration were chosen on these pictures: elsewhere, expect less."))
    else:
        tested = [c for c in results.collections if c.name in one.of.collections]
        looks = [tr("{name} {count}", name=c.name, count=c.looks) for c in tested]
        said.append(tr("Looks at these test pictures so far, one a model: {list}.", list=", ".join(looks)))
        if results.leaks:
            said.append(
                tr(
                    "{count} pairs of test and training pictures may not be apart: see the report.",
                    count=len(results.leaks),
                )
            )
        if not subject.learnt or subject.unsaid:
            said.append(
                tr("The model does not say all that it learnt from: whether it saw these pictures is not known.")
            )
    if not subject.calibrated:
        said.append(tr("Its scores are not calibrated."))
    return said


def worst_words(one: Measured) -> str:
    """What the pictures of the worst errors are."""
    if one.reason:
        return wording.reason_words(one.reason)
    if not one.worst:
        return tr("No picture is wrong at this operating point.")
    wrong = 0 if one.counts is None else one.counts.fp + one.counts.fn
    return tr(
        "{shown} of the {wrong} pictures that are wrong at {point} ({threshold}), the most certain first. Enter or a "
        "double click opens one in the reading window, with its square.",
        shown=len(one.worst),
        wrong=wrong,
        point=wording.point_words(one.threshold.name),
        threshold=wording.number(one.threshold.threshold),
    )
