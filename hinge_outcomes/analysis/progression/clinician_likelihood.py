"""Likelihood of counts that share a clinician and a clinic, by adaptive quadrature."""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from hinge_outcomes.analysis.progression.counting_process import Floats, Integers
from hinge_outcomes.analysis.progression.shared_rates import SharedRates

_MOST_STEPS = 60
_SETTLED = 1e-10


@dataclass(frozen=True, slots=True, repr=False)
class CountData:
    """Hold moves with the time at risk behind them, by episode, clinician and clinic.

    Parameters
    ----------
    moves : ndarray, shape (N,)
        Moves in each row.
    log_time : ndarray, shape (N,)
        Logarithm of the time at risk.
    design : ndarray, shape (N, p)
        Stages and case mix.
    episode : ndarray of int, shape (N,)
        Number of the episode of each row, 0 to n - 1.
    clinician : ndarray of int, shape (n,)
        Number of the clinician of each episode, 0 to G - 1, sorted.
    clinic : ndarray of int, shape (G,)
        Number of the clinic of each clinician, 0 to K - 1.
    n_clinics : int
        K.
    """

    moves: Floats
    log_time: Floats
    design: Floats
    episode: Integers
    clinician: Integers
    clinic: Integers
    n_clinics: int


@dataclass(frozen=True, slots=True)
class Spreads:
    """Say how much clinicians, clinics and episodes differ.

    Parameters
    ----------
    clinician, clinic : float
        Standard deviations of log rate ratios. Their sign does not matter; 0 is allowed.
    episode : float
        Standard deviation of an episode's own pace, which is gamma with mean 1.
    """

    clinician: float
    clinic: float = 0.0
    episode: float = 0.0


@dataclass(frozen=True, slots=True, repr=False)
class Posterior:
    """Hold the log likelihood, its gradient, and what is known of each clinician and clinic.

    Parameters
    ----------
    loglik : float
        Marginal log likelihood, all constants included.
    gradient : ndarray, shape (p + 3,)
        To the coefficients, and to the spreads of clinicians, clinics and episodes.
    mean, variance : ndarray, shape (G,)
        Of each clinician's log rate ratio, the clinic's part included.
    clinic_mean, clinic_variance : ndarray, shape (K,)
        Of each clinic's log rate ratio.
    """

    loglik: float
    gradient: Floats
    mean: Floats
    variance: Floats
    clinic_mean: Floats
    clinic_variance: Floats


def integrate(
    data: CountData, coefficients: Floats, spreads: Spreads, *, n_nodes: int = 9
) -> Posterior:
    """Integrate the clinicians' and the clinics' effects out.

    Parameters
    ----------
    data : CountData
        The counts.
    coefficients : ndarray, shape (p,)
        Log rates of the stages, then the case mix.
    spreads : Spreads
        How much clinicians, clinics and episodes differ.
    n_nodes : int, default 9
        Quadrature points per effect.

    Returns
    -------
    Posterior
        Log likelihood, gradient, posterior moments.

    Notes
    -----
    b = s z + r t with z, t standard normal, one t per clinic and one z per clinician. For given t
    the integral over z is taken at points centred on its mode and scaled by its curvature [1]_; so
    is the one over t. An episode's own pace integrates out exactly. Derivatives are posterior means
    of those of the complete data (Fisher's identity).

    References
    ----------
    .. [1] Pinheiro J, Bates D (1995). Approximations to the log-likelihood function in the
       nonlinear mixed-effects model. J Comput Graph Stat 4, 12-35.

    Examples
    --------
    One clinician with 3 moves where 2 are expected, without any difference between clinicians:

    >>> data = CountData(np.array([3.0]), np.log([2.0]), np.ones((1, 1)), np.zeros(1, int),
    ...                  np.zeros(1, int), np.zeros(1, int), 1)
    >>> round(integrate(data, np.zeros(1), Spreads(0.0)).loglik, 6)  # log of 2^3 exp(-2) / 3!
    -1.712318
    """
    s, r, phi = spreads.clinician, spreads.clinic, spreads.episode**2
    phi = phi if phi > 1e-10 else 0.0
    predictor = data.log_time + data.design @ coefficients
    mean_moves = np.exp(predictor)
    n_episodes = len(data.clinician)
    moves = np.bincount(data.episode, data.moves, n_episodes).astype(float)
    expected = np.bincount(data.episode, mean_moves, n_episodes).astype(float)
    rates = SharedRates.of(moves, expected, data.clinician, len(data.clinic), phi)
    constant = float(data.moves @ predictor) - float(gammaln(data.moves + 1).sum())
    rising, rising_slope = _rising(moves, phi)
    nodes, log_weights = _nodes(n_nodes)

    t, log_density = _clinic_points(data, rates, spreads, nodes, log_weights)
    inner = _inner(rates, s, r * t[data.clinic], nodes, log_weights)
    log_joint = log_density.copy()
    np.add.at(log_joint, data.clinic, inner.log_integral)
    share, log_total = _normalise(log_joint)
    # The share of each pair of points, for each clinician.
    both = share[data.clinic][..., np.newaxis] * inner.share

    def average(values: Floats) -> Floats:
        return np.asarray((both * values).sum(axis=(1, 2)))

    t_here = t[data.clinic][..., np.newaxis]
    b = s * inner.z + r * t_here
    mean = average(b)
    pull = (both[rates.clinician] * rates.pull(b)).sum(axis=(1, 2))
    by_episode = pull if phi > 0 else pull[data.clinician]
    by_row = data.moves - mean_moves * by_episode[data.episode]
    by_phi = average(rates.by_phi(b)).sum() + rising_slope if phi > 0 else 0.0
    clinic_mean = (share * t).sum(axis=1)
    return Posterior(
        loglik=constant + rising + float(log_total.sum()),
        gradient=np.concatenate(
            [
                data.design.T @ by_row,
                [
                    float(average(inner.z * inner.slope).sum()),
                    float(average(t_here * inner.slope).sum()),
                    float(2 * spreads.episode * by_phi),
                ],
            ]
        ),
        mean=mean,
        variance=average((b - mean[:, np.newaxis, np.newaxis]) ** 2),
        clinic_mean=r * clinic_mean,
        clinic_variance=r**2 * ((share * t**2).sum(axis=1) - clinic_mean**2),
    )


