"""Scoring whole exports: equal to the rules for one patient, row by row."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.domain.scoring import (
    ITEM_SETS,
    score_fabq,
    score_odi,
    score_psfs,
    score_rmdq,
    score_start_back,
)
from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.scoring import (
    ScoringRules,
    check_items,
    classify_items,
    find_bad_items,
    item_count,
    item_range,
    score_items,
    stored_disagrees,
)

BLANK = float("nan")


@st.composite
def forms(draw: st.DrawFn, instrument: str) -> np.ndarray:
    """Draw a few filled forms with blanks."""
    items = ITEM_SETS[instrument]
    width = draw(st.integers(items.fewest, items.most))
    answer = st.one_of(st.just(BLANK), *[st.integers(0, items.highest).map(float)] * 4)
    rows = st.lists(answer, min_size=width, max_size=width)
    return np.array(draw(st.lists(rows, min_size=1, max_size=4)))


def lists(answers: np.ndarray) -> list[list[float | None]]:
    """The forms as lists, with None for a blank."""
    return [[None if np.isnan(cell) else cell for cell in row] for row in answers.tolist()]


def agree(scores: np.ndarray, expected: list[float | None]) -> bool:
    """Whether scores are those of the rules for one patient, NaN where these give None."""
    plain = np.array([BLANK if score is None else score for score in expected], dtype="float64")
    return bool(np.array_equal(scores, plain, equal_nan=True))


@given(forms("odi"), st.integers(0, 9))
def test_odi_of_many_is_the_odi_of_each(answers: np.ndarray, most: int) -> None:
    """Row by row, to the last bit, for every number of allowed blanks."""
    expected = [score_odi(form, max_blank=most) for form in lists(answers)]
    assert agree(score_items("odi", answers, max_blank=most), expected)


@given(forms("rmdq"), st.sampled_from(["sum", "reject", "prorate"]))
def test_rmdq_of_many_is_the_rmdq_of_each(answers: np.ndarray, missing: str) -> None:
    """Row by row, under each rule for blanks."""
    expected = [score_rmdq(form, missing=missing) for form in lists(answers)]
    assert agree(score_items("rmdq", answers, rmdq_missing=missing), expected)


@given(forms("psfs"), st.integers(1, 5))
def test_psfs_of_many_is_the_psfs_of_each(answers: np.ndarray, fewest: int) -> None:
    """Row by row, for three to five activities."""
    expected = [score_psfs(form, min_rated=fewest) for form in lists(answers)]
    assert agree(score_items("psfs", answers, min_rated=fewest), expected)


@given(forms("start_back"))
def test_start_back_of_many_is_the_start_back_of_each(answers: np.ndarray) -> None:
    """Totals and classes, row by row."""
    expected = [score_start_back(form) for form in lists(answers)]
    assert agree(score_items("start_back", answers), [score.total for score in expected])
    assert classify_items(answers).tolist() == [score.risk for score in expected]


@given(forms("fabq"))
def test_fabq_of_many_sums_both_scales_of_each(answers: np.ndarray) -> None:
    """The stored score is the sum of both scales, null where either is."""
    expected = [
        None if score.physical_activity is None or score.work is None
        else score.physical_activity + score.work
        for score in map(score_fabq, lists(answers))
    ]  # fmt: skip
    assert agree(score_items("fabq", answers), expected)


def test_pain_is_taken_as_it_is() -> None:
    """A scale of one item is its own score, with its decimals."""
    assert agree(score_items("nprs", np.array([[7.5], [BLANK]])), [7.5, None])


def test_items_coded_from_one_give_the_same_score() -> None:
    """An ODI coded 1 to 6 is 16 of 45 points too, once base says so."""
    form = np.array([[2.0] * 8 + [0.0, BLANK]])
    assert agree(score_items("odi", form + 1, base=1), score_items("odi", form).tolist())


def test_item_9_may_be_coded_by_its_five_answers() -> None:
    """Graded 0 to 4, or 1 to 5 is refused: yes and no coded 1 and 2 do not say which is yes."""
    forms_of_two = np.array([[1.0] * 4 + [0.0] * 4 + [2.0], [1.0] * 4 + [0.0] * 4 + [3.0]])
    assert score_items("start_back", forms_of_two, bothersomeness="graded").tolist() == [4, 5]
    assert item_range("start_back", bothersomeness="graded")[1].tolist() == [1] * 8 + [4]
    with pytest.raises(MappingError, match="which is yes"):
        item_range("start_back", base=1)


def test_cells_that_cannot_be_are_pointed_out_and_never_scored() -> None:
    """Out of range, or half a point where none is: the cell is named, and scoring refuses it."""
    answers = np.array([[6.0, 0.5, BLANK] + [1.0] * 7])
    assert find_bad_items("odi", answers)[0].tolist() == [True, True] + [False] * 8
    with pytest.raises(ValueError, match="set it aside"):
        score_items("odi", answers)


@pytest.mark.parametrize(
    ("instrument", "columns", "told"),
    [
        ("odi", 9, "10 items"),
        ("psfs", 2, "3 to 5 items"),
        ("odii", 10, "Did you mean 'odi'"),
        ("promis_pf", 4, "publisher's tables"),
    ],
)
def test_items_that_do_not_fit_are_refused(instrument: str, columns: int, told: str) -> None:
    """The number of columns must be that of the form, and the form one that is scored here."""
    with pytest.raises(MappingError, match=told):
        check_items(instrument, columns)


@pytest.mark.parametrize(
    "rules",
    [
        {"base": 2},
        {"base": True},
        {"max_blank": 10},
        {"max_blank": "2"},
        {"min_rated": 0},
        {"rmdq_missing": "ignore"},
        {"bothersomeness": "words"},
    ],
)
def test_rules_that_cannot_be_meant_are_refused(rules: dict[str, Any]) -> None:
    """The message names the rule and what it may be."""
    with pytest.raises(MappingError, match=next(iter(rules))):
        ScoringRules(**rules)


def test_item_counts() -> None:
    """Ten sections, 24 sentences, up to five activities, nine and sixteen items."""
    codes = ("odi", "rmdq", "psfs", "start_back", "fabq", "nprs")
    assert [item_count(code) for code in codes] == [10, 24, 5, 9, 16, 1]


@pytest.mark.parametrize(
    ("stored", "computed", "disagrees"),
    [
        (36.0, 1600 / 45, False),
        (35.6, 1600 / 45, False),
        (35.56, 1600 / 45, False),
        (1600 / 45, 1600 / 45, False),
        (35.0, 1600 / 45, True),
        (35.5, 1600 / 45, True),
        (16.0, 32.0, True),
        (33.0, 32.5, False),
        (32.0, 32.5, False),
        (7.0, 8.0, True),
        (7.7, 23 / 3, False),
        (BLANK, 32.0, False),
        (32.0, BLANK, False),
    ],
)
def test_a_stored_score_may_be_rounded_and_no_more(
    stored: float, computed: float, disagrees: bool
) -> None:
    """It agrees within half of its own last decimal, rounded up or down; nothing is no dispute."""
    told = stored_disagrees(np.array([stored]), np.array([computed]))
    assert told.tolist() == [disagrees]
