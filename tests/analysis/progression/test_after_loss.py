"""Mastery if those lost went on at a multiple of the pace of comparable patients."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.after_loss import (
    LEAVES,
    MASTERS,
    STAYS,
    CareIntervals,
    mastery_after_loss,
    mastery_by_delta,
)
from hinge_outcomes.analysis.progression.occupancy import aalen_johansen

DELTAS = np.array([0.0, 0.5, 1.0, 1.7])


def some_intervals(n: int = 80, seed: int = 1) -> CareIntervals:
    """Draw intervals with late starts, ties, both ends and unequal weights."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 10, n).astype(float)
    start[: n // 3] = 0
    weight = 1.01 + rng.exponential(0.5, n) * (start > 2)
    return CareIntervals(start, start + rng.integers(1, 12, n), rng.integers(-1, 2, n), weight)


def test_four_people_by_hand():
    """One lost per person seen: half master in care; of those lost delta times a half follow."""
    ends = np.array([MASTERS, MASTERS, STAYS, STAYS])
    seen = CareIntervals(np.zeros(4), np.full(4, 5.0), ends, np.full(4, 2.0))
    found = mastery_after_loss(seen, 5, np.array([0.0, 0.5, 1.0]))
    assert found.estimate == pytest.approx([0.25, 0.375, 0.5])


def test_a_late_start_after_loss_by_hand():
    """Between two events those lost who lag behind are carried on.

    Four in care each stand for one lost. On day 1 one of four masters, on day 2 one of three: with
    delta = 1 the share is 1/4 + 3/4 / 3 = 1/2. With delta = 1/2 half of all (in care) reach 1/2,
    and of those lost a share 1 - (1 - 1/8) (1 - 1/6) = 13/48 do: (1/2 + 13/48) / 2 = 37/96.
    """
    stop = np.array([1.0, 2.0, 3.0, 3.0])
    ends = np.array([MASTERS, MASTERS, STAYS, STAYS])
    seen = CareIntervals(np.zeros(4), stop, ends, np.full(4, 2.0))
    assert mastery_by_delta(seen, 3, np.array([0.5, 1.0])) == pytest.approx([37 / 96, 1 / 2])


def test_delta_one_is_the_weighted_aalen_johansen_estimator():
    """Estimate and influence of delta = 1 are those of `aalen_johansen` with the same weights."""
    seen = some_intervals()
    names = {MASTERS: "mastered", LEAVES: "left", STAYS: None}
    frame = pd.DataFrame(
        {
            "id": range(len(seen.start)),
            "tstart": seen.start,
            "tstop": seen.stop,
            "from": "in care",
            "to": pd.Series([names[int(end)] for end in seen.end], dtype=object),
            "w": seen.weight,
        }
    )
    reference = aalen_johansen(
        frame, weights="w", states=["in care", "mastered", "left"], times=[12]
    )
    found = mastery_after_loss(seen, 12, np.array([1.0]))
    assert found.estimate[0] == pytest.approx(reference.table()["estimate"][1], abs=1e-14)
    assert found.row_influence[:, 0] == pytest.approx(reference.influence([12])[:, 0, 1], abs=1e-14)


def test_derivatives_to_weights_are_those_of_finite_differences():
    """A weight changed by one part in a million changes the estimate as the derivative says."""
    seen, step = some_intervals(), 1e-6
    found = mastery_after_loss(seen, 12, DELTAS)
    for row in range(0, 80, 3):
        moved = []
        for sign in (1, -1):
            weight = seen.weight.copy()
            weight[row] *= np.exp(sign * step)
            changed = CareIntervals(seen.start, seen.stop, seen.end, weight)
            moved.append(mastery_by_delta(changed, 12, DELTAS))
        slope = (moved[0] - moved[1]) / (2 * step)
        assert found.weight_influence[row] == pytest.approx(slope, abs=1e-9)


def test_derivatives_to_counting_a_row_again_are_those_of_repeating_it():
    """A row repeated once among 2,000 copies of all changes it by its influence / 2,000."""
    seen, copies = some_intervals(), 2000
    found = mastery_after_loss(seen, 12, DELTAS)
    everyone = np.tile(np.arange(80), copies)
    for row in (0, 11, 40, 79):
        rows = np.append(everyone, row)
        again = CareIntervals(seen.start[rows], seen.stop[rows], seen.end[rows], seen.weight[rows])
        change = (mastery_by_delta(again, 12, DELTAS) - found.estimate) * copies
        assert found.row_influence[row] == pytest.approx(change, abs=1e-5)


def test_influence_adds_up_to_nothing():
    """Counting everybody twice changes no estimate."""
    found = mastery_after_loss(some_intervals(), 12, DELTAS)
    assert found.row_influence.sum(axis=0) == pytest.approx(np.zeros(4), abs=1e-13)


def test_without_loss_no_assumption_matters():
    """Where every weight is 1 all deltas give the plain share."""
    seen = some_intervals()
    plain = CareIntervals(seen.start, seen.stop, seen.end, np.ones(80))
    assert np.ptp(mastery_by_delta(plain, 12, DELTAS)) == 0


def test_before_the_first_event_nobody_has_mastered():
    """A day without any event before it gives 0 and no influence."""
    found = mastery_after_loss(some_intervals(), 0.5, DELTAS)
    assert (found.estimate == 0).all()
    assert (found.row_influence == 0).all()


def test_more_mastery_after_loss_is_more_mastery():
    """The estimate never falls as delta grows, and stays a probability however large it is."""
    grid = np.array([0.0, 0.3, 0.6, 1.0, 2.0, 10.0, 1000.0])
    estimate = mastery_by_delta(some_intervals(), 20, grid)
    assert (np.diff(estimate) >= -1e-12).all()
    assert estimate[-1] <= 1


def _informative_loss(delta: float, n: int, seed: int) -> tuple[CareIntervals, float]:
    """Simulate people lost every seventh day, who then go on at delta times the pace.

    Mastery has hazard 0.012 a day in care, a planned end 0.005; one in ten is lost after every
    seventh day. The truth by day 84 follows block by block.
    """
    h, c, lost = 0.012, 0.005, 0.1
    rng = np.random.default_rng(seed)
    end_at = rng.exponential(1 / (h + c), n)
    masters = rng.random(n) < h / (h + c)
    lost_at = 7.0 * rng.geometric(lost, n)
    starts, stops, ends, weights = [], [], [], []
    for block in range(12):
        low, high = 7.0 * block, 7.0 * (block + 1)
        seen = (end_at > low) & (lost_at > low)
        stop = np.minimum(end_at[seen], high)
        is_end = end_at[seen] <= high
        starts.append(np.full(seen.sum(), low))
        stops.append(stop)
        ends.append(np.where(is_end, np.where(masters[seen], MASTERS, LEAVES), STAYS))
        weights.append(np.full(seen.sum(), (1 - lost) ** -block))
    in_care, away, truth = 1.0, 0.0, 0.0
    for _ in range(12):
        for share, pace in ((in_care, h), (away, delta * h)):
            truth += share * pace / (pace + c) * (1 - np.exp(-7 * (pace + c)))
        in_care, away = in_care * np.exp(-7 * (h + c)), away * np.exp(-7 * (delta * h + c))
        in_care, away = in_care * (1 - lost), away + in_care * lost
    return CareIntervals(*(np.concatenate(x) for x in (starts, stops, ends, weights))), truth


@pytest.mark.parametrize("delta", [0.0, 0.4, 1.6])
def test_the_right_delta_recovers_the_truth_when_loss_is_not_at_random(delta):
    """Where the lost go on at delta times the pace, delta recovers mastery and 1 does not."""
    seen, truth = _informative_loss(delta, 20_000, seed=4)
    right, at_random = mastery_by_delta(seen, 84, np.array([delta, 1.0]))
    error = np.sqrt(0.25 / 6_000)
    assert abs(right - truth) < 3 * error
    assert abs(at_random - truth) > 5 * error
