"""Lists for the command line: CSV in, the same rows and a few more columns out. Knows no pictures.

In: UTF-8, with or without a byte order mark; commas; quoted fields; blank lines are skipped. Out: UTF-8 without a mark,
lines end in a line feed; every field of the input as it was, also where it holds commas, quotes, line ends or what a
spreadsheet would take for a formula. A list whose columns collide with those that hold new numbers is refused: two
columns called `probability` would sooner or later be mixed up. `model` and `error` may be there twice; the new ones are
always the last.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.imaging.square import Square

SCORE_COLUMNS = ("used_left", "used_top", "used_side", "probability", "margin", "doubts", "model", "error")
PROPOSE_COLUMNS = ("left", "top", "side", "rank", "proposed_by", "frame_doubts", "error")
_MAY_BE_THERE_TWICE = {"model", "error"}
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


@dataclass(frozen=True)
class Request:
    """What a row asks for. square: as asked, not yet fitted; None: the first proposal. frame: counted from 1."""

    file: Path
    square: Square | None
    frame: int = 1


@dataclass(frozen=True)
class Table:
    """A list as read: its header, and rows of exactly as many fields; `folder` is what its paths are relative to."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    surplus: frozenset[int] = frozenset()  # numbers of the rows that had more fields than the header

    @property
    def folder(self) -> Path:
        return self.path.parent


def read_table(path: Path, needed: Sequence[str], added: Sequence[str]) -> Table:
    """The list at `path`; it must have the columns `needed`, and room for `added`.

    Short rows are filled up with empty fields. Raises KnownError: "list-unreadable", "list-without-columns",
    "list-column-twice", "list-column-taken".
    """
    try:
        reader = csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), strict=True)
        lines = [row for row in reader if row]
    except OSError as error:
        raise KnownError("list-unreadable", file=str(path), reason=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise KnownError("list-unreadable", file=str(path), reason=str(error)) from error
    except csv.Error as error:
        raise KnownError("list-unreadable", file=str(path), reason=f"line {reader.line_num}: {error}") from error
    header = tuple(lines[0]) if lines else ()
    _check_header(path, header, needed, added)
    rows = lines[1:]
    width = len(header)
    return Table(
        path,
        header,
        tuple((*row[:width], *[""] * (width - len(row))) for row in rows),
        frozenset(number for number, row in enumerate(rows) if len(row) > width),
    )


def _check_header(path: Path, header: tuple[str, ...], needed: Sequence[str], added: Sequence[str]) -> None:
    missing = [column for column in needed if column not in header]
    if missing:
        found = ", ".join(header) or "nothing"
        raise KnownError("list-without-columns", file=str(path), missing=", ".join(missing), found=found)
    for column in (*needed, "frame"):
        if header.count(column) > 1:
            raise KnownError("list-column-twice", file=str(path), column=column)
    for column in added:
        if column in header and column not in _MAY_BE_THERE_TWICE:
            raise KnownError("list-column-taken", file=str(path), column=column)


def request(table: Table, number: int, with_square: bool) -> Request | KnownError:
    """What row `number` (from 0) asks for, or what is wrong with it."""
    row = table.rows[number]
    field = dict(zip(table.header, row, strict=True))
    if number in table.surplus:
        return KnownError("row-too-long", columns=len(row))
    if not field["file"].strip() or "\0" in field["file"]:
        return KnownError("row-without-file")
    try:
        frame = _whole(field, "frame") if field.get("frame", "").strip() else 1
        square = Square(*(_whole(field, name) for name in ("left", "top", "side"))) if with_square else None
    except KnownError as error:
        return error
    if square is not None and square.side < 1:
        return KnownError("row-side", value=square.side)
    return Request(table.folder / field["file"], square, frame)


def _whole(field: dict[str, str], column: str) -> int:
    value = field[column].strip()
    try:
        return whole_number(value)
    except ValueError as error:
        raise KnownError("row-not-whole", column=column, value=value or '""') from error


def whole_number(text: str) -> int:
    """A whole number of at most 18 digits, and nothing else that Python's `int` takes. Raises ValueError."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def line(fields: Sequence[str]) -> bytes:
    """One line of CSV. Own quoting: Python's leaves a lone carriage return bare, and then nobody can read it back."""
    return (",".join(_quoted(field) for field in fields) + "\n").encode("utf-8", "surrogateescape")


def _quoted(field: str) -> str:
    if not any(character in field for character in ',"\r\n') and field == field.strip():
        return field
    return '"' + field.replace('"', '""') + '"'


def number(value: float) -> str:
    """Nine digits that count, with a point and no exponent: 0.000000123 is not rounded to nothing."""
    return f"{Decimal(f'{value:.8e}'):f}"
