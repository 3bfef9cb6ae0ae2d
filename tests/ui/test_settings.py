"""Settings: declared once, read one by one, kept whole, shared between windows."""

import dataclasses
import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from bmgui.base.errors import KnownError
from bmgui.ui import theme
from bmgui.ui.actions import Action
from bmgui.ui.settings import MOST_RECENT, SETTINGS, Settings, SettingsFile, from_json, with_recent
from bmgui.ui.settings_page import SettingsPage
from bmgui.wording import language
from tests.ui.window_stand import open_window, page, picture, texts, wait


def test_every_field_is_declared_once_and_its_default_is_allowed() -> None:
    assert sorted(setting.key for setting in SETTINGS) == sorted(field.name for field in dataclasses.fields(Settings))
    for setting in SETTINGS:
        default = json.loads(json.dumps(getattr(Settings(), setting.key)))
        assert setting.read(default) == getattr(Settings(), setting.key)


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    changed = {"language": "zh_CN", "prior": 0.12, "recent": (("a", "b"), ("c",)), "last": ("陈.dcm",), "started": True}
    SettingsFile(path).change(**changed)
    assert SettingsFile(path).values == dataclasses.replace(Settings(), **changed)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("language", "fr"),
        ("prior", 0),
        ("prior", 1.0),
        ("prior", "0.3"),
        ("prior", True),
        ("identity", None),
        ("evidence_opacity", 1.5),
        ("last_scan", -1),
        ("last_scan", True),
        ("recent", ["a"]),
        ("last", [1]),
        ("started", 1),
    ],
)
def test_what_cannot_be_falls_back_alone(key: str, value: object) -> None:
    assert from_json({key: value, "theme": "light"}) == dataclasses.replace(Settings(), theme="light")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00\xff"])
def test_a_broken_file_is_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text, "utf-8")
    kept = SettingsFile(path)
    assert kept.values == Settings()
    kept.change(theme="dark")
    assert SettingsFile(path).values.theme == "dark"


def test_two_windows_change_only_what_each_changed(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    one, other = SettingsFile(path), SettingsFile(path)
    one.change(theme="light")
    other.change(prior=0.2)
    assert SettingsFile(path).values == dataclasses.replace(Settings(), theme="light", prior=0.2)


def test_a_disk_that_refuses_is_a_known_error_and_the_value_stands(tmp_path: Path) -> None:
    kept = SettingsFile(tmp_path / "no such folder" / "settings.json")
    with pytest.raises(KnownError) as caught:
        kept.change(theme="light")
    assert caught.value.code == "file-not-written"
    assert kept.values.theme == "light"


def test_recent_exams_are_few_newest_first_and_each_once() -> None:
    recent: tuple[tuple[str, ...], ...] = ()
    for number in [*range(15), 12]:
        recent = with_recent(recent, (str(number),))
    assert len(recent) == MOST_RECENT
    assert recent[:3] == (("12",), ("14",), ("13",))


@pytest.mark.usefixtures("qapp")
@pytest.mark.qt_log_ignore("does not support propagateSizeHints")  # of the offscreen platform alone
def test_language_and_theme_switch_live(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        window.do(Action.SETTINGS)
        shown = page(window, SettingsPage)
        box = shown._choices["language"]
        box.setCurrentIndex(box.findData("zh_CN"))
        box.activated.emit(box.currentIndex())
        QApplication.processEvents()
        assert language() == "zh_CN"
        assert window.menus.menu("file").title() == "文件(&F)"
        assert "非医疗器械" in window.status.disclaimer.text()
        assert "第二意见" in texts(window.panel)
        assert shown.windowTitle() == "设置"
        box = shown._choices["theme"]
        box.setCurrentIndex(box.findData("light"))
        box.activated.emit(box.currentIndex())
        assert theme.current().name == "light"
        window.change_settings(language="en", theme="dark")
        QApplication.processEvents()
        assert window.menus.menu("file").title() == "&File"
        assert SettingsFile().values.language == "en"


@pytest.mark.usefixtures("qapp")
def test_the_departments_share_moves_the_score_and_both_shares_are_kept(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        window.do(Action.ACCEPT)
        wait(lambda: window.desk.opinion is not None)
        before = window.desk.opinion
        window.do(Action.SETTINGS)
        shown = page(window, SettingsPage)
        shown._own.setChecked(True)
        shown._percent.setValue(5.0)
        wait(lambda: window.desk.opinion is not None)
        after = window.desk.opinion
        assert before is not None
        assert after is not None
        assert after.probability < before.probability
        assert after.probability == window.desk.card.probability(after.margin, 0.05)
        assert "5 %" in texts(window.panel)
        assert "32 %" in texts(window.panel)
        assert SettingsFile().values.prior == 0.05
        shown._own.setChecked(False)
        assert SettingsFile().values.prior is None
        assert window.desk.opinion == before


@pytest.mark.usefixtures("qapp")
def test_a_new_device_starts_the_worker_again(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, early):
        first = early.worker
        window.change_settings(device="cpu")
        assert early.worker is not first
        assert early.worker is not None
        assert early.worker.device == "cpu"
        wait(lambda: first is not None and first.closed)
