"""Which scan and frame are shown: opening, stepping, decoding, thumbnails. Main thread only; the work runs elsewhere.

A frame that is decoded after the reader moved on is kept for later and not shown.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.imaging.codec import Codec
from bmgui.imaging.crop import Frame
from bmgui.imaging.proposals import Proposer
from bmgui.imaging.scan import Scan
from bmgui.reading.background import Background
from bmgui.reading.exams import Arrived, OpenExams, open_all
from bmgui.reading.frames import MOST_FRAME_BYTES, Decoded, Latest, decode, small_picture
from bmgui.reading.readings import Readings
from bmgui.reading.store import Kept, Store

Change = Callable[[str], None]
_FrameKey = tuple[str, int]
_MOST_THUMBNAILS = 2000


class Gallery:
    """The open scans and the shown frame.

    tell: called with the aspects that changed. leave: called before another frame is shown. arrive: called when the
    shown frame is decoded and what is kept of its scan is known. trouble: gets known errors of the store.
    """

    def __init__(
        self,
        background: Background,
        store: Store,
        readings: Readings,
        proposer: Proposer,
        *,
        tell: Callable[..., None],
        leave: Callable[[], None],
        arrive: Callable[[], None],
        trouble: Callable[[KnownError], None],
    ) -> None:
        self._background, self._store, self._readings, self._proposer = background, store, readings, proposer
        self._tell, self._leave, self._arrive, self._trouble = tell, leave, arrive, trouble
        self._codec = Codec()
        self.open = OpenExams()
        self.scan: Scan | None = None
        self.number = 0
        self.decoded: Decoded | None = None
        self.error: KnownError | None = None
        self._openings = 0
        self._stopped = threading.Event()
        self._left_at: dict[Path, int] = {}
        self._frames: Latest[_FrameKey, Decoded] = Latest(MOST_FRAME_BYTES, lambda decoded: decoded.frame.nbytes)
        self._wanted: Future[object] | None = None
        self._saving: Future[None] | None = None
        self._thumbnails: Latest[str, Frame | KnownError] = Latest(_MOST_THUMBNAILS)
        self._thumbnails_wanted: dict[str, list[Callable[[Frame | KnownError], None]]] = {}

    @property
    def opening(self) -> bool:
        return self._openings > 0

    # --- opening -----------------------------------------------------------------------------------------------------
    def open_paths(self, paths: Iterable[Path], *, show: bool) -> None:
        """Open them in the background; the first scan of them is shown as it arrives, if `show` or nothing is."""
        self._openings += 1
        stopped = self._stopped
        to_show = [True] if show else []  # emptied once this opening has shown its first scan
        work = partial(open_all, list(paths), self._codec, stopped, self._from_thread(stopped, to_show))
        self._background.run("open", work, partial(self._opened, stopped))
        self._tell("exams")

    def _from_thread(self, stopped: threading.Event, to_show: list[bool]) -> Callable[[list[Arrived]], None]:
        return lambda batch: self._background.soon(partial(self._take, stopped, to_show, batch))

    def _take(self, stopped: threading.Event, to_show: list[bool], batch: list[Arrived]) -> None:
        if stopped.is_set():
            return
        self.open.add(batch)
        self._tell("exams")
        first = next((one for one in batch if isinstance(one, Scan)), None)
        if first is not None and (to_show or self.scan is None):
            to_show.clear()
            self._show(first, self._left_at.get(first.path, 1))

    def _opened(self, stopped: threading.Event, future: "Future[None]") -> None:
        if not stopped.is_set():
            self._openings -= 1
            self._tell("exams")
        future.result()

    def close_exams(self) -> None:
        """Forget every scan; what is still being opened is dropped."""
        self._leave()
        self._stopped.set()
        self._stopped, self._openings = threading.Event(), 0
        self.open, self.scan, self.number = OpenExams(), None, 0
        self.decoded = self.error = None
        self._left_at.clear()
        self._frames.clear()
        self._thumbnails_wanted.clear()
        self._readings.clear()
        self._tell("exams", "scan", "frame", "square", "opinion", "evidence")

    # --- scans and frames --------------------------------------------------------------------------------------------
    def show_scan(self, index: int) -> None:
        """Scan `index` of `open.scans`, at the frame where it was left. Out of range: nothing."""
        if 0 <= index < len(self.open.scans):
            scan = self.open.scans[index]
            self._show(scan, self._left_at.get(scan.path, 1))

    def show_frame(self, number: int) -> None:
        if self.scan is not None:
            self._show(self.scan, min(max(number, 1), self.scan.frames))

    def _show(self, scan: Scan, number: int) -> None:
        same_scan = self.scan is not None and self.scan.path == scan.path
        if same_scan and self.scan is scan and self.number == number and self.error is None:
            return
        self._leave()
        self.scan, self.number = scan, number
        self._left_at[scan.path] = number
        self.decoded = self._frames.get((scan.fingerprint, number)) if self._readings.knows(scan.fingerprint) else None
        self.error = self.decoded.error if self.decoded else None
        self._tell(*([] if same_scan else ["scan"]), "frame", "square", "opinion", "evidence")
        if self.decoded is None:
            self._want(scan, number)
        else:
            self._arrive()

    def _want(self, scan: Scan, number: int) -> None:
        if self._wanted is not None:
            self._wanted.cancel()  # what nobody waits for is not begun
        load = not self._readings.knows(scan.fingerprint)
        work = partial(_fetch, scan, number, self._proposer, self._store if load else None, self._saving)
        self._wanted = self._background.decode(work, partial(self._fetched, scan, number), urgent=True)

    def _fetched(self, scan: Scan, number: int, future: "Future[_Fetched]") -> None:
        decoded, kept = future.result()
        if self.open.index(scan.path) is None:
            return  # closed meanwhile
        if isinstance(kept, KnownError):
            self._trouble(kept)
            kept = {}
        if kept is not None:
            self._readings.take(scan.fingerprint, kept)
        if isinstance(decoded, Decoded):
            self._frames.add((scan.fingerprint, number), decoded)
        if self.scan is not scan or self.number != number:
            return
        if isinstance(decoded, KnownError):
            self.error = decoded
            self._tell("frame")
            return
        self.decoded, self.error = decoded, decoded.error
        self._tell("frame", "square")
        self._arrive()

    # --- thumbnails, keeping, the end --------------------------------------------------------------------------------
    def thumbnail(self, scan: Scan, done: Callable[[Frame | KnownError], None]) -> None:
        ready = self._thumbnails.get(scan.fingerprint)
        if ready is not None:
            self._background.soon(partial(done, ready))
            return
        waiting = self._thumbnails_wanted.setdefault(scan.fingerprint, [])
        waiting.append(done)
        if len(waiting) == 1:
            take = partial(self._take_thumbnail, self._stopped, scan.fingerprint)
            self._background.decode(partial(small_picture, scan), take, urgent=False)

    def _take_thumbnail(self, stopped: threading.Event, fingerprint: str, future: "Future[Frame]") -> None:
        try:
            picture: Frame | KnownError = future.result()
        except KnownError as error:
            picture = error
        self._thumbnails.add(fingerprint, picture)
        if not stopped.is_set():
            for done in self._thumbnails_wanted.pop(fingerprint, []):
                done(picture)

    def keep(self, fingerprint: str, kept: Kept) -> None:
        """Write what is to be kept of a scan, in the background."""
        self._saving = self._background.run(
            "keep", partial(self._store.save, fingerprint, kept), partial(self._kept, fingerprint)
        )

    def _kept(self, fingerprint: str, future: "Future[None]") -> None:
        try:
            future.result()
        except KnownError as error:
            self._readings.not_written(fingerprint)
            self._trouble(error)

    def close(self) -> None:
        self._stopped.set()
        self._codec.close()


_Fetched = tuple[Decoded | KnownError, "Kept | KnownError | None"]


def _fetch(scan: Scan, number: int, proposer: Proposer, store: Store | None, saving: "Future[None] | None") -> _Fetched:
    """Decode, and load what is kept where `store` is given: after what is just being written."""
    kept: Kept | KnownError | None = None
    if store is not None:
        if saving is not None:
            saving.exception()
        try:
            kept = store.load(scan.fingerprint)
        except KnownError as error:
            kept = error
    try:
        return decode(scan, number, proposer), kept
    except KnownError as error:
        return error, kept
