"""What comes back from the worker: scores, and how the worker is."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bmgui.base.errors import KnownError

Phase = Literal["starting", "ready", "withheld", "stopped"]


@dataclass(frozen=True, eq=False)
class Scores:
    """margins: float32 (n,), malignant − benign logit; maps: float32 (n, h, w), signed; mean(map) + bias = margin.

    model: the card's id; engine: "OpenVINO" or "torch"; recipe: the `Card.recipe` that the worker read.
    """

    margins: NDArray[np.float32]
    maps: NDArray[np.float32]
    bias: float
    model: str
    engine: str
    recipe: str = ""


@dataclass(frozen=True)
class WorkerState:
    """What the worker is at.

    phase: "starting"; "ready"; "withheld" (no scores, `error` says why: reference mismatch, corrupt weights, no
    engine…); "stopped" (closed, or died twice: then `error` says so).
    error: in "starting" after a death, KnownError("worker-restarted"); None in "ready".
    device, note: as the engine says ("CPU" or the card's name; a code or ""). methods: further evidence methods.
    restarts: 0, or 1 after a death.
    """

    phase: Phase
    model: str = ""
    engine: str = ""
    device: str = ""
    note: str = ""
    methods: tuple[str, ...] = ()
    error: KnownError | None = None
    restarts: int = 0
