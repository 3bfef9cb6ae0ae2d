"""The program with its window: `main` checks what it needs, starts the worker, then Qt, then the window.

The order is for speed: the worker is another process and loads its engine while this one still imports Qt; and for
plain speech: what is missing is said in a sentence, before anything fails deep inside Qt.
"""

import ctypes
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bmgui.base.errors import KnownError
from bmgui.ui.settings import Settings, SettingsFile
from bmgui.wording import LANGUAGES, sentence, tr, use_language

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtWidgets import QApplication

    from bmgui.ui.early import EarlyClient
    from bmgui.ui.main_thread import MainThread
    from bmgui.ui.window import Window

LOOKS_MS = 200
"""When icons are drawn: after the first picture, which does not need them."""

DISPLAYLESS = frozenset({"offscreen", "minimal", "vnc", "linuxfb", "eglfs"})


def main(argv: Sequence[str]) -> int:
    """Open the window, on the files and folders in `argv`; the exit code when it was closed.

    Without any: as it was when it was last closed; at the very first start on the sample exam.
    """
    settings = SettingsFile()
    use_language(language_of(settings.values.language, os.environ))
    problem = what_is_missing(sys.platform, os.environ)
    if problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 2
    from bmgui.ui.early import EarlyClient

    try:
        early = EarlyClient.start_for(settings)
    except KnownError as error:
        print(f"bmgui: {sentence(error)}", file=sys.stderr)  # noqa: T201
        return 1
    try:
        return run(argv, settings, early)
    finally:
        early.close()  # where the window never came to own it; harmless where it did


def run(argv: Sequence[str], settings: SettingsFile, early: "EarlyClient") -> int:
    """The application from its first to its last moment."""
    from PySide6.QtCore import QTimer

    from bmgui.ui import crash
    from bmgui.ui.main_thread import MainThread

    application = make_application(settings.values)
    main_thread = MainThread()
    window = make_window(settings, early, main_thread)
    with crash.hooks(lambda failure: main_thread.call_soon(lambda: crash.show(failure, window))):
        open_first(window, [Path(argument) for argument in argv])
        window.show()
        window.canvas.setFocus()
        QTimer.singleShot(LOOKS_MS, window, lambda: finish_looks(window))
        try:
            return application.exec()
        finally:
            window.close()
            main_thread.close()
            window.deleteLater()
            application.processEvents()


def make_application(values: Settings) -> "QApplication":
    """The QApplication (the one there is, in tests), in this program's look and the reader's language."""
    from PySide6.QtWidgets import QApplication, QStyleFactory

    from bmgui.ui import theme

    there = QApplication.instance()
    application = there if isinstance(there, QApplication) else QApplication([sys.argv[0]])
    application.setApplicationName("bmgui")
    application.setDesktopFileName("bmgui")
    application.setStyle(QStyleFactory.create("Fusion"))
    application.setFont(theme.body_font(application.font(), sys.platform))
    theme.apply(application, values.theme)
    translate_qt(application)
    return application


def make_window(settings: SettingsFile, early: "EarlyClient", main_thread: "MainThread") -> "Window":
    """The window and the desk behind it, joined. Nothing is open in it yet."""
    from bmgui.imaging.proposals import propose
    from bmgui.reading.desk import Desk
    from bmgui.reading.store import Store
    from bmgui.ui.look import Look
    from bmgui.ui.window import Window

    library, values = early.library, settings.values

    def make_desk(on_change: "Callable[[frozenset[str]], None]") -> Desk:
        return Desk(
            library=library,
            store=Store(),
            proposer=propose,
            start_client=early.hand_over,
            call_soon=main_thread.call_soon,
            on_change=on_change,
            model=early.model,
            device=values.device,
            prior=values.prior,
        )

    look = Look(settings)
    window = Window(settings, library, make_desk, look.settings_changed)
    look.follow(window)
    if early.trouble is not None:
        window.notice.say(sentence(early.trouble))
    return window


def open_first(window: "Window", paths: list[Path]) -> None:
    """What the window opens with."""
    from bmgui.ui import exams

    values = window.settings.values
    if paths:
        window.open_paths(paths)
    elif exams.still_there(values.last):
        window.open_exam(values.last, at=(values.last_scan, values.last_frame))
    elif not values.started and not values.recent:
        window.open_exam((exams.SAMPLE,))


def finish_looks(window: "Window") -> None:
    """What the first picture does not need."""
    from bmgui.ui.icons import app_icon

    window.menus.set_icons()
    window.empty.set_icons()
    window.setWindowIcon(app_icon())


# --- what it needs ---------------------------------------------------------------------------------------------------


def what_is_missing(platform: str, environment: "Mapping[str, str]") -> str:
    """Why no window can open here, and what to do; "" where one can. platform: `sys.platform`."""
    asked = environment.get("QT_QPA_PLATFORM", "").partition(":")[0].partition(";")[0]
    if platform.startswith("linux") and asked not in DISPLAYLESS:
        if not environment.get("DISPLAY") and not environment.get("WAYLAND_DISPLAY"):
            return no_display()
        if asked in ("", "xcb") and not environment.get("WAYLAND_DISPLAY") and not _loads("libxcb-cursor.so.0"):
            return missing_library("libxcb-cursor.so.0")
    try:
        import PySide6.QtWidgets  # noqa: F401
    except ImportError as error:
        return missing_library(str(error))
    return ""


def no_display() -> str:
    return tr(
        "There is no display here, so no window can open. Start bmgui on a desktop, or score without a window:\n"
        "  {command}",
        command="bmgui score FILE [--square left,top,side] [--json]",
    )


def missing_library(what: str) -> str:
    return tr(
        "Qt cannot start: a system library is missing ({what}). On Debian and Ubuntu, install them with:\n"
        "  {command}\nOr score without a window: {other}",
        what=what,
        command="sudo apt install libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1",
        other="bmgui score FILE",
    )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


# --- language --------------------------------------------------------------------------------------------------------


def language_of(choice: str, environment: "Mapping[str, str]") -> str:
    """The language to speak: the chosen one, or the system's (English where it is none of ours)."""
    if choice in LANGUAGES:
        return choice
    told = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    if not told and sys.platform in ("win32", "darwin"):
        from PySide6.QtCore import QLocale

        told = QLocale.system().name()
    return "zh_CN" if told.startswith("zh") else "en"


def translate_qt(application: "QApplication") -> None:
    """Qt's own words (file dialogs, buttons) in the language that is spoken now."""
    from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator

    from bmgui.wording import language

    for old in application.findChildren(QTranslator):
        application.removeTranslator(old)
        old.deleteLater()
    QLocale.setDefault(QLocale(language()))
    if language() != "en":
        translator = QTranslator(application)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if translator.load(f"qtbase_{language()}", folder):
            application.installTranslator(translator)
