"""The three answers about loss as numbers: estimates, influence, and leaving one cluster out."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.inference import cluster_sums
from hinge_outcomes.analysis.progression.after_loss import (
    LEAVES,
    MASTERS,
    STAYS,
    CareIntervals,
    mastery_after_loss,
    mastery_by_delta,
)
from hinge_outcomes.analysis.progression.counting_process import Floats
from hinge_outcomes.analysis.progression.dropout_weights import (
    DropoutWeights,
    LossModel,
    fit_loss_model,
    weigh_against_loss,
)
from hinge_outcomes.analysis.progression.visit_history import VisitHistory
from hinge_outcomes.domain.states import MASTERED

_IN_CARE = np.ones(1)


@dataclass(frozen=True, slots=True, repr=False)
class LossQuestion:
    """Hold what is asked: on which days, under which assumptions.

    Parameters
    ----------
    days : ndarray, shape (K,)
        Days by which mastery is asked about.
    deltas : ndarray, shape (D,)
        After-loss assumptions.
    truncate : float
        Quantile of the stabilised weights to which larger ones are cut.
    """

    days: Floats
    deltas: Floats
    truncate: float


@dataclass(frozen=True, slots=True, repr=False)
class LossEstimates:
    """Hold the probabilities of mastery, and what each episode contributes to them.

    Parameters
    ----------
    estimate : ndarray, shape (K, 1 + D)
        Per day: while in care, then after loss under each delta.
    influence : ndarray, shape (n, K, 1 + D)
        Influence of each episode, the estimation of the weights included.
    weights : DropoutWeights
        Who was seen in care, and how many each stands for.
    model : LossModel
        The probability of being lost after each visit.
    """

    estimate: Floats
    influence: Floats
    weights: DropoutWeights
    model: LossModel

    def std_error(self, clusters: npt.NDArray[np.object_]) -> Floats:
        """Give the infinitesimal-jackknife errors.

        Parameters
        ----------
        clusters : ndarray, shape (n,)
            Label of the independent unit of each episode.

        Returns
        -------
        ndarray, shape (K, 1 + D)
            Standard errors.
        """
        sums = cluster_sums(self.influence.reshape(len(clusters), -1), clusters)
        return np.asarray(np.sqrt((sums**2).sum(axis=0))).reshape(self.estimate.shape)


def intervals_in_care(stays: pd.DataFrame) -> CareIntervals:
    """Read stays to first mastery or any end of care, loss among them.

    Parameters
    ----------
    stays : DataFrame
        As `mastery_stays.first_stays` gives it: one row per episode.

    Returns
    -------
    CareIntervals
        With weight 1: being lost is an end like the others.

    Examples
    --------
    >>> stays = pd.DataFrame({"start_day": [0.0, 0.0], "stop_day": [9.0, 7.0],
    ...                       "to_state": ["lost", None]})
    >>> intervals_in_care(stays).end.tolist()
    [1, -1]
    """
    to_state = stays["to_state"]
    is_known = to_state.notna().to_numpy()
    is_mastered = (to_state == MASTERED).to_numpy()
    return CareIntervals(
        start=stays["start_day"].to_numpy(dtype=float),
        stop=stays["stop_day"].to_numpy(dtype=float),
        end=np.where(is_known, np.where(is_mastered, MASTERS, LEAVES), STAYS),
        weight=np.ones(len(stays)),
    )


def estimate_three_ways(
    in_care: CareIntervals, history: VisitHistory, question: LossQuestion
) -> LossEstimates:
    """Estimate mastery in care, and after loss under each assumption, with influence.

    Parameters
    ----------
    in_care : CareIntervals
        One interval per episode, from `intervals_in_care`.
    history : VisitHistory
        Visits of the same n episodes.
    question : LossQuestion
        What is asked.

    Returns
    -------
    LossEstimates
        Estimates with the influence of each episode.
    """
    model = fit_loss_model(history)
    weights = weigh_against_loss(history, model, truncate=question.truncate)
    n, shape = len(in_care.start), (len(question.days), 1 + len(question.deltas))
    estimate, influence = np.empty(shape), np.empty((n, *shape))
    by_episode = _sums_by_episode(history.episode, model.influence, n)
    for number, day in enumerate(question.days):
        plain = mastery_after_loss(in_care, day, _IN_CARE)
        weighted = mastery_after_loss(weights.intervals, day, question.deltas)
        estimate[number] = np.concatenate([plain.estimate, weighted.estimate])
        influence[:, number, :1] = plain.row_influence
        seen = _sums_by_episode(weights.episode, weighted.row_influence, n)
        # The weights are estimated: what an episode contributes to them moves the estimate too.
        influence[:, number, 1:] = seen + by_episode @ (weights.slope.T @ weighted.weight_influence)
    return LossEstimates(estimate, influence, weights, model)


def leave_one_out(
    in_care: CareIntervals,
    history: VisitHistory,
    clusters: npt.NDArray[np.object_],
    question: LossQuestion,
) -> Floats:
    """Estimate the errors by repeating the whole analysis without each cluster in turn.

    Parameters
    ----------
    in_care : CareIntervals
        One interval per episode.
    history : VisitHistory
        Visits of the same episodes.
    clusters : ndarray, shape (n,)
        Label of the independent unit of each episode.
    question : LossQuestion
        What is asked.

    Returns
    -------
    ndarray, shape (K, 1 + D)
        Delete-one-cluster jackknife errors, sqrt((G - 1) / G sum of (estimate - mean)^2); missing
        with a single cluster.
    """
    labels = np.unique(clusters)
    found = np.stack(
        [_without(in_care, history, clusters != label, question) for label in labels]
        if len(labels) > 1
        else [np.full((len(question.days), 1 + len(question.deltas)), np.nan)]
    )
    spread = ((found - found.mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray(np.sqrt((len(labels) - 1) / len(labels) * spread))


def _without(
    in_care: CareIntervals,
    history: VisitHistory,
    kept: npt.NDArray[np.bool_],
    question: LossQuestion,
) -> Floats:
    some, first = kept[history.episode], kept[history.day0_episode]
    part = replace(
        history,
        **{name: getattr(history, name)[some] for name in ("episode", "day", "is_lost")},
        **{name: getattr(history, name)[some] for name in ("start", "stop", "end")},
        day0_end=history.day0_end[first],
        day0_episode=history.day0_episode[first],
        known=history.known[some],
    )
    weights = weigh_against_loss(part, fit_loss_model(part), truncate=question.truncate)
    plain = CareIntervals(
        in_care.start[kept], in_care.stop[kept], in_care.end[kept], in_care.weight[kept]
    )
    return np.stack(
        [
            np.concatenate(
                [
                    mastery_by_delta(plain, day, _IN_CARE),
                    mastery_by_delta(weights.intervals, day, question.deltas),
                ]
            )
            for day in question.days
        ]
    )


def _sums_by_episode(episode: npt.NDArray[np.int64], values: Floats, n: int) -> Floats:
    return np.stack([np.bincount(episode, column, n) for column in values.T], axis=1)
