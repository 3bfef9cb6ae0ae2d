"""The page of collections: import, audit, browse."""

from bmgui.ui.marks import mark
from bmgui.ui.retrain.page import RetrainPage
from bmgui.ui.retrain.workshop import Workshop


class CollectionsPage(RetrainPage):
    """The page of collections: import, audit, browse."""

    name = "collections"
    words = mark("Collections")
    tip = mark("Bring in pathology-proven scans, check them, and say which are learnt from.")
    icon = "collections"

    def __init__(self, workshop: Workshop) -> None:
        super().__init__(workshop)
        self.column.addStretch(1)
        self.retranslate()
