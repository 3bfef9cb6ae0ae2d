"""Files are written whole: staged beside the target, flushed, renamed. A reader never sees half of one."""

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from bmgui.base.errors import KnownError


@contextlib.contextmanager
def staged(target: Path) -> Iterator[BinaryIO]:
    """Open a file beside `target` for writing bytes; on success it replaces `target`, on any error it is removed.

    Raises KnownError("file-not-written") for what the disk says (full, read-only, missing folder).
    """
    part = target.with_name(f".{secrets.token_hex(6)}.part")
    try:
        with part.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
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


def write_json(target: Path, value: Any) -> None:
    """Write `value` as indented UTF-8 JSON, whole."""
    write_bytes(target, (json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode())


def write_with(target: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a staged file (`Image.save`, `np.save`), then put it in place."""
    with staged(target) as stream:
        write(stream)


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in lower-case hex. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def not_written(target: Path, error: OSError) -> KnownError:
    return KnownError("file-not-written", file=str(target), reason=error.strerror or str(error))
