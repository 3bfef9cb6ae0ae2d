"""Opinions without a window: of one file, with its range and map, and of long lists, batched.

In bulk, files are opened, decoded and cropped in a few threads, a bounded stretch ahead, while the worker scores what
came before. Answers come in the order of the requests; a bad file is an answer too, and stops nothing.

`find` asks the finder (see `proposing.finding_by`); None: the rule proposes, and no doubt of the finder is raised.
"""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from bmgui.base.errors import KnownError
from bmgui.base.files import check_writable, staged
from bmgui.imaging.codec import Codec
from bmgui.imaging.crop import Frame, make_crop
from bmgui.imaging.opening import open_scan
from bmgui.imaging.scan import Scan
from bmgui.imaging.square import fit_square, nudged_squares
from bmgui.reading.doubts import doubts, frame_doubts
from bmgui.reading.lists import PROPOSE_COLUMNS, SCORE_COLUMNS, Request, Table, line, number, request
from bmgui.reading.opinion import Evidence, Opinion, Subject, make_opinion
from bmgui.reading.proposing import Find, Kind, Offer, offer
from bmgui.scoring.card import Card
from bmgui.scoring.client import Scores, ScoringClient
from bmgui.scoring.finding import Finding

_BATCH_CROPS = 32
_BATCHES_IN_WORK = 4
_ROWS_AHEAD = 192  # crops, not frames, wait: at most some 30 MB
_MOST_ROWS_TOGETHER = 16  # of one file, decoded once
_THREADS = max(2, min(4, os.cpu_count() or 2))

T = TypeVar("T")
OnProgress = Callable[[int, int], None]
"""Called with the number of rows that are done, and of all."""


