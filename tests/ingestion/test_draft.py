"""A draft asks what it cannot know; once that is answered, it yields the very cohort."""

import tomllib
from pathlib import Path

import pandas as pd
import pytest

import hinge_outcomes as ho
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.tables import table_key
from hinge_outcomes.exceptions import DataError, MappingError
from hinge_outcomes.ingestion.draft import Draft, draft_mapping
from hinge_outcomes.ingestion.mapping import Mapping
from tests.architecture.trees import ROOT
from tests.drafts import TRUTH, answered, clinic, write_exports
from tests.shared import SHARED, needs_shared

EXAMPLE = ROOT / "examples" / "clinic"


def drafted(folder: Path, text: str) -> Draft:
    """The draft of one small export."""
    path = folder / "export.csv"
    path.write_text(text, encoding="utf-8")
    return draft_mapping(path)


def assert_same(made: Cohort, meant: Cohort) -> None:
    """Both cohorts hold the same rows, in whatever order."""
    for name in ("patients", "episodes", "visits", "assessments", "outcomes"):
        frames = [
            getattr(cohort, name).sort_values(table_key(name)).reset_index(drop=True)
            for cohort in (made, meant)
        ]
        pd.testing.assert_frame_equal(*frames)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_three_exports_become_the_cohort_that_was_simulated(seed: int, tmp_path: Path) -> None:
    """Shuffled columns, three encodings and three orders of dates: only the data cut is asked."""
    cohort = clinic()
    paths = write_exports(cohort, tmp_path, seed=seed)
    draft = draft_mapping(paths)
    assert [ask.partition(":")[0] for ask in draft.asks] == ["data_cut"]
    intake = ho.ingest(paths, mapping=answered(draft.text, cohort))
    assert intake.account.accepted == intake.account.read
    assert_same(intake.cohort, cohort)


def test_the_share_of_right_guesses_is_counted(tmp_path: Path) -> None:
    """All 29 columns of the three exports are taken for what they are, the four others for none."""
    draft = draft_mapping(write_exports(clinic(), tmp_path))
    found = {(row.file, row.column): row.fills for row in draft.table().itertuples()}
    truth = {(file, name): role for file, names in TRUTH.items() for name, role in names.items()}
    wrong = {place: found[place] for place, role in truth.items() if found[place] != role}
    assert wrong == {}
    assert (len(truth), sum(role == "" for role in truth.values())) == (29, 4)


def test_the_example_is_drafted_but_for_two_words() -> None:
    """Two reasons for an end are asked; answered, it reads the example as its mapping does."""
    draft = draft_mapping(EXAMPLE / "export.csv")
    assert [ask.partition(":")[0] for ask in draft.asks] == ["data_cut", "codes.end_reason"]
    text = draft.text.replace("# data_cut = ", "data_cut = 2026-06-30")
    text = text.replace('# "goal" = ', '"goal" = "mastered"')
    text = text.replace('# "satisfied" = ', '"satisfied" = "goals_met"')
    made = ho.ingest(EXAMPLE / "export.csv", mapping=Mapping.from_values(tomllib.loads(text)))
    meant = ho.ingest(EXAMPLE / "export.csv", mapping=EXAMPLE / "mapping.toml")
    for name in ("patients", "visits", "assessments", "outcomes"):
        pd.testing.assert_frame_equal(getattr(made.cohort, name), getattr(meant.cohort, name))


def test_a_draft_cannot_be_used_before_the_data_cut_is_answered() -> None:
    """The house's own message says what is missing; no date is made up."""
    text = draft_mapping(EXAMPLE / "export.csv").text
    with pytest.raises(MappingError, match="needs data_cut"):
        Mapping.from_values(tomllib.loads(text))


def test_every_line_of_a_section_says_that_it_was_guessed() -> None:
    """No line that means something stands without GUESS, but for names."""
    text = draft_mapping(EXAMPLE / "export.csv").text
    lines = [line for line in text.splitlines() if " = " in line and not line.startswith("#")]
    assert [line for line in lines if "# GUESS: " not in line] == ['name = "export.csv"']


def test_an_open_order_of_dates_is_two_inactive_lines(tmp_path: Path) -> None:
    """Neither order is taken; taking one # away answers."""
    rows = "".join(f"K{n},0{1 + n % 9}/0{1 + n % 8}/2026,{n % 10}\n" for n in range(30))
    draft = drafted(tmp_path, f"Case,First visit,Pain\n{rows}")
    assert '# date_format = ["%d/%m/%Y"]' in draft.text
    assert '# date_format = ["%m/%d/%Y"]' in draft.text
    assert "date_format" not in tomllib.loads(draft.text)["file"]
    assert any("day or the month" in ask for ask in draft.asks)


def test_an_odi_that_may_be_points_of_50_is_asked(tmp_path: Path) -> None:
    """Odd numbers up to 50: both readings stand there, none is in force."""
    rows = "".join(f"K{n},2026-01-{1 + n % 28:02d},{n % 45}\n" for n in range(90))
    draft = drafted(tmp_path, f"Case,First visit,ODI\n{rows}")
    assert '# scores.odi = {column = "ODI", unit = "points_of_50"}' in draft.text
    assert '# scores.odi = {column = "ODI", unit = "percent"}' in draft.text
    outcomes = tomllib.loads(draft.text)["tables"]["outcomes"]
    assert "scores" not in outcomes


