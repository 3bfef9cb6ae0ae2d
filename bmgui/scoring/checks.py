"""Reading JSON that people and programs write: every field is asked for by name, type and range."""

import math
import re
from dataclasses import dataclass
from typing import Any, TypeVar

_T = TypeVar("_T", bound=str)


class Refused(Exception):  # noqa: N818 – not an error of ours
    """What is wrong, in a few words that name the field."""


@dataclass(frozen=True)
class Fields:
    """A JSON object and the way to it ("calibration."), for messages. All methods raise Refused."""

    values: dict[str, Any]
    way: str = ""

    @classmethod
    def of(cls, value: Any, way: str = "") -> "Fields":
        if not isinstance(value, dict):
            raise Refused(f"{way.rstrip('.') or 'the file'} is not an object")
        return cls(value, way)

    def inner(self, name: str) -> "Fields":
        return Fields.of(self._get(name), f"{self.way}{name}.")

    def inners(self, name: str) -> "list[Fields]":
        return [Fields.of(value, f"{self.way}{name}[{i}].") for i, value in enumerate(self._list(name))]

    def number(self, name: str, *, above: float = -math.inf, below: float = math.inf) -> float:
        """A finite number in the open range (above, below)."""
        value = self._number(self._get(name), name)
        if not above < value < below:
            raise self._refused(name, f"{value} is out of range")
        return value

    def share(self, name: str) -> float:
        """A number in [0, 1]."""
        value = self._number(self._get(name), name)
        if not 0.0 <= value <= 1.0:
            raise self._refused(name, f"{value} is not within 0 to 1")
        return value

    def share_or_none(self, name: str) -> float | None:
        return None if self.values.get(name) is None else self.share(name)

    def whole(self, name: str, least: int | None = None, most: int | None = None) -> int:
        """A whole number in [least, most]."""
        value = self._get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._refused(name, "not a whole number")
        if (least is not None and value < least) or (most is not None and value > most):
            raise self._refused(name, f"{value} is out of range")
        return value

    def truth(self, name: str, default: bool | None = None) -> bool:
        value = default if default is not None and name not in self.values else self._get(name)
        if not isinstance(value, bool):
            raise self._refused(name, "not true or false")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        """A text that is not empty."""
        if default is not None and name not in self.values:
            return default
        return self._text(self._get(name), name)

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(self._text(value, name) for value in self._list(name))

    def matching(self, name: str, pattern: str, described: str) -> str:
        value = self.text(name)
        if not re.fullmatch(pattern, value):
            raise self._refused(name, f"not {described}")
        return value

    def one_of(self, name: str, allowed: tuple[_T, ...]) -> _T:
        value = self.text(name)
        for one in allowed:
            if value == one:
                return one
        raise self._refused(name, f"{value!r} is none of {', '.join(allowed)}")

    def three(self, name: str, *, above: float = -math.inf) -> tuple[float, float, float]:
        """Three finite numbers, each greater than `above`."""
        values = [self._number(value, name) for value in self._list(name)]
        if len(values) != 3 or any(value <= above for value in values):
            raise self._refused(name, "not three numbers in range")
        return values[0], values[1], values[2]

    def _get(self, name: str) -> Any:
        if name not in self.values:
            raise self._refused(name, "missing")
        return self.values[name]

    def _list(self, name: str) -> list[Any]:
        value = self._get(name)
        if not isinstance(value, list):
            raise self._refused(name, "not a list")
        return value

    def _number(self, value: Any, name: str) -> float:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise self._refused(name, "not a number")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self._refused(name, "not a finite number")
        return number

    def _text(self, value: Any, name: str) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self._refused(name, "not a text")
        return value

    def _refused(self, name: str, reason: str) -> Refused:
        return Refused(f"{self.way}{name}: {reason}")
