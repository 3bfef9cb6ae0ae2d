"""torchvision's own weights: fetched only where the user asked for it, checked by the hash in their name, kept."""

import contextlib
import hashlib
import re
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.base.files import not_written
from bmgui.scoring.card import Architecture
from bmgui.scoring.engines.vision import import_models

_ENUMS = {"resnet50": "ResNet50_Weights", "vgg16": "VGG16_Weights", "inception_v3": "Inception_V3_Weights"}
_MOST_BYTES = 1 << 30
_TIMEOUT_S = 30.0
_PIECE = 1 << 20


def torchvision_file(
    architecture: Architecture, name: str, download: bool, told: Callable[[int, int], None] | None = None
) -> Path:
    """The file of these weights ("IMAGENET1K_V2") in the user's folder, fetched first where that was asked for.

    Raises KnownError("weights-not-at-hand", file) where it is not there and was not asked for, "download-failed"
    (file, reason), "weights-unreadable" for a name that torchvision does not have.
    """
    url = _url(architecture, name)
    path = places.user_data() / "downloads" / url.rpartition("/")[2]
    if path.is_file():
        return path
    if not download:
        raise KnownError("weights-not-at-hand", file=url)
    path.parent.mkdir(parents=True, exist_ok=True)
    fetch(url, path, told)
    return path


def _url(architecture: Architecture, name: str) -> str:
    enum: Any = getattr(import_models(), _ENUMS[architecture])
    if name not in enum.__members__:
        have = ", ".join(enum.__members__)
        raise KnownError("weights-unreadable", file=name, reason=f"torchvision has {have} for {architecture}")
    return str(enum[name].url)


def fetch(url: str, target: Path, told: Callable[[int, int], None] | None = None) -> None:
    """Fetch a file whose name ends in the first digits of its SHA-256 ("…-0676ba61.pth"), whole or not at all.

    Raises KnownError("download-failed", "file-not-written").
    """
    match = re.search(r"-([0-9a-f]{8,64})\.\w+$", target.name)
    part = target.with_name(f".{secrets.token_hex(6)}.part")
    digest = hashlib.sha256()
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as stream, part.open("xb") as out:
            _copy(stream, out, digest, told)
        if match is None or not digest.hexdigest().startswith(match[1]):
            raise KnownError("download-failed", file=url, reason="what came is not what its name promises")
        part.replace(target)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise KnownError("download-failed", file=url, reason=str(error)) from error
    except OSError as error:
        raise not_written(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def _copy(stream: Any, out: Any, digest: Any, told: Callable[[int, int], None] | None) -> None:
    size, done = int(stream.headers.get("Content-Length") or 0), 0
    while piece := stream.read(_PIECE):
        done += len(piece)
        if done > _MOST_BYTES:
            raise KnownError("download-failed", file=stream.url, reason="it is too large")
        out.write(piece)
        digest.update(piece)
        if told:
            told(done, size)
