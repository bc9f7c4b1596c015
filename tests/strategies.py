"""Hypothesis strategies for small lawful cohorts and for lawful scenarios, read from declarations.

What a cell may hold comes from `hinge_outcomes.cohort.tables`, and what a parameter may be from the
sections of a scenario; what must fit together (days before the cut, an end before nothing, one
working stage a day, a low age below a high one) is drawn so that it fits.
"""

import datetime as dt
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.tables import SCHEMAS, column_dtype, empty_table, table_key
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.domain.states import RULE_DATED_REASONS
from hinge_outcomes.simulation.parameters import Parameter, declared
from hinge_outcomes.simulation.scenario import SECTIONS, Scenario

DATA_CUT = dt.date(2026, 9, 30)

LONGEST_DAYS = 200
"""No episode of a drawn cohort begins earlier than this before the cut."""


def cells(table: str, name: str, *, is_null: bool | None = None) -> st.SearchStrategy[Any]:
    """Draw values that the declaration of one column allows.

    `is_null=False` leaves nulls out; otherwise they occur where the column is nullable.
    """
    column = SCHEMAS[table].columns[name]
    bounds = column.metadata
    low, high = bounds["minimum"], bounds["maximum"]
    dtype = column_dtype(column)
    if isinstance(dtype, pd.CategoricalDtype):
        values: st.SearchStrategy[Any] = st.sampled_from(list(dtype.categories))
    elif str(dtype).startswith("Int"):
        start = 0 if low is None else int(low)
        values = st.integers(start, LONGEST_DAYS if high is None else int(high))
    elif str(dtype) == "boolean":
        values = st.booleans()
    elif str(dtype) == "float64":
        values = st.integers(0, 10_000).map(lambda hundredths: hundredths / 100)
    elif str(dtype).startswith("datetime64"):
        values = st.integers(0, LONGEST_DAYS).map(
            lambda days: pd.Timestamp(DATA_CUT) - pd.Timedelta(days=days)
        )
    else:
        values = st.sampled_from([f"{name[0].upper()}{number}" for number in range(1, 4)])
    may_be_null = column.nullable if is_null is None else is_null
    return st.none() | values if may_be_null else values


