"""A stage's curves: loss, AUC and learning rate over the epochs. Imported late: pyqtgraph takes its time."""

import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from bmgui.learning.runs.watch import Curves
from bmgui.ui import theme
from bmgui.ui.retrain.runs.words import rate
from bmgui.wording import tr
from bmgui.wording.run_words import figure

_HEIGHT_PX = 150
_AXIS_PX = 44
_WIDE_PX = 600  # below it the learning rate stands only among the figures
Points = Sequence[tuple[float, float | None]]


class CurvesView(QWidget):
    """Three plots side by side, each with its key above it. Training is thin and quiet, validation bright with dots."""

    def __init__(self) -> None:
        super().__init__()
        self.loss, self.auc, self.rate = _Plot("curve_loss"), _Plot("curve_auc"), _Plot("curve_rate")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        for plot in (self.loss, self.auc, self.rate):
            row.addWidget(plot, 1)
        self._curves: Curves | None = None
        self.retranslate()

    def show_curves(self, curves: Curves | None) -> None:
        """Draw them; None: nothing was trained yet."""
        self._curves = curves
        shown = curves or Curves("", 0, "", "")
        reached = max([point[0] for point in shown.points] + [float(one.epoch) for one in shown.epochs], default=0.0)
        most = float(max(1.0, min(shown.all_epochs or math.inf, reached * 1.2)))
        epochs, last = shown.epochs, shown.epochs[-1] if shown.epochs else None
        loss = shown.points[-1][1] if shown.points else None
        self.loss.draw(
            most,
            trained=[(one.epoch, one.loss) for one in epochs],
            validated=[(one.epoch, one.validation_loss) for one in epochs],
            within=[(at, value) for at, value, _ in shown.points if at >= (last.epoch if last else 0)],
            from_zero=True,
        )
        self.loss.say(figure(last.loss if last else loss, 3), figure(last.validation_loss if last else None, 3))
        self.auc.draw(
            most,
            trained=[(one.epoch, one.train_auc) for one in epochs],
            validated=[(one.epoch, one.validation_auc) for one in epochs],
            kept=(shown.kept.epoch, shown.kept.validation_auc) if shown.kept else None,
            top=1.02,  # room for the ring
        )
        self.auc.say(figure(last.train_auc if last else None, 3), figure(last.validation_auc if last else None, 3))
        rates = [(at, value) for at, _, value in shown.points]
        self.rate.draw(most, trained=rates, from_zero=True)
        self.rate.say(rate(rates[-1][1] if rates else None), None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.rate.setVisible(event.size().width() >= _WIDE_PX)

    def retranslate(self) -> None:
        trained, validated = tr("training"), tr("validation")
        self.loss.name(tr("Loss by epoch"), trained, validated, tr("Mean log loss of an epoch; lower is better."))
        about = tr(
            "Validation: as scoring sees the pictures. Training: what the network said of the augmented crops just "
            "before it learnt from them. The ring is the epoch that is kept."
        )
        self.auc.name(tr("AUC by epoch"), trained, validated, about)
        self.rate.name(tr("Learning rate by epoch"), "", "", tr("How far a step goes."))
        self.show_curves(self._curves)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "rate"):
            for plot in (self.loss, self.auc, self.rate):
                plot.tint()
            self.show_curves(self._curves)


class _Key(QWidget):
    """A piece of line and its word, with the newest value: "— training 0.412"."""

    def __init__(self, bright: bool) -> None:
        super().__init__()
        self._bright = bright
        self._words = QLabel()
        self._words.setProperty("role", "quiet")
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 0, 0)
        row.addWidget(self._words)

    def say(self, words: str) -> None:
        self._words.setText(words)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        painter.setPen(_pen(self._bright))
        painter.drawLine(0, round(middle), 16, round(middle))
        if self._bright:
            painter.setBrush(QColor(theme.current().accent))
            painter.drawEllipse(6, round(middle) - 2, 4, 4)
        painter.end()


def _pen(bright: bool) -> QPen:
    colours = theme.current()
    pen = QPen(QColor(colours.accent if bright else colours.quiet), 2.0 if bright else 1.5)
    pen.setCosmetic(True)
    return pen


