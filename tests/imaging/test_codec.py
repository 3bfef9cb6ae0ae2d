"""The codec process is really killed, stopped and closed here."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bmgui.base.errors import KnownError
from bmgui.imaging import codec as codec_module
from bmgui.imaging.codec import Codec
from bmgui.imaging.opening import open_scan
from tests.imaging.dicom_made import RLE, described, grey_picture, rle, write_dicom

posix = pytest.mark.skipif(sys.platform == "win32", reason="stops the process by POSIX signals")


@pytest.fixture
def compressed(tmp_path: Path) -> Path:
    picture = grey_picture()
    return write_dicom(tmp_path / "陈_左乳.dcm", [rle(picture)], syntax=RLE, **described(picture))


@pytest.fixture
def own_codec(compressed: Path) -> Iterator[Codec]:
    """A codec of the test's own, already running."""
    with Codec() as codec:
        codec.decode(compressed, 1)
        yield codec


def process_of(codec: Codec) -> "subprocess.Popen[bytes]":
    assert codec._process is not None
    return codec._process


def when_waiting(codec: Codec, act: object) -> threading.Thread:
    """Run `act` once a request is under way."""

    def wait() -> None:
        while not codec._turn.locked():
            time.sleep(0.01)
        time.sleep(0.1)
        act()  # type: ignore[operator]

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def output_of(code: str, path: Path) -> str:
    """What a fresh process prints that runs `code` with `path` as its argument."""
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_path_beyond_ascii_reaches_the_process(own_codec: Codec, compressed: Path) -> None:
    assert np.array_equal(own_codec.decode(compressed, 1), grey_picture())


@posix
def test_killed_while_decoding_is_a_known_error_and_the_next_frame_decodes(own_codec: Codec, compressed: Path) -> None:
    process = process_of(own_codec)
    os.kill(process.pid, signal.SIGSTOP)
    killer = when_waiting(own_codec, lambda: os.kill(process.pid, signal.SIGKILL))
    with pytest.raises(KnownError) as caught:
        own_codec.decode(compressed, 1)
    killer.join()
    assert (caught.value.code, caught.value.fields["file"]) == ("decoder-crashed", str(compressed))
    assert np.array_equal(own_codec.decode(compressed, 1), grey_picture())
    assert process_of(own_codec).pid != process.pid


def test_killed_between_frames_is_not_noticed(own_codec: Codec, compressed: Path) -> None:
    process = process_of(own_codec)
    process.kill()
    process.wait()
    assert np.array_equal(own_codec.decode(compressed, 1), grey_picture())


@posix
def test_a_hanging_decoder_is_given_up_and_replaced(own_codec: Codec, compressed: Path) -> None:
    process = process_of(own_codec)
    own_codec._timeout_s = 0.3
    os.kill(process.pid, signal.SIGSTOP)
    with pytest.raises(KnownError) as caught:
        own_codec.decode(compressed, 1)
    assert caught.value.code == "decoder-hangs"
    assert process.poll() is not None
    own_codec._timeout_s = 30
    assert np.array_equal(own_codec.decode(compressed, 1), grey_picture())


@posix
def test_closing_ends_a_busy_process_and_its_waiter(own_codec: Codec, compressed: Path) -> None:
    process = process_of(own_codec)
    os.kill(process.pid, signal.SIGSTOP)
    closer = when_waiting(own_codec, own_codec.close)
    with pytest.raises(KnownError) as caught:
        own_codec.decode(compressed, 1)
    closer.join()
    assert caught.value.code == "decoder-closed"
    with pytest.raises(KnownError, match="decoder-closed"):
        own_codec.decode(compressed, 1)


def test_a_process_that_does_not_start_is_not_blamed_on_the_file(
    compressed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codec_module, "_MODULE", "bmgui.imaging.no_such_module")
    with Codec() as codec, pytest.raises(KnownError, match="decoder-not-started"):
        codec.decode(compressed, 1)


def test_many_threads_may_decode_at_once(codec: Codec, compressed: Path) -> None:
    frames: list[object] = []
    threads = [threading.Thread(target=lambda: frames.append(codec.decode(compressed, 1))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(frames) == 8
    assert all(np.array_equal(frame, grey_picture()) for frame in frames)  # type: ignore[arg-type]


def test_damaged_data_is_a_known_error_and_leaves_the_process_alive(codec: Codec, tmp_path: Path) -> None:
    picture = grey_picture()
    path = write_dicom(tmp_path / "bad.dcm", [b"\xff" * 500], syntax=RLE, **described(picture))
    before = process_of(codec).pid
    with pytest.raises(KnownError) as caught:
        open_scan(path, codec).frame(1)
    assert caught.value.code == "pixels-undecodable"
    assert process_of(codec).pid == before


def test_a_file_replaced_after_a_frame_is_read_anew(codec: Codec, tmp_path: Path) -> None:
    first, second = grey_picture(), 255 - grey_picture()
    path = tmp_path / "loop.dcm"
    for picture in (first, second):
        write_dicom(path, [rle(picture), rle(picture)], syntax=RLE, NumberOfFrames=2, **described(picture))
        os.utime(path, ns=(0, int(picture[0, 0])))  # a clock too coarse to see the change would hide it
        assert np.array_equal(codec.decode(path, 2), picture)


def test_native_codecs_stay_out_of_this_process(compressed: Path) -> None:
    code = """
import sys
from pathlib import Path
from bmgui.imaging.codec import Codec
from bmgui.imaging.opening import open_scan
with Codec() as codec:
    open_scan(Path(sys.argv[1]), codec).frame(1)
print(sorted({"gdcm", "_gdcm", "openjpeg", "rle", "jpeg_ls", "pylibjpeg"} & set(sys.modules)))
"""
    assert output_of(code, compressed) == "[]"


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are Unicode elsewhere")
def test_a_name_that_is_no_utf8(own_codec: Codec, compressed: Path) -> None:
    odd = compressed.rename(compressed.with_name("\udcff\udce9.dcm"))
    assert np.array_equal(open_scan(odd, own_codec).frame(1), grey_picture())
