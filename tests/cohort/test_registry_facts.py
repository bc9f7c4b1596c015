"""What is known beside the tables grows with every load, and stays lawful for earlier rows."""

import datetime as dt
from typing import Any

import pytest

from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.cohort.registry_facts import Facts
from hinge_outcomes.exceptions import RegistryError

CUT = dt.date(2026, 9, 30)
EMPTY = Facts.from_json(None)


def facts(*clinics: str, **changes: Any) -> Facts:
    """The facts of a load of some clinics."""
    return Facts.of({"data_cut": CUT, **changes}, clinics or ("C01",), has_visits=True)


def joined(*told: Facts, **options: Any) -> Facts:
    """Join the facts of loads, one after the other."""
    known = EMPTY
    for each in told:
        known = known.joined_by(each, **{"force": False, "is_whole": False} | options)
    return known


def test_facts_survive_being_written_down() -> None:
    """JSON and back is the identity."""
    told = facts(
        clinic_names={"C01": "Nørrebro"},
        extra_columns=(ExtraColumn("visits", "x_a", "category", allowed=("a", "b")),),
        assumptions=("One.",),
        scenario={"name": "clinic"},
        seed=7,
    )
    assert Facts.from_json(told.to_json()) == told


def test_one_cut_for_all_is_one_date() -> None:
    """Clinics with the same cut give a date; else a date each."""
    assert facts("C01", "C02").for_cohort()["data_cut"] == CUT
    later = facts("C02", data_cut=CUT + dt.timedelta(days=1))
    both = joined(facts("C01"), later).for_cohort()
    assert both["data_cut"] == {"C01": CUT, "C02": CUT + dt.timedelta(days=1)}
    assert joined(facts("C01"), later).for_cohort(["C01"])["data_cut"] == CUT


def test_a_clinic_without_a_cut_is_refused() -> None:
    """Every clinic of a load needs its data cut."""
    with pytest.raises(RegistryError, match=r"under \[data_cut\] in the mapping"):
        facts("C01", "C02", data_cut={"C01": CUT})


def test_a_forced_older_export_moves_the_cut_only_with_whole_clinics() -> None:
    """Rows that an older export does not hold may lie after its cut, so the cut stays."""
    older = facts(data_cut=CUT - dt.timedelta(days=30))
    assert joined(facts(), older, force=True).data_cuts["C01"] == CUT
    whole = joined(facts(), older, force=True, is_whole=True)
    assert whole.data_cuts["C01"] == CUT - dt.timedelta(days=30)


def test_names_and_assumptions_are_joined() -> None:
    """A later name replaces an earlier one; an assumption is kept once."""
    one = facts(clinic_names={"C01": "North"}, assumptions=("One.", "Two."))
    two = facts(clinic_names={"C01": "North clinic"}, assumptions=("Two.", "Three."))
    known = joined(one, two)
    assert known.clinic_names == {"C01": "North clinic"}
    assert known.assumptions == ("One.", "Two.", "Three.")


def test_a_scenario_is_known_while_all_records_are_from_it() -> None:
    """Two simulations with different seeds are no simulation that could be repeated."""
    one = facts(is_synthetic=True, scenario={"name": "clinic"}, seed=7)
    two = facts(is_synthetic=True, scenario={"name": "clinic"}, seed=8)
    assert joined(one, one).seed == 7
    assert joined(one, two).seed is None
    assert joined(one, two).scenario is None


def test_a_column_declared_again_allows_what_it_allowed() -> None:
    """Codes and ranges grow; rows that were lawful stay so."""
    old = ExtraColumn("visits", "x_a", "category", allowed=("a", "b"), is_required=True)
    new = ExtraColumn("visits", "x_a", "category", allowed=("c", "a"), is_required=True)
    (column,) = joined(facts(extra_columns=(old,)), facts(extra_columns=(new,))).extra_columns
    assert (column.allowed, column.is_required) == (("c", "a", "b"), True)
    low = ExtraColumn("visits", "x_n", "number", minimum=0, maximum=5)
    high = ExtraColumn("visits", "x_n", "number", minimum=2)
    (column,) = joined(facts(extra_columns=(low,)), facts(extra_columns=(high,))).extra_columns
    assert (column.minimum, column.maximum) == (0, None)


def test_a_column_that_comes_later_or_goes_is_not_required() -> None:
    """Rows without the column are lawful, whichever load had it."""
    needed = ExtraColumn("visits", "x_a", "text", is_required=True)
    assert joined(facts(extra_columns=(needed,))).extra_columns[0].is_required
    later = joined(facts(), facts(extra_columns=(needed,)))
    gone = joined(facts(extra_columns=(needed,)), facts())
    assert not later.extra_columns[0].is_required
    assert not gone.extra_columns[0].is_required
