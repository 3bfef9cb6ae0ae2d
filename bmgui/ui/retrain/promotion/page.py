"""The page of promotion: a candidate against the model in use."""

from bmgui.ui.marks import mark
from bmgui.ui.retrain.page import RetrainPage
from bmgui.ui.retrain.workshop import Workshop


class PromotionPage(RetrainPage):
    """The page of promotion: a candidate against the model in use."""

    name = "promotion"
    words = mark("Promote")
    tip = mark("Compare a candidate with the model in use, and decide.")
    icon = "promote"

    def __init__(self, workshop: Workshop) -> None:
        super().__init__(workshop)
        self.column.addStretch(1)
        self.retranslate()
