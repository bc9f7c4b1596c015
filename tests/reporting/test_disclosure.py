"""Disclosure control: nothing from 1 to 10 is printed, nor can it be worked out."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.exceptions import ParameterError
from hinge_outcomes.reporting.disclosure import SMALLEST_SHOWN, Disclosure

RELEASE, INTERNAL = Disclosure("release"), Disclosure("internal")

PARTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 60), min_size=1)


@given(PARTS)
def test_hidden_parts_cannot_be_worked_out_from_the_total(parts: dict[str, int]) -> None:
    """What is hidden is two parts or more with 11 people or more, or the whole table."""
    shown = RELEASE.shown_parts(parts)
    hidden = [parts[name] for name, is_shown in shown.items() if not is_shown]
    assert all(parts[name] == 0 or parts[name] >= SMALLEST_SHOWN for name in parts if shown[name])
    if hidden and len(hidden) < len(parts):
        assert len(hidden) >= 2
        assert sum(hidden) >= SMALLEST_SHOWN


@given(PARTS)
def test_no_more_is_hidden_than_needed(parts: dict[str, int]) -> None:
    """Without a small part nothing is hidden; internally nothing ever is."""
    if all(count == 0 or count >= SMALLEST_SHOWN for count in parts.values()):
        assert all(RELEASE.shown_parts(parts).values())
    assert all(INTERNAL.shown_parts(parts).values())


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(0, 30, True), (5, 30, False), (25, 30, False), (15, 30, True), (0, 0, False), (0, 8, False)],
)
def test_a_share_needs_both_sides(numerator: int, denominator: int, expected: bool) -> None:
    """A share is hidden where those counted, the others, or all are 1 to 10."""
    assert RELEASE.may_show_share(numerator, denominator) is expected


def test_a_mean_needs_eleven() -> None:
    """Ten people's mean is hidden, eleven's is not; internally one is enough."""
    assert not RELEASE.may_show_mean(10)
    assert RELEASE.may_show_mean(11)
    assert INTERNAL.may_show_mean(1)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.integers(0, 80))
def test_each_printed_step_rests_on_enough(events: list[int], spare: int) -> None:
    """Every step has 0 or at least 11 events and 11 at risk; no event is counted twice."""
    counts = np.array([0, *events])
    at_risk = spare + counts.sum() - np.cumsum(counts) + counts
    curve = pd.DataFrame(
        {
            "day": np.arange(len(counts)),
            "estimate": np.cumsum(counts) / max(at_risk[0], 1),
            "n_at_risk": at_risk,
            "n_events": counts,
        }
    )
    printed = RELEASE.merged_curve(curve)
    assert ((printed["n_events"] == 0) | (printed["n_events"] >= SMALLEST_SHOWN)).all()
    assert (printed["n_at_risk"] >= SMALLEST_SHOWN).all()
    assert printed["estimate"].is_monotonic_increasing
    if len(printed):
        steps = printed["estimate"].diff().fillna(printed["estimate"].iloc[0])
        assert ((steps > 0) == (printed["n_events"] > 0)).all()
        assert printed["n_events"].sum() <= counts.sum()


@given(st.lists(st.integers(0, 200), min_size=1, max_size=20))
def test_differences_of_numbers_under_a_curve_are_not_small(counts: list[int]) -> None:
    """Neither a printed number nor the fall from one to the next is 1 to 10."""
    shown = RELEASE.shown_at_risk(pd.Series(sorted(counts, reverse=True))).dropna().astype(int)
    falls = -shown.diff().dropna()
    for values in (shown, falls):
        assert ((values == 0) | (values >= SMALLEST_SHOWN)).all()


def test_internal_curves_are_untouched() -> None:
    """The clinic's own desk sees every step."""
    curve = pd.DataFrame({"day": [1], "estimate": [0.1], "n_at_risk": [5], "n_events": [1]})
    pd.testing.assert_frame_equal(INTERNAL.merged_curve(curve), curve)


def test_an_unknown_audience_is_refused() -> None:
    """A mistyped audience is an error that lists the two there are."""
    with pytest.raises(ParameterError, match="release, internal"):
        Disclosure("relase")
