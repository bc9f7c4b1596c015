"""How long mastery takes: documented mastery with competing ends."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level
from hinge_outcomes.analysis.progression.calendar_period import within_quarter
from hinge_outcomes.analysis.progression.delete_one import FEW_CLUSTERS, TOO_FEW_CLUSTERS
from hinge_outcomes.analysis.progression.mastery_curve import (
    MasteryCurve,
    Question,
    estimate_curve,
    known_to_day,
)
from hinge_outcomes.analysis.progression.mastery_dating import DATINGS, redate
from hinge_outcomes.analysis.progression.mastery_population import (
    check_group_column,
    group_labels,
    stage_in_question,
)
from hinge_outcomes.analysis.progression.mastery_result import ALL, MasteryEstimate
from hinge_outcomes.analysis.progression.mastery_standard import (
    Standard,
    make_standard,
    stratum_numbers,
)
from hinge_outcomes.analysis.progression.mastery_stays import (
    MasteryDays,
    count_left_upward,
    durable_stays,
    first_stays,
    from_landmark,
    maintained_stays,
    read_mastery_days,
)
from hinge_outcomes.analysis.progression.stays import DAY_ZERO_STOP, check_follow_up
from hinge_outcomes.cohort.day0 import ID_COLUMNS
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.domain.states import END_STATES, MASTERED
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError

KINDS = ("first", "maintained", "durable")

STANDARDISED = ("entry_stage",)
"""What groups may be brought to one mix of."""

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
    dating: str = "right",
    period: str | None = None,
    standardise: str | None = None,
    standard: Mapping[int, float] | None = None,
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
        Default: patient_id, because patients return. Errors of up to 50 clinicians or clinics leave
        out each in turn, with Student's t; below ten, the paragraph says that they are too few and
        gives those of patients beside them.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost.
    durable_days : int, default 90
        For kind "durable".
    landmark_day : int, optional
        Follow only those still in care and unmastered on this day, from this day on; then ``by``
        may also name ``working_stage`` (on that day) or a later ``x_`` column known by then.
    dating : {"right", "middle", "left"}, default "right"
        When mastery came about: at the confirming rating, half way back to the visit before it, or
        at that visit.
    period : str, optional
        A quarter such as "2026Q3": every episode is at risk only while that quarter lasts, and
        enters on its day max(0, first day of the quarter - start date).
    standardise : {"entry_stage"}, optional
        Bring every group to one mix of entry stages: the chance within each stage, weighted by the
        standard's share of it. Stages too sparse in some group are merged by phase, and the
        paragraph says which. Default: groups as they are.
    standard : mapping of int to float, optional
        Shares by entry stage, taken as given, for ``standardise``. Default: the mix of all episodes
        analysed, whose sampling error is part of every error.
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
    DataError
        If ``period`` is no quarter.

    Notes
    -----
    For "first" and "durable" the estimate is the cumulative incidence
    F(t) = sum over u <= t of S(u-) d(u) / n(u), with n(u) the episodes at risk, d(u) those
    mastering, and S(u-) the share still unmastered and in care [1]_; 1 - Kaplan-Meier, which takes
    leavers for patients who would have mastered at the pace of those who stayed, is larger. For
    "maintained" it is the occupancy of a transient state [2]_. Both assume that being censored by
    the data cut says nothing about the patient. Errors are the infinitesimal jackknife over
    clusters, or the delete-one jackknife over few clinicians or clinics; intervals of probabilities
    are symmetric on the complementary log-log scale, those of quantiles invert the band, those of
    means are symmetric. A standardised estimate is sum over s of w_s F_s(t), with F_s the curve of
    entry stage s in the group and w_s its share in the standard; the contribution of cluster c is
    sum over s of w_s U_c(F_s) + F_s U_c(w_s), the second part 0 where the standard is given.

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
    _check_extensions(dating, standardise, standard)
    if by is not None:
        check_group_column(cohort, by, landmark_day)
    unit = "patient_id" if cluster is None else cluster
    if unit not in ID_COLUMNS:
        raise AnalysisError(
            f"cluster={unit!r} is not a sampling unit. Allowed: {', '.join(ID_COLUMNS[1:])}."
        )
    wanted, excluded = stage_in_question(cohort, stage)
    if standardise is not None:
        wanted, without = _with_entry(cohort, wanted)
        excluded |= without
    if wanted.empty:
        raise NotIdentifiableError(_nobody(excluded))
    days = read_mastery_days(cohort, wanted, criterion=criterion, loss=loss)
    stays = _stays(days, kind, durable_days)
    stays = redate(stays, days, dating, durable_days if kind == "durable" else 0)
    if landmark_day is not None:
        stays = from_landmark(stays, landmark_day)
        excluded |= _before_landmark(days, stays, landmark_day)
    if period is not None:
        stays, outside = within_quarter(cohort, stays, period)
        excluded |= outside
    if stays.empty:
        raise NotIdentifiableError(_nobody(excluded))
    if stays["to_state"].isna().all() and (stays["stop_day"] <= DAY_ZERO_STOP).all():
        raise NotIdentifiableError(
            "Every episode is censored on day 0, so nobody was followed for any time. Check "
            "data_cut and last_observed_day, or select episodes that began earlier."
        )
    rows = cohort.episodes.set_index("episode_id").loc[stays["episode_id"]]
    stays = stays.assign(cluster=rows[unit].to_numpy(), patient_id=rows["patient_id"].to_numpy())
    labels = group_labels(cohort, stays["episode_id"], by, landmark_day)
    stays["group"] = ALL if labels is None else labels.astype(str).to_numpy()
    names = [ALL] if labels is None else [str(group) for group in labels.cat.categories]
    n_clusters = int(stays["cluster"].nunique())
    is_above = unit in ID_COLUMNS[2:]
    question = Question(
        horizon_day=horizon_day,
        first_day=landmark_day or 0,
        is_jackknife=is_above and n_clusters <= FEW_CLUSTERS,
        conf_level=conf_level,
    )
    mix = None
    if standardise is not None:
        stays["entry_stage"] = rows["entry_stage"].to_numpy(dtype=np.int64)
        mix = _standard(stays, question, standard)
        stays["stratum"] = stratum_numbers(mix.strata, stays["entry_stage"])
    found = _curves(stays, names, question, mix)
    beside = None
    if is_above and n_clusters < TOO_FEW_CLUSTERS:
        of_patients = stays.assign(cluster=stays["patient_id"])
        apart = replace(question, is_jackknife=False)
        own = None if mix is None else _standard(of_patients, apart, standard, mix.strata)
        beside = _stack(_curves(of_patients, names, apart, own), "answers")
    left = (None, None) if isinstance(stage, str) else count_left_upward(cohort, days)
    return MasteryEstimate(
        stage=stage,
        kind=kind,
        by=by,
        horizon_day=horizon_day,
        landmark_day=landmark_day,
        durable_days=durable_days,
        dating=dating,
        period=period,
        answers=_stack(found, "answers"),
        steps=_stack(found, "steps"),
        of_patients=beside,
        standard=None if mix is None else mix.table(),
        has_given_standard=standard is not None,
        occupancies={group: curve.occupancy for group, curve in found.items()},
        end_counts=_count_ends(stays, names),
        n_episodes=cohort.n_episodes,
        n_analysed=int(stays["episode_id"].nunique()),
        n_patients=int(stays["patient_id"].nunique()),
        excluded=excluded,
        n_clusters=n_clusters,
        cluster=unit,
        n_left_upward=left[0],
        n_left_upward_unmastered=left[1],
        criterion=criterion,
        loss=loss,
        conf_level=conf_level,
    )


def _stays(days: MasteryDays, kind: str, durable_days: int) -> pd.DataFrame:
    if kind == "first":
        return first_stays(days)
    return maintained_stays(days) if kind == "maintained" else durable_stays(days, durable_days)


def _with_entry(cohort: Cohort, wanted: pd.Series) -> tuple[pd.Series, dict[str, int]]:
    """Keep the episodes whose entry stage is known; "target" alone does not ask for it."""
    entry = cohort.episodes.set_index("episode_id")["entry_stage"].loc[wanted.index]
    return wanted[entry.notna()], {"without an entry stage": int(entry.isna().sum())}


def _standard(
    stays: pd.DataFrame,
    question: Question,
    given: Mapping[int, float] | None,
    strata: tuple[tuple[int, ...], ...] | None = None,
) -> Standard:
    episodes = stays.drop_duplicates("episode_id", keep="last")
    known_to = pd.Series({name: known_to_day(part) for name, part in stays.groupby("group")})
    reach = np.minimum(known_to.loc[episodes["group"]].to_numpy(), question.horizon_day)
    to_state = episodes["to_state"]
    goes_on = to_state.isna() | to_state.isin(stays["from_state"].unique())
    return make_standard(
        episodes.assign(goes_on=goes_on, reaches=episodes["stop_day"].to_numpy() >= reach),
        given,
        strata=strata,
        needs_two_clusters=question.is_jackknife,
    )


def _curves(
    stays: pd.DataFrame, names: list[str], question: Question, mix: Standard | None
) -> dict[str, MasteryCurve]:
    return {name: estimate_curve(stays[stays["group"] == name], question, mix) for name in names}


def _count_ends(stays: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Count episodes by the last state known, "censored" where they were in care without it."""
    last = stays.drop_duplicates("episode_id", keep="last")
    state = last["to_state"].where(last["to_state"].notna(), None)
    held = (last["from_state"] == MASTERED) & last["to_state"].isna()
    state = state.mask(held, MASTERED).fillna("censored").replace("unmastered", "censored")
    order = [*END_STATES, "censored"]
    counts = state.groupby([last["group"], state]).size()
    index = pd.MultiIndex.from_product([names, order], names=["group", "state"])
    return counts.reindex(index, fill_value=0).rename("n_episodes").reset_index()


