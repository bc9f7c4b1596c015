"""A cohort as rows of the capture kit's forms, for a clinic that moves over to it."""

import json

import pandas as pd

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.capture_forms import COURSE, QUESTIONNAIRE, RATING, VISIT

_DAY = ["episode_id", "day"]
_DAYS = {"visits": "visit_day", "assessments": "assessed_day", "outcomes": "measured_day"}


def fill_forms(cohort: Cohort) -> dict[str, pd.DataFrame]:
    """Write a cohort as rows of the four forms.

    What was rated and scored on the day of a kept appointment stands in its row, as far as there
    are columns for it; the rest has rows of its own.

    Parameters
    ----------
    cohort : Cohort
        The records.

    Returns
    -------
    dict of str to DataFrame
        By name of the form: a column per question, named as the question is; days are dates,
        codes are those of the tables, items are JSON text; null where nothing is known. The form
        of visits also has ``visit_number``.

    Raises
    ------
    DataError
        If the cohort holds what no form asks: patients without a course, the clinic's own columns,
        dates that were reduced to years.
    """
    _check_askable(cohort)
    starts = cohort.episodes.set_index("episode_id")["start_date"]
    tables = {}
    for table, day in _DAYS.items():
        frame = getattr(cohort, table).rename(columns={day: "day"})
        began = starts.reindex(frame["episode_id"]).to_numpy()
        tables[table] = frame.assign(date=began + pd.to_timedelta(frame["day"], unit="D"))
    visits = _carriers(tables["visits"])
    assessments = _place_ratings(tables["assessments"], visits)
    outcomes = _place_scores(tables["outcomes"], visits)
    is_rest = assessments["place"] == RATING.name
    return {
        COURSE.name: _courses(cohort),
        VISIT.name: _visit_rows(visits, assessments[~is_rest], outcomes),
        RATING.name: _rows(
            assessments[is_rest],
            rated_case="episode_id",
            rated_on="date",
            rated_stage="stage",
            rated_level="mastery_level",
            rated_load_kg="load_kg",
            rated_is_working="is_working_stage",
        ),
        QUESTIONNAIRE.name: _rows(
            outcomes[outcomes["place"] == QUESTIONNAIRE.name],
            score_case="episode_id",
            score_date="date",
            score_instrument="instrument",
            score="score",
            score_items="answers",
        ),
    }


def _check_askable(cohort: Cohort) -> None:
    if cohort.is_deidentified:
        raise DataError(
            "The dates of this cohort were reduced to years, so it fills no capture kit. Take the "
            "records from which it was made."
        )
    if cohort.extra_columns:
        names = ", ".join(column.name for column in cohort.extra_columns)
        raise DataError(f"The capture kit has no question for {names}. Leave these columns out.")
    n_without = int((~cohort.patients["patient_id"].isin(cohort.episodes["patient_id"])).sum())
    if n_without:
        raise DataError(
            f"{n_without:,} patients have no course of care, and the capture kit has one row per "
            "course. Select the patients who have one."
        )


def _courses(cohort: Cohort) -> pd.DataFrame:
    frame = cohort.episodes.merge(cohort.patients, on="patient_id", how="left", validate="m:1")
    closed_on = frame["start_date"] + pd.to_timedelta(frame["end_day"], unit="D")
    columns = {question.name: question.column for question in COURSE.questions}
    rows = _rows(frame.assign(end_day=closed_on), **columns)
    return rows.assign(clinic=frame["clinic_id"].to_numpy())


def _carriers(visits: pd.DataFrame) -> pd.DataFrame:
    """Mark the appointments, one a day, in whose row the day's ratings and scores stand."""
    is_kept = visits["status"] == "attended"
    is_first = ~visits[is_kept].duplicated(_DAY)
    return visits.assign(carries=is_first.reindex(visits.index, fill_value=False))


def _is_carried(frame: pd.DataFrame, visits: pd.DataFrame) -> pd.Series:
    days = pd.MultiIndex.from_frame(visits.loc[visits["carries"], _DAY])
    return pd.Series(pd.MultiIndex.from_frame(frame[_DAY]).isin(days), index=frame.index)


def _place_ratings(assessments: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Say where each rating stands: the working stage, the one beside it, or a row of its own."""
    carried = _is_carried(assessments, visits)
    working = assessments["is_working_stage"]
    is_working = carried & working.fillna(False).astype(bool)
    beside = assessments[carried & ~working.fillna(True).astype(bool)]
    is_beside = (~beside.duplicated(_DAY)).reindex(assessments.index, fill_value=False)
    place = pd.Series(RATING.name, index=assessments.index)
    return assessments.assign(place=place.mask(is_working, "working").mask(is_beside, "beside"))


def _place_scores(outcomes: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    items = outcomes["items"] if "items" in outcomes else pd.Series(None, index=outcomes.index)
    answers = [None if not isinstance(given, list) else json.dumps(given) for given in items]
    asked = {question.instrument for question in VISIT.questions} - {""}
    in_row = _is_carried(outcomes, visits) & outcomes["instrument"].isin(asked) & items.isna()
    place = outcomes["instrument"].astype("object").where(in_row, QUESTIONNAIRE.name)
    return outcomes.assign(place=place, answers=pd.Series(answers, outcomes.index, dtype="object"))


def _visit_rows(
    visits: pd.DataFrame, assessments: pd.DataFrame, outcomes: pd.DataFrame
) -> pd.DataFrame:
    joined = visits.assign(is_carrier=visits["carries"])
    parts = [
        _beside(assessments, "working", stage="stage", rating="mastery_level", load_kg="load_kg"),
        _beside(
            assessments,
            "beside",
            also_stage="stage",
            also_rating="mastery_level",
            also_load_kg="load_kg",
        ),
        *[_beside(outcomes, code, **{code: "score"}) for code in _asked()],
    ]
    for part in parts:
        # A key of three, so that a second appointment of the day does not repeat what was rated.
        joined = joined.merge(
            part.assign(is_carrier=True), on=[*_DAY, "is_carrier"], how="left", validate="m:1"
        )
    names = {
        "visit_case": "episode_id",
        "visit_date": "date",
        "visit_status": "status",
        "visit_clinician": "clinician_id",
        "visit_number": "visit_number",
    }
    own = {question.name: question.name for question in VISIT.questions}
    return _rows(joined, **(own | names))


def _asked() -> list[str]:
    return [question.instrument for question in VISIT.questions if question.instrument]


def _beside(frame: pd.DataFrame, place: str, **columns: str) -> pd.DataFrame:
    chosen = frame[frame["place"] == place]
    return chosen[[*_DAY, *columns.values()]].set_axis([*_DAY, *columns], axis=1)


def _rows(frame: pd.DataFrame, **columns: str) -> pd.DataFrame:
    """Take columns under the names of the questions, as plain values and None."""
    chosen = frame[list(columns.values())].astype("object")
    return chosen.where(chosen.notna(), None).set_axis(list(columns), axis=1).reset_index(drop=True)
