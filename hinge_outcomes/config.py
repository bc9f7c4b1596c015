"""What a clinic says once: ``hinge.toml``, environment and flags, each value with its origin."""

import difflib
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hinge_outcomes.cohort.quarters import Quarter
from hinge_outcomes.exceptions import ConfigError

FILE_NAME = "hinge.toml"
PREFIX = "HINGE_"
CLINICS = "clinics"

SECRET_VARIABLES = ("HINGE_KEY", "HINGE_REDCAP_TOKEN")
"""Variables that are no settings: they are read where they are needed and shown nowhere."""

AUDIENCES = ("release", "internal")
PAPERS = ("a4", "letter")
QUARTER_MONTHS = (1, 4, 7, 10)

# Turns what was written into a value; `folder` is what relative paths are relative to.
Reader = Callable[[object, Path], Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """Describe one setting.

    Parameters
    ----------
    key : str
        Its name in ``hinge.toml``; ``ingest.mapping`` stands in the section ``[ingest]``.
    default : object
        Its value where nobody says otherwise.
    expected : str
        What is allowed, in words.
    help : str
        What it is for.
    reader : callable
        Turns what was written into the value, and raises ValueError where it is not allowed.
    """

    key: str
    default: Any
    expected: str
    help: str
    reader: Reader

    @property
    def field(self) -> str:
        """Name the attribute of `Config` that holds the value."""
        return self.key.replace(".", "_")

    @property
    def variable(self) -> str:
        """Name the environment variable that sets it."""
        return PREFIX + self.field.upper()


def _path(written: object, folder: Path) -> Path:
    if not isinstance(written, str) or not written.strip():
        raise ValueError
    return folder / Path(written).expanduser()


def _text(written: object, folder: Path) -> str:
    if not isinstance(written, str) or not written.strip():
        raise ValueError
    return written.strip()


def _one_of(choices: tuple[str, ...]) -> Reader:
    def read(written: object, folder: Path) -> str:
        if written not in choices:
            raise ValueError
        return str(written)

    return read


def _quarter_month(written: object, folder: Path) -> int:
    # The environment knows only text.
    month = int(written) if isinstance(written, str) else written
    if isinstance(month, bool) or month not in QUARTER_MONTHS:
        raise ValueError
    return int(str(month))


SETTINGS = (
    Setting("cohort", None, "a folder", "the folder of the clinic's records", _path),
    Setting("registry", None, "a file", "the registry that every load of records adds to", _path),
    Setting("clinic", None, "the id of a clinic", "the clinic that reports are about", _text),
    Setting("out", Path("reports"), "a folder", "the folder that reports are written to", _path),
    Setting(
        "audience",
        "release",
        "release or internal",
        "release hides small counts; internal shows all, for the clinic's own desk",
        _one_of(AUDIENCES),
    ),
    Setting("paper", "a4", "a4 or letter", "the paper of the PDF", _one_of(PAPERS)),
    Setting(
        "fiscal_year_start",
        1,
        "1, 4, 7 or 10",
        "the month in which the clinic's year begins; the year is named after the one it ends in",
        _quarter_month,
    ),
    Setting("ingest.source", None, "a file", "the export that `hinge ingest` reads", _path),
    Setting("ingest.mapping", None, "a file", "the mapping that says what it means", _path),
)

_BY_KEY = {setting.key: setting for setting in SETTINGS}
_SECTIONS = {key.partition(".")[0] for key in _BY_KEY if "." in key}


@dataclass(frozen=True, slots=True)
class Config:
    """Hold the settings that are in force, each with where it comes from.

    Parameters
    ----------
    cohort : Path or None
        The folder of the clinic's records.
    registry : Path or None
        The registry that every load of records adds to.
    clinic : str or None
        The id of the clinic that reports are about.
    out : Path
        The folder that reports are written to.
    audience : str
        "release" or "internal".
    paper : str
        "a4" or "letter".
    fiscal_year_start : int
        The month in which the clinic's year begins: 1, 4, 7 or 10.
    ingest_source : Path or None
        The export that ``hinge ingest`` reads.
    ingest_mapping : Path or None
        The mapping that says what the export means.
    clinic_names : mapping of str to str
        What a clinic is called on a page, by its id.
    origins : mapping of str to str
        For each key: "default", the environment variable, the flag, or the file.
    """

    cohort: Path | None
    registry: Path | None
    clinic: str | None
    out: Path
    audience: str
    paper: str
    fiscal_year_start: int
    ingest_source: Path | None
    ingest_mapping: Path | None
    clinic_names: Mapping[str, str]
    origins: Mapping[str, str]

    @property
    def records(self) -> Path | None:
        """Name where the clinic's records are: the cohort's folder, else the registry.

        Returns
        -------
        Path or None
            None where neither was named.
        """
        return self.cohort or self.registry

    def rows(self) -> list[tuple[str, str, str]]:
        """List every setting with its value and its origin.

        Returns
        -------
        list of tuple
            Key, value as text ("" where there is none) and origin.
        """
        rows = [
            (setting.key, _shown(getattr(self, setting.field)), self.origins[setting.key])
            for setting in SETTINGS
        ]
        for clinic_id, name in self.clinic_names.items():
            key = f"{CLINICS}.{clinic_id}"
            rows.append((key, name, self.origins[key]))
        return rows

    def calendar_quarter(self, text: str) -> str:
        """Translate a quarter of the clinic's year into a calendar quarter.

        Parameters
        ----------
        text : str
            Such as "2026Q1", in the clinic's own year; a year is named after the one it ends in.

        Returns
        -------
        str
            The calendar quarter with the same months.

        Raises
        ------
        DataError
            If the text is no quarter.

        Examples
        --------
        >>> config = read_config(environment={"HINGE_FISCAL_YEAR_START": "4"})
        >>> config.calendar_quarter("2026Q1")  # April to June 2025
        '2025Q2'
        """
        later = (self.fiscal_year_start - 1) // 3
        return str(Quarter.parse(text).shift(later - 4 if later else 0))


def read_config(
    start: str | os.PathLike[str] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Config:
    """Read the settings in force: flags beat the environment, which beats ``hinge.toml``.

    The file is the nearest one found upwards from the working folder. Paths in it are relative to
    it, so that it means the same wherever the command is run; paths in flags and variables are
    relative to the working folder.

    Parameters
    ----------
    start : path, optional
        The folder to search from; the working folder if not given.
    environment : mapping of str to str, optional
        The environment; ``os.environ`` if not given.
    flags : mapping of str to object, optional
        Values by key; None means that the flag was not given.

    Returns
    -------
    Config
        The settings.

    Raises
    ------
    ConfigError
        If the file cannot be read, or a key or value is not allowed; a near name is suggested.

    Examples
    --------
    >>> config = read_config(environment={"HINGE_PAPER": "letter"}, flags={"clinic": "C02"})
    >>> config.paper, config.origins["paper"]
    ('letter', 'HINGE_PAPER')
    >>> config.clinic, config.origins["clinic"]
    ('C02', '--clinic')
    """
    here = Path.cwd() if start is None else Path(start).resolve()
    values: dict[str, Any] = {setting.key: setting.default for setting in SETTINGS}
    origins = dict.fromkeys(values, "default")
    names: dict[str, str] = {}
    file = find_config(here)
    if file is not None:
        written = _flat(_read_toml(file), file)
        for key, value in written.items():
            if key in _BY_KEY:
                values[key] = _checked(_BY_KEY[key], value, file.parent, f"{file.name}: {key}")
            else:
                names[key.partition(".")[2]] = _name(key, value, file)
            origins[key] = str(file)
    for variable, text in _variables(os.environ if environment is None else environment).items():
        setting = next(item for item in SETTINGS if item.variable == variable)
        values[setting.key] = _checked(setting, text, here, f"The environment variable {variable}")
        origins[setting.key] = variable
    for key, value in (flags or {}).items():
        if value is not None:
            flag = "--" + key.rpartition(".")[2].replace("_", "-")
            values[key] = _checked(_BY_KEY[key], value, here, flag)
            origins[key] = flag
    attributes = {_BY_KEY[key].field: value for key, value in values.items()}
    return Config(**attributes, clinic_names=names, origins=origins)


def find_config(start: str | os.PathLike[str]) -> Path | None:
    """Find the nearest ``hinge.toml`` in a folder or above it.

    Parameters
    ----------
    start : path
        The folder to search from.

    Returns
    -------
    Path or None
        The file, or None where there is none.
    """
    here = Path(start).resolve()
    return next((p for f in (here, *here.parents) if (p := f / FILE_NAME).is_file()), None)


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        # Windows' Notepad puts a byte order mark in front of UTF-8.
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not text in UTF-8. Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f'{file} cannot be read: {error}. Text stands in quotes, as in paper = "a4".'
        ) from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.") from None


def _flat(written: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """Write sections as dotted keys and refuse the keys that mean nothing."""
    flat: dict[str, Any] = {}
    for key, value in written.items():
        if key in _SECTIONS | {CLINICS}:
            if not isinstance(value, Mapping):
                raise ConfigError(f"{file.name}: {key} is a section: write [{key}].")
            flat |= {f"{key}.{inner}": content for inner, content in value.items()}
        else:
            flat[key] = value
    for key in flat:
        if key not in _BY_KEY and key.partition(".")[0] != CLINICS:
            raise ConfigError(
                f"{file.name}: there is no setting {key!r}.{_suggestion(key, _BY_KEY)} "
                f"The settings are: {', '.join([*_BY_KEY, f'[{CLINICS}]'])}."
            )
    return flat


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Pick the variables that are ours; one that is almost ours is a slip of the pen."""
    known = [setting.variable for setting in SETTINGS]
    ours = {
        name: text
        for name, text in environment.items()
        if name.startswith(PREFIX) and name not in SECRET_VARIABLES
    }
    for name in ours:
        if name not in known:
            raise ConfigError(
                f"The environment variable {name} sets nothing.{_suggestion(name, known)} "
                f"Those that do: {', '.join(known)}."
            )
    return ours


def _checked(setting: Setting, written: object, folder: Path, place: str) -> Any:
    try:
        return setting.reader(written, folder)
    except ValueError:
        raise ConfigError(
            f"{place} cannot be {written!r}. Expected: {setting.expected} ({setting.help})."
        ) from None


def _name(key: str, written: object, file: Path) -> str:
    if isinstance(written, str) and written.strip():
        return written.strip()
    raise ConfigError(f'{file.name}: {key} must be a name in quotes, as in C01 = "Hill Clinic".')


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _suggestion(found: str, allowed: Iterable[str]) -> str:
    near = difflib.get_close_matches(found, list(allowed), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
