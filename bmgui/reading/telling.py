"""Changes are told once for each command or event, at its end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Teller:
    """on_change: called with the aspects that changed."""

    def __init__(self, on_change: Callable[[frozenset[str]], None]) -> None:
        self._on_change = on_change
        self._aspects: set[str] = set()
        self._depth = 0
        self._stopped = False

    def tell(self, *aspects: str) -> None:
        """These changed."""
        self._aspects.update(aspects)
        if not self._depth:
            self._flush()

    @contextmanager
    def one_change(self) -> Iterator[None]:
        """What is told within is told together, at the end of the outermost."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                self._flush()

    def stop(self) -> None:
        """Tell nothing any more."""
        self._stopped = True

    def _flush(self) -> None:
        aspects, self._aspects = frozenset(self._aspects), set()
        if aspects and not self._stopped:
            self._on_change(aspects)
