"""What a mapping may fill: the columns of the five tables as their declarations give them."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.cohort.tables import table_key, table_schema

_INT16 = (-32768.0, 32767.0)

KINDS = ("text", "code", "integer", "number", "date", "boolean", "items")


@dataclass(frozen=True, slots=True)
class Target:
    """Describe one column of the five tables as a place to be filled.

    Parameters
    ----------
    table, name : str
        Where.
    kind : str
        "text", "code", "integer", "number", "date", "boolean" or "items".
    allowed : tuple of str
        The codes of a code column, in order.
    minimum, maximum : float or None
        Range, both ends allowed.
    is_required : bool
        Whether a row without it cannot stand.
    is_key : bool
        Whether it tells rows of its table apart.
    """

    table: str
    name: str
    kind: str
    allowed: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    is_required: bool
    is_key: bool


def list_targets(table: str, extra_columns: Iterable[ExtraColumn] = ()) -> dict[str, Target]:
    """List the columns of a table that a mapping may fill.

    Parameters
    ----------
    table : str
        One of the five tables.
    extra_columns : iterable of ExtraColumn, default ()
        The clinic's own columns.

    Returns
    -------
    dict
        Target by column name, in the order of the declaration.

    Examples
    --------
    >>> target = list_targets("patients")["sex"]
    >>> target.kind, target.allowed
    ('code', ('female', 'male', 'other', 'unknown'))
    """
    keys = table_key(table)
    targets = {}
    for name, column in table_schema(table, extra_columns).columns.items():
        dtype = column.dtype.type
        kind = _kind(dtype)
        low, high = column.metadata["minimum"], column.metadata["maximum"]
        if str(dtype) == "Int16":
            # A day count far outside any care must fail here, cell by cell, not in the dtype.
            low = _INT16[0] if low is None else low
            high = _INT16[1] if high is None else high
        targets[name] = Target(
            table=table,
            name=name,
            kind=kind,
            allowed=tuple(dtype.categories) if kind == "code" else (),
            minimum=low,
            maximum=high,
            is_required=not column.nullable,
            is_key=name in keys,
        )
    return targets


def _kind(dtype: object) -> str:
    if isinstance(dtype, pd.CategoricalDtype):
        return "code"
    name = str(dtype)
    if name.startswith("datetime64"):
        return "date"
    if name.startswith("Int"):
        return "integer"
    if name.startswith("float"):
        return "number"
    if name == "boolean":
        return "boolean"
    return "items" if name == "object" else "text"
