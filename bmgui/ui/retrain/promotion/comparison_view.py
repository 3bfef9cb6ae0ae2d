"""The comparison: the verdict and why, three figures with intervals, and the pictures that change sides."""

from collections.abc import Mapping

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from bmgui.learning.collections.collection import Collection
from bmgui.learning.promotion.promoting import Comparison, Flip, Part
from bmgui.ui.percent import percent
from bmgui.ui.retrain.collections.pieces import button, label, say
from bmgui.ui.retrain.collections.tiles import Tile, TileView, section_tile
from bmgui.ui.retrain.promotion import wording
from bmgui.ui.retrain.promotion.difference_plot import DifferencePlot, Line
from bmgui.ui.retrain.results.wording import caution_words, of_whom
from bmgui.wording import tr

_FIGURES = ("auc", "sensitivity", "specificity")
_TILE_PX = 136
_HEAD_PX = 20


class ComparisonView(QWidget):
    """opened(collection's name, section): the reader wants to see it; back(), on() are wishes."""

    opened = Signal(str, str)
    back = Signal()
    on = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.comparison: Comparison | None = None
        self._collections: Mapping[str, Collection] = {}
        self.verdict, self.why, self.of_whom = label("message"), label(), label("quiet")
        self.points, self.cautions, self.flips_said = label("quiet"), label("attention"), label()
        self.verdict.setObjectName("promotion-verdict")
        self.why.setObjectName("promotion-why")
        self.cautions.setObjectName("promotion-cautions")
        self.flips_said.setObjectName("promotion-flips-said")
        self.part_box = QComboBox()
        self.part_box.setObjectName("promotion-part")
        self.table, self.plot, self.flips = QWidget(), DifferencePlot(), TileView(_TILE_PX)
        self.table.setObjectName("promotion-table")
        self._grid = QGridLayout(self.table)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(8)
        self._cells = [[QLabel() for _ in range(5)] for _ in range(1 + len(_FIGURES))]
        self.flips.setObjectName("promotion-flips")
        self.back_button = button("promotion-back", self.back.emit)
        self.on_button = button("promotion-to-protocol", self.on.emit)
        self._arrange()
        self.part_box.currentIndexChanged.connect(lambda _at: self._show_part())
        self.flips.activated.connect(lambda index: self._open(index.row()))

    def _arrange(self) -> None:
        for row, cells in enumerate(self._cells):
            for column, cell in enumerate(cells):
                cell.setProperty("role", "quiet" if row == 0 else "")
                side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
                cell.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                cell.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                self._grid.addWidget(cell, row, column)
        self._grid.setColumnStretch(5, 1)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(0, 0, 0, 0)
        column_.setSpacing(12)
        head = QVBoxLayout()
        head.setSpacing(4)
        for widget in (self.verdict, self.why, self.cautions):
            head.addWidget(widget)
        column_.addLayout(head)
        which = QHBoxLayout()
        which.addWidget(self.part_box)
        which.addWidget(self.of_whom, 1)
        column_.addLayout(which)
        beside = QHBoxLayout()
        beside.setSpacing(24)
        beside.addWidget(self.table)
        lowered = QVBoxLayout()  # its rows beside the table's, below the table's head
        lowered.addSpacing(_HEAD_PX)
        lowered.addWidget(self.plot)
        lowered.addStretch(1)
        beside.addLayout(lowered, 1)
        column_.addLayout(beside)
        column_.addWidget(self.points)
        column_.addWidget(self.flips_said)
        column_.addWidget(self.flips, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.back_button)
        buttons.addStretch(1)
        buttons.addWidget(self.on_button)
        column_.addLayout(buttons)

    def show_comparison(self, comparison: Comparison, collections: Mapping[str, Collection]) -> None:
        self.comparison, self._collections = comparison, collections
        with QSignalBlocker(self.part_box):
            self.part_box.clear()
            self.part_box.addItems([part.pair.group for part in comparison.parts])
        self.part_box.setVisible(len(comparison.parts) > 1)
        self.flips.forget_pictures()
        self.retranslate()

    @property
    def part(self) -> Part | None:
        if self.comparison is None:
            return None
        return self.comparison.parts[max(0, self.part_box.currentIndex())]

    def _show_part(self) -> None:
        comparison, part = self.comparison, self.part
        if comparison is None or part is None:
            return
        self.of_whom.setText(of_whom(part.pair.of))
        cautions = dict.fromkeys(caution_words(one) for one in (*part.after.cautions, *part.before.cautions))
        self.cautions.setText("\n".join(cautions))
        self.cautions.setVisible(bool(cautions))
        self._show_table(comparison, part)
        names = self._names()
        margins = comparison.margins
        none = part.pair.reason
        lines = [
            Line(names[at], part.pair.differences[n], getattr(margins, n)) for at, n in enumerate(_FIGURES) if not none
        ]
        self.plot.show_lines(lines, (tr("← worse"), tr("better →")))
        self.points.setText(wording.point_words_of(part))

    def _show_table(self, comparison: Comparison, part: Part) -> None:
        head = ("", comparison.active, comparison.candidate, tr("Difference"), tr("┆ not worse down to"))
        rows = [head]
        for name, words in zip(_FIGURES, self._names(), strict=True):
            margin = wording.below(getattr(comparison.margins, name))
            rows.append((words, *wording.difference_words(part, name), margin))
        for cells, texts in zip(self._cells, rows, strict=True):
            for cell, text in zip(cells, texts, strict=True):
                cell.setText(text)

    def _names(self) -> tuple[str, str, str]:
        return tr("AUC"), tr("Sensitivity"), tr("Specificity")

    def _show_flips(self, comparison: Comparison) -> None:
        self.flips_said.setText(wording.flips_words(comparison))
        tiles = [tile for flip in comparison.flips if (tile := self._tile(flip)) is not None]
        self.flips.setVisible(bool(tiles))
        self.flips.show_tiles(tiles)

    def _tile(self, flip: Flip) -> Tile | None:
        collection = self._collections.get(flip.case.collection)
        section = next((s for s in collection.sections if s.id == flip.case.section), None) if collection else None
        if collection is None or section is None:
            return None
        scores = tr("{before} → {after}", before=percent(flip.before), after=percent(flip.after))
        return section_tile(collection, section, caption=scores, note=tr(wording.CHANGES[flip.change]))

    def _open(self, row: int) -> None:
        self.opened.emit(*self.flips.tiles[row].key)

    def retranslate(self) -> None:
        say(self.back_button, tr("Back"))
        say(self.on_button, tr("To the protocol"), tr("Questions that must be answered before anything is installed."))
        self.part_box.setAccessibleName(tr("Test pictures"))
        self.flips.setAccessibleName(tr("Pictures that change sides"))
        self.plot.setAccessibleName(tr("Differences with their intervals"))
        if self.comparison is not None:
            main = self.comparison.main
            self.verdict.setText(wording.verdict_words(self.comparison, self.comparison.verdict))
            self.why.setText(wording.why_words(main, self.comparison.margins))
            self._show_part()
            self._show_flips(self.comparison)
