"""What follows from the rates of a ladder: latent mastery by day, chances and times to mastery."""

from typing import Protocol

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import probability_interval
from hinge_outcomes.analysis.progression.first_passage import (
    arrival_quantile,
    chance_of_ever,
    mean_given_arrival,
    without_exits,
)
from hinge_outcomes.analysis.progression.ladder_ratings import RatingModel
from hinge_outcomes.analysis.progression.ladder_structure import LadderStructure
from hinge_outcomes.analysis.progression.lag_matrices import (
    generator_gradient,
    transition_matrices,
)
from hinge_outcomes.analysis.progression.panel_data import Floats, Integers, PanelData
from hinge_outcomes.analysis.progression.panel_fit import PanelFit
from hinge_outcomes.analysis.progression.panel_intervals import derive_from, positive_interval
from hinge_outcomes.analysis.progression.rate_structure import (
    generators_of,
    parameter_gradient,
    rates_of,
)
from hinge_outcomes.domain.progression import LAST_STAGE

_MOVES = 1e-4
_CLOSED = 1e-15

QUANTITIES = (
    "chance_of_ever",
    "mean_days_given_mastery",
    "mean_visits_given_mastery",
    "median_days",
    "mean_days_if_nobody_left",
    "mean_visits_if_nobody_left",
    "median_days_if_nobody_left",
)


class _FittedLadder(Protocol):
    """What is read of a ladder fit.

    Attributes
    ----------
    ladder, fit, panel, ratings
        As in `LadderFit`.
    entry, pattern : ndarray of shape (n,)
        Entry stage and covariate pattern of each episode.
    pattern_target : ndarray of shape (P,)
        Target stage of each pattern.
    n_episodes : int
        How many.
    conf_level : float
        Share of intervals meant to hold the truth.
    """

    @property
    def ladder(self) -> LadderStructure: ...
    @property
    def fit(self) -> PanelFit: ...
    @property
    def panel(self) -> PanelData: ...
    @property
    def ratings(self) -> RatingModel | None: ...
    @property
    def entry(self) -> Integers: ...
    @property
    def pattern(self) -> Integers: ...
    @property
    def pattern_target(self) -> Integers: ...
    @property
    def n_episodes(self) -> int: ...
    @property
    def conf_level(self) -> float: ...


def mastery_shares(fit: _FittedLadder, days: Floats, *, if_nobody_left: bool) -> pd.DataFrame:
    """Average the chance of mastery by each day over the patients of a ladder fit.

    Parameters
    ----------
    fit : LadderFit
        The fit.
    days : ndarray
        Days since the start.
    if_nobody_left : bool
        Whether the ways out are closed.

    Returns
    -------
    DataFrame
        day, estimate, std_error, ci_low, ci_high, n_at_risk.

    Notes
    -----
    The average is over the entry stages, targets and covariates of these very patients, which are
    taken as given. Its error is the delta method with exact derivatives: the adjoint of the
    derivative of the matrix exponential carries the weights back to the generators.
    """
    ladder, values, optimum = fit.ladder, fit.panel.values, fit.fit.optimum
    structure = ladder.rates
    size = structure.maps.shape[2]
    rates = rates_of(structure, values, optimum.theta[:size])
    aim = np.array([ladder.mastery_code(target) for target in fit.pattern_target])
    rates = np.where(structure.moves[:, 0] == aim[:, None], 0.0, rates)
    if if_nobody_left:
        rates = np.where(np.isin(structure.moves[:, 1], ladder.exit_codes), 0.0, rates)
    generators = generators_of(structure, rates)
    everyone = np.arange(len(values))
    learning, automatic = (
        _starting_weights(fit, shift, aim) for shift in (0, LAST_STAGE if fit.ratings else 0)
    )
    begins = _chance_of_beginning(fit)
    weights = (1 - begins) * learning + begins * automatic
    rows = []
    for day in days:
        lag = np.full(len(values), day)
        moved = transition_matrices(generators, everyone, lag)
        share = float((moved * weights).sum())
        by_entry = generator_gradient(generators, everyone, lag, weights)
        gradient = np.zeros(len(optimum.theta))
        gradient[:size] = parameter_gradient(structure, values, rates, by_entry)
        if 0 < begins < 1:
            gradient[-1] = begins * (1 - begins) * float((moved * (automatic - learning)).sum())
        is_known = not (np.abs(optimum.flat.T @ gradient) > _MOVES).any()
        variance = float(gradient @ optimum.covariance @ gradient)
        rows.append((day, share, np.sqrt(max(variance, 0.0)) if is_known else np.nan))
    frame = pd.DataFrame(rows, columns=["day", "estimate", "std_error"])
    frame["ci_low"], frame["ci_high"] = probability_interval(
        frame["estimate"], frame["std_error"], "cloglog", conf_level=fit.conf_level
    )
    return frame.assign(n_at_risk=fit.n_episodes)


