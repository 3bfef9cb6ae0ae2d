"""What holds for every test: a home of its own, no network, and nothing left behind.

A test that leaves a thread, a process, a running timer or a window behind fails, and the message names the line that
started it. After napari's and qutebrowser's habits (ideas, not code).
"""

import gc
import os
import socket
import subprocess
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before anything imports Qt; no test may open a window on the desk

REPOSITORY = Path(__file__).resolve().parents[1]
GRACE_S = 3.0  # how long a thread or a process may take to end after its test
_started: "weakref.WeakKeyDictionary[Any, str]" = weakref.WeakKeyDictionary()  # thread or timer: the line that did it
_process_started: dict[int, str] = {}
_single_shots: dict[int, tuple["weakref.ref[Any] | None", str]] = {}  # whom it is for, the line


# --- the user's folder and the real scans ---


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh, empty user folder; the reader's own is never touched."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("BMGUI_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder `shared` with real scans, laid beside the checkout; the test is skipped where there is none."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip("there is no folder `shared` beside the checkout (real scans; not part of the program)")
    return folder


# --- no network ---


class NetworkUsedError(AssertionError):
    """The program never talks to another machine, and its tests do not either."""


def _is_local(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a socket file
    host = str(address[0])
    return host in {"", "localhost", "::1", "0.0.0.0"} or host.startswith("127.")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting to, sending to or looking up another machine raises NetworkUsedError, in the test's own process."""

    def guarded(function: Callable[..., Any], where: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            address = where(*arguments)
            if not _is_local(address):
                raise NetworkUsedError(f"a test reached for {address!r}")
            return function(*arguments, **named)

        return call

    def last(*arguments: Any) -> Any:  # (socket, address) and (socket, data, [flags,] address)
        return arguments[-1]

    def looked_up(host: Any, *_rest: Any) -> Any:
        return (host.decode() if isinstance(host, bytes) else host or "localhost", 0)

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, guarded(getattr(socket.socket, name), last))
    monkeypatch.setattr(socket, "getaddrinfo", guarded(socket.getaddrinfo, looked_up))


# --- who started it ---


def _here() -> str:
    """The innermost line of the repository (else of anything) that is being run, this file left out."""
    lines = [frame for frame in traceback.extract_stack() if frame.filename != __file__]
    ours = [
        frame
        for frame in lines
        if "site-packages" not in frame.filename and f"{os.sep}lib{os.sep}" not in frame.filename
    ]
    frame = (ours or lines)[-1]
    return f"{frame.filename}:{frame.lineno}"


def _note_starts() -> None:
    """Let threads, processes and timers remember the line that started them."""
    start_thread, start_process = threading.Thread.start, subprocess.Popen.__init__

    def thread_start(self: threading.Thread) -> None:
        _started[self] = _here()
        start_thread(self)

    def process_start(self: Any, *arguments: Any, **named: Any) -> None:
        start_process(self, *arguments, **named)
        _process_started[self.pid] = _here()

    threading.Thread.start = thread_start  # type: ignore[method-assign]
    subprocess.Popen.__init__ = process_start  # type: ignore[method-assign]
    try:
        from PySide6.QtCore import QObject, QTimer
    except ImportError:  # a machine without Qt's libraries still runs the rest
        return
    start_timer, single_shot = QTimer.start, QTimer.singleShot

    def timer_start(self: Any, *arguments: Any) -> None:
        _started[self] = _here()
        start_timer(self, *arguments)

    def timer_single_shot(*arguments: Any) -> None:
        *head, wish = arguments
        if not callable(wish):  # (msec, receiver, SLOT): nothing here uses it
            single_shot(*arguments)
            return
        owner = getattr(wish, "__self__", None)
        # Qt holds a method weakly, and does not call a deleted object's: so it must be with this wrapper, too
        held: Callable[[], Any] = weakref.WeakMethod(wish) if isinstance(owner, QObject) else lambda: wish
        context = head[-1] if isinstance(head[-1], QObject) else owner if isinstance(owner, QObject) else None
        if context is not None and head[-1] is not context:
            head.append(context)
        key = max(_single_shots, default=0) + 1
        _single_shots[key] = weakref.ref(context) if context is not None else None, _here()

        def fire() -> None:
            _single_shots.pop(key, None)
            method = held()
            if method is not None:
                method()

        single_shot(*head, fire)

    QTimer.start = timer_start
    QTimer.singleShot = staticmethod(timer_single_shot)


_note_starts()


# --- nothing left behind ---


@pytest.fixture(autouse=True)
def nothing_left(own_home: Path, no_network: None) -> Iterator[None]:
    """Fail a test that leaves a thread, a process, a timer or a window behind, and clear up for the next one."""
    threads, processes, windows = set(threading.enumerate()), set(_children()), {_address(w) for w in _windows()}
    _single_shots.clear()
    yield
    left = _windows_left(windows) + _timers_left()  # first: closing a window may be what ends a thread
    left += _threads_left(threads) + _processes_left(processes)
    if left:
        pytest.fail("the test left behind:\n" + "\n".join(f"  {line}" for line in left), pytrace=False)


def _wait_until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + GRACE_S
    while not done() and time.monotonic() < until:
        time.sleep(0.01)


def _threads_left(before: set[threading.Thread]) -> list[str]:
    def left() -> list[threading.Thread]:
        # A dummy stands for a thread that Python did not start, and says nothing about whether it still runs
        others = (t for t in threading.enumerate() if t not in before and not isinstance(t, threading._DummyThread))
        return [thread for thread in others if thread.is_alive()]

    _wait_until(lambda: not left())
    return [f"thread {thread.name!r}, started at {_started.get(thread, 'an unknown line')}" for thread in left()]


def _children() -> dict[int, str]:
    """Running child processes at any depth: process id to command line. Linux only; elsewhere none is seen."""
    if not sys.platform.startswith("linux"):
        return {}
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:  # ended in between
                continue
            if state not in "ZX":
                parents[int(folder.name)] = int(parent)
    found: dict[int, str] = {}
    wanted = {os.getpid()}
    while wanted:
        wanted = {pid for pid, parent in parents.items() if parent in wanted}
        for pid in wanted:
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            found[pid] = words.replace(b"\0", b" ").decode(errors="replace").strip()
    return found


def _processes_left(before: set[int]) -> list[str]:
    def left() -> dict[int, str]:
        return {pid: command for pid, command in _children().items() if pid not in before}

    _wait_until(lambda: not left())
    lines = []
    for pid, command in left().items():
        lines.append(f"process {command!r}, started at {_process_started.get(pid, 'an unknown line')}")
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            continue
    return lines


def _application() -> Any:
    widgets = sys.modules.get("PySide6.QtWidgets")
    return widgets.QApplication.instance() if widgets else None


def _windows() -> list[Any]:
    application = _application()
    return list(application.topLevelWidgets()) if application and hasattr(application, "topLevelWidgets") else []


def _address(window: Any) -> int:
    import shiboken6

    return int(shiboken6.getCppPointer(window)[0])


def _windows_left(before: set[int]) -> list[str]:
    """Windows that are shown, and hidden ones that nobody owns (a tooltip is Qt's own and stays)."""

    def left() -> list[Any]:
        new = (window for window in _windows() if _address(window) not in before)
        return [w for w in new if (w.isVisible() or w.parent() is None) and w.metaObject().className() != "QTipLabel"]

    if _application() is None:
        return []
    _settle()
    if left():
        gc.collect()  # what only a cycle keeps alive is not left behind
        _settle()
    lines = []
    for window in left():
        kind = window.metaObject().className()
        lines.append(f"window {kind} {window.windowTitle() or window.objectName()!r}")
        window.close()
        window.deleteLater()
    _settle()
    return lines


def _settle() -> None:
    """Let Qt do what is already due: deferred deletions and posted events."""
    from PySide6.QtCore import QCoreApplication, QEvent

    QCoreApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[call-overload]


def _timers_left() -> list[str]:
    if "PySide6.QtCore" not in sys.modules:
        return []
    import shiboken6
    from PySide6.QtCore import QTimer

    lines = []
    for timer, line in list(_started.items()):
        if isinstance(timer, QTimer) and shiboken6.isValid(timer) and timer.isActive():
            lines.append(f"timer {timer.objectName()!r} every {timer.interval()} ms, started at {line}")
            timer.stop()
    for context, line in _single_shots.values():
        receiver = context() if context is not None else None
        if context is None or (receiver is not None and shiboken6.isValid(receiver)):
            lines.append(f"single-shot timer, started at {line}")
    _single_shots.clear()
    return lines
