"""Bulk with the learnt finder: the real worker, and a finder that sees what is bright."""

import csv
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.imaging.codec import Codec
from bmgui.imaging.proposals import propose
from bmgui.imaging.square import Square
from bmgui.reading.bulk import Reading, propose_list, propose_requests, read_one, score_list
from bmgui.reading.lists import PROPOSE_COLUMNS, SCORE_COLUMNS, Request, read_table
from bmgui.reading.proposing import finding_by
from bmgui.scoring.card import Card, read_card
from bmgui.scoring.client import ScoringClient
from bmgui.wording import english
from tests.scoring.finder_stand import bright_finder, frame_with

MODEL = places.shipped_models() / "resnet50-first"
MASS = (200, 160, 90, 60)


@pytest.fixture
def card() -> Card:
    """The shipped one, of which the size of a square in pixels is not doubted here."""
    card = read_card(MODEL)
    return replace(card, geometry=replace(card.geometry, least_side_px=1, greatest_side_px=2000))


@pytest.fixture
def codec() -> Iterator[Codec]:
    with Codec() as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bright_finder(tmp_path / "finder")
    Image.fromarray(frame_with(MASS, width=640, height=480)).save(tmp_path / "mass.png")
    Image.fromarray(frame_with(width=640, height=480)).save(tmp_path / "normal.png")
    two = frame_with(MASS, (430, 300, 60, 60), width=640, height=480)
    Image.fromarray(two).save(tmp_path / "two.png")
    return tmp_path


def no_trouble(error: KnownError) -> None:
    raise AssertionError(error)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_squares_of_a_list_by_a_worker_for_the_finder_alone(folder: Path, codec: Codec) -> None:
    (folder / "in.csv").write_text("file\nmass.png\nnormal.png\ngone.png\ntwo.png\n")
    table = read_table(folder / "in.csv", ("file",), PROPOSE_COLUMNS)
    with ScoringClient(None, finder=folder / "finder", throughput=True) as client:
        failed = propose_list(
            table,
            folder / "out.csv",
            codec=codec,
            say=english,
            on_progress=lambda *_: None,
            find=finding_by(client, no_trouble),
        )
    assert failed == 1
    rows = rows_of(folder / "out.csv")
    of = {name: [row for row in rows if row["file"] == name] for name in ("mass.png", "normal.png", "two.png")}
    (one,) = of["mass.png"]
    assert (one["proposed_by"], one["frame_doubts"], one["rank"]) == ("learnt", "", "1")
    centre = (int(one[edge]) + int(one["side"]) / 2 for edge in ("left", "top"))
    assert tuple(centre) == pytest.approx((245, 190), abs=40)
    assert [row["proposed_by"] for row in of["two.png"]] == ["learnt", "learnt"]
    assert {(row["proposed_by"], row["frame_doubts"]) for row in of["normal.png"]} == {("rule", "no-mass-seen")}
    assert len(of["normal.png"]) == len(propose(frame_with(width=640, height=480)))


def test_scores_carry_the_finders_doubts_and_squares_are_the_finders(folder: Path, codec: Codec, card: Card) -> None:
    lines = ("file,left,top,side", "mass.png,150,100,190", "mass.png,20,20,100", "mass.png,225,170,40")
    (folder / "in.csv").write_text("\n".join((*lines, "normal.png,150,100,190")) + "\n")
    table = read_table(folder / "in.csv", ("file", "left", "top", "side"), SCORE_COLUMNS)
    finder = folder / "finder"
    with ScoringClient(MODEL, finder=finder, device="cpu", throughput=True) as client:
        find = finding_by(client, no_trouble)
        named = {"card": card, "client": client, "codec": codec, "prior": None}
        score_list(table, folder / "out.csv", **named, say=english, on_progress=lambda *_: None, find=find)  # type: ignore[arg-type]
        learnt = read_one(Request(folder / "mass.png", None), **named, find=find)  # type: ignore[arg-type]
        rule = read_one(Request(folder / "mass.png", None), **named)  # type: ignore[arg-type]
        asked = read_one(Request(folder / "normal.png", Square(150, 100, 190)), **named, find=find)  # type: ignore[arg-type]
    doubts = [row["doubts"] for row in rows_of(folder / "out.csv")]
    assert doubts == ["", "no-mass-seen", "under-64-px;ratio-outside-range", "no-mass-seen"]
    assert (learnt.proposed, rule.proposed, asked.proposed) == ("learnt", "rule", "")
    assert learnt.opinion.subject.square != rule.opinion.subject.square
    assert (of_square(learnt), of_square(rule), of_square(asked)) == ((), ("touches-edge",), ("no-mass-seen",))


def of_square(reading: Reading) -> tuple[str, ...]:
    """Without the one that the range gives rise to: drawn pictures score as they like."""
    return tuple(code for code in reading.opinion.doubts if code != "unsteady")


def test_a_broken_finder_is_told_once_and_the_rule_proposes(folder: Path, codec: Codec) -> None:
    (folder / "finder" / "finder.json").unlink()
    told: list[KnownError] = []
    with ScoringClient(None, finder=folder / "finder", throughput=True) as client:
        find = finding_by(client, told.append)
        answers = list(propose_requests([Request(folder / "mass.png", None)] * 40, codec, find))
    assert [error.code for error in told] == ["finder-unusable"]
    assert {answer.offer.kind for answer in answers if not isinstance(answer, KnownError)} == {"rule"}
    assert len(answers) == 40


def test_where_scores_are_withheld_only_that_is_said(folder: Path, codec: Codec, card: Card) -> None:
    shutil.copytree(MODEL, folder / "model")
    (folder / "model" / "weights.safetensors").write_bytes(b"no weights")
    asked = Request(folder / "mass.png", None)
    with ScoringClient(folder / "model", finder=folder / "finder", device="cpu") as client:
        find = finding_by(client, no_trouble)
        with pytest.raises(KnownError, match="weights-hash-mismatch"):
            read_one(asked, card=card, client=client, codec=codec, prior=None, find=find)
