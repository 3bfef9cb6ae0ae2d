"""Spin boxes with room before their number: Qt leaves out the left padding that the style sheet asks for."""

from typing import TypeVar

from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox

_LEFT_PX = 7

Spin = TypeVar("Spin", QSpinBox, QDoubleSpinBox)


def with_room(spin: Spin) -> Spin:
    """The same spin box, its number as far from the edge as a line edit's text."""
    spin.lineEdit().setTextMargins(_LEFT_PX, 0, 0, 0)
    return spin
