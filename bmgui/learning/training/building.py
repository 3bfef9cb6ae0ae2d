"""From a plan's stage to the things that `fit` works with: sections, networks, teacher, feed, validation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import nn

from bmgui.base.errors import KnownError
from bmgui.base.files import not_written
from bmgui.learning.collections.collection import Part
from bmgui.learning.plans.choosing import chosen
from bmgui.learning.plans.plan import Job, JobStage, Stage, Start, Teacher
from bmgui.learning.runs.run import Opened, model_folder
from bmgui.learning.runs.trainers import Trainer
from bmgui.learning.training.feed import Feed
from bmgui.learning.training.learner import Learner
from bmgui.learning.training.loop import BEST_FILE, Course
from bmgui.learning.training.machine import Machine
from bmgui.learning.training.material import Entry, read_material, steps_an_epoch
from bmgui.learning.training.networks import fill
from bmgui.learning.training.obeying import Obedience
from bmgui.learning.training.seeding import seed_torch
from bmgui.learning.training.stages import Task
from bmgui.learning.training.starts import HEAD, Started, normalisation_of, read_tensors, start_network
from bmgui.learning.training.student import Adapter, Student, TeacherNetwork, channels_of
from bmgui.learning.training.validating import Figures, Validation
from bmgui.scoring.card import Architecture, read_card
from bmgui.scoring.engines.vision import Network, blank_network

_FIRST_BATCHES = 8  # by which a teacher's features are standardised


class Builder:
    """What one job needs for its stages. Nothing is kept from one stage to the next but the collections."""

    def __init__(
        self, run: Trainer, machine: Machine, obey: Obedience, job: Job, collections: Opened, is_quiet: bool = False
    ) -> None:
        self._run, self._machine, self._obey, self._job = run, machine, obey, job
        self._is_quiet = is_quiet
        self._collections = collections
        self.side_px = run.plan.side_of(job.network)
        self.normalisation = normalisation_of(job.network, job.start)

    # --- sections ---

    def entries(self, stage: Stage, part: Part) -> list[Entry]:
        """The sections of this part in the stage's collections; of those for training as many as the stage allows."""
        found: list[Entry] = []
        for key in stage.collections:
            for folder in self._run.collections[key]:
                collection = self._collections[folder]
                sections = collection.part(part)
                if part == "train":
                    sections = chosen(sections, stage)
                found += [Entry(key, collection, section) for section in sections]
        return found

    def validation(self, stage: Stage) -> Validation:
        entries = self.entries(stage, "validation")
        return Validation(entries, self._run.plan, self.side_px, self._machine, labels_on(stage))

    # --- networks ---

    def start(self, stage: JobStage) -> Network:
        """The network as this stage finds it: what the stage before came to, or the chain's start."""
        job = self._job
        if stage.number > 1:
            return self.network_after(job.stages[stage.number - 2])
        started = start_network(
            job.network, job.start, job.seed, download=self._run.given.download, told=self._told_download
        )
        self._tell_start(started, stage)
        return started.network

    def network_after(self, stage: JobStage) -> Network:
        """The network that a finished stage came to."""
        network = blank_network(self._job.network)
        path = self._run.folder / stage.folder / BEST_FILE
        tensors, _ = read_tensors(path)
        fill(network, tensors)
        return network

    def _tell_start(self, started: Started, stage: JobStage) -> None:
        names = [name for name in started.missing if not name.startswith(HEAD)]  # a new head is nothing to tell of
        if names and not self._is_quiet:
            self._run.progress.tell(
                "note",
                self._job.name,
                stage.number,
                code="start-partial",
                tensors=len(names),
                first=names[0],
                last=names[-1],
                names=names,
            )

    def _told_download(self, done: int, size: int) -> None:
        self._run.progress.tell("step", self._job.name, 1, download_bytes=done, download_size=size)

    def teacher(self, teacher: Teacher | None) -> TeacherNetwork | None:
        """Raises KnownError as `start_network` does."""
        if teacher is None:
            return None
        start = Start(model=teacher.model)
        if teacher.start:
            start = self._run.plan.starts[teacher.start][_network(teacher)]
        architecture = _architecture(teacher, start)
        started = start_network(architecture, start, "teacher", download=self._run.given.download)
        lacking = [name for name in started.missing if not name.startswith(HEAD)]
        if lacking:
            raise KnownError("teacher-partial", file=started.source, missing=lacking[0])
        side = teacher.side or started.side or self._run.plan.side_of(architecture)
        has_head = not started.missing
        return TeacherNetwork(started.network, started.normalisation, side, teacher.grid, self._machine, has_head)

    # --- all together ---

    def course(self, at: JobStage, most_sections: int | None = None) -> Course:
        """most_sections: only the first so many, where steps are timed."""
        plan, stage, machine = self._run.plan, at.stage, self._machine
        if plan.batch % machine.world:
            raise KnownError("batch-not-divisible", batch=plan.batch, processes=machine.world)
        entries = self.entries(stage, "train")
        if not entries:
            raise KnownError("stage-without-sections", stage=stage.name)
        material = read_material(entries[:most_sections], self.side_px, labels_on(stage))
        names = (self._job.seed, self._job.network, stage.name)  # the same for all chains: they differ in nothing else
        feed = Feed(material, stage, self.side_px, plan.batch, machine, *names)
        few = 1 if most_sections is not None else _FIRST_BATCHES
        student, task = self._student(at, self.start(at), feed, few)
        learner = Learner(student, task, stage, machine, self._at_once(), self._on_halved(at))
        pass_steps = stage.steps_an_epoch or steps_an_epoch(len(entries), stage.repeats, plan.batch)
        steps = stage.steps or (stage.epochs or 1) * pass_steps
        validation = self.validation(stage) if most_sections is None else None
        return Course(
            folder=self._folder(at),
            stage=stage,
            names=names,
            epochs=-(-steps // pass_steps),
            epoch_steps=pass_steps,
            steps=steps,
            learner=learner,
            feed=feed,
            validate=self._validate(validation, student, task),
            machine=machine,
            batch=plan.batch,
            tell=lambda event, **fields: self._run.progress.tell(event, self._job.name, at.number, **fields),
            obey=self._obey,
        )

    def _student(self, at: JobStage, network: Network, feed: Feed, first_batches: int) -> tuple[Student, Task]:
        """The student with its adapter, which has met the teacher in so many batches."""
        machine, stage = self._machine, at.stage
        teacher = self.teacher(stage.teacher)
        adapter = None
        if stage.kind == "teach" and teacher is not None and stage.teacher is not None:
            seed_torch(self._job.seed, "adapter")
            adapter = Adapter(channels_of(network), teacher.channels, stage.teacher.grid)
        if machine.world > 1 and machine.device.type == "cuda":
            nn.SyncBatchNorm.convert_sync_batchnorm(network.module)  # type: ignore[no-untyped-call]  # in place
        student = Student(network, self.normalisation, adapter).to(machine.device)
        task = Task(stage, student, teacher)
        if adapter is not None:
            batches = feed.batches(0)
            task.meet_teacher([next(batches).crops for _ in range(first_batches)])
        return student, task

    def _validate(self, validation: Validation | None, student: Student, task: Task) -> Any:
        def validate() -> Figures:
            if validation is None:
                return Figures(None, None, 0)
            if task.learns_labels:
                return validation.of_margins(student.network, self.normalisation)
            return validation.of_features(student, task)

        return validate

    def _at_once(self) -> int:
        plan = self._run.plan
        share = plan.batch // self._machine.world
        return min(plan.at_once or share, share)

    def _on_halved(self, at: JobStage) -> Any:
        return lambda now: self._run.progress.tell("note", self._job.name, at.number, code="batch-halved", at_once=now)

    def _folder(self, at: JobStage) -> Path:
        folder = self._run.folder / at.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise not_written(folder, error) from error
        return folder


def labels_on(stage: Stage) -> Sequence[str]:
    return stage.teacher.labels_on if stage.teacher is not None else ()


def _network(teacher: Teacher) -> Architecture:
    assert teacher.network  # the plan's reader has seen to it
    return teacher.network


def _architecture(teacher: Teacher, start: Start) -> Architecture:
    return teacher.network or read_card(model_folder(start.model)).architecture
