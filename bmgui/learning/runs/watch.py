"""Looking at runs again and again, cheaply: all in a line each (`RunWatch`), and one with its curves (`LiveRun`).

Everything comes from the runs' folders and the queue, so nobody here need have seen a run start.
"""

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bmgui.base.commands import MARK, told_error
from bmgui.base.errors import KnownError
from bmgui.learning import shelf
from bmgui.learning.plans.plan import Job
from bmgui.learning.runs import queue
from bmgui.learning.runs.estimate import StageKey
from bmgui.learning.runs.progress import Event
from bmgui.learning.runs.queue import EVALUATE_LOG, Doing
from bmgui.learning.runs.run import LOG_FILE, RUN_FILE, SHEET_FILE, open_run, results_file
from bmgui.learning.runs.state import Epoch, Follower, RunState, epoch_of
from bmgui.learning.runs.trainers import Word, read_control

_MOST_POINTS = 1000  # of a curve between epochs; twice as many are thinned out
_MOST_LINES = 2000
_HOPELESS = {"loss-not-finite", "out-of-memory"}  # it would end in the same way again


@dataclass(frozen=True)
class Look:
    """A run as it is now. place: in the queue, from 0; before: how many runs come first, the one at the foreman's hands
    too; doing: what the foreman does with it, since when; jobs: of the plan.

    error: why the folder cannot be read as a run; then `state` says nothing. measured: there are results.
    """

    folder: Path
    state: RunState = field(default_factory=RunState)
    jobs: tuple[Job, ...] = ()
    place: int | None = None
    before: int = 0
    doing: Doing = ""
    since: float = 0.0
    measured: bool = False
    error: KnownError | None = None
    made: float = 0.0  # seconds since 1970
    asked: Word | Literal[""] = ""  # what its trainer was asked for and has not done yet

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def is_at_work(self) -> bool:
        return self.state.phase in ("at work", "paused")

    @property
    def is_starting(self) -> bool:
        """The foreman has it, and its trainer has not spoken yet. One that told its end may take a while to go."""
        is_through = self.state.phase == "finished" or self.state.ended > self.since
        return self.doing == "training" and not self.is_at_work and not is_through

    @property
    def can_go_on(self) -> bool:
        """Whether it may be put into the queue (again): there is something left to do, and nobody does it."""
        free = self.place is None and not self.doing and not self.is_at_work and self.error is None
        hopeless = self.state.error is not None and self.state.error.code in _HOPELESS
        return free and not hopeless and (self.state.phase != "finished" or not self.measured)

    @property
    def job_number(self) -> int:
        """From 1; 0 before the first one."""
        return next((i for i, job in enumerate(self.jobs, 1) if job.name == self.state.job), 0)

    @property
    def stages(self) -> int:
        """Of the job at work."""
        return next((len(job.stages) for job in self.jobs if job.name == self.state.job), self.state.stage)


def look_at(follower: Follower, now: queue.Queue) -> Look:
    """Raises nothing: what is read is skipped where it is no event."""
    folder, state = follower.run.folder, follower.state()
    is_current = folder == now.current
    place = now.waiting.index(folder) if folder in now.waiting else None
    return Look(
        folder,
        state,
        follower.jobs,
        place,
        before=(place or 0) + (now.current is not None and not is_current),
        doing=now.doing if is_current else "",
        since=now.since if is_current else 0.0,
        measured=results_file(folder).is_file(),
        made=_made(folder),
        asked="cancel" if is_current and now.cancelled else _asked(folder, state),
    )


def _made(folder: Path) -> float:
    try:
        return (folder / RUN_FILE).stat().st_mtime
    except OSError:
        return 0.0


def _asked(folder: Path, state: RunState) -> Word | Literal[""]:
    word = read_control(folder) if state.phase in ("at work", "paused") else ""
    return "" if state.phase == "paused" and word == "pause" else word  # that one is done


class RunWatch:
    """All runs of this user. A run is read whole when it is first seen, and then only what it has written since."""

    def __init__(self) -> None:
        self._followers: dict[Path, Follower] = {}

    def looks(self) -> tuple[Look, ...]:
        """The one at the foreman's hands, those at work, those that wait in order, and the others: what happened last
        stands first."""
        now = queue.state()
        folders = dict.fromkeys([*([now.current] if now.current else []), *now.waiting, *shelf.known("runs")])
        self._followers = {folder: one for folder, one in self._followers.items() if folder in folders}
        found = [self._look(folder, now) for folder in folders]
        return tuple(sorted(found, key=_place))

    def _look(self, folder: Path, now: queue.Queue) -> Look:
        try:
            if folder not in self._followers:
                self._followers[folder] = Follower(open_run(folder))
            follower = self._followers[folder]
            look = look_at(follower, now)
            follower.taken()  # nobody here wants the events
        except KnownError as error:
            self._followers.pop(folder, None)
            return Look(folder, error=error, made=_made(folder))
        return look


