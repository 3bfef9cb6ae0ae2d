"""The process that owns the engine: `python -m bmgui.scoring.worker [MODEL] --device D [--throughput] [--finder F]`.

A plain serial server on its standard input and output (`bmgui.base.pipes`). At start it loads the model and scores the
reference crop of its card; then it says "ready", or "withheld" and why, and in that case ends. Its client sends
    {do: score, id} + crops           → {is: answer, id} + margins, maps
    {do: explain, id, method} + crop  → {is: progress, id, share}…, then {is: answer, id} + map
    {do: cancel, id}                  → {is: cancelled, id}, from the explanation of that number
    {do: find, id} + a frame          → {is: found, id, masses}, from the finder's own thread (`finder_thread`)
and gets {is: failed, id, code, fields} for a known error. A bug ends the process, with its traceback on stderr. When
standard input closes the process ends at once, whatever it is doing: nobody is left to answer. Without a MODEL it is
ready at once, for the finder alone.
"""

import argparse
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

from bmgui.base import pipes
from bmgui.base.errors import KnownError
from bmgui.scoring.card import Card, read_card
from bmgui.scoring.finder_thread import FinderThread
from bmgui.scoring.reference import check_margin, read_reference

if TYPE_CHECKING:
    from bmgui.scoring.engines import Device, Engine


Find = Callable[[int, pipes.Array], None]


class Outbox:
    """Standard output for messages, from two threads: each message whole."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, header: dict[str, Any], arrays: Sequence[pipes.Array] = ()) -> None:
        """Raises PipeBroken when nobody listens any more."""
        with self._lock:
            pipes.send(self._stream, header, arrays)


class Inbox:
    """Reads standard input in a thread of its own, so that a cancel, or the end, reaches a busy worker.

    find: takes the frames to be looked through, with their numbers; they do not wait behind scores.
    """

    def __init__(self, stream: BinaryIO, find: Find | None = None) -> None:
        self._stream, self._find = stream, find
        self._requests: queue.SimpleQueue[tuple[dict[str, Any], list[pipes.Array]]] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def next(self) -> tuple[dict[str, Any], list[pipes.Array]]:
        return self._requests.get()

    def is_cancelled(self, number: int) -> bool:
        return number in self._cancelled

    def _read(self) -> None:
        try:
            while (message := pipes.receive(self._stream)) is not None:
                if message[0]["do"] == "cancel":
                    self._cancelled.add(message[0]["id"])
                elif message[0]["do"] == "find":
                    assert self._find is not None, "a frame came, and there is no finder"
                    self._find(message[0]["id"], message[1][0])
                else:
                    self._requests.put(message)
        except pipes.PipeBroken:
            pass
        except Exception:
            traceback.print_exc()
            _leave(1)
        _leave(0)  # the engine may be in the middle of anything


class Server:
    """Answers one request after the other."""

    def __init__(self, engine: "Engine | None", inbox: Inbox, out: Outbox) -> None:
        self._engine = engine
        self._inbox = inbox
        self._out = out

    def run(self) -> None:
        while True:
            header, arrays = self._inbox.next()
            assert self._engine is not None, "a crop came, and there is no model"
            try:
                if header["do"] == "score":
                    answer = self._engine.score(arrays[0])
                    _check_finite(*answer)
                    self._out.send({"is": "answer", "id": header["id"]}, answer)
                else:
                    self._explain(self._engine, header["id"], header["method"], arrays[0][0])
            except KnownError as error:
                self._out.send({"is": "failed", "id": header["id"], **_described(error)})

    def _explain(self, engine: "Engine", number: int, method: str, crop: NDArray[np.uint8]) -> None:
        from bmgui.scoring.engines import Cancelled

        def on_progress(share: float) -> bool:
            if self._inbox.is_cancelled(number):
                return False
            self._out.send({"is": "progress", "id": number, "share": float(share)})
            return True

        try:
            if self._inbox.is_cancelled(number):  # while it waited for its turn
                raise Cancelled
            evidence = engine.explain(method, crop, on_progress)
            _check_finite(evidence)
        except Cancelled:
            self._out.send({"is": "cancelled", "id": number})
        else:
            self._out.send({"is": "answer", "id": number}, [np.asarray(evidence, np.float32)])


def _check_finite(*arrays: NDArray[np.float32]) -> None:
    """A card or a driver that fails in mid-run gives NaN, which no threshold or band would catch."""
    if not all(np.isfinite(array).all() for array in arrays):
        raise KnownError("score-not-finite")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Serve until standard input closes; the process ends here."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches every process of a terminal; ours ends with its input
    out = Outbox(take_stdout())
    parser = argparse.ArgumentParser(prog="bmgui.scoring.worker")
    parser.add_argument("model_folder", type=Path, nargs="?")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--throughput", action="store_true")
    parser.add_argument("--finder", type=Path)
    options = parser.parse_args(arguments)
    finder = None if options.finder is None else FinderThread(options.finder, out.send)
    if finder is not None:
        finder.start()
    inbox = Inbox(sys.stdin.buffer, None if finder is None else finder.ask)
    try:
        serve(inbox, out, options.model_folder, options.device, options.throughput)
    except pipes.PipeBroken:
        pass  # the client is gone
    except Exception:
        traceback.print_exc()
        _leave(1)
    _leave(0)


def serve(inbox: Inbox, out: Outbox, folder: Path | None, device: "Device", throughput: bool) -> None:
    """Say ready and answer for ever, or say why not and return. Raises PipeBroken when nobody listens any more."""
    if folder is None:
        out.send(_READY_FOR_FRAMES)
        Server(None, inbox, out).run()
        return
    try:
        card, engine = open_model(folder, device, throughput)
    except KnownError as error:
        state = {"is": "state", "phase": "withheld", "model": folder.name}
        out.send({**state, **_described(error)})
        return
    out.send(_ready(card, engine))
    Server(engine, inbox, out).run()


def _leave(code: int) -> NoReturn:
    """End at once, without Python's shutdown: that would wait for the engine, or trip over the reading thread."""
    sys.stderr.flush()
    os._exit(code)


