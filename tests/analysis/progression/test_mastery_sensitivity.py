"""Mastery under other assumptions."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.mastery import estimate_mastery
from hinge_outcomes.analysis.progression.mastery_sensitivity import analyse_mastery_sensitivity
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import AnalysisError
from tests.hand_made import cohort_of, episode

COHORT = ho.simulate(ho.Scenario.default(), n_episodes=300, seed=2)
RESULT = analyse_mastery_sensitivity(COHORT, horizon_day=180)


def test_one_assumption_is_changed_at_a_time() -> None:
    """The main analysis is first, then two datings, two loss rules and two criteria."""
    rows = RESULT.table().drop_duplicates("assumption")
    assert rows["varied"].tolist() == ["main analysis", *["dating"] * 2, *["loss rule"] * 2,
                                       *["criterion"] * 2]  # fmt: skip
    assert "lost after 28 days without a visit" in rows["assumption"].tolist()
    assert rows["assumption"].str.contains("visit before").sum() == 2


def test_every_row_is_what_the_estimate_says_under_that_assumption() -> None:
    """The table stacks single estimates and computes nothing of its own."""
    table = RESULT.table()
    for assumption, options in (
        (table["assumption"].iloc[0], {}),
        ("lost after 84 days without a visit", {"loss": LossRule(84)}),
        ("rated automatic once", {"criterion": MasteryCriterion(consecutive=1)}),
        ("dated at the visit before the confirming rating", {"dating": "left"}),
    ):
        own = estimate_mastery(COHORT, horizon_day=180, **options).table()
        rows = table[table["assumption"] == assumption]
        assert rows["estimate"].to_numpy() == pytest.approx(own["estimate"].to_numpy(), nan_ok=True)


def test_a_longer_gap_keeps_patients_at_risk_by_hand() -> None:
    """Seen on 0 and 50 with mastery on 50, and one seen on 0 alone, cut on 100.

    With a gap of 28, 42 or 84 days the silent one is lost on that day; the other masters on 50
    whatever the rule, since a gap followed by a visit is no loss. So one of two, always.
    """
    cohort = cohort_of(
        episode("A", entry=3, observed=100, visits=[0, 50], ratings=[(50, 3, 3)]),
        episode("B", entry=3, observed=100, visits=[0]),
    )
    result = analyse_mastery_sensitivity(
        cohort, horizon_day=90, criterion=MasteryCriterion(consecutive=1)
    )
    table = result.table()
    chance = table[(table["quantity"] == "probability") & (table["varied"] == "loss rule")]
    assert chance["estimate"].tolist() == [0.5, 0.5]
    assert chance["n_at_risk"].tolist() == [0, 0]


def test_differences_are_paired() -> None:
    """The same patients stand behind both, so a difference is known better than either."""
    table, differences = RESULT.table(), RESULT.differences()
    of = {"quantity": "mean_days_mastered", "varied": "dating"}
    own = table[(table[list(of)] == of).all(axis=1)]
    rows = differences[(differences[list(of)] == of).all(axis=1)]
    main = table.set_index(["varied", "quantity"]).loc[("main analysis", "mean_days_mastered")]
    assert rows["estimate"].to_numpy() == pytest.approx(
        own["estimate"].to_numpy() - main["estimate"]
    )
    # Dated earlier, patients have spent more days having mastered it: for certain.
    assert (rows["ci_low"] > 0).all()
    assert (rows["std_error"].to_numpy() < 0.2 * own["std_error"].to_numpy()).all()


def test_the_paragraph_and_the_drawing_name_the_assumptions() -> None:
    """Words hold the main estimate and every other; the drawing has a line for each."""
    told = RESULT.summary()
    assert told.startswith("By day 180 ")
    assert "With another loss rule: " in told
    assert "Over all of these it lies between" in told
    ax = RESULT.plot()
    assert len(ax.get_yticklabels()) == 7
    assert ax.get_yticklabels()[0].get_text() == "main analysis"
    plt.close("all")


def test_other_choices_can_be_made() -> None:
    """Other gaps, criteria and options of the estimate; groups are refused."""
    found = analyse_mastery_sensitivity(
        COHORT, 3, "maintained", horizon_day=90, datings=(), loss_gaps=(60,), criteria=(),
        cluster="clinic_id",
    )  # fmt: skip
    assert found.table()["varied"].unique().tolist() == ["main analysis", "loss rule"]
    assert np.isfinite(found.table()["estimate"]).any()
    with pytest.raises(AnalysisError, match="by="):
        analyse_mastery_sensitivity(COHORT, by="sex")
