"""Whether a cohort may be given away: who stands out in it, and what it should not hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from numbers import Integral

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.day0 import derive_day0
from hinge_outcomes.cohort.deidentified import OLDEST_AGE, is_dated_by_cut
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.findings import Finding, Findings
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.identifier_values import looks_like_identifier
from hinge_outcomes.cohort.keys import number_groups
from hinge_outcomes.exceptions import DataError

SMALLEST_CLASS = 11
"""How many people must share age band, sex, clinic and year, as for cells of a table [1]_.

References
----------
.. [1] CMS Cell Size Suppression Policy, Research Data Assistance Center (ResDAC), 2024.
"""

_BANDS = (0, 18, 30, 40, 50, 60, 70, 80, OLDEST_AGE + 1)
_QUASI = ["age_band", "sex", "clinic_id", "year"]

_MOSTLY_DIFFERENT = 0.9
"""A whole number that differs in this share of rows is more likely a number of a record."""


@dataclass(frozen=True, slots=True, repr=False)
class ReleaseRisk:
    """Say which episodes stand out in a cohort, and what it holds that should not be given away.

    Parameters
    ----------
    k : int
        How many people at least must share age band, sex, clinic and year of the start.
    class_size : Series of int
        For each row of ``episodes``, counted from 1, how many people share its class.
    findings : Findings
        What else is wrong with the cohort as something to give away; no value is quoted.
    """

    k: int
    class_size: pd.Series = field(compare=False)
    findings: Findings

    @property
    def rows(self) -> tuple[int, ...]:
        """List the rows of ``episodes`` that stand out, counted from 1.

        Returns
        -------
        tuple of int
            Those whose class has fewer than k people.
        """
        return tuple(int(row) for row in self.class_size.index[self.class_size < self.k])

    @property
    def is_safe(self) -> bool:
        """Tell whether nobody stands out and nothing is in it that should not be.

        Returns
        -------
        bool
            Warnings do not count against it.
        """
        return not self.rows and not self.findings.errors

    def table(self) -> pd.DataFrame:
        """Give one row per episode that stands out.

        Returns
        -------
        DataFrame
            Columns row (of ``episodes``, from 1) and class_size (people), smallest class first.
        """
        risky = self.class_size[self.class_size < self.k].sort_values(kind="stable")
        return pd.DataFrame({"row": risky.index.astype("int64"), "class_size": risky.to_numpy()})

    def drop_from(self, cohort: Cohort) -> Cohort:
        """Leave the episodes that stand out out of the cohort they were found in.

        Parameters
        ----------
        cohort : Cohort
            The cohort that was given to `validate_release`.

        Returns
        -------
        Cohort
            The others. They are no random sample: rare people and small clinics are missing.

        Raises
        ------
        DataError
            If it is another cohort, or no episode would be left.
        """
        if len(self.class_size) != cohort.n_episodes:
            raise DataError("These rows were found in another cohort. Validate this one first.")
        is_kept = (self.class_size >= self.k).to_numpy()
        if not is_kept.any():
            raise DataError(
                f"No episode shares age band, sex, clinic and year with {self.k} people, so none "
                "would be left. Release tables made from the records instead."
            )
        kept = cohort.select(episode_id=cohort.episodes["episode_id"][is_kept].tolist())
        facts = {entry.name: getattr(kept, entry.name) for entry in fields(kept)}
        facts["selection"] = cohort.selection  # a list of ids says nothing
        return Cohort.from_lawful({name: facts.pop(name) for name in TABLE_NAMES}, **facts)

    def summary(self) -> str:
        """Say in words whether the cohort may be given away.

        Returns
        -------
        str
            The verdict, then one line per finding.
        """
        n, total = len(self.rows), len(self.class_size)
        shared = f"age band, sex, clinic and year of the start with at least {self.k} people"
        if not n:
            first = f"All {total:,} episodes share {shared}."
        else:
            shown = ", ".join(str(row) for row in self.rows[:5]) + (", …" if n > 5 else "")
            first = (
                f"{n:,} of {total:,} episodes stand out: they do not share {shared} (rows {shown} "
                "of episodes). Leave them out, pool small clinics, or release tables instead."
            )
        verdict = "Safe to release." if self.is_safe else "Not safe to release."
        lines = [f"{finding.severity}: {finding.sentence}" for finding in self.findings]
        return "\n".join([f"{verdict} {first}", *lines])

    def __repr__(self) -> str:
        return f"<ReleaseRisk: {self.summary().splitlines()[0]}>"

    def _repr_html_(self) -> str:
        # Only our own words and numbers: nothing in them is a tag.
        return "".join(f"<p>{line}</p>" for line in self.summary().splitlines())


def validate_release(cohort: Cohort, k: int = SMALLEST_CLASS) -> ReleaseRisk:
    """Find out who stands out in a cohort that is to be given away, and what else betrays people.

    A class is an age band (0-17, 18-29, then ten years each, 90 and over), a sex, a clinic and the
    year of a start; an episode stands out if fewer than k people share its class, whatever their
    numbers of episodes. Errors are exact dates, ages over 89, text columns of the clinic's own,
    whole numbers that differ in nearly every row, and ids or clinics that look like identifiers.
    Codes that fewer than k people have are warnings.

    Parameters
    ----------
    cohort : Cohort
        What is to be released, as ``deidentify`` made it.
    k : int, default 11
        Least number of people per class.

    Returns
    -------
    ReleaseRisk
        ``.is_safe``, ``.rows``, ``.table()``, ``.findings``, ``.summary()``; only row numbers,
        column names and sizes, never a value.

    Raises
    ------
    DataError
        If k is no whole number, or not at least 1.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=50, seed=7)
    >>> risk = ho.validate_release(ho.deidentify(cohort))
    >>> risk.is_safe, len(risk.rows)
    (False, 50)
    """
    if isinstance(k, bool) or not isinstance(k, Integral) or k < 1:
        raise DataError(f"A class is a whole number of people, at least 1 person; k={k!r} is none.")
    findings = [
        *_dates(cohort),
        *_ages(cohort),
        *_texts(cohort),
        *_record_numbers(cohort),
        *_ids(cohort),
        *_rare_codes(cohort, k),
    ]
    return ReleaseRisk(k=k, class_size=_class_sizes(cohort), findings=Findings.of(findings))


def _class_sizes(cohort: Cohort) -> pd.Series:
    known = derive_day0(cohort)
    age = known["age"].to_numpy("float64", na_value=np.nan)
    frame = pd.DataFrame(
        {
            "age_band": np.where(np.isnan(age), -1, np.searchsorted(_BANDS, age, side="right")),
            "sex": known["sex"],
            "clinic_id": known["clinic_id"],
            "year": cohort.episodes["start_date"].dt.year.to_numpy("int64"),
        }
    )
    groups, n_groups = number_groups(frame, _QUASI)
    people, _ = number_groups(known, ["patient_id"])
    pairs = pd.DataFrame({"group": groups, "person": people}).drop_duplicates()
    sizes = np.bincount(pairs["group"], minlength=n_groups)
    return pd.Series(sizes[groups], index=pd.RangeIndex(1, len(known) + 1), name="class_size")


def _finding(table: str, column: str, rule: str, is_hit: np.ndarray, message: str) -> Finding:
    severity = "warning" if rule == "rare_code" else "error"
    return Finding(severity, table, column, rule, _rows(is_hit), message)


def _rows(is_hit: np.ndarray) -> tuple[int, ...]:
    return tuple((np.flatnonzero(is_hit) + 1).tolist())


def _dates(cohort: Cohort) -> Iterator[Finding]:
    episodes = cohort.episodes
    start = episodes["start_date"]
    exact = ~((start.dt.month == 1) & (start.dt.day == 1)).to_numpy()
    if exact.any() or not cohort.is_deidentified:
        message = "Dates are told to the day. Release what deidentify makes, which keeps years."
        yield _finding("episodes", "start_date", "exact_date", exact, message)
    told = (is_dated_by_cut(episodes) & episodes["last_observed_day"].notna()).to_numpy()
    if told.any():
        message = "From the data cut the day of the start can be worked out. Use deidentify."
        yield _finding("episodes", "last_observed_day", "exact_date", told, message)


def _ages(cohort: Cohort) -> Iterator[Finding]:
    is_over = (derive_day0(cohort)["age"] > OLDEST_AGE + 1).fillna(False).to_numpy(bool)
    if is_over.any():
        message = f"Ages over {OLDEST_AGE} are told as {OLDEST_AGE + 1} or over. Use deidentify."
        yield _finding("episodes", "start_date", "age_over_89", is_over, message)


def _texts(cohort: Cohort) -> Iterator[Finding]:
    for column in cohort.extra_columns:
        if column.type == "text":
            filled = getattr(cohort, column.table)[column.name].notna().to_numpy()
            message = "Free text may name people. Leave the column out, or make it a category."
            yield _finding(column.table, column.name, "free_text", filled, message)


def _record_numbers(cohort: Cohort) -> Iterator[Finding]:
    for column in cohort.extra_columns:
        if column.type == "integer":
            values = getattr(cohort, column.table)[column.name].dropna()
            if len(values) > SMALLEST_CLASS and (
                values.nunique() > _MOSTLY_DIFFERENT * len(values)
            ):
                message = "The number differs in nearly every row, as a record's number does."
                yield Finding("error", column.table, column.name, "record_number", (), message)


def _ids(cohort: Cohort) -> Iterator[Finding]:
    ids: Mapping[tuple[str, str], pd.Series] = {
        ("patients", "patient_id"): cohort.patients["patient_id"],
        ("episodes", "episode_id"): cohort.episodes["episode_id"],
        ("episodes", "clinic_id"): cohort.episodes["clinic_id"],
        ("episodes", "clinician_id"): cohort.episodes["clinician_id"],
    }
    for (table, column), values in ids.items():
        codes, words = pd.factorize(values)
        kinds = np.append(looks_like_identifier(np.asarray(words, dtype="object")), "")
        is_hit = kinds[codes] != ""
        if is_hit.any():
            message = "The id looks like a name, a number or an address of a person."
            yield _finding(table, column, "looks_like_identifier", is_hit, message)
    notes = np.array(cohort.assumptions, dtype="object")
    if (looks_like_identifier(notes) != "").any():
        message = "An assumption holds a date, a name or a number of a person. Word it otherwise."
        yield Finding("error", "manifest", "assumptions", "looks_like_identifier", (), message)
    if cohort.clinic_names and cohort.is_deidentified:
        message = "Clinics are named. Leave keep_clinics out unless they may be known."
        yield Finding("warning", "episodes", "clinic_id", "clinic_named", (), message)


def _rare_codes(cohort: Cohort, k: int) -> Iterator[Finding]:
    """Name codes of patients and episodes that few people have."""
    owner = {"patients": cohort.patients["patient_id"], "episodes": cohort.episodes["patient_id"]}
    for table, people in owner.items():
        frame: pd.DataFrame = getattr(cohort, table)
        for name, column in frame.items():
            if isinstance(column.dtype, pd.CategoricalDtype):
                counted = people.groupby(column, observed=True).nunique()
                is_rare = column.isin(counted.index[counted < k]).to_numpy()
                if is_rare.any():
                    message = f"The code is one that fewer than {k} people have."
                    yield _finding(table, str(name), "rare_code", is_rare, message)


__all__ = ["SMALLEST_CLASS", "ReleaseRisk", "validate_release"]