@dataclass(frozen=True, slots=True, repr=False)
class _Inner:
    """Integrals over one clinician's own effect z, one column per value of the clinic's."""

    log_integral: Floats
    share: Floats
    z: Floats
    slope: Floats


def _inner(
    rates: SharedRates, sd: float, shift: Floats, nodes: Floats, log_weights: Floats
) -> _Inner:
    """Integrate each clinician's likelihood at b = sd z + shift over a standard normal z."""
    mode, curvature = _modes(rates, sd, shift)
    spread = 1 / np.sqrt(curvature)[..., np.newaxis]
    z = mode[..., np.newaxis] + spread * nodes
    value, slope, _ = rates.at(sd * z + shift[..., np.newaxis])
    log_joint = value - z**2 / 2 - np.log(2 * np.pi) / 2 + np.log(spread) + log_weights
    share, log_integral = _normalise(log_joint)
    return _Inner(log_integral, share, z, slope)


def _modes(rates: SharedRates, sd: float, shift: Floats) -> tuple[Floats, Floats]:
    """Find where the likelihood times the normal density is largest, and how bent it is there."""
    z = np.zeros(shift.shape)
    if sd == 0:
        return z, np.ones(shift.shape)
    for _ in range(_MOST_STEPS):
        _, slope, bend = rates.at(sd * z + shift)
        step = (sd * slope - z) / (1 + sd**2 * bend)
        # A step of more than one log unit would overshoot where a rate is far too low.
        z = z + np.clip(step, -1 / abs(sd), 1 / abs(sd))
        if np.abs(step).max() < _SETTLED:
            break
    return z, 1 + sd**2 * rates.at(sd * z + shift)[2]


def _clinic_points(
    data: CountData, rates: SharedRates, spreads: Spreads, nodes: Floats, log_weights: Floats
) -> tuple[Floats, Floats]:
    """Place the points of each clinic's effect t around the mode of all effects together."""
    s, r = spreads.clinician, spreads.clinic
    if r == 0:
        # One point is enough: nothing depends on t.
        return np.zeros((data.n_clinics, 1)), np.zeros((data.n_clinics, 1))
    t: Floats = np.zeros(data.n_clinics)
    curvature: Floats = np.ones(data.n_clinics)
    for _ in range(_MOST_STEPS):
        shift = r * t[data.clinic]
        z, _ = _modes(rates, s, shift)
        _, slope, bend = rates.at(s * z + shift)
        # With z at its mode for each t, a unit of shift moves the slope by bend / (1 + s^2 bend).
        left = bend / (1 + s**2 * bend)
        sums = np.bincount(data.clinic, left, data.n_clinics).astype(float)
        curvature = 1 + r**2 * sums
        step = (r * np.bincount(data.clinic, slope, data.n_clinics) - t) / curvature
        t = t + np.clip(step, -1 / abs(r), 1 / abs(r))
        if np.abs(step).max() < _SETTLED:
            break
    spread = 1 / np.sqrt(curvature)[:, np.newaxis]
    points = t[:, np.newaxis] + spread * nodes
    return points, -(points**2) / 2 - np.log(2 * np.pi) / 2 + np.log(spread) + log_weights


def _normalise(log_joint: Floats) -> tuple[Floats, Floats]:
    """Turn log weights along the last axis into shares and the log of their sum."""
    top = log_joint.max(axis=-1, keepdims=True)
    share = np.exp(log_joint - top)
    total = share.sum(axis=-1, keepdims=True)
    return share / total, (np.log(total) + top)[..., 0]


def _rising(moves: Floats, phi: float) -> tuple[float, float]:
    """Sum log(1 + phi j) over j below each count, and differentiate it to phi."""
    most = int(moves.max(initial=0))
    more = np.bincount(moves.astype(np.int64), minlength=most + 1)[::-1].cumsum()[::-1]
    # more[j + 1] episodes have a j-th factor.
    j = np.arange(most)
    return float(more[1:] @ np.log1p(phi * j)), float(more[1:] @ (j / (1 + phi * j)))


def _nodes(n_nodes: int) -> tuple[Floats, Floats]:
    """Give points x and log weights so that sum of w f(x) is the integral of f over the line."""
    x, w = np.polynomial.hermite.hermgauss(n_nodes)
    return np.sqrt(2) * x, np.log(w) + x**2 + np.log(2) / 2
