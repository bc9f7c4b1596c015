"""The average course of pain over time, with the patients' own lines around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level
from hinge_outcomes.analysis.pain.day_splines import spline_of_days, supported_knots
from hinge_outcomes.analysis.pain.mixed_model import fit_mixed_model
from hinge_outcomes.analysis.pain.mixed_result import MixedModelFit
from hinge_outcomes.analysis.pain.outcome_panel import derive_outcome_panel, find_instrument
from hinge_outcomes.analysis.pain.published_course import natural_ratios
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.follow_up import FOLLOW_UPS, WINDOWS
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes

KNOT_DAYS = (14, 42, 91, 182)
"""Where the course may bend: early days closely, later ones at the planned follow-ups."""

LEVELS = ("clinic_id", "clinician_id")
"""Levels that patients may be nested within, from the outermost."""

LAST_DAY = FOLLOW_UPS[-1].last_day
"""The course ends with the last planned window: later scores are of the few still in care."""

_CURVE_STEP = 7
"""The drawn curve has one point a week."""


@dataclass(frozen=True, slots=True)
class PainCourse(Result):
    """Hold the modelled average course of an outcome.

    Parameters
    ----------
    instrument : str
        Code of the instrument.
    knots : tuple of int
        Days where the course bends, boundaries not included; empty for a straight line.
    model : MixedModelFit
        The mixed model.
    message : str
        What the fit met: simpler models it had to take, a variance of zero.
    estimates : pandas.DataFrame
        What `table` gives.
    curve : pandas.DataFrame
        The course week by week: columns day, estimate, ci_low, ci_high.
    natural : pandas.DataFrame or None
        Published natural course for the same mix of symptom durations from the same start: columns
        day, estimate. None for instruments or records it does not apply to.
    """

    instrument: str
    knots: tuple[int, ...]
    model: MixedModelFit
    message: str
    estimates: pd.DataFrame
    curve: pd.DataFrame
    natural: pd.DataFrame | None

    @property
    def converged(self) -> bool:
        """Tell whether the model reached its optimum.

        Returns
        -------
        bool
            As the mixed model says.
        """
        return self.model.converged

    def table(self) -> pd.DataFrame:
        """Give the modelled mean at the planned days and its change since day 0.

        Returns
        -------
        pandas.DataFrame
            Columns instrument, day, window, estimate, std_error, ci_low, ci_high, change,
            change_std_error, change_ci_low, change_ci_high, n_patients and n_scores (measured
            inside the window; a day without a window has none).
        """
        return self.estimates.copy()

    def predict(self, days: Sequence[float]) -> pd.DataFrame:
        """Predict the mean score on given days.

        Parameters
        ----------
        days : sequence of float
            Days since the start, from 0 to the last day with a score.

        Returns
        -------
        pandas.DataFrame
            Columns day, estimate, std_error, ci_low, ci_high, df.

        Raises
        ------
        AnalysisError
            If a day lies outside the days with scores: the curve says nothing there.
        """
        return _predict(self.model, days, int(self.curve["day"].iloc[-1]))

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the course with its band, and the natural course beside it as context.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib.axes.Axes
            The drawing.
        """
        from hinge_outcomes.plotting import draw_pain_trajectory

        tool = INSTRUMENTS[self.instrument]
        label = f"Mean {tool.measures} ({tool.minimum:g} to {tool.maximum:g})"
        return draw_pain_trajectory(self.curve, ax=ax, natural_course=self.natural, label=label)

    def summary(self) -> str:
        """Say the course in one paragraph.

        Returns
        -------
        str
            Start, change at the planned days, what it rests on and what it assumes.
        """
        return _summarise(self)


