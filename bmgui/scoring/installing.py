"""Installs and removes models. Whatever ends the program, the model in use stays whole and known.

A model becomes visible by one rename, and is in use by another (`pointer`). Before either, its copy was loaded by a
worker of its own and gave its card's margin for the reference crop.
"""

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.base.files import not_written, sha256_of, write_json
from bmgui.scoring.beside import BESIDE, MOST_BESIDE_BYTES, check_beside
from bmgui.scoring.card import CARD_FILE, MOST_ID, Card, is_id, read_card
from bmgui.scoring.client import ScoringClient
from bmgui.scoring.history import (
    GONE,
    INSTALLED_FILE,
    REMOVED_FILE,
    Entry,
    append,
    entry_of,
    history,
)
from bmgui.scoring.library import installed
from bmgui.scoring.reference import check_margin, read_reference
from bmgui.scoring.switching import (
    INSTALL_LOCK,
    POINTER_LOCK,
    InsteadOf,
    Step,
    alone,
    can_roll_back,
    check_in_use,
    commit,
    in_use,
    models_root,
    rollback,
    use,
)
from bmgui.scoring.weights import MOST_BYTES, WEIGHTS_FILE

__all__ = [
    "Entry",
    "InsteadOf",
    "Step",
    "can_roll_back",
    "check_in_use",
    "free_id",
    "history",
    "in_use",
    "install",
    "new_folder",
    "put_in_place",
    "remove",
    "rollback",
    "told_of",
    "use",
    "verify",
]

_PART = ".part"
_PATIENCE_S = 120.0  # for a model to load and give one score, on a busy machine


def install(
    folder: Path,
    why: str,
    *,
    by: str = "",
    facts: Mapping[str, Any] | None = None,
    identity: str = "",
    switch: bool = True,
    instead_of: InsteadOf = None,
    on_step: Step = lambda _: None,
) -> str:
    """Install the model in `folder` and, with `switch`, use it from now on; its id. Blocks for some seconds.

    identity: another id than its card's. facts: what else the history keeps. instead_of: the model that it was compared
    with, and must still be in use. A model that is installed already is only used. Raises KnownError: what `read_card`,
    `check_beside` and `verify` raise, "model-id-taken" (model, free), "bad-model-id",
    "model-in-use-changed" (model, now), "models-busy", "file-not-written"; then nothing changed.
    """
    with new_folder() as part:
        on_step("checking")
        check_in_use(instead_of)
        card = read_card(folder)
        on_step("copying")
        with told_of(part, folder):
            _copy(folder, part, card)
            return put_in_place(
                part,
                why,
                by=by,
                facts=facts,
                identity=identity,
                switch=switch,
                instead_of=instead_of,
                on_step=on_step,
            )


@contextlib.contextmanager
def new_folder() -> Iterator[Path]:
    """A folder beside the models for one that is to be installed; what is left of it at the end goes.

    One process at a time: what an earlier one left half done goes first. Raises KnownError("models-busy").
    """
    root = models_root()
    with alone(root, INSTALL_LOCK):
        _tidy(root)
        part = root / f".{secrets.token_hex(6)}{_PART}"
        try:
            part.mkdir()
            yield part
        except OSError as error:
            raise not_written(root, error) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)


def put_in_place(
    part: Path,
    why: str,
    *,
    by: str = "",
    facts: Mapping[str, Any] | None = None,
    identity: str = "",
    switch: bool = False,
    instead_of: InsteadOf = None,
    on_step: Step = lambda _: None,
) -> str:
    """Try the model that lies in `part` (of `new_folder`) and make it one of the installed; its id. See `install`."""
    if identity:
        _rename_card(part, identity)
    card = read_card(part)
    check_beside(part)
    if _is_there(part, card):
        on_step("trying")
        verify(installed().folder(card.id))
        if switch:
            commit(card.id, why, by, facts, on_step, instead_of=instead_of)
        return card.id
    _refuse_taken(card)
    on_step("trying")
    verify(part)
    entry = entry_of("install", part, card, by=by, why=why, facts=facts)
    write_json(part / INSTALLED_FILE, entry.told())
    on_step("placing")
    _refuse_taken(card)
    target = places.user_models() / card.id
    if switch:
        commit(card.id, why, by, facts, on_step, instead_of=instead_of, place=lambda: _placed(part, target))
    else:
        part.rename(target)  # from here on it is installed
        with contextlib.suppress(KnownError):  # a full disk: the entry stands in the model's folder, and comes later
            append()
    return card.id


@contextlib.contextmanager
def _placed(part: Path, target: Path) -> Iterator[None]:
    """It is installed; and it is not, where what follows fails."""
    part.rename(target)
    try:
        yield
    except BaseException:
        target.rename(part)
        raise


def verify(folder: Path) -> None:
    """Load the model in a worker of its own on the processor, and compare its margin for the reference crop.

    Raises KnownError: "card-unreadable", "model-file-unreadable", "model-fails-reference", "weights-…" (unreadable,
    too-large, hash-mismatch, do-not-fit), "model-does-not-answer", and what else the worker says.
    """
    card = read_card(folder)
    crop = _reference(folder, card)
    with ScoringClient(folder, device="cpu") as client:
        try:
            scores = client.score(crop[None]).result(_PATIENCE_S)
            check_margin(card, float(scores.margins[0]), scores.engine)
        except TimeoutError as error:
            raise KnownError("model-does-not-answer", model=card.id, seconds=int(_PATIENCE_S)) from error
        except KnownError as error:
            if error.code == "reference-mismatch":  # its sentence speaks of scores that are withheld
                raise KnownError("model-fails-reference", **error.fields) from error
            raise
    if scores.recipe != card.recipe:
        raise KnownError("model-replaced", model=card.id)