def take_stdout() -> BinaryIO:
    """Standard output for messages alone: what a library prints goes to stderr from now on, also from C."""
    sys.stdout.flush()
    private = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(private, "wb")


def open_model(folder: Path, device: "Device", throughput: bool) -> tuple[Card, "Engine"]:
    """The model's card, and its engine, proven on the card's reference crop.

    Raises KnownError: what `read_card` and `open_engine` raise, "engine-not-loaded" (reason),
    "reference-unreadable", "reference-mismatch".
    """
    card = read_card(folder)
    from bmgui.scoring.engines import open_engine  # after the card: a bad card is said without waiting for an engine

    try:
        engine = open_engine(folder, card, device, throughput)
    except (ImportError, OSError) as error:  # installed, but it does not load: a broken installation, not a bug
        traceback.print_exc()
        raise KnownError("engine-not-loaded", reason=str(error)) from error
    check_reference(folder, card, engine)
    return card, engine


def check_reference(folder: Path, card: Card, engine: "Engine") -> None:
    """Score the crop that lies beside the card: an engine that is wrong on it is wrong on a mass as well."""
    margins, _ = engine.score(read_reference(folder, card)[None])
    check_margin(card, float(margins[0]), engine.name)


_READY_FOR_FRAMES: dict[str, Any] = {
    "is": "state",
    "phase": "ready",
    **dict.fromkeys(("model", "recipe", "engine", "device", "note"), ""),
    "methods": [],
    "bias": 0.0,
}


def _ready(card: Card, engine: "Engine") -> dict[str, Any]:
    described = {
        "model": card.id,
        "recipe": card.recipe,
        "engine": engine.name,
        "device": engine.device,
        "note": engine.note,
    }
    return {"is": "state", "phase": "ready", **described, "methods": list(engine.methods), "bias": float(engine.bias)}


def _described(error: KnownError) -> dict[str, Any]:
    return {"code": error.code, "fields": error.fields}


if __name__ == "__main__":
    main()
