"""What leaves the results page: the report, the tables, the view as a picture; each with model, counts, intervals."""

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtWidgets import QWidget

from bmgui.base import files
from bmgui.base.errors import KnownError
from bmgui.learning.results.evaluations import CASES, REPORT, TABLE

FILES = {"pdf": REPORT, "table": TABLE, "cases": CASES}


def copy_to(folder: Path, kind: str, target: Path) -> None:
    """Copy a file of the evaluation. Raises KnownError("export-missing", file), ("file-not-written")."""
    source = folder / FILES[kind]
    try:
        data = source.read_bytes()
    except OSError as error:
        raise KnownError("export-missing", file=str(source)) from error
    files.write_bytes(target, data)


def picture_of(view: QWidget) -> bytes:
    """The widget as it stands, as PNG."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not view.grab().save(buffer, "PNG"):  # into memory: only a fault of ours fails
        raise RuntimeError("the view could not be drawn")
    return bytes(data.data())
