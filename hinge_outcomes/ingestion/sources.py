"""The files that are one load: which they are, and how each is written."""

from dataclasses import dataclass

FORMATS = ("auto", "csv", "xlsx", "parquet", "redcap", "fhir")

ENCODINGS = ("utf-8", "latin-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be")


DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
DECIMALS = (".", ",")
THOUSANDS = (",", ".", " ", "'", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}")


@dataclass(frozen=True, slots=True)
class Source:
    """Say where a part of the export is, and how it is written.

    Parameters
    ----------
    name : str, default ""
        How ``[tables.…]`` sections call it; empty where the mapping has one nameless source.
    pattern : str, default "*"
        File name, or a pattern with ``*`` and ``?``, within the folder that is ingested.
    format : str, default "auto"
        One of `FORMATS`; "auto" goes by the file's first bytes.
    sheet : str, default ""
        Sheet of a spreadsheet; its only, or first, one where empty.
    resource : str, default ""
        Resource type of a FHIR export, such as "Observation".
    dictionary : str, default ""
        File name of a REDCap project's data dictionary.
    header_rows : int, default 1
        Lines that the header takes; names over several lines are joined by a blank.
    delimiters : tuple of str, default (",",)
        What may stand between cells; of several, the one under which the mapped columns appear.
    encoding : str, default "utf-8"
        One of `ENCODINGS`; a byte order mark in the file wins.
    decimal : str, default "."
        Decimal sign.
    thousands : str, default ""
        Sign between groups of three digits; none where empty.
    date_formats : tuple of str, default ()
        strptime formats, any of which a date may follow; "excel" reads a spreadsheet's serial days.
    missing : tuple of str, default ()
        Texts that stand for a missing value, besides an empty cell.
    keys : tuple of str, default ()
        Columns that tell the rows of the file apart; two rows that agree in them are a finding.
    is_optional : bool, default False
        Whether the load may go on without the file.
    """

    name: str = ""
    pattern: str = "*"
    format: str = "auto"
    sheet: str = ""
    resource: str = ""
    dictionary: str = ""
    header_rows: int = 1
    delimiters: tuple[str, ...] = (",",)
    encoding: str = "utf-8"
    decimal: str = "."
    thousands: str = ""
    date_formats: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    is_optional: bool = False
