"""What the page of runs says: where a run stands and what to do, in one sentence; its figures."""

import time
from collections.abc import Iterator

from bmgui.base.errors import KnownError
from bmgui.learning.runs.progress import Event
from bmgui.learning.runs.watch import LiveRun, Look
from bmgui.ui.marks import mark
from bmgui.wording import ERRORS, sentence, tr
from bmgui.wording.run_words import CRASHES, NONE, before_words, event_lines, figure, signal_words

_KEPT = mark("The last finished epoch is kept: go on from there whenever you like.")
_NONE_KEPT = mark("No epoch was finished, so nothing is kept: it begins anew when you go on.")
_PHASES = {
    "new": mark("Nothing has been trained yet. Put it into the queue to start it."),
    "stopped": mark("It was stopped. {kept}"),
    "killed": mark("It was ended from outside, or the computer went off. {kept}"),
}
_SHORT = {
    "new": mark("not begun"),
    "at work": mark("at work"),
    "paused": mark("paused"),
    "stopped": mark("stopped"),
    "failed": mark("ended with an error"),
    "crashed": mark("crashed"),
    "killed": mark("ended from outside"),
    "finished": mark("finished"),
}
_ASKED = {
    "pause": mark("It pauses after this step."),
    "stop-after-epoch": mark("It ends after this epoch. Go on later whenever you like."),
    "cancel": mark("It ends after this step. {kept}"),
}
_DISK = mark("The disk takes no more ({reason}). Make room first. {kept}")
_MEMORY = mark("The memory did not suffice. Close other programs first. {kept}")
_ENDS = {
    "file-not-written": _DISK,
    "run-disk": _DISK,
    "run-killed-for-memory": _MEMORY,
    "run-out-of-memory": _MEMORY,
    "out-of-memory": mark(
        "The card's memory does not suffice for even one crop. Plan it again with smaller crops, or on the processor."
    ),
    "loss-not-finite": mark(
        "The loss of the stage {stage} became no number (step {step}): a learning rate that is too high does this. "
        "Plan it again with a lower one."
    ),
    "run-killed": mark("It was ended from outside ({signal}). {kept}"),
    "run-crashed": mark("The training crashed ({reason}). If it happens again, report it with the log below. {kept}"),
    "run-sources-changed": mark(
        "What it learns from has changed since it began ({changed}), so it cannot go on. Put that back as it was (undo "
        "the correction, take in again what was excluded), or plan it again."
    ),
    "weights-not-at-hand": mark(
        "The weights {file} that it starts from are not on this machine. Plan it again, and let them be fetched there."
    ),
    "collection-not-split": mark(
        "The collection {file} is not split into training, validation and test pictures any more. Split it, then plan "
        "it again."
    ),
    "no-run": mark("There is no run in {file} any more."),
    "run-locked": mark("Another training is at work in its folder. Wait for that one, then go on."),
}


def state_sentence(live: LiveRun) -> str:
    """Where the run stands, what that means and what to do."""
    look = live.look
    state = look.state
    kept = bool(state.epochs_done)
    if look.error is not None:
        return end_sentence(look.error, kept=kept)
    if look.doing and (look.doing == "evaluating" or state.phase == "finished"):
        return tr("Trained. Now it is measured on its validation pictures; the results follow.")
    if look.place is not None:
        return tr("It waits. {before}", before=before_words(look.before))
    if look.is_starting and look.asked == "cancel":
        return tr("It ends now. {kept}", kept=_kept(kept))
    if look.is_starting:
        return tr("It starts: the trainer is being loaded, and its sources are compared with the plan's.")
    match state.phase:
        case "at work" | "paused" if look.asked in _ASKED:
            return tr(_ASKED[look.asked], kept=_kept(kept))
        case "at work":
            return tr("It is at work, also when this window is closed.")
        case "paused":
            return tr("It is paused and keeps its memory. Go on, or cancel it to let the next one begin.")
        case "finished":
            return _finished(live)
        case "failed" if state.error is not None:
            return end_sentence(state.error, kept=kept)
        case "crashed":
            return tr(_ENDS["run-crashed"], reason=state.reason or NONE, kept=_kept(kept))
    return tr(_PHASES.get(state.phase, _PHASES["killed"]), kept=_kept(kept))


def _kept(kept: bool) -> str:
    return tr(_KEPT if kept else _NONE_KEPT)


def _finished(live: LiveRun) -> str:
    if live.look.measured:
        return tr("It is finished and measured: look at its results.")
    reason = live.not_measured()
    if reason is not None and reason.code in ERRORS:
        return tr("It is finished, but could not be measured. {reason}", reason=_worded(reason))
    return tr("It is finished, but not measured yet. Put it into the queue again to measure it.")


