"""Lists in and out, without pictures or models."""

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmgui.base.errors import KnownError
from bmgui.imaging.square import Square
from bmgui.reading.lists import SCORE_COLUMNS, Request, Table, line, number, read_table, request

NEEDED = ("file", "left", "top", "side")
_fields = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def _table(folder: Path, text: str | bytes, needed: tuple[str, ...] = NEEDED) -> Table:
    path = folder / "列表.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, needed, SCORE_COLUMNS)


@given(st.lists(st.lists(_fields, min_size=3, max_size=3), min_size=1))
def test_every_field_comes_back_as_it_was(rows: list[list[str]]) -> None:
    written = b"".join(line(row) for row in rows).decode()
    assert list(csv.reader(io.StringIO(written, newline=""), strict=True)) == rows


@given(st.lists(st.tuples(_fields, _fields), max_size=5))
def test_other_columns_pass_through_verbatim(
    tmp_path_factory: pytest.TempPathFactory, notes: list[tuple[str, str]]
) -> None:
    header = ("file", "left", "note,1", "top", "side", '"="')
    rows = [("a.png", "1", one, "2", "40", two) for one, two in notes]
    table = _table(tmp_path_factory.mktemp("list"), b"".join(line(row) for row in (header, *rows)))
    assert (table.header, list(table.rows)) == (header, rows)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_byte_order_mark_and_either_line_end_are_accepted(tmp_path: Path, mark: bytes, end: bytes) -> None:
    table = _table(tmp_path, mark + end.join([b"file,left,top,side,frame", "陈.png,1,2,40,3".encode(), b"", b""]))
    assert [request(table, row, True) for row in range(len(table.rows))] == [
        Request(tmp_path / "陈.png", Square(1, 2, 40), 3)
    ]


def test_paths_are_relative_to_the_list_or_absolute(tmp_path: Path) -> None:
    absolute = tmp_path / "elsewhere" / "b.png"
    table = _table(tmp_path, f"file\nsub/a.png\n{absolute}\n", ("file",))
    asked = [request(table, row, False) for row in range(2)]
    assert asked == [Request(tmp_path / "sub" / "a.png", None), Request(absolute, None)]


def test_an_empty_frame_is_the_first(tmp_path: Path) -> None:
    table = _table(tmp_path, "file,left,top,side,frame\na.png,-5, 7 ,+40,\n")
    assert request(table, 0, True) == Request(tmp_path / "a.png", Square(-5, 7, 40), 1)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("a.png,1.0,2,40", "row-not-whole"),
        ("a.png,1,,40", "row-not-whole"),
        ("a.png,1,2", "row-not-whole"),
        ("a.png,1,２,40", "row-not-whole"),
        ("a.png,1,2,1e2", "row-not-whole"),
        ("a.png,1,2,999999999999999999999999999", "row-not-whole"),
        ("a.png,1,2,40,x", "row-not-whole"),
        ("a.png,1,2,0", "row-side"),
        ("a.png,1,2,-40", "row-side"),
        (" ,1,2,40", "row-without-file"),
        ("a\0.png,1,2,40", "row-without-file"),
        ("a.png,1,2,40,1,more", "row-too-long"),
    ],
)
def test_a_bad_row_is_an_error_of_its_own(tmp_path: Path, row: str, code: str) -> None:
    table = _table(tmp_path, f"file,left,top,side,frame\n{row}\nb.png,1,2,40,1\n")
    bad, good = (request(table, row, True) for row in range(2))
    assert isinstance(bad, KnownError)
    assert bad.code == code
    assert good == Request(tmp_path / "b.png", Square(1, 2, 40), 1)


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        (b"", "list-without-columns", "file, left, top, side"),
        (b"file;left;top;side\n", "list-without-columns", "file;left;top;side"),
        (b"file,left,top\n", "list-without-columns", "side"),
        (b"file,left,top,side,file\n", "list-column-twice", "file"),
        (b"file,left,top,side,frame,frame\n", "list-column-twice", "frame"),
        (b"file,left,top,side,probability\n", "list-column-taken", "probability"),
        (b"file,left,top,side\n\xff\xfe,1,2,3\n", "list-unreadable", "utf-8"),
        (b'file,left,top,side\n"a.png,1,2,3\n', "list-unreadable", "unexpected end"),
        (b'file,left,top,side\na.png,1,2,3\n"b"c.png,1,2,3\n', "list-unreadable", "line 3"),
    ],
)
def test_a_bad_list_is_refused_with_its_reason(tmp_path: Path, text: bytes, code: str, named: str) -> None:
    with pytest.raises(KnownError) as caught:
        _table(tmp_path, text)
    assert caught.value.code == code
    assert any(named in str(value) for value in caught.value.fields.values())


def test_a_list_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as caught:
        read_table(tmp_path / "no.csv", NEEDED, SCORE_COLUMNS)
    assert (caught.value.code, caught.value.fields["file"]) == ("list-unreadable", str(tmp_path / "no.csv"))


def test_what_propose_wrote_can_be_scored(tmp_path: Path) -> None:
    table = _table(tmp_path, "file,left,top,side,rank,error\na.png,1,2,40,1,\n")
    assert request(table, 0, True) == Request(tmp_path / "a.png", Square(1, 2, 40))


@given(st.floats(-50, 50) | st.floats(0, 1e-6))
def test_numbers_have_a_point_and_at_least_six_digits_that_count(value: float) -> None:
    text = number(value)
    assert re.fullmatch(r"-?[0-9]+\.[0-9]+", text)
    assert sum(character.isdigit() for character in text) >= 9
    assert float(text) == pytest.approx(value, rel=1e-8, abs=0)
