"""Squares and opinions, kept for each scan and frame between sessions: one small JSON file a scan."""

from pathlib import Path


class Store:
    """The readings of this user, one file a scan: `<folder>/<fingerprint>.json`. No patient, no pixels in it."""

    def __init__(self, folder: Path | None = None) -> None:
        """folder: where the files lie; None: `user_data()/readings`."""
