"""A bug is shown, not swallowed; what could be copied says nothing of the patient; nothing repeats without end."""

import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication

from bmgui.imaging.scan import Patient, Scan
from bmgui.ui import crash
from bmgui.ui.crash import CrashPage, Failure, failure_of, hooks, report, without_identity
from tests.ui.window_stand import open_window, page, picture, wait


def fail(message: str) -> Failure:
    try:
        raise RuntimeError(message)
    except RuntimeError as error:
        return failure_of(error)


def test_a_failure_says_where_in_the_program() -> None:
    failure = fail("x")
    assert failure.kind == "RuntimeError"
    assert failure.where[-1].endswith("in fail")
    assert failure.where[-1].startswith("test_crash.py:")


@pytest.mark.parametrize(
    "text",
    [
        "no such file: '/home/wang/exams/陈_左乳.dcm'",
        "C:\\Users\\wang\\exams\\scan.dcm is gone",
        "tag of chen^LI is wrong",
        "id PID-4711 twice",
        "../exams/wang/scan.dcm",
    ],
)
def test_identity_is_taken_out(text: str) -> None:
    cleaned = without_identity(text, ["Chen^Li", "PID-4711", "陈_左乳", "", "x"])
    for secret in ("wang", "陈", "chen", "4711", "scan.dcm"):
        assert secret not in cleaned
    assert crash.REMOVED in cleaned


def test_what_says_nothing_of_a_patient_stays() -> None:
    text = "shapes (3, 4) and (4, 5) do not match: 50 % / 2"
    assert without_identity(text, ["Chen"]) == text


def test_the_report_names_versions_and_place() -> None:
    text = report(fail("boom for Chen"), ["Chen"])
    assert "bmgui " in text
    assert "Qt " in text
    assert "in fail" in text
    assert "Chen" not in text


@pytest.mark.usefixtures("qapp")
def test_a_fault_in_the_window_opens_the_dialog_and_copy_copies_it(tmp_path: Path) -> None:
    path = picture(tmp_path / "Wang_Fang.png")
    with open_window(path) as (window, _):
        crash.show(fail(f"cannot digest {path} of Wang_Fang"), window)
        shown = page(window, CrashPage)
        assert "cannot digest" in shown.text
        assert "Wang" not in shown.text
        shown._copy.click()
        assert QGuiApplication.clipboard().text() == shown.text
        crash.show(fail("another"), window)
        crash.show(fail("another"), window)
        assert len([one for one in window.findChildren(CrashPage) if one.isVisible()]) == 1
        assert shown.text.count("another") == 1
        assert window.isVisible()
        QGuiApplication.clipboard().clear()


def test_every_name_of_a_scan_is_known() -> None:
    patient = Patient("Chen^Li Na", "P1", "1970-05-06")
    scan = Scan(Path("/exams/Chen/a.dcm"), "f1", "dicom", 9, 9, 1, "US", patient, "1.2.3", "2026-01-02")
    known = [
        "Chen^Li Na",
        "Chen",
        "Li",
        "Na",
        "P1",
        "1970-05-06",
        "19700506",
        "2026-01-02",
        "20260102",
        "1.2.3",
        "f1",
        "a.dcm",
        "a",
        "exams",
    ]
    assert set(known) <= set(crash.identity_words(scan))


def test_hooks_hear_the_main_thread_and_others_and_are_taken_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    heard: list[Failure] = []
    with hooks(heard.append):
        error = RuntimeError("in main")
        sys.excepthook(RuntimeError, error, None)
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
    assert [failure.kind for failure in heard] == ["RuntimeError", "ZeroDivisionError"]
    assert sys.excepthook is sys.__excepthook__
    assert "in main" in capsys.readouterr().err  # printed as well


@pytest.mark.usefixtures("qapp")
def test_no_identity_is_asked_for_when_nothing_is_open() -> None:
    with open_window() as (window, _):
        assert crash.identities_of(window) == []
        wait(lambda: window.desk.worker.phase == "ready")
