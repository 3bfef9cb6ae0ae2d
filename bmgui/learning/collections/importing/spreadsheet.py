"""The first sheet of an .xlsx file as rows: what one published table needs, by zipfile and XML alone.

ECMA-376 part 1, 18.3: cells by their reference ("B7"), shared and inline strings, numbers as written.
"""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from bmgui.base.errors import KnownError
from bmgui.learning.collections.importing.tables import Row, check_header

_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]+")
_MOST_BYTES = 1 << 26


def read_sheet(path: Path, needed: tuple[str, ...]) -> list[Row]:
    """As `tables.read_rows`. Raises KnownError("file-missing", "list-unreadable", "list-without-columns")."""
    try:
        with zipfile.ZipFile(path) as book:
            shared = _strings(_part(book, "xl/sharedStrings.xml"))
            sheet = _part(book, "xl/worksheets/sheet1.xml")
    except FileNotFoundError as error:
        raise KnownError("file-missing", file=str(path)) from error
    except (OSError, ValueError, zipfile.BadZipFile, ElementTree.ParseError, NotImplementedError) as error:
        raise KnownError("list-unreadable", file=str(path), reason=str(error)) from error
    if sheet is None:
        raise KnownError("list-unreadable", file=str(path), reason="it has no first sheet")
    header: dict[int, str] = {}
    rows: list[Row] = []
    for line, element in enumerate(sheet.iter(f"{_NS}row"), start=1):
        cells = {column: text for column, text in _cells(element, shared) if text}
        if not cells:
            continue
        if not header:
            header = {column: text.casefold() for column, text in cells.items()}
            check_header(path, list(header.values()), needed)
        else:
            rows.append(Row(line, {header[column]: text for column, text in cells.items() if column in header}))
    if not header:
        check_header(path, [], needed)
    return rows


def _part(book: zipfile.ZipFile, name: str) -> ElementTree.Element | None:
    if name not in book.namelist():
        return None
    if book.getinfo(name).file_size > _MOST_BYTES:
        raise ValueError(f"{name} is too large")
    data = book.read(name)
    if b"<!DOCTYPE" in data:  # no spreadsheet has one; entities are how XML is made to explode
        raise ValueError(f"{name} has a document type")
    return ElementTree.fromstring(data)


def _strings(part: ElementTree.Element | None) -> list[str]:
    if part is None:
        return []
    return ["".join(text.text or "" for text in item.iter(f"{_NS}t")) for item in part.iter(f"{_NS}si")]


def _cells(row: ElementTree.Element, shared: list[str]) -> list[tuple[int, str]]:
    found = []
    for at, cell in enumerate(row.iter(f"{_NS}c")):
        reference = _REFERENCE.fullmatch(cell.get("r", ""))
        column = _column(reference[1]) if reference else at
        value = cell.find(f"{_NS}v")
        text = value.text or "" if value is not None else ""
        if cell.get("t") == "s" and text.isdecimal() and int(text) < len(shared):
            text = shared[int(text)]
        elif cell.get("t") == "inlineStr":
            text = "".join(part.text or "" for part in cell.iter(f"{_NS}t"))
        found.append((column, text.strip()))
    return found


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
