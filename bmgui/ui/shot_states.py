"""The states that `shots.py` renders: one small function each, in order; each leaves the window usable for the next."""

import datetime
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QDialog

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.imaging.square import Square
from bmgui.ui import colour_vision, crash, exams, save_dialog, saving
from bmgui.ui.actions import MENUS, Action

if TYPE_CHECKING:
    from bmgui.ui.shots import Photographer

WITHHELD = "withheld-example"
STATES: dict[str, Callable[["Photographer"], None]] = {}


def state(function: Callable[["Photographer"], None]) -> Callable[["Photographer"], None]:
    STATES[function.__name__] = function
    return function


def prepare(home: Path) -> None:
    """A model whose reference crop cannot come out right, so that its scores are withheld."""
    default = json.loads((places.shipped_models() / "library.json").read_text("utf-8"))["default"]
    target = home / "models" / WITHHELD
    shutil.copytree(places.shipped_models() / default, target)
    card = json.loads((target / "card.json").read_text("utf-8"))
    card["id"] = WITHHELD
    card["reference"]["margin"] += 100.0
    (target / "card.json").write_text(json.dumps(card), "utf-8")


def _open(p: "Photographer", *paths: Path) -> None:
    p.window.open_paths(list(paths))
    p.wait(lambda: p.window.desk.frame is not None and not p.window.opening)


def _score(p: "Photographer") -> None:
    """Accept the square if it is a proposal, and wait for the score and its range."""
    if p.window.desk.mass is not None and not p.window.desk.mass.confirmed:
        p.window.do(Action.ACCEPT)
    p.wait(lambda: p.window.desk.opinion is not None and p.window.desk.opinion.low is not None)


def _page(p: "Photographer", action: Action, name: str) -> None:
    p.window.do(action)
    page = _dialogs(p)[-1]
    p.take(name, page)
    page.close()
    p.settle()


def _dialogs(p: "Photographer") -> list[QDialog]:
    return [page for page in p.window.findChildren(QDialog) if page.isVisible()]


def loop_file(folder: Path, frames: int = 12) -> Path:
    """The synthetic phantom as a loop whose frames get darker; nothing of a patient."""
    import pydicom

    told = pydicom.dcmread(places.resources() / "samples" / "phantom" / "synthetic-phantom.dcm")
    pixels = told.pixel_array
    steps = [np.asarray(pixels * (1 - 0.03 * number), pixels.dtype) for number in range(frames)]
    told.NumberOfFrames = frames
    told.PixelData = np.stack(steps).tobytes()
    path = folder / "loop.dcm"
    told.save_as(path)
    return path


# --- the states, in order ---


@state
def empty(p: "Photographer") -> None:
    p.take("empty")


@state
def starting(p: "Photographer") -> None:
    """A square accepted before the worker is ready: no figure, and why."""
    p.window.open_exam((exams.SAMPLE,))
    p.wait(lambda: p.window.desk.frame is not None and p.window.desk.proposals)
    p.window.desk.use_device("cpu")
    p.window.do(Action.ACCEPT)
    p.take("worker-starting")
    p.window.desk.undo()
    p.wait(lambda: p.window.desk.worker.phase == "ready" and not p.window.opening)


@state
def proposal(p: "Photographer") -> None:
    p.wait(lambda: len(p.window.desk.scans) > 3)
    p.take("proposal")


@state
def learnt(p: "Photographer") -> None:
    """What the finder proposes, on another scan; as the proposal before it where none is installed."""
    p.window.desk.next_scan()
    p.wait(lambda: p.window.desk.frame is not None and not p.window.desk.looking)
    p.take("proposal-learnt")
    p.window.desk.previous_scan()
    p.wait(lambda: p.window.desk.frame is not None)


