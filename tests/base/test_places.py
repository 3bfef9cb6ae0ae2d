from pathlib import Path

import pytest

from bmgui.base import places


def test_home_moves_what_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BMGUI_HOME", str(tmp_path / "家"))
    assert places.user_data() == tmp_path / "家"
    assert places.user_data().is_dir()
    assert places.user_models().parent == places.user_data()


def test_what_ships_is_there() -> None:
    assert (places.resources() / "translations").is_dir()
    assert places.shipped_models().is_dir()
