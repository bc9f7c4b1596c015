"""Whether visits come when something has happened."""

from functools import cache

import numpy as np
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.visit_process import (
    VisitProcess,
    analyse_visit_process,
)
from hinge_outcomes.exceptions import NotIdentifiableError
from tests.hand_made import cohort_of, episode


@cache
def found(name: str, seed: int = 3) -> VisitProcess:
    """Analyse 1,200 episodes of a scenario."""
    return analyse_visit_process(ho.simulate(ho.Scenario.named(name), n_episodes=1_200, seed=seed))


def test_visits_brought_forward_by_flare_ups_are_found():
    """Where flare-ups bring visits forward, pain at early visits is a point or more higher."""
    result = found("informative-visits")
    pain = result.table().set_index("question").loc["pain at the visit"]
    assert result.is_informative
    assert pain["ci_low"] > 0.5
    assert "may be off" in result.summary()


def test_a_schedule_that_ignores_the_patient_is_seldom_accused():
    """With visits by the clinic's habit, at most one of five cohorts is called informative.

    In 60 such cohorts the z values had standard deviations 0.93, 0.99 and 1.13, and 5 (8%) were
    called informative, where 5% are expected.
    """
    results = [found("clinic", seed) for seed in (3, 4, 5, 6, 7)]
    assert sum(result.is_informative for result in results) <= 1
    assert "harmless" in results[0].summary()


def test_flagged_visits_came_early_with_more_pain():
    """Each is at half the usual interval or sooner, with pain up by 2 points or more."""
    flagged = found("informative-visits").flagged()
    assert len(flagged) > 20
    assert (flagged["lag_days"] <= flagged["usual_days"] / 2).all()
    assert (flagged["pain"] - flagged["last_pain"] >= 2).all()
    assert len(flagged) > 5 * len(found("clinic").flagged())


def test_too_few_visits_give_missing_numbers_not_noise():
    """Two episodes are not compared."""
    some = cohort_of(*(episode(f"E{k}", visits=[0, 7, 14]) for k in range(2)))
    result = analyse_visit_process(some)
    assert result.table()["estimate"].isna().all()
    assert not result.is_informative
    assert "too few visits" in result.summary()


def test_without_a_second_visit_nothing_can_be_said():
    """One visit an episode has no interval."""
    with pytest.raises(NotIdentifiableError, match="two attended visits"):
        analyse_visit_process(cohort_of(episode(visits=[0])))


def test_the_picture_has_a_line_for_each_question():
    """Differences in standard errors, around no difference."""
    ax = found("clinic").plot()
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    assert names == ["moved forward", "moved back", "pain at the visit"]


def test_counts_are_those_of_the_rows_compared():
    """Moves are counted as events; scores for pain."""
    table = found("clinic").table().set_index("question")
    assert table.loc["moved forward", "n_at_risk"] == found("clinic").n_visits
    assert 0 < table.loc["moved back", "n_events"] < table.loc["moved forward", "n_events"]
    assert table.loc["pain at the visit", "n_events"] == table.loc["pain at the visit", "n_at_risk"]
    assert np.isfinite(table["p_value"]).all()
