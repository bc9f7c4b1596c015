"""The data dictionary and the Frictionless package, rendered from the tables' declarations."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.cohort.tables import column_dtype, table_key, table_schema

_FRICTIONLESS = {"Int16": "integer", "Int64": "integer", "float64": "number", "boolean": "boolean"}


def data_dictionary(extra_columns: Iterable[ExtraColumn] = ()) -> pd.DataFrame:
    """List every column of the five tables with its meaning.

    Parameters
    ----------
    extra_columns : iterable of ExtraColumn, default ()
        The clinic's own columns.

    Returns
    -------
    DataFrame
        Columns table, column, type, unit, allowed, is_key, is_nullable, description.

    Examples
    --------
    >>> dictionary = data_dictionary()
    >>> dictionary.query("column == 'mastery_level'")["allowed"].item()
    '0 to 3'
    """
    extra = tuple(extra_columns)
    rows = []
    for table in TABLE_NAMES:
        for name, column in table_schema(table, extra).columns.items():
            rows.append(
                {
                    "table": table,
                    "column": name,
                    "type": _type_word(column_dtype(column)),
                    "unit": column.metadata["unit"],
                    "allowed": _allowed(column),
                    "is_key": name in table_key(table),
                    "is_nullable": bool(column.nullable),
                    "description": column.description,
                }
            )
    return pd.DataFrame(rows)


def dictionary_markdown(extra_columns: Iterable[ExtraColumn] = ()) -> str:
    """Write the data dictionary for people.

    Parameters
    ----------
    extra_columns : iterable of ExtraColumn, default ()
        The clinic's own columns.

    Returns
    -------
    str
        Markdown, one table each.
    """
    extra = tuple(extra_columns)
    lines = ["# Data dictionary", ""]
    dictionary = data_dictionary(extra)
    for table in TABLE_NAMES:
        key = ", ".join(table_key(table))
        lines += [f"## {table}", "", f"{table_schema(table).description} Key: {key}.", ""]
        lines += ["| column | type | allowed | may be empty | meaning |", "|---|---|---|---|---|"]
        for row in dictionary[dictionary["table"] == table].itertuples():
            kind = f"{row.type} ({row.unit})" if row.unit else row.type
            may = "yes" if row.is_nullable else "no"
            lines.append(f"| {row.column} | {kind} | {row.allowed} | {may} | {row.description} |")
        lines.append("")
    return "\n".join(lines)


def data_package(
    manifest: dict[str, Any], extra_columns: Iterable[ExtraColumn] = ()
) -> dict[str, Any]:
    """Describe a cohort's folder as a Frictionless data package.

    Parameters
    ----------
    manifest : dict
        The folder's manifest.
    extra_columns : iterable of ExtraColumn, default ()
        The clinic's own columns.

    Returns
    -------
    dict
        The content of ``datapackage.json`` [1]_.

    References
    ----------
    .. [1] Data Package specification, version 1, https://specs.frictionlessdata.io/data-package/
    """
    extra = tuple(extra_columns)
    return {
        "profile": "tabular-data-package",
        "name": "hinge-outcomes-cohort",
        "resources": [_resource(name, manifest["tables"][name], extra) for name in TABLE_NAMES],
    }


def _resource(name: str, entry: dict[str, Any], extra: tuple[ExtraColumn, ...]) -> dict[str, Any]:
    schema = table_schema(name, extra)
    # A table in parts has a list of paths, whose rows follow one another.
    path = [each["file"] for each in entry["files"]] if "files" in entry else entry["file"]
    format = (path if isinstance(path, str) else path[0]).rpartition(".")[2]
    resource: dict[str, Any] = {
        "name": name,
        "path": path,
        "profile": "tabular-data-resource",
        "format": format,
        "schema": {
            "fields": [_field(declared, column) for column, declared in schema.columns.items()],
            "primaryKey": table_key(name),
        },
    }
    if format == "csv":
        resource |= {"mediatype": "text/csv", "encoding": "utf-8"}
    parents = {"episodes": ("patient_id", "patients")}
    key, parent = parents.get(name, ("episode_id", "episodes"))
    if name != "patients":
        reference = {"resource": parent, "fields": key}
        resource["schema"]["foreignKeys"] = [{"fields": key, "reference": reference}]
    return resource


def _field(column: Any, name: str) -> dict[str, Any]:
    dtype = column_dtype(column)
    constraints: dict[str, Any] = {} if column.nullable else {"required": True}
    if isinstance(dtype, pd.CategoricalDtype):
        constraints["enum"] = [str(code) for code in dtype.categories]
    for bound in ("minimum", "maximum"):
        if column.metadata[bound] is not None:
            constraints[bound] = column.metadata[bound]
    field = {"name": name, "type": _frictionless_type(dtype), "description": column.description}
    return field | ({"constraints": constraints} if constraints else {})


def _frictionless_type(dtype: Any) -> str:
    text = str(dtype)
    if text.startswith("datetime64"):
        return "date"
    return "array" if text == "object" else _FRICTIONLESS.get(text, "string")


def _type_word(dtype: Any) -> str:
    if isinstance(dtype, pd.CategoricalDtype):
        return "code"
    return {"string": "text", "array": "list"}.get(
        _frictionless_type(dtype), _frictionless_type(dtype)
    )


def _allowed(column: Any) -> str:
    dtype = column_dtype(column)
    if isinstance(dtype, pd.CategoricalDtype):
        return ", ".join(str(code) for code in dtype.categories)
    low, high = column.metadata["minimum"], column.metadata["maximum"]
    if low is None and high is None:
        return ""
    if low is None or high is None:
        return f"from {low:g}" if high is None else f"up to {high:g}"
    return f"{low:g} to {high:g}"
