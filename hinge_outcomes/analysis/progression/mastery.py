"""How long mastery takes: documented mastery with competing ends."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level
from hinge_outcomes.analysis.progression.mastery_population import (
    check_group_column,
    group_labels,
    stage_in_question,
)
from hinge_outcomes.analysis.progression.mastery_result import ALL, MasteryEstimate
from hinge_outcomes.analysis.progression.mastery_stays import (
    MasteryDays,
    count_left_upward,
    durable_stays,
    first_stays,
    from_landmark,
    maintained_stays,
    read_mastery_days,
)
from hinge_outcomes.analysis.progression.occupancy import aalen_johansen
from hinge_outcomes.analysis.progression.stays import check_follow_up
from hinge_outcomes.cohort.day0 import ID_COLUMNS
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.domain.states import END_STATES, MASTERED
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError

KINDS = ("first", "maintained", "durable")

REPORT_DAYS = (90, 180, 365)
"""Days by which the share mastered is always given, as far as the horizon reaches."""

_QUANTILES = {"quantile_25_days": 0.25, "median_days": 0.5, "quantile_75_days": 0.75}

_STATES = ("unmastered", *END_STATES)

_CRITERION = MasteryCriterion()
_LOSS = LossRule()


def estimate_mastery(
    cohort: Cohort,
    stage: str | int = "target",
    kind: str = "first",
    by: str | None = None,
    horizon_day: int = 365,
    cluster: str | None = None,
    *,
    criterion: MasteryCriterion = _CRITERION,
    loss: LossRule = _LOSS,
    durable_days: int = 90,
    landmark_day: int | None = None,
    conf_level: float = 0.95,
) -> MasteryEstimate:
    """Estimate how likely documented mastery is by each day, and how long it takes.

    Every episode counts from its own day 0, whatever stage it entered at, and is at risk while in
    care: open episodes up to the last day to which an event would be known, which is not their last
    visit. Planned discharge, referral and loss are competing ends: whoever leaves unmastered stays
    unmastered. On a shared day mastery comes before every end, and an end before censoring.
    Mastery is what the clinic's ratings document under its own visit schedule.

    Parameters
    ----------
    cohort : Cohort
        The records.
    stage : "target" or int, default "target"
        "target" is each episode's own target stage. With a number k the episodes with entry stage
        <= k <= target stage are analysed; the others are counted in ``excluded``.
    kind : {"first", "maintained", "durable"}, default "first"
        "first": the first confirming rating. "maintained": in mastery on day t, which is left on
        the first later day with the stage rated below the criterion's level, or with the working
        stage moving down to it or lower, and may be regained; leaving care does not undo it.
        "durable": dated at D + ``durable_days`` if mastery of day D did not fail by then and the
        stage was rated again at least once; otherwise the next confirming rating is a new D.
    by : str, optional
        A column known on day 0 that forms groups; rows without a value form the group
        "not recorded".
    horizon_day : int, default 365
        The last day asked about. Means and quantiles are missing where it lies beyond the last day
        anyone is at risk, unless every episode was followed to its end.
    cluster : str, optional
        Column whose values are sampled independently: patient_id, clinician_id or clinic_id.
        Default: patient_id, because patients return.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost.
    durable_days : int, default 90
        For kind "durable".
    landmark_day : int, optional
        Follow only those still in care and unmastered on this day, from this day on; then ``by``
        may also name ``working_stage`` (on that day) or a later ``x_`` column known by then.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    MasteryEstimate
        ``.table()`` the answers, ``.curve()`` the step function, ``.plot()``, ``.summary()``.

    Raises
    ------
    NotIdentifiableError
        If the cohort has no stages, no episode can be analysed, or last_observed_day was removed.
    AnalysisError
        If an option is not allowed, ``by`` names what happened later, or the cohort was selected
        by how it ended.

    Notes
    -----
    For "first" and "durable" the estimate is the cumulative incidence
    F(t) = sum over u <= t of S(u-) d(u) / n(u), with n(u) the episodes at risk, d(u) those
    mastering, and S(u-) the share still unmastered and in care [1]_; 1 - Kaplan-Meier, which takes
    leavers for patients who would have mastered at the pace of those who stayed, is larger. For
    "maintained" it is the occupancy of a transient state [2]_. Both assume that being censored by
    the data cut says nothing about the patient. Errors are the infinitesimal jackknife over
    clusters; intervals of probabilities are symmetric on the complementary log-log scale, those of
    quantiles invert the band, those of means are normal.

    References
    ----------
    .. [1] Aalen O, Johansen S (1978). An empirical transition matrix for non-homogeneous Markov
       chains based on censored observations. Scand J Stat 5, 141-150.
    .. [2] Datta S, Satten G (2001). Validity of the Aalen-Johansen estimators of stage occupation
       probabilities. Stat Probab Lett 55, 403-411.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=200, seed=7)
    >>> mastery = estimate_mastery(cohort, horizon_day=180)
    >>> mastery.table()["quantity"].tolist()[:3]
    ['probability', 'probability', 'quantile_25_days']
    >>> mastery.n_analysed + mastery.n_excluded
    200
    """
    check_follow_up(cohort)
    check_conf_level(conf_level)
    _check_options(stage, kind, horizon_day, durable_days, landmark_day)
    if by is not None:
        check_group_column(cohort, by, landmark_day)
    unit = "patient_id" if cluster is None else cluster
    if unit not in ID_COLUMNS:
        raise AnalysisError(
            f"cluster={unit!r} is not a sampling unit. Allowed: {', '.join(ID_COLUMNS[1:])}."
        )
    wanted, excluded = stage_in_question(cohort, stage)
    if wanted.empty:
        raise NotIdentifiableError(_nobody(excluded))
    days = read_mastery_days(cohort, wanted, criterion=criterion, loss=loss)
    stays = _stays(days, kind, durable_days)
    if landmark_day is not None:
        stays = from_landmark(stays, landmark_day)
        excluded |= _before_landmark(days, stays, landmark_day)
    if stays.empty:
        raise NotIdentifiableError(_nobody(excluded))
    rows = cohort.episodes.set_index("episode_id").loc[stays["episode_id"]]
    stays = stays.assign(cluster=rows[unit].to_numpy(), patient_id=rows["patient_id"].to_numpy())
    labels = group_labels(cohort, stays["episode_id"], by, landmark_day)
    question = _Question(horizon_day, landmark_day or 0, conf_level)
    groups = {ALL: stays} if labels is None else _split(stays, labels)
    found = {group: _answers(part, question) for group, part in groups.items()}
    left = (None, None) if isinstance(stage, str) else count_left_upward(cohort, days)
    return MasteryEstimate(
        stage=stage,
        kind=kind,
        by=by,
        horizon_day=horizon_day,
        landmark_day=landmark_day,
        durable_days=durable_days,
        answers=_stack({group: answer[0] for group, answer in found.items()}),
        steps=_stack({group: answer[1] for group, answer in found.items()}),
        end_counts=_stack({group: _count_ends(part) for group, part in groups.items()}),
        n_episodes=cohort.n_episodes,
        n_analysed=int(stays["episode_id"].nunique()),
        n_patients=int(stays["patient_id"].nunique()),
        excluded=excluded,
        n_clusters=int(stays["cluster"].nunique()),
        cluster=unit,
        n_left_upward=left[0],
        n_left_upward_unmastered=left[1],
        criterion=criterion,
        loss=loss,
        conf_level=conf_level,
    )


@dataclass(frozen=True, slots=True)
class _Question:
    horizon_day: int
    first_day: int
    conf_level: float


def _stays(days: MasteryDays, kind: str, durable_days: int) -> pd.DataFrame:
    if kind == "first":
        return first_stays(days)
    return maintained_stays(days) if kind == "maintained" else durable_stays(days, durable_days)


def _answers(stays: pd.DataFrame, question: _Question) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimate one group: its answers and its curve."""
    horizon = float(question.horizon_day)
    occupancy = aalen_johansen(
        stays,
        "episode_id",
        "start_day",
        "stop_day",
        "from_state",
        "to_state",
        states=_STATES,
        cluster="cluster",
        start_distribution="estimated",
        times=[horizon],
        conf_type="cloglog",
        conf_level=question.conf_level,
    )
    known_to = _known_to(stays)
    reach = min(horizon, known_to)
    asked = {float(day) for day in (*REPORT_DAYS, horizon) if question.first_day < day <= horizon}
    events = occupancy.event_times
    grid = {float(question.first_day), *asked, reach, *events[events <= reach].tolist()}
    curve = _in_mastery(occupancy.probability_at(sorted(grid)))
    at_risk = _at_risk(stays, curve["day"].to_numpy())
    curve["n_at_risk"] = at_risk
    rows = curve[curve["day"].isin(asked)].assign(quantity="probability")
    rows["n_events"] = curve["n_events"].cumsum()[rows.index]
    measures = ["estimate", "std_error", "ci_low", "ci_high"]
    rows.loc[rows["day"] > known_to, measures] = np.nan
    last = rows.iloc[-1]
    quantiles = [
        _quantile(occupancy, curve, name, share, is_known=horizon <= known_to, last=last)
        for name, share in _QUANTILES.items()
    ]
    means = _means(occupancy, question, is_known=horizon <= known_to, last=last)
    answers = pd.concat([rows, pd.DataFrame([*quantiles, *means])], ignore_index=True)
    steps = curve[curve["day"] <= reach].reset_index(drop=True)
    steps.loc[0, "n_at_risk"] = stays["episode_id"].nunique()
    return answers[["quantity", "day", *measures, "n_at_risk", "n_events"]], steps


