"""The second opinion, in the right column: the number first, then what qualifies it, then where it comes from."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from bmgui.imaging.crop import Frame
from bmgui.reading.opinion import Evidence, Opinion
from bmgui.scoring.card import Card, Figures
from bmgui.ui import theme
from bmgui.ui.evidence_bar import EvidenceBar
from bmgui.ui.gauge import Gauge
from bmgui.ui.percent import percent, percent_range
from bmgui.ui.preview import Preview
from bmgui.wording import BANDS, DOUBTS, tr

NUMBER_PX = 40
WIDTH_PX = 304


class ScorePanel(QWidget):
    """Exactly one of `show_next`, `show_waiting`, `show_refused` and `show_opinion` says what stands first.

    prior_wanted(): the reader wishes to change the assumed share of malignant masses. `evidence_bar`: its controls.
    """

    prior_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card: Card | None = None
        self._prior: float | None = None
        self._opinion: Opinion | None = None
        self._title, self._sentence = _label("title"), _label("")
        self._number, self._caption, self._band, self._range = _label(""), _label("quiet"), _label(""), _label("")
        self.gauge, self._doubts, self.preview = Gauge(), Doubts(), Preview()
        self._preview_title, self._preview_caption = _label("quiet"), _label("quiet")
        self.evidence_bar = EvidenceBar()
        self._model, self._measured, self._share = _label("quiet"), _label("quiet"), _label("quiet")
        self._change_share = QPushButton()
        self._change_share.clicked.connect(self.prior_wanted)
        for words in (self._preview_title, self._preview_caption):  # beside the large picture there is no room
            self.preview.toggled.connect(words.setHidden)
        self._number.setFont(_figures_font(self.font()))
        self._number.setFixedHeight(NUMBER_PX + 8)
        self._scored = (self._number, self._caption, self.gauge, self._band, self._range)
        self._lay_out()
        self.retranslate()
        self.show_next("")

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(4)
        for widget in (self._title, self._sentence, *self._scored, self._doubts):
            column.addWidget(widget)
        column.addSpacing(8)
        column.addWidget(Line())
        column.addSpacing(4)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._preview_title)
        words.addWidget(self._preview_caption)
        words.addStretch(1)
        seen = QHBoxLayout()
        seen.setSpacing(8)
        seen.addWidget(self.preview, 0, Qt.AlignmentFlag.AlignTop)
        seen.addLayout(words, 1)
        column.addLayout(seen)
        column.addSpacing(4)
        column.addWidget(Line())
        column.addSpacing(4)
        column.addWidget(self.evidence_bar)
        column.addSpacing(4)
        column.addWidget(Line())
        column.addSpacing(4)
        for widget in (self._model, self._measured):
            column.addWidget(widget)
        share = QHBoxLayout()
        share.setSpacing(8)
        share.addWidget(self._share, 1)
        share.addWidget(self._change_share, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(share)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        self._scroll = scroll
        self.setMinimumWidth(WIDTH_PX)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH_PX, 640)

    # --- what stands first ---

    def show_next(self, sentence: str) -> None:
        """No score yet: what to do next, in one sentence in the reader's language."""
        self._say(sentence, None, asked=False)

    def show_waiting(self) -> None:
        """Between scores: "…", and nothing of the score before."""
        self._say("", None, asked=True)

    def show_refused(self, sentence: str) -> None:
        """Scores are withheld, or the worker stopped: why, in the reader's language."""
        self._say(sentence, None, asked=False)

    def show_opinion(self, opinion: Opinion) -> None:
        """The opinion of the square on show."""
        self._say("", opinion, asked=True)

    def _say(self, sentence: str, opinion: Opinion | None, *, asked: bool) -> None:
        self._opinion = opinion
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        for widget in self._scored:
            widget.setVisible(asked)
        if opinion is None:
            self._number.setText("…")
            self._number.setAccessibleName(tr("Probability of malignancy: not known yet") if asked else "")
            self.gauge.show_score(None)
            self._band.setText(" ")
            self._range.setText(" ")
            return
        self._number.setText(percent(opinion.probability))
        self._number.setAccessibleName(tr("Probability of malignancy: {score}", score=percent(opinion.probability)))
        self.gauge.show_score(opinion.probability, opinion.low, opinion.high)
        words = tr(BANDS.get(opinion.band.name, opinion.band.name))
        self._band.setText(tr("{band} · score band {number}", band=words, number=opinion.band.number))
        self._range.setText(range_in_words(opinion))

    def show_doubts(self, codes: Sequence[str], modality: str = "") -> None:
        """Codes of wording DOUBTS, also before there is a score. modality: the file's, for the code that names it."""
        self._doubts.show_codes(codes, modality)

    # --- what it was made from ---

    def show_card(self, card: Card | None, prior: float | None) -> None:
        """The model in use, and the department's own share of malignant masses (None: the card's)."""
        self._card, self._prior = card, prior
        self.gauge.show_card(card, prior)
        self._tell_source()

    def show_crop(self, crop: Frame | None) -> None:
        """The square as the network sees it."""
        self.preview.show_crop(crop)
        self._preview_caption.setText(self.preview.caption())

    def show_evidence(self, evidence: Evidence | None, margin: float | None, scale: float) -> None:
        """See `EvidenceBar.show_evidence`."""
        self.evidence_bar.show_evidence(evidence, margin, scale)

    def _tell_source(self) -> None:
        card = self._card
        for widget in (self._model, self._measured, self._share, self._change_share):
            widget.setVisible(card is not None)
        if card is None:
            return
        self._model.setText(tr("Model: {title}", title=card.title))
        self._model.setToolTip(tr("Limits: {limits}", limits=" ".join(card.limits)))
        self._measured.setText(measured_in_words(card))
        self._share.setText(share_in_words(card, self._prior))

    def retranslate(self) -> None:
        """Say everything again, in the language that is spoken now; a sentence of the window's is the window's."""
        self.setAccessibleName(tr("Second opinion"))
        self._title.setText(tr("Second opinion"))
        self._caption.setText(tr("probability of malignancy"))
        self._preview_title.setText(tr("What the network sees"))
        self._change_share.setText(tr("Change…"))
        self._change_share.setToolTip(tr("Change the assumed share of malignant masses"))
        self._change_share.setAccessibleName(tr("Change the assumed share of malignant masses"))
        for part in (self.gauge, self._doubts, self.preview, self.evidence_bar):
            part.retranslate()
        self._preview_caption.setText(self.preview.caption())
        self._tell_source()
        if self._opinion is not None:
            self.show_opinion(self._opinion)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def range_in_words(opinion: Opinion) -> str:
    """ "68–75 % if nudged ±10 %"; while the nudges are not in, that they are not."""
    if opinion.low is None or opinion.high is None:
        return tr("… if nudged ±10 %")
    return tr("{range} if nudged ±10 %", range=percent_range(opinion.low, opinion.high))


