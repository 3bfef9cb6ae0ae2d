"""The first worker: started before Qt is even imported, handed to the desk when that asks for one. No Qt in here."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Self

from bmgui.base.errors import KnownError
from bmgui.scoring.client import ScoringClient, WorkerState
from bmgui.scoring.library import Library, installed, installed_finder
from bmgui.scoring.pointer import pointer_file
from bmgui.ui.settings import SettingsFile
from bmgui.wording import tr

Listen = Callable[[WorkerState], None]


class _Started(ScoringClient):
    """A client that runs already: its owner comes later, and starting it again does nothing."""

    def __init__(self, folder: Path, finder: Path | None, device: str) -> None:
        self._listen: Listen | None = None
        super().__init__(folder, finder=finder, device=device, on_state=self._heard)
        super().start()

    def _heard(self, state: WorkerState) -> None:
        if self._listen is not None:
            self._listen(state)

    def owned_by(self, listen: Listen) -> Self:
        self._listen = listen
        return self

    def start(self) -> Self:
        return self


class EarlyClient:
    """library: the installed models; model: the id of the one that is used first; finder: its folder, or None.

    Every worker that is started here has the finder.
    """

    def __init__(self, library: Library, model: str, device: str, finder: Path | None) -> None:
        self.library, self.model = library, model
        self.trouble: KnownError | None = None  # why the model is not the one that was chosen
        self._device, self._finder = device, finder
        self._client: _Started | None = _Started(library.folder(model), finder, device)

    @classmethod
    def start_for(cls, settings: SettingsFile) -> Self:
        """Start the worker for the model in use. Raises KnownError.

        An older version kept the model in the settings: it is taken over once, or `trouble` says why not.
        """
        library = installed()
        trouble = _take_over(settings.former_model, library)
        early = cls(library, library.default_id, settings.values.device, installed_finder())
        early.trouble = trouble or library.trouble
        return early

    def hand_over(self, folder: Path, *, device: str, on_state: Listen) -> ScoringClient:
        """The desk's `start_client`: the early one at the first call if it fits, else a new one."""
        client, self._client = self._client, None
        if client is not None:
            if (folder, device) == (self.library.folder(self.model), self._device):
                return client.owned_by(on_state)
            client.close()
        return ScoringClient(folder, finder=self._finder, device=device, on_state=on_state)

    def close(self) -> None:
        """End it if nobody took it over."""
        if self._client is not None:
            with contextlib.closing(self._client):
                self._client = None


def _take_over(former: str, library: Library) -> KnownError | None:
    """Use the model that the settings named, where nobody has chosen one since; what is to be said about it."""
    if not former or pointer_file().exists():
        return None
    from bmgui.scoring import installing  # late: it happens once

    try:
        installing.use(former, tr("taken over from the settings of an earlier version"))
        library.reload()
    except KnownError as error:
        if error.code == "no-such-model":
            return KnownError("former-model-missing", model=former, used=library.default_id)
        return error
    return None
