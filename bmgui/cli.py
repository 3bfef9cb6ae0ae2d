"""The command line: `bmgui` opens the window; `bmgui score …` and `bmgui propose …` do the same jobs without it.

Answers go to standard output, everything else (notes, progress, errors) to standard error. Exit codes: 0; 1 where
something failed; 2 for wrong usage; 130 when interrupted.
"""

import argparse
import contextlib
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bmgui
from bmgui.base.errors import KnownError
from bmgui.base.files import check_writable, write_with
from bmgui.wording import BANDS, DOUBTS, english, sentence, tr

if TYPE_CHECKING:  # the window starts through here: it pays for nothing that it does not need
    from bmgui.imaging.codec import Codec
    from bmgui.reading.bulk import Reading
    from bmgui.reading.lists import Request
    from bmgui.scoring.card import Card
    from bmgui.scoring.client import ScoringClient

WINDOW_HELP = "without a command, or with files alone: open the window"
_COMMANDS = ("score", "propose")
_TICK_S = 0.1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in (*_COMMANDS, "--version", "--help", "-h"):
        return _command(given)
    from bmgui.ui.app import main as window  # only now: commands need no Qt

    return window(given)


def _command(given: list[str]) -> int:
    _speak_utf8()
    try:
        options = _parsed(given)
        code: int = options.run(options)
    except KnownError as error:
        _complain(error)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `bmgui propose … | head`
        return 1
    return code


# --- arguments ---


def _parsed(given: Sequence[str]) -> argparse.Namespace:
    try:
        return _parser().parse_args(_with_joined_square(given))
    except SystemExit:
        _print("")  # `bmgui --help | true`: found out here, not at the end
        raise


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("bmgui", description=bmgui.__doc__, epilog=WINDOW_HELP, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"bmgui {bmgui.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    score = commands.add_parser(
        "score",
        help="the probability of malignancy for a square, or for a list of squares",
        description="Score FILEs (the first proposed square where none is given), or every row of a list in bulk.",
        allow_abbrev=False,
    )
    _add_inputs(score)
    score.add_argument("--square", type=_square, metavar="LEFT,TOP,SIDE", help="in pixels of the decoded frame")
    score.add_argument("--frame", type=_frame, metavar="N", help="counted from 1 (default: 1)")
    score.add_argument("--evidence", type=_evidence, metavar="OUT", help=".png: overlay; .npy: the signed float32 map")
    score.add_argument("--json", action="store_true", help="a list with an object for each FILE")
    score.add_argument("--model", metavar="ID", help="default: the library's")
    score.add_argument("--prior", type=_prior, metavar="P", help="share of malignant masses (default: the card's)")
    score.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="default: auto")
    score.set_defaults(run=_score, parser=score)

    propose = commands.add_parser(
        "propose",
        help="the squares that the window would offer, as CSV",
        description="The proposed squares of FILEs, likeliest first, or of every file in a list.",
        allow_abbrev=False,
    )
    _add_inputs(propose)
    propose.set_defaults(run=_propose, parser=propose)
    return parser


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--list", type=Path, metavar="IN.csv", help="CSV in UTF-8 with a column for each input")
    parser.add_argument("--output", type=Path, metavar="OUT.csv", help="with --list: the same rows and what was found")


def _with_joined_square(given: Sequence[str]) -> list[str]:
    """`--square -5,0,100` as `--square=-5,0,100`: argparse takes what begins with a minus for an option."""
    joined: list[str] = []
    for argument in given:
        if joined and joined[-1] == "--square" and "--" not in joined:
            joined[-1] += "=" + argument
        else:
            joined.append(argument)
    return joined


def _square(text: str) -> tuple[int, int, int]:
    from bmgui.reading.lists import whole_number

    with _or_say("LEFT,TOP,SIDE are three whole numbers, the side at least 1"):
        left, top, side = (whole_number(part.strip()) for part in text.split(","))
        if side >= 1:
            return left, top, side
        raise ValueError


def _frame(text: str) -> int:
    from bmgui.reading.lists import whole_number

    with _or_say("frames are counted from 1"):
        number = whole_number(text)
        if number >= 1:
            return number
        raise ValueError


def _prior(text: str) -> float:
    with _or_say("a share lies between 0 and 1, for example 0.3"):
        if 0.0 < float(text) < 1.0:
            return float(text)
        raise ValueError


def _evidence(text: str) -> Path:
    with _or_say("evidence is written as .png or .npy"):
        if Path(text).suffix.lower() in (".png", ".npy"):
            return Path(text)
        raise ValueError


