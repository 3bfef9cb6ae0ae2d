"""The page of runs: what a training is doing, live."""

from bmgui.ui.marks import mark
from bmgui.ui.retrain.page import RetrainPage
from bmgui.ui.retrain.workshop import Workshop


class RunsPage(RetrainPage):
    """The page of runs: what a training is doing, live."""

    name = "runs"
    words = mark("Runs")
    tip = mark("Trainings at work, waiting and done; they go on when the window is closed.")
    icon = "runs"

    def __init__(self, workshop: Workshop) -> None:
        super().__init__(workshop)
        self.column.addStretch(1)
        self.retranslate()
