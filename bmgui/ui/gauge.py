"""The score on a track from 0 to 100 %, with its range, the bands and the card's operating points."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from bmgui.scoring.card import Card, OperatingPoint
from bmgui.ui import theme
from bmgui.ui.percent import percent, percent_range
from bmgui.wording import POINTS, tr

TOP_PX = 12.0  # room above the track for the points' marks
TRACK_PX = 10.0
DOT_PX = 13.0
LABEL_PX = 15.0  # a line of labels
_EDGE_PX = 8.0  # the dot stands within the widget even at 0 and 100 %


@dataclass(frozen=True)
class Label:
    """A word beneath the track: the middle x it belongs to, where it begins, and its line (from 0)."""

    text: str
    at: float
    left: float
    line: int


def placed(wanted: list[tuple[float, str, float]], right: float, gap: float = 8.0) -> list[Label]:
    """Words (x, text, width), each as near beneath its x as 0…right allows; one that would touch another goes lower."""
    ends: list[float] = []  # where each line is filled up to
    labels = []
    for at, text, width in sorted(wanted):
        left = max(0.0, min(at - width / 2, right - width))
        line = next((n for n, end in enumerate(ends) if left >= end + gap), len(ends))
        ends[line:] = [left + width, *ends[line + 1 :]]
        labels.append(Label(text, at, left, line))
    return labels


class Gauge(QWidget):
    """Shows; is not worked with. Hovering an operating point says where it was measured."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card: Card | None = None
        self._prior: float | None = None
        self._score: float | None = None
        self._range: tuple[float, float] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.retranslate()

    def show_card(self, card: Card | None, prior: float | None) -> None:
        """The bands and operating points to mark: the card's, moved to the department's own prior where it has one."""
        self._card, self._prior = card, prior
        self._told()

    def show_score(self, probability: float | None, low: float | None = None, high: float | None = None) -> None:
        """None: no mark at all. low, high: the range of the nudged squares; None until it is known."""
        self._score = probability
        self._range = None if probability is None or low is None or high is None else (low, high)
        self._told()

    def retranslate(self) -> None:
        """Say everything again, in the language that is spoken now."""
        self.setAccessibleName(tr("Score from 0 to 100 %"))
        self._told()

    def _told(self) -> None:
        self.setAccessibleDescription(self._in_words())
        self.updateGeometry()
        self.update()

    def _in_words(self) -> str:
        said = []
        if self._score is not None:
            said.append(tr("Score {score}.", score=percent(self._score)))
        if self._range is not None:
            said.append(tr("Range {range}.", range=percent_range(*self._range)))
        for point, threshold in self.points():
            side = self._score is not None and self._score >= threshold
            words = {"name": _name(point), "threshold": percent(threshold)}
            if self._score is None:
                said.append(tr("Operating point {name} at {threshold}.", **words))
            elif side:
                said.append(tr("At or above operating point {name} ({threshold}).", **words))
            else:
                said.append(tr("Below operating point {name} ({threshold}).", **words))
        return " ".join(said)

    def points(self) -> list[tuple[OperatingPoint, float]]:
        """The operating points, each with its threshold as it holds at this prior."""
        if self._card is None:
            return []
        return [(point, self._card.threshold(point, self._prior)) for point in self._card.operating_points]

    # --- geometry ---

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        lines = max((label.line for label in self._labels(width)), default=0) + 1
        return round(TOP_PX + TRACK_PX + 4 + LABEL_PX * (1 + lines))

    def sizeHint(self) -> QSize:
        return QSize(240, self.heightForWidth(240))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.heightForWidth(max(self.width(), 160)))

    def x_of(self, probability: float) -> float:
        """Where a probability lies, px from the left."""
        return _EDGE_PX + probability * (self.width() - 2 * _EDGE_PX)

    def _labels(self, width: int) -> list[Label]:
        metrics = QFontMetricsF(self._small_font())
        wanted = []
        for point, threshold in self.points():
            text = tr("{name} · {threshold}", name=_name(point), threshold=percent(threshold))
            at = _EDGE_PX + threshold * (width - 2 * _EDGE_PX)
            wanted.append((at, text, metrics.horizontalAdvance(text)))
        return placed(wanted, float(width))

    def _small_font(self) -> QFont:
        font = self.font()
        font.setPixelSize(11)
        return font

    # --- painting ---

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._small_font())
        track = QRectF(self.x_of(0), TOP_PX, self.x_of(1) - self.x_of(0), TRACK_PX)
        self._paint_track(painter, track, colours)
        self._paint_points(painter, track, colours)
        if self._score is not None:
            self._paint_score(painter, track, colours)
        painter.end()

    def _paint_track(self, painter: QPainter, track: QRectF, colours: theme.Theme) -> None:
        painter.setPen(QPen(QColor(colours.edge), 1))
        painter.setBrush(QColor(colours.raised))
        painter.drawRoundedRect(track, TRACK_PX / 2, TRACK_PX / 2)
        painter.setPen(QPen(QColor(colours.edge), 1))
        for band in self._card.bands if self._card else ():
            if band.up_to < 1:
                x = self.x_of(band.up_to)
                painter.drawLine(QPointF(x, track.top() + 1), QPointF(x, track.bottom() - 1))
        painter.setPen(QColor(colours.quiet))
        line = QRectF(0, track.bottom() + 4, self.width(), LABEL_PX)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, "0")
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, tr("{number} %", number=100))

    def _paint_points(self, painter: QPainter, track: QRectF, colours: theme.Theme) -> None:
        metrics = QFontMetricsF(painter.font())
        for label in self._labels(self.width()):
            top = track.bottom() + 4 + LABEL_PX * (1 + label.line)
            painter.setPen(QPen(QColor(colours.edge), 1))
            painter.drawLine(QPointF(label.at, track.bottom()), QPointF(label.at, top))
            painter.setPen(QPen(QColor(colours.text), 1.5))
            painter.drawLine(QPointF(label.at, track.top()), QPointF(label.at, track.bottom()))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.text))
            tip = QPointF(label.at, track.top() - 2)
            painter.drawPolygon(QPolygonF([tip, tip + QPointF(-4, -6), tip + QPointF(4, -6)]))
        for label in self._labels(self.width()):  # words after all leaders, on a ground that a leader cannot strike out
            top = track.bottom() + 4 + LABEL_PX * (1 + label.line)
            rect = QRectF(label.left, top, metrics.horizontalAdvance(label.text) + 1, LABEL_PX)
            painter.fillRect(rect, QColor(colours.ground))
            painter.setPen(QColor(colours.quiet))
            painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label.text)

    def _paint_score(self, painter: QPainter, track: QRectF, colours: theme.Theme) -> None:
        assert self._score is not None
        if self._range is not None:
            left, right = self.x_of(self._range[0]), self.x_of(self._range[1])
            bar = QRectF(left - 1, track.top(), right - left + 2, TRACK_PX)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent))
            painter.setOpacity(0.55)
            painter.drawRoundedRect(bar, 3, 3)
            painter.setOpacity(1)
        painter.setPen(QPen(QColor(colours.ground), 2))
        painter.setBrush(QColor(colours.accent))
        painter.drawEllipse(QPointF(self.x_of(self._score), track.center().y()), DOT_PX / 2, DOT_PX / 2)

    # --- hover ---

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.told_at(event.pos().x()), self)
            return True
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        return super().event(event)

    def told_at(self, x: float) -> str:
        """What hovering says: the operating point nearest to x if it is near or its words are there, else the band."""
        metrics = QFontMetricsF(self._small_font())
        for label, (point, threshold) in zip(
            self._labels(self.width()), sorted(self.points(), key=lambda pair: pair[1]), strict=True
        ):
            under_words = label.left <= x <= label.left + metrics.horizontalAdvance(label.text)
            if abs(x - label.at) <= 6 or under_words:
                return point_in_words(point, threshold)
        return self._in_words()


def _name(point: OperatingPoint) -> str:
    return tr(POINTS.get(point.name, point.name))


def point_in_words(point: OperatingPoint, threshold: float) -> str:
    """An operating point with where it was measured, and its rates where the card knows them."""
    said = tr(
        "Operating point {name}: {threshold}. Measured on {where}.",
        name=_name(point),
        threshold=percent(threshold),
        where=point.measured_on,
    )
    if point.sensitivity is not None and point.specificity is not None:
        rates = {"sensitivity": percent(point.sensitivity), "specificity": percent(point.specificity)}
        said += " " + tr("Sensitivity {sensitivity}, specificity {specificity} there.", **rates)
    return said
