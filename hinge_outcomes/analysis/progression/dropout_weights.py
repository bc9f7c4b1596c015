"""How likely each patient was to come again, and the weights that make up for those who did not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from hinge_outcomes.analysis.progression.after_loss import CareIntervals
from hinge_outcomes.analysis.progression.counting_process import Floats, Integers
from hinge_outcomes.analysis.progression.stays import DAY_ZERO_STOP
from hinge_outcomes.analysis.progression.visit_history import VisitHistory
from hinge_outcomes.exceptions import ConvergenceError

_PRIOR_SD = 2.5
"""Log odds, per standard deviation of numbers, are drawn softly to 0, so that they are finite."""

_MOST_STEPS = 50
_SETTLED = 1e-9


@dataclass(frozen=True, slots=True, repr=False)
class LossModel:
    """Hold a logistic model of being lost after a visit.

    Parameters
    ----------
    terms : tuple of str
        Names of the p coefficients.
    scale : ndarray, shape (p,)
        Unit of each column: its standard deviation; 1 for a yes or no.
    coefficients : ndarray, shape (p,)
        Log odds per such unit.
    design : ndarray, shape (N, p)
        Columns in these units, centred, one row per visit.
    probability : ndarray, shape (N,)
        Fitted probability of being lost after each visit.
    influence : ndarray, shape (N, p)
        What each visit contributes to the coefficients.
    """

    terms: tuple[str, ...]
    scale: Floats
    coefficients: Floats
    design: Floats
    probability: Floats
    influence: Floats


@dataclass(frozen=True, slots=True, repr=False)
class DropoutWeights:
    """Hold the time in care with its weights, and how they depend on the model of loss.

    Parameters
    ----------
    intervals : CareIntervals
        Who was seen in care from when to when, and how many each stands for.
    episode : ndarray of int, shape (M,)
        Place of the episode of each interval.
    stabilised : ndarray, shape (M,)
        The weight times the share of all not lost by then, after truncation.
    slope : ndarray, shape (M, p)
        Derivative of the log weight to the coefficients; 0 where it was truncated.
    cap : float
        The largest stabilised weight allowed.
    n_truncated : int
        Intervals whose weight was cut to it.
    """

    intervals: CareIntervals
    episode: Integers
    stabilised: Floats
    slope: Floats
    cap: float
    n_truncated: int


def fit_loss_model(history: VisitHistory) -> LossModel:
    """Fit the probability of not coming again after a visit, given what was known at it.

    Parameters
    ----------
    history : VisitHistory
        Visits, what was known at them, and who was lost after them.

    Returns
    -------
    LossModel
        The fit.

    Raises
    ------
    ConvergenceError
        If Newton's method does not settle.

    Notes
    -----
    Pooled logistic regression over visits [1]_, logit P(lost after visit j) = x_j' b. A weak
    penalty, b ~ N(0, 2.5^2) per unit, keeps b finite where some group is never lost [2]_; it is
    negligible beside a few dozen losses. Where nobody is lost the probability is 0.

    References
    ----------
    .. [1] D'Agostino R, Lee M, Belanger A, Cupples L, Anderson K, Kannel W (1990). Relation of
       pooled logistic regression to time dependent Cox regression analysis. Stat Med 9, 1501-1515.
    .. [2] Gelman A, Jakulin A, Pittau M, Su Y (2008). A weakly informative default prior
       distribution for logistic and other regression models. Ann Appl Stat 2, 1360-1383.
    """
    if not history.is_lost.any():
        # Nobody stands for anybody else, and there is nothing to explain.
        nobody = np.zeros((len(history.day), 1))
        return LossModel(
            ("level",), np.ones(1), np.full(1, -np.inf), nobody, nobody[:, 0], nobody.copy()
        )
    terms, design, scale = _design(history.known)
    outcome = history.is_lost.astype(float)
    share = (outcome.sum() + 0.5) / (len(outcome) + 1)
    origin = np.zeros(len(terms))
    origin[0] = np.log(share / (1 - share))
    penalty = np.full(len(terms), 1 / _PRIOR_SD**2)
    # The level is free, unless everybody was lost.
    penalty[0] = 0.0 if outcome.mean() < 1 else penalty[0]
    b, value = origin, -np.inf
    for _ in range(_MOST_STEPS):
        p = expit(design @ b)
        information = (design * (p * (1 - p))[:, np.newaxis]).T @ design + np.diag(penalty)
        step = np.linalg.solve(information, design.T @ (outcome - p) - penalty * (b - origin))
        if np.abs(step).max() < _SETTLED:
            break
        # The penalised likelihood is concave: a step that overshoots is halved.
        for _ in range(_MOST_STEPS):
            new = _penalised(design, outcome, b + step, penalty, origin)
            if new >= value - 1e-9 * abs(value):
                break
            step = step / 2
        b, value = b + step, new
    else:
        raise ConvergenceError(
            f"The model of loss did not settle in {_MOST_STEPS} steps. Give fewer covariates=."
        )
    p = expit(design @ b)
    information = (design * (p * (1 - p))[:, np.newaxis]).T @ design + np.diag(penalty)
    # Every visit bears its share of the penalty, so that the scores add up to nothing.
    score = design * (outcome - p)[:, np.newaxis] - penalty * (b - origin) / len(outcome)
    return LossModel(terms, scale, b, design, p, np.linalg.solve(information, score.T).T)


def _penalised(
    design: Floats, outcome: Floats, b: Floats, penalty: Floats, origin: Floats
) -> float:
    predictor = design @ b
    likelihood = outcome @ predictor - np.logaddexp(0.0, predictor).sum()
    return float(likelihood - (penalty * (b - origin) ** 2).sum() / 2)


def weigh_against_loss(
    history: VisitHistory, model: LossModel, *, truncate: float
) -> DropoutWeights:
    """Weigh those still seen for those lost before.

    Parameters
    ----------
    history : VisitHistory
        Visits and what followed.
    model : LossModel
        The probability of being lost after each.
    truncate : float
        Quantile of the stabilised weights to which larger ones are cut; 1 cuts none.

    Returns
    -------
    DropoutWeights
        Intervals with weights W = 1 / prod (1 - P(lost after visit j)) over the visits before.

    Notes
    -----
    Stabilised weights are W times the share of all not yet lost on that day. That factor is common
    to everyone at risk, so it changes no estimate; it only says on which scale weights are shown
    and cut [1]_.

    References
    ----------
    .. [1] Cole S, Hernan M (2008). Constructing inverse probability weights for marginal structural
       models. Am J Epidemiol 168, 656-664.
    """
    log_weight = _so_far(history.episode, -np.log1p(-model.probability))
    slope = _so_far(history.episode, model.design * model.probability[:, np.newaxis])
    kept = history.stop > history.start
    n_first = len(history.day0_episode)
    start = np.concatenate([np.zeros(n_first), history.start[kept]])
    raw = np.concatenate([np.ones(n_first), np.exp(log_weight[kept])])
    common = _share_not_lost(history)(start)
    stabilised = raw * common
    cap = float(np.quantile(stabilised, truncate)) if len(stabilised) else 1.0
    # The cut must leave everyone standing for one person at least.
    cap = max(cap, 1.0)
    is_cut = stabilised > cap
    stabilised = np.where(is_cut, cap, stabilised)
    slopes = np.vstack([np.zeros((n_first, slope.shape[1])), slope[kept]])
    return DropoutWeights(
        intervals=CareIntervals(
            start=start,
            stop=np.concatenate([np.full(n_first, DAY_ZERO_STOP), history.stop[kept]]),
            end=np.concatenate([history.day0_end, history.end[kept]]),
            weight=stabilised / common,
        ),
        episode=np.concatenate([history.day0_episode, history.episode[kept]]),
        stabilised=stabilised,
        slope=np.where(is_cut[:, np.newaxis], 0.0, slopes),
        cap=cap,
        n_truncated=int(is_cut.sum()),
    )


def _so_far(episode: Integers, values: Floats) -> Floats:
    """Add up over the visits of each episode up to and including each."""
    total = np.cumsum(values, axis=0)
    is_first = np.diff(episode, prepend=-1) != 0
    before = np.concatenate([np.zeros_like(total[:1]), total[:-1]])[is_first]
    result: Floats = total - before[np.cumsum(is_first) - 1]
    return result


def _share_not_lost(history: VisitHistory) -> Callable[[Floats], Floats]:
    """Estimate the share not lost by each time, whatever was known of them (Kaplan-Meier)."""
    if not history.is_lost.any():
        return lambda day: np.ones(len(day))
    is_last = np.append(history.episode[1:] != history.episode[:-1], True)
    stop = np.sort(history.stop[is_last])
    lost = np.sort(history.start[history.is_lost])
    times = np.unique(lost)
    at_risk = len(stop) - np.searchsorted(stop, times, side="left")
    n_lost = np.diff(np.searchsorted(lost, times, side="right"), prepend=0)
    kept = np.concatenate([[1.0], np.cumprod(1 - n_lost / np.maximum(at_risk, n_lost + 1))])
    return lambda day: kept[np.searchsorted(times, day, side="right")]


def _design(known: pd.DataFrame) -> tuple[tuple[str, ...], Floats, Floats]:
    """Turn what was known into standardised columns; what is missing gets a column of its own."""
    columns = [("level", np.ones(len(known)), 1.0)]
    for name in known.columns:
        for term, values in _columns(known[name]):
            spread = float(values.std())
            if spread > 1e-12:
                # The penalty means the same for every yes or no, however rare.
                unit = 1.0 if np.isin(values, (0.0, 1.0)).all() else spread
                columns.append((term, (values - values.mean()) / unit, unit))
    terms = tuple(term for term, _, _ in columns)
    design: Floats = np.column_stack([values for _, values, _ in columns])
    return terms, design, np.array([unit for _, _, unit in columns])


def _columns(values: pd.Series) -> Iterator[tuple[str, Floats]]:
    name = str(values.name)
    is_missing = values.isna().to_numpy()
    if is_missing.any():
        yield f"{name} not recorded", is_missing.astype(float)
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        number = values.to_numpy(dtype=float, na_value=np.nan)
        if not is_missing.all():
            yield name, np.where(is_missing, number[~is_missing].mean(), number)
        return
    levels = set(values.dropna().unique())
    is_ordered = isinstance(values.dtype, pd.CategoricalDtype)
    order = values.cat.categories if is_ordered else sorted(levels, key=str)
    for level in [level for level in order if level in levels][1:]:
        yield f"{name}: {level}", (values == level).fillna(False).to_numpy(dtype=float)
