"""How pain and the stage worked at go together: within a patient, between patients, and in time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level, mean_interval
from hinge_outcomes.analysis.pain.clustered_regression import fit_clustered
from hinge_outcomes.analysis.pain.day_splines import spline_of_days, supported_knots
from hinge_outcomes.analysis.pain.mixed_model import fit_mixed_model
from hinge_outcomes.analysis.pain.mixed_result import MixedModelFit
from hinge_outcomes.analysis.pain.outcome_panel import find_instrument
from hinge_outcomes.analysis.pain.stage_rows import (
    WINDOWS_AROUND,
    consecutive_changes,
    derive_stage_rows,
)
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import NotIdentifiableError

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes

_CRITERION = MasteryCriterion()
_LOSS = LossRule()

_STEPS = {
    "before": "a stage up in the interval before",
    "same": "a stage up in the same interval",
    "after": "a stage up in the interval after",
}


@dataclass(frozen=True, slots=True)
class PainByStage(Result):
    """Hold how scores and stages go together.

    Parameters
    ----------
    instrument : str
        Code of the instrument.
    conf_level : float
        Coverage that the intervals aim at.
    estimates : pandas.DataFrame
        What `table` gives.
    model, timing : MixedModelFit
        The model of stages, and that of days around mastery; ``timing`` is the first where nobody
        has a score near a mastery.
    message : str
        What the fits met; empty if nothing.
    n_scores, n_episodes : int
        What the numbers rest on.
    """

    instrument: str
    conf_level: float
    estimates: pd.DataFrame
    model: MixedModelFit
    timing: MixedModelFit
    message: str
    n_scores: int
    n_episodes: int

    def table(self) -> pd.DataFrame:
        """Give differences in score by what sets them apart.

        Returns
        -------
        pandas.DataFrame
            Columns question ("stage", "around mastery", "lead and lag"), term, estimate (points of
            the instrument), std_error, ci_low, ci_high, df, n (scores or intervals it rests on).
        """
        return self.estimates.copy()

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the differences with their intervals.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib.axes.Axes
            The drawing.
        """
        from hinge_outcomes.plotting import draw_intervals

        shown = self.estimates[["term", "estimate", "ci_low", "ci_high"]]
        label = f"Difference in {INSTRUMENTS[self.instrument].name} ({self.conf_level:.0%} CI)"
        return draw_intervals(shown, ax, reference=0.0, label=label)

    def summary(self) -> str:
        """Say in one paragraph how scores and stages go together.

        Returns
        -------
        str
            Within and between patients, before and after mastery, and what cannot be told.
        """
        told = "; ".join(
            f"{row['term']} {row['estimate']:+.2f} ({self.conf_level:.0%} CI {row['ci_low']:+.2f} "
            f"to {row['ci_high']:+.2f})"
            for row in self.estimates.to_dict("records")
        )
        more = f" {self.message}" if self.message else ""
        return (
            f"{INSTRUMENTS[self.instrument].name} in {self.n_scores:,} scores of "
            f"{self.n_episodes:,} episodes in care: {told}. Time since the start is allowed for. "
            "These are associations: patients move up because they are better as well as the other "
            f"way round.{more}"
        )


