"""The likelihood of scores at planned visits from cross-products: arrays in, arrays out.

Notation: y = X b + e, e of one subject ~ N(0, S) at the visits it has. Subjects seen at the same
visits form a pattern and share its inverse, so that no evaluation touches the rows again.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinge_outcomes.analysis.pain.model_columns import Array

Integers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class VisitBlocks:
    """Hold what the likelihood needs from the rows, computed once.

    Parameters
    ----------
    masks : ndarray of bool, shape (n_patterns, v)
        The visits of each pattern.
    counts : ndarray, shape (n_patterns,)
        Subjects of each pattern.
    blocks : ndarray, shape (n_blocks, v, p + 1)
        [X y] of a subject by visit, zero at visits it lacks. Where a pattern has many subjects
        they are replaced by fewer with the same sums of squares and products.
    pattern : ndarray, shape (n_blocks,)
        The pattern of each block, in order.
    n_rows : int
        Scores.
    pairs : ndarray of int, shape (v, v)
        How many subjects have both visits.
    """

    masks: npt.NDArray[np.bool_]
    counts: Array
    blocks: Array
    pattern: Integers
    n_rows: int
    pairs: npt.NDArray[np.int64]

    @property
    def n_fixed(self) -> int:
        """Count the fixed effects.

        Returns
        -------
        int
            p.
        """
        return int(self.blocks.shape[2]) - 1


@dataclass(frozen=True, slots=True)
class VisitEvaluation:
    """Hold the criterion at one covariance matrix, and what its derivatives are made of.

    Parameters
    ----------
    criterion : float
        -2 log-likelihood (restricted if asked for), b profiled out.
    slope : ndarray, shape (v, v)
        Its derivative by the elements of S, symmetric.
    coefficients : ndarray, shape (p,)
        b.
    covariance : ndarray, shape (p, p)
        C = (X'V^-1 X)^-1.
    precision : ndarray, shape (n_patterns, v, v)
        P, the inverse of S at the visits of each pattern; zero elsewhere.
    weight : ndarray, shape (n_patterns, v, v)
        M, with which the second derivative by directions E and F is sum tr(M E P F) but for the
        parts that go through b.
    expected : ndarray, shape (n_patterns, v, v)
        The same for the expected second derivative.
    solved : ndarray, shape (n_blocks, v, p)
        PX of each block.
    fixed_products : ndarray, shape (v, v, p, p)
        sum (PX)_j' (PX)_k over subjects.
    score_products : ndarray, shape (v, v, p)
        sum (PX)_j' (Pr)_k.
    """

    criterion: float
    slope: Array
    coefficients: Array
    covariance: Array
    precision: Array
    weight: Array
    expected: Array
    solved: Array
    fixed_products: Array
    score_products: Array


def make_blocks(xy: Array, subject: Integers, visit: Integers, n_visits: int) -> VisitBlocks:
    """Sort subjects by the visits they have and compress those that are many.

    Parameters
    ----------
    xy : ndarray, shape (n_rows, p + 1)
        Columns of the fixed effects and the outcome.
    subject : ndarray of int, shape (n_rows,)
        Number of each row's subject, from 0, every number used.
    visit : ndarray of int, shape (n_rows,)
        Number of its visit, from 0; a subject has a visit once at most.
    n_visits : int
        v.

    Returns
    -------
    VisitBlocks
        One pattern per set of visits.

    Examples
    --------
    >>> xy = np.array([[1.0, 2.0], [1.0, 4.0], [1.0, 3.0]])
    >>> made = make_blocks(xy, np.array([0, 0, 1]), np.array([0, 1, 0]), 2)
    >>> made.counts.tolist(), made.pairs.tolist()
    ([1.0, 1.0], [[2, 1], [1, 1]])
    """
    n_subjects, width = int(subject.max()) + 1, xy.shape[1]
    has = np.zeros((n_subjects, n_visits), dtype=bool)
    has[subject, visit] = True
    whole = np.zeros((n_subjects, n_visits, width))
    whole[subject, visit] = xy
    masks, pattern = np.unique(has, axis=0, return_inverse=True)
    pattern = pattern.ravel()
    counts = np.bincount(pattern, minlength=len(masks))
    order = np.argsort(pattern, kind="stable")
    edges = np.concatenate([[0], np.cumsum(counts)])
    blocks, owners = [], []
    for number, mask in enumerate(masks):
        members = whole[order[edges[number] : edges[number + 1]]]
        size = int(mask.sum()) * width
        if len(members) > size:
            # R of a QR factorisation keeps R'R = A'A without squaring the condition number.
            reduced = np.linalg.qr(members[:, mask].reshape(len(members), size), mode="r")
            members = np.zeros((size, n_visits, width))
            members[:, mask] = np.asarray(reduced).reshape(size, -1, width)
        blocks.append(members)
        owners.append(np.full(len(members), number))
    there = has.astype(np.int64)
    return VisitBlocks(
        masks=masks,
        counts=counts.astype(np.float64),
        blocks=np.concatenate(blocks),
        pattern=np.concatenate(owners).astype(np.intp),
        n_rows=len(xy),
        pairs=there.T @ there,
    )


def evaluate_visits(
    data: VisitBlocks, matrix: Array, *, reml: bool = True
) -> VisitEvaluation | None:
    """Compute the criterion and what its derivatives need at one covariance matrix.

    Parameters
    ----------
    data : VisitBlocks
        The data.
    matrix : ndarray, shape (v, v)
        S.
    reml : bool, default True
        Restricted likelihood (True) or full likelihood (False).

    Returns
    -------
    VisitEvaluation or None
        None where S is not positive definite.

    Notes
    -----
    -2 log L = n log 2 pi + sum log|S_o| + r'V^-1 r, with n - p for n and + log|X'V^-1 X| under
    REML. Its derivative along E is sum tr(P E) - sum (Pr)'E(Pr) - sum tr(C (PX)'E(PX)), the last
    for REML only.

    Examples
    --------
    >>> xy = np.array([[1.0, 2.0], [1.0, 4.0]])
    >>> data = make_blocks(xy, np.array([0, 1]), np.array([0, 0]), 1)
    >>> at = evaluate_visits(data, np.array([[2.0]]))
    >>> at.coefficients.round(6).tolist(), at.slope.round(6).tolist()
    ([3.0], [[0.0]])
    """
    p = data.n_fixed
    joint = data.masks[:, :, None] & data.masks[:, None, :]
    filled = np.where(joint, matrix, np.eye(len(matrix)))
    try:
        factor = np.linalg.cholesky(filled)
    except np.linalg.LinAlgError:
        return None
    half = np.linalg.inv(factor)
    precision = np.where(joint, half.transpose(0, 2, 1) @ half, 0.0)
    logdet = 2 * float(data.counts @ np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1))
    solved = precision[data.pattern] @ data.blocks
    width = p + 1
    cross = data.blocks.reshape(-1, width).T @ solved.reshape(-1, width)
    try:
        inner = np.linalg.inv(np.linalg.cholesky((cross[:p, :p] + cross[:p, :p].T) / 2))
    except np.linalg.LinAlgError:
        return None
    covariance = inner.T @ inner
    coefficients = covariance @ cross[:p, p]
    contrast = np.append(-coefficients, 1.0)
    n_free = data.n_rows - (p if reml else 0)
    criterion = n_free * np.log(2 * np.pi) + logdet + float(contrast @ cross @ contrast)
    scores, fixed = solved @ contrast, solved[:, :, :p]
    starts = np.flatnonzero(np.diff(data.pattern, prepend=-1))
    residual = np.add.reduceat(scores[:, :, None] * scores[:, None, :], starts)
    leverage = np.zeros_like(residual)
    if reml:
        criterion -= 2 * float(np.log(np.diag(inner)).sum())
        spread = fixed @ inner.T
        leverage = np.add.reduceat(spread @ spread.transpose(0, 2, 1), starts)
    spent = data.counts[:, None, None] * precision
    v = len(matrix)
    by_visit = fixed.reshape(len(fixed), v * p)
    return VisitEvaluation(
        criterion=float(criterion),
        slope=(spent - residual - leverage).sum(axis=0),
        coefficients=coefficients,
        covariance=covariance,
        precision=precision,
        weight=2 * residual + 2 * leverage - spent,
        expected=spent - 2 * leverage,
        solved=fixed,
        fixed_products=(by_visit.T @ by_visit).reshape(v, p, v, p).transpose(0, 2, 1, 3),
        score_products=(by_visit.T @ scores).reshape(v, p, v).transpose(0, 2, 1),
    )


def along(at: VisitEvaluation, directions: Array) -> Array:
    """Compute H = X'V^-1 E V^-1 X for each direction E.

    Parameters
    ----------
    at : VisitEvaluation
        The criterion at S.
    directions : ndarray, shape (k, v, v)
        Symmetric changes of S.

    Returns
    -------
    ndarray, shape (k, p, p)
        H; C changes by C H C.
    """
    return np.tensordot(directions, at.fixed_products, axes=2)


def second_derivatives(
    at: VisitEvaluation, directions: Array, *, reml: bool = True, is_expected: bool = False
) -> Array:
    """Compute second derivatives of the criterion, S being linear in the directions.

    Parameters
    ----------
    at : VisitEvaluation
        The criterion at S, made with the same ``reml``.
    directions : ndarray, shape (k, v, v)
        Symmetric changes of S.
    reml : bool, default True
        Restricted likelihood (True) or full likelihood (False).
    is_expected : bool, default False
        Their expectation, which is never negative definite, in place of the exact ones.

    Returns
    -------
    ndarray, shape (k, k)
        Twice the information of the log-likelihood.

    Notes
    -----
    Exact: sum tr(M E P F) - 2 h_E'C h_F - tr(C H_E C H_F), h = (PX)'E(Pr), the last for REML only.
    Expected: sum tr((n P - 2 K) E P F) + tr(C H_E C H_F), K = sum (PX) C (PX)'.
    """
    weight = at.expected if is_expected else at.weight
    k = len(directions)
    left = weight[:, None] @ directions
    right = at.precision[:, None] @ directions
    # tr(M E P F) is the sum over places of (M E)_jk (P F)_kj: one product for all pairs.
    found = left.transpose(1, 0, 2, 3).reshape(k, -1) @ right.transpose(0, 3, 2, 1).reshape(-1, k)
    if not is_expected:
        pull = np.tensordot(directions, at.score_products, axes=2)
        found = found - 2 * pull @ at.covariance @ pull.T
    if reml:
        turned = along(at, directions) @ at.covariance
        through = turned.reshape(k, -1) @ turned.transpose(0, 2, 1).reshape(k, -1).T
        found = found + (through if is_expected else -through)
    return (found + found.T) / 2
