"""The retraining window at its page of collections, with scans to import, driven as a reader drives it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from bmgui.learning import shelf
from bmgui.ui.retrain.collections.page import CollectionsPage
from bmgui.ui.retrain.window import RetrainWindow
from tests.learning.collection_stand import mask, picture, save
from tests.ui.window_stand import open_window, wait

W = TypeVar("W", bound=QWidget)


@contextmanager
def collections_page() -> Iterator[tuple[CollectionsPage, RetrainWindow]]:
    """Shown, active, and the shelf read."""
    with open_window() as (window, _):
        retraining = window.show_retraining()
        wait(retraining.isActiveWindow)
        page = retraining.pages["collections"]
        assert isinstance(page, CollectionsPage)
        known = len(shelf.known("collections"))
        wait(lambda: page.overview.list.count() == known)
        yield page, retraining


def find(page: QWidget, kind: type[W], name: str) -> W:
    found = page.findChild(kind, name)
    assert isinstance(found, kind), name
    return found


def click(page: QWidget, name: str) -> None:
    """A mouse click on the button of this name, which must be there to be clicked."""
    made = find(page, QPushButton, name)
    assert made.isVisible(), name
    assert made.isEnabled(), name
    QTest.mouseClick(made, Qt.MouseButton.LeftButton)


def write(field: QWidget, text: str) -> None:
    """Type it, as hands do; what was there is replaced."""
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, text)


def scans(folder: Path, patients: int = 6) -> Path:
    """Folders of both labels: two pictures of a patient, one patient with the same picture twice, one picture with
    both labels, one with text in the square, one that is no picture."""
    for number in range(patients):
        place = folder / ("malignant" if number % 2 else "benign") / f"P{number}"
        for view in range(2):
            pixels = picture(2 * number + view)
            if number == 1 and view == 1:
                pixels[60:66, 62:98:6] = 255  # strokes, as letters are
                pixels[58:70, 70:98:4] = 255
            save(place / f"v{view}.png", pixels)
            save(place / f"v{view}_mask.png", mask())
    save(folder / "benign" / "P0" / "again.png", picture(0))
    save(folder / "benign" / "P0" / "again_mask.png", mask())
    save(folder / "malignant" / "P9" / "both.png", picture(4))  # a benign one of P2
    save(folder / "malignant" / "P9" / "both_mask.png", mask())
    save(folder / "normal" / "n.png", np.roll(picture(77), 20, axis=1))
    (folder / "benign" / "P0" / "letter.png").write_bytes(b"\x89PNG\r\n\x1a\n no more")
    return folder


def imported(page: CollectionsPage, source: Path, name: str = "ours") -> Path:
    """Through the import, by hand; its folder."""
    QTest.keyClick(page, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    write(page.wizard.form.source, str(source))
    write(page.wizard.form.name, name)
    page.wizard.form.pseudonyms.setChecked(False)
    click(page, "import-look")
    wait(lambda: page.wizard.survey)
    click(page, "import-copy")
    wait(lambda: page.view is page.overview and page.overview.chosen and page.overview.chosen.name == name)
    assert page.overview.chosen is not None
    return page.overview.chosen.folder
