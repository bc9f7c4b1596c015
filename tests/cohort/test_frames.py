"""The Cohort: coerced, checked, sorted, selectable, and never the same object as its input."""

import datetime as dt
from dataclasses import fields

import pandas as pd
import pytest

import hinge_outcomes as ho
from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.tables import TABLE_NAMES
from hinge_outcomes.exceptions import ContractError, DataError
from tests.records import CUT, small_cohort, small_tables


def test_dtypes_are_the_declared_ones() -> None:
    """Ids are strings, days Int16, dates in seconds, codes ordered categoricals."""
    episodes = small_cohort().episodes
    assert str(episodes["episode_id"].dtype) == "str"
    assert str(episodes["end_day"].dtype) == "Int16"
    assert str(episodes["start_date"].dtype) == "datetime64[s]"
    assert episodes["end_reason"].cat.ordered


def test_inputs_stay_as_they_were() -> None:
    """Making a cohort leaves the frames it was given untouched."""
    tables = small_tables()
    before = {name: frame.copy(deep=True) for name, frame in tables.items()}
    small_cohort(**tables)
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_rows_are_sorted_by_key_whatever_the_order_given() -> None:
    """Two cohorts from the same rows in another order hold equal tables."""
    shuffled = {name: frame.iloc[::-1] for name, frame in small_tables().items()}
    one, other = small_cohort(), small_cohort(**shuffled)
    pd.testing.assert_frame_equal(one.visits, other.visits)
    pd.testing.assert_frame_equal(one.outcomes, other.outcomes)


def test_error_names_rows_and_remedy_but_no_value() -> None:
    """A stage of 77 is refused by row number, with the range and the mapping's remedy."""
    assessments = small_tables()["assessments"].assign(stage=[1, 77, 1, 2, 3])
    with pytest.raises(ContractError) as raised:
        small_cohort(assessments=assessments)
    message = str(raised.value)
    assert "assessments.stage: 1 row (row 2)" in message
    assert "Stages run from 1 to 10" in message
    assert "[codes.stage]" in message
    assert "77" not in message


def test_selection_keeps_what_belongs_to_the_episodes() -> None:
    """Selecting a clinic keeps only its episodes' rows and remembers the selection."""
    chosen = small_cohort().select(clinic_id="C02")
    assert chosen.n_episodes == 1
    assert list(chosen.patients["patient_id"]) == ["p2"]
    assert set(chosen.visits["episode_id"]) == {"e3"}
    assert chosen.outcomes.empty
    assert chosen.selection == {"clinic_id": "C02"}


def test_whether_visits_were_recorded_is_a_fact_of_the_whole_cohort() -> None:
    """A selection of an episode without visits still knows that the clinic records visits."""
    tables = small_tables()
    visits = tables["visits"][tables["visits"]["episode_id"] != "e3"]
    cohort = small_cohort(visits=visits)
    chosen = cohort.select(clinic_id="C02")
    assert (cohort.has_visits, chosen.has_visits, len(chosen.visits)) == (True, True, 0)
    assert small_cohort(visits=visits.iloc[:0]).has_visits is False
    assert small_cohort(visits=visits.iloc[:0], has_visits=True).has_visits is True


def test_rows_of_visits_outweigh_a_word_against_them() -> None:
    """A visits table with rows is recorded, whatever the caller says."""
    assert small_cohort(has_visits=False).has_visits is True


def test_selection_by_dates() -> None:
    """quarter= means the quarter of the start; discharged_in= that of the closing day."""
    cohort = small_cohort()
    assert list(cohort.select(quarter="2026Q1").episodes["episode_id"]) == ["e1", "e2"]
    assert cohort.select(quarter="2026Q2").n_episodes == 0
    assert cohort.select(discharged_in="2026Q1").n_episodes == 2
    later = cohort.select(started_from="2026-02-01", started_to=dt.date(2026, 2, 28))
    assert list(later.episodes["episode_id"]) == ["e2"]


def test_selection_by_a_list_and_by_missing_values() -> None:
    """A list selects any of its values; a null never matches."""
    cohort = small_cohort()
    assert cohort.select(start_back_risk=["low", "high"]).n_episodes == 2


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"clinik_id": "C01"}, "Did you mean clinic_id"),
        ({"clinic_id": "C9"}, "C01, C02"),
        ({"quarter": "Q3"}, "2026Q3"),
        ({"started_from": "5.1.2026"}, "YYYY-MM-DD"),
    ],
)
def test_a_mistaken_selection_is_named(criteria: dict[str, str], expected: str) -> None:
    """A selection that cannot be meant raises and says what can."""
    with pytest.raises(DataError, match=expected):
        small_cohort().select(**criteria)


