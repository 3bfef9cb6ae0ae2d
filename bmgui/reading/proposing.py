"""What is proposed on a frame: the finder's squares where it sees masses, else the rule's; and how bulk asks it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import Frame
from bmgui.imaging.proposals import propose, squares_round
from bmgui.imaging.square import Square
from bmgui.scoring.client import ScoringClient
from bmgui.scoring.finding import Finding

Kind = Literal["rule", "learnt"]
"""Who proposes: the rule of `bmgui.imaging.proposals`, or the learnt finder."""

Find = Callable[[Frame], Finding | None]
"""What the finder sees in a frame; None where it cannot be asked. Blocks; may be called from any thread."""


@dataclass(frozen=True)
class Offer:
    """The proposed squares of a frame, likeliest first, and who proposes them."""

    squares: tuple[Square, ...] = ()
    kind: Kind = "rule"


def learnt_squares(finding: Finding | None, width_px: int, height_px: int) -> tuple[Square, ...]:
    """A square for each mass that was seen, likeliest first; none where none was, or where nobody has looked."""
    masses = () if finding is None else finding.masses
    return squares_round(((mass.left, mass.top, mass.width, mass.height) for mass in masses), width_px, height_px)


def offer(frame: Frame, finding: Finding | None) -> Offer:
    """What is proposed on a frame once its finding is known. Raises KnownError("picture-too-small")."""
    height, width = frame.shape[:2]
    squares = learnt_squares(finding, width, height)
    return Offer(squares, "learnt") if squares else Offer(propose(frame))


def finding_by(client: ScoringClient, on_trouble: Callable[[KnownError], None]) -> Find:
    """A `Find` that asks the client's finder.

    on_trouble: called the first time that an answer fails, from the thread that asked; the rule proposes then. Where
    the worker withholds it is not called: its scores say why.
    """
    told = threading.Lock()

    def find(frame: Frame) -> Finding | None:
        try:
            return client.find(frame, newest=False).result()
        except KnownError as error:
            if client.state.phase != "withheld" and told.acquire(blocking=False):  # never let go: once
                on_trouble(error)
            return None

    return find
