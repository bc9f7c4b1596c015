"""Each mechanism of the simulator leaves its mark on the records, and none when switched off.

Two simulations with the same seed differ in one parameter: as shipped (or stronger, where what
ships is weak) against no effect. z is the difference of the two means over its standard error as
if the runs were independent. A parameter without effect gives z = 0, and the case fails; z of 4
would come up by chance once in 30,000 cases.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.cohort.events import mastery_dates
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.simulation import Scenario, simulate
from hinge_outcomes.simulation.parameters import declared
from hinge_outcomes.simulation.scenario import SECTIONS

LEAST_Z = 4.0
N_EPISODES = 2_500
ALL_AT_ONE = [1.0] + [0.0] * 9

Values = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Facts:
    """A cohort with what the statistics below need, worked out once."""

    cohort: Cohort
    episodes: pd.DataFrame
    visits: pd.DataFrame
    ratings: pd.DataFrame
    scores: pd.DataFrame


@dataclass(frozen=True)
class Case:
    """One parameter, how it is switched off, and what it must change."""

    key: str
    off: Any
    statistic: Callable[[Facts], Values]
    sign: int
    on: Any = None
    both: dict[str, Any] = field(default_factory=dict)


@cache
def simulated(changes: tuple[tuple[str, Any], ...]) -> Facts:
    scenario = Scenario.default().replace(dict(changes))
    cohort = simulate(scenario, n_episodes=N_EPISODES, seed=5)
    episodes = cohort.episodes.set_index("episode_id")
    patients = cohort.patients.set_index("patient_id").reindex(episodes["patient_id"])
    mastered = mastery_dates(cohort).drop_duplicates(["episode_id", "stage"])
    own = mastered.merge(
        cohort.episodes, left_on=["episode_id", "stage"], right_on=["episode_id", "target_stage"]
    )
    visits = cohort.visits
    attended = visits[visits["status"] == "attended"]
    episodes = episodes.assign(
        age=episodes["start_date"].dt.year - patients["birth_year"].to_numpy(),
        sex=patients["sex"].to_numpy(),
        is_second=episodes["patient_id"].duplicated(),
        follow_up=(pd.Timestamp(cohort.cut_of()) - episodes["start_date"]).dt.days,
        mastered_day=own.set_index("episode_id")["mastered_day"],
        n_attended=attended.groupby("episode_id").size(),
        has_left=episodes["end_reason"].isin(["self_discharged", "lost_to_follow_up"]),
        home=attended.groupby("episode_id")["home_exercise_days"].mean(),
    )
    first = cohort.outcomes[cohort.outcomes["measured_day"] == 0]
    for code in ("nprs", "odi"):
        of_code = first[first["instrument"] == code].set_index("episode_id")["score"]
        episodes[f"baseline_{code}"] = of_code
    scores = cohort.outcomes.join(
        episodes[["baseline_nprs", "baseline_odi", "mastered_day", "has_left", "end_day",
                  "symptom_duration", "clinician_id", "clinic_id"]], on="episode_id",
    )  # fmt: skip
    baseline = scores["baseline_nprs"].where(scores["instrument"] == "nprs", scores["baseline_odi"])
    ratings = cohort.assessments.merge(
        visits[["episode_id", "visit_day", "visit_number"]],
        left_on=["episode_id", "assessed_day"],
        right_on=["episode_id", "visit_day"],
    )
    return Facts(
        cohort, episodes, visits, ratings, scores.assign(change=scores["score"] - baseline)
    )


def difference(case: Case) -> float:
    """z of the statistic's mean, on against off."""
    common = tuple((key, _frozen(value)) for key, value in case.both.items())
    on = () if case.on is None else ((case.key, _frozen(case.on)),)
    with_it = case.statistic(simulated(common + on))
    without = case.statistic(simulated((*common, (case.key, _frozen(case.off)))))
    error = np.sqrt(with_it.var(ddof=1) / len(with_it) + without.var(ddof=1) / len(without))
    return float((with_it.mean() - without.mean()) / error)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _of(column: Any) -> Values:
    return pd.Series(column).dropna().to_numpy(dtype=float)


