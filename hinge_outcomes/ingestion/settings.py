"""Reading the keys of a TOML file strictly: every key known, every value of the right kind."""

import datetime as dt
import difflib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hinge_outcomes.exceptions import MappingError


def suggest(word: str, allowed: Iterable[str]) -> str:
    """Offer the known word that a mistyped one comes closest to.

    Parameters
    ----------
    word : str
        What was written.
    allowed : iterable of str
        What may be written.

    Returns
    -------
    str
        A sentence with a leading blank, or nothing when no word is near.

    Examples
    --------
    >>> suggest("gendr", ["age", "gender"])
    " Did you mean 'gender'?"
    >>> suggest("weight", ["age", "gender"])
    ''
    """
    by_lower = {known.lower(): known for known in allowed}
    near = difflib.get_close_matches(word.lower(), list(by_lower), n=1, cutoff=0.6)
    return f" Did you mean {by_lower[near[0]]!r}?" if near else ""


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file, or say in one sentence why that is not possible.

    Parameters
    ----------
    path : Path
        The file, in UTF-8 with or without a byte order mark.

    Returns
    -------
    dict
        Its content.

    Raises
    ------
    MappingError
        If there is no such file, or it is not TOML.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise MappingError(
            f"The mapping {path.name} cannot be opened ({error.strerror}). "
            "Give the path of a TOML file that says how your export fills the five tables."
        ) from error
    except UnicodeDecodeError as error:
        raise MappingError(
            f"The mapping {path.name} is not UTF-8 text. Expected a TOML file saved as UTF-8."
        ) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(
            f"The mapping {path.name} is not valid TOML: {error}. Text needs quotation marks, a "
            "section is written [tables.patients], and a key stands once in its section."
        ) from error


@dataclass(frozen=True, slots=True)
class Section:
    """Read one section of a mapping, naming the section in every error.

    Parameters
    ----------
    name : str
        How the user writes the section, such as ``[tables.patients]``.
    values : dict
        Its keys and values.
    """

    name: str
    values: dict[str, Any]

    @classmethod
    def of(cls, name: str, values: object) -> "Section":
        """Take a value that must be a section.

        Parameters
        ----------
        name : str
            How the user writes it.
        values : object
            What was found there.

        Returns
        -------
        Section
            The section.

        Raises
        ------
        MappingError
            If it is a single value.
        """
        if not isinstance(values, dict):
            raise MappingError(f"{name} must be a section with keys, not a single value.")
        return cls(name, values)

    def check_keys(self, allowed: Iterable[str], required: Iterable[str] = ()) -> None:
        """Refuse unknown keys and missing ones.

        Parameters
        ----------
        allowed : iterable of str
            Keys that may stand here.
        required : iterable of str, default ()
            Keys that must stand here.

        Raises
        ------
        MappingError
            If a key is unknown or missing.
        """
        known = list(allowed)
        for key in self.values:
            if key not in known:
                raise MappingError(
                    f"{self.name} has no key {key!r}.{suggest(key, known)} "
                    f"Allowed keys: {', '.join(known)}."
                )
        for key in required:
            if key not in self.values:
                raise MappingError(f"{self.name} needs the key {key!r}, which is missing.")

    def fail(self, key: str, expected: str) -> MappingError:
        """Make the error for a value that cannot be meant.

        Parameters
        ----------
        key : str
            The key.
        expected : str
            What may stand there.

        Returns
        -------
        MappingError
            To be raised by the caller.
        """
        return MappingError(f"{self.name}: the value of {key!r} is not allowed. {expected}")

    def text(self, key: str, default: str = "") -> str:
        """Read a text.

        Parameters
        ----------
        key : str
            The key.
        default : str, default ""
            Value where the key is absent.

        Returns
        -------
        str
            The text.

        Raises
        ------
        MappingError
            If it is no text.
        """
        value = self.values.get(key, default)
        if not isinstance(value, str):
            raise self.fail(key, "Expected a text in quotation marks.")
        return value

    def choice(self, key: str, allowed: Iterable[str], default: str) -> str:
        """Read a text that must be one of a few.

        Parameters
        ----------
        key : str
            The key.
        allowed : iterable of str
            The texts.
        default : str
            Value where the key is absent.

        Returns
        -------
        str
            One of them.

        Raises
        ------
        MappingError
            If it is another text.
        """
        known = list(allowed)
        value = self.text(key, default)
        if value not in known:
            words = ", ".join(repr(word) for word in known)
            raise self.fail(key, f"Expected one of {words}.{suggest(value, known)}")
        return value

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Read one text or a list of texts; whole numbers stand for their digits.

        Parameters
        ----------
        key : str
            The key.
        default : tuple of str, default ()
            Value where the key is absent.

        Returns
        -------
        tuple of str
            The texts.

        Raises
        ------
        MappingError
            If it is anything else.
        """
        if key not in self.values:
            return default
        return tuple(_as_text(self, key, value) for value in _as_list(self.values[key]))

    def date(self, key: str) -> dt.date:
        """Read a calendar date written 2026-09-30, with or without quotation marks.

        Parameters
        ----------
        key : str
            The key.

        Returns
        -------
        datetime.date
            The date.

        Raises
        ------
        MappingError
            If it is no date.
        """
        value = self.values[key]
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value
        try:
            return dt.date.fromisoformat(value)
        except (TypeError, ValueError):
            raise self.fail(key, "Expected a date written as 2026-09-30.") from None


def _as_list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def _as_text(section: Section, key: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise section.fail(
        key, "Expected a text in quotation marks or a whole number, as the export writes it."
    )
