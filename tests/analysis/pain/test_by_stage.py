"""Pain by stage: what is within a patient, between patients, and around mastery."""

from dataclasses import replace

import numpy as np
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.pain.by_stage import fit_pain_by_stage
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError
from tests.analysis.pain.cohorts import scored_cohort

COHORT = ho.simulate(ho.Scenario.default(), n_episodes=500, seed=7)


def test_without_an_effect_nothing_is_found() -> None:
    """Where stages and pain have nothing to do with each other, no term is 4 errors from zero."""
    cohort = ho.simulate(ho.Scenario.named("no-effect"), n_episodes=1_500, seed=4)
    table = fit_pain_by_stage(cohort).table()
    assert len(table) == 9
    assert (np.abs(table["estimate"]) < 4 * table["std_error"]).all()


def test_a_fall_of_pain_with_mastery_is_found_around_it() -> None:
    """Where pain falls once the target is automatic, scores around its mastery are lower.

    Skill comes before its documented mastery, so the fall shows in the last weeks before as well.
    """
    scenario = ho.Scenario.default()
    strong = replace(scenario, pain=replace(scenario.pain, mastery_nprs=-3.0))
    cohort = ho.simulate(strong, n_episodes=1_500, seed=4)
    table = fit_pain_by_stage(cohort).table().set_index("term")
    assert table.loc["last 2 weeks before", "ci_high"] < 0
    assert table.loc["first 2 weeks after", "ci_high"] < 0
    assert (
        table.loc["first 2 weeks after", "estimate"]
        < (table.loc["4 to 3 weeks before", "estimate"])
    )


def test_questions_come_with_counts_and_words() -> None:
    """Two parts of the stage, four windows, three steps; the summary says they are associations."""
    found = fit_pain_by_stage(COHORT)
    counts = found.table()["question"].value_counts().to_dict()
    assert counts == {"around mastery": 4, "lead and lag": 3, "stage": 2}
    assert "These are associations" in found.summary()
    assert len(found.plot().get_yticklabels()) == 9


def test_a_retreat_to_no_slope_is_said() -> None:
    """With two scores an episode a slope of each cannot be told, and the summary says so."""
    rows = COHORT.outcomes[COHORT.outcomes["instrument"] == "nprs"].sort_values("measured_day")
    two = rows.groupby("episode_id", sort=False).head(2).sort_values(["episode_id", "measured_day"])
    found = fit_pain_by_stage(replace(COHORT, outcomes=two.reset_index(drop=True)))
    assert "No slope by episode" in found.summary()
    assert found.model.randoms == ("1",)


def test_what_cannot_be_asked_is_refused() -> None:
    """No stages, an instrument that is not there, a level of confidence that is none."""
    with pytest.raises(NotIdentifiableError, match="has no stages"):
        fit_pain_by_stage(scored_cohort([("a", 0, 5.0), ("a", 91, 3.0)]))
    with pytest.raises(NotIdentifiableError):
        fit_pain_by_stage(COHORT, "fabq")
    with pytest.raises(AnalysisError, match="conf_level"):
        fit_pain_by_stage(COHORT, conf_level=95)
