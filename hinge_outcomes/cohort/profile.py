"""What a cohort looks like in the terms of published figures."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.anova import mean_squares
from hinge_outcomes.cohort.data_cuts import cut_days
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.tables import DURATIONS
from hinge_outcomes.cohort.windows import match_windows
from hinge_outcomes.domain.follow_up import WINDOWS
from hinge_outcomes.domain.instruments import INSTRUMENTS, START_BACK_RISKS
from hinge_outcomes.domain.published_figures import PUBLISHED_FIGURES

_SETTLED_DAYS = 365  # visits, losses and no-shows are counted where a year could be followed
_RETURN_DAYS = 365
_DISABLED_ABOVE = 20.0  # ODI bands: 0-20 is minimal disability

Facts: TypeAlias = pd.DataFrame


def describe_profile(cohort: Cohort) -> pd.DataFrame:
    """Set a cohort beside published figures of patients with low back pain.

    Nothing is judged here: another case mix is no fault. Visits, losses and no-shows are counted in
    episodes that began at least a year before the data cut.

    Parameters
    ----------
    cohort : Cohort
        The records.

    Returns
    -------
    DataFrame
        One row per published figure: name, label, low and high (the band that agrees with it),
        population, source, mark, note, is_held (a figure of physiotherapy, not of another setting),
        counts_people (a share of people, in percent), value (of the cohort, missing where it cannot
        be computed) and n (episodes it rests on).

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=400, seed=7)
    >>> profile = ho.describe_profile(cohort)
    >>> profile.loc[profile["name"] == "female", ["low", "high", "n"]].values.tolist()
    [[59.0, 61.0, 400.0]]
    """
    values = profile_values(cohort)
    rows = [
        {
            "name": figure.name,
            "label": figure.label,
            "low": figure.low,
            "high": figure.high,
            "population": figure.population,
            "source": figure.source,
            "mark": figure.mark,
            "note": figure.note,
            "is_held": figure.is_held,
            "counts_people": figure.counts_people,
            "value": values[figure.name][0],
            "n": values[figure.name][1],
        }
        for figure in PUBLISHED_FIGURES
    ]
    return pd.DataFrame(rows)


def profile_values(cohort: Cohort) -> dict[str, tuple[float, int]]:
    """Compute every statistic that is held against a published figure.

    Parameters
    ----------
    cohort : Cohort
        The records.

    Returns
    -------
    dict of str to (float, int)
        Value and number of episodes by the figure's name; nan where nobody counts.
    """
    facts = _facts(cohort)
    found: dict[str, tuple[float, int]] = {}
    for name, statistic in _STATISTICS.items():
        values = statistic(facts)
        found[name] = (float(np.nan) if len(values) == 0 else float(values.mean()), len(values))
    found["age_sd"] = (float(facts["age"].std()), int(facts["age"].notna().sum()))
    found["days_to_return"] = _median_return(facts)
    found["baseline_correlation"] = _correlation(facts["nprs_0"], facts["odi_0"])
    found["change_correlation"] = _correlation(
        facts["nprs_91"] - facts["nprs_0"], facts["odi_91"] - facts["odi_0"]
    )
    change = pd.DataFrame(
        {"nprs": facts["nprs_91"] - facts["nprs_0"], "clinician": facts["clinician"]}
    ).dropna()
    share = mean_squares(change["nprs"], pd.factorize(change["clinician"])[0]).share
    found["clinician_share"] = (100 * share, len(change))
    return found


def _facts(cohort: Cohort) -> Facts:
    """One row per episode with what the statistics need."""
    episodes = cohort.episodes.set_index("episode_id")
    born = cohort.patients.set_index("patient_id")
    person = born.reindex(episodes["patient_id"]).set_axis(episodes.index)
    visits = cohort.visits
    is_kept = visits["status"] == "attended"
    windows = match_windows(cohort.outcomes, WINDOWS)
    wide = windows.pivot(index="episode_id", columns=["instrument", "target_day"], values="score")
    facts = pd.DataFrame(
        {
            "patient": episodes["patient_id"],
            "clinician": episodes["clinician_id"],
            "start": episodes["start_date"],
            "observed": cut_days(cohort.episodes, cohort.data_cut).to_numpy(dtype=float),
            "end_day": episodes["end_day"].astype("Float64").astype(float),
            "duration": episodes["symptom_duration"].astype(object),
            "risk": episodes["start_back_risk"].astype(object),
            "reason": episodes["end_reason"].astype(object),
            "age": (episodes["start_date"].dt.year - person["birth_year"]).astype(float),
            "sex": person["sex"].astype(object),
            "visits": visits[is_kept].groupby("episode_id").size(),
            "no_shows": visits[visits["status"] == "no_show"].groupby("episode_id").size(),
            "home": visits.groupby("episode_id")["home_exercise_days"].mean().astype(float) / 7,
        },
        index=episodes.index,
    )
    facts[["visits", "no_shows"]] = facts[["visits", "no_shows"]].fillna(0.0)
    for code in ("nprs", "odi"):
        for day in WINDOWS:
            has = (code, day) in wide.columns
            facts[f"{code}_{day}"] = wide[(code, day)] if has else np.nan
    return facts


def _settled(facts: Facts) -> Facts:
    return facts[facts["observed"] >= _SETTLED_DAYS]


def _percent(condition: pd.Series) -> pd.Series:
    return condition.astype(float) * 100


def _share(column: str, code: str) -> Callable[[Facts], Any]:
    return lambda facts: _percent(facts[column].dropna() == code)


def _among(column: str, code: str, values: Callable[[Facts], Any]) -> Callable[[Facts], Any]:
    return lambda facts: values(facts[facts[column] == code])


def _score(name: str) -> Callable[[Facts], Any]:
    return lambda facts: facts[name].dropna()


def _responds(code: str, day: int) -> Callable[[Facts], Any]:
    """Share whose score falls by the MIC, among those whose baseline leaves room for it."""
    mic = INSTRUMENTS[code].mic or 0.0

    def statistic(facts: Facts) -> Any:
        pair = facts[[f"{code}_0", f"{code}_{day}"]].dropna().to_numpy()
        pair = pair[pair[:, 0] >= mic]
        return _percent(pd.Series(pair[:, 0] - pair[:, 1] >= mic - 1e-9))

    return statistic


def _answered(day: int) -> Callable[[Facts], Any]:
    """Share with a score in the window, among those out of care before it opened."""
    window = WINDOWS[day]

    def statistic(facts: Facts) -> Any:
        is_due = (facts["observed"] >= window.last_day) & (facts["end_day"] < window.first_day)
        return _percent(facts.loc[is_due, f"nprs_{day}"].notna())

    return statistic


def _return_days(facts: Facts) -> pd.Series:
    """Days from the end of an episode to the start of the patient's next, where there is one."""
    ordered = facts.sort_values(["patient", "start"])
    follows = ordered.groupby("patient")["start"].shift(-1)
    gone = ordered["start"] + pd.to_timedelta(ordered["end_day"], unit="D")
    return (follows - gone).dt.days


