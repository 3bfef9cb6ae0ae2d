"""`bmgui models`: the same pointer and history as the window's, with the real worker."""

from pathlib import Path

import pytest

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.cli import main, models
from bmgui.scoring import installing
from bmgui.scoring.library import installed
from tests.scoring.model_stand import SHIPPED, candidate

DEFAULT = "vgg16-first"


class Told:
    """Runs a command and gives what it said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.error = ""

    def __call__(self, *arguments: str, code: int = 0) -> str:
        assert main(["models", *arguments]) == code
        said = self._capsys.readouterr()
        self.error = said.err
        return said.out


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    return Told(capsys)


def test_a_model_goes_out_comes_in_is_used_and_gone_back_from(told: Told, tmp_path: Path) -> None:
    file = tmp_path / "gift.bmmodel"
    assert f"{file} is written." in told("export", SHIPPED, str(file))
    assert "mine is installed. Use it with: bmgui models use mine" in told("import", str(file), "--as", "mine")
    assert "trying the model" in told.error
    assert told("list").startswith(f"* {DEFAULT}")
    assert "mine is in use." in told("use", "mine", "--why", "our own scans")
    lines = told("list").splitlines()
    assert lines[0].startswith("* mine")
    assert " own " in lines[0]
    assert all(line.startswith("  ") and " shipped " in line for line in lines[1:])
    assert installing.in_use() == "mine"
    shown = told("show")
    for part in ("Id: mine", "Limits", "Operating points", "Measured", "Made from", "our own scans"):
        assert part in shown
    assert "is in use" in (told("remove", "mine", code=1), told.error)[1]
    assert f"{DEFAULT} is in use." in told("rollback", "--why", "worse at night")
    assert "mine is removed." in told("remove", "mine")
    history = told("history").splitlines()
    assert [line.partition("  ")[2] for line in history] == [
        "mine installed",
        f"mine put in use, before it {DEFAULT}: our own scans",
        f"back to {DEFAULT}, before it mine: worse at night",
        "mine removed",
    ]


def test_a_file_that_is_there_is_not_written_over_and_a_model_that_is_there_is_not_installed(
    told: Told, tmp_path: Path
) -> None:
    file = tmp_path / "a.bmmodel"
    file.write_bytes(b"mine")
    told("export", SHIPPED, str(file), code=1)
    assert "is there already" in told.error
    assert file.read_bytes() == b"mine"
    told("export", SHIPPED, str(file), "--force")
    said = told("import", str(file))
    assert f"is here already, as {SHIPPED}" in said
    assert "installed" not in said
    assert installing.history() == ()


def test_what_its_worker_refuses_is_not_used(told: Told) -> None:
    broken = candidate(places.user_models() / "broken", "broken")
    (broken / "reference.png").write_bytes((places.shipped_models() / DEFAULT / "reference.png").read_bytes())
    told("use", "broken", code=1)
    assert "could not be read" in told.error
    assert installing.in_use() == DEFAULT


def test_errors_are_said_in_a_sentence(told: Told, tmp_path: Path) -> None:
    (tmp_path / "no.bmmodel").write_bytes(b"no zip")
    for arguments, words in (
        (["use", "none"], "There is no model none here"),
        (["show", "none"], "There is no model none here"),
        (["export", "none", str(tmp_path / "x")], "There is no model none here"),
        (["export", SHIPPED, str(tmp_path)], "could not be written"),
        (["import", str(tmp_path / "no.bmmodel")], "is no .bmmodel file"),
        (["rollback"], "nothing to go back to"),
        (["remove", SHIPPED], "came with the program"),
    ):
        told(*arguments, code=1)
        assert words in told.error
    assert installing.history() == ()


def test_a_choice_that_is_gone_is_said(told: Told) -> None:
    candidate(places.user_models() / "ours")
    installing.use("ours")
    (places.user_models() / "ours/card.json").unlink()
    assert told("list").startswith(f"* {DEFAULT}")
    assert "The model in use, ours, is not there any more" in told.error


def test_a_candidate_becomes_a_model_by_the_process_that_measures(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def makes(module: str, arguments: list[str]) -> int:
        asked.extend([module, *arguments])
        candidate(Path(arguments[arguments.index("--output") + 1]), arguments[arguments.index("--id") + 1])
        return 0

    monkeypatch.setattr(models, "run_command", makes)
    more = ["--results", "a", "--results", "b", "--limit", "small", "--threads", "1", "--why", "twelve more patients"]
    assert "ours is installed." in told("make", str(tmp_path), "job", "--id", "ours", "--title", "Ours", *more)
    assert asked[:8] == ["bmgui.learning.assessing", "card", str(tmp_path), "job", "--id", "ours", "--title", "Ours"]
    assert asked[10:] == ["--threads", "1", "--results", "a", "--results", "b", "--limit", "small"]
    assert not Path(asked[9]).parent.exists()
    assert (installing.in_use(), installed().is_own("ours")) == (DEFAULT, True)
    assert [entry.why for entry in installing.history()] == ["twelve more patients"]


def test_what_the_process_refuses_is_said(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> int:
        raise KnownError("no-such-job", job="job", jobs="others")

    monkeypatch.setattr(models, "run_command", refuses)
    told("make", str(tmp_path), "job", "--id", "ours", "--title", "Ours", code=1)
    assert "job" in told.error
    monkeypatch.setattr(models, "run_command", lambda *_: 130)
    told("make", str(tmp_path), "job", "--id", "ours", "--title", "Ours", code=130)
    assert installing.history() == ()


@pytest.mark.parametrize("arguments", [[], ["use"], ["import"], ["make", "run", "job"], ["burn"]])
def test_wrong_usage_is_told_as_such(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["models", *arguments])
    assert ended.value.code == 2
