"""What a mastery estimate says in one paragraph."""

from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.delete_one import TOO_FEW_CLUSTERS
from hinge_outcomes.domain.progression import stage_name

_END_WORDS = {
    "mastered": "mastered it",
    "discharged": "were discharged as planned without it",
    "referred": "were referred out",
    "lost": "were lost",
    "censored": "were still in care without it when the records end",
}

_UNITS = {
    "patient_id": "patients",
    "clinician_id": "clinicians",
    "clinic_id": "clinics",
    "episode_id": "episodes",
}

_DATING_WORDS = {
    "middle": ", dated half way back to the visit before the confirming rating",
    "left": ", dated at the visit before the confirming rating",
}


def mastery_paragraph(estimate: Any) -> str:
    """Say how likely mastery was, how long it took, and who is behind it.

    Parameters
    ----------
    estimate : MasteryEstimate
        The estimate.

    Returns
    -------
    str
        Clinical words, with intervals and numbers at risk.
    """
    groups = list(dict.fromkeys(estimate.answers["group"]))
    told = [_headline(estimate, group) for group in groups]
    if estimate.by is None:
        told.append(_times(estimate))
    elif len(groups) > 1:
        told += _differences(estimate)
    if estimate.standard is not None:
        told.append(_standard(estimate))
    told.append(_followed(estimate))
    told += _follow_up(estimate)
    if estimate.n_left_upward is not None:
        told.append(_left_upward(estimate))
    if estimate.n_clusters < TOO_FEW_CLUSTERS:
        told.append(_too_few(estimate))
    return f"{_question(estimate)}: " + " ".join(told)


def _question(estimate: Any) -> str:
    of = "the target stage" if estimate.stage == "target" else f"stage {estimate.stage}"
    of += "" if isinstance(estimate.stage, str) else f" ({stage_name(estimate.stage)})"
    n = estimate.criterion.consecutive
    rule = f"rated {estimate.criterion.level} " + ("once" if n == 1 else f"{n} times in a row")
    rule += _DATING_WORDS.get(estimate.dating, "")
    of += f" ({rule})"
    of += "" if estimate.period is None else f" at the pace of {estimate.period}"
    if estimate.kind == "maintained":
        return f"Documented mastery of {of} that is still held"
    if estimate.kind == "durable":
        return f"Documented mastery of {of} that lasted {estimate.durable_days} days"
    return f"First documented mastery of {of}"


def _headline(estimate: Any, group: str) -> str:
    rows = estimate.answers[estimate.answers["group"] == group]
    chances = rows[rows["quantity"] == "probability"]
    on = "on day" if estimate.kind == "maintained" else "by day"
    known = chances[chances["estimate"].notna()]
    levels = [f"{estimate.conf_level:.0%} CI ", *[""] * len(known)]
    parts = [
        f"{row.estimate:.1%}{_interval(row.ci_low, row.ci_high, '.1%', level)} {on} "
        f"{int(row.day)} ({int(row.n_at_risk):,} still at risk)"
        for row, level in zip(known.itertuples(), levels, strict=False)
    ]
    unknown = [f"{int(day)}" for day in chances.loc[chances["estimate"].isna(), "day"]]
    if unknown:
        whose = (
            "anyone's follow-up"
            if estimate.standard is None
            else "the follow-up of some entry stage"
        )
        parts.append(f"not known {on} {', '.join(unknown)}, beyond {whose}")
    name = "" if estimate.by is None else f"{estimate.by} {group}: "
    return name + "; ".join(parts) + "."


def _times(estimate: Any) -> str:
    rows = estimate.answers.set_index("quantity")
    median, mean = rows.loc["median_days"], rows.loc["mean_days_mastered"]
    if np.isfinite(median["estimate"]):
        interval = _interval(median["ci_low"], median["ci_high"], ".0f")
        words = f"Half had mastered it by day {median['estimate']:.0f}{interval}."
    elif np.isfinite(mean["estimate"]):
        words = f"Fewer than half had mastered it by day {estimate.horizon_day}."
    else:
        return (
            f"Means and quantiles to day {estimate.horizon_day} are missing: nobody was followed "
            f"that long{'' if estimate.standard is None else ' from some entry stage'}. Choose an "
            "earlier horizon_day."
        )
    interval = _interval(mean["ci_low"], mean["ci_high"], ".0f")
    total = estimate.horizon_day - (estimate.landmark_day or 0)
    return words + (
        f" Of {total} days a patient spent {mean['estimate']:.0f}{interval} having mastered it "
        "on average, leavers counting as unmastered."
    )


