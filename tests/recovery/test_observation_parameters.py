"""Parameters of observation are recovered from the tables alone: |z| < 4 at a fixed seed."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import hinge_outcomes as ho
from hinge_outcomes.simulation.calibration import followed_up
from hinge_outcomes.simulation.inputs import start_weights

MOST_Z = 4.0
N_EPISODES = 8_000

# Differences between patients and clinics off, and answers missing at random, so that a share in
# the tables is the parameter itself.
SCENARIO = followed_up(
    ho.Scenario.default().replace(
        {
            "visits.no_show_sd": 0.0, "visits.clinic_sd": 0.0, "questionnaires.mechanism": "mcar",
            "recurrence.returns": 0.0, "loss.mechanism": "mcar",
        }
    ),
    450,
)  # fmt: skip


@cache
def cohort() -> ho.Cohort:
    """Records with complete follow-up."""
    return ho.simulate(SCENARIO, n_episodes=N_EPISODES, seed=31)


def check_share(is_met: np.ndarray | pd.Series, expected: float) -> None:
    """A share of independent events lies within four standard errors of the parameter."""
    values = np.asarray(is_met, dtype=float)
    assert len(values) > 500
    error = np.sqrt(expected * (1 - expected) / len(values))
    assert abs(values.mean() - expected) < MOST_Z * error


def check_mean(values: np.ndarray | pd.Series, expected: float) -> None:
    """A mean lies within four standard errors of the parameter."""
    numbers = np.asarray(values, dtype=float)
    assert len(numbers) > 500
    assert abs(numbers.mean() - expected) < MOST_Z * numbers.std() / np.sqrt(len(numbers))


def later_visits() -> pd.DataFrame:
    """Appointments after the first of those who have not left yet: no further one follows."""
    visits = cohort().visits
    episodes = cohort().episodes.set_index("episode_id")
    planned = episodes.index[episodes["end_reason"].isin(["mastered", "goals_met"])]
    return visits[(visits["visit_number"] > 1) & visits["episode_id"].isin(planned)]


def test_appointments_are_missed_and_cancelled_as_often_as_stated() -> None:
    """Among those who stay to a planned end, all appointments but the first and the last."""
    visits = later_visits()
    inner = visits[
        visits["visit_number"] < visits.groupby("episode_id")["visit_number"].transform("max")
    ]
    status = inner["status"].astype(object)
    check_share(status == "no_show", SCENARIO.visits.no_show)
    check_share(status == "cancelled", SCENARIO.visits.cancelled)


def test_colleagues_cover_visits() -> None:
    """Where a clinic has colleagues, another clinician holds so many visits."""
    visits = cohort().visits
    own = cohort().episodes.set_index("episode_id")["clinician_id"]
    check_share(
        visits["clinician_id"].to_numpy() != own.reindex(visits["episode_id"]).to_numpy(),
        SCENARIO.visits.covered,
    )


def test_stages_are_rated_and_warmed_up_as_often_as_stated() -> None:
    """The working stage at attended visits after the first; the stage below, if not moved to."""
    visits = later_visits()
    attended = visits[visits["status"] == "attended"]
    days = pd.MultiIndex.from_frame(attended[["episode_id", "visit_day"]])
    rated = cohort().assessments
    check_share(
        days.isin(pd.MultiIndex.from_frame(rated[["episode_id", "assessed_day"]])),
        SCENARIO.visits.assessed,
    )
    of_day = rated.dropna(subset="mastery_level").groupby(["episode_id", "assessed_day"])["stage"]
    unmoved = rated[rated["is_working_stage"].astype(bool)].set_index(
        ["episode_id", "assessed_day"]
    )["stage"]
    top = of_day.max()
    is_free = (top > 1) & (unmoved.reindex(top.index) >= top)
    check_share(of_day.size()[is_free] == 2, SCENARIO.visits.warm_up)


@pytest.mark.parametrize("is_early", [True, False])
def test_visits_keep_their_interval(is_early: bool) -> None:
    """Days to the next appointment after one that was kept: the plan, rounded, and weekends."""
    visits = cohort().visits.sort_values(["episode_id", "visit_number"])
    start = cohort().episodes.set_index("episode_id")["start_date"]
    next_day = visits.groupby("episode_id")["visit_day"].shift(-1)
    n_attended = (visits["status"] == "attended").groupby(visits["episode_id"]).cumsum()
    weekday = (
        start.reindex(visits["episode_id"]).to_numpy()
        + pd.to_timedelta(visits["visit_day"].astype(int), unit="D").to_numpy()
    ).astype("datetime64[D]")
    chosen = (visits["status"] == "attended") & next_day.notna() & (visits["visit_day"] < 100)
    chosen &= (n_attended < SCENARIO.visits.early_count) == is_early
    planned = SCENARIO.visits.early_days if is_early else SCENARIO.visits.later_days
    jitter = SCENARIO.visits.jitter_days
    u = (np.arange(20_000) + 0.5) / 20_000
    due = np.floor(planned + jitter * (2 * u - 1) + 0.5).clip(1)
    expected = np.zeros(int(chosen.sum()))
    of_week = (weekday[chosen.to_numpy()].astype(np.int64) + 3) % 7
    for day in range(5):
        lands = (day + due) % 7
        moved = due + np.where(lands == 5, 2, np.where(lands == 6, 1, 0))
        expected[of_week == day] = moved.mean()
    found = (next_day - visits["visit_day"])[chosen].to_numpy(dtype=float)
    check_mean(found - expected, 0.0)


def test_home_exercise_follows_the_stated_logit() -> None:
    """Mean days of seven are those of a logit-normal share."""
    z = norm.ppf((np.arange(100_000) + 0.5) / 100_000)
    people = SCENARIO.people
    share = 1 / (1 + np.exp(-people.adherence_logit_mean - people.adherence_logit_sd * z))
    first = cohort().visits[cohort().visits["visit_number"] == 1]
    check_mean(first["home_exercise_days"] / 7, float(share.mean()))


def test_questionnaires_are_recorded_and_answered_as_often_as_stated() -> None:
    """On day 0, and at 13, 26 and 52 weeks by those who have left care."""
    scores = cohort().outcomes
    first = scores[(scores["measured_day"] == 0) & (scores["instrument"] == "nprs")]
    episodes = cohort().episodes.set_index("episode_id")
    asked = SCENARIO.questionnaires
    check_share(episodes.index.isin(first["episode_id"]), asked.baseline)
    for day, share in zip((91, 182, 364), asked.response, strict=True):
        gone = episodes.index[(episodes["end_day"] < day - 3).fillna(False)]
        near = scores[scores["measured_day"].between(day - 3, day + 21)]
        answered = near[near["instrument"] == "nprs"]
        check_share(gone.isin(answered["episode_id"]), share)
        lateness = answered.loc[answered["episode_id"].isin(gone), "measured_day"] - day
        check_mean(lateness, (asked.late_days - 3) / 2)
        with_odi = near[near["instrument"] == "odi"]["episode_id"]
        who = answered.loc[answered["episode_id"].isin(gone), "episode_id"]
        check_share(who.isin(with_odi), 1 - asked.odi_blank)


@pytest.mark.parametrize("instrument", ["rmdq", "psfs"])
def test_further_instruments_are_asked_with_the_odi(instrument: str) -> None:
    """On so many of the days with an ODI, and on no other."""
    scores = cohort().outcomes
    days = {
        code: pd.MultiIndex.from_frame(
            scores.loc[scores["instrument"] == code, ["episode_id", "measured_day"]]
        )
        for code in ("odi", instrument)
    }
    assert days[instrument].isin(days["odi"]).all()
    check_share(days["odi"].isin(days[instrument]), getattr(SCENARIO.questionnaires, instrument))


def test_starts_follow_weekday_trend_and_season() -> None:
    """Starts by calendar month are those of the stated weights: chi-squared over 36 months."""
    first = pd.Timestamp(SCENARIO.calendar.first_start)
    weights = np.diff(start_weights(SCENARIO), prepend=0.0)
    months = pd.date_range(first, periods=len(weights)).to_period("M")
    expected = pd.Series(weights, index=months).groupby(level=0).sum() * N_EPISODES
    starts = cohort().episodes["start_date"]
    found = starts.dt.to_period("M").value_counts().reindex(expected.index, fill_value=0)
    chi = float(((found - expected) ** 2 / expected).sum())
    degrees = len(expected) - 1
    assert abs(chi - degrees) < MOST_Z * np.sqrt(2 * degrees)
    assert (starts.dt.day_of_week < 5).all()


@pytest.mark.parametrize(
    ("column", "key"),
    [
        ("symptom_duration", "duration_shares"),
        ("start_back_risk", "start_back_shares"),
    ],
)  # fmt: skip
def test_shares_of_patients_are_those_stated(column: str, key: str) -> None:
    """Every class of duration and risk."""
    known = cohort().episodes[column].dropna()
    for code, share in zip(known.dtype.categories, getattr(SCENARIO.people, key), strict=True):
        check_share(known.astype(object) == code, share)


def test_sexes_are_those_stated() -> None:
    """Women, and people recorded as other."""
    sex = cohort().patients["sex"].astype(object)
    check_share(sex == "female", SCENARIO.people.female_share)
    check_share(sex == "other", SCENARIO.people.other_share)


def test_leavers_are_closed_as_stated() -> None:
    """Those who say so, and the days after which the others' records are closed."""
    episodes = cohort().episodes
    left = episodes[episodes["end_reason"].isin(["self_discharged", "lost_to_follow_up"])]
    loss = SCENARIO.loss
    check_share(left["end_reason"] == "self_discharged", loss.self_share)
    lost = left[left["end_reason"] == "lost_to_follow_up"].set_index("episode_id")["end_day"]
    visits = cohort().visits
    last = visits[visits["status"] == "attended"].groupby("episode_id")["visit_day"].max()
    wait = (lost - last.reindex(lost.index)).astype(float)
    assert wait.min() >= loss.closing_from
    check_mean(wait, (loss.closing_from + loss.closing_to) / 2)
