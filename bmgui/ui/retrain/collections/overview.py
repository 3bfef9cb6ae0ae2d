"""The list of collections, and what there is to know and to do about the chosen one."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from bmgui.base.errors import KnownError
from bmgui.learning import shelf
from bmgui.learning.collections.collection import LABELS, Collection, Section, open_collection
from bmgui.learning.collections.importing.naming import told_apart
from bmgui.learning.collections.summaries import Summary, summary_of
from bmgui.learning.results.measured_on import begun_on
from bmgui.learning.runs import queue
from bmgui.ui.retrain.collections.pieces import KINDS, PARTS, CountsTable, button, card, label, say
from bmgui.ui.retrain.collections.tiles import Tile, TileView, section_tile
from bmgui.ui.retrain.workshop import Workshop
from bmgui.wording import sentence, tr

_LIST_PX = 264
_SHOWN = 6  # pictures of the chosen collection


@dataclass(frozen=True)
class Entry:
    """A collection on the shelf; where it cannot be opened, why. runs: at work or in the queue, and begun with it."""

    folder: Path
    summary: Summary | None = None
    tiles: tuple[Tile, ...] = ()
    error: KnownError | None = None
    runs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.summary.name if self.summary else self.folder.name


def entries() -> list[Entry]:
    """All collections of this user, opened once each. Blocking."""
    return [_entry(folder) for folder in shelf.known("collections")]


def _entry(folder: Path) -> Entry:
    try:
        collection = open_collection(folder)
        told = summary_of(collection)
    except KnownError as error:
        return Entry(folder, error=error)
    tiles = tuple(section_tile(collection, section) for section in _spread(collection))
    now = queue.state()
    runs = begun_on(folder, (*([now.current] if now.current else []), *now.waiting))
    return Entry(folder, told, tiles, runs=runs)


def _spread(collection: Collection) -> list[Section]:
    """A few sections, from the first to the last, of both labels in turn."""
    wanted = _SHOWN // len(LABELS)
    found: list[tuple[int, Section]] = []
    for word in LABELS:
        every = [s for s in collection.sections if s.label == word and s.id not in collection.excluded]
        found += [(at, every[len(every) * at // wanted]) for at in range(min(wanted, len(every)))]
    return [section for _, section in sorted(found, key=lambda pair: pair[0])]


class Overview(QWidget):
    """wanted(what, folder): "import", "add", "browse", "audit", "split", "plan" or "forget"."""

    wanted = Signal(str, object)

    def __init__(self, workshop: Workshop) -> None:
        super().__init__()
        self._workshop = workshop
        self._entries: list[Entry] = []
        self._loading = self._again = False
        self._to_choose: Path | None = None
        self.list = QListWidget()
        self.list.setObjectName("collections-list")
        self.list.setFixedWidth(_LIST_PX)
        self.list.setSpacing(1)
        self.list.setProperty("class", "cards")
        self.list.currentRowChanged.connect(lambda _row: self._show_chosen())
        self.list.itemActivated.connect(lambda _item: self._want("browse"))
        self._stack = QStackedWidget()
        self._stack.addWidget(self._make_empty())
        self._stack.addWidget(self._make_details())
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(24)
        line.addWidget(self.list)
        line.addWidget(self._stack, 1)
        self.list.hide()
        self.retranslate()

    def _make_empty(self) -> QWidget:
        self._empty, self._empty_why = label("title"), label("quiet")
        self._first = button("collections-first-import", lambda: self.wanted.emit("import", None))
        self._first.setMinimumWidth(260)
        self._first.setDefault(True)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setSpacing(12)
        column.addStretch(2)
        for widget in (self._empty, self._empty_why):
            widget.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(widget)
        column.addSpacing(12)
        column.addWidget(self._first, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(3)
        return whole

    def _make_details(self) -> QWidget:
        self._name, self._facts, self._licence = label("title"), label("quiet"), label("quiet")
        self._doubts, self._looks = label("attention"), label("quiet")
        self._counts, self._pictures = CountsTable(), TileView(112)
        self._pictures.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._pictures.setSelectionMode(TileView.SelectionMode.NoSelection)
        self._pictures.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._pictures.setFixedHeight(self._pictures.tile_size().height() + 4)
        self.buttons = {
            what: button(f"collections-{what}", partial(self._want, what))
            for what in ("browse", "audit", "split", "plan", "forget")
        }
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 12, 0)
        column.setSpacing(12)
        for widget in (self._name, self._facts, self._licence, self._pictures, self._counts, self._looks, self._doubts):
            column.addWidget(widget)
        column.addSpacing(12)
        line = QHBoxLayout()
        line.setSpacing(8)
        for made in self.buttons.values():
            line.addWidget(made)
        line.addStretch(1)
        column.addLayout(line)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        return scroll

    # --- what is shown ---

    @property
    def chosen(self) -> Entry | None:
        row = self.list.currentRow()
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def usable(self) -> list[tuple[str, Path]]:
        """The names and folders of the collections that can be opened."""
        return [(entry.name, entry.folder) for entry in self._entries if entry.summary is not None]

    def reload(self, choose: Path | None = None) -> None:
        """Read the shelf again; then the collection at `choose` is the chosen one, else that which was."""
        self._to_choose = choose or self._to_choose or (self.chosen.folder if self.chosen else None)
        if self._loading:
            self._again = True
            return
        self._loading = True
        self._workshop.work(entries, self._loaded, self._failed)

    def _failed(self, error: KnownError) -> None:
        self._loading = False
        self._workshop.trouble.emit(error)

    def _loaded(self, found: list[Entry]) -> None:
        self._loading = False
        if self._again:
            self._again = False
            self.reload()
            return
        self._entries = found
        self._pictures.forget_pictures()
        wanted = self._to_choose.absolute() if self._to_choose else None
        self._to_choose = None
        self._fill_list()
        row = next((at for at, entry in enumerate(found) if entry.folder == wanted), 0)
        self.list.blockSignals(True)
        self.list.setCurrentRow(row if found else -1)
        self.list.blockSignals(False)
        self._show_chosen()

    def _fill_list(self) -> None:
        row = self.list.currentRow()
        self.list.blockSignals(True)
        self.list.clear()
        names = told_apart([(entry.folder, entry.name) for entry in self._entries])
        for entry, name in zip(self._entries, names, strict=True):
            item = card(f"{name}\n{_in_short(entry)}", self.list)
            item.setToolTip(str(entry.folder))
            self.list.addItem(item)
        self.list.setCurrentRow(row)
        self.list.blockSignals(False)

    def _show_chosen(self) -> None:
        entry = self.chosen
        self.list.setVisible(bool(self._entries))
        self._stack.setCurrentIndex(1 if entry else 0)
        if entry is None:
            return
        usable = entry.summary is not None
        self._name.setText(entry.name)
        for widget in (self._counts, self._pictures, self._licence, self._looks):
            widget.setVisible(usable)
        for what, made in self.buttons.items():
            made.setEnabled(usable or what == "forget")
        self.buttons["forget"].setVisible(shelf.folder_of("collections").absolute() not in entry.folder.parents)
        if entry.summary is None:
            self._facts.setText(str(entry.folder))
            self._doubts.setText(sentence(entry.error) if entry.error else "")
            self._doubts.show()
            return
        self._show_summary(entry, entry.summary)

    def _show_summary(self, entry: Entry, told: Summary) -> None:
        facts = [KINDS[told.kind][0] if told.kind in KINDS else told.kind, told.created[:10]]
        facts[0] = tr(facts[0]) if told.kind in KINDS else facts[0]
        if told.scanners:
            facts.append(tr("scanners: {names}", names=", ".join(told.scanners[:6])))
        if told.normals:
            facts.append(tr("{count} pictures without a mass", count=told.normals))
        facts.append(tr("version {version}", version=told.version[:12]))
        self._facts.setText("  ·  ".join(fact for fact in facts if fact))
        self._facts.setToolTip(str(entry.folder))
        self._licence.setText(tr("Licence: {licence}", licence=told.licence or tr("not stated")))
        self._pictures.show_tiles(entry.tiles)
        rows = [(tr("all"), told.whole)] + [(tr(PARTS[part]), counts) for part, counts in told.parts.items()]
        self._counts.show_rows(rows, told.patients_known)
        looks = []
        if "test" in told.parts:
            times = told.looks
            looks.append(
                tr("The test part was looked at {count} times.", count=times)
                if times
                else tr("Nobody has looked at the test part yet.")
            )
        if told.discarded:
            looks.append(tr("A test part was given up {count} times.", count=told.discarded))
        if told.excluded:
            looks.append(tr("{count} sections are excluded.", count=told.excluded))
        if told.corrected:
            looks.append(tr("{count} sections were corrected.", count=told.corrected))
        self._looks.setText("  ".join(looks))
        self._looks.setVisible(bool(looks))
        doubts = [*_doubts(told), *_needed(entry.runs)]
        self._doubts.setText("\n".join(doubts))
        self._doubts.setVisible(bool(doubts))
        self.buttons["audit"].setDefault(not told.parts)
        self.buttons["plan"].setDefault(bool(told.parts))

    def _want(self, what: str) -> None:
        entry = self.chosen
        if entry is not None and (entry.summary is not None or what == "forget"):
            self.wanted.emit(what, entry.folder)

    def retranslate(self) -> None:
        self.list.setAccessibleName(tr("Collections"))
        self._empty.setText(tr("No collection yet"))
        self._empty_why.setText(
            tr("Import scans whose pathology is proven: a folder, a list, or one of the published sets.")
        )
        say(self._first, tr("Import scans…"), key="Ctrl+N")
        say(self.buttons["browse"], tr("Browse"), tr("Every section: relabel, exclude, move its square"), "Ctrl+B")
        say(self.buttons["audit"], tr("Check"), tr("Duplicates, conflicts, text in the square: side by side"), "Ctrl+K")
        say(self.buttons["split"], tr("Split…"), tr("Say which sections train, validate and test"), "Ctrl+P")
        say(self.buttons["plan"], tr("Plan a training"), tr("Go on to the plan"))
        say(self.buttons["forget"], tr("Take off the list"), tr("The folder stays where it is"))
        self._fill_list()
        self._show_chosen()


def _in_short(entry: Entry) -> str:
    told = entry.summary
    if told is None:
        return tr("cannot be used")
    count = tr("{count} sections", count=told.whole.sections)
    if told.unplaced:
        return count + "  ·  " + tr("{count} in no part", count=told.unplaced)
    if not told.parts:
        return count + "  ·  " + tr("not split")
    return count + "  ·  " + (tr("test locked") if "test" in told.parts else tr("no test part"))


def _needed(runs: tuple[str, ...]) -> list[str]:
    if not runs:
        return []
    return [
        tr(
            "Runs that have begun with it: {list}. What is added now is not for them. After a label, square, exclusion "
            "or part of what they learn from is changed, they cannot go on once they were stopped.",
            list=", ".join(runs),
        )
    ]


def _doubts(told: Summary) -> list[str]:
    found = []
    if not told.parts:
        found.append(tr("It is not split yet: check it first, then say what trains and what tests."))
    if told.unplaced:
        found.append(
            tr("{count} new sections are in no part yet: split again; what is there stays.", count=told.unplaced)
        )
    if not told.patients_known:
        found.append(
            tr("Whose pictures these are is not known: only near duplicates are kept together when it is split.")
        )
    if told.proposed:
        found.append(tr("{count} squares are the program's own proposals: look at them.", count=told.proposed))
    return found
