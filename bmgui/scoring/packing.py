"""One model as one file, `.bmmodel`: a zip of card, weights and reference crop, and where known plan and `learnt.json`.

Whatever else a zip can hold is refused before it is unpacked.
"""

import hashlib
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.base.files import staged
from bmgui.scoring.beside import BESIDE, MOST_BESIDE_BYTES, check_beside
from bmgui.scoring.card import CARD_FILE, Card, read_card
from bmgui.scoring.installing import Step, new_folder, put_in_place, told_of
from bmgui.scoring.library import installed
from bmgui.scoring.weights import MOST_BYTES, WEIGHTS_FILE

SUFFIX = ".bmmodel"
_MOST_CARD_BYTES = 1 << 20
_MOST_FILES = 16  # a model has at most five; what is beyond is told by name
_MOST_DIRECTORY_BYTES = 64 << 10
_MOST_BUNDLE_BYTES = MOST_BYTES + 4 * MOST_BESIDE_BYTES
_MOST_RATIO = 100  # hex in JSON shrinks to a tenth
_SMALL_BYTES = 1 << 16  # below, no ratio does harm
_END = struct.Struct("<4s4H2LH")  # the zip format's end record: APPNOTE.TXT 4.3.16
_TIME = (1980, 1, 1, 0, 0, 0)  # the same model gives the same file
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")  # torch saves a zip with one inside


def export_model(model: str, target: Path) -> None:
    """Write an installed model as one file. Raises KnownError("no-such-model", "weights-hash-mismatch",
    "model-file-unreadable", "file-not-written"), and what `read_card` does."""
    folder = installed().folder(model)
    card = read_card(folder)
    beside = [name for name in BESIDE if (folder / name).is_file()]
    with staged(target) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=False) as bundle:
        for name in (CARD_FILE, card.reference.file, *beside, WEIGHTS_FILE):
            digest = _add(bundle, folder / name, name)
        if digest != card.sha256:
            raise KnownError("weights-hash-mismatch", file=str(folder / WEIGHTS_FILE))


def import_model(file: Path, why: str, *, by: str = "", identity: str = "", on_step: Step = lambda _: None) -> str:
    """Install the model in a `.bmmodel` file without using it; its id. It appears once its worker has tried it.

    Raises KnownError: "bundle-…" for what is no model or no sound zip, and what `installing.install` raises.
    """
    with new_folder() as part, told_of(part, file):
        on_step("checking")
        try:
            unpack(file, part)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, struct.error) as error:
            raise KnownError("bundle-unreadable", file=str(file), reason=str(error)) from error
        return put_in_place(part, why, by=by, identity=identity, on_step=on_step)


def unpack(file: Path, folder: Path) -> Card:
    """Write the model in `file` into an empty folder, if it is a model and nothing else; its card."""
    try:
        stream = file.open("rb")
    except OSError as error:
        raise KnownError("bundle-unreadable", file=str(file), reason=error.strerror or str(error)) from error
    with stream:
        _check_end(stream.fileno(), file)
        with zipfile.ZipFile(stream) as bundle:
            infos = bundle.infolist()
            for info in infos:
                _check(info, infos, file)
            there = {info.filename: info for info in infos}
            _take(bundle, _there(there, CARD_FILE, file), folder, _MOST_CARD_BYTES, file)
            card = read_card(folder)
            wanted = {CARD_FILE, WEIGHTS_FILE, card.reference.file}
            for name in sorted(set(there) - wanted - set(BESIDE)):
                raise KnownError("bundle-extra-file", file=str(file), name=name)
            weights = _there(there, WEIGHTS_FILE, file)
            for name in (card.reference.file, *(one for one in BESIDE if one in there)):
                _take(bundle, _there(there, name, file), folder, MOST_BESIDE_BYTES, file)
            _check_beside(folder, file)
            if _take(bundle, weights, folder, MOST_BYTES, file) != card.sha256:
                raise KnownError("bundle-hash-mismatch", file=str(file))
    return card