@contextlib.contextmanager
def _or_say(rule: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise argparse.ArgumentTypeError(rule) from error


def _check_inputs(options: argparse.Namespace, only_files: Sequence[str]) -> None:
    """Either FILEs or a list with its output: everything else is wrong usage (exit code 2)."""
    if options.list is None:
        if not options.files:
            options.parser.error("name a FILE, or --list IN.csv --output OUT.csv")
        if options.output is not None:
            options.parser.error("--output goes with --list")
        return
    if options.files:
        options.parser.error("either FILEs or --list")
    if options.output is None:
        options.parser.error("--list needs --output OUT.csv")
    for name in only_files:
        if getattr(options, name):
            options.parser.error(f"--{name} goes with FILEs, not with --list")


# --- score ---


def _score(options: argparse.Namespace) -> int:
    _check_inputs(options, ("square", "frame", "evidence", "json"))
    if options.evidence is not None and len(options.files) != 1:
        options.parser.error("--evidence goes with one FILE")
    for target in (options.evidence, options.output):
        if target is not None:  # said before anything is started
            check_writable(target, [options.list] if options.list else options.files)
    from bmgui.imaging.codec import Codec
    from bmgui.scoring.client import ScoringClient
    from bmgui.scoring.library import installed

    library = installed()
    model = library.default_id if options.model is None else options.model
    in_bulk = options.list is not None
    client = ScoringClient(library.folder(model), device=options.device, throughput=in_bulk)
    with client, Codec() as codec:
        if in_bulk:
            return _score_list(options, library.card(model), client, codec)
        return _score_files(options, library.card(model), client, codec)


def _score_list(options: argparse.Namespace, card: "Card", client: "ScoringClient", codec: "Codec") -> int:
    from bmgui.reading.bulk import score_list
    from bmgui.reading.lists import SCORE_COLUMNS, read_table

    table = read_table(options.list, ("file", "left", "top", "side"), SCORE_COLUMNS)
    with _progress() as show:
        failed = score_list(
            table,
            options.output,
            card=card,
            client=client,
            codec=codec,
            prior=options.prior,
            say=english,
            on_progress=show,
        )
    return _count_failed(failed, len(table.rows), options.output)


def _score_files(options: argparse.Namespace, card: "Card", client: "ScoringClient", codec: "Codec") -> int:
    from bmgui.imaging.square import Square
    from bmgui.reading.bulk import read_one
    from bmgui.reading.lists import Request

    square = None if options.square is None else Square(*options.square)
    described: list[dict[str, Any]] = []
    failed = False
    for file in options.files:
        asked = Request(file, square, options.frame or 1)
        try:
            reading = read_one(asked, card=card, client=client, codec=codec, prior=options.prior)
            if options.evidence is not None:
                _write_evidence(options.evidence, reading, card)
        except KnownError as error:
            if client.state.phase in ("withheld", "stopped"):
                raise client.state.error or error from error  # said once: no file can be scored
            failed = True
            _complain(error, file)
            described.append(_failed(asked, card, error))
            continue
        if options.json:
            described.append(_described(asked, reading))
            if reading.proposed:
                _note(tr("{file}: no square was given, the first proposal is used", file=file))
        else:
            _print("\n".join(_told(file, reading, card)) + "\n")
    if options.json:
        text = json.dumps(described, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
        _print(text.encode("utf-8", "backslashreplace").decode())  # a file's name may be no UTF-8: JSON's escapes
    else:
        _print(tr("Second opinion for research. Not a medical device.") + "\n")
    return int(failed)


def _described(asked: "Request", reading: "Reading") -> dict[str, Any]:
    """The keys of a scored list's columns, and band and range. left, top, side: as asked, null where proposed."""
    opinion = reading.opinion
    used = opinion.subject.square
    return {
        **_asked(asked),
        "used_left": used.left,
        "used_top": used.top,
        "used_side": used.side,
        "probability": opinion.probability,
        "margin": opinion.margin,
        "doubts": list(opinion.doubts),
        "model": opinion.subject.model,
        "error": None,
        "band": {"number": opinion.band.number, "name": opinion.band.name},
        "range": [opinion.low, opinion.high],
    }


def _failed(asked: "Request", card: "Card", error: "KnownError") -> dict[str, Any]:
    nothing = dict.fromkeys(("used_left", "used_top", "used_side", "probability", "margin"))
    told: dict[str, Any] = {
        "doubts": [],
        "model": card.id,
        "error": f"{error.code}: {english(error)}",
        "band": None,
        "range": None,
    }
    return {**_asked(asked), **nothing, **told}


def _asked(asked: "Request") -> dict[str, Any]:
    square = asked.square
    where = (None, None, None) if square is None else (square.left, square.top, square.side)
    return {"file": str(asked.file), **dict(zip(("left", "top", "side"), where, strict=True)), "frame": asked.frame}


def _told(file: Path, reading: "Reading", card: "Card") -> Iterator[str]:
    """An opinion for people, line by line."""
    from bmgui.ui.percent import percent, percent_range

    opinion, band = reading.opinion, reading.opinion.band
    used = opinion.subject.square
    assert opinion.low is not None, "a single file is scored with its range"
    assert opinion.high is not None, "a single file is scored with its range"
    yield tr("{file}, frame {frame}", file=file, frame=opinion.subject.frame)
    where = f"{used.left},{used.top},{used.side}"
    if reading.proposed:
        yield tr("  square       {where} (no square was given: the first proposal)", where=where)
    else:
        yield tr("  square       {where}", where=where)
    yield tr("  malignant    {percent}", percent=percent(opinion.probability))
    yield tr("  range        {range} when the square is nudged", range=percent_range(opinion.low, opinion.high))
    yield tr("  score band   {number} of {of}: {name}", number=band.number, of=len(card.bands), name=_band(band.name))
    yield tr("  margin       {margin}", margin=f"{opinion.margin:+.4f}")
    yield tr("  assumes      {percent} malignant masses", percent=percent(opinion.subject.prior))
    yield tr("  model        {model} ({engine})", model=opinion.subject.model, engine=opinion.engine)
    for code in opinion.doubts:
        yield tr("  doubt        {sentence}", sentence=tr(DOUBTS[code], modality=reading.scan.modality))


def _band(name: str) -> str:
    return tr(BANDS.get(name, name))  # a card may carry bands of its own


def _write_evidence(target: Path, reading: "Reading", card: "Card") -> None:
    """The overlay as PNG, or the signed float32 map as NPY."""
    if target.suffix.lower() == ".npy":
        import numpy as np

        write_with(target, lambda stream: np.save(stream, reading.evidence.map, allow_pickle=False))
        return
    from PIL import Image

    from bmgui.reading.evidence import overlay, scale_of

    picture = overlay(reading.frame, reading.opinion.subject.square, reading.evidence.map, scale_of(card))
    write_with(target, lambda stream: Image.fromarray(picture).save(stream, "PNG"))


# --- propose ---


def _propose(options: argparse.Namespace) -> int:
    _check_inputs(options, ())
    from bmgui.imaging.codec import Codec
    from bmgui.reading.bulk import propose_fields, propose_list, propose_requests
    from bmgui.reading.lists import PROPOSE_COLUMNS, Request, line, read_table

    with Codec() as codec:
        if options.list is not None:
            table = read_table(options.list, ("file",), PROPOSE_COLUMNS)
            with _progress() as show:
                failed = propose_list(table, options.output, codec=codec, say=english, on_progress=show)
            return _count_failed(failed, len(table.rows), options.output)
        failed = 0
        _print(line(("file", *PROPOSE_COLUMNS)).decode())
        with contextlib.closing(propose_requests([Request(file, None) for file in options.files], codec)) as answers:
            for file, answer in zip(options.files, answers, strict=True):
                if isinstance(answer, KnownError):
                    failed += 1
                    _complain(answer, file)
                for fields in propose_fields(answer, english):
                    _print(line((str(file), *fields)).decode("utf-8", "surrogateescape"))
    return int(failed > 0)


# --- speaking ---


def _speak_utf8() -> None:
    """Names of files are in any script, whatever the locale says; bytes that are no UTF-8 pass as they are."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")


def _print(text: str) -> None:
    """To standard output, at once: what fails is found out here. Raises BrokenPipeError, or "output-not-written"."""
    try:
        print(text, end="", flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains when it flushes at the end
        if isinstance(error, BrokenPipeError):
            raise
        raise KnownError("output-not-written", reason=error.strerror or str(error)) from error


def _note(text: str) -> None:
    print(text, file=sys.stderr)


def _complain(error: KnownError, file: Path | None = None) -> None:
    """One sentence, which names the file."""
    said = sentence(error)
    _note(said if file is None or str(file) in said else f"{file}: {said}")


def _count_failed(failed: int, rows: int, output: Path) -> int:
    if failed:
        _note(
            tr(
                "{failed} of {rows} rows failed; the column error of {file} says why.",
                failed=failed,
                rows=rows,
                file=output,
            )
        )
    return int(failed > 0)


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Counts rows on a terminal, at most ten times a second; silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    last = 0.0

    def show(done: int, rows: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done == rows or now - last >= _TICK_S:
            last = now
            print("\r" + tr("{done} of {rows}", done=done, rows=rows), end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if last:
            print(file=sys.stderr)
