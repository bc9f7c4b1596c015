"""Scores from items: the worked cases of the clinical sources, and what blanks do."""

import pytest

from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.domain.scoring import (
    FABQ_PHYSICAL_ACTIVITY,
    FABQ_WORK,
    ITEM_SETS,
    score_fabq,
    score_odi,
    score_psfs,
    score_rmdq,
    score_start_back,
    settle_start_back,
)


def test_odi_is_a_percentage_of_what_was_answered() -> None:
    """16 of 50 points are 32%; 16 of 45, with one section blank, are 35.6%."""
    assert score_odi([2] * 8 + [0, 0]) == 32.0
    assert score_odi([2] * 8 + [0, None]) == pytest.approx(1600 / 45)
    assert score_odi([5] * 10) == INSTRUMENTS["odi"].maximum


def test_odi_is_null_with_more_blanks_than_allowed() -> None:
    """Two blanks are scored, three are not, unless the rule says so; an empty form never is."""
    assert score_odi([1] * 8 + [None] * 2) == 20.0
    assert score_odi([1] * 7 + [None] * 3) is None
    assert score_odi([1] * 7 + [None] * 3, max_blank=3) == 20.0
    assert score_odi([None] * 10, max_blank=10) is None


@pytest.mark.parametrize(("missing", "score"), [("sum", 6.0), ("reject", None), ("prorate", 8.0)])
def test_rmdq_has_three_rules_for_blanks(missing: str, score: float | None) -> None:
    """Of 24 sentences 18 are answered and 6 are true: 6, no score, or 6 / 18 of 24."""
    assert score_rmdq([1] * 6 + [0] * 12 + [None] * 6, missing=missing) == score


@pytest.mark.parametrize("missing", ["sum", "reject", "prorate"])
def test_rmdq_without_any_answer_has_no_score(missing: str) -> None:
    """A form that nobody touched is no patient without complaints; a full one is its count."""
    assert score_rmdq([None] * 24, missing=missing) is None
    assert score_rmdq([1] * 5 + [0] * 19, missing=missing) == 5.0


def test_psfs_is_the_mean_of_the_rated_activities() -> None:
    """Three of five rated give their mean; two give none, unless two are declared enough."""
    assert score_psfs([4, 5, None, 6, None]) == 5.0
    assert score_psfs([4, 5, None]) is None
    assert score_psfs([4, 5, None], min_rated=2) == 4.5
    assert score_psfs([None] * 3, min_rated=0) is None


@pytest.mark.parametrize(
    ("answers", "total", "psychosocial", "risk"),
    [
        ([1, 1, 1, 0, 0, 0, 0, 0, 0], 3, 0, "low"),
        ([1, 1, 1, 1, 0, 0, 0, 0, 0], 4, 0, "medium"),
        ([1, 1, 0, 0, 1, 1, 1, 0, 0], 5, 3, "medium"),
        ([0, 0, 0, 0, 1, 1, 1, 1, 0], 4, 4, "high"),
        ([1, 1, None, 0, 0, 0, 0, 0, 0], None, 0, "low"),
        ([1, 1, 1, None, 0, 0, 0, 0, 0], None, 0, None),
        ([0, 0, 0, 0, 1, 1, 1, 1, None], None, None, "high"),
        ([1, 1, 1, 1, 1, 1, 1, 0, None], None, None, None),
        ([1, 1, 1, 1, None, 0, 0, 0, 0], None, None, "medium"),
        ([None] * 9, None, None, None),
    ],
)
def test_start_back_is_null_unless_the_answers_settle_it(
    answers: list[float | None], total: int | None, psychosocial: int | None, risk: str | None
) -> None:
    """The class stands where no way to fill the blanks would change it; the sums need all items."""
    score = score_start_back(answers)
    assert (score.total, score.psychosocial, score.risk) == (total, psychosocial, risk)


@pytest.mark.parametrize(("bothered", "total"), [(0, 4), (2, 4), (3, 5), (4, 5)])
def test_start_back_counts_very_much_and_extremely(bothered: int, total: int) -> None:
    """Of item 9's five answers, 0 to 4, the last two count one point."""
    answers = [1, 1, 1, 1, 0, 0, 0, 0, bothered]
    assert score_start_back(answers, bothersomeness="graded").total == total


def test_start_back_settles_at_the_edges_of_its_classes() -> None:
    """Blanks among items 1 to 4 alone never turn medium into high."""
    assert settle_start_back(4, 3, blank_others=2) == "medium"
    assert settle_start_back(4, 3, blank_psychosocial=1) is None


def test_fabq_sums_each_scale_over_its_own_items() -> None:
    """Items 2-5 are physical activity, items 6, 7, 9-12 and 15 work; others may be blank."""
    answers: list[float | None] = [float(number) % 7 for number in range(1, 17)]
    for number in (1, 8, 13, 14, 16):
        answers[number - 1] = None
    score = score_fabq(answers)
    assert score.physical_activity == 2 + 3 + 4 + 5
    assert score.work == 6 + 0 + 2 + 3 + 4 + 5 + 1
    highest = 6 * (len(FABQ_PHYSICAL_ACTIVITY) + len(FABQ_WORK))
    assert highest == INSTRUMENTS["fabq"].maximum


@pytest.mark.parametrize(("number", "lost"), [(2, "physical_activity"), (15, "work")])
def test_fabq_scale_is_null_if_one_of_its_items_is_blank(number: int, lost: str) -> None:
    """A blank voids the scale it belongs to, and not the other one."""
    answers: list[float | None] = [1.0] * 16
    answers[number - 1] = None
    score = score_fabq(answers)
    kept = {"physical_activity": "work", "work": "physical_activity"}[lost]
    assert getattr(score, lost) is None
    assert getattr(score, kept) is not None


def test_answers_that_cannot_be_are_refused() -> None:
    """A wrong number of items, an answer out of range, a half point and an unknown rule raise."""
    with pytest.raises(ValueError, match="10 items"):
        score_odi([1] * 9)
    with pytest.raises(ValueError, match="3 to 5 items"):
        score_psfs([1, 2])
    with pytest.raises(ValueError, match="whole numbers 0 to 5"):
        score_odi([6] + [1] * 9)
    with pytest.raises(ValueError, match="whole numbers"):
        score_odi([0.5] + [1] * 9)
    with pytest.raises(ValueError, match="0 to 1"):
        score_start_back([0] * 8 + [3])
    with pytest.raises(ValueError, match="sum, reject, prorate"):
        score_rmdq([0] * 24, missing="ignore")
    with pytest.raises(ValueError, match="binary, graded"):
        score_start_back([0] * 9, bothersomeness="words")


def test_every_item_set_belongs_to_an_instrument() -> None:
    """What can be scored from items is an instrument that outcomes may hold."""
    assert set(ITEM_SETS) <= set(INSTRUMENTS)
