"""Scenarios: every number a simulation rests on, read from TOML, checked and frozen."""

import datetime
import difflib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.tables import SCHEMAS
from hinge_outcomes.exceptions import ConfigError
from hinge_outcomes.simulation import care_sections, pain_sections, path_sections, sections
from hinge_outcomes.simulation.parameters import check_names, declared, read_section

SECTIONS: dict[str, Any] = {
    "calendar": sections.Calendar,
    "clinics": sections.Clinics,
    "people": sections.People,
    "placement": sections.Placement,
    "learning": path_sections.Learning,
    "setbacks": path_sections.Setbacks,
    "progression": path_sections.Progression,
    "visits": care_sections.Visits,
    "discharge": care_sections.Discharge,
    "loss": care_sections.Loss,
    "recurrence": sections.Recurrence,
    "pain": pain_sections.Pain,
    "questionnaires": pain_sections.Questionnaires,
}

DEFAULT_SCENARIO = "clinic"

_LONGEST_YEARS = 50  # days are stored in 16 bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Hold every number a simulation rests on.

    Make one with `Scenario.default`, `Scenario.read` or `replace`; all of them check every value.
    Marks and sources of the values are in the sections' declarations and in the TOML text.

    Parameters
    ----------
    name : str
        Short name.
    description : str
        One sentence.
    calendar, clinics, people : Calendar, Clinics, People
        Who comes, where and when.
    placement, learning, setbacks, progression : Placement, Learning, Setbacks, Progression
        Where on the ladder they start and aim, how they climb it and fall back.
    visits, discharge, loss : Visits, Discharge, Loss
        What care looks like and how it ends.
    recurrence : Recurrence
        Who comes back for a second episode.
    pain, questionnaires : Pain, Questionnaires
        How pain and disability run, and what is measured of them.

    Examples
    --------
    >>> scenario = Scenario.default()
    >>> scenario.clinics.count
    6
    >>> scenario.replace({"visits.no_show": 0.0}).visits.no_show
    0.0
    """

    name: str
    description: str
    calendar: sections.Calendar
    clinics: sections.Clinics
    people: sections.People
    placement: sections.Placement
    learning: path_sections.Learning
    setbacks: path_sections.Setbacks
    progression: path_sections.Progression
    visits: care_sections.Visits
    discharge: care_sections.Discharge
    loss: care_sections.Loss
    recurrence: sections.Recurrence
    pain: pain_sections.Pain
    questionnaires: pain_sections.Questionnaires

    def __post_init__(self) -> None:
        for low, high in (
            ("calendar.first_start", "calendar.last_start"),
            ("calendar.last_start", "calendar.data_cut"),
            ("people.age_minimum", "people.age_maximum"),
            ("learning.cued_from", "learning.conscious_from"),
            ("loss.closing_from", "loss.closing_to"),
        ):
            if self._value(low) > self._value(high):
                raise ConfigError(f"Scenario key {low} must not lie above {high}.")
        span = self.calendar.data_cut - self.calendar.first_start
        if span.days > _LONGEST_YEARS * 365:
            raise ConfigError(
                "Scenario key calendar.first_start must lie at most "
                f"{_LONGEST_YEARS} years before calendar.data_cut."
            )
        self._check_births()
        if self.people.female_share + self.people.other_share > 1:
            raise ConfigError(
                "Scenario keys people.female_share and people.other_share must not sum above 1."
            )
        if not self.clinics.clinicians:
            raise ConfigError("Scenario key clinics.clinicians needs at least one number.")

    def _check_births(self) -> None:
        years = SCHEMAS["patients"].columns["birth_year"].metadata
        oldest = self.calendar.first_start.year - int(self.people.age_maximum)
        youngest = self.calendar.last_start.year - int(self.people.age_minimum)
        for ends, is_outside in (
            (("calendar.first_start", "people.age_maximum"), oldest < years["minimum"]),
            (("calendar.last_start", "people.age_minimum"), youngest > years["maximum"]),
        ):
            if is_outside:
                raise ConfigError(
                    f"Scenario keys {ends[0]} and {ends[1]} must keep years of birth from "
                    f"{years['minimum']} to {years['maximum']}."
                )

    @classmethod
    def default(cls) -> "Scenario":
        """Give the scenario that ships as ``clinic``: six physiotherapy clinics, three years.

        Returns
        -------
        Scenario
            The default.
        """
        return cls.from_dict(_shipped(DEFAULT_SCENARIO), complete=True)

    @classmethod
    def named(cls, name: str) -> "Scenario":
        """Give one of the scenarios that ship with the package.

        Parameters
        ----------
        name : str
            One of `scenario_names`.

        Returns
        -------
        Scenario
            The default with what the named file changes.

        Raises
        ------
        ConfigError
            If there is none of that name; the message lists those there are.

        Examples
        --------
        >>> Scenario.named("small-clinic").clinics.count
        1
        """
        if name not in scenario_names():
            near = difflib.get_close_matches(name, scenario_names(), n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ConfigError(
                f"No scenario {name!r} ships with the package.{hint} "
                f"Shipped: {', '.join(scenario_names())}. A file is named with its ending, .toml."
            )
        return cls.from_dict(_shipped(name))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "Scenario":
        """Read a scenario from a TOML file; keys left out keep the default's value.

        Parameters
        ----------
        path : path
            The file.

        Returns
        -------
        Scenario
            The scenario.

        Raises
        ------
        ConfigError
            If the file cannot be read, or a key or value is not allowed.
        """
        file = Path(path)
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ConfigError(f"There is no scenario file {file.name}. Give a TOML file.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise ConfigError(
                f"The scenario file {file.name} cannot be read as TOML: {error}."
            ) from error
        return cls.from_dict(values)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, complete: bool = False) -> "Scenario":
        """Make a scenario from plain values; keys left out keep the default's value.

        Parameters
        ----------
        values : mapping
            ``name``, ``description`` and the sections, as in the TOML file.
        complete : bool, default False
            Whether every key must be there.

        Returns
        -------
        Scenario
            The scenario.

        Raises
        ------
        ConfigError
            If a key is unknown or a value is outside its range; the message names both.
        """
        known = [each.name for each in fields(cls)]
        check_names("The scenario", values, known)
        base: dict[str, Any] = {} if complete else cls.default().as_dict()
        texts = {key: values.get(key, base.get(key, "")) for key in ("name", "description")}
        for key, text in texts.items():
            if not isinstance(text, str):
                raise ConfigError(f"Scenario key {key} must be a text.")
        built = {}
        for name, kind in SECTIONS.items():
            given = values.get(name, {})
            if not isinstance(given, Mapping):
                raise ConfigError(f"Scenario key {name} must be a section, [{name}].")
            built[name] = read_section(name, kind, {**base.get(name, {}), **given})
        return cls(**texts, **built)

    def replace(self, changes: Mapping[str, Any]) -> "Scenario":
        """Return this scenario with some parameters changed and checked again.

        Parameters
        ----------
        changes : mapping
            New values by dotted key, such as ``{"visits.no_show": 0.1}``.

        Returns
        -------
        Scenario
            A new scenario.

        Raises
        ------
        ConfigError
            If a key does not exist or a value is not allowed.
        """
        values = self.as_dict()
        for key, value in changes.items():
            name, dot, inner = key.partition(".")
            check_names("The scenario", [name], values)
            if dot:
                values[name] = {**values[name], inner: value}
            else:
                values[name] = value
        return Scenario.from_dict(values, complete=True)

    def as_dict(self) -> dict[str, Any]:
        """Give all values as plain numbers, texts and lists, as a manifest stores them.

        Returns
        -------
        dict
            ``name``, ``description`` and one dict per section.
        """
        plain: dict[str, Any] = {"name": self.name, "description": self.description}
        for name in SECTIONS:
            section = getattr(self, name)
            plain[name] = {key: _plain(getattr(section, key)) for key in declared(section)}
        return plain

    def as_toml(self) -> str:
        """Write the scenario as TOML, each value with its mark, source, population and range.

        Returns
        -------
        str
            The text of a scenario file.
        """
        lines = [
            "# S read in a public source; D computed from public data; - setting;",
            "# A assumed, of the scenario's own patients.",
            f"name = {_toml_value(self.name)}",
            f"description = {_toml_value(self.description)}",
        ]
        for name in SECTIONS:
            section = getattr(self, name)
            lines += ["", f"[{name}]"]
            for key, rule in declared(section).items():
                notes = [f"{rule.mark}: {rule.label}"]
                notes += [rule.source] if rule.source else []
                notes += [f"of {rule.population}"] if rule.population else []
                notes += [f"try {rule.sensitivity}"] if rule.sensitivity else []
                lines.append(f"# {'; '.join(notes)}")
                lines.append(f"{key} = {_toml_value(getattr(section, key))}")
        return "\n".join(lines) + "\n"

    def table(self) -> pd.DataFrame:
        """List every parameter with its value, its mark and where it is from.

        Returns
        -------
        DataFrame
            key, value, mark ("S" read in a public source, "D" computed from public data, "A"
            assumption, "-" setting), label, population (an assumption describes nobody but the
            scenario's own patients), source, sensitivity (the range to try).

        Examples
        --------
        >>> Scenario.default().table().set_index("key").loc["clinics.count", "value"]
        6
        """
        rows = []
        for name in SECTIONS:
            section = getattr(self, name)
            for key, rule in declared(section).items():
                rows.append(
                    {
                        "key": f"{name}.{key}",
                        "value": _plain(getattr(section, key)),
                        "mark": rule.mark,
                        "label": rule.label,
                        "population": rule.population or _INVENTED[rule.mark],
                        "source": rule.source or _ASSUMED[rule.mark],
                        "sensitivity": rule.sensitivity,
                    }
                )
        return pd.DataFrame(rows)

    def _value(self, key: str) -> Any:
        section, name = key.split(".")
        return getattr(getattr(self, section), name)


# What is said of an assumption that names neither whom it describes nor where it is from.
_INVENTED = {"A": "the scenario's own patients", "-": "", "S": "", "D": ""}
_ASSUMED = {"A": "assumed", "-": "", "S": "", "D": ""}


def scenario_names() -> tuple[str, ...]:
    """List the scenarios that ship with the package.

    Returns
    -------
    tuple of str
        Their names, the default first.

    Examples
    --------
    >>> scenario_names()[0]
    'clinic'
    """
    folder = files("hinge_outcomes.simulation") / "scenarios"
    names = [file.name.removesuffix(".toml") for file in folder.iterdir()]
    return (DEFAULT_SCENARIO, *sorted(name for name in names if name != DEFAULT_SCENARIO))


def _shipped(name: str) -> dict[str, Any]:
    resource = files("hinge_outcomes.simulation") / "scenarios" / f"{name}.toml"
    return tomllib.loads(resource.read_text(encoding="utf-8"))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def _toml_value(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml_value(each) for each in value) + "]"
    if isinstance(value, str):
        # JSON lets DEL stand as it is, TOML does not.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return value.isoformat() if isinstance(value, datetime.date) else repr(value)
