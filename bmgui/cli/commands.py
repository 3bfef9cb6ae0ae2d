"""Every command's arguments, and running the one that was asked for."""

import argparse
from collections.abc import Sequence

import bmgui
from bmgui.base.errors import KnownError
from bmgui.cli import collections, evaluate, models, propose, score, train
from bmgui.cli.inputs import with_joined_square
from bmgui.cli.speaking import complain, say, speak_utf8

WINDOW_HELP = "without a command, or with files alone: open the window"


def run(given: Sequence[str]) -> int:
    """Run one command; the exit code."""
    speak_utf8()
    try:
        options = _parsed(given)
        code: int = options.run(options)
    except KnownError as error:
        complain(error)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `bmgui propose … | head`
        return 1
    return code


def _parsed(given: Sequence[str]) -> argparse.Namespace:
    try:
        return _parser().parse_args(with_joined_square(given), argparse.Namespace(arguments=list(given)))
    except SystemExit:
        say("")  # `bmgui --help | true`: found out here, not at the end
        raise


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("bmgui", description=bmgui.__doc__, epilog=WINDOW_HELP, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"bmgui {bmgui.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    score.add(commands)
    propose.add(commands)
    collections.add(commands)
    train.add(commands)
    evaluate.add(commands)
    models.add(commands)
    return parser