def _returned(facts: Facts) -> Any:
    days = _return_days(facts)
    is_known = facts["end_day"] + _RETURN_DAYS <= facts["observed"]
    return _percent(days.reindex(facts.index)[is_known] <= _RETURN_DAYS)


def _median_return(facts: Facts) -> tuple[float, int]:
    days = _return_days(facts).dropna()
    return (float(days.median()) if len(days) else float(np.nan)), len(days)


def _correlation(x: pd.Series, y: pd.Series) -> tuple[float, int]:
    pair = pd.DataFrame({"x": x, "y": y}).dropna()
    if len(pair) < 3:
        return float(np.nan), len(pair)
    return float(pair["x"].corr(pair["y"])), len(pair)


_LEFT = ("self_discharged", "lost_to_follow_up")

_STATISTICS: dict[str, Callable[[Facts], Any]] = {
    **{code: _share("duration", code) for code in DURATIONS},
    **{f"risk_{code}": _share("risk", code) for code in START_BACK_RISKS},
    **{
        f"visits_{code}": _among("duration", code, lambda facts: _settled(facts)["visits"])
        for code in DURATIONS
    },
    **{
        f"{score}_{code}": _among("duration", code, _score(f"{score}_0"))
        for score in ("nprs", "odi")
        for code in DURATIONS
    },
    **{
        f"pain_{code}_{week}": _among("duration", code, _score(f"nprs_{day}"))
        for code in ("acute", "chronic")
        for week, day in ((6, 42), (26, 182), (52, 364))
    },
    **{
        f"disabled_{code}": _among(
            "risk", code, lambda facts: _percent(facts["odi_182"].dropna() > _DISABLED_ABOVE)
        )
        for code in START_BACK_RISKS
    },
    "age_mean": lambda facts: facts["age"].dropna(),
    "female": lambda facts: _percent(facts["sex"].dropna() == "female"),
    "nprs_responders": _responds("nprs", 91),
    "odi_responders": _responds("odi", 91),
    "nprs_responders_6": _among("duration", "chronic", _responds("nprs", 42)),
    "odi_responders_6": _among("duration", "chronic", _responds("odi", 42)),
    "any_no_show": lambda facts: _percent(_settled(facts)["no_shows"] > 0),
    "left": lambda facts: _percent(_settled(facts)["reason"].isin(_LEFT)),
    "answered_13": _answered(91),
    "answered_52": _answered(364),
    "home_exercise": lambda facts: facts["home"].dropna() * 100,
    "returned": _returned,
}