def _place(look: Look) -> tuple[int, float]:
    if look.doing:
        return 0, 0.0
    if look.is_at_work:
        return 1, -look.made
    if look.place is not None:
        return 2, look.place
    return 3, -max(look.made, look.state.since, look.state.ended)


# --- one of them ---


@dataclass
class Curves:
    """What a stage did. points: (epochs so far, with their fraction; mean loss of this epoch; learning rate)."""

    job: str
    stage: int
    name: str
    folder: str  # relative to the run
    epoch_steps: int = 1
    all_epochs: int = 0
    points: list[tuple[float, float | None, float | None]] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)

    def goes_on_after(self, epoch: int) -> None:
        """What a killed trainer did after its last checkpoint is done again."""
        self.points = [point for point in self.points if point[0] <= epoch]
        self.epochs = [one for one in self.epochs if one.epoch <= epoch]

    def stepped(self, event: Event) -> None:
        step, loss, rate = event.get("step"), event.get("loss"), event.get("rate")
        if isinstance(step, int):
            self.points.append((step / self.epoch_steps, loss, rate))
            if len(self.points) > 2 * _MOST_POINTS:
                self.points = self.points[1::2]  # the last one stays

    @property
    def kept(self) -> Epoch | None:
        """The epoch that is kept so far."""
        return next((one for one in reversed(self.epochs) if one.kept), None)


class LiveRun:
    """One run with its curves and its lines. Made in the background (it reads everything once), then asked often."""

    def __init__(self, folder: Path) -> None:
        """Raises what `open_run` raises."""
        self.follower = Follower(open_run(folder))
        self.folder = folder
        self.stages: dict[StageKey, Curves] = {}
        self.events: deque[Event] = deque(maxlen=_MOST_LINES)
        """The newest ones, steps left out; whoever shows them empties this."""
        self.look = Look(folder)
        self.again()

    def again(self) -> bool:
        """Look again; whether anything is new."""
        before = self.look
        self.look = look_at(self.follower, queue.state())
        events = self.follower.taken()
        for event in events:
            self._curves(event)
            if event["event"] != "step":
                self.events.append(event)
        return bool(events) or self.look != before

    def _curves(self, event: Event) -> None:
        key = (str(event["job"]), int(event["stage"]))
        match event["event"]:
            case "stage-start":
                if key not in self.stages:
                    self.stages[key] = Curves(*key, str(event.get("name", "")), f"jobs/{key[0]}/stage-{key[1]}")
                curves = self.stages[key]
                curves.epoch_steps = max(1, int(event.get("epoch_steps") or 1))
                curves.all_epochs = int(event.get("epochs") or 0)
                curves.goes_on_after(int(event.get("resumed_epoch") or 0))
            case "step" if key in self.stages:
                self.stages[key].stepped(event)
            case "epoch" if key in self.stages:
                self.stages[key].epochs.append(epoch_of(event))

    # --- times ---

    def remaining_s(self) -> float | None:
        return self.follower.remaining_s()

    def stage_remaining_s(self) -> float | None:
        return self.follower.stage_remaining_s()

    def share_done(self) -> float | None:
        """0 to 1 of the whole plan, by time; None where nothing was timed."""
        return self.follower.share_done()

    # --- files ---

    def sheet(self, key: StageKey) -> Path | None:
        """The sheet of augmented crops of this stage, where it was written."""
        curves = self.stages.get(key)
        path = self.folder / (curves.folder if curves else "") / SHEET_FILE
        return path if curves and path.is_file() else None

    def printed(self, most_bytes: int = 8192) -> str:
        """The end of what the trainer printed (a crash, warnings)."""
        return _tail(self.folder / LOG_FILE, most_bytes)

    def measuring(self) -> str:
        """The last line that the evaluation said."""
        lines = [line for line in _tail(self.folder / EVALUATE_LOG, 4096).splitlines() if line.strip()]
        return "" if not lines or lines[-1].startswith(MARK) else lines[-1].strip()

    def not_measured(self) -> KnownError | None:
        """Why the evaluation ended without results, where it said so."""
        lines = reversed(_tail(self.folder / EVALUATE_LOG, 65536).splitlines())
        return next((error for line in lines if (error := told_error(line)) is not None), None)


def _tail(path: Path, most_bytes: int) -> str:
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - most_bytes))
            return stream.read().decode("utf-8", "replace").strip()
    except OSError:
        return ""
