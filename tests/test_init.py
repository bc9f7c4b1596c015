"""The public interface: its names are fixed and load on first use."""

import inspect
import subprocess
import sys

import pytest

import hinge_outcomes as ho

# What scripts and notebooks elsewhere rely on; a name may join this list and never leave it.
FIXED = {
    "INSTRUMENTS",
    "STAGES",
    "Cohort",
    "LossRule",
    "MasteryCriterion",
    "Scenario",
    "count_flow",
    "derive_outcome_panel",
    "derive_stays",
    "estimate_change",
    "estimate_mastery",
    "estimate_occupancy",
    "estimate_responders",
    "fit_pain",
    "ingest",
    "read_cohort",
    "render_report",
    "simulate",
    "validate",
    "write_cohort",
}

# The parameters that the fixed calls name, in the order in which the calls give them.
CALLS = {
    "count_flow": ["cohort"],
    "simulate": ["scenario", "n_episodes", "seed"],
    "ingest": ["export", "mapping"],
    "derive_stays": ["cohort"],
    "estimate_occupancy": ["stays"],
    "estimate_mastery": ["cohort", "stage", "kind", "by", "horizon_day", "cluster"],
    "derive_outcome_panel": ["cohort", "instrument"],
    "estimate_change": ["cohort", "instrument", "at_day", "by"],
    "estimate_responders": ["cohort", "instrument", "at_day", "by"],
    "fit_pain": ["cohort", "instrument"],
    "render_report": ["name", "cohort", "parameters", "out"],
}


def test_the_fixed_names_are_there() -> None:
    """Every name of the fixed interface is listed and loads."""
    assert set(ho.__all__) >= FIXED
    assert all(getattr(ho, name) is not None for name in FIXED)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_fixed_calls_are_possible(name: str) -> None:
    """A fixed call's data come first and everything it names is a parameter."""
    parameters = inspect.signature(getattr(ho, name)).parameters
    first, *named = CALLS[name]
    assert next(iter(parameters)) == first
    assert set(named) <= set(parameters)


def test_what_a_call_may_add_has_a_default() -> None:
    """A fixed call needs nothing beyond the parameters that it names."""
    needed = {
        name: [
            parameter.name
            for parameter in inspect.signature(getattr(ho, name)).parameters.values()
            if parameter.default is parameter.empty and parameter.name not in known
        ]
        for name, known in CALLS.items()
    }
    assert not any(needed.values()), needed


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A misspelt name fails as it does in any module."""
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        _ = ho.simulat


def test_names_are_listed_before_they_load() -> None:
    """Tab completion shows the public names in a fresh interpreter."""
    code = "import hinge_outcomes as ho; print(set(ho.__all__) <= set(dir(ho)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "True"
