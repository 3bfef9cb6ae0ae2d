"""Putting a plan together: what a preset brings, what stays when another one is begun, which model is meant."""

from pathlib import Path

import pytest

from bmgui.base.errors import KnownError
from bmgui.learning.collections.collection import Part
from bmgui.learning.plans.plan import Start, jobs
from bmgui.learning.preparing.checks import Amount, Known
from bmgui.learning.preparing.plan_draft import RUN, PlanDraft
from bmgui.learning.preparing.planning import active_of, chains_offered
from bmgui.learning.preparing.starting import start_run
from bmgui.scoring import installing
from bmgui.scoring.library import Library, installed
from bmgui.scoring.pointer import pointer_file
from tests.learning.training.training_stand import make_collection

PARTS: dict[Part, Amount] = {"train": Amount(1, 1, 1, 1), "validation": Amount(1, 1, 1, 1)}


def _known(name: str, kind: str = "csv", parts: dict[Part, Amount] = PARTS) -> Known:
    return Known(Path("/scans") / name, name, kind, 4, parts)


@pytest.fixture
def draft() -> PlanDraft:
    return PlanDraft(installed)


def test_the_likely_collections_are_chosen_once(draft: PlanDraft) -> None:
    found = [_known("ours"), _known("cbis", "cbis-ddsm"), _known("apart", parts={})]
    plan = draft.begin("recommended", found)
    assert plan.collections == {"us": ("/scans/ours",), "cbis": ("/scans/cbis",)}
    draft.choose_collections("us", ("/scans/other",))
    draft.change(external=("/scans/apart",), device="cpu")
    plan = draft.begin("paper-2022", found)
    assert plan.collections["us"] == ("/scans/other",)
    assert (plan.external, plan.device) == (("/scans/apart",), "cpu")
    two = PlanDraft(installed).begin("active", [_known("ours"), _known("theirs")])
    assert two.collections == {"us": ()}  # nobody can tell which is meant


def test_choices_reach_the_plan(draft: PlanDraft) -> None:
    plan = draft.begin("recommended")
    draft.choose_networks(["vgg16"])
    draft.choose_chains([chain for chain in chains_offered(plan) if chain.name == "imagenet→us"])
    draft.change_stage("us", "epochs", 3)
    draft.change_augmentation("us", "flip", False)
    draft.change_start("imagenet", "vgg16", Start(file="/w.pth"))
    assert draft.plan is not None
    (job,) = jobs(draft.plan)
    stage = job.stages[0].stage
    assert (job.network, job.start, stage.epochs, stage.augmentation.flip) == ("vgg16", Start(file="/w.pth"), 3, False)
    draft.change_start("imagenet", "vgg16", None)
    assert jobs(draft.plan)[0].start == Start(torchvision="IMAGENET1K_V1")


def test_before_a_plan_was_begun_choices_are_nothing(draft: PlanDraft) -> None:
    draft.choose_networks(["vgg16"])
    draft.change(seeds=(1,))
    draft.change_stage("us", "epochs", 3)
    draft.follow_model()
    assert draft.plan is None


def test_a_runs_plan_stays_with_its_model(draft: PlanDraft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bmgui.learning.runs.queue.add", lambda _folder: None)
    make_collection(tmp_path / "us")
    plan = draft.begin("active")
    draft.choose_collections("us", (str(tmp_path / "us"),))
    before, library = active_of(plan), installed()
    assert draft.plan is not None
    run = start_run(draft.plan)
    other = next(card for card in library.cards() if card.architecture != plan.networks[0])
    installing.use(other.id, "to see it")
    draft.follow_model()
    assert draft.plan.networks == (other.architecture,)
    assert Path(active_of(draft.plan)).name == other.id
    again = draft.begin_from(run)
    assert (draft.begun, draft.usual_name, active_of(again)) == (RUN, run.name, before)
    draft.follow_model()
    assert active_of(draft.plan) == before
    assert len(jobs(again)) == 1


def test_no_training_starts_from_a_model_that_nobody_chose(draft: PlanDraft) -> None:
    """The model that was chosen is gone."""
    pointer_file().parent.mkdir(parents=True, exist_ok=True)
    pointer_file().write_text('{"schema": 1, "default": "gone"}', "utf-8")
    library = installed()
    with pytest.raises(KnownError):
        library.chosen_id()
    assert draft.active == (None, None)
    with pytest.raises(KnownError):
        draft.begin("active")
    assert draft.plan is None
    plan = draft.begin("recommended")
    assert plan.networks == ("resnet50",)


def test_the_library_is_asked_each_time() -> None:
    asked: list[Library] = []

    def library() -> Library:
        asked.append(installed())
        return asked[-1]

    draft = PlanDraft(library)
    draft.begin("active")
    draft.choose_networks(["vgg16"])
    assert len(asked) > 1
