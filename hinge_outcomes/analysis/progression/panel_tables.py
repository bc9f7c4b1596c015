"""Tables of what follows from a fitted panel model: rates, ratios, probabilities, times."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.inference import mean_interval, probability_interval
from hinge_outcomes.analysis.progression.lag_matrices import transition_matrices
from hinge_outcomes.analysis.progression.panel_data import Floats
from hinge_outcomes.analysis.progression.panel_intervals import (
    Derived,
    derive_from,
    positive_interval,
)
from hinge_outcomes.analysis.progression.panel_model import Given, PanelModel
from hinge_outcomes.analysis.progression.panel_pairs import absorbing_states
from hinge_outcomes.analysis.progression.panel_prevalence import expected_numbers, observed_states
from hinge_outcomes.analysis.progression.panel_terms import values_at
from hinge_outcomes.analysis.progression.rate_structure import generators_of, rates_of
from hinge_outcomes.exceptions import AnalysisError


def rates_table(model: PanelModel, given: Given) -> pd.DataFrame:
    """Give the rate of each move; see `PanelMarkovFit.rates`.

    Parameters
    ----------
    model : PanelModel
        The fitted model.
    given : dict
        Values or levels of covariates.

    Returns
    -------
    DataFrame
        A row per move.
    """
    values = values_at(model.terms, given)[None]
    structure = model.fit.structure

    def function(theta: Floats) -> Floats:
        found: Floats = np.log(rates_of(structure, values, model.rate_part(theta))[0])
        return found

    log = derive_from(function, model.fit.optimum)
    low, high = mean_interval(log.estimate, log.std_error, conf_level=model.conf_level)
    rate = np.exp(log.estimate)
    start, end = model.graph.moves.T
    frame = result_frame(
        {"from": state_labels(model, start), "to": state_labels(model, end)},
        Derived(rate, rate * log.std_error),
        np.exp(low),
        np.exp(high),
    )
    frame["n_events"] = model.counts[start, end]
    return frame


def ratios_table(model: PanelModel) -> pd.DataFrame:
    """Give hazard ratios; see `PanelMarkovFit.hazard_ratios`.

    Parameters
    ----------
    model : PanelModel
        The fitted model.

    Returns
    -------
    DataFrame
        A row per covariate and move.
    """
    n_rates = len(model.graph.moves)
    rows = [
        (n_rates + number, model.terms[effect.term].name, *model.graph.moves[move])
        for number, effect in enumerate(model.effects)
        for move in effect.moves
    ]
    place = np.array([row[0] for row in rows], dtype=np.int64)
    log = derive_from(lambda theta: theta[place], model.fit.optimum)
    low, high = mean_interval(log.estimate, log.std_error, conf_level=model.conf_level)
    with np.errstate(over="ignore"):
        ratio, low, high = np.exp(log.estimate), np.exp(low), np.exp(high)
    labels = {
        "covariate": [row[1] for row in rows],
        "from": state_labels(model, [row[2] for row in rows]),
        "to": state_labels(model, [row[3] for row in rows]),
    }
    return result_frame(labels, Derived(ratio, ratio * log.std_error), low, high)


def transitions_table(
    model: PanelModel, t: float | Sequence[float], since: float | None, given: Given
) -> pd.DataFrame:
    """Give transition probabilities; see `PanelMarkovFit.transition_probabilities`.

    Parameters
    ----------
    model : PanelModel
        The fitted model.
    t : float or sequence of float
        Times between.
    since : float, optional
        When they begin.
    given : dict
        Values or levels of covariates.

    Returns
    -------
    DataFrame
        A row per time and pair of states.

    Raises
    ------
    AnalysisError
        If a time is negative or not finite.
    """
    lags = np.atleast_1d(np.asarray(t, dtype=np.float64))
    if not (np.isfinite(lags) & (lags >= 0)).all():
        raise AnalysisError("t must be finite and 0 or more: the time between two states.")
    found = derive_from(
        lambda theta: np.stack([_between(model, theta, since, lag, given) for lag in lags]),
        model.fit.optimum,
    )
    low, high = probability_interval(
        found.estimate, found.std_error, "logit", conf_level=model.conf_level
    )
    # What is certain by the graph alone needs no interval.
    sure = (found.std_error < 1e-9) & np.isnan(low)
    low, high = np.where(sure, found.estimate, low), np.where(sure, found.estimate, high)
    error = np.where(sure, 0.0, found.std_error)
    number, start, end = np.unravel_index(np.arange(error.size), error.shape)
    labels = {
        "from": state_labels(model, start),
        "to": state_labels(model, end),
        "time": lags[number],
    }
    return result_frame(labels, Derived(found.estimate.ravel(), error.ravel()), low, high)


def _between(
    model: PanelModel, theta: Floats, since: float | None, lag: float, given: Given
) -> Floats:
    """Multiply the transition matrices of the periods that a lag runs through."""
    starts = np.unique([term.since for term in model.terms if np.isfinite(term.since)])
    begin = -np.inf if since is None else since
    inside = starts[(starts > begin) & (starts < begin + lag)]
    edge = np.concatenate([[begin], inside, [begin + lag]])
    lengths = np.diff(edge) if len(inside) else np.array([lag])
    found = np.eye(len(model.graph.states))
    for left, length in zip(edge[:-1], lengths, strict=True):
        generator = model.generator(theta, given, float(left))
        here = transition_matrices(generator[None], np.zeros(1, np.int64), np.array([length]))
        found = found @ here[0]
    return found


def stays_table(model: PanelModel, given: Given) -> pd.DataFrame:
    """Give mean stays; see `PanelMarkovFit.sojourn_times`.

    Parameters
    ----------
    model : PanelModel
        The fitted model.
    given : dict
        Values or levels of covariates.

    Returns
    -------
    DataFrame
        A row per state that can be left.
    """
    leaves = np.flatnonzero(~absorbing_states(model.fit.structure))

    def function(theta: Floats) -> Floats:
        found: Floats = -1 / np.diag(model.generator(theta, given))[leaves]
        return found

    found = derive_from(function, model.fit.optimum)
    low, high = positive_interval(found, model.conf_level)
    return result_frame({"state": state_labels(model, leaves)}, found, low, high)


def seen_table(model: PanelModel) -> pd.DataFrame:
    """Give how states are seen; see `PanelMarkovFit.misclassification`.

    Parameters
    ----------
    model : PanelModel
        The fitted model.

    Returns
    -------
    DataFrame
        A row per true state and state it may be seen as.

    Raises
    ------
    AnalysisError
        If the model takes states to be seen as they are.
    """
    if model.emission is None:
        raise AnalysisError(
            "This model takes every state to be seen as it is. Name the errors that can happen in "
            "misclassification=, such as {('ill', 'well'): 0.1}."
        )
    true, seen = np.nonzero(model.emission.possible)
    found = derive_from(lambda theta: model.chances_seen(theta)[true, seen], model.fit.optimum)
    low, high = probability_interval(
        found.estimate, found.std_error, "logit", conf_level=model.conf_level
    )
    labels = {"true": state_labels(model, true), "observed": state_labels(model, seen)}
    return result_frame(labels, found, low, high)


def parameters_table(model: PanelModel) -> pd.DataFrame:
    """Give the parameters; see `PanelMarkovFit.parameters`.

    Parameters
    ----------
    model : PanelModel
        The fitted model.

    Returns
    -------
    DataFrame
        A row per parameter.
    """
    found = derive_from(lambda theta: theta, model.fit.optimum)
    low, high = mean_interval(found.estimate, found.std_error, conf_level=model.conf_level)
    return result_frame({"parameter": list(model.fit.names)}, found, low, high)


def prevalence_table(model: PanelModel, times: npt.ArrayLike) -> pd.DataFrame:
    """Compare observed with expected numbers; see `PanelMarkovFit.prevalence`.

    Parameters
    ----------
    model : PanelModel
        The fitted model.
    times : array_like
        When.

    Returns
    -------
    DataFrame
        A row per state and time.

    Raises
    ------
    AnalysisError
        If a time lies before the first observation or is not finite, or nobody's state is known
        then.
    """
    panel, structure = model.panel, model.fit.structure
    recorded = model.observed_panel()
    grid = np.unique(np.asarray(times, dtype=np.float64))
    since = float(panel.time.min())
    if not len(grid) or not np.isfinite(grid).all() or grid[0] < since:
        raise AnalysisError(
            f"times must be finite and not before the first observation, at {since:g}."
        )
    seen = observed_states(recorded, np.append(since, grid), absorbing_states(structure))
    number = np.stack([(seen == state).sum(axis=0) for state in range(len(panel.states))])
    first = number[:, 0] if model.first is None else model.first
    if not first.any():
        raise AnalysisError(
            f"Nobody's state is known at the first observation, at {since:g}, so that there is "
            "nothing to expect the later ones from. Give initial= as shares of the states."
        )
    first = first / first.sum()
    number = number[:, 1:]
    n_at_risk = number.sum(axis=0)

    def function(theta: Floats) -> Floats:
        rates = rates_of(structure, panel.values, model.rate_part(theta))
        generators = generators_of(structure, rates)
        expected = expected_numbers(panel, generators, first, since, grid, seen[:, 1:] >= 0)
        expected = expected @ model.chances_seen(theta)
        found: Floats = (expected / np.maximum(n_at_risk, 1)[:, None]).T
        return found

    found = derive_from(function, model.fit.optimum)
    low, high = probability_interval(
        found.estimate, found.std_error, "logit", conf_level=model.conf_level
    )
    share = number / np.maximum(n_at_risk, 1)
    nobody = np.broadcast_to(n_at_risk == 0, share.shape)
    shown = [
        np.where(nobody, np.nan, values).ravel()
        for values in (share, found.estimate, found.std_error, low, high)
    ]
    states, places = np.unravel_index(np.arange(share.size), share.shape)
    labels = {"state": state_labels(model, states), "time": grid[places], "observed": shown[0]}
    frame = result_frame(labels, Derived(shown[1], shown[2]), shown[3], shown[4])
    frame["n_at_risk"] = n_at_risk[places]
    frame["n_observed"] = number.ravel()
    frame["n_expected"] = (found.estimate * n_at_risk).ravel()
    return frame


def state_labels(model: PanelModel, places: Sequence[int] | npt.NDArray[Any]) -> list[Any]:
    """Give the labels of states.

    Parameters
    ----------
    model : PanelModel
        The fitted model.
    places : sequence of int
        Their places.

    Returns
    -------
    list
        Labels.
    """
    return [model.graph.states[place] for place in places]


def result_frame(labels: dict[str, Any], found: Derived, low: Floats, high: Floats) -> pd.DataFrame:
    """Put labels, estimates and limits side by side.

    Parameters
    ----------
    labels : dict
        Columns that say what a row is about.
    found : Derived
        Estimates and standard errors.
    low, high : ndarray
        Limits.

    Returns
    -------
    DataFrame
        The labels, then ``estimate``, ``std_error``, ``ci_low``, ``ci_high``.
    """
    frame = pd.DataFrame(
        {
            **labels,
            "estimate": found.estimate,
            "std_error": found.std_error,
            "ci_low": np.ravel(low),
            "ci_high": np.ravel(high),
        }
    )
    return frame.infer_objects()
