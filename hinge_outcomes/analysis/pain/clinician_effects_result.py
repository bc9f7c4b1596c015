"""Risk-adjusted improvement by clinician and clinic: variance shares, verdicts, a funnel."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from hinge_outcomes.analysis.pain.mixed_result import MixedModelFit
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.domain.instruments import INSTRUMENTS

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes

BETTER, ALIKE, WORSE = "better than expected", "as expected", "worse than expected"
"""What an interval says; never a rank."""


@dataclass(frozen=True, slots=True)
class ClinicianEffects(Result):
    """Hold risk-adjusted improvement by clinician and clinic.

    Parameters
    ----------
    instrument : str
        Code of the instrument.
    at_day : int or str
        The follow-up.
    adjust : tuple of str
        Risk adjusters.
    conf_level : float
        Coverage that the intervals aim at.
    estimates : pandas.DataFrame
        What `table` gives.
    by_clinician, by_clinic : pandas.DataFrame
        What `clinicians` and `clinics` give.
    model : MixedModelFit
        The network's model of improvement.
    spread : float
        Standard deviation of single residuals within clinicians.
    n_dropped : int
        Episodes with both scores left out for a missing adjuster or clinician.
    note : str
        Caveats, such as few units; empty if there are none.
    """

    instrument: str
    at_day: int | str
    adjust: tuple[str, ...]
    conf_level: float
    estimates: pd.DataFrame
    by_clinician: pd.DataFrame
    by_clinic: pd.DataFrame
    model: MixedModelFit
    spread: float
    n_dropped: int
    note: str

    def table(self) -> pd.DataFrame:
        """Give how much of the variance of improvement lies between clinicians and clinics.

        Returns
        -------
        pandas.DataFrame
            Columns level ("clinician", "clinic"), quantity ("ICC, ANOVA": may be negative, with
            its F interval; "ICC, REML": never negative; "SD, REML" in points), estimate,
            std_error (null: neither has one), ci_low, ci_high, n_units, n_episodes.
        """
        return self.estimates.copy()

    def clinicians(self) -> pd.DataFrame:
        """Give each clinician's risk-adjusted improvement.

        Returns
        -------
        pandas.DataFrame
            Columns clinic_id, clinician_id, estimate (mean of actual less expected improvement;
            positive is better whatever the instrument's direction), std_error, ci_low, ci_high,
            shrunken and its limits (best linear unbiased prediction, clinic included), verdict
            (better than expected, as expected, worse than expected), meets_average (estimate >= 0,
            as MIPS 220 counts), completeness, n (episodes with both scores), n_due, reason (why
            there are no numbers: the gate; empty otherwise).
        """
        return self.by_clinician.copy()

    def clinics(self) -> pd.DataFrame:
        """Give each clinic's risk-adjusted improvement.

        Returns
        -------
        pandas.DataFrame
            As `clinicians`, by clinic_id.
        """
        return self.by_clinic.copy()

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw clinicians' mean residuals against their episodes: a funnel.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib.axes.Axes
            The drawing. Points are not named.
        """
        from hinge_outcomes.plotting import draw_mean_funnel

        label = f"Improvement in {INSTRUMENTS[self.instrument].name} less expected"
        return draw_mean_funnel(self.by_clinician, ax, spread=self.spread, label=label)

    def summary(self) -> str:
        """Say in one paragraph how much clinicians and clinics differ.

        Returns
        -------
        str
            Both ICCs, how many are better or worse than expected, and what was left out.
        """
        return _summarise(self)


def _summarise(result: ClinicianEffects) -> str:
    tool = INSTRUMENTS[result.instrument]
    shares = result.estimates.set_index(["level", "quantity"])
    told = []
    for level in ("clinician", "clinic"):
        anova, reml = shares.loc[(level, "ICC, ANOVA")], shares.loc[(level, "ICC, REML")]
        told.append(
            f"{level}s {anova['estimate']:.1%} by ANOVA ({result.conf_level:.0%} CI "
            f"{anova['ci_low']:.1%} to {anova['ci_high']:.1%}), {reml['estimate']:.1%} by REML"
        )
    shown = result.by_clinician[result.by_clinician["reason"] == ""]
    counts = shown["verdict"].value_counts()
    hidden = len(result.by_clinician) - len(shown)
    first = result.estimates.iloc[0]
    left = f" {result.n_dropped:,} were left out for a missing number." if result.n_dropped else ""
    more = f" {result.note}" if result.note else ""
    return (
        f"Improvement in {tool.name} less what the network's model expects, in "
        f"{first['n_episodes']:,} episodes.{left} Share of the variance that lies between: "
        f"{'; '.join(told)}. Of {len(shown):,} clinicians above the gate "
        f"{int(counts.get(BETTER, 0))} are better than expected, {int(counts.get(WORSE, 0))} "
        f"worse, {int(counts.get(ALIKE, 0))} as expected; {hidden:,} are below it. It is no "
        f"ranking.{more}"
    )
