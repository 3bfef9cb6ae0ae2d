"""The help, the keys (written from the table of actions), and how further methods are added."""

from html import escape

from PySide6.QtGui import QKeySequence

from bmgui.ui.actions import ACTIONS, MENUS
from bmgui.ui.menus import key_text
from bmgui.ui.pages import TextPage
from bmgui.wording import tr


def plain(menu_text: str) -> str:
    """A menu's words without the mark of its access key: "&Open…" and "打开(&O)…" become "Open" and "打开"."""
    text = menu_text
    start = text.find("(&")
    if start >= 0 and text[start + 3 : start + 4] == ")":
        text = text[:start] + text[start + 4 :]
    return text.replace("&", "").rstrip("…")


def by_hand() -> list[tuple[str, str]]:
    """What the mouse does on the picture: (words, how)."""
    control = QKeySequence("Ctrl+A").toString(QKeySequence.SequenceFormat.NativeText).rpartition("A")[0].rstrip("+")
    return [
        (tr("Move the square"), tr("drag inside it")),
        (tr("Resize the square"), tr("drag a corner")),
        (tr("Draw a new square"), tr("{control} + drag anywhere", control=control)),
        (tr("Brightness and contrast (display only)"), tr("right drag")),
        (tr("Zoom"), tr("wheel ({control} + wheel where there are frames)", control=control)),
        (tr("Step through frames"), tr("wheel, where there are frames")),
        (tr("Pan"), tr("middle drag")),
    ]


class KeysPage(TextPage):
    size_px = (560, 720)

    def title(self) -> str:
        return tr("Keys")

    def html(self) -> str:
        parts = []
        for menu, title in MENUS.items():
            rows = [(plain(tr(spec.text)), key_text(spec)) for spec in ACTIONS if spec.menu == menu and spec.keys]
            parts.append(f"<h2>{escape(plain(tr(title)))}</h2>{_table(rows)}")
        parts.append(f"<h2>{escape(tr('On the picture'))}</h2>{_table(by_hand())}")
        note = tr(
            "The picture's keys work while the picture has the focus: click it, or press Tab until its edge is lit."
        )
        return f"<p class=quiet>{escape(note)}</p>" + "".join(parts)


class HelpPage(TextPage):
    def title(self) -> str:
        return tr("Help")

    def html(self) -> str:
        paragraphs = [
            (
                tr("What it is"),
                tr(
                    "A second opinion for research on breast ultrasound. It is not a medical device, and no reason to "
                    "change what is done for a patient. Scans stay on this machine."
                ),
            ),
            (
                tr("The square"),
                tr(
                    "The network looks at a square only. One is proposed; press Enter to accept it, 1, 2 or 3 for "
                    "another, or drag it. It should hold the whole mass with some tissue around it."
                ),
            ),
            (
                tr("The score"),
                tr(
                    "The probability that the mass is malignant, as the model estimates it, if as many masses are "
                    "malignant where you work as the panel says. The range below it is the least and greatest score "
                    "when the square is moved or resized by a tenth: a wide range means that the score depends on how "
                    "the square was put."
                ),
            ),
            (
                tr("The evidence map"),
                tr(
                    "Where the score comes from, not the lesion's outline: warm speaks for malignancy, cool against. "
                    "Its mean and the model's bias add up to the margin that the score is made of. Faint colour is "
                    "weak evidence; nothing is blown up."
                ),
            ),
            (
                tr("Doubts"),
                tr(
                    "Reasons why a score may not hold, for example a square at the picture's edge. No doubt shown does "
                    "not mean that a score is right."
                ),
            ),
        ]
        return "".join(f"<h2>{escape(title)}</h2><p>{escape(text)}</p>" for title, text in paragraphs)


class TorchPage(TextPage):
    size_px = (520, 320)

    def title(self) -> str:
        return tr("Further methods")

    def html(self) -> str:
        return "".join(
            (
                f"<p>{escape(tr('Further evidence methods need torch and captum, which are not installed here.'))}</p>",
                f"<p>{escape(tr('Close the program and start it with:'))}</p>",
                "<p><code>python3 dev.py run --torch</code></p>",
                f"<p class=quiet>{escape(tr('This fetches a few hundred megabytes once. Scores stay the same.'))}</p>",
            )
        )


def _table(rows: list[tuple[str, str]]) -> str:
    lines = "".join(f"<tr><td width=300>{escape(words)}</td><td>{escape(keys)}</td></tr>" for words, keys in rows)
    return f"<table cellspacing=0>{lines}</table>"
