"""The result of a comparison of clinicians: spreads, shrunken rates, a funnel."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.results import Result

_FEW = 20
"""Below so many clinicians, intervals of a spread hold the truth in 93 to 99% of studies."""


@dataclass(frozen=True, slots=True)
class ClinicianRates(Result):
    """Hold how much clinicians and clinics differ, and what is known of each.

    Parameters
    ----------
    move : str
        "forward" or "backward".
    adjust : str
        The case mix.
    variances : DataFrame
        What `table` gives.
    by_clinician, by_clinic : DataFrame
        What `clinicians` and `clinics` give.
    coefficients : DataFrame
        What `rates` gives.
    n_episodes, n_moves : int
        Episodes at risk, and their moves.
    n_days : float
        Days at risk.
    n_dropped : int
        Stays left out for a missing value.
    n_days_without_moves : float
        Days left out because nobody moves at such a stage or time.
    has_frailty : bool
        Whether episodes have a pace of their own.
    loglik : float
        Log likelihood at the maximum.
    conf_level : float
        Confidence level of the intervals.
    """

    move: str
    adjust: str
    variances: pd.DataFrame
    by_clinician: pd.DataFrame
    by_clinic: pd.DataFrame
    coefficients: pd.DataFrame
    n_episodes: int
    n_moves: int
    n_days: float
    n_dropped: int
    n_days_without_moves: float
    has_frailty: bool
    loglik: float
    conf_level: float

    def table(self) -> pd.DataFrame:
        """Give the spread of rates at each level.

        Returns
        -------
        DataFrame
            ``level`` ("clinician" within clinics, "clinic", "episode"); ``quantity``:
            "sd_log_rate", its "median_rate_ratio", or "sd_pace" of episodes; ``estimate``,
            ``std_error`` (missing where the estimate is at its bound), ``ci_low``, ``ci_high``
            (profile likelihood); ``n_at_risk`` (units of the level), ``n_events`` (moves).
        """
        return self.variances.copy()

    def clinicians(self) -> pd.DataFrame:
        """Give each clinician's rate.

        Returns
        -------
        DataFrame
            ``clinic_id``, ``clinician_id``; ``n_days`` at risk; ``expected`` moves under equal
            rates; ``observed_over_expected``; ``precision`` (root of expected); ``reliability``
            (1 - error variance / variance between clinicians); ``estimate``: the shrunken rate
            ratio, the clinic's part included; ``std_error`` of its logarithm; ``ci_low``,
            ``ci_high``; ``n_at_risk`` (episodes), ``n_events`` (observed moves).
        """
        return self.by_clinician.copy()

    def clinics(self) -> pd.DataFrame:
        """Give each clinic's rate.

        Returns
        -------
        DataFrame
            As `clinicians`, without ``clinician_id``; no rows where clinics are not told apart.
        """
        return self.by_clinic.copy()

    def rates(self) -> pd.DataFrame:
        """Give the rates of the stages, and the rate ratios of time in stage and case mix.

        Returns
        -------
        DataFrame
            ``term``; ``quantity``: "rate_per_day" (soon after arriving, case mix 0) or
            "rate_ratio"; ``estimate``, ``std_error`` of its logarithm, ``ci_low``, ``ci_high``.
        """
        return self.coefficients.copy()

    def plot(self, ax: Any = None) -> Any:
        """Draw observed over expected moves of each clinician against the moves expected.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw. Default: new ones.

        Returns
        -------
        Axes
            The drawing. Points are not named.
        """
        from hinge_outcomes.plotting import draw_funnel

        label = f"{self.move.capitalize()} moves, observed / expected"
        return draw_funnel(self.clinicians(), ax=ax, label=label)

    def summary(self) -> str:
        """Say in one paragraph how much clinicians differ.

        Returns
        -------
        str
            Clinical words, with intervals and numbers.
        """
        told = [self._of_level(level, plural) for level, plural in _LEVELS if self._has(level)]
        told.append(
            f"{self.n_moves:,} moves in {self.n_days:,.0f} days of {self.n_episodes:,} episodes "
            f"with {len(self.by_clinician):,} clinicians"
            + (f", adjusted for {self.adjust}." if self.adjust else ", without case mix.")
        )
        if self.n_dropped:
            told.append(f"{self.n_dropped:,} stays are left out for a missing value.")
        if len(self.by_clinician) < _FEW:
            told.append(
                f"With fewer than {_FEW} clinicians such intervals hold the truth in 93 to 99% of "
                "studies rather than 95%."
            )
        return f"Rates of {self.move} moves along the ladder: " + " ".join(told)

    def _has(self, level: str) -> bool:
        return bool((self.variances["level"] == level).any())

    def _of_level(self, level: str, plural: str) -> str:
        rows = self.variances[self.variances["level"] == level].set_index("quantity")
        sd, ratio = rows.loc["sd_log_rate"], rows.loc["median_rate_ratio"]
        high = f"{ratio['ci_high']:.2f}" if np.isfinite(ratio["ci_high"]) else "no limit"
        if sd["estimate"] == 0:
            return (
                f"no difference between {plural} shows (median rate ratio 1, at most {high} with "
                f"{self.conf_level:.0%} confidence)."
            )
        return (
            f"the median rate ratio between two {plural} is {ratio['estimate']:.2f} "
            f"({self.conf_level:.0%} CI {ratio['ci_low']:.2f} to {high}; SD of log rates "
            f"{sd['estimate']:.2f})."
        )


_LEVELS = (("clinician", "clinicians"), ("clinic", "clinics"))
