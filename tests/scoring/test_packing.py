"""A model as one file: out and in again, and every zip that is no model."""

import hashlib
import io
import json
import pickle
import shutil
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.scoring import installing, packing
from bmgui.scoring.library import installed
from bmgui.wording import english
from tests.scoring.model_stand import SHIPPED, candidate, everything

DEFAULT = "vgg16-first"
WEIGHTS = b"no weights, but the bytes that the card means"
Files = list[tuple[str | zipfile.ZipInfo, bytes]]


def card(weights: bytes = WEIGHTS, **changed: Any) -> bytes:
    told = json.loads((places.shipped_models() / SHIPPED / "card.json").read_text("utf-8"))
    return json.dumps(told | {"id": "ours", "sha256": hashlib.sha256(weights).hexdigest()} | changed).encode()


def model(**changed: bytes) -> Files:
    """The files of a bundle that can be unpacked; `card=…`, `weights=…`, `reference=…` in place of its own."""
    return [
        ("card.json", changed.get("card", card(changed.get("weights", WEIGHTS)))),
        ("reference.png", changed.get("reference", b"a picture")),
        ("weights.safetensors", changed.get("weights", WEIGHTS)),
    ]


def bundle(path: Path, files: Files, compression: int = zipfile.ZIP_STORED) -> Path:
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(path, "w", compression) as out:  # a name twice
        for name, data in files:
            out.writestr(name, data)
    return path


def info(name: str, **values: Any) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo("x")
    made.filename = name
    for key, value in values.items():
        setattr(made, key, value)
    return made


def refused(path: Path) -> KnownError:
    """What an import of this file says; nothing is left of it."""
    with pytest.raises(KnownError) as caught:
        packing.import_model(path, "a gift")
    assert everything(places.user_models()) == {}
    assert installing.in_use() == DEFAULT
    assert ".part" not in str(caught.value)
    assert caught.value.code not in english(caught.value)  # it has a sentence
    return caught.value


# --- out and in ---


def test_out_and_in_again_through_the_worker(tmp_path: Path) -> None:
    installing.install(candidate(tmp_path / "new"), "better")
    file, steps = tmp_path / "ours.bmmodel", []
    packing.export_model("ours", file)
    before = everything(places.user_models() / "ours")
    installing.rollback("to see")
    installing.remove("ours", "to see")
    assert packing.import_model(file, "a gift", by="Li", on_step=steps.append) == "ours"
    assert steps == ["checking", "trying", "placing"]
    after = everything(places.user_models() / "ours")
    assert before.keys() == after.keys()
    assert {name for name in after if before[name] != after[name]} == {"installed.json"}
    assert installing.in_use() == DEFAULT  # it is there, and not yet used
    last = installing.history()[-1]
    assert (last.what, last.model, last.by, last.why) == ("install", "ours", "Li", "a gift")
    assert packing.import_model(file, "again") == "ours"  # the very same
    assert len(installing.history()) == 5
    assert packing.import_model(file, "again", identity="ours-2") == "ours-2"
    assert installed().card("ours-2").sha256 == installed().card("ours").sha256


WORDS = some.text(min_size=1, max_size=9).filter(str.strip)
PRINTS = some.binary(min_size=32, max_size=32).map(bytes.hex)
LEARNT = some.fixed_dictionaries(
    {"version": WORDS, "split": WORDS},
    optional={
        "name": WORDS,
        "origin": WORDS,
        "sections": some.just({"train": 3}),
        "prints": some.one_of(some.none(), some.fixed_dictionaries({"train": PRINTS, "validation": some.just("")})),
    },
)
"""What a `learnt.json` may say of a collection."""