def _starting_weights(fit: _FittedLadder, shift: int, aim: Integers) -> Floats:
    """Give each episode's share to its entry state and the state it aims for."""
    size = len(fit.ladder.states)
    weights = np.zeros((len(fit.panel.values), size, size))
    place = (fit.pattern, fit.entry - 1 + shift, aim[fit.pattern])
    np.add.at(weights, place, 1 / fit.n_episodes)
    return weights


def _chance_of_beginning(fit: _FittedLadder) -> float:
    """Give the chance that the entry stage is automatic on day 0."""
    if fit.ratings is None or not fit.ratings.start.names:
        return 0.0
    return float(1 / (1 + np.exp(-fit.fit.optimum.theta[-1])))


def passage_numbers(
    fit: _FittedLadder, target: int, row: Floats, days_between_visits: float
) -> pd.DataFrame:
    """Give chances and times to mastery from every stage up to a target.

    Parameters
    ----------
    fit : LadderFit
        The fit.
    target : int
        The stage to master.
    row : ndarray
        Covariates of the patient, the mark of the target among them.
    days_between_visits : float
        For the number of visits.

    Returns
    -------
    DataFrame
        stage, target, quantity, estimate, std_error, ci_low, ci_high.

    Notes
    -----
    From a stage that is being learnt.
    """

    ladder = fit.ladder
    size, aim = ladder.rates.maps.shape[2], [ladder.mastery_code(target)]

    def numbers(theta: Floats) -> Floats:
        rates = rates_of(ladder.rates, row[None], theta[:size])
        # A closed move is no move at all: nobody reaches what lies behind it.
        generator = generators_of(ladder.rates, np.where(rates < _CLOSED, 0.0, rates))[0]
        stays = without_exits(generator, ladder.exit_codes)
        chance = chance_of_ever(generator, aim)[:target]
        mean = mean_given_arrival(generator, aim)[:target]
        alone = mean_given_arrival(stays, aim)[:target]
        median, median_alone = (
            np.array([arrival_quantile(q, stage, aim) for stage in range(target)])
            for q in (generator, stays)
        )
        visits = 1 / days_between_visits
        return np.stack(
            [chance, mean, mean * visits, median, alone, alone * visits, median_alone], axis=1
        )

    found = derive_from(numbers, fit.fit.optimum)
    low, high = positive_interval(found, fit.conf_level)
    low[:, 0], high[:, 0] = probability_interval(
        found.estimate[:, 0], found.std_error[:, 0], "logit", conf_level=fit.conf_level
    )
    return pd.DataFrame(
        {
            "stage": np.repeat(np.arange(1, target + 1), len(QUANTITIES)),
            "target": target,
            "quantity": np.tile(QUANTITIES, target),
            "estimate": found.estimate.ravel(),
            "std_error": found.std_error.ravel(),
            "ci_low": low.ravel(),
            "ci_high": high.ravel(),
        }
    )
