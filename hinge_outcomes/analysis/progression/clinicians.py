"""How much clinicians differ in how fast their patients move up the ladder."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level, normal_quantile
from hinge_outcomes.analysis.progression.clinician_effects import Effects, estimate_effects
from hinge_outcomes.analysis.progression.clinician_moves import MoveCounts, count_clinician_moves
from hinge_outcomes.analysis.progression.clinician_optimum import (
    Optimum,
    find_optimum,
    fit_plain_rates,
    profile_interval,
)
from hinge_outcomes.analysis.progression.clinician_result import ClinicianRates
from hinge_outcomes.exceptions import AnalysisError, ConvergenceError

ADJUST = "symptom_duration + start_back_risk + age"
"""Case mix, as far as every clinic records it on day 0."""

BANDS = (7.0, 14.0, 21.0, 35.0)
"""Days in stage at which rates may change: nobody moves on within days of arriving."""

_MEDIAN = np.sqrt(2) * 0.6745
_LEVELS = ("clinician", "clinic", "episode")


def fit_clinician_rates(
    stays: pd.DataFrame,
    adjust: str = ADJUST,
    *,
    move: str = "forward",
    bands: Sequence[float] = BANDS,
    clinician: str = "clinician_id",
    clinic: str | None = "clinic_id",
    frailty: bool = True,
    n_nodes: int = 9,
    conf_level: float = 0.95,
) -> ClinicianRates:
    """Fit how much rates of moving along the ladder differ between clinicians and clinics.

    Days at risk count stage by stage and by time in stage; a move up to a higher stage or to
    mastery is a forward move. The clinician is the one who led the episode from its first day.

    Parameters
    ----------
    stays : DataFrame
        As `derive_stays` gives it.
    adjust : str, default "symptom_duration + start_back_risk + age"
        Case mix as the right-hand side of a formula of day-0 columns; "" for none. Stays with a
        missing value are left out and counted.
    move : {"forward", "backward"}, default "forward"
        Which moves count.
    bands : sequence of float, default (7, 14, 21, 35)
        Days in stage at which the rate may change; () takes it as constant.
    clinician, clinic : str
        Columns of the units; with ``clinic=None``, or a single clinic, clinics are not told apart.
    frailty : bool, default True
        Whether episodes have a pace of their own, gamma distributed. Without it, differences
        between patients of one clinician count as differences between clinicians.
    n_nodes : int, default 9
        Quadrature points per effect, 5 or more.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    ClinicianRates
        ``.table()`` the variances and median rate ratios, ``.clinicians()``, ``.clinics()`` and
        ``.rates()``, ``.plot()`` a funnel, ``.summary()``.

    Raises
    ------
    AnalysisError
        If an option is not allowed, or the formula cannot be read.
    DataError
        If a column is missing or a stay has no length.
    NoEventsError
        If nobody moved this way.
    NotIdentifiableError
        If there is one clinician only, or columns of the case mix say the same.
    ConvergenceError
        If the search does not end at a maximum; the message names the next simpler models.

    Notes
    -----
    Moves of an episode at stage k in band l are Poisson with mean
    g T exp(a_k + c_l + x'b + v_clinic + u_clinician), T the days at risk, u ~ N(0, s^2),
    v ~ N(0, r^2), and g the episode's own pace, gamma with mean 1: the piecewise-exponential model
    of recurrent moves [1]_. The likelihood is integrated by adaptive Gauss-Hermite quadrature; s
    and r have profile-likelihood intervals and are never negative. The median rate ratio is
    exp(sqrt(2) 0.6745 s) [2]_: of two like patients of two clinicians drawn at random, the median
    of the faster over the slower rate. Shrunken rate ratios are the exponentials of posterior means
    of u + v, averaged over what the likelihood leaves open about s and r (`clinician_effects`), so
    they and their intervals are there even where the most likely s is 0. Expected moves are those
    under equal rates for all clinicians, so observed and expected add up to the same. Maximum
    likelihood puts s a little low where clinicians are few.

    References
    ----------
    .. [1] Holford T (1980). The analysis of rates and of survivorship using log-linear models.
       Biometrics 36, 299-305.
    .. [2] Austin P, Wagner P, Merlo J (2017). The median hazard ratio: a useful measure of variance
       and general contextual effects in multilevel survival analysis. Stat Med 36, 928-938.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=300, seed=7)
    >>> rates = fit_clinician_rates(ho.derive_stays(cohort), adjust="age", clinic=None)
    >>> rates.table()[["level", "quantity"]].values.tolist()[0]
    ['clinician', 'sd_log_rate']
    """
    check_conf_level(conf_level)
    if n_nodes < 5:
        raise AnalysisError(f"n_nodes={n_nodes} is too few to be exact. Use 5 or more.")
    counts = count_clinician_moves(
        stays, adjust, move=move, bands=bands, clinician=clinician, clinic=clinic
    )
    n_clinicians, n_clinics = len(counts.people), len(counts.clinics)
    # With one clinician a clinic, their spreads cannot be told apart.
    is_nested = 1 < n_clinics < n_clinicians
    free = (0, *((1,) if is_nested else ()), *((2,) if frailty else ()))
    optimum = find_optimum(counts.data, free=free, n_nodes=n_nodes)
    if not optimum.converged:
        raise ConvergenceError(optimum.message)
    intervals = {
        which: profile_interval(
            counts.data, optimum, which, free=free, n_nodes=n_nodes, conf_level=conf_level
        )
        for which in free
    }
    limits = {which: high for which, (_, high) in intervals.items() if which < 2}
    effects = estimate_effects(counts.data, optimum, limits, n_nodes=n_nodes)
    units = _Units(counts, optimum, effects, normal_quantile(conf_level))
    return ClinicianRates(
        move=move,
        adjust=adjust,
        variances=_variances(counts, optimum, intervals),
        by_clinician=units.clinicians(),
        by_clinic=units.clinics() if is_nested else units.clinics().iloc[:0],
        coefficients=_rates(counts, optimum, normal_quantile(conf_level)),
        n_episodes=int(counts.people["n_episodes"].sum()),
        n_moves=int(counts.people["n_moves"].sum()),
        n_days=float(counts.people["n_days"].sum()),
        n_dropped=counts.n_dropped,
        n_days_without_moves=counts.n_days_without_moves,
        has_frailty=frailty,
        loglik=optimum.loglik,
        conf_level=conf_level,
    )


@dataclass(frozen=True, slots=True, repr=False)
class _Units:
    """Clinicians and clinics with what is known of each."""

    counts: MoveCounts
    optimum: Optimum
    effects: Effects
    reach: float

    def clinicians(self) -> pd.DataFrame:
        people, data = self.counts.people, self.counts.data
        by_episode = np.bincount(data.episode, self._expected(), len(data.clinician))
        expected = np.bincount(data.clinician, by_episode, len(people))
        frame = pd.DataFrame({"clinic_id": people["clinic"], "clinician_id": people["clinician"]})
        return self._told(
            frame,
            people,
            expected,
            self.effects.mean,
            self.effects.std_error,
            self.effects.clinician_variance,
        )

    def clinics(self) -> pd.DataFrame:
        clinicians, place = self.clinicians(), self.counts.data.clinic
        sums = self.counts.people.groupby(place)[["n_days", "n_episodes", "n_moves"]].sum()
        expected = np.bincount(place, clinicians["expected"])
        frame = pd.DataFrame({"clinic_id": list(self.counts.clinics)})
        return self._told(
            frame,
            sums,
            expected,
            self.effects.clinic_mean,
            self.effects.clinic_std_error,
            self.effects.clinic_variance,
        )

    def _expected(self) -> np.ndarray:
        data = self.counts.data
        return np.exp(data.log_time + data.design @ fit_plain_rates(data))

    def _told(
        self,
        frame: pd.DataFrame,
        sums: pd.DataFrame,
        expected: np.ndarray,
        mean: np.ndarray,
        error: np.ndarray,
        variance: float,
    ) -> pd.DataFrame:
        observed = sums["n_moves"].to_numpy()
        reliability = (
            np.maximum(1 - error**2 / variance, 0) if variance > 0 else np.zeros(len(mean))
        )
        return frame.assign(
            n_days=sums["n_days"].to_numpy(),
            expected=expected,
            observed_over_expected=observed / expected,
            precision=np.sqrt(expected),
            reliability=reliability,
            estimate=np.exp(mean),
            std_error=error,
            ci_low=np.exp(mean - self.reach * error),
            ci_high=np.exp(mean + self.reach * error),
            n_at_risk=sums["n_episodes"].to_numpy(),
            n_events=observed,
        )


def _variances(
    counts: MoveCounts, optimum: Optimum, intervals: dict[int, tuple[float, float]]
) -> pd.DataFrame:
    n_rates = counts.data.design.shape[1]
    errors = np.sqrt(np.diag(optimum.covariance))
    n_units = (len(counts.people), len(counts.clinics), len(counts.data.clinician))
    n_moves = int(counts.people["n_moves"].sum())
    rows = []
    for which, (low, high) in sorted(intervals.items()):
        sd = float(optimum.parameters[n_rates + which])
        # At 0 a standard error says nothing; the interval does.
        error = float(errors[n_rates + which]) if sd > 0 else np.nan
        told = {"level": _LEVELS[which]}
        size = {"n_at_risk": n_units[which], "n_events": n_moves}
        numbers = {"estimate": sd, "std_error": error, "ci_low": low, "ci_high": high}
        rows.append(
            {**told, "quantity": "sd_log_rate" if which < 2 else "sd_pace"} | numbers | size
        )
        if which < 2:
            ratio = float(np.exp(_MEDIAN * sd))
            limits = {"ci_low": np.exp(_MEDIAN * low), "ci_high": np.exp(_MEDIAN * high)}
            numbers = {"estimate": ratio, "std_error": ratio * _MEDIAN * error, **limits}
            rows.append({**told, "quantity": "median_rate_ratio"} | numbers | size)
    return pd.DataFrame(rows)


def _rates(counts: MoveCounts, optimum: Optimum, reach: float) -> pd.DataFrame:
    n_rates = counts.data.design.shape[1]
    slope = optimum.parameters[:n_rates]
    error = np.sqrt(np.diag(optimum.covariance))[:n_rates]
    is_stage = np.arange(n_rates) < counts.n_stages
    return pd.DataFrame(
        {
            "term": counts.terms,
            "quantity": np.where(is_stage, "rate_per_day", "rate_ratio"),
            "estimate": np.exp(slope),
            "std_error": error,
            "ci_low": np.exp(slope - reach * error),
            "ci_high": np.exp(slope + reach * error),
        }
    )
