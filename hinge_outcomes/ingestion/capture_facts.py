"""What a filled capture kit says of itself: which kit it is, whose, and complete up to when."""

import csv
import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.capture_forms import FORMS, KIT_VERSION
from hinge_outcomes.ingestion.text_files import open_bytes
from hinge_outcomes.ingestion.workbook_parts import check_workbook, damaged

ABOUT_SHEET = "About"
GUIDE_SHEET = "Read me"
KIT_MARK = "hinge capture kit"
COMPLETE_TO = "Data complete up to"
CLINIC_ID = "Clinic id"
CLINIC_NAME = "Clinic name"
NUMBERS_ARE = "Numbers are"
PSEUDONYMS = "pseudonyms"
RECORDS_ARE = "Records are"
INVENTED = "invented"

REDCAP_CLINIC = "clinic"
REDCAP_COMPLETE_TO = "complete_to"
REPEAT_FORM = "redcap_repeat_instrument"
REPEAT_NUMBER = "redcap_repeat_instance"

_SHEET_NAME = re.compile(rb'<(?:[A-Za-z]+:)?sheet [^>]*?name="([^"]*)"')
_MOST_BYTES = 1_000_000
_NO_ARCHIVE = (
    OSError, EOFError, KeyError, ValueError, RuntimeError, NotImplementedError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KitFacts:
    """Hold what a filled kit says beside its records.

    Parameters
    ----------
    data_cut : date or mapping of str to date
        Day up to which the records are complete, overall or per clinic.
    forms : frozenset of str
        Names of the forms that have rows.
    clinic_id, clinic_name : str, default ""
        The clinic, where the kit is for one.
    has_pseudonyms : bool, default False
        Whether the numbers of patients are pseudonyms already.
    is_invented : bool, default False
        Whether a simulation filled it.
    delimiter : str, default ","
        What stands between the cells of a text file.
    """

    data_cut: dt.date | Mapping[str, dt.date]
    forms: frozenset[str]
    clinic_id: str = ""
    clinic_name: str = ""
    has_pseudonyms: bool = False
    is_invented: bool = False
    delimiter: str = ","


def sheet_names(file: Path) -> set[str]:
    """Read the names of a workbook's sheets, and nothing else of it.

    Parameters
    ----------
    file : Path
        Any file.

    Returns
    -------
    set of str
        Names; none where the file is no workbook.
    """
    try:
        with zipfile.ZipFile(file) as archive, archive.open("xl/workbook.xml") as part:
            found = _SHEET_NAME.findall(part.read(_MOST_BYTES))
    except _NO_ARCHIVE:
        return set()
    return {name.decode("utf-8", errors="replace") for name in found}


def text_header(file: Path) -> tuple[list[str], str]:
    """Read the first line of a text file by the delimiter that parts it into most cells.

    Parameters
    ----------
    file : Path
        Any file.

    Returns
    -------
    header : list of str
        Names without quotation marks.
    delimiter : str
        Comma, semicolon or tab.
    """
    try:
        with file.open("rb") as opened:
            line = opened.readline(_MOST_BYTES).decode("utf-8-sig", errors="replace")
    except OSError:
        return [], ","
    headers = {sign: line.strip().replace('"', "").split(sign) for sign in (",", ";", "\t")}
    delimiter = max(headers, key=lambda sign: len(headers[sign]))
    return headers[delimiter], delimiter


def read_workbook_facts(file: Path) -> KitFacts:
    """Read what a filled workbook says of itself.

    Parameters
    ----------
    file : Path
        A workbook of the kit.

    Returns
    -------
    KitFacts
        The facts.

    Raises
    ------
    DataError
        If it cannot be opened, or is damaged.
    MappingError
        If it is of a newer version, or leaves clinic or data cut open.
    """
    sheets = _read_sheets(file)
    about = _pairs(sheets[ABOUT_SHEET])
    if _number(about.get(KIT_MARK)) > KIT_VERSION:
        raise MappingError(
            f"{file.name} was made by a newer version of this program, whose kit may ask more. "
            "Update the program, then read the file again."
        )
    clinic = str(about.get(CLINIC_ID) or "").strip()
    if not clinic:
        raise MappingError(
            f"{file.name}: the sheet {ABOUT_SHEET!r} does not say which clinic it is. Unprotect it "
            f"and write the clinic's id beside {CLINIC_ID!r}."
        )
    cut = _as_date(_pairs(sheets[GUIDE_SHEET]).get(COMPLETE_TO))
    if cut is None:
        raise MappingError(
            f"{file.name} does not say up to which day its records are complete. Write the date "
            f"beside {COMPLETE_TO!r} on the sheet {GUIDE_SHEET!r}; it decides who is still in care."
        )
    return KitFacts(
        data_cut=cut,
        forms=frozenset(form.name for form in FORMS if _has_rows(sheets[form.sheet])),
        clinic_id=clinic,
        clinic_name=str(about.get(CLINIC_NAME) or "").strip(),
        has_pseudonyms=about.get(NUMBERS_ARE) == PSEUDONYMS,
        is_invented=about.get(RECORDS_ARE) == INVENTED,
    )


def read_redcap_facts(file: Path) -> KitFacts:
    """Read what an export of the REDCap project says of itself.

    Parameters
    ----------
    file : Path
        A raw export, with every field.

    Returns
    -------
    KitFacts
        The facts; of the dates that a clinic's records name as complete the latest counts.

    Raises
    ------
    MappingError
        If it cannot be read, or a clinic names no such date.
    """
    header, delimiter = text_header(file)
    cuts: dict[str, dt.date | None] = {}
    found = set()
    for form, clinic, complete_to in _redcap_rows(file, header, delimiter):
        found.add(form)
        if clinic:
            told = (_as_date(complete_to), cuts.get(clinic))
            cuts[clinic] = max((date for date in told if date is not None), default=None)
    dated = {clinic: cut for clinic, cut in cuts.items() if cut is not None}
    if not dated or len(dated) < len(cuts):
        raise MappingError(
            f"{file.name} does not say for every clinic up to which day its records are complete. "
            f"Fill in {REDCAP_COMPLETE_TO} on one record of each clinic; the latest date counts."
        )
    return KitFacts(
        data_cut=next(iter(dated.values())) if len({*dated.values()}) == 1 else dated,
        forms=frozenset(form.name for form in FORMS if {form.name, form.sheet} & found),
        delimiter=delimiter,
    )


def _redcap_rows(file: Path, header: list[str], delimiter: str) -> Iterator[tuple[str, ...]]:
    """Read of each row which form it is, of which clinic, and complete up to when."""
    places = [header.index(name) for name in (REPEAT_FORM, REDCAP_CLINIC, REDCAP_COMPLETE_TO)]
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as text:
        rows = csv.reader(text, delimiter=delimiter)
        try:
            next(rows, None)
            for row in rows:
                if len(row) == len(header):  # any other row is a finding when the file is read
                    yield tuple(row[place].strip() for place in places)
        except csv.Error as error:
            raise MappingError(
                f"{file.name}: line {rows.line_num} cannot be read ({error}). Export the project "
                "again as CSV (raw data)."
            ) from None


def _read_sheets(file: Path) -> dict[str, list[list[Any]]]:
    """Read the cells of the kit's sheets, of a workbook that is neither damaged nor a bomb."""
    from python_calamine import CalamineWorkbook

    with open_bytes(file) as opened:
        data = opened.read()
    check_workbook(file.name, data)
    names = (ABOUT_SHEET, GUIDE_SHEET, *(form.sheet for form in FORMS))
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            return {name: book.get_sheet_by_name(name).to_python() for name in names}
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        # calamine panics over some damaged books, with an exception that is no Exception.
        raise damaged(file.name) from error


def _pairs(rows: list[list[Any]]) -> dict[str, Any]:
    """Read a sheet of words and what stands beside them."""
    return {str(row[0]).strip(): row[1] for row in rows if len(row) > 1}


def _has_rows(rows: list[list[Any]]) -> bool:
    return any(str(cell).strip() for row in rows[1:] for cell in row)


def _number(cell: object) -> float:
    try:
        return float(str(cell))
    except ValueError:
        return 0.0


def _as_date(cell: object) -> dt.date | None:
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    try:
        return dt.date.fromisoformat(str(cell or "").strip()[:10])
    except ValueError:
        return None
