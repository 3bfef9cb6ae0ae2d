"""What all dialogs of the window share: not modal, closed by Escape, said again in another language."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from bmgui.ui import theme
from bmgui.wording import tr


class Page(QDialog):
    """A dialog beside the window, deleted when it is closed. Subclasses fill `column` and say all in `retranslate`."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(24, 24, 24, 16)
        self.column.setSpacing(12)
        self.buttons = QDialogButtonBox()
        self._close = QPushButton()
        self._close.clicked.connect(self.close)
        self.buttons.addButton(self._close, QDialogButtonBox.ButtonRole.RejectRole)

    def add_buttons(self) -> None:
        """Put the buttons below what was added so far."""
        self.column.addWidget(self.buttons)
        self._close.setDefault(True)

    def retranslate(self) -> None:
        self._close.setText(tr("Close"))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def set_html(browser: QTextBrowser, html: str) -> None:
    """Show rich text in the theme's colours, from its beginning."""
    colours = theme.current()
    for level in ("h1", "h2"):  # Qt has sizes of its own for headings, whatever a style sheet says
        html = html.replace(f"<{level}>", f"<p class={level}>").replace(f"</{level}>", "</p>")
    browser.document().setDefaultStyleSheet(
        f"body {{ color: {colours.text}; }} .h1 {{ font-size: 18px; }}"
        " .h2 { font-size: 14px; font-weight: bold; margin-top: 16px; }"
        f" .quiet {{ color: {colours.quiet}; }} td {{ padding: 2px 16px 2px 0; }}"
        f" code {{ color: {colours.accent}; }}"
    )
    browser.setHtml(f"<body>{html}</body>")


class TextPage(Page):
    """A page that is read: a title and text in Qt's rich text."""

    size_px = (640, 560)

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.browser = QTextBrowser()
        self.browser.setOpenLinks(False)  # nothing leaves this machine
        self.column.addWidget(self.browser, 1)
        self.add_buttons()
        self.resize(*self.size_px)
        self.retranslate()

    def title(self) -> str:
        raise NotImplementedError

    def html(self) -> str:
        raise NotImplementedError

    def retranslate(self) -> None:
        super().retranslate()
        self.setWindowTitle(self.title())
        self.browser.setAccessibleName(self.title())
        self._set_html()

    def _set_html(self) -> None:
        set_html(self.browser, self.html())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "browser"):
            self._set_html()
