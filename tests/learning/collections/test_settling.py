"""Which findings are dealt with when some of their pictures are excluded, and what they would rather leave out."""

import pytest

from bmgui.learning.collections.audit import CODES, Code, Finding, Named
from bmgui.learning.collections.collection import Part
from bmgui.learning.collections.settling import better_gone, left_in, settled


def named(identity: str, label: str = "benign", part: Part | None = None, collection: str = "a") -> Named:
    return Named(collection, identity, f"{identity}.png", label, part)


def finding(code: Code, *pictures: Named, keep: tuple[str, ...] = ()) -> Finding:
    return Finding(code, pictures, keep=keep)


@pytest.mark.parametrize("code", ["picture-damaged", "marks-in-crop", "coloured", "square-proposed"])
def test_a_single_picture_is_dealt_with_when_it_is_excluded(code: Code) -> None:
    one = finding(code, named("1"))
    assert not settled(one, {})
    assert not settled(one, {"b": {"1"}})  # another collection's section of that name
    assert settled(one, {"a": {"1"}})


@pytest.mark.parametrize("code", ["same-picture", "near-duplicates"])
def test_doubles_are_dealt_with_when_one_is_left(code: Code) -> None:
    three = finding(code, named("1"), named("2"), named("3"), keep=("1",))
    assert not settled(three, {"a": {"2"}})
    assert settled(three, {"a": {"2", "3"}})
    assert [one.id for one in better_gone(three)] == ["2", "3"]


@pytest.mark.parametrize("code", ["both-classes", "mass-both-labels"])
def test_a_conflict_is_dealt_with_when_one_label_is_left(code: Code) -> None:
    pair = finding(code, named("1"), named("2", "malignant"))
    assert not settled(pair, {})
    assert settled(pair, {"a": {"2"}})
    assert settled(finding(code, named("1"), named("2")), {})  # relabelled since
    assert [one.id for one in better_gone(pair)] == ["1", "2"]


def test_a_section_that_is_a_normal_picture_is_a_conflict_until_it_is_excluded() -> None:
    pair = finding("both-classes", named("1"), named("", "normal"))
    assert [one.id for one in better_gone(pair)] == ["1"]
    assert not settled(pair, {})
    assert settled(pair, {"a": {"1"}})


def test_what_is_learnt_from_goes_before_what_tests() -> None:
    pair = finding("across-parts", named("1", part="test"), named("2", part="train"))
    assert [one.id for one in better_gone(pair)] == ["2"]
    assert not settled(pair, {})
    assert settled(pair, {"a": {"2"}})


def test_two_collections_are_apart_when_one_has_let_go() -> None:
    pair = finding("across-collections", named("1"), named("1", collection="b"))
    assert not settled(pair, {"a": {"2"}})
    assert settled(pair, {"b": {"1"}})


def test_limits_hold_when_enough_are_excluded() -> None:
    five = finding("many-sections", *(named(str(n)) for n in range(5)), keep=("0", "1", "2", "3"))
    assert not settled(five, {})
    assert settled(five, {"a": {"0"}})  # any four may stay
    masses = finding("many-masses", *(named(str(n)) for n in range(3)), keep=("0", "1"))
    assert not settled(masses, {"a": {"0"}})
    assert settled(masses, {"a": {"2"}})


def test_every_code_can_be_settled_and_pictures_that_are_left_are_told() -> None:
    for code in CODES:
        one = finding(code, named("1", part="train"), named("2", "malignant", "test"), named("3", collection="b"))
        assert settled(one, {"a": {"1", "2"}, "b": {"3"}}), code
        assert [left.id for left in left_in(one, {"a": {"1"}})] == ["2", "3"]
