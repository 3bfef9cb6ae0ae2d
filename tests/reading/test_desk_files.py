"""The desk and files: opening in the background, what is kept and comes back, thumbnails, closing in mid-work."""

import json
import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bmgui.base.errors import KnownError
from bmgui.imaging import opening, unchanged
from bmgui.imaging.crop import Frame
from bmgui.imaging.opening import Unread
from bmgui.imaging.scan import Scan
from bmgui.imaging.square import Square
from bmgui.reading import frames
from bmgui.reading.exams import OpenExams
from bmgui.reading.frames import Latest
from tests.reading.desk_stand import Stand

MARKED = Square(30, 20, 50)


def proposer(frame: Frame) -> tuple[Square, ...]:
    if min(frame.shape[:2]) < 32:
        raise KnownError("picture-too-small", width=frame.shape[1], height=frame.shape[0], least=32)
    return (Square(5, 5, 60), Square(10, 10, 60))


def picture(path: Path, seed: int = 1, size: tuple[int, int] = (120, 160)) -> Path:
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, size, np.uint8)).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six pictures, one of them damaged, one that is no picture, in a folder with a Chinese name."""
    folder = tmp_path / "陈_左乳"
    folder.mkdir()
    for number in range(1, 7):
        picture(folder / f"IM {number}.png", number)
    (folder / "IM 3.png").write_bytes((folder / "IM 3.png").read_bytes()[:30])
    (folder / "IM 4.png").write_bytes(b"no picture at all")
    return folder


def test_a_folder_opens_and_bad_files_stop_nothing(tmp_path: Path, folder: Path) -> None:
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(folder)
        assert [scan.path.name for scan in stand.desk.scans] == ["IM 1.png", "IM 2.png", "IM 5.png", "IM 6.png"]
        assert [unread.path.name for unread in stand.desk.unread] == ["IM 3.png", "IM 4.png"]
        assert len(stand.desk.exams) == 1
        assert (stand.desk.scan_index, stand.desk.frame_number) == (0, 1)
        stand.desk.next_scan()
        stand.desk.next_scan()
        assert stand.desk.scan_index == 2
        for _ in range(5):
            stand.desk.previous_scan()
        assert stand.desk.scan_index == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_the_first_picture_is_shown_while_others_are_still_being_opened(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second path lies on a slow disk: opening hangs there, and the first scan is shown."""
    blocked, awake = tmp_path / "blocked.png", threading.Event()
    blocked.touch()

    def slow_stamp(path: Path) -> tuple[int, int]:
        assert path != blocked or awake.wait(30)
        return unchanged.stamp(path)

    monkeypatch.setattr(opening, "stamp", slow_stamp)
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.desk.open_paths([folder / "IM 1.png", blocked, folder / "IM 2.png"])
        stand.main.wait(lambda: stand.desk.frame is not None)
        assert stand.desk.opening
        assert len(stand.desk.scans) == 1
        awake.set()
        stand.main.wait(lambda: not stand.desk.opening)
        assert [scan.path.name for scan in stand.desk.scans] == ["IM 1.png", "IM 2.png"]
        assert stand.desk.scan_index == 0


def test_opening_more_adds_and_shows_the_new_one_and_a_file_is_never_there_twice(tmp_path: Path, folder: Path) -> None:
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(folder / "IM 1.png")
        stand.open(folder / "IM 2.png")
        stand.main.wait(lambda: stand.desk.scan_index == 1)
        stand.open(folder / "IM 1.png")
        stand.main.wait(lambda: stand.desk.scan_index == 0)
        assert len(stand.desk.scans) == 2


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.desk.open_paths([tmp_path / "empty", tmp_path / "missing.png"])
        stand.main.wait(lambda: not stand.desk.opening)
        assert [unread.error.code for unread in stand.desk.unread] == ["nothing-to-open", "file-missing"]
        assert stand.desk.scan is None
        assert stand.desk.opinion is None
        stand.desk.accept()
        stand.desk.nudge(1, 1)
        stand.desk.draw(MARKED)
        stand.desk.undo()
        stand.desk.rest()
        stand.desk.explain("occlusion")
        assert stand.desk.masses == ()


def test_many_files_are_told_in_few_batches(tmp_path: Path) -> None:
    for number in range(60):
        picture(tmp_path / f"{number}.png", number, (40, 40))
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(tmp_path)
        assert len(stand.desk.scans) == 60
        assert sum("exams" in aspects for aspects in stand.told) < 20


def test_a_picture_that_is_too_small_is_shown_and_says_why_it_has_no_square(tmp_path: Path) -> None:
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(picture(tmp_path / "small.png", size=(20, 90)))
        assert stand.desk.frame is not None
        assert stand.desk.frame_error is not None
        assert stand.desk.frame_error.code == "picture-too-small"
        assert stand.desk.masses == ()


