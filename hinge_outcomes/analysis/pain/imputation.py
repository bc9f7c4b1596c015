"""Multiple imputation of baseline and follow-up by chained equations, and Rubin's rules."""

from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.inference import t_quantile
from hinge_outcomes.analysis.pain.clustered_means import cluster_means
from hinge_outcomes.analysis.pain.model_columns import Array
from hinge_outcomes.analysis.pain.score_history import ScoreHistory
from hinge_outcomes.exceptions import NotIdentifiableError

_CYCLES = 5
"""Rounds of the chain: baseline and follow-up are nearly monotone, so it settles at once."""

_RIDGE = 1e-6
"""Share of each column's sum of squares added to it, so that nearly equal columns do no harm."""


@dataclass(frozen=True, slots=True, repr=False)
class Imputations:
    """Hold completed baselines and follow-ups.

    Parameters
    ----------
    baseline, follow_up : ndarray, shape (m, n)
        One completed sample per line; imputed values are not held to the scale, whose mean they
        would then miss.
    is_shifted : ndarray of bool, shape (n,)
        Whose follow-up is imputed and who was lost before it.
    """

    baseline: Array
    follow_up: Array
    is_shifted: np.ndarray

    def shifted(self, delta: float, minimum: float, maximum: float) -> Array:
        """Give follow-ups of which those lost were worse, or better, than comparable patients.

        Parameters
        ----------
        delta : float
            Points added to imputed follow-ups of those lost.
        minimum, maximum : float
            Ends of the scale: a score that is nearly there cannot move by all of delta.

        Returns
        -------
        ndarray, shape (m, n)
            Follow-ups.
        """
        if delta == 0:
            return self.follow_up
        held = np.clip(self.follow_up, minimum, maximum)
        moved = np.clip(held + delta, minimum, maximum) - held
        return self.follow_up + np.where(self.is_shifted, moved, 0.0)


@dataclass(frozen=True, slots=True)
class Pooled:
    """Hold an estimate pooled over imputations.

    Parameters
    ----------
    estimate, std_error : float
        Mean over imputations, and its error by Rubin's rules.
    ci_low, ci_high : float
        By Student's t.
    degrees_of_freedom : float
        Barnard and Rubin's.
    missing_information : float
        Share of the variance that is due to what is missing.
    """

    estimate: float
    std_error: float
    ci_low: float
    ci_high: float
    degrees_of_freedom: float
    missing_information: float


def impute_scores(
    history: ScoreHistory, at_day: int, *, n_imputations: int, rng: np.random.Generator
) -> Imputations:
    """Impute missing baselines and follow-ups from what was known before.

    Parameters
    ----------
    history : ScoreHistory
        Baseline, follow-up and history.
    at_day : int
        Planned day of the follow-up.
    n_imputations : int
        Completed samples m.
    rng : numpy.random.Generator
        Where the draws come from.

    Returns
    -------
    Imputations
        The completed samples.

    Raises
    ------
    NotIdentifiableError
        If too few have a follow-up for the columns that explain it.

    Notes
    -----
    Follow-up = normal linear model of baseline, last score, its day, both times the day, and day-0
    columns; baseline likewise of follow-up, last score and day-0 columns. Coefficients and variance
    are drawn from their posterior in each imputation, then values from the model [1]_. Where no
    score stands between baseline and window the last score is the baseline.

    References
    ----------
    .. [1] van Buuren S, Groothuis-Oudshoorn K (2011). mice: multivariate imputation by chained
       equations in R. J Stat Softw 45(3).
    """
    frame = history.frame
    baseline = frame["baseline"].to_numpy()
    follow_up = frame["follow_up"].to_numpy()
    last = frame["last"].to_numpy()
    when = frame["last_day"].to_numpy() / at_day
    no_baseline, no_follow_up = np.isnan(baseline), np.isnan(follow_up)
    n, k = history.covariates.shape
    n_columns = 6 + k
    if (~no_follow_up).sum() < n_columns + 2:
        raise NotIdentifiableError(
            f"{int((~no_follow_up).sum())} episodes have a score at the follow-up, too few to tell "
            f"what {n_columns} columns say of the missing. Use more records or another follow-up."
        )
    first = np.where(no_baseline, np.nanmean(baseline), baseline)
    later = np.where(no_follow_up, np.nanmean(follow_up), follow_up)
    firsts = np.repeat(first[np.newaxis], n_imputations, axis=0)
    laters = np.repeat(later[np.newaxis], n_imputations, axis=0)
    shared = np.broadcast_to(history.covariates, (n_imputations, n, k))
    ones = np.ones((n_imputations, n))
    whens = np.broadcast_to(when, (n_imputations, n))
    for _ in range(_CYCLES if no_baseline.any() else 1):
        lasts = np.where(np.isnan(last), firsts, last)
        columns = [ones, firsts, lasts, whens, firsts * whens, lasts * whens]
        x = np.concatenate([np.stack(columns, axis=2), shared], axis=2)
        laters[:, no_follow_up] = _draw(x, follow_up, ~no_follow_up, rng)
        if no_baseline.any():
            known = np.where(np.isnan(last), laters, last)
            columns = [ones, laters, known, whens, known * whens]
            x = np.concatenate([np.stack(columns, axis=2), shared], axis=2)
            firsts[:, no_baseline] = _draw(x, baseline, ~no_baseline, rng)
    is_lost = frame["is_lost"].to_numpy(dtype=bool)
    return Imputations(firsts, laters, no_follow_up & is_lost)


