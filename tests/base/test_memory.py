"""What this process holds, as the system counts it."""

import pytest

from bmgui.base.memory import held_bytes


def test_it_grows_by_what_is_taken() -> None:
    before = held_bytes()
    if before is None:
        pytest.skip("this system does not say")
    taken = bytearray(b"x" * 100_000_000)
    after = held_bytes()
    assert after is not None
    assert after - before == pytest.approx(len(taken), rel=0.1)
