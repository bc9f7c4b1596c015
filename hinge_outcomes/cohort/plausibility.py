"""What looks odd in lawful records: each thing declared once, as a question and never an error.

The shares above which a question is asked are assumptions. They are set so that records in which
nothing is wrong ask nothing.
"""

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.event_rows import plain_numbers
from hinge_outcomes.cohort.events import working_stages
from hinge_outcomes.cohort.keys import places_in
from hinge_outcomes.cohort.quality_marks import (
    PLAUSIBILITY,
    Marks,
    QualityFacts,
    QualityMeasure,
    records_visits,
)
from hinge_outcomes.domain.instruments import INSTRUMENTS

YOUNGEST, OLDEST = 16, 100
FEW_SCORES = 3
"""Scores that an episode needs before their being all the same means anything."""

JUMP_IN_MICS = 3
STAGE_JUMP = 3

_ROUND_SCORES = (0, 5, 10)
_SATURDAY = 5


def plausibility_measures() -> tuple[QualityMeasure, ...]:
    """List what may look odd.

    Returns
    -------
    tuple of QualityMeasure
        Each with what to ask, and the share above which to ask it.
    """
    return _QUESTIONS


def _ages(facts: QualityFacts) -> Marks:
    episodes, patients = facts.cohort.episodes, facts.cohort.patients
    place = places_in(episodes["patient_id"], pd.Index(patients["patient_id"]))
    age = episodes["start_date"].dt.year.to_numpy() - plain_numbers(patients["birth_year"])[place]
    return facts.of_episodes((age < YOUNGEST) | (age > OLDEST), np.isfinite(age))


def _starts_on_cut(facts: QualityFacts) -> Marks:
    return facts.of_episodes(facts.ahead == 0)


def _starts_on_new_year(facts: QualityFacts) -> Marks:
    start = facts.cohort.episodes["start_date"]
    return facts.of_episodes((start.dt.day_of_year == 1).to_numpy(dtype=bool))


def _overlaps(facts: QualityFacts) -> Marks:
    """Mark an episode that begins before an earlier one of the same patient was closed."""
    episodes = facts.cohort.episodes
    told = pd.DataFrame({"patient_id": episodes["patient_id"], "start": episodes["start_date"]})
    told = told.astype({"patient_id": "object"}).reset_index(drop=True)
    length = np.where(episodes["end_day"].isna(), facts.ahead, plain_numbers(episodes["end_day"]))
    told["end"] = told["start"] + pd.to_timedelta(length, unit="D").astype("timedelta64[s]")
    told = told.sort_values(["patient_id", "start"], kind="stable")
    by_patient = told.groupby("patient_id", sort=False)["end"]
    latest = by_patient.cummax().groupby(told["patient_id"], sort=False).shift()
    return facts.of_episodes((told["start"] < latest).sort_index().to_numpy(dtype=bool))


def _round_scores(facts: QualityFacts) -> Marks | None:
    rows = _scores(facts, "nprs")
    return _or_none(Marks(rows["place"].to_numpy(), np.isin(rows["score"], _ROUND_SCORES)))


def _same_scores(facts: QualityFacts) -> Marks | None:
    scores = _scores(facts, "nprs").groupby("place")["score"]
    seen = scores.agg(["size", "min", "max"])
    seen = seen[seen["size"] >= FEW_SCORES]
    # Pain that stays at 0 is no puzzle.
    is_flat = (seen["min"] == seen["max"]) & (seen["max"] > 0)
    return _or_none(Marks(seen.index.to_numpy(), is_flat.to_numpy(dtype=bool)))


def _score_jumps(facts: QualityFacts) -> Marks | None:
    rows = [_jumps(facts, code) for code in facts.instruments if INSTRUMENTS[code].mic]
    if not rows:
        return None
    found = pd.concat(rows)
    return _or_none(Marks(found["place"].to_numpy(), found["is_jump"].to_numpy(dtype=bool)))


def _jumps(facts: QualityFacts, code: str) -> pd.DataFrame:
    rows = _scores(facts, code)
    step = rows.groupby("place")["score"].diff().abs()
    rows = rows.assign(is_jump=step > JUMP_IN_MICS * (INSTRUMENTS[code].mic or np.inf))
    return rows[step.notna()]


