"""`bmgui models`: which there are, which is in use, and how one comes, goes and is gone back from."""

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bmgui.base.commands import run_command
from bmgui.base.errors import KnownError
from bmgui.base.files import check_writable
from bmgui.cli.inputs import check_installed
from bmgui.cli.speaking import complain, note, say
from bmgui.wording import tr

if TYPE_CHECKING:
    from bmgui.cli.inputs import Commands
    from bmgui.scoring.history import Entry

_CARD_MODULE = "bmgui.learning.assessing"


def add(commands: "Commands") -> None:
    """Add the command, its own commands and their arguments."""
    parser = commands.add_parser(
        "models", help="which there are, which is in use; import, export, go back", allow_abbrev=False
    )
    inner = parser.add_subparsers(required=True, metavar="WHAT")
    listed = inner.add_parser("list", help="every installed model; the one in use has a star", allow_abbrev=False)
    listed.set_defaults(run=_list)
    show = inner.add_parser("show", help="a model's card, and what was done with it", allow_abbrev=False)
    show.add_argument("model", metavar="ID", nargs="?", help="default: the one in use")
    show.set_defaults(run=_show)
    use = inner.add_parser("use", help="try a model in its worker, then use it everywhere", allow_abbrev=False)
    use.add_argument("model", metavar="ID")
    _add_why(use)
    use.set_defaults(run=_use)
    _add_bundles(inner)
    rollback = inner.add_parser("rollback", help="use the model that was in use before", allow_abbrev=False)
    _add_why(rollback)
    rollback.set_defaults(run=_rollback)
    history = inner.add_parser("history", help="who did what, when and why", allow_abbrev=False)
    history.set_defaults(run=_history)
    remove = inner.add_parser("remove", help="remove one of your own models that is not in use", allow_abbrev=False)
    remove.add_argument("model", metavar="ID")
    _add_why(remove)
    remove.set_defaults(run=_remove)
    _add_make(inner)