def _product(x: Any, y: Any) -> Values:
    """Per-patient products whose mean is the covariance of two columns."""
    pair = pd.DataFrame({"x": pd.Series(x).astype(float), "y": pd.Series(y).astype(float)}).dropna()
    pair = pair - pair.mean()
    return (pair["x"] * pair["y"]).to_numpy()


def _settled(facts: Facts) -> pd.DataFrame:
    return facts.episodes[facts.episodes["follow_up"] >= 365]


def start_day(facts: Facts) -> Values:
    return _of((facts.episodes["start_date"] - facts.episodes["start_date"].min()).dt.days)


def season(facts: Facts) -> Values:
    day = facts.episodes["start_date"].dt.day_of_year
    return _of(np.cos(2 * np.pi * (day / 365.25 - 1.5 / 12)))


def mastered_by_180(facts: Facts) -> pd.Series:
    settled = _settled(facts)
    return (settled["mastered_day"].astype(float) <= 180).astype(float)


def left(facts: Facts) -> pd.Series:
    return _settled(facts)["has_left"].astype(float)


def column(name: str) -> Callable[[Facts], Values]:
    return lambda facts: _of(facts.episodes[name])


def is_code(name: str, code: str) -> Callable[[Facts], Values]:
    return lambda facts: _of((facts.episodes[name].astype(object) == code).astype(float))


def ended_as(code: str) -> Callable[[Facts], Values]:
    return lambda facts: _of((_settled(facts)["end_reason"].astype(object) == code).astype(float))


def with_column(name: str, outcome: Callable[[Facts], pd.Series]) -> Callable[[Facts], Values]:
    return lambda facts: _product(_settled(facts)[name], outcome(facts))


def with_code(
    name: str, code: str, outcome: Callable[[Facts], pd.Series]
) -> Callable[[Facts], Values]:
    return lambda facts: _product(_settled(facts)[name].astype(object) == code, outcome(facts))


def entry_with(name: str, code: str | None = None) -> Callable[[Facts], Values]:
    def statistic(facts: Facts) -> Values:
        x = facts.episodes[name]
        return _product(
            x if code is None else x.astype(object) == code, facts.episodes["entry_stage"]
        )

    return statistic


def moves(step: int) -> Callable[[Facts], Values]:
    def statistic(facts: Facts) -> Values:
        working = facts.ratings[facts.ratings["is_working_stage"].astype(bool)]
        working = working.sort_values(["episode_id", "assessed_day"])
        change = working.groupby("episode_id")["stage"].diff()
        return _of((change == step).astype(float))

    return statistic


def rating(facts: Facts) -> Values:
    return _of(facts.ratings.loc[facts.ratings["is_working_stage"].astype(bool), "mastery_level"])


def level_is(level: int) -> Callable[[Facts], Values]:
    return lambda facts: _of((facts.ratings["mastery_level"].dropna() == level).astype(float))


def drop_after_automatic(facts: Facts) -> Values:
    """Share of ratings below automatic right after an automatic one of the same stage."""
    rated = facts.ratings.dropna(subset=["mastery_level"])
    rated = rated.sort_values(["episode_id", "stage", "assessed_day"])
    before = rated.groupby(["episode_id", "stage"])["mastery_level"].shift()
    return _of((rated["mastery_level"] < 3)[before == 3].astype(float))


def status_share(status: str) -> Callable[[Facts], Values]:
    return lambda facts: _of((facts.visits["status"].astype(object) == status).astype(float))


def interval(low: int, high: int, *, missed: bool = False) -> Callable[[Facts], Values]:
    """Days to the next appointment, of appointments on days low to high."""

    def statistic(facts: Facts) -> Values:
        visits = facts.visits.sort_values(["episode_id", "visit_number"])
        gap = visits.groupby("episode_id")["visit_day"].diff(-1) * -1
        chosen = visits["visit_day"].between(low, high)
        chosen &= (visits["status"].astype(object) != "attended") == missed
        return _of(gap[chosen])

    return statistic


def interval_spread(facts: Facts) -> Values:
    gaps = interval(0, 30)(facts)
    return (gaps - gaps.mean()) ** 2


