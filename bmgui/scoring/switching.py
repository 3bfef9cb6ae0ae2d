"""Puts another model in use, and goes back: one rename of the pointer, told in the history."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.base.files import not_written
from bmgui.base.locks import holding
from bmgui.scoring.history import What, append, entry_of
from bmgui.scoring.library import Library, installed
from bmgui.scoring.pointer import Pointer, pointer_file, read_pointer, write_pointer

POINTER_LOCK = ".pointer.lock"
INSTALL_LOCK = ".install.lock"  # taken before the other one
Step = Callable[[str], None]
"""Told what is done next: "checking", "copying", "trying", "placing", "switching"."""

_LOCK_PATIENCE_S = 10.0


def use(model: str, why: str = "", *, by: str = "", facts: Mapping[str, Any] | None = None) -> None:
    """Use this model from now on, in the window and on the command line.

    The worker that scores checks it when it starts; `verify` does so before. Raises KnownError("no-such-model",
    "file-not-written", "models-busy"); then the one in use stays.
    """
    commit("use", model, why, by, facts)


def in_use() -> str:
    """The id of the model in use."""
    return installed().default_id


def can_roll_back() -> str:
    """The model that `rollback` would go back to; "" where there is none."""
    return _before(installed())[0]


def rollback(why: str, *, by: str = "", facts: Mapping[str, Any] | None = None) -> str:
    """Use the model that was in use before, and the next time the one before that; its id.

    Raises KnownError("no-model-before", "file-not-written", "models-busy").
    """
    return commit("rollback", "", why, by, facts)


def commit(
    what: What, model: str, why: str, by: str, facts: Mapping[str, Any] | None, on_step: Step = lambda _: None
) -> str:
    """model: for a rollback it is found here."""
    with alone(models_root(), POINTER_LOCK):
        library, pointer = installed(), _pointer()
        now = library.default_id
        before = ((now,) if now != model else ()) + _stack(pointer)
        if what == "rollback":
            model, before = _before(library)
            if not model:
                raise KnownError("no-model-before")
        card = library.card(model)
        if pointer is not None and pointer.model == model:
            return model
        on_step("switching")
        entry = entry_of(what, library.folder(model), card, before=now, by=by, why=why, facts=facts)
        append()  # what the pointer said until now
        write_pointer(Pointer(model, before, entry.told()))
        with contextlib.suppress(KnownError):  # a full disk: the entry stands in the pointer, and comes later
            append(entry)
    return model


def _before(library: Library) -> tuple[str, tuple[str, ...]]:
    """The model that was in use before, and those before it; only what is still installed counts."""
    there = {card.id for card in library.cards()}
    left = [model for model in _stack(_pointer()) if model in there]
    while left and left[0] == library.default_id:
        del left[0]
    return (left[0], tuple(left[1:])) if left else ("", ())


def _stack(pointer: Pointer | None) -> tuple[str, ...]:
    return () if pointer is None else pointer.before


def _pointer() -> Pointer | None:
    """A pointer that cannot be read is none: the next switch writes a sound one."""
    with contextlib.suppress(KnownError):
        return read_pointer(pointer_file())
    return None


@contextlib.contextmanager
def alone(root: Path, lock: str) -> Iterator[None]:
    with holding(root / lock, _LOCK_PATIENCE_S) as alone:
        if not alone:
            raise KnownError("models-busy", file=str(root))
        yield


def models_root() -> Path:
    root = places.user_models()
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(root, error) from error
    return root
