"""The page of collections: the list, and in its place the import, the audit, the split or the browser."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedWidget, QWidget

from bmgui.base.errors import KnownError
from bmgui.learning import shelf
from bmgui.ui import file_dialogs
from bmgui.ui.marks import mark
from bmgui.ui.retrain.collections.audit_view import AuditView
from bmgui.ui.retrain.collections.browser import Browser
from bmgui.ui.retrain.collections.overview import Overview
from bmgui.ui.retrain.collections.pieces import button, say
from bmgui.ui.retrain.collections.split_view import SplitView
from bmgui.ui.retrain.collections.wizard import ImportWizard
from bmgui.ui.retrain.page import RetrainPage
from bmgui.ui.retrain.workshop import Workshop
from bmgui.wording import tr


class CollectionsPage(RetrainPage):
    """`where`: a collection's folder, which is chosen in the list."""

    name = "collections"
    words = mark("Collections")
    tip = mark("Bring in pathology-proven scans, check them, and say which are learnt from.")
    icon = "collections"

    def __init__(self, workshop: Workshop) -> None:
        super().__init__(workshop)
        self._stack = QStackedWidget()
        self._shown_name = ""
        self._asked_to_close = False
        self.overview, self.wizard = Overview(workshop), ImportWizard(workshop)
        self.split, self.audit = SplitView(workshop), AuditView(workshop)
        self.browser = Browser(workshop)
        self._views: dict[QWidget, str] = {
            self.overview: "",
            self.wizard: mark("Import"),
            self.split: mark("Split"),
            self.audit: mark("Check"),
            self.browser: mark("Browse"),
        }
        for view in self._views:
            self._stack.addWidget(view)
        self.column.addWidget(self._stack, 1)
        self._back = button("collections-back", self.back)
        self._add = button("collections-add", self._add_folder)
        self._import = button("collections-import", self.import_scans)
        for made in (self._add, self._import, self._back):
            self.top.addWidget(made)
        self._join()
        self.setAcceptDrops(True)
        self.retranslate()
        self._show(self.overview)

    def _join(self) -> None:
        self.overview.wanted.connect(self._do)
        self.wizard.left.connect(self._leave_view)
        self.wizard.imported.connect(self._imported)
        self.split.left.connect(self._leave_view)
        self.split.stored.connect(self._stored)
        self.browser.left.connect(self._leave_view)
        self.workshop.shelf_changed.connect(self._shelf_changed)
        for keys, act in (
            ("Ctrl+N", self.import_scans),
            ("Ctrl+B", lambda: self._want("browse")),
            ("Ctrl+K", lambda: self._want("audit")),
            ("Ctrl+P", lambda: self._want("split")),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)  # only while this page is shown

    # --- what the window asks for ---

    def enter(self, where: object) -> None:
        if isinstance(where, Path):
            self._show(self.overview)
            self.overview.reload(where)
        elif self.view is self.overview:
            self.overview.reload()

    def may_close(self) -> bool:
        """While scans are copied it is said first that closing undoes the import; asked again, it closes. The browser
        asks what is to become of an edited square."""
        if not self.browser.may_leave():
            self.workshop.go(self.name)
            return False
        if not self.wizard.copying or self._asked_to_close:
            return True
        self._asked_to_close = True
        self.workshop.go(self.name)
        self.workshop.trouble.emit(KnownError("import-at-work"))
        return False

    @property
    def view(self) -> QWidget:
        """The view on show."""
        return next(view for view in self._views if view is self._stack.currentWidget())

    # --- from view to view ---

    def _show(self, view: QWidget, name: str = "") -> None:
        self._stack.setCurrentWidget(view)
        self._shown_name = name
        at_list = view is self.overview
        own_head = view is self.browser  # it has a title and a way back of its own
        self._title.setVisible(not own_head)
        self._back.setVisible(not at_list and not own_head)
        self._import.setVisible(at_list)
        self._add.setVisible(at_list)
        self._tip.setVisible(at_list)
        self._say_title()

    def back(self) -> None:
        """One step back; in the list there is none."""
        if self.view is self.overview or (self.view is self.wizard and self.wizard.go_back()):
            return
        self._leave_view()

    def _leave_view(self) -> None:
        self.wizard.stop()
        self._show(self.overview)
        self.overview.reload()
        self.overview.list.setFocus()

    def import_scans(self, source: Path | None = None) -> None:
        """The import, from its first step; one that is at work is shown as it is."""
        if not self.wizard.at_work:
            self.wizard.start(source)
        self._show(self.wizard)

    def _want(self, what: str) -> None:
        if self.view is self.overview and self.overview.chosen is not None and self.overview.chosen.summary is not None:
            self._do(what, self.overview.chosen.folder)

    def _do(self, what: str, folder: object) -> None:
        if what == "import":
            self.import_scans()
        if not isinstance(folder, Path):
            return
        name = self.overview.chosen.name if self.overview.chosen else folder.name
        if what == "audit":
            self._show(self.audit, name)
            self.audit.show_collection(folder, [one for one in self.overview.usable() if one[1] != folder])
        elif what == "split":
            self._show(self.split, name)
            self.split.show_collection(folder)
        elif what == "browse":
            self._show(self.browser, name)
            self.browser.show_collection(folder)
        elif what == "plan":
            self.workshop.go("plan")
        elif what == "forget":
            try:
                shelf.forget("collections", folder)
            except KnownError as error:
                self.workshop.trouble.emit(error)
            self.workshop.shelf_changed.emit("collections")

    def _add_folder(self) -> None:
        for folder in file_dialogs.ask_folder(self, ""):
            try:
                shelf.remember("collections", folder)
            except KnownError as error:
                self.workshop.trouble.emit(error)
            else:
                self.overview.reload(folder)
                self.workshop.shelf_changed.emit("collections")

    def _imported(self, folder: object) -> None:
        self._asked_to_close = False
        if self.view is self.wizard:
            self._show(self.overview)
        self._arrived(folder)

    def _stored(self, folder: object) -> None:
        self._show(self.overview)
        self._arrived(folder)

    def _arrived(self, folder: object) -> None:
        """It is chosen in the list when that has been read again."""
        if isinstance(folder, Path):
            self.overview.reload(folder)
        self.workshop.shelf_changed.emit("collections")

    def _shelf_changed(self, kind: str) -> None:
        if kind == "collections" and self.isVisible() and self.view is self.overview:
            self.overview.reload()  # in other views it is read again on the way back

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.view is not self.overview:
            self.back()
        else:
            super().keyPressEvent(event)

    # --- dropped folders and lists ---

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths and not self.wizard.at_work:
            event.acceptProposedAction()
            self.import_scans(paths[0])

    # --- words ---

    def _say_title(self) -> None:
        words = self._views[self.view]
        parts = [tr(self.words), self._shown_name, tr(words) if words else ""]
        self._title.setText("  ›  ".join(part for part in parts if part))

    def retranslate(self) -> None:
        super().retranslate()
        if hasattr(self, "_import"):
            say(self._back, tr("Back"), tr("Back to the collections"), "Esc")
            say(self._add, tr("Add a folder…"), tr("A collection that lies elsewhere on this computer"))
            say(self._import, tr("Import scans…"), tr("Make a collection of proven scans"), "Ctrl+N")
            self._say_title()
            for view in (self.overview, self.wizard, self.split, self.audit):  # the browser sees to itself
                view.retranslate()
