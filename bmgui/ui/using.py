"""The model in use, in the reading window: chosen here, or chosen elsewhere and followed."""

from typing import TYPE_CHECKING

from bmgui.base.errors import KnownError
from bmgui.scoring.pointer import pointer_file
from bmgui.ui import showing
from bmgui.wording import tr

if TYPE_CHECKING:
    from bmgui.ui.window import Window

Stamp = tuple[int, int, int]


def use_model(window: "Window", model: str) -> None:
    """Use this model, now and after a restart, here and on the command line."""
    from bmgui.scoring import installing  # late: the first picture does not need it

    try:
        installing.use(model, tr("chosen in the window's menu"))
    except KnownError as error:
        showing.show_error(window, error)
    follow_model(window)


def follow_model(window: "Window") -> None:
    """Read the library again, and score with the model in use; a square that stands is scored anew.

    The pages of the retraining window are told where the models, or which is in use, have changed.
    """
    before = window.library.cards()
    window.pointer_stamp = stamp()
    try:
        window.library.reload()
        model = window.library.default_id
        if window.desk.card != window.library.card(model):
            window.desk.use_model(model)
    except KnownError as error:
        showing.show_error(window, error)
    showing.show_models(window)
    if window.library.trouble is not None:
        showing.show_error(window, window.library.trouble)
    if window.retraining is not None and window.library.cards() != before:
        window.retraining.workshop.shelf_changed.emit("models")


def look_again(window: "Window") -> None:
    """The window comes to the front: follow, and say so, where the model was switched elsewhere meanwhile."""
    if stamp() == window.pointer_stamp:
        return
    before = window.desk.card.id
    follow_model(window)
    if window.desk.card.id != before:
        window.notice.say(tr("Another model was put in use elsewhere: {title}.", title=window.desk.card.title))


def stamp() -> Stamp | None:
    """Tells one state of the pointer from another; None where there is none."""
    try:
        told = pointer_file().stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_ino, told.st_size
