"""What should stand in the records of every episode, and whether it does."""

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.event_rows import plain_numbers
from hinge_outcomes.cohort.quality_marks import (
    COMPLETENESS,
    Bools,
    Marks,
    QualityFacts,
    QualityMeasure,
    records_visits,
)
from hinge_outcomes.cohort.windows import match_windows
from hinge_outcomes.domain.follow_up import BASELINE, FOLLOW_UPS, Window
from hinge_outcomes.domain.instruments import INSTRUMENTS

DAY_0, VISITS = "On day 0", "At attended visits"

_DAY_SPAN = 2**17
"""More days than a table can hold: (episode, day) becomes one whole number."""


def completeness_measures(facts: QualityFacts) -> tuple[QualityMeasure, ...]:
    """List what should be there in these records.

    Parameters
    ----------
    facts : QualityFacts
        The facts; of the questionnaires, those expected at every follow-up are listed.

    Returns
    -------
    tuple of QualityMeasure
        Facts of day 0, scores by follow-up, stages by visit. A follow-up is looked at in those
        episodes whose window had closed by the data cut.
    """
    scores = [
        _score(code, window) for code in facts.instruments for window in (BASELINE, *FOLLOW_UPS)
    ]
    return (*_DAY_0, *scores, *_VISITS)


def is_due(facts: QualityFacts, window: Window) -> Bools:
    """Tell in which episodes a score's window had closed by the data cut.

    Parameters
    ----------
    facts : QualityFacts
        The facts.
    window : Window
        The baseline or a follow-up.

    Returns
    -------
    array of bool
        One per episode; a score still missing there is missing for good.
    """
    return np.asarray(facts.ahead >= window.last_day)


def is_scored(facts: QualityFacts, code: str, window: Window) -> Bools:
    """Tell which episodes have a score inside a window.

    Parameters
    ----------
    facts : QualityFacts
        The facts.
    code : str
        Of the instrument.
    window : Window
        The baseline or a follow-up.

    Returns
    -------
    array of bool
        One per episode.
    """
    outcomes = facts.cohort.outcomes
    of_tool = outcomes[(outcomes["instrument"] == code).to_numpy(dtype=bool)]
    found = match_windows(of_tool, [window.target_day])
    ids = facts.cohort.episodes["episode_id"]
    return np.asarray(ids.isin(found["episode_id"]), dtype=bool)


def is_recorded_at_visit(facts: QualityFacts, has_it: pd.Series) -> Marks | None:
    """Mark the attended visits on whose day a stage was recorded.

    Parameters
    ----------
    facts : QualityFacts
        The facts.
    has_it : Series of bool
        Which rows of ``assessments`` record it.

    Returns
    -------
    Marks or None
        One per attended visit; None where visits or stages were never recorded.
    """
    if not records_visits(facts) or not facts.cohort.has_stages:
        return None
    kept = facts.attended.is_marked
    episode = facts.attended.episode[kept]
    visited = episode * _DAY_SPAN + plain_numbers(facts.cohort.visits["visit_day"])[kept]
    rows = facts.cohort.assessments
    rated = facts.places("assessments") * _DAY_SPAN + plain_numbers(rows["assessed_day"])
    return Marks(episode, np.isin(visited, rated[has_it.to_numpy(dtype=bool)]))


def _score(code: str, window: Window) -> QualityMeasure:
    tool = INSTRUMENTS[code]
    return QualityMeasure(
        f"{code}_{window.target_day}",
        COMPLETENESS,
        f"{tool.measures.capitalize()} ({code.upper()})",
        window.name.capitalize(),
        "episodes due",
        lambda facts: facts.of_episodes(is_scored(facts, code, window), is_due(facts, window)),
    )


def _fact(column: str, label: str) -> QualityMeasure:
    return QualityMeasure(
        column,
        COMPLETENESS,
        DAY_0,
        label,
        "episodes",
        lambda facts: facts.of_episodes(facts.cohort.episodes[column].notna().to_numpy(dtype=bool)),
    )


def _personal(column: str, label: str) -> QualityMeasure:
    def marks(facts: QualityFacts) -> Marks:
        patients = facts.cohort.patients
        is_known = patients[column].notna() & (patients[column].astype("object") != "unknown")
        known = patients.loc[is_known.to_numpy(dtype=bool), "patient_id"]
        whose = facts.cohort.episodes["patient_id"]
        return facts.of_episodes(whose.isin(known).to_numpy(dtype=bool))

    return QualityMeasure(column, COMPLETENESS, DAY_0, label, "episodes", marks)


def _stage(column: str, label: str) -> QualityMeasure:
    fact = _fact(column, label)
    return QualityMeasure(
        column,
        COMPLETENESS,
        DAY_0,
        label,
        "episodes",
        lambda facts: fact.marks(facts) if facts.cohort.has_stages else None,
    )


def _is_working(facts: QualityFacts) -> Marks | None:
    # A stage rated that day is the working stage where none is marked, so that counts as well.
    rows = facts.cohort.assessments
    return is_recorded_at_visit(facts, rows["is_working_stage"].fillna(True).astype(bool))


def _is_rated(facts: QualityFacts) -> Marks | None:
    return is_recorded_at_visit(facts, facts.cohort.assessments["mastery_level"].notna())


_DAY_0 = (
    _personal("sex", "Sex"),
    _personal("birth_year", "Year of birth"),
    _fact("symptom_duration", "Duration of symptoms"),
    _fact("start_back_risk", "STarT Back class"),
    _stage("entry_stage", "Entry stage"),
    _stage("target_stage", "Target stage"),
)

_VISITS = (
    QualityMeasure("working_stage", COMPLETENESS, VISITS, "Working stage", "visits", _is_working),
    QualityMeasure("rating", COMPLETENESS, VISITS, "A stage rated", "visits", _is_rated),
)