def test_a_file_that_is_gone_when_its_frame_is_wanted(tmp_path: Path, folder: Path) -> None:
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(folder)
        (folder / "IM 2.png").unlink()
        stand.desk.next_scan()
        stand.main.wait(lambda: stand.desk.frame_error is not None)
        assert stand.desk.frame is None
        assert stand.desk.masses == ()
        stand.desk.next_scan()
        stand.main.wait(lambda: stand.desk.frame is not None)
        assert stand.desk.frame_error is None


def test_squares_and_opinions_come_back_after_a_restart(tmp_path: Path, folder: Path) -> None:
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(folder)
        stand.desk.draw(MARKED)
        stand.desk.draw(Square(80, 20, 40))
        stand.desk.select_mass(0)
        stand.settle()
        before = stand.desk.opinion
        assert before is not None
        assert stand.desk.has_confirmed(stand.desk.scans[0])
        assert not stand.desk.has_confirmed(stand.desk.scans[1])
    shutil.move(folder, tmp_path / "elsewhere")  # kept under what the scan is, not where it lies
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(tmp_path / "elsewhere")
        assert [(mass.square, mass.confirmed) for mass in stand.desk.masses] == [
            (MARKED, True),
            (Square(80, 20, 40), True),
        ]
        assert stand.desk.opinion == before, "shown before it is scored again"
        assert stand.desk.evidence is None
        stand.settle()
        assert stand.desk.evidence is not None
        assert stand.desk.opinion == before
        assert len(stand.client.asked) == 2, "each square once; the ranges agree with what was kept"


@pytest.mark.parametrize("change", ["model", "prior", "weights"])
def test_a_kept_opinion_of_another_model_or_prior_is_not_shown(tmp_path: Path, folder: Path, change: str) -> None:
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(folder)
        stand.desk.draw(MARKED)
        stand.settle()
    if change == "weights":
        (kept,) = (tmp_path / "readings").iterdir()
        kept.write_text(kept.read_text().replace(stand.desk.card.sha256, "0" * 64))
    now: dict[str, object] = {"model": {"model": "second"}, "prior": {"prior": 0.1}}.get(change, {})  # type: ignore[assignment]
    with Stand(tmp_path / "readings", proposer, **now) as stand:
        stand.open(folder)
        assert stand.desk.masses[0].square == MARKED
        assert stand.desk.opinion is None
        stand.settle()
        assert stand.desk.opinion is not None
        assert stand.desk.opinion.low is not None


def test_a_proposal_is_not_kept_and_a_removed_mass_is_forgotten(tmp_path: Path, folder: Path) -> None:
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(folder)
        stand.desk.next_scan()
    assert not (tmp_path / "readings").exists()
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(folder)
        stand.desk.accept()
        stand.settle()
        stand.desk.remove_mass()
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(folder)
        assert [mass.confirmed for mass in stand.desk.masses] == [False]


def test_a_drag_under_way_at_closing_is_kept(tmp_path: Path, folder: Path) -> None:
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(folder)
        stand.desk.set_square(MARKED, resting=False)
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(folder)
        assert stand.desk.masses[0].square == MARKED


def test_closing_and_opening_again_at_once_loses_nothing(tmp_path: Path, folder: Path) -> None:
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(folder)
        for left in range(10):
            stand.desk.draw(Square(left, 0, 40))
            stand.desk.close_exams()
            assert stand.desk.scan is None
            assert stand.desk.scans == ()
            stand.open(folder)
            assert len(stand.desk.masses) == left + 1


def test_a_damaged_reading_is_told_and_set_aside(tmp_path: Path, folder: Path) -> None:
    readings = tmp_path / "readings"
    with Stand(readings, proposer) as stand:
        stand.open(folder)
        stand.desk.draw(MARKED)
    (kept,) = readings.iterdir()
    kept.write_text("{")
    with Stand(readings, proposer) as stand:
        stand.open(folder)
        assert stand.desk.trouble is not None
        assert stand.desk.trouble.code == "reading-set-aside"
        assert [mass.confirmed for mass in stand.desk.masses] == [False]
        stand.desk.accept()
    assert sorted(path.name for path in readings.iterdir()) == [kept.name, f"{kept.stem}.set-aside-1.json"]


def test_a_disk_that_does_not_take_it_is_told(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "readings").write_bytes(b"a file where the folder should be")
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(folder / "IM 1.png")
        stand.desk.forget_trouble()
        stand.desk.accept()
        stand.main.wait(lambda: stand.desk.trouble is not None)
        assert stand.desk.trouble is not None
        assert stand.desk.trouble.code in {"file-not-written", "reading-not-read"}
        assert stand.desk.masses[0].confirmed


def test_two_windows_at_once_leave_a_whole_file(tmp_path: Path, folder: Path) -> None:
    """Both mark the same scan; the later one's squares are what is kept, and nothing is half."""
    with Stand(tmp_path / "readings", proposer) as one, Stand(tmp_path / "readings", proposer) as two:
        one.open(folder)
        two.open(folder)
        one.desk.draw(Square(1, 1, 40))
        one.settle()
        one.main.wait(lambda: list((tmp_path / "readings").glob("*.json")))  # written in the background
        two.desk.draw(Square(2, 2, 40))
        two.settle()
        two.desk.close()
        one.desk.close()  # changed nothing since: it does not write over the other's
    (kept,) = (tmp_path / "readings").iterdir()
    (mass,) = json.loads(kept.read_bytes())["frames"]["1"]
    assert mass["square"] == {"left": 2, "top": 2, "side": 40}


