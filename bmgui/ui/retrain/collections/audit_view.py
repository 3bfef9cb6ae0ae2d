"""The audit: what is doubtful, as pictures side by side; each is excluded, relabelled or kept, with a reason."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QListWidget,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from bmgui.base.errors import KnownError
from bmgui.learning.collections.audit import Code, Finding, Named, write_findings
from bmgui.learning.collections.collection import LABELS, Label
from bmgui.learning.collections.settling import SINGLE, better_gone
from bmgui.ui import file_dialogs
from bmgui.ui.retrain.collections import auditing
from bmgui.ui.retrain.collections.audit_tiles import tiles_of
from bmgui.ui.retrain.collections.audit_words import balance, heading, next_open, value_words
from bmgui.ui.retrain.collections.auditing import Audited
from bmgui.ui.retrain.collections.decision_bar import DecisionBar
from bmgui.ui.retrain.collections.pieces import BAR_PX, button, card, fill, label, say
from bmgui.ui.retrain.collections.reasons import REASONS
from bmgui.ui.retrain.collections.tiles import TileView
from bmgui.ui.retrain.workshop import Workshop
from bmgui.wording import FINDINGS, sentence, tr

_LIST_PX = 264
_SHEET_PX, _LEAST_PX, _MOST_PX = 136, 160, 420
_EDGE_PX = 16  # what a list leaves free at its edge
_CONFLICTS: frozenset[Code] = frozenset({"both-classes", "mass-both-labels"})


class AuditView(QWidget):
    """Shows findings, one with its pictures side by side or many of one picture each, and stores what is decided."""

    def __init__(self, workshop: Workshop) -> None:
        super().__init__()
        self._workshop = workshop
        self._folder: Path | None = None
        self.found: Audited | None = None
        self._order = 0
        self._code: Code | None = None
        self._at: dict[Code, int] = {}
        self._told_reasons: dict[Code, str] = {}
        self._make_widgets()
        self._arrange()
        for keys, act in (
            ("X", self._exclude),
            ("K", self._keep),
            ("U", self._take_back),
            ("B", lambda: self._relabel("benign")),
            ("M", lambda: self._relabel("malignant")),
            ("PgDown", lambda: self._step(1)),
            ("PgUp", lambda: self._step(-1)),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)  # only while this view is shown
        self.retranslate()

    def _make_widgets(self) -> None:
        self.beside, self.codes = QComboBox(), QListWidget()
        self.beside.setObjectName("audit-with")
        self.beside.activated.connect(lambda _row: self._start())
        self.codes.setObjectName("audit-codes")
        self.codes.setFixedWidth(_LIST_PX)
        self.codes.setProperty("class", "cards")
        self.codes.setSpacing(1)
        self.codes.currentRowChanged.connect(self._code_changed)
        self._progress, self._says = QProgressBar(), label("quiet")
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(BAR_PX)
        self._progress.setRange(0, 0)
        self._says.setObjectName("audit-says")
        self._meaning, self._which = label(), label("quiet", wrap=False)
        self.tiles = TileView(_SHEET_PX)
        self.tiles.setObjectName("audit-tiles")
        self.tiles.selectionModel().selectionChanged.connect(lambda *_: self._show_buttons())
        self.bar = DecisionBar()
        self.bar.exclude_wanted.connect(self._exclude)
        self.bar.keep_wanted.connect(self._keep)
        self.bar.take_back_wanted.connect(self._take_back)
        self.bar.relabel_wanted.connect(self._relabel)
        self.bar.reason_given.connect(lambda: self.tiles.setFocus())
        self._previous = button("audit-previous", lambda: self._step(-1))
        self._next = button("audit-next", lambda: self._step(1))
        self._save = button("audit-save", self._save_findings)
        self._nothing = label("title")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def _arrange(self) -> None:
        head, right = QHBoxLayout(), QVBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._which, 1)
        head.addWidget(self._previous)
        head.addWidget(self._next)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(8)
        right.addWidget(self._meaning)
        right.addLayout(head)
        right.addWidget(self.tiles, 1)
        right.addWidget(self.bar)
        pictures = QWidget()
        pictures.setLayout(right)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._nothing)
        self._stack.addWidget(pictures)
        top, both, column = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        top.setSpacing(12)
        top.addWidget(self._says, 1)
        top.addWidget(self.beside)
        top.addWidget(self._save)
        both.setSpacing(24)
        both.addWidget(self.codes)
        both.addWidget(self._stack, 1)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(top)
        column.addWidget(self._progress)
        column.addLayout(both, 1)

    # --- the audit ---

    def show_collection(self, folder: Path, others: Sequence[tuple[str, Path]] = ()) -> None:
        """Audit this collection; `others`: the names and folders of those that it can be compared with."""
        self._folder = folder
        self._others = list(others)
        self._at, self._code = {}, None
        self.beside.setCurrentIndex(0)
        self._fill_beside()
        self._start()

    @property
    def at_work(self) -> bool:
        return self._progress.isVisible()

    def _start(self) -> None:
        assert self._folder is not None
        with_these: list[Path] = self.beside.currentData() or []
        folders = [self._folder, *with_these]
        self._order += 1
        order = self._order
        self.found = None
        self._progress.show()
        self._show_found()
        self._workshop.long_work(
            lambda _stop: auditing.audited(folders),
            lambda found: self._audited(found) if order == self._order else None,
            self._failed,
        )

    def _audited(self, found: Audited) -> None:
        self._progress.hide()
        self.found = found
        self.tiles.forget_pictures()
        self._code = found.codes[0] if found.codes else None
        self._show_found()
        self.tiles.setFocus()

    def _failed(self, error: KnownError) -> None:
        self._progress.hide()
        self.bar.say(sentence(error))
        self._show_found()
        if self.found is None:
            self._workshop.trouble.emit(error)

    # --- what is shown ---

    @property
    def finding(self) -> Finding | None:
        """The finding on show; None where many are shown at once, or none."""
        if self.found is None or self._code is None or self._code in SINGLE:
            return None
        every = self.found.of(self._code)
        return every[min(self._at.get(self._code, 0), len(every) - 1)]

    def _show_found(self) -> None:
        found = self.found
        self._stack.setCurrentIndex(1 if found is not None and self._code is not None else 0)
        self._save.setEnabled(found is not None)
        self.codes.blockSignals(True)
        self.codes.clear()
        if found is None:
            self._nothing.setText(tr("Comparing every picture with every other …") if self.at_work else "")
            self._says.setText("")
        else:
            self._nothing.setText("" if found.codes else tr("Nothing doubtful was found."))
            self._says.setText(balance(found))
            for code in found.codes:
                self.codes.addItem(card(heading(found, code), self.codes))
            if self._code is not None:
                self.codes.setCurrentRow(found.codes.index(self._code))
        self.codes.setVisible(found is not None and bool(found.codes))
        self.codes.blockSignals(False)
        self._show_code()

    def _code_changed(self, row: int) -> None:
        if self.found is not None and row >= 0:
            self._code = self.found.codes[row]
            self.bar.say("")
            self._show_code()

    def _show_code(self, *, keep_chosen: bool = False) -> None:
        found, code, finding = self.found, self._code, self.finding
        if found is None or code is None:
            return
        self._meaning.setText(tr(FINDINGS[code]))
        every = found.of(code)
        chosen = set(self.tiles.chosen()) if keep_chosen else set()
        if finding is None:
            self.tiles.set_side(_SHEET_PX)
            self.tiles.show_tiles(tiles_of(found, every), chosen)
        else:
            if not keep_chosen:
                chosen = {(one.collection, one.id) for one in better_gone(finding)} - set(found.reasons)
            self.tiles.show_tiles(tiles_of(found, (finding,)), chosen)
            self._fit()
        self.bar.offer([tr(words) for words in REASONS[code]], self._told_reasons.get(code, ""))
        self._show_words()
        self._show_buttons()

    def _fit(self) -> None:
        """Pictures side by side are as large as there is room for."""
        finding = self.finding
        if finding is None:
            return
        room = self.tiles.viewport().size()
        around = self.tiles.tile_size() - QSize(self.tiles.side_px, self.tiles.side_px)
        across = (room.width() - _EDGE_PX) // min(max(len(finding.pictures), 2), 4) - around.width()
        self.tiles.set_side(min(max(min(across, room.height() - around.height() - 2), _LEAST_PX), _MOST_PX))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _show_words(self) -> None:
        found, code, finding = self.found, self._code, self.finding
        if found is None or code is None:
            return
        every = found.of(code)
        self._previous.setVisible(finding is not None and len(every) > 1)
        self._next.setVisible(finding is not None and len(every) > 1)
        if finding is None:
            self._which.setText(tr("Choose pictures: click, Ctrl or Shift and click, Ctrl+A for all."))
            return
        told = [tr("{number} of {count}", number=every.index(finding) + 1, count=len(every))]
        if finding.value and finding.code != "mass-both-labels":
            told.append(value_words(finding))
        reason = found.reason_kept(finding)
        if reason:
            told.append(tr("kept: {reason}", reason=reason))
        elif found.decided(finding):
            told.append(tr("decided"))
        self._which.setText("  ·  ".join(told))

    def _show_buttons(self) -> None:
        found, finding = self.found, self.finding
        if found is None or self._code is None:
            return
        chosen = self.tiles.chosen()
        reasons = found.reasons
        sections = [key for key in chosen if key[0]]
        labels = {one.label for one in self._chosen_sections()}
        to: frozenset[Label] = frozenset(one for one in LABELS if labels and labels != {one})
        meant = self._meant()
        kept = any(found.reason_kept(one) for one in meant)
        self.bar.allow(
            exclude=any(key not in reasons for key in sections),
            keep=bool(meant) and not (finding is not None and kept),
            take_back=kept or any(key in reasons for key in sections),
            relabel=to if self._code in _CONFLICTS else None,
        )

    def _chosen_sections(self) -> list[Named]:
        """The chosen pictures that are sections, of the finding on show."""
        chosen = set(self.tiles.chosen())
        named = self.finding.pictures if self.finding else ()
        return [one for one in named if (one.collection, one.id) in chosen]

    def _meant(self) -> list[Finding]:
        """The findings that Keep is about: the one on show, or those of the chosen pictures."""
        if self.found is None or self._code is None:
            return []
        if self.finding is not None:
            return [self.finding]
        chosen = set(self.tiles.chosen())
        every = self.found.of(self._code)
        return [one for one in every if (one.pictures[0].collection, one.pictures[0].id) in chosen]

    def _step(self, by: int) -> None:
        if self.found is not None and self._code is not None and self.finding is not None:
            count = len(self.found.of(self._code))
            self._at[self._code] = min(max(self._at.get(self._code, 0) + by, 0), count - 1)
            self.bar.say("")
            self._show_code()

    # --- what is decided ---

    def _exclude(self) -> None:
        keys = [key for key in self.tiles.chosen() if key[0]]
        if keys:
            self._decide(lambda found, reason: auditing.exclude(found, keys, reason))

    def _keep(self) -> None:
        meant = self._meant()
        if meant:
            self._decide(lambda found, reason: auditing.keep(found, meant, reason))

    def _relabel(self, to: Label) -> None:
        chosen = self._chosen_sections()
        keys = [(one.collection, one.id) for one in chosen]
        if self._code in _CONFLICTS and any(one.label != to for one in chosen):
            self._decide(lambda found, reason: auditing.relabel(found, keys, to, reason))

    def _take_back(self) -> None:
        keys, meant = self.tiles.chosen(), self._meant()
        self._decide(lambda found, _reason: auditing.unkeep(auditing.include(found, keys), meant), reasoned=False)

    def _decide(self, what: Callable[[Audited, str], Audited], *, reasoned: bool = True) -> None:
        found, code, reason = self.found, self._code, self.bar.why
        if found is None or code is None:
            return
        if reasoned and not reason:
            self.bar.ask_why()
            return
        if reasoned:
            self._told_reasons[code] = reason
        self.bar.say("")
        order = self._order
        self._workshop.work(
            lambda: what(found, reason), lambda now: self._took(now) if order == self._order else None, self._failed
        )

    def _took(self, now: Audited) -> None:
        finding, code = self.finding, self._code
        was_decided = finding is not None and self.found is not None and self.found.decided(finding)
        self.found = now
        if code is not None and self.finding is not None and not was_decided and now.decided(self.finding):
            self._at[code] = next_open(now, code, self._at.get(code, 0))
        keep = self.finding is None
        self.codes.blockSignals(True)
        for row, one in enumerate(now.codes):
            self.codes.item(row).setText(heading(now, one))
        self.codes.blockSignals(False)
        self._says.setText(balance(now))
        self._show_code(keep_chosen=keep)
        self._workshop.shelf_changed.emit("collections")

    def _save_findings(self) -> None:
        found, target = self.found, file_dialogs.ask_csv(self, tr("findings"))
        if found is not None and target is not None:
            say_it = {code: tr(words) for code, words in FINDINGS.items()}
            self._workshop.work(
                lambda: write_findings(target, found.findings, lambda one: say_it[one.code]), lambda _: None
            )

    # --- words ---

    def _fill_beside(self) -> None:
        entries: list[tuple[str, object]] = [(tr("this collection alone"), [])]
        entries += [(tr("and with {name}", name=name), [folder]) for name, folder in self._others]
        if len(self._others) > 1:
            entries.append((tr("and with all others"), [folder for _, folder in self._others]))
        fill(self.beside, entries)
        self.beside.setVisible(bool(self._others))

    def retranslate(self) -> None:
        self.codes.setAccessibleName(tr("Findings"))
        self.tiles.setAccessibleName(tr("Pictures of the finding"))
        self.beside.setAccessibleName(tr("Compared with"))
        say(self._previous, tr("Previous"), key="Page Up")
        say(self._next, tr("Next"), key="Page Down")
        self.bar.retranslate()
        say(self._save, tr("Save the findings…"))
        if self._folder is not None:
            self._fill_beside()
            self._show_found()
