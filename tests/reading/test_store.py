import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bmgui.base.errors import KnownError
from bmgui.imaging.square import Square
from bmgui.reading.store import Kept, KeptMass, KeptOpinion, Store

OPINION = KeptOpinion("vgg16", "ab" * 32, 0.3, 1.25, -0.5, 2.5, "OpenVINO")
KEPT: Kept = {
    1: (KeptMass(Square(1, 2, 40), OPINION), KeptMass(Square(5, 6, 50))),
    12: (KeptMass(Square(0, 0, 32), KeptOpinion("vgg16", "ab" * 32, 0.3, 0.1, None, None, "torch")),),
}


def test_what_is_kept_comes_back(own_home: Path) -> None:
    Store().save("abc1", KEPT)
    assert Store().load("abc1") == KEPT
    assert [path.name for path in (own_home / "readings").iterdir()] == ["abc1.json"]


def test_nothing_is_kept_of_an_unknown_scan_and_nothing_makes_no_file(tmp_path: Path) -> None:
    store = Store(tmp_path / "readings")
    assert store.load("ab") == {}
    store.save("ab", {})
    assert not (tmp_path / "readings").exists()
    store.save("ab", KEPT)
    store.save("ab", {})
    assert store.load("ab") == {}


floats = st.floats(-1e6, 1e6)
opinions = st.builds(
    KeptOpinion,
    st.just("m"),
    st.just("cd" * 32),
    st.floats(0.001, 0.999),
    floats,
    st.none() | floats,
    st.none() | floats,
    st.sampled_from(["OpenVINO", "torch"]),
)
squares = st.builds(Square, st.integers(0, 5000), st.integers(0, 5000), st.integers(32, 4000))
masses = st.lists(st.builds(KeptMass, squares, st.none() | opinions), min_size=1, max_size=3).map(tuple)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.integers(1, 9999), masses, max_size=4))
def test_any_reading_comes_back_exactly(tmp_path: Path, kept: Kept) -> None:
    Store(tmp_path).save("abc2", kept)
    assert Store(tmp_path).load("abc2") == kept


def edited(change: str) -> bytes:
    data = {
        "schema": 1,
        "fingerprint": "ab",
        "frames": {"1": [{"square": {"left": 0, "top": 0, "side": 40}, "opinion": None}]},
    }
    mass = data["frames"]["1"][0]  # type: ignore[index]
    match change:
        case "none":
            pass
        case "newer":
            data["schema"] = 2
        case "another scan":
            data["fingerprint"] = "cd"
        case "frame 0":
            data["frames"] = {"0": []}
        case "frame text":
            data["frames"] = {"١": []}
        case "no side":
            del mass["square"]["side"]
        case "small":
            mass["square"]["side"] = 3
        case "opinion":
            mass["opinion"] = {**vars(OPINION), "margin": float("nan")}
        case "prior":
            mass["opinion"] = {**vars(OPINION), "prior": 1.5}
    return json.dumps(data).encode()


DAMAGED = {name: edited(name) for name in ("newer", "another scan", "frame 0", "frame text", "no side", "small")}
DAMAGED |= {name: edited(name) for name in ("opinion", "prior")}
DAMAGED |= {"empty": b"", "half": edited("none")[:50], "binary": bytes(range(256)), "deep": b"[" * 100_000}


def test_the_undamaged_file_of_these_tests_is_read(tmp_path: Path) -> None:
    (tmp_path / "ab.json").write_bytes(edited("none"))
    assert Store(tmp_path).load("ab") == {1: (KeptMass(Square(0, 0, 40)),)}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_or_foreign_file_is_set_aside_whole(tmp_path: Path, name: str) -> None:
    (tmp_path / "ab.json").write_bytes(DAMAGED[name])
    (tmp_path / "ab.set-aside-1.json").write_bytes(b"older")
    store = Store(tmp_path)
    with pytest.raises(KnownError) as caught:
        store.load("ab")
    assert (caught.value.code, caught.value.fields["aside"]) == ("reading-set-aside", "ab.set-aside-2.json")
    assert (tmp_path / "ab.set-aside-2.json").read_bytes() == DAMAGED[name]
    assert (tmp_path / "ab.set-aside-1.json").read_bytes() == b"older"
    assert store.load("ab") == {}
    store.save("ab", KEPT)
    assert store.load("ab") == KEPT


