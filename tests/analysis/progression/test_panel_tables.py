"""Tables of a fitted panel model."""

import numpy as np
import pytest
from scipy.linalg import expm

from hinge_outcomes.analysis.progression.panel_markov import fit_panel_markov
from hinge_outcomes.exceptions import AnalysisError
from tests.analysis.progression.panel_examples import frame_of_pairs

FRAME = frame_of_pairs({(1, 2): 20, (2, 1): 10, (1, 3): 10}, {(1, 1): 70, (2, 2): 80})
FIT = fit_panel_markov(
    FRAME, subject="id", time="day", state="state", transitions=[(1, 2), (2, 1), (1, 3)]
)


def test_every_table_ends_in_estimate_and_interval():
    """The columns of results are where every reader expects them, estimates inside intervals."""
    for table in (FIT.rates(), FIT.sojourn_times(), FIT.transition_probabilities(7)):
        names = list(table.columns)
        first = names.index("estimate")
        assert names[first : first + 4] == ["estimate", "std_error", "ci_low", "ci_high"]
        assert (table["ci_low"] <= table["estimate"]).all()
        assert (table["estimate"] <= table["ci_high"]).all()


def test_transition_probabilities_are_the_exponential_and_rows_sum_to_one():
    """At several times at once; what the graph makes certain has an interval of no width."""
    table = FIT.transition_probabilities([0, 3.5])
    late = table[table["time"] == 3.5]["estimate"].to_numpy().reshape(3, 3)
    assert late == pytest.approx(expm(3.5 * FIT.generator()), abs=1e-12)
    assert late.sum(axis=1) == pytest.approx(np.ones(3))
    sure = table[(table["from"] == 3) & (table["to"] == 3)]
    assert (sure["ci_low"] == 1).all()
    assert (sure["ci_high"] == 1).all()


def test_stays_are_the_inverse_of_the_rates_out():
    """State 3 is never left and has none."""
    stays = FIT.sojourn_times()
    assert stays["state"].tolist() == [1, 2]
    assert stays["estimate"].to_numpy() == pytest.approx(-1 / np.diag(FIT.generator())[:2])


def test_times_that_are_none_are_refused():
    """A negative time between, or a time before the first observation."""
    with pytest.raises(AnalysisError):
        FIT.transition_probabilities(-1)
    with pytest.raises(AnalysisError):
        FIT.prevalence([-1])


def test_nobody_at_risk_has_no_share():
    """After the last visits only those who reached the end are left, and all are there."""
    late = FIT.prevalence([8]).set_index("state")
    assert late.loc[3, "observed"] == 1.0
    assert late["n_at_risk"].tolist() == [10, 10, 10]


def test_without_covariates_there_are_no_ratios():
    """The table is empty and has its columns."""
    table = FIT.hazard_ratios()
    assert len(table) == 0
    assert table.columns.tolist()[:4] == ["covariate", "from", "to", "estimate"]


def test_expectation_needs_a_known_beginning():
    """Where every first state is uncertain, shares must be given to expect anything."""
    frame = FRAME.assign(state=FRAME["state"].where(FRAME["day"] > 0, 9))
    columns = {"subject": "id", "time": "day", "state": "state"}
    options = {"transitions": [(1, 2), (2, 1), (1, 3)], "censored_states": {9: (1, 2)}}
    rates = {(1, 2): 0.03, (2, 1): 0.02, (1, 3): 0.01}
    unknown = fit_panel_markov(frame, **columns, **options, fixed=rates)
    with pytest.raises(AnalysisError, match="initial"):
        unknown.prevalence([7])
    given = fit_panel_markov(frame, **columns, **options, fixed=rates, initial={1: 0.5, 2: 0.5})
    assert given.prevalence([7])["n_expected"].sum() == pytest.approx(190)
