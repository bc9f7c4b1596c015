"""What the values of an export's column look like: numbers, dates in some order, or a few codes."""

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from hinge_outcomes.ingestion.draft_words import MISSING_WORDS
from hinge_outcomes.ingestion.raw_table import RawColumn

ENOUGH = 0.98
"""Share of a column's values that must look alike; a typing error must not hide what it holds."""

_FORGIVEN = 20
"""Of so many values or more, one may be a typing error, whatever its share."""

FEW_CODES = 24
"""More different texts than this are no codes."""

_LOOKED_AT = 2_000
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_COMMA, _POINT = re.compile(r"[+-]?\d+,\d+"), re.compile(r"[+-]?\d+\.\d+")
_DATE_LIKE = re.compile(r"\d{1,4}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ]\d{1,4}")

DATE_ORDERS = (
    "%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m.%d.%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d %b %Y", "%d-%b-%Y", "%b %d %Y", "%d %B %Y",
)  # fmt: skip
_NAMELESS = re.compile(r"^ \(\d+\)$")
_SHORT_YEARS = ("%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%d-%b-%y")
_TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", "T%H:%M")
_SERIAL_DAYS = (20_000, 80_000)


@dataclass(frozen=True, slots=True, repr=False)
class ColumnProfile:
    """Hold what a column's values look like.

    Parameters
    ----------
    name : str
        The column's name.
    n_filled : int
        Cells that hold something, texts for a missing value aside.
    counts : dict of str to int
        Different texts and how often they occur.
    missing : tuple of str
        Texts that are taken to stand for a missing value.
    numbers : array of float
        One per different text, where nearly all are numbers; else empty.
    sizes : array of int
        In how many cells each of the numbers stands.
    is_whole : bool
        Whether nearly all the numbers are whole.
    date_formats : tuple of str
        Formats that nearly all texts follow; several where the order cannot be told.
    has_short_years : bool
        Whether dates have a year of two digits.
    is_blank_padded : bool
        Whether some cell holds nothing.
    """

    name: str
    n_filled: int
    counts: dict[str, int]
    missing: tuple[str, ...]
    numbers: np.ndarray
    sizes: np.ndarray
    is_whole: bool
    date_formats: tuple[str, ...]
    has_short_years: bool
    is_blank_padded: bool

    @property
    def is_number(self) -> bool:
        """Tell whether the column holds numbers.

        Returns
        -------
        bool
            True where nearly all texts are numbers.
        """
        return len(self.numbers) > 0

    @property
    def is_date(self) -> bool:
        """Tell whether the column holds dates.

        Returns
        -------
        bool
            True where nearly all texts follow a format, with a year of four digits or of two.
        """
        return bool(self.date_formats) or self.has_short_years

    @property
    def is_coded(self) -> bool:
        """Tell whether the column holds a few codes.

        Returns
        -------
        bool
            True where few different texts occur again and again.
        """
        return 0 < len(self.counts) <= FEW_CODES and self.n_filled >= 2 * len(self.counts)

    def within(self, low: float, high: float) -> float:
        """Tell how many of the different numbers lie in a range.

        Parameters
        ----------
        low, high : float
            The range, both ends included.

        Returns
        -------
        float
            A share; 0 where the column holds no numbers.
        """
        if not self.is_number:
            return 0.0
        return float(((self.numbers >= low) & (self.numbers <= high)).mean())

    def is_nearly_within(self, low: float, high: float) -> bool:
        """Tell whether nearly all cells with a number lie in a range.

        Parameters
        ----------
        low, high : float
            The range, both ends included.

        Returns
        -------
        bool
            True where only typing errors lie outside; False where the column holds no numbers.
        """
        inside = (self.numbers >= low) & (self.numbers <= high)
        return self.is_number and nearly_all(int(self.sizes[inside].sum()), int(self.sizes.sum()))


def profile_column(name: str, column: RawColumn) -> ColumnProfile:
    """Look at the values of a column.

    Parameters
    ----------
    name : str
        Its name.
    column : RawColumn
        Its cells as text.

    Returns
    -------
    ColumnProfile
        What they look like.

    Examples
    --------
    >>> seen = profile_column("born", RawColumn.of(["24/03/1980", "n/a", "01/02/1975", ""]))
    >>> seen.date_formats, seen.missing, seen.n_filled
    (('%d/%m/%Y',), ('n/a',), 2)
    """
    bare = column.stripped()
    sizes = np.bincount(bare.codes, minlength=len(bare.words))
    found = {str(word): int(size) for word, size in zip(bare.words, sizes, strict=True) if size}
    missing = tuple(word for word in found if word and word.lower() in MISSING_WORDS)
    counts = {word: size for word, size in found.items() if word and word not in missing}
    words = list(counts)[:_LOOKED_AT]
    numbers, sizes = _numbers({word: counts[word] for word in words})
    whole = int(sizes[numbers % 1 == 0].sum())
    formats, is_short = ((), False) if len(numbers) else find_date_formats(words)
    return ColumnProfile(
        name=name,
        n_filled=sum(counts.values()),
        counts=counts,
        missing=missing,
        numbers=numbers,
        sizes=sizes,
        is_whole=bool(len(numbers)) and nearly_all(whole, int(sizes.sum())),
        date_formats=formats,
        has_short_years=is_short,
        is_blank_padded="" in found,
    )


