"""Words for people: English in the code, other languages in `resources/translations/<language>.json`.

`tr` looks a sentence up in the reader's language; `sentence` words a known error; `DOUBTS` and `BANDS` word the codes
that an opinion carries. The English sentence is the key, so the code reads as the program speaks.
"""

import json
from typing import Any

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.wording.sentences import BANDS, DOUBTS, ERRORS, FINDINGS, NOTES, POINTS

__all__ = [
    "BANDS",
    "DOUBTS",
    "ERRORS",
    "FINDINGS",
    "LANGUAGES",
    "NOTES",
    "POINTS",
    "english",
    "language",
    "sentence",
    "tr",
    "use_language",
]

LANGUAGES = {"en": "English", "zh_CN": "简体中文"}

_language = "en"
_table: dict[str, str] = {}


def use_language(code: str) -> None:
    """Speak `code` (a key of LANGUAGES) from now on, in this process."""
    global _language, _table  # one process speaks one language
    _table = {} if code == "en" else translations(code)
    _language = code


def language() -> str:
    return _language


def translations(code: str) -> dict[str, str]:
    """The whole table of a language: English sentence to its own."""
    table: dict[str, str] = json.loads((places.resources() / "translations" / f"{code}.json").read_text("utf-8"))
    return table


def tr(text: str, /, **fields: Any) -> str:
    """`text` in the reader's language, with its {fields} filled in. Pass literals: a test collects them."""
    return _table.get(text, text).format(**fields)


def sentence(error: KnownError) -> str:
    """What happened, what it means and what to do, in the reader's language."""
    return tr(ERRORS[error.code], **error.fields)


def english(error: KnownError) -> str:
    """The same in English, whatever the reader's language: for files that other programs read."""
    return ERRORS[error.code].format(**error.fields)
