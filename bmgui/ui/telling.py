"""What the window says about the desk's state, in the reader's language. Pure rules; widgets show what they return."""

from dataclasses import dataclass
from typing import Literal

from bmgui.imaging.scan import Scan
from bmgui.imaging.square import Square
from bmgui.reading.desk import Desk
from bmgui.scoring.client import WorkerState
from bmgui.wording import sentence, tr


@dataclass(frozen=True)
class Say:
    """What stands in the number's place. kind "opinion": the opinion itself; "waiting": "…"; else `text`."""

    kind: Literal["next", "waiting", "refused", "opinion"]
    text: str = ""


def what_to_say(desk: Desk) -> Say:
    """The one thing that the panel says first. Never an opinion of anything but what is shown."""
    if desk.frame is None:
        waits = desk.frame_error is None and (desk.scan is not None or desk.opening)
        return Say("next", tr("The picture is being read.") if waits else "")
    mass = desk.mass
    if mass is None:
        if desk.frame_error is not None:
            return Say("refused", sentence(desk.frame_error))
        return Say("next", tr("Draw a square round the mass: press N, then drag; or drag with Ctrl held."))
    if desk.worker.phase in ("withheld", "stopped"):
        error = desk.worker.error
        return Say("refused", tr("There are no scores.") if error is None else sentence(error))
    if not mass.confirmed:
        what_next = tr("Press Enter to accept the square, or drag it onto the mass.")
        return Say("next", f"{proposed_by(desk.proposed_by == 'learnt')} {what_next}")
    return Say("waiting") if mass.opinion is None else Say("opinion")


def proposed_by(learnt: bool) -> str:
    """Who proposes the square that is shown."""
    if learnt:
        return tr("Proposed by the learnt mass finder.")
    return tr("Proposed by a fixed rule from the scan area.")


def caption(scan: Scan, square: Square) -> str:
    """The square's side: in mm where the file is calibrated there, else in px alone, and says so."""
    scale = scan.mm_per_px(square)
    if scale is None:
        return tr("{side} px · not calibrated", side=square.side)
    column_mm, row_mm = scale
    return tr(
        "{width} × {height} mm · {side} px",
        width=length(square.side * column_mm),
        height=length(square.side * row_mm),
        side=square.side,
    )


def length(mm: float) -> str:
    """Millimetres as they are said: whole from 10 on, one decimal below."""
    return f"{mm:.0f}" if mm >= 10 else f"{mm:.1f}"


def worker_line(state: WorkerState, title: str) -> str:
    """Device, engine and model: "CPU (OpenVINO) · VGG-16 · ready"."""
    phases = {
        "starting": tr("starting"),
        "ready": tr("ready"),
        "withheld": tr("scores withheld"),
        "stopped": tr("stopped"),
    }
    where = f"{state.device} ({state.engine})" if state.engine else ""
    return " · ".join(part for part in (where, title, phases[state.phase]) if part)


def pointer_line(x: int, y: int, value: object | None) -> str:
    """Where the pointer is in the frame (pixels from 0) and the value there (0 to 255), "" beside it."""
    if value is None:
        return ""
    shown = " ".join(str(one) for one in value) if isinstance(value, tuple) else str(value)
    return tr("x {x}  y {y} · {value}", x=x, y=y, value=shown)