def fit_pain(
    cohort: Cohort,
    instrument: str = "nprs",
    *,
    knots: Sequence[int] = KNOT_DAYS,
    days: Sequence[int] | None = None,
    levels: Sequence[str] = (),
    df: str = "satterthwaite",
    reml: bool = True,
    conf_level: float = 0.95,
) -> PainCourse:
    """Fit the average course of pain over time from every score of every patient.

    All scores up to day 420 are used, also of patients without a baseline or a follow-up. A score
    before day 0 counts as one of day 0. The course bends at the knots as far as there are scores
    between them; fewer knots, or a random intercept without slope, are taken where the data hold no
    more, and ``.message`` says so.

    Parameters
    ----------
    cohort : Cohort
        The records.
    instrument : str, default "nprs"
        Code of the instrument.
    knots : sequence of int, default (14, 42, 91, 182)
        Days where the course may bend; the boundaries are day 0 and the last day with a score.
    days : sequence of int, optional
        Days of the table; default 0, 42, 91, 182, 364 as far as there are scores; where
        they end before day 42, day 0 and the last day.
    levels : sequence of str, optional
        "clinic_id", "clinician_id" or both: an own level of each, patients nested within. A patient
        of two clinicians is then two, and ``.message`` says so.
    df : {"satterthwaite", "kenward-roger"}, default "satterthwaite"
        Degrees of freedom.
    reml : bool, default True
        Restricted likelihood; full likelihood if False.
    conf_level : float, default 0.95
        Coverage that the intervals aim at.

    Returns
    -------
    PainCourse
        ``.table()``, ``.predict(days)``, ``.plot()``, ``.model``.

    Raises
    ------
    AnalysisError
        If an argument is not allowed.
    NotIdentifiableError
        If there is no score of the instrument, all scores are of one day, or no patient has two.

    Notes
    -----
    score = natural cubic spline(day) + own intercept + own slope * day + noise, own effects by
    patient, normal and unrestricted in their covariance [1]_. Means are those of all patients of
    the cohort, on the observed scale, if scores are missing at random: if whether a score is there
    depends on earlier scores of that patient only, not on the unseen score itself. There is no
    comparison group: natural course and regression to the mean are part of the curve; the
    published natural course [2]_ is drawn beside it and nothing is subtracted.

    The curve is for the eye. Where patients drift apart in curves, and where those who master their
    target leave care and go on to hurt less, a line through a patient's earlier scores does not
    foretell the later ones: on this package's default simulated clinic the change at 13 weeks is
    0.05 to 0.09 points too small, and 95% intervals hold the true one in 77 to 82% of clinics
    (``validation/results/pain.md``); without both, in 95%. For a number to report use
    `estimate_change`, `analyse_missing` or `fit_mmrm`, which hold it in 94%.

    References
    ----------
    .. [1] Laird NM, Ware JH. Random-effects models for longitudinal data. Biometrics
       1982;38:963-974.
    .. [2] Menezes Costa L da C, et al. The prognosis of acute and persistent low-back pain:
       a meta-analysis. CMAJ 2012;184(11):E613-E624.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=200, seed=7)
    >>> course = ho.fit_pain(cohort)
    >>> course.converged, bool(course.table()["change"].iloc[-1] < 0)
    (True, True)
    """
    check_conf_level(conf_level)
    unknown = [name for name in levels if name not in LEVELS]
    if unknown:
        raise AnalysisError(
            f"levels= names {', '.join(unknown)}. Allowed: {', '.join(LEVELS)}; patients are the "
            "innermost level in any case."
        )
    find_instrument(cohort, instrument)
    panel = derive_outcome_panel(cohort, instrument)
    rows = pd.DataFrame(
        {
            **{name: panel[name] for name in LEVELS if name in levels},
            "patient_id": panel["patient_id"],
            "day": panel["measured_day"].astype("float64").clip(lower=0),
            "score": panel["score"],
        }
    )
    rows = rows[rows["day"] <= LAST_DAY]
    last = float(rows["day"].max())
    if rows["day"].nunique() < 2:
        raise NotIdentifiableError(
            f"All scores of {instrument} were measured on one day, so no course over time can be "
            "told. Expected scores of at least two days."
        )
    kept = supported_knots(rows["day"].to_numpy(dtype=float), knots)
    model, kept, message = _fit(rows, kept, df, reml, conf_level)
    if len(kept) < len([knot for knot in knots if 0 < knot < last]):
        message = f"Fewer knots than asked for: too few scores between them. {message}"
    shown = list(days) if days is not None else _default_days(last)
    weeks = np.append(np.arange(0, last, _CURVE_STEP), last)
    curve = _predict(model, weeks.tolist(), last)[["day", "estimate", "ci_low", "ci_high"]]
    return PainCourse(
        instrument=instrument,
        knots=tuple(kept),
        model=model,
        message=message,
        estimates=_course_table(instrument, model, panel, shown, last),
        curve=curve,
        natural=_natural(cohort, instrument, curve),
    )


