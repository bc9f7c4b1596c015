"""What was known of each patient before a follow-up: what may explain why its score is missing."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.pain.follow_up_scores import derive_follow_up_scores
from hinge_outcomes.analysis.pain.model_columns import Array
from hinge_outcomes.analysis.pain.outcome_panel import instrument_scores
from hinge_outcomes.cohort.events import episode_ends
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.follow_up import WINDOWS
from hinge_outcomes.domain.rules import LossRule
from hinge_outcomes.domain.states import LOST
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError


@dataclass(frozen=True, slots=True, repr=False)
class ScoreHistory:
    """Hold baseline, follow-up and history of every episode whose window has closed.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per episode: episode_id, patient_id, clinician_id, clinic_id, baseline and follow_up
        (missing where not recorded), last (last score after the baseline and before the window of
        the follow-up; missing if there is none), last_day (its day; 0 if there is none), is_lost
        (care was left for good before the planned day), is_lost_early (before the window, so that
        no visit could fall into it), has_ended_early (care ended otherwise before the window).
    covariates : ndarray, shape (n, k)
        Day-0 columns, centred; a missing class has a column of its own.
    n_started : int
        Episodes, closed or not.
    """

    frame: pd.DataFrame
    covariates: Array
    n_started: int


def derive_score_history(
    cohort: Cohort, instrument: str, at_day: int, *, loss: LossRule
) -> ScoreHistory:
    """Collect what was known before a follow-up, for all who were due.

    Scores inside the follow-up's window are no history: a missing follow-up has none, so neither
    may a seen one.

    Parameters
    ----------
    cohort : Cohort
        The records.
    instrument : str
        Code of the instrument.
    at_day : int
        Planned follow-up.
    loss : LossRule
        When a silent patient counts as lost.

    Returns
    -------
    ScoreHistory
        Rows and columns for imputation and weights.

    Raises
    ------
    AnalysisError
        If there is no such follow-up.
    NotIdentifiableError
        If nobody was due, or nobody who was has a score there.
    """
    if isinstance(at_day, str):
        raise AnalysisError(
            "at_day must be a planned follow-up, 42, 91, 182 or 364: while in care a score that "
            "is not there has no day on which it is missing."
        )
    scores = derive_follow_up_scores(cohort, instrument, at_day, loss=loss)
    due = scores[scores["is_closed"]].reset_index(drop=True)
    if not due["follow_up_score"].notna().any():
        raise NotIdentifiableError(
            f"Of {len(due):,} episodes whose window around day {at_day} has closed none has a "
            f"score of {instrument} there, so nothing tells what the missing would have said. "
            "Choose another follow-up (42, 91, 182, 364) or instrument."
        )
    every = instrument_scores(cohort, instrument)
    day = every["measured_day"].astype("int64")
    is_history = (day > WINDOWS[0].last_day) & (day < WINDOWS[at_day].first_day)
    latest = every[is_history].drop_duplicates("episode_id", keep="last").set_index("episode_id")
    ends = episode_ends(cohort, loss=loss).set_index("episode_id").loc[due["episode_id"]]
    left = ends["last_attended_day"].fillna(0).to_numpy(dtype=float)
    ended = ends["care_end_day"].astype("float64").fillna(np.inf).to_numpy()
    is_lost = (ends["care_end_state"] == LOST).fillna(False).to_numpy(dtype=bool)
    frame = pd.DataFrame(
        {
            **{name: due[name] for name in ("episode_id", "patient_id", "clinician_id")},
            "clinic_id": due["clinic_id"],
            "baseline": due["baseline_score"].astype("float64"),
            "follow_up": due["follow_up_score"].astype("float64"),
            "last": due["episode_id"].map(latest["score"]).astype("float64"),
            "last_day": due["episode_id"].map(latest["measured_day"]).astype("float64").fillna(0.0),
            "is_lost": is_lost & (left < at_day),
            "is_lost_early": is_lost & (left < WINDOWS[at_day].first_day),
            "has_ended_early": ~is_lost & (ended < WINDOWS[at_day].first_day),
        }
    )
    return ScoreHistory(frame, _covariates(due), len(scores))


def _covariates(rows: pd.DataFrame) -> Array:
    """Make centred columns of age, sex, symptom duration and risk; drop those that never vary."""
    age = rows["age"].astype("float64")
    columns: list[npt.NDArray[np.float64]] = [age.fillna(age.mean()).fillna(0.0).to_numpy() / 10]
    for name in ("sex", "symptom_duration", "start_back_risk"):
        codes = rows[name].astype("object").fillna("not recorded")
        levels = codes.value_counts().index[1:]
        columns += [(codes == level).to_numpy(dtype=float) for level in levels]
    made = np.column_stack(columns)
    made = made - made.mean(axis=0)
    # A class that hardly anybody is in cannot be learnt from.
    kept: Array = made[:, (made**2).sum(axis=0) > _FEWEST]
    return kept


_FEWEST = 5.0
"""Sum of squares of a centred column below which it says too little."""
