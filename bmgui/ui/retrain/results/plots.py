"""ROC curves with bands, and the reliability diagram, from what an evaluation has written. Nothing is computed here."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QIcon, QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QSizePolicy, QVBoxLayout, QWidget

from bmgui.learning.results.values import Calibration, Measured, Results
from bmgui.ui import theme
from bmgui.ui.retrain.results import wording
from bmgui.wording import tr

MOST_BANDS = 3  # more of them hide one another
FIRST_CURVES = 3
_LIST_PX = 320
_ITEM_PX = 58  # three lines, also of Chinese
_MOST_DOT_PX = 30.0
_COLOURS = {  # told apart by the colour-blind (Okabe-Ito), and 3 : 1 on their ground; dashes tell them apart too
    "dark": ("#56b4e9", "#e69f00", "#5fc9a3", "#f0e442", "#e08fbc", "#c8ccd2"),
    "light": ("#0b6fa4", "#a85b00", "#00785a", "#7a6a00", "#a8417c", "#4a5058"),
}
_DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)


def pen_of(number: int) -> QPen:
    """The curve's pen: colours first, then dashes."""
    colours = _COLOURS.get(theme.current().name, _COLOURS["dark"])
    pen = QPen(QColor(colours[number % len(colours)]), 2.0, _DASHES[number // len(colours) % len(_DASHES)])
    pen.setCosmetic(True)
    return pen


class Plot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """The unit square with a quiet diagonal; it is looked at, and not dragged about."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setMenuEnabled(False)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self.setRange(xRange=(0, 1), yRange=(0, 1), padding=0.03)
        self.getPlotItem().showGrid(x=True, y=True, alpha=0.15)
        self.setAntialiasing(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.words = ("", "")

    def begin(self) -> None:
        """Empty, in the theme's colours."""
        colours = theme.current()
        self.clear()
        self.setBackground(colours.ground)
        font = QFont(self.font())
        font.setPixelSize(11)
        for side, words in zip(("bottom", "left"), self.words, strict=True):
            axis = self.getAxis(side)
            axis.setPen(QPen(QColor(colours.edge), 1))
            axis.setTextPen(QColor(colours.quiet))
            axis.setTickFont(font)
            axis.setLabel(words, **{"color": colours.quiet, "font-size": "11px"})
        diagonal = QPen(QColor(colours.edge), 1, Qt.PenStyle.DotLine)
        diagonal.setCosmetic(True)
        self.plot([0, 1], [0, 1], pen=diagonal)


class Square(QWidget):
    """Keeps what is in it square, as large as there is room."""

    def __init__(self, inner: QWidget) -> None:
        super().__init__()
        self._inner = inner
        inner.setParent(self)
        self.setMinimumSize(240, 240)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setMaximumWidth(max(self.minimumWidth(), self.height()))
        side = min(self.width(), self.height())
        self._inner.setGeometry(0, 0, side, side)


class RocView(QWidget):
    """Curves of the models that are ticked, each with its area in the list beside; bands where they are few."""

    def __init__(self) -> None:
        super().__init__()
        self.plot, self.models, self._note = Plot("results-roc"), QListWidget(), QLabel()
        self.models.setObjectName("results-roc-models")
        self.models.setMinimumWidth(_LIST_PX)
        self.models.setWordWrap(True)
        self._note.setProperty("role", "quiet")
        self._note.setWordWrap(True)
        beside = QVBoxLayout()
        beside.setSpacing(8)
        beside.addWidget(self.models, 1)
        beside.addWidget(self._note)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 12, 0, 0)
        row.setSpacing(16)
        row.addWidget(Square(self.plot), 2)
        row.addLayout(beside, 1)
        self._measured: list[Measured] = []
        self.models.itemChanged.connect(lambda _item: self._draw())

    def show_group(self, results: Results, group: str, subject: str) -> None:
        """Ticked at first: the chosen model, and the first others."""
        ticked = {name for name, on in self._ticks().items() if on}
        self._measured = [one for one in results.measured if one.group == group and one.curve is not None]
        names = [one.subject for one in self._measured]
        if not ticked & set(names):
            ticked = set([name for name in dict.fromkeys([subject, *names]) if name in names][:FIRST_CURVES])
        self.models.blockSignals(True)
        self.models.clear()
        for one in self._measured:
            item = QListWidgetItem(
                tr(
                    "{model}\nAUC {auc}",
                    model=wording.subject_words(results.subject(one.subject)),
                    auc=wording.figure_words(one.values["auc"]),
                )
            )
            item.setData(Qt.ItemDataRole.UserRole, one.subject)
            item.setSizeHint(QSize(1, _ITEM_PX))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if one.subject in ticked else Qt.CheckState.Unchecked)
            self.models.addItem(item)
        self.models.blockSignals(False)
        self.retranslate()

    def _ticks(self) -> dict[str, bool]:
        items = [self.models.item(row) for row in range(self.models.count())]
        return {item.data(Qt.ItemDataRole.UserRole): item.checkState() == Qt.CheckState.Checked for item in items}

    def retranslate(self) -> None:
        self.plot.words = (tr("1 − specificity"), tr("Sensitivity"))
        self.models.setAccessibleName(tr("Models whose curve is drawn"))
        self._note.setText(tr("Bands: 95 %, patients resampled; drawn for up to {count} curves.", count=MOST_BANDS))
        self._draw()

    def _draw(self) -> None:
        self.plot.begin()
        ticks = self._ticks()
        drawn = [(number, one) for number, one in enumerate(self._measured) if ticks.get(one.subject)]
        for number, one in drawn:
            pen = pen_of(number)
            if len(drawn) <= MOST_BANDS and one.band is not None:
                shade = QColor(pen.color())
                shade.setAlpha(42)
                low = pg.PlotCurveItem(np.array(one.band.x), np.array(one.band.low), pen=None)
                high = pg.PlotCurveItem(np.array(one.band.x), np.array(one.band.high), pen=None)
                self.plot.addItem(pg.FillBetweenItem(low, high, brush=QBrush(shade)))
        for number, one in drawn:
            assert one.curve is not None
            self.plot.plot(list(one.curve.x), list(one.curve.y), pen=pen_of(number))
        self.models.blockSignals(True)
        for number in range(self.models.count()):
            self.models.item(number).setIcon(_swatch(pen_of(number)))
        self.models.blockSignals(False)
        self.plot.setAccessibleName(tr("ROC curves"))
        said = [self.models.item(number).text().replace("\n", ", ") for number, _ in drawn]
        self.plot.setAccessibleDescription("; ".join(said))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_measured"):
            self._draw()


