"""Values that the tests of the reading widgets share: a card, an opinion, a picture, and real mouse events."""

from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from bmgui.imaging.crop import Frame
from bmgui.imaging.square import Square
from bmgui.reading.opinion import Evidence, Opinion, Subject, make_opinion
from bmgui.scoring.card import (
    CLASSES,
    Band,
    Calibration,
    Card,
    Figures,
    Geometry,
    Interval,
    OperatingPoint,
    Reference,
)

CARD = Card(
    schema=1,
    id="small",
    title="A small model",
    architecture="resnet50",
    side=256,
    channels="grey",
    mean=(0.0, 0.0, 0.0),
    std=(1.0, 1.0, 1.0),
    resample="bilinear",
    flip_average=True,
    classes=CLASSES,
    sha256="0" * 64,
    calibration=Calibration(slope=0.5, intercept=-0.2, prior=0.32),
    operating_points=(
        OperatingPoint("sensitive", 0.12, "validation", 0.95, 0.60),
        OperatingPoint("balanced", 0.31, "validation"),
    ),
    bands=(
        Band(1, 0.02, "very low"),
        Band(2, 0.10, "low"),
        Band(3, 0.50, "intermediate"),
        Band(4, 0.95, "high", inclusive=False),
        Band(5, 1.0, "very high"),
    ),
    reference=Reference("reference.png", 1.0, 0.1),
    geometry=Geometry(96, 600, "training crops"),
    data=(),
    figures=(
        Figures("fold 5", True, 375, 213, "patients", Interval(0.91, 0.88, 0.94), 0.04, ()),
        Figures("training", False, 999, 500, "patients", Interval(0.99, 0.98, 1.0), 0.01, ()),
    ),
    licence="research",
    limits=("Adults only.",),
)
SQUARE = Square(100, 80, 120)


def subject(square: Square = SQUARE, prior: float = 0.32) -> Subject:
    return Subject("ab" * 32, 1, square, CARD.id, prior, CARD.sha256)


def opinion(margin: float = 2.3, nudged: tuple[float, ...] = (1.9, 2.7), doubts: tuple[str, ...] = ()) -> Opinion:
    return make_opinion(CARD, subject(), margin, nudged=nudged, doubts=doubts)


def evidence(margin: float = 2.3, bias: float = 0.2, square: Square = SQUARE) -> Evidence:
    """A map whose mean plus bias is the margin."""
    values = np.random.default_rng(7).normal(0, 6, (8, 8)).astype(np.float32)
    return Evidence(subject(square), values + np.float32(margin - bias - values.mean()), bias)


def further(made: Evidence) -> Evidence:
    """The same as a further method's map, which adds up to nothing."""
    return replace(made, bias=None, method="occlusion")


def picture(width: int = 400, height: int = 300) -> Frame:
    """Grey, dark to the left and bright to the right, so that no two columns far apart look alike."""
    return np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))


@dataclass(frozen=True)
class Shown:
    """A mass as the canvas needs it."""

    square: Square
    confirmed: bool = True


def mouse(
    widget: QWidget,
    kind: QEvent.Type,
    at: tuple[float, float],
    button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """One mouse event with a position of its own, as the platform sends it (QTest rounds to whole pixels)."""
    point = QPointF(*at)
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
    pressed = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else button
    event = QMouseEvent(kind, point, QPointF(widget.mapToGlobal(point)), pressed, held, modifiers)
    QApplication.sendEvent(widget, event)


def drag(
    widget: QWidget,
    path: list[tuple[float, float]],
    button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    release: bool = True,
) -> None:
    """Press at the first point, move over the others, let go at the last."""
    mouse(widget, QEvent.Type.MouseButtonPress, path[0], button, modifiers)
    for at in path[1:]:
        mouse(widget, QEvent.Type.MouseMove, at, button, modifiers)
    if release:
        mouse(widget, QEvent.Type.MouseButtonRelease, path[-1], button, modifiers)
