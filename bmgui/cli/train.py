"""`bmgui train`: start a plan, go on with a run, steer one, or ask how far it is. The training is another process."""

import argparse
import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.cli.inputs import check_installed
from bmgui.cli.speaking import complain, note, say
from bmgui.wording import FINDINGS, tr

if TYPE_CHECKING:
    from bmgui.cli.inputs import Commands
    from bmgui.learning.plans.plan import Given
    from bmgui.learning.runs.run import Run
    from bmgui.learning.runs.state import RunState
    from bmgui.learning.runs.trainers import Word

_POLL_S = 0.2
_LEADER_PATIENCE_S = 600.0
_WORDS: "dict[str, Word]" = {
    "pause": "pause",
    "go_on": "resume",
    "stop_after_epoch": "stop-after-epoch",
    "cancel": "cancel",
}


def add(commands: "Commands") -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "train",
        help="train what a plan says, in a folder that says everything and can be gone on with",
        description="Train PLAN (a file, or the name of one that ships: "
        + ", ".join(shipped_plans())
        + ") in the folder of a run, or steer the training that is at work there.",
        epilog="On several cards: torchrun --nproc-per-node N -m -- bmgui train PLAN --run DIR",
        allow_abbrev=False,
    )
    parser.add_argument("plan", nargs="?", metavar="PLAN", help="a plan in TOML, or a shipped plan's name")
    parser.add_argument("--run", type=Path, metavar="DIR", dest="folder", help="the run's folder; made where missing")
    parser.add_argument("--resume", action="store_true", help="go on after the last finished epoch")
    parser.add_argument("--estimate", action="store_true", help="time a few steps, say how long it takes, and end")
    parser.add_argument(
        "--collection",
        action="append",
        default=[],
        type=_named_folder,
        metavar="NAME=DIR",
        help="a collection for a name in the plan; may be repeated, also for one name",
    )
    parser.add_argument("--model", metavar="ID", help='what "active" means in the plan (default: the library\'s)')
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], help="instead of the plan's")
    parser.add_argument("--threads", type=_count, metavar="N", help="of the processor (default: the plan's, or all)")
    parser.add_argument("--at-once", type=_count, metavar="N", help="crops in memory; gradients add up to the batch")
    parser.add_argument("--download", action="store_true", help="weights of torchvision may be fetched from its server")
    steering = parser.add_argument_group("for a training that is at work").add_mutually_exclusive_group()
    steering.add_argument("--status", action="store_true", help="how far it is")
    steering.add_argument("--pause", action="store_true", help="wait, and keep the memory")
    steering.add_argument("--continue", action="store_true", dest="go_on", help="after --pause")
    steering.add_argument("--stop-after-epoch", action="store_true", help="finish this epoch, then end")
    steering.add_argument("--cancel", action="store_true", help="end now; the last finished epoch is kept")
    parser.set_defaults(run=_run, parser=parser)


def shipped_plans() -> list[str]:
    """The names of the plans in resources/plans."""
    return sorted(path.stem for path in (places.resources() / "plans").glob("*.toml"))


def _named_folder(text: str) -> tuple[str, str]:
    name, found, folder = text.partition("=")
    if not (name and found and folder):
        raise argparse.ArgumentTypeError("name a collection as NAME=DIR, for example us=collections/bus-bra")
    return name, str(Path(folder).absolute())


