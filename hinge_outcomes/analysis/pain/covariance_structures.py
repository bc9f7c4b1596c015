"""How the scores of one patient at several visits may hang together: covariance structures."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.pain.model_columns import Array
from hinge_outcomes.exceptions import AnalysisError

UNSTRUCTURED, AR1, HETEROGENEOUS_AR1, COMPOUND_SYMMETRY = (
    "unstructured", "ar1", "heterogeneous_ar1", "compound_symmetry",
)  # fmt: skip
STRUCTURES = (UNSTRUCTURED, HETEROGENEOUS_AR1, AR1, COMPOUND_SYMMETRY)

SIMPLER = {
    UNSTRUCTURED: HETEROGENEOUS_AR1,
    HETEROGENEOUS_AR1: AR1,
    AR1: COMPOUND_SYMMETRY,
    COMPOUND_SYMMETRY: None,
}
"""What to try next where the scores cannot hold a structure."""


@dataclass(frozen=True, slots=True)
class CovarianceStructure:
    """Describe a family of covariance matrices with smooth parameters.

    Parameters
    ----------
    name : str
        One of ``STRUCTURES``.
    start : callable
        From a covariance matrix, shape (v, v), to the parameters of one near it, shape (k,).
    matrix : callable
        From parameters to the matrix.
    first : callable
        From parameters to its first derivatives, shape (k, v, v).
    second : callable
        From parameters to its second derivatives, shape (k, k, v, v).
    """

    name: str
    start: Callable[[Array], Array]
    matrix: Callable[[Array], Array]
    first: Callable[[Array], Array]
    second: Callable[[Array], Array]


def covariance_structure(name: str, n_visits: int) -> CovarianceStructure:
    """Give a covariance structure for a number of visits.

    Parameters
    ----------
    name : {"unstructured", "heterogeneous_ar1", "ar1", "compound_symmetry"}
        Which.
    n_visits : int
        v.

    Returns
    -------
    CovarianceStructure
        Unstructured is linear in its parameters, the lower triangle row by row. In the others
        variances are exp(t); the correlation of neighbours is tanh(z), and that of compound
        symmetry lies between -1 / (v - 1) and 1.

    Raises
    ------
    AnalysisError
        If the name is not known.

    Examples
    --------
    >>> ar1 = covariance_structure("ar1", 3)
    >>> ar1.matrix(np.array([np.log(4.0), np.arctanh(0.5)])).round(6)[0].tolist()
    [4.0, 2.0, 1.0]
    """
    if name == UNSTRUCTURED:
        return _unstructured(n_visits)
    lags = np.abs(np.subtract.outer(np.arange(n_visits), np.arange(n_visits)))
    if name == COMPOUND_SYMMETRY:
        lags = np.minimum(lags, 1)
        return _correlated(name, np.zeros(n_visits, dtype=int), lags, -1 / max(n_visits - 1, 1))
    if name == AR1:
        return _correlated(name, np.zeros(n_visits, dtype=int), lags, -1.0)
    if name == HETEROGENEOUS_AR1:
        return _correlated(name, np.arange(n_visits), lags, -1.0)
    raise AnalysisError(
        f"covariance={name!r} is not known. Allowed: {', '.join(STRUCTURES)}; where scores cannot "
        "hold it, the next simpler one is taken and named."
    )


def log_cholesky_curvature(matrix: Array) -> tuple[Array, Array]:
    """Give derivatives of a matrix by the log diagonal and the rest of its Cholesky factor.

    With S = L L' and L = diag(exp(t)) U, U unit lower triangular: the parameters are t and the
    elements below the diagonal of U.

    Parameters
    ----------
    matrix : ndarray, shape (v, v)
        S.

    Returns
    -------
    first : ndarray, shape (k, v, v)
        First derivatives.
    second : ndarray, shape (k, k, v, v)
        Second derivatives.

    Examples
    --------
    >>> first, second = log_cholesky_curvature(np.array([[4.0]]))
    >>> first.ravel().tolist(), second.ravel().tolist()
    ([8.0], [16.0])
    """
    v = len(matrix)
    lower = np.linalg.cholesky(matrix)
    scale = np.diag(lower)
    rows, columns = np.tril_indices(v, -1)
    k = v + len(rows)
    one = np.zeros((k, v, v))
    two = np.zeros((k, k, v, v))
    for j in range(v):
        one[j, j] = two[j, j, j] = lower[j]
    for place, (j, m) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True), start=v):
        one[place, j, m] = scale[j]
        two[place, j, j, m] = two[j, place, j, m] = scale[j]
    first = one @ lower.T
    first = first + first.transpose(0, 2, 1)
    second = two @ lower.T + np.einsum("ajm,bkm->abjk", one, one)
    return first, second + second.transpose(0, 1, 3, 2)


def _unstructured(n_visits: int) -> CovarianceStructure:
    rows, columns = np.tril_indices(n_visits)
    k = len(rows)
    basis = np.zeros((k, n_visits, n_visits))
    basis[np.arange(k), rows, columns] = basis[np.arange(k), columns, rows] = 1.0
    nothing = np.zeros((k, k, n_visits, n_visits))

    def matrix(parameters: Array) -> Array:
        made = np.empty((n_visits, n_visits))
        made[rows, columns] = made[columns, rows] = parameters
        return made

    return CovarianceStructure(
        name=UNSTRUCTURED,
        start=lambda given: given[rows, columns],
        matrix=matrix,
        first=lambda parameters: basis,
        second=lambda parameters: nothing,
    )


def _correlated(
    name: str, of_variance: np.ndarray, lags: np.ndarray, floor: float
) -> CovarianceStructure:
    """Build exp(t_j / 2) exp(t_k / 2) r^lag with r between ``floor`` and 1, r = a + b tanh(z).

    ``of_variance`` says which log variance belongs to each visit.
    """
    n_variances = int(of_variance.max()) + 1
    members = (of_variance == np.arange(n_variances)[:, None]).astype(float)
    centre, reach = (1 + floor) / 2, (1 - floor) / 2
    # d log S_jk / d t_a is half of how often visit j or k has that variance.
    half = (members[:, :, None] + members[:, None, :]) / 2

    def parts(parameters: Array) -> tuple[Array, float, float, float]:
        deviations = np.exp(parameters[of_variance] / 2)
        bent = float(np.tanh(parameters[-1]))
        slope = reach * (1 - bent**2)
        return np.outer(deviations, deviations), centre + reach * bent, slope, -2 * bent * slope

    def power(r: float, less: int) -> Array:
        """The derivative of r^lag of this order by r."""
        left = np.maximum(lags - less, 0)
        factor = np.ones(lags.shape)
        for step in range(less):
            factor = factor * (lags - step)
        return np.where(lags >= less, factor * r ** left.astype(float), 0.0)

    def matrix(parameters: Array) -> Array:
        spread, r, _, _ = parts(parameters)
        made: Array = spread * power(r, 0)
        return made

    def first(parameters: Array) -> Array:
        spread, r, slope, _ = parts(parameters)
        return np.concatenate([half * (spread * power(r, 0)), [spread * power(r, 1) * slope]])

    def second(parameters: Array) -> Array:
        spread, r, slope, bend = parts(parameters)
        k = n_variances + 1
        made = np.empty((k, k, *lags.shape))
        made[:-1, :-1] = half[:, None] * half[None, :] * (spread * power(r, 0))
        made[:-1, -1] = made[-1, :-1] = half * (spread * power(r, 1) * slope)
        made[-1, -1] = spread * (power(r, 2) * slope**2 + power(r, 1) * bend)
        return made

    def start(given: Array) -> Array:
        variances = members @ np.diag(given) / members.sum(axis=1)
        deviations = np.sqrt(np.diag(given))
        near = lags == 1
        r = float(np.mean((given / np.outer(deviations, deviations))[near])) if near.any() else 0.0
        r = min(max(r, floor + 0.05 * (1 - floor)), 0.95)
        return np.append(np.log(variances), np.arctanh((r - centre) / reach))

    return CovarianceStructure(name=name, start=start, matrix=matrix, first=first, second=second)