@state
def scored(p: "Photographer") -> None:
    _score(p)
    path = p.take("scored")
    pixels = _pixels(QImage(str(path)))
    for kind in colour_vision.KINDS:
        seen = np.ascontiguousarray(colour_vision.simulated(pixels, kind))
        height, width = seen.shape[:2]
        image = QImage(seen.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        image.save(str(path.with_name(path.stem + f"-{kind}.png")))
    p.window.resize(1024, 700)
    p.take("scored-1024x700")
    p.window.resize(1280, 800)


def _pixels(image: QImage) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    # a copy: the bits are gone with the QImage
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


@state
def contours(p: "Photographer") -> None:
    p.window.do(Action.AS_CONTOURS)
    p.take("contours")
    p.window.do(Action.AS_COLOUR)


@state
def menus(p: "Photographer") -> None:
    for name in MENUS:
        menu = p.window.menus.menu(name)
        menu.popup(p.window.mapToGlobal(p.window.rect().topLeft()))
        p.take(f"menu-{name}", menu)
        menu.close()


@state
def several_masses(p: "Photographer") -> None:
    p.window.desk.draw(Square(0, 0, 60))
    p.wait(lambda: p.window.desk.opinion is not None and p.window.desk.opinion.low is not None)
    p.take("several-masses-and-doubts")


@state
def identity_hidden(p: "Photographer") -> None:
    p.window.do(Action.SHOW_IDENTITY)
    p.take("identity-hidden")
    p.window.do(Action.SHOW_IDENTITY)


@state
def calibrated(p: "Photographer") -> None:
    _open(p, places.resources() / "samples" / "phantom" / "synthetic-phantom.dcm")
    assert p.window.desk.scan is not None
    region = p.window.desk.scan.regions[0]  # a square that the calibrated region holds has a size in mm
    side = min(region.right - region.left, region.bottom - region.top) * 2 // 3
    p.window.desk.draw(Square((region.left + region.right - side) // 2, (region.top + region.bottom - side) // 2, side))
    _score(p)
    p.take("calibrated-synthetic")


@state
def several_frames(p: "Photographer") -> None:
    _open(p, loop_file(p.scratch))
    p.window.desk.show_frame(5)
    p.wait(lambda: p.window.desk.frame is not None)
    _score(p)
    p.take("several-frames")


@state
def unread(p: "Photographer") -> None:
    bad = p.scratch / "exam"
    bad.mkdir(exist_ok=True)
    source = places.resources() / "samples" / "phantom" / "synthetic-phantom.dcm"
    (bad / "cut-short.dcm").write_bytes(source.read_bytes()[:9000])
    (bad / "report.png").write_bytes(b"\x89PNG\r\n\x1a\nnot a picture")
    shutil.copy(exams.sample_files()[0], bad / "陈_左乳.png")
    _open(p, bad)
    p.take("unread-file")
    p.window.open_paths([bad / "report.png"])
    p.wait(lambda: p.window.desk.unread and not p.window.opening)
    p.take("unread-only")


@state
def trouble(p: "Photographer") -> None:
    from bmgui.ui import showing

    _open(p, exams.sample_files()[2])
    showing.show_error(p.window, KnownError("file-not-written", file="opinion.png", reason="No space left on device"))
    p.take("trouble")
    p.window.notice.say("")


@state
def withheld(p: "Photographer") -> None:
    before = p.window.desk.card.id
    p.window.use_model(WITHHELD)
    p.wait(lambda: p.window.desk.worker.phase == "withheld")
    p.take("withheld")
    p.window.use_model(before)
    p.window.desk.forget_trouble()
    p.wait(lambda: p.window.desk.worker.phase == "ready")


@state
def pages(p: "Photographer") -> None:
    _page(p, Action.SETTINGS, "settings")
    p.window.change_settings(prior=0.12)
    _page(p, Action.SETTINGS, "settings-own-share")
    p.window.change_settings(prior=None)
    _page(p, Action.ABOUT, "about")
    _page(p, Action.MODEL_CARD, "model-card")
    _page(p, Action.KEYS, "keys")
    _page(p, Action.HELP, "help")


@state
def further_methods(p: "Photographer") -> None:
    from bmgui.ui.help import TorchPage

    page = TorchPage(p.window)
    p.window.show_page(page)
    p.take("add-torch", page)
    page.close()


@state
def save(p: "Photographer") -> None:
    _score(p)
    p.window.do(Action.SAVE)
    page = _dialogs(p)[-1]
    p.take("save", page)
    page.close()
    saved = save_dialog.current(p.window, "nothing", datetime.date(2026, 1, 31))
    assert saved is not None
    saving.write(saved, p.window.font(), p.path("saved-opinion"))


@state
def crashed(p: "Photographer") -> None:
    try:
        raise ZeroDivisionError("an example of a fault, on /a/folder/of/Chen/scan.dcm")
    except ZeroDivisionError as error:
        crash.show(crash.failure_of(error), p.window)
    page = _dialogs(p)[-1]
    p.take("crash", page)
    page.close()
