"""Baseline and follow-up score of each episode, and whether the follow-up was due by the cut."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from hinge_outcomes.analysis.pain.outcome_panel import find_instrument, instrument_scores
from hinge_outcomes.cohort.data_cuts import cut_days
from hinge_outcomes.cohort.day0 import derive_day0
from hinge_outcomes.cohort.event_rows import visits_are_recorded
from hinge_outcomes.cohort.events import episode_ends
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.windows import match_windows
from hinge_outcomes.domain.follow_up import FOLLOW_UPS, IN_CARE_DAYS, WINDOWS
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.domain.states import LOST
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError

IN_CARE = "in_care"
"""In place of a day: the last score before the end of care."""

CLUSTERS = ("patient_id", "clinician_id", "clinic_id")
"""Units that may be independent of each other."""

TREATMENT_POLICY = "treatment policy"
WHILE_IN_CARE = "while in care"

_CRITERION = MasteryCriterion()
_LOSS = LossRule()


def derive_follow_up_scores(
    cohort: Cohort,
    instrument: str = "nprs",
    at_day: int | str = 91,
    *,
    criterion: MasteryCriterion = _CRITERION,
    loss: LossRule = _LOSS,
) -> pd.DataFrame:
    """Pair each episode's baseline with the score that stands for one follow-up.

    Parameters
    ----------
    cohort : Cohort
        The records.
    instrument : str, default "nprs"
        Code of the instrument.
    at_day : int or "in_care", default 91
        Planned follow-up: 42, 91, 182 or 364 (whatever became of the episode); or the last score
        within 14 days of the end of care. Care ends at the last attended visit where the end is
        dated by the loss rule.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery; it ends no care, so that no score depends on it.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost; dates the end of care for ``in_care``.

    Returns
    -------
    pandas.DataFrame
        One row per episode: is_closed (the window, or care, has ended by the data cut, so that the
        score could have been seen), baseline_score, follow_up_score, follow_up_day, change, and
        the day-0 columns.

    Raises
    ------
    AnalysisError
        If ``at_day`` is not one of these, or the instrument is not known.
    NotIdentifiableError
        If the cohort holds no score of it, or its dates were reduced to years.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=20, seed=1)
    >>> len(derive_follow_up_scores(cohort, at_day=42))
    20
    """
    check_at_day(at_day)
    find_instrument(cohort, instrument)
    if cohort.is_deidentified:
        raise NotIdentifiableError(
            "The dates of this cohort were reduced to years, so it cannot be told whose follow-up "
            "was due by the data cut. Use the clinic's own cohort."
        )
    frame = derive_day0(cohort)
    scores = instrument_scores(cohort, instrument)
    matched = match_windows(scores, [0])
    frame = _attach(frame, matched, {"score": "baseline_score", "measured_day": "baseline_day"})
    if at_day == IN_CARE:
        ends = _ends_of_care(cohort, criterion, loss)
        later = scores.merge(ends, on="episode_id").merge(
            frame[["episode_id", "baseline_day"]], on="episode_id"
        )
        is_last = later["measured_day"].between(
            later["care_end"] - IN_CARE_DAYS, later["care_end"]
        ) & (later["measured_day"] > later["baseline_day"].fillna(WINDOWS[0].last_day))
        found = later[is_last.fillna(False)].drop_duplicates("episode_id", keep="last")
        is_closed = frame["episode_id"].isin(ends["episode_id"])
    else:
        window = WINDOWS[int(at_day)]
        found = match_windows(scores, [window.target_day])
        ahead = cut_days(cohort.episodes, cohort.data_cut)
        is_closed = (ahead >= window.last_day).fillna(False).astype(bool)
    frame = _attach(frame, found, {"score": "follow_up_score", "measured_day": "follow_up_day"})
    frame["is_closed"] = is_closed.to_numpy(dtype=bool)
    frame["change"] = frame["follow_up_score"] - frame["baseline_score"]
    return frame


def check_at_day(at_day: int | str) -> None:
    """Refuse a day on which no follow-up is planned.

    Parameters
    ----------
    at_day : int or str
        What the user asked for.

    Raises
    ------
    AnalysisError
        If it is neither a planned follow-up nor ``in_care``.

    Examples
    --------
    >>> check_at_day(91)
    """
    allowed = [window.target_day for window in FOLLOW_UPS]
    if at_day == IN_CARE or (not isinstance(at_day, str | bool) and at_day in allowed):
        return
    raise AnalysisError(
        f"at_day={at_day!r} is no planned follow-up. Allowed: {', '.join(map(str, allowed))} "
        f"(days since the start) and '{IN_CARE}' (the last score within {IN_CARE_DAYS} days of the "
        "end of care)."
    )


def window_name(at_day: int | str) -> str:
    """Say a follow-up in words.

    Parameters
    ----------
    at_day : int or "in_care"
        The follow-up.

    Returns
    -------
    str
        Such as "13 weeks", or "end of care".

    Examples
    --------
    >>> window_name(91), window_name("in_care")
    ('13 weeks', 'end of care')
    """
    return "end of care" if at_day == IN_CARE else WINDOWS[int(at_day)].name


def name_question(
    rows: Sequence[dict[str, Any]], n_groups: int, instrument: str, at_day: int | str
) -> pd.DataFrame:
    """Put what was asked beside the answers.

    Parameters
    ----------
    rows : sequence of dict
        One per answer, the columns of the groups first.
    n_groups : int
        How many columns form the groups.
    instrument : str
        Code of the instrument.
    at_day : int or "in_care"
        The follow-up.

    Returns
    -------
    pandas.DataFrame
        The rows with instrument, at_day, window and estimand after the columns of the groups.
    """
    table = pd.DataFrame(rows)
    question: dict[str, Any] = {
        "instrument": instrument,
        "at_day": at_day,
        "window": window_name(at_day),
        "estimand": WHILE_IN_CARE if at_day == IN_CARE else TREATMENT_POLICY,
    }
    for place, (name, value) in enumerate(question.items(), start=n_groups):
        table.insert(place, name, value)
    return table


def group_names(by: str | Sequence[str] | None) -> list[str]:
    """Bring the argument ``by`` into one form.

    Parameters
    ----------
    by : str, sequence of str, or None
        Columns to group by.

    Returns
    -------
    list of str
        Their names; empty for None.

    Examples
    --------
    >>> group_names("clinic_id"), group_names(None)
    (['clinic_id'], [])
    """
    if by is None:
        return []
    return [by] if isinstance(by, str) else list(by)


def _attach(frame: pd.DataFrame, found: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    chosen = found[["episode_id", *names]].rename(columns=names)
    return frame.merge(chosen, on="episode_id", how="left", validate="one_to_one")


def _ends_of_care(cohort: Cohort, criterion: MasteryCriterion, loss: LossRule) -> pd.DataFrame:
    """List episodes whose care has ended, with its last day.

    The loss rule dates a loss weeks after the last visit; care as such ended at that visit.
    """
    ends = episode_ends(cohort, criterion=criterion, loss=loss)
    ends = ends[ends["care_end_state"].notna()]
    seen = ends["last_attended_day"].fillna(0)
    is_ruled = (ends["care_end_state"] == LOST) & (
        ends["care_end_day"] == seen + loss.gap_days
    ).fillna(False)
    care_end = ends["care_end_day"].where(~(is_ruled & visits_are_recorded(cohort)), seen)
    return pd.DataFrame({"episode_id": ends["episode_id"], "care_end": care_end})


def check_cluster(scores: pd.DataFrame, cluster: str | None) -> str:
    """Settle which column names the independent units.

    Parameters
    ----------
    scores : pandas.DataFrame
        As `derive_follow_up_scores` gives them.
    cluster : str or None
        What the user asked for; None means patients.

    Returns
    -------
    str
        The column.

    Raises
    ------
    AnalysisError
        If it is no column of units (patients, clinicians, clinics), or is missing for an episode.

    Examples
    --------
    >>> check_cluster(pd.DataFrame({"patient_id": ["p1"]}), None)
    'patient_id'
    """
    unit = "patient_id" if cluster is None else cluster
    if unit not in CLUSTERS:
        raise AnalysisError(
            f"cluster={cluster!r} does not name independent units. Allowed: {', '.join(CLUSTERS)}; "
            "episodes of one patient are not independent."
        )
    missing = int(scores[unit].isna().sum())
    if missing:
        raise AnalysisError(
            f"Column {unit} is missing for {missing:,} episodes, so their errors have no cluster. "
            "Fill it in the mapping, or use cluster='patient_id'."
        )
    return unit


def split_groups(
    scores: pd.DataFrame, names: Sequence[str]
) -> list[tuple[dict[str, object], pd.DataFrame]]:
    """Split episodes into groups, those without a value as a group of their own.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per episode.
    names : sequence of str
        Columns that form the groups.

    Returns
    -------
    list of (dict, DataFrame)
        The value of each column and the members, in sorted order; "(missing)" for no value.

    Examples
    --------
    >>> rows = pd.DataFrame({"sex": ["male", None, "male"]})
    >>> [(labels, len(members)) for labels, members in split_groups(rows, ["sex"])]
    [({'sex': 'male'}, 2), ({'sex': '(missing)'}, 1)]
    """
    if not names:
        return [({}, scores)]
    groups = scores.groupby(list(names), observed=True, dropna=False, sort=True)
    split = []
    for key, members in groups:
        values = ["(missing)" if pd.isna(value) else value for value in key]
        split.append((dict(zip(names, values, strict=True)), members))
    return split