class _Figures(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Figures as they are, and small ones short: 3e-4."""

    def tickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:
        return [_small(value) if 0 < value < 1e-3 else f"{value:.3g}" for value in values]


def _small(value: float) -> str:
    return f"{value:.1e}".replace(".0e", "e").replace("e-0", "e-")


class _Plot(QWidget):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)  # all are equally wide
        self._title = QLabel()
        self._keys = (_Key(False), _Key(True))
        self._words = ("", "")
        keys = QHBoxLayout()
        keys.setSpacing(12)
        for key in self._keys:
            keys.addWidget(key)
        keys.addStretch(1)
        self._plot = pg.PlotWidget(axisItems={"left": _Figures("left")})
        self._plot.setMinimumHeight(_HEIGHT_PX)
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(False, False)
        self._plot.hideButtons()
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)  # it is only looked at
        item = self._plot.getPlotItem()
        item.showGrid(x=False, y=True, alpha=0.15)
        self._within, self._trained, self._validated = (
            pg.PlotDataItem(antialias=True),
            pg.PlotDataItem(antialias=True),
            pg.PlotDataItem(antialias=True),
        )
        self._kept = pg.ScatterPlotItem(size=11, symbol="o", antialias=True, brush=QBrush(Qt.BrushStyle.NoBrush))
        for one in (self._within, self._trained, self._validated, self._kept):
            item.addItem(one)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._title)
        column.addLayout(keys)
        column.addWidget(self._plot, 1)
        self.tint()

    def name(self, title: str, trained: str, validated: str, about: str) -> None:
        self._title.setText(title)
        self._words = (trained, validated)
        self.setAccessibleName(title)
        self.setToolTip(about)

    def say(self, trained: str, validated: str | None) -> None:
        """The newest figures beside the keys, and for screen readers."""
        for key, words, value in zip(self._keys, self._words, (trained, validated), strict=True):
            key.setVisible(value is not None)
            key.say(f"{words} {value}".strip())
        pairs = zip(self._words, (trained, validated), strict=True)
        self.setAccessibleDescription(", ".join(f"{words} {value}".strip() for words, value in pairs if value))

    def draw(
        self,
        most: float,
        *,
        trained: Points,
        validated: Points = (),
        within: Points = (),
        kept: tuple[float, float | None] | None = None,
        top: float | None = None,
        from_zero: bool = False,
    ) -> None:
        """most: the last epoch on the axis. within: between the epochs; kept: the epoch that is kept."""
        for item, points in ((self._within, within), (self._trained, trained), (self._validated, validated)):
            item.setData(*_columns(points))
        is_kept = kept is not None and kept[1] is not None
        self._kept.setData([kept[0]] if is_kept and kept else [], [kept[1]] if is_kept and kept else [])
        values = [value for points in (trained, validated) for _, value in points if value is not None]
        usual = [value for _, value in within if value is not None]
        if usual:  # the first steps of an epoch may lie far off
            values.append(float(np.percentile(usual, 98)))
        low, high = (min(values), max(values)) if values else (0.5 if top else 0.0, 1.0)
        low = 0.0 if from_zero else min(0.5, low - 0.02)
        self._plot.setRange(xRange=(0, most), yRange=(low, top or high * 1.08 or 1.0), padding=0.02)

    def tint(self) -> None:
        colours = theme.current()
        self._plot.setBackground(colours.raised)
        font = QFont(self.font())
        font.setPixelSize(11)
        for side in ("bottom", "left"):
            axis = self._plot.getAxis(side)
            axis.setPen(QPen(QColor(colours.edge), 1))
            axis.setTextPen(QColor(colours.quiet))
            axis.setStyle(tickFont=font, tickLength=4)
            axis.enableAutoSIPrefix(False)
        self._plot.getAxis("left").setWidth(_AXIS_PX)
        faint = QPen(QColor(colours.quiet), 1.0, Qt.PenStyle.DotLine)
        faint.setCosmetic(True)
        self._within.setPen(faint)
        self._trained.setPen(_pen(False))
        self._validated.setPen(_pen(True))
        self._validated.setSymbol("o")
        self._validated.setSymbolSize(4)
        self._validated.setSymbolPen(None)
        self._validated.setSymbolBrush(QColor(colours.accent))
        ring = QPen(QColor(colours.text), 1.5)
        ring.setCosmetic(True)
        self._kept.setPen(ring)


def _columns(points: Points) -> tuple[list[float], list[float]]:
    there = [(at, value) for at, value in points if value is not None]
    return [float(at) for at, _ in there], [float(value) for _, value in there]