def _before_landmark(days: MasteryDays, stays: pd.DataFrame, landmark_day: int) -> dict[str, int]:
    is_out = ~days.episode_ids.isin(stays["episode_id"])
    mastered = days.first_mastery() <= landmark_day
    ended = ~mastered & pd.notna(days.care_end_state)
    return {
        f"mastered by day {landmark_day}": int((is_out & mastered).sum()),
        f"out of care by day {landmark_day}": int((is_out & ended).sum()),
        f"not followed beyond day {landmark_day}": int((is_out & ~mastered & ~ended).sum()),
    }


def _stack(found: dict[str, MasteryCurve], part: str) -> pd.DataFrame:
    frames = [getattr(curve, part).assign(group=group) for group, curve in found.items()]
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


def _check_extensions(
    dating: str, standardise: str | None, standard: Mapping[int, float] | None
) -> None:
    if dating not in DATINGS:
        raise AnalysisError(f"dating={dating!r} is not known. Allowed: {', '.join(DATINGS)}.")
    if standardise is not None and standardise not in STANDARDISED:
        raise AnalysisError(
            f"standardise={standardise!r} is not known. Allowed: {', '.join(STANDARDISED)}, or "
            "None for groups as they are."
        )
    if standard is not None and standardise is None:
        raise AnalysisError("standard= needs standardise='entry_stage'.")
