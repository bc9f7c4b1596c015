"""Tables of an analysis of loss: answers by day, assumptions, weights, and who leaves."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.inference import (
    clustered_std_error,
    normal_quantile,
    probability_interval,
)
from hinge_outcomes.analysis.progression.after_loss import MASTERS, STAYS, CareIntervals
from hinge_outcomes.analysis.progression.counting_process import Floats, Integers
from hinge_outcomes.analysis.progression.dropout_weights import DropoutWeights, LossModel
from hinge_outcomes.analysis.progression.loss_estimates import LossQuestion
from hinge_outcomes.analysis.progression.loss_result import (
    AFTER_LOSS,
    IF_NOBODY_LOST,
    WHILE_IN_CARE,
)


def answer_tables(
    estimate: Floats,
    error: Floats,
    quantile: float,
    followed: tuple[CareIntervals, CareIntervals],
    question: LossQuestion,
    delta: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make the three rows of each day, and the grid of assumptions.

    Parameters
    ----------
    estimate, error : ndarray, shape (K, 1 + D)
        Per day: while in care, then under each delta.
    quantile : float
        Standard errors to each side.
    followed : tuple of CareIntervals
        Those the first row follows, and those the others do.
    question : LossQuestion
        K days and D deltas, 1 among them.
    delta : float
        The assumption of the third row.

    Returns
    -------
    answers : DataFrame
        estimand, day, delta, estimate, std_error, ci_low, ci_high, n_at_risk, n_events.
    grid : DataFrame
        day, delta, estimate, std_error, ci_low, ci_high.
    """
    in_care, seen = followed
    estimate, error = estimate.copy(), error.copy()
    for column, intervals in ((slice(0, 1), in_care), (slice(1, None), seen)):
        unknown = question.days > _known_to(intervals)
        estimate[unknown, column] = error[unknown, column] = np.nan
    low, high = probability_interval(
        np.nan_to_num(estimate), np.nan_to_num(error), "cloglog", quantile=quantile
    )
    low, high = (np.where(np.isnan(estimate), np.nan, limit) for limit in (low, high))
    place = {value: number + 1 for number, value in enumerate(question.deltas.tolist())}
    kinds = (
        (WHILE_IN_CARE, 0.0, 0, in_care),
        (IF_NOBODY_LOST, 1.0, place[1.0], seen),
        (AFTER_LOSS, delta, place[float(delta)], seen),
    )

    def numbers(row: int, column: int) -> dict[str, float]:
        return {
            "estimate": estimate[row, column],
            "std_error": error[row, column],
            "ci_low": low[row, column],
            "ci_high": high[row, column],
        }

    answers = [
        {
            "estimand": name,
            "day": day,
            "delta": float(value),
            **numbers(row, column),
            "n_at_risk": int(((intervals.start < day) & (intervals.stop >= day)).sum()),
            "n_events": int(((intervals.end == MASTERS) & (intervals.stop <= day)).sum()),
        }
        for row, day in enumerate(question.days)
        for name, value, column, intervals in kinds
    ]
    over = [
        {"day": day, "delta": value, **numbers(row, column)}
        for row, day in enumerate(question.days)
        for value, column in place.items()
    ]
    return pd.DataFrame(answers), pd.DataFrame(over)


def _known_to(intervals: CareIntervals) -> float:
    """Give the last day anyone is at risk; all is known for ever once everyone has ended."""
    last = float(intervals.stop.max())
    at_end = intervals.stop == last
    return np.inf if (intervals.end[at_end] != STAYS).all() else last


def weight_table(weights: DropoutWeights, days: Floats) -> pd.DataFrame:
    """Describe the weights of those at risk on each day.

    Parameters
    ----------
    weights : DropoutWeights
        The weights.
    days : ndarray, shape (K,)
        Days.

    Returns
    -------
    DataFrame
        day, n_at_risk, mean_weight, largest_weight, effective_sample_size, n_truncated.
    """
    intervals, rows = weights.intervals, []
    for day in days:
        w = weights.stabilised[(intervals.start < day) & (intervals.stop >= day)]
        square = float((w**2).sum())
        rows.append(
            {
                "day": day,
                "n_at_risk": len(w),
                "mean_weight": float(w.mean()) if len(w) else np.nan,
                "largest_weight": float(w.max()) if len(w) else np.nan,
                "effective_sample_size": float(w.sum()) ** 2 / square if len(w) else 0.0,
                "n_truncated": weights.n_truncated,
            }
        )
    return pd.DataFrame(rows)


def odds_ratios(
    model: LossModel, episode: Integers, patients: npt.NDArray[np.object_], conf_level: float
) -> pd.DataFrame:
    """Give the odds ratio of being lost for each term of the model, per unit.

    Parameters
    ----------
    model : LossModel
        The fit.
    episode : ndarray, shape (N,)
        Place of the episode of each visit.
    patients : ndarray, shape (n,)
        The patient of each episode, by whom errors are clustered.
    conf_level : float
        Confidence level.

    Returns
    -------
    DataFrame
        term, estimate, std_error (of the logarithm), ci_low, ci_high.
    """
    # Without a visit there is no error either.
    error = np.full(len(model.terms), np.nan)
    if len(episode):
        error = clustered_std_error(model.influence, patients[episode]) / model.scale
    slope = model.coefficients / model.scale
    reach = normal_quantile(conf_level) * error
    frame = pd.DataFrame(
        {
            "term": model.terms,
            "estimate": np.exp(slope),
            "std_error": error,
            "ci_low": np.exp(slope - reach),
            "ci_high": np.exp(slope + reach),
        }
    )
    return frame[1:].reset_index(drop=True)
