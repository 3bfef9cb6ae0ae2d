"""Files are written whole: staged beside the target, flushed, renamed. A reader never sees half of one."""

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from bmgui.base.errors import KnownError


@contextlib.contextmanager
def staged(target: Path) -> Iterator[BinaryIO]:
    """Open a file beside `target` for writing bytes; on success it replaces `target`, on any error it is removed.

    A link stays one (the file it leads to is replaced), and a file that was there keeps its permissions.
    Raises KnownError("file-not-written") for what the disk says (full, read-only, missing folder) and for what is no
    file (a folder, a device, a pipe).
    """
    place = Path(os.path.realpath(target))
    part = place.with_name(f".{secrets.token_hex(6)}.part")
    _refuse_no_file(target)
    try:
        with part.open("xb") as stream:
            with contextlib.suppress(OSError):  # new, or of a file system without permissions
                shutil.copymode(place, part)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(place)
    except BaseException as error:
        with contextlib.suppress(OSError):
            part.unlink()
        if isinstance(error, OSError):
            raise not_written(target, error) from error
        raise


def write_bytes(target: Path, data: bytes) -> None:
    """Write `data` whole, or raise KnownError("file-not-written") and leave what was there."""
    with staged(target) as stream:
        stream.write(data)


def append_whole(target: Path, data: bytes, *, flush: bool = True) -> None:
    """Add `data` (whole lines) in one write, so that two processes never mix theirs. A missing file is made.

    flush: wait until the disk has it. Raises KnownError("file-not-written"): a part of it may stand there then.
    """
    try:
        handle = os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)  # less what the user's umask takes
        try:
            if os.write(handle, data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if flush:
                os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise not_written(target, error) from error


def write_json(target: Path, value: Any) -> None:
    """Write `value` as indented UTF-8 JSON, whole."""
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    write_bytes(target, text.encode("utf-8", "backslashreplace"))  # a file's name may be no UTF-8: JSON's escapes


def write_with(target: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a staged file (`Image.save`, `np.save`), then put it in place."""
    with staged(target) as stream:
        write(stream)


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in lower-case hex. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_writable(target: Path, inputs: Iterable[Path] = ()) -> None:
    """Refuse now what `staged` would only find when all the work is done, and what would destroy an input.

    Raises KnownError("file-not-written"), or "output-is-input" where `target` is one of `inputs` (by any name).
    """
    _refuse_no_file(target)
    try:
        if target.exists():
            with target.open("r+b"):  # a file that may not be written or that another program holds
                pass
            if any(_is_same(target, given) for given in inputs):
                raise KnownError("output-is-input", file=str(target))
        folder = Path(os.path.realpath(target)).parent
        if not folder.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        if not os.access(folder, os.W_OK):  # it is staged there
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise not_written(target, error) from error


def _refuse_no_file(target: Path) -> None:
    if target.exists() and not target.is_file():
        raise KnownError("file-not-written", file=str(target), reason="it is no file")


def _is_same(target: Path, given: Path) -> bool:
    try:
        return target.samefile(given)
    except OSError:  # an input that is missing is no output
        return False


def not_written(target: Path, error: OSError) -> KnownError:
    return KnownError("file-not-written", file=str(target), reason=error.strerror or str(error))
