"""The three answers as numbers: influence against leaving one out, and both rules of errors."""

from functools import cache

import numpy as np
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.after_loss import (
    CareIntervals,
    mastery_after_loss,
    mastery_by_delta,
)
from hinge_outcomes.analysis.progression.loss import COVARIATES
from hinge_outcomes.analysis.progression.loss_estimates import (
    LossEstimates,
    LossQuestion,
    estimate_three_ways,
    intervals_in_care,
    leave_one_out,
)
from hinge_outcomes.analysis.progression.mastery_population import stage_in_question
from hinge_outcomes.analysis.progression.mastery_stays import first_stays, read_mastery_days
from hinge_outcomes.analysis.progression.visit_history import VisitHistory, derive_visit_history
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion

QUESTION = LossQuestion(np.array([90.0, 150.0]), np.array([0.0, 0.5, 1.0]), 1.0)


@cache
def parts() -> tuple[CareIntervals, VisitHistory]:
    """Read 250 simulated episodes with loss that depends on pain."""
    cohort = ho.simulate(ho.Scenario.named("loss-mar"), n_episodes=250, seed=3)
    wanted, _ = stage_in_question(cohort, "target")
    days = read_mastery_days(cohort, wanted, criterion=MasteryCriterion(), loss=LossRule())
    history = derive_visit_history(cohort, days, gap_days=42, upto_day=150.0, covariates=COVARIATES)
    return intervals_in_care(first_stays(days)), history


@cache
def found() -> LossEstimates:
    """Estimate with influence."""
    return estimate_three_ways(*parts(), QUESTION)


def repeated(episodes: np.ndarray) -> tuple[CareIntervals, VisitHistory]:
    """Make a cohort of the named episodes, as often as they are named."""
    in_care, history = parts()
    rows = [np.flatnonzero(history.episode == episode) for episode in episodes]
    number = np.repeat(np.arange(len(episodes)), [len(some) for some in rows])
    place = np.concatenate(rows)
    followed = np.isin(episodes, history.day0_episode)
    first = np.searchsorted(history.day0_episode, episodes[followed])
    return (
        CareIntervals(
            in_care.start[episodes],
            in_care.stop[episodes],
            in_care.end[episodes],
            in_care.weight[episodes],
        ),
        VisitHistory(
            episode=number,
            day=history.day[place],
            is_lost=history.is_lost[place],
            start=history.start[place],
            stop=history.stop[place],
            end=history.end[place],
            day0_end=history.day0_end[first],
            day0_episode=np.flatnonzero(followed),
            known=history.known.iloc[place].reset_index(drop=True),
        ),
    )


def test_influence_is_the_effect_of_one_episode_more():
    """One episode added to 40 copies of all changes each answer by its influence.

    The model of loss is fitted again, so this proves that the estimation of the weights is in it;
    what is left is of second order: it falls as one over the number of copies.
    """
    everyone = np.tile(np.arange(250), 40)
    base = estimate_three_ways(*repeated(everyone), QUESTION)
    largest = np.abs(base.influence).max()
    for episode in (33, 180, 249):
        more = estimate_three_ways(*repeated(np.append(everyone, episode)), QUESTION)
        change = more.estimate - base.estimate
        assert base.influence[episode] == pytest.approx(change, abs=5e-3 * largest)


def test_both_errors_agree_where_clusters_are_many():
    """Leaving out 50 groups of 5 episodes gives the infinitesimal jackknife's error within 15%."""
    clusters = (np.arange(250) % 50).astype(str).astype(object)
    exact = leave_one_out(*parts(), clusters, QUESTION)
    assert found().std_error(clusters) == pytest.approx(exact, rel=0.15)


def test_estimating_the_weights_is_part_of_the_influence():
    """Without the part that comes through the model, the influence is another one."""
    weights = found().weights
    n = len(parts()[0].start)
    seen = mastery_after_loss(weights.intervals, 150.0, QUESTION.deltas)
    known = np.bincount(weights.episode, seen.row_influence[:, 2], n)
    assert np.abs(found().influence[:, 1, 3] - known).max() > 1e-4


def test_influence_adds_up_to_nothing():
    """Counting everybody twice changes nothing."""
    total = found().influence.sum(axis=0)
    assert total == pytest.approx(np.zeros_like(total), abs=1e-10)


def test_errors_of_whole_clusters_add_up_their_members():
    """With everybody in one of two clusters the error is the root of two squared sums."""
    clusters = np.where(np.arange(250) % 2 == 0, "a", "b").astype(object)
    sums = np.stack([found().influence[clusters == name].sum(axis=0) for name in ("a", "b")])
    assert found().std_error(clusters) == pytest.approx(np.sqrt((sums**2).sum(axis=0)))


def test_a_single_cluster_has_no_error():
    """Nothing can be left out of one clinic: the error is missing."""
    one = np.full(250, "C01", dtype=object)
    assert np.isnan(leave_one_out(*parts(), one, QUESTION)).all()


def test_mastery_in_care_takes_loss_as_an_end():
    """The first column is the plain estimate on stays that end in loss."""
    in_care, _ = parts()
    plain = mastery_by_delta(in_care, 150.0, np.ones(1))
    assert found().estimate[1, 0] == plain[0]
