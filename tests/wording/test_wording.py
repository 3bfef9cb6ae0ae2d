from collections.abc import Iterator

import pytest

from bmgui import wording
from bmgui.base.errors import KnownError


@pytest.fixture(autouse=True)
def _back_to_english() -> Iterator[None]:
    yield
    wording.use_language("en")


def test_an_error_speaks_the_readers_language_and_files_stay_english() -> None:
    error = KnownError("no-such-frame", file="a.dcm", frame=9, frames=3)
    assert wording.sentence(error) == "a.dcm has no frame 9; it has 3."
    wording.use_language("zh_CN")
    assert wording.sentence(error) != wording.english(error) == "a.dcm has no frame 9; it has 3."
    assert "a.dcm" in wording.sentence(error)
    assert "9" in wording.sentence(error)


def test_braces_in_a_file_name_are_only_a_name() -> None:
    error = KnownError("no-such-frame", file="{x}{0.__class__}.dcm", frame=1, frames=1)
    assert "{x}{0.__class__}.dcm" in wording.sentence(error)
