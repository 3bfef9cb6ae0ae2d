import errno
import json
import os
import stat
from pathlib import Path

import pytest

from bmgui.base import files
from bmgui.base.errors import KnownError


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "陈_左乳.json"
    files.write_json(target, {"名": 1})
    files.write_json(target, {"名": 2})
    assert json.loads(target.read_text("utf-8")) == {"名": 2}
    assert list(tmp_path.iterdir()) == [target]


def test_a_failed_write_leaves_what_was_there_and_no_scraps(tmp_path: Path) -> None:
    target = tmp_path / "kept"
    target.write_bytes(b"old")

    def fill_the_disk(stream: object) -> None:
        stream.write(b"half")  # type: ignore[attr-defined]
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(KnownError) as caught:
        files.write_with(target, fill_the_disk)
    assert caught.value.code == "file-not-written"
    assert caught.value.fields["file"] == str(target)
    assert os.strerror(errno.ENOSPC) in str(caught.value.fields["reason"])
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_bug_while_writing_stays_a_bug(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        files.write_with(tmp_path / "x", lambda _stream: 1 // 0)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_the_worlds_error(tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="file-not-written"):
        files.write_bytes(tmp_path / "nowhere" / "x", b"")


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX here")
def test_the_users_umask_is_honoured(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        files.write_bytes(tmp_path / "x", b"")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


def test_sha256_is_the_standards(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")  # FIPS 180-4, example
    assert files.sha256_of(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX here")
def test_what_is_replaced_keeps_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "patients.csv"
    target.touch(mode=0o600)
    files.write_bytes(target, b"new")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    link = tmp_path / "settings.json"
    link.symlink_to(tmp_path / "far" / "settings.json")
    for text in (b"new", b"newer"):
        files.write_bytes(link, text)
    assert link.is_symlink()
    assert (tmp_path / "far" / "settings.json").read_bytes() == b"newer"
    assert [path.name for path in (tmp_path / "far").iterdir()] == ["settings.json"]


def test_what_is_no_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for write in (files.check_writable, lambda target: files.write_bytes(target, b"")):
        with pytest.raises(KnownError, match="file-not-written"):
            write(tmp_path / "folder")
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(KnownError, match="file-not-written"):
            files.write_bytes(tmp_path / "pipe", b"")
        assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_folder_that_cannot_be_written_is_said_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there").touch()
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != tmp_path)  # root may write everywhere
    for name in ("there", "new"):
        with pytest.raises(KnownError, match="file-not-written"):
            files.check_writable(tmp_path / name)


def test_an_output_that_is_an_input_is_refused_by_any_name(tmp_path: Path) -> None:
    given = tmp_path / "scan.png"
    given.touch()
    names = [given, tmp_path / "." / "scan.png"]
    if os.name == "posix":
        (tmp_path / "link.png").symlink_to(given)
        (tmp_path / "hard.png").hardlink_to(given)
        names += [tmp_path / "link.png", tmp_path / "hard.png"]
    for target in names:
        with pytest.raises(KnownError, match="output-is-input"):
            files.check_writable(target, [tmp_path / "gone.png", given])
    files.check_writable(tmp_path / "map.png", [given])


def test_a_name_that_is_no_utf8_is_kept_in_json(tmp_path: Path) -> None:
    files.write_json(tmp_path / "recent.json", ["陈\udcff.dcm"])
    assert json.loads((tmp_path / "recent.json").read_text("utf-8")) == ["陈\udcff.dcm"]


def test_lines_are_added_whole_and_a_missing_file_is_made(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    files.append_whole(log, b"1\n")
    files.append_whole(log, b"2\n3\n", flush=False)
    assert log.read_bytes() == b"1\n2\n3\n"
    with pytest.raises(KnownError, match="file-not-written"):
        files.append_whole(tmp_path / "nowhere" / "log.jsonl", b"1\n")


def test_a_line_that_the_disk_takes_in_part_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda _handle, _data: 1)
    with pytest.raises(KnownError) as caught:
        files.append_whole(tmp_path / "log.jsonl", b"123\n")
    assert caught.value.fields["reason"] == os.strerror(errno.ENOSPC)
