"""`bmgui models make`: from a finished job to an installed model, by the real processes."""

from pathlib import Path

import pytest

from bmgui.cli import main
from bmgui.learning.plans.plan import Given
from bmgui.learning.plans.reading import read_plan
from bmgui.learning.runs.run import PLAN_FILE
from bmgui.scoring import installing
from bmgui.scoring.library import installed
from tests.learning.assessing.test_shipping import JOB, run  # noqa: F401 - the fixture


def test_a_finished_job_becomes_a_model(run: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    arguments = ["make", str(run), JOB, "--id", "ours", "--title", "Ours", "--threads", "1", "--why", "a try"]
    assert main(["models", *arguments]) == 0
    assert "ours is installed." in capsys.readouterr().out
    card = installed().card("ours")
    assert card.title == "Ours"
    assert read_plan(installed().folder("ours") / PLAN_FILE, Given()).name == "small"
    entry = installing.history()[-1]
    assert (entry.what, entry.why, set(entry.data)) == ("install", "a try", {"us", "more"})
    assert len(entry.plan) == 64