def _add_why(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--why", default="", metavar="TEXT", help="kept in the history")


def _add_bundles(inner: "Commands") -> None:
    taken = inner.add_parser("import", help="install a .bmmodel file; it is not used yet", allow_abbrev=False)
    taken.add_argument("file", type=Path, metavar="FILE")
    taken.add_argument("--as", default="", metavar="ID", dest="identity", help="another id than the model's own")
    _add_why(taken)
    taken.set_defaults(run=_import)
    export = inner.add_parser("export", help="write a model as one .bmmodel file", allow_abbrev=False)
    export.add_argument("model", metavar="ID")
    export.add_argument("file", type=Path, metavar="FILE", nargs="?", help="default: ID.bmmodel")
    export.add_argument("--force", action="store_true", help="write over a FILE that is there")
    export.set_defaults(run=_export)


def _add_make(inner: "Commands") -> None:
    make = inner.add_parser(
        "make",
        help="a finished job of a run becomes a model; it is not used yet",
        description="Calibrate a finished job of RUN on its validation pictures, write its card, and install it.",
        allow_abbrev=False,
    )
    make.add_argument("folder", type=Path, metavar="RUN")
    make.add_argument("job", metavar="JOB", help="as `bmgui train --run RUN --status` names it")
    make.add_argument("--id", required=True, dest="identity", help="a short word of a–z, 0–9, '.', '_' and '-'")
    make.add_argument("--title", required=True)
    make.add_argument(
        "--results", action="append", default=[], type=Path, metavar="DIR", help="evaluations for the card's figures"
    )
    make.add_argument(
        "--collection", action="append", default=[], type=Path, metavar="DIR", help="where a collection lies now"
    )
    make.add_argument("--limit", action="append", default=[], metavar="TEXT", help="a further limit for the card")
    make.add_argument("--threads", metavar="N", help="of the processor")
    _add_why(make)
    make.set_defaults(run=_make)


def _list(_options: argparse.Namespace) -> int:
    from bmgui.scoring.library import installed
    from bmgui.ui.card_words import best_figure

    library = installed()
    cards = library.cards()
    width = max(len(card.id) for card in cards)
    for card in cards:
        star = "*" if card.id == library.default_id else " "
        whose = tr("own") if library.is_own(card.id) else tr("shipped")
        say(f"{star} {card.id:{width}}  {whose}  {'; '.join(filter(None, (card.title, best_figure(card))))}\n")
    for error in (*([] if library.trouble is None else [library.trouble]), *library.unreadable):
        complain(error)
    return 0


def _show(options: argparse.Namespace) -> int:
    from bmgui.scoring.history import history
    from bmgui.scoring.library import installed
    from bmgui.ui import card_words

    library = installed()
    card = library.card(options.model or library.default_id)
    say(card_words.text(card))
    done = [entry for entry in history() if entry.model == card.id]
    if done:
        say(tr("History") + "\n" + "".join(_told(entry) for entry in done))
    return 0


def _use(options: argparse.Namespace) -> int:
    from bmgui.scoring import installing
    from bmgui.scoring.library import installed

    _step("trying")
    installing.verify(installed().folder(options.model))
    installing.use(options.model, options.why)
    _say_in_use()
    return 0


def _import(options: argparse.Namespace) -> int:
    from bmgui.scoring.library import installed
    from bmgui.scoring.packing import import_model

    before = {card.id for card in installed().cards()}
    model = import_model(options.file, options.why, identity=options.identity, on_step=_step)
    if model in before:
        say(tr("This very model is here already, as {model}; nothing was imported.", model=model) + "\n")
    else:
        _say_installed(model)
    return 0


def _export(options: argparse.Namespace) -> int:
    from bmgui.scoring.packing import SUFFIX, export_model

    target = options.file or Path(options.model + SUFFIX)
    check_writable(target)
    if target.exists() and not options.force:
        raise KnownError("file-exists", file=str(target))
    export_model(options.model, target)
    say(tr("{file} is written.", file=target) + "\n")
    return 0


def _rollback(options: argparse.Namespace) -> int:
    from bmgui.scoring import installing

    installing.rollback(options.why)
    _say_in_use()
    return 0


def _history(_options: argparse.Namespace) -> int:
    from bmgui.scoring.history import history

    for entry in history():
        say(_told(entry))
    return 0


def _remove(options: argparse.Namespace) -> int:
    from bmgui.scoring import installing

    installing.remove(options.model, options.why)
    say(tr("{model} is removed.", model=options.model) + "\n")
    return 0


def _make(options: argparse.Namespace) -> int:
    from bmgui.scoring import installing

    check_installed("models make", "scipy")
    with tempfile.TemporaryDirectory(prefix="bmgui-") as place:
        made = Path(place) / "model"
        arguments = ["card", str(options.folder), options.job, "--id", options.identity, "--title", options.title]
        arguments += ["--output", str(made), *([] if options.threads is None else ["--threads", options.threads])]
        for name in ("results", "collection", "limit"):
            for value in getattr(options, name):
                arguments += [f"--{name}", str(value)]
        code = run_command(_CARD_MODULE, arguments)
        if code:
            return code
        model = installing.install(made, options.why, switch=False, on_step=_step)
    _say_installed(model)
    return 0


def _told(entry: "Entry") -> str:
    from bmgui.ui.model_words import what_line, when_line

    why = f": {entry.why}" if entry.why else ""
    return f"{when_line(entry)}  {what_line(entry)}{why}\n"


def _step(step: str) -> None:
    from bmgui.ui.model_words import STEPS

    note(tr(STEPS[step]))


def _say_installed(model: str) -> None:
    say(tr("{model} is installed. Use it with: {command}", model=model, command=f"bmgui models use {model}") + "\n")


def _say_in_use() -> None:
    from bmgui.scoring import installing

    say(tr("{model} is in use.", model=installing.in_use()) + "\n")
