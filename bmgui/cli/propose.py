"""`bmgui propose`: the squares that the window would offer, as CSV."""

import argparse
import contextlib
from typing import TYPE_CHECKING

from bmgui.base.errors import KnownError
from bmgui.cli.inputs import add_inputs, check_inputs
from bmgui.cli.speaking import complain, count_failed, counting, say
from bmgui.wording import english

if TYPE_CHECKING:
    from bmgui.cli.inputs import Commands


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
    from bmgui.reading.bulk import propose_fields, propose_list, propose_requests
    from bmgui.reading.lists import PROPOSE_COLUMNS, Request, line, read_table

    with Codec() as codec:
        if options.list is not None:
            table = read_table(options.list, ("file",), PROPOSE_COLUMNS)
            with counting() as show:
                failed = propose_list(table, options.output, codec=codec, say=english, on_progress=show)
            return count_failed(failed, len(table.rows), options.output)
        failed = 0
        say(line(("file", *PROPOSE_COLUMNS)).decode())
        with contextlib.closing(propose_requests([Request(file, None) for file in options.files], codec)) as answers:
            for file, answer in zip(options.files, answers, strict=True):
                if isinstance(answer, KnownError):
                    failed += 1
                    complain(answer, file)
                for fields in propose_fields(answer, english):
                    say(line((str(file), *fields)).decode("utf-8", "surrogateescape"))
    return int(failed > 0)
