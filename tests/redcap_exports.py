"""Small invented REDCap projects, written as REDCap writes exports and dictionaries."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from hinge_outcomes.ingestion.capture_redcap import DICTIONARY_COLUMNS
from hinge_outcomes.ingestion.redcap import RedcapProject, read_redcap

_ORDER = (
    "Variable / Field Name", "Form Name", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?",
)  # fmt: skip


def as_csv(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    """Rows as CSV text."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()


def as_dictionary(*fields: Sequence[str]) -> str:
    """A dictionary of 18 columns; a field gives name, form, type, label, choices, validation,
    minimum, maximum and identifier, or the first of these."""
    rows = [list(DICTIONARY_COLUMNS)]
    for field in fields:
        told = dict(zip(_ORDER, field, strict=False))
        rows.append([told.get(title, "") for title in DICTIONARY_COLUMNS])
    return as_csv(rows)


def take_project(
    folder: Path,
    export: str | bytes,
    dictionary: str | None = None,
    *,
    labels: str = "raw",
    missing: Sequence[str] = (),
    encoding: str = "utf-8",
    decimal: str = ".",
) -> RedcapProject:
    """Write an export and its dictionary, and read them."""
    data = folder / "export.csv"
    data.write_bytes(export if isinstance(export, bytes) else export.encode(encoding))
    described = None
    if dictionary is not None:
        described = folder / "dictionary.csv"
        described.write_bytes(dictionary.encode(encoding))
    return read_redcap(
        data, described, labels=labels, missing=missing, encoding=encoding, decimal=decimal
    )


BASELINE = as_dictionary(
    ("case_no", "baseline", "text", "Case number"),
    ("surname", "baseline", "text", "Surname", "", "", "", "", "y"),
    ("born", "baseline", "text", "Date of birth", "", "date_dmy"),
    ("sex", "baseline", "radio", "Sex", "0, Female | 1, Male"),
    ("smokes", "baseline", "yesno", "Smokes?"),
    ("goals", "baseline", "checkbox", "Goals", "1, Lift | 2, Run | A, Garden"),
    ("remarks", "baseline", "notes", "Remarks"),
    ("pain", "visit", "text", "Pain", "", "integer", "0", "10"),
    ("load", "visit", "text", "Load", "", "number_comma_decimal"),
    ("seen", "visit", "text", "Seen at", "", "datetime_ymd"),
    ("rise", "visit", "calc", "Rise", "[pain] * 2"),
    ("effort", "visit", "slider", "Effort", "none | some | all"),
    ("thanks", "visit", "descriptive", "Thank you"),
)
"""A project with a form about the patient and one about a visit, which may be repeated."""

BASELINE_COLUMNS = (
    "surname", "born", "sex", "smokes", "goals___1", "goals___2", "goals___a", "remarks",
    "baseline_complete",
)  # fmt: skip
VISIT_COLUMNS = ("pain", "load", "seen", "rise", "effort", "visit_complete")

EMPTY_BASELINE, EMPTY_VISIT = [""] * len(BASELINE_COLUMNS), [""] * len(VISIT_COLUMNS)
ANNA = ["Ångström", "2001-12-24", "0", "1", "0", "1", "1", 'says "ok",\nand left', "2"]
BORIS = ["Борис", "1960-02-29", "1", "0", "1", "0", "0", "", "1"]
FIRST = ["6", "12,5", "2026-01-05 09:30", "12", "40", "2"]
SECOND = ["4", "", "2026-01-12 09:30:15", "8", "", "0"]