def _swatch(pen: QPen) -> QIcon:
    """A short piece of the curve."""
    image = QPixmap(48, 24)
    image.setDevicePixelRatio(2)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setPen(pen)
    painter.drawLine(1, 6, 23, 6)
    painter.end()
    return QIcon(image)


class ReliabilityView(QWidget):
    """Share of malignant pictures against the mean score, in ten bins; a dot's area grows with its pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.plot, self.words = Plot("results-reliability"), QLabel()
        self.words.setObjectName("results-reliability-words")
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.words.setMinimumWidth(_LIST_PX)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 12, 0, 0)
        row.setSpacing(16)
        row.addWidget(Square(self.plot), 2)
        row.addWidget(self.words, 1)
        self._one: Measured | None = None

    def show_measured(self, one: Measured) -> None:
        self._one = one
        self.retranslate()

    def retranslate(self) -> None:
        self.plot.words = (tr("Mean score of the bin"), tr("Share of malignant pictures"))
        self.plot.setAccessibleName(tr("Reliability diagram"))
        self._draw()
        one = self._one
        if one is None:
            self.words.setText("")
            return
        said = []
        for told, name in ((one.before, tr("Before scaling")), (one.calibration, tr("After scaling"))):
            if told is not None:
                said.append("\n".join((name, *_lines(told))))
        if one.calibration is None:
            said.append(tr("There is no scaling: scores are not calibrated."))
        said.append(tr("Hollow: before scaling. Filled: after it. A dot's area grows with its pictures."))
        self.words.setText("\n\n".join(said))

    def _draw(self) -> None:
        self.plot.begin()
        one = self._one
        if one is None:
            return
        for told, number, filled in ((one.before, 1, False), (one.calibration, 0, True)):
            if told is not None:
                self._draw_bins(told, pen_of(number), filled)

    def _draw_bins(self, told: Calibration, pen: QPen, filled: bool) -> None:
        bins = [(b.mean, b.share, b.pictures) for b in told.bins if b.mean is not None and b.share is not None]
        x, y, pictures = [b[0] for b in bins], [b[1] for b in bins], [b[2] for b in bins]
        sizes = dot_sizes(pictures)
        line = QPen(pen)
        line.setWidthF(1.25)
        outline = QPen(pen.color(), 1.5)
        outline.setCosmetic(True)  # or it is drawn as wide as the dot
        outline.setCosmetic(True)  # or pyqtgraph draws it as thick as the dot
        brush = QBrush(pen.color()) if filled else QBrush(Qt.BrushStyle.NoBrush)
        self.plot.plot(x, y, pen=line)
        self.plot.addItem(pg.ScatterPlotItem(x, y, size=sizes, pen=outline, brush=brush))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_one"):
            self._draw()


def dot_sizes(pictures: Sequence[int]) -> list[float]:
    """Diameters in px whose areas are as the numbers of pictures; the least is still seen."""
    most = max(pictures, default=1)
    return [max(5.0, _MOST_DOT_PX * (count / most) ** 0.5) for count in pictures]


def _lines(told: Calibration) -> list[str]:
    return [
        tr("Slope {figure}; perfect is 1", figure=wording.figure_words(told.slope)),
        tr("Intercept {figure}; perfect is 0", figure=wording.figure_words(told.intercept)),
        tr("Brier score {figure}", figure=wording.figure_words(told.brier)),
        tr(
            "ECE {ece}; a perfect score would show {chance} by chance, up to {high}",
            ece=wording.number(told.ece),
            chance=wording.number(told.ece_chance),
            high=wording.number(told.ece_chance_high),
        ),
    ]
