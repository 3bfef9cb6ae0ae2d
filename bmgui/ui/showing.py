"""Brings the window's widgets up to date with the desk: for each aspect that changed, what shows it."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from bmgui.base.errors import KnownError
from bmgui.reading.evidence import scale_of
from bmgui.ui import doings, exams, telling
from bmgui.ui.actions import Action
from bmgui.ui.evidence_bar import METHODS
from bmgui.ui.menus import Choice
from bmgui.ui.scan_rows import identity_line, rows, unread_sentence
from bmgui.wording import NOTES, sentence, tr

if TYPE_CHECKING:
    from bmgui.ui.window import Window

NO_TORCH = "no-torch"
_MOST_UNREAD_SAID = 4


def show(window: "Window", aspects: frozenset[str]) -> None:
    """Show anew what these aspects of the desk (see `Desk`) are shown by."""
    for wanted, shower in _SHOWERS:
        if aspects & wanted:
            shower(window)
    show_actions(window)


def show_all(window: "Window") -> None:
    """Show everything anew: at the start, and in another language."""
    window.setWindowTitle(tr("bmgui · second opinion on breast ultrasound"))
    show_recent(window)
    show_models(window)
    for _, shower in _SHOWERS:
        shower(window)
    show_actions(window)


def show_settings(window: "Window", changed: frozenset[str]) -> None:
    """Show what these settings bear on."""
    if "recent" in changed:
        show_recent(window)
    if "identity_shown" in changed:
        show_rows(window)
        show_identity(window)
        show_page(window)
    show_actions(window)


# --- the aspects ---


def show_rows(window: "Window") -> None:
    desk = window.desk
    shown = rows(desk.exams, desk.unread, identity_shown=window.settings.values.identity_shown)
    window.thumbnails.show_rows(shown, desk.scan_index)
    window.thumbnails.setVisible(len(desk.scans) + len(desk.unread) > 1)


def show_current(window: "Window") -> None:
    window.thumbnails.show_current(window.desk.scan_index)


def show_confirmed(window: "Window") -> None:
    desk = window.desk
    window.thumbnails.show_confirmed(frozenset(scan.fingerprint for scan in desk.scans if desk.has_confirmed(scan)))


def show_page(window: "Window") -> None:
    """The picture; or why there is none; or, where nothing is open, what to do."""
    desk, shown = window.desk, window.settings.values.identity_shown
    empty = not desk.scans and not desk.unread and not desk.opening
    page: QWidget = window.empty if empty else window.canvas
    if desk.frame is None and desk.frame_error is not None:
        window.message.say(unread_sentence(desk.frame_error, shown))
        page = window.message
    elif not desk.scans and desk.unread and not desk.opening:
        said = [unread_sentence(one.error, shown) for one in desk.unread]
        more = len(said) - _MOST_UNREAD_SAID
        if more > 0:
            said[_MOST_UNREAD_SAID:] = [tr("And {count} more.", count=more)]
        window.message.say("\n\n".join(said))
        page = window.message
    focused = window.focusWidget()
    window.pages.setCurrentWidget(page)
    if page is window.canvas and (focused is None or window.pages.isAncestorOf(focused)):
        window.canvas.setFocus()
    window.panel.setVisible(bool(desk.scans) or desk.opening)
    window.identity.setVisible(desk.scan is not None)


def show_identity(window: "Window") -> None:
    scan, shown = window.desk.scan, window.settings.values.identity_shown
    if scan is not None:
        text = identity_line(scan.patient, scan.study_date)
        window.identity.show_identity(text, shown=shown, synthetic=scan.synthetic)


def show_frame(window: "Window") -> None:
    desk, canvas = window.desk, window.canvas
    scan = desk.scan
    window.frame_bar.show_frame(desk.frame_number, 1 if scan is None else scan.frames)
    same_scan = scan is not None and window.shown_fingerprint == scan.fingerprint
    if desk.frame is None and same_scan and desk.frame_error is None:
        return  # the next frame of this loop is being decoded: no flash of an empty ground in between
    if not same_scan:
        window.play(False)
    canvas.show_frame(desk.frame, loop=scan is not None and scan.frames > 1, keep_view=same_scan)
    window.shown_fingerprint = "" if scan is None or desk.frame is None else scan.fingerprint


def show_masses(window: "Window") -> None:
    desk, canvas = window.desk, window.canvas
    there = desk.frame is not None
    masses, selected = (desk.masses, desk.selected) if there else ((), None)
    canvas.show_masses(masses, selected)
    canvas.show_proposals(desk.proposals, desk.proposal_index, learnt=desk.proposed_by == "learnt")
    scan = desk.scan
    if scan is None or selected is None:
        canvas.set_caption("")
    else:
        canvas.set_caption(telling.caption(scan, masses[selected].square))
    window.panel.show_crop(desk.crop if there else None)


def show_opinion(window: "Window") -> None:
    desk, panel = window.desk, window.panel
    said, opinion = telling.what_to_say(desk), desk.opinion
    if window.shown_card != (desk.card, desk.prior):
        window.shown_card = (desk.card, desk.prior)
        panel.show_card(desk.card, desk.prior)
    if said.kind == "opinion" and opinion is not None:
        panel.show_opinion(opinion)
    elif said.kind == "waiting":
        panel.show_waiting()
    elif said.kind == "refused":
        panel.show_refused(said.text)
    else:
        panel.show_next(said.text)
    doubts = desk.doubts if opinion is None else opinion.doubts
    panel.show_doubts(doubts, "" if desk.scan is None else desk.scan.modality)


def show_evidence(window: "Window") -> None:
    desk, bar = window.desk, window.panel.evidence_bar
    evidence, opinion, scale = desk.evidence, desk.opinion, scale_of(desk.card)
    window.panel.show_evidence(evidence, None if opinion is None else opinion.margin, scale)
    if evidence is None or not bar.on:
        window.canvas.show_evidence(None)
        return
    window.canvas.show_evidence(
        evidence.map,
        evidence.subject.square,
        scale=scale,
        opacity=bar.opacity,
        as_contours=bar.as_contours,
    )


def show_worker(window: "Window") -> None:
    state = window.desk.worker
    note = tr(NOTES[state.note]) if state.note in NOTES else ""
    why = "" if state.error is None or state.phase == "starting" else sentence(state.error)
    window.status.show_worker(telling.worker_line(state, window.desk.card.title), note, why)
    show_models(window)


def show_methods(window: "Window") -> None:
    """The evidence menu's methods and how far one is. Where torch is missing, the one item that says how to add it."""
    desk = window.desk
    chosen, scored = desk.explanation_method, desk.opinion is not None
    usual = Choice(
        None, tr("Class activation (comes with every score)"), tr("It adds up to the score."), chosen is None
    )
    further = [
        Choice(
            method,
            tr(METHODS.get(method, method)),
            tr("Takes longer; does not add up to the score."),
            chosen == method,
            scored,
        )
        for method in desk.worker.methods
    ]
    if not further and desk.worker.phase == "ready":
        further = [Choice(NO_TORCH, tr("Further methods need torch…"), tr("Says how to add it."))]
    offered = [usual, *further]
    if offered != window.shown_methods:
        window.shown_methods = offered
        window.menus.show_methods(offered)
    name = tr(METHODS[chosen]) if chosen in METHODS else ""
    window.status.show_progress(name, desk.explanation_progress)


