"""`bmgui propose`: the squares that the window would offer, as CSV."""

import argparse
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bmgui.base.errors import KnownError
from bmgui.cli.inputs import add_inputs, check_inputs, finder_folder
from bmgui.cli.speaking import complain, count_failed, counting, say
from bmgui.wording import english

if TYPE_CHECKING:
    from bmgui.cli.inputs import Commands
    from bmgui.imaging.codec import Codec
    from bmgui.reading.proposing import Find


def add(commands: "Commands") -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "propose",
        help="the squares that the window would offer, as CSV",
        description="The proposed squares of FILEs, likeliest first, or of every file in a list.",
        allow_abbrev=False,
    )
    add_inputs(parser)
    parser.set_defaults(run=_run, parser=parser)


def _run(options: argparse.Namespace) -> int:
    check_inputs(options, ())
    from bmgui.imaging.codec import Codec

    with Codec() as codec, _finder(options) as find:
        if options.list is not None:
            return _propose_list(options, codec, find)
        return _propose_files(options, codec, find)


@contextlib.contextmanager
def _finder(options: argparse.Namespace) -> "Iterator[Find | None]":
    """A worker with the mass finder alone, and how it is asked; None where the rule proposes."""
    folder = finder_folder(options)
    if folder is None:
        yield None
        return
    from bmgui.reading.proposing import finding_by
    from bmgui.scoring.client import ScoringClient

    with ScoringClient(None, finder=folder) as client:
        yield finding_by(client, complain)


def _propose_list(options: argparse.Namespace, codec: "Codec", find: "Find | None") -> int:
    from bmgui.reading.bulk import propose_list
    from bmgui.reading.lists import PROPOSE_COLUMNS, read_table

    table = read_table(options.list, ("file",), PROPOSE_COLUMNS)
    with counting() as show:
        failed = propose_list(table, options.output, codec=codec, say=english, on_progress=show, find=find)
    return count_failed(failed, len(table.rows), options.output)


def _propose_files(options: argparse.Namespace, codec: "Codec", find: "Find | None") -> int:
    from bmgui.reading.bulk import propose_fields, propose_requests
    from bmgui.reading.lists import PROPOSE_COLUMNS, Request, line

    failed = 0
    say(line(("file", *PROPOSE_COLUMNS)).decode())
    requests = [Request(file, None) for file in options.files]
    with contextlib.closing(propose_requests(requests, codec, find)) as answers:
        for file, answer in zip(options.files, answers, strict=True):
            if isinstance(answer, KnownError):
                failed += 1
                complain(answer, file)
            for fields in propose_fields(answer, english):
                say(line((str(file), *fields)).decode("utf-8", "surrogateescape"))
    return int(failed > 0)
