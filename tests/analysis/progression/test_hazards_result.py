"""Results by move: tables, words, drawings and single models."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.hazards import fit_hazards
from hinge_outcomes.exceptions import AnalysisError
from tests.analysis.progression.cox_references import clinic_stays


@pytest.fixture(scope="module")
def by_kind():
    """One model per kind of move."""
    return fit_hazards(clinic_stays(), "symptom_duration + age")


@pytest.fixture(scope="module")
def by_move():
    """One model per move, some of which have too few events."""
    return fit_hazards(clinic_stays().head(6_000), "symptom_duration + age", per="transition")


def test_the_table_has_one_row_per_kind_and_term(by_kind):
    """What the row is about, then the estimate with its interval, then the counts."""
    table = by_kind.table()
    assert list(table.columns[:8]) == [
        "transition", "term", "estimate", "std_error", "ci_low", "ci_high", "n_at_risk", "n_events",
    ]  # fmt: skip
    kinds = ["forward", "backward", "mastered", "discharged", "referred", "lost"]
    assert list(dict.fromkeys(table["transition"])) == kinds
    assert len(table) == 18
    np.testing.assert_allclose(table["hazard_ratio"], np.exp(table["estimate"]))


def test_moves_with_too_few_events_are_listed_and_said(by_move):
    """Left out of the table; named with the reason; counted in the summary."""
    moves = by_move.transitions()
    left = moves[~moves["is_fitted"]]
    assert len(left) > 0
    assert (left["n_events"] < 15).all()
    assert not set(left["transition"]) & set(by_move.table()["transition"])
    assert f"{len(left)} of {len(moves)} were left out for too few events" in by_move.summary()
    assert by_move.converged == moves.loc[moves["is_fitted"], "has_converged"].all()


def test_all_moves_are_counted_once(by_kind):
    """The events of the kinds add up to the moves of the stays."""
    assert by_kind.transitions()["n_events"].sum() == clinic_stays()["to_state"].notna().sum()


def test_single_models_can_be_looked_into(by_kind):
    """A kind's own fit, or an error that lists the kinds."""
    assert by_kind.model("forward").n_events > 10_000
    with pytest.raises(AnalysisError, match="Fitted are: forward, backward"):
        by_kind.model("upward")


def test_baselines_and_tests_are_gathered_by_move(by_kind):
    """Each names its move; baselines also the stage left."""
    patient = {"symptom_duration": "acute", "age": 50}
    assert list(by_kind.baseline(patient).columns[:3]) == ["transition", "from_state", "time"]
    tests = by_kind.proportional_hazards_test("log")
    assert (tests.groupby("transition").size() == 3).all()


def test_a_fit_without_covariates_has_nothing_to_test():
    """Baselines are there, ratios are not."""
    fit = fit_hazards(clinic_stays().head(500), "1")
    assert fit.table().empty
    assert len(fit.baseline()) > 0
    with pytest.raises(AnalysisError, match="none is tested"):
        fit.proportional_hazards_test()


def test_the_summary_says_clock_ratios_and_clusters(by_kind):
    """Patients are the clusters, because they return."""
    text = by_kind.summary()
    for part in ("time in the state", "forward (14,474 events)", "95% CI", "(patient_id)"):
        assert part in text, part
    assert "HazardsFit: Hazard ratios by move" in repr(by_kind)


def test_ratios_are_drawn_by_move_and_term(by_kind):
    """One line per row of the table."""
    ax = by_kind.plot()
    assert len(ax.get_yticklabels()) == 18
    assert "forward" in ax.get_yticklabels()[0].get_text()
