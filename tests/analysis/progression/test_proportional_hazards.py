"""The test of proportional hazards: R's cox.zph, and functions of time by hand."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.hazards import fit_cox
from hinge_outcomes.analysis.progression.proportional_hazards import (
    TRANSFORMS,
    function_of_time,
)
from hinge_outcomes.exceptions import AnalysisError
from tests.analysis.progression.cox_references import (
    CASES,
    COLUMNS,
    FORMULA,
    assert_close,
    reference,
    rows_of,
)

MODELS = {
    "tests": {},
    "tests_by_site": {"strata": "site"},
    "tests_weighted": {"strata": "site", "weights": "weight", "cluster": "cluster"},
    "tests_from_zero": {"start": None},
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("case", "ties"), CASES)
def test_the_test_is_that_of_r(case, ties, model, transform):
    """Statistic, degrees of freedom and p-value by term and for all at once."""
    fit = fit_cox(rows_of(case), FORMULA, ties=ties, **{**COLUMNS, **MODELS[model]})
    table = fit.proportional_hazards_test(transform)
    expected = reference()[f"{case} {ties}"][model][transform]
    assert table["term"].to_list() == ["x", "age", "arm", "GLOBAL"]
    for column in ("statistic", "df", "p_value"):
        assert_close(table[column], expected[column])


def test_an_effect_that_turns_is_found():
    """x hastens early events and delays late ones; a mean ratio hides it, the test does not."""
    generator = np.random.default_rng(1)
    n = 400
    x = generator.integers(0, 2, n)
    early = generator.exponential(np.where(x == 1, 2.0, 8.0))
    late = 4 + generator.exponential(np.where(x == 1, 20.0, 4.0))
    stop = np.where(early < 4, early, late)
    rows = rows_of("hours").head(1).loc[[0] * n].assign(start=0.0, stop=stop, event=1, x=x)
    fit = fit_cox(rows.reset_index(drop=True), "x", **COLUMNS)
    assert fit.proportional_hazards_test()["p_value"].iloc[0] < 1e-6


def test_functions_of_time_by_hand():
    """Ranks are averaged, the log of time 0 is refused, and other functions are not known."""
    stop = np.array([3.0, 1.0, 3.0])
    is_event = np.array([True, True, False])
    at = np.array([1.0, 3.0])
    assert function_of_time("rank", np.zeros(3), stop, is_event, at).tolist() == [1.0, 2.5]
    assert function_of_time("identity", np.zeros(3), stop, is_event, at).tolist() == [1.0, 3.0]
    with pytest.raises(AnalysisError, match="no logarithm"):
        function_of_time("log", np.zeros(3), stop, is_event, np.array([0.0]))
    with pytest.raises(AnalysisError, match="km, identity, rank, log"):
        function_of_time("sqrt", np.zeros(3), stop, is_event, at)


def test_late_entry_counts_in_the_survival():
    """Someone who enters after the first event is not at risk of it."""
    km = function_of_time(
        "km",
        np.array([0.0, 0.0, 2.0]),
        np.array([1.0, 4.0, 5.0]),
        np.array([True, True, False]),
        np.array([1.0, 4.0]),
    )
    assert km.tolist() == [0.0, 0.5]