def clinic_spread(values: Callable[[Facts], pd.Series], level: str) -> Callable[[Facts], Values]:
    """Squared departures of the means of clinics or clinicians from the overall mean."""

    def statistic(facts: Facts) -> Values:
        found = values(facts)
        means = found.groupby(facts.episodes[level].reindex(found.index)).mean()
        return ((means - found.mean()) ** 2).to_numpy(dtype=float)

    return statistic


def early_interval(facts: Facts) -> pd.Series:
    visits = facts.visits[facts.visits["visit_number"] <= 9]
    days = visits.groupby("episode_id")["visit_day"].max()
    return days[visits.groupby("episode_id").size() == 9]


def missed_squared(facts: Facts) -> Values:
    """Squared departure of a patient's count of no-shows from what chance alone gives."""
    is_missed = facts.visits["status"].astype(object) == "no_show"
    count = is_missed.groupby(facts.visits["episode_id"]).agg(["sum", "size"])
    share = is_missed.mean()
    return _of((count["sum"] - share * count["size"]) ** 2 / (share * count["size"]))


def covered(facts: Facts) -> Values:
    own = facts.visits["episode_id"].map(facts.episodes["clinician_id"])
    return _of((facts.visits["clinician_id"] != own).astype(float))


def rated_share(facts: Facts) -> Values:
    attended = facts.visits[facts.visits["status"].astype(object) == "attended"]
    keys = attended["episode_id"] + attended["visit_day"].astype(str)
    rated = facts.ratings["episode_id"] + facts.ratings["assessed_day"].astype(str)
    return _of(keys.isin(rated).astype(float))


def warm_ups(facts: Facts) -> Values:
    return _of((~facts.ratings["is_working_stage"].astype(bool)).astype(float))


def change_at(day: int, instrument: str, among: str | None = None) -> Callable[[Facts], pd.Series]:
    def statistic(facts: Facts) -> pd.Series:
        near = facts.scores["measured_day"].between(day - 4, day + 22)
        chosen = facts.scores[near & (facts.scores["instrument"] == instrument)]
        if among == "mastered":
            chosen = chosen[chosen["mastered_day"].astype(float) < day - 60]
        if among == "left":
            chosen = chosen[chosen["has_left"] & (chosen["end_day"].astype(float) < day)]
        return chosen.drop_duplicates("episode_id").set_index("episode_id")["change"].dropna()

    return statistic


def array_of(statistic: Callable[[Facts], pd.Series]) -> Callable[[Facts], Values]:
    return lambda facts: statistic(facts).to_numpy(dtype=float)


def squared(statistic: Callable[[Facts], pd.Series]) -> Callable[[Facts], Values]:
    def values(facts: Facts) -> Values:
        found = statistic(facts).to_numpy(dtype=float)
        return (found - found.mean()) ** 2

    return values


def answered(day: int) -> Callable[[Facts], pd.Series]:
    def statistic(facts: Facts) -> pd.Series:
        near = facts.scores["measured_day"].between(day - 3, day + 21)
        settled = facts.episodes[facts.episodes["follow_up"] >= day + 21]
        came = facts.scores.loc[near & (facts.scores["instrument"] == "nprs"), "episode_id"]
        return pd.Series(settled.index.isin(came), index=settled.index).astype(float)

    return statistic


def answered_by(name: str, day: int) -> Callable[[Facts], Values]:
    return lambda facts: _product(
        facts.episodes[name].reindex(answered(day)(facts).index), answered(day)(facts)
    )


def baseline_recorded(facts: Facts) -> Values:
    return _of(facts.episodes["baseline_nprs"].notna().astype(float))


def scores_of(instrument: str) -> Callable[[Facts], Values]:
    def statistic(facts: Facts) -> Values:
        chosen = facts.scores[
            (facts.scores["instrument"] == instrument) & (facts.scores["measured_day"] < 60)
        ]
        count = chosen.groupby("episode_id").size()
        return _of(count.reindex(facts.episodes.index, fill_value=0))

    return statistic


def lateness(facts: Facts) -> Values:
    days = facts.scores["measured_day"].astype(int)
    return _of(days[days.between(355, 390)])


def has_odi_at_364(facts: Facts) -> Values:
    late = facts.scores[facts.scores["measured_day"].between(361, 378)]
    by_patient = late.groupby("episode_id")["instrument"].agg(lambda codes: (codes == "odi").any())
    return _of(by_patient.astype(float))


