"""Renders the pages of the retraining window on the way from scans to a better model: `python -m tests.ui.retrain.shots
DIR`. The trainings are real and small; a combination takes about two minutes."""

import sys
from collections.abc import Sequence

from bmgui.learning.runs import queue
from bmgui.ui.actions import Action
from bmgui.ui.add_mass import AddMassPage
from bmgui.ui.shots import Photographer, main
from tests.ui.retrain.way import walk


def the_way(photographer: Photographer, only: Sequence[str]) -> None:
    """only: names of pictures; () for all."""

    def take(name: str, widget: object) -> None:
        if not only or name in only:
            photographer.take(name, widget)  # type: ignore[arg-type]

    try:
        walk(photographer.window, photographer.scratch, take)
        _adding(photographer)
    finally:
        queue.end_foreman()


def _adding(photographer: Photographer) -> None:
    window = photographer.window
    if window.desk.mass is not None and not window.desk.mass.confirmed:
        window.do(Action.ACCEPT)
    window.do(Action.ADD_TO_COLLECTION)
    page = window.findChildren(AddMassPage)[-1]
    photographer.wait(lambda: page.settled)
    photographer.take("add-to-collection", page)
    page.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], "tests.ui.retrain.shots", the_way))
