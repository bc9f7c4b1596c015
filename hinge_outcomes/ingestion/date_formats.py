"""The date formats that a mapping may name: none that leaves day, month or century open."""

import re

from hinge_outcomes.exceptions import MappingError

EXCEL_DAYS = "excel"
"""Written in place of a date format: the day number by which a spreadsheet keeps a date."""

TYPED_DATES = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", EXCEL_DAYS)
"""How a spreadsheet's or a table's real dates arrive, whatever the mapping says of written ones."""

_PERCENT_CODE = re.compile(r"%(.)")
_DATE_CODES = "YmdHMSfbBjaApI%"


def check_date_format(where: str, written: str) -> None:
    """Refuse a date format that leaves day, month or century open.

    Parameters
    ----------
    where : str
        How the user writes the place.
    written : str
        The strptime format.

    Raises
    ------
    MappingError
        If a part is missing, or a code is not one of the supported ones.

    Examples
    --------
    >>> check_date_format("[file]", "%d/%m/%Y")
    """
    if written == EXCEL_DAYS:
        return
    codes = _PERCENT_CODE.findall(written)
    if "y" in codes:
        raise MappingError(
            f"{where}: the date format {written!r} has a two-digit year (%y), which does not say "
            "the century. Export dates with four digits and write %Y."
        )
    unknown = [code for code in codes if code not in _DATE_CODES]
    has_day = "j" in codes or ("d" in codes and any(month in codes for month in "mbB"))
    if unknown or "Y" not in codes or not has_day:
        raise MappingError(
            f"{where}: the date format {written!r} must name year, month and day in strptime "
            "codes, such as %d/%m/%Y, %m/%d/%Y, %Y-%m-%d or %d.%m.%Y %H:%M."
        )
