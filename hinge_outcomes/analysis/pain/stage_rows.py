"""Scores in care with the stage worked at, and how far each is from a stage's mastery."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.pain.outcome_panel import derive_outcome_panel
from hinge_outcomes.cohort.events import episode_ends, mastery_dates
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import NotIdentifiableError

WINDOWS_AROUND = {
    "4 to 3 weeks before": (-28, -15),
    "last 2 weeks before": (-14, -1),
    "first 2 weeks after": (0, 13),
    "3 to 4 weeks after": (14, 27),
}
"""Days from the documented mastery of a stage to a score."""


def derive_stage_rows(
    cohort: Cohort, instrument: str, *, criterion: MasteryCriterion, loss: LossRule
) -> pd.DataFrame:
    """List the scores recorded in care with the stage that was worked at.

    Parameters
    ----------
    cohort : Cohort
        The records.
    instrument : str
        Code of the instrument.
    criterion : MasteryCriterion
        What documents mastery of a stage.
    loss : LossRule
        When a silent patient counts as lost; ends care.

    Returns
    -------
    pandas.DataFrame
        One row per score: episode_id, patient_id, day, score, stage, own_stage (mean over the
        episode's rows), above_own (stage less own_stage), and for each window around the mastery
        of any stage a column of 0 and 1.

    Raises
    ------
    NotIdentifiableError
        If no stages were recorded, or no score has a stage.
    """
    if not cohort.has_stages:
        raise NotIdentifiableError(
            "This cohort has no stages, so pain cannot be set beside them. Record stages from now "
            "on: hinge capture xlsx makes the sheet."
        )
    panel = derive_outcome_panel(cohort, instrument)
    ends = episode_ends(cohort, criterion=criterion, loss=loss).set_index("episode_id")
    last = panel["episode_id"].map(ends["last_attended_day"]).astype("Float64")
    day = panel["measured_day"].astype("int64")
    in_care = (day >= 0) & (day <= last.fillna(0)) & panel["working_stage"].notna()
    rows = pd.DataFrame(
        {
            "episode_id": panel["episode_id"].astype("str"),
            "patient_id": panel["patient_id"].astype("str"),
            "day": day.astype("float64"),
            "score": panel["score"].astype("float64"),
            "stage": panel["working_stage"].astype("Float64"),
        }
    )[in_care.fillna(False).to_numpy(dtype=bool)]
    if rows.empty:
        raise NotIdentifiableError(
            f"No score of {instrument} was recorded in care while a stage was worked at. Choose an "
            "instrument that is asked at visits, such as nprs."
        )
    rows["stage"] = rows["stage"].astype("float64")
    rows["own_stage"] = rows.groupby("episode_id")["stage"].transform("mean")
    rows["above_own"] = rows["stage"] - rows["own_stage"]
    rows = rows.sort_values(["episode_id", "day"], ignore_index=True)
    first = mastery_dates(cohort, criterion=criterion).drop_duplicates(["episode_id", "stage"])
    for name, flags in _near(rows, first).items():
        rows[name] = flags
    return rows


def _near(rows: pd.DataFrame, mastered: pd.DataFrame) -> dict[str, npt.NDArray[np.float64]]:
    """Flag scores that lie in a window around the mastery of any stage."""
    place = rows[["episode_id", "day"]].assign(row=np.arange(len(rows)))
    events = mastered[["episode_id", "mastered_day"]].astype({"episode_id": "str"})
    pairs = place.merge(events, on="episode_id", how="inner")
    apart = pairs["day"] - pairs["mastered_day"].astype("float64")
    found = {}
    for name, (low, high) in WINDOWS_AROUND.items():
        flags = np.zeros(len(rows))
        flags[pairs.loc[apart.between(low, high), "row"]] = 1.0
        found[name] = flags
    return found


def consecutive_changes(rows: pd.DataFrame) -> pd.DataFrame:
    """List changes from one score to the next, with those of the stage before, then and after.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `derive_stage_rows` gives them.

    Returns
    -------
    pandas.DataFrame
        One row per interval between scores that has one before it and one after: patient_id,
        change (of the score), before, same, after (changes of the stage), middle (day), length
        (days).
    """
    by_episode = rows.groupby("episode_id", sort=False)
    step = by_episode["stage"].diff()
    frame = pd.DataFrame(
        {
            "patient_id": rows["patient_id"],
            "change": by_episode["score"].diff(),
            "before": step.groupby(rows["episode_id"], sort=False).shift(1),
            "same": step,
            "after": step.groupby(rows["episode_id"], sort=False).shift(-1),
            "middle": rows["day"] - by_episode["day"].diff() / 2,
            "length": by_episode["day"].diff(),
        }
    )
    return frame.dropna().reset_index(drop=True)
