"""The real `main`: start, first exam, arguments, busy close, two at once, and plain words where it cannot start."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from bmgui.base.errors import KnownError
from bmgui.base.processes import module_command
from bmgui.scoring import client
from bmgui.ui import app, exams
from bmgui.ui.actions import Action
from bmgui.ui.settings import SettingsFile
from bmgui.ui.window import Window
from tests.conftest import REPOSITORY
from tests.ui.window_stand import in_main, picture, wait


@pytest.fixture(autouse=True)
def plain_language(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("qapp")
def test_the_first_start_opens_the_sample_exam_and_scores_it() -> None:
    """From an empty user folder through the real worker to the score, its range and the evidence, by one key."""

    def play(window: Window) -> None:
        wait(lambda: window.desk.mass is not None)
        assert window.desk.scans[0].path == exams.sample_files()[0]
        QTest.keyClick(window.canvas, Qt.Key.Key_Return)
        wait(lambda: window.desk.opinion is not None and window.desk.opinion.low is not None)
        assert window.desk.opinion is not None
        assert window.desk.opinion.low is not None
        assert window.desk.opinion.high is not None
        assert window.desk.opinion.low <= window.desk.opinion.probability <= window.desk.opinion.high
        evidence = window.desk.evidence
        assert evidence is not None
        assert evidence.bias is not None
        assert float(evidence.map.mean()) + evidence.bias == pytest.approx(window.desk.opinion.margin, abs=1e-4)
        assert "ready" in window.status.worker_text
        wait(lambda: not window.opening)
        assert len(window.desk.scans) == len(exams.sample_files())
        assert window.desk.scan_index == 0  # the others were opened behind it
        assert not window.menus.actions[Action.OPEN].icon().isNull()

    assert in_main([], play) == 0
    assert SettingsFile().values.last == (exams.SAMPLE,)


@pytest.mark.usefixtures("qapp")
def test_files_given_as_arguments_open(tmp_path: Path) -> None:
    path = picture(tmp_path / "检查" / "陈_左乳.png")

    def play(window: Window) -> None:
        wait(lambda: window.desk.frame is not None)
        assert [scan.path for scan in window.desk.scans] == [path]

    assert in_main([str(path)], play) == 0


@pytest.mark.usefixtures("qapp")
def test_a_later_start_without_an_exam_is_empty() -> None:
    SettingsFile().change(started=True)

    def play(window: Window) -> None:
        assert window.pages.currentWidget() is window.empty
        assert not window.panel.isVisible()

    assert in_main([], play) == 0


@pytest.mark.usefixtures("qapp")
def test_the_window_closes_while_the_worker_is_busy() -> None:
    """In the middle of starting, and in the middle of 27 crops; what is left behind fails the test by itself."""

    def play(window: Window) -> None:
        wait(lambda: window.desk.mass is not None)
        QTest.keyClick(window.canvas, Qt.Key.Key_Return)
        before = time.monotonic()
        window.close()
        assert time.monotonic() - before < 5

    assert in_main([], play) == 0

    def play_again(window: Window) -> None:
        wait(lambda: window.desk.opinion is not None)
        window.close()

    assert in_main([], play_again) == 0


@pytest.mark.usefixtures("qapp")
def test_a_killed_worker_is_started_again_and_said() -> None:
    def play(window: Window) -> None:
        import signal

        wait(lambda: window.desk.worker.phase == "ready" and window.desk.mass is not None)
        pid = window.desk._scorer._client.worker_pid
        os.kill(pid, signal.SIGKILL)
        wait(lambda: window.notice.isVisible())
        QTest.keyClick(window.canvas, Qt.Key.Key_Return)
        wait(lambda: window.desk.opinion is not None)
        assert window.desk.worker.restarts == 1

    assert in_main([], play) == 0


@pytest.mark.usefixtures("qapp")
def test_a_fault_in_a_slot_reaches_the_crash_dialog(qtbot: "object") -> None:
    from bmgui.ui.crash import CrashPage
    from tests.ui.window_stand import page

    def play(window: Window) -> None:
        def broken() -> None:
            raise LookupError("a fault that was planted")

        window.menus.actions[Action.HELP].triggered.connect(broken)
        window.menus.actions[Action.HELP].trigger()
        wait(lambda: window.findChildren(CrashPage))
        assert "planted" in page(window, CrashPage).text

    with qtbot.capture_exceptions() as caught:
        assert in_main([], play) == 0
    assert [kind for kind, *_ in caught] == [LookupError]


def test_two_windows_at_once_each_score(tmp_path: Path) -> None:
    """Two whole programs on one user folder: both score, and the settings file stays sound."""
    path = picture(tmp_path / "a.png")
    script = (
        "import sys\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "from PySide6.QtWidgets import QApplication\n"
        "application = QApplication([])\n"
        "from tests.ui.window_stand import in_main, wait\n"
        "from bmgui.ui.actions import Action\n"
        "def play(window):\n"
        "    wait(lambda: window.desk.mass is not None)\n"
        "    window.do(Action.ACCEPT)\n"
        "    wait(lambda: window.desk.opinion is not None)\n"
        "    print(window.desk.opinion.margin)\n"
        "sys.exit(in_main([sys.argv[1]], play))\n"
    )
    command = [sys.executable, "-c", script, str(path), str(REPOSITORY)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPOSITORY, text=True) for _ in range(2)]
    told = [process.communicate(timeout=120)[0].split() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert told[0] == told[1]
    assert len(told[0]) == 1
    assert SettingsFile().values.last == (str(path),)


# --- where it cannot start ---


def test_without_a_display_it_says_so_and_how_to_score() -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "LC_ALL", "LC_MESSAGES", "LANG")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment["PYTHONPATH"] = str(REPOSITORY)
    run = subprocess.run(module_command("bmgui"), env=environment, capture_output=True, text=True, timeout=60)
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux has machines without a display")
    assert run.returncode == 2
    assert "no display" in run.stderr
    assert "bmgui score FILE" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_loads", lambda _library: False)
    text = app.what_is_missing("linux", {"DISPLAY": ":0"})
    assert "libxcb-cursor" in text
    assert "apt install" in text
    assert app.what_is_missing("linux", {"WAYLAND_DISPLAY": "wayland-0"}) == ""
    assert app.what_is_missing("linux", {"QT_QPA_PLATFORM": "offscreen"}) == ""
    assert app.what_is_missing("darwin", {}) == ""


def test_without_a_model_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from bmgui.ui import early

    def none() -> None:
        raise KnownError("no-models", file="models")

    monkeypatch.setattr(early, "installed", none)
    assert app.main([]) == 1
    assert "no model" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("choice", "environment", "spoken"),
    [
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        ("zh_CN", {}, "zh_CN"),
        ("system", {"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ("system", {"LANG": "zh_TW.UTF-8"}, "zh_CN"),
        ("system", {"LANG": "de_DE.UTF-8"}, "en"),
        ("system", {"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
    ],
)
def test_the_system_or_the_reader_chooses_the_language(choice: str, environment: dict[str, str], spoken: str) -> None:
    assert app.language_of(choice, environment) == spoken


# --- the early worker ---


def test_the_early_worker_is_handed_over_once_and_only_where_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    from bmgui.ui import early

    started: list[str] = []
    original = client.ScoringClient.start
    monkeypatch.setattr(client.ScoringClient, "start", lambda self: started.append("start") or original(self))
    first = early.EarlyClient.start_for(SettingsFile())
    try:
        assert first.model == first.library.default_id
        assert started == ["start"]
        folder = first.library.folder(first.model)
        taken = first.hand_over(folder, device="auto", on_state=lambda _state: None)
        taken.start()  # already runs
        assert started == ["start"]
        later = first.hand_over(folder, device="auto", on_state=lambda _state: None)
        assert later is not taken
        taken.close()
    finally:
        first.close()


@pytest.mark.parametrize(
    ("former", "used", "said"),
    [
        ("resnet50-first", "resnet50-first", ""),
        ("gone", "vgg16-first", "former-model-missing"),
        ("", "vgg16-first", ""),
    ],
)
def test_the_model_of_older_settings_is_taken_over_once(former: str, used: str, said: str, own_home: Path) -> None:
    from bmgui.scoring import installing
    from bmgui.ui import early

    (own_home / "settings.json").write_text(json.dumps({"model": former}))
    with contextlib.closing(early.EarlyClient.start_for(SettingsFile())) as first:
        assert first.model == first.library.default_id == installing.in_use() == used
        assert (first.trouble.code if first.trouble else "") == said
    assert [entry.model for entry in installing.history()] == ([used] if former == used else [])
    installing.use("resnet50-us")  # chosen since: the settings count no more
    with contextlib.closing(early.EarlyClient.start_for(SettingsFile())) as second:
        assert second.model == "resnet50-us"
        assert second.trouble is None


def test_modules_that_the_first_picture_does_not_need_are_not_loaded() -> None:
    """The window's process starts without them: this is what makes it quick."""
    code = (
        "import sys, bmgui.ui.app, bmgui.ui.early, bmgui.ui.window, bmgui.ui.look\n"
        "print(*[name for name in sys.modules if name.split('.')[0] in sys.argv[1:] or name in sys.argv[1:]])"
    )
    late = ["pyqtgraph", "pydicom", "torch", "openvino", "scipy", "PySide6.QtSvg", "importlib.metadata"]
    late += [f"bmgui.ui.{name}" for name in ("about", "help", "settings_page", "saving", "save_dialog", "shots")]
    command = [sys.executable, "-c", code, *late]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert run.stdout.split() == []
