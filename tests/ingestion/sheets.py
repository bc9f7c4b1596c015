"""Filling a fix list in, as somebody at a desk would."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from python_calamine import CalamineWorkbook

from hinge_outcomes.ingestion.fix_sheet import ABOUT, COLUMNS, SHEET, fix_workbook


def fill_in(path: Path, corrected: Mapping[tuple[int, str], Any]) -> None:
    """Write values into the last column of a fix list, by line and column of the export."""
    book = CalamineWorkbook.from_path(str(path))
    head, *rows = book.get_sheet_by_name(SHEET).to_python(skip_empty_area=False)
    assert head == COLUMNS
    fixes = pd.DataFrame(rows, columns=COLUMNS)
    fixes["Line"] = fixes["Line"].astype(int)
    keys = list(zip(fixes["Line"], fixes["Column"], strict=True))
    assert set(corrected) <= set(keys)
    fixes["Corrected"] = [str(corrected.get(key, "")) for key in keys]
    about = book.get_sheet_by_name(ABOUT).to_python(skip_empty_area=False)
    files = {row[0]: row[1] for row in about[1:] if len(row) > 1 and row[1]}
    path.write_bytes(fix_workbook(fixes, files))
