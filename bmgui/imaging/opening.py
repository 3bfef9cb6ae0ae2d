"""Files become scans. What a file is, is told by its content, never by its name."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.imaging.codec import Codec
from bmgui.imaging.scan import Scan
from bmgui.imaging.unchanged import check_unchanged, stamp, unreadable

_WHOLE_BYTES = 4 << 20
_PIECES, _PIECE_BYTES = 16, 1 << 16
_HEAD_BYTES = 132
_PICTURES = (
    ("PNG", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("JPEG", re.compile(rb"\xff\xd8\xff")),
    ("TIFF", re.compile(rb"II\*\0|MM\0\*|II\+\0\x08\0|MM\0\+\0\x08")),
    ("BMP", re.compile(rb"BM.{12}[\x0c\x28\x40\x6c\x7c\x38\x34]\0\0\0", re.DOTALL)),
    ("WEBP", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
)
_SUFFIXES = {".dcm", ".dicom", ".ima", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"}
_BARE_META = re.compile(rb"\x02\0[\0-\x13]\0[A-Z]{2}")
_BARE_DATASET = re.compile(rb"\x08\0.\0", re.DOTALL)


@dataclass(frozen=True)
class Unread:
    """A file that could not be opened, and why."""

    path: Path
    error: KnownError


def open_scan(path: Path, codec: Codec) -> Scan:
    """Open one file: its header is read, its pixels are not. `codec` decodes compressed DICOM frames when shown.

    Raises KnownError with the field `file`: "file-missing", "file-unreadable", "file-empty", "file-changed",
    "not-a-scan", and what `pictures.open_picture` and `dicom.open_dicom` raise.
    """
    mark = stamp(path)
    scan = _open(path, codec)
    check_unchanged(path, mark)  # its fingerprint and its header are of the same bytes
    return scan


def _open(path: Path, codec: Codec) -> Scan:
    try:
        head, fingerprint = _first_look(path)
    except OSError as error:
        raise unreadable(path, error) from error
    if not head:
        raise KnownError("file-empty", file=str(path))
    if _is_dicom(head):
        from bmgui.imaging.dicom import open_dicom  # late: a picture needs no pydicom

        return open_dicom(path, fingerprint, codec)
    kind = _picture_kind(head)
    if kind is not None:
        from bmgui.imaging.pictures import open_picture

        return open_picture(path, fingerprint, kind)
    code = "dicom-without-header" if _BARE_DATASET.match(head) else "not-a-scan"
    raise KnownError(code, file=str(path))


def open_many(paths: Iterable[Path], codec: Codec) -> Iterator[Scan | Unread]:
    """Open one file after the other as the caller asks for the next; a bad file never stops the rest."""
    for path in paths:
        try:
            yield open_scan(path, codec)
        except KnownError as error:
            yield Unread(path, error)


def find_files(path: Path) -> list[Path]:
    """A file: itself. A folder: every file below it that could be a scan, in natural order ("IM 2" before "IM 10").

    Could be a scan: has a scan's suffix, or else its first bytes are a scan's. Hidden files and folders, and DICOMDIR
    (an index, not a scan), are passed over. What may not be looked into, a file or a folder, is found too: opening it
    says why. Raises KnownError("file-unreadable") where the folder itself cannot be listed.
    """
    if not path.is_dir():
        return [path]
    try:
        next(path.iterdir(), None)  # os.walk is silent about a folder that it may not read
    except OSError as error:
        raise unreadable(path, error) from error
    found: list[Path] = []
    closed: list[Path] = []
    for folder, folders, names in os.walk(path, onerror=lambda error: closed.append(Path(error.filename))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    scans = [*closed, *(file for file in found if _could_be_scan(file))]
    return sorted(scans, key=lambda file: (_natural(file.relative_to(path)), file.name))


def _first_look(path: Path) -> tuple[bytes, str]:
    """The file's first bytes and its fingerprint.

    SHA-256 over the whole file; for one over 4 MiB, over its first 4 MiB (a DICOM header, which names its instance,
    lies within), its size in decimal, and 16 pieces of 64 KiB that lie evenly from there to its end: a long loop opens
    at once, and two large pictures that begin alike are still told apart.
    """
    with path.open("rb") as stream:
        start = stream.read(_WHOLE_BYTES)
        size = os.fstat(stream.fileno()).st_size
        digest = hashlib.sha256(start)
        if size > _WHOLE_BYTES:
            digest.update(str(size).encode())
            last = max(size - _PIECE_BYTES, _WHOLE_BYTES)
            for piece in range(1, _PIECES + 1):
                stream.seek(_WHOLE_BYTES + (last - _WHOLE_BYTES) * piece // _PIECES)
                digest.update(stream.read(_PIECE_BYTES))
    return start[:_HEAD_BYTES], digest.hexdigest()


def _is_dicom(head: bytes) -> bool:
    # a preamble may look like a TIFF (dual-personality files): DICM is asked for first
    return head[128:132] == b"DICM" or _BARE_META.match(head) is not None


def _picture_kind(head: bytes) -> str | None:
    return next((kind for kind, pattern in _PICTURES if pattern.match(head)), None)


def _could_be_scan(path: Path) -> bool:
    if path.name.upper() == "DICOMDIR":
        return False
    if not path.is_file():  # a pipe, a device, a link that leads nowhere
        return False
    if path.suffix.lower() in _SUFFIXES:
        return True
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except OSError:
        return True
    return _is_dicom(head) or _picture_kind(head) is not None


def _natural(path: Path) -> list[list[tuple[int, str]]]:
    """A key that sorts digits by their value, folder by folder."""
    return [
        [(int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in re.split(r"(\d+)", name)]
        for name in path.parts
    ]
