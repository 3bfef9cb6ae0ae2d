"""The command line: `bmgui` opens the window; `bmgui score …`, `propose …` and the others work without it.

Answers go to standard output, everything else (notes, progress, errors) to standard error. Exit codes: 0; 1 where
something failed; 2 for wrong usage; 130 when interrupted. One file a command.
"""

import sys
from collections.abc import Sequence

COMMANDS = ("score", "propose", "collections", "train", "evaluate", "models")  # modules here, with `add(commands)`


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in (*COMMANDS, "--version", "--help", "-h"):
        from bmgui.cli.commands import run  # only now: the window pays for nothing that it does not need

        return run(given)
    from bmgui.ui.app import main as window  # commands need no Qt

    return window(given)