def fit_pain_by_stage(
    cohort: Cohort,
    instrument: str = "nprs",
    *,
    criterion: MasteryCriterion = _CRITERION,
    loss: LossRule = _LOSS,
    conf_level: float = 0.95,
) -> PainByStage:
    """Fit how scores in care differ with the stage worked at, and around the mastery of a stage.

    Three questions. Stage: does a patient hurt less while working at a higher stage than its own
    average (within), and do patients who work at higher stages hurt less (between)? Around mastery:
    is the score lower in the weeks before a stage is documented as mastered, or after? Lead and
    lag: does the score fall in the same interval between two scores as the stage rises, in the one
    after, or in the one before?

    Parameters
    ----------
    cohort : Cohort
        The records.
    instrument : str, default "nprs"
        Code of an instrument that is asked in care.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery of a stage.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost.
    conf_level : float, default 0.95
        Coverage that the intervals aim at.

    Returns
    -------
    PainByStage
        ``.table()``, ``.plot()``, ``.summary()``.

    Raises
    ------
    AnalysisError
        If an argument is not allowed.
    NotIdentifiableError
        If there are no stages, no scores in care, or stages never change within a patient.

    Notes
    -----
    Stage: score = spline(day) + b_within (stage - own mean) + b_between own mean + own intercept +
    own slope + noise [1]_. Around mastery: the same with indicators of windows in place of stages,
    against scores of the same patient far from any mastery. Lead and lag: least squares of changes
    between consecutive scores on changes of the stage before, then and after, with day and length
    of the interval, errors by patient. The stage is the one worked at, not the skill itself: skill
    is latent, and a patient whose skill ran ahead of the stage has its fall in pain dated too
    early. A joint model of latent competence and pain would tell the two apart; this one does not.
    Nor does it say what would happen if a patient were moved up.

    References
    ----------
    .. [1] Curran PJ, Bauer DJ (2011). The disaggregation of within-person and between-person
       effects in longitudinal models of change. Annu Rev Psychol 62, 583-619.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=200, seed=7)
    >>> fit_pain_by_stage(cohort).table()["question"].unique().tolist()
    ['stage', 'around mastery', 'lead and lag']
    """
    check_conf_level(conf_level)
    find_instrument(cohort, instrument)
    rows = derive_stage_rows(cohort, instrument, criterion=criterion, loss=loss)
    if rows["above_own"].abs().max() < 1e-9:
        raise NotIdentifiableError(
            "Nobody has scores at two stages, so within a patient nothing can be compared. Use "
            "more records, or an instrument that is asked more often."
        )
    day = rows["day"].to_numpy(dtype=float)
    last = float(day.max())
    time = spline_of_days(supported_knots(day, (14, 42, 91)), last)
    model, message = _fit(rows, f"score ~ {time} + above_own + own_stage", conf_level)
    parts = [_stage_rows(model, len(rows))]
    windows = [name for name in WINDOWS_AROUND if rows[name].sum() >= _FEWEST]
    named = {name: f"window{number}" for number, name in enumerate(windows)}
    timing = model
    said = [message]
    if windows:
        flagged = rows.rename(columns=named)
        timing, message = _fit(
            flagged, " + ".join([f"score ~ {time}", *named.values()]), conf_level
        )
        said.append(message)
        parts.append(_window_rows(timing, named, flagged))
    changes = consecutive_changes(rows)
    if len(changes) >= _FEWEST:
        parts.append(_lead_and_lag(changes, conf_level))
    return PainByStage(
        instrument=instrument,
        conf_level=conf_level,
        estimates=pd.concat(parts, ignore_index=True),
        model=model,
        timing=timing,
        message=" ".join(dict.fromkeys(text.strip() for text in said if text)),
        n_scores=len(rows),
        n_episodes=int(rows["episode_id"].nunique()),
    )


_FEWEST = 20
"""Scores, or intervals, below which a number is not given."""

_NUMBERS = ["estimate", "std_error", "ci_low", "ci_high", "df"]


def _fit(rows: pd.DataFrame, formula: str, conf_level: float) -> tuple[MixedModelFit, str]:
    """Fit with a slope by episode, or without where the scores cannot hold one, and say so."""
    said = ""
    try:
        fit = fit_mixed_model(rows, formula, group="episode_id", conf_level=conf_level)
    except NotIdentifiableError:
        fit = None
    if fit is None or not fit.converged:
        said = "No slope by episode: the scores cannot hold one. "
        fit = fit_mixed_model(rows, formula, group="episode_id", random="1", conf_level=conf_level)
    return fit, said + ("" if fit.message == "Converged." else fit.message)


def _stage_rows(model: MixedModelFit, n: int) -> pd.DataFrame:
    table = model.table().set_index("term")
    words = {
        "above_own": "a stage above the patient's own average",
        "own_stage": "patients whose average is a stage higher",
    }
    found = table.loc[list(words), _NUMBERS].reset_index(drop=True)
    found.insert(0, "term", list(words.values()))
    found.insert(0, "question", "stage")
    return found.assign(n=n)


def _window_rows(model: MixedModelFit, named: dict[str, str], rows: pd.DataFrame) -> pd.DataFrame:
    table = model.table().set_index("term")
    found = table.loc[list(named.values()), _NUMBERS].reset_index(drop=True)
    found.insert(0, "term", list(named))
    found.insert(0, "question", "around mastery")
    return found.assign(n=[int(rows[name].sum()) for name in named.values()])


def _lead_and_lag(changes: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    columns = list(_STEPS)
    x = np.column_stack(
        [changes[columns], np.ones(len(changes)), changes["middle"], changes["length"],
         np.sqrt(changes["middle"].clip(lower=0))]
    ).astype(float)  # fmt: skip
    fit = fit_clustered(x, changes["change"].to_numpy(dtype=float), changes["patient_id"])
    value, error, degrees = fit.estimates(np.eye(len(columns), x.shape[1]))
    rows: list[dict[str, Any]] = []
    for name, v, e, d in zip(columns, value, error, degrees, strict=True):
        low, high = mean_interval(v, e, degrees_of_freedom=d, conf_level=conf_level)
        rows.append(
            {
                "question": "lead and lag",
                "term": _STEPS[name],
                "estimate": v,
                "std_error": e,
                "ci_low": float(low),
                "ci_high": float(high),
                "df": d,
                "n": len(changes),
            }
        )
    return pd.DataFrame(rows)
