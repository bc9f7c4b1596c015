"""Sections: every parameter says how firm it is, what it describes and where it comes from."""

import math

import pytest

from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.parameters import MARKS, Parameter, declared
from hinge_outcomes.simulation.scenario import SECTIONS

PARAMETERS = {
    f"{section}.{name}": rule
    for section, kind in SECTIONS.items()
    for name, rule in declared(kind).items()
}


def _keys(marks: str) -> list[str]:
    return [key for key, rule in PARAMETERS.items() if rule.mark in marks]


def _bounds(rule: Parameter) -> tuple[float, float]:
    return rule.minimum, rule.maximum


@pytest.mark.parametrize("key", PARAMETERS)
def test_every_parameter_has_a_mark_and_a_label(key: str) -> None:
    """Nothing goes into a simulation without words and a mark."""
    assert PARAMETERS[key].mark in MARKS
    assert PARAMETERS[key].label


@pytest.mark.parametrize("key", _keys("A"))
def test_an_assumption_names_the_range_to_try(key: str) -> None:
    """Whoever doubts a mark of A can see what to put in its place."""
    assert PARAMETERS[key].sensitivity


@pytest.mark.parametrize("key", _keys("SD"))
def test_what_is_known_names_its_source_and_whom_it_describes(key: str) -> None:
    """A mark of S or D comes with where it was read, or computed, and its population."""
    assert PARAMETERS[key].source
    assert PARAMETERS[key].population


def test_all_marks_are_in_use() -> None:
    """There are settings, assumptions, read and computed values, so no mark is an empty word."""
    assert {rule.mark for rule in PARAMETERS.values()} == set(MARKS)


def test_every_number_has_two_ends() -> None:
    """No number of a scenario is without bounds, so that a property test can draw it."""
    for key, rule in PARAMETERS.items():
        if rule.kind.rstrip("s") in ("number", "integer") and not rule.choices:
            low, high = _bounds(rule)
            assert math.isfinite(low), key
            assert math.isfinite(high), key
            assert low < high, key


def test_starts_at_the_ends_of_their_range_make_a_scenario() -> None:
    """Each number of who comes may be at its least and at its most, shares and ages aside."""
    default = Scenario.default()
    tried = 0
    for key, rule in PARAMETERS.items():
        section, name = key.split(".")
        is_free = name not in ("age_minimum", "age_maximum", "female_share", "other_share")
        if section in ("calendar", "people", "placement", "recurrence") and is_free:
            for value in _bounds(rule) if rule.kind == "number" else ():
                changed = default.replace({key: value})
                assert getattr(getattr(changed, section), name) == value
                tried += 1
    assert tried > 30


def test_shares_of_everybody_sum_to_one() -> None:
    """Entry, target, duration and risk are shares of all patients."""
    summed = {key for key, rule in PARAMETERS.items() if rule.total is not None}
    assert summed == {"people.duration_shares", "people.start_back_shares",
                      "placement.entry_shares", "placement.target_shares"}  # fmt: skip
    assert all(PARAMETERS[key].total == 1 for key in summed)