def test_extra_columns_are_declared_or_refused() -> None:
    """An x_ column enters with a declaration and is refused without one."""
    episodes = small_tables()["episodes"].assign(x_group=["a", "b", "a"])
    with pytest.raises(ContractError, match="not declared"):
        small_cohort(episodes=episodes)
    group = ExtraColumn("episodes", "x_group", "category", allowed=("a", "b"), is_required=True)
    cohort = small_cohort(episodes=episodes, extra_columns=(group,))
    assert cohort.select(x_group="a").n_episodes == 2


def test_a_cohort_without_stages_is_lawful() -> None:
    """Null stages with empty visits and assessments make a cohort whose has_stages is False."""
    tables = small_tables()
    episodes = tables["episodes"].assign(
        entry_stage=None, target_stage=None, end_day=None, end_reason=None
    )
    episodes["last_observed_day"] = [268, 240, 20]
    cohort = small_cohort(
        episodes=episodes,
        visits=tables["visits"].iloc[:0],
        assessments=tables["assessments"].iloc[:0],
    )
    assert not cohort.has_stages


def test_a_cohort_without_episodes_is_lawful() -> None:
    """Five empty tables are a cohort of nobody, not an error in the code."""
    tables = {name: frame.iloc[:0] for name, frame in small_tables().items()}
    nobody = small_cohort(**tables)
    assert (nobody.n_episodes, nobody.n_patients, nobody.clinics) == (0, 0, ())
    assert "0 episodes" in repr(nobody)
    assert nobody._repr_html_()


def test_data_cut_may_differ_by_clinic() -> None:
    """Each clinic's own cut dates its last observed day."""
    episodes = small_tables()["episodes"]
    episodes.loc[2, "last_observed_day"] = 10
    cuts = {"C01": dt.date(2026, 9, 30), "C02": dt.date(2026, 9, 20)}
    cohort = small_cohort(episodes=episodes, data_cut=cuts)
    assert cohort.cut_of("C02") == dt.date(2026, 9, 20)
    assert cohort.cut_of() == dt.date(2026, 9, 20)


def test_lawful_tables_make_the_same_cohort_without_a_check() -> None:
    """Every table and fact is what the checking way would hold, and the frames are not copied."""
    simulated = ho.simulate(ho.Scenario.default(), n_episodes=60, seed=7)
    names = [entry.name for entry in fields(simulated)]
    held = {name: getattr(simulated, name) for name in names}
    tables = {name: held[name] for name in TABLE_NAMES}
    facts = {name: held[name] for name in names if name not in TABLE_NAMES}
    unchecked, checked = Cohort.from_lawful(tables, **facts), Cohort(**tables, **facts)
    for name in TABLE_NAMES:
        assert getattr(unchecked, name) is tables[name]
        pd.testing.assert_frame_equal(getattr(unchecked, name), getattr(checked, name))
    for name in facts:
        assert getattr(unchecked, name) == getattr(checked, name), name


@pytest.mark.parametrize("has_visits", [None, False, True])
def test_facts_left_out_are_the_defaults_of_lawful_tables_too(has_visits: bool | None) -> None:
    """Made of the same tables with a data cut alone, both ways give equal facts."""
    checked = small_cohort(visits=small_tables()["visits"].iloc[:0], has_visits=has_visits)
    tables = {name: getattr(checked, name) for name in TABLE_NAMES}
    unchecked = Cohort.from_lawful(tables, data_cut=checked.data_cut, has_visits=has_visits)
    for entry in fields(Cohort):
        if entry.name not in TABLE_NAMES:
            assert getattr(unchecked, entry.name) == getattr(checked, entry.name), entry.name
    assert unchecked.clinic_names is not Cohort.from_lawful(tables, data_cut=CUT).clinic_names


def test_the_overview_escapes_and_counts() -> None:
    """The HTML overview counts rows and shows a hostile clinic name as text."""
    html = small_cohort(clinic_names={"C01": "<script>"})._repr_html_()
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert "visits 6" in html
    assert "3 episodes of 2 patients" in repr(small_cohort())
