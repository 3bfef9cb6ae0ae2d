"""A plan becomes a run in a folder of its own, and waits its turn."""

import contextlib
import shutil
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.base.files import not_written, write_bytes
from bmgui.learning import shelf
from bmgui.learning.plans.plan import NOTHING_GIVEN, Plan
from bmgui.learning.plans.writing import write_plan
from bmgui.learning.runs import queue
from bmgui.learning.runs.estimate import TIMING_FILE
from bmgui.learning.runs.run import PLAN_FILE, make_run


def start_run(plan: Plan, timing: bytes = b"") -> Path:
    """Make the run and put it at the end of the queue; its folder. timing: what was timed for this plan, if it was.

    Raises KnownError: what `make_run` and `queue.add` raise; then no folder stays.
    """
    folder = shelf.free_folder("runs", plan.name)
    try:
        folder.mkdir()
    except OSError as error:
        raise not_written(folder, error) from error
    try:
        write_plan(plan, folder / PLAN_FILE)
        make_run(folder / PLAN_FILE, folder, NOTHING_GIVEN)
        if timing:
            write_bytes(folder / TIMING_FILE, timing)
        queue.add(folder)
    except BaseException:
        with contextlib.suppress(KnownError):
            queue.remove(folder)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder
