"""How the evidence map is shown: on or off, opacity, colour or contours; and its scale, with what it adds up to."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from bmgui.reading.evidence import contour_levels, legend
from bmgui.reading.opinion import ACTIVATION, Evidence
from bmgui.ui import theme
from bmgui.ui.marks import mark
from bmgui.wording import tr

LINE_PX, BAR_PX = 17.0, 12.0  # of the scale: a line of words, and the colours
HEIGHT_PX = int(2 * LINE_PX + BAR_PX + 4)
METHODS = {
    "gradcam-finer": mark("Grad-CAM on a finer layer"),
    "integrated-gradients": mark("Integrated gradients"),
    "occlusion": mark("Occlusion"),
}


def signed(value: float) -> str:
    """A figure in units of the margin, with its sign and two decimals; zero has none."""
    text = f"{abs(value):.2f}"
    return text if float(text) == 0 else ("+" if value > 0 else "−") + text


class EvidenceBar(QWidget):
    """changed(): one of `on`, `opacity`, `as_contours` was changed, by hand or by a setter."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evidence: Evidence | None = None
        self._margin: float | None = None
        self._on = QCheckBox()
        self._on.setChecked(True)
        self._scale = ScaleLegend()
        self._says = QLabel()
        self._method = QLabel()
        self._opacity_label, self._opacity = QLabel(), QSlider(Qt.Orientation.Horizontal)
        self._opacity.setRange(0, 100)
        self._opacity.setValue(60)
        self._opacity.setPageStep(10)
        self._opacity_label.setBuddy(self._opacity)
        self._colour, self._contours = QRadioButton(), QRadioButton()
        self._colour.setChecked(True)
        self._looks = QButtonGroup(self)
        self._looks.addButton(self._colour)
        self._looks.addButton(self._contours)
        for label in (self._says, self._method):
            label.setProperty("role", "quiet")
            label.setWordWrap(True)
        self._lay_out()
        self._on.toggled.connect(self._was_changed)
        self._opacity.valueChanged.connect(self._was_changed)
        self._contours.toggled.connect(self._was_changed)
        self.retranslate()

    def _lay_out(self) -> None:
        looks = QHBoxLayout()
        looks.setSpacing(12)
        looks.addWidget(self._colour)
        looks.addWidget(self._contours)
        looks.addStretch(1)
        opacity = QHBoxLayout()
        opacity.setSpacing(8)
        opacity.addWidget(self._opacity_label)
        opacity.addWidget(self._opacity, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._on)
        column.addWidget(self._says)
        column.addWidget(self._method)
        column.addWidget(self._scale)
        column.addLayout(looks)
        column.addLayout(opacity)

    # --- the reader's choices ---

    @property
    def on(self) -> bool:
        return self._on.isChecked()

    @property
    def opacity(self) -> float:
        """0 to 1."""
        return self._opacity.value() / 100

    @property
    def as_contours(self) -> bool:
        return self._contours.isChecked()

    def set_on(self, on: bool) -> None:
        self._on.setChecked(on)

    def set_opacity(self, opacity: float) -> None:
        self._opacity.setValue(round(100 * opacity))

    def set_contours(self, as_contours: bool) -> None:
        (self._contours if as_contours else self._colour).setChecked(True)

    def _was_changed(self) -> None:
        for part in (self._scale, self._opacity_label, self._opacity, self._colour, self._contours):
            part.setEnabled(self.on)
        self._scale.show_scale(self._scale.scale, self.as_contours)
        self.changed.emit()

    # --- the map ---

    def show_evidence(self, evidence: Evidence | None, margin: float | None, scale: float) -> None:
        """The map on show (None: none), the margin it belongs to, and the value that gets the full colour."""
        self._evidence, self._margin = evidence, margin
        self._scale.show_scale(scale, self.as_contours)
        self._told()

    def adds_up_to(self) -> str:
        """mean of the map + bias = margin with its figures; "" where there is no map, or one that does not add up."""
        evidence = self._evidence
        if evidence is None or evidence.bias is None or evidence.method != ACTIVATION or self._margin is None:
            return ""
        return tr(
            "The map adds up to the score: its mean {mean} + the model's bias {bias} = the margin {margin}.",
            mean=signed(float(evidence.map.mean())),
            bias=signed(evidence.bias),
            margin=signed(self._margin),
        )

    def retranslate(self) -> None:
        """Say everything again, in the language that is spoken now."""
        self._on.setText(tr("Evidence map"))
        self._says.setText(tr("Where the score comes from, not the lesion's outline"))
        self._colour.setText(tr("Colour"))
        self._contours.setText(tr("Contours"))
        self._opacity_label.setText(tr("Opacity"))
        self._opacity.setAccessibleName(tr("Opacity of the evidence map"))
        self._scale.retranslate()
        self._told()

    def _told(self) -> None:
        method = self._evidence.method if self._evidence is not None else ACTIVATION
        if method == ACTIVATION:
            self._method.hide()
            says = self.adds_up_to() or tr("Shown once there is a score.")
        else:
            name = tr(METHODS.get(method, method))
            says = tr("{method}: another way to ask; this map does not add up to the score.", method=name)
            self._method.setText(says)
            self._method.show()
        for part in (self._on, self._scale, self._says):
            part.setToolTip(says)
        self._scale.setAccessibleDescription(says)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


class ScaleLegend(QWidget):
    """The colours of the map (or its contour lines) from −scale to +scale, in units of the margin."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scale = 1.0
        self._lines = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_scale(self, scale: float, lines: bool) -> None:
        self.scale, self._lines = scale, lines
        self.update()

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Scale of the evidence map, in units of the margin"))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, HEIGHT_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self.isEnabled() else 0.45)
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        bar = QRectF(0.5, LINE_PX + 1.5, self.width() - 1, BAR_PX)
        painter.fillRect(bar, QColor(colours.picture))
        if self._lines:
            self._paint_lines(painter, bar)
        else:
            self._paint_ramp(painter, bar)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colours.edge), 1))
        painter.drawRect(bar)
        painter.setPen(QColor(colours.quiet))
        above = QRectF(0, 0, self.width(), LINE_PX)
        below = QRectF(0, bar.bottom() + 2, self.width(), LINE_PX)
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft, tr("for benign"))
        painter.drawText(above, Qt.AlignmentFlag.AlignRight, tr("for malignant"))
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, f"−{self.scale:.3g}")
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, tr("0 · units of the margin"))
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, f"+{self.scale:.3g}")
        painter.end()

    def _paint_ramp(self, painter: QPainter, bar: QRectF) -> None:
        ramp = QLinearGradient(bar.topLeft(), bar.topRight())
        stops = legend(self.scale)
        for number, (_, rgba) in enumerate(stops):
            ramp.setColorAt(number / (len(stops) - 1), QColor(*rgba))
        painter.fillRect(bar, ramp)

    def _paint_lines(self, painter: QPainter, bar: QRectF) -> None:
        by_value = legend(self.scale)
        for level in contour_levels(self.scale):
            _, rgba = min(by_value, key=lambda stop: abs(stop[0] - level))
            x = bar.left() + (level / self.scale + 1) / 2 * bar.width()
            pen = QPen(QColor(*rgba[:3]), 1.0 + 1.25 * abs(level / self.scale))
            if level < 0:
                pen.setDashPattern([2, 1.5])
            painter.setPen(pen)
            painter.drawLine(QPointF(x, bar.top()), QPointF(x, bar.bottom()))