def _count(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 4096:
        return int(text)
    raise argparse.ArgumentTypeError("a whole number, at least 1")


def _run(options: argparse.Namespace) -> int:
    word = next((said for name, said in _WORDS.items() if getattr(options, name)), None)
    if word is not None or options.status:
        _check_steering(options)
        return _status(options.folder) if word is None else _steer(options.folder, word)
    if options.plan is None and not options.resume:
        options.parser.error("name a PLAN, or --run DIR --resume")
    if options.folder is None and not options.estimate:
        options.parser.error("--run DIR is missing: where the training keeps everything")
    if options.estimate and (options.plan is None or options.resume):
        options.parser.error("--estimate goes with a PLAN")
    check_installed("train", "torch", "torchvision")
    if options.estimate:
        return _estimate(options)
    if int(os.environ.get("RANK", "0")) > 0:
        return _follower_of_leader(options.folder)
    run = _opened(options)
    _audit(run)
    return watch(run)


def _check_steering(options: argparse.Namespace) -> None:
    if options.folder is None:
        options.parser.error("--run DIR is missing: which training is meant")
    if options.plan is not None or options.resume or options.estimate:
        options.parser.error("name the run alone")


def plan_file(name: str) -> Path:
    """A plan's file: as it is named, or the shipped one of that name. Raises KnownError("no-such-plan")."""
    if Path(name).is_file():
        return Path(name)
    shipped = places.resources() / "plans" / f"{name}.toml"
    if name in shipped_plans():
        return shipped
    raise KnownError("no-such-plan", file=name, shipped=", ".join(shipped_plans()))


def _given(options: argparse.Namespace) -> "Given":
    from bmgui.learning.plans.plan import Given

    collections: dict[str, tuple[str, ...]] = {}
    for name, folder in options.collection:
        collections[name] = (*collections.get(name, ()), folder)
    return Given(
        collections=collections,
        model=options.model or "",
        device=options.device or "",
        at_once=options.at_once,
        threads=options.threads,
        download=options.download,
    )


def _opened(options: argparse.Namespace) -> "Run":
    """The run that is to be trained, made or gone on with, and audited."""
    from bmgui.learning.runs import run as runs

    if not options.resume:
        run = runs.make_run(plan_file(options.plan), options.folder, _given(options))
    else:
        run = runs.open_run(options.folder)
        if options.collection or options.model:
            options.parser.error("--collection and --model are chosen when a run is started")
        if options.plan is not None:
            runs.check_same_plan(run, plan_file(options.plan))
        runs.check_unchanged(run)
        run = runs.change_given(
            run,
            device=options.device,
            at_once=options.at_once,
            threads=options.threads,
            download=options.download,
        )
    return run


def _audit(run: "Run") -> None:
    """Look at the collections once more: what is found is counted here and named in `audit.csv`.

    Leaks and damaged pixels have been refused already, before the run was made.
    """
    from bmgui.learning.collections.audit import audit, write_findings
    from bmgui.learning.collections.collection import open_collection

    findings = audit([open_collection(Path(one["folder"])) for one in run.made["collections"]])
    target = run.folder / "audit.csv"
    write_findings(target, findings, lambda finding: FINDINGS[finding.code])
    counts = Counter(finding.code for finding in findings)
    for code, count in counts.items():
        if code != "class-balance":  # no fault
            note(f"{count:6d}  {tr(FINDINGS[code])}")
    note(tr("The pictures are named in {file}; nothing was left out for it.", file=target))


# --- steering ---


def _steer(folder: Path, word: "Word") -> int:
    from bmgui.learning.runs.run import open_run
    from bmgui.learning.runs.trainers import command

    open_run(folder)
    command(folder, word)
    note(
        {
            "pause": tr("It pauses after the step that is being made. Go on with: --continue"),
            "resume": tr("It goes on."),
            "stop-after-epoch": tr("It ends after this epoch. Go on later with: --resume"),
            "cancel": tr("It ends now; the last finished epoch is kept. Go on later with: --resume"),
        }[word]
    )
    return 0


def _status(folder: Path) -> int:
    from bmgui.cli.live import status_lines
    from bmgui.learning.runs.run import open_run
    from bmgui.learning.runs.state import Follower

    follower = Follower(open_run(folder))
    state = follower.state()
    say("\n".join(status_lines(follower, state)) + "\n")
    if state.error is not None:
        complain(state.error)
    return 0


# --- training ---


def watch(run: "Run") -> int:
    """Start the trainer and show what it says until it ends; the exit code. Ctrl+C ends it, too."""
    from bmgui.cli.live import Live
    from bmgui.learning.runs.state import Follower
    from bmgui.learning.runs.trainers import is_at_work, memory_kills, start_trainer, why_ended

    if is_at_work(run.folder):
        raise KnownError("run-locked", file=str(run.folder))
    kills = memory_kills()
    follower = Follower(run)
    follower.begin()
    with _ending_it_on_signals(start_trainer(run.folder)) as (process, signals), Live(follower) as live:
        while _looked_again(process):
            live.show()
            if signals.news():
                live.line(tr("Ending after this step; the last finished epoch is kept. Ctrl+C again ends it at once."))
        live.show()
    state = follower.state()
    if state.error is None and not signals.seen:
        ended = why_ended(run.folder, process.returncode, memory_killed=memory_kills() > kills)
        if ended is not None:
            raise ended
    return _ended(run, state)


def _looked_again(process: "subprocess.Popen[bytes]") -> bool:
    """Wait a moment; whether the trainer is still there."""
    try:
        process.wait(_POLL_S)
    except subprocess.TimeoutExpired:
        return True
    return False


class _Signals:
    """Ctrl+C and SIGTERM: the first one asks the trainer to end after its step, the second one does not ask."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.seen = 0
        self._told = False

    def note(self, _number: int, _frame: Any) -> None:
        self.seen += 1
        if self.seen == 1:
            self._process.terminate()  # the trainer takes SIGTERM for "cancel"
        else:
            self._process.kill()

    def news(self) -> bool:
        """Whether the first one has come since the last call."""
        is_new, self._told = self.seen > 0 and not self._told, self._told or self.seen > 0
        return is_new


@contextlib.contextmanager
def _ending_it_on_signals(
    process: "subprocess.Popen[bytes]",
) -> "Iterator[tuple[subprocess.Popen[bytes], _Signals]]":
    """The trainer never outlives an error or a signal here. A closed terminal it does outlive."""
    signals = _Signals(process)
    before = {number: signal.signal(number, signals.note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield process, signals
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for number, handler in before.items():
            signal.signal(number, handler)


def _ended(run: "Run", state: "RunState") -> int:
    from bmgui.cli.live import result_lines

    if state.phase == "finished":
        say("\n".join(result_lines(run, state)) + "\n")
        return 0
    if state.error is not None:
        complain(state.error)
    note(tr("Not finished. Go on with: bmgui train --run {folder} --resume", folder=run.folder))
    return 130 if state.error is None else 1


def _follower_of_leader(folder: Path) -> int:
    """Under torchrun: what the further processes do. The first one makes the run, locks it and speaks."""
    from bmgui.learning.runs.run import is_run
    from bmgui.learning.runs.trainers import is_at_work, start_trainer

    until = time.monotonic() + _LEADER_PATIENCE_S
    while not (is_run(folder) and is_at_work(folder)):
        if time.monotonic() > until:
            raise KnownError("no-run", file=str(folder))
        time.sleep(_POLL_S)
    with _ending_it_on_signals(start_trainer(folder)) as (process, _):
        while _looked_again(process):
            pass
    return process.returncode if process.returncode >= 0 else 1


# --- estimating ---


def _estimate(options: argparse.Namespace) -> int:
    from bmgui.cli.live import estimate_lines
    from bmgui.learning.runs import run as runs
    from bmgui.learning.runs.state import Follower
    from bmgui.learning.runs.trainers import start_trainer, why_ended

    with tempfile.TemporaryDirectory(prefix="bmgui-") as folder:
        run = runs.make_run(plan_file(options.plan), Path(folder) / "run", _given(options))
        with _ending_it_on_signals(start_trainer(run.folder, "--time-steps")) as (process, signals):
            while _looked_again(process):
                pass
        follower = Follower(run)
        state = follower.state()
        if signals.seen:
            return 130
        if state.error is not None:
            raise state.error
        ended = why_ended(run.folder, process.returncode, memory_killed=False)
        if ended is not None:
            raise ended
        say("\n".join(estimate_lines(follower)) + "\n")
    return 0
