"""All background work of the desk: run this in a thread, call that in the main thread with what came of it.

Three lanes, a thread each, started when first needed: "open" (files), "decode" (frames, the most urgent first), "keep"
(writing; never dropped). After `close` nothing is called any more.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Literal, TypeVar

T = TypeVar("T")
BackgroundLane = Literal["open", "decode", "keep"]
Done = Callable[["Future[Any]"], None]


class Background:
    """call_soon: runs a callable in the main thread soon; called from the lanes' threads."""

    def __init__(self, call_soon: Callable[[Callable[[], None]], None]) -> None:
        self._call_soon = call_soon
        self._closed = threading.Event()
        self._lanes = {name: ThreadPoolExecutor(1, f"desk {name}") for name in ("open", "decode", "keep")}
        self._waiting: list[tuple[Future[Any], Callable[[], Any]]] = []  # to be decoded: the last is the most urgent
        self._lock = threading.Lock()

    def soon(self, call: Callable[[], None]) -> None:
        """Call it in the main thread soon, unless closed by then. From any thread."""
        if not self._closed.is_set():
            self._call_soon(partial(self._unless_closed, call))

    def run(self, lane: Literal["open", "keep"], work: Callable[[], T], done: Done | None = None) -> "Future[T]":
        """Run `work` in its lane, one after the other; `done` gets the finished future in the main thread.

        `done` calls `result()` on it: known errors are its to catch, bugs go on into the main thread.
        """
        future = self._lanes[lane].submit(work)
        self._report(future, done)
        return future

    def decode(self, work: Callable[[], T], done: Done, *, urgent: bool) -> "Future[T]":
        """Run `work` in the decoding lane. The urgent go before the others, and the newest of them first."""
        future: Future[T] = Future()
        self._report(future, done)
        with self._lock:
            self._waiting.insert(len(self._waiting) if urgent else 0, (future, work))
        self._lanes["decode"].submit(self._decode_next)
        return future

    def close(self) -> None:
        """Drop what waits (but write what is to be kept) and wait for what runs."""
        self._closed.set()
        for lane in self._lanes.values():
            lane.shutdown(wait=False, cancel_futures=lane is not self._lanes["keep"])
        for lane in self._lanes.values():
            lane.shutdown(wait=True)
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for future, _ in waiting:
            future.cancel()

    def stop(self) -> None:
        """Call nothing any more; `close` is still to come."""
        self._closed.set()

    def _decode_next(self) -> None:
        with self._lock:
            future, work = self._waiting.pop()
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(work())
        except BaseException as error:  # it is raised again where `result()` is asked for
            future.set_exception(error)

    def _report(self, future: "Future[Any]", done: Done | None) -> None:
        def finished(finished_future: "Future[Any]") -> None:
            if not finished_future.cancelled():
                self.soon(partial(done or _raise_bugs, finished_future))

        future.add_done_callback(finished)

    def _unless_closed(self, call: Callable[[], None]) -> None:
        if not self._closed.is_set():
            call()


def _raise_bugs(future: "Future[Any]") -> None:
    future.result()
