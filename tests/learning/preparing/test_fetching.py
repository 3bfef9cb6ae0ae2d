"""Weights are fetched in a process: told of, checked, cancelled; the table of files is torchvision's own."""

import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bmgui.base.errors import KnownError
from bmgui.learning.preparing.fetching import fetch_in_process
from bmgui.learning.preparing.start_weights import offered
from tests.local_server import serving

CONTENT = b"weights" * 500_000


@pytest.fixture
def server() -> Iterator[str]:
    with serving(CONTENT) as address:
        yield address


NAME = f"net-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"


def test_it_is_fetched_whole_and_told_of(server: str, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    target = tmp_path / "downloads" / NAME
    found = fetch_in_process(f"{server}/{NAME}", target, threading.Event(), lambda *numbers: told.append(numbers))
    assert found.read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_what_is_not_what_its_name_promises_is_refused(server: str, tmp_path: Path) -> None:
    with pytest.raises(KnownError) as caught:
        fetch_in_process(f"{server}/x", tmp_path / "net-00000000.pth", threading.Event(), lambda *_: None)
    assert caught.value.code == "download-failed"
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_falls_silent_holds_nobody_up(server: str, tmp_path: Path) -> None:
    stop = threading.Event()
    began = time.monotonic()
    with pytest.raises(KnownError) as caught:
        fetch_in_process(f"{server}/slow/{NAME}", tmp_path / NAME, stop, lambda *_: stop.set())
    assert caught.value.code == "errand-cancelled"
    assert time.monotonic() - began < 15
    assert not (tmp_path / NAME).exists()


def test_the_table_of_files_is_torchvisions_own() -> None:
    from bmgui.learning.training.downloads import _ENUMS
    from bmgui.scoring.engines.vision import import_models

    models = import_models()
    for network, enum in _ENUMS.items():
        for name, weights in getattr(models, enum).__members__.items():
            if name != "DEFAULT":
                known = offered(network, name)  # type: ignore[arg-type]
                assert known is not None, name
                assert known.url == weights.url
                assert known.size_mb == pytest.approx(weights.meta["_file_size"] * 2**20 / 1e6, abs=0.6)
    assert offered("resnet50", "IMAGENET22K") is None
