"""Pseudonyms of patients: the same patient always gets the same one, and without this user's key nobody gets back.

HMAC-SHA256 (RFC 2104) under a random key of 32 bytes, which lies in the user's folder and only this user may read. Who
has the key can try out every hospital number: it is as confidential as the list of patients itself.
"""

import contextlib
import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from pathlib import Path

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.base.files import not_written

KEY_FILE = "patients.key"
_KEY_BYTES = 32
_DIGITS = 16  # 64 bits: among 100,000 patients two have the same with a chance below 1 in a billion
_FORM = re.compile(r"[a-z]-[0-9a-f]{16}")


def pseudonym(text: str, what: str = "patient") -> str:
    """The pseudonym of a number or name: "p-3f9c…"; "" for nothing. How it is written does not count: `normal_form`.

    what: another `what` gives another pseudonym for the same text; its first letter stands in front.
    Raises KnownError("patient-key-unreadable", "file-not-written").
    """
    plain = normal_form(text)
    if not plain:
        return ""
    message = f"{what}\0{plain}".encode("utf-8", "surrogateescape")
    return f"{what[0]}-{hmac.new(_key(), message, hashlib.sha256).hexdigest()[:_DIGITS]}"


def normal_form(text: str) -> str:
    """What two ways to write one number or name have in common: case, width, and how much space stands round and in it
    do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def is_pseudonym(text: str) -> bool:
    """Whether this looks like one."""
    return _FORM.fullmatch(text) is not None


def key_print() -> str:
    """Tells two keys apart and gives neither away. Raises as `pseudonym`."""
    return hmac.new(_key(), b"print", hashlib.sha256).hexdigest()[:_DIGITS]


def key_file() -> Path:
    """Where this user's key lies; need not exist."""
    return places.user_data() / KEY_FILE


def _key() -> bytes:
    path = key_file()
    if not path.exists():
        _make(path)
    try:
        key = path.read_bytes()
    except OSError as error:
        raise KnownError("patient-key-unreadable", file=str(path), reason=error.strerror or str(error)) from error
    if len(key) != _KEY_BYTES:
        raise KnownError("patient-key-unreadable", file=str(path), reason=f"{len(key)} bytes, not {_KEY_BYTES}")
    return key


def _make(path: Path) -> None:
    """Whole, or not at all; of two processes that make one, the first one's stays."""
    part = path.with_name(f".{secrets.token_hex(6)}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            os.write(handle, secrets.token_bytes(_KEY_BYTES))
            os.fsync(handle)
        finally:
            os.close(handle)
        with contextlib.suppress(FileExistsError):
            if os.name == "nt":
                part.rename(path)  # refuses to replace there
            else:
                os.link(part, path)
    except OSError as error:
        raise not_written(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
