"""Counts are printed so that small ones stay counts at the desk, and stay hidden outside."""

import itertools

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.reporting.disclosure import Disclosure
from hinge_outcomes.reporting.quality_cells import (
    may_show_row,
    recent_quarters,
    shown_cells,
    write_part,
    write_row,
    write_share,
)

DESK, RELEASE = Disclosure("internal"), Disclosure()


@pytest.mark.parametrize(
    ("n", "of", "told"),
    [
        (3, 12_345, "3 of 12,345"),
        (12_342, 12_345, "12,342 of 12,345"),
        (0, 40, "0 of 40"),
        (40, 40, "40 of 40 (100%)"),
        (47, 123, "47 of 123 (38%)"),
        (0, 0, "–"),
    ],
)
def test_the_desk_reads_counts_and_never_a_rounded_nothing(n: int, of: int, told: str) -> None:
    """Three of twelve thousand are three, not 0%."""
    assert write_part(n, of, DESK) == told


@given(st.integers(0, 30_000), st.integers(1, 30_000))
def test_only_none_is_0_and_only_all_is_100_percent(n: int, of: int) -> None:
    """A share that rounds to an end without being there says so."""
    n = min(n, of)
    assert (write_share(n, of) == "0%") == (n == 0)
    assert (write_share(n, of) == "100%") == (n == of)


def test_a_release_gives_no_counts() -> None:
    """Whole percentages only, so that nothing follows from two of them."""
    assert write_part(470, 1230, RELEASE) == "38%"


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ((200, 400, 100, 100), "50%"),
        ((200, 205, 100, 5), "hidden"),
        ((200, 400, 3, 100), "hidden"),
        ((200, 200, 100, 0), "100%"),
    ],
)
def test_a_row_hides_few_things_and_few_people(counts: tuple[int, ...], told: str) -> None:
    """200 visits of 3 patients are 3 patients."""
    row = pd.Series(counts, index=["n", "n_of", "episodes_with", "episodes_without"])
    assert write_row(row, RELEASE) == told
    assert may_show_row(row, DESK)


def line(counts: list[tuple[int, int]]) -> pd.DataFrame:
    """One measure whose things are episodes, cell by cell: (marked, unmarked)."""
    return pd.DataFrame(
        [
            ("sex", str(place), marked, marked + unmarked, marked, unmarked)
            for place, (marked, unmarked) in enumerate(counts)
        ],
        columns=["name", "quarter", "n", "n_of", "episodes_with", "episodes_without"],
    )


def test_a_hidden_cell_cannot_be_worked_out_from_the_total() -> None:
    """One cell of 3 hides a second one, or the total would give it away."""
    cells = shown_cells(line([(3, 40), (20, 40), (50, 40)]), "quarter", RELEASE)
    assert cells["text"].tolist() == ["hidden", "hidden", "56%"]
    assert cells["share"].isna().tolist() == [True, True, False]
    assert shown_cells(line([(3, 40)]), "quarter", DESK)["text"].tolist() == ["7%"]


def test_a_cell_in_which_nothing_was_due_is_empty_and_not_hidden() -> None:
    """A dash says that nobody was due; no share is drawn."""
    cells = shown_cells(line([(0, 0), (20, 40)]), "quarter", RELEASE)
    assert cells["text"].tolist() == ["–", "33%"]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=6))
def test_what_is_hidden_is_two_cells_and_eleven_people(counts: list[tuple[int, int]]) -> None:
    """Of marked and unmarked alike: hidden cells with anybody in them are no one's alone."""
    cells = shown_cells(line(counts), "quarter", RELEASE)
    hidden = cells["text"] == "hidden"
    for part in (cells["n"], cells["n_of"] - cells["n"]):
        shown = part[~hidden]
        assert ((shown == 0) | (shown >= 11)).all()
        lost = part[hidden]
        if 0 < lost.sum() < 11:
            # Then everything of this kind is hidden, so that no total can be printed beside it.
            assert shown.sum() == 0


def test_a_line_is_tinted_as_it_is_printed() -> None:
    """74.6% is printed as 75%, so it is drawn as 75%."""
    cells = shown_cells(line([(746, 254)]), "quarter", DESK)
    assert (cells["text"].tolist(), cells["share"].tolist()) == (["75%"], [0.75])


def test_quarters_before_the_last_eight_stand_together() -> None:
    """Ten quarters become an earlier one and eight; counts add up; lines keep their order."""
    quarters = [f"{year}Q{number}" for year in (2024, 2025, 2026) for number in (1, 2, 3, 4)][:10]
    frame = pd.DataFrame(itertools.product(["odi", "age"], quarters), columns=["name", "quarter"])
    added = recent_quarters(frame.assign(n=1), ["name"], ["n"])
    assert added["name"].tolist() == ["odi"] * 9 + ["age"] * 9
    assert added["quarter"].tolist()[:9] == ["earlier", *quarters[2:]]
    assert added["n"].tolist()[:3] == [2, 1, 1]
    assert recent_quarters(frame.assign(n=1), [], ["n"])["n"].tolist() == [4] + [2] * 8
