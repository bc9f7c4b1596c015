"""How one column of the five tables is filled: from a column, a constant, or a named calculation.

A mapping writes ``sex = "gender"`` for the plain case, and an inline table with one of the kinds
below for the others. Nothing else is computed on the way in, so a reader of the mapping knows what
happens to each cell.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.date_formats import check_date_format
from hinge_outcomes.ingestion.scoring import check_items, item_range
from hinge_outcomes.ingestion.settings import Section, suggest
from hinge_outcomes.ingestion.targets import Target

KINDS = (
    "column", "constant", "days_from_start", "start_year_minus", "year_of", "join", "episode_of",
    "items",
)  # fmt: skip
"""The ways to fill a column; each is also the key that names it in the mapping."""

UNREADABLE = ("set_aside", "missing")
"""What a cell that cannot be read leads to: the row set aside, or the cell stored as missing."""

UNITS: dict[str, dict[str, float]] = {
    "load_kg": {"kg": 1.0, "lb": 0.45359237},
    "day": {"day": 1.0, "week": 7.0},
    "nprs": {"points": 1.0, "mm": 0.1, "cm": 1.0},
    "odi": {"percent": 1.0, "points_of_50": 2.0, "fraction": 100.0},
}
"""Units an export may use, with the factor that turns them into the stored unit."""

SCORING_KEYS = ("base", "stored", "max_blank", "rmdq_missing", "min_rated", "bothersomeness")
"""How a questionnaire is scored from its items: the lowest code, a score to hold it against, and
what happens to blanks."""

CHILD_TABLES = ("visits", "assessments", "outcomes")

_OPTIONS = ("missing", "date_format", "unit", "if_unreadable")


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """Say how one column is filled.

    Parameters
    ----------
    target : Target
        The column filled.
    kind : str
        One of `KINDS`.
    columns : tuple of str
        The export's columns that are read; empty for a constant.
    constant : object
        The value of a constant.
    codes : tuple of (str, object) pairs, optional
        Text in the export and what it stands for; None where the text is taken as it is.
    codes_name : str, default ""
        Section the codes come from.
    missing : tuple of str, default ()
        Texts that stand for a missing value, besides an empty cell.
    date_formats : tuple of str, default ()
        strptime formats, any of which a date may follow.
    factor : float, default 1.0
        What turns the export's unit into the stored one.
    separator : str, default "-"
        What stands between joined columns.
    if_unreadable : str, default "set_aside"
        One of `UNREADABLE`.
    decimal, thousands : str
        Decimal sign, and the sign between groups of three digits.
    scoring : mapping
        How a questionnaire is scored from its items; see `hinge_outcomes.ingestion.scoring`.
    minimum, maximum : float, optional
        Range of the stored value.
    """

    target: Target
    kind: str
    columns: tuple[str, ...]
    constant: Any = None
    codes: tuple[tuple[str, Any], ...] | None = None
    codes_name: str = ""
    missing: tuple[str, ...] = ()
    date_formats: tuple[str, ...] = ()
    factor: float = 1.0
    separator: str = "-"
    if_unreadable: str = "set_aside"
    decimal: str = "."
    thousands: str = ""
    scoring: Mapping[str, Any] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None

    @property
    def all_columns(self) -> tuple[str, ...]:
        """List the export's columns that are read, a stored score beside its items included.

        Returns
        -------
        tuple of str
            Names, those of ``columns`` first.
        """
        stored = self.scoring.get("stored")
        return self.columns if stored is None else (*self.columns, str(stored))


@dataclass(frozen=True, slots=True)
class RuleContext:
    """Hold what all columns of a mapping share.

    Parameters
    ----------
    codes : dict
        Codes by section name.
    missing : tuple of str
        Texts that stand for a missing value everywhere.
    date_formats : tuple of str
        strptime formats used where a column names none.
    decimal : str, default "."
        Decimal sign.
    thousands : str, default ""
        Sign between groups of three digits, where there is one.
    """

    codes: dict[str, tuple[tuple[str, Any], ...]]
    missing: tuple[str, ...]
    date_formats: tuple[str, ...]
    decimal: str = "."
    thousands: str = ""


def read_rule(
    where: str, target: Target, written: object, context: RuleContext, *, instrument: str = ""
) -> ColumnRule:
    """Read how one column is filled.

    Parameters
    ----------
    where : str
        How the user writes the place, such as ``[tables.patients] sex``.
    target : Target
        The column to fill.
    written : object
        What the mapping says: a column name, or an inline table.
    context : RuleContext
        What all columns share.
    instrument : str, default ""
        The questionnaire, where the column is a score; it decides range and units.

    Returns
    -------
    ColumnRule
        The rule.

    Raises
    ------
    MappingError
        If it cannot be meant.
    """
    if isinstance(written, str):
        written = {"column": written}
    if not isinstance(written, dict):
        raise MappingError(
            f"{where} must be the name of a column of the export, in quotation marks, or an inline "
            'table such as { constant = "C01" }.'
        )
    section = Section(where, written)
    section.check_keys((*KINDS, "separator", *_OPTIONS, *SCORING_KEYS))
    kinds = [kind for kind in KINDS if kind in written]
    if len(kinds) != 1:
        raise MappingError(f"{where} needs exactly one of: {', '.join(KINDS)}.")
    kind = kinds[0]
    _check_kind(where, target, kind)
    low, high = target.minimum, target.maximum
    if instrument:
        low, high = INSTRUMENTS[instrument].minimum, INSTRUMENTS[instrument].maximum
    if kind == "constant":
        value = check_value(where, target, written["constant"])
        return ColumnRule(target, kind, (), value, minimum=low, maximum=high)
    codes_name, codes = find_codes(target, context.codes) if kind == "column" else ("", None)
    told = {text for text, _ in codes or ()}  # a code of the column's own is no missing value
    missing = [text for text in (*context.missing, *section.texts("missing")) if text not in told]
    if_unreadable = section.choice("if_unreadable", UNREADABLE, "set_aside")
    if target.is_required and if_unreadable == "missing":
        raise section.fail("if_unreadable", f"No row can stand without {target.name}.")
    return ColumnRule(
        target=target,
        kind=kind,
        columns=_read_columns(section, kind),
        codes=codes,
        codes_name=codes_name,
        missing=tuple(missing),
        date_formats=_read_formats(section, target, kind, context),
        factor=_read_factor(section, target, kind, instrument),
        separator=section.text("separator", "-"),
        if_unreadable=if_unreadable,
        decimal=context.decimal,
        thousands=context.thousands,
        scoring=_read_scoring(section, kind, instrument),
        minimum=low,
        maximum=high,
    )


def find_codes(
    target: Target, codes: dict[str, tuple[tuple[str, Any], ...]]
) -> tuple[str, tuple[tuple[str, Any], ...] | None]:
    """Find the codes of a column: its own section, else for a stage column the one of stage.

    Parameters
    ----------
    target : Target
        The column.
    codes : dict
        Codes by section name.

    Returns
    -------
    tuple
        Section name and codes, or an empty name and None.
    """
    names = [target.name, "stage"] if target.name.endswith("_stage") else [target.name]
    for name in names:
        if name in codes and (target.kind != "boolean" or name == target.name):
            return name, codes[name]
    return "", None


def check_value(where: str, target: Target, value: Any) -> Any:
    """Refuse a value, written in the mapping itself, that the column cannot hold.

    Parameters
    ----------
    where : str
        How the user writes the place.
    target : Target
        The column.
    value : object
        The value.

    Returns
    -------
    object
        The value; a date written as text becomes a date.

    Raises
    ------
    MappingError
        If the column cannot hold it.
    """
    if target.kind == "code":
        if value not in target.allowed:
            near = suggest(value, target.allowed) if isinstance(value, str) else ""
            raise MappingError(
                f"{where}: {value!r} is no code of {target.table}.{target.name}.{near} "
                f"Allowed: {', '.join(target.allowed)}."
            )
        return value
    if target.kind == "date":
        return Section(where, {"constant": value}).date("constant")
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    fits = {
        "text": isinstance(value, str) and bool(value.strip()),
        "integer": is_whole,
        "number": is_whole or isinstance(value, float),
        "boolean": isinstance(value, bool),
        "items": False,
    }[target.kind]
    if not fits:
        raise MappingError(f"{where}: {value!r} does not fit {target.name}, a {target.kind}.")
    low, high = target.minimum, target.maximum
    if is_whole and ((low is not None and value < low) or (high is not None and value > high)):
        raise MappingError(f"{where}: {value} is outside {target.name}, {low:g} to {high:g}.")
    return value


def _check_kind(where: str, target: Target, kind: str) -> None:
    fits = {
        "days_from_start": target.name.endswith("_day"),
        "start_year_minus": target.name == "birth_year",
        "year_of": target.name == "birth_year",
        "join": target.kind == "text",
        "episode_of": target.name == "episode_id" and target.table in CHILD_TABLES,
        "items": target.name in ("score", "start_back_risk"),
    }
    if not fits.get(kind, True):
        use = {
            "days_from_start": "columns that end in _day",
            "start_year_minus": "birth_year",
            "year_of": "birth_year",
            "join": "text columns",
            "episode_of": "episode_id of visits, assessments and outcomes",
            "items": "scores such as odi = { items = [...] }, and for start_back_risk",
        }[kind]
        raise MappingError(f"{where}: {kind} cannot fill this column; it is for {use}.")


def _read_columns(section: Section, kind: str) -> tuple[str, ...]:
    if kind not in ("join", "items"):
        name = section.text(kind)
        if not name.strip():
            raise section.fail(kind, "Expected the name of a column of the export.")
        return (name.strip(),)
    columns = section.texts(kind)
    if len(columns) < 2:
        raise section.fail(kind, "Expected a list of at least two columns of the export.")
    return columns


def _read_formats(
    section: Section, target: Target, kind: str, context: RuleContext
) -> tuple[str, ...]:
    needs_date = kind in ("days_from_start", "year_of") or target.kind == "date"
    if not needs_date:
        if "date_format" in section.values:
            raise section.fail("date_format", f"{target.name} is not read from a date.")
        return ()
    formats = section.texts("date_format", context.date_formats)
    if not formats:
        raise MappingError(
            f"{section.name} is read from a date, and no date format is named. Give "
            'date_format = "%d/%m/%Y" (day, month, year; or the order your export uses) '
            "here or under [file]."
        )
    for written in formats:
        check_date_format(section.name, written)
    return formats


def _read_scoring(section: Section, kind: str, instrument: str) -> dict[str, Any]:
    """Read how items are coded and scored; the rules themselves know their defaults."""
    written = {key: section.values[key] for key in SCORING_KEYS if key in section.values}
    if kind != "items":
        if written:
            raise section.fail(next(iter(written)), "It goes with items = [...].")
        return {}
    rules = {key: value for key, value in written.items() if key != "stored"}
    name = instrument or "start_back"
    try:
        check_items(name, len(section.texts("items")))
        item_range(name, **rules)
    except MappingError as error:
        raise MappingError(f"{section.name}: {error}") from None
    if "stored" in written:
        section.text("stored")
    return {"instrument": name, **written}


def _read_factor(section: Section, target: Target, kind: str, instrument: str) -> float:
    if "unit" not in section.values:
        return 1.0
    measure = instrument or ("day" if target.name.endswith("_day") else target.name)
    units = UNITS.get(measure, {}) if kind == "column" else {}
    if not units:
        raise section.fail("unit", f"No other unit can be stated for {measure}; leave it out.")
    return units[section.choice("unit", units, "")]


__all__ = [
    "KINDS",
    "UNITS",
    "UNREADABLE",
    "ColumnRule",
    "RuleContext",
    "check_value",
    "find_codes",
    "read_rule",
]