def _draw(x: Array, y: Array, is_seen: np.ndarray, rng: np.random.Generator) -> Array:
    """Draw the unseen values of y from its regression on x, with its own coefficients each time."""
    m, _, k = x.shape
    seen = x[:, is_seen]
    n = seen.shape[1]
    inner = seen.transpose(0, 2, 1) @ seen
    inner += _RIDGE * np.einsum("mkk->mk", inner)[:, :, np.newaxis] * np.eye(k)
    factor = np.linalg.cholesky(inner)
    moment = seen.transpose(0, 2, 1) @ y[is_seen]
    mean = np.linalg.solve(inner, moment[:, :, np.newaxis])[:, :, 0]
    left = y[is_seen] - np.einsum("mnk,mk->mn", seen, mean)
    variance = (left**2).sum(axis=1) / rng.chisquare(n - k, m)
    noise = rng.standard_normal((m, k, 1))
    apart = np.linalg.solve(factor.transpose(0, 2, 1), noise)[:, :, 0]
    coefficients = mean + np.sqrt(variance)[:, np.newaxis] * apart
    fitted = np.einsum("mnk,mk->mn", x[:, ~is_seen], coefficients)
    drawn = rng.standard_normal(fitted.shape)
    result: Array = fitted + np.sqrt(variance)[:, np.newaxis] * drawn
    return result


def pool_means(values: Array, clusters: np.ndarray, conf_level: float) -> Pooled:
    """Pool the means of completed samples.

    Parameters
    ----------
    values : ndarray, shape (m, n)
        One completed sample per line.
    clusters : ndarray, shape (n,)
        To whom a row belongs.
    conf_level : float
        Coverage that the interval aims at.

    Returns
    -------
    Pooled
        The mean with its interval.

    Notes
    -----
    T = W + (1 + 1 / m) B: mean variance within samples (CR2) and variance between them [1]_.
    Degrees of freedom are those for small samples [2]_.

    References
    ----------
    .. [1] Rubin D (1987). Multiple imputation for nonresponse in surveys. Wiley.
    .. [2] Barnard J, Rubin D (1999). Small-sample degrees of freedom with multiple imputation.
       Biometrika 86, 948-955.

    Examples
    --------
    >>> same = np.repeat([[1.0, 2.0, 3.0, 6.0]], 5, axis=0)
    >>> pooled = pool_means(same, np.arange(4), 0.95)
    >>> pooled.estimate, round(pooled.std_error, 6), round(pooled.missing_information, 6)
    (3.0, 1.080123, 0.0)
    """
    means, variances, complete, _ = cluster_means(values, clusters)
    m = len(means)
    within = float(variances.mean())
    between = float(means.var(ddof=1)) * (1 + 1 / m) if m > 1 else 0.0
    total = within + between
    share = between / total if total > 0 else 0.0
    observed = complete * (complete + 1) / (complete + 3) * (1 - share)
    degrees = observed
    if share > 0:
        old = (m - 1) / share**2
        degrees = old * observed / (old + observed)
    estimate, error = float(means.mean()), float(np.sqrt(total))
    reach = t_quantile(degrees, conf_level) * error
    return Pooled(estimate, error, estimate - reach, estimate + reach, float(degrees), share)
