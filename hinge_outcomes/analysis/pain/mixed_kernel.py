"""The likelihood of a linear mixed model from each patient's cross-products: arrays in, arrays out.

Notation: y = X b + Z u + e with u ~ N(0, s2 G) by group and e ~ N(0, s2), G = L L'. Once Z'Z and
A = Z'[X y] of each group are known, no evaluation touches the rows again.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class CrossProducts:
    """Hold what the likelihood needs from the rows, computed once.

    Groups with the same Z'Z form one pattern. Where a pattern has more groups than needed, its A
    are replaced by fewer that have the same sum of squares and products, so that the work grows
    with the number of patterns and not with the number of patients.

    Parameters
    ----------
    ztz : ndarray, shape (n_patterns, q, q)
        Z'Z of each pattern.
    counts : ndarray, shape (n_patterns,)
        Groups in each pattern.
    products : ndarray, shape (n_blocks, q, p + 1)
        A = Z'[X y], one block per group or per pseudo-group.
    pattern : ndarray, shape (n_blocks,)
        The pattern of each block.
    total : ndarray, shape (p + 1, p + 1)
        [X y]'[X y] over all rows.
    n_rows : int
        Rows of the data.
    """

    ztz: Array
    counts: Array
    products: Array
    pattern: Integers
    total: Array
    n_rows: int

    @property
    def n_random(self) -> int:
        """Count the random effects of one group.

        Returns
        -------
        int
            q.
        """
        return int(self.ztz.shape[1])

    @property
    def n_fixed(self) -> int:
        """Count the fixed effects.

        Returns
        -------
        int
            p.
        """
        return int(self.total.shape[0]) - 1


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Hold the criterion at one G, and what inference needs there.

    Parameters
    ----------
    criterion : float
        -2 log-likelihood (restricted if ``reml``) with b and s2 profiled out, constants included.
    gradient : ndarray, shape (q, q)
        Derivative of the criterion with respect to G, symmetric.
    coefficients : ndarray, shape (p,)
        b.
    residual_variance : float
        s2.
    unscaled_covariance : ndarray, shape (p, p)
        (X'V^-1 X)^-1 with V in units of s2.
    inner : ndarray, shape (n_patterns, q, q)
        S = Z'V^-1 Z.
    scores : ndarray, shape (n_blocks, q)
        Z'V^-1 (y - X b).
    fixed_products : ndarray, shape (n_blocks, q, p)
        T = Z'V^-1 X.
    """

    criterion: float
    gradient: Array
    coefficients: Array
    residual_variance: float
    unscaled_covariance: Array
    inner: Array
    scores: Array
    fixed_products: Array


def group_products(z: Array, xy: Array, starts: Integers) -> tuple[Array, Array]:
    """Sum Z'Z and Z'[X y] over the rows of each group.

    Parameters
    ----------
    z : ndarray, shape (n_rows, q)
        Columns of the random effects, rows sorted by group.
    xy : ndarray, shape (n_rows, p + 1)
        Columns of the fixed effects and the outcome, same order.
    starts : ndarray, shape (n_groups,)
        First row of each group.

    Returns
    -------
    ztz : ndarray, shape (n_groups, q, q)
        Z'Z of each group.
    products : ndarray, shape (n_groups, q, p + 1)
        Z'[X y] of each group.

    Examples
    --------
    >>> z, xy = np.ones((3, 1)), np.array([[1.0, 2.0], [1.0, 4.0], [1.0, 9.0]])
    >>> ztz, products = group_products(z, xy, np.array([0, 2]))
    >>> ztz.ravel().tolist(), products[:, 0, 1].tolist()
    ([2.0, 1.0], [6.0, 9.0])
    """
    q = z.shape[1]
    ztz = np.empty((starts.size, q, q))
    products = np.empty((starts.size, q, xy.shape[1]))
    for j in range(q):
        products[:, j] = np.add.reduceat(z[:, j, None] * xy, starts, axis=0)
        for k in range(j, q):
            ztz[:, j, k] = ztz[:, k, j] = np.add.reduceat(z[:, j] * z[:, k], starts)
    return ztz, products


