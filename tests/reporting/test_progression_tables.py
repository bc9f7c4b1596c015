"""Analyses of progression as a page shows them, under the small-cell rules."""

from functools import cache

import numpy as np
import pytest

import hinge_outcomes as ho
from hinge_outcomes.reporting.blocks import Figure, Notice, Table
from hinge_outcomes.reporting.disclosure import HIDDEN, Disclosure
from hinge_outcomes.reporting.progression_tables import (
    checks_table,
    clinicians_table,
    difference_table,
    hazards_table,
    loss_figure,
    loss_table,
    sensitivity_table,
)

DESK, RELEASE = Disclosure("internal"), Disclosure()


@cache
def cohort(n_episodes: int = 500) -> ho.Cohort:
    """The default scenario."""
    return ho.simulate(ho.Scenario.default(), n_episodes=n_episodes, seed=4)


def test_differences_are_those_of_the_estimate_in_points() -> None:
    """Each row is 100 times the difference of the chances, rounded."""
    estimate = ho.estimate_mastery(cohort(), by="sex", horizon_day=180)
    table = difference_table(estimate, DESK)
    assert isinstance(table, Table)
    wanted = estimate.differences()
    wanted = wanted[(wanted["quantity"] == "probability") & (wanted["day"] == 180)].iloc[0]
    row = next(r for r in table.rows if r[1] == "Mastered by day 180, points")
    assert row[0] == f"{wanted['group']} less {wanted['reference']}"
    assert row[2] == f"{100 * wanted['estimate']:.0f}".replace("-", "−")


def test_differences_of_a_hidden_group_are_not_shown() -> None:
    """With few people no difference may be printed: a notice says so."""
    estimate = ho.estimate_mastery(cohort(60), by="symptom_duration", horizon_day=90)
    assert isinstance(difference_table(estimate, RELEASE), Notice)


def test_every_assumption_has_a_row_and_its_own_number() -> None:
    """The first row is the main analysis, equal to the estimate itself."""
    analysis = ho.analyse_mastery_sensitivity(cohort())
    table = sensitivity_table(analysis, 180, DESK)
    assert len(table.rows) == len(analysis.estimates)
    main = ho.estimate_mastery(cohort()).table().set_index(["quantity", "day"])
    assert table.rows[0][1] == f"{100 * main.loc[('probability', 180), 'estimate']:.0f}%"


def test_hazard_ratios_are_exponentials_and_small_models_are_hidden() -> None:
    """Printed ratios are exp of the estimates; kinds with 1 to 10 moves are hidden for release."""
    fit = ho.fit_hazards(ho.derive_stays(cohort()), "age")
    numbers = fit.table()
    rows = hazards_table(fit, DESK).rows
    assert [row[2] for row in rows] == [f"{np.exp(value):.2f}" for value in numbers["estimate"]]
    small = ho.fit_hazards(ho.derive_stays(cohort(60)), "age")
    few = small.table()["n_events"].between(1, 10)
    assert few.any()
    assert [row[2] == HIDDEN for row in hazards_table(small, RELEASE).rows] == few.tolist()


def test_loss_has_three_rows_a_day_and_a_picture() -> None:
    """Each estimand by its name, with the estimate as a whole percentage."""
    analysis = ho.analyse_loss(cohort(), day=180)
    table, numbers = loss_table(analysis, DESK), analysis.table()
    assert [row[2] for row in table.rows] == [f"{100 * p:.0f}%" for p in numbers["estimate"]]
    assert len(table.rows) == 3
    assert isinstance(loss_figure(analysis, DESK), Figure)


def test_loss_among_few_people_is_hidden() -> None:
    """Of forty episodes too few master it to be shown: neither numbers nor a picture."""
    analysis = ho.analyse_loss(cohort(40), day=90)
    assert {row[2] for row in loss_table(analysis, RELEASE).rows} <= {HIDDEN, "–"}
    assert isinstance(loss_figure(analysis, RELEASE), Notice)


def test_checks_give_p_values_with_their_meaning() -> None:
    """One row for the process, three for the visits, one for each model of a move."""
    stays = ho.derive_stays(cohort())
    hazards = ho.fit_hazards(stays, "age")
    markov, visits = ho.analyse_markov_property(stays), ho.analyse_visit_process(cohort())
    rows = checks_table(markov, visits, hazards, DESK).rows
    p = markov.table().iloc[-1]["p_value"]
    assert rows[0][1] == ("< 0.001" if p < 0.001 else f"{p:.3f}")
    assert len(rows) > 4
    assert all(row[2] for row in rows)


def test_clinicians_are_a_spread_and_nobody_is_named() -> None:
    """The table holds no clinician's or clinic's id."""
    rates = ho.fit_clinician_rates(ho.derive_stays(cohort()))
    text = str(clinicians_table(rates).to_data())
    ids = set(cohort().episodes["clinician_id"].dropna())
    assert not any(str(name) in text for name in ids)
    assert rates.table().iloc[0]["estimate"] == pytest.approx(
        float(clinicians_table(rates).rows[0][2]), abs=0.005
    )
