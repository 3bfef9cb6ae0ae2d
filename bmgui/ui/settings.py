"""The reader's settings, declared as data: what there is, what it may be, and what it is called. No Qt in here.

Kept as one JSON file. What a hand wrote wrongly into it falls back to its default, alone; two windows that are open at
once change only what each of them changed.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from bmgui.base import files, places
from bmgui.ui.marks import mark

MOST_RECENT = 10
_FILE = "settings.json"
_MOST_BYTES = 1 << 20

Identity = Literal["nothing", "id", "all"]


@dataclass(frozen=True)
class Settings:
    """What stands now. `SETTINGS` says of each field what it may be.

    prior: the department's own share of malignant masses, None: the card's.
    identity: what a saved picture carries of the patient. recent: exams (their paths), newest first.
    last, last_scan, last_frame: what was open when the window was closed; scan from 0, frame from 1.
    geometry, columns, retrain_geometry: Qt's own state of the window, the splitter and the retraining window, base 64.
    started: a window was closed before.
    """

    language: str = "system"
    theme: str = "system"
    device: str = "auto"
    prior: float | None = None
    identity: Identity = "nothing"
    identity_shown: bool = True
    evidence_on: bool = True
    evidence_opacity: float = 0.6
    evidence_as_contours: bool = False
    recent: tuple[tuple[str, ...], ...] = ()
    last: tuple[str, ...] = ()
    last_scan: int = 0
    last_frame: int = 1
    folder: str = ""
    geometry: str = ""
    columns: str = ""
    retrain_geometry: str = ""
    started: bool = False


@dataclass(frozen=True)
class Setting:
    """One field of `Settings`. choices: (value, words) where it is one of a few. label: "" not on the settings page.

    read: turns what stands in the file into a value; raises ValueError or TypeError for what it cannot be.
    """

    key: str
    read: Callable[[Any], Any]
    label: str = ""
    tip: str = ""
    choices: tuple[tuple[str, str], ...] = ()


def _one_of(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(value)
        return str(value)

    return read


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(value)
    return value


def _share(value: Any) -> float:
    if isinstance(value, bool) or not 0 <= value <= 1:
        raise ValueError(value)
    return float(value)


def _prior(value: Any) -> float | None:
    if value is None:
        return None
    share = _share(value)
    if share in (0.0, 1.0):
        raise ValueError(value)
    return share


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(_text(one) for one in value)


def _lists(value: Any) -> tuple[tuple[str, ...], ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(_texts(one) for one in value)[:MOST_RECENT]


LANGUAGE_CHOICES = (("system", mark("The system's")), ("en", "English"), ("zh_CN", "简体中文"))
THEME_CHOICES = (("system", mark("The system's")), ("dark", mark("Dark")), ("light", mark("Light")))
DEVICE_CHOICES = (
    ("auto", mark("Automatic: a CUDA card, else the processor")),
    ("cpu", mark("The processor")),
    ("cuda", mark("A CUDA card")),
)
IDENTITY_CHOICES = (
    ("nothing", mark("Nothing")),
    ("id", mark("The patient's ID and the study date")),
    ("all", mark("Name, ID, birth date and study date")),
)

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "language",
        _one_of(*(value for value, _ in LANGUAGE_CHOICES)),
        mark("Language"),
        mark("The language of the window and of saved pictures."),
        LANGUAGE_CHOICES,
    ),
    Setting(
        "theme",
        _one_of(*(value for value, _ in THEME_CHOICES)),
        mark("Theme"),
        mark("Dark suits a reading room; the ground round the picture is dark in both."),
        THEME_CHOICES,
    ),
    Setting(
        "device",
        _one_of(*(value for value, _ in DEVICE_CHOICES)),
        mark("Device"),
        mark("What the network runs on. A change starts the network again."),
        DEVICE_CHOICES,
    ),
    Setting(
        "prior",
        _prior,
        mark("Share of malignant masses"),
        mark("How many of the masses that your department examines are malignant. It moves every probability."),
    ),
    Setting(
        "identity",
        _one_of(*(value for value, _ in IDENTITY_CHOICES)),
        mark("Identity on saved pictures"),
        mark("What a saved picture carries of whose scan it is."),
        IDENTITY_CHOICES,
    ),
    Setting("identity_shown", _truth),
    Setting("evidence_on", _truth),
    Setting("evidence_opacity", _share),
    Setting("evidence_as_contours", _truth),
    Setting("recent", _lists),
    Setting("last", _texts),
    Setting("last_scan", _count),
    Setting("last_frame", _count),
    Setting("folder", _text),
    Setting("geometry", _text),
    Setting("columns", _text),
    Setting("retrain_geometry", _text),
    Setting("started", _truth),
)


class SettingsFile:
    """The settings and the file that keeps them. `values` is what stands; `change` is the only way to alter it.

    former_model: the model that an older version of the program kept here; it goes with the next `change`.
    """

    def __init__(self, path: Path | None = None) -> None:
        """path: None for `user_data()/settings.json`."""
        self._path = path or places.user_data() / _FILE
        told = _told(self._path)
        self.values = from_json(told)
        model = told.get("model") if isinstance(told, dict) else ""
        self.former_model = model if isinstance(model, str) else ""
        self.in_mind: dict[str, Any] = {}

    def keep_in_mind(self, **changes: Any) -> None:
        """Take over values that change often (a slider's); `in_mind` is for the next `change` to write."""
        self.values = replace(self.values, **changes)
        self.in_mind |= changes

    def change(self, **changes: Any) -> Settings:
        """Take over these values and write them beside what another window may have written since.

        Raises KnownError("file-not-written"); the values stand in this window all the same.
        """
        self.values = replace(self.values, **changes)
        kept = replace(read(self._path), **changes)
        files.write_json(self._path, {field.name: getattr(kept, field.name) for field in fields(Settings)})
        return self.values


def read(path: Path) -> Settings:
    """What the file says; the default for all that is missing or cannot be."""
    return from_json(_told(path))


def _told(path: Path) -> Any:
    try:
        with path.open("rb") as stream:
            return json.loads(stream.read(_MOST_BYTES))
    except (OSError, ValueError):  # none yet, or no JSON: the next change writes a sound one
        return None


def from_json(told: Any) -> Settings:
    """Settings from parsed JSON, value by value."""
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        if isinstance(told, dict) and setting.key in told:
            try:
                values[setting.key] = setting.read(told[setting.key])
            except (TypeError, ValueError):
                continue
    return Settings(**values)


def with_recent(recent: tuple[tuple[str, ...], ...], exam: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The recent exams with `exam` put first."""
    return (exam, *(one for one in recent if one != exam))[:MOST_RECENT]
