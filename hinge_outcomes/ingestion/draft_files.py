"""How an export's file is written: encoding, delimiter, decimal sign, order of dates."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.date_formats import EXCEL_DAYS
from hinge_outcomes.ingestion.draft_guesses import DATES, SCORES, Guess
from hinge_outcomes.ingestion.draft_values import ColumnProfile, find_decimal, is_serial_day
from hinge_outcomes.ingestion.draft_words import plain_words
from hinge_outcomes.ingestion.readers import find_format
from hinge_outcomes.ingestion.sources import DELIMITERS, Source
from hinge_outcomes.ingestion.text_files import guess_encoding, open_bytes

_SAMPLE_BYTES = 4 * 2**20
_SAMPLE_LINES = 30


@dataclass(frozen=True, slots=True)
class Writing:
    """Hold how a file's cells are written, as far as its columns tell.

    Parameters
    ----------
    decimal, decimal_why : str
        Decimal sign and what speaks for it; empty where nothing tells.
    decimal_ask : str
        A question, where both signs occur.
    date_formats : tuple of str
        Formats of its dates, as far as they are certain.
    date_choices : tuple of str
        Formats among which nothing decides.
    dates_why, dates_ask : str
        What speaks for the formats, and the question that is open.
    missing : tuple of str
        Texts that stand for a missing value.
    """

    decimal: str = ""
    decimal_why: str = ""
    decimal_ask: str = ""
    date_formats: tuple[str, ...] = ()
    date_choices: tuple[str, ...] = ()
    dates_why: str = ""
    dates_ask: str = ""
    missing: tuple[str, ...] = ()


def guess_sources(path: Path, name: str = "") -> tuple[Source, ...]:
    """Guess how a file must be opened.

    Parameters
    ----------
    path : Path
        The file.
    name : str, default ""
        What the mapping calls it.

    Returns
    -------
    tuple of Source
        Format, encoding and delimiter; of a workbook with several sheets, one for each sheet.

    Raises
    ------
    DataError
        If the file is no table.
    """
    kind = find_format(path)
    if kind == "xlsx":
        return _sheets(path, name)
    if kind == "parquet":
        return (Source(name=name, pattern=path.name, format=kind),)
    with open_bytes(path) as file:
        sample = file.read(_SAMPLE_BYTES)
    encoding, _ = guess_encoding(sample)
    if not encoding:
        raise DataError(
            f"{path.name} holds no text and is no spreadsheet, so no mapping can be drafted."
        )
    text = sample.decode(encoding, "replace").lstrip("\N{ZERO WIDTH NO-BREAK SPACE}")
    if text.lstrip()[:1] in ("{", "["):
        raise DataError(
            f"{path.name} is JSON. A mapping is drafted from tables; for a FHIR export write "
            'format = "fhir" and name the resource under [[source]].'
        )
    delimiter = guess_delimiter(text)
    written = Source(name=name, pattern=path.name, format="csv", encoding=encoding)
    return (replace(written, delimiters=(delimiter,)),)


def _sheets(path: Path, name: str) -> tuple[Source, ...]:
    from hinge_outcomes.ingestion.spreadsheets import open_workbook

    sheets = open_workbook(path).sheet_names
    book = Source(name=name, pattern=path.name, format="xlsx")
    if len(sheets) == 1:
        return (book,)
    return tuple(
        replace(book, name=f"{name}_{plain_words(sheet).replace(' ', '_')}", sheet=sheet)
        for sheet in sheets
    )


def guess_delimiter(text: str) -> str:
    """Guess what stands between cells.

    Parameters
    ----------
    text : str
        The beginning of a file.

    Returns
    -------
    str
        The sign under which the most lines have the same number of cells, and more than one.

    Examples
    --------
    >>> guess_delimiter("id;weight\\n1;12,5\\n2;13,5\\n")
    ';'
    """
    lines = text.splitlines()[:_SAMPLE_LINES]

    def agreement(sign: str) -> tuple[float, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=sign) if row)
        width, n_lines = max(widths.items(), key=lambda item: item[1], default=(0, 0))
        return (n_lines / max(len(lines), 1) if width > 1 else 0.0, width)

    return max(DELIMITERS.values(), key=agreement)


def guess_writing(guesses: Sequence[Guess]) -> Writing:
    """Guess how a file's cells are written.

    Parameters
    ----------
    guesses : sequence of Guess
        Its columns; only those with a role are looked at.

    Returns
    -------
    Writing
        Decimal sign, order of dates, texts for a missing value.
    """
    used = [guess for guess in guesses if guess.role]
    profiles = [guess.profile for guess in used]
    decimal, why = find_decimal(profiles)
    certain, choices, dates_why, ask = _settle_dates(used)
    return Writing(
        decimal=decimal,
        decimal_why=why,
        decimal_ask=why if why and not decimal else "",
        date_formats=certain,
        date_choices=choices,
        dates_why=dates_why,
        dates_ask=ask,
        missing=tuple(dict.fromkeys(word for profile in profiles for word in profile.missing)),
    )


def out_of_range(guess: Guess) -> bool:
    """Tell whether a score's column holds numbers that may stand for a missing score.

    Parameters
    ----------
    guess : Guess
        A column.

    Returns
    -------
    bool
        True where a few of its numbers lie outside the instrument's range.
    """
    if guess.role not in SCORES:
        return False
    tool = INSTRUMENTS[guess.role]
    return 0.5 < guess.profile.within(tool.minimum, tool.maximum) < 1


def _settle_dates(used: Sequence[Guess]) -> tuple[tuple[str, ...], tuple[str, ...], str, str]:
    """Take the formats that a column leaves no choice about; others may follow from them."""
    dates = [guess.profile for guess in used if guess.role in DATES]
    told = [profile.date_formats for profile in dates if profile.date_formats]
    certain = {formats[0] for formats in told if not _is_open(formats)}
    chosen: list[str] = []
    choices: list[str] = []
    for formats in told:
        left = tuple(written for written in formats if written in certain) or formats
        if _is_open(left):
            choices += left
        else:
            chosen.append(left[0])
    if any(_holds_serial_days(profile) for profile in dates):
        chosen.append(EXCEL_DAYS)
    ask = "is the day or the month written first? No date decides it" if choices else ""
    if any(profile.has_short_years for profile in dates):
        ask = "years have two digits, which does not say the century: export them with four"
    unique = tuple(dict.fromkeys(chosen))
    why = "the only order that all dates follow" if unique else ""
    return unique, tuple(dict.fromkeys(choices)), why, ask


def _holds_serial_days(profile: ColumnProfile) -> bool:
    return is_serial_day(profile)


def _is_open(formats: Sequence[str]) -> bool:
    """Tell whether day and month may be swapped among some formats."""
    orders = {written.index("%d") < written.index("%m") for written in formats if "%m" in written}
    return len(orders) > 1


__all__ = ["Writing", "guess_delimiter", "guess_sources", "guess_writing", "out_of_range"]
