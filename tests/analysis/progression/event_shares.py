"""Random moves of a patient, and slopes by plain differences."""

import numpy as np

from hinge_outcomes.analysis.progression.forward_prediction import EventShares

N_STATES = 5


def random_events(seed, *, unit=1.0):
    """Sixty moves out of three states into five, at tied times; two states are never left."""
    generator = np.random.default_rng(seed)
    origin = generator.integers(0, 3, 60)
    return EventShares(
        time=unit * generator.integers(1, 15, 60),
        origin=origin,
        destination=(origin + generator.integers(1, 4, 60)) % N_STATES,
        share=generator.uniform(0.01, 0.12, 60),
        seen_until=np.array([20.0, 20.0, 20.0, np.inf, np.inf]) * unit,
    )


def with_share(events, place, change):
    """The same moves, one of them a little more often."""
    share = events.share.copy()
    share[place] += change
    return EventShares(events.time, events.origin, events.destination, share, events.seen_until)


def numeric_slopes(follow, events, size=1e-5):
    """Central differences of the occupancies with respect to each share."""
    slopes = []
    for place in range(len(events.share)):
        up, down = (
            [step.occupancy for step in follow(with_share(events, place, sign * size))]
            for sign in (1, -1)
        )
        slopes.append((np.array(up) - np.array(down)) / (2 * size))
    return np.array(slopes).swapaxes(0, 1)
