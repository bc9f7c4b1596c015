"""Occupancy and mastery come out of R's survfit again, errors of every kind included."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.occupancy import aalen_johansen, estimate_occupancy
from hinge_outcomes.analysis.progression.r_occupancy import mastery_check, occupancy_check
from hinge_outcomes.exceptions import AnalysisError
from tests.analysis.r_runs import compared_by_r, largest_difference, needs_r

in_survival = needs_r("survival")
# The same sums in another order.
CLOSE = 1e-11

# KA2 of the definitions, with the second subject a member of the first's cluster.
KA2 = pd.DataFrame(
    {
        "id": [1, 1, 2, 3, 4, 5],
        "tstart": [0, 10, 0, 4, 0, 0],
        "tstop": [10, 20, 6, 15, 12, 20],
        "from": ["s1", "s2", "s1", "s2", "s2", "s1"],
        "to": ["s2", "m", "lost", "m", None, None],
        "unit": [1, 1, 1, 2, 2, 3],
        "weight": [2.0, 2.0, 0.5, 1.0, 1.5, 1.0],
    }
)


@cache
def cohort():
    """A small clinic."""
    return ho.simulate(ho.Scenario.default(), n_episodes=150, seed=3)


def in_r(result, folder):
    """The largest difference; there are errors among what was compared."""
    found = compared_by_r(result, folder)
    assert set(found["number"]) == {"estimate", "std_error"}
    return largest_difference(found)


@in_survival
@pytest.mark.parametrize("start", ["fixed", "estimated"])
@pytest.mark.parametrize(
    "more", [{}, {"cluster": "unit"}, {"cluster": "unit", "weights": "weight"}]
)
def test_occupancy_is_that_of_survfit(start, more, tmp_path):
    """Late entry, two starting states, clusters and weights agree with survfit."""
    assert in_r(aalen_johansen(KA2, start_distribution=start, **more), tmp_path) < CLOSE


@in_survival
def test_leaving_out_each_clinician_is_done_in_r_too(tmp_path):
    """The delete-one jackknife agrees with a loop over survfit."""
    result = estimate_occupancy(ho.derive_stays(cohort()), cluster="clinician_id")
    assert in_r(result, tmp_path) < CLOSE


@in_survival
@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "maintained", "by": "symptom_duration"},
        {"standardise": "entry_stage", "by": "symptom_duration", "kind": "maintained"},
        {"standardise": "entry_stage", "by": "symptom_duration", "cluster": "clinician_id"},
        {"landmark_day": 30, "horizon_day": 200},
    ],
)
def test_mastery_is_that_of_survfit(asked, tmp_path):
    """Chances and mean days of every group agree, and those brought to a standard too."""
    result = ho.estimate_mastery(cohort(), **asked)
    assert in_r(result, tmp_path) < CLOSE


def test_no_error_is_compared_where_a_cluster_cuts_through_a_subject():
    """R adds up whole subjects, so errors are left out where a subject has two clusters."""
    check = occupancy_check(aalen_johansen(KA2.assign(unit=np.arange(6)), cluster="unit"))
    assert set(check.ours["number"]) == {"estimate"}
    assert "influence_of" not in check.script()


def test_no_error_is_compared_where_nobody_or_everybody_is():
    """A chance of 0 or 1 has no error to compare."""
    ours = occupancy_check(aalen_johansen(KA2, times=[1, 15])).ours
    early = ours[(ours["at"] == 1) & (ours["name"] == "m")]
    assert early["number"].tolist() == ["estimate"]


def test_what_is_compared_of_mastery_is_what_its_table_says():
    """Our numbers are the chances and the mean days mastered of the table, by group."""
    result = ho.estimate_mastery(cohort(), by="symptom_duration")
    table = result.table().set_index("quantity")
    expected = table.loc[["probability"], "estimate"].dropna().tolist()
    ours = mastery_check(result).ours
    is_chance = (ours["quantity"] == "probability") & (ours["number"] == "estimate")
    assert ours.loc[is_chance, "ours"].tolist() == expected


def test_groups_whose_states_differ_are_refused():
    """Where one group has states that another lacks, the error says what to do."""
    result = ho.estimate_mastery(cohort(), by="symptom_duration", standardise="entry_stage")
    first, *others = result.occupancies
    plain = aalen_johansen(KA2)
    odd = replace(result, occupancies={first: plain, **{k: result.occupancies[k] for k in others}})
    with pytest.raises(AnalysisError, match="one group at a time"):
        mastery_check(odd)


def test_groups_are_numbers():
    """The labels of groups are not written."""
    check = mastery_check(ho.estimate_mastery(cohort(), by="clinician_id"))
    assert not any("C01" in text for text in check.files().values())
