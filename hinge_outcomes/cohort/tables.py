"""The five tables, each declared once.

Validation, dtypes, the data dictionary, the Frictionless ``datapackage.json`` and the test
strategies are read from these declarations and from nothing else. A column's ``metadata`` holds its
unit and, for stored numbers, the decimals that the content hash keeps.
"""

from collections.abc import Iterable
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.engines.pandas_engine import DateTime

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.domain.follow_up import EARLIEST_SCORE_DAY
from hinge_outcomes.domain.instruments import INSTRUMENTS, START_BACK_RISKS
from hinge_outcomes.domain.progression import FIRST_STAGE, LAST_STAGE, MASTERY_LEVELS
from hinge_outcomes.domain.states import END_REASONS

SEXES = ("female", "male", "other", "unknown")
DURATIONS = ("acute", "subacute", "chronic")
VISIT_STATUSES = ("attended", "no_show", "cancelled")

SCORE_DECIMALS = 12
"""Fine enough that thirds and ninths of a percentage score stay on their side of a cut-point."""


def _column(
    dtype: Any,
    description: str,
    *,
    nullable: bool = True,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
    decimals: int = 0,
) -> pa.Column:
    checks = []
    if minimum is not None:
        checks.append(pa.Check.ge(minimum, error="minimum"))
    if maximum is not None:
        checks.append(pa.Check.le(maximum, error="maximum"))
    metadata = {"unit": unit, "minimum": minimum, "maximum": maximum, "decimals": decimals}
    return pa.Column(
        dtype, checks, nullable=nullable, description=description, metadata=metadata, required=True
    )


def _identifier(description: str, *, nullable: bool = False) -> pa.Column:
    return _column("str", description, nullable=nullable)


def _code(codes: Iterable[str], description: str, *, nullable: bool = True) -> pa.Column:
    return _column(pd.CategoricalDtype(list(codes), ordered=True), description, nullable=nullable)


def _day(description: str, *, nullable: bool = False, minimum: int = 0) -> pa.Column:
    return _column("Int16", description, nullable=nullable, minimum=minimum, unit="day")


def _stage(description: str, *, nullable: bool = True) -> pa.Column:
    return _column("Int16", description, nullable=nullable, minimum=FIRST_STAGE, maximum=LAST_STAGE)


_DECLARED: dict[str, tuple[tuple[str, ...], str, dict[str, pa.Column]]] = {
    "patients": (
        ("patient_id",),
        "One row per person.",
        {
            "patient_id": _identifier("The person's pseudonym."),
            "birth_year": _column(
                "Int16", "Year of birth.", minimum=1900, maximum=2100, unit="year"
            ),
            "sex": _code(SEXES, "Sex as recorded."),
        },
    ),
    "episodes": (
        ("episode_id",),
        "One row per course of care.",
        {
            "episode_id": _identifier("The episode."),
            "patient_id": _identifier("Whose episode it is."),
            "clinic_id": _identifier("Where it took place."),
            "clinician_id": _identifier("Who led it.", nullable=True),
            "start_date": _column(
                DateTime(unit="s"),  # type: ignore[call-arg]  # its dataclass hides its fields
                "The day it began: the only calendar date.",
                nullable=False,
            ),
            "entry_stage": _stage("Working stage on day 0."),
            "target_stage": _stage("Stage to be mastered, as agreed on day 0."),
            "symptom_duration": _code(DURATIONS, "0-14, 15-90 or over 90 days of symptoms."),
            "start_back_risk": _code(START_BACK_RISKS, "STarT Back class on day 0."),
            "end_day": _day("Day the record was closed; null while open.", nullable=True),
            "end_reason": _code(END_REASONS, "Why it was closed; null while open."),
            "last_observed_day": _day(
                "Last day to which a recorded event would be known.", nullable=True
            ),
        },
    ),
    "visits": (
        ("episode_id", "visit_day", "visit_number"),
        "One row per appointment, kept or not.",
        {
            "episode_id": _identifier("The episode."),
            "visit_day": _day("Day of the appointment."),
            "visit_number": _column(
                "Int16", "1, 2, … by day over all statuses.", nullable=False, minimum=1
            ),
            "status": _code(VISIT_STATUSES, "Whether it took place.", nullable=False),
            "clinician_id": _identifier("Who held it.", nullable=True),
            "home_exercise_days": _column(
                "Int16",
                "Days of home exercise in the last 7 days.",
                minimum=0,
                maximum=7,
                unit="day",
            ),
        },
    ),
    "assessments": (
        ("episode_id", "assessed_day", "stage"),
        "One row per stage rated or assigned on a day.",
        {
            "episode_id": _identifier("The episode."),
            "assessed_day": _day("Day of the rating."),
            "stage": _stage("The stage rated.", nullable=False),
            "mastery_level": _column(
                "Int16",
                "0 unable, 1 cued, 2 conscious, 3 automatic; null where the row only assigns "
                "the working stage.",
                minimum=0,
                maximum=len(MASTERY_LEVELS) - 1,
            ),
            "is_working_stage": _column("boolean", "Whether the patient now works at this stage."),
            "load_kg": _column("float64", "Weight used.", minimum=0, unit="kg", decimals=2),
        },
    ),
    "outcomes": (
        ("episode_id", "measured_day", "instrument"),
        "One row per questionnaire score.",
        {
            "episode_id": _identifier("The episode."),
            "measured_day": _day("Day of the score.", minimum=EARLIEST_SCORE_DAY),
            "instrument": _code(INSTRUMENTS, "Which questionnaire.", nullable=False),
            "score": _column(
                "float64",
                "Score in the instrument's units.",
                nullable=False,
                decimals=SCORE_DECIMALS,
            ),
            "items": _column("object", "Answers in item order, null for a blank."),
        },
    ),
}

