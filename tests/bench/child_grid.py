"""The browser on a collection, scrolled: python -m tests.bench.child_grid COLLECTION FRAMES. Prints JSON: ms a frame.

A frame: from the sixtieth of a second at which it was due until it is painted. So all that the window's thread does
counts: the scroll bar moved, layout, painting the tiles, and taking in the pictures that came since the last one.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from bmgui.ui import theme
from bmgui.ui.retrain.collections.browser import Browser
from bmgui.ui.retrain.workshop import Workshop

SIZE_PX = (1096, 740)  # what the window of 1280 × 800 has for a page
WHEEL_PX = 120
FRAME_S = 1 / 60
PATIENCE_S = 60.0


def places(most: int, page: int, frames: int) -> Iterator[tuple[str, int]]:
    """A third each: by the wheel, page after page, and the scroll bar's handle dragged from end to end."""
    third = frames // 3
    for step in range(third):
        yield "wheel", step * WHEEL_PX % (most + 1)
    for step in range(third):
        yield "pages", step * page % (most + 1)
    for step in range(third):
        yield "drag", round(most * step / third)


def main() -> None:
    folder, frames = Path(sys.argv[1]), int(sys.argv[2])
    application = QApplication([])
    theme.apply(application, "dark")
    application.setFont(theme.body_font(application.font(), sys.platform))
    workshop = Workshop(cast(Any, None))  # the browser asks the reading window for nothing here
    browser = Browser(workshop)
    browser.resize(*SIZE_PX)
    began = time.perf_counter()
    browser.show()
    browser.show_collection(folder)
    while browser.collection is None or browser.grid.pictures.at_work:
        application.processEvents()
        if time.perf_counter() - began > PATIENCE_S:
            sys.exit("the collection did not come up")
    opened = time.perf_counter() - began
    ended = [time.perf_counter()]
    told: dict[str, list[float]] = {"wheel": [], "pages": [], "drag": []}
    bar = browser.grid.verticalScrollBar()
    painted, due = 0, time.perf_counter()
    way = places(bar.maximum(), bar.pageStep(), frames)

    def frame() -> None:
        nonlocal painted, due
        start = min(max(due, ended[-1]), time.perf_counter())
        due = time.perf_counter() + FRAME_S
        kind, value = next(way, ("", 0))
        if not kind:
            timer.stop()
            application.quit()
            return
        bar.setValue(value)
        application.processEvents()
        ended.append(time.perf_counter())
        told[kind].append(1000 * (ended[-1] - start))
        painted += all(browser.grid.pictures.picture(section) is not None for section in browser.grid.seen()[:1])

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(round(1000 * FRAME_S))
    timer.timeout.connect(frame)
    timer.start()
    application.exec()
    print(json.dumps({"frames_ms": told, "opened_s": opened, "pictures": painted}), flush=True)
    workshop.close()
    os._exit(0)


if __name__ == "__main__":
    main()
