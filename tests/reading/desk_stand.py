"""What the desk's tests stand on: a main thread to pump, and a client whose answers come when the test says so.

finds: its worker has a finder, whose answers come likewise.
"""

import queue
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bmgui.base.errors import KnownError
from bmgui.imaging.square import Square
from bmgui.reading.desk import Desk
from bmgui.reading.store import Store
from bmgui.scoring.card import Band, Calibration, Card, Geometry, OperatingPoint, Reference
from bmgui.scoring.client import Scores, WorkerState
from bmgui.scoring.finding import Finding, Found

BANDS = (
    Band(1, 0.02, "very low"),
    Band(2, 0.10, "low"),
    Band(3, 0.50, "intermediate"),
    Band(4, 0.95, "high", inclusive=False),
    Band(5, 1.0, "very high"),
)
PATIENCE_S = 20.0


def make_card(model: str = "first", **changed: object) -> Card:
    fields: dict[str, object] = {
        "schema": 1,
        "id": model,
        "title": model,
        "architecture": "vgg16",
        "side": 224,
        "channels": "grey",
        "mean": (0.485, 0.456, 0.406),
        "std": (0.229, 0.224, 0.225),
        "resample": "bilinear",
        "flip_average": True,
        "classes": ("benign", "malignant"),
        "sha256": model.encode().hex().ljust(64, "0"),
        "calibration": Calibration(0.824, -0.724, 0.32),
        "operating_points": (OperatingPoint("Youden", 0.233, "validation"),),
        "bands": BANDS,
        "reference": Reference("reference.png", 1.0, 0.01),
        "geometry": Geometry(80, 600, "measured"),
        "data": (),
        "figures": (),
        "licence": "research",
        "limits": (),
    }
    return Card(**{**fields, **changed})  # type: ignore[arg-type]


class MainThread:
    """`call_soon` from any thread; `pump` and `wait` run what came, in the test's own thread."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.calls = 0

    def call_soon(self, call: Callable[[], None]) -> None:
        self.calls += 1
        self._calls.put(call)

    def pump(self) -> None:
        while not self._calls.empty():
            self._calls.get()()

    def wait(self, until: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
        end = time.monotonic() + patience_s
        while not until():
            left = end - time.monotonic()
            assert left > 0, "waited in vain"
            try:
                self._calls.get(timeout=min(left, 0.05))()
            except queue.Empty:
                continue


class StandInLibrary:
    """Two models, "first" and "second", of which no file exists."""

    default_id = "first"

    def __init__(self) -> None:
        self.cards = {"first": make_card("first", side=96), "second": make_card("second", side=75)}

    def card(self, model: str) -> Card:
        if model not in self.cards:
            raise KnownError("no-such-model", model=model, installed="")
        return self.cards[model]

    def folder(self, model: str) -> Path:
        self.card(model)
        return Path(model)


def margin_of(crop: NDArray[np.uint8], model: str) -> float:
    """The stand-in's score: says which crop, and which model, it is of."""
    return float(np.float32(crop.astype(np.float64).mean() / 25.0 - 5.0 + (model == "second")))


class StandInClient:
    """Keeps what is asked until `answer`. It cancels nothing by itself: as if all were under way in the worker."""

    def __init__(
        self, folder: Path, *, device: str = "auto", on_state: Callable[[WorkerState], None] = lambda _: None
    ) -> None:
        self.model, self.device, self._on_state = folder.name, device, on_state
        self.state = WorkerState("starting", self.model)
        self.asked: list[tuple[NDArray[np.uint8], str, Future[Scores]]] = []
        self.explained: list[tuple[str, NDArray[np.uint8], Callable[[float], None], Future[Any]]] = []
        self.looked_at: list[tuple[NDArray[np.uint8], Future[Finding]]] = []
        self.finds = False
        self.recipe = ""  # whose scores it says they are; "" says nothing
        self.closed = False

    def start(self) -> None:
        self.show(WorkerState("ready", self.model, "stand-in", "CPU", "", ("occlusion",)))

    def show(self, state: WorkerState) -> None:
        self.state = state
        self._on_state(state)

    def score(self, crops: NDArray[np.uint8], lane: str = "") -> "Future[Scores]":
        future: Future[Scores] = Future()
        self.asked.append((crops.copy(), lane, future))
        return future

    def explain(
        self, method: str, crop: NDArray[np.uint8], on_progress: Callable[[float], None]
    ) -> "Future[NDArray[np.float32]]":
        future: Future[NDArray[np.float32]] = Future()
        self.explained.append((method, crop, on_progress, future))
        return future

    def find(self, frame: NDArray[np.uint8]) -> "Future[Finding]":
        assert self.finds
        future: Future[Finding] = Future()
        self.looked_at.append((frame, future))
        return future

    def see(self, *masses: tuple[float, float, float, float], at: int = -1) -> None:
        """The finder's answer: these bounds, the first one likeliest."""
        self.looked_at[at][1].set_result(
            Finding(tuple(Found(*bounds, 0.9 - 0.1 * rank) for rank, bounds in enumerate(masses)))
        )

    def waiting(self, lane: str | None = None) -> list[int]:
        return [i for i, (_, of, future) in enumerate(self.asked) if not future.done() and lane in (None, of)]

    def answer(self, index: int) -> None:
        crops, _, future = self.asked[index]
        margins = np.array([margin_of(crop, self.model) for crop in crops], np.float32)
        maps = np.repeat(margins, 16).reshape(-1, 4, 4) - np.float32(0.5)
        future.set_result(Scores(margins, maps, 0.5, self.model, "stand-in", self.recipe))

    def answer_all(self) -> None:
        for index in self.waiting():
            self.answer(index)

    def close(self) -> None:
        self.closed = True
        for *_, future in (*self.asked, *self.looked_at):
            future.cancel()


class Stand:
    """A desk with its main thread; `clients` are those that it made, the last is in use."""

    def __init__(
        self, folder: Path, proposer: Callable[..., tuple[Square, ...]], finds: bool = False, **more: Any
    ) -> None:
        self.main, self.finds = MainThread(), finds
        self.clients: list[StandInClient] = []
        self.told: list[frozenset[str]] = []
        settings: dict[str, Any] = {"library": StandInLibrary(), "start_client": self._client, **more}
        self.desk = Desk(
            store=Store(folder),
            proposer=proposer,
            call_soon=self.main.call_soon,
            on_change=self.told.append,
            **settings,
        )

    def _client(self, *arguments: Any, **named: Any) -> StandInClient:
        self.clients.append(StandInClient(*arguments, **named))
        self.client.finds = self.finds
        return self.client

    @property
    def client(self) -> StandInClient:
        return self.clients[-1]

    def open(self, *paths: Path) -> None:
        """Open, and wait for the first frame and for the end of opening."""
        self.desk.open_paths(paths)
        self.main.wait(lambda: not self.desk.opening and self.frame_is_there())

    def frame_is_there(self) -> bool:
        return self.desk.frame is not None or self.desk.frame_error is not None

    def settle(self) -> None:
        """Answer everything until nothing more is asked."""
        self.main.pump()
        while self.client.waiting():
            self.client.answer_all()
            self.main.pump()

    def __enter__(self) -> "Stand":
        return self

    def __exit__(self, *_: object) -> None:
        self.desk.close()
