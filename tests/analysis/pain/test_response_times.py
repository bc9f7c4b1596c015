"""Time to a response, first and confirmed."""

import numpy as np
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.pain.response_times import estimate_time_to_response
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError
from tests.analysis.pain.cohorts import scored_cohort

SCORES = [
    ("a", 0, 8.0), ("a", 30, 5.0), ("a", 60, 7.0), ("a", 90, 6.0), ("a", 120, 5.0),
    ("b", 0, 6.0), ("b", 60, 5.0), ("b", 150, 5.0),
    ("c", 0, 7.0), ("c", 90, 5.0),
    ("d", 0, 1.0), ("d", 60, 0.0),
    ("e", 40, 3.0),
    ("f", 0, 9.0),
]  # fmt: skip


def test_the_first_score_that_is_better_by_enough_counts() -> None:
    """a responds on 30, c on 90, b never (followed to 150): 1/3 by 56, 2/3 by 112, by hand."""
    found = estimate_time_to_response(scored_cohort(SCORES))
    table = found.table()
    share = table[table["quantity"] == "share"].set_index("day")
    assert share.loc[56, "estimate"] == pytest.approx(1 / 3)
    assert share.loc[112, "estimate"] == pytest.approx(2 / 3)
    assert share.loc[56, ["n", "n_without_baseline", "n_no_room", "n_without_later_score"]].tolist() == [3, 1, 1, 1]  # noqa: E501  # fmt: skip
    assert table[table["quantity"] == "median_days"]["estimate"].iloc[0] == 90


def test_a_confirmed_response_needs_the_next_score_too() -> None:
    """a is better on 30, not on 60, again on 90 and 120: confirmed on 120; c is never confirmed."""
    found = estimate_time_to_response(scored_cohort(SCORES), confirmed=True)
    curve = found.curve_table()
    assert curve["time"].tolist() == [120.0]
    # c left on day 90 unconfirmed: a and b are at risk on 120.
    assert curve["estimate"].tolist() == [0.5]
    assert "confirmed by the next score" in found.summary()


def test_without_censoring_the_share_is_the_plain_proportion() -> None:
    """Everybody followed to day 364: the curve counts those who have responded."""
    rng = np.random.default_rng(1)
    scores = []
    for number in range(60):
        start = float(rng.integers(4, 10))
        scores += [(f"e{number:02d}", 0, start)]
        scores += [
            (f"e{number:02d}", day, float(rng.integers(0, 10))) for day in (42, 91, 182, 364)
        ]
    cohort = scored_cohort(scores)
    curve = estimate_time_to_response(cohort).curve_table()
    panel = ho.derive_outcome_panel(cohort)
    panel = panel[(panel["measured_day"] > 3) & (panel["change"] <= -2)]
    first = panel.groupby("episode_id")["measured_day"].min()
    for row in curve.itertuples():
        assert row.estimate == pytest.approx((first <= row.time).sum() / 60)


def test_nobody_responding_is_a_share_of_zero_not_an_error() -> None:
    """One whose pain stays and one whose pain rises, beside a responder of another group."""
    scores = [("a", 0, 5.0), ("a", 91, 5.0), ("b", 0, 5.0), ("b", 91, 1.0)]
    episodes = {"a": {"symptom_duration": "acute"}}
    table = estimate_time_to_response(
        scored_cohort(scores, episodes=episodes), by="symptom_duration"
    ).table()
    assert table[table["symptom_duration"] == "acute"]["estimate"].max() == 0.0


def test_groups_have_curves_of_their_own_in_one_picture() -> None:
    """By duration each group is drawn."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=200, seed=7)
    found = estimate_time_to_response(cohort, by="symptom_duration")
    assert found.curve_table()["symptom_duration"].nunique() == 3
    assert found.plot().get_ylabel() == "Share with a response"


def test_what_cannot_be_asked_is_refused() -> None:
    """A rule the instrument lacks, an instrument that is not there, no later score at all."""
    cohort = scored_cohort(SCORES)
    with pytest.raises(AnalysisError, match="mic, relative, both"):
        estimate_time_to_response(cohort, rule="better")
    with pytest.raises(NotIdentifiableError, match="no score of odi"):
        estimate_time_to_response(cohort, "odi")
    with pytest.raises(NotIdentifiableError, match="leaves room to respond"):
        estimate_time_to_response(scored_cohort([("a", 0, 5.0)]))
