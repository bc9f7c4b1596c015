"""A ladder fit as a page shows it: days per move, and the gap to documented mastery."""

from functools import cache

import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.ladder_result import LadderFit
from hinge_outcomes.reporting.blocks import Table
from hinge_outcomes.reporting.disclosure import HIDDEN, Disclosure
from hinge_outcomes.reporting.ladder_tables import ladder_answer, ladder_table, latent_table


@cache
def cohort(n_episodes: int) -> ho.Cohort:
    """The default scenario."""
    return ho.simulate(ho.Scenario.default(), n_episodes=n_episodes, seed=4)


@cache
def ladder(n_episodes: int = 600) -> LadderFit:
    """Tied rates."""
    return ho.fit_ladder(cohort(n_episodes))


def test_rates_are_days_and_tied_stages_share_a_row() -> None:
    """Days are one over the rate; the row names the stages it holds for."""
    rows = {row[0]: row for row in ladder_table(ladder(), Disclosure("internal")).rows}
    rate = ladder().rates().drop_duplicates("kind").set_index("kind").loc["forward", "estimate"]
    assert rows["Learning a stage"][1] == "1 to 10"
    assert float(rows["Learning a stage"][2]) == pytest.approx(1 / rate, abs=0.5)


def test_a_rate_that_rests_on_few_moves_is_hidden_under_release() -> None:
    """Of few patients some kind of move has 1 to 10: hidden for release, shown at the desk."""
    fit = ladder(60)
    few = fit.rates().groupby("kind")["n_events"].sum().between(1, 10)
    assert few.any()
    released = [row[2] for row in ladder_table(fit, Disclosure()).rows]
    assert released.count(HIDDEN) == few.sum()
    assert HIDDEN not in [row[2] for row in ladder_table(fit, Disclosure("internal")).rows]


def test_the_gap_is_latent_less_documented() -> None:
    """In whole points, from the numbers before they are rounded."""
    documented = ho.estimate_mastery(cohort(600))
    table = latent_table(ladder(), documented, Disclosure("internal"))
    assert isinstance(table, Table)
    by_day = documented.table().set_index(["quantity", "day"])["estimate"]
    latent = ladder().mastery([180]).iloc[0]["estimate"]
    gap = 100 * (latent - by_day["probability", 180])
    row = next(row for row in table.rows if row[0] == "By day 180")
    assert row[5] == f"{gap:+.0f}".replace("-", "−")


def test_the_answer_holds_the_verdict() -> None:
    """Whether a maximum was found stands in the paragraph."""
    words = ladder_answer(ladder()).to_data()
    assert "Converged" in str(words)