def end_sentence(error: KnownError, *, kept: bool = True) -> str:
    """How a run ended and what to do here (the general sentences speak of the command line). kept: whether it finished
    an epoch."""
    fields = {
        "reason": NONE,
        "signal": NONE,
        "stage": NONE,
        "step": NONE,
        "changed": NONE,
        "file": NONE,
        **error.fields,
        "kept": _kept(kept),
    }
    if error.code == "run-killed":
        number = error.fields.get("signal")
        fields["signal"] = signal_words(number)
        if number in CRASHES:
            return tr(_ENDS["run-crashed"], **{**fields, "reason": fields["signal"]})
    if error.code in _ENDS:
        return tr(_ENDS[error.code], **fields)
    return _worded(error)


def _worded(error: KnownError) -> str:
    """A progress file may be of another version of the program: a code or field that it lacks is shown as it is."""
    try:
        return sentence(error)
    except (KeyError, IndexError):
        return str(error)


def is_trouble(look: Look) -> bool:
    """Whether the sentence asks for attention."""
    return look.error is not None or (
        look.state.phase in ("failed", "crashed", "killed") and not look.doing and look.place is None
    )


def short(look: Look) -> str:
    """Where the run stands, in a few words."""
    state = look.state
    if look.error is not None:
        return tr("cannot be read")
    if look.doing and (look.doing == "evaluating" or state.phase == "finished"):
        return tr("being measured")
    if look.place is not None:
        return tr("waits, {count} before it", count=look.before) if look.before else tr("waits, comes next")
    if look.asked == "cancel":
        return tr("is being ended")
    if look.is_starting:
        return tr("starts")
    if look.is_at_work and state.epochs:
        told = {"phase": tr(_SHORT[state.phase]), "epoch": state.epoch, "epochs": state.epochs}
        if len(look.jobs) > 1:
            return tr(
                "{phase} · job {job} of {jobs} · epoch {epoch} of {epochs}",
                **told,
                job=look.job_number,
                jobs=len(look.jobs),
            )
        return tr("{phase} · epoch {epoch} of {epochs}", **told)
    if state.phase == "finished":
        best = max((auc for auc in state.finished.values() if auc is not None), default=None)
        if best is not None:
            return tr("finished · validation AUC {auc}", auc=figure(best, 3))
    return tr(_SHORT[state.phase])


def where_line(look: Look) -> str:
    """Job, stage, epoch and step; "" before the first stage."""
    state = look.state
    if state.download is not None and look.is_at_work:
        done, size = (n / 1e6 for n in state.download)
        return tr("Fetching weights: {done} of {size} MB", done=f"{done:.1f}", size=f"{size:.1f}" if size else "?")
    if not state.job:
        return ""
    return tr(
        "job {job} of {jobs} ({name}) · stage {stage} of {stages} ({stage_name}) · epoch {epoch} of {epochs} · step "
        "{step} of {steps}",
        job=look.job_number,
        jobs=len(look.jobs),
        name=state.job,
        stage=state.stage,
        stages=look.stages,
        stage_name=state.stage_name,
        epoch=state.epoch,
        epochs=state.epochs,
        step=state.step,
        steps=state.steps,
    )


def how_long(seconds: float | None) -> str:
    """A time that is left, no finer than it is known: "2 h 5 min", "12 min", "40 s"."""
    if seconds is None:
        return NONE
    minutes = round(seconds / 60)
    if seconds < 90:
        return tr("{seconds} s", seconds=max(0, round(seconds)))
    if minutes < 100:
        return tr("{minutes} min", minutes=minutes)
    if minutes < 48 * 60:
        return tr("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
    return tr("{days} days {hours} h", days=minutes // 1440, hours=minutes % 1440 // 60)


def memory(process_mb: float | None, card_mb: float | None) -> str:
    """What the trainer holds, and on its card."""
    if process_mb is None and card_mb is None:
        return NONE
    if card_mb is None:
        return tr("{size} GB", size=_gb(process_mb))
    return tr("{size} GB, card {card} GB", size=_gb(process_mb), card=_gb(card_mb))


def _gb(megabytes: float | None) -> str:
    """Two digits are enough."""
    return figure(None if megabytes is None else megabytes / 1000, 0 if (megabytes or 0) >= 9950 else 1)


def rate(value: float | None) -> str:
    """A learning rate, to two digits: 3e-4 is 0.0003."""
    return NONE if value is None else f"{value:.2g}"


def log_lines(event: Event, *, kept: bool = True) -> Iterator[str]:
    """An event's lines with the time of day; an end is a line, too. kept: whether the run finished an epoch."""
    at = time.strftime("%m-%d %H:%M", time.localtime(event["time"]))
    for line in (*event_lines(event), *_end_lines(event, kept=kept)):
        yield f"{at}  {line}"


def _end_lines(event: Event, *, kept: bool) -> Iterator[str]:
    match event["event"]:
        case "trainer":
            yield tr("The trainer begins (process {pid})", pid=event.get("pid"))
        case "stopped":
            yield tr("Stopped as asked")
        case "crash":
            yield tr("Crashed: {reason}", reason=event.get("reason"))
        case "error":
            fields = event.get("fields")
            error = KnownError(str(event.get("code")), **(fields if isinstance(fields, dict) else {}))
            yield end_sentence(error, kept=kept)
        case "end":
            yield tr("The trainer ends")
