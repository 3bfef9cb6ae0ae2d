"""The caller's side of the worker: futures out, newest request wins, a dead worker is restarted once and says so.

Everything is decided in one thread of the client's own, which takes one event after the other; callers only leave
events and never wait.
"""

import contextlib
import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from bmgui.base import pipes
from bmgui.base.errors import KnownError
from bmgui.scoring.answers import Scores, WorkerState
from bmgui.scoring.finding import Finding, Found
from bmgui.scoring.finds import UNUSABLE, Finds
from bmgui.scoring.lanes import Answer, Job, Lane, Lanes, Piece
from bmgui.scoring.link import Link

__all__ = ["Scores", "ScoringClient", "WorkerState"]

_MOST_PIECE_CROPS = 32  # a message, and what a GPU takes at once
_IN_FLIGHT_THROUGHPUT = 3  # so that the worker always has the next batch at hand
_PATIENCE_S = 0.8


class ScoringClient:
    """One worker process, kept warm for one model (None: for the finder alone) and, where it is given, the finder.

    on_state, on_progress and the futures' callbacks are called from the client's own thread. `start` returns at once;
    what is asked before the worker is ready waits for it. Futures fail with KnownError where scores are withheld or the
    worker stopped; they are cancelled where a newer request won or the client was closed.
    """

    def __init__(
        self,
        model_folder: Path | None,
        *,
        finder: Path | None = None,
        device: str = "auto",
        throughput: bool = False,
        on_state: Callable[[WorkerState], None] = lambda _: None,
    ) -> None:
        self._start_link = partial(
            Link, model_folder, finder, device, throughput, on_message=self._on_message, on_end=self._on_end
        )
        self._throughput = throughput
        self._on_state = on_state
        self._state = WorkerState("starting", model="" if model_folder is None else model_folder.name)
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._decided = threading.Event()  # set while the phase is not "starting"
        self._thread = threading.Thread(target=self._run, name="scoring client", daemon=True)
        self._lanes = Lanes()
        self._finds = Finds(KnownError("finder-missing") if finder is None else None)
        self._link: Link | None = None
        self._in_flight: dict[int, Piece] = {}  # by message number, in the order of sending
        self._numbers = itertools.count(1)
        self._bias, self._recipe = 0.0, ""  # the model's; known once the worker is ready

    @property
    def state(self) -> WorkerState:
        return self._state

    @property
    def worker_pid(self) -> int | None:
        """The worker's process id, while there is one."""
        link = self._link
        return None if link is None else link.pid

    def wait_until_ready(self) -> WorkerState:
        """Block until the worker scores, for callers without an event loop.

        Raises KnownError where it withholds scores or stopped.
        """
        self._decided.wait()
        state = self._state
        if state.phase != "ready" and state.error is not None:
            raise state.error
        return state

    def start(self) -> Self:
        """Start the worker (once); returns at once."""
        self._thread.start()
        return self

    def score(self, crops: NDArray[np.uint8], lane: Lane = "") -> "Future[Scores]":
        """Score crops: uint8 (n, side, side), or (n, side, side, 3) for an rgb card; n ≥ 1.

        lane "now": newest wins (an older one that still waits is cancelled), goes before everything and ends a running
        explanation, which would be of another square. "rest": newest wins, waits behind the others. "": every one is
        answered, in order.
        """
        if not len(crops) or not _is_picture(crops[0]):
            raise ValueError(f"crops of {crops.dtype} {crops.shape}")
        job = Job(lane, crops, finish=self._scores)
        return self._ask(job, partial(self._add, job))

    def explain(
        self, method: str, crop: NDArray[np.uint8], on_progress: Callable[[float], None] = lambda _: None
    ) -> "Future[NDArray[np.float32]]":
        """The map of a further method (one of `state.methods`) for one crop: float32 (h, w). Newest wins.

        Cancelling the future, or `cancel_explanation`, stops it in the worker.
        """
        if not _is_picture(crop):
            raise ValueError(f"a crop of {crop.dtype} {crop.shape}")
        job = Job("explain", crop[None], finish=_map, method=method, on_progress=on_progress)
        return self._ask(job, partial(self._add, job))

    @property
    def finds(self) -> bool:
        """Whether `find` may be answered: there is a finder, and nothing has shown yet that it cannot be used."""
        return self._finds.off is None

    def find(self, frame: NDArray[np.uint8], *, newest: bool = True) -> "Future[Finding]":
        """The masses that the finder sees in a frame: uint8 (h, w) or (h, w, 3).

        newest: one that still waits gives way to it; else every one is answered, in order. It waits while a crop of
        lane "now" does, and takes nothing from the lanes. Fails with KnownError: "finder-missing"; "finder-unusable";
        "finder-failed" (this frame alone); where the worker dies of it, or withholds. A fault of the finder changes no
        score.
        """
        if not frame.size or not _is_picture(frame):
            raise ValueError(f"a frame of {frame.dtype} {frame.shape}")
        job = Job("find", frame[None], finish=lambda answers: answers)
        return self._ask(job, partial(self._add, job, newest))

    def cancel_explanation(self) -> None:
        self._events.put(self._cancel_explanations)

    def close(self) -> None:
        """End the worker, also in mid-work, and cancel what waits. Nothing is left when it returns. Idempotent."""
        self._closed.set()
        self._events.put(lambda: None)
        if threading.current_thread() is self._thread:
            return  # called from a callback: the thread ends after it
        if self._thread.ident is None:
            self._drain()
            return
        self._thread.join(_PATIENCE_S)
        while self._thread.is_alive():  # it may be writing to a worker that does not read
            if (link := self._link) is not None:
                link.kill()
            self._thread.join(_PATIENCE_S)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # --- any thread: leave an event ---

    def _ask(self, job: Job, add: Callable[[], None]) -> "Future[Any]":
        job.future.add_done_callback(lambda _: self._events.put(partial(self._done, job)))
        self._events.put(add)
        if self._closed.is_set():  # looked at after leaving the event: either the thread or this call finds it
            self._drain()
        return job.future

    def _on_message(self, link: Link, header: dict[str, Any], arrays: list[pipes.Array]) -> None:
        self._events.put(partial(self._receive, link, header, arrays))

    def _on_end(self, link: Link) -> None:
        self._events.put(partial(self._ended, link))

    def _drain(self) -> None:
        """After the end: take the events that came meanwhile, so that nobody waits for ever."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._events.get_nowait()()

    # --- the client's own thread: one event after the other ---

    def _run(self) -> None:
        try:
            self._connect()
            while not self._closed.is_set():
                self._events.get()()
        finally:
            self._closed.set()
            link, self._link = self._link, None
            if link is not None:
                link.close()
            for job in [*self._jobs_in_flight(), *self._lanes.empty(), *self._finds.empty()]:
                job.drop()
            self._drain()
            if self._state.phase != "stopped":
                self._show(WorkerState("stopped", self._state.model, restarts=self._state.restarts))

    def _connect(self) -> None:
        try:
            self._link = self._start_link()
        except OSError as error:
            self._died(str(error), "")

    def _show(self, state: WorkerState) -> None:
        self._state = state
        if state.phase == "starting":
            self._decided.clear()
        else:
            self._decided.set()
        self._on_state(state)

    def _add(self, job: Job, newest: bool = False) -> None:
        if self._closed.is_set():
            job.drop()
            return
        if self._state.phase in ("withheld", "stopped"):
            job.fail(self._why_not())
            return
        if job.lane in ("now", "explain"):
            self._cancel_explanations()
        if job.lane == "find":
            self._finds.add(job, newest)
        else:
            self._lanes.add(job)
        self._dispatch()

    def _done(self, job: Job) -> None:
        """A future was resolved, or cancelled by anybody."""
        if not job.future.cancelled():
            return
        job.drop()
        self._lanes.forget(job)
        self._finds.forget(job)
        for number, piece in self._in_flight.items():
            if piece.job is job and job.lane == "explain":
                self._send({"do": "cancel", "id": number})

    def _cancel_explanations(self) -> None:
        for job in [*self._jobs_in_flight(), *self._lanes.waiting()]:
            if job.lane == "explain":
                job.drop()

    def _dispatch(self) -> None:
        most = _IN_FLIGHT_THROUGHPUT if self._throughput else 1
        while self._state.phase == "ready" and len(self._in_flight) < most:
            piece = self._lanes.next_piece(self._most_crops)
            if piece is None:
                break
            number = next(self._numbers)
            self._in_flight[number] = piece
            if piece.job.lane == "explain":
                self._send({"do": "explain", "id": number, "method": piece.job.method}, piece.crops)
            else:
                self._send({"do": "score", "id": number}, piece.crops)
        while self._state.phase == "ready" and len(self._finds) < most and not self._now_waits():
            number = next(self._numbers)
            job = self._finds.hand_out(number)
            if job is None:
                break
            self._send({"do": "find", "id": number}, job.crops[0])

    def _now_waits(self) -> bool:
        """Whether the hand waits for a score; then the finder does not begin: it would take a part of the processor."""
        return any(job.lane == "now" for job in [*self._jobs_in_flight(), *self._lanes.waiting()])

    def _most_crops(self, job: Job) -> int:
        """On a CPU two crops take twice as long as one: small pieces let a newer request pass between them."""
        small = self._state.device == "CPU" and not self._throughput and job.lane != "now"
        return 1 if small else _MOST_PIECE_CROPS

    def _send(self, header: dict[str, Any], pixels: NDArray[np.uint8] | None = None) -> None:
        if self._link is not None:
            with contextlib.suppress(pipes.PipeBroken):  # its end is on the way as an event
                self._link.send(header, () if pixels is None else (pixels,))

    def _receive(self, link: Link, header: dict[str, Any], arrays: list[pipes.Array]) -> None:
        if link is not self._link:
            return  # of a worker that is gone
        match header["is"]:
            case "state":
                self._take_state(header)
            case "progress":
                job = self._in_flight[header["id"]].job
                if job.on_progress is not None and not job.future.done():
                    job.on_progress(header["share"])
            case "answer":
                self._in_flight.pop(header["id"]).answer(arrays)
            case "cancelled":
                self._in_flight.pop(header["id"]).job.drop()
            case "found":
                self._found(header)
            case "failed" if header["id"] in self._in_flight:
                self._in_flight.pop(header["id"]).job.fail(_known(header))
            case "failed":
                self._not_found(header)
        self._dispatch()

    def _found(self, header: dict[str, Any]) -> None:
        job = self._finds.take(header["id"])
        if job is not None:
            job.resolve(Finding(tuple(Found(*mass) for mass in header["masses"])))

    def _not_found(self, header: dict[str, Any]) -> None:
        job, error = self._finds.take(header["id"]), _known(header)
        if job is not None:
            job.fail(error)
        if error.code == UNUSABLE:
            self._finds.give_up(error)

    def _take_state(self, header: dict[str, Any]) -> None:
        restarts = self._state.restarts
        if header["phase"] == "withheld":
            self._show(WorkerState("withheld", header["model"], error=_known(header), restarts=restarts))
            self._fail_all()
            return
        self._bias, self._recipe = float(header["bias"]), header["recipe"]
        described = {key: header[key] for key in ("model", "engine", "device", "note")}
        self._show(WorkerState("ready", **described, methods=tuple(header["methods"]), restarts=restarts))

    def _ended(self, link: Link) -> None:
        if link is not self._link:
            return
        self._link = None
        link.close()
        if self._state.phase != "withheld":  # a worker that withholds has nothing more to do, and ends
            self._died(*link.last_words())

    def _died(self, reason: str, details: str) -> None:
        """Once, another worker goes on with what this one had; the second time it is over."""
        jobs = self._jobs_in_flight()
        self._in_flight.clear()
        model, restarts = self._state.model, self._state.restarts
        died = KnownError("worker-died", reason=reason, details=details)
        for job in jobs:
            if job.lane == "explain":
                job.fail(died)  # it may be what kills the worker: never twice by itself
        self._finds.died(KnownError(UNUSABLE, reason=reason))
        self._lanes.put_back([job for job in jobs if not job.future.done()])
        if restarts:
            self._show(WorkerState("stopped", model, error=died, restarts=restarts))
            self._fail_all()
            return
        error = KnownError("worker-restarted", reason=reason, details=details)
        self._show(WorkerState("starting", model, error=error, restarts=1))
        self._connect()

    def _fail_all(self) -> None:
        for job in [*self._lanes.empty(), *self._finds.empty()]:
            job.fail(self._why_not())

    def _why_not(self) -> KnownError:
        assert self._state.error is not None, "withheld and stopped say why"
        return self._state.error

    def _jobs_in_flight(self) -> list[Job]:
        return list(dict.fromkeys(piece.job for piece in self._in_flight.values()))

    def _scores(self, answers: list[Answer]) -> Scores:
        margins, maps = (np.concatenate(arrays) for arrays in zip(*answers, strict=True))
        return Scores(margins, maps, self._bias, self._state.model, self._state.engine, self._recipe)


def _is_picture(pixels: NDArray[Any]) -> bool:
    return pixels.dtype == np.uint8 and (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3))


def _map(answers: list[Answer]) -> NDArray[np.float32]:
    return answers[0][0]


def _known(header: dict[str, Any]) -> KnownError:
    return KnownError(header["code"], **header["fields"])
