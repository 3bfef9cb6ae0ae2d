"""The models that are installed: one folder each, `<id>/card.json` and `<id>/weights.safetensors`."""

import json
from collections.abc import Sequence
from pathlib import Path

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.scoring.card import CARD_FILE, Card, read_card
from bmgui.scoring.checks import Fields, Refused
from bmgui.scoring.finder_card import FINDER_FILE, FINDER_FOLDER

LIBRARY_FILE = "library.json"
_SCHEMA = 1


class Library:
    """The models below `roots`. Where two have one id, the earlier root's is meant: nothing replaces a shipped model.

    default_id: the model that is used when nobody chose another: what the first root with a `library.json` says.
    unreadable: the errors of cards that could not be read; one bad card does not take the others away.
    Raises KnownError("card-unreadable") for a broken `library.json`, KnownError("no-models") where there is no model.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self._cards: dict[str, Card] = {}
        self._folders: dict[str, Path] = {}
        unreadable: list[KnownError] = []
        for folder in (folder for root in roots for folder in _model_folders(root, unreadable)):
            try:
                card = read_card(folder)
            except KnownError as error:
                unreadable.append(error)
                continue
            if card.id not in self._cards:
                self._cards[card.id] = card
                self._folders[card.id] = folder
        self.unreadable: tuple[KnownError, ...] = tuple(unreadable)
        if not self._cards:
            raise unreadable[0] if unreadable else KnownError("no-models", file=str(roots[0]) if roots else "")
        self.default_id: str = self._default(roots)

    def cards(self) -> tuple[Card, ...]:
        """All cards, the default model's first, the others by id."""
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

    def _default(self, roots: Sequence[Path]) -> str:
        for root in roots:
            if (root / LIBRARY_FILE).is_file():
                chosen = _read_default(root / LIBRARY_FILE)
                return chosen if chosen in self._cards else min(self._cards)  # its own card is among the unreadable
        return min(self._cards)


def installed() -> Library:
    """The shipped models and this user's own."""
    return Library([places.shipped_models(), places.user_models()])


def installed_finder() -> Path | None:
    """The folder of the learnt finder of masses that ships; None where there is none. Whether it is sound, its worker
    says."""
    folder = places.shipped_models() / FINDER_FOLDER
    return folder if (folder / FINDER_FILE).is_file() else None


def _model_folders(root: Path, unreadable: list[KnownError]) -> list[Path]:
    """Folders with a card; a folder that may not be looked into is added to `unreadable`."""
    try:
        return sorted(folder for folder in root.iterdir() if (folder / CARD_FILE).is_file())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        file = error.filename or str(root)
        unreadable.append(KnownError("card-unreadable", file=file, reason=error.strerror or str(error)))
        return []


def _read_default(path: Path) -> str:
    try:
        fields = Fields.of(json.loads(path.read_bytes()))
        if fields.whole("schema") != _SCHEMA:
            raise Refused(f"schema {fields.whole('schema')}, not {_SCHEMA}")
        return fields.text("default")
    except (OSError, Refused, ValueError, RecursionError) as error:
        raise KnownError("card-unreadable", file=str(path), reason=str(error)) from error