def nearly_all(n_alike: int, n: int) -> bool:
    """Tell whether so many are alike that the others can be typing errors.

    Parameters
    ----------
    n_alike : int
        How many are alike.
    n : int
        Of how many.

    Returns
    -------
    bool
        True for 98%, and for all but one of twenty or more.

    Examples
    --------
    >>> nearly_all(98, 100), nearly_all(29, 30), nearly_all(9, 10)
    (True, True, False)
    """
    return n_alike >= ENOUGH * n or (n >= _FORGIVEN and n - n_alike <= 1)


def find_date_formats(words: list[str]) -> tuple[tuple[str, ...], bool]:
    """Find the formats that nearly all of some texts follow.

    Parameters
    ----------
    words : list of str
        Different texts.

    Returns
    -------
    formats : tuple of str
        Those with a year of four digits; several where nothing tells day from month.
    has_short_years : bool
        Whether only formats with a year of two digits fit.

    Examples
    --------
    >>> find_date_formats(["03/04/2026", "05/06/2026"])[0]
    ('%d/%m/%Y', '%m/%d/%Y')
    >>> find_date_formats(["03/04/26"])
    ((), True)
    """
    looked_at = [word for word in words if _DATE_LIKE.match(word)]
    if not words or not nearly_all(len(looked_at), len(words)):
        return (), False
    fitting = tuple(
        order + time for time in _TIMES for order in DATE_ORDERS if _fits(looked_at, order + time)
    )
    if fitting:
        return fitting, False
    shorts = (order + time for time in _TIMES for order in _SHORT_YEARS)
    return (), any(_fits(looked_at, written) for written in shorts)


def is_serial_day(profile: ColumnProfile) -> bool:
    """Tell whether numbers may be a spreadsheet's serial days.

    Parameters
    ----------
    profile : ColumnProfile
        The column.

    Returns
    -------
    bool
        True for numbers that would be days from 1954 to 2119.
    """
    return profile.within(*_SERIAL_DAYS) >= ENOUGH


def find_decimal(profiles: list[ColumnProfile]) -> tuple[str, str]:
    """Find the decimal sign of a file.

    Parameters
    ----------
    profiles : list of ColumnProfile
        Its columns.

    Returns
    -------
    sign : str
        "." or ","; empty where no number has one, or both signs occur.
    reason : str
        What speaks for it.

    Examples
    --------
    >>> find_decimal([profile_column("kg", RawColumn.of(["12,5", "8"]))])
    (',', 'numbers such as 0,5 occur, and none such as 0.5')
    """
    words = [word for profile in profiles if profile.is_number for word in profile.counts]
    has_comma = any(_COMMA.fullmatch(word) for word in words)
    has_point = any(_POINT.fullmatch(word) for word in words)
    if has_comma and has_point:
        return "", "numbers with a comma and numbers with a point occur"
    if has_comma:
        return ",", "numbers such as 0,5 occur, and none such as 0.5"
    return (".", "numbers such as 0.5 occur") if has_point else ("", "")


def looks_like_rows(header: tuple[str, ...]) -> bool:
    """Tell whether a header looks like a row of values, so that names would be patients' values.

    Parameters
    ----------
    header : tuple of str
        The first line of a file.

    Returns
    -------
    bool
        True where a third of its cells, or more, are numbers, dates or empty.

    Examples
    --------
    >>> looks_like_rows(("K1", "24/03/2026", "6")), looks_like_rows(("id", "time", "1"))
    (True, True)
    >>> looks_like_rows(("id", "first visit", "pain", "odi"))
    False
    """
    told = Counter(has_name(name) and not _is_value(name) for name in header)
    return 3 * told[False] >= len(header)


def has_name(column: str) -> bool:
    """Tell whether a column has a name of its own.

    Parameters
    ----------
    column : str
        As the reader calls it; the second of two nameless ones is called " (2)".

    Returns
    -------
    bool
        False for a nameless one.
    """
    return bool(_NAMELESS.sub("", column).strip())


def _is_value(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text) or _DATE_LIKE.fullmatch(text))


def _numbers(counts: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Read texts as numbers where nearly all texts, or texts of nearly all cells, are some."""
    read = {word: size for word, size in counts.items() if _NUMBER.fullmatch(word)}
    if not read or not (
        nearly_all(len(read), len(counts)) or nearly_all(sum(read.values()), sum(counts.values()))
    ):
        read = {}
    numbers = [float(word.replace(",", ".")) for word in read]
    return np.array(numbers, dtype=float), np.array(list(read.values()), dtype=np.int64)


def _fits(words: list[str], written: str) -> bool:
    """Whether nearly all texts follow a format, beginning with the cheap no of the first ones."""
    if sum(_follows(word, written) for word in words[:20]) < ENOUGH * min(len(words), 20) - 1:
        return False
    return nearly_all(sum(_follows(word, written) for word in words), len(words))


def _follows(word: str, written: str) -> bool:
    try:
        dt.datetime.strptime(word, written)
    except ValueError:
        return False
    return True
