"""Scores and the follow-ups they stand for."""

import pandas as pd
import pytest

from hinge_outcomes.cohort.windows import match_windows
from hinge_outcomes.domain.follow_up import WINDOWS
from hinge_outcomes.exceptions import AnalysisError


def scores(*rows: tuple[str, str, int, float]) -> pd.DataFrame:
    """Make an outcomes table from (episode, instrument, day, score)."""
    frame = pd.DataFrame(rows, columns=["episode_id", "instrument", "measured_day", "score"])
    return frame.astype({"measured_day": "Int16"})


def days(found: pd.DataFrame) -> list[tuple[str, str, int, int]]:
    """List who, what, planned and measured day."""
    return [
        (row.episode_id, str(row.instrument), row.target_day, row.measured_day)
        for row in found.itertuples()
    ]


def test_the_nearest_score_stands_for_the_follow_up() -> None:
    """Of two scores inside a window the one nearer the planned day is taken."""
    found = match_windows(scores(("E1", "nprs", 75, 5.0), ("E1", "nprs", 95, 3.0)), [91])
    assert days(found) == [("E1", "nprs", 91, 95)]


def test_of_two_equally_near_the_earlier_is_taken() -> None:
    """Days 88 and 94 are both three days from 91, and day 88 wins whatever the row order."""
    both = scores(("E1", "nprs", 94, 3.0), ("E1", "nprs", 88, 5.0))
    assert days(match_windows(both, [91])) == [("E1", "nprs", 91, 88)]
    assert days(match_windows(both[::-1], [91])) == [("E1", "nprs", 91, 88)]


@pytest.mark.parametrize("target", sorted(WINDOWS))
def test_both_ends_of_a_window_belong_to_it(target: int) -> None:
    """The first and last day of a window count, the day before and the day after do not."""
    window = WINDOWS[target]
    for day, is_inside in [
        (window.first_day, True),
        (window.last_day, True),
        (window.first_day - 1, False),
        (window.last_day + 1, False),
    ]:
        assert len(match_windows(scores(("E1", "nprs", day, 5.0)), [target])) == is_inside


def test_no_baseline_is_not_day_ten() -> None:
    """A first score on day 10 is no baseline."""
    assert match_windows(scores(("E1", "nprs", 10, 5.0)), [0]).empty


def test_each_score_is_used_once() -> None:
    """No score stands for two follow-ups, since the windows do not overlap."""
    every_day = scores(*[("E1", "nprs", day, 1.0) for day in range(-14, 425)])
    found = match_windows(every_day, WINDOWS)
    assert found["measured_day"].is_unique
    assert found["measured_day"].tolist() == sorted(WINDOWS)


def test_instruments_and_episodes_are_kept_apart() -> None:
    """Each instrument of each episode has its own score, sorted by episode and instrument."""
    found = match_windows(
        scores(("E2", "nprs", 0, 1.0), ("E1", "odi", 1, 2.0), ("E1", "nprs", 2, 3.0)), [0]
    )
    assert found["score"].tolist() == [3.0, 2.0, 1.0]


def test_an_empty_table_gives_an_empty_table() -> None:
    """No scores and no planned days are both answered with a frame that has the columns."""
    assert match_windows(scores(), [0, 91]).empty
    assert list(match_windows(scores(("E1", "nprs", 0, 1.0)), []).columns)[2] == "target_day"


def test_an_unplanned_day_is_an_error_that_lists_the_planned_ones() -> None:
    """Asking for day 90 names the days one can ask for."""
    with pytest.raises(AnalysisError, match="0, 42, 91, 182, 364"):
        match_windows(scores(("E1", "nprs", 90, 1.0)), [90])
