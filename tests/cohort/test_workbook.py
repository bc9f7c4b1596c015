"""The workbook: a sheet per table, texts as texts, dates as dates, and nothing cut off."""

import datetime as dt
import io
import zipfile

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from hinge_outcomes.cohort import workbook
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.workbook import write_workbook
from hinge_outcomes.exceptions import DataError
from tests.records import CUT, small_cohort, small_tables


def sheets(content: bytes) -> dict[str, list[list[object]]]:
    """Every sheet as an independent reader sees it."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def noted(text: str) -> Cohort:
    """The small cohort with a text in the first episode."""
    episodes = small_tables()["episodes"].assign(x_note=[text, None, None])
    return small_cohort(
        episodes=episodes, extra_columns=(ExtraColumn("episodes", "x_note", "text"),)
    )


def test_every_table_is_a_sheet() -> None:
    """Five tables, the dictionary and what it is; header and rows are those of the cohort."""
    cohort = small_cohort()
    found = sheets(write_workbook(cohort))
    assert list(found) == [*TABLE_NAMES, "dictionary", "about"]
    for name in TABLE_NAMES:
        assert len(found[name]) == 1 + len(getattr(cohort, name))
    header, first = found["episodes"][:2]
    row = dict(zip(header, first, strict=True))
    assert row["start_date"] == dt.date(2026, 1, 5)
    assert (row["episode_id"], row["entry_stage"], row["end_reason"]) == ("e1", 1, "mastered")
    third = dict(zip(header, found["episodes"][3], strict=True))
    assert (third["clinician_id"], third["end_day"]) == ("", "")
    assert found["assessments"][1][4] is True
    assert ["complete to", CUT.isoformat()] in found["about"]


def test_answers_are_json() -> None:
    """Lists of answers stand as JSON in a cell; where there are none the column is left out."""
    tables = small_tables()
    outcomes = tables["outcomes"].assign(items=[None, [1, None, 2.5], None])
    found = sheets(write_workbook(small_cohort(outcomes=outcomes)))["outcomes"]
    assert [row[-1] for row in found] == ["items", "", "[1, null, 2.5]", ""]
    assert "items" not in sheets(write_workbook(small_cohort()))["outcomes"][0]


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x")', "http://example.org", "007", "1e5"])
def test_texts_are_texts(text: str) -> None:
    """Formulas, links and numbers written as text are texts; the file holds no formula."""
    content = write_workbook(noted(text))
    cell = sheets(content)["episodes"][1][-1]
    assert cell == ("'" + text if text.startswith("=") else text)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                assert b"<f>" not in archive.read(name)
                assert b"hyperlink" not in archive.read(name)


def test_facts_are_told() -> None:
    """Cut per clinic, names, assumptions and selection are on the last sheet."""
    cohort = small_cohort(
        data_cut={"C01": CUT, "C02": CUT},
        clinic_names={"C01": "Hill"},
        assumptions=("Dates are assumed.",),
    ).select(clinic_id="C01")
    about = sheets(write_workbook(cohort))["about"]
    assert ["complete to, C01", CUT.isoformat()] in about
    assert ["clinic C01", "Hill"] in about
    assert ["assumption 1", "Dates are assumed."] in about
    assert ["selected by clinic_id", "C01"] in about


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that does not fit on a sheet is refused whole, with what to do instead."""
    monkeypatch.setattr(workbook, "MOST_ROWS", 5)
    with pytest.raises(DataError, match=r"visits has 6 rows.*Parquet or CSV"):
        write_workbook(small_cohort())


def test_too_long_texts_are_refused() -> None:
    """A text that a cell would drop is refused; its column is named, the text is not quoted."""
    with pytest.raises(DataError, match=r"episodes\.x_note.*32,767") as error:
        write_workbook(noted("secret" * 6000))
    assert "secret" not in str(error.value)


def test_the_same_cohort_gives_the_same_bytes() -> None:
    """Nothing of the moment of writing is in the file."""
    assert write_workbook(small_cohort()) == write_workbook(small_cohort())


def test_pandas_reads_it() -> None:
    """A table comes back from the sheet with its numbers and dates."""
    frame = pd.read_excel(
        io.BytesIO(write_workbook(small_cohort())), sheet_name="episodes", engine="calamine"
    )
    assert frame["start_date"].tolist() == small_cohort().episodes["start_date"].tolist()
    assert frame["last_observed_day"].tolist() == [14, 21, 20]
