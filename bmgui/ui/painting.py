"""How the canvas draws squares, handles, numbers and evidence. Plain functions on a QPainter; they hold no state."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from bmgui.imaging.crop import Frame
from bmgui.imaging.square import Square
from bmgui.reading.evidence import colours, contour_levels, smooth
from bmgui.ui.contours import chains, contour
from bmgui.ui.hit import CORNERS, corner_point
from bmgui.ui.theme import Theme
from bmgui.ui.view import View

HANDLE_PX = 9.0  # side of a corner handle on the screen, whatever the zoom
DIM_ALPHA = 70  # of 255: "a little"
CONTOUR_SAMPLES_PX = 48
EVIDENCE_SIDE_PX = 256
LEAST_LINE_OPACITY = 0.35  # fainter lines would only look like specks
BADGE_PX = 18.0


def to_image(pixels: Frame | NDArray[np.uint8]) -> QImage:
    """A QImage of its own (no shared memory) of uint8 (h, w), (h, w, 3) or (h, w, 4: RGBA, not premultiplied)."""
    data = np.ascontiguousarray(pixels)
    height, width = data.shape[:2]
    kinds = {1: QImage.Format.Format_Grayscale8, 3: QImage.Format.Format_RGB888, 4: QImage.Format.Format_RGBA8888}
    depth = 1 if data.ndim == 2 else data.shape[2]
    return QImage(data.data, width, height, width * depth, kinds[depth]).copy()


def evidence_image(evidence: NDArray[np.float32], scale: float, opacity: float) -> QImage:
    """The map in colour, smoothly enlarged before it is coloured (so that no colour appears that has no value)."""
    pixels = colours(smooth(evidence, EVIDENCE_SIDE_PX), scale, opacity)
    return to_image(pixels).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


Lines = list[tuple[float, list[NDArray[np.float64]]]]


def contour_lines(evidence: NDArray[np.float32], scale: float) -> Lines:
    """(level, in units of the scale; its lines, each (k, 2) in 0…1 across the square) for what the map reaches."""
    samples = smooth(evidence, CONTOUR_SAMPLES_PX)
    found = []
    for level in contour_levels(scale):
        lines = chains(contour(samples, level))
        if lines:
            found.append((level / scale, [(line + 0.5) / CONTOUR_SAMPLES_PX for line in lines]))
    return found


def dim_outside(painter: QPainter, picture: QRectF, square: QRectF) -> None:
    """Darken the picture a little outside the square."""
    shade = QColor(0, 0, 0, DIM_ALPHA)
    inner = square.intersected(picture)
    for part in (
        QRectF(picture.topLeft(), QPointF(picture.right(), inner.top())),
        QRectF(QPointF(picture.left(), inner.bottom()), picture.bottomRight()),
        QRectF(QPointF(picture.left(), inner.top()), inner.bottomLeft()),
        QRectF(inner.topRight(), QPointF(picture.right(), inner.bottom())),
    ):
        painter.fillRect(part, shade)


def draw_contours(painter: QPainter, rect: QRectF, lines: Lines, opacity: float, canvas: QRectF) -> None:
    """Contour lines across `rect`: malignant side whole, benign side dashed, stronger levels thicker.

    Drawn opaque on a layer that is then laid over at once: see-through strokes take Qt ten times as long.
    """
    seen = rect.intersected(canvas).toAlignedRect()
    if seen.isEmpty():
        return
    ratio = painter.device().devicePixelRatio()
    layer = QImage(seen.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    layer.setDevicePixelRatio(ratio)
    layer.fill(Qt.GlobalColor.transparent)
    on_layer = QPainter(layer)
    on_layer.setRenderHint(QPainter.RenderHint.Antialiasing)
    on_layer.translate(-seen.left(), -seen.top())
    for level, parts in lines:
        red, green, blue = (int(v) for v in colours(np.full((1, 1), level, np.float32), 1.0, 1.0)[0, 0, :3])
        width = 1.0 + 1.25 * abs(level)
        beneath, colour = QPen(QColor(0, 0, 0), width + 1), QPen(QColor(red, green, blue), width)
        if level < 0:
            colour.setDashPattern([4, 3])
        for part in parts:
            places = (part * (rect.width(), rect.height()) + (rect.left(), rect.top())).tolist()
            line = QPolygonF([QPointF(x, y) for x, y in places])
            for pen in (beneath, colour):
                on_layer.setPen(pen)
                on_layer.drawPolyline(line)
    on_layer.end()
    painter.save()
    painter.setOpacity(max(opacity, LEAST_LINE_OPACITY))
    painter.drawImage(QPointF(seen.topLeft()), layer)
    painter.restore()


def draw_square(painter: QPainter, rect: QRectF, theme: Theme, *, width: float, dashed: bool, alpha: int = 255) -> None:
    """The outline of a square, with a dark line beneath it that keeps it visible on bright tissue."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, alpha * 110 // 255), width + 2))
    painter.drawRect(rect)
    colour = QColor(theme.square)
    colour.setAlpha(alpha)
    pen = QPen(colour, width)
    if dashed:
        pen.setDashPattern([6, 4])
    painter.setPen(pen)
    painter.drawRect(rect)