def test_thumbnails_come_in_the_background_also_for_bad_files(tmp_path: Path, folder: Path) -> None:
    picture(folder / "IM 9.png", 9, (600, 900))
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(folder)
        (folder / "IM 5.png").unlink()
        got: dict[str, Frame | KnownError] = {}
        for scan in stand.desk.scans:
            stand.desk.thumbnail(scan, lambda small, name=scan.path.name: got.__setitem__(name, small))  # type: ignore[misc]
        assert got == {}
        stand.main.wait(lambda: len(got) == 5)
        assert isinstance(got["IM 5.png"], KnownError)
        large = got["IM 9.png"]
        assert isinstance(large, np.ndarray)
        assert max(large.shape) == frames.THUMBNAIL_PX


def test_the_shown_frame_goes_before_thumbnails(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    go = threading.Event()
    real_thumbnail, real_decode = frames.small_picture, frames.decode

    def thumb(scan: Scan) -> Frame:
        go.wait(20)
        order.append("thumbnail")
        return real_thumbnail(scan)

    def decode(*arguments: object) -> frames.Decoded:
        order.append("frame")
        return real_decode(*arguments)  # type: ignore[arg-type]

    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(folder)
        monkeypatch.setattr("bmgui.reading.gallery.small_picture", thumb)
        monkeypatch.setattr("bmgui.reading.gallery.decode", decode)
        for scan in stand.desk.scans:
            stand.desk.thumbnail(scan, lambda _: None)
        stand.desk.next_scan()
        stand.desk.next_scan()
        go.set()
        stand.main.wait(lambda: order.count("thumbnail") == 4)
    assert order.count("frame") == 1, "the one that was stepped over was never decoded"
    assert order.index("frame") <= 1


def test_nothing_is_called_after_close_also_when_busy(tmp_path: Path, folder: Path) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow(frame: Frame) -> tuple[Square, ...]:
        begun.set()
        go.wait(20)
        return (Square(0, 0, 40),)

    stand = Stand(tmp_path / "readings", slow)
    stand.desk.open_paths([folder])
    stand.main.wait(lambda: begun.is_set() and stand.desk.scan is not None)
    stand.desk.thumbnail(stand.desk.scans[0], lambda _: pytest.fail("called after close"))
    threading.Timer(0.2, go.set).start()
    told = len(stand.told)
    stand.desk.close()
    calls = stand.main.calls
    stand.main.pump()
    stand.desk.open_paths([folder])
    stand.desk.accept()
    stand.desk.close()
    assert (len(stand.told), stand.main.calls) == (told, calls)
    assert stand.client.closed


def test_a_bug_in_background_work_comes_to_the_main_thread(tmp_path: Path, folder: Path) -> None:
    def broken(frame: Frame) -> tuple[Square, ...]:
        raise ZeroDivisionError

    with Stand(tmp_path / "readings", broken) as stand:
        stand.desk.open_paths([folder / "IM 1.png"])
        with pytest.raises(ZeroDivisionError):
            stand.main.wait(lambda: stand.desk.frame is not None)


def test_a_loop_is_stepped_and_remembers_where_it_was_left(tmp_path: Path, folder: Path) -> None:
    pages = [Image.new("L", (64, 48), value) for value in range(10, 250, 20)]
    pages[0].save(tmp_path / "loop.tif", save_all=True, append_images=pages[1:])
    with Stand(tmp_path / "readings", proposer) as stand:
        stand.open(tmp_path / "loop.tif", folder / "IM 1.png")
        for wish, shown in ((5, 5), (0, 1), (99, 12), (7, 7)):
            stand.desk.show_frame(wish)
            stand.main.wait(lambda: stand.desk.frame is not None)
            assert stand.desk.frame_number == shown
            assert stand.desk.frame is not None
            assert stand.desk.frame[0, 0] == 10 + 20 * (shown - 1)
        stand.desk.next_scan()
        stand.desk.previous_scan()
        assert stand.desk.frame_number == 7


def test_the_cache_is_bounded_by_weight() -> None:
    latest: Latest[int, bytes] = Latest(100, len)
    for number in range(10):
        latest.add(number, b"x" * 30)
        latest.get(0)
    assert [number for number in range(10) if latest.get(number) is not None] == [0, 8, 9]
    latest.add(10, b"x" * 1000)
    assert [number for number in range(11) if latest.get(number) is not None] == [10], "the newest always stays"


def test_a_file_opened_again_takes_its_place_in_the_unread_too() -> None:
    exams = OpenExams()
    exams.add([Unread(Path("a.png"), KnownError("file-missing", file="a.png"))])
    exams.add([Scan(Path("a.png"), "ab", "picture", 10, 10, 1)])
    assert exams.unread == ()
    assert exams.index(Path("a.png")) == 0
