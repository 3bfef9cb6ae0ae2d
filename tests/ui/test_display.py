import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bmgui.ui.display import CONTRASTS, Display


def test_nothing_changed_shows_the_frame_itself() -> None:
    frame = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert Display().applied(frame) is frame
    assert Display().table().tolist() == list(range(256))


@given(st.floats(-1, 1), st.floats(*CONTRASTS), st.booleans())
def test_the_frame_is_never_written_to(brightness: float, contrast: float, inverted: bool) -> None:
    frame = np.arange(256, dtype=np.uint8).reshape(16, 16)
    frame.flags.writeable = False
    shown = Display(brightness, contrast, inverted).applied(frame)
    assert not np.shares_memory(shown, frame) or shown is frame


@given(st.floats(-1, 1), st.floats(*CONTRASTS))
def test_brighter_stays_brighter_and_inverted_turns_it_round(brightness: float, contrast: float) -> None:
    table = Display(brightness, contrast).table().astype(int)
    assert (np.diff(table) >= 0).all()
    assert (Display(brightness, contrast, inverted=True).table() == 255 - table).all()


def test_values_beyond_the_limits_are_brought_back() -> None:
    assert Display(3, 99, inverted=True).within_limits() == Display(1, 5, inverted=True)
