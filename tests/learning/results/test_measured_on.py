"""What a run is measured on where nobody names a collection."""

from pathlib import Path

from bmgui.learning.plans.plan import Given
from bmgui.learning.results.measured_on import measured_on
from bmgui.learning.runs.run import Run, make_run
from tests.learning.assessing.conftest import draw_collection

PLAN = """
schema = 1
name = "small"
networks = ["resnet50"]
seeds = [0]
side = 75

[collections]
us = ["{us}"]
cbis = ["{cbis}"]

[stages.us]
collections = "us"
epochs = 1

[stages.cbis]
collections = "cbis"
epochs = 1
"""
CHAIN = """
[[chains]]
name = "{name}"
start = "scratch"
stages = {stages}
"""


def run_of(folder: Path, *chains: list[str]) -> Run:
    parts = [("train", 2, 2), ("validation", 2, 2)]
    us, cbis = (draw_collection(folder / name, parts, seed=at) for at, name in enumerate(("us", "cbis")))
    plan = folder / "plan.toml"
    written = [CHAIN.format(name="→".join(("scratch", *c)), stages=str(c).replace("'", '"')) for c in chains]
    plan.write_text(PLAN.format(us=us.as_posix(), cbis=cbis.as_posix()) + "".join(written), "utf-8")
    return make_run(plan, folder / "run", Given())


def test_what_is_only_passed_through_chooses_no_threshold(tmp_path: Path) -> None:
    run = run_of(tmp_path, ["us"], ["cbis", "us"], ["cbis"])
    assert measured_on([run]) == ((tmp_path / "us",), ())


def test_where_all_is_passed_through_it_is_where_most_jobs_end(tmp_path: Path) -> None:
    run = run_of(tmp_path, ["us"], ["cbis", "us"], ["us", "cbis"])
    assert measured_on([run]) == ((tmp_path / "us",), ())
