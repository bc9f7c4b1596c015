"""How alike the outcomes of one clinician's patients are: the intraclass correlation by ANOVA."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from hinge_outcomes.analysis.inference import check_conf_level
from hinge_outcomes.cohort.anova import mean_squares
from hinge_outcomes.exceptions import NotIdentifiableError


@dataclass(frozen=True, slots=True)
class Intraclass:
    """Hold an intraclass correlation.

    Parameters
    ----------
    estimate : float
        The ANOVA estimate, from -1 / (n0 - 1) to 1; missing where there is no variance.
    ci_low, ci_high : float
        F interval; may be negative.
    f_statistic : float
        Mean square between over mean square within.
    typical_size : float
        n0, the size of groups that, equal for all, would do the same.
    n_groups, n : int
        Groups and values.
    """

    estimate: float
    ci_low: float
    ci_high: float
    f_statistic: float
    typical_size: float
    n_groups: int
    n: int


def intraclass_correlation(
    values: npt.ArrayLike, groups: npt.ArrayLike, *, conf_level: float = 0.95
) -> Intraclass:
    """Estimate the share of variance that lies between groups.

    Parameters
    ----------
    values : array_like, shape (n,)
        Numbers, none missing; residuals where case mix is to be allowed for.
    groups : array_like, shape (n,)
        To whom each belongs.
    conf_level : float, default 0.95
        Coverage that the interval aims at.

    Returns
    -------
    Intraclass
        The estimate with its F interval. Nothing is cut at zero.

    Raises
    ------
    NotIdentifiableError
        If there are fewer than two groups, or no group has two values.

    Notes
    -----
    With F = between / within, the estimate is (F - 1) / (F + n0 - 1) and the limits are those of
    F / F_q(G - 1, n - G) at both tails [1]_. Exact for normal values and equal groups; with unequal
    ones n0 stands for their size, which is close while the correlation is small [2]_.

    References
    ----------
    .. [1] Shrout P, Fleiss J (1979). Intraclass correlations: uses in assessing rater reliability.
       Psychol Bull 86, 420-428.
    .. [2] Donner A, Wells G (1986). A comparison of confidence interval methods for the intraclass
       correlation coefficient. Biometrics 42, 401-412.

    Examples
    --------
    >>> found = intraclass_correlation([0.0, 2.0, 0.0, 2.0], ["a", "a", "b", "b"])
    >>> found.estimate, found.n_groups
    (-1.0, 2)
    """
    check_conf_level(conf_level)
    squares = mean_squares(values, groups)
    if np.isnan(squares.within):
        raise NotIdentifiableError(
            f"An intraclass correlation needs two groups or more and a group with two values or "
            f"more; here are {squares.n_groups} groups with {squares.n} values. Leave it out, or "
            "join groups."
        )
    if squares.within > 0:
        ratio = squares.between / squares.within
    else:
        ratio = np.inf if squares.between > 0 else np.nan
    between_df, within_df = squares.n_groups - 1, squares.n - squares.n_groups
    tail = (1 - conf_level) / 2
    low = ratio / float(stats.f.ppf(1 - tail, between_df, within_df))
    high = ratio / float(stats.f.ppf(tail, between_df, within_df))
    return Intraclass(
        estimate=squares.share,
        ci_low=_share(low, squares.typical_size),
        ci_high=_share(high, squares.typical_size),
        f_statistic=float(ratio),
        typical_size=squares.typical_size,
        n_groups=squares.n_groups,
        n=squares.n,
    )


def _share(ratio: float, size: float) -> float:
    if np.isinf(ratio):
        return 1.0
    return float((ratio - 1) / (ratio + size - 1))
