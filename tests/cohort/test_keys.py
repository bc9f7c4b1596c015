"""Rows found and numbered by key: exactly as slower, plainer code would."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.cohort.keys import count_in_order, number_groups, places_in

NAMES = st.lists(st.sampled_from(["a", "b", "c", None]), max_size=12)
KINDS = ("str", "category")


@given(NAMES, st.lists(st.sampled_from(["a", "b", "d"]), unique=True))
def test_names_are_found_as_in_a_dictionary(names: list[str | None], ids: list[str]) -> None:
    """Texts and categories alike; a null stands nowhere."""
    due = [ids.index(name) if name in ids else -1 for name in names]
    for kind in KINDS:
        series = pd.Series(names, dtype=kind)
        assert places_in(series, pd.Index(ids, dtype="str")).tolist() == due


def test_a_null_is_not_found_even_where_the_list_holds_one() -> None:
    """Two unknown ids are not the same id."""
    for kind in KINDS:
        names = pd.Series(["a", None], dtype=kind)
        for ids in (pd.Index(["a", None], dtype="object"), pd.Index(["a", np.nan], dtype="str")):
            assert places_in(names, ids).tolist() == [0, -1]


def test_categories_that_no_row_uses_do_not_matter() -> None:
    """Nor does their order, nor that there are none."""
    names = pd.Series(pd.Categorical(["b"], categories=["z", "b", "a"]))
    assert places_in(names, pd.CategoricalIndex(["a", "b"])).tolist() == [1]
    assert places_in(pd.Series(pd.Categorical([None])), pd.Index(["a"])).tolist() == [-1]
    assert places_in(pd.Series([], dtype="category"), pd.Index([])).tolist() == []


NUMBERS = st.lists(
    st.sampled_from([0, 1, -5, 32_767, -(2**40), 2**40, None]) | st.integers(-3, 3), max_size=12
)


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """A frame of an id, a day and a flag, with nulls."""
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["a", "b", None]),
                st.sampled_from([0, 1, -5, 2**40, -(2**40), None]),
                st.sampled_from([True, False, None]),
                st.sampled_from([0.5, -0.5, None]),
            ),
            max_size=12,
        )
    )
    columns = list(zip(*rows, strict=True)) or [()] * 4
    return pd.DataFrame({
        "id": pd.Series(columns[0], dtype=draw(st.sampled_from(KINDS))),
        "day": pd.Series(columns[1], dtype="Int64"),
        "flag": pd.Series(columns[2], dtype="boolean"),
        "size": pd.Series(columns[3], dtype="float64"),
    })  # fmt: skip


@given(frames(), st.lists(st.sampled_from(["id", "day", "flag", "size"]), min_size=1, unique=True))
def test_rows_that_agree_in_a_key_share_a_number(frame: pd.DataFrame, key: list[str]) -> None:
    """Numbered in the order in which the keys first appear; a null agrees with a null."""
    plain = frame.astype("object").where(frame.notna(), None)
    seen: dict[tuple[object, ...], int] = {}
    due = [seen.setdefault(row, len(seen)) for row in plain[key].itertuples(index=False, name=None)]
    groups, n_groups = number_groups(frame, key)
    assert (groups.tolist(), n_groups) == (due, len(seen))


def test_many_wide_columns_do_not_run_over() -> None:
    """Whole numbers far apart, in more columns than fit into one number."""
    wide = np.array([-(2**40), 0, 2**40, 0], dtype="int64")
    frame = pd.DataFrame({f"c{n}": wide for n in range(8)})
    groups, n_groups = number_groups(frame, list(frame))
    assert (groups.tolist(), n_groups) == ([0, 1, 2, 1], 3)


@pytest.mark.parametrize("extreme", [2**62, -(2**62)])
def test_numbers_at_the_ends_of_their_range_are_told_apart(extreme: int) -> None:
    """Two extremes and something between them are three."""
    frame = pd.DataFrame({"n": pd.array([extreme, 0, -extreme, extreme], dtype="Int64")})
    groups, n_groups = number_groups(frame, ["n"])
    assert (groups.tolist(), n_groups) == ([0, 1, 2, 0], 3)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.integers(-32_768, 32_767) | st.integers(0, 2),
        st.integers(-32_768, 32_767) | st.integers(0, 2),
    ),
    max_size=15,
)


@given(ROWS, st.sampled_from(KINDS))
def test_rows_are_counted_by_day_and_number(rows: list[tuple[str, int, int]], kind: str) -> None:
    """1, 2, … for each id; rows that agree in day and number keep their order."""
    order = sorted(range(len(rows)), key=lambda place: (rows[place], place))
    counts: dict[str, int] = {}
    due = [0] * len(rows)
    for place in order:
        counts[rows[place][0]] = counts.get(rows[place][0], 0) + 1
        due[place] = counts[rows[place][0]]
    ids = pd.Series([row[0] for row in rows], dtype=kind)
    days = pd.Series([row[1] for row in rows], dtype="Int16")
    numbers = np.array([row[2] for row in rows], dtype="int64")
    assert count_in_order(ids, days, numbers).tolist() == due


def test_rows_without_a_day_are_counted_among_the_first() -> None:
    """A null day is another finding's business and must not stop the count."""
    days = pd.Series([3, None], dtype="Int16")
    assert count_in_order(pd.Series(["a", "a"]), days, np.zeros(2, dtype="int64")).tolist() == [
        2,
        1,
    ]
