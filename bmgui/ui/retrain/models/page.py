"""The page of models: the library, cards, history."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QTabWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from bmgui.base.errors import KnownError
from bmgui.scoring import installing, packing
from bmgui.ui import file_dialogs
from bmgui.ui.marks import mark
from bmgui.ui.model_words import STEPS
from bmgui.ui.pages import set_html
from bmgui.ui.retrain.models.asking import AskPage
from bmgui.ui.retrain.models.listing import ModelList
from bmgui.ui.retrain.models.words import card_html, history_html
from bmgui.ui.retrain.page import RetrainPage
from bmgui.ui.retrain.workshop import Workshop
from bmgui.wording import sentence, tr

_LIST_PX = 272
_ID_PATTERN = r"[a-z0-9][a-z0-9._-]{0,63}"


class ModelsPage(RetrainPage):
    """`where`: a model's id, which becomes the one that is shown."""

    name = "models"
    words = mark("Models")
    tip = mark("Every installed model, its card, its history; export, import, go back.")
    icon = "models"

    def __init__(self, workshop: Workshop) -> None:
        super().__init__(workshop)
        self.list = ModelList()
        self.card, self.history = QTextBrowser(), QTextBrowser()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.progress, self._unreadable = QLabel(), QLabel()
        self._busy = False
        self._before = ""
        self._buttons: dict[str, QPushButton] = {}
        for name, do in (("import", self.import_file), ("rollback", self.roll_back)):
            self.top.addWidget(self._button(name, do))
        self._arrange()
        self._join()
        self.setAcceptDrops(True)
        self.retranslate()

    def _button(self, name: str, do: Callable[[], None]) -> QPushButton:
        button = self._buttons[name] = QPushButton()
        button.setObjectName(f"models-{name}")
        button.clicked.connect(lambda _on=False: do())
        return button

    def _arrange(self) -> None:
        for browser, name in ((self.card, "models-card"), (self.history, "models-history")):
            browser.setObjectName(name)
            browser.setOpenLinks(False)
            self.tabs.addTab(browser, "")
        self.progress.setObjectName("models-progress")
        self.progress.setProperty("role", "quiet")
        self.progress.setWordWrap(True)
        self._unreadable.setObjectName("models-unreadable")
        self._unreadable.setProperty("role", "attention")
        self._unreadable.setWordWrap(True)
        self._unreadable.hide()
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addStretch(1)
        for name, do in (("remove", self.remove), ("export", self.export), ("use", self.use)):
            below.addWidget(self._button(name, do))
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(12, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.progress)
        column.addLayout(below)
        columns = QSplitter()
        columns.setChildrenCollapsible(False)
        columns.setHandleWidth(1)
        columns.addWidget(self.list)
        columns.addWidget(right)
        columns.setSizes([_LIST_PX, 4 * _LIST_PX])
        columns.setStretchFactor(1, 1)
        self.list.setMinimumWidth(_LIST_PX)
        self.column.addWidget(self._unreadable)
        self.column.addWidget(columns, 1)

    def _join(self) -> None:
        self.list.model_chosen.connect(lambda _model: self._show_model())
        self.list.use_wanted.connect(self.use)
        self.list.remove_wanted.connect(self.remove)
        self.workshop.shelf_changed.connect(lambda kind: self._show() if kind == "models" else None)
        for keys, do in (("Ctrl+I", self.import_file), ("Ctrl+E", self.export)):  # while this page is on show
            QShortcut(QKeySequence(keys), self).activated.connect(do)

    # --- showing ---

    def enter(self, where: object) -> None:
        self.workshop.window.follow_model()
        self._show(str(where) if where else "")

    def _show(self, model: str = "") -> None:
        """Everything anew; `model` becomes current, else the one that is stays so."""
        library = self.workshop.window.library
        self.list.show_library(library, model or self.list.chosen)
        troubles = [*([] if library.trouble is None else [library.trouble]), *library.unreadable]
        self._unreadable.setText("\n".join(sentence(error) for error in troubles))
        self._unreadable.setVisible(bool(troubles))
        self._show_model()

    def _show_model(self) -> None:
        library, model = self.workshop.window.library, self.list.chosen
        if not model:
            return
        entries = installing.history()
        set_html(self.card, card_html(library.card(model), entries))
        set_html(self.history, history_html(entries))
        before = self._before = installing.can_roll_back()
        self._buttons["rollback"].setEnabled(bool(before) and not self._busy)
        self._buttons["rollback"].setText(tr("Back to {model}", model=before) if before else tr("Roll back"))
        self._buttons["rollback"].setToolTip(
            tr("Use the model that was in use before.") if before else tr("No other model was in use before this one.")
        )
        in_use = model == library.default_id
        self._buttons["use"].setEnabled(not in_use and not self._busy)
        self._buttons["use"].setText(tr("In use") if in_use else tr("Use this model…"))
        self._buttons["remove"].setVisible(library.is_own(model))
        self._buttons["remove"].setEnabled(not in_use and not self._busy)
        self._buttons["export"].setEnabled(not self._busy)
        self._buttons["import"].setEnabled(not self._busy)

    def retranslate(self) -> None:
        super().retranslate()
        buttons = {
            "import": (tr("Import…"), tr("Install a model from a .bmmodel file; or drop one here. (Ctrl+I)")),
            "export": (tr("Export…"), tr("Write this model as one .bmmodel file. (Ctrl+E)")),
            "remove": (tr("Remove…"), tr("Delete this model's files; the history stays. (Del)")),
            "use": (tr("Use this model…"), tr("Try it on its reference crop, then score with it. (Enter)")),
        }
        for name, (words, tip) in buttons.items():
            self._buttons[name].setText(words)
            self._buttons[name].setToolTip(tip)
        self.tabs.setTabText(0, tr("Card"))
        self.tabs.setTabText(1, tr("History"))
        self.card.setAccessibleName(tr("The model's card"))
        self.history.setAccessibleName(tr("History"))
        self.list.setAccessibleName(tr("Models"))
        if self.list.chosen:
            self._show()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "list") and self.list.chosen:
            self._show_model()

    # --- doing ---

    def use(self) -> None:
        """Ask why, try the model, then use it."""
        model, library = self.list.chosen, self.workshop.window.library
        if self._busy or not model or model == library.default_id:
            return
        title = library.card(model).title

        def words() -> tuple[str, str, str, str]:
            said = tr("{title} scores from now on, in this window and on the command line.", title=title)
            return tr("Use this model"), said, tr("Why (kept in the history)"), tr("Use")

        self._ask(AskPage(self, words, partial(self._use, model)))

    def _use(self, model: str, why: str) -> None:
        folder = self.workshop.window.library.folder(model)

        def do() -> str:
            self._step("trying")
            installing.verify(folder)
            self._step("switching")
            installing.use(model, why)
            return model

        self._work(do)

    def roll_back(self) -> None:
        """Use the model that was in use before: at one click, for it can be undone."""
        to = self._before  # as the button says
        if not self._busy and to:
            self._work(lambda: installing.rollback("", to=to))

    def remove(self) -> None:
        """Ask, then remove one of the user's own."""
        model, library = self.list.chosen, self.workshop.window.library
        if self._busy or not model or not library.is_own(model):
            return
        if model == library.default_id:
            self.workshop.trouble.emit(KnownError("model-in-use", model=model))
            return
        title = library.card(model).title

        def words() -> tuple[str, str, str, str]:
            said = tr(
                "The files of {title} are deleted for good. The history keeps who made it of what. Export it first if "
                "somebody may want it again.",
                title=title,
            )
            return tr("Remove this model"), said, tr("Why (kept in the history)"), tr("Remove")

        def do(why: str) -> str:
            installing.remove(model, why)
            return ""

        self._ask(AskPage(self, words, lambda why: self._work(lambda: do(why)), careful=True))

    def export(self) -> None:
        """Ask where to, and write the model there."""
        model = self.list.chosen
        if self._busy or not model:
            return
        folder = Path(self.workshop.window.settings.values.folder or Path.home())
        target = file_dialogs.ask_model_target(self, folder / (model + packing.SUFFIX))
        if target is None:
            return

        def written(_: None) -> None:
            self._end()
            self.progress.setText(tr("{file} is written.", file=target))

        self._begin()
        self.workshop.work(lambda: packing.export_model(model, target), written, self._failed)

    def import_file(self) -> None:
        """Ask for a file, and install what it holds."""
        file = None
        if not self._busy:
            file = file_dialogs.ask_model(self, self.workshop.window.settings.values.folder)
        if file is not None:
            self.import_model(file)

    def import_model(self, file: Path, identity: str = "") -> None:
        """Install the model in this file without using it; where its id is taken, ask for another."""

        def failed(error: KnownError) -> None:
            if error.code == "model-id-taken":
                self._end()
                self._ask_id(file, error)
            else:
                self._failed(error)

        def said(model: str) -> str:
            if model not in before:
                return ""
            return tr("This very model is here already, as {model}; nothing was imported.", model=model)

        why = tr("imported from {file}", file=file.name)
        before = {card.id for card in self.workshop.window.library.cards()}
        self._work(lambda: packing.import_model(file, why, identity=identity, on_step=self._step), failed, said)

    def _ask_id(self, file: Path, error: KnownError) -> None:
        def words() -> tuple[str, str, str, str]:
            return tr("Import a model"), sentence(error), tr("Id"), tr("Import")

        free = str(error.fields["free"])
        self._ask(AskPage(self, words, partial(self.import_model, file), text=free, pattern=_ID_PATTERN))

    def _ask(self, page: AskPage) -> None:
        self.workshop.window.show_page(page)

    def _work(
        self,
        what: Callable[[], str],
        failed: Callable[[KnownError], None] | None = None,
        said: Callable[[str], str] = lambda _: "",
    ) -> None:
        """Do it in the background; then show the model whose id it gives, and let the reading window follow.

        said: what is told of it below, of its id."""

        def done(model: str) -> None:
            self._end()
            self.workshop.window.follow_model()
            self._show(model)
            self.workshop.shelf_changed.emit("models")
            self.progress.setText(said(model))

        self._begin()
        self.workshop.work(what, done, failed or self._failed)

    def _begin(self) -> None:
        self._busy = True
        self.progress.setText("")
        self._show_model()

    def _end(self) -> None:
        self._busy = False
        self.progress.setText("")
        self._show_model()

    def _failed(self, error: KnownError) -> None:
        self._end()
        self.workshop.window.follow_model()  # it may be because of a switch elsewhere
        self.workshop.trouble.emit(error)

    def _step(self, step: str) -> None:
        """From the background."""
        self.workshop.call_soon(lambda: self.progress.setText(tr(STEPS[step]) + "…"))

    # --- a file dropped here ---

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _bundles(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        for file in _bundles(event)[:1]:
            if not self._busy:
                self.import_model(file)


def _bundles(event: QDropEvent) -> list[Path]:
    files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [file for file in files if file.suffix.lower() == packing.SUFFIX]
