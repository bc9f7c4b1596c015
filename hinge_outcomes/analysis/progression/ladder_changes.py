"""How ratings change from one sighting to the next: what falls back, who begins automatic."""

from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.progression.ladder_panel import LadderSightings
from hinge_outcomes.analysis.progression.ladder_structure import HIDDEN_STATES
from hinge_outcomes.analysis.progression.panel_data import Bools, Floats, Integers
from hinge_outcomes.domain.progression import LAST_STAGE

FEWEST_BEGINNERS = 5
"""Patients whose entry stage is automatic on day 0, before their share can be estimated."""

_CLEAR = 3.0
"""Standard deviations by which more must stay automatic than chance would have it."""


@dataclass(frozen=True, slots=True, eq=False)
class RatedPairs:
    """Hold consecutive sightings of the same episode, as rungs and ratings.

    Parameters
    ----------
    stage, next_stage : ndarray of shape (N,)
        Rungs from 0; ``LAST_STAGE`` for an end.
    rating, next_rating : ndarray of shape (N,)
        1 automatic, 0 lower, -1 not rated.
    target : ndarray of shape (N,)
        Rung of the target.
    is_first : ndarray of shape (N,)
        Whether the pair begins the episode.
    """

    stage: Integers
    next_stage: Integers
    rating: Integers
    next_rating: Integers
    target: Integers
    is_first: Bools

    def reversals(self) -> Floats:
        """Count what was rated automatic, and lower at the next sighting of the same stage.

        Returns
        -------
        ndarray of shape (10,)
            By stage.
        """
        fell = (self.rating == 1) & (self.next_rating == 0) & (self.next_stage == self.stage)
        found = np.bincount(self.stage[fell], minlength=LAST_STAGE)
        return found[:LAST_STAGE].astype(np.float64)

    def impossible_if_true(self) -> int:
        """Count the pairs that cannot be if ratings are right and automatic is for good.

        Below the target a stage may be left upwards, and come back to, between two sightings; the
        target is not left, and without setbacks nothing is come back to.

        Returns
        -------
        int
            Pairs that fall back from an automatic target, or from any automatic stage if nobody
            was seen to move down.
        """
        goes_on = self.next_stage < LAST_STAGE
        falls = (self.next_stage < self.stage) | (
            (self.next_stage == self.stage) & (self.next_rating == 0)
        )
        fell = (self.rating == 1) & goes_on & falls
        moves_down = bool((goes_on & (self.next_stage < self.stage)).any())
        return int((fell & (self.stage == self.target)).sum() if moves_down else fell.sum())

    def begins_automatic(self) -> bool:
        """Tell whether more stay automatic after day 0 than wrong ratings would.

        Who is rated automatic on day 0 by error is at the next sighting automatic, or a stage
        further, no more often than who was rated lower.

        Returns
        -------
        bool
            True if the surplus is clear, and not a handful.
        """
        rated = self.is_first & (self.rating >= 0)
        rated &= (self.next_rating >= 0) | (self.next_stage != self.stage)
        rated &= self.next_stage < LAST_STAGE
        is_up = (self.next_stage > self.stage) | (self.next_rating == 1)
        high, low = rated & (self.rating == 1), rated & (self.rating == 0)
        if not low.any():
            return bool(high.sum() >= FEWEST_BEGINNERS)
        chance = float(is_up[low].mean())
        surplus = float((is_up[high] - chance).sum())
        noise = _CLEAR * np.sqrt(high.sum() * chance * (1 - chance))
        return bool(surplus >= max(FEWEST_BEGINNERS, noise))


def pair_ratings(sightings: LadderSightings, subjects: Integers) -> RatedPairs:
    """Put consecutive sightings side by side.

    Parameters
    ----------
    sightings : LadderSightings
        Of the hidden form.
    subjects : ndarray of shape (n,)
        The episodes that count.

    Returns
    -------
    RatedPairs
        The pairs.
    """
    keep = np.isin(sightings.episode, subjects)
    episode, code = sightings.episode[keep], sightings.code[keep]
    is_end = (code >= 2 * LAST_STAGE) & (code < len(HIDDEN_STATES))
    is_open = code >= len(HIDDEN_STATES)
    stage = np.where(is_end, LAST_STAGE, (code - is_open * len(HIDDEN_STATES)) % LAST_STAGE)
    rating = np.where(is_end | is_open, -1, code // LAST_STAGE)
    same = episode[1:] == episode[:-1]
    first = np.append(True, ~same)[:-1] if len(episode) else same
    return RatedPairs(
        stage=stage[:-1][same],
        next_stage=stage[1:][same],
        rating=rating[:-1][same],
        next_rating=rating[1:][same],
        target=sightings.target[episode[:-1][same]] - 1,
        is_first=first[same],
    )
