"""The models that are installed: one folder each, `<id>/card.json` and `<id>/weights.safetensors`."""

from collections.abc import Sequence
from pathlib import Path

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.scoring.card import CARD_FILE, Card, read_card
from bmgui.scoring.finder_card import FINDER_FILE, FINDER_FOLDER
from bmgui.scoring.pointer import LIBRARY_FILE, pointer_file, read_pointer

__all__ = ["LIBRARY_FILE", "Library", "installed", "installed_finder"]


class Library:
    """The models below `roots`. Where two have one id, the earlier root's is meant: nothing replaces a shipped model.

    default_id: the model in use: what `pointer` says; where nobody chose, what the first root with a `library.json`
    says. trouble: why it is not the one that was chosen, None where it is.
    unreadable: the errors of cards that could not be read; one bad card does not take the others away.
    Raises KnownError("card-unreadable") for a root's broken `library.json`, ("no-models") where there is no model.
    """

    default_id: str
    trouble: KnownError | None
    unreadable: tuple[KnownError, ...]

    def __init__(self, roots: Sequence[Path], pointer: Path | None = None) -> None:
        self._roots, self._pointer = tuple(roots), pointer
        self._cards: dict[str, Card] = {}
        self._folders: dict[str, Path] = {}
        self.reload()

    def reload(self) -> None:
        """Read everything again: models came or went, or another is in use. Raises as the constructor does, and then
        stays as it was."""
        cards: dict[str, Card] = {}
        folders: dict[str, Path] = {}
        unreadable: list[KnownError] = []
        for folder in (folder for root in self._roots for folder in _model_folders(root, unreadable)):
            try:
                card = read_card(folder)
            except KnownError as error:
                unreadable.append(KnownError(error.code, **error.fields))  # kept: without the frames of whoever asked
                continue
            if card.id not in cards:
                cards[card.id] = card
                folders[card.id] = folder
        if not cards:
            first = str(self._roots[0]) if self._roots else ""
            raise unreadable[0] if unreadable else KnownError("no-models", file=first)
        default, trouble = _chosen(self._roots, self._pointer, cards)
        self._cards, self._folders, self.unreadable = cards, folders, tuple(unreadable)
        self.default_id, self.trouble = default, trouble

    def cards(self) -> tuple[Card, ...]:
        """All cards, that of the model in use first, the others by id."""
        return tuple(sorted(self._cards.values(), key=lambda card: (card.id != self.default_id, card.id)))

    def card(self, model: str) -> Card:
        """Raises KnownError("no-such-model", model, installed)."""
        if model not in self._cards:
            raise KnownError("no-such-model", model=model, installed=", ".join(sorted(self._cards)))
        return self._cards[model]

    def folder(self, model: str) -> Path:
        """The model's folder. Raises KnownError("no-such-model", model, installed)."""
        self.card(model)
        return self._folders[model]

    def chosen_id(self) -> str:
        """`default_id`, for what must not start from another than the chosen one. Raises `trouble`."""
        if self.trouble is not None:
            raise self.trouble
        return self.default_id

    def is_own(self, model: str) -> bool:
        """Whether this user added it: it did not ship with the program. Raises KnownError("no-such-model")."""
        return self.folder(model).parent == places.user_models()


def _chosen(roots: Sequence[Path], pointer: Path | None, cards: dict[str, Card]) -> tuple[str, KnownError | None]:
    """The model in use, and why it is not the one that was chosen."""
    shipped = _shipped_choice([root for root in roots if root / LIBRARY_FILE != pointer], cards)
    if pointer is None:
        return shipped, None
    try:
        chosen = read_pointer(pointer)
    except KnownError as error:
        return shipped, KnownError(error.code, **error.fields, used=shipped)
    if chosen is None or chosen.model in cards:
        return (shipped if chosen is None else chosen.model), None
    return shipped, KnownError("model-in-use-missing", model=chosen.model, used=shipped)


def _shipped_choice(roots: Sequence[Path], cards: dict[str, Card]) -> str:
    for root in roots:
        try:
            found = read_pointer(root / LIBRARY_FILE)
        except KnownError as error:
            reason = error.fields["reason"]
            raise KnownError("card-unreadable", file=str(root / LIBRARY_FILE), reason=reason) from error
        if found is not None:
            return found.model if found.model in cards else min(cards)  # its own card is among the unreadable
    return min(cards)


def installed() -> Library:
    """The shipped models and this user's own; the model in use is the one that this user's pointer names."""
    return Library([places.shipped_models(), places.user_models()], pointer_file())


def installed_finder() -> Path | None:
    """The folder of the learnt finder of masses that ships; None where there is none. Whether it is sound, its worker
    says."""
    folder = places.shipped_models() / FINDER_FOLDER
    return folder if (folder / FINDER_FILE).is_file() else None


def _model_folders(root: Path, unreadable: list[KnownError]) -> list[Path]:
    """Folders with a card; a folder that may not be looked into is added to `unreadable`."""
    try:
        folders = sorted(folder for folder in root.iterdir() if not folder.name.startswith("."))  # else: half there
        return [folder for folder in folders if (folder / CARD_FILE).is_file()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        file = error.filename or str(root)
        unreadable.append(KnownError("card-unreadable", file=file, reason=error.strerror or str(error)))
        return []
