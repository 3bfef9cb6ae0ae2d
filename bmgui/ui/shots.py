"""Renders every window and state to PNG: `python -m bmgui.ui.shots DIR`. Both languages, both themes, 100 % and 150 %.

Each combination is a process of its own (the scale is Qt's from its start), with a user folder of its own and the real
worker. `--one LANGUAGE THEME SCALE` renders one combination in this process.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from bmgui.base.processes import start_module

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget

    from bmgui.ui.settings import SettingsFile
    from bmgui.ui.window import Window

LANGUAGES, THEMES, SCALES = ("en", "zh_CN"), ("dark", "light"), ("1", "1.5")
PATIENCE_S = 120.0


class TooLongError(RuntimeError):
    """A state was not reached in time."""


class Photographer:
    """What a state's function needs: the window, a way to wait, and a way to take a picture."""

    def __init__(self, application: "QApplication", window: "Window", folder: Path, scratch: Path, prefix: str) -> None:
        self.application, self.window = application, window
        self._folder, self._prefix = folder, prefix
        self.scratch = scratch
        """A folder for files that a state needs."""

    def wait(self, until: Callable[[], object]) -> None:
        """Let the window live until this is so."""
        deadline = time.monotonic() + PATIENCE_S
        while not until():
            if time.monotonic() > deadline:
                raise TooLongError(f"{until!r} did not come about within {PATIENCE_S:.0f} s")
            self.application.processEvents()
            time.sleep(0.005)
        self.settle()

    def settle(self) -> None:
        for _ in range(4):
            self.application.processEvents()
            time.sleep(0.01)

    def path(self, name: str) -> Path:
        return self._folder / f"{self._prefix}-{name}.png"

    def take(self, name: str, widget: "QWidget | None" = None) -> Path:
        """Save a picture of the window, or of another widget."""
        self.settle()
        path = self.path(name)
        if not (widget or self.window).grab().save(str(path)):
            raise OSError(f"{path} could not be written")
        return path


TakeAll = Callable[[Photographer, Sequence[str]], None]


def every_state(photographer: Photographer, only: Sequence[str]) -> None:
    """Each state of the reading window, or those that are named."""
    from bmgui.ui import shot_states

    for name, state in shot_states.STATES.items():
        if not only or name in only:
            state(photographer)


def main(argv: Sequence[str], module: str = "bmgui.ui.shots", take_all: TakeAll = every_state) -> int:
    """module: the one that calls this, started again for each combination; take_all: what it photographs."""
    parser = argparse.ArgumentParser(module, description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--one", nargs=3, metavar=("LANGUAGE", "THEME", "SCALE"))
    parser.add_argument("--only", nargs="*", default=[], metavar="STATE", help="states to render; default: all")
    options = parser.parse_args(argv)
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.one:
        language, theme, scale = options.one
        return render(options.folder, language, theme, scale, options.only, take_all)
    codes = [_spawn(module, options.folder, combination, options.only) for combination in _combinations()]
    return max(codes)


def _combinations() -> Iterator[tuple[str, str, str]]:
    return product(LANGUAGES, THEMES, SCALES)


def _spawn(module: str, folder: Path, combination: tuple[str, str, str], only: Sequence[str]) -> int:
    language, theme, scale = combination
    print(f"{language} {theme} {scale}", flush=True)  # noqa: T201
    os.environ["QT_SCALE_FACTOR"] = scale
    more = ["--only", *only] if only else []
    child = start_module(module, str(folder), "--one", language, theme, scale, *more)
    child.communicate()
    return child.returncode


def render(
    folder: Path,
    language: str,
    theme: str,
    scale: str,
    only: Sequence[str] = (),
    take_all: TakeAll = every_state,
) -> int:
    """All that `take_all` takes in one language, theme and scale, in this process."""
    from PySide6.QtCore import qInstallMessageHandler

    qInstallMessageHandler(_say)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("QT_SCALE_FACTOR", scale)
    with tempfile.TemporaryDirectory(prefix="bmgui-shots-") as home:
        os.environ["BMGUI_HOME"] = home
        from bmgui.ui import shot_states
        from bmgui.ui.settings import SettingsFile
        from bmgui.wording import use_language

        shot_states.prepare(Path(home))
        settings = SettingsFile()
        settings.change(language=language, theme=theme)
        use_language(language)
        prefix = f"{language}-{theme}-{round(100 * float(scale))}"
        return _photograph(settings, folder, Path(home), prefix, lambda photographer: take_all(photographer, only))


def _say(_kind: object, _where: object, text: str) -> None:
    """Qt's messages, but for what the offscreen platform says of itself."""
    if not text.startswith("This plugin does not support"):
        print(text, file=sys.stderr)  # noqa: T201


def _photograph(
    settings: "SettingsFile", folder: Path, home: Path, prefix: str, take_all: Callable[[Photographer], None]
) -> int:
    from bmgui.ui import app
    from bmgui.ui.early import EarlyClient
    from bmgui.ui.main_thread import MainThread

    early = EarlyClient.start_for(settings)
    application = app.make_application(settings.values)
    main_thread = MainThread()
    window = app.make_window(settings, early, main_thread)
    try:
        window.resize(1280, 800)
        window.show()
        app.finish_looks(window)
        take_all(Photographer(application, window, folder, home, prefix))
    finally:
        window.close()
        main_thread.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