def compress(ztz: Array, products: Array, total: Array, n_rows: int) -> CrossProducts:
    """Let groups with the same Z'Z share their algebra.

    Every quantity of the likelihood is a sum over groups of quadratic forms in A, with a matrix
    that depends on Z'Z alone; so a pattern's sum of vec(A) vec(A)' is all that it needs.

    Parameters
    ----------
    ztz, products : ndarray
        As `group_products` gives them.
    total : ndarray, shape (p + 1, p + 1)
        [X y]'[X y] over all rows.
    n_rows : int
        Rows of the data.

    Returns
    -------
    CrossProducts
        One pattern per distinct Z'Z.

    Examples
    --------
    >>> ztz = np.full((5, 1, 1), 2.0)
    >>> products = np.arange(10.0).reshape(5, 1, 2)
    >>> packed = compress(ztz, products, np.eye(2), 10)
    >>> packed.counts.tolist(), packed.products.shape
    ([5.0], (2, 1, 2))
    """
    n_groups, q, width = products.shape
    # Equal designs whose rows come in another order differ in the last bits; rounding joins them.
    digits = np.round(ztz.reshape(n_groups, -1) / max(float(np.abs(ztz).max()), 1e-300), 12)
    _, first, inverse = np.unique(digits, axis=0, return_index=True, return_inverse=True)
    inverse = inverse.ravel()
    counts = np.bincount(inverse, minlength=first.shape[0])
    order = np.argsort(inverse, kind="stable")
    edges = np.concatenate([[0], np.cumsum(counts)])
    flat = products.reshape(n_groups, -1)
    is_large = counts > q * width
    blocks = [flat[order[~is_large[inverse[order]]]]]
    owners = [inverse[order][~is_large[inverse[order]]]]
    for pattern in np.flatnonzero(is_large):
        members = flat[order[edges[pattern] : edges[pattern + 1]]]
        # R of a QR factorisation keeps R'R = A'A without squaring the condition number.
        reduced = np.asarray(np.linalg.qr(members, mode="r"))
        blocks.append(reduced)
        owners.append(np.full(reduced.shape[0], pattern))
    return CrossProducts(
        ztz=ztz[first],
        counts=counts.astype(np.float64),
        products=np.concatenate(blocks).reshape(-1, q, width),
        pattern=np.concatenate(owners).astype(np.intp),
        total=total,
        n_rows=n_rows,
    )


def evaluate(data: CrossProducts, relative: Array, *, reml: bool = True) -> Evaluation:
    """Compute the criterion and its exact gradient at one G.

    Parameters
    ----------
    data : CrossProducts
        The data.
    relative : ndarray, shape (q, q)
        G: covariance of the random effects in units of the residual variance; may be singular.
    reml : bool, default True
        Restricted likelihood (True) or full likelihood (False).

    Returns
    -------
    Evaluation
        Criterion, gradient and the parts of both.

    Notes
    -----
    With K = (I + Z'Z G)^-1: log|V| = sum log|I + Z'Z G|, [X y]'V^-1[X y] = [X y]'[X y] - sum
    A'G K A, and d criterion / dG = sum S - sum u u' / s2 - sum T C T' (the last for REML only),
    with S = K Z'Z, u = K Z'r, T = K Z'X, C = (X'V^-1 X)^-1.

    Examples
    --------
    >>> z = np.ones((4, 1)); xy = np.array([[1.0, 0], [1, 2], [1, 4], [1, 6]])
    >>> ztz, products = group_products(z, xy, np.array([0, 2]))
    >>> data = compress(ztz, products, xy.T @ xy, 4)
    >>> at_zero = evaluate(data, np.zeros((1, 1)))
    >>> at_zero.coefficients.round(6).tolist(), round(at_zero.residual_variance, 6)
    ([3.0], 6.666667)
    """
    p, q = data.n_fixed, data.n_random
    weighted = np.eye(q) + data.ztz @ relative
    shrink = np.linalg.inv(weighted)
    inner = shrink @ data.ztz
    inner = (inner + inner.transpose(0, 2, 1)) / 2
    logdet = float(data.counts @ np.linalg.slogdet(weighted)[1])
    solved = shrink[data.pattern] @ data.products
    cross = data.total - np.einsum("rja,jk,rkb->ab", data.products, relative, solved, optimize=True)
    cross = (cross + cross.T) / 2
    factor = np.linalg.cholesky(cross[:p, :p])
    half = np.linalg.solve(factor, np.eye(p))
    covariance = half.T @ half
    coefficients = covariance @ cross[:p, p]
    contrast = np.append(-coefficients, 1.0)
    rss = float(contrast @ cross @ contrast)
    n_free = data.n_rows - (p if reml else 0)
    variance = rss / n_free
    if not variance > 0:
        variance = np.finfo(float).tiny
    criterion = n_free * (np.log(2 * np.pi * variance) + 1) + logdet
    scores = solved @ contrast
    fixed = solved[:, :, :p]
    gradient = np.einsum("m,mjk->jk", data.counts, inner) - scores.T @ scores / variance
    if reml:
        criterion += 2 * float(np.log(np.diag(factor)).sum())
        gradient = gradient - np.einsum("rja,ab,rkb->jk", fixed, covariance, fixed, optimize=True)
    return Evaluation(
        criterion=float(criterion),
        gradient=(gradient + gradient.T) / 2,
        coefficients=coefficients,
        residual_variance=variance,
        unscaled_covariance=covariance,
        inner=inner,
        scores=scores,
        fixed_products=fixed,
    )


