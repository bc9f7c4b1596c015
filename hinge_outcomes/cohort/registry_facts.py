"""What a registry knows beside its tables, load by load: data cuts, names, the clinic's columns."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.exceptions import RegistryError


@dataclass(frozen=True, slots=True)
class Facts:
    """Hold what is known beside the tables after a load.

    Parameters
    ----------
    data_cuts : mapping of str to date
        Day up to which each clinic's records are complete.
    is_synthetic : bool or None
        Whether the patients are invented; None while the registry is empty.
    has_visits : bool
        Whether appointments are recorded at all.
    clinic_names : mapping of str to str
        What readers call each clinic.
    extra_columns : tuple of ExtraColumn
        The clinic's own columns.
    assumptions : tuple of str
        What the data did not say and somebody assumed.
    scenario : mapping or None
        The scenario of a simulated cohort, while all of it is from one.
    seed : int or None
        Its seed.
    """

    data_cuts: Mapping[str, dt.date]
    is_synthetic: bool | None
    has_visits: bool
    clinic_names: Mapping[str, str]
    extra_columns: tuple[ExtraColumn, ...]
    assumptions: tuple[str, ...]
    scenario: Mapping[str, Any] | None = None
    seed: int | None = None

    @classmethod
    def of(cls, facts: Mapping[str, Any], clinics: Iterable[str], *, has_visits: bool) -> "Facts":
        """Take the facts of a load from the keyword arguments of a Cohort.

        Parameters
        ----------
        facts : mapping
            As a Cohort takes them.
        clinics : iterable of str
            The clinics of the load.
        has_visits : bool
            Whether there is any visit.

        Returns
        -------
        Facts
            With one data cut per clinic.

        Raises
        ------
        RegistryError
            If dates were reduced to years, or a clinic has no data cut.
        """
        if facts.get("is_deidentified"):
            raise RegistryError(
                "These records are de-identified: their dates were reduced to years, so no later "
                "load could be joined to them. Load the records as they were before."
            )
        cut = facts["data_cut"]
        present = sorted(clinics)
        if isinstance(cut, Mapping):
            if any(clinic not in cut for clinic in present):
                raise RegistryError(
                    "A clinic of this load has no data cut. Add its day under [data_cut] in the "
                    "mapping."
                )
            cuts = {clinic: cut[clinic] for clinic in present}
        else:
            cuts = dict.fromkeys(present, cut)
        return cls(
            data_cuts=cuts,
            is_synthetic=bool(facts.get("is_synthetic")),
            has_visits=has_visits or bool(facts.get("has_visits")),
            clinic_names=dict(facts.get("clinic_names") or {}),
            extra_columns=tuple(facts.get("extra_columns") or ()),
            assumptions=tuple(facts.get("assumptions") or ()),
            scenario=facts.get("scenario"),
            seed=facts.get("seed"),
        )

    @classmethod
    def from_json(cls, text: str | None) -> "Facts":
        """Read stored facts.

        Parameters
        ----------
        text : str or None
            From `to_json`; None for an empty registry.

        Returns
        -------
        Facts
            The facts.
        """
        if text is None:
            return cls({}, None, False, {}, (), ())
        told = json.loads(text)
        told["data_cuts"] = {
            clinic: dt.date.fromisoformat(day) for clinic, day in told["data_cuts"].items()
        }
        told["extra_columns"] = tuple(
            ExtraColumn(**{**column, "allowed": tuple(column["allowed"])})
            for column in told["extra_columns"]
        )
        told["assumptions"] = tuple(told["assumptions"])
        return cls(**told)

    def to_json(self) -> str:
        """Write the facts down.

        Returns
        -------
        str
            JSON text.
        """
        content = {name: getattr(self, name) for name in self.__slots__}
        content["data_cuts"] = {clinic: day.isoformat() for clinic, day in self.data_cuts.items()}
        content["extra_columns"] = [asdict(column) for column in self.extra_columns]
        return json.dumps(content, ensure_ascii=False, default=str)

    def for_cohort(self, clinics: Iterable[str] | None = None) -> dict[str, Any]:
        """Give the facts as a Cohort takes them.

        Parameters
        ----------
        clinics : iterable of str, optional
            The clinics wanted; else all.

        Returns
        -------
        dict
            Keyword arguments; one date where all clinics have the same cut.
        """
        wanted = self.data_cuts if clinics is None else set(clinics)
        cuts = {clinic: day for clinic, day in self.data_cuts.items() if clinic in wanted}
        days = set(cuts.values())
        return {
            "data_cut": days.pop() if len(days) == 1 else cuts,
            "is_synthetic": bool(self.is_synthetic),
            "has_visits": self.has_visits,
            "clinic_names": self.clinic_names,
            "extra_columns": self.extra_columns,
            "assumptions": self.assumptions,
            "scenario": self.scenario,
            "seed": self.seed,
        }

    def joined_by(self, new: "Facts", *, force: bool, is_whole: bool) -> "Facts":
        """Join the facts of a load to those of the registry.

        Parameters
        ----------
        new : Facts
            Of the load.
        force : bool
            Whether an export may be older than what the registry holds.
        is_whole : bool
            Whether the load replaces all records of its clinics.

        Returns
        -------
        Facts
            What holds after the load.

        Raises
        ------
        RegistryError
            If invented and real patients would be mixed, or the export is an older one.
        """
        if self.is_synthetic is not None and self.is_synthetic != new.is_synthetic:
            kinds = ("a clinic's records", "invented patients")
            raise RegistryError(
                f"The registry holds {kinds[self.is_synthetic]} and this load "
                f"{kinds[bool(new.is_synthetic)]}. They are never mixed: name another registry."
            )
        known = self.data_cuts
        older = sorted(c for c, day in new.data_cuts.items() if c in known and day < known[c])
        if older and not force:
            raise RegistryError(
                f"This export is older than what the registry holds: it is complete to "
                f"{new.data_cuts[older[0]].isoformat()}, the registry to "
                f"{known[older[0]].isoformat()} (clinic {older[0]}). Is it last quarter's file? "
                "Nothing was changed. If it is the right one, correct data_cut in the mapping, or "
                "repeat with --force."
            )
        cuts = dict(known)
        for clinic, day in new.data_cuts.items():
            # Records that the export does not hold stay, and may lie after an older cut.
            cuts[clinic] = day if is_whole else max(day, known.get(clinic, day))
        is_one = self.is_synthetic is None or (self.scenario, self.seed) == (
            new.scenario,
            new.seed,
        )
        return Facts(
            data_cuts=dict(sorted(cuts.items())),
            is_synthetic=new.is_synthetic,
            has_visits=self.has_visits or new.has_visits,
            clinic_names={**self.clinic_names, **new.clinic_names},
            extra_columns=_joined_columns(
                self.extra_columns, new.extra_columns, is_first=self.is_synthetic is None
            ),
            assumptions=tuple(dict.fromkeys((*self.assumptions, *new.assumptions))),
            scenario=new.scenario if is_one else None,
            seed=new.seed if is_one else None,
        )


def _joined_columns(
    known: tuple[ExtraColumn, ...], new: tuple[ExtraColumn, ...], *, is_first: bool
) -> tuple[ExtraColumn, ...]:
    """Declare columns so that the rows of earlier loads stay lawful."""
    columns = {(column.table, column.name): column for column in known}
    told = set()
    for column in new:
        place = (column.table, column.name)
        told.add(place)
        if place in columns:
            columns[place] = _widened(columns[place], column)
        else:
            # Earlier rows have no value in a column that comes later.
            columns[place] = column if is_first else replace(column, is_required=False)
    return tuple(
        column if place in told else replace(column, is_required=False)
        for place, column in columns.items()
    )


def _widened(old: ExtraColumn, new: ExtraColumn) -> ExtraColumn:
    """Let a column that is declared again allow all that it allowed before."""
    return replace(
        new,
        minimum=_outer(min, old.minimum, new.minimum),
        maximum=_outer(max, old.maximum, new.maximum),
        allowed=tuple(dict.fromkeys((*new.allowed, *old.allowed))),
        is_required=old.is_required and new.is_required,
    )


def _outer(choose: Any, old: float | None, new: float | None) -> float | None:
    return None if old is None or new is None else choose(old, new)
