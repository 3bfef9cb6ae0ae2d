"""Language and theme of the running application: they follow the settings and, where those say so, the system."""

import os
from typing import cast

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication

from bmgui.ui import theme
from bmgui.ui.app import language_of, translate_qt
from bmgui.ui.settings import SettingsFile
from bmgui.ui.window import Window
from bmgui.wording import language, use_language


class Look(QObject):
    """Make it before the window; `settings_changed` is what the window calls."""

    def __init__(self, settings: SettingsFile) -> None:
        super().__init__()
        self._settings = settings
        self._window: Window | None = None

    def follow(self, window: Window) -> None:
        """This window's icons are drawn anew with every theme. The look lives as long as the window."""
        self._window = window
        self.setParent(window)
        _application().styleHints().colorSchemeChanged.connect(self._system_changed)

    def settings_changed(self, changed: frozenset[str]) -> None:
        if "language" in changed:
            code = language_of(self._settings.values.language, os.environ)
            if code != language():
                use_language(code)
                translate_qt(_application())
                for widget in _application().topLevelWidgets():  # each passes it on to its children
                    QCoreApplication.sendEvent(widget, QEvent(QEvent.Type.LanguageChange))
        if "theme" in changed:
            self._apply()

    def _system_changed(self) -> None:
        choice = self._settings.values.theme
        if choice == "system" and theme.chosen(choice, _application()) != theme.current():
            self._apply()

    def _apply(self) -> None:
        theme.apply(_application(), self._settings.values.theme)
        if self._window is not None:
            self._window.menus.set_icons()
            self._window.empty.set_icons()


def _application() -> QApplication:
    return cast(QApplication, QApplication.instance())
