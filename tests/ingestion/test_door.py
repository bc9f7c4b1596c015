"""Several files as one load, records that go on where a registry ends, and pseudonyms."""

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import hinge_outcomes as ho
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.hashing import content_hash
from hinge_outcomes.cohort.secret_key import Key
from hinge_outcomes.exceptions import DataError, MappingError
from hinge_outcomes.ingestion.door import ingest
from hinge_outcomes.ingestion.mapping import Mapping

SEX_WORDS = {"female": "weiblich", "male": "männlich", "other": "divers", "unknown": "unbekannt"}
STATUS_WORDS = {"attended": "seen", "no_show": "missed", "cancelled": "called off"}

THREE: dict[str, Any] = {
    "data_cut": "2026-09-30",
    "source": [
        {"name": "people", "file": "patients.csv", "encoding": "utf-16", "delimiter": "semicolon",
         "date_format": "%d.%m.%Y", "keys": ["Fall A", "Fall B"]},
        {"name": "diary", "file": "appointments*.csv", "encoding": "latin-1", "decimal": ",",
         "delimiter": "tab", "date_format": "%m/%d/%Y"},
        {"name": "scores", "file": "outcomes.csv", "date_format": "%Y-%m-%d"},
    ],
    "tables": {
        "patients": {"source": "people", "patient_id": "Nummer", "birth_year": "Jahrgang",
                     "sex": "Geschlecht"},
        "episodes": {
            "source": "people", "episode_id": {"join": ["Fall A", "Fall B"], "separator": ""},
            "patient_id": "Nummer", "clinic_id": "Praxis", "clinician_id": "Therapeut",
            "start_date": "Beginn", "entry_stage": "Von", "target_stage": "Bis",
            "symptom_duration": "Dauer", "start_back_risk": "Risiko",
            "end_day": {"days_from_start": "Ende"}, "end_reason": "Grund",
        },
        "visits": {
            "source": "diary", "rows": {"kind": "visit"}, "episode_id": "case",
            "visit_day": {"days_from_start": "on"}, "status": "came", "clinician_id": "who",
            "home_exercise_days": "days", "visit_number": "nr",
        },
        "assessments": {
            "source": "diary", "rows": {"kind": "rating"}, "episode_id": "case",
            "assessed_day": {"days_from_start": "on"}, "stage": "stage", "mastery_level": "level",
            "is_working_stage": "working", "load_kg": "load",
        },
        "outcomes": {
            "source": "scores", "episode_id": "EPISODE",
            "measured_day": {"days_from_start": "MEASURED"}, "instrument": "TOOL",
            "score": "VALUE",
        },
    },
    "codes": {
        "sex": {word: code for code, word in SEX_WORDS.items()},
        "status": {word: code for code, word in STATUS_WORDS.items()},
        "is_working_stage": {"ja": True, "nein": False},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def simulated() -> Cohort:
    """A simulated clinic."""
    return ho.simulate(ho.Scenario.default(), n_episodes=120, seed=11)


def write_three(cohort: Cohort, folder: Path) -> Path:
    """Write a cohort as three exports that share neither encoding nor key nor date order."""
    folder.mkdir(exist_ok=True)
    starts = cohort.episodes.set_index("episode_id")["start_date"]

    def dates(frame: pd.DataFrame, day: str, form: str) -> pd.Series:
        start = starts.reindex(frame["episode_id"]).set_axis(frame.index)
        moments = start + pd.to_timedelta(frame[day].astype("float64"), unit="D")
        return moments.dt.strftime(form)

    episodes = cohort.episodes.merge(cohort.patients, on="patient_id")
    people = pd.DataFrame({
        "Nummer": episodes["patient_id"], "Fall A": episodes["episode_id"].str[:3],
        "Fall B": episodes["episode_id"].str[3:], "Jahrgang": episodes["birth_year"],
        "Geschlecht": episodes["sex"].astype("object").map(SEX_WORDS),
        "Praxis": episodes["clinic_id"], "Therapeut": episodes["clinician_id"],
        "Beginn": episodes["start_date"].dt.strftime("%d.%m.%Y"), "Von": episodes["entry_stage"],
        "Bis": episodes["target_stage"], "Dauer": episodes["symptom_duration"],
        "Risiko": episodes["start_back_risk"], "Ende": dates(episodes, "end_day", "%d.%m.%Y"),
        "Grund": episodes["end_reason"],
    })  # fmt: skip
    people.to_csv(folder / "patients.csv", sep=";", index=False, encoding="utf-16")
    visits = cohort.visits
    ratings = cohort.assessments
    diary = pd.concat([
        pd.DataFrame({
            "kind": "visit", "case": visits["episode_id"],
            "on": dates(visits, "visit_day", "%m/%d/%Y"), "nr": visits["visit_number"],
            "came": visits["status"].astype("object").map(STATUS_WORDS),
            "who": visits["clinician_id"], "days": visits["home_exercise_days"],
        }),
        pd.DataFrame({
            "kind": "rating", "case": ratings["episode_id"],
            "on": dates(ratings, "assessed_day", "%m/%d/%Y"), "stage": ratings["stage"],
            "level": ratings["mastery_level"],
            "working": ratings["is_working_stage"].map({True: "ja", False: "nein"}),
            "load": ratings["load_kg"].astype("str").str.replace(".", ",").replace("nan", ""),
        }),
    ])  # fmt: skip
    half = len(diary) // 2
    for name, part in (("1", diary[:half]), ("2", diary[half:])):
        part.sample(frac=1, random_state=1).to_csv(
            folder / f"appointments-{name}.csv", sep="\t", index=False, encoding="latin-1"
        )
    outcomes = cohort.outcomes
    pd.DataFrame({
        "EPISODE": outcomes["episode_id"], "MEASURED": dates(outcomes, "measured_day", "%Y-%m-%d"),
        "TOOL": outcomes["instrument"], "VALUE": outcomes["score"],
    }).to_csv(folder / "outcomes.csv", index=False, encoding="utf-8-sig")  # fmt: skip
    return folder


def same_tables(one: Cohort, other: Cohort) -> bool:
    """Whether two cohorts hold the same records."""
    return all(
        content_hash(name, getattr(one, name)) == content_hash(name, getattr(other, name))
        for name in TABLE_NAMES
    )


def test_three_exports_become_the_very_cohort_that_was_simulated(
    tmp_path: Path, simulated: Cohort
) -> None:
    """Files of three encodings, keys and date orders are one load and give every row back."""
    intake = ingest(
        write_three(simulated, tmp_path / "exports"), mapping=Mapping.from_values(THREE)
    )
    assert intake.account.accepted == intake.account.read
    assert not len(intake.findings.errors)
    assert same_tables(intake.cohort, simulated)
    assert len(intake.files) == 4


def test_a_load_is_all_or_none(tmp_path: Path, simulated: Cohort) -> None:
    """Where one of its files is missing nothing is loaded, and the message names the file."""
    folder = write_three(simulated, tmp_path / "exports")
    (folder / "outcomes.csv").unlink()
    with pytest.raises(DataError, match=r"nothing was loaded.*'outcomes\.csv'"):
        ingest(folder, mapping=Mapping.from_values(THREE))


def test_an_optional_file_may_be_missing(tmp_path: Path, simulated: Cohort) -> None:
    """A source marked optional leaves the other files their records."""
    folder = write_three(simulated, tmp_path / "exports")
    (folder / "outcomes.csv").unlink()
    sources = [*THREE["source"][:2], {**THREE["source"][2], "optional": True}]
    intake = ingest(folder, mapping=Mapping.from_values({**THREE, "source": sources}))
    assert len(intake.cohort.visits) == len(simulated.visits)
    assert not len(intake.cohort.outcomes)


def test_an_optional_file_may_hold_its_header_alone(tmp_path: Path, simulated: Cohort) -> None:
    """A quarter without a questionnaire is loaded; without the word "optional" it is refused."""
    folder = write_three(simulated, tmp_path / "exports")
    (folder / "outcomes.csv").write_text("EPISODE,MEASURED,TOOL,VALUE\n", encoding="utf-8")
    with pytest.raises(DataError, match="holds a header and no rows"):
        ingest(folder, mapping=Mapping.from_values(THREE))
    sources = [*THREE["source"][:2], {**THREE["source"][2], "optional": True}]
    intake = ingest(folder, mapping=Mapping.from_values({**THREE, "source": sources}))
    assert len(intake.cohort.visits) == len(simulated.visits)
    assert not len(intake.cohort.outcomes)


def test_the_same_file_under_two_names_is_taken_once(tmp_path: Path, simulated: Cohort) -> None:
    """Every row of the second copy counts as a duplicate; the cohort is as without it."""
    folder = write_three(simulated, tmp_path / "exports")
    first = folder / "appointments-1.csv"
    copy = folder / "appointments-1 (copy).csv"
    copy.write_bytes(first.read_bytes())
    intake = ingest(folder, mapping=Mapping.from_values(THREE))
    rows = len(first.read_text(encoding="latin-1").splitlines()) - 1
    assert intake.account.duplicate == rows
    assert same_tables(intake.cohort, simulated)
    (told,) = intake.findings.frame.loc[intake.findings.frame["rule"] == "same_file", "file"]
    assert told == copy.name or told == first.name


def test_rows_that_share_their_keys_are_findings(tmp_path: Path) -> None:
    """Two rows with the keys of a source cannot both be right; the later one is set aside."""
    path = tmp_path / "people.csv"
    path.write_text("case,start\nA,2026-01-05\nA,2026-01-06\n", encoding="utf-8")
    values = {
        "data_cut": "2026-06-30",
        "source": [{"name": "people", "date_format": "%Y-%m-%d", "keys": ["case"]}],
        "tables": {
            "patients": {"patient_id": "case"},
            "episodes": {"episode_id": "case", "patient_id": "case", "start_date": "start",
                         "clinic_id": {"constant": "C01"}},
        },
    }  # fmt: skip
    intake = ingest(path, mapping=Mapping.from_values(values))
    assert intake.findings.errors[["line", "rule"]].to_numpy().tolist() == [[3, "repeated_key"]]


def until(cohort: Cohort, cut: dt.date) -> Cohort:
    """What a clinic would have recorded by an earlier day."""
    episodes = cohort.episodes[cohort.episodes["start_date"] <= pd.Timestamp(cut)].copy()
    span = (pd.Timestamp(cut) - episodes["start_date"]).dt.days
    closed_later = (episodes["end_day"] > span).fillna(False)
    episodes.loc[closed_later, ["end_day", "end_reason"]] = None
    is_seen = episodes["end_reason"].isin(
        ["mastered", "goals_met", "self_discharged", "referred_out"]
    )
    episodes["last_observed_day"] = episodes["end_day"].astype("Int64").where(is_seen, span)
    days = pd.Series(span.to_numpy(), index=episodes["episode_id"])
    kept = {}
    for name, day in (
        ("visits", "visit_day"),
        ("assessments", "assessed_day"),
        ("outcomes", "measured_day"),
    ):
        frame = getattr(cohort, name)
        kept[name] = frame[
            (frame[day] <= days.reindex(frame["episode_id"]).to_numpy()).fillna(False)
        ]
    patients = cohort.patients[cohort.patients["patient_id"].isin(episodes["patient_id"])]
    return Cohort(patients=patients, episodes=episodes, **kept, data_cut=cut)


def test_an_export_goes_on_where_the_registry_ends(tmp_path: Path, simulated: Cohort) -> None:
    """Later appointments alone, joined to what was known, give the episodes whole, counted on."""
    earlier = until(simulated, dt.date(2026, 3, 31))
    folder = write_three(simulated, tmp_path / "exports")
    intake = ingest(folder, mapping=Mapping.from_values(THREE), known=earlier)
    assert same_tables(intake.cohort, simulated)
    late = simulated.visits.merge(simulated.episodes[["episode_id", "start_date"]], on="episode_id")
    on = late["start_date"] + pd.to_timedelta(late["visit_day"].astype("int64"), unit="D")
    is_new = (on > pd.Timestamp("2026-03-31")) & late["episode_id"].isin(
        earlier.episodes["episode_id"]
    )
    path = tmp_path / "new.csv"
    late[is_new].assign(on=on[is_new].dt.strftime("%Y-%m-%d")).to_csv(
        path, index=False, encoding="utf-8"
    )
    values = {
        "data_cut": "2026-09-30",
        "continues": True,
        "file": {"date_format": "%Y-%m-%d"},
        "tables": {
            "visits": {"episode_id": "episode_id", "visit_day": {"days_from_start": "on"},
                       "status": "status", "clinician_id": "clinician_id",
                       "home_exercise_days": "home_exercise_days"},
        },
    }  # fmt: skip
    joined = ingest(path, mapping=Mapping.from_values(values), known=earlier)
    touched = simulated.visits[simulated.visits["episode_id"].isin(late.loc[is_new, "episode_id"])]
    keys = ["episode_id", "visit_day", "visit_number", "status"]
    got = joined.cohort.visits[keys].astype("object")
    assert got.to_numpy().tolist() == touched[keys].astype("object").to_numpy().tolist()


def test_a_row_that_contradicts_the_registry_is_set_aside(
    simulated: Cohort, tmp_path: Path
) -> None:
    """An end before ratings that are known already is the row's error, not the registry's."""
    rated = simulated.assessments.groupby("episode_id")["assessed_day"].max()
    episode = str(rated.index[rated > 10][0])
    start = simulated.episodes.set_index("episode_id").loc[episode]
    path = tmp_path / "ends.csv"
    path.write_text(
        f"case,who,start,end,why\n{episode},{start['patient_id']},"
        f"{start['start_date']:%Y-%m-%d},1,goals_met\n",
        encoding="utf-8",
    )
    values = {
        "data_cut": "2026-09-30",
        "file": {"date_format": "%Y-%m-%d"},
        "tables": {
            "patients": {"patient_id": "who"},
            "episodes": {"episode_id": "case", "patient_id": "who", "start_date": "start",
                         "clinic_id": {"constant": str(start["clinic_id"])}, "end_day": "end",
                         "end_reason": "why"},
        },
    }  # fmt: skip
    intake = ingest(path, mapping=Mapping.from_values(values), known=simulated)
    assert intake.account.quarantined == 1
    assert "assessment_after_end" in set(intake.findings.errors["rule"])


def test_a_key_replaces_every_id_and_keeps_who_is_who(tmp_path: Path, simulated: Cohort) -> None:
    """With a key no id of the export is left, and the tables are linked as before."""
    folder = write_three(simulated, tmp_path / "exports")
    key = Key(bytes(range(32)))
    cohort = ingest(folder, mapping=Mapping.from_values(THREE), key=key).cohort
    assert not set(cohort.patients["patient_id"]) & set(simulated.patients["patient_id"])
    assert cohort.n_patients == simulated.n_patients
    sizes = sorted(cohort.visits.groupby("episode_id").size())
    assert sizes == sorted(simulated.visits.groupby("episode_id").size())
    kept = {**THREE, "privacy": {"ids": "keep"}}
    assert same_tables(ingest(folder, mapping=Mapping.from_values(kept), key=key).cohort, simulated)


def test_a_score_finds_its_episode_by_the_patient_and_the_day(tmp_path: Path) -> None:
    """Of two courses of care the one counts that had begun on the day, 14 days before included."""
    (tmp_path / "cases.csv").write_text(
        "case,who,start\nA1,P,2025-01-06\nA2,P,2026-01-05\n", encoding="utf-8"
    )
    (tmp_path / "pain.csv").write_text(
        "who,on,pain\nP,2025-03-03,5\nP,2025-12-29,6\nX,2025-12-29,6\n", encoding="utf-8"
    )
    values = {
        "data_cut": "2026-06-30",
        "file": {"date_format": "%Y-%m-%d"},
        "source": [{"name": "cases", "file": "cases.csv"}, {"name": "pain", "file": "pain.csv"}],
        "tables": {
            "patients": {"source": "cases", "patient_id": "who"},
            "episodes": {"source": "cases", "episode_id": "case", "patient_id": "who",
                         "start_date": "start", "clinic_id": {"constant": "C01"}},
            "outcomes": {"source": "pain", "episode_id": {"episode_of": "who"},
                         "measured_day": {"days_from_start": "on"}, "scores": {"nprs": "pain"}},
        },
    }  # fmt: skip
    intake = ingest(tmp_path, mapping=Mapping.from_values(values))
    got = (
        intake.cohort.outcomes[["episode_id", "measured_day"]].astype("object").to_numpy().tolist()
    )
    assert got == [["A1", 56], ["A2", -7]]
    assert intake.findings.errors[["file", "line", "rule"]].to_numpy().tolist() == [
        ["pain.csv", 4, "no_episode"]
    ]


def test_without_a_mapping_only_a_capture_kit_is_read(tmp_path: Path) -> None:
    """Any other file is answered with the command that begins a mapping."""
    path = tmp_path / "export.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(MappingError, match=r"hinge mapping draft export\.csv"):
        ingest(path)


def test_real_dates_of_a_spreadsheet_are_understood_whatever_the_written_format(
    tmp_path: Path,
) -> None:
    """A sheet with typed dates, serial days and written ones is read by one mapping."""
    import xlsxwriter

    path = tmp_path / "cases.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Cases")
    dated = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_row(0, 0, ["case", "start"])
    sheet.write_string(1, 0, "A")
    sheet.write_datetime(1, 1, dt.datetime(2026, 3, 24), dated)
    sheet.write_string(2, 0, "B")
    sheet.write_number(2, 1, 46105)
    sheet.write_row(3, 0, ["C", "24/03/2026"])
    book.close()
    values = {
        "data_cut": "2026-06-30",
        "file": {"date_format": "%d/%m/%Y"},
        "tables": {
            "patients": {"patient_id": "case"},
            "episodes": {
                "episode_id": "case",
                "patient_id": "case",
                "start_date": "start",
                "clinic_id": {"constant": "C01"},
            },
        },
    }
    intake = ingest(path, mapping=Mapping.from_values(values))
    starts = intake.cohort.episodes["start_date"].dt.strftime("%Y-%m-%d")
    assert starts.tolist() == ["2026-03-24"] * 3