def free_id(model: str) -> str:
    """This id, or the first with a number behind it that no model has or had."""
    stem = re.sub(r"[^a-z0-9._-]+", "-", model.lower()).strip("-._")[: MOST_ID - len("model--999")] or "model"
    stem = stem if is_id(stem) else "model-" + stem.replace(".", "-")
    taken = _taken_ids()
    number, found = 1, stem
    while found in taken:
        number += 1
        found = f"{stem}-{number}"
    return found


def _reference(folder: Path, card: Card) -> NDArray[np.uint8]:
    try:
        return read_reference(folder, card)
    except KnownError as error:
        raise KnownError("model-file-unreadable", **error.fields) from error


def remove(model: str, why: str = "", *, by: str = "") -> None:
    """Remove one of this user's own models. Raises KnownError("no-such-model", "model-shipped", "model-in-use",
    "file-not-written", "models-busy")."""
    library, root = installed(), models_root()
    folder = library.folder(model)
    if not library.is_own(model):
        raise KnownError("model-shipped", model=model)
    with alone(root, INSTALL_LOCK), alone(root, POINTER_LOCK):
        if in_use() == model:
            raise KnownError("model-in-use", model=model)
        entry = entry_of("remove", folder, library.card(model), by=by, why=why)
        append()  # what its folder says of its installation
        write_json(folder / REMOVED_FILE, entry.told())
        try:
            folder.rename(root / f".{secrets.token_hex(6)}{GONE}")  # from here on it is gone
        except OSError as error:
            raise not_written(folder, error) from error
        _tidy(root)


# --- folders ---


def _tidy(root: Path) -> None:
    """Remove what an earlier process left half installed or half removed."""
    with contextlib.suppress(KnownError):
        append()
        for folder in root.glob(f".*{GONE}"):
            shutil.rmtree(folder, ignore_errors=True)
    for folder in root.glob(f".*{_PART}"):
        if folder.is_dir():  # files of that name are `base.files`' own
            shutil.rmtree(folder, ignore_errors=True)


def _copy(source: Path, part: Path, card: Card) -> None:
    for name, most in ((CARD_FILE, MOST_BESIDE_BYTES), (card.reference.file, MOST_BESIDE_BYTES)):
        _copy_file(source / name, part / name, most)
    for name in BESIDE:
        if (source / name).is_file():
            _copy_file(source / name, part / name, MOST_BESIDE_BYTES)
    digest = _copy_file(source / WEIGHTS_FILE, part / WEIGHTS_FILE, MOST_BYTES)
    if digest != read_card(part).sha256:  # the copy is what counts
        raise KnownError("weights-hash-mismatch", file=str(source / WEIGHTS_FILE))


def _copy_file(source: Path, target: Path, most_bytes: int) -> str:
    """Copy and flush at most so many bytes; their SHA-256."""
    digest, size = hashlib.sha256(), 0
    try:
        stream = source.open("rb")
    except OSError as error:
        raise KnownError("model-file-unreadable", file=str(source), reason=error.strerror or str(error)) from error
    with stream, target.open("xb") as out:
        while chunk := stream.read(1 << 20):
            size += len(chunk)
            if size > most_bytes:
                raise KnownError("model-file-too-large", file=str(source), most_mb=most_bytes >> 20)
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


@contextlib.contextmanager
def told_of(part: Path, source: Path) -> Iterator[None]:
    """Errors name the files that the reader knows, not the copies of them."""
    try:
        yield
    except KnownError as error:
        fields = {k: v.replace(str(part), str(source)) if isinstance(v, str) else v for k, v in error.fields.items()}
        raise KnownError(error.code, **fields) from error


# --- ids ---


def _rename_card(part: Path, identity: str) -> None:
    if not is_id(identity):
        raise KnownError("bad-model-id", model=identity)
    read_card(part)  # sound before it is touched
    told = json.loads((part / CARD_FILE).read_bytes())
    if told["id"] != identity:
        write_json(part / CARD_FILE, told | {"id": identity})


def _is_there(part: Path, card: Card) -> bool:
    """Whether just this model is installed, under this id."""
    library = installed()
    if card.id not in {one.id for one in library.cards()}:
        return False
    try:
        return sha256_of(library.folder(card.id) / CARD_FILE) == sha256_of(part / CARD_FILE)
    except OSError:
        return False


def _refuse_taken(card: Card) -> None:
    """An id means one set of weights, for good: saved readings name it."""
    if card.id in _taken_ids(but_for=card.sha256):
        raise KnownError("model-id-taken", model=card.id, free=free_id(card.id))


def _taken_ids(but_for: str = "") -> set[str]:
    """Ids of what is installed, or lies in the folder, or was installed: the last but for one of just these weights."""
    names = {card.id for card in installed().cards()}
    names |= {folder.name for folder in places.user_models().glob("[!.]*")}
    return names | {entry.model for entry in history() if not but_for or entry.weights != but_for}
