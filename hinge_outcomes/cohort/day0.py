"""What was known of a patient on day 0: the columns that may explain or group outcomes."""

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from hinge_outcomes.exceptions import AnalysisError

if TYPE_CHECKING:
    from hinge_outcomes.cohort.frames import Cohort

ID_COLUMNS = ("episode_id", "patient_id", "clinic_id", "clinician_id")
"""Who and where; ``clinician_id`` is the one who led the episode from its first day."""

_STANDARD = (
    "entry_stage",
    "target_stage",
    "symptom_duration",
    "start_back_risk",
    "age",
    "sex",
)


def derive_day0(cohort: "Cohort") -> pd.DataFrame:
    """List what was known of each episode on day 0.

    Parameters
    ----------
    cohort : Cohort
        The records.

    Returns
    -------
    pandas.DataFrame
        One row per episode in the cohort's order: episode_id, patient_id, clinic_id, clinician_id,
        entry_stage, target_stage, symptom_duration, start_back_risk, age (year of the start minus
        year of birth, Int16), sex, and the clinic's own ``x_`` columns of patients and episodes
        that are declared as known on day 0.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=20, seed=1)
    >>> len(derive_day0(cohort))
    20
    """
    own = _own_columns(cohort)
    people = cohort.patients[
        ["patient_id", "birth_year", "sex", *[name for name, table in own if table == "patients"]]
    ]
    frame = cohort.episodes.merge(people, on="patient_id", how="left", validate="many_to_one")
    started = frame["start_date"].dt.year.astype("Int16")
    frame["age"] = (started - frame["birth_year"]).astype("Int16")
    return frame[[*ID_COLUMNS, *_STANDARD, *[name for name, _ in own]]]


def check_day0_columns(
    cohort: "Cohort", names: Sequence[str], argument: str = "by", *, also: Sequence[str] = ()
) -> None:
    """Refuse columns that are not known on day 0.

    Parameters
    ----------
    cohort : Cohort
        The records.
    names : sequence of str
        Columns to group by or to explain with.
    argument : str, default "by"
        What the user called them, for the message.
    also : sequence of str, optional
        Names that are allowed besides, such as the baseline score.

    Raises
    ------
    AnalysisError
        If one is not a day-0 column: grouping by what happened later compares groups that were
        formed by their own outcome.
    """
    known = [
        *also,
        *ID_COLUMNS[2:],
        *_STANDARD,
        *[name for name, _ in _own_columns(cohort)],
    ]
    recorded = {
        *cohort.patients.columns,
        *(name for table in ("episodes", "visits") for name in getattr(cohort, table).columns),
        *(column.name for column in cohort.extra_columns),
        "working_stage",
        "adherence",
        "attendance",
    }
    later = [name for name in names if name not in known]
    unknown = [str(name) for name in later if name not in recorded]
    if unknown:
        close = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise AnalysisError(
            f"{argument}= names {', '.join(unknown)}, and there is no such column.{hint} Allowed "
            f"(known on day 0): {', '.join(known)}; what comes later needs landmark_day=."
        )
    if later:
        raise AnalysisError(
            f"{argument}= names {', '.join(later)}, which is not known on day 0. Groups formed by "
            "what happened later (an end, attendance, adherence) are formed by their own outcome; "
            "such a question needs landmark_day=: those still in care on that day, followed from "
            f"then. Allowed: {', '.join(known)}."
        )


def _own_columns(cohort: "Cohort") -> list[tuple[str, str]]:
    """Name the clinic's own day-0 columns with their table; episodes come before patients."""
    found: dict[str, str] = {}
    for table in ("episodes", "patients"):
        for column in cohort.extra_columns:
            if column.table == table and column.timing == "day0":
                found.setdefault(column.name, table)
    return list(found.items())