def test_items_without_a_zero_are_asked(tmp_path: Path) -> None:
    """Ten items from 1 to 6 may be coded from 1."""
    names = ",".join(f"ODI {n}" for n in range(1, 11))
    rows = "".join(
        f"K{n},2026-01-{1 + n % 28:02d},{','.join(str(1 + (n + i) % 6) for i in range(10))}\n"
        for n in range(40)
    )
    draft = drafted(tmp_path, f"Case,First visit,{names}\n{rows}")
    assert "base = 1}" in draft.text
    assert any("1 to 6" in ask for ask in draft.asks)


def test_a_workbook_of_two_sheets_is_drafted_and_read(tmp_path: Path) -> None:
    """Visits and scores on two sheets, real dates, a header over two rows, and an empty sheet."""
    path = tmp_path / "book.xlsx"
    day = pd.Timestamp("2026-03-01")
    ids = [f"K{number}" for number in range(24)]
    with pd.ExcelWriter(path, engine="xlsxwriter", datetime_format="dd/mm/yyyy") as book:
        pd.DataFrame(
            {
                "Case": ids,
                "Patient": ids,
                "First visit": [day + pd.Timedelta(days=n) for n in range(24)],
                "Status": ["attended", "no show"] * 12,
                "Appointment": [day + pd.Timedelta(days=n + 7) for n in range(24)],
            }
        ).to_excel(book, sheet_name="Visits", index=False)
        scores = book.book.add_worksheet("Scores")
        scores.write_row(0, 0, ["", "Baseline", "", "6 weeks", ""])
        scores.write_row(1, 0, ["Case", "Pain", "ODI", "Pain", "ODI"])
        for number, case in enumerate(ids, start=2):
            scores.write_row(number, 0, [case, number % 10, 40, number % 7, 20])
        book.book.add_worksheet("Notes")
    draft = draft_mapping(path)
    assert '"Notes"' in draft.text
    text = draft.text.replace("# data_cut = ", "data_cut = 2026-06-30")
    intake = ho.ingest(path, mapping=Mapping.from_values(tomllib.loads(text)))
    assert intake.account.accepted == intake.account.read == 48
    cohort = intake.cohort
    assert (cohort.n_episodes, len(cohort.visits), len(cohort.outcomes)) == (24, 24, 96)
    assert set(cohort.outcomes["measured_day"]) == {0, 42}


def test_what_the_exports_do_not_hold_is_listed(tmp_path: Path) -> None:
    """Without stages the draft says so, and how they come to be recorded."""
    draft = drafted(tmp_path, "Case,First visit,Pain\nK1,2026-01-24,6\nK2,2026-02-01,5\n")
    assert not draft.has_stages
    assert "hinge capture xlsx" in draft.text
    assert "hinge capture xlsx" in draft.summary()
    absent = set(draft.absent.itertuples(index=False, name=None))
    assert {("patients", "sex"), ("visits", "status"), ("assessments", "stage")} <= absent
    assert draft_mapping(EXAMPLE / "export.csv").has_stages


@needs_shared
def test_a_trial_nobody_drafted_for_is_understood_as_far_as_its_names_go() -> None:
    """Ashar 2022: id, time, sex, age, pain and ODI are found, and four questions are asked."""
    draft = draft_mapping(SHARED / "real" / "ashar2022_outcomes.csv")
    fills = {row.column: row.fills for row in draft.table().itertuples() if row.fills}
    assert fills == {
        "id": "patient_id", "time": "timepoint", "gender": "sex", "age": "age", "pain_avg": "nprs",
        "odi": "odi",
    }  # fmt: skip
    assert [ask.partition(":")[0] for ask in draft.asks] == [
        "data_cut", "episodes.start_date", "codes.measured_day", "codes.sex",
    ]  # fmt: skip


def test_a_first_line_of_records_is_no_header(tmp_path: Path) -> None:
    """A file without a header is refused, and none of its values is named."""
    with pytest.raises(DataError) as refused:
        drafted(tmp_path, "K1,24/03/2026,6\nK2,25/03/2026,5\n")
    assert "names of columns" in str(refused.value)
    assert "24/03" not in str(refused.value)


@pytest.mark.parametrize("name", ['we"ird', "a # b", "back\\slash", "x]=[y", "new\nline"])
def test_strange_names_stay_inside_their_quotes(name: str, tmp_path: Path) -> None:
    """Whatever a column is called, the draft is TOML and means that column."""
    path = tmp_path / "export.csv"
    frame = pd.DataFrame({"Case": ["K1", "K2"], "Start": ["2026-01-24", "2026-02-01"]})
    frame.assign(**{f"pain {name}": ["6", "5"]}).to_csv(path, index=False)
    read = tomllib.loads(draft_mapping(path).text)
    assert read["tables"]["outcomes"]["scores"]["nprs"] == f"pain {name}"
