"""`bmgui evaluate`: measure models, or the jobs of a run, on collections. The work is another process's."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bmgui.base.commands import run_command
from bmgui.cli.inputs import check_installed

if TYPE_CHECKING:
    from bmgui.cli.inputs import Commands

_MODULE = "bmgui.learning.assessing"


def add(commands: "Commands") -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "evaluate",
        help="the figures of models or of a run's jobs on collections, with intervals",
        description="Measure models, or every finished job of a run, on the validation pictures of collections (on"
        " their locked test pictures only with --locked-test: each such look is counted), and write results.json,"
        " cases.csv, tables, plots and one PDF.",
        allow_abbrev=False,
    )
    for name, metavar, what in (
        ("--run", "DIR", "a run; may be repeated, like the next four"),
        ("--job", "NAME", "of the run's jobs only this one"),
        ("--model", "ID", "a model's id or folder"),
        ("--collection", "DIR", "a collection with a split (default: those of the run's plan)"),
        ("--external", "DIR", "a collection that nobody learnt from"),
    ):
        parser.add_argument(name, action="append", default=[], metavar=metavar, help=what, dest=f"{name[2:]}s")
    parser.add_argument("--output", type=Path, metavar="DIR", required=True, help="where the figures go")
    parser.add_argument("--locked-test", action="store_true", help="look at the locked test pictures; it is counted")
    parser.add_argument(
        "--points",
        choices=["youden", "sensitivity-0.95", "sensitivity-0.98"],
        help="the operating point of the table (default: the plan's)",
    )
    parser.add_argument(
        "--factor", type=float, metavar="X", help="the square's side ÷ the mass's (default: the plan's)"
    )
    parser.add_argument("--without-factors", action="store_true", help="no AUC by side ÷ mass")
    parser.add_argument("--without-nudges", action="store_true", help="no range when the square is nudged")
    parser.add_argument(
        "--nudge-every", type=int, metavar="N", help="nudge the squares of one picture in N (default: 1)"
    )
    parser.add_argument("--without-pictures", action="store_true", help="figures only: no plots, no PDF")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], help="default: auto")
    parser.add_argument("--threads", type=int, metavar="N", help="of the processor")
    parser.add_argument("--draws", type=int, metavar="N", help="of the bootstrap")
    parser.add_argument("--seed", type=int, metavar="N", help="of the bootstrap")
    parser.set_defaults(run=_run, parser=parser)


def _run(options: argparse.Namespace) -> int:
    if not (options.runs or options.models):
        options.parser.error("name a --run or a --model")
    if not (options.runs or options.collections or options.externals):
        options.parser.error("name a --collection or an --external one")
    check_installed("evaluate", "scipy", "matplotlib")
    return run_command(_MODULE, options.arguments)  # they pass through as they were given, the command's name first