def closed_after(reason: str) -> Callable[[Facts], Values]:
    def statistic(facts: Facts) -> Values:
        last = facts.visits[facts.visits["status"].astype(object) == "attended"]
        last = last.groupby("episode_id")["visit_day"].max()
        chosen = facts.episodes[facts.episodes["end_reason"].astype(object) == reason]
        return _of(chosen["end_day"] - last.reindex(chosen.index))

    return statistic


def loads(facts: Facts) -> Values:
    return _of(facts.ratings["load_kg"].fillna(0.0))


def falls(facts: Facts) -> pd.Series:
    """By episode, the share of ratings that lie below the one before of the same stage."""
    rated = facts.ratings.dropna(subset=["mastery_level"])
    rated = rated.sort_values(["episode_id", "stage", "assessed_day"])
    before = rated.groupby(["episode_id", "stage"])["mastery_level"].shift()
    is_fall = (rated["mastery_level"] < before)[before.notna()].astype(float)
    return is_fall.groupby(rated["episode_id"]).mean().reindex(facts.episodes.index)


def falls_with(name: str, code: str | None = None) -> Callable[[Facts], Values]:
    def statistic(facts: Facts) -> Values:
        x = facts.episodes[name]
        return _product(x if code is None else x.astype(object) == code, falls(facts))

    return statistic


def moves_without_rating(facts: Facts) -> Values:
    return _of(facts.ratings["mastery_level"].isna().astype(float))


def days_until_return(facts: Facts) -> Values:
    ended = facts.episodes["start_date"] + pd.to_timedelta(facts.episodes["end_day"], unit="D")
    before = ended.groupby(facts.episodes["patient_id"]).shift()
    return _of((facts.episodes["start_date"] - before).dt.days)


def entry_of_second(facts: Facts) -> Values:
    return _of(facts.episodes.loc[facts.episodes["is_second"], "entry_stage"])


def score(instrument: str) -> Callable[[Facts], Values]:
    return lambda facts: _of(facts.scores.loc[facts.scores["instrument"] == instrument, "score"])


def score_spread(instrument: str) -> Callable[[Facts], Values]:
    """Squared departure of a score from what the ODI of that day leads to expect."""

    def statistic(facts: Facts) -> Values:
        wide = facts.scores.pivot(
            index=["episode_id", "measured_day"], columns="instrument", values="score"
        )
        pair = wide[["odi", instrument]].dropna().astype(float)
        slope, level = np.polyfit(pair["odi"], pair[instrument], 1)
        return _of((pair[instrument] - level - slope * pair["odi"]) ** 2)

    return statistic


def steps(facts: Facts) -> Values:
    """Squared differences of an NPRS from the one before, in care."""
    nprs = facts.scores[facts.scores["instrument"] == "nprs"]
    nprs = nprs.sort_values(["episode_id", "measured_day"])
    by_episode = nprs.groupby("episode_id")
    is_near = by_episode["measured_day"].diff().between(5, 10)
    return _of(by_episode["score"].diff()[is_near] ** 2)


def course(instrument: str) -> Callable[[Facts], Values]:
    """All scores of an instrument after day 0."""
    return lambda facts: _of(
        facts.scores.loc[
            (facts.scores["instrument"] == instrument) & (facts.scores["measured_day"] > 0),
            "score",
        ]
    )


MANY_CLINICS = {"clinics.count": 100, "clinics.clinicians": [1]}
ANSWERING_CLINICS = {"clinics.count": 150, "clinics.clinicians": [1],
                     "questionnaires.response": [0.99] * 3}  # fmt: skip
NO_LEAVING = {"loss.per_day": 0.0, "discharge.goals_met": 0.0}
SLIPPING = {"setbacks.per_day": [0.02] * 10, "loss.per_day": 0.0}
FLARING = {"pain.flares_per_year": 12.0}
WEEKLY = {"pain.nprs_weekly_sd": 2.0, "pain.nprs_error_sd": 0.0, "pain.flares_per_year": 0.0,
          "questionnaires.nprs_every_days": 5.0}  # fmt: skip
