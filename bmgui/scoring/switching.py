"""Puts another model in use, and goes back: one rename of the pointer, told in the history."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.base.files import not_written
from bmgui.base.locks import holding
from bmgui.scoring.history import append, entry_of
from bmgui.scoring.library import Library, installed
from bmgui.scoring.pointer import Pointer, pointer_file, read_pointer, write_pointer

POINTER_LOCK = ".pointer.lock"
INSTALL_LOCK = ".install.lock"  # taken before the other one
Step = Callable[[str], None]
"""Told what is done next: "checking", "copying", "trying", "placing", "switching"."""

InsteadOf = tuple[str, str] | None
"""The model that must still be the one in use, and the SHA-256 of its weights; None: whichever is."""

_LOCK_PATIENCE_S = 10.0


def use(model: str, why: str = "", *, by: str = "", facts: Mapping[str, Any] | None = None) -> None:
    """Use this model from now on, in the window and on the command line.

    The worker that scores checks it when it starts; `verify` does so before. Raises KnownError("no-such-model",
    "file-not-written", "models-busy"); then the one in use stays.
    """
    commit(model, why, by, facts)


def in_use() -> str:
    """The id of the model in use."""
    return installed().default_id


def can_roll_back() -> str:
    """The model that `rollback` would go back to; "" where there is none."""
    return _before(installed())[0]


def rollback(why: str, *, by: str = "", facts: Mapping[str, Any] | None = None, to: str = "") -> str:
    """Use the model that was in use before, and the next time the one before that; its id.

    to: the model that was said to be gone back to. Raises KnownError("no-model-before", "file-not-written",
    "models-busy"), ("way-back-changed", model, now) where that is another one by now.
    """
    with alone(models_root(), POINTER_LOCK):
        library = installed()
        model, before = _before(library)
        if not model:
            raise KnownError("no-model-before")
        if to not in ("", model):
            raise KnownError("way-back-changed", model=to, now=model)
        entry = entry_of(
            "rollback",
            library.folder(model),
            library.card(model),
            before=library.default_id,
            by=by,
            why=why,
            facts=facts,
        )
        append()  # what the pointer said until now
        _switch(Pointer(model, before, entry.told()))
    return model


def commit(
    model: str,
    why: str,
    by: str,
    facts: Mapping[str, Any] | None,
    on_step: Step = lambda _: None,
    *,
    instead_of: InsteadOf = None,
    place: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext,
) -> None:
    """Use this model. place: puts it among the installed, and takes it away again where the switch fails.

    Raises KnownError, among others ("model-in-use-changed", model, now); then nothing changed.
    """
    with alone(models_root(), POINTER_LOCK):
        check_in_use(instead_of)
        append()  # what the pointer said until now
        with place():
            library, pointer = installed(), _pointer()
            now, card = library.default_id, library.card(model)
            if pointer is not None and pointer.model == model:
                return
            on_step("switching")
            entry = entry_of("use", library.folder(model), card, before=now, by=by, why=why, facts=facts)
            before = ((now,) if now != model else ()) + _stack(pointer)
            _switch(Pointer(model, before, entry.told()))


def check_in_use(instead_of: InsteadOf) -> None:
    """Raises KnownError("model-in-use-changed", model, now) where another one is in use."""
    if instead_of is not None:
        library = installed()
        now = library.default_id
        if (now, library.card(now).sha256) != instead_of:
            raise KnownError("model-in-use-changed", model=instead_of[0], now=now)


def _switch(pointer: Pointer) -> None:
    write_pointer(pointer)
    with contextlib.suppress(KnownError):  # a full disk: the entries stand in pointer and folder, and come later
        append()


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