def _default_days(last: float) -> list[int]:
    """Give the planned days with scores; where only day 0 is one, the last day with a score too."""
    planned = [day for day in sorted(WINDOWS) if day <= last]
    return planned if len(planned) > 1 else [*planned, int(last)]


def _fit(
    rows: pd.DataFrame, knots: list[int], df: str, reml: bool, conf_level: float
) -> tuple[MixedModelFit, list[int], str]:
    """Fit, and retreat to the next simpler model where the scores cannot hold this one."""
    attempts = [(knots, "1 + day"), (knots, "1"), ([], "1 + day"), ([], "1")]
    above = [name for name in LEVELS if name in rows.columns]
    reasons = []
    for chosen, random in attempts:
        try:
            model = fit_mixed_model(
                rows,
                f"score ~ {spline_of_days(chosen, float(rows['day'].max()))}",
                group=[*above, "patient_id"],
                random=[*("1" for _ in above), random],
                reml=reml,
                df=df,
                conf_level=conf_level,
            )
        except NotIdentifiableError as error:
            reasons.append(error)
            continue
        if model.converged or (chosen, random) == attempts[-1]:
            simpler = ""
            if random == "1":
                simpler = "No slope by patient: the scores cannot hold one. "
            return model, chosen, simpler + model.message
    raise reasons[-1]


def _predict(model: MixedModelFit, days: Sequence[float], last: float) -> pd.DataFrame:
    asked = np.asarray(list(days), dtype=np.float64)
    if not ((asked >= 0) & (asked <= last)).all():
        raise AnalysisError(
            f"A day lies outside the days with scores, 0 to {last:g}. The course says nothing "
            "there; ask for days inside."
        )
    table = model.predict(pd.DataFrame({"day": asked}))
    table.insert(0, "day", asked)
    return table


def _course_table(
    instrument: str, model: MixedModelFit, panel: pd.DataFrame, days: Sequence[int], last: float
) -> pd.DataFrame:
    table = _predict(model, list(days), last).drop(columns="df")
    table["day"] = table["day"].astype("int64")
    change = model.compare(
        pd.DataFrame({"day": np.asarray(list(days), dtype=np.float64)}),
        pd.DataFrame({"day": np.zeros(len(days))}),
    )
    for name in ("estimate", "std_error", "ci_low", "ci_high"):
        table["change" if name == "estimate" else f"change_{name}"] = change[name].to_numpy()
    inside = panel.dropna(subset=["target_day"])
    counts = inside.groupby(inside["target_day"].astype("int64"))["patient_id"]
    table["n_patients"] = table["day"].map(counts.nunique()).astype("Int64")
    table["n_scores"] = table["day"].map(counts.size()).astype("Int64")
    names = {day: window.name for day, window in WINDOWS.items()}
    table.insert(1, "window", table["day"].map(names))
    table.insert(0, "instrument", instrument)
    return table


def _natural(cohort: Cohort, instrument: str, curve: pd.DataFrame) -> pd.DataFrame | None:
    """Give the published course of this mix of durations, from the modelled start."""
    known = cohort.episodes["symptom_duration"].dropna()
    if INSTRUMENTS[instrument].measures != "pain" or known.empty:
        return None
    # One row per duration, not per patient: only the mix matters.
    shares = known.astype("object").value_counts(normalize=True)
    ratio = shares.to_numpy() @ natural_ratios(shares.index.to_series(), curve["day"])
    return pd.DataFrame({"day": curve["day"], "estimate": curve["estimate"].iloc[0] * ratio})


def _summarise(course: PainCourse) -> str:
    tool = INSTRUMENTS[course.instrument]
    rows = course.estimates.to_dict("records")
    level = f"{course.model.conf_level:.0%} CI"
    first = rows[0]
    parts = [
        f"{row['change']:.2f} by day {row['day']} ({level} {row['change_ci_low']:.2f} to "
        f"{row['change_ci_high']:.2f})"
        for row in rows
        if row["day"] > 0
    ]
    return (
        f"Modelled mean {tool.name} is {first['estimate']:.2f} ({level} {first['ci_low']:.2f} to "
        f"{first['ci_high']:.2f}) on day {first['day']}; "
        f"the change is {', '.join(parts)}. It rests on "
        f"{course.model.n_rows:,} scores of {course.model.n_groups:,} patients and assumes that "
        "scores are missing at random given the scores seen. Natural course and regression to the "
        f"mean are part of it. {course.message}"
    )
