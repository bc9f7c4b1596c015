"""How a simulation parameter is declared: its range, its mark (S, D or A) and its source."""

import datetime
import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, TypeVar

from hinge_outcomes.exceptions import ConfigError

Section = TypeVar("Section")

MARKS = {
    "S": "read in the named public source",
    "D": "computed from a public data file",
    "A": "an assumption, with a range for sensitivity analyses",
    "-": "a setting, not a claim about patients",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """Describe one parameter of a scenario.

    Parameters
    ----------
    kind : str
        "number", "integer", "text", "date", or a list: "numbers", "integers", "texts".
    label : str
        What it is, in words, with its unit.
    mark : str, default "A"
        How firm it is: "S", "D", "A", or "-" for a setting.
    source : str, default ""
        Where the value is from.
    population : str, default ""
        Whom it describes; an assumption describes the scenario's own invented patients.
    minimum, maximum : float, default -inf and inf
        Range of each number, both ends allowed.
    sensitivity : str, default ""
        The range to try where the value is an assumption.
    length : int, optional
        How many values a list has.
    total : float, optional
        What a list sums to.
    choices : tuple of str, default ()
        The words a text may be.
    """

    kind: str
    label: str
    mark: str = "A"
    source: str = ""
    population: str = ""
    minimum: float = float("-inf")
    maximum: float = float("inf")
    sensitivity: str = ""
    length: int | None = None
    total: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def expectation(self) -> str:
        """Say in words which values are allowed.

        Returns
        -------
        str
            Such as "a number from 0 to 1".
        """
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        words = {"date": "a date such as 2026-09-30", "text": "a text", "texts": "a list of texts"}
        if self.kind in words:
            return words[self.kind]
        many = self.kind.endswith("s")
        count = f"{self.length} " if self.length else ""
        what = f"a list of {count}{self.kind}" if many else f"{_article(self.kind)} {self.kind}"
        bounds = [
            f"{word} {bound:g}"
            for word, bound in (("from", self.minimum), ("to", self.maximum))
            if abs(bound) != float("inf")
        ]
        total = "" if self.total is None else f" that sum to {self.total:g}"
        return " ".join([what, *bounds]) + total


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def parameter(kind: str, label: str, **details: Any) -> Any:
    """Declare one parameter as a dataclass field.

    Parameters
    ----------
    kind : str
        See `Parameter`.
    label : str
        See `Parameter`.
    **details
        The other fields of `Parameter`.

    Returns
    -------
    dataclasses.Field
        A field whose metadata holds the `Parameter`.
    """
    return field(metadata={"parameter": Parameter(kind, label, **details)})


def share(label: str, sensitivity: str = "", **details: Any) -> Any:
    """Declare a share or probability, from 0 to 1 unless said otherwise.

    Parameters
    ----------
    label, sensitivity : str
        What it is, and the range to try.
    **details
        The other fields of `Parameter`.

    Returns
    -------
    dataclasses.Field
        As from `parameter`.
    """
    bounds = {"minimum": 0, "maximum": 1}
    return parameter("number", label, sensitivity=sensitivity, **{**bounds, **details})


def effect(label: str, sensitivity: str = "", **details: Any) -> Any:
    """Declare an effect on a log hazard, log odds or probit scale, within -5 to 5.

    Parameters
    ----------
    label, sensitivity : str
        What it is, and the range to try.
    **details
        The other fields of `Parameter`.

    Returns
    -------
    dataclasses.Field
        As from `parameter`.
    """
    bounds = {"minimum": -5, "maximum": 5}
    return parameter("number", label, sensitivity=sensitivity, **{**bounds, **details})


def declared(section: Any) -> dict[str, Parameter]:
    """List the parameters of a section.

    Parameters
    ----------
    section : type or instance
        A section dataclass.

    Returns
    -------
    dict of str to Parameter
        In declared order.
    """
    found: dict[str, Parameter] = {}
    each: Field[Any]
    for each in fields(section):
        found[each.name] = each.metadata["parameter"]
    return found


def check_names(where: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse names that do not exist, with the nearest one that does.

    Parameters
    ----------
    where : str
        What is being read, for the message.
    given, known : iterable of str
        The names found and the names there are.

    Raises
    ------
    ConfigError
        If a name is unknown.
    """
    allowed = list(known)
    for name in given:
        if name not in allowed:
            near = difflib.get_close_matches(name, allowed, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ConfigError(
                f"{where} has no key {name!r}.{hint} Keys there: {', '.join(allowed)}."
            )


def read_section(name: str, kind: type[Section], values: Mapping[str, Any]) -> Section:
    """Make a section from plain values, checking each.

    Parameters
    ----------
    name : str
        The section's name, for messages.
    kind : type
        The section dataclass.
    values : mapping
        Every key of the section.

    Returns
    -------
    Section
        The section.

    Raises
    ------
    ConfigError
        If a key is unknown or missing, or a value is outside its range.
    """
    known = declared(kind)
    check_names(f"Scenario section [{name}]", values, known)
    missing = [key for key in known if key not in values]
    if missing:
        raise ConfigError(f"Scenario section [{name}] lacks {', '.join(missing)}.")
    return kind(**{key: _checked(f"{name}.{key}", known[key], values[key]) for key in known})


def _checked(key: str, rule: Parameter, value: Any) -> Any:
    if rule.kind.endswith("s"):
        single = Parameter(rule.kind[:-1], rule.label, minimum=rule.minimum, maximum=rule.maximum)
        is_list = isinstance(value, list | tuple)
        if not is_list or (rule.length is not None and len(value) != rule.length):
            raise _refusal(key, rule, value)
        values = tuple(_single(key, rule, single, each) for each in value)
        # A list of shares is typed by hand, so it may miss its total by rounding, not by more.
        if rule.total is not None and abs(sum(values) - rule.total) > 1e-6:
            raise _refusal(key, rule, value)
        return values
    return _single(key, rule, rule, value)


def _single(key: str, rule: Parameter, single: Parameter, value: Any) -> Any:
    if single.kind == "date":
        if isinstance(value, str):
            try:
                return datetime.date.fromisoformat(value)
            except ValueError:
                raise _refusal(key, rule, value) from None
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value
        raise _refusal(key, rule, value)
    if single.kind == "text":
        if not isinstance(value, str) or (single.choices and value not in single.choices):
            raise _refusal(key, rule, value)
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value):
        raise _refusal(key, rule, value)
    if not single.minimum <= value <= single.maximum:
        raise _refusal(key, rule, value)
    if single.kind == "integer":
        if value != int(value):
            raise _refusal(key, rule, value)
        return int(value)
    return float(value)


def _refusal(key: str, rule: Parameter, value: Any) -> ConfigError:
    found = str(value)
    shown = found if len(found) <= 60 else f"{found[:57]}..."
    return ConfigError(f"Scenario key {key} must be {rule.expectation}; found {shown}.")