def draw_handles(painter: QPainter, view: View, square: Square, theme: Theme, *, filled: bool) -> None:
    """Four corner handles: filled where arrows would move the square, hollow where they would not."""
    painter.setPen(QPen(QColor(theme.square), 1.5))
    painter.setBrush(QColor(theme.square if filled else theme.picture))
    for corner in CORNERS:
        x, y = view.to_canvas(*corner_point(square, corner))
        painter.drawRect(QRectF(x - HANDLE_PX / 2, y - HANDLE_PX / 2, HANDLE_PX, HANDLE_PX))


def badge_rect(square: QRectF, number: int) -> QRectF:
    """Where a number stands: just inside a corner; proposals, which overlap, take different corners."""
    inset = QPointF(6, 6)
    spots = (
        square.topLeft() + inset,
        QPointF(square.right() - BADGE_PX - 6, square.top() + 6),
        QPointF(square.right() - BADGE_PX - 6, square.bottom() - BADGE_PX - 6),
    )
    return QRectF(spots[(number - 1) % 3], QSizeF(BADGE_PX, BADGE_PX))


def draw_badge(
    painter: QPainter, rect: QRectF, number: int, theme: Theme, *, strong: bool, proposal: bool = False
) -> None:
    """A small number on a dark ground: a mass's on a tile, a proposal's in a ring, so that neither is taken for the
    other."""
    colour = QColor(theme.square if strong else theme.quiet_on_picture)
    painter.setBrush(QColor(11, 13, 16, 190))
    if proposal:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 1.25))
        painter.drawEllipse(rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(rect, 4, 4)
    painter.setPen(colour)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, str(number))


def draw_note(painter: QPainter, canvas: QRectF, centre_x: float, top: float, text: str, theme: Theme) -> None:
    """A quiet line of text, kept inside the canvas, on a dark ground so that it reads on tissue."""
    metrics = QFontMetricsF(painter.font())
    width, height = metrics.horizontalAdvance(text) + 12, metrics.height() + 4
    left = min(max(centre_x - width / 2, canvas.left() + 4), max(canvas.right() - width - 4, canvas.left() + 4))
    rect = QRectF(left, min(max(top, canvas.top() + 4), canvas.bottom() - height - 4), width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(11, 13, 16, 190))
    painter.drawRoundedRect(rect, 4, 4)
    painter.setPen(QColor(theme.on_picture))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)


