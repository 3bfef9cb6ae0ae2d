"""The process: `python -m bmgui.learning.assessing evaluate …` and `… card …`.

Words for people are the caller's: see `base.commands` for how an error gets to it. Progress goes to standard output, a
line at a time.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bmgui.base.commands import report
from bmgui.base.errors import KnownError
from bmgui.learning.assessing.assess import Request, assess
from bmgui.learning.assessing.contents import main_figures
from bmgui.learning.assessing.measure import Settings
from bmgui.learning.assessing.scales import PLAN_POINTS
from bmgui.learning.assessing.scoring import Wanted, use_few_cores
from bmgui.learning.assessing.shipping import Order, ship
from bmgui.learning.collections.collection import MOST_FACTOR, USUAL_FACTOR
from bmgui.learning.results.evaluations import REPORT, RESULTS
from bmgui.learning.runs.run import open_run


def main(arguments: Sequence[str] | None = None) -> int:
    """0: done; 1: the world's error, told on standard error; argparse ends the process with 2."""
    given = _parser().parse_args(arguments)
    try:
        given.do(given)
    except KnownError as error:
        return report(error)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bmgui.learning.assessing")
    commands = parser.add_subparsers(required=True)
    evaluate = commands.add_parser("evaluate")
    evaluate.set_defaults(do=_evaluate)
    evaluate.add_argument("--run", action="append", type=Path, default=[])
    evaluate.add_argument("--job", action="append", default=[])
    evaluate.add_argument("--model", action="append", default=[])
    evaluate.add_argument("--collection", action="append", type=Path, default=[])
    evaluate.add_argument("--external", action="append", type=Path, default=[])
    evaluate.add_argument("--output", type=Path, required=True)
    evaluate.add_argument("--locked-test", action="store_true")
    evaluate.add_argument("--points", choices=PLAN_POINTS, default="")
    evaluate.add_argument("--factor", type=_factor)
    evaluate.add_argument("--without-factors", action="store_true")
    evaluate.add_argument("--without-nudges", action="store_true")
    evaluate.add_argument("--nudge-every", type=int, default=1)
    evaluate.add_argument("--without-pictures", action="store_true")
    evaluate.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    evaluate.add_argument("--threads", type=int)
    evaluate.add_argument("--draws", type=int, default=Settings().draws)
    evaluate.add_argument("--seed", type=int, default=Settings().seed)
    card = commands.add_parser("card")
    card.set_defaults(do=_card)
    card.add_argument("run", type=Path)
    card.add_argument("job")
    card.add_argument("--id", required=True)
    card.add_argument("--title", required=True)
    card.add_argument("--output", type=Path, required=True)
    card.add_argument("--results", action="append", type=Path, default=[])
    card.add_argument("--collection", action="append", type=Path, default=[])
    card.add_argument("--limit", action="append", default=[])
    card.add_argument("--training", default="")
    card.add_argument("--licence", default="")
    card.add_argument("--licence-of", action="append", nargs=2, metavar=("COLLECTION", "TEXT"), default=[])
    card.add_argument("--threads", type=int)
    return parser


def _card(given: argparse.Namespace) -> None:
    use_few_cores(given.threads)
    order = Order(
        run=given.run,
        job=given.job,
        identity=given.id,
        title=given.title,
        output=given.output,
        results=tuple(given.results),
        collections=tuple(given.collection),
        limits=tuple(given.limit),
        training=given.training,
        licence=given.licence,
        licences=tuple((name, text) for name, text in given.licence_of),
    )
    ship(order, say)


def _evaluate(given: argparse.Namespace) -> None:
    use_few_cores(given.threads)
    if not given.run and not (given.model and (given.collection or given.external)):
        raise KnownError("nothing-to-assess", collections="")
    request = Request(
        output=given.output,
        runs=tuple(given.run),
        jobs=tuple(given.job),
        models=tuple(given.model),
        collections=tuple(given.collection),
        external=tuple(given.external),
        locked_test=given.locked_test,
        point=given.points,
        wanted=Wanted(
            given.factor or usual_factor(given.run, say),
            not given.without_factors,
            not given.without_nudges,
            max(1, given.nudge_every),
        ),
        settings=Settings(given.draws, given.seed),
        device=given.device,
        pictures=not given.without_pictures,
    )
    assessment = assess(request, say)
    if request.pictures:
        from bmgui.learning.assessing.report import write_report  # late: matplotlib

        write_report(assessment, say)
    for line in main_figures(assessment.results):
        say(line)
    say(f"written to {request.output / (REPORT if request.pictures else RESULTS)}")


def usual_factor(runs: Sequence[Path], say: Callable[[str], None]) -> float:
    """The square's side ÷ the mass's that the runs' plans were validated with; 2 without a run."""
    factors = {open_run(folder).plan.factor for folder in runs}
    if len(factors) > 1:
        say(f"these runs were validated with different squares: {USUAL_FACTOR:g} x the mass is measured")
    return factors.pop() if len(factors) == 1 else USUAL_FACTOR


def _factor(text: str) -> float:
    value = float(text)
    if not 1 <= value <= MOST_FACTOR:
        raise argparse.ArgumentTypeError(f"it lies between 1 and {MOST_FACTOR}")
    return value


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
