"""Installing, using, going back, removing: by the real worker, and by processes that are killed on the way."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bmgui.base import files, locks, places
from bmgui.base.errors import KnownError
from bmgui.learning.plans.plan import Given
from bmgui.learning.plans.reading import active_model
from bmgui.scoring import history, installing, pointer, switching
from bmgui.scoring.library import installed
from bmgui.wording import english
from tests.conftest import REPOSITORY
from tests.scoring.model_stand import SHIPPED, candidate, everything

DEFAULT = "vgg16-first"


def code_of(raised: pytest.ExceptionInfo[KnownError]) -> str:
    return raised.value.code


def test_a_model_is_tried_installed_and_used(tmp_path: Path) -> None:
    folder, steps = candidate(tmp_path / "new"), []
    facts = {"auc_difference": [0.01, -0.02, 0.04]}
    assert installing.install(folder, "better", by="Li", facts=facts, on_step=steps.append) == "ours"
    assert steps == ["checking", "copying", "trying", "placing", "switching"]
    library = installed()
    assert (library.default_id, library.is_own("ours"), library.trouble) == ("ours", True, None)
    there = library.folder("ours")
    assert there == places.user_models() / "ours"
    assert {path.name for path in there.iterdir()} == {path.name for path in folder.iterdir()} | {"installed.json"}
    assert not (there / "weights.safetensors").is_symlink()
    first, second = installing.history()
    assert (first.what, first.before, second.what, second.before) == ("install", "", "use", DEFAULT)
    learnt = json.loads((folder / "learnt.json").read_text("utf-8"))
    for entry in (first, second):
        assert (entry.model, entry.by, entry.why, entry.facts) == ("ours", "Li", "better", facts)
        assert entry.weights == files.sha256_of(folder / "weights.safetensors")
        assert entry.card == files.sha256_of(folder / "card.json")
        assert entry.plan == learnt["plan_sha256"]
        assert entry.data["busi"]["version"] == learnt["collections"]["busi"]["version"]
        assert entry.data["busi"]["split"] == learnt["collections"]["busi"]["split"]


def test_it_goes_back_and_further_back_and_then_no_further(tmp_path: Path) -> None:
    installing.use(SHIPPED, "why not")
    installing.install(candidate(tmp_path / "new"), "better")
    installing.use("resnet50-first", "a try")
    gone = [installing.can_roll_back(), installing.rollback("worse here"), installing.rollback("worse still")]
    assert gone == ["ours", "ours", SHIPPED]
    assert installing.rollback("as at first") == DEFAULT == installing.in_use()
    with pytest.raises(KnownError) as caught:
        installing.rollback("and on")
    assert code_of(caught) == "no-model-before"
    assert [(e.what, e.model, e.before) for e in installing.history()][-3:] == [
        ("rollback", "ours", "resnet50-first"),
        ("rollback", SHIPPED, "ours"),
        ("rollback", DEFAULT, SHIPPED),
    ]


def test_what_was_removed_is_passed_over_when_going_back(tmp_path: Path) -> None:
    installing.install(candidate(tmp_path / "new"), "better")
    with pytest.raises(KnownError) as caught:
        installing.remove("ours")
    assert code_of(caught) == "model-in-use"
    installing.use(SHIPPED)
    installing.remove("ours", "no use for it")
    assert [folder.name for folder in places.user_models().iterdir() if folder.is_dir()] == []
    assert installing.rollback("back") == DEFAULT
    assert [entry.what for entry in installing.history()] == ["install", "use", "use", "remove", "rollback"]
    with pytest.raises(KnownError) as caught:
        installing.remove(SHIPPED)
    assert code_of(caught) == "model-shipped"


def test_using_the_model_in_use_is_no_event() -> None:
    installing.use(DEFAULT, "to be sure")
    installing.use(DEFAULT, "again")
    assert [entry.why for entry in installing.history()] == ["to be sure"]
    assert installing.can_roll_back() == ""


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"reference": {"file": "reference.png", "margin": 9.0, "tolerance": 0.002}}, "model-fails-reference"),
        ({"sha256": "0" * 64}, "weights-hash-mismatch"),
        ({"architecture": "vgg16"}, "weights-do-not-fit"),
        ({"side": 128}, "model-file-unreadable"),  # the reference crop is of another
        ({"side": 128, "reference": {"file": "none.png", "margin": 0.0, "tolerance": 0.01}}, "model-file-unreadable"),
        ({"std": "wide"}, "card-unreadable"),
    ],
)
def test_what_its_worker_does_not_score_as_its_card_says_is_not_installed(
    changed: dict[str, object], code: str, tmp_path: Path
) -> None:
    folder = candidate(tmp_path / "new", **changed)
    with pytest.raises(KnownError) as caught:
        installing.install(folder, "better")
    assert code_of(caught) == code
    assert ".part" not in str(caught.value)  # what is named is the reader's own file
    assert everything(places.user_models()) == {}
    assert (installing.in_use(), installing.history()) == (DEFAULT, ())


@pytest.mark.parametrize(("name", "text"), [("learnt.json", '{"collections": {"us": 5}}'), ("plan.toml", "= 1")])
def test_what_lies_beside_a_card_is_read_before_it_is_installed(name: str, text: str, tmp_path: Path) -> None:
    folder = candidate(tmp_path / "new")
    (folder / name).write_text(text, "utf-8")
    with pytest.raises(KnownError) as caught:
        installing.install(folder, "better")
    assert (code_of(caught), caught.value.fields["file"]) == ("model-file-unreadable", str(folder / name))
    assert everything(places.user_models()) == {}


def test_an_id_means_one_set_of_weights_for_good(tmp_path: Path) -> None:
    installing.install(candidate(tmp_path / "one"), "better", switch=False)
    other = candidate(tmp_path / "two", title="Another card")
    with pytest.raises(KnownError) as caught:
        installing.install(other, "better")
    assert (code_of(caught), caught.value.fields) == ("model-id-taken", {"model": "ours", "free": "ours-2"})
    assert installing.install(other, "better", identity="ours-2", switch=False) == "ours-2"
    assert installed().card("ours-2").title == "Another card"
    assert installing.install(tmp_path / "one", "once more") == "ours"  # the very same: it is only used
    assert installing.install(other, "", identity="ours-2", switch=False) == "ours-2"
    assert [(e.what, e.model) for e in installing.history()] == [
        ("install", "ours"),
        ("install", "ours-2"),
        ("use", "ours"),
    ]
    for taken, free in ((DEFAULT, f"{DEFAULT}-2"), ("ours", "ours-3"), ("Mamma Netz!", "mamma-netz"), ("…", "model")):
        assert installing.free_id(taken) == free
    with pytest.raises(KnownError) as caught:
        installing.install(other, "better", identity="Not an id")
    assert code_of(caught) == "bad-model-id"


@pytest.mark.parametrize("identity", ["library.json", "history.jsonl", "con", "nul.1", "aux", "com1", "lpt9.x", "us."])
def test_an_id_that_is_a_file_or_a_device_is_refused_in_cards_and_as_a_name(identity: str, tmp_path: Path) -> None:
    with pytest.raises(KnownError) as caught:
        installing.install(candidate(tmp_path / "one", identity), "better", switch=False)
    assert code_of(caught) == "card-unreadable"
    with pytest.raises(KnownError) as caught:
        installing.install(candidate(tmp_path / "two"), "better", identity=identity, switch=False)
    assert code_of(caught) == "bad-model-id"
    assert everything(places.user_models()) == {}
    free = installing.free_id(identity)
    assert installing.install(tmp_path / "two", "better", identity=free, switch=False) == free
    installing.use(SHIPPED)  # nothing lies where the pointer belongs
    assert installed().trouble is None


def test_a_removed_models_id_comes_back_only_with_its_weights(tmp_path: Path) -> None:
    folder = candidate(tmp_path / "one")
    installing.install(folder, "better", switch=False)
    installing.remove("ours")
    entry = history.entry_of("install", folder, installed().card(DEFAULT))
    assert entry.weights != installing.history()[0].weights
    assert installing.free_id("ours") == "ours-2"
    assert installing.install(folder, "it was sound", switch=False) == "ours"


def test_a_choice_that_cannot_be_followed_is_said_and_another_is_used(tmp_path: Path) -> None:
    installing.install(candidate(tmp_path / "new"), "better")
    (places.user_models() / "ours/card.json").unlink()
    library = installed()
    assert library.default_id == DEFAULT
    assert library.trouble is not None
    assert (library.trouble.code, library.trouble.fields["model"]) == ("model-in-use-missing", "ours")
    with pytest.raises(KnownError) as caught:  # a training does not start from the wrong one
        active_model(Given())
    assert code_of(caught) == "model-in-use-missing"
    pointer.pointer_file().write_text("{")
    library.reload()
    assert library.trouble is not None
    assert library.trouble.code == "model-choice-unreadable"
    installing.use(SHIPPED)  # repairs it
    library.reload()
    assert (library.default_id, library.trouble) == (SHIPPED, None)
    assert active_model(Given()) == places.shipped_models() / SHIPPED


def test_a_broken_line_takes_no_other_along() -> None:
    installing.use(SHIPPED, "one")
    path = places.user_models() / history.HISTORY_FILE
    with path.open("a") as stream:
        stream.write(path.read_text() + '[]\n{"time": 3}\n{"torn')  # the first line twice, as two processes may write
    installing.use(DEFAULT, "two")
    assert [entry.why for entry in installing.history()] == ["one", "two"]
    assert path.read_bytes().endswith(b"\n")


def test_a_reason_that_was_pasted_keeps_its_entry() -> None:
    pasted = "one\u2028two\u2029three\x85four\x0bfive\x0csix\x1cseven\r\neight"
    installing.use(SHIPPED, pasted, by="L\u2028i")
    installing.use(DEFAULT, "plain", facts={"a\u2028b": "c\x1ed"})
    installing.use(SHIPPED, "again")
    assert [entry.why for entry in installing.history()] == [pasted, "plain", "again"]
    assert (places.user_models() / history.HISTORY_FILE).read_bytes().count(b"\n") == 3


@pytest.mark.parametrize("full", ["pointer", "history"])
def test_a_full_disk_leaves_the_old_choice_or_the_new_with_its_entry(
    full: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    installing.use(SHIPPED, "one")

    def no_space(*_: object) -> None:
        raise KnownError("file-not-written", file="", reason="No space left on device")

    if full == "pointer":
        monkeypatch.setattr(switching, "write_pointer", no_space)
        with pytest.raises(KnownError):
            installing.use(DEFAULT, "two")
        assert (installing.in_use(), [e.why for e in installing.history()]) == (SHIPPED, ["one"])
    else:
        with monkeypatch.context() as disk:
            disk.setattr(history.os, "write", lambda *_: 0)
            installing.use(DEFAULT, "two")
        assert (installing.in_use(), [e.why for e in installing.history()]) == (DEFAULT, ["one", "two"])


@pytest.mark.parametrize("fails", ["pointer", "history before it", "lock"])
def test_a_switch_that_fails_takes_the_installation_back(
    fails: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installing.use(SHIPPED, "before")

    def no_space(*_: object) -> None:
        raise KnownError("file-not-written", file="", reason="No space left on device")

    with monkeypatch.context() as broken, contextlib.ExitStack() as held:
        if fails == "pointer":
            broken.setattr(switching, "write_pointer", no_space)
        elif fails == "lock":
            broken.setattr(switching, "_LOCK_PATIENCE_S", 0.1)
            held.enter_context(locks.holding(places.user_models() / switching.POINTER_LOCK, 1.0))
        else:
            (places.user_models() / history.HISTORY_FILE).unlink()  # what the pointer says is to be written again
            broken.setattr(history.os, "write", lambda *_: 0)
        with pytest.raises(KnownError) as caught:
            installing.install(candidate(tmp_path / "new"), "better")
    assert code_of(caught) == ("models-busy" if fails == "lock" else "file-not-written")
    assert not (places.user_models() / "ours").exists()
    assert (installing.in_use(), [(e.what, e.why) for e in installing.history()]) == (SHIPPED, [("use", "before")])
    again = candidate(tmp_path / "made again", limits=["of another day"])
    assert installing.install(again, "better") == "ours" == installing.in_use()  # its id was not used up
    assert [(e.what, e.model) for e in installing.history()] == [
        ("use", SHIPPED),
        ("install", "ours"),
        ("use", "ours"),
    ]


def test_a_model_only_replaces_the_one_that_it_was_compared_with(tmp_path: Path) -> None:
    compared = (DEFAULT, installed().card(DEFAULT).sha256)
    folder = candidate(tmp_path / "new")

    def elsewhere(step: str) -> None:
        if step == "placing":  # as late as can be
            installing.use(SHIPPED, "by another window")

    for on_step, steps in ((elsewhere, "late"), (lambda _: None, "early")):
        with pytest.raises(KnownError) as caught:
            installing.install(folder, "better", instead_of=compared, on_step=on_step)
        assert (code_of(caught), steps) == ("model-in-use-changed", steps)
        assert caught.value.fields == {"model": DEFAULT, "now": SHIPPED}
        assert caught.value.code not in english(caught.value)
        assert installing.in_use() == SHIPPED
        assert not (places.user_models() / "ours").exists()
    other_weights = (SHIPPED, installed().card(DEFAULT).sha256)
    with pytest.raises(KnownError) as caught:
        installing.install(folder, "better", instead_of=other_weights)
    assert code_of(caught) == "model-in-use-changed"
    assert [entry.what for entry in installing.history()] == ["use"]
    now = (SHIPPED, installed().card(SHIPPED).sha256)
    assert installing.install(folder, "better", instead_of=now) == "ours" == installing.in_use()
    with pytest.raises(KnownError) as caught:
        installing.install(folder, "once more", instead_of=now)  # the very same, but it replaces another now
    assert code_of(caught) == "model-in-use-changed"


def test_going_back_goes_where_it_was_said_or_nowhere(tmp_path: Path) -> None:
    installing.install(candidate(tmp_path / "new"), "better")
    installing.use(SHIPPED, "by another window")
    with pytest.raises(KnownError) as caught:
        installing.rollback("worse here", to=DEFAULT)
    assert (code_of(caught), caught.value.fields) == ("way-back-changed", {"model": DEFAULT, "now": "ours"})
    assert caught.value.code not in english(caught.value)
    assert installing.in_use() == SHIPPED
    assert [installing.rollback("as it was", to=model) for model in ("ours", DEFAULT)] == ["ours", DEFAULT]


# --- killed on the way ---

KILLED_AT = {
    "while it copies": "installing._copy_file = dies",
    "while its worker tries it": "installing.ScoringClient.score = dies",
    "before it is in its place": "installing.write_json = dies",
    "after it is in its place": "switching.installed = lambda: (places.user_models() / 'ours').exists() and dies()",
    "before the switch": "switching.write_pointer = dies",
    "after the switch": "write = switching.write_pointer; switching.write_pointer = lambda p: (write(p), dies())",
}
INSTALLED = {"after it is in its place", "before the switch", "after the switch"}


def killed(code: str, *arguments: str) -> None:
    """Run it in a process of its own, which kills itself by SIGKILL on the way."""
    head = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom bmgui.base import places\n"
        "from bmgui.scoring import installing, switching\n"
        "def dies(*_, **__): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run([sys.executable, "-c", head + code, *arguments], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize("at", KILLED_AT)
def test_killed_while_it_installs(at: str, tmp_path: Path) -> None:
    installing.use(SHIPPED, "before")
    folder = candidate(tmp_path / "new")

    patch = KILLED_AT[at]
    killed(f"{patch}\ninstalling.install(Path(sys.argv[1]), 'better')", str(folder))
    library = installed()
    assert library.unreadable == ()
    assert library.default_id == ("ours" if at == "after the switch" else SHIPPED)
    assert ("ours" in {card.id for card in library.cards()}) == (at in INSTALLED)
    told = [(entry.what, entry.model) for entry in installing.history()]
    assert told == [
        ("use", SHIPPED),
        *([("install", "ours")] if at in INSTALLED else []),
        *([("use", "ours")] if at == "after the switch" else []),
    ]
    assert installing.install(folder, "again") == "ours" == installing.in_use()  # nothing is in the way
    assert [path.name for path in places.user_models().glob(".*") if not path.name.endswith(".lock")] == []
    assert [(entry.what, entry.model) for entry in installing.history()] == [
        ("use", SHIPPED),
        ("install", "ours"),
        ("use", "ours"),
    ]
    assert len((places.user_models() / history.HISTORY_FILE).read_text().splitlines()) == 3


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize(("at", "gone"), [("write_json", False), ("_tidy", True), ("shutil.rmtree", True)])
def test_killed_while_it_removes(at: str, gone: bool, tmp_path: Path) -> None:
    installing.install(candidate(tmp_path / "new"), "better", switch=False)
    killed(f"installing.{at} = dies\ninstalling.remove('ours')")
    library = installed()
    assert ("ours" not in {card.id for card in library.cards()}) == gone
    assert library.unreadable == ()
    assert [entry.what for entry in installing.history()] == ["install", *(["remove"] if gone else [])]
    with installing.new_folder():
        pass  # whoever is next clears up
    assert [p.name for p in places.user_models().iterdir() if p.is_dir()] == ([] if gone else ["ours"])
    assert [entry.what for entry in installing.history()] == ["install", *(["remove"] if gone else [])]


def test_two_at_once_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switching, "_LOCK_PATIENCE_S", 0.1)
    with installing.new_folder() as part:
        with pytest.raises(KnownError) as caught, installing.new_folder():
            pass
        assert code_of(caught) == "models-busy"
        assert part.is_dir()
        installing.use(SHIPPED, "a switch does not wait for an installation")
    assert not part.exists()
