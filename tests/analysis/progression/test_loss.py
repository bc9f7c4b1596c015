"""Three answers about those lost: recovery, agreement, refusals."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.after_loss import CareIntervals, mastery_by_delta
from hinge_outcomes.analysis.progression.loss import COVARIATES, analyse_loss
from hinge_outcomes.analysis.progression.loss_result import (
    AFTER_LOSS,
    IF_NOBODY_LOST,
    WHILE_IN_CARE,
    LossAnalysis,
)
from hinge_outcomes.analysis.progression.mastery import estimate_mastery
from hinge_outcomes.analysis.progression.mastery_population import stage_in_question
from hinge_outcomes.analysis.progression.mastery_stays import read_mastery_days
from hinge_outcomes.analysis.progression.visit_history import derive_visit_history
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError
from tests.hand_made import cohort_of, episode

# Pain slows learning more than by default, so that loss by pain matters.
MAR = ho.Scenario.named("loss-mar").replace(
    {"learning.pain_per_point": -0.2, "loss.recorded_pain_per_point": 0.4}
)
MEASURES = ["estimate", "std_error", "ci_low", "ci_high"]


@cache
def cohort() -> Cohort:
    """Simulate 600 episodes with loss that depends on pain."""
    return ho.simulate(ho.Scenario.named("loss-mar"), n_episodes=600, seed=12)


@cache
def found() -> LossAnalysis:
    """Analyse them on two days."""
    return analyse_loss(cohort(), day=[90, 180])


def row(result: LossAnalysis, estimand: str, day: float = 180) -> pd.Series:
    """Read one answer."""
    table = result.table()
    return table[(table["estimand"] == estimand) & (table["day"] == day)].iloc[0]


def _unweighted(some: Cohort) -> float:
    """Take those lost for patients censored at random: the same intervals, all weights 1."""
    wanted, _ = stage_in_question(some, "target")
    days = read_mastery_days(some, wanted, criterion=MasteryCriterion(), loss=LossRule())
    history = derive_visit_history(some, days, gap_days=42, upto_day=180.0, covariates=COVARIATES)
    seen = history.stop > history.start
    plain = CareIntervals(
        history.start[seen], history.stop[seen], history.end[seen], np.ones(int(seen.sum()))
    )
    return float(mastery_by_delta(plain, 180.0, np.ones(1))[0])


def test_under_mar_weights_recover_mastery_if_nobody_were_lost_and_the_naive_do_not():
    """Simulated again with nobody leaving, the same patients show what the weights aim at.

    Three pairs of cohorts; the weighted answer lies within 3 standard errors of the truth, while
    neither mastery in care nor those lost taken as censored at random does.
    """
    weighted, naive, in_care, variance = [], [], [], 0.0
    for seed in (1, 2, 3):
        complete = ho.simulate(MAR.replace({"loss.per_day": 0.0}), n_episodes=4_000, seed=seed)
        truth = estimate_mastery(complete, horizon_day=180).table()
        truth = float(truth.loc[truth["day"] == 180, "estimate"].iloc[0])
        seen = ho.simulate(MAR, n_episodes=4_000, seed=seed)
        result = analyse_loss(seen, truncate=1.0, deltas=())
        weighted.append(row(result, IF_NOBODY_LOST)["estimate"] - truth)
        in_care.append(row(result, WHILE_IN_CARE)["estimate"] - truth)
        naive.append(_unweighted(seen) - truth)
        variance += row(result, IF_NOBODY_LOST)["std_error"] ** 2
    error = np.sqrt(variance) / 3
    assert abs(np.mean(weighted)) < 3 * error
    assert np.mean(naive) > 3 * error
    assert np.mean(in_care) < -12 * error


def test_loss_depends_on_recorded_pain_as_simulated():
    """The model of loss finds the log hazard of 0.35 a point, and exercise keeps patients."""
    some = ho.simulate(ho.Scenario.named("loss-mar"), n_episodes=3_000, seed=8)
    odds = analyse_loss(some, deltas=()).loss_model().set_index("term")
    pain = odds.loc["last pain"]
    assert abs(np.log(pain["estimate"]) - 0.35) < 3 * pain["std_error"]
    assert odds.loc["home-exercise days", "ci_high"] < 1


def test_the_first_row_is_that_of_estimate_mastery():
    """While in care is the default estimate, error and interval of `estimate_mastery`."""
    reference = estimate_mastery(cohort(), horizon_day=180).table()
    reference = reference[reference["quantity"] == "probability"].set_index("day")
    for day in (90.0, 180.0):
        mine = row(found(), WHILE_IN_CARE, day)
        for name in [*MEASURES, "n_at_risk", "n_events"]:
            assert mine[name] == pytest.approx(reference.loc[day, name], abs=1e-12), name


def test_three_rows_a_day_with_one_tipping_point():
    """Each day has its three estimands, in order, and delta 0, 1 and the assumption."""
    table = found().table()
    assert table["estimand"].tolist() == [WHILE_IN_CARE, IF_NOBODY_LOST, AFTER_LOSS] * 2
    assert table["delta"].tolist() == [0.0, 1.0, 0.5] * 2
    assert table["tipping_delta"].notna().tolist() == [False, False, True] * 2
    assert list(table.columns[4:]) == [*MEASURES, "n_at_risk", "n_events"]


def test_the_grid_joins_the_other_rows():
    """Delta 1 is the weighted row to the last digit; delta 0 is close to mastery in care."""
    grid = found().by_delta().set_index(["day", "delta"])
    for name in MEASURES:
        assert grid.loc[(180.0, 1.0), name] == row(found(), IF_NOBODY_LOST)[name]
        assert grid.loc[(180.0, 0.5), name] == row(found(), AFTER_LOSS)[name]
    in_care = row(found(), WHILE_IN_CARE)
    assert abs(grid.loc[(180.0, 0.0), "estimate"] - in_care["estimate"]) < in_care["std_error"]


def test_at_the_tipping_point_the_answer_leaves_the_interval():
    """With the tipping delta as the assumption the estimate is the lower limit of row two."""
    tipping = found().tipping_points().set_index("day").loc[180.0]
    again = analyse_loss(cohort(), delta=tipping["tipping_delta"], deltas=())
    limit = row(found(), IF_NOBODY_LOST)["ci_low"]
    assert row(again, AFTER_LOSS)["estimate"] == pytest.approx(limit, abs=1e-5)
    assert tipping["threshold"] == limit


def test_a_target_has_its_own_tipping_point():
    """The delta at which a named share is reached; none, in words, where it always or never is."""
    middle = 0.5 * (
        row(found(), IF_NOBODY_LOST)["estimate"] + row(found(), WHILE_IN_CARE)["estimate"]
    )
    between = analyse_loss(cohort(), target=middle).tipping_points().iloc[0]
    assert 0.2 < between["tipping_delta"] < 0.8
    low = analyse_loss(cohort(), target=0.05).tipping_points().iloc[0]
    assert np.isnan(low["tipping_delta"])
    assert "even if nobody lost mastered it" in low["conclusion"]
    high = analyse_loss(cohort(), target=0.95).tipping_points().iloc[0]
    assert np.isnan(high["tipping_delta"])
    assert "not reached" in high["conclusion"]


def test_the_order_of_rows_never_matters():
    """Shuffled tables give the same answers."""
    tables = {
        name: getattr(cohort(), name).sample(frac=1, random_state=3).reset_index(drop=True)
        for name in ("patients", "episodes", "visits", "assessments", "outcomes")
    }
    shuffled = Cohort(data_cut=cohort().data_cut, **tables)
    again = analyse_loss(shuffled, day=[90, 180]).table()
    pd.testing.assert_frame_equal(again, found().table(), rtol=1e-9)


def test_few_clinics_get_errors_by_leaving_one_out():
    """By clinic the errors are wider, use t, and the patients' stand beside them below ten."""
    by_clinic = analyse_loss(cohort(), cluster="clinic_id", deltas=())
    assert by_clinic.n_clusters == 6
    assert by_clinic.by_patient is not None
    mine, patients = row(by_clinic, IF_NOBODY_LOST), by_clinic.by_patient.iloc[1]
    assert patients["std_error"] == pytest.approx(row(found(), IF_NOBODY_LOST)["std_error"])
    width = mine["ci_high"] - mine["ci_low"]
    assert width > 1.2 * 2 * 1.96 * mine["std_error"]
    assert "too few" in by_clinic.summary()


