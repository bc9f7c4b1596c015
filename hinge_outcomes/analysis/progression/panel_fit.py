"""Fit the rates of a Markov process to states seen at visits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.linalg import block_diag

from hinge_outcomes.analysis.progression.emission_structure import (
    EmissionStructure,
    StartStructure,
)
from hinge_outcomes.analysis.progression.hidden_likelihood import hidden_objective
from hinge_outcomes.analysis.progression.panel_data import Floats, Integers, PanelData
from hinge_outcomes.analysis.progression.panel_likelihood import DirectLikelihood
from hinge_outcomes.analysis.progression.panel_optimum import (
    Information,
    Objective,
    Optimum,
    maximise,
)
from hinge_outcomes.analysis.progression.panel_pairs import has_hidden_middle
from hinge_outcomes.analysis.progression.rate_structure import RateStructure
from hinge_outcomes.exceptions import NoEventsError

_CHANCE_WEIGHT = 5.0
"""Rough information of a log odds that is not a rate."""


@dataclass(frozen=True, slots=True, eq=False)
class PanelFit:
    """Hold a fitted panel model as arrays.

    Parameters
    ----------
    structure : RateStructure
        The moves and how their rates depend on the parameters.
    optimum : Optimum
        Parameters in the order rates, emission, initial; log-likelihood, covariance and verdict.
    names : tuple of str
        What each parameter is.
    crude : CrudeRates
        Moves and times that the search started from.
    objective : callable
        The log-likelihood and its gradient, to be evaluated anywhere.
    """

    structure: RateStructure
    optimum: Optimum
    names: tuple[str, ...]
    crude: "CrudeRates"
    objective: Objective

    @property
    def minus_two_loglik(self) -> float:
        """Give minus twice the log-likelihood.

        Returns
        -------
        float
            At the end of the search.
        """
        return -2 * self.optimum.loglik


@dataclass(frozen=True, slots=True, eq=False)
class CrudeRates:
    """Hold what one would say of the rates if every move happened at a visit.

    Parameters
    ----------
    moves : ndarray of shape (R,)
        Consecutive observations that differ by each possible move.
    time : ndarray of shape (R,)
        Time that starts in the state which the move leaves.
    second_moments : ndarray of shape (C + 1, C + 1)
        Mean products of the covariates over that time.
    """

    moves: Floats
    time: Floats
    second_moments: Floats

    @property
    def rates(self) -> Floats:
        """Give moves per time, at least a tenth of a move.

        Returns
        -------
        ndarray of shape (R,)
            Crude rates.
        """
        return np.maximum(self.moves, 0.1) / np.maximum(self.time, 1e-300)


def fit_panel(
    panel: PanelData,
    structure: RateStructure,
    *,
    emission: EmissionStructure | None = None,
    initial: StartStructure | Floats | None = None,
    start: npt.ArrayLike | None = None,
    held: Sequence[int] = (),
    progress: Callable[[int, float], None] | None = None,
) -> PanelFit:
    """Fit a Markov process to a panel by maximum likelihood.

    Parameters
    ----------
    panel : PanelData
        The observations.
    structure : RateStructure
        The possible moves, and how their rates depend on K parameters.
    emission : EmissionStructure, optional
        How observed codes arise from true states. Default: states are observed without error.
    initial : StartStructure or ndarray, optional
        Distribution of the first true state, with parameters or fixed, of shape (S,). Default:
        every state that the first observation allows is as likely as any other.
    start : array_like, optional
        Where the search begins: all parameters, or those of the rates. Default: crude rates, no
        covariate effects.
    held : sequence of int, default ()
        Numbers of parameters that stay where they start.
    progress : callable, optional
        Called with the number of each step and the log-likelihood.

    Returns
    -------
    PanelFit
        The fit; ``optimum.converged`` is False where there is no maximum, with the reason.

    Raises
    ------
    NoEventsError
        If nobody is observed twice, so that no move could be seen.
    AnalysisError
        If an observation is impossible under the starting values.
    """
    crude = crude_rates(panel, structure)
    first = start_parameters(structure, crude)
    weight, unit = _weights(structure, crude)
    names = structure.names
    objective: Objective
    information = None
    has_start = isinstance(initial, StartStructure) and bool(initial.names)
    if emission is None and not has_start and not has_hidden_middle(panel):
        direct = DirectLikelihood(panel, structure)
        objective, more = direct, np.zeros(0)
        information = direct.information if direct.has_information else None
    else:
        hidden = hidden_objective(panel, structure, emission, initial)
        objective, more = hidden, hidden.start
        names = (*names, *hidden.names)
    given = first if start is None else np.asarray(start, dtype=np.float64)
    # A start of the rates alone is completed by that of what is seen and of the first state.
    first = given if len(given) == len(names) else np.append(given, more)
    unit = np.append(unit, np.ones(len(more)))
    weight = block_diag(weight, _CHANCE_WEIGHT * np.eye(len(more)))
    optimum = _maximise_free(
        objective,
        first,
        np.setdiff1d(np.arange(len(first)), np.asarray(held, dtype=np.int64)),
        names,
        unit,
        weight,
        information,
        progress,
    )
    return PanelFit(structure, optimum, names, crude, objective)


def _maximise_free(
    objective: Objective,
    first: Floats,
    free: Integers,
    names: tuple[str, ...],
    unit: Floats,
    weight: Floats,
    information: Information | None,
    progress: Callable[[int, float], None] | None,
) -> Optimum:
    """Maximise over the free parameters and give the optimum in all of them."""

    def filled(part: Floats) -> Floats:
        theta = first.copy()
        theta[free] = part
        return theta

    def restricted(part: Floats) -> tuple[float, Floats]:
        loglik, gradient = objective(filled(part))
        return loglik, gradient[free]

    def curve(part: Floats) -> Floats | None:
        found = None if information is None else information(filled(part))
        return None if found is None else found[np.ix_(free, free)]

    found = maximise(
        restricted,
        first[free],
        names=[names[number] for number in free],
        scale=unit[free],
        curvature=weight[np.ix_(free, free)],
        information=None if information is None else curve,
        progress=progress,
    )
    if len(free) == len(first):
        return found
    square = np.zeros((2, len(first), len(first)))
    square[:, free[:, None], free] = found.information, found.covariance
    flat = np.zeros((len(first), found.flat.shape[1]))
    flat[free] = found.flat
    theta = filled(found.theta)
    scale = np.ones(len(first))
    scale[free] = found.scale
    return replace(
        found,
        theta=theta,
        scale=scale,
        gradient=objective(theta)[1],
        information=square[0],
        covariance=square[1],
        flat=flat,
    )


def crude_rates(panel: PanelData, structure: RateStructure) -> CrudeRates:
    """Count moves between visits and the time they could happen in.

    Parameters
    ----------
    panel : PanelData
        The observations.
    structure : RateStructure
        The possible moves.

    Returns
    -------
    CrudeRates
        Moves, time and the covariates' second moments over it.

    Raises
    ------
    NoEventsError
        If nobody is observed at two times.
    """
    size = len(panel.states)
    goes_on = panel.subject[1:] == panel.subject[:-1]
    lag = np.where(goes_on, panel.time[1:] - panel.time[:-1], 0.0)
    if not (lag > 0).any():
        raise NoEventsError(
            "Nobody is observed at two different times, so no move could be seen. A panel model "
            "needs at least two observations of a subject."
        )
    width = len(panel.sets)
    cell = panel.code[:-1] * width + panel.code[1:]
    cell[~goes_on] = width * width
    table = np.bincount(cell, minlength=width * width + 1)[:-1].reshape(width, width)
    time = np.bincount(panel.code[:-1], weights=lag, minlength=width)[:size]
    by_pattern = np.bincount(panel.pattern[:-1], weights=lag, minlength=len(panel.values))
    second = (panel.values.T * by_pattern) @ panel.values / by_pattern.sum()
    leaves, enters = structure.moves.T
    # A state nobody was seen to start in borrows the mean time.
    time = np.where(time > 0, time, time[time > 0].mean() if (time > 0).any() else lag.sum())
    return CrudeRates(table[leaves, enters].astype(np.float64), time[leaves], second)


def start_parameters(structure: RateStructure, crude: CrudeRates) -> Floats:
    """Give the parameters whose rates come closest to the crude ones, without effects.

    Parameters
    ----------
    structure : RateStructure
        The moves and maps.
    crude : CrudeRates
        Moves and time.

    Returns
    -------
    ndarray of shape (K,)
        Parameters.
    """
    weight = np.sqrt(np.maximum(crude.moves, 0.1))
    found = np.linalg.lstsq(
        structure.maps[0] * weight[:, None], np.log(crude.rates) * weight, rcond=1e-10
    )[0]
    return np.asarray(found)


def _weights(structure: RateStructure, crude: CrudeRates) -> tuple[Floats, Floats]:
    """Give a rough information of the parameters and the change of each that matters."""
    maps, second = structure.maps, crude.second_moments
    by_move = np.einsum("crk,cd,drl->rkl", maps, second, maps, optimize=True)
    weight = np.einsum("r,rkl->kl", np.maximum(crude.moves, 0.5), by_move)
    spread = np.sqrt(np.diagonal(by_move, axis1=1, axis2=2).max(axis=0, initial=0.0))
    unit = 1 / np.where(spread > 0, spread, 1.0)
    return weight + np.diag(1e-3 / unit**2), unit
