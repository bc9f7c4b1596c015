"""Whether and when a fitted panel model reaches a state, with intervals."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import probability_interval
from hinge_outcomes.analysis.progression.first_passage import (
    arrival_quantile,
    chance_of_ever,
    mean_given_arrival,
    without_exits,
)
from hinge_outcomes.analysis.progression.panel_data import Floats
from hinge_outcomes.analysis.progression.panel_intervals import (
    Derived,
    derive_from,
    positive_interval,
)
from hinge_outcomes.analysis.progression.panel_model import Given, PanelModel
from hinge_outcomes.analysis.progression.panel_pairs import absorbing_states
from hinge_outcomes.analysis.progression.panel_tables import result_frame, state_labels
from hinge_outcomes.exceptions import AnalysisError

EVER = "probability of ever arriving"
GIVEN_ARRIVAL = "mean time given arrival"
MEAN_STAYING = "mean time if nobody left"
MEDIAN_STAYING = "median time if nobody left"


def arrival_chances(model: PanelModel, to: Any, given: Given) -> pd.DataFrame:
    """Give chances of arrival; see `PanelMarkovFit.chance_of_ever`.

    Parameters
    ----------
    model : PanelModel
        The fitted model.
    to : object or list
        The states to reach.
    given : dict
        Values or levels of covariates.

    Returns
    -------
    DataFrame
        A row per other state.
    """
    targets, others = _places(model, to)
    found = _derived(model, given, lambda generator: chance_of_ever(generator, targets)[others])
    low, high = probability_interval(
        found.estimate, found.std_error, "logit", conf_level=model.conf_level
    )
    # From where nothing leads there, or all ways do, the graph alone says so.
    sure = (found.std_error < 1e-9) & np.isnan(low)
    low, high = np.where(sure, found.estimate, low), np.where(sure, found.estimate, high)
    return _labelled(model, EVER, targets, others, found, low, high)


def arrival_means(model: PanelModel, to: Any, given: Given) -> pd.DataFrame:
    """Give mean times of those who arrive; see `PanelMarkovFit.mean_given_arrival`.

    Parameters
    ----------
    model : PanelModel
        The fitted model.
    to : object or list
        The states to reach.
    given : dict
        Values or levels of covariates.

    Returns
    -------
    DataFrame
        A row per other state.
    """
    targets, others = _places(model, to)
    found = _derived(model, given, lambda generator: mean_given_arrival(generator, targets)[others])
    return _labelled(
        model, GIVEN_ARRIVAL, targets, others, found, *positive_interval(found, model.conf_level)
    )


def arrival_quantiles(model: PanelModel, to: Any, share: float, given: Given) -> pd.DataFrame:
    """Give quantiles of the time of arrival; see `PanelMarkovFit.arrival_quantile`.

    Parameters
    ----------
    model : PanelModel
        The fitted model.
    to : object or list
        The states to reach.
    share : float
        Of all who start in a state.
    given : dict
        Values or levels of covariates.

    Returns
    -------
    DataFrame
        A row per other state.

    Raises
    ------
    AnalysisError
        If the share is none.
    """
    if not 0 < share < 1:
        raise AnalysisError("share must lie between 0 and 1. For a median write share=0.5.")
    targets, others = _places(model, to)
    found = _derived(model, given, lambda generator: _quantiles(generator, targets, others, share))
    name = f"time by which {share:.0%} of all have arrived"
    return _labelled(
        model, name, targets, others, found, *positive_interval(found, model.conf_level)
    )


def arrivals_if_nobody_left(model: PanelModel, to: Any, exits: Any, given: Given) -> pd.DataFrame:
    """Give times in a process without exits; see `PanelMarkovFit.if_nobody_left`.

    Parameters
    ----------
    model : PanelModel
        The fitted model.
    to : object or list
        The states to reach.
    exits : object or list, optional
        States that are not entered any more.
    given : dict
        Values or levels of covariates.

    Returns
    -------
    DataFrame
        Two rows per other state: mean and median.
    """
    targets, others = _places(model, to)
    if exits is None:
        ends = np.flatnonzero(absorbing_states(model.fit.structure))
        closed = [int(state) for state in ends if state not in targets]
    else:
        closed = _numbers(model, exits, "exits")
    others = [state for state in others if state not in closed]

    def mean(generator: Floats) -> Floats:
        found: Floats = mean_given_arrival(without_exits(generator, closed), targets)[others]
        return found

    def median(generator: Floats) -> Floats:
        return _quantiles(without_exits(generator, closed), targets, others, 0.5)

    parts = []
    for name, function in ((MEAN_STAYING, mean), (MEDIAN_STAYING, median)):
        found = _derived(model, given, function)
        limits = positive_interval(found, model.conf_level)
        parts.append(_labelled(model, name, targets, others, found, *limits))
    return pd.concat(parts, ignore_index=True)


def _quantiles(generator: Floats, targets: list[int], others: list[int], share: float) -> Floats:
    return np.array([arrival_quantile(generator, state, targets, share) for state in others])


def _derived(model: PanelModel, given: Given, function: Callable[[Floats], Floats]) -> Derived:
    if model.has_periods:
        raise AnalysisError(
            "Where rates change with time, whether and when a state is reached depends on when one "
            "starts. Fit without breaks, or use transition_probabilities(t, since=...)."
        )
    return derive_from(lambda theta: function(model.generator(theta, given)), model.fit.optimum)


def _places(model: PanelModel, to: Any) -> tuple[list[int], list[int]]:
    targets = _numbers(model, to, "to")
    return targets, [place for place in range(len(model.graph.states)) if place not in targets]


def _numbers(model: PanelModel, wanted: Any, where: str) -> list[int]:
    labels = wanted if isinstance(wanted, list) else [wanted]
    return [model.graph.number(label, where) for label in labels]


def _labelled(
    model: PanelModel,
    name: str,
    targets: list[int],
    others: list[int],
    found: Derived,
    low: Floats,
    high: Floats,
) -> pd.DataFrame:
    into = state_labels(model, targets)
    target = into[0] if len(into) == 1 else " or ".join(map(str, into))
    labels = {
        "quantity": [name] * len(others),
        "from": state_labels(model, others),
        "to": [target] * len(others),
    }
    return result_frame(labels, found, low, high)
