"""Whether a file of weights serves a network as its start: looked at in a process of its own, where torch is."""

import re
import threading
from pathlib import Path

from bmgui.base.errands import run_module
from bmgui.base.errors import KnownError
from bmgui.learning.plans.plan import Start
from bmgui.scoring.card import Architecture

_MODULE = "bmgui.learning.training.checking"


def start_from(network: Architecture, file: Path, stop: threading.Event) -> Start:
    """The start with the file's SHA-256, so that a run refuses another file of that name.

    Raises KnownError("weights-unreadable", "weights-too-large", "weights-do-not-fit"), and what `run_module` raises.
    """
    last = run_module(_MODULE, network, str(file.absolute()), stop=stop)
    found = last[-1] if last else ""
    if not re.fullmatch("[0-9a-f]{64}", found):
        raise KnownError("errand-crashed", reason=found[:300])
    return Start(file=str(file.absolute()), sha256=found)
