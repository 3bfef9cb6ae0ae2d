"""Menus and keys, made of the table in `actions.py`. Shows what can be done and reports what is wanted."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from bmgui.ui.actions import ACTIONS, MENUS, SPECS, Action, Menu, Spec
from bmgui.ui.marks import mark
from bmgui.wording import tr

_KEYS_OF = {
    "window": Qt.ShortcutContext.WindowShortcut,
    "picture": Qt.ShortcutContext.WidgetShortcut,
    "canvas": Qt.ShortcutContext.WidgetShortcut,
}


@dataclass(frozen=True)
class Choice:
    """One of a few in a menu (a model, a method, a recent exam): `value` is reported when it is wanted."""

    value: object
    text: str
    tip: str = ""
    on: bool | None = None  # None: not a radio item
    enabled: bool = True


def key_text(spec: Spec) -> str:
    """The keys of an action as this system writes them: "Ctrl+Shift+Z, Ctrl+Y"."""
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(dict.fromkeys(QKeySequence(key).toString(native) for key in spec.keys))


class Menus(QObject):
    """wanted(Action); model_wanted(str id); method_wanted(str | None); recent_wanted(tuple of paths);
    torch_wanted(): how further methods are added."""

    wanted = Signal(object)
    model_wanted = Signal(object)
    method_wanted = Signal(object)
    recent_wanted = Signal(object)

    def __init__(self, bar: QMenuBar, picture: QWidget) -> None:
        """picture: the widget whose focus the picture's keys need."""
        super().__init__(bar)
        self._bar = bar
        self._menus: dict[Menu, QMenu] = {name: bar.addMenu("") for name in MENUS}
        self._submenus: dict[str, QMenu] = {}
        self._groups: dict[str, QActionGroup] = {}
        self._choices: dict[QMenu, QActionGroup] = {}
        self.actions: dict[Action, QAction] = {}
        for menu in self._menus.values():
            menu.setToolTipsVisible(True)
        self.recent = self._submenu("file", mark("&Recent exams"))
        for spec in ACTIONS:
            self._add(spec, picture)
        self.models = self._submenu("tools", mark("&Model"), first=True)
        self.methods = self._submenu("evidence", mark("&Method"), before=self.actions[Action.CANCEL_METHOD])
        file = self._menus["file"]  # the recent exams stand below the last exam
        file.insertMenu(file.actions()[file.actions().index(self.actions[Action.OPEN_LAST]) + 1], self.recent)
        self.retranslate()

    def _submenu(self, name: Menu, words: str, *, first: bool = False, before: QAction | None = None) -> QMenu:
        if words not in self._submenus:
            menu = QMenu(self._menus[name])
            menu.setToolTipsVisible(True)
            if first:
                before = self._menus[name].actions()[0]
            if before is None:
                self._menus[name].addMenu(menu)
            else:
                self._menus[name].insertMenu(before, menu)
            self._submenus[words] = menu
        return self._submenus[words]

    def _add(self, spec: Spec, picture: QWidget) -> None:
        menu = self._submenu(spec.menu, spec.submenu) if spec.submenu else self._menus[spec.menu]
        if spec.apart:
            menu.addSeparator()
        action = QAction(self)
        action.setObjectName(spec.action.name.lower())
        action.setCheckable(spec.checked or bool(spec.choice))
        if spec.choice:
            group = self._groups.setdefault(spec.choice, QActionGroup(self))
            group.addAction(action)
        if spec.scope != "canvas":  # the picture takes those keys itself
            action.setShortcuts([QKeySequence(key) for key in spec.keys])
            action.setShortcutContext(_KEYS_OF[spec.scope])
        if spec.scope == "picture":
            picture.addAction(action)
        action.setIconVisibleInMenu(not action.isCheckable())  # there the tick says what is on
        action.setAutoRepeat(spec.action in _REPEATED)
        action.triggered.connect(lambda _on=False, which=spec.action: self.wanted.emit(which))
        menu.addAction(action)
        self.actions[spec.action] = action

    def menu(self, name: Menu) -> QMenu:
        return self._menus[name]

    def retranslate(self) -> None:
        for name, menu in self._menus.items():
            menu.setTitle(tr(MENUS[name]))
        for words, menu in self._submenus.items():
            menu.setTitle(tr(words))
        for which, action in self.actions.items():
            spec = SPECS[which]
            keys = f"\t{key_text(spec)}" if spec.scope == "canvas" and spec.keys else ""
            action.setText(tr(spec.text) + keys)
            action.setToolTip(tr(spec.tip) + (f" ({key_text(spec)})" if spec.keys else ""))
            action.setStatusTip("")  # the status bar is for the disclaimer

    def set_icons(self) -> None:
        """Draw the icons in the present theme's colours. Not needed for the first picture."""
        from bmgui.ui.icons import icon

        for which, action in self.actions.items():
            if SPECS[which].icon:
                action.setIcon(icon(SPECS[which].icon))

    def set_enabled(self, enabled: dict[Action, bool]) -> None:
        for which, can in enabled.items():
            self.actions[which].setEnabled(can)

    def set_checked(self, checked: dict[Action, bool]) -> None:
        for which, on in checked.items():
            self.actions[which].setChecked(on)

    def set_playing(self, on: bool) -> None:
        """The button that plays a loop stops it, too: its picture says which."""
        from bmgui.ui.icons import icon

        self.actions[Action.PLAY].setIcon(icon("pause" if on else SPECS[Action.PLAY].icon))

    def show_models(self, choices: Sequence[Choice]) -> None:
        self._show(self.models, choices, self.model_wanted)

    def show_methods(self, choices: Sequence[Choice]) -> None:
        self._show(self.methods, choices, self.method_wanted)

    def show_recent(self, choices: Sequence[Choice]) -> None:
        clear = self.actions[Action.CLEAR_RECENT]
        self._show(self.recent, choices, self.recent_wanted)
        self.recent.addSeparator()
        self.recent.addAction(clear)

    def _show(self, menu: QMenu, choices: Sequence[Choice], wanted: SignalInstance) -> None:
        menu.clear()
        if menu in self._choices:
            self._choices.pop(menu).deleteLater()
        group = self._choices[menu] = QActionGroup(self)
        for choice in choices:
            action = QAction(choice.text.replace("&", "&&"), group)
            action.setToolTip(choice.tip or choice.text)
            action.setEnabled(choice.enabled)
            if choice.on is None:
                group.setExclusive(False)
            else:
                action.setCheckable(True)
                action.setChecked(choice.on)
            action.triggered.connect(lambda _on=False, value=choice.value: wanted.emit(value))
            menu.addAction(action)


_REPEATED = {
    Action.NEXT_SCAN,
    Action.PREVIOUS_SCAN,
    Action.GROW,
    Action.SHRINK,
    Action.UNDO,
    Action.REDO,
    Action.ZOOM_IN,
    Action.ZOOM_OUT,
}