FURTHER = {"questionnaires.rmdq": 1.0, "questionnaires.psfs": 1.0}
RETURNING = {"recurrence.returns": 1.0}

CASES = [
    Case("calendar.yearly_growth", 0.0, start_day, 1, on=0.5),
    Case("calendar.season_amplitude", 0.0, season, 1, on=0.5),
    Case("calendar.season_peak_month", 8.0, season, 1, on=2.0,
         both={"calendar.season_amplitude": 0.5}),
    Case("people.age_mean", 45.0, column("age"), 1),
    Case("people.age_sd", 5.0, squared(lambda f: f.episodes["age"]), 1),
    Case("people.age_minimum", 60.0, column("age"), -1),
    Case("people.age_maximum", 60.0, column("age"), 1),
    Case("people.female_share", 0.3, is_code("sex", "female"), 1),
    Case("people.other_share", 0.0, is_code("sex", "other"), 1, on=0.1),
    Case("people.start_back_shares", [0.0, 0.0, 1.0], is_code("start_back_risk", "high"), -1),
    Case("people.start_back_missing", 0.0,
         lambda f: _of(f.episodes["start_back_risk"].isna().astype(float)), 1),
    Case("people.start_back_pain_correlation", 0.0,
         lambda f: _product(f.episodes["start_back_risk"].astype(object) == "high",
                            f.episodes["baseline_nprs"]), 1, on=0.6),
    Case("people.duration_shares", [0.0, 0.0, 1.0], is_code("symptom_duration", "chronic"), -1),
    Case("people.adherence_logit_mean", -3.0, column("home"), 1),
    Case("people.adherence_logit_sd", 0.0, squared(lambda f: f.episodes["home"]), 1),
    Case("placement.entry_shares", ALL_AT_ONE, column("entry_stage"), 1),
    Case("placement.target_shares", ALL_AT_ONE, column("target_stage"), 1),
    Case("placement.age_per_decade", 0.0, entry_with("age"), -1, on=-0.2),
    Case("placement.pain_per_point", 0.0, entry_with("baseline_nprs"), -1, on=-0.2),
    Case("placement.start_back_high", 0.0, entry_with("start_back_risk", "high"), -1, on=-1.0),
    Case("placement.target_age_per_decade", 0.0,
         lambda f: _product(f.episodes["age"], f.episodes["target_stage"]), -1, on=-0.2),
    Case("placement.head_start", 0.0,
         lambda f: _of(f.ratings.loc[~f.ratings["is_working_stage"].astype(bool)
                                     & (f.ratings["visit_number"] <= 3), "mastery_level"]), 1),
    Case("learning.dwell_days", [400.0] * 10, array_of(mastered_by_180), 1),
    Case("learning.dwell_shape", [1.0] * 10,
         squared(lambda f: np.log(f.episodes["mastered_day"].dropna().astype(float))), -1,
         on=[4.0] * 10, both=NO_LEAVING),
    Case("learning.frailty_sd", 0.0,
         squared(lambda f: np.log(f.episodes["mastered_day"].dropna().astype(float))), 1,
         on=2.0, both=NO_LEAVING),
    Case("learning.clinic_sd", 0.0, clinic_spread(mastered_by_180, "clinic_id"), 1, on=2.0,
         both=MANY_CLINICS),
    Case("learning.clinician_sd", 0.0, clinic_spread(mastered_by_180, "clinician_id"), 1, on=2.0,
         both=MANY_CLINICS),
    Case("learning.age_per_decade", 0.0, with_column("age", mastered_by_180), -1, on=-0.4),
    Case("learning.subacute", 0.0, with_code("symptom_duration", "subacute", mastered_by_180), -1,
         on=-1.5),
    Case("learning.chronic", 0.0, with_code("symptom_duration", "chronic", mastered_by_180), -1,
         on=-2.0),
    Case("learning.start_back_medium", 0.0,
         with_code("start_back_risk", "medium", mastered_by_180), -1, on=-1.2),
    Case("learning.start_back_high", 0.0, with_code("start_back_risk", "high", mastered_by_180),
         -1, on=-2.5),
    Case("learning.pain_per_point", 0.0, with_column("baseline_nprs", mastered_by_180), -1,
         on=-0.6),
    Case("learning.odi_per_10", 0.0, with_column("baseline_odi", mastered_by_180), -1, on=-0.7),
    Case("learning.adherence", 0.0, with_column("home", mastered_by_180), 1, on=3.0),
    Case("learning.cued_from", 0.0, level_is(0), 1),
    Case("learning.conscious_from", 1.0, level_is(2), 1),
    Case("setbacks.per_day", [0.0] * 10, lambda f: _of(falls(f)), 1, on=[0.02] * 10),
    Case("setbacks.age_per_decade", 0.0, falls_with("age"), 1, on=0.5, both=SLIPPING),
    Case("setbacks.subacute", 0.0, falls_with("symptom_duration", "subacute"), 1, on=1.5,
         both=SLIPPING),
    Case("setbacks.chronic", 0.0, falls_with("symptom_duration", "chronic"), 1, on=1.5,
         both=SLIPPING),
    Case("setbacks.start_back_medium", 0.0, falls_with("start_back_risk", "medium"), 1, on=1.5,
         both=SLIPPING),
    Case("setbacks.start_back_high", 0.0, falls_with("start_back_risk", "high"), 1, on=2.5,
         both=SLIPPING),
    Case("setbacks.pain_per_point", 0.0, falls_with("baseline_nprs"), 1, on=0.5, both=SLIPPING),
    Case("setbacks.odi_per_10", 0.0, falls_with("baseline_odi"), 1, on=0.6, both=SLIPPING),
    Case("setbacks.adherence", 0.0, falls_with("home"), -1, on=-3.0, both=SLIPPING),
    Case("setbacks.decay_per_day", 0.0, drop_after_automatic, 1, on=1.0,
         both={"setbacks.decay_after_days": 5.0}),
    Case("setbacks.decay_after_days", 3650.0, drop_after_automatic, 1, on=5.0,
         both={"setbacks.decay_per_day": 1.0}),
    Case("progression.pace", "own", moves_without_rating, 1),
    Case("progression.pause_days", 0.0, array_of(mastered_by_180), -1, on=60.0,
         both={"progression.pace": "own"}),
    Case("progression.advance_confirmed", 0.0, moves(1), 1),
    Case("progression.advance_first", 0.0, moves(1), 1, on=0.8),
    Case("progression.advance_conscious", 0.0, moves(1), 1, on=0.2),
    Case("progression.back_unable", 0.0, moves(-1), 1),
    Case("progression.back_cued", 0.0, moves(-1), 1, on=0.2),
    Case("visits.early_days", 12.0, interval(0, 20), -1),
    Case("visits.early_count", 0, interval(0, 20), -1),
    Case("visits.later_days", 20.0, interval(70, 140), -1),
    Case("visits.late_days", 5.0, interval(200, 900), 1),
    Case("visits.late_from_day", 1000.0, interval(200, 900), 1),
    Case("visits.clinic_sd", 0.0, clinic_spread(early_interval, "clinic_id"), 1,
         both=MANY_CLINICS, on=0.2),
    Case("visits.jitter_days", 0.0, interval_spread, 1, on=4.0),
    Case("visits.rebook_days", 60.0, interval(200, 900, missed=True), -1),
    Case("visits.no_show", 0.0, status_share("no_show"), 1),
    Case("visits.no_show_sd", 0.0, missed_squared, 1, on=1.2, both=NO_LEAVING),
    Case("visits.cancelled", 0.0, status_share("cancelled"), 1),
    Case("visits.covered", 0.0, covered, 1),
    Case("visits.assessed", 1.0, rated_share, -1),
    Case("visits.warm_up", 0.0, warm_ups, 1),
    Case("visits.rating_error", 0.0, drop_after_automatic, 1, on=0.1),
    Case("visits.flare_visit", 0.0, interval(150, 900), -1, on=0.8, both=FLARING),
    Case("visits.flare_visit_days", 30.0, interval(150, 900), -1, on=1.0,
         both={**FLARING, "visits.flare_visit": 1.0, "visits.late_days": 28.0}),
    Case("visits.load_kg", [0.0] * 10, loads, 1),
    Case("discharge.after_mastery", 0.0, ended_as("mastered"), 1),
    Case("discharge.goals_met", 0.0, ended_as("goals_met"), 1),
    Case("discharge.goals_from_visit", 60, ended_as("goals_met"), 1),
    Case("discharge.goals_pain", 0.0, ended_as("goals_met"), 1),
    Case("discharge.referred_per_day", 0.0, ended_as("referred_out"), 1),
    Case("discharge.referred_pain", 0.0,
         lambda f: _product(_settled(f)["baseline_nprs"],
                            _settled(f)["end_reason"].astype(object) == "referred_out"), 1, on=1.0),
    Case("discharge.administrative", 0.0, ended_as("administrative"), 1, on=0.002),
    Case("loss.per_day", 0.0, array_of(left), 1),
    Case("loss.recorded_pain_per_point", 0.0, with_column("baseline_nprs", left), 1, on=0.5),
    Case("loss.mechanism", "mcar", with_column("baseline_nprs", left), 1,
         both={"loss.recorded_pain_per_point": 0.8}),
    Case("loss.pain_free", 0.0, array_of(left), 1, on=3.0),
    Case("loss.missed", 0.0, array_of(left), 1, on=2.0),
    Case("loss.age_per_decade", 0.0, with_column("age", left), -1, on=-0.4),
    Case("loss.subacute", 0.0, with_code("symptom_duration", "subacute", left), 1, on=1.2),
    Case("loss.chronic", 0.0, with_code("symptom_duration", "chronic", left), 1, on=1.2),
    Case("loss.start_back_medium", 0.0, with_code("start_back_risk", "medium", left), 1, on=1.2),
    Case("loss.start_back_high", 0.0, with_code("start_back_risk", "high", left), 1, on=2.0),
    Case("loss.pain_per_point", 0.0, with_column("baseline_nprs", left), 1, on=0.5),
    Case("loss.odi_per_10", 0.0, with_column("baseline_odi", left), 1, on=0.5),
    Case("loss.adherence", 0.0, with_column("home", left), -1, on=-3.0),
    Case("loss.self_share", 0.0, ended_as("self_discharged"), 1),
    Case("loss.self_days", 0.0, closed_after("self_discharged"), 1),
    Case("loss.closing_from", 80.0, closed_after("lost_to_follow_up"), -1),
    Case("loss.closing_to", 50.0, closed_after("lost_to_follow_up"), 1),
    Case("loss.shift_after_leaving", 0.0, array_of(change_at(182, "nprs", "left")), 1, on=2.0,
         both={"loss.mechanism": "mnar"}),
    Case("recurrence.returns", 0.0, column("is_second"), 1),
    Case("recurrence.median_days", 20.0, days_until_return, 1, both=RETURNING),
    Case("recurrence.kept_stages", 9.0, entry_of_second, 1, on=0.0, both=RETURNING),
    Case("pain.nprs_mean", [4.0, 4.0, 4.0], column("baseline_nprs"), 1),
    Case("pain.odi_mean", [20.0, 20.0, 20.0], column("baseline_odi"), 1),
    Case("pain.nprs_sd", [1.0, 1.0, 1.0], squared(lambda f: f.episodes["baseline_nprs"].dropna()),
         1),
    Case("pain.odi_sd", [5.0, 5.0, 5.0], squared(lambda f: f.episodes["baseline_odi"].dropna()), 1),
    Case("pain.baseline_correlation", 0.0,
         lambda f: _product(f.episodes["baseline_nprs"], f.episodes["baseline_odi"]), 1),
    Case("pain.nprs_response", 0.0, array_of(change_at(91, "nprs")), -1),
    Case("pain.odi_response", 0.0, array_of(change_at(91, "odi")), -1),
    Case("pain.deviation_correlation", 0.0,
         lambda f: _product(change_at(182, "nprs")(f), change_at(182, "odi")(f)), 1),
    Case("pain.nprs_deviation_sd", 0.0, squared(change_at(182, "nprs")), 1),
    Case("pain.odi_deviation_sd", 0.0, squared(change_at(182, "odi")), 1),
    Case("pain.deviation_weeks", 60.0, squared(change_at(91, "odi")), 1),
    Case("pain.nprs_weekly_sd", 0.0, squared(change_at(91, "nprs")), 1, on=2.0),
    Case("pain.odi_weekly_sd", 0.0, squared(change_at(91, "odi")), 1, on=10.0),
    Case("pain.weekly_correlation", 0.0, steps, -1, on=0.9, both=WEEKLY),
    Case("pain.flares_per_year", 0.0, course("nprs"), 1, on=12.0),
    Case("pain.flare_nprs", 0.0, course("nprs"), 1, both=FLARING),
    Case("pain.flare_odi", 0.0, course("odi"), 1, both=FLARING),
    Case("pain.flare_days", 0.5, course("odi"), 1, both=FLARING),
    Case("pain.clinician_icc", 0.0, clinic_spread(change_at(182, "odi"), "clinician_id"), 1,
         on=0.5, both=ANSWERING_CLINICS),
    Case("pain.clinic_icc", 0.0, clinic_spread(change_at(182, "odi"), "clinic_id"), 1, on=0.5,
         both=ANSWERING_CLINICS),
    Case("pain.mastery_nprs", 0.0, array_of(change_at(364, "nprs", "mastered")), -1, on=-2.0),
    Case("pain.mastery_odi", 0.0, array_of(change_at(364, "odi", "mastered")), -1, on=-12.0),
    Case("pain.mastery_days", 365.0, array_of(change_at(182, "odi", "mastered")), -1,
         both={"pain.mastery_odi": -20.0}),
    Case("pain.nprs_error_sd", 0.0, squared(change_at(91, "nprs")), 1, on=1.8),
    Case("pain.odi_error_sd", 0.0, squared(change_at(91, "odi")), 1, on=8.0),
    Case("pain.rmdq_error_sd", 0.0, score_spread("rmdq"), 1, on=4.0, both=FURTHER),
    Case("pain.psfs_error_sd", 0.0, score_spread("psfs"), 1, on=2.0, both=FURTHER),
    Case("pain.rmdq_per_odi", 0.1, score("rmdq"), 1, both=FURTHER),
    Case("pain.psfs_per_odi", 0.05, score("psfs"), -1, both=FURTHER),
    Case("questionnaires.baseline", 1.0, baseline_recorded, -1),
    Case("questionnaires.nprs_every_days", 60.0, scores_of("nprs"), 1),
    Case("questionnaires.odi_every_days", 60.0, scores_of("odi"), 1),
    Case("questionnaires.in_care", 0.0, scores_of("nprs"), 1),
    Case("questionnaires.rmdq", 0.0, scores_of("rmdq"), 1),
    Case("questionnaires.psfs", 0.0, scores_of("psfs"), 1),
    Case("questionnaires.mechanism", "mcar", answered_by("has_left", 364), -1, on="mar",
         both={"questionnaires.response_left": -2.0}),
    Case("questionnaires.response", [0.99, 0.99, 0.99], array_of(answered(364)), -1),
    Case("questionnaires.response_left", 0.0, answered_by("has_left", 364), -1, on=-2.0),
    Case("questionnaires.response_pain", 0.0, answered_by("baseline_nprs", 364), -1, on=-1.0),
    Case("questionnaires.late_days", 0.0, lateness, 1),
    Case("questionnaires.odi_blank", 0.0, has_odi_at_364, -1),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
def test_mechanism_leaves_its_mark(case: Case) -> None:
    """Switching the parameter off changes what it is meant to change, in the right direction."""
    assert case.sign * difference(case) > LEAST_Z


def test_every_mechanism_of_the_scenario_has_a_case() -> None:
    """No claim about patients goes without a case; only settings of range and size may."""
    rules = {
        f"{section}.{name}": rule
        for section, kind in SECTIONS.items()
        for name, rule in declared(kind).items()
    }
    tried = {case.key for case in CASES}
    claims = {key for key, rule in rules.items() if rule.mark != "-"}
    assert claims - tried == set()
    assert tried - set(rules) == set()


def test_no_effect_gives_no_difference() -> None:
    """The same scenario twice gives z = 0, so a case can only pass by an effect."""
    case = Case("visits.no_show", 0.0, status_share("no_show"), 1, on=0.0)
    assert difference(case) == 0.0
