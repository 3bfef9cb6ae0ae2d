"""Dataclasses that say what each of their fields may hold, and are read strictly from a TOML table.

The rule stands in the field, beside its default: readers, messages and dialogs take it from there.
"""

import dataclasses
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bmgui.scoring.checks import Refused

_MOST_TEXT = 10_000


@dataclass(frozen=True)
class Range:
    """A number in [least, most]. pair: two of them, ascending. safe: where trainings usually go well (None: all)."""

    least: float
    most: float
    whole: bool = False
    pair: bool = False
    safe: tuple[float, float] | None = None

    def is_safe(self, value: float) -> bool:
        """Whether a number (each of a pair) lies where trainings usually go well."""
        low, high = self.safe or (self.least, self.most)
        return low <= value <= high


@dataclass(frozen=True)
class OneOf:
    """One of these words; names: a list of them, each once."""

    words: tuple[str, ...]
    names: bool = False


@dataclass(frozen=True)
class Truth:
    """true or false."""


@dataclass(frozen=True)
class Text:
    """A text that is not blank. names: a list of them, each once, or one alone. pattern: what it must look like."""

    names: bool = False
    pattern: str = ""
    described: str = ""


@dataclass(frozen=True)
class Table:
    """A table that is read as this dataclass."""

    kind: type


Rule = Range | OneOf | Truth | Text | Table
_T = TypeVar("_T")


def key(rule: Rule, **default: Any) -> Any:
    """A dataclass field that a table may name; `default` or `default_factory` as in `dataclasses.field`."""
    return field(metadata={"rule": rule}, **default)


def rules_of(kind: type) -> dict[str, Rule]:
    """The keys that a table of this kind may have."""
    return {f.name: f.metadata["rule"] for f in dataclasses.fields(kind) if "rule" in f.metadata}


def checked(kind: type[_T], table: Any, way: str, **beside: Any) -> _T:
    """`kind` made from a table, every key checked; `beside`: fields that are no keys. Raises Refused naming the key."""
    rules = rules_of(kind)
    refuse_unknown(table, tuple(rules), way)
    values = {name: value_of(rules[name], table[name], f"{way}{name}") for name in table}
    for f in dataclasses.fields(kind):  # type: ignore[arg-type]  # every kind here is a dataclass
        needed = f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        if f.name in rules and needed and f.name not in values:
            raise Refused(f"{way}{f.name}: missing")
    return kind(**values, **beside)


def refuse_unknown(table: Any, known: tuple[str, ...], way: str) -> None:
    """Raise Refused where this is no table, or has a key that is not known."""
    if not isinstance(table, Mapping):
        raise Refused(f"{way.rstrip('.')}: not a table")
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise Refused(f"{way}{name}: unknown key" + (f" (is {near[0]} meant?)" if near else ""))


def value_of(rule: Rule, value: Any, way: str) -> Any:
    """The value as the dataclass holds it (lists as tuples, whole numbers as floats where a float is meant)."""
    match rule:
        case Range(pair=True):
            if not isinstance(value, list) or len(value) != 2:
                raise Refused(f"{way}: not two numbers")
            low, high = (_number(rule, one, way) for one in value)
            if low > high:
                raise Refused(f"{way}: the first number is the greater one")
            return low, high
        case Range():
            return _number(rule, value, way)
        case OneOf(names=True):
            return tuple(_word(rule.words, one, way) for one in _each_once(value, way))
        case OneOf():
            return _word(rule.words, value, way)
        case Truth():
            if not isinstance(value, bool):
                raise Refused(f"{way}: not true or false")
            return value
        case Text(names=True):
            return tuple(_text(rule, one, way) for one in _each_once(value, way))
        case Text():
            return _text(rule, value, way)
        case Table():
            return checked(rule.kind, value, way + ".")


def _number(rule: Range, value: Any, way: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int if rule.whole else (int, float)):
        raise Refused(f"{way}: not a {'whole ' if rule.whole else ''}number")
    if not rule.least <= value <= rule.most:  # neither is NaN
        raise Refused(f"{way}: {value} is not within {rule.least:g} to {rule.most:g}")
    return value if rule.whole else float(value)


def _word(words: tuple[str, ...], value: Any, way: str) -> str:
    if value not in words:
        raise Refused(f"{way}: {value!r} is none of {', '.join(words)}")
    return str(value)


def _text(rule: Text, value: Any, way: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _MOST_TEXT:
        raise Refused(f"{way}: not a text")
    if rule.pattern and not re.fullmatch(rule.pattern, value):
        raise Refused(f"{way}: not {rule.described}")
    return value


def _each_once(value: Any, way: str) -> list[Any]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values:
        raise Refused(f"{way}: not a list of names")
    if any(values.count(one) > 1 for one in values):
        raise Refused(f"{way}: a name stands there twice")
    return values
