"""The page of models: the library, cards, history."""

from bmgui.ui.marks import mark
from bmgui.ui.retrain.page import RetrainPage
from bmgui.ui.retrain.workshop import Workshop


class ModelsPage(RetrainPage):
    """The page of models: the library, cards, history."""

    name = "models"
    words = mark("Models")
    tip = mark("Every installed model, its card, its history; export, import, go back.")
    icon = "models"

    def __init__(self, workshop: Workshop) -> None:
        super().__init__(workshop)
        self.column.addStretch(1)
        self.retranslate()
