"""Where things lie: what ships with the program, and what belongs to this user."""

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent.parent


def _shipped(name: str) -> Path:
    installed = _PACKAGE / "_shipped" / name  # the wheel maps models/ and resources/ here
    return installed if installed.is_dir() else _PACKAGE.parent / name


def resources() -> Path:
    """The folder `resources/` of the program."""
    return _shipped("resources")


def shipped_models() -> Path:
    """The folder `models/` of the program."""
    return _shipped("models")


def user_data() -> Path:
    """This user's own folder (settings, readings, models); made when first asked for. `BMGUI_HOME` moves it."""
    home = os.environ.get("BMGUI_HOME")
    folder = Path(home) if home else Path(platformdirs.user_data_dir("bmgui", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def user_models() -> Path:
    """Models that this user added; need not exist."""
    return user_data() / "models"
