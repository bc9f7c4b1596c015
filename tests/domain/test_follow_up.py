"""Windows: the days on which a score counts, without overlap."""

from itertools import pairwise

from hinge_outcomes.domain.follow_up import BASELINE, FOLLOW_UPS, WINDOWS


def test_windows_are_the_defined_ones() -> None:
    """Baseline [-14, 3]; 6, 13, 26, 52 weeks plus or minus 14, 21, 42, 56 days."""
    assert (BASELINE.first_day, BASELINE.last_day) == (-14, 3)
    spans = {w.target_day: (w.target_day - w.first_day, w.last_day - w.target_day)
             for w in FOLLOW_UPS}  # fmt: skip
    assert spans == {42: (14, 14), 91: (21, 21), 182: (42, 42), 364: (56, 56)}
    assert list(WINDOWS) == [0, 42, 91, 182, 364]


def test_windows_do_not_overlap() -> None:
    """No score can stand for two follow-ups."""
    for earlier, later in pairwise(WINDOWS.values()):
        assert earlier.last_day < later.first_day
