"""A cohort without direct identifiers: years and day offsets, new ids, nobody over 90.

References
----------
.. [1] 45 CFR 164.514(b)(2), the Safe Harbor method, and the guidance of the Office for Civil Rights
   on methods for de-identification of protected health information, 2012.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.pseudonyms import pseudonymise
from hinge_outcomes.cohort.secret_key import Key
from hinge_outcomes.cohort.selection import SELECTORS
from hinge_outcomes.domain.states import RULE_DATED_REASONS
from hinge_outcomes.exceptions import DataError

OLDEST_AGE = 89
"""The oldest age that may be told; beyond it people are 90 or over."""

_IDS = {"patient_id": "patient", "episode_id": "episode", "clinician_id": "clinician"}
_LETTERS = {"patient": "P", "episode": "E", "clinician": "T"}


def deidentify(
    cohort: Cohort,
    *,
    key: Key | None = None,
    keep: Collection[str] = (),
    keep_clinics: bool = False,
    seed: int | np.random.Generator | None = None,
) -> Cohort:
    """Make a cohort that holds no direct identifier, after the Safe Harbor method [1]_.

    ``start_date`` becomes 1 January of its year and ``data_cut`` 31 December of its year; what
    else is dated counts days since the start, as before. ``last_observed_day`` becomes null
    wherever it was dated by the data cut (open, lost to follow-up, closed for administrative
    reasons), since from it and the cut the day of the start could be worked out; estimators of
    time then refuse such episodes by name, as does ``select(quarter=)``. Patients, episodes and
    clinicians get new ids in random order, so that neither ids nor rows tell who came first;
    clinics become letters and lose their names. Ages over 89 become 90 (see `cap_birth_year`).
    Columns of free text are dropped.

    Parameters
    ----------
    cohort : Cohort
        The records.
    key : Key, optional
        With a key the new ids are `pseudonymise` of the old ones: a later release has the same
        ids, and whoever holds the key can link them. They are then derived from the clinic's own
        numbers, which Safe Harbor does not allow; without a key they are random and nobody can.
    keep : collection of str, default ()
        Names of ``x_`` text columns to keep, after somebody has read them.
    keep_clinics : bool, default False
        Whether clinics keep their ids and names.
    seed : int or Generator, optional
        For random ids that come out the same again: who knows it and the records can link them. By
        default nobody does.

    Returns
    -------
    Cohort
        ``is_deidentified`` is True. Whether somebody stands out in it all the same is for
        ``validate_release`` to say.

    Raises
    ------
    DataError
        If ``keep`` names no text column.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=50, seed=7)
    >>> released = ho.deidentify(cohort)
    >>> released.n_episodes, released.cut_of().isoformat(), released.clinics[:2]
    (50, '2026-12-31', ('A', 'B'))
    >>> released.select(quarter="2026Q3")
    Traceback (most recent call last):
    hinge_outcomes.exceptions.DataError: quarter= needs dates, and this cohort is deidentified: ...
    """
    rng = np.random.default_rng(seed)
    columns = _kept_columns(cohort, keep)
    names = _new_names(cohort, key, keep_clinics, rng)
    tables = {name: _table(cohort, name, columns, names) for name in TABLE_NAMES}
    tables["patients"] = cap_ages(tables["patients"], tables["episodes"])
    return Cohort(
        **tables,
        data_cut=_year_of_cut(cohort, names["clinic_id"]),
        is_synthetic=cohort.is_synthetic,
        is_deidentified=True,
        clinic_names=dict(cohort.clinic_names) if keep_clinics else {},
        scenario=cohort.scenario,
        extra_columns=columns,
        assumptions=cohort.assumptions,
        selection=_selection(cohort.selection, columns, keep_clinics),
        has_visits=cohort.has_visits,
    )


def cap_birth_year(birth_year: pd.Series, start_year: pd.Series) -> pd.Series:
    """Store people over 89 so that their age reads 90, which then means 90 or over.

    Age is the year of the start minus the year of birth. Whoever is over 89 by that gets the year
    of birth ``start_year - 90``. A person has one year of birth and may have several episodes: give
    the year in which the last one began (`cap_ages` does), and no episode's age reads more than
    90; at earlier episodes such a person then reads too young by as much.

    Parameters
    ----------
    birth_year : Series of Int16
        Years of birth, null where unknown.
    start_year : Series of Int16
        The year in which each person's last episode began.

    Returns
    -------
    Series of Int16
        Years of birth that may be told.

    Examples
    --------
    >>> born = pd.Series([1930, 1937, None], dtype="Int16")
    >>> cap_birth_year(born, pd.Series([2026, 2026, 2026], dtype="Int16")).tolist()
    [1936, 1937, <NA>]
    """
    oldest = start_year.astype("Int64") - (OLDEST_AGE + 1)
    is_over = (birth_year.astype("Int64") < oldest).fillna(False)
    return birth_year.astype("Int64").where(~is_over, oldest).astype("Int16")


def cap_ages(patients: pd.DataFrame, episodes: pd.DataFrame) -> pd.DataFrame:
    """Cap the years of birth of a cohort's patients, so that nobody's age reads more than 90.

    Parameters
    ----------
    patients : DataFrame
        Columns patient_id and birth_year.
    episodes : DataFrame
        Columns patient_id and start_date.

    Returns
    -------
    DataFrame
        The patients, with birth_year as `cap_birth_year` has it.
    """
    started = episodes["start_date"].dt.year.astype("Int16")
    last = started.groupby(episodes["patient_id"]).max()
    # Of somebody without an episode nothing is known but that he came no later than the others.
    start_year = patients["patient_id"].map(last).fillna(last.max()).astype("Int16")
    return patients.assign(birth_year=cap_birth_year(patients["birth_year"], start_year))


def is_dated_by_cut(episodes: pd.DataFrame) -> pd.Series:
    """Tell where the last observed day counts to the data cut, not to an end that was seen.

    Parameters
    ----------
    episodes : DataFrame
        Column end_reason.

    Returns
    -------
    Series of bool
        True for episodes that are open, lost to follow-up or closed for administrative reasons.
    """
    reason = episodes["end_reason"]
    return reason.isna() | reason.isin(RULE_DATED_REASONS)


def _kept_columns(cohort: Cohort, keep: Collection[str]) -> tuple[ExtraColumn, ...]:
    texts = {column.name for column in cohort.extra_columns if column.type == "text"}
    unknown = sorted(set(keep) - texts)
    if unknown:
        allowed = ", ".join(sorted(texts)) or "none"
        raise DataError(
            f"keep= names {', '.join(unknown)}, which is no x_ column of text. Other columns are "
            f"kept anyway. Columns of text in this cohort: {allowed}."
        )
    return tuple(c for c in cohort.extra_columns if c.type != "text" or c.name in keep)


def _new_names(
    cohort: Cohort, key: Key | None, keep_clinics: bool, rng: np.random.Generator
) -> dict[str, dict[str, str]]:
    """Give every id a new one, by column."""
    leaders = [cohort.episodes["clinician_id"], cohort.visits["clinician_id"]]
    found = {
        "patient_id": cohort.patients["patient_id"],
        "episode_id": cohort.episodes["episode_id"],
        "clinician_id": pd.concat(leaders).dropna().drop_duplicates(),
    }
    names = {}
    for column, ids in found.items():
        domain = _IDS[column]
        if key is None:
            new = [f"{_LETTERS[domain]}{number + 1:0{len(str(len(ids)))}d}"
                   for number in rng.permutation(len(ids))]  # fmt: skip
        else:
            new = pseudonymise(ids, key, domain).tolist()
        names[column] = dict(zip(ids, new, strict=True))
    clinics = list(cohort.clinics)
    letters = [_letters(int(number)) for number in rng.permutation(len(clinics))]
    names["clinic_id"] = dict(zip(clinics, clinics if keep_clinics else letters, strict=True))
    return names


def _letters(number: int) -> str:
    """Count in letters: A to Z, then AA, AB, …"""
    text = ""
    while number >= 0:
        text = chr(ord("A") + number % 26) + text
        number = number // 26 - 1
    return text


def _table(
    cohort: Cohort,
    name: str,
    columns: tuple[ExtraColumn, ...],
    names: Mapping[str, Mapping[str, str]],
) -> pd.DataFrame:
    frame: pd.DataFrame = getattr(cohort, name)
    dropped = {column.name for column in cohort.extra_columns if column.table == name}
    dropped -= {column.name for column in columns if column.table == name}
    frame = frame.drop(columns=sorted(dropped))
    frame = frame.assign(
        **{column: frame[column].map(new) for column, new in names.items() if column in frame}
    )
    if name != "episodes":
        return frame
    start = pd.to_datetime(frame["start_date"].dt.year.astype("str") + "-01-01").astype("M8[s]")
    observed = frame["last_observed_day"].mask(is_dated_by_cut(frame))
    return frame.assign(start_date=start, last_observed_day=observed)


def _year_of_cut(cohort: Cohort, clinics: Mapping[str, str]) -> Any:
    if isinstance(cohort.data_cut, Mapping):
        return {
            new: dt.date(cohort.data_cut[old].year, 12, 31)
            for old, new in clinics.items()
            if old in cohort.data_cut
        }
    return dt.date(cohort.data_cut.year, 12, 31)


def _selection(
    selection: Mapping[str, Any], columns: tuple[ExtraColumn, ...], keep_clinics: bool
) -> dict[str, Any]:
    """Keep how the cohort was selected, dates as their year and ids not at all."""
    hidden = {*_IDS, *(() if keep_clinics else ("clinic_id",))}
    texts = {column.name for column in columns}
    return {
        name: str(value)[:4] if name in SELECTORS else value
        for name, value in selection.items()
        if name not in hidden and (not name.startswith("x_") or name in texts)
    }


__all__ = ["OLDEST_AGE", "cap_ages", "cap_birth_year", "deidentify", "is_dated_by_cut"]
