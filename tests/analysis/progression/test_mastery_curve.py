"""One group's curve."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.mastery_curve import (
    Question,
    estimate_curve,
    known_to_day,
)


def _stays(*rows: tuple) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["episode_id", "stop_day", "to_state"])
    frame["to_state"] = frame["to_state"].astype(object).where(frame["to_state"].notna(), None)
    return frame.assign(start_day=0.0, from_state="unmastered", cluster=frame["episode_id"])


def test_the_days_reported_lie_between_start_and_horizon() -> None:
    """90, 180 and 365 as far as they are asked about, and the horizon itself."""
    assert Question(200, 0, False, 0.95).report_days() == [90, 180, 200]
    assert Question(365, 100, False, 0.95).report_days() == [180, 365]


def test_what_is_known_ends_with_the_last_in_sight() -> None:
    """Somebody censored on 60 ends knowledge on 60; if all have ended it never ends."""
    assert known_to_day(_stays((1, 10, "mastered"), (2, 60, None))) == 60
    assert known_to_day(_stays((1, 10, "mastered"), (2, 60, "lost"))) == np.inf


def test_at_zero_and_one_there_is_an_exact_limit_or_none() -> None:
    """By day 9 none of 10 has mastered, all followed: at most 1 - .05^(1/10).

    With one of them censored on day 5 nothing can be said of the limits.
    """
    rows = [(number, 20.0 + number, "lost") for number in range(9)]
    question = Question(9, 0, False, 0.95)
    whole = estimate_curve(_stays(*rows, (9, 30.0, "lost")), question).answers.iloc[0]
    assert (whole["estimate"], whole["ci_low"]) == (0, 0)
    assert whole["ci_high"] == pytest.approx(1 - 0.05 ** (1 / 10))
    partly = estimate_curve(_stays(*rows, (9, 5.0, None)), question).answers.iloc[0]
    assert partly["estimate"] == 0
    assert np.isnan(partly["ci_low"])
    assert np.isnan(partly["ci_high"])
