"""Columns a clinic adds to the five tables: declared with type, unit, range and label."""

from dataclasses import dataclass

from hinge_outcomes.exceptions import ContractError

TABLE_NAMES = ("patients", "episodes", "visits", "assessments", "outcomes")

EXTRA_TYPES = ("text", "category", "integer", "number", "boolean")

TIMINGS = ("day0", "later")


@dataclass(frozen=True, slots=True)
class ExtraColumn:
    """Declare one further column of a table; its name starts with ``x_``.

    Parameters
    ----------
    table : str
        One of the five tables.
    name : str
        Column name, starting with ``x_``.
    type : str
        "text", "category", "integer", "number" or "boolean".
    unit : str, default ""
        Unit of a number.
    label : str, default ""
        What a reader calls it.
    minimum, maximum : float, optional
        Range of a number, both ends allowed.
    allowed : tuple of str, default ()
        The codes of a category, in order.
    is_required : bool, default False
        Whether every row must have a value.
    timing : str, default "day0"
        "day0" if known when the episode began, so that it may explain outcomes; else "later".

    Raises
    ------
    ContractError
        If the declaration contradicts itself.

    Examples
    --------
    >>> ExtraColumn("episodes", "x_group", "category", allowed=("a", "b")).timing
    'day0'
    """

    table: str
    name: str
    type: str
    unit: str = ""
    label: str = ""
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()
    is_required: bool = False
    timing: str = "day0"

    def __post_init__(self) -> None:
        where = f"Extra column {self.name!r}"
        if self.table not in TABLE_NAMES:
            raise ContractError(f"{where} names no table. Tables: {', '.join(TABLE_NAMES)}.")
        if not self.name.startswith("x_") or len(self.name) < 3:
            raise ContractError(f"{where} needs a name that starts with x_, such as x_group.")
        if self.type not in EXTRA_TYPES:
            raise ContractError(f"{where} has no known type. Types: {', '.join(EXTRA_TYPES)}.")
        if self.timing not in TIMINGS:
            raise ContractError(f"{where} has no known timing. Timings: {', '.join(TIMINGS)}.")
        if self.type == "category" and not self.allowed:
            raise ContractError(f"{where} is a category: list its codes in `allowed`.")
        if self.type not in ("integer", "number") and (self.minimum, self.maximum) != (None, None):
            raise ContractError(f"{where} has a range but is no number.")
