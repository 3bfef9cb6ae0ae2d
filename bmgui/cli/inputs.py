"""Arguments that several commands take, each checked with a sentence of its own."""

import argparse
import contextlib
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bmgui.base.errors import KnownError

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """FILEs, or a list with its output."""
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--list", type=Path, metavar="IN.csv", help="CSV in UTF-8 with a column for each input")
    parser.add_argument("--output", type=Path, metavar="OUT.csv", help="with --list: the same rows and what was found")
    parser.add_argument(
        "--proposals",
        choices=["learnt", "rule"],
        default="learnt",
        help="learnt (default): the mass finder's, where it is installed and sees a mass;"
        " rule: the scan area's squares, and no doubt of the finder",
    )


def with_joined_square(given: Sequence[str]) -> list[str]:
    """`--square -5,0,100` as `--square=-5,0,100`: argparse takes what begins with a minus for an option."""
    joined: list[str] = []
    for argument in given:
        if joined and joined[-1] == "--square" and "--" not in joined:
            joined[-1] += "=" + argument
        else:
            joined.append(argument)
    return joined


def square(text: str) -> tuple[int, int, int]:
    """left, top, side in frame pixels."""
    from bmgui.reading.lists import whole_number

    with or_say("LEFT,TOP,SIDE are three whole numbers, the side at least 1"):
        left, top, side = (whole_number(part.strip()) for part in text.split(","))
        if side >= 1:
            return left, top, side
        raise ValueError


def frame_number(text: str) -> int:
    """A frame, counted from 1."""
    from bmgui.reading.lists import whole_number

    with or_say("frames are counted from 1"):
        number = whole_number(text)
        if number >= 1:
            return number
        raise ValueError


def share(text: str) -> float:
    """A number between 0 and 1, neither of them."""
    with or_say("a share lies between 0 and 1, for example 0.3"):
        if 0.0 < float(text) < 1.0:
            return float(text)
        raise ValueError


def evidence_file(text: str) -> Path:
    """Where evidence goes."""
    with or_say("evidence is written as .png or .npy"):
        if Path(text).suffix.lower() in (".png", ".npy"):
            return Path(text)
        raise ValueError


@contextlib.contextmanager
def or_say(rule: str) -> Iterator[None]:
    """Say the rule where what is inside raises ValueError."""
    try:
        yield
    except ValueError as error:
        raise argparse.ArgumentTypeError(rule) from error


def check_inputs(options: argparse.Namespace, only_files: Sequence[str]) -> None:
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


def finder_folder(options: argparse.Namespace) -> Path | None:
    """The mass finder that is to be asked; None where none is installed, or the rule is wished for."""
    from bmgui.scoring.library import installed_finder

    return installed_finder() if options.proposals == "learnt" else None


def check_installed(command: str, *packages: str) -> None:
    """Look, without importing them, whether these are there. Raises KnownError("packages-missing")."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise KnownError("packages-missing", packages=", ".join(missing), command=command)
