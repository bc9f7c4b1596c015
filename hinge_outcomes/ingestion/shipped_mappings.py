"""The mappings that come with the package, for exports that look the same everywhere."""

import datetime as dt
import tomllib
from collections.abc import Mapping as MappingType
from importlib.resources import files

from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.mapping import Mapping
from hinge_outcomes.ingestion.settings import suggest

SHIPPED = ("fhir",)


def read_shipped_mapping(
    name: str, *, data_cut: dt.date | str | MappingType[str, dt.date | str]
) -> Mapping:
    """Read a mapping that comes with the package.

    Parameters
    ----------
    name : str
        One of `SHIPPED`.
    data_cut : date, str, or mapping of str to either
        Day up to which the export is complete, overall or per clinic; it is never guessed.

    Returns
    -------
    Mapping
        The mapping.

    Raises
    ------
    MappingError
        If there is no such mapping, or the data cut is no date.

    Examples
    --------
    >>> read_shipped_mapping("fhir", data_cut="2026-09-30").name
    'FHIR export'
    """
    text = shipped_text(name)
    cut = dict(data_cut) if isinstance(data_cut, MappingType) else data_cut
    return Mapping.from_values({**tomllib.loads(text), "data_cut": cut}, name)


def shipped_text(name: str) -> str:
    """Give a mapping that comes with the package as it is written, to be copied and changed.

    Parameters
    ----------
    name : str
        One of `SHIPPED`.

    Returns
    -------
    str
        TOML, with comments that say what is meant.

    Raises
    ------
    MappingError
        If there is no such mapping.
    """
    if name not in SHIPPED:
        raise MappingError(
            f"No mapping {name!r} comes with the package.{suggest(name, SHIPPED)} There is: "
            f"{', '.join(SHIPPED)}."
        )
    return (files(__package__) / "mappings" / f"{name}.toml").read_text(encoding="utf-8")


__all__ = ["SHIPPED", "read_shipped_mapping", "shipped_text"]