def _in_mastery(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[table["state"] == MASTERED].drop(columns="state").rename(columns={"time": "day"})
    return rows.reset_index(drop=True)


def _known_to(stays: pd.DataFrame) -> float:
    """Give the last day anyone is at risk; without censoring all is known for ever."""
    last = stays.drop_duplicates("episode_id", keep="last")
    goes_on = last["to_state"].isna() | last["to_state"].isin(stays["from_state"].unique())
    return float(stays["stop_day"].max()) if goes_on.any() else float("inf")


def _at_risk(stays: pd.DataFrame, days: Any) -> Any:
    """Count the episodes with start < day <= stop, mastered or not as long as they may move."""
    start, stop = np.sort(stays["start_day"].to_numpy()), np.sort(stays["stop_day"].to_numpy())
    return np.searchsorted(start, days, side="left") - np.searchsorted(stop, days, side="left")


def _quantile(
    occupancy: Any,
    curve: pd.DataFrame,
    name: str,
    share: float,
    *,
    is_known: bool,
    last: pd.Series,
) -> dict[str, Any]:
    found = occupancy.quantile(MASTERED, share).iloc[0]
    horizon = float(last["day"])
    # A day beyond the horizon was not asked about; so is a limit.
    day, low, high = (
        float(found[key]) if is_known and found[key] <= horizon else np.nan
        for key in ("estimate", "ci_low", "ci_high")
    )
    upto = curve[curve["day"] <= day] if np.isfinite(day) else None
    return {
        "quantity": name,
        "day": horizon,
        "estimate": day,
        "std_error": np.nan,
        "ci_low": low,
        "ci_high": high,
        "n_at_risk": last["n_at_risk"] if upto is None else upto["n_at_risk"].iloc[-1],
        "n_events": last["n_events"] if upto is None else upto["n_events"].sum(),
    }


def _means(
    occupancy: Any, question: _Question, *, is_known: bool, last: pd.Series
) -> list[dict[str, Any]]:
    means = occupancy.restricted_mean(question.horizon_day)
    found = means[means["state"] == MASTERED].iloc[0]
    total = float(question.horizon_day - question.first_day)
    base = {"day": last["day"], "n_at_risk": last["n_at_risk"], "n_events": last["n_events"]}
    mean, error, low, high = (
        float(found[key]) if is_known else np.nan
        for key in ("estimate", "std_error", "ci_low", "ci_high")
    )
    high = min(high, total) if np.isfinite(high) else high
    mastered = {"estimate": mean, "std_error": error, "ci_low": low, "ci_high": high}
    rest = {
        "estimate": total - mean,
        "std_error": error,
        "ci_low": total - high,
        "ci_high": total - low,
    }
    return [
        {"quantity": "mean_days_mastered", **base, **mastered},
        {"quantity": "mean_days_unmastered", **base, **rest},
    ]


def _count_ends(stays: pd.DataFrame) -> pd.DataFrame:
    """Count episodes by the last state known, "censored" where they were in care without it."""
    last = stays.drop_duplicates("episode_id", keep="last")
    state = last["to_state"].where(last["to_state"].notna(), None)
    held = (last["from_state"] == MASTERED) & last["to_state"].isna()
    state = state.mask(held, MASTERED).fillna("censored").replace("unmastered", "censored")
    order = [*END_STATES, "censored"]
    counts = state.value_counts().reindex(order, fill_value=0)
    return pd.DataFrame({"state": order, "n_episodes": counts.to_numpy()})


def _before_landmark(days: MasteryDays, stays: pd.DataFrame, landmark_day: int) -> dict[str, int]:
    is_out = ~days.episode_ids.isin(stays["episode_id"])
    mastered = days.first_mastery() <= landmark_day
    ended = ~mastered & pd.notna(days.care_end_state)
    return {
        f"mastered by day {landmark_day}": int((is_out & mastered).sum()),
        f"out of care by day {landmark_day}": int((is_out & ended).sum()),
        f"not followed beyond day {landmark_day}": int((is_out & ~mastered & ~ended).sum()),
    }


def _split(stays: pd.DataFrame, labels: pd.Series) -> dict[str, pd.DataFrame]:
    groups = labels.cat.categories
    return {str(group): stays[(labels == group).to_numpy()] for group in groups}


def _stack(parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    frames = [part.assign(group=group) for group, part in parts.items()]
    stacked = pd.concat(frames, ignore_index=True)
    return stacked[["group", *[name for name in stacked.columns if name != "group"]]]


def _nobody(excluded: dict[str, int]) -> str:
    """Say why nobody is left, without counts: an error may be shown where small ones may not."""
    reasons = " or ".join(reason for reason, n in excluded.items() if n) or "there are none"
    return (
        f"No episode can be analysed ({reasons}). Choose a stage between entry and target stage, "
        "an earlier landmark_day or a wider selection, or fill entry_stage and target_stage in "
        "the mapping."
    )


def _check_options(
    stage: str | int, kind: str, horizon_day: int, durable_days: int, landmark_day: int | None
) -> None:
    is_number = isinstance(stage, int | np.integer) and not isinstance(stage, bool)
    if stage != "target" and not (is_number and 1 <= int(stage) <= 10):
        raise AnalysisError(f"stage={stage!r} is not known. Allowed: 'target', or 1 to 10.")
    if kind not in KINDS:
        raise AnalysisError(f"kind={kind!r} is not known. Allowed: {', '.join(KINDS)}.")
    first = 0 if landmark_day is None else landmark_day
    for name, value, least in (
        ("landmark_day", first, 0 if landmark_day is None else 1),
        ("horizon_day", horizon_day, first + 1),
        ("durable_days", durable_days, 1),
    ):
        if value < least:
            raise AnalysisError(f"{name}={value} is too early. It must be {least} or later.")
