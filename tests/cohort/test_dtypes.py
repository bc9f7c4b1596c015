"""Coercion: what can be converted is, what cannot is named by row and becomes null."""

import pandas as pd
import pytest

from hinge_outcomes.cohort.dtypes import coerce_table
from tests.records import small_tables


@pytest.mark.parametrize(
    ("table", "column", "values", "bad"),
    [
        ("visits", "visit_day", ["0", "7", "x", "0", "7.5", "0"], (3, 5)),
        ("visits", "visit_day", [0, 7, 40_000, 0, 7, 0], (3,)),
        (
            "visits",
            "status",
            ["attended", "Attended", "no_show", None, "late", "cancelled"],
            (2, 5),
        ),
        ("episodes", "start_date", ["2026-01-05", "5/1/2026", "2026-13-01"], (2, 3)),
        ("outcomes", "score", ["6.5", float("inf"), "six"], (2, 3)),
        ("outcomes", "items", [[1, None], "abc", None], (2,)),
        ("assessments", "is_working_stage", [True, "maybe", 0, 2, None], (2, 4)),
    ],
)
def test_cells_that_cannot_be_converted(
    table: str, column: str, values: list[object], bad: tuple[int, ...]
) -> None:
    """Exactly the bad cells are reported, and exactly they and the nulls are null."""
    frame = small_tables()[table].assign(**{column: pd.Series(values, dtype="object")})
    coerced, findings = coerce_table(table, frame)
    assert [(f.column, f.rule, f.rows) for f in findings] == [(column, "type", bad)]
    is_null = {row + 1 for row, value in enumerate(values) if value is None}
    assert set(coerced.index[coerced[column].isna()] + 1) == set(bad) | is_null


def test_columns_come_in_declared_order_and_absent_ones_are_null() -> None:
    """Columns are put in order; an absent nullable one is filled, an absent key is an error."""
    frame = small_tables()["visits"][["status", "visit_number", "episode_id", "visit_day"]]
    coerced, findings = coerce_table("visits", frame)
    assert list(coerced.columns)[:4] == ["episode_id", "visit_day", "visit_number", "status"]
    assert coerced["clinician_id"].isna().all()
    assert not findings
    _, findings = coerce_table("visits", frame.drop(columns="visit_day"))
    assert ("missing_column", "visit_day") in [(f.rule, f.column) for f in findings]


def test_numbers_as_ids_become_text() -> None:
    """An id of 1004 is the text 1004; a null stays null."""
    frame = pd.DataFrame({"patient_id": [1004, None]}, dtype="object")
    coerced, _ = coerce_table("patients", frame)
    assert coerced["patient_id"].iloc[0] == "1004"
    assert pd.isna(coerced["patient_id"].iloc[1])


def test_texts_may_stay_categories() -> None:
    """Ids that come as categories are kept so where asked, and are texts where not."""
    frame = small_tables()["visits"].astype({"episode_id": "category", "status": "category"})
    kept, findings = coerce_table("visits", frame, keep_categories=True)
    assert not findings
    assert isinstance(kept["episode_id"].dtype, pd.CategoricalDtype)
    assert kept["episode_id"].tolist() == frame["episode_id"].tolist()
    plain, _ = coerce_table("visits", frame)
    assert str(plain["episode_id"].dtype) == "str"
    assert plain["status"].equals(kept["status"])
    assert kept["status"].cat.ordered


def test_a_code_among_categories_that_is_none_is_told() -> None:
    """Codes as categories are held against the declared list, in use or not."""
    status = pd.Categorical(["attended", "late", None], categories=["late", "attended", "odd"])
    frame = small_tables()["visits"].iloc[:3].assign(status=status)
    for keep in (True, False):
        coerced, findings = coerce_table("visits", frame, keep_categories=keep)
        assert [(f.column, f.rule, f.rows) for f in findings] == [("status", "type", (2,))]
        assert coerced["status"].isna().tolist() == [False, True, True]


@pytest.mark.parametrize(("day", "is_bad"), [(32_767, False), (32_768, True), (-40_000, True)])
def test_days_that_an_export_gives_in_more_room_must_fit(day: int, is_bad: bool) -> None:
    """A whole number too large for its column is told and becomes null, and never wraps round."""
    frame = small_tables()["visits"]
    days = pd.array([day, *frame["visit_day"][1:]], dtype="Int32")
    coerced, findings = coerce_table("visits", frame.assign(visit_day=days))
    assert [(f.rule, f.rows) for f in findings] == ([("type", (1,))] if is_bad else [])
    assert pd.isna(coerced["visit_day"].iloc[0]) == is_bad
