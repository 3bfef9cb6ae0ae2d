"""Several runs, one after another: the queue, and the foreman's process that works it off (`foreman.py`).

The queue is one file of this user, changed under a lock; the foreman holds another lock for as long as it works. So
windows and commands may come and go, and a foreman that was killed is started again by whoever looks next (`wake`).
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.base.files import not_written, write_json
from bmgui.base.locks import holding, is_held
from bmgui.base.processes import start_detached
from bmgui.learning import shelf
from bmgui.learning.runs.run import open_run
from bmgui.learning.runs.state import Follower, RunState

FOREMAN_MODULE = "bmgui.learning.runs.foreman"
EVALUATE_LOG = "evaluate.log"  # in a run's folder
_FILE, _LOCK, _FOREMAN_LOCK, _LOG = "queue.json", "queue.lock", "foreman.lock", "foreman.log"
_SCHEMA = 1
_PATIENCE_S = 5.0  # a change takes a few milliseconds
_POLL_S = 0.02

Doing = Literal["", "training", "evaluating"]


@dataclass(frozen=True)
class Queue:
    """current: the run at the foreman's hands, also after it was killed; since: when that one was taken up (1970);
    foreman: its process, 0 where none was started yet; cancelled: the current run is to end, though its trainer cannot
    be asked yet."""

    current: Path | None = None
    doing: Doing = ""
    since: float = 0.0
    waiting: tuple[Path, ...] = ()
    foreman: int = 0
    cancelled: bool = False

    @property
    def is_empty(self) -> bool:
        return self.current is None and not self.waiting


def state() -> Queue:
    """The queue now; a file that a hand broke is an empty queue: the runs themselves are in their folders."""
    try:
        told = json.loads((places.user_data() / _FILE).read_bytes())
        current = told["current"]
        doing: Doing = "evaluating" if told["doing"] == "evaluating" else "training" if current else ""
        waiting = tuple(dict.fromkeys(Path(name) for name in told["waiting"]))
        since, foreman, cancelled = float(told["since"]), int(told["foreman"]), told.get("cancelled") is True
        return Queue(Path(current) if current else None, doing, since, waiting, foreman, cancelled)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Queue()


def waiting() -> tuple[Path, ...]:
    """The runs that wait, in their order."""
    return state().waiting


def add(folder: Path) -> None:
    """Put a run at the end, a new one or one to go on with, and see that a foreman works.

    A run that waits already keeps its place; the one at the foreman's hands waits once more only if it has ended since
    it was taken up (cancelled, say, and now gone on with): for the foreman, also the next one, that is an end.
    Raises KnownError("no-run", "run-unreadable", "plan-unreadable", "file-not-written").
    """
    folder = folder.absolute()
    run = Follower(open_run(folder))
    shelf.remember("runs", folder)
    with _changing() as change:
        queue = state()
        is_at_hand = folder == queue.current and not (queue.cancelled or _has_ended(run.state(), queue.since))
        if not is_at_hand and folder not in queue.waiting:
            change(replace(queue, waiting=(*queue.waiting, folder)))
    wake()


def _has_ended(run: RunState, since: float) -> bool:
    return run.phase != "finished" and run.ended > since


def remove(folder: Path) -> None:
    """Take a waiting run out; its folder stays as it is. Raises KnownError("file-not-written")."""
    with _changing() as change:
        queue = state()
        change(replace(queue, waiting=tuple(one for one in queue.waiting if one != folder.absolute())))


def cancel(folder: Path) -> None:
    """End the run at the foreman's hands whose trainer still starts; for one that has spoken there is its control.

    Raises KnownError("file-not-written").
    """
    with _changing() as change:
        queue = state()
        if queue.current == folder.absolute() and queue.doing == "training":
            change(replace(queue, cancelled=True))


def move(folder: Path, to: int) -> None:
    """Give a waiting run another place, counted from 0. Raises KnownError("file-not-written")."""
    with _changing() as change:
        queue = state()
        if folder.absolute() in queue.waiting:
            others = [one for one in queue.waiting if one != folder.absolute()]
            others.insert(max(0, to), folder.absolute())
            change(replace(queue, waiting=tuple(others)))


@contextlib.contextmanager
def _changing() -> Iterator[Callable[[Queue], None]]:
    """Inside, nobody else changes the queue; yields what writes it."""

    def change(queue: Queue) -> None:
        told: dict[str, Any] = {
            "schema": _SCHEMA,
            "current": str(queue.current) if queue.current else None,
            "doing": queue.doing,
            "since": queue.since,
            "waiting": [str(folder) for folder in queue.waiting],
            "foreman": queue.foreman,
            "cancelled": queue.cancelled,
        }
        write_json(places.user_data() / _FILE, told)

    with holding(places.user_data() / _LOCK, _PATIENCE_S) as had:
        if not had:
            file = str(places.user_data() / _FILE)
            raise KnownError("file-not-written", file=file, reason="another process holds it")
        yield change


# --- the foreman ---

_started: "list[subprocess.Popen[bytes]]" = []  # by this process, the last one


def is_working() -> bool:
    """Whether a foreman holds its lock."""
    return is_held(places.user_data() / _FOREMAN_LOCK)


def wake() -> bool:
    """Start a foreman where something is to be done and none works. Raises KnownError("file-not-written")."""
    if state().is_empty or is_working():
        return False
    log = places.user_data() / _LOG
    try:
        _started[:] = [start_detached(FOREMAN_MODULE, log=log)]
    except OSError as error:
        raise not_written(log, error) from error
    return True


def end_foreman(patience_s: float = 30.0) -> None:
    """End the foreman and what it started; the run at its hands goes back to the head of the queue.

    Raises TimeoutError.
    """
    until, asked = time.monotonic() + patience_s, False
    while is_working() or any(one.poll() is None for one in _started):  # it may only be starting
        foreman = state().foreman if is_working() else _started[0].pid if _started else 0
        if foreman and not asked:
            with contextlib.suppress(ProcessLookupError):
                os.kill(foreman, signal.SIGTERM)
            asked = True
        if time.monotonic() > until:
            raise TimeoutError("the foreman does not end")
        time.sleep(_POLL_S)


@contextlib.contextmanager
def as_foreman() -> Iterator["Hands | None"]:
    """Inside, this process is the foreman; None where another one is."""
    with contextlib.ExitStack() as lock:
        if not lock.enter_context(holding(places.user_data() / _FOREMAN_LOCK, 2.0)):  # who only looks lets go at once
            yield None
            return
        with _changing() as change:
            change(replace(state(), foreman=os.getpid()))
        yield Hands(lock.close)


class Hands:
    """What only the foreman does with the queue."""

    def __init__(self, let_go: Callable[[], None]) -> None:
        self._let_go = let_go

    def take(self) -> Queue | None:
        """The queue with a current run; None where all is done: then this process is the foreman no more.

        A run that another foreman left is taken up first, with its old `since`.
        """
        with _changing() as change:
            queue = state()
            if queue.is_empty:
                change(replace(queue, foreman=0))
                self._let_go()  # before others may change the queue: who adds now starts another foreman
                return None
            if queue.current is None:
                current, *rest = queue.waiting
                queue = replace(queue, current=current, doing="training", since=time.time(), waiting=tuple(rest))
                change(queue)
            return queue

    def evaluates(self) -> None:
        with _changing() as change:
            change(replace(state(), doing="evaluating", cancelled=False))

    def done(self) -> None:
        """The current run is through, however it ended."""
        with _changing() as change:
            change(replace(state(), current=None, doing="", since=0.0, cancelled=False))

    def put_back(self) -> None:
        """The current run waits again, before all others."""
        with _changing() as change:
            queue = state()
            if queue.current is not None:
                rest = tuple(one for one in queue.waiting if one != queue.current)
                queue = replace(
                    queue, current=None, doing="", since=0.0, waiting=(queue.current, *rest), cancelled=False
                )
            change(replace(queue, foreman=0))
