"""What a mastery estimate says of itself."""

import matplotlib.pyplot as plt

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.mastery import estimate_mastery
from hinge_outcomes.analysis.progression.mastery_result import MasteryEstimate
from hinge_outcomes.domain.rules import MasteryCriterion
from tests.hand_made import cohort_of, episode


def simulated(**options: object) -> MasteryEstimate:
    """Estimate on a small simulated cohort."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=300, seed=11)
    return estimate_mastery(cohort, **options)


def test_the_paragraph_gives_estimate_interval_and_numbers() -> None:
    """The summary holds the shares with intervals, the numbers at risk and who is behind them."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=300, seed=11)
    result = estimate_mastery(cohort, horizon_day=180)
    table = result.table()
    row = table[(table["quantity"] == "probability") & (table["day"] == 180)].iloc[0]
    told = result.summary()
    assert f"{row.estimate:.1%} ({row.ci_low:.1%} to {row.ci_high:.1%}) by day 180" in told
    assert f"{row.n_at_risk} still at risk" in told
    assert f"300 episodes of {cohort.n_patients} patients" in told
    assert "rated automatic 2 times in a row" in told


def test_each_kind_is_named_in_words() -> None:
    """Held and lasting mastery are not mistaken for the first."""
    assert "that is still held" in simulated(kind="maintained", horizon_day=90).summary()
    told = simulated(kind="durable", durable_days=30, horizon_day=90).summary()
    assert "that lasted 30 days" in told
    stage = simulated(stage=2, criterion=MasteryCriterion(consecutive=1), horizon_day=90).summary()
    assert "stage 2 (Butt Taps) (rated automatic once)" in stage


def test_those_left_out_are_told_with_the_reason() -> None:
    """A paragraph about one stage says who could not be asked."""
    cohort = cohort_of(episode("A", entry=1), episode("B", entry=3))
    told = estimate_mastery(cohort, stage=2).summary()
    assert "1 of 2 episodes are left out: 1 entered above stage 2" in told
    assert "Nobody moved on above this stage." in told


def test_a_table_is_a_copy() -> None:
    """Changing a returned table does not change the result."""
    result = simulated(horizon_day=90)
    table, curve = result.table(), result.curve()
    table.loc[0, "estimate"] = 9.0
    curve.loc[0, "estimate"] = 9.0
    assert result.table().loc[0, "estimate"] < 1
    assert result.curve().loc[0, "estimate"] == 0


def test_the_curve_is_drawn_with_its_groups() -> None:
    """The plot is one Axes that names each group, also of a single curve."""
    result = simulated(by="symptom_duration", horizon_day=120)
    ax = result.plot()
    texts = {text.get_text() for text in ax.texts}
    assert {"acute", "subacute", "chronic"} <= texts
    _, given = plt.subplots()
    assert simulated(horizon_day=120).plot(given) is given
    plt.close("all")


def test_a_notebook_shows_paragraph_and_table() -> None:
    """The HTML form holds the summary and the answers."""
    html = simulated(horizon_day=90)._repr_html_()
    assert "First documented mastery" in html
    assert "mean_days_mastered" in html
