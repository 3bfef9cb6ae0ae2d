"""The page of results: the paper's table for these data."""

from bmgui.ui.marks import mark
from bmgui.ui.retrain.page import RetrainPage
from bmgui.ui.retrain.workshop import Workshop


class ResultsPage(RetrainPage):
    """The page of results: the paper's table for these data."""

    name = "results"
    words = mark("Results")
    tip = mark("What the trained networks can do on these scans, with intervals.")
    icon = "results"

    def __init__(self, workshop: Workshop) -> None:
        super().__init__(workshop)
        self.column.addStretch(1)
        self.retranslate()
