"""The live page, shown and left in turns: python -m tests.bench.child_runs RUN SECONDS COUNT

Prints JSON: [[begin, end, processor time] of each turn that it was shown], [… that another page was]; seconds, since
1970 and of this process.
"""

import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer

from tests.ui.window_stand import open_window, wait


def main(folder: Path, seconds: float, count: int) -> None:
    turns: dict[str, list[tuple[float, float, float]]] = {"runs": [], "models": []}
    with open_window() as (window, _):
        retraining = window.show_retraining()
        retraining.go("runs", folder)
        page = retraining.pages["runs"]
        wait(lambda: page.view.live is not None and page.view.sheet.is_shown)
        for _ in range(count):
            for name, kept in turns.items():
                retraining.go(name)
                live_for(1.0)  # what coming and going costs is not the page's
                begin, busy = time.time(), time.process_time()
                live_for(seconds)
                kept.append((begin, time.time(), time.process_time() - busy))
        retraining.close()
    print(json.dumps(list(turns.values())), flush=True)


def live_for(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
