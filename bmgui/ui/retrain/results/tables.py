"""The tables of an evaluation: the paper's, operating points, subgroups, comparisons."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from bmgui.learning.results.values import Figure, Measured, Pair, Results, Subject
from bmgui.ui import theme
from bmgui.ui.retrain.results import wording
from bmgui.wording import tr

_ROW_PX = 30
_TWO_LINES_PX = 44
SHOWN = ("auc", "accuracy", "sensitivity", "specificity", "precision", "f1", "youden")


class Table(QTableWidget):
    """Read, not written into: rows of words, the first column a name, quiet lines between."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._stretched = 0
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def fill(
        self, columns: Sequence[str], rows: Sequence[Sequence[str]], *, stretch: int = 0, row_px: int = _ROW_PX
    ) -> None:
        """stretch: the column that takes what is left."""
        self.clear()
        self.setColumnCount(len(columns))
        self.setRowCount(len(rows))
        self.setHorizontalHeaderLabels(list(columns))
        for row, words in enumerate(rows):
            for column, text in enumerate(words):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, item)
            self.setRowHeight(row, row_px)
        self._stretched = stretch
        self._share_room()

    def _share_room(self) -> None:
        """Every column as wide as its words; what is left goes to one of them."""
        if not self.columnCount():
            return
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        wanted = sum(max(self.sizeHintForColumn(at), header.sectionSizeHint(at)) for at in range(self.columnCount()))
        if wanted < self.viewport().width():
            header.setSectionResizeMode(self._stretched, QHeaderView.ResizeMode.Stretch)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def words(self, row: int, column: int) -> str:
        item = self.item(row, column)
        return "" if item is None else item.text()


class FiguresTable(Table):
    """networks × chains, as in the paper: a row a trained model, and a row a cell that cannot be had, with why."""

    chosen = Signal(str)
    """The subject's name of the row that was gone to."""

    def __init__(self) -> None:
        super().__init__("results-table")
        self._names: list[str] = []
        self.currentCellChanged.connect(self._moved)

    def show_group(self, results: Results, group: str, subject: str) -> None:
        measured = [(results.subject(one.subject), one) for one in results.measured if one.group == group]
        measured.sort(key=lambda pair: list(wording.NETWORKS).index(pair[0].network))  # stable: chains as planned
        self.blockSignals(True)
        self._names = [one.subject for _, one in measured]
        columns = [tr("Network and chain"), *(tr(wording.FIGURES[name]) for name in SHOWN)]
        rows = [_row(*pair) for pair in measured]
        rows += [(_two_lines(c.network, c.chain, c.seed), wording.reason_words(c.reason)) for c in results.empty]
        self.fill(columns, rows, stretch=0, row_px=_TWO_LINES_PX)
        for row, (_, one) in enumerate(measured):
            if one.reason:
                self.setSpan(row, 1, 1, len(SHOWN))
        for row in range(len(measured), len(rows)):
            self.setSpan(row, 1, 1, len(SHOWN))
        self._make_quiet()
        if subject in self._names:
            self.setCurrentCell(self._names.index(subject), 0)
        self.blockSignals(False)

    def choose(self, subject: str) -> None:
        """Go to that row, silently."""
        if subject in self._names and self.currentRow() != self._names.index(subject):
            self.blockSignals(True)
            self.setCurrentCell(self._names.index(subject), 0)
            self.blockSignals(False)

    def _moved(self, row: int, _column: int, _row: int, _old: int) -> None:
        if 0 <= row < len(self._names):
            self.chosen.emit(self._names[row])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._make_quiet()

    def _make_quiet(self) -> None:
        """The rows without figures: not to be chosen."""
        for row in range(len(getattr(self, "_names", ())), self.rowCount()):
            for column in range(self.columnCount()):
                item = self.item(row, column)
                if item is not None:
                    item.setForeground(QColor(theme.current().quiet))
                    item.setFlags(Qt.ItemFlag.ItemIsEnabled)


def _row(subject: Subject, one: Measured) -> tuple[str, ...]:
    head = _two_lines(subject.network, subject.chain, subject.seed)
    if one.reason:
        return (head, wording.reason_words(one.reason))
    return (head, *(_figure_lines(one.values[name]) for name in SHOWN))


def _figure_lines(figure: Figure | None, *, signed: bool = False) -> str:
    """The value, and its interval below it."""
    if figure is None or figure.value is None:
        return "–"
    if figure.low is None:
        return wording.figure_words(figure, signed=signed)
    return f"{wording.number(figure.value, signed=signed)}\n{wording.interval_words(figure, signed=signed)}"


def _two_lines(network: str, chain: str, seed: int | None) -> str:
    name = wording.NETWORKS.get(network, network)
    if seed is None:
        return f"{name}\n{chain}"
    return tr("{network}, seed {seed}\n{chain}", network=name, seed=seed, chain=chain)


def show_points(table: Table, one: Measured) -> None:
    """Operating points with counts."""
    columns = (
        tr("Operating point"),
        tr("Threshold"),
        tr("Malignant pictures"),
        tr("Benign pictures"),
        tr("Sensitivity"),
        tr("Specificity"),
        tr("Chosen on"),
    )
    rows: list[tuple[str, ...]] = []
    for point in one.points:
        chosen = wording.chosen_lines(point.chosen)
        head = (wording.point_words(point.name), wording.number(point.chosen.threshold))
        if point.counts is None:
            rows.append((*head, *("–",) * 4, wording.reason_words(point.reason)))
            continue
        found, right = wording.counts_words(point.counts)
        rates = (_figure_lines(figure) for figure in (point.sensitivity, point.specificity))
        rows.append((*head, found, right, *rates, chosen))
    table.fill(columns, rows, stretch=len(columns) - 1, row_px=_TWO_LINES_PX)


def show_subgroups(table: Table, one: Measured) -> None:
    """The area and the counts (benign + malignant) of each part of the pictures, small ones too."""
    columns = (
        tr("By"),
        tr("Which"),
        tr("Pictures"),
        tr("Patients"),
        tr("AUC"),
        tr("Malignant found"),
        tr("Benign right"),
    )
    rows, last = [], ""
    for part in one.subgroups:
        by, which = wording.part_words(part.by, part.name)
        area = wording.figure_words(part.auc) if part.auc is not None else wording.reason_words(part.reason)
        pictures = tr("{benign} + {malignant}", benign=part.benign, malignant=part.malignant)
        patients = tr("{benign} + {malignant}", benign=part.benign_patients, malignant=part.malignant_patients)
        found = wording.found_words(part.counts)
        rows.append((by if by != last else "", which, pictures, patients, area, *found))
        last = by
    table.fill(columns, rows, stretch=1)


def show_comparisons(table: Table, results: Results, pairs: Sequence[Pair]) -> None:
    """second − first, with paired intervals, and the test of the AUC beside them."""
    columns = (
        tr("Difference"),
        tr("AUC"),
        tr("Sensitivity"),
        tr("Specificity"),
        tr("p of AUC (DeLong, Holm)"),
    )
    rows: list[tuple[str, ...]] = []
    for pair in pairs:
        second, first = (wording.subject_words(results.subject(name)) for name in (pair.second, pair.first))
        names = tr("{second}\nminus {first}", second=second, first=first)
        if pair.reason:
            rows.append((names, wording.reason_words(pair.reason), "", "", ""))
            continue
        three = (_figure_lines(pair.differences[name], signed=True) for name in ("auc", "sensitivity", "specificity"))
        p = pair.p.get("AUC")
        rows.append((names, *three, "–" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"))
    table.fill(columns, rows, row_px=_TWO_LINES_PX)
