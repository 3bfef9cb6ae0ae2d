"""`bmgui score`: the probability of malignancy for a square, or for a list of squares."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bmgui.base.errors import KnownError
from bmgui.base.files import check_writable, write_with
from bmgui.cli.inputs import add_inputs, check_inputs, evidence_file, finder_folder, frame_number, share, square
from bmgui.cli.speaking import complain, count_failed, counting, note, say
from bmgui.wording import BANDS, DOUBTS, english, tr

if TYPE_CHECKING:
    from bmgui.cli.inputs import Commands
    from bmgui.imaging.codec import Codec
    from bmgui.reading.bulk import Reading
    from bmgui.reading.lists import Request
    from bmgui.reading.proposing import Find
    from bmgui.scoring.card import Card
    from bmgui.scoring.client import ScoringClient


def add(commands: "Commands") -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "score",
        help="the probability of malignancy for a square, or for a list of squares",
        description="Score FILEs (the first proposed square where none is given), or every row of a list in bulk.",
        allow_abbrev=False,
    )
    add_inputs(parser)
    parser.add_argument("--square", type=square, metavar="LEFT,TOP,SIDE", help="in pixels of the decoded frame")
    parser.add_argument("--frame", type=frame_number, metavar="N", help="counted from 1 (default: 1)")
    parser.add_argument(
        "--evidence", type=evidence_file, metavar="OUT", help=".png: overlay; .npy: the signed float32 map"
    )
    parser.add_argument("--json", action="store_true", help="a list with an object for each FILE")
    parser.add_argument("--model", metavar="ID", help="default: the one in use")
    parser.add_argument("--prior", type=share, metavar="P", help="share of malignant masses (default: the card's)")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="default: auto")
    parser.set_defaults(run=_run, parser=parser)


def _run(options: argparse.Namespace) -> int:
    check_inputs(options, ("square", "frame", "evidence", "json"))
    if options.evidence is not None and len(options.files) != 1:
        options.parser.error("--evidence goes with one FILE")
    for target in (options.evidence, options.output):
        if target is not None:  # said before anything is started
            check_writable(target, [options.list] if options.list else options.files)
    from bmgui.imaging.codec import Codec
    from bmgui.reading.proposing import finding_by
    from bmgui.scoring.client import ScoringClient
    from bmgui.scoring.library import installed

    library = installed()
    if options.model is None and library.trouble is not None:
        complain(library.trouble)
    model = library.default_id if options.model is None else options.model
    in_bulk = options.list is not None
    finder = finder_folder(options)
    client = ScoringClient(library.folder(model), finder=finder, device=options.device, throughput=in_bulk)
    find = None if finder is None else finding_by(client, complain)
    with client, Codec() as codec:
        if in_bulk:
            return _score_list(options, library.card(model), client, codec, find)
        return _score_files(options, library.card(model), client, codec, find)


def _score_list(
    options: argparse.Namespace, card: "Card", client: "ScoringClient", codec: "Codec", find: "Find | None"
) -> int:
    from bmgui.reading.bulk import score_list
    from bmgui.reading.lists import SCORE_COLUMNS, read_table

    table = read_table(options.list, ("file", "left", "top", "side"), SCORE_COLUMNS)
    with counting() as show:
        failed = score_list(
            table,
            options.output,
            card=card,
            client=client,
            codec=codec,
            prior=options.prior,
            say=english,
            on_progress=show,
            find=find,
        )
    return count_failed(failed, len(table.rows), options.output)


def _score_files(
    options: argparse.Namespace, card: "Card", client: "ScoringClient", codec: "Codec", find: "Find | None"
) -> int:
    from bmgui.imaging.square import Square
    from bmgui.reading.bulk import read_one
    from bmgui.reading.lists import Request

    square = None if options.square is None else Square(*options.square)
    described: list[dict[str, Any]] = []
    failed = False
    for file in options.files:
        asked = Request(file, square, options.frame or 1)
        try:
            reading = read_one(asked, card=card, client=client, codec=codec, prior=options.prior, find=find)
            if options.evidence is not None:
                _write_evidence(options.evidence, reading, card)
        except KnownError as error:
            if client.state.phase in ("withheld", "stopped"):
                raise client.state.error or error from error  # said once: no file can be scored
            failed = True
            complain(error, file)
            described.append(_failed(asked, card, error))
            continue
        if options.json:
            described.append(_described(asked, reading))
            if reading.proposed:
                note(tr("{file}: no square was given, the first proposal is used", file=file))
        else:
            say("\n".join(_told(file, reading, card)) + "\n")
    if options.json:
        text = json.dumps(described, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
        say(text.encode("utf-8", "backslashreplace").decode())  # a file's name may be no UTF-8: JSON's escapes
    else:
        say(tr("Second opinion for research. Not a medical device.") + "\n")
    return int(failed)


def _described(asked: "Request", reading: "Reading") -> dict[str, Any]:
    """The keys of a scored list's columns, and band and range. left, top, side: as asked, null where proposed."""
    opinion = reading.opinion
    used = opinion.subject.square
    return {
        **_asked(asked),
        "proposed_by": reading.proposed or None,
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
    nothing = dict.fromkeys(("proposed_by", "used_left", "used_top", "used_side", "probability", "margin"))
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
    if reading.proposed == "learnt":
        yield tr("  square       {where} (no square was given: the mass finder's first proposal)", where=where)
    elif reading.proposed:
        yield tr("  square       {where} (no square was given: the rule's first proposal)", where=where)
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