def cholesky_directions(lower: Array) -> Array:
    """Give the change of G = L L' along each free element of L.

    Parameters
    ----------
    lower : ndarray, shape (q, q)
        L, lower triangular.

    Returns
    -------
    ndarray, shape (q (q + 1) / 2, q, q)
        E L' + L E' for the elements in the order of ``numpy.tril_indices``.

    Examples
    --------
    >>> cholesky_directions(np.array([[3.0]])).ravel().tolist()
    [6.0]
    """
    q = lower.shape[0]
    rows, columns = np.tril_indices(q)
    basis = np.zeros((rows.size, q, q))
    basis[np.arange(rows.size), rows, columns] = 1.0
    change: Array = basis @ lower.T
    return change + change.transpose(0, 2, 1)


def curvature(
    data: CrossProducts, at: Evaluation, directions: Array, *, reml: bool = True
) -> tuple[Array, Array, Array]:
    """Compute the exact second derivatives of the criterion along changes of G.

    Parameters
    ----------
    data : CrossProducts
        The data.
    at : Evaluation
        The criterion at G, made with the same ``reml``.
    directions : ndarray, shape (k, q, q)
        Symmetric changes of G.
    reml : bool, default True
        Restricted likelihood (True) or full likelihood (False).

    Returns
    -------
    hessian : ndarray, shape (k, k)
        Second derivatives with b profiled out and s2 held fixed, G linear in the directions.
    pull : ndarray, shape (k,)
        sum u'E u / s2 for each direction E: the criterion's mixed derivative with log s2.
    fixed_derivatives : ndarray, shape (k, p, p)
        M = sum T'E T, so that the unscaled covariance C changes by C M C.

    Notes
    -----
    d2 = -sum tr(S E S F) + 2 sum u'E S F u / s2 - 2 h_E'C h_F / s2, h_E = sum T'E u; REML adds
    2 sum tr(C T'E S F T) - tr(C M_E C M_F).

    Examples
    --------
    >>> z = np.ones((4, 1)); xy = np.array([[1.0, 0], [1, 2], [1, 4], [1, 6]])
    >>> ztz, products = group_products(z, xy, np.array([0, 2]))
    >>> data = compress(ztz, products, xy.T @ xy, 4)
    >>> hessian, pull, fixed = curvature(data, evaluate(data, np.eye(1)), np.ones((1, 1, 1)))
    >>> hessian.shape, pull.shape, fixed.shape
    ((1, 1), (1,), (1, 1, 1))
    """
    k = directions.shape[0]
    covariance, variance = at.unscaled_covariance, at.residual_variance
    inner = at.inner[data.pattern]
    turned = [at.inner @ change for change in directions]
    moved = [at.scores @ change for change in directions]
    carried = [change @ at.fixed_products for change in directions]
    leverage = [np.einsum("rja,rj->a", at.fixed_products, one) for one in moved]
    fixed = np.stack(
        [np.einsum("rja,rjb->ab", at.fixed_products, one, optimize=True) for one in carried]
    )
    pull = np.array([np.sum(one * at.scores) for one in moved]) / variance
    hessian = np.empty((k, k))
    for b in range(k):
        middle = np.einsum("rjk,rk->rj", inner, moved[b])
        spread = inner @ carried[b] @ covariance if reml else None
        for a in range(b + 1):
            value = -float(np.einsum("m,mij,mji->", data.counts, turned[a], turned[b]))
            value += 2 * float(np.sum(moved[a] * middle)) / variance
            value -= 2 * float(leverage[a] @ covariance @ leverage[b]) / variance
            if spread is not None:
                value += 2 * float(np.sum(carried[a] * spread))
                value -= float(np.trace(covariance @ fixed[a] @ covariance @ fixed[b]))
            hessian[a, b] = hessian[b, a] = value
    return hessian, pull, fixed
