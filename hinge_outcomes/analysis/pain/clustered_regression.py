"""Least squares whose rows are not independent: cluster-robust errors fit for small samples."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinge_outcomes.exceptions import NotIdentifiableError

Floats = npt.NDArray[np.float64]

FEW_CLUSTERS = 10
"""Below this many clusters no cluster-robust interval can be relied on."""

_TOLERANCE = 1e-9
"""A row's part that is less than this share free of the others' fit has no residual of its own."""


@dataclass(frozen=True, slots=True, repr=False)
class ClusteredRegression:
    """Hold least-squares coefficients with their CR2 covariance.

    Parameters
    ----------
    coefficients : ndarray, shape (p,)
        b.
    covariance : ndarray, shape (p, p)
        CR2; missing with fewer than two clusters.
    bread : ndarray, shape (p, p)
        (X'X)^-1.
    adjusted : ndarray, shape (n_clusters, p, p)
        X_g'A_g X_g of each cluster.
    squares : ndarray, shape (n_clusters, p, p)
        X_g'A_g A_g X_g of each cluster.
    delete_one : ndarray, shape (n_clusters, p)
        Coefficients without each cluster; missing where they cannot be had.
    n, n_clusters : int
        Rows and independent clusters.
    """

    coefficients: Floats
    covariance: Floats
    bread: Floats
    adjusted: Floats
    squares: Floats
    delete_one: Floats
    n: int
    n_clusters: int

    def estimates(self, contrasts: Floats) -> tuple[Floats, Floats, Floats]:
        """Give combinations of the coefficients with their errors and degrees of freedom.

        Parameters
        ----------
        contrasts : ndarray, shape (m, p)
            One combination per row.

        Returns
        -------
        estimate, std_error, degrees_of_freedom : ndarray, shape (m,)
            Errors and degrees of freedom are missing with fewer than two clusters.
        """
        value = contrasts @ self.coefficients
        if self.n_clusters < 2:
            nothing = np.full(len(contrasts), np.nan)
            return value, nothing, nothing
        variance = np.einsum("mi,ij,mj->m", contrasts, self.covariance, contrasts)
        turned = contrasts @ self.bread
        # With P = (p_g'p_h), p_g = (I - H)_g'A_g X_g M l, the degrees are (tr P)^2 / tr P^2.
        own = np.einsum("mi,gij,mj->mg", turned, self.squares, turned, optimize=True)
        pulled = np.einsum("gij,mj->mgi", self.adjusted, turned)
        crossed = np.einsum("mgi,ij,mgj->mg", pulled, self.bread, pulled, optimize=True)
        joint = np.einsum("mgi,mgj->mij", pulled, pulled)
        squared = np.einsum("ij,mjk,kl,mli->m", self.bread, joint, self.bread, joint, optimize=True)
        trace = (own - crossed).sum(axis=1)
        spread = (own**2 - 2 * own * crossed).sum(axis=1) + squared
        with np.errstate(divide="ignore", invalid="ignore"):
            degrees = np.where(spread > 0, trace**2 / spread, np.nan)
        return value, np.sqrt(np.maximum(variance, 0.0)), degrees

    def jackknife_errors(self, contrasts: Floats) -> Floats:
        """Give errors by leaving out each cluster in turn.

        Parameters
        ----------
        contrasts : ndarray, shape (m, p)
            One combination per row.

        Returns
        -------
        ndarray, shape (m,)
            sqrt((G - 1) / G sum (b_(g) - b)^2), for Student's t with G - 1 degrees of freedom;
            missing where a cluster cannot be left out.
        """
        apart = (self.delete_one - self.coefficients) @ contrasts.T
        share = (self.n_clusters - 1) / max(self.n_clusters, 1)
        errors: Floats = np.sqrt(share * (apart**2).sum(axis=0))
        return errors if self.n_clusters > 1 else np.full(len(contrasts), np.nan)


def fit_clustered(x: Floats, y: Floats, clusters: npt.ArrayLike) -> ClusteredRegression:
    """Fit least squares with errors that allow for rows of one cluster being alike.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Columns, of full rank.
    y : ndarray, shape (n,)
        Outcome.
    clusters : array_like, shape (n,)
        To whom a row belongs; clusters are independent of each other.

    Returns
    -------
    ClusteredRegression
        Coefficients, CR2 covariance, and what the degrees of freedom are made of.

    Raises
    ------
    NotIdentifiableError
        If columns are combinations of others, or there are too few rows.

    Notes
    -----
    V = M sum X_g'A_g e_g e_g'A_g X_g M, M = (X'X)^-1, A_g = (I - X_g M X_g')^-1/2, unbiased if rows
    are independent and alike [1]_; directions in which a cluster fits itself have A_g = 0 [2]_.
    Degrees of freedom are Satterthwaite's under the same working model. The square root is taken in
    the p columns of a cluster, never in its rows.

    References
    ----------
    .. [1] Bell RM, McCaffrey DF (2002). Bias reduction in standard errors for linear regression
       with multi-stage samples. Survey Methodology 28, 169-181.
    .. [2] Pustejovsky JE, Tipton E (2018). Small-sample methods for cluster-robust variance
       estimation and hypothesis testing in fixed effects models. J Bus Econ Stat 36, 672-683.

    Examples
    --------
    >>> fit = fit_clustered(np.ones((4, 1)), np.array([1.0, 2.0, 3.0, 6.0]), list("abcd"))
    >>> [one.round(6).tolist() for one in fit.estimates(np.ones((1, 1)))]
    [[3.0], [1.080123], [3.0]]
    """
    n, p = x.shape
    if n < p or np.linalg.matrix_rank(x) < p:
        raise NotIdentifiableError(
            f"{p} columns cannot be told apart in {n:,} rows: one is a combination of others, or "
            "there are too few rows. Leave columns out."
        )
    labels, codes = np.unique(np.asarray(clusters), return_inverse=True)
    order = np.argsort(codes, kind="stable")
    x, y, codes = x[order], y[order], codes[order]
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    # In orthonormal columns M = I, and X_g M X_g' has the squared singular values of X_g.
    q, r = np.linalg.qr(x)
    inside = q.T @ y
    left = y - q @ inside
    inner = np.add.reduceat(q[:, :, None] * q[:, None, :], starts)
    score = np.add.reduceat(q * left[:, None], starts)
    values, vectors = np.linalg.eigh(inner)
    free = 1 - values
    root = np.where(free > _TOLERANCE, 1 / np.sqrt(np.maximum(free, _TOLERANCE)), 0.0)
    # A_g X_g = X_g V diag(root) V': the square root acts on the columns of the cluster alone.
    turn = (vectors * root[:, None, :]) @ vectors.transpose(0, 2, 1)
    moved = np.einsum("gij,gj->gi", turn, score)
    back = np.linalg.inv(r)
    covariance = back @ (moved.T @ moved) @ back.T
    adjusted, squares = inner @ turn, turn @ inner @ turn
    kept = np.where(free > _TOLERANCE, 1 / np.maximum(free, _TOLERANCE), np.nan)
    without = inside - np.einsum("gij,gj->gi", (vectors * kept[:, None, :])
                                 @ vectors.transpose(0, 2, 1), score)  # fmt: skip
    carried = r.T
    return ClusteredRegression(
        coefficients=back @ inside,
        covariance=covariance if len(labels) > 1 else np.full((p, p), np.nan),
        bread=back @ back.T,
        adjusted=carried @ adjusted @ r,
        squares=carried @ squares @ r,
        delete_one=without @ back.T,
        n=n,
        n_clusters=len(labels),
    )
