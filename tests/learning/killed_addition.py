"""Run as a program: adds a section to copies of a collection, each time in a process that is killed one step later.

`python -m tests.learning.killed_addition COLLECTION FOLDER` leaves the copies in FOLDER as 0, 1, 2, …; the last one's
addition was not killed. Steps: every file opened, renamed or removed, and every flush to the disk.
"""

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from bmgui.learning.collections.adding import new_section
from tests.learning.collection_stand import draft

_COUNTED = {"open", "os.rename", "os.remove", "os.mkdir"}


def main(collection: Path, folder: Path) -> None:
    new = draft(9, "malignant", patient="P1")
    for steps in range(200):
        copy = folder / str(steps)
        shutil.copytree(collection, copy)
        child = os.fork()
        if child == 0:
            _die_after(steps)
            new_section(copy, new)
            os._exit(0)
        if os.WIFEXITED(os.waitpid(child, 0)[1]):
            return


def _die_after(steps: int) -> None:
    left = steps
    flush = os.fsync

    def step() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def flushed(descriptor: Any) -> None:
        step()
        flush(descriptor)
        step()

    sys.addaudithook(lambda event, _: step() if event in _COUNTED else None)
    os.fsync = flushed


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