def _scores(facts: QualityFacts, code: str) -> pd.DataFrame:
    """List an instrument's scores by episode and day."""
    outcomes = facts.cohort.outcomes
    rows = pd.DataFrame(
        {
            "place": facts.places("outcomes"),
            "day": plain_numbers(outcomes["measured_day"]),
            "score": outcomes["score"].to_numpy(),
        }
    )
    rows = rows[(outcomes["instrument"] == code).to_numpy(dtype=bool)]
    return rows.sort_values(["place", "day"], kind="stable")


def _stage_jumps(facts: QualityFacts) -> Marks | None:
    if not facts.cohort.has_stages:
        return None
    moves = working_stages(facts.cohort)
    step = moves.groupby("episode_id", sort=False)["stage"].diff().abs()
    moves, step = moves[step.notna()], step[step.notna()]
    ids = pd.Index(facts.cohort.episodes["episode_id"])
    place = places_in(moves["episode_id"], ids)
    return _or_none(Marks(place, (step > STAGE_JUMP).to_numpy(dtype=bool)))


def _weekends(facts: QualityFacts) -> Marks | None:
    if not records_visits(facts):
        return None
    place, day = _attended_days(facts)
    start = facts.cohort.episodes["start_date"].to_numpy("datetime64[D]")[place]
    # 1970-01-01 was a Thursday, the third day of a week that begins on Monday at 0.
    weekday = ((start + day.astype("timedelta64[D]")).astype("int64") + 3) % 7
    return _or_none(Marks(place, weekday >= _SATURDAY))


def _same_day_visits(facts: QualityFacts) -> Marks | None:
    if not records_visits(facts):
        return None
    place, day = _attended_days(facts)
    is_second = pd.DataFrame({"place": place, "day": day}).duplicated()
    return _or_none(Marks(place, is_second.to_numpy(dtype=bool)))


def _attended_days(facts: QualityFacts) -> tuple[np.ndarray, np.ndarray]:
    kept = facts.attended.is_marked
    return facts.attended.episode[kept], plain_numbers(facts.cohort.visits["visit_day"])[kept]


def _or_none(marks: Marks) -> Marks | None:
    return marks if len(marks.episode) else None


def _question(
    name: str, group: str, label: str, unit: str, marks: object, meaning: str, ask_above: float
) -> QualityMeasure:
    return QualityMeasure(
        name, PLAUSIBILITY, group, label, unit, marks, meaning, ask_above  # type: ignore[arg-type]
    )  # fmt: skip


_QUESTIONS = (
    _question(
        "age", "Patients", f"Age at the start below {YOUNGEST} or above {OLDEST}", "episodes",
        _ages, "Is the year of birth right, or was the day of the form typed for it?", 0.0,
    ),
    _question(
        "start_on_cut", "Patients", "Began on the day of the data cut", "episodes",
        _starts_on_cut, "Was the day of the export filled in where the start was blank?", 0.02,
    ),
    _question(
        "start_on_new_year", "Patients", "Began on 1 January", "episodes", _starts_on_new_year,
        "Does 1 January stand for a day that nobody knew?", 0.01,
    ),
    _question(
        "overlap", "Patients", "Began before the patient's earlier episode was closed", "episodes",
        _overlaps, "Is it one course of care entered twice, or was the earlier one never closed?",
        0.01,
    ),
    _question(
        "round_scores", "Scores", "Pain scored 0, 5 or 10", "pain scores", _round_scores,
        "3 of the 11 scores are round, so about a quarter is usual. Is the patient asked, or is "
        "the score guessed?", 0.45,
    ),
    _question(
        "same_scores", "Scores", f"All pain scores the same, of {FEW_SCORES} or more, above 0",
        "episodes", _same_scores, "Is the last score copied from visit to visit?", 0.05,
    ),
    _question(
        "score_jump", "Scores",
        f"Moved by more than {JUMP_IN_MICS} times the change that matters between two scores",
        "pairs of scores", _score_jumps,
        "More than 6 points of pain, or 30 of ODI, from one score to the next: was the scale read "
        "the wrong way round, or typed into another patient's record?", 0.01,
    ),
    _question(
        "stage_jump", "Visits", f"Working stage moved by more than {STAGE_JUMP}", "moves",
        _stage_jumps, "Stages are climbed one by one: is the number right?", 0.0,
    ),
    _question(
        "weekend", "Visits", "Attended on a Saturday or Sunday", "visits", _weekends,
        "Is the clinic open then? If not, dates may be read with day and month swapped.", 0.05,
    ),
    _question(
        "same_day", "Visits", "A further attended visit on the same day", "visits",
        _same_day_visits, "Is one appointment entered twice?", 0.01,
    ),
)  # fmt: skip