OPTIONAL_COLUMNS = {"outcomes": ("items",)}

SCHEMAS: dict[str, pa.DataFrameSchema] = {
    name: pa.DataFrameSchema(
        columns,
        unique=list(key),
        strict=True,
        name=name,
        description=description,
        metadata={"key": key},
    )
    for name, (key, description, columns) in _DECLARED.items()
}

_EXTRA_DTYPES = {"text": "str", "integer": "Int64", "number": "float64", "boolean": "boolean"}


def table_key(table: str) -> list[str]:
    """Name the columns that tell the rows of a table apart.

    Parameters
    ----------
    table : str
        One of the five tables.

    Returns
    -------
    list of str
        Column names, in sorting order.

    Examples
    --------
    >>> table_key("outcomes")
    ['episode_id', 'measured_day', 'instrument']
    """
    return list(SCHEMAS[table].metadata["key"])


def table_schema(table: str, extra_columns: Iterable[ExtraColumn] = ()) -> pa.DataFrameSchema:
    """Give a table's declaration with the clinic's own columns at its end.

    Parameters
    ----------
    table : str
        One of the five tables.
    extra_columns : iterable of ExtraColumn, default ()
        Declarations; those of other tables are passed over.

    Returns
    -------
    pandera.DataFrameSchema
        The declaration.
    """
    added = {
        column.name: _column(
            pd.CategoricalDtype(list(column.allowed), ordered=True)
            if column.type == "category"
            else _EXTRA_DTYPES[column.type],
            column.label or column.name,
            nullable=not column.is_required,
            minimum=column.minimum,
            maximum=column.maximum,
            unit=column.unit,
            decimals=6 if column.type == "number" else 0,
        )
        for column in extra_columns
        if column.table == table
    }
    return SCHEMAS[table].add_columns(added) if added else SCHEMAS[table]


def column_dtype(column: pa.Column) -> Any:
    """Give the pandas dtype that a declared column is stored in.

    Parameters
    ----------
    column : pandera.Column
        From a table's declaration.

    Returns
    -------
    dtype
        As pandas knows it.
    """
    if isinstance(column.dtype, DateTime):
        return "datetime64[s]"  # pandera's own translation would widen it to nanoseconds
    return column.dtype.type


def empty_table(table: str) -> pd.DataFrame:
    """Make a table without rows, with the declared columns and dtypes.

    Parameters
    ----------
    table : str
        One of the five tables.

    Returns
    -------
    DataFrame
        No rows.

    Examples
    --------
    >>> len(empty_table("visits"))
    0
    """
    columns = SCHEMAS[table].columns
    return pd.DataFrame(
        {name: pd.Series([], dtype=column_dtype(column)) for name, column in columns.items()}
    )


__all__ = [
    "DURATIONS",
    "OPTIONAL_COLUMNS",
    "SCHEMAS",
    "SEXES",
    "TABLE_NAMES",
    "VISIT_STATUSES",
    "column_dtype",
    "empty_table",
    "table_key",
    "table_schema",
]