@settings(max_examples=25, deadline=None)
@given(
    weights=some.binary(min_size=1, max_size=3000),
    title=some.text(min_size=1, max_size=40).filter(str.strip),
    picture=some.binary(max_size=200),
    plan=some.one_of(some.none(), some.text("abc 字", max_size=20)),
    learnt=some.one_of(some.none(), some.dictionaries(some.text(max_size=5), LEARNT, max_size=3)),
)
def test_what_goes_out_comes_in_byte_for_byte(
    weights: bytes, title: str, picture: bytes, plan: str | None, learnt: dict[str, dict[str, Any]] | None
) -> None:
    folder, there = places.user_models() / "mine", places.user_data() / "there"
    for one in (folder, there):
        shutil.rmtree(one, ignore_errors=True)
        one.mkdir(parents=True)
    (folder / "card.json").write_bytes(card(weights, id="mine", title=title))
    (folder / "weights.safetensors").write_bytes(weights)
    (folder / "reference.png").write_bytes(picture)
    if plan is not None:
        (folder / "plan.toml").write_text(f"name = {json.dumps(plan)}", "utf-8")
    if learnt is not None:
        (folder / "learnt.json").write_text(json.dumps({"collections": learnt, "more": [1]}), "utf-8")
    file = places.user_data() / "mine.bmmodel"
    packing.export_model("mine", file)
    once = file.read_bytes()
    if any(
        one.startswith((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04"))
        for one in (weights, picture)
    ):
        return  # no weights and no picture begin so
    packing.unpack(file, there)
    assert everything(there) == everything(folder)
    packing.export_model("mine", file)
    assert file.read_bytes() == once


def test_a_model_whose_weights_were_swapped_does_not_go_out(tmp_path: Path) -> None:
    folder = places.user_models() / "mine"
    folder.mkdir(parents=True)
    (folder / "card.json").write_bytes(card(id="mine"))
    (folder / "reference.png").write_bytes(b"")
    (folder / "weights.safetensors").write_bytes(b"others")
    with pytest.raises(KnownError) as caught:
        packing.export_model("mine", tmp_path / "mine.bmmodel")
    assert caught.value.code == "weights-hash-mismatch"
    assert list(tmp_path.iterdir()) == []


# --- what is no model ---

LINK = (stat.S_IFLNK | 0o777) << 16
HOSTILE: dict[str, tuple[Callable[[], Files], str]] = {
    "leads up": (lambda: [*model(), ("../evil.txt", b"x")], "bundle-unsafe-name"),
    "leads up below": (lambda: [*model(), ("a/../../evil.txt", b"x")], "bundle-unsafe-name"),
    "absolute": (lambda: [*model(), ("/etc/passwd", b"x")], "bundle-unsafe-name"),
    "a drive": (lambda: [*model(), ("C:evil.txt", b"x")], "bundle-unsafe-name"),
    "a backslash": (lambda: [*model(), (info("..\\evil.txt"), b"x")], "bundle-unsafe-name"),
    "a folder": (lambda: [("card/", b""), *model()], "bundle-unsafe-name"),
    "in a folder": (lambda: [(f"ours/{name}", data) for name, data in model()], "bundle-unsafe-name"),
    "a link": (
        lambda: [*model()[:2], (info("weights.safetensors", external_attr=LINK), b"/etc/passwd")],
        "bundle-link",
    ),
    "twice": (lambda: [*model(), ("card.json", card())], "bundle-twice"),
    "twice but for case": (lambda: [*model(), ("Card.json", card())], "bundle-twice"),
    "a script": (lambda: [*model(), ("setup.py", b"import os")], "bundle-extra-file"),
    "a hidden file": (lambda: [*model(), (".bashrc", b"x")], "bundle-extra-file"),
    "its own history": (lambda: [*model(), ("installed.json", b"{}")], "bundle-extra-file"),
    "another picture": (lambda: [*model(), ("other.png", b"x")], "bundle-extra-file"),
    "many files": (lambda: [*model(), *((f"f{n}", b"") for n in range(20))], "bundle-unreadable"),
    "no card": (lambda: model()[1:], "bundle-file-missing"),
    "no weights": (lambda: model()[:2], "bundle-file-missing"),
    "no reference crop": (lambda: [model()[0], model()[2]], "bundle-file-missing"),
    "nothing": (list, "bundle-file-missing"),
    "other weights": (lambda: [*model()[:2], ("weights.safetensors", b"others")], "bundle-hash-mismatch"),
    "a pickle": (lambda: model(weights=pickle.dumps({"fc.weight": [0.0]}, 2)), "bundle-pickle"),
    "what torch.save writes": (lambda: model(weights=b"PK\x03\x04archive/data.pkl"), "bundle-pickle"),
    "a pickle for a card": (lambda: model(card=pickle.dumps({})), "bundle-pickle"),
    "a card that is none": (lambda: model(card=b"{}"), "card-unreadable"),
    "a card of nan": (lambda: model(card=card().replace(b'"side": 160', b'"side": NaN')), "card-unreadable"),
    "a long card": (lambda: model(card=card() + b" " * (1 << 20)), "bundle-too-large"),
    "an id that leads up": (lambda: model(card=card(id="../ours")), "card-unreadable"),
    "a reference that leads up": (
        lambda: model(card=card(reference={"file": "../a.png", "margin": 0.0, "tolerance": 1.0})),
        "card-unreadable",
    ),
    "an unknown network": (lambda: model(card=card(architecture="resnet18")), "card-unreadable"),
    "a plan that is none": (lambda: [*model(), ("plan.toml", b"= 1")], "bundle-unreadable"),
    "learnt from a list": (lambda: [*model(), ("learnt.json", b"[]")], "bundle-unreadable"),
    **{
        f"learnt.json: {learnt}": (lambda learnt=learnt: [*model(), ("learnt.json", learnt)], "bundle-unreadable")
        for learnt in (
            b"{}",
            b'{"collections": []}',
            b'{"collections": {"us": 5}}',
            b'{"collections": {"us": {"version": 5, "split": "a"}}}',
            b'{"collections": {"us": {"version": "a"}}}',
            b'{"collections": {"us": {"version": "a", "split": "b", "prints": {"train": ""}}}}',
            b'{"collections": {"us": {"version": "a", "split": "b", "prints": {"train": "zz", "validation": ""}}}}',
            b'{"collections": {"us": {"version": "a", "split": "b", "prints": {"train": "00", "validation": ""}}}}',
            b'{"collections": {}, "unsaid": 5}',
            b'{"collections": {}, "plan_sha256": 5}',
        )
    },
    "learnt.json too deep": (lambda: [*model(), ("learnt.json", b"[" * 200_000)], "bundle-unreadable"),
    "no picture": (model, "model-file-unreadable"),
}


@pytest.mark.parametrize("which", HOSTILE)
def test_what_is_no_model_is_refused_by_its_name(which: str, tmp_path: Path) -> None:
    make, code = HOSTILE[which]
    file = bundle(tmp_path / "gift.bmmodel", make())
    error = refused(file)
    assert error.code == code
    assert str(file) in english(error)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["gift.bmmodel"]  # nothing beside it either


def test_what_grows_without_measure_is_refused(tmp_path: Path) -> None:
    bomb = bundle(tmp_path / "a.bmmodel", model(weights=bytes(20 << 20)), zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 100_000
    error = refused(bomb)
    assert (error.code, error.fields["name"]) == ("bundle-bomb", "weights.safetensors")


def test_what_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    """20 MB of zeros that claim to be 4 KB: the ratio looks harmless, and no more than 4 KB are taken."""
    file = bundle(tmp_path / "a.bmmodel", model(weights=bytes(20 << 20)), zipfile.ZIP_DEFLATED)
    data = bytearray(file.read_bytes())
    for at in (data.rfind(b"PK\x01\x02") + 24, data.rfind(b"PK\x03\x04") + 22):
        assert struct.unpack_from("<L", data, at) == (20 << 20,)
        struct.pack_into("<L", data, at, 4096)
    file.write_bytes(data)
    assert refused(file).code in ("bundle-unreadable", "bundle-hash-mismatch")


def test_a_password_is_refused(tmp_path: Path) -> None:
    file = bundle(tmp_path / "a.bmmodel", model())
    data = bytearray(file.read_bytes())
    for sign, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.find(sign) + at] |= 1
    file.write_bytes(data)
    assert refused(file).code == "bundle-encrypted"


def test_an_unusual_compression_is_refused(tmp_path: Path) -> None:
    file = bundle(tmp_path / "a.bmmodel", model(), zipfile.ZIP_LZMA)
    assert refused(file).code == "bundle-unreadable"


def test_what_was_cut_or_damaged_is_refused_wherever(tmp_path: Path) -> None:
    whole = bundle(tmp_path / "a.bmmodel", model(), zipfile.ZIP_DEFLATED).read_bytes()
    file = tmp_path / "b.bmmodel"
    for cut in {0, 1, 21, 22, 100, len(whole) // 2, len(whole) - 1}:
        file.write_bytes(whole[:cut])
        assert refused(file).code == "bundle-unreadable"
    for extra in (whole + b"#!/bin/sh", b"#!/bin/sh\n" + whole):
        file.write_bytes(extra)
        assert refused(file).code == "bundle-unreadable"
    file.write_bytes(b"\x80\x04no zip at all" * 9)
    assert refused(file).code == "bundle-unreadable"


@settings(max_examples=150, deadline=None)
@given(where=some.integers(0, 10_000), value=some.integers(0, 255))
def test_a_changed_byte_never_gets_past_unseen(where: int, value: int) -> None:
    home = places.user_data()
    whole = bytearray(bundle(home / "a.bmmodel", model(), zipfile.ZIP_DEFLATED).read_bytes())
    where %= len(whole)
    changed = whole[where] != value
    whole[where] = value
    (home / "b.bmmodel").write_bytes(whole)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(installing, "verify", lambda _: None)  # the worker is not what is tried here
        patched.setattr(packing, "put_in_place", lambda part, *_, **__: str(sorted(everything(part).items())))
        try:
            got = packing.import_model(home / "b.bmmodel", "")
        except KnownError:
            return
    expected = str(sorted((name, data) for name, data in model()))
    assert got == expected or not changed  # a byte that means nothing (a time, a version) may differ


def test_a_missing_file_and_a_folder_are_said(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.bmmodel").code == "bundle-unreadable"
    assert refused(tmp_path).code == "bundle-unreadable"


# --- sound zips whose weights are not what the card says ---


def safetensors(header: dict[str, Any], data: bytes = b"") -> bytes:
    told = json.dumps(header).encode()
    return struct.pack("<Q", len(told)) + told + data


def reference_png() -> bytes:
    return (places.shipped_models() / SHIPPED / "reference.png").read_bytes()


def tensor(name: str, kind: str, size: int, count: int) -> bytes:
    """A safetensors file of one tensor of so many elements, with as many bytes as `size`."""
    return safetensors({name: {"dtype": kind, "shape": [count], "data_offsets": [0, size]}}, bytes(size))


UNFIT = {
    "nothing": (b"", "weights-unreadable"),
    "too few tensors": (tensor("fc.weight", "F32", 16, 4), "weights-do-not-fit"),
    "another kind of number": (tensor("conv1.weight", "F64", 8, 1), "weights-unreadable"),
    "a shape beyond its bytes": (tensor("conv1.weight", "F32", 4, 1 << 40), "weights-unreadable"),
    "a header beyond the file": (struct.pack("<Q", 1 << 60) + b"{}", "weights-unreadable"),
}


@pytest.mark.parametrize("which", UNFIT)
def test_weights_that_do_not_belong_to_the_network_are_refused_by_the_worker(which: str, tmp_path: Path) -> None:
    weights, code = UNFIT[which]
    file = bundle(tmp_path / "a.bmmodel", model(weights=weights, reference=reference_png()))
    error = refused(file)
    assert error.code == code
    assert str(file) in str(error)


def test_another_networks_weights_are_refused(tmp_path: Path) -> None:
    weights = (places.shipped_models() / SHIPPED / "weights.safetensors").read_bytes()
    told = card(weights, architecture="vgg16")
    file = bundle(tmp_path / "a.bmmodel", model(weights=weights, card=told, reference=reference_png()))
    assert refused(file).code == "weights-do-not-fit"


def test_a_sound_model_with_another_margin_is_refused(tmp_path: Path) -> None:
    weights = (places.shipped_models() / SHIPPED / "weights.safetensors").read_bytes()
    picture = io.BytesIO()
    from PIL import Image

    Image.new("L", (160, 160), 80).save(picture, "PNG")
    file = bundle(tmp_path / "a.bmmodel", model(weights=weights, reference=picture.getvalue()))
    assert refused(file).code == "model-fails-reference"
