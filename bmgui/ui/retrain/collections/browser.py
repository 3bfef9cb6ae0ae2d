"""Browsing a collection: the grid, one section of it, and what is decided about them, each with its reason."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from bmgui.base.errors import KnownError
from bmgui.learning.collections.collection import Collection, Section, open_collection
from bmgui.learning.collections.filtering import filtered, tally
from bmgui.ui.retrain.collections import decisions
from bmgui.ui.retrain.collections.decisions import Decision, What
from bmgui.ui.retrain.collections.filter_bar import FilterBar
from bmgui.ui.retrain.collections.grid import Grid
from bmgui.ui.retrain.collections.pieces import button, label, say
from bmgui.ui.retrain.collections.reason_bar import ReasonBar
from bmgui.ui.retrain.collections.section_page import SectionPage
from bmgui.ui.retrain.workshop import Workshop
from bmgui.wording import sentence, tr


class Browser(QWidget):
    """left(): back to where it was opened from. changed(): a decision was stored (`shelf_changed` is told, too)."""

    left = Signal()
    changed = Signal()

    def __init__(self, workshop: Workshop) -> None:
        super().__init__()
        self.setObjectName("browser")
        self._workshop = workshop
        self._folder: Path | None = None
        self._collection: Collection | None = None
        self._asked: Decision | None = None
        self._step: int | None = None  # where to once a change was kept or let go: ±1, or 0 for back to the grid
        self._busy = False
        self.back, self._title, self._counts, self._says = (
            button("browser-back", self._leave),
            label("title", wrap=False),
            label("quiet"),
            label("quiet"),
        )
        self.filter, self.grid, self.section_page = FilterBar(), Grid(workshop), SectionPage()
        self.reason = ReasonBar()
        self._empty = label("quiet")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack, self._under = QStackedWidget(), QStackedWidget()
        self._make_buttons()
        self._lay_out()
        self._connect()
        self.retranslate()

    def _make_buttons(self) -> None:
        self.open = button("browser-open", lambda: self._open_row(self.grid.currentIndex().row()))
        self.benign = button("browser-benign", lambda: self._wish("benign"))
        self.malignant = button("browser-malignant", lambda: self._wish("malignant"))
        self.exclude = button("browser-exclude", lambda: self._wish("exclude"))
        self.include = button("browser-include", lambda: self._wish("include"))
        self.undo = button("browser-undo", lambda: self._wish("undo"))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.back)
        head.addWidget(self._title)
        head.addWidget(self._counts, 1)
        grid_side = QWidget()
        column = QVBoxLayout(grid_side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.filter)
        self._under.addWidget(self.grid)
        self._under.addWidget(self._empty)
        column.addWidget(self._under, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._says, 1)
        for one in (self.open, self.benign, self.malignant, self.exclude, self.include, self.undo):
            row.addWidget(one)
        column.addLayout(row)
        self._stack.addWidget(grid_side)
        self._stack.addWidget(self.section_page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(12)
        whole.addLayout(head)
        whole.addWidget(self._stack, 1)
        whole.addWidget(self.reason)

    def _connect(self) -> None:
        self.filter.changed.connect(self._filter_changed)
        self.filter.down.connect(self.grid.setFocus)
        self.grid.opened.connect(self._open_row)
        self.grid.chosen_changed.connect(self._chosen_changed)
        self.grid.search_wanted.connect(self._search)
        self.grid.left.connect(self._leave)
        for where in (self.grid, self.section_page):
            where.relabel_wanted.connect(self._wish)
            where.exclude_wanted.connect(lambda: self._wish("exclude"))
            where.include_wanted.connect(lambda: self._wish("include"))
            where.undo_wanted.connect(lambda: self._wish("undo"))
        self.section_page.square_wanted.connect(self._wish_square)
        self.section_page.stepped.connect(self._go)
        self.section_page.left.connect(lambda: self._go(0))
        self.section_page.open_wanted.connect(self._open_in_reading)
        self.reason.given.connect(self._given)
        self.reason.left.connect(self._not_asked)
        self.reason.discarded.connect(self._let_go)
        search = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        search.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        search.activated.connect(self._search)

    # --- what is shown ---

    @property
    def collection(self) -> Collection | None:
        """What is browsed; None until it is open."""
        return self._collection

    def show_collection(self, folder: Path) -> None:
        """Open it in the background and show it; the same one again: as it is now."""
        if folder != self._folder:
            self._folder, self._collection = folder, None
            self._not_asked()
            self._stack.setCurrentIndex(0)
            self.grid.show_sections(None, ())
            self._title.setText(folder.name)
            self._counts.setText(tr("It is being opened…"))
        self._workshop.work(lambda: open_collection(folder), self._opened)

    def _opened(self, collection: Collection) -> None:
        if collection.folder != self._folder:
            return
        first = self._collection is None
        self._collection = collection
        self.filter.show_collection(collection)
        self._show_grid()
        section = self.section_page.section
        if self._on_section and section is not None:
            now = next((one for one in collection.sections if one.id == section.id), None)
            if now is None:
                self._stack.setCurrentIndex(0)
            else:
                self._show_section(now, keep_hand=True)
        if first and self.isVisible():
            self.grid.setFocus()

    @property
    def _on_section(self) -> bool:
        return self._stack.currentIndex() == 1

    def _show_grid(self) -> None:
        if self._collection is None:
            return
        places = filtered(self._collection, self.filter.filter)
        self.grid.show_sections(self._collection, places)
        self._under.setCurrentIndex(0 if places else 1)
        self._tell()

    def _filter_changed(self) -> None:
        self._show_grid()

    def _tell(self) -> None:
        self.back.setText("‹ " + (tr("Grid") if self._on_section else tr("Collections")))
        self.back.setAccessibleName(tr("Back to the grid") if self._on_section else tr("Back to the collections"))
        self.back.setToolTip(f"{self.back.accessibleName()} (Esc)")
        if self._collection is None:
            return
        self._title.setText(self._collection.name)
        shown = tally(self._collection, self.grid.sections.places)
        every = len(self._collection.sections)
        words = [
            tr("{count} sections", count=_figure(every))
            if shown.sections == every
            else tr("{count} of {every} sections", count=_figure(shown.sections), every=_figure(every)),
            tr("{count} benign", count=_figure(shown.benign)),
            tr("{count} malignant", count=_figure(shown.malignant)),
            tr("{count} patients", count=_figure(shown.patients)) if shown.patients else "",
            tr("{count} excluded", count=_figure(shown.excluded)) if shown.excluded else "",
            tr("{count} corrected", count=_figure(shown.corrected)) if shown.corrected else "",
        ]
        self._counts.setText(" · ".join(one for one in words if one))

    @property
    def counts(self) -> str:
        """The line of counts, as it reads."""
        return self._counts.text()

    def _chosen_changed(self) -> None:
        count, some = self.grid.chosen_count(), self.grid.currentIndex().isValid()
        self._say(tr("{count} chosen", count=_figure(count)) if count else tr("Space chooses, Enter opens."))
        for one in (self.benign, self.malignant, self.exclude, self.include, self.undo):
            one.setEnabled(some and not self._busy)
        self.open.setEnabled(some)

    def _say(self, text: str) -> None:
        self._says.setText(text)

    @property
    def said(self) -> str:
        """The line beside the buttons."""
        return self._says.text()

    def _search(self) -> None:
        if not self._on_section:
            self.filter.text.setFocus()
            self.filter.text.selectAll()

    def _leave(self) -> None:
        if self._on_section:
            self._go(0)
        else:
            self._not_asked()
            self.left.emit()

    # --- one section ---

    def _open_row(self, row: int) -> None:
        if 0 <= row < self.grid.sections.rowCount():
            self._show_section(self.grid.sections.section(row))

    def _show_section(self, section: Section, *, keep_hand: bool = False) -> None:
        assert self._collection is not None
        row = self._row_of(section.id)
        try:
            self.section_page.show_section(
                self._collection, section, row + 1, self.grid.sections.rowCount(), keep_hand=keep_hand
            )
        except KnownError as error:
            self._workshop.trouble.emit(error)
            return
        self._stack.setCurrentIndex(1)
        self._tell()
        if not self.reason.isVisible():
            self.section_page.canvas.setFocus()

    def _row_of(self, identity: str) -> int:
        """Its row in the grid; -1 where the filter does not show it (any more)."""
        rows = range(self.grid.sections.rowCount())
        return next((row for row in rows if self.grid.sections.section(row).id == identity), -1)

    def _go(self, step: int) -> None:
        """The next (1) or previous (-1) section, or back to the grid (0); a change that is not kept is asked about."""
        if self._busy:
            return
        if self.section_page.changed:
            self._step = step
            self._wish_square(self.section_page.square, discard=True)
            return
        section = self.section_page.section
        row = self._row_of(section.id) if section is not None else -1
        if not step:
            self._back_to_grid(section)
        elif 0 <= row + step < self.grid.sections.rowCount():
            self._show_section(self.grid.sections.section(row + step))

    def _back_to_grid(self, section: Section | None) -> None:
        self._not_asked()
        self._stack.setCurrentIndex(0)
        if section is not None and self._row_of(section.id) >= 0:
            chosen = self.grid.chosen_ids()
            self.grid.choose(chosen if section.id in chosen else (section.id,), section.id)
        self._tell()
        self.grid.setFocus()

    def _open_in_reading(self) -> None:
        from bmgui.ui.retrain.opening import open_section

        if self._collection is not None and self.section_page.section is not None:
            open_section(self._workshop, self._collection.folder, self.section_page.section.id)

    # --- decisions ---

    def _wish(self, what: What) -> None:
        if self._collection is None or self._busy:
            return
        section = self.section_page.section
        ids = (section.id,) if self._on_section and section is not None else self.grid.chosen_ids()
        self._ask(Decision(what, ids or tuple(one for one in (self.grid.current_id(),) if one)))

    def _wish_square(self, square: object, *, discard: bool = False) -> None:
        section = self.section_page.section
        if self._collection is not None and section is not None and not self._busy:
            self._ask(Decision("square", (section.id,), square), discard=discard)  # type: ignore[arg-type]

    def _ask(self, wanted: Decision, *, discard: bool = False) -> None:
        assert self._collection is not None
        ids = decisions.concerning(self._collection, wanted)
        if not ids:
            self._say(decisions.nothing_to_do(wanted) if wanted.ids else tr("Nothing is chosen."))
            return
        self._asked = Decision(wanted.what, ids, wanted.square)
        self.reason.ask(
            decisions.question(self._asked),
            decisions.caution(self._collection, self._asked),
            decisions.example(self._asked),
            why=self._asked.needs_reason,
            discard=discard,
        )

    def _given(self, reason: str) -> None:
        asked, collection = self._asked, self._collection
        if asked is None or collection is None or self._busy:
            return
        if asked.what == "square":  # the hand may have gone on since it was asked
            asked = replace(asked, square=self.section_page.square)
        self._set_busy(True)

        def stored(now: Collection) -> None:
            self._set_busy(False)
            if reason:
                self.reason.remember(reason)
            self._finished(asked, now)

        def failed(error: KnownError) -> None:
            self._set_busy(False)
            self.reason.say_trouble(sentence(error))

        self._workshop.work(lambda: decisions.carry_out(collection, asked, reason), stored, failed)

    def _finished(self, asked: Decision, now: Collection) -> None:
        step, self._step = self._step, None
        self._not_asked()
        self._opened(now)
        self._say(decisions.done(asked))
        self.changed.emit()
        self._workshop.shelf_changed.emit("collections")
        if step is not None:
            self._go(step)

    def _let_go(self) -> None:
        """The square's change is discarded, and the way goes on."""
        step, self._step = self._step, None
        self.section_page.put_back()
        self._not_asked()
        if step is not None:
            self._go(step)

    def _not_asked(self) -> None:
        self._asked = self._step = None
        if self.reason.isVisible():
            self.reason.hide()
            (self.section_page.canvas if self._on_section else self.grid).setFocus()

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.reason.set_busy(busy)
        self._chosen_changed()

    def may_leave(self) -> bool:
        """Whether nothing would be lost; else it is asked about."""
        if self._on_section and self.section_page.changed:
            self._go(0)
            return False
        return True

    def retranslate(self) -> None:
        self._empty.setText(tr("No section is like that. Ask for less, or show all."))
        say(self.open, tr("Open"), tr("The section, with its square."), "Enter")
        say(self.benign, tr("Benign…"), tr("Their pathology is benign: relabel them, with the reason."), "B")
        say(self.malignant, tr("Malignant…"), tr("Their pathology is malignant: relabel them, with the reason."), "M")
        say(self.exclude, tr("Exclude…"), tr("Leave them out of every part, with the reason."), "X")
        say(self.include, tr("Include again"), tr("They are no longer excluded."), "I")
        say(
            self.undo,
            tr("Undo correction"),
            tr("The last correction of each is taken back; the history keeps it."),
            "Ctrl+Z",
        )
        self.grid.retranslate()
        self._tell()
        self._chosen_changed()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def _figure(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")
