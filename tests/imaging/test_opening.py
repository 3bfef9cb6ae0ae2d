"""Files and folders become scans and exams."""

import hashlib
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bmgui.base.errors import KnownError
from bmgui.imaging import opening, pictures
from bmgui.imaging.codec import Codec
from bmgui.imaging.crop import Frame
from bmgui.imaging.exam import group_exams
from bmgui.imaging.opening import Unread, find_files, open_many, open_scan
from bmgui.imaging.scan import Scan
from bmgui.imaging.thumbnail import thumbnail
from tests.imaging.dicom_made import colour_picture, grey_picture, write_dicom

GREY = grey_picture()


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(GREY).save(path, "PNG")
    return path


def scans(paths: list[Path]) -> list[Scan]:
    return [scan for scan in open_many(paths, Codec()) if isinstance(scan, Scan)]


def test_a_folder_in_natural_order_without_what_is_no_scan(tmp_path: Path) -> None:
    names = ["IM 10.png", "IM 2.png", "b/IM 1", "b/1.2.840.5", "乳/陈_左乳.png", ".hidden.png", ".git/a.png"]
    for name in names:
        picture(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no scan")
    (tmp_path / "broken.dcm").write_text("named like one: its error belongs to be seen")
    write_dicom(tmp_path / "I0000001", GREY)
    write_dicom(tmp_path / "DICOMDIR", GREY)
    found = [path.relative_to(tmp_path).as_posix() for path in find_files(tmp_path)]
    assert found == ["b/1.2.840.5", "b/IM 1", "broken.dcm", "I0000001", "IM 2.png", "IM 10.png", "乳/陈_左乳.png"]


def test_a_file_is_itself_whatever_it_is(tmp_path: Path) -> None:
    assert find_files(tmp_path / "notes.txt") == [tmp_path / "notes.txt"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a folder that may not be read")
def test_a_folder_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    with pytest.raises(KnownError, match="file-unreadable"):
        find_files(tmp_path / "closed")


def test_one_bad_file_does_not_stop_the_rest(tmp_path: Path) -> None:
    (tmp_path / "bad.dcm").write_text("no scan at all")
    (tmp_path / "empty.png").touch()
    good = picture(tmp_path / "good.png")
    paths = [tmp_path / "bad.dcm", tmp_path / "gone.png", tmp_path / "empty.png", tmp_path, good]
    opened = list(open_many(paths, Codec()))
    codes = [item.error.code for item in opened if isinstance(item, Unread)]
    assert codes == ["not-a-scan", "file-missing", "file-empty", "file-unreadable"]
    assert all(item.error.fields["file"] == str(item.path) for item in opened if isinstance(item, Unread))
    assert isinstance(opened[-1], Scan)


def test_opening_is_lazy(tmp_path: Path) -> None:
    def paths() -> object:
        yield picture(tmp_path / "a.png")
        raise AssertionError("the second file was asked for before anybody wanted it")

    assert isinstance(next(open_many(paths(), Codec())), Scan)  # type: ignore[arg-type]


def test_the_fingerprint_goes_with_the_bytes(tmp_path: Path) -> None:
    one = picture(tmp_path / "a.png")
    two = picture(tmp_path / "b" / "陈.dcm")
    first, second = scans([one, two])
    assert first.fingerprint == second.fingerprint == hashlib.sha256(one.read_bytes()).hexdigest()


def test_the_fingerprint_of_a_large_file_is_of_its_start_its_size_and_pieces_to_its_end(tmp_path: Path) -> None:
    large = np.zeros((4000, 4000), np.uint8)
    prints = set()
    for last in (0, 1):
        large[-1, -1] = last  # two pictures that begin alike
        path = write_dicom(tmp_path / "a.dcm", large)
        data = path.read_bytes()
        begin, end = 4 << 20, len(data) - (1 << 16)
        places = [begin + (end - begin) * piece // 16 for piece in range(1, 17)]
        pieces = b"".join(data[place : place + (1 << 16)] for place in places)
        expected = hashlib.sha256(data[:begin] + str(len(data)).encode() + pieces).hexdigest()
        assert open_scan(path, Codec()).fingerprint == expected
        prints.add(expected)
    assert len(prints) == 2


def test_a_file_replaced_while_it_is_opened_is_not_mixed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_dicom(tmp_path / "a.dcm", GREY)
    look = opening._first_look

    def look_then_replace(file: Path) -> tuple[bytes, str]:
        seen = look(file)
        write_dicom(file, colour_picture())
        return seen

    monkeypatch.setattr(opening, "_first_look", look_then_replace)
    with pytest.raises(KnownError, match="file-changed"):
        open_scan(path, Codec())


def test_a_file_replaced_while_it_is_decoded_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = open_scan(picture(tmp_path / "a.png"), Codec())
    pixels = pictures._pixels

    def replace_then_read(file: Path, image: Image.Image) -> Frame:
        frame = pixels(file, image)
        file.write_bytes(b"another")
        return frame

    monkeypatch.setattr(pictures, "_pixels", replace_then_read)
    with pytest.raises(KnownError, match="file-changed"):
        scan.frame(1)
    scan.path.unlink()
    with pytest.raises(KnownError, match="file-missing"):
        scan.frame(1)


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes among files")
def test_a_pipe_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "pipe.png")
    assert find_files(tmp_path) == []
    with pytest.raises(KnownError, match=r"file-unreadable.*it is no file"):
        open_scan(tmp_path / "pipe", Codec())


def test_a_name_that_no_file_can_have_is_a_known_error(tmp_path: Path) -> None:
    for name in ("a\0.png", "x" * 5000, "file.png/more"):
        (tmp_path / "file.png").touch()
        with pytest.raises(KnownError, match=r"file-unreadable|file-missing"):
            open_scan(tmp_path / name, Codec())


def test_what_may_not_be_looked_into_is_found_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "IM0001").touch()
    (tmp_path / "closed").mkdir()
    picture(tmp_path / "z.png")
    scandir, open_file = os.scandir, Path.open

    def closed_scandir(path: str) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    def closed_open(path: Path, *arguments: object, **more: object) -> object:
        if path.name == "IM0001":
            raise PermissionError(13, "Permission denied", str(path))
        return open_file(path, *arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", closed_scandir)  # root may look everywhere
    monkeypatch.setattr(Path, "open", closed_open)
    found = find_files(tmp_path)
    assert [path.name for path in found] == ["closed", "IM0001", "z.png"]
    assert [type(opened).__name__ for opened in open_many(found, Codec())] == ["Unread", "Unread", "Scan"]


def test_content_decides_not_the_name(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.png", GREY)
    assert open_scan(path, Codec()).kind == "dicom"
    assert open_scan(picture(tmp_path / "b.dcm"), Codec()).kind == "picture"


def test_a_preamble_that_looks_like_a_tiff_is_still_dicom(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", GREY)
    path.write_bytes(b"II*\0" + path.read_bytes()[4:])
    assert open_scan(path, Codec()).kind == "dicom"


# --- exams ---


def dicom(path: Path, **elements: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_dicom(path, GREY, **elements)


def test_exams_are_of_one_patient_and_study(tmp_path: Path) -> None:
    paths = [
        dicom(tmp_path / "1.dcm", PatientID="1", StudyInstanceUID="1.1", StudyDate="20260301"),
        dicom(tmp_path / "2.dcm", PatientID="2", StudyInstanceUID="1.2"),
        dicom(tmp_path / "x" / "3.dcm", PatientID="1", StudyInstanceUID="1.1"),
        dicom(tmp_path / "4.dcm", PatientID="1", StudyInstanceUID="1.3"),
    ]
    exams = group_exams(scans(paths))
    assert [[scan.path.name for scan in exam.scans] for exam in exams] == [["1.dcm", "3.dcm"], ["2.dcm"], ["4.dcm"]]
    assert (exams[0].patient.id, exams[0].study_date) == ("1", "2026-03-01")
    assert len({exam.key for exam in exams}) == 3
    assert exams[0].key == group_exams(scans(paths[:1]))[0].key


def test_days_tell_studies_apart_that_have_no_uid(tmp_path: Path) -> None:
    paths = [dicom(tmp_path / f"{day}.dcm", PatientID="1", StudyDate=f"2026030{day}") for day in (1, 2)]
    assert len(group_exams(scans(paths))) == 2


def test_what_says_nothing_is_grouped_by_folder(tmp_path: Path) -> None:
    paths = [picture(tmp_path / name) for name in ("a/1.png", "a/2.png", "b/1.png")] + [dicom(tmp_path / "a" / "3.dcm")]
    assert [len(exam.scans) for exam in group_exams(scans(paths))] == [3, 1]
    assert group_exams([]) == ()


# --- thumbnails ---


def test_thumbnails_fit_and_keep_the_aspect() -> None:
    assert thumbnail(grey_picture(400, 600), 96).shape == (64, 96)
    assert thumbnail(colour_picture(600, 400), 96).shape == (96, 64, 3)
    assert thumbnail(grey_picture(2, 900), 96).shape == (1, 96)
    assert thumbnail(GREY, 96) is GREY