@dataclass(frozen=True, eq=False)
class Reading:
    """One file read: its opinion with the range, and what it was made from.

    proposed: who proposed the square, where none was asked for; "" where one was.
    """

    scan: Scan
    frame: Frame
    opinion: Opinion
    evidence: Evidence
    proposed: Kind | Literal[""]


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A crop that waits for its margin."""

    subject: Subject
    doubts: tuple[str, ...]
    crop: NDArray[np.uint8]


@dataclass(frozen=True)
class Proposed:
    """What is proposed on a frame, and the doubts that hold for any square of it."""

    offer: Offer
    doubts: tuple[str, ...]


def read_one(
    request: Request,
    *,
    card: Card,
    client: ScoringClient,
    codec: Codec,
    prior: float | None,
    find: Find | None = None,
) -> Reading:
    """Open, crop, score with the 27 nudged squares. Raises KnownError: of the file, or of the worker."""
    scan = open_scan(request.file, codec)
    frame = scan.frame(request.frame)
    height, width = frame.shape[:2]
    finding = None if find is None else find(frame)
    subject, proposed = _subject(scan, frame, request, card, prior, finding)
    squares = tuple(dict.fromkeys((subject.square, *nudged_squares(subject.square, width, height))))
    crops = np.stack([make_crop(frame, square, card.side, card.channels, card.resample) for square in squares])
    scores = client.score(crops).result()
    opinion = make_opinion(
        card,
        subject,
        float(scores.margins[0]),
        nudged=[float(margin) for margin in scores.margins],
        doubts=doubts(scan, frame, subject.square, card, finding),
        engine=scores.engine,
    )
    return Reading(scan, frame, opinion, Evidence(subject, scores.maps[0], scores.bias), proposed)


def score_requests(
    requests: Sequence[Request | KnownError],
    *,
    card: Card,
    client: ScoringClient,
    codec: Codec,
    prior: float | None = None,
    find: Find | None = None,
) -> Generator[Opinion | KnownError, None, None]:
    """An opinion (without a range) or an error for each request, in order. `client` is best made with throughput=True.

    Raises KnownError where the worker cannot score at all (withheld, or died before its first answer).
    """

    waiting: deque[tuple[list[_Prepared | KnownError], Future[Scores] | None]] = deque()
    scored = False

    def prepare(rows: Sequence[Request | KnownError]) -> list[_Prepared | KnownError]:
        return _prepare(rows, card, codec, prior, find)

    def answers() -> Iterator[Opinion | KnownError]:
        nonlocal scored
        batch, future = waiting.popleft()
        yield from _answers(batch, future, card, first=not scored)
        scored = scored or future is not None

    with ThreadPoolExecutor(_THREADS, "decoding") as pool:
        try:
            for batch in _batches(_in_order(pool, prepare, _groups(requests))):
                crops = [item.crop for item in batch if isinstance(item, _Prepared)]
                waiting.append((batch, client.score(np.stack(crops)) if crops else None))
                if len(waiting) == _BATCHES_IN_WORK:
                    yield from answers()
            while waiting:
                yield from answers()
        finally:
            pool.shutdown(cancel_futures=True)


def score_list(
    table: Table,
    output: Path,
    *,
    card: Card,
    client: ScoringClient,
    codec: Codec,
    prior: float | None,
    say: Callable[[KnownError], str],
    on_progress: OnProgress,
    find: Find | None = None,
) -> int:
    """Score every row of the list into `output`, which is written whole; the number of rows that failed.

    say: words an error in English. Raises KnownError("file-not-written") before any work where `output` cannot be
    written, "output-is-input" where it is the list or one of its files, and what `score_requests` raises.
    """
    requests = _requests(table, output, with_square=True)
    failed = 0
    scoring = score_requests(requests, card=card, client=client, codec=codec, prior=prior, find=find)
    with staged(output) as stream, closing(scoring) as answers:
        stream.write(line((*table.header, *SCORE_COLUMNS)))
        for done, (row, answer) in enumerate(zip(table.rows, answers, strict=True), 1):
            failed += isinstance(answer, KnownError)
            stream.write(line((*row, *score_fields(answer, card.id, say))))
            on_progress(done, len(table.rows))
    return failed


def score_fields(answer: Opinion | KnownError, model: str, say: Callable[[KnownError], str]) -> tuple[str, ...]:
    """The fields of SCORE_COLUMNS; a failure has no numbers."""
    if isinstance(answer, KnownError):
        return ("", "", "", "", "", "", model, f"{answer.code}: {say(answer)}")
    square = answer.subject.square
    where = (str(square.left), str(square.top), str(square.side))
    return (*where, number(answer.probability), number(answer.margin), ";".join(answer.doubts), model, "")


def propose_requests(
    requests: Sequence[Request | KnownError], codec: Codec, find: Find | None = None
) -> Generator[Proposed | KnownError, None, None]:
    """The squares that the window would offer for each request, likeliest first, or an error; in order."""

    def proposals(rows: Sequence[Request | KnownError]) -> list[Proposed | KnownError]:
        return [_proposals(row, codec, find) for row in rows]

    with ThreadPoolExecutor(_THREADS, "decoding") as pool:
        try:
            yield from _in_order(pool, proposals, _groups(requests))
        finally:
            pool.shutdown(cancel_futures=True)


def propose_list(
    table: Table,
    output: Path,
    *,
    codec: Codec,
    say: Callable[[KnownError], str],
    on_progress: OnProgress,
    find: Find | None = None,
) -> int:
    """A line for each proposal of each row into `output`, written whole; the number of rows that failed."""
    requests = _requests(table, output, with_square=False)
    failed = 0
    with staged(output) as stream, closing(propose_requests(requests, codec, find)) as answers:
        stream.write(line((*table.header, *PROPOSE_COLUMNS)))
        for done, (row, answer) in enumerate(zip(table.rows, answers, strict=True), 1):
            failed += isinstance(answer, KnownError)
            stream.writelines(line((*row, *fields)) for fields in propose_fields(answer, say))
            on_progress(done, len(table.rows))
    return failed


def propose_fields(answer: Proposed | KnownError, say: Callable[[KnownError], str]) -> Iterator[tuple[str, ...]]:
    """The fields of PROPOSE_COLUMNS for each proposal; one line with the error alone for a failure."""
    if isinstance(answer, KnownError):
        yield ("", "", "", "", "", "", f"{answer.code}: {say(answer)}")
        return
    for rank, square in enumerate(answer.offer.squares, 1):
        where = (str(square.left), str(square.top), str(square.side))
        yield (*where, str(rank), answer.offer.kind, ";".join(answer.doubts), "")


def _requests(table: Table, output: Path, *, with_square: bool) -> list[Request | KnownError]:
    """What every row asks for. Refuses an `output` that cannot be written or that would destroy what is read."""
    requests = [request(table, row, with_square) for row in range(len(table.rows))]
    check_writable(output, {table.path, *(row.file for row in requests if isinstance(row, Request))})
    return requests


def _subject(
    scan: Scan, frame: Frame, request: Request, card: Card, prior: float | None, finding: Finding | None
) -> tuple[Subject, Kind | Literal[""]]:
    """What is scored, and who proposed its square ("": it was asked for)."""
    height, width = frame.shape[:2]
    by: Kind | Literal[""] = ""
    if request.square is None:
        offered = offer(frame, finding)
        square, by = offered.squares[0], offered.kind
    else:
        square = fit_square(request.square, width, height)
    assumed = card.calibration.prior if prior is None else prior
    return Subject(scan.fingerprint, request.frame, square, card.id, assumed, card.sha256), by


def _prepare(
    rows: Sequence[Request | KnownError], card: Card, codec: Codec, prior: float | None, find: Find | None
) -> list[_Prepared | KnownError]:
    """Crops of rows that share a file, which is opened once; and so is a frame that follows itself."""
    scan: Scan | None = None
    shown: tuple[int, Frame, Finding | None] | None = None
    prepared: list[_Prepared | KnownError] = []
    for row in rows:
        try:
            if isinstance(row, KnownError):
                raise row
            scan = scan or open_scan(row.file, codec)
            if shown is None or shown[0] != row.frame:
                frame = scan.frame(row.frame)
                shown = (row.frame, frame, None if find is None else find(frame))
            _, frame, finding = shown
            subject, _ = _subject(scan, frame, row, card, prior, finding)
            crop = make_crop(frame, subject.square, card.side, card.channels, card.resample)
            prepared.append(_Prepared(subject, doubts(scan, frame, subject.square, card, finding), crop))
        except KnownError as error:
            prepared.append(error)
    return prepared


def _proposals(row: Request | KnownError, codec: Codec, find: Find | None) -> Proposed | KnownError:
    try:
        if isinstance(row, KnownError):
            raise row
        scan = open_scan(row.file, codec)
        frame = scan.frame(row.frame)
        finding = None if find is None else find(frame)
        return Proposed(offer(frame, finding), frame_doubts(scan, finding))
    except KnownError as error:
        return error


def _answers(
    batch: list[_Prepared | KnownError], future: "Future[Scores] | None", card: Card, *, first: bool
) -> Iterator[Opinion | KnownError]:
    scores: Scores | None = None
    trouble: KnownError | None = None
    try:
        scores = future.result() if future is not None else None
    except KnownError as error:
        if first:
            raise  # nothing can be scored: said once, not in every row
        trouble = error
    margins = iter(() if scores is None else scores.margins.tolist())
    for item in batch:
        if isinstance(item, KnownError):
            yield item
        elif trouble is not None:
            yield trouble
        else:
            assert scores is not None, "a prepared crop was sent"
            yield make_opinion(card, item.subject, next(margins), doubts=item.doubts, engine=scores.engine)


def _groups(requests: Iterable[Request | KnownError]) -> Iterator[list[Request | KnownError]]:
    """Neighbours that name the same file, a limited number at a time."""
    group: list[Request | KnownError] = []
    for row in requests:
        last = group[-1] if group else None
        same = isinstance(last, Request) and isinstance(row, Request) and last.file == row.file
        if group and (not same or len(group) == _MOST_ROWS_TOGETHER):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _in_order(
    pool: ThreadPoolExecutor,
    work: Callable[[Sequence[Request | KnownError]], list[T]],
    groups: Iterable[list[Request | KnownError]],
) -> Iterator[T]:
    """work(group) for every group, in threads, at most some rows ahead; the results one by one, in order."""
    ahead: deque[tuple[int, Future[list[T]]]] = deque()
    rows = 0
    for group in groups:
        ahead.append((len(group), pool.submit(work, group)))
        rows += len(group)
        while rows >= _ROWS_AHEAD:
            size, future = ahead.popleft()
            rows -= size
            yield from future.result()
    while ahead:
        yield from ahead.popleft()[1].result()


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    batch: list[T] = []
    for item in items:
        batch.append(item)
        if len(batch) == _BATCH_CROPS:
            yield batch
            batch = []
    if batch:
        yield batch
