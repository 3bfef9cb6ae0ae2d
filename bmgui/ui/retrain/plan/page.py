"""The page where a training is planned."""

from bmgui.ui.marks import mark
from bmgui.ui.retrain.page import RetrainPage
from bmgui.ui.retrain.workshop import Workshop


class PlanPage(RetrainPage):
    """The page where a training is planned."""

    name = "plan"
    words = mark("Plan")
    tip = mark("Choose how to train, and see what it will cost in time and disk.")
    icon = "plan"

    def __init__(self, workshop: Workshop) -> None:
        super().__init__(workshop)
        self.column.addStretch(1)
        self.retranslate()
