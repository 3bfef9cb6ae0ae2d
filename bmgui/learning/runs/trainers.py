"""The trainer's process, from both sides: being it (`as_trainer`), and starting, steering and outliving it.

A trainer holds the run's lock for as long as it works, so a folder has one at most, and whoever looks at the folder
sees whether one is at work. It is steered by one word in the file `control`; its end is told in `progress.jsonl`, and
where even that could not be written, by its exit code.
"""

import contextlib
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from bmgui.base.errors import KnownError
from bmgui.base.files import not_written, write_bytes
from bmgui.base.locks import holding, is_held
from bmgui.base.processes import start_detached
from bmgui.learning.runs.progress import Progress
from bmgui.learning.runs.run import CONTROL_FILE, LOCK_FILE, LOG_FILE, Run, open_run

TRAINER_MODULE = "bmgui.learning.training"
SPARE_A_THREAD = "--spare-a-thread"  # the trainer's option: one thread of the processor is left for others

DONE, KNOWN, CRASHED, NOT_WRITTEN, STOPPED = 0, 65, 70, 74, 75  # exit codes as in sysexits.h; 1 is Python's own

Word = Literal["pause", "resume", "stop-after-epoch", "cancel"]
WORDS: tuple[Word, ...] = get_args(Word)
_POLL_S = 0.2
_LOCK_PATIENCE_S = 2.0  # somebody who only looks holds it for a moment


class Stopped(Exception):  # noqa: N818 - not an error
    """The trainer obeyed "cancel" or "stop-after-epoch"."""

    def __init__(self, word: Word) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True)
class Trainer(Run):
    """A run as its trainer sees it. rank, world: which of how many processes this is (torchrun's)."""

    rank: int
    world: int
    progress: Progress = field(repr=False)

    def control(self) -> Word | Literal[""]:
        """What was asked from outside and is still to be done: read between steps (by rank 0)."""
        word = read_control(self.folder)
        if word == "resume":  # it is not paused
            clear_control(self.folder)
            return ""
        return word

    def wait_while_paused(self) -> Word | Literal[""]:
        """Called after "pause" was read: tells it, sleeps until another word stands there, and gives that."""
        self.progress.tell("paused")
        while read_control(self.folder) == "pause":
            time.sleep(_POLL_S)
        self.progress.tell("resumed")
        return self.control()


# --- being the trainer ---


def as_trainer(folder: Path, train: Callable[[Trainer], None]) -> int:
    """Open the run, take its lock, train, and tell how it ended; the process's exit code."""
    rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    progress: Progress | None = None
    try:
        run = open_run(folder)
        with locked(folder) if rank == 0 else contextlib.nullcontext():
            progress = Progress(folder, silent=rank > 0)
            if rank == 0:
                clear_control(folder)
            progress.tell("trainer", pid=os.getpid(), world=world)
            return _told(progress, Trainer(**vars(run), rank=rank, world=world, progress=progress), train)
    except KnownError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the log
        with contextlib.suppress(KnownError):
            if error.code != "run-locked":
                (progress or Progress(folder, silent=rank > 0)).tell("error", code=error.code, fields=error.fields)
        return NOT_WRITTEN if error.code == "file-not-written" else KNOWN


def _told(progress: Progress, run: Trainer, train: Callable[[Trainer], None]) -> int:
    try:
        train(run)
    except Stopped as stopped:
        clear_control(run.folder)
        progress.tell("stopped", word=stopped.word)
        return STOPPED
    except OSError as error:  # what was written without `staged`: still the disk's
        raise not_written(run.folder, error) from error
    except KnownError:
        raise
    except Exception as error:
        traceback.print_exc()
        if is_want_of_memory(error):
            raise KnownError("run-out-of-memory", file=str(run.folder)) from error
        with contextlib.suppress(KnownError):
            progress.tell("crash", reason=f"{type(error).__name__}: {error}"[:500])
        return CRASHED
    progress.tell("end")
    return DONE


def is_want_of_memory(error: Exception) -> bool:
    """Python's own error, and torch's, which has many sentences for it and for the CPU no class."""
    said = str(error).lower()
    words = ("out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory")
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(word in said for word in words))


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the run's lock. Raises KnownError("run-locked", file), ("file-not-written", file, reason)."""
    with holding(folder / LOCK_FILE, _LOCK_PATIENCE_S) as had:
        if not had:
            raise KnownError("run-locked", file=str(folder))
        yield


def is_at_work(folder: Path) -> bool:
    """Whether a trainer holds the run's lock."""
    return is_held(folder / LOCK_FILE)


# --- steering it ---


def command(folder: Path, word: Word) -> None:
    """Ask the trainer for something. Raises KnownError("run-not-at-work", file), ("file-not-written")."""
    if not is_at_work(folder):
        raise KnownError("run-not-at-work", file=str(folder))
    write_bytes(folder / CONTROL_FILE, word.encode())


def read_control(folder: Path) -> Word | Literal[""]:
    try:
        said = (folder / CONTROL_FILE).read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""
    return next((word for word in WORDS if word == said), "")


def clear_control(folder: Path) -> None:
    with contextlib.suppress(OSError):
        (folder / CONTROL_FILE).unlink()


# --- starting and outliving it ---


def start_trainer(folder: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    """Start the trainer of this run in a session of its own: it outlives whoever started it, and its terminal.

    What it prints goes to `trainer.log`. Under torchrun it stays in torchrun's session, which ends it.
    Raises KnownError("file-not-written").
    """
    try:
        own_session = "RANK" not in os.environ
        log = folder / LOG_FILE
        return start_detached(TRAINER_MODULE, str(folder.absolute()), *arguments, log=log, own_session=own_session)
    except OSError as error:
        raise not_written(folder / LOG_FILE, error) from error


def memory_kills(vmstat: Path = Path("/proc/vmstat")) -> int:
    """How many processes this kernel has killed for want of memory; 0 where it does not say."""
    try:
        lines = vmstat.read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def why_ended(folder: Path, code: int, *, memory_killed: bool) -> KnownError | None:
    """What the exit code says where the trainer could not tell it itself; None for an end that it told.

    code: as `Popen.returncode` has it (-9: killed). memory_killed: the kernel killed something for memory meanwhile.
    """
    where = str(folder)
    if code == NOT_WRITTEN:
        return KnownError("run-disk", file=where)
    if code < 0:
        if -code == 9 and memory_killed:
            return KnownError("run-killed-for-memory", file=where)
        return KnownError("run-killed", file=where, signal=-code)
    if code == KNOWN and is_at_work(folder):
        return KnownError("run-locked", file=where)  # this one has ended: another one was quicker
    if code not in (DONE, KNOWN, STOPPED):
        return KnownError("run-crashed", file=where, log=str(folder / LOG_FILE), reason=_last_line(folder / LOG_FILE))
    return None


def _last_line(log: Path) -> str:
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - 4096))
            lines = stream.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1][:300] if lines else ""
