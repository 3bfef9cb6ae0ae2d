"""The list of complaints of an import: what is left out, what is taken in spite of what, and why."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QHeaderView, QTableView, QVBoxLayout, QWidget

from bmgui.learning.collections.importing.items import Complaint
from bmgui.ui import theme
from bmgui.ui.retrain.collections.pieces import fill, label
from bmgui.wording import sentence, tr

Index = QModelIndex | QPersistentModelIndex


class _Rows(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[Complaint] = []

    def show(self, rows: Sequence[Complaint]) -> None:
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, _parent: Index | None = None) -> int:
        return 3

    def headerData(self, at: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if way == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (tr("File"), tr("It is"), tr("Why"))[at]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        complaint = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return (where(complaint), taken_words(complaint), sentence(complaint.error))[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{where(complaint)}: {sentence(complaint.error)}"
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 1 and not complaint.taken:
            return QColor(theme.current().attention)
        return None


def where(complaint: Complaint) -> str:
    """The file, and the list's line where there is one."""
    if complaint.line is None:
        return complaint.file
    return tr("{file} (line {line})", file=complaint.file, line=complaint.line)


def taken_words(complaint: Complaint) -> str:
    return tr("taken") if complaint.taken else tr("left out")


class Complaints(QWidget):
    """A filter, the table, and the whole sentence of the chosen row below it."""

    def __init__(self) -> None:
        super().__init__()
        self._all: tuple[Complaint, ...] = ()
        self.filter, self.table, self._rows = QComboBox(), QTableView(), _Rows(self)
        self.filter.setObjectName("import-complaints-filter")
        self.filter.activated.connect(lambda _row: self._show())
        self.table.setObjectName("import-complaints")
        self.table.setModel(self._rows)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(24)
        header = self.table.horizontalHeader()
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.table.setColumnWidth(0, 176)
        self.table.setColumnWidth(1, 72)
        self._whole = label()
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._show_whole())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.filter, self.table, self._whole):
            column.addWidget(widget, 1 if widget is self.table else 0)
        self.retranslate()

    def show_complaints(self, found: Sequence[Complaint]) -> None:
        self._all = tuple(found)
        self.filter.setCurrentIndex(0)
        self._show_filter()
        self._show()

    def _show(self) -> None:
        wanted = self.filter.currentData()
        self._rows.show([one for one in self._all if wanted is None or one.taken == wanted])
        self._show_whole()

    def _show_whole(self) -> None:
        row = self.table.currentIndex().row()
        chosen = self._rows.rows[row] if 0 <= row < len(self._rows.rows) else None
        self._whole.setText(f"{where(chosen)}: {sentence(chosen.error)}" if chosen else "")
        self._whole.setVisible(chosen is not None)

    def _show_filter(self) -> None:
        out = sum(not one.taken for one in self._all)
        entries: list[tuple[str, object]] = [
            (tr("All complaints ({count})", count=len(self._all)), None),
            (tr("Left out ({count})", count=out), False),
            (tr("Taken all the same ({count})", count=len(self._all) - out), True),
        ]
        fill(self.filter, entries)

    def retranslate(self) -> None:
        self.filter.setAccessibleName(tr("Which complaints are shown"))
        self.table.setAccessibleName(tr("Complaints"))
        self._show_filter()
        self._show()


def written(found: Sequence[Complaint], target: Path) -> None:
    """The complaints as CSV (UTF-8 with its mark, so that spreadsheets read it). Raises KnownError."""
    import csv
    import io

    from bmgui.base.files import write_bytes

    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("file", "line", "taken", "code", "why"))
    for one in found:
        row = (one.file, "" if one.line is None else one.line, int(one.taken), one.error.code, sentence(one.error))
        writer.writerow(row)
    write_bytes(target, stream.getvalue().encode("utf-8-sig", "surrogateescape"))
