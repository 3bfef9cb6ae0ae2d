"""What a run says while it trains: one JSON object a line, appended to `progress.jsonl`.

Every line has `time` (seconds since 1970), `event`, `job` and `stage` (a number from 1; 0 where none is meant), and the
event's own fields. A line that was cut off by a crash is skipped by readers and closed by the next writer.
"""

import contextlib
import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bmgui.base.files import append_whole

PROGRESS_FILE = "progress.jsonl"
_STEP_EVERY_S = 1.0

Event = dict[str, Any]


class Progress:
    """Appends events. silent: says nothing (the further processes of a run on several cards).

    clock: seconds since 1970. Raises KnownError("file-not-written") where the disk does not take a line.
    """

    def __init__(self, folder: Path, *, silent: bool = False, clock: Callable[[], float] = time.time) -> None:
        self._path = folder / PROGRESS_FILE
        self._silent = silent
        self._clock = clock
        self._last_step = -math.inf
        if not silent:
            self._close_cut_line()

    def tell(self, event: str, job: str = "", stage: int = 0, **fields: Any) -> None:
        """Append one event. Steps are thinned to one a second; the last of a stage is always told."""
        now = self._clock()
        if self._silent:
            return
        if event == "step":
            if now - self._last_step < _STEP_EVERY_S and fields.get("step") != fields.get("steps"):
                return
            self._last_step = now
        self._append({"time": round(now, 3), "event": event, "job": job, "stage": stage, **fields})

    def _append(self, line: Event) -> None:
        clean = {name: _plain(value) for name, value in line.items()}
        data = (json.dumps(clean, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")
        append_whole(self._path, data, flush=False)  # a line a second; what a power cut takes is trained again

    def _close_cut_line(self) -> None:
        with contextlib.suppress(OSError), self._path.open("r+b") as stream:
            if stream.seek(0, os.SEEK_END) and stream.seek(-1, os.SEEK_END) >= 0 and stream.read(1) != b"\n":
                stream.write(b"\n")


def read_events(folder: Path, offset: int = 0) -> tuple[list[Event], int]:
    """The events from byte `offset` on that are written whole, and the offset behind them; none where there is no file.

    What is no event (a line that a crash cut off) is skipped.
    """
    try:
        with (folder / PROGRESS_FILE).open("rb") as stream:
            stream.seek(offset)
            data = stream.read()
    except FileNotFoundError:
        return [], offset
    whole = data[: data.rfind(b"\n") + 1]
    events = []
    for line in whole.splitlines():
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict) and isinstance(event.get("event"), str) and _is_time(event.get("time")):
                events.append({"job": "", "stage": 0, **event})
    return events, offset + len(whole)


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    """JSON has no NaN: what is not finite is null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
