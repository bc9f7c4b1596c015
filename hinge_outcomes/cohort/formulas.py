"""Cells that a spreadsheet would run as formulas, made harmless.

References
----------
.. [1] OWASP Foundation. CSV Injection. https://owasp.org/www-community/attacks/CSV_Injection
"""

import dataclasses
from collections.abc import Iterable, Mapping

import pandas as pd

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.frames import Cohort

# Blanks in front do not stop a spreadsheet, nor do the wide forms of the signs.
_FORMULA = r"^\s*[=+\-@＝＋－＠]|^[\t\r\n]"
_NUMBER = r"^[+-]?(?:\d+(?:[.,]\d+)?|\.\d+)(?:[eE][+-]?\d+)?$"


def neutralise(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before texts that a spreadsheet would run as a formula.

    Such are texts that begin with ``=``, ``+``, ``-`` or ``@`` (or their wide forms, or blanks and
    then one of these), a tab or a line break [1]_, unless they are plain numbers. The apostrophe
    stays when the file is read again: it is part of the text from then on. Numbers, dates and
    column names are left as they are.

    Parameters
    ----------
    frame : DataFrame
        Any table.

    Returns
    -------
    DataFrame
        The same table where no text needs it, otherwise a new one.

    Examples
    --------
    >>> neutralise(pd.DataFrame({"note": ["=1+1", "-3", "-3 at rest"]}))["note"].tolist()
    ["'=1+1", '-3', "'-3 at rest"]
    """
    changed = {}
    for name, column in frame.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            words = pd.Series(column.cat.categories.astype("str"))
            safe = _harmless(words)
            if safe is not words:
                changed[name] = column.cat.rename_categories(safe.tolist())
        elif isinstance(column.dtype, pd.StringDtype):
            safe = _harmless(column)
            if safe is not column:
                changed[name] = safe
        elif column.dtype == object:
            texts = column[[isinstance(value, str) for value in column]].astype("str")
            safe = _harmless(texts)
            if safe is not texts:
                changed[name] = column.where(~column.index.isin(safe.index), safe.astype("object"))
    if not changed:
        return frame
    return frame.assign(**{str(name): column for name, column in changed.items()})


def neutralise_cohort(cohort: Cohort) -> Cohort:
    """Make every text of a cohort harmless in a spreadsheet, keys alike in all tables.

    Parameters
    ----------
    cohort : Cohort
        The records.

    Returns
    -------
    Cohort
        The very cohort where nothing needs it, as in records that came in through ``ingest``.
    """
    tables = {name: neutralise(getattr(cohort, name)) for name in TABLE_NAMES}
    if all(tables[name] is getattr(cohort, name) for name in TABLE_NAMES):
        return cohort
    safe = _renamed(cohort.clinics)
    columns = tuple(
        dataclasses.replace(column, allowed=tuple(_renamed(column.allowed).values()))
        for column in cohort.extra_columns
    )
    cut = cohort.data_cut
    return dataclasses.replace(
        cohort,
        **tables,
        extra_columns=columns,
        data_cut=(
            {safe.get(clinic, clinic): day for clinic, day in cut.items()}
            if isinstance(cut, Mapping)
            else cut
        ),
        clinic_names={
            safe.get(clinic, clinic): name for clinic, name in cohort.clinic_names.items()
        },
    )


def _renamed(words: Iterable[str]) -> dict[str, str]:
    texts = list(words)
    return dict(zip(texts, _harmless(pd.Series(texts, dtype="str")).tolist(), strict=True))


def _harmless(words: pd.Series) -> pd.Series:
    """Give the very texts where none is a formula."""
    is_formula = words.str.contains(_FORMULA).fillna(False).astype(bool)
    if is_formula.any():
        is_formula &= ~words.str.fullmatch(_NUMBER).fillna(False).astype(bool)
    return words.mask(is_formula, "'" + words) if is_formula.any() else words


__all__ = ["neutralise", "neutralise_cohort"]
