"""The library: which models there are, and which one is used when nobody chose."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.scoring.library import Library, installed, installed_finder
from tests.scoring.finder_stand import bright_finder

DEFAULT = "vgg16-first"


def add_model(root: Path, name: str, **changed: Any) -> Path:
    """A model's folder with a card (and no weights) below `root`."""
    card = json.loads((places.shipped_models() / "resnet50-first/card.json").read_text("utf-8"))
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(json.dumps(card | {"id": name} | changed), "utf-8")
    return folder


def test_the_shipped_models() -> None:
    library = installed()
    assert library.default_id == DEFAULT
    assert [card.id for card in library.cards()] == [
        DEFAULT,
        *sorted({"resnet50-first", "resnet50-us", "vgg16-first"} - {DEFAULT}),
    ]
    assert library.folder("resnet50-first") == places.shipped_models() / "resnet50-first"
    assert library.unreadable == ()


def test_the_users_models_are_added_but_replace_none() -> None:
    mine = add_model(places.user_models(), "mine", title="Ours")
    add_model(places.user_models(), "vgg16-first", title="Not the shipped one")
    library = installed()
    assert library.default_id == DEFAULT
    assert library.folder("mine") == mine
    assert library.card("vgg16-first").title == "VGG-16, first model"


def test_one_broken_card_does_not_take_the_others_away(tmp_path: Path) -> None:
    add_model(tmp_path, "good")
    add_model(tmp_path, "bad", side="large")
    (tmp_path / "notes").mkdir()
    (tmp_path / "library.json").write_text('{"schema": 1, "default": "bad"}', "utf-8")
    library = Library([tmp_path, tmp_path / "nowhere"])
    assert [card.id for card in library.cards()] == ["good"]
    assert library.default_id == "good"
    assert [error.code for error in library.unreadable] == ["card-unreadable"]


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 2, "default": "good"}', '{"schema": 1}'])
def test_a_broken_library_file_is_said(text: str, tmp_path: Path) -> None:
    add_model(tmp_path, "good")
    (tmp_path / "library.json").write_text(text, "utf-8")
    with pytest.raises(KnownError) as caught:
        Library([tmp_path])
    assert caught.value.code == "card-unreadable"


def test_an_unknown_model_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    add_model(tmp_path, "one")
    add_model(tmp_path, "two")
    with pytest.raises(KnownError) as caught:
        Library([tmp_path]).folder("three")
    assert caught.value.code == "no-such-model"
    assert caught.value.fields == {"model": "three", "installed": "one, two"}


def test_no_model_at_all(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as caught:
        Library([tmp_path])
    assert caught.value.code == "no-models"


def test_without_a_library_file_the_first_id_is_the_default(tmp_path: Path) -> None:
    shutil.copytree(add_model(tmp_path / "a", "zeta"), tmp_path / "b/zeta")
    add_model(tmp_path / "b", "alpha")
    assert Library([tmp_path / "a", tmp_path / "b"]).default_id == "alpha"


def test_a_folder_that_may_not_be_looked_into_does_not_take_the_others_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_model(tmp_path / "shipped", "one")
    (tmp_path / "mine").mkdir()
    listed = Path.iterdir

    def iterdir(folder: Path) -> object:  # permissions do not hold root back, who runs tests in containers
        if folder.name == "mine":
            raise PermissionError(13, "Permission denied", str(folder))
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    library = Library([tmp_path / "shipped", tmp_path / "mine"])
    assert [card.id for card in library.cards()] == ["one"]
    assert [error.fields["reason"] for error in library.unreadable] == ["Permission denied"]


def test_the_finder_is_no_model_and_need_not_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(places.shipped_models() / "resnet50-first", tmp_path / "resnet50-first")
    monkeypatch.setattr(places, "shipped_models", lambda: tmp_path)
    assert installed_finder() is None
    folder = bright_finder(tmp_path / "mass-finder")
    assert installed_finder() == folder
    assert [card.id for card in installed().cards()] == ["resnet50-first"]
    assert installed().unreadable == ()
