"""The plan page, driven as a user: what is chosen becomes the run's plan, and what stands against it is said."""

import dataclasses
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QSpinBox,
    QTabWidget,
    QWidget,
)

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.learning import shelf
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.collections.splits import Split, cut, store_split
from bmgui.learning.plans.plan import Augmentation, Plan, Stage, jobs
from bmgui.learning.plans.reading import read_plan
from bmgui.learning.plans.rules import OneOf, rules_of
from bmgui.learning.preparing import costs, needs, start_weights
from bmgui.learning.preparing.costs import Time
from bmgui.learning.preparing.planning import preset
from bmgui.learning.preparing.start_weights import Offered
from bmgui.learning.runs import queue
from bmgui.learning.runs.run import open_run
from bmgui.scoring import installing
from bmgui.scoring.library import installed
from bmgui.ui import file_dialogs
from bmgui.ui.retrain.plan import field_words
from bmgui.ui.retrain.plan.page import PlanPage
from bmgui.ui.retrain.window import RetrainWindow
from tests.learning.collection_stand import collection, draft
from tests.local_server import serving
from tests.ui.retrain import collections_window
from tests.ui.retrain.collections_window import find, write
from tests.ui.window_stand import open_window, texts, wait


@pytest.fixture(autouse=True)
def no_foreman(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs wait; nobody trains."""
    monkeypatch.setattr(queue, "wake", lambda: False)


@contextmanager
def plan_page() -> Iterator[tuple[PlanPage, RetrainWindow]]:
    """Shown, active, and the collections read."""
    with open_window() as (window, _):
        retraining = window.show_retraining()
        wait(retraining.isActiveWindow)
        retraining.go("plan")
        page = retraining.pages["plan"]
        assert isinstance(page, PlanPage)
        wait(lambda: page.ready)
        yield page, retraining


def scans(name: str = "ours", *, split: bool = True, kind: str = "csv", sections: int = 24) -> Path:
    """A collection on the shelf: every third section malignant, two of a patient."""
    folder = shelf.free_folder("collections", name)
    drafts = [
        draft(i + 1000 * len(name), "malignant" if i // 2 % 3 == 0 else "benign", patient=f"p{i // 2}")
        for i in range(sections)
    ]
    made = collection(folder, drafts)
    if kind != "csv":
        header = json.loads((folder / "collection.json").read_text("utf-8"))
        (folder / "collection.json").write_text(json.dumps({**header, "kind": kind}), "utf-8")
    if split:
        store_split(made, cut(made, 1, 0.2, 0.2))
    return folder


def click(page: QWidget, name: str) -> None:
    """What is new on the page is seen first."""
    QApplication.processEvents()
    collections_window.click(page, name)


def says(page: QWidget) -> str:
    QApplication.processEvents()
    return texts(page)


def tick(page: QWidget, name: str) -> None:
    QTest.mouseClick(
        find(page, QCheckBox, name), Qt.MouseButton.LeftButton, pos=find(page, QCheckBox, name).rect().center()
    )


def remarks(page: PlanPage) -> set[str]:
    """Codes of what is said on the right."""
    found = page.summary.findChildren(QLabel)
    prefix = "plan-remark-"
    return {
        one.objectName().removeprefix(prefix)
        for one in found
        if one.objectName().startswith(prefix) and not one.isHidden()
    }


def plan_of(page: PlanPage) -> Plan:
    assert page.plan is not None
    return page.plan


def in_use() -> str:
    return installed().default_id


# --- choosing ---


def test_without_collections_it_says_what_to_do() -> None:
    with plan_page() as (page, retraining):
        assert remarks(page) >= {"role-empty"}
        assert not page.summary.start.isEnabled()
        click(page, "plan-import")
        assert retraining.page.name == "collections"


def test_the_one_collection_that_can_be_meant_is_chosen() -> None:
    ours, mammograms, apart = scans(), scans("mammograms", kind="cbis-ddsm"), scans("apart", split=False)
    with plan_page() as (page, _):
        assert find(page, QAbstractButton, "plan-preset-recommended").isChecked()
        assert plan_of(page).collections == {"us": (str(ours),), "cbis": (str(mammograms),)}
        tick(page, f"plan-use-external-{apart.name}")
        assert plan_of(page).external == (str(apart),)
        tick(page, f"plan-use-us-{apart.name}")
        assert "trained-and-external" in remarks(page)
        assert "not-split" in remarks(page)


def test_where_there_are_no_mammograms_the_model_in_use_goes_on() -> None:
    scans()
    with plan_page() as (page, _):
        assert find(page, QAbstractButton, "plan-preset-active").isChecked()
        (job,) = jobs(plan_of(page))
        assert job.network == installed().card(in_use()).architecture
        assert in_use() in says(page)
        assert page.summary.start.isEnabled()
        assert "few-patients" in remarks(page)


def test_a_preset_changes_everything_but_the_collections() -> None:
    ours = scans()
    with plan_page() as (page, _):
        click_radio(page, "plan-preset-paper-2022")
        assert plan_of(page).stages["us"].optimiser == "sgd"
        assert plan_of(page).collections["us"] == (str(ours),)
        assert len(jobs(plan_of(page))) == 12
        assert "12 trainings" in says(page)
        for network in ("vgg16", "inception_v3"):
            tick(page, f"plan-network-{network}")
        for chain in ("scratch-us", "imagenet-cbis-us", "imagenet-cbis"):
            tick(page, f"plan-chain-{chain}")
        assert [job.name for job in jobs(plan_of(page))] == ["resnet50-imagenet-us-s0"]
        write(find(page, QLineEdit, "plan-seeds"), "0, 7")
        assert len(jobs(plan_of(page))) == 2
        write(find(page, QLineEdit, "plan-seeds"), "many")
        assert "no-seed" in remarks(page)
        assert find(page, QLineEdit, "plan-seeds").text() == "many"


def click_radio(page: QWidget, name: str) -> None:
    find(page, QAbstractButton, name).click()


def test_a_collection_that_is_not_split_leads_to_its_split() -> None:
    apart = scans("apart", split=False)
    with plan_page() as (page, retraining):
        tick(page, "plan-use-us-apart")
        assert "not-split" in remarks(page)
        assert not page.summary.start.isEnabled()
        wanted: list[object] = []
        retraining.workshop.page_wanted.connect(lambda name, where: wanted.append((name, where)))
        click(page, "plan-split-apart")
        assert wanted == [("collections", apart)]


def test_what_changes_on_the_shelf_is_seen() -> None:
    with plan_page() as (page, retraining):
        scans()
        retraining.workshop.shelf_changed.emit("collections")
        wait(lambda: page.findChild(QCheckBox, "plan-use-us-ours"))
        tick(page, "plan-use-us-ours")
        assert "role-empty" not in remarks(page)


# --- advanced ---


def test_every_key_of_a_plan_has_its_words() -> None:
    for kind, words in ((Plan, field_words.PLAN), (Stage, field_words.STAGE), (Augmentation, field_words.AUGMENTATION)):
        rules = rules_of(kind)
        assert set(rules) - field_words.NOT_SHOWN == set(words)
        optional = {field.name for field in dataclasses.fields(kind) if field.default is None}
        for name, word in words.items():
            assert bool(word.none) == (name in optional - {"epochs", "steps"}), name
            rule = rules[name]
            if isinstance(rule, OneOf):
                assert set(field_words.CHOICES[name]) == set(rule.words)


def test_fields_change_the_plan_and_their_ranges_hold() -> None:
    scans()
    with plan_page() as (page, _):
        assert not page.advanced.isVisible()
        click(page, "plan-advanced")
        assert page.advanced.isVisible()
        find(page, QSpinBox, "plan-batch").setValue(2)
        assert plan_of(page).batch == 2
        assert "unusual" in remarks(page)
        assert "unusual: mostly 8 to 64" in says(page)
        threads = find(page, QSpinBox, "plan-threads")
        threads.setValue(3)
        assert plan_of(page).threads == 3
        threads.setValue(threads.minimum())
        assert plan_of(page).threads is None
        find(page, QTabWidget, "plan-tabs").setCurrentIndex(1)
        rate = find(page, QLineEdit, "plan-stage-us-rate")
        write(rate, "0.0002")
        assert plan_of(page).stages["us"].rate == 0.0002
        write(rate, "7")
        assert plan_of(page).stages["us"].rate != 7
        assert "field-wrong" in remarks(page)
        assert not page.summary.start.isEnabled()
        write(rate, "3e-4")
        assert "field-wrong" not in remarks(page)
        write(find(page, QLineEdit, "plan-stage-us-augmentation-square_factor"), "1.5 2.5")
        tick(page, "plan-stage-us-augmentation-flip")
        assert plan_of(page).stages["us"].augmentation.square_factor == (1.5, 2.5)
        assert plan_of(page).stages["us"].augmentation.flip is False
        choose(find(page, QComboBox, "plan-stage-us-keep"), "last")
        assert plan_of(page).stages["us"].keep == "last"


def choose(box: QComboBox, value: object) -> None:
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_every_field_shows_what_the_plan_holds() -> None:
    """And showing a plan changes nothing of it."""
    scans()
    with plan_page() as (page, _):
        for name in ("paper-2022", "recommended"):
            click_radio(page, f"plan-preset-{name}")
            click(page, "plan-advanced")
            read = preset(name)
            for stage in read.stages.values():
                assert plan_of(page).stages[stage.name] == stage
                for key in (*rules_of(Stage), *(f"augmentation-{key}" for key in rules_of(Augmentation))):
                    told = stage.augmentation if key.startswith("augmentation-") else stage
                    field = page.findChild(QWidget, f"plan-stage-{stage.name}-{key}")
                    if field is not None:
                        assert shown(field) == getattr(told, key.removeprefix("augmentation-")), key


def shown(field: QWidget) -> object:
    match field:
        case QCheckBox():
            return field.isChecked()
        case QComboBox():
            return field.currentData()
        case QSpinBox():
            return None if field.specialValueText() and field.value() == field.minimum() else field.value()
        case QLineEdit():
            numbers = [float(part) for part in field.text().replace("–", " ").split()]
            return tuple(numbers) if len(numbers) > 1 else numbers[0]
    raise AssertionError(field)


# --- costs ---


def test_time_is_told_after_timing_and_follows_the_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    scans()
    with plan_page() as (page, _):
        asked = threading.Event()

        def time_of(plan: Plan, stop: threading.Event) -> Time:
            asked.set()
            (job,) = jobs(plan)
            timing = {
                "validation": {job.network: 0.5},
                "sections": {"us": {"train": 160, "validation": 20}},
                f"{job.network}/classify": {"seconds_a_step": 3.0},
            }
            return Time(1.0, {}, json.dumps(timing).encode())

        monkeypatch.setattr(costs, "time_of", time_of)
        assert "not known yet" in page.summary.time_words.text()
        click(page, "plan-time")
        wait(asked.is_set)
        wait(lambda: "at most" in page.summary.time_words.text())
        # 20 epochs of 160 × 2 crops in batches of 16, 3 s each, and 20 × 0.5 s of validation
        assert page.summary.time_words.text() == "Time: at most 23 min"
        find(page, QSpinBox, "plan-stage-us-epochs").setValue(200)
        assert page.summary.time_words.text() == "Time: at most 3 h 53 min"
        write(find(page, QLineEdit, "plan-seeds"), "0 1")
        assert page.summary.time_words.text() == "Time: at most 7 h 47 min"
        click(page, "plan-advanced")
        find(page, QSpinBox, "plan-side").setValue(96)
        assert "not known yet" in page.summary.time_words.text()


def test_timing_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    scans()

    def time_of(plan: Plan, stop: threading.Event) -> Time:
        assert stop.wait(30)
        raise KnownError("errand-cancelled")

    monkeypatch.setattr(costs, "time_of", time_of)
    with plan_page() as (page, retraining):
        click(page, "plan-time")
        wait(lambda: page.summary.time_cancel.isVisible())
        click(page, "plan-time-cancel")
        wait(lambda: page.summary.time_button.isVisible())
        assert retraining.trouble == ""


def test_cancelling_answers_though_the_lane_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    scans()
    timed: list[Plan] = []
    monkeypatch.setattr(costs, "time_of", lambda plan, _stop: timed.append(plan))
    with plan_page() as (page, retraining):
        release = threading.Event()
        retraining.workshop.long_work(lambda _stop: release.wait(30), lambda _done: None)
        click(page, "plan-time")
        click(page, "plan-time-cancel")
        assert page.summary.time_button.isVisible()
        assert not page.errands.timing.at_work
        release.set()
        over = threading.Event()
        retraining.workshop.long_work(lambda _stop: over.set(), lambda _done: None)
        wait(over.is_set)
        assert "not known yet" in page.summary.time_words.text()


def test_a_window_that_is_closed_takes_the_timing_along() -> None:
    """The trainer's process is ended; nothing is left behind."""
    scans()
    begun = threading.Event()
    start_trainer = costs.start_trainer

    def start(*arguments: Any) -> Any:
        process = start_trainer(*arguments)
        begun.set()
        return process

    with pytest.MonkeyPatch.context() as patch, plan_page() as (page, _):
        patch.setattr(costs, "start_trainer", start)
        click(page, "plan-time")
        wait(begun.is_set)


# --- weights ---


CONTENT = b"w" * 3_000_000


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Offered]:
    """In place of torchvision's: ResNet-50's weights, of the right hash."""
    with serving(CONTENT) as address:
        name = f"resnet50-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"
        monkeypatch.setattr(start_weights, "_SERVER", f"{address}/")
        monkeypatch.setitem(start_weights._FILES, ("resnet50", "IMAGENET1K_V2"), Offered(name, 3))
        yield Offered(name, 3)


