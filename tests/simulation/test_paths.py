"""Paths: competence grows with practice, and the working stage follows the ratings."""

import numpy as np

from hinge_outcomes.domain.rules import MasteryCriterion
from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.paths import (
    AUTOMATIC,
    LONG_AGO,
    confirms,
    next_stage,
    practise,
    true_level,
)

DEFAULT = Scenario.default()


def test_a_stage_becomes_automatic_once_and_on_the_day_it_is_learnt() -> None:
    """The first whole day on which practice reaches what is needed; not again later."""
    first = practise(np.array([0.0]), np.array([9.2]), np.array([0]), np.array([14]))
    again = practise(first.done, np.array([9.2]), np.array([14]), np.array([21]))
    assert first.is_new.tolist() == [True]
    assert first.automatic_day.tolist() == [10]
    assert again.is_new.tolist() == [False]


def test_levels_rise_with_learning() -> None:
    """No more practice ever lowers the level, and automatic needs all of it."""
    done = np.linspace(0, 12, 200)
    level = true_level(DEFAULT.learning, done, np.full(200, 10.0))
    assert (np.diff(level) >= 0).all()
    assert ((level == AUTOMATIC) == (done >= 10)).all()


def test_confirmation_follows_the_criterion() -> None:
    """Two automatic ratings 1 to 56 days apart confirm; 0 or 57 days, or another level, do not."""
    day = np.array([100, 100, 100, 100, 100, 100])
    last = np.array([99, 44, 43, 100, LONG_AGO, 90])
    rating = np.array([3, 3, 3, 3, 3, 2])
    found = confirms(MasteryCriterion(), rating, last, day)
    assert found.tolist() == [True, True, False, False, False, False]


def _moves(rating: int, stage: int, target: int, confirmed: bool, u: np.ndarray) -> np.ndarray:
    n = len(u)
    return next_stage(
        DEFAULT.progression,
        stage=np.full(n, stage),
        target=np.full(n, target),
        rating=np.full(n, rating),
        is_confirmed=np.full(n, confirmed),
        u=u,
    )


def test_nobody_leaves_the_ladder() -> None:
    """At the target there is no way up, at the first stage no way down, whatever the draw."""
    u = (np.arange(1000) + 0.5) / 1000
    assert (_moves(3, 6, 6, True, u) == 6).all()
    assert (_moves(0, 1, 6, False, u) == 1).all()


def test_moves_have_their_probabilities() -> None:
    """Over an even grid of draws the share that moves is the parameter."""
    u = (np.arange(1000) + 0.5) / 1000
    progression = DEFAULT.progression
    for rating, confirmed, step, share in (
        (3, True, 1, progression.advance_confirmed),
        (3, False, 1, progression.advance_first),
        (2, False, 1, progression.advance_conscious),
        (1, False, -1, progression.back_cued),
        (0, False, -1, progression.back_unable),
    ):
        moved = _moves(rating, 4, 6, confirmed, u) - 4
        assert set(moved.tolist()) <= {0, step}
        assert abs((moved == step).mean() - share) <= 0.001  # one grid point