def _differences(estimate: Any) -> list[str]:
    """Say how far the chance of each group by the last known day is from that of the first."""
    table = estimate.differences()
    chances = table[(table["quantity"] == "probability") & table["estimate"].notna()]
    if chances.empty:
        return []
    last = chances.groupby("group", sort=False).tail(1)
    parts = [
        f"{row.group} {100 * row.estimate:+.1f} percentage points"
        f"{_interval(100 * row.ci_low, 100 * row.ci_high, '+.1f')} by day {row.day:.0f}"
        for row in last.itertuples()
    ]
    return [f"Against {last['reference'].iloc[0]}: {'; '.join(parts)}."]


def _standard(estimate: Any) -> str:
    strata: pd.DataFrame = estimate.standard
    mix = ", ".join(
        f"{row.stratum} {row.share:.0%}" for row in strata.itertuples() if row.share > 0
    )
    whose = "given" if estimate.has_given_standard else f"of all {estimate.n_analysed:,} episodes"
    told = f"Standardised over entry stage to the mix {whose}: {mix}."
    is_merged = strata["first_stage"] < strata["last_stage"]
    if is_merged.any():
        told += (
            f" Too sparse in some group to stand alone and therefore merged: "
            f"{', '.join(strata.loc[is_merged, 'stratum'])}."
        )
    return told


def _followed(estimate: Any) -> str:
    counts = estimate.end_counts.groupby("state", sort=False)["n_episodes"].sum()
    words = dict(_END_WORDS)
    if estimate.kind == "maintained":
        words["mastered"] = "held it when last known"
    ends = ", ".join(f"{counts[state]:,} {told}" for state, told in words.items())
    since = "" if estimate.landmark_day is None else f" from day {estimate.landmark_day}"
    since += "" if estimate.period is None else f" within {estimate.period}"
    closing = "Leaving care counts as an end without mastery, not as missing."
    if estimate.kind == "maintained":
        closing = "Leaving care does not undo mastery: only a recorded failure does."
    told = (
        f"{estimate.n_analysed:,} episodes of {estimate.n_patients:,} patients were followed"
        f"{since}: {ends}. {closing}"
    )
    if estimate.n_excluded:
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in estimate.excluded.items() if n)
        told += (
            f" {estimate.n_excluded:,} of {estimate.n_episodes:,} episodes are left out: {reasons}."
        )
    return told


def _follow_up(estimate: Any) -> list[str]:
    rows = estimate.answers[estimate.answers["quantity"] == "median_follow_up_days"]
    parts = [
        ("" if estimate.by is None else f"{row.group} ")
        + f"{row.estimate:.0f}{_interval(row.ci_low, row.ci_high, '.0f')}"
        for row in rows.itertuples()
        if np.isfinite(row.estimate)
    ]
    if not parts:
        return []
    return [f"Half could have been followed for at least (days): {'; '.join(parts)}."]


def _left_upward(estimate: Any) -> str:
    if not estimate.n_left_upward:
        return "Nobody moved on above this stage."
    return (
        f"{estimate.n_left_upward_unmastered:,} of the {estimate.n_left_upward:,} who moved on "
        f"above this stage ({estimate.share_left_upward_unmastered:.0%}) did so before it was "
        "documented as mastered."
    )


def _too_few(estimate: Any) -> str:
    units = _UNITS[estimate.cluster]
    told = (
        f"The errors rest on {estimate.n_clusters} independent units ({estimate.cluster}): too few "
        "for the intervals to be trusted."
    )
    if estimate.of_patients is None:
        return told
    own, apart = estimate.answers, estimate.of_patients
    parts = []
    for group in dict.fromkeys(own["group"]):
        is_known = (own["quantity"] == "probability") & own["estimate"].notna()
        places = own.index[is_known & (own["group"] == group)]
        if not len(places):
            continue
        mine, theirs = own.loc[places[-1]], apart.loc[places[-1]]
        name = "" if estimate.by is None else f"{group} "
        of_units = _interval(mine["ci_low"], mine["ci_high"], ".1%").strip()
        of_people = _interval(theirs["ci_low"], theirs["ci_high"], ".1%").strip()
        parts.append(
            f"{name}{mine['estimate']:.1%} by day {mine['day']:.0f}, leaving out each of the "
            f"{units} {of_units or '(no interval from one of them)'}, patients taken as "
            f"independent {of_people or '(no interval)'}"
        )
    return told + (f" Side by side: {'; '.join(parts)}." if parts else "")


def _interval(low: float, high: float, form: str, level: str = "") -> str:
    """Write an interval in brackets; a missing limit is said to be not reached."""
    if np.isnan(low) and np.isnan(high):
        return ""
    words = [f"{limit:{form}}" if np.isfinite(limit) else "not reached" for limit in (low, high)]
    return f" ({level}{words[0]} to {words[1]})"