def _check_end(descriptor: int, file: Path) -> None:
    """The end record, before the list it leads to is read: few files, and nothing before, between or behind."""
    size = os.fstat(descriptor).st_size
    if size > _MOST_BUNDLE_BYTES:
        raise KnownError("bundle-too-large", file=str(file), name=file.name, most_mb=_MOST_BUNDLE_BYTES >> 20)
    with open(descriptor, "rb", closefd=False) as stream:
        stream.seek(max(0, size - _END.size))
        last = stream.read(_END.size)
        stream.seek(0)
    if len(last) < _END.size or not last.startswith(b"PK\x05\x06"):
        raise KnownError("bundle-unreadable", file=str(file), reason="it has no end, or something behind it")
    _, disk, first_disk, here, files, directory, at, comment = _END.unpack(last)
    whole = (disk, first_disk, comment) == (0, 0, 0) and here == files and at + directory + _END.size == size
    if not whole or files > _MOST_FILES or directory > _MOST_DIRECTORY_BYTES:
        raise KnownError("bundle-unreadable", file=str(file), reason="its list of files is not that of a model")


def _check(info: zipfile.ZipInfo, infos: list[zipfile.ZipInfo], file: Path) -> None:
    name, told = info.filename, {"file": str(file), "name": info.filename}
    if stat.S_ISLNK(info.external_attr >> 16):
        raise KnownError("bundle-link", **told)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) or info.orig_filename != name:
        unsafe = any(sign in info.orig_filename for sign in ("/", "\\", ":", "\0")) or ".." in name
        raise KnownError("bundle-unsafe-name" if unsafe else "bundle-extra-file", **told)
    if sum(one.filename.lower() == name.lower() for one in infos) > 1:  # some disks know one of two such names
        raise KnownError("bundle-twice", **told)
    if info.flag_bits & 0x41:  # encrypted, strongly encrypted
        raise KnownError("bundle-encrypted", **told)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise KnownError("bundle-unreadable", file=str(file), reason=f"{name} is compressed in an unusual way")
    if info.file_size > MOST_BYTES:
        raise KnownError("bundle-too-large", **told, most_mb=MOST_BYTES >> 20)
    if info.file_size > _SMALL_BYTES and info.file_size > _MOST_RATIO * max(1, info.compress_size):
        raise KnownError("bundle-bomb", **told, ratio=info.file_size // max(1, info.compress_size))


def _there(there: dict[str, zipfile.ZipInfo], name: str, file: Path) -> zipfile.ZipInfo:
    if name not in there:
        raise KnownError("bundle-file-missing", file=str(file), name=name)
    return there[name]


def _take(bundle: zipfile.ZipFile, info: zipfile.ZipInfo, folder: Path, most_bytes: int, file: Path) -> str:
    """Unpack one file, whatever the zip says of its size; its SHA-256."""
    told = {"file": str(file), "name": info.filename}
    digest, size = hashlib.sha256(), 0
    with _sound(info, file), bundle.open(info) as stream, (folder / info.filename).open("xb") as out:
        while chunk := stream.read(1 << 20):
            if not size and chunk.startswith(_PICKLES):
                raise KnownError("bundle-pickle", **told)
            size += len(chunk)
            if size > most_bytes:
                raise KnownError("bundle-too-large", **told, most_mb=most_bytes >> 20)
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if size != info.file_size:
        raise KnownError("bundle-unreadable", file=str(file), reason=f"{info.filename} is cut short")
    return digest.hexdigest()


@contextmanager
def _sound(info: zipfile.ZipInfo, file: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise KnownError("bundle-unreadable", file=str(file), reason=f"{info.filename}: {error}") from error


def _check_beside(folder: Path, file: Path) -> None:
    try:
        check_beside(folder)
    except KnownError as error:
        reason = f"{Path(str(error.fields['file'])).name}: {error.fields['reason']}"
        raise KnownError("bundle-unreadable", file=str(file), reason=reason) from error


def _add(bundle: zipfile.ZipFile, path: Path, name: str) -> str:
    digest = hashlib.sha256()
    info = zipfile.ZipInfo(name, _TIME)
    info.external_attr = 0o644 << 16
    try:
        source = path.open("rb")
    except OSError as error:
        raise KnownError("model-file-unreadable", file=str(path), reason=error.strerror or str(error)) from error
    with source, bundle.open(info, "w") as out:
        while chunk := source.read(1 << 20):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()
