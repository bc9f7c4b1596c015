"""How many random draws an episode truly needs, and how long NumPy takes for just those."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hinge_outcomes.domain.states import END_REASONS
from hinge_outcomes.simulation.inputs import Places
from hinge_outcomes.simulation.observation import ATTENDED
from hinge_outcomes.simulation.questionnaires import MAILED_DAYS
from hinge_outcomes.simulation.records import (
    DECAYED,
    FLARE_UP,
    LEARNED,
    LEFT,
    MISSING,
    NEVER,
    NPRS,
    ODI,
    SETBACK,
    Sheets,
)
from hinge_outcomes.simulation.scenario import Scenario

UNIFORM, NORMAL, EXPONENTIAL = "uniform", "normal", "exponential"

_BLOCK = 1_000  # episodes whose draws are made at once, into arrays used again and again
_MASTERED, _GOALS, _ADMINISTRATIVE = (
    END_REASONS.index(name) for name in ("mastered", "goals_met", "administrative")
)


@dataclass(frozen=True)
class Draws:
    """Hold how many draws of which kind a mechanism needs, in total over a run."""

    mechanism: str
    kind: str
    count: float


def needed_draws(sheets: Sheets, scenario: Scenario, places: Places) -> list[Draws]:
    """Count the draws that a simulated run truly needs, from what came of them.

    Only what a result hangs on is counted, not the unused places of a block: no attendance of who
    has left, no discharge of who has not mastered, no week after the last score. Where a draw that
    came to nothing leaves no trace, the expected number stands in: successes over probability.
    Draws that are rare and leave no trace (the direction of a wrong rating, the clock of a stage
    that is met again when automatic) are left out, so the count is a little too low, if anything.
    The scenario's pace must be that of the visits, and no flare-up may bring a visit forward.

    Parameters
    ----------
    sheets : Sheets
        A run that keeps the truth.
    scenario : Scenario
        Its scenario.
    places : Places
        Its clinics.

    Returns
    -------
    list of Draws
        By mechanism, in the order in which an episode meets them.
    """
    if scenario.progression.pace != "visits" or scenario.visits.flare_visit > 0:
        raise ValueError("Draws are counted for pace 'visits' without early visits at flare-ups.")
    return [
        *_day_0(sheets, scenario),
        *_path(sheets),
        *_appointments(sheets, scenario, places),
        *_assessments(sheets),
        *_scores(sheets, scenario),
    ]


def _day_0(sheets: Sheets, scenario: Scenario) -> list[Draws]:
    episodes = sheets.episodes
    n, n_second = len(episodes), int(episodes["is_second"].sum())
    n_patients, firsts = n - n_second, episodes[episodes["is_second"] == 0]
    n_ended = int((firsts["end_day"] != MISSING).sum())
    return [
        Draws("patient: clinic, clinician, age, sex, start", UNIFORM, 5 * n_patients),
        Draws("patient: home exercise, no-shows, frailty", NORMAL, 3 * n_patients),
        Draws("day 0: duration, is risk recorded", UNIFORM, 2 * n),
        Draws("day 0: scores, risk, placement, deviations", NORMAL, 7 * n),
        Draws("does the patient come back", UNIFORM, n_ended),
        Draws("when the patient comes back", EXPONENTIAL, n_second),
    ]


def _path(sheets: Sheets) -> list[Draws]:
    n, events = len(sheets.episodes), np.bincount(sheets.events["kind"], minlength=8)
    left = sheets.episodes["left"] < NEVER
    return [
        Draws("budgets of loss, referral, setbacks", EXPONENTIAL, 3 * n + events[SETBACK]),
        Draws("flare-ups", EXPONENTIAL, n + events[FLARE_UP]),
        Draws(
            "days a stage takes, also after setbacks and decay",
            EXPONENTIAL,
            _stages_met(sheets) + events[SETBACK] + events[DECAYED],
        ),
        Draws("clock of decay", EXPONENTIAL, events[LEARNED]),
        Draws("leaving: says so or not, closing day", UNIFORM, 2 * events[LEFT]),
        Draws(
            "leaving in silence: visits missed", UNIFORM,
            int((_away_visits(sheets)[left] > 0).sum()),
        ),
    ]  # fmt: skip


def _stages_met(sheets: Sheets) -> int:
    rows = sheets.assessments
    return len(np.unique(rows["episode"].astype(np.int64) * 16 + rows["stage"]))


def _is_away(sheets: Sheets) -> Any:
    """Whether the patient had left before an appointment."""
    visits = sheets.visits
    return visits["day"] >= sheets.episodes["left"][visits["episode"]]


def _away_visits(sheets: Sheets) -> Any:
    places = sheets.visits["episode"][_is_away(sheets)]
    return np.bincount(places, minlength=len(sheets.episodes))


def _appointments(sheets: Sheets, scenario: Scenario, places: Places) -> list[Draws]:
    visits, episodes, discharge = sheets.visits, sheets.episodes, scenario.discharge
    is_later, is_away = visits["number"] > 1, _is_away(sheets)
    is_kept = visits["status"] == ATTENDED
    own = episodes["clinician"][visits["episode"]]
    has_colleagues = places.clinics["n_clinicians"][episodes["clinic"][visits["episode"]]] > 1
    reasons = episodes["end_reason"]
    n_mastered, n_goals = int((reasons == _MASTERED).sum()), int((reasons == _GOALS).sum())
    n_planned = n_mastered + n_goals + int((reasons == _ADMINISTRATIVE).sum())
    n_later = int((is_kept & is_later).sum())
    return [
        Draws("appointment: attended", UNIFORM, int((is_later & ~is_away).sum())),
        Draws("appointment: held by a colleague", UNIFORM, int(has_colleagues.sum())),
        Draws("appointment: which colleague", UNIFORM, int((visits["clinician"] != own).sum())),
        Draws(
            "appointment: days to the next",
            UNIFORM,
            len(visits) - n_planned - int((_away_visits(sheets) > 0).sum()),
        ),
        Draws("visit: home exercise", UNIFORM, int(is_kept.sum())),
        Draws("visit: is the stage rated", UNIFORM, n_later),
        Draws(
            "visit: discharge once mastered", UNIFORM,
            _tries(n_mastered, discharge.after_mastery),
        ),
        Draws("visit: goals met", UNIFORM, _tries(n_goals, discharge.goals_met)),
        Draws("visit: administrative end", UNIFORM, n_later - n_mastered - n_goals),
    ]  # fmt: skip


def _assessments(sheets: Sheets) -> list[Draws]:
    rows = sheets.assessments
    occasion = rows["episode"].astype(np.int64) * 65_536 + rows["day"]
    first = np.flatnonzero(np.r_[True, occasion[1:] != occasion[:-1]])
    n_occasions = len(first)
    is_rated = rows["level"] != MISSING
    rated_stage = np.maximum.reduceat(np.where(is_rated, rows["stage"], 0), first)
    moved_to = np.maximum.reduceat(np.where(rows["is_working"] == 1, rows["stage"], 0), first)
    may_warm_up = (rated_stage > 1) & (moved_to >= rated_stage)
    return [
        Draws("rating: error", UNIFORM, int(is_rated.sum())),
        Draws("rating: move up or back", UNIFORM, n_occasions - len(sheets.episodes)),
        Draws("rating: is the stage below rated", UNIFORM, int(may_warm_up.sum())),
        Draws("rating: load", UNIFORM, int((rows["load"] >= 0).sum())),
    ]


def _scores(sheets: Sheets, scenario: Scenario) -> list[Draws]:
    scores, visits, episodes = sheets.scores, sheets.visits, sheets.episodes
    asked, n = scenario.questionnaires, len(episodes)
    kept = visits[visits["status"] == ATTENDED]
    at_visit = np.isin(_key(scores), _key(kept)) & (scores["day"] > 0)
    is_mailed = ~np.isin(_key(scores), _key(kept))
    is_nprs, is_odi = scores["instrument"] == NPRS, scores["instrument"] == ODI
    n_later = int((at_visit & (is_nprs | is_odi)).sum())
    n_due = sum(int((episodes["horizon"] >= day).sum()) for day in MAILED_DAYS)
    last_week = np.full(n, -1)
    np.maximum.at(last_week, scores["episode"], scores["day"] // 7)
    return [
        Draws("score at a visit: recorded", UNIFORM, 2 * n + _tries(n_later, asked.in_care)),
        Draws("score: RMDQ and PSFS asked", UNIFORM, 2 * int(is_odi.sum())),
        Draws("questionnaire: day, answered", UNIFORM, 2 * n_due),
        Draws("questionnaire: without ODI", UNIFORM, int((is_mailed & is_nprs).sum())),
        Draws("good and bad weeks up to the last score", NORMAL, 2 * int((last_week + 1).sum())),
        Draws("score: measurement error", NORMAL, len(scores)),
    ]


def _key(rows: Any) -> Any:
    return rows["episode"].astype(np.int64) * 65_536 + rows["day"]


def _tries(successes: int, probability: float) -> float:
    return successes / probability if probability > 0 else 0.0


def draws_per_episode(draws: list[Draws], n_episodes: int) -> dict[str, float]:
    """Sum the draws of a run by kind, for an average episode."""
    return {
        kind: sum(each.count for each in draws if each.kind == kind) / n_episodes
        for kind in (UNIFORM, NORMAL, EXPONENTIAL)
    }


def draw_barely(rng: np.random.Generator, per_episode: dict[str, float], n_episodes: int) -> float:
    """Draw just so many numbers for so many episodes, and do nothing with them."""
    arrays = {kind: np.empty(round(count * _BLOCK)) for kind, count in per_episode.items()}
    for _ in range(n_episodes // _BLOCK):
        rng.random(out=arrays[UNIFORM])
        rng.standard_normal(out=arrays[NORMAL])
        rng.standard_exponential(out=arrays[EXPONENTIAL])
    return n_episodes // _BLOCK * _BLOCK
