"""Who is a responder: KA9 and the rules around it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.analysis.pain.response_rules import apply_response_rules
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.exceptions import NotIdentifiableError


def verdicts(code: str, before: float, after: float) -> dict[str, tuple[bool, bool]]:
    """Each criterion's verdict and room for one pair of scores."""
    rules = apply_response_rules(INSTRUMENTS[code], [before], [after])
    return {rule.code: (bool(rule.is_met[0]), bool(rule.is_allowed[0])) for rule in rules}


@pytest.mark.parametrize(
    ("code", "before", "after", "is_mic", "is_relative"),
    [
        ("nprs", 10, 7, True, True),
        ("nprs", 7, 5, True, False),
        ("nprs", 3, 2, False, True),
        ("nprs", 3.3, 2.31, False, True),
        ("nprs", 7.0, 4.9, True, True),
        ("odi", 100 * 20 / 45, 100 * 14 / 45, True, True),
    ],
)
def test_known_answers(
    code: str, before: float, after: float, is_mic: bool, is_relative: bool
) -> None:
    """KA9: each pair that some way of computing in floating point gets wrong is decided right."""
    found = verdicts(code, before, after)
    assert (found["mic"][0], found["relative"][0]) == (is_mic, is_relative)
    assert found["both"][0] == (is_mic and is_relative)


def test_zero_leaves_the_relative_denominator() -> None:
    """KA9: 0 to 0 is no response, and no room for one."""
    assert verdicts("nprs", 0, 0)["relative"] == (False, False)
    assert verdicts("nprs", 0, 0)["both"] == (False, False)


def test_what_needs_thirty_percent_cannot_be_asked_of_zero() -> None:
    """Of baselines 0 and 5, only 5 is in the denominators of 30% and of both criteria together."""
    rules = apply_response_rules(INSTRUMENTS["nprs"], [0, 5], [0, 1])
    defined = {rule.code: rule.is_defined.tolist() for rule in rules}
    assert defined["relative"] == defined["both"] == [False, True]
    assert defined["mic"] == defined["deteriorated"] == defined["recovered"] == [True, True]


def test_just_short_of_thirty_percent_is_no_response() -> None:
    """The nearest true non-responder, 0.01 away, stays one."""
    assert not verdicts("nprs", 3.3, 2.32)["relative"][0]
    assert not verdicts("odi", 40, 30.01)["mic"][0]


def test_worse_and_recovered() -> None:
    """Deterioration is worse by the MIC; recovery is 0 on the NPRS and 2 or less on the RMDQ."""
    assert verdicts("nprs", 5, 7)["deteriorated"] == (True, True)
    assert verdicts("nprs", 9, 10)["deteriorated"] == (False, False)
    assert verdicts("nprs", 5, 0)["recovered"] == (True, True)
    assert verdicts("rmdq", 8, 2)["recovered"] == (True, True)
    assert verdicts("rmdq", 2, 0)["recovered"] == (True, False)
    assert "recovered" not in verdicts("odi", 40, 0)


def test_where_high_is_better_the_direction_turns() -> None:
    """On the PSFS a rise of the MIC is response, a fall is deterioration, and no 30% exists."""
    found = verdicts("psfs", 4, 6)
    assert set(found) == {"mic", "deteriorated"}
    assert found["mic"] == (True, True)
    assert verdicts("psfs", 9, 10)["mic"] == (False, False)
    assert verdicts("psfs", 6, 4)["deteriorated"] == (True, True)


@pytest.mark.parametrize("code", ["start_back", "fabq", "groc"])
def test_without_a_smallest_important_change_nobody_responds(code: str) -> None:
    """An instrument without a MIC is refused with those that have one."""
    with pytest.raises(NotIdentifiableError, match="nprs, odi, rmdq"):
        verdicts(code, 1, 0)


@given(st.integers(0, 45), st.integers(0, 45), st.integers(1, 45))
def test_decisions_are_those_of_whole_numbers(before: int, after: int, parts: int) -> None:
    """Scores that are fractions of whole numbers are decided as exact arithmetic decides them."""
    first, last = min(before, parts), min(after, parts)
    found = verdicts("odi", 100 * first / parts, 100 * last / parts)
    assert found["relative"][0] == (first > 0 and 10 * (first - last) >= 3 * first)
    assert found["mic"][0] == (100 * (first - last) >= 10 * parts)


def test_rules_do_not_change_their_input() -> None:
    """The scores given stay as they were."""
    before, after = np.array([5.0, 3.0]), np.array([1.0, 3.0])
    apply_response_rules(INSTRUMENTS["nprs"], before, after)
    assert (before.tolist(), after.tolist()) == ([5.0, 3.0], [1.0, 3.0])
