"""Whose mastery is asked about: the stage in question of each episode, and the groups."""

import pandas as pd

from hinge_outcomes.cohort.day0 import check_day0_columns, derive_day0
from hinge_outcomes.cohort.events import working_stages
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.exceptions import AnalysisError

NOT_RECORDED = "not recorded"
"""The group of those whose value is missing: every episode is kept."""


def stage_in_question(cohort: Cohort, stage: str | int) -> tuple[pd.Series, dict[str, int]]:
    """Find the episodes that can master the stage asked about, and why the others cannot.

    Parameters
    ----------
    cohort : Cohort
        The records.
    stage : "target" or int
        The own target, or a stage k: then entry stage <= k <= target stage.

    Returns
    -------
    stage : Series of int
        By episode_id, sorted; the episodes analysed only.
    excluded : dict of str to int
        Episodes left out, by reason; with those analysed they are all episodes.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=50, seed=7)
    >>> wanted, excluded = stage_in_question(cohort, 3)
    >>> len(wanted) + sum(excluded.values())
    50
    """
    episodes = cohort.episodes.set_index("episode_id").sort_index()
    entry, target = episodes["entry_stage"], episodes["target_stage"]
    if isinstance(stage, str):
        kept = target.notna()
        excluded = {"without a target stage": int((~kept).sum())}
        return target[kept].astype("int64"), excluded
    is_recorded = entry.notna() & target.notna()
    is_above = is_recorded & (entry > stage).fillna(False)
    is_below = is_recorded & (target < stage).fillna(False)
    kept = is_recorded & ~is_above & ~is_below
    excluded = {
        "without entry or target stage": int((~is_recorded).sum()),
        f"entered above stage {stage}": int(is_above.sum()),
        f"aimed below stage {stage}": int(is_below.sum()),
    }
    return pd.Series(int(stage), index=episodes.index[kept], dtype="int64"), excluded


def check_group_column(cohort: Cohort, by: str, landmark_day: int | None) -> None:
    """Refuse a column that was not known when the episodes' follow-up began.

    Parameters
    ----------
    cohort : Cohort
        The records.
    by : str
        The column.
    landmark_day : int or None
        The day follow-up begins, if later than day 0.

    Raises
    ------
    AnalysisError
        If the column is not known on day 0 and is none of those a landmark allows.
    """
    if not isinstance(by, str):
        raise AnalysisError("by= takes the name of one column, such as by='symptom_duration'.")
    if landmark_day is None or by not in _later_columns(cohort):
        check_day0_columns(cohort, [by])


def group_labels(
    cohort: Cohort, episode_id: pd.Series, by: str | None, landmark_day: int | None
) -> pd.Series | None:
    """Name the group of each row.

    Parameters
    ----------
    cohort : Cohort
        The records.
    episode_id : Series
        The episode of each row.
    by : str or None
        The column, already checked.
    landmark_day : int or None
        The day on which ``working_stage`` is read.

    Returns
    -------
    Series of category, or None
        Groups that occur, in the column's own order, those without a value last.
    """
    if by is None:
        return None
    values = _values(cohort, by, landmark_day).reindex(pd.Index(episode_id))
    present = values.dropna()
    if isinstance(values.dtype, pd.CategoricalDtype):
        found = set(present)
        order = [value for value in values.cat.categories if value in found]
    else:
        order = sorted(present.unique())
    names = [str(value) for value in order] + ([NOT_RECORDED] if values.isna().any() else [])
    labels = values.astype("object").map(str, na_action="ignore").fillna(NOT_RECORDED)
    return pd.Series(pd.Categorical(labels, categories=names, ordered=True))


def _later_columns(cohort: Cohort) -> list[str]:
    """Name what may form groups from a later day on."""
    own = [
        column.name
        for column in cohort.extra_columns
        if column.table == "episodes" and column.timing == "later"
    ]
    return ["working_stage", *own]


def _values(cohort: Cohort, by: str, landmark_day: int | None) -> pd.Series:
    if landmark_day is not None and by == "working_stage":
        stages = working_stages(cohort)
        known = stages[stages["day"] <= landmark_day]
        return known.drop_duplicates("episode_id", keep="last").set_index("episode_id")["stage"]
    frame = cohort.episodes if landmark_day is not None and by in cohort.episodes else None
    frame = derive_day0(cohort) if frame is None else frame
    return frame.set_index("episode_id")[by]


__all__ = ["NOT_RECORDED", "check_group_column", "group_labels", "stage_in_question"]
