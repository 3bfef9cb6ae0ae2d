"""What the window says of its state, and of whose scan it is."""

from pathlib import Path

import pytest

from bmgui.base.errors import KnownError
from bmgui.imaging.exam import group_exams
from bmgui.imaging.opening import Unread
from bmgui.imaging.scan import Patient, Region, Scan
from bmgui.imaging.square import Square
from bmgui.scoring.client import WorkerState
from bmgui.ui import exams
from bmgui.ui.scan_rows import Heading, ScanRow, UnreadRow, identity_line, rows
from bmgui.ui.telling import caption, pointer_line, worker_line


def scan(name: str = "a.dcm", **more: object) -> Scan:
    return Scan(Path("/exams") / name, name, "dicom", 400, 300, 1, **more)  # type: ignore[arg-type]


def test_millimetres_only_where_the_file_is_calibrated() -> None:
    region = Region(0, 0, 200, 200, 0.1, 0.05)
    assert caption(scan(regions=(region,)), Square(10, 10, 150)) == "15 × 7.5 mm · 150 px"
    assert caption(scan(regions=(region,)), Square(100, 100, 150)) == "150 px · not calibrated"
    assert caption(scan(), Square(0, 0, 64)) == "64 px · not calibrated"


def test_the_worker_is_told_with_device_engine_and_model() -> None:
    assert worker_line(WorkerState("ready", "m", "OpenVINO", "CPU"), "VGG-16") == "CPU (OpenVINO) · VGG-16 · ready"
    assert worker_line(WorkerState("starting", "m"), "VGG-16") == "VGG-16 · starting"
    assert worker_line(WorkerState("withheld", "m"), "VGG-16") == "VGG-16 · scores withheld"


def test_the_pointer_is_told_with_grey_and_colour() -> None:
    assert pointer_line(3, 4, 200) == "x 3  y 4 · 200"
    assert pointer_line(3, 4, (1, 2, 3)) == "x 3  y 4 · 1 2 3"
    assert pointer_line(-1, -1, None) == ""


def test_identity_says_what_the_file_says_and_no_more() -> None:
    patient = Patient("Chen Li", "P1", "1970-05-06")
    assert identity_line(patient, "2026-01-02") == "Chen Li · ID P1 · born 1970-05-06 · study of 2026-01-02"
    assert identity_line(Patient(id="P1"), "") == "ID P1"
    assert identity_line(Patient(), "") == ""


@pytest.mark.parametrize("shown", [True, False])
def test_rows_are_grouped_and_hide_every_name_where_identity_is_hidden(shown: bool) -> None:
    one = scan("Chen.dcm", patient=Patient("Chen", "P1"), study="1", study_date="2026-01-02")
    other = scan("Wang.dcm", patient=Patient("Wang", "P2"), study="2")
    bad = Unread(
        Path("/exams/Liu.dcm"), KnownError("file-not-written", file="/exams/Liu.dcm", reason="x '/exams/Liu.dcm'")
    )
    made = rows(group_exams([one, other]), [bad], identity_shown=shown)
    assert [type(row) for row in made] == [Heading, ScanRow, Heading, ScanRow, Heading, UnreadRow]
    assert [row.index for row in made if isinstance(row, ScanRow)] == [0, 1]
    text = "".join(f"{row.text}{getattr(row, 'why', '')}" for row in made)
    for name in ("Chen", "Wang", "Liu"):
        assert (name in text) is shown
    assert "/exams/Liu" not in text


def test_the_sample_exam_is_remembered_by_word(tmp_path: Path) -> None:
    assert exams.paths_of((exams.SAMPLE,)) == exams.sample_files()
    assert all(path.is_file() for path in exams.sample_files())
    assert exams.still_there((exams.SAMPLE,))
    assert not exams.still_there(())
    assert not exams.still_there((str(tmp_path / "gone"),))
    assert exams.remembered([Path("a.png")]) == (str(Path("a.png").absolute()),)
