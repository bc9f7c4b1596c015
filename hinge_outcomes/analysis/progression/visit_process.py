"""Whether visits come when something has happened: a check of the models that read visits only."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from hinge_outcomes.analysis.inference import check_conf_level, cluster_sums, normal_quantile
from hinge_outcomes.analysis.progression.counting_process import Floats
from hinge_outcomes.analysis.progression.stays import check_follow_up
from hinge_outcomes.analysis.progression.visit_intervals import derive_visit_intervals
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.exceptions import NotIdentifiableError

_PAIN = "nprs"
_EARLY = 0.5
"""A visit at half the usual interval or sooner is early."""

_QUESTIONS = {
    "moved forward": "share",
    "moved back": "share",
    "pain at the visit": "points",
}

_SPARE_ROWS = 20
"""A regression needs so many rows more than columns."""


@dataclass(frozen=True, slots=True)
class VisitProcess(Result):
    """Hold whether the state at a visit depends on how early the visit came.

    Parameters
    ----------
    answers : DataFrame
        What `table` gives.
    flare_ups : DataFrame
        What `flagged` gives.
    n_visits, n_early : int
        Visits compared, and those that came at half the usual interval or sooner.
    flare_points : float
        Rise of pain from which an early visit counts as a flare-up visit.
    conf_level : float
        Confidence level of the intervals.
    """

    answers: pd.DataFrame
    flare_ups: pd.DataFrame
    n_visits: int
    n_early: int
    flare_points: float
    conf_level: float

    def table(self) -> pd.DataFrame:
        """Give what differs at visits that came early.

        Returns
        -------
        DataFrame
            ``question``: "moved forward", "moved back" (shares of visits) or "pain at the visit"
            (points); ``p_value``; ``estimate``: the difference at a visit that came at half the
            usual interval, given the last state and the days since; ``std_error``, ``ci_low``,
            ``ci_high``; ``n_at_risk`` (visits compared), ``n_events`` (moves; for pain, scores).
            Missing where there are too few visits.
        """
        return self.answers.copy()

    def flagged(self) -> pd.DataFrame:
        """List the unscheduled visits of a flare-up.

        Returns
        -------
        DataFrame
            ``episode_id``, ``visit_day``, ``lag_days``, ``usual_days``, ``last_pain``, ``pain``:
            visits at half the usual interval or sooner with pain at least ``flare_points`` above
            the last score.
        """
        return self.flare_ups.copy()

    @property
    def is_informative(self) -> bool:
        """Tell whether any of the three tests rejects, the level shared among them.

        Returns
        -------
        bool
            True if the smallest p-value is below (1 - conf_level) / 3.
        """
        smallest = self.answers["p_value"].min()
        return bool(smallest < (1 - self.conf_level) / len(self.answers))

    def plot(self, ax: Any = None) -> Any:
        """Draw the differences in units of their standard errors.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw. Default: new ones.

        Returns
        -------
        Axes
            The drawing.
        """
        from hinge_outcomes.plotting import draw_intervals

        frame = self.answers[["question", "estimate", "ci_low", "ci_high"]]
        error = self.answers["std_error"].to_numpy(dtype=float)
        scaled = frame.assign(
            **{name: frame[name] / error for name in ("estimate", "ci_low", "ci_high")}
        )
        label = "Difference at early visits, in standard errors"
        return draw_intervals(scaled, ax=ax, reference=0.0, label=label)

    def summary(self) -> str:
        """Say in one paragraph whether visits come when something has happened.

        Returns
        -------
        str
            The differences with their intervals, and what they mean.
        """
        told = [
            f"{row.question}: {_difference(row)}"
            for row in self.answers.itertuples()
            if np.isfinite(row.estimate)
        ]
        head = (
            f"At visits that came at half the usual interval, given the last state and the days "
            f"since ({self.conf_level:.0%} CI): {'; '.join(told)}."
            if told
            else "There are too few visits to compare early ones with others."
        )
        verdict = (
            "When a visit takes place says something about the patient: rates and courses fitted "
            "to visits only may be off, and are to be compared with those of scheduled visits."
            if self.is_informative
            else "Nothing shows that visits come when something has happened; times that depend "
            "on what was recorded before are harmless."
        )
        return (
            f"{head} {verdict} {self.n_early:,} of {self.n_visits:,} visits came that early, "
            f"{len(self.flare_ups):,} of them with pain {self.flare_points:g} points or more above "
            "the last score (flare-up visits)."
        )


def analyse_visit_process(
    cohort: Cohort, *, flare_points: float | None = None, conf_level: float = 0.95
) -> VisitProcess:
    """Check whether visits come when something has happened, and flag flare-up visits.

    Each attended visit is compared with what the last one and the days since lead one to expect,
    against how early it came: its interval as a share of what is usual at that clinic at that place
    in the course. Visits after a missed appointment are left out: they were scheduled anew.

    Parameters
    ----------
    cohort : Cohort
        The records.
    flare_points : float, optional
        Rise of NPRS, in points, from which an early visit counts as a flare-up visit. Default: the
        minimal important change.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    VisitProcess
        ``.table()``, ``.flagged()``, ``.plot()``, ``.summary()``.

    Raises
    ------
    NotIdentifiableError
        If the cohort has no stages, or no episode has two attended visits.
    AnalysisError
        If the cohort was selected by how it ended.

    Notes
    -----
    Models of visits-only data take visit times as given: right if, given what was recorded, the
    time of the next visit says nothing about the state then [1]_. A visit called for by a flare-up
    breaks this. The three regressions are linear, with the early share max(0, 1 - interval / usual
    interval), the last state, a cubic in the logarithm of the days since, place in the course and
    clinic; errors are clustered by patient. A schedule is not recorded, so "usual" is the clinic's
    median.

    References
    ----------
    .. [1] Gruger J, Kay R, Schumacher M (1991). The validity of inferences based on incomplete
       observations in disease state models. Biometrics 47, 595-605.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=200, seed=7)
    >>> analyse_visit_process(cohort).table()["question"].tolist()
    ['moved forward', 'moved back', 'pain at the visit']
    """
    check_follow_up(cohort)
    check_conf_level(conf_level)
    rows = derive_visit_intervals(cohort)
    rows = rows[~rows["has_missed"] & rows["last_stage"].notna()].reset_index(drop=True)
    if rows.empty:
        raise NotIdentifiableError(
            "No episode has two attended visits without a missed one in between, so nothing can be "
            "said about when visits come. Map the visits table, or use more records."
        )
    points = float(INSTRUMENTS[_PAIN].mic or 0.0) if flare_points is None else flare_points
    early = np.clip(1 - (rows["lag_days"] / rows["usual_days"]).to_numpy(), 0, None) / _EARLY
    rise = (rows["pain"] - rows["last_pain"]).to_numpy()
    is_early = early >= 1
    columns = ["episode_id", "visit_day", "lag_days", "usual_days", "last_pain", "pain"]
    flare_ups = rows.loc[is_early & (rise >= points - 1e-9), columns].reset_index(drop=True)
    given = _given(rows)
    moved = np.sign(rows["stage"] - rows["last_stage"]).to_numpy()
    pain = np.column_stack([given, rows[["last_pain", "last_pain_days"]].to_numpy(dtype=float)])
    outcomes = ((moved > 0).astype(float), (moved < 0).astype(float), rows["pain"].to_numpy())
    patients = rows["patient_id"].astype("object").to_numpy()
    answers = [
        {"question": question, **_difference_at_early(outcome, early, design, patients, conf_level)}
        for question, outcome, design in zip(
            _QUESTIONS, outcomes, (given, given, pain), strict=True
        )
    ]
    return VisitProcess(
        answers=pd.DataFrame(answers),
        flare_ups=flare_ups,
        n_visits=len(rows),
        n_early=int(is_early.sum()),
        flare_points=float(points),
        conf_level=conf_level,
    )


def _given(rows: pd.DataFrame) -> Floats:
    """Last stage, days since, place in the course and clinic."""
    log_lag = np.log(rows["lag_days"].to_numpy())
    log_day = np.log1p(rows["last_day"].to_numpy())
    stages = [(rows["last_stage"] == stage) for stage in sorted(rows["last_stage"].unique())[1:]]
    codes, clinics = pd.factorize(rows["clinic_id"], sort=True)
    return np.column_stack(
        [
            np.ones(len(rows)),
            rows["lag_days"].to_numpy() / 7,
            log_lag,
            log_lag**2,
            log_lag**3,
            log_day,
            log_day**2,
            np.log1p(rows["ordinal"].to_numpy(dtype=float)),
            *stages,
            *[codes == number for number in range(1, len(clinics))],
        ]
    ).astype(float)


def _difference_at_early(
    outcome: Floats, early: Floats, given: Floats, patients: Any, conf_level: float
) -> dict[str, Any]:
    """Regress on earliness and all that is given; the error is clustered by patient."""
    design = np.column_stack([early, given])
    known = np.isfinite(outcome) & np.isfinite(design).all(axis=1)
    y, x = outcome[known], design[known]
    n_events = len(y) if not np.isin(y, (0.0, 1.0)).all() else int(y.sum())
    size = {"n_at_risk": len(y), "n_events": n_events}
    unknown = dict.fromkeys(("p_value", "estimate", "std_error", "ci_low", "ci_high"), np.nan)
    if len(y) < x.shape[1] + _SPARE_ROWS:
        return unknown | size
    # What the others explain of earliness is taken out first, so that columns may be collinear.
    others = np.linalg.lstsq(x[:, 1:], np.column_stack([x[:, 0], y]), rcond=None)[0]
    left_early, left = (np.column_stack([x[:, 0], y]) - x[:, 1:] @ others).T
    square = float(left_early @ left_early)
    if square < 1e-8 * len(y):
        return unknown | size
    estimate = float(left_early @ left) / square
    influence = left_early * (left - estimate * left_early) / square
    sums = cluster_sums(influence, patients[known])
    error = float(np.sqrt((sums**2).sum() * len(sums) / max(len(sums) - 1, 1)))
    reach = normal_quantile(conf_level) * error
    p_value = float(2 * stats.norm.sf(abs(estimate) / error)) if error > 0 else np.nan
    return {
        "p_value": p_value,
        "estimate": estimate,
        "std_error": error,
        "ci_low": estimate - reach,
        "ci_high": estimate + reach,
    } | size


def _difference(row: Any) -> str:
    if _QUESTIONS[row.question] == "share":
        low, high = 100 * row.ci_low, 100 * row.ci_high
        return f"{100 * row.estimate:+.1f} percentage points ({low:.1f} to {high:.1f})"
    return f"{row.estimate:+.2f} points ({row.ci_low:.2f} to {row.ci_high:.2f})"
