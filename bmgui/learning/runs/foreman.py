"""The foreman's process, `python -m bmgui.learning.runs.foreman`: trains the queue's runs one after another, measures
each that was finished on its validation part, and ends when nothing waits.

It gives way to everything else on the machine (nice), and so do the processes that it starts; a trainer is asked to
leave a thread free for whoever reads meanwhile. It may be killed at any moment: the trainer works on, and the next
foreman waits for that one, or goes on with the run. SIGTERM ends it and what it started, and the run waits again.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bmgui.base.errors import KnownError
from bmgui.base.files import not_written
from bmgui.base.locks import try_lock
from bmgui.base.processes import module_command
from bmgui.learning.runs import queue
from bmgui.learning.runs.progress import Progress
from bmgui.learning.runs.run import Run, check_unchanged, open_run, results_file
from bmgui.learning.runs.state import Follower, RunState
from bmgui.learning.runs.trainers import SPARE_A_THREAD, is_at_work, memory_kills, start_trainer, why_ended

_NICE = 10
_POLL_S = 0.2
_EVALUATE_LOCK = "evaluate.lock"


class Ending(Exception):  # noqa: N818 - not an error
    """The foreman was asked to end."""


class Foreman:
    """Works the queue off. `asked_to_end` is set from outside (a signal)."""

    def __init__(self, hands: queue.Hands) -> None:
        self._hands = hands
        self.asked_to_end = False

    def work(self) -> None:
        """Until nothing waits. Raises Ending, KnownError("file-not-written") of the queue's own file."""
        while (now := self._hands.take()) is not None:
            assert now.current is not None
            try:
                self._run(now.current, now.since)
            except KnownError as error:  # of this run: the next one may do better
                say(f"{now.current}: {error}")
            except Ending:
                raise
            except Exception as error:  # a bug: told where it is looked for, and not made again and again
                traceback.print_exc()
                with contextlib.suppress(KnownError):
                    reason = f"{type(error).__name__}: {error}"[:500]
                    Progress(now.current).tell("crash", reason=reason)
            self._hands.done()

    def _run(self, folder: Path, since: float) -> None:
        run = open_run(folder)
        if is_at_work(folder):  # started by another one, or by a foreman that was killed
            self.wait_until(lambda: not is_at_work(folder))
        elif is_to_be_trained(Follower(run).state(), since):
            self._train(run)
        if has_something_to_measure(Follower(run).state()) and not results_file(run.folder).is_file():
            self._hands.evaluates()
            self._evaluate(run)

    def _train(self, run: Run) -> None:
        """Train it to its end; what the trainer could not tell of its end itself is told here."""
        follower = Follower(run)
        follower.begin()
        try:
            check_unchanged(run)
            kills = memory_kills()
            process = None if queue.state().cancelled else start_trainer(run.folder, SPARE_A_THREAD)
            if process is None or self._wait_for(process, lambda: queue.state().cancelled):
                Progress(run.folder).tell("stopped", word="cancel")
                return
        except KnownError as error:
            _tell(run, error)
            return
        if follower.state().error is None:
            ended = why_ended(run.folder, process.returncode, memory_killed=memory_kills() > kills)
            if ended is not None and ended.code != "run-locked":
                _tell(run, ended)

    def _evaluate(self, run: Run) -> None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        command = module_command(
            "bmgui.learning.assessing",
            "evaluate",
            *("--run", str(run.folder)),
            *("--output", str(results_file(run.folder).parent)),
            *("--threads", str(max(1, cores - 1))),
        )
        with _kept_out(run, self) as kept:
            if results_file(run.folder).is_file():  # by the one that was waited for
                return
            try:
                with (run.folder / queue.EVALUATE_LOG).open("wb") as log:
                    process = subprocess.Popen(
                        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **kept
                    )
            except OSError as error:
                raise not_written(run.folder / queue.EVALUATE_LOG, error) from error
            self._wait_for(process)

    def _wait_for(self, process: "subprocess.Popen[bytes]", cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Until it has ended; it is ended first where the foreman was asked to end, or where it is `cancelled`. Whether
        it was that."""
        was_cancelled = False
        while process.poll() is None:
            was_cancelled = cancelled()
            if self.asked_to_end or was_cancelled:
                process.terminate()
                process.wait()
                break
            time.sleep(_POLL_S)
        if self.asked_to_end:
            raise Ending
        return was_cancelled

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Raises Ending."""
        while not done():
            if self.asked_to_end:
                raise Ending
            time.sleep(_POLL_S)


def is_to_be_trained(state: RunState, since: float) -> bool:
    """Whether a trainer is to be started for a run that was taken up at `since`.

    An end that was told since then is an end: a foreman that was killed meanwhile does not go against "cancel".
    """
    return state.phase != "finished" and not state.ended > since


def has_something_to_measure(state: RunState) -> bool:
    """Finished; or all that was left of it is (a job whose loss was no number any more does not take others along)."""
    lost = state.error is not None and state.error.code == "loss-not-finite"
    return state.phase == "finished" or (lost and bool(state.finished))


def _tell(run: Run, error: KnownError) -> None:
    say(f"{run.folder}: {error}")
    with contextlib.suppress(KnownError):  # a disk that takes no more
        Progress(run.folder).tell("error", code=error.code, fields=error.fields)


@contextlib.contextmanager
def _kept_out(run: Run, foreman: Foreman) -> Iterator[dict[str, Any]]:
    """Hold the lock that one evaluation of this run has, waiting for one that a killed foreman left; yields what hands
    the lock on to the process (where the system can), so that it is held until that ends."""
    if sys.platform == "win32":
        yield {}
        return
    try:
        stream = (run.folder / _EVALUATE_LOCK).open("a+b")
    except OSError as error:
        raise not_written(run.folder / _EVALUATE_LOCK, error) from error
    with stream:
        foreman.wait_until(lambda: try_lock(stream.fileno()))
        yield {"pass_fds": (stream.fileno(),)}


def say(line: str) -> None:
    sys.stdout.write(time.strftime("%Y-%m-%d %H:%M:%S ") + line + "\n")
    sys.stdout.flush()


def main() -> int:
    """0: all done, or another foreman works; 1: the queue's file could not be written."""
    give_way()
    try:
        with queue.as_foreman() as hands:
            if hands is None:
                return 0
            foreman = Foreman(hands)

            def end(_number: int, _frame: Any) -> None:
                foreman.asked_to_end = True

            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, end)
            try:
                foreman.work()
            except Ending:
                hands.put_back()
    except KnownError as error:
        say(str(error))
        return 1
    return 0


def give_way() -> None:
    """Let everything else on this machine go first; what this process starts inherits it."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    elif sys.platform == "win32":
        import ctypes

        below_normal = 0x4000
        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), below_normal)


if __name__ == "__main__":
    sys.exit(main())
