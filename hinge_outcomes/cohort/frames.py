"""The Cohort: five checked tables in which simulated and clinic patients are the same thing."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.dtypes import coerce_table
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.cohort.findings import Findings
from hinge_outcomes.cohort.overview import cohort_html
from hinge_outcomes.cohort.selection import SELECTORS, chosen_episodes
from hinge_outcomes.cohort.tables import table_key
from hinge_outcomes.cohort.validation import validate_tables
from hinge_outcomes.exceptions import ContractError

_ERRORS_SHOWN = 10


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Cohort:
    """Hold the records of patients who learn the hip hinge, checked and ready to analyse.

    Calendar time lives in ``episodes.start_date`` alone; every ``*_day`` counts whole days since
    the episode began. The tables are brought into their declared dtypes, checked, and sorted by
    key; the frames given are not changed.

    Parameters
    ----------
    patients, episodes, visits, assessments, outcomes : DataFrame
        The five tables; absent nullable columns are filled with nulls.
    data_cut : date or mapping of str to date
        Day up to which the data are complete (included), overall or per clinic.
    is_synthetic : bool, default False
        Whether the patients are invented.
    is_deidentified : bool, default False
        Whether dates were reduced to years.
    clinic_names : mapping of str to str, default {}
        What readers call each clinic.
    scenario : mapping, optional
        The scenario of a simulated cohort.
    seed : int, optional
        Its seed.
    extra_columns : tuple of ExtraColumn, default ()
        The clinic's own columns, whose names start with ``x_``.
    assumptions : tuple of str, default ()
        What the data did not say and somebody assumed; printed in every report's footer.
    selection : mapping, default {}
        How this cohort was selected from a larger one.
    has_visits : bool, optional
        Whether appointments are recorded at all: only then is a long silence a loss. By default,
        and wherever there are visits, whether there is any. A selection keeps what was true of the
        whole cohort, so that no episode ends differently for being looked at alone.

    Raises
    ------
    ContractError
        If a table breaks its declaration; warnings do not raise (see ``validate``).

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=20, seed=7)
    >>> len(cohort.episodes), cohort.has_stages, cohort.data_cut.isoformat()
    (20, True, '2026-09-30')
    """

    patients: pd.DataFrame
    episodes: pd.DataFrame
    visits: pd.DataFrame
    assessments: pd.DataFrame
    outcomes: pd.DataFrame
    data_cut: dt.date | Mapping[str, dt.date] = field(kw_only=True)
    is_synthetic: bool = field(default=False, kw_only=True)
    is_deidentified: bool = field(default=False, kw_only=True)
    clinic_names: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    scenario: Mapping[str, Any] | None = field(default=None, kw_only=True)
    seed: int | None = field(default=None, kw_only=True)
    extra_columns: tuple[ExtraColumn, ...] = field(default=(), kw_only=True)
    assumptions: tuple[str, ...] = field(default=(), kw_only=True)
    selection: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    has_visits: bool | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        findings = []
        tables = {}
        for name in TABLE_NAMES:
            tables[name], found = coerce_table(name, getattr(self, name), self.extra_columns)
            findings.extend(found)
        checked = validate_tables(
            tables,
            data_cut=self.data_cut,
            extra_columns=self.extra_columns,
            is_deidentified=self.is_deidentified,
        )
        check_findings(Findings.of([*findings, *checked]))
        for name, frame in tables.items():
            object.__setattr__(self, name, frame.sort_values(table_key(name), ignore_index=True))
        object.__setattr__(self, "has_visits", len(self.visits) > 0 or bool(self.has_visits))

    @classmethod
    def from_lawful(cls, tables: Mapping[str, pd.DataFrame], **facts: Any) -> "Cohort":
        """Make a cohort of tables that need no check.

        Parameters
        ----------
        tables : mapping of str to DataFrame
            The five tables, lawful by construction: with the declared columns and dtypes, sorted
            by key, and such that ``validate`` finds no error. Whoever calls this has a test that
            shows it.
        **facts
            The keyword arguments of a Cohort.

        Returns
        -------
        Cohort
            Holding these very frames.
        """
        made = object.__new__(cls)
        for entry in fields(cls):
            default = None if entry.default is MISSING else entry.default
            if entry.default_factory is not MISSING:
                default = entry.default_factory()
            object.__setattr__(made, entry.name, facts.get(entry.name, default))
        for name in TABLE_NAMES:
            object.__setattr__(made, name, tables[name])
        object.__setattr__(made, "has_visits", len(made.visits) > 0 or bool(made.has_visits))
        return made

    @property
    def n_episodes(self) -> int:
        """Count the episodes.

        Returns
        -------
        int
            Rows of ``episodes``.
        """
        return len(self.episodes)

    @property
    def n_patients(self) -> int:
        """Count the patients who have an episode.

        Returns
        -------
        int
            Distinct ``episodes.patient_id``.
        """
        return int(self.episodes["patient_id"].nunique())

    @property
    def has_stages(self) -> bool:
        """Tell whether stages were recorded at all.

        Returns
        -------
        bool
            False where every entry stage is null.
        """
        return bool(self.episodes["entry_stage"].notna().any())

    @property
    def clinics(self) -> tuple[str, ...]:
        """List the clinics.

        Returns
        -------
        tuple of str
            Their ids, sorted.
        """
        return tuple(sorted(self.episodes["clinic_id"].unique()))

    def clinic_name(self, clinic_id: str) -> str:
        """Give what readers call a clinic.

        Parameters
        ----------
        clinic_id : str
            Its id.

        Returns
        -------
        str
            Its name, or the id where no name is known.
        """
        return self.clinic_names.get(clinic_id, clinic_id)

    def cut_of(self, clinic_id: str | None = None) -> dt.date:
        """Give the data cut of a clinic, or the earliest one.

        Parameters
        ----------
        clinic_id : str, optional
            Without it, the earliest cut of all clinics in the cohort.

        Returns
        -------
        date
            The last day with complete data.
        """
        if not isinstance(self.data_cut, Mapping):
            return self.data_cut
        if clinic_id is not None:
            return self.data_cut[clinic_id]
        present = [self.data_cut[clinic] for clinic in self.clinics if clinic in self.data_cut]
        return min(present or self.data_cut.values())

    def select(self, **criteria: Any) -> "Cohort":
        """Select episodes, with all that belongs to them.

        Parameters
        ----------
        **criteria
            ``quarter="2026Q3"`` (quarter of the start), ``started_from=`` and ``started_to=``
            (dates, included), ``discharged_in="2026Q3"`` (quarter of the closing day; for
            descriptive pages only), ``episode_id=``, or any column of ``episodes``, with one value
            or a list of values.

        Returns
        -------
        Cohort
            The selected episodes; ``selection`` remembers how, and ``has_visits`` stays.

        Raises
        ------
        DataError
            If a column does not exist or a code never occurs in it.

        Examples
        --------
        >>> import hinge_outcomes as ho
        >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=50, seed=7)
        >>> cohort.select(clinic_id="C01", symptom_duration="chronic").clinics
        ('C01',)
        """
        chosen = chosen_episodes(self.episodes, criteria, is_deidentified=self.is_deidentified)
        episodes = self.episodes[chosen]
        tables = {
            name: frame[frame["episode_id"].isin(episodes["episode_id"])]
            for name in ("visits", "assessments", "outcomes")
            for frame in (getattr(self, name),)
        }
        patients = self.patients[self.patients["patient_id"].isin(episodes["patient_id"])]
        selection = {**self.selection, **criteria}
        return self._lawful(patients=patients, episodes=episodes, selection=selection, **tables)

    def _lawful(self, **changes: Any) -> "Cohort":
        """Make a cohort from parts of this one: a subset of lawful rows needs no second check."""
        other = object.__new__(Cohort)
        for entry in fields(self):
            value = changes.get(entry.name, getattr(self, entry.name))
            if isinstance(value, pd.DataFrame):
                value = value.reset_index(drop=True)
            object.__setattr__(other, entry.name, value)
        return other

    def __repr__(self) -> str:
        kind = "synthetic cohort" if self.is_synthetic else "cohort"
        noun = "clinic" if len(self.clinics) == 1 else "clinics"
        return (
            f"<{kind}: {self.n_episodes:,} episodes of {self.n_patients:,} patients in "
            f"{len(self.clinics)} {noun}, complete to {self.cut_of().isoformat()}>"
        )

    def _repr_html_(self) -> str:
        return cohort_html(self)


def check_findings(findings: Findings) -> None:
    """Raise if a table breaks its declaration.

    Parameters
    ----------
    findings : Findings
        What a check found.

    Raises
    ------
    ContractError
        Names every error, with row numbers and the remedy.
    """
    errors = findings.errors
    if not errors:
        return
    lines = [finding.sentence for finding in errors[:_ERRORS_SHOWN]]
    if len(errors) > _ERRORS_SHOWN:
        lines.append(f"… and {len(errors) - _ERRORS_SHOWN} more errors.")
    raise ContractError("\n".join(lines))


__all__ = ["SELECTORS", "Cohort", "check_findings"]
