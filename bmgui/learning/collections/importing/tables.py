"""Tables that come with pictures: CSV with commas, semicolons or tabs, with or without a byte order mark."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bmgui.base.errors import KnownError

_ENCODINGS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


@dataclass(frozen=True)
class Row:
    """fields by lower-case column name; line: where the row ends in the file, for complaints."""

    line: int
    fields: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.fields.get(column, "")


def read_rows(path: Path, needed: Sequence[str]) -> list[Row]:
    """The rows of the table at `path`, which must have the columns `needed` (lower case). Blank lines are skipped.

    UTF-8 (or UTF-16 with its mark); where it is neither, the file is refused. Raises KnownError("list-unreadable",
    "list-without-columns", "list-column-twice").
    """
    text = _text(path)
    first = text.lstrip("\n\r").split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    header: list[str] = []
    try:
        for fields in reader:
            if not any(field.strip() for field in fields):
                continue
            if not header:
                header = [name.strip().casefold() for name in fields]
                check_header(path, header, needed)
            else:
                values = dict(zip(header, (field.strip() for field in fields), strict=False))
                rows.append(Row(reader.line_num, values))
    except csv.Error as error:
        raise KnownError("list-unreadable", file=str(path), reason=f"line {reader.line_num}: {error}") from error
    if not header:
        check_header(path, header, needed)
    return rows


def number_of(text: str) -> float | None:
    """The finite number that `text` is (a decimal comma is one too); None where it is empty or no number."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        return data.decode(_ENCODINGS.get(data[:3], _ENCODINGS.get(data[:2], "utf-8")))
    except FileNotFoundError as error:
        raise KnownError("file-missing", file=str(path)) from error
    except OSError as error:
        raise KnownError("list-unreadable", file=str(path), reason=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise KnownError("list-unreadable", file=str(path), reason=str(error)) from error


def check_header(path: Path, header: Sequence[str], needed: Sequence[str]) -> None:
    """Raises KnownError("list-without-columns", "list-column-twice"). header, needed: lower case."""
    missing = [column for column in needed if column not in header]
    if missing:
        found = ", ".join(header) or "nothing"
        raise KnownError("list-without-columns", file=str(path), missing=", ".join(missing), found=found)
    twice = next((column for column in header if column and header.count(column) > 1), None)
    if twice is not None:
        raise KnownError("list-column-twice", file=str(path), column=twice)
