"""The likelihood of a mixed model with nested levels: arrays in, arrays out.

Notation: y = X b + sum_l Z_l u_l + e, u_l of one unit of level l ~ N(0, s2 G_l), e ~ N(0, s2);
level 1 is the innermost. A unit keeps M = [Z_l .. Z_L X y]'V^-1[Z_l .. Z_L X y], V the covariance
of what lies below its level. Absorbing its own effects leaves what the unit above adds up, so that
no evaluation touches the rows.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hinge_outcomes.analysis.pain.mixed_kernel import Array, Integers


@dataclass(frozen=True, slots=True)
class NestedProducts:
    """Hold what the likelihood needs from the rows, computed once.

    Parameters
    ----------
    sizes : tuple of int
        Random columns q of each level, from the innermost.
    own : ndarray, shape (n_1, q_1, q_1 + w)
        Z_1'[Z_1 .. Z_L X y] of each innermost unit, w being the columns that follow Z_1.
    base : ndarray, shape (n_2, w, w)
        [Z_2 .. Z_L X y]'[Z_2 .. Z_L X y] over the rows of each unit of the second level.
    starts : tuple of ndarray
        For each level but the innermost, the first unit below of each of its units; units stand
        in the order of those above.
    n_rows : int
        Rows of the data.
    n_fixed : int
        Fixed effects p.
    """

    sizes: tuple[int, ...]
    own: Array
    base: Array
    starts: tuple[Integers, ...]
    n_rows: int
    n_fixed: int


@dataclass(frozen=True, slots=True)
class NestedEvaluation:
    """Hold the criterion at one set of covariances, with its first derivatives.

    Parameters
    ----------
    criterion : float
        -2 log-likelihood (restricted if asked for) with b and s2 profiled out.
    slopes : ndarray, shape (k,)
        Its derivatives along the directions.
    coefficients : ndarray, shape (p,)
        b.
    residual_variance : float
        s2.
    unscaled_covariance : ndarray, shape (p, p)
        (X'V^-1 X)^-1, V in units of s2.
    logdet_slopes : ndarray, shape (k,)
        Derivatives of log|V|.
    cross_slopes : ndarray, shape (k, p + 1, p + 1)
        Derivatives of [X y]'V^-1[X y].
    """

    criterion: float
    slopes: Array
    coefficients: Array
    residual_variance: float
    unscaled_covariance: Array
    logdet_slopes: Array
    cross_slopes: Array


@dataclass(frozen=True, slots=True)
class Level:
    """Hold one level after its effects were absorbed.

    Parameters
    ----------
    spread : ndarray, shape (n, q, q)
        H = G (I + S G)^-1, S = Z'V^-1 Z of each unit: the covariance of its effects given the
        data and the coefficients, in units of s2.
    across : ndarray, shape (n, q, w)
        Z'V^-1 [Z of the levels above, X, y].
    """

    spread: Array
    across: Array


def evaluate_nested(
    data: NestedProducts,
    covariances: list[Array],
    directions: list[tuple[int, Array]],
    *,
    reml: bool = True,
) -> NestedEvaluation:
    """Compute the criterion and its exact derivatives.

    Parameters
    ----------
    data : NestedProducts
        The data.
    covariances : list of ndarray, shape (q_l, q_l)
        G_l of each level, from the innermost; may be singular.
    directions : list of (int, ndarray)
        Level and symmetric change of its G.
    reml : bool, default True
        Restricted likelihood (True) or full likelihood (False).

    Returns
    -------
    NestedEvaluation
        Criterion, slopes and the parts of both.

    Notes
    -----
    With S and B a unit's Z'V^-1 Z and Z'V^-1 [rest], K = (I + S G)^-1 and H = G K, absorbing its
    effects adds log|I + S G| to log|V| and leaves R - B'H B of the rest. Along a change E of G, and
    changes S', B', R' from below, H' = K'E K - H S' H and the rest changes by
    R' - B''H B - B'H B' - B'H' B.

    References
    ----------
    .. [1] Pinheiro JC, Bates DM (2000). Mixed-effects models in S and S-PLUS. Springer, chapter 2.

    Examples
    --------
    Four scores, two patients of each of two clinicians, a mean and no spread between anybody:

    >>> data = nested_products(
    ...     [np.ones((4, 1)), np.ones((4, 1))], np.array([[1.0, 0], [1, 2], [1, 4], [1, 6]]),
    ...     [np.array([0, 1, 2, 3]), np.array([0, 2])])
    >>> at = evaluate_nested(data, [np.zeros((1, 1)), np.zeros((1, 1))], [])
    >>> at.coefficients.round(6).tolist(), round(at.residual_variance, 6)
    ([3.0], 6.666667)
    """
    p, k = data.n_fixed, len(directions)
    logdet = 0.0
    logdet_slopes = np.zeros(k)
    # Sums over the units of a level, and how they change along each direction from below.
    inner, across = _split(data.own, data.sizes[0])
    rest: Array | None = None
    moved: dict[int, Array] = {}
    for level, (size, relative) in enumerate(zip(data.sizes, covariances, strict=True)):
        shrink = np.linalg.inv(np.eye(size) + inner @ relative)
        spread = relative @ shrink
        logdet -= float(np.linalg.slogdet(shrink)[1].sum())
        pulled = spread @ across
        taken = across.transpose(0, 2, 1) @ pulled
        changes: dict[int, Array] = {}
        for number, (of_level, change) in enumerate(directions):
            if of_level == level:
                turned = shrink @ across
                changes[number] = -(turned.transpose(0, 2, 1) @ change @ turned)
                logdet_slopes[number] = float(np.sum((shrink @ inner).sum(axis=0) * change.T))
            elif number in moved:
                own, beside, below = _parts(moved[number], size)
                linked = beside.transpose(0, 2, 1) @ pulled
                through = pulled.transpose(0, 2, 1) @ own @ pulled
                changes[number] = below - linked - linked.transpose(0, 2, 1) + through
                logdet_slopes[number] += float(np.einsum("nij,nji->", spread, own))
        if level + 1 == len(data.sizes):
            total = (data.base if rest is None else rest).sum(axis=0) - taken.sum(axis=0)
            crosses = {number: one.sum(axis=0) for number, one in changes.items()}
            break
        starts = data.starts[level]
        left = data.base if rest is None else np.add.reduceat(rest, starts)
        joined = left - np.add.reduceat(taken, starts)
        moved = {number: np.add.reduceat(one, starts) for number, one in changes.items()}
        inner, across, rest = _parts(joined, data.sizes[level + 1])
    cross_slopes = np.array([crosses[number] for number in range(k)]).reshape(k, p + 1, p + 1)
    return _finish(data, total, logdet, logdet_slopes, cross_slopes, reml)


def _finish(
    data: NestedProducts,
    total: Array,
    logdet: float,
    logdet_slopes: Array,
    cross_slopes: Array,
    reml: bool,
) -> NestedEvaluation:
    """Profile b and s2 out of the cross-products that are left above the outermost level."""
    p = data.n_fixed
    total = (total + total.T) / 2
    half = np.linalg.inv(np.linalg.cholesky(total[:p, :p]))
    covariance = half.T @ half
    coefficients = covariance @ total[:p, p]
    contrast = np.append(-coefficients, 1.0)
    n_free = data.n_rows - (p if reml else 0)
    variance = max(float(contrast @ total @ contrast) / n_free, float(np.finfo(float).tiny))
    criterion = n_free * (np.log(2 * np.pi * variance) + 1) + logdet
    slopes = logdet_slopes + cross_slopes @ contrast @ contrast / variance
    if reml:
        criterion -= 2 * float(np.log(np.diag(half)).sum())
        slopes = slopes + np.einsum("kab,ba->k", cross_slopes[:, :p, :p], covariance)
    return NestedEvaluation(
        criterion=float(criterion),
        slopes=slopes,
        coefficients=coefficients,
        residual_variance=variance,
        unscaled_covariance=covariance,
        logdet_slopes=logdet_slopes,
        cross_slopes=cross_slopes,
    )


def absorb_levels(data: NestedProducts, covariances: list[Array]) -> list[Level]:
    """Absorb the effects of each level in turn, from the innermost.

    Parameters
    ----------
    data : NestedProducts
        The data.
    covariances : list of ndarray, shape (q_l, q_l)
        G_l of each level.

    Returns
    -------
    list of Level
        What is needed to predict each unit's effects.
    """
    levels = []
    inner, across = _split(data.own, data.sizes[0])
    rest: Array | None = None
    for level, (size, relative) in enumerate(zip(data.sizes, covariances, strict=True)):
        spread = relative @ np.linalg.inv(np.eye(size) + inner @ relative)
        levels.append(Level(spread, across))
        if level + 1 < len(data.sizes):
            starts = data.starts[level]
            left = data.base if rest is None else np.add.reduceat(rest, starts)
            joined = left - np.add.reduceat(across.transpose(0, 2, 1) @ spread @ across, starts)
            inner, across, rest = _parts(joined, data.sizes[level + 1])
    return levels


def nested_products(columns: list[Array], xy: Array, starts: list[Integers]) -> NestedProducts:
    """Sum cross-products over the rows of each innermost unit and of each unit of the second level.

    Parameters
    ----------
    columns : list of ndarray, shape (n_rows, q_l)
        Random columns of each level, from the innermost; rows sorted by unit, outermost first.
    xy : ndarray, shape (n_rows, p + 1)
        Columns of the fixed effects and the outcome, same order.
    starts : list of ndarray of int
        First row of each unit of each level.

    Returns
    -------
    NestedProducts
        Ready to evaluate.
    """
    following = np.hstack([*columns[1:], xy])
    first, second = starts[0], starts[1]
    q, w = columns[0].shape[1], following.shape[1]
    own = np.empty((len(first), q, q + w))
    beside = np.hstack([columns[0], following])
    for j in range(q):
        own[:, j] = np.add.reduceat(columns[0][:, j, None] * beside, first, axis=0)
    base = np.empty((len(second), w, w))
    for j in range(w):
        base[:, j] = np.add.reduceat(following[:, j, None] * following, second, axis=0)
    return NestedProducts(
        sizes=tuple(one.shape[1] for one in columns),
        own=own,
        base=base,
        starts=tuple(np.searchsorted(below, above) for below, above in pairwise(starts)),
        n_rows=len(xy),
        n_fixed=xy.shape[1] - 1,
    )


def _split(own: Array, size: int) -> tuple[Array, Array]:
    return own[:, :, :size], own[:, :, size:]


def _parts(whole: Array, size: int) -> tuple[Array, Array, Array]:
    """Cut symmetric cross-products into those of a level, those beside it and the rest."""
    return whole[:, :size, :size], whole[:, :size, size:], whole[:, size:, size:]
