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