@dataclass(frozen=True)
class Scene:
    """All that is drawn over the picture. Squares are in frame pixels; `selected` and `proposal` are indices.

    proposals: empty once none is to be hinted at. dealt_with: those of them that need no hint.
    draft: a square that is just being drawn.
    ahead: where the hand has the selected square, while that still waits for its score.
    evidence: its picture, or its contour lines; None unless it was made from the selected mass's square.
    """

    view: View
    width: int
    height: int
    squares: tuple[tuple[Square, bool], ...] = ()  # each with whether it is confirmed
    selected: int | None = None
    keyed: bool = False  # arrows move the selected square
    proposals: tuple[Square, ...] = ()
    proposal: int | None = None
    dealt_with: frozenset[int] = frozenset()
    draft: Square | None = None
    ahead: Square | None = None
    evidence: QImage | Lines | None = None
    opacity: float = 1.0
    caption: str = ""

    def on_canvas(self, square: Square) -> QRectF:
        x, y = self.view.to_canvas(square.left, square.top)
        return QRectF(x, y, square.side * self.view.zoom, square.side * self.view.zoom)

    def badges(self) -> tuple[tuple[int, QRectF], ...]:
        """Which other proposals have a numbered mark, and where."""
        hinted = [i for i in range(len(self.proposals)) if i != self.proposal and i not in self.dealt_with]
        return tuple((i, badge_rect(self.on_canvas(self.proposals[i]), i + 1)) for i in hinted)


def paint_scene(painter: QPainter, scene: Scene, canvas: QRectF, colours_now: Theme) -> None:
    """Everything over the picture, from the quietest to the selected square."""
    chosen = scene.squares[scene.selected] if scene.selected is not None else None
    in_front = scene.draft or (chosen[0] if chosen else None)
    if in_front is not None:
        x, y = scene.view.to_canvas(0, 0)
        picture = QRectF(x, y, scene.width * scene.view.zoom, scene.height * scene.view.zoom).intersected(canvas)
        dim_outside(painter, picture, scene.on_canvas(in_front))
    if scene.draft is None and chosen is not None:
        _paint_evidence(painter, scene, scene.on_canvas(chosen[0]), canvas)
    for index, rect in scene.badges():
        draw_square(painter, scene.on_canvas(scene.proposals[index]), colours_now, width=1, dashed=False, alpha=100)
        draw_badge(painter, rect, index + 1, colours_now, strong=False, proposal=True)
    many = len(scene.squares) > 1
    for index, (square, confirmed) in enumerate(scene.squares):
        if index != scene.selected or scene.draft is not None:
            draw_square(painter, scene.on_canvas(square), colours_now, width=1, dashed=not confirmed, alpha=190)
            if many:
                draw_badge(painter, badge_rect(scene.on_canvas(square), 1), index + 1, colours_now, strong=False)
    if scene.draft is not None:
        draw_square(painter, scene.on_canvas(scene.draft), colours_now, width=2, dashed=False)
    elif chosen is not None:
        if scene.ahead is not None:
            draw_square(painter, scene.on_canvas(scene.ahead), colours_now, width=1, dashed=True, alpha=150)
        _paint_chosen(painter, scene, *chosen, canvas, colours_now, many)


def _paint_evidence(painter: QPainter, scene: Scene, rect: QRectF, canvas: QRectF) -> None:
    if isinstance(scene.evidence, QImage):
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(rect, scene.evidence)
    elif scene.evidence is not None:
        draw_contours(painter, rect, scene.evidence, scene.opacity, canvas)


def _paint_chosen(
    painter: QPainter, scene: Scene, square: Square, confirmed: bool, canvas: QRectF, colours_now: Theme, many: bool
) -> None:
    rect = scene.on_canvas(square)
    draw_square(painter, rect, colours_now, width=2, dashed=not confirmed)
    draw_handles(painter, scene.view, square, colours_now, filled=scene.keyed)
    if not confirmed and scene.proposal is not None and len(scene.proposals) > 1:
        number = scene.proposal + 1
        draw_badge(painter, badge_rect(rect, number), number, colours_now, strong=True, proposal=True)
    elif many and scene.selected is not None:
        draw_badge(painter, badge_rect(rect, 1), scene.selected + 1, colours_now, strong=True)
    if scene.caption:
        draw_note(painter, canvas, rect.center().x(), rect.bottom() + HANDLE_PX, scene.caption, colours_now)