def table_of(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Make a table with the declared columns from rows; what a row does not say is null."""
    if not rows:
        return empty_table(table)
    return pd.DataFrame(rows, columns=list(SCHEMAS[table].columns))


@st.composite
def cohorts(draw: st.DrawFn, *, max_episodes: int = 4, max_rows: int = 8) -> Cohort:
    """Draw a small cohort that breaks no rule: any entry, any end, any visits and ratings.

    Warnings are allowed, since real records earn them: ratings without a visit, episodes closed as
    mastered that the ratings do not document, visits after the end.
    """
    patients = [
        {"patient_id": f"P{number}", "birth_year": draw(st.integers(1930, 2005)),
         "sex": draw(cells("patients", "sex"))}
        for number in range(1, 4)
    ]  # fmt: skip
    tables: dict[str, list[dict[str, Any]]] = {
        "episodes": [], "visits": [], "assessments": [], "outcomes": []
    }  # fmt: skip
    for number in range(1, draw(st.integers(1, max_episodes)) + 1):
        episode = _episode(draw, f"E{number}")
        tables["episodes"].append(episode)
        span = (pd.Timestamp(DATA_CUT) - episode["start_date"]).days
        end = span if episode["end_day"] is None else episode["end_day"]
        tables["visits"].extend(_visits(draw, episode["episode_id"], span, max_rows))
        tables["assessments"].extend(_assessments(draw, episode, end, max_rows))
        tables["outcomes"].extend(_outcomes(draw, episode["episode_id"], span, max_rows))
    frames = {name: table_of(name, rows) for name, rows in tables.items()}
    return Cohort(patients=table_of("patients", patients), data_cut=DATA_CUT, **frames)


def _episode(draw: st.DrawFn, episode_id: str) -> dict[str, Any]:
    names = set(SCHEMAS["episodes"].columns) - {"episode_id", "end_day", "last_observed_day"}
    episode = {name: draw(cells("episodes", name)) for name in sorted(names)}
    has_stages = draw(st.sampled_from([True, True, True, False]))
    stages = sorted(draw(st.tuples(st.integers(1, 4), st.integers(1, 4))))
    episode["entry_stage"], episode["target_stage"] = stages if has_stages else (None, None)
    span = (pd.Timestamp(DATA_CUT) - episode["start_date"]).days
    reason = episode["end_reason"]
    episode["end_day"] = None if reason is None else draw(st.integers(0, span))
    is_seen = reason is not None and reason not in RULE_DATED_REASONS
    episode["last_observed_day"] = episode["end_day"] if is_seen else span
    return {"episode_id": episode_id, **episode}


def _days(draw: st.DrawFn, first: int, last: int, most: int, **kwargs: Any) -> list[int]:
    return sorted(draw(st.lists(st.integers(first, last), max_size=most, **kwargs)))


def _visits(draw: st.DrawFn, episode_id: str, span: int, most: int) -> list[dict[str, Any]]:
    free = ("status", "clinician_id", "home_exercise_days")
    return [
        {"episode_id": episode_id, "visit_day": day, "visit_number": number}
        | {name: draw(cells("visits", name)) for name in free}
        for number, day in enumerate(_days(draw, 0, span, most), start=1)
    ]


def _assessments(
    draw: st.DrawFn, episode: dict[str, Any], end: int, most: int
) -> list[dict[str, Any]]:
    # Few stages and mostly good ratings, so that mastery, failures and moves are common.
    keys = draw(
        st.lists(st.tuples(st.integers(0, end), st.integers(1, 5)), max_size=2 * most, unique=True)
    )
    levels = st.sampled_from([3, 3, 3, 2, 0, None])
    rows = []
    for day, stage in keys:
        is_marked = draw(cells("assessments", "is_working_stage"))
        if is_marked and any(
            row["assessed_day"] == day and row["is_working_stage"] for row in rows
        ):
            is_marked = None
        rows.append(
            dict(zip(table_key("assessments"), (episode["episode_id"], day, stage), strict=True))
            | {"mastery_level": draw(levels), "is_working_stage": is_marked}
        )
    return rows


def _outcomes(draw: st.DrawFn, episode_id: str, span: int, most: int) -> list[dict[str, Any]]:
    earliest = int(SCHEMAS["outcomes"].columns["measured_day"].metadata["minimum"])
    keys = draw(
        st.lists(
            st.tuples(st.integers(earliest, span), cells("outcomes", "instrument", is_null=False)),
            max_size=most,
            unique=True,
        )
    )
    return [
        {
            "episode_id": episode_id,
            "measured_day": day,
            "instrument": code,
            "score": float(
                draw(st.integers(int(INSTRUMENTS[code].minimum), int(INSTRUMENTS[code].maximum)))
            ),
        }
        for day, code in keys
    ]


MOST_CLINICS = 40
"""A drawn scenario has at most so many clinics: each costs rows in no table, but time."""

_ORDERED = (
    ("people", "age_minimum", "age_maximum"),
    ("learning", "cued_from", "conscious_from"),
    ("loss", "closing_from", "closing_to"),
)


@st.composite
def scenarios(draw: st.DrawFn, *, longest_days: int = 1_200) -> Scenario:
    """Draw a scenario of which every value is allowed, the ends of its range as readily as any.

    `longest_days` bounds the calendar, from the first start to the data cut. Shrinking leads to
    the scenario that ships.
    """
    shipped = Scenario.default().as_dict()
    values: dict[str, Any] = {"name": "drawn", "description": "Drawn by Hypothesis."}
    for section, kind in SECTIONS.items():
        values[section] = {
            name: draw(parameter_values(rule, shipped[section][name]), label=f"{section}.{name}")
            for name, rule in declared(kind).items()
        }
    cut = draw(st.dates(dt.date(2014, 1, 1), dt.date(2060, 12, 31)) | st.just(DATA_CUT))
    before = sorted(draw(st.tuples(*[st.integers(0, longest_days)] * 2)))
    first_start = cut - dt.timedelta(days=before[1])
    values["calendar"] |= {
        "data_cut": cut,
        "last_start": cut - dt.timedelta(days=before[0]),
        "first_start": first_start,
    }
    people = values["people"]
    # Nobody is born before the earliest year that the table of patients allows.
    earliest = SCHEMAS["patients"].columns["birth_year"].metadata["minimum"]
    people["age_maximum"] = min(people["age_maximum"], first_start.year - earliest)
    people["other_share"] = min(people["other_share"], 1 - people["female_share"])
    for section, low, high in _ORDERED:
        pair = sorted((values[section][low], values[section][high]))
        values[section][low], values[section][high] = pair
    return Scenario.from_dict(values, complete=True)


def parameter_values(rule: Parameter, shipped: Any) -> st.SearchStrategy[Any]:
    """Draw values that the declaration of one parameter allows: as shipped, an end, or between."""
    if rule.choices:
        return st.sampled_from(rule.choices)
    if rule.kind == "texts":
        return st.just(shipped) | st.lists(st.text(max_size=8), max_size=3)
    if rule.kind in ("text", "date"):
        return st.just(shipped)
    if rule.total is not None and rule.length is not None:
        return st.just(shipped) | _shares(rule.length, rule.total)
    if rule.kind.endswith("s"):
        low, high = (1, 6) if rule.length is None else (rule.length, rule.length)
        return st.just(shipped) | st.lists(_numbers(rule), min_size=low, max_size=high)
    return st.just(shipped) | _numbers(rule)


def _numbers(rule: Parameter) -> st.SearchStrategy[Any]:
    low, high = rule.minimum, rule.maximum
    if rule.kind.startswith("integer"):
        most = min(int(high), MOST_CLINICS)
        return st.sampled_from([int(low), most]) | st.integers(int(low), most)
    return st.sampled_from([float(low), float(high)]) | st.floats(low, high)


def _shares(length: int, total: float) -> st.SearchStrategy[list[float]]:
    weights = st.lists(st.sampled_from([0, 0, 1, 2, 7]), min_size=length, max_size=length)
    return weights.filter(any).map(lambda drawn: [total * each / sum(drawn) for each in drawn])
