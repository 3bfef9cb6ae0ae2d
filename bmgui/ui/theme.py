"""The colours of LOOK.md by their roles, dark and light, and how they reach Qt: a palette and one style sheet.

Widgets that paint themselves ask `current()` while they paint, so a new theme needs no more than an update.
"""

import json
from dataclasses import dataclass, fields
from functools import cache
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication

from bmgui.base import places


@dataclass(frozen=True)
class Theme:
    """A colour, "#rrggbb", for every role.

    ground: the window; picture: round the picture (dark in both themes: the picture is the brightest thing);
    raised: fields, lists, cards; line: quiet separators; edge: outlines of controls (3 : 1 on ground and raised);
    text, quiet: words on ground and raised; accent: focus, links, the gauge's point; on_accent: words on accent;
    selection: ground of a chosen row (words on it stay `text`); attention: doubts;
    square, on_picture, quiet_on_picture: what is drawn on the picture and its ground.
    """

    name: str
    ground: str
    picture: str
    raised: str
    line: str
    edge: str
    text: str
    quiet: str
    accent: str
    on_accent: str
    selection: str
    attention: str
    square: str
    on_picture: str
    quiet_on_picture: str


@cache
def load(name: str) -> Theme:
    """The theme "dark" or "light"."""
    told = json.loads((places.resources() / "themes" / f"{name}.json").read_text("utf-8"))
    return Theme(**{field.name: str(told[field.name]) for field in fields(Theme)})


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast of two "#rrggbb" colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


_current: Theme | None = None


def current() -> Theme:
    """The theme on show (dark until one was applied)."""
    return _current or load("dark")


def chosen(choice: str, app: QApplication) -> Theme:
    """The theme that "system", "dark" or "light" means now; the system's scheme decides, dark where it has none."""
    if choice == "system":
        light = app.styleHints().colorScheme() == Qt.ColorScheme.Light
        return load("light" if light else "dark")
    return load(choice)


def apply(app: QApplication, choice: str) -> Theme:
    """Give the application the palette and style sheet of "system", "dark" or "light"; returns the theme."""
    global _current  # one application has one look
    hints = app.styleHints()
    schemes = {"dark": Qt.ColorScheme.Dark, "light": Qt.ColorScheme.Light}
    hints.setColorScheme(schemes.get(choice, Qt.ColorScheme.Unknown))  # title bars follow where the system can
    _current = chosen(choice, app)
    app.setPalette(palette(_current))
    app.setStyleSheet(sheet(_current))
    return _current


def palette(theme: Theme) -> QPalette:
    """Qt's roles in the theme's colours."""
    made = QPalette()
    role = QPalette.ColorRole
    pairs = {
        role.Window: theme.ground,
        role.WindowText: theme.text,
        role.Base: theme.raised,
        role.AlternateBase: theme.ground,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.text,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.quiet,
        role.Highlight: theme.selection,
        role.HighlightedText: theme.text,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Light: theme.line,
        role.Midlight: theme.line,
        role.Mid: theme.edge,
        role.Dark: theme.line,
        role.Shadow: theme.picture,
        role.Accent: theme.accent,
    }
    for which, colour in pairs.items():
        made.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, QColor(theme.edge))
    return made


def sheet(theme: Theme) -> str:
    """The style sheet in the theme's colours."""
    roles = {field.name: getattr(theme, field.name) for field in fields(Theme)}
    return _sheet_template().substitute(roles, folder=(places.resources() / "themes").as_posix())


@cache
def _sheet_template() -> Template:
    return Template((places.resources() / "themes" / "sheet.qss").read_text("utf-8"))


def body_font(base: QFont, platform: str) -> QFont:
    """The system's font at 13 px, with faces named that hold Chinese on this platform (`sys.platform`)."""
    faces = {
        "win32": ["Microsoft YaHei UI", "Microsoft YaHei", "SimSun"],
        "darwin": ["PingFang SC", "Hiragino Sans GB"],
    }.get(platform, ["Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "Droid Sans Fallback"])
    font = QFont(base)
    font.setFamilies([QFontInfo(base).family(), *faces])  # an alias such as "Sans Serif" would be passed over
    font.setPixelSize(13)
    return font