def test_what_cannot_be_read_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "ab.json").mkdir()  # stands for a file that the disk does not give; also where tests run as root
    store = Store(tmp_path)
    with pytest.raises(KnownError, match="reading-not-read"):
        store.load("ab")
    with pytest.raises(KnownError, match="reading-not-read"):
        store.save("ab", KEPT)
    assert (tmp_path / "ab.json").is_dir()
    (tmp_path / "ab.json").rmdir()
    assert store.load("ab") == {}
    store.save("ab", KEPT)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_a_known_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(KnownError, match="file-not-written"):
            Store(tmp_path / "readings").save("ab", KEPT)
    finally:
        tmp_path.chmod(0o700)


def test_a_file_in_the_folder_s_place_is_a_known_error(tmp_path: Path) -> None:
    (tmp_path / "readings").write_bytes(b"")
    with pytest.raises(KnownError, match="file-not-written"):
        Store(tmp_path / "readings").save("ab", KEPT)


def test_a_fingerprint_cannot_lead_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a fingerprint"):
        Store(tmp_path).save("../../etc", KEPT)


def test_two_windows_never_read_half_a_file(tmp_path: Path) -> None:
    """Two stores (two windows) write and read one scan: every load gives one of the two readings, whole."""
    one: Kept = {1: (KeptMass(Square(1, 1, 40), OPINION),) * 50}
    two: Kept = {2: (KeptMass(Square(2, 2, 90)),)}
    Store(tmp_path).save("ab", one)
    seen: list[Kept] = []

    def work(kept: Kept) -> None:
        store = Store(tmp_path)
        for _ in range(40):
            store.save("ab", kept)
            seen.append(store.load("ab"))

    threads = [threading.Thread(target=work, args=(kept,)) for kept in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 80
    assert all(kept in (one, two) for kept in seen)
    assert [path.name for path in tmp_path.iterdir()] == ["ab.json"]


def test_no_patient_and_no_path_in_the_file(tmp_path: Path) -> None:
    Store(tmp_path).save("ab", KEPT)
    data = json.loads((tmp_path / "ab.json").read_bytes())
    assert data.keys() == {"schema", "fingerprint", "frames"}
    assert data["frames"]["1"][0].keys() == {"square", "opinion"}


def test_two_windows_keep_what_each_of_them_changed(tmp_path: Path) -> None:
    one, two = Store(tmp_path), Store(tmp_path)
    both = {1: (KeptMass(Square(0, 0, 40)),), 2: (KeptMass(Square(1, 1, 40)),)}
    one.save("ab", both)
    assert one.load("ab") == two.load("ab") == both
    one.save("ab", {**both, 3: (KeptMass(Square(3, 3, 40)),)})
    two.save("ab", {2: (KeptMass(Square(5, 5, 40)),)})  # the first frame's mass is removed, the second's is moved
    expected = {2: (KeptMass(Square(5, 5, 40)),), 3: (KeptMass(Square(3, 3, 40)),)}
    assert Store(tmp_path).load("ab") == expected
    two.save("ab", {2: (KeptMass(Square(6, 6, 40)),)})
    assert Store(tmp_path).load("ab") == {**expected, 2: (KeptMass(Square(6, 6, 40)),)}, "still not its to remove"


def test_what_was_damaged_meanwhile_is_set_aside_and_not_written_over(tmp_path: Path) -> None:
    store = Store(tmp_path)
    kept = {1: (KeptMass(Square(0, 0, 40)),)}
    store.save("ab", kept)
    (tmp_path / "ab.json").write_text("damaged")
    more = {**kept, 2: (KeptMass(Square(1, 1, 40)),)}
    store.save("ab", more)
    assert (tmp_path / "ab.set-aside-1.json").read_text() == "damaged"
    assert store.load("ab") == more
