"""The client of the process that holds the native DICOM codecs.

A codec that crashes, hangs or writes over its own memory takes that process along, never this one: here it is one
KnownError for one frame, and the next frame gets a fresh process.
"""

import contextlib
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

from bmgui.base.errors import KnownError
from bmgui.base.pipes import Array, PipeBroken, receive, send
from bmgui.base.processes import start_module
from bmgui.imaging.crop import Frame

_MODULE = "bmgui.imaging.codec_process"


class Codec:
    """Decodes frames of compressed DICOM files in a process of its own.

    The process starts at the first need; one that was found dead is replaced. `decode` may be called from any thread;
    frames are decoded one at a time.
    """

    def __init__(self, timeout_s: float = 30.0) -> None:
        """timeout_s: how long one frame may take (the process's start included) before the process is ended."""
        self._timeout_s = timeout_s
        self._turn = threading.Lock()  # held while a request is under way
        self._state = threading.Lock()  # guards _process and _closed, never held for long
        self._process: subprocess.Popen[bytes] | None = None
        self._greeted = False  # the process has said that it is there
        self._closed = False

    def decode(self, path: Path, number: int) -> Frame:
        """Frame `number` (from 1) of the DICOM file at `path`, as `Scan.frame` gives it.

        Raises KnownError: what the file has done ("pixels-undecodable", …), or "decoder-crashed", "decoder-hangs",
        "decoder-not-started", "decoder-closed"; `file` is among the fields.
        """
        with self._turn:
            process = self._ready_process(path)
            header, arrays = self._ask(process, path, number)
        if "code" in header:
            raise KnownError(header["code"], **header["fields"])
        if "bug" in header:
            raise RuntimeError("in the codec process:\n" + header["bug"])
        return arrays[0]

    def close(self) -> None:
        """End the process, also one that is busy: whoever waits for its frame gets "decoder-closed"."""
        with self._state:
            self._closed = True
            process, self._process = self._process, None
        if process is not None:
            _end(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ready_process(self, path: Path) -> subprocess.Popen[bytes]:
        with self._state:
            if self._closed:
                raise KnownError("decoder-closed", file=str(path))
            if self._process is not None and self._process.poll() is not None:
                _end(self._process)
                self._process = None
            if self._process is None:
                # what codecs print is for nobody; what they find out comes through the pipe
                self._process = start_module(_MODULE, stderr=subprocess.DEVNULL)
                self._greeted = False
            return self._process

    def _ask(self, process: subprocess.Popen[bytes], path: Path, number: int) -> tuple[dict[str, Any], list[Array]]:
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        watch = threading.Timer(self._timeout_s, give_up)
        watch.start()
        try:
            self._greeted = self._greeted or receive(cast(BinaryIO, process.stdout)) is not None
            send(cast(BinaryIO, process.stdin), {"path": str(path.absolute()), "frame": number})
            reply = receive(cast(BinaryIO, process.stdout))
        except (PipeBroken, ValueError):  # ValueError: closed on this side by close()
            reply = None
        finally:
            watch.cancel()
            watch.join()
        if reply is not None:
            return reply
        with self._state:
            closed = self._closed
            if self._process is process:
                self._process = None
        _end(process)
        if closed:
            raise KnownError("decoder-closed", file=str(path))
        if not self._greeted:  # not this file's doing
            raise KnownError("decoder-not-started", file=str(path))
        raise KnownError("decoder-hangs" if late.is_set() else "decoder-crashed", file=str(path), frame=number)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process at once: it holds nothing that would be lost."""
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):  # what could not be written any more
            if stream is not None:
                stream.close()