def share_in_words(card: Card, prior: float | None) -> str:
    """What share of malignant masses the probability assumes; the department's own beside the model's."""
    models = percent(card.calibration.prior)
    if prior is None:
        return tr("Assumes that {share} of the masses are malignant, as where it was calibrated.", share=models)
    return tr(
        "Assumes that {share} of the masses are malignant, as your department says (calibrated at {models}).",
        share=percent(prior),
        models=models,
    )


def measured_in_words(card: Card) -> str:
    """Where the model was measured: on collections kept apart from training if the card has any."""
    apart: list[Figures] = [figures for figures in card.figures if figures.locked] or list(card.figures)
    if not apart:
        return tr("Not measured.")
    lines = [
        tr(
            "{where}: AUC {auc} ({low}–{high})",
            where=figures.measured_on,
            auc=f"{figures.auc.value:.2f}",
            low=f"{figures.auc.low:.2f}",
            high=f"{figures.auc.high:.2f}",
        )
        for figures in apart
    ]
    return tr("Measured on {list}", list="; ".join(lines))


class Doubts(QWidget):
    """Why the score may not hold: a warning sign by shape and a sentence each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._codes: tuple[str, ...] = ()
        self._modality = ""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 4, 0, 0)
        self._column.setSpacing(6)
        self.hide()

    def show_codes(self, codes: Sequence[str], modality: str) -> None:
        if (tuple(codes), modality) != (self._codes, self._modality):
            self._codes, self._modality = tuple(codes), modality
            self.retranslate()

    def sentences(self) -> list[str]:
        """The doubts in words."""
        return [tr(DOUBTS[code], modality=self._modality) for code in self._codes]

    def retranslate(self) -> None:
        """Make the rows anew, in the language that is spoken now."""
        while (item := self._column.takeAt(0)) is not None:
            if (row := item.widget()) is not None:
                row.hide()
                row.deleteLater()
        said = self.sentences()
        for sentence in said:
            self._column.addWidget(_doubt(sentence))
        self.setAccessibleName(tr("Doubts"))
        self.setAccessibleDescription(" ".join(said))
        self.setVisible(bool(said))


def _doubt(sentence: str) -> QWidget:
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(8)
    line.addWidget(WarningSign(), 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(_label("attention", sentence), 1)
    return row


class WarningSign(QWidget):
    """A triangle with an exclamation mark, drawn: a font's own sign may come as a coloured emoji."""

    def sizeHint(self) -> QSize:
        return QSize(16, 16)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(theme.current().attention), 1.5)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolygon(QPolygonF([QPointF(8, 2), QPointF(15, 14), QPointF(1, 14)]))
        painter.drawLine(QPointF(8, 6.5), QPointF(8, 9.5))
        painter.drawPoint(QPointF(8, 12))
        painter.end()


def _label(role: str, text: str = "") -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)  # a card's words are data, never markup
    if role:
        label.setProperty("role", role)
    return label


class Line(QWidget):
    """A quiet separator."""

    def sizeHint(self) -> QSize:
        return QSize(16, 1)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.current().line))
        painter.end()


def _figures_font(base: QFont) -> QFont:
    font = QFont(base)
    font.setPixelSize(NUMBER_PX)
    font.setFeature(QFont.Tag("tnum"), 1)  # figures of one width: the number does not tremble while it changes
    return font
