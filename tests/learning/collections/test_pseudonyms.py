"""Pseudonyms: the same for the same patient, another for another key, and the key is nobody else's."""

import stat
import sys
from pathlib import Path

import pytest

from bmgui.base.errors import KnownError
from bmgui.learning.collections.deidentifying import age_at, disguised
from bmgui.learning.collections.pseudonyms import is_pseudonym, key_file, key_print, pseudonym
from tests.learning.collection_stand import draft


def test_a_patient_keeps_her_pseudonym() -> None:
    first = pseudonym("H 0012 34")
    assert is_pseudonym(first)
    assert first == pseudonym("  h 0012  34\n") == pseudonym("Ｈ 0012 34")
    assert first != pseudonym("H 0012 35")
    assert first[1:] != pseudonym("H 0012 34", "scan")[1:]
    assert "1234" not in first
    assert pseudonym(" ") == ""


def test_the_key_is_this_users_and_made_once(own_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, told = pseudonym("1"), key_print()
    key = key_file().read_bytes()
    assert len(key) == 32
    if sys.platform != "win32":
        assert stat.S_IMODE(key_file().stat().st_mode) == 0o600
    assert [path.name for path in own_home.iterdir() if "part" in path.name] == []
    assert key not in told.encode()
    monkeypatch.setenv("BMGUI_HOME", str(tmp_path / "another"))
    assert (pseudonym("1"), key_print()) != (first, told)
    assert pseudonym("1") != first


def test_a_damaged_key_is_never_made_anew() -> None:
    key_file().write_bytes(b"short")
    with pytest.raises(KnownError, match="patient-key-unreadable"):
        pseudonym("1")
    assert key_file().read_bytes() == b"short"


@pytest.mark.parametrize(
    ("born", "seen", "age"),
    [
        ("1980-05-20", "2026-05-19", 45.0),
        ("1980-05-20", "2026-05-20", 46.0),
        ("1920-01-01", "2026-05-20", 90.0),
        ("", "2026-05-20", None),
        ("2026-05-20", "1980-05-20", None),
    ],
)
def test_age(born: str, seen: str, age: float | None) -> None:
    assert age_at(born, seen) == age


@pytest.mark.parametrize(("age", "stored"), [(97.0, 90.0), (90.0, 90.0), (41.5, 41.5), (None, None)])
def test_an_import_under_pseudonyms_keeps_no_rare_age(age: float | None, stored: float | None) -> None:
    assert disguised(draft(1, age=age)).age == stored


def test_an_import_under_pseudonyms_keeps_a_masss_code_and_no_words() -> None:
    for code in ("", "1", "L2", "12"):
        assert disguised(draft(1, mass=code)).mass == code
    hidden = disguised(draft(1, mass="L1 Mrs Miller")).mass
    assert is_pseudonym(hidden)
    assert hidden == disguised(draft(2, mass="l1  mrs miller")).mass  # still the same mass
    assert is_pseudonym(disguised(draft(1, mass="王芳")).mass)