def show_trouble(window: "Window") -> None:
    error, worker = window.desk.trouble, window.desk.worker
    if error is not None and error is worker.error and worker.phase in ("withheld", "stopped"):
        error = None  # the panel says it, where the score would stand, for as long as it is so
    window.notice.say("" if error is None else unread_sentence(error, window.settings.values.identity_shown))


_SHOWERS: tuple[tuple[frozenset[str], Callable[["Window"], None]], ...] = (
    (frozenset({"exams"}), show_rows),
    (frozenset({"scan"}), show_current),
    (frozenset({"exams", "square"}), show_confirmed),
    (frozenset({"exams", "scan", "frame"}), show_page),
    (frozenset({"exams", "scan"}), show_identity),
    (frozenset({"scan", "frame"}), show_frame),
    (frozenset({"scan", "frame", "square", "opinion"}), show_masses),
    (frozenset({"scan", "frame", "square", "opinion", "worker"}), show_opinion),
    (frozenset({"scan", "frame", "square", "opinion", "evidence", "worker"}), show_evidence),
    (frozenset({"worker"}), show_worker),
    (frozenset({"worker", "explanation", "opinion"}), show_methods),
    (frozenset({"trouble", "worker"}), show_trouble),
)


# --- beside the desk ---


def show_actions(window: "Window") -> None:
    """What can be done now, and what is on. Called after every change: where nothing here changed, nothing is done."""
    bar = window.panel.evidence_bar
    at = doings.now(window)
    checked = {
        Action.PLAY: window.playing,
        Action.SHOW_IDENTITY: window.settings.values.identity_shown,
        Action.FULL_SCREEN: window.isFullScreen(),
        Action.SHOW_EVIDENCE: bar.on,
        Action.BARE: window.bare,
        Action.AS_COLOUR: not bar.as_contours,
        Action.AS_CONTOURS: bar.as_contours,
    }
    window.menus.set_checked(checked)  # also where all is as it was: a click on an item has toggled it
    if at != window.shown_actions:
        window.shown_actions = at
        window.menus.set_enabled(doings.enabled(at))
        window.empty.set_can_reopen(at.recent)


def show_pointer(window: "Window", x: int, y: int, value: object | None) -> None:
    window.status.show_pointer(telling.pointer_line(x, y, value))


def show_recent(window: "Window") -> None:
    window.menus.show_recent([Choice(one, exam_name(one), "\n".join(one)) for one in window.settings.values.recent])


def exam_name(opened: exams.Opened) -> str:
    """A remembered exam in a menu."""
    if opened == (exams.SAMPLE,):
        return tr("The sample exam")
    name = opened[0].replace("\\", "/").rstrip("/").rpartition("/")[2] or opened[0]
    return name if len(opened) == 1 else tr("{name} and {count} more", name=name, count=len(opened) - 1)


def show_models(window: "Window") -> None:
    used = window.desk.card.id
    window.menus.show_models(
        [Choice(card.id, card.title, " ".join(card.limits), card.id == used) for card in window.library.cards()]
    )


def show_error(window: "Window", error: KnownError) -> None:
    """Say an error of the world that the desk does not know of."""
    window.notice.say(sentence(error))


def say_to_terminal(error: KnownError) -> None:
    print(f"bmgui: {sentence(error)}", file=sys.stderr)  # noqa: T201
