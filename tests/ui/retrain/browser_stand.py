"""A browser on a small collection, without a reading window."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from bmgui.learning.collections.collection import Box, Collection, Part, open_collection
from bmgui.learning.collections.splits import Split, store_split
from bmgui.ui.retrain.collections.browser import Browser
from bmgui.ui.retrain.workshop import Workshop
from tests.learning.collection_stand import collection, draft, picture
from tests.ui.window_stand import wait

MASS = Box(120, 90, 24, 16)  # small: its context is a part of the frame
PARTS: dict[str, Part] = {
    "s1": "train",
    "s2": "train",
    "s3": "test",
    "s4": "test",
    "s5": "validation",
    "s6": "left-out",
}


def clinic(folder: Path, count: int = 6) -> Collection:
    """Sections s1, s2 … two of a patient, benign and malignant in turn; the first six are split."""
    drafts = [
        draft(
            number,
            "malignant" if number % 2 == 0 else "benign",
            pixels=picture(number, box=MASS),
            box=MASS,
            patient=f"P{(number + 1) // 2}",
            scanner="AB"[number % 2],
        )
        for number in range(1, count + 1)
    ]
    made = collection(folder, drafts)
    store_split(made, Split({s.id: PARTS.get(s.id, "left-out") for s in made.sections}, "by hand"))
    return open_collection(folder)


@contextmanager
def browsing(folder: Path) -> Iterator[Browser]:
    """The collection is open, its grid on the screen."""
    workshop = Workshop(cast(Any, None))
    browser = Browser(workshop)
    try:
        browser.setMinimumSize(800, 600)
        browser.resize(1000, 700)
        browser.show()
        browser.show_collection(folder)
        wait(lambda: browser.collection is not None and not browser.grid.pictures.at_work)
        browser.grid.setFocus()
        yield browser
    finally:
        workshop.close()
        browser.close()
        browser.deleteLater()


def press(widget: QWidget, *keys: Qt.Key, with_: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    for key in keys:
        QTest.keyClick(widget, key, with_)


def answer(browser: Browser, reason: str = "") -> None:
    """Give the reason (or the yes) that is asked for, and wait until it is carried out."""
    assert browser.reason.isVisible()
    if reason:
        QTest.keyClicks(browser.reason.field, reason)
        press(browser.reason.field, Qt.Key.Key_Return)
    else:
        press(browser.reason.keep, Qt.Key.Key_Return)
    wait(lambda: not browser.reason.isVisible() or browser.reason.trouble)


def shown(browser: Browser) -> list[str]:
    """The ids in the grid, in order."""
    return [browser.grid.sections.section(row).id for row in range(browser.grid.sections.rowCount())]
