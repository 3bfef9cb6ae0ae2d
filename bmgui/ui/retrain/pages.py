"""The pages of the retraining window, in the order of the work."""

from bmgui.ui.retrain.collections.page import CollectionsPage
from bmgui.ui.retrain.models.page import ModelsPage
from bmgui.ui.retrain.page import RetrainPage
from bmgui.ui.retrain.plan.page import PlanPage
from bmgui.ui.retrain.promotion.page import PromotionPage
from bmgui.ui.retrain.results.page import ResultsPage
from bmgui.ui.retrain.runs.page import RunsPage

PAGES: tuple[type[RetrainPage], ...] = (
    CollectionsPage,
    PlanPage,
    RunsPage,
    ResultsPage,
    PromotionPage,
    ModelsPage,
)
