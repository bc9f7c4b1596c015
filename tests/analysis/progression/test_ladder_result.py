"""What a ladder fit says of itself: tables, words, pictures."""

from functools import cache

import numpy as np
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.ladder import fit_ladder
from hinge_outcomes.analysis.progression.ladder_result import LadderFit
from hinge_outcomes.exceptions import AnalysisError


@cache
def fitted() -> LadderFit:
    """Four hundred episodes with one covariate."""
    cohort = ho.simulate(ho.Scenario.named("matched"), n_episodes=400, seed=8)
    return fit_ladder(cohort, covariates=("age",), form="simple")


def test_the_table_has_a_row_per_kind_and_stage_with_its_counts() -> None:
    """Tied rates repeat over stages; intervals hold their estimate; counts stand beside."""
    table = fitted().table()
    assert list(table.columns) == [
        "kind", "stage", "estimate", "std_error", "ci_low", "ci_high", "n_events", "days_at_risk",
    ]  # fmt: skip
    assert not table.duplicated(["kind", "stage"]).any()
    assert table.groupby("kind")["estimate"].nunique().eq(1).all()
    assert ((table["ci_low"] < table["estimate"]) & (table["estimate"] < table["ci_high"])).all()
    assert 1 not in set(table.loc[table["kind"] == "backward", "stage"])


def test_a_hazard_ratio_is_what_a_unit_multiplies_the_rate_by() -> None:
    """Rates at two ages ten years apart differ by the tenth power of the ratio."""
    fit = fitted()
    young, old = (fit.rates(age=age).set_index(["kind", "stage"])["estimate"] for age in (50, 60))
    ratio = fit.hazard_ratios().set_index("kind")["estimate"]
    for kind in ("forward", "backward", "lost"):
        assert old[kind].iloc[0] / young[kind].iloc[0] == pytest.approx(ratio[kind] ** 10)


def test_the_summary_says_rates_mastery_and_assumptions() -> None:
    """One paragraph with intervals, the share by day 180, and the verdict."""
    told = fitted().summary()
    assert "400 episodes" in told
    assert "95% CI" in told
    assert "mastered their target by day 180" in told
    assert "Converged" in told


def test_the_picture_has_a_line_per_kind() -> None:
    """As many lines as kinds of moves."""
    fit = fitted()
    assert len(fit.plot().get_legend().get_texts()) == fit.rates()["kind"].nunique()


def test_what_nobody_aims_for_is_refused() -> None:
    """A target that does not occur, days before the start, visits that never come."""
    fit = fitted()
    with pytest.raises(AnalysisError, match="Targets: "):
        fit.passage(1)
    with pytest.raises(AnalysisError, match="0 or more"):
        fit.mastery([-1])
    with pytest.raises(AnalysisError, match="above 0"):
        fit.passage(days_between_visits=0)


def test_the_simple_form_has_no_errors_of_rating() -> None:
    """Its table of misrating is empty."""
    assert fitted().misrating().empty


def test_each_pattern_knows_its_target() -> None:
    """Patterns of covariates are made within targets."""
    fit = fitted()
    assert np.array_equal(fit.pattern_target[fit.pattern], fit.target)


def test_latent_mastery_runs_ahead_of_what_visits_document() -> None:
    """The gap is above nought, and grows by what is learnt between visits and confirmed later."""
    fit = fitted()
    cohort = ho.simulate(ho.Scenario.named("matched"), n_episodes=400, seed=8)
    table = fit.beside(ho.estimate_mastery(cohort)).set_index(["quantity", "day"])["estimate"]
    assert (table["gap"] > 0).all()
    assert table["latent"].tolist() == fit.mastery()["estimate"].tolist()
    documented = ho.estimate_mastery(cohort).table().set_index(["quantity", "day"])["estimate"]
    assert table["documented"].tolist() == documented["probability"].tolist()


def test_only_like_is_put_beside_like() -> None:
    """Another stage, other rules, groups, or days beyond the horizon are refused."""
    fit = fitted()
    cohort = ho.simulate(ho.Scenario.named("matched"), n_episodes=400, seed=8)
    for options in (
        {"stage": 3}, {"by": "sex"}, {"loss": ho.LossRule(gap_days=28)}, {"kind": "maintained"},
    ):  # fmt: skip
        with pytest.raises(AnalysisError, match="same rules"):
            fit.beside(ho.estimate_mastery(cohort, **options))
    with pytest.raises(AnalysisError, match="horizon_day=365"):
        fit.beside(ho.estimate_mastery(cohort), [400])