def test_weights_are_told():
    """Those at risk, the largest weight, and what they are worth."""
    spread = found().weights().iloc[1]
    assert spread["n_at_risk"] == row(found(), IF_NOBODY_LOST)["n_at_risk"]
    assert spread["effective_sample_size"] < spread["n_at_risk"]
    assert spread["largest_weight"] <= found().cap


def test_every_episode_is_accounted_for():
    """Analysed and excluded episodes are all; a single stage leaves some out."""
    result = analyse_loss(cohort(), stage=3, deltas=())
    assert result.n_analysed + sum(result.excluded.values()) == 600
    assert result.n_analysed < 600


def test_a_day_beyond_follow_up_is_missing():
    """Nothing is said about a day nobody is followed to."""
    some = cohort_of(
        *(episode(f"E{k}", observed=120, visits=range(0, 120, 7)) for k in range(6)),
        episode("F", observed=120, visits=[0, 7], ratings=[(0, 3, 3), (7, 3, 3)]),
    )
    result = analyse_loss(some, day=200, covariates=())
    assert result.table()["estimate"].isna().all()
    assert "not known" in result.summary()


def test_without_loss_the_three_agree():
    """Where nobody is lost the three answers are one: 1/7 by day 60."""
    some = cohort_of(
        *(episode(f"E{k}", observed=120, visits=range(0, 120, 7)) for k in range(6)),
        episode("F", observed=120, visits=[0, 7], ratings=[(0, 3, 3), (7, 3, 3)]),
    )
    table = analyse_loss(some, day=60, covariates=()).table()
    assert table["estimate"].tolist() == pytest.approx([1 / 7] * 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"day": 0}, "1 or later"),
        ({"delta": -0.1}, "0 or more"),
        ({"deltas": (np.inf,)}, "0 or more"),
        ({"target": 1.5}, "no share"),
        ({"truncate": 0.2}, "0.5 to 1"),
        ({"cluster": "sex"}, "sampling unit"),
        ({"covariates": ("end_reason",)}, "landmark_day"),
        ({"conf_level": 95}, "conf_level"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    """Each says what is allowed."""
    with pytest.raises(AnalysisError, match=message):
        analyse_loss(cohort(), **options)


def test_nobody_to_analyse_is_refused():
    """A stage nobody aims at leaves nothing."""
    some = cohort_of(episode(entry=1, target=3, visits=[0, 7]))
    with pytest.raises(NotIdentifiableError, match="No episode can be analysed"):
        analyse_loss(some, stage=9)


def test_one_patient_and_everybody_gone_on_day_0_are_no_exception():
    """One patient who masters it is all there is; of two who left at once nobody mastered it.

    Nobody can be lost then, and no term of a model of loss is told.
    """
    one = cohort_of(episode(visits=[0, 7], ratings=[(0, 3, 3), (7, 3, 3)]))
    assert analyse_loss(one).table()["estimate"].tolist() == pytest.approx([1.0, 1.0, 1.0])
    gone = [episode(name, visits=[0], end=(0, "referred_out")) for name in ("A", "B")]
    found = analyse_loss(cohort_of(*gone))
    assert found.table()["estimate"].tolist() == [0.0, 0.0, 0.0]
    assert found.loss_model().empty


def test_nobody_ever_seen_again_is_not_taken_for_an_answer():
    """Where everyone is lost on day 0 only mastery in care is known, and it is none."""
    some = [episode(name, visits=[0]) for name in ("A", "B", "C")]
    table = analyse_loss(cohort_of(*some), day=30).table()
    assert table["estimate"][0] == 0.0
    assert table["estimate"][1:].isna().all()
