"""Watches the real window from outside its code; imported by `child_window`, when the program gets to Qt.

answered: says so when the sample was painted, then a key (B) was sent and the picture painted again.
scored: presses Enter as soon as the sample's proposal is painted; says so when its score and map are painted.
drag: drags the sample's square round in a circle, and prints JSON: updates a second and the event loop's gaps in ms.
"""

import json
import math
import sys
import time
from typing import Any

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QApplication

from bmgui.ui.canvas import Canvas
from bmgui.ui.panel import ScorePanel

TICK_MS = 5
MOVE_EVERY = 2  # ticks: a mouse that reports 100 times a second
WARM_S = 1.0

goal = sys.argv[1]
real_paint, real_opinion = Canvas.paintEvent, ScorePanel.show_opinion
opinions: list[Any] = []
state: dict[str, Any] = {"painted": False, "asked": False}


def later(call: Any) -> None:
    QTimer.singleShot(0, call)


def finish(text: str) -> None:
    print(text, flush=True)
    # The window's own close: it ends the worker, and nothing is left behind
    QApplication.closeAllWindows()
    QTimer.singleShot(0, QApplication.quit)


def paint(self: Canvas, event: QPaintEvent) -> None:
    real_paint(self, event)
    if "drag" in state:
        state["drag"].painted()
    if self._frame is None or state.get("done"):
        return
    if goal == "answered":
        if not state["painted"]:
            state["painted"] = True
            key = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_B, Qt.KeyboardModifier.NoModifier, "b")
            later(lambda: (state.update(asked=True), QApplication.postEvent(self, key)))
        elif state["asked"] and self._bare:
            state["done"] = True
            finish("answered")
    elif self._masses and not state["asked"]:
        state["asked"] = True
        later(lambda: accept(self))
    elif opinions and self._evidence is not None and self._evidence_fits():
        state["done"] = True
        if goal == "scored":
            finish("scored")
        else:
            QTimer.singleShot(int(1000 * WARM_S), lambda: state.update(drag=Dragging(self, float(sys.argv[2]))))


def accept(canvas: Canvas) -> None:
    from PySide6.QtTest import QTest

    QTest.keyClick(canvas, Qt.Key.Key_Return)


def show_opinion(self: ScorePanel, opinion: Any) -> None:
    real_opinion(self, opinion)
    opinions.append(opinion)


class Dragging:
    """Moves the mouse in a circle for some seconds and measures how long the event loop takes between two ticks."""

    def __init__(self, canvas: Canvas, seconds: float) -> None:
        self._canvas, self._seconds = canvas, seconds
        square = canvas._masses[canvas._selected or 0].square
        self._centre = QPointF(*canvas._view.to_canvas(square.left + square.side / 2, square.top + square.side / 2))
        self._send(QEvent.Type.MouseButtonPress, self._centre)
        self._gaps: list[float] = []
        self._ticks = 0
        self._updates: list[Any] = []
        self._start = self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK_MS)

    def painted(self) -> None:
        """An update: another square's score in the panel, and its map just painted on the canvas."""
        square = opinions[-1].subject.square
        if self._canvas._evidence_fits() and self._canvas._evidence[1] == square and square != self._last_square():
            self._updates.append(square)

    def _last_square(self) -> Any:
        return self._updates[-1] if self._updates else None

    def _tick(self) -> None:
        now = time.perf_counter()
        self._gaps.append(1000 * (now - self._last))
        self._last = now
        self._ticks += 1
        if now - self._start > self._seconds:
            self._end(now - self._start)
        elif self._ticks % MOVE_EVERY == 0:
            angle = 2 * math.pi * (now - self._start) / 2.0
            offset = QPointF(40 * math.cos(angle), 25 * math.sin(angle))
            self._send(QEvent.Type.MouseMove, self._centre + offset)

    def _end(self, elapsed: float) -> None:
        self._timer.stop()
        self._send(QEvent.Type.MouseButtonRelease, self._centre)
        told = {"updates": len(self._updates) / elapsed, "gaps_ms": self._gaps}
        finish(json.dumps(told))

    def _send(self, kind: QEvent.Type, at: QPointF) -> None:
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        where = self._canvas.mapToGlobal(at)
        event = QMouseEvent(kind, at, where, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self._canvas, event)


Canvas.paintEvent = paint  # type: ignore[method-assign]
ScorePanel.show_opinion = show_opinion  # type: ignore[method-assign]