def from_imagenet(page: PlanPage) -> None:
    """One training: ResNet-50 from ImageNet."""
    click_radio(page, "plan-preset-recommended")
    tick(page, "plan-chain-imagenet-us")
    tick(page, "plan-chain-imagenet-cbis-us")


def test_weights_are_fetched_when_it_is_clicked(server: Offered) -> None:
    scans()
    with plan_page() as (page, _):
        from_imagenet(page)
        assert "weights-not-here" in remarks(page)
        assert "not on this machine" in says(page)
        assert not server.path.exists()
        click(page, "plan-fetch-imagenet-resnet50")
        wait(server.path.exists)
        wait(lambda: "weights-not-here" not in remarks(page))
        assert page.summary.start.isEnabled()
        assert not find(page, QAbstractButton, "plan-fetch-imagenet-resnet50").isVisible()


def test_a_file_serves_instead_and_the_usual_ones_come_back(
    server: Offered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is looked at first, by torch in a process of its own."""
    scans()
    own = places.shipped_models() / "resnet50-first" / "weights.safetensors"
    other = places.shipped_models() / "vgg16-first" / "weights.safetensors"
    answers: list[Path | None] = [None, other, own]
    monkeypatch.setattr(file_dialogs, "ask_weights", lambda *_: answers.pop(0))
    with plan_page() as (page, retraining):
        from_imagenet(page)
        click(page, "plan-file-imagenet-resnet50")
        assert "weights-not-here" in remarks(page)
        click(page, "plan-file-imagenet-resnet50")
        wait(lambda: retraining.trouble)
        assert "do not fit" in retraining.trouble
        assert plan_of(page).starts["imagenet"]["resnet50"].torchvision == "IMAGENET1K_V2"
        click(page, "plan-file-imagenet-resnet50")
        assert "looking at the file" in says(page)
        wait(lambda: plan_of(page).starts["imagenet"]["resnet50"].file == str(own))
        assert plan_of(page).starts["imagenet"]["resnet50"].sha256 == hashlib.sha256(own.read_bytes()).hexdigest()
        assert "from the file weights.safetensors, taken for ImageNet weights" in says(page)
        assert page.summary.start.isEnabled()
        click(page, "plan-fetch-imagenet-resnet50")
        assert plan_of(page).starts["imagenet"]["resnet50"].torchvision == "IMAGENET1K_V2"


def test_a_server_that_cannot_be_reached_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    scans()
    monkeypatch.setattr(start_weights, "_SERVER", "http://127.0.0.1:9/")
    with plan_page() as (page, retraining):
        from_imagenet(page)
        click(page, "plan-fetch-imagenet-resnet50")
        wait(lambda: retraining.trouble)
        assert "could not be fetched" in retraining.trouble
        assert find(page, QAbstractButton, "plan-fetch-imagenet-resnet50").isEnabled()


# --- packages ---


def test_packages_are_installed_when_it_is_clicked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real pip, with a lock of what is here already."""
    scans()
    lock = tmp_path / "lock.txt"
    lock.write_text("numpy\n", "utf-8")
    here: Callable[[], tuple[str, ...]] = needs.missing
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr(needs, "locks", lambda: (lock,))
    monkeypatch.setattr(needs, "how", lambda: "pip")
    monkeypatch.setattr(needs, "missing", lambda: ("torch",))
    with plan_page() as (page, retraining):
        assert "packages-missing" in remarks(page)
        assert not page.summary.start.isEnabled()
        assert "GB are fetched" in says(page)
        click(page, "plan-install")
        wait(lambda: page.findChild(QAbstractButton, "plan-install-cancel"))
        monkeypatch.setattr(needs, "missing", here)
        wait(lambda: "packages-missing" not in remarks(page))
        assert page.summary.start.isEnabled()
        assert retraining.trouble == ""


@pytest.mark.parametrize(("how", "said"), [("command", "-m pip install"), ("bundle", "cannot take packages in")])
def test_where_pip_cannot_the_way_is_told(how: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scans()
    monkeypatch.setattr(needs, "how", lambda: how)
    monkeypatch.setattr(needs, "missing", lambda: ("torch",))
    with plan_page() as (page, _):
        assert said in says(page)
        assert page.findChild(QAbstractButton, "plan-install") is None


# --- starting ---


def test_start_makes_the_run_that_was_chosen_and_queues_it() -> None:
    ours = scans()
    with plan_page() as (page, retraining):
        write(find(page, QLineEdit, "plan-name"), "spring 2026")
        find(page, QSpinBox, "plan-stage-us-epochs").setValue(3)
        choose(find(page, QComboBox, "plan-device"), "cpu")
        click(page, "plan-advanced")
        find(page, QSpinBox, "plan-side").setValue(96)
        click(page, "plan-start")
        wait(lambda: retraining.page.name == "runs")
        (folder,) = queue.waiting()
        assert folder == shelf.folder_of("runs") / "spring-2026"
        plan = open_run(folder).plan
        assert (plan.name, plan.side, plan.device, plan.stages["us"].epochs) == ("spring 2026", 96, "cpu", 3)
        assert plan.collections == {"us": (str(ours),)}
        assert list(plan.starts) == ["active"]
        assert shelf.known("runs") == (folder,)
        retraining.go("plan")
        assert "One run comes before it." in says(page)
        click(page, "plan-start")
        wait(lambda: len(queue.waiting()) == 2)


def test_a_start_that_is_refused_is_said_and_can_be_tried_again() -> None:
    ours = scans()
    with plan_page() as (page, retraining):
        (ours / "crops.u8").write_bytes(bytes((ours / "crops.u8").stat().st_size))
        click(page, "plan-start")
        wait(lambda: retraining.trouble)
        assert "are not what was imported" in retraining.trouble
        assert retraining.page.name == "plan"
        assert page.summary.start.isEnabled()
        assert queue.waiting() == ()


def test_a_picture_that_tests_in_another_collection_stops_the_start() -> None:
    ours = scans("ours")
    other = shelf.free_folder("collections", "other")
    sections = open_collection(ours).part("train")
    taken = [int(section.id.removeprefix("s")) for section in sections][:2]
    made = collection(other, [draft(i, "malignant" if i // 2 % 3 == 0 else "benign", patient="x") for i in taken])
    store_split(made, Split({section.id: "test" for section in made.sections}, "by hand"))
    with plan_page() as (page, _):
        tick(page, "plan-use-us-ours")
        wait(lambda: find(page, QAbstractButton, "plan-start").isEnabled())
        tick(page, "plan-use-us-other")
        wait(lambda: "split-leaks" in remarks(page))
        assert not find(page, QAbstractButton, "plan-start").isEnabled()
        tick(page, "plan-use-us-other")
        wait(lambda: find(page, QAbstractButton, "plan-start").isEnabled())


def test_ctrl_return_starts() -> None:
    scans()
    with plan_page() as (_, retraining):
        QTest.keyClick(retraining, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        wait(lambda: retraining.page.name == "runs")


def test_an_earlier_runs_plan_is_the_start_of_another() -> None:
    scans()
    with plan_page() as (page, retraining):
        find(page, QSpinBox, "plan-stage-us-epochs").setValue(7)
        click(page, "plan-start")
        wait(lambda: retraining.page.name == "runs")
        (folder,) = queue.waiting()
        click_radio(page, "plan-preset-paper-2022")
        retraining.go("plan", folder)
        wait(lambda: page.ready)
        assert find(page, QAbstractButton, "plan-preset-run").isChecked()
        assert folder.name in find(page, QAbstractButton, "plan-preset-run").text()
        assert replace(plan_of(page), sha256="") == replace(read_plan(folder / "plan.toml"), sha256="")
        assert find(page, QSpinBox, "plan-stage-us-epochs").value() == 7


def test_another_model_in_use_is_gone_on_from() -> None:
    """The plan of a run stays with the model that it meant."""
    scans()
    before = in_use()
    other = next(card for card in installed().cards() if card.architecture != installed().card(before).architecture)
    with plan_page() as (page, retraining):
        find(page, QSpinBox, "plan-stage-us-epochs").setValue(2)
        click(page, "plan-start")
        wait(lambda: retraining.page.name == "runs")
        (run,) = queue.waiting()
        installing.use(other.id, "to see it")
        retraining.workshop.window.follow_model()
        retraining.workshop.shelf_changed.emit("models")
        retraining.go("plan")
        wait(lambda: page.ready)
        assert [(job.network, Path(job.start.model).name) for job in jobs(plan_of(page)) if job.start] == [
            (other.architecture, other.id)
        ]
        retraining.go("plan", run)
        wait(lambda: page.ready)
        (job,) = jobs(plan_of(page))
        assert job.start is not None
        assert Path(job.start.model).name == before
        assert before in says(page)
        assert page.summary.start.isEnabled()


# --- for everybody ---


def test_tab_goes_as_the_eye_does() -> None:
    """Also through what a choice made anew."""
    scans()
    with plan_page() as (page, _):
        click_radio(page, "plan-preset-recommended")
        click(page, "plan-advanced")
        tick(page, "plan-chain-imagenet-us")
        first = find(page, QAbstractButton, "plan-preset-recommended")
        found, widget = [first.objectName()], first.nextInFocusChain()
        while widget is not first:
            found.append(widget.objectName())
            widget = widget.nextInFocusChain()
        wanted = [
            "plan-use-cbis-ours",
            "plan-import",
            "plan-network-vgg16",
            "plan-chain-imagenet-us",
            "plan-fetch-imagenet-resnet50",
            "plan-stage-cbis-epochs",
            "plan-stage-us-epochs",
            "plan-name",
            "plan-advanced",
            "plan-side",
            "plan-stage-us-rate",
            "plan-time",
            "plan-start",
        ]
        assert [name for name in found if name in wanted] == wanted


def test_everything_has_a_name_and_speaks_chinese_at_once() -> None:
    scans()
    with plan_page() as (page, retraining):
        click_radio(page, "plan-preset-recommended")
        click(page, "plan-advanced")
        for kind in (QAbstractButton, QLineEdit, QSpinBox, QComboBox):
            for widget in page.findChildren(kind):
                if widget.objectName().startswith("plan-") and not widget.isHidden():
                    assert widget.accessibleName(), widget.objectName()
        english = set(says(page).splitlines())
        retraining.workshop.window.change_settings(language="zh_CN")
        QApplication.processEvents()
        same = english & set(says(page).splitlines())
        names = {
            "ResNet-50",
            "VGG-16",
            "Inception-v3",
            "ImageNet · ResNet-50",
            "ours",
            "",
            *(chain.name for chain in page.chains.offered),
        }
        assert same - names == set()
