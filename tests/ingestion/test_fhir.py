"""FHIR exports as tables of text, and as the very cohort that was written into them."""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hinge_outcomes as ho
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.exceptions import HingeError, MappingError
from hinge_outcomes.ingestion.fhir import read_fhir
from hinge_outcomes.ingestion.fhir_resources import COLUMNS
from hinge_outcomes.ingestion.raw_table import RawTable
from hinge_outcomes.ingestion.shipped_mappings import read_shipped_mapping
from hinge_outcomes.ingestion.sources import Source
from tests.fhir_exports import write_fhir

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "fhir" / "export.ndjson"

Resource = dict[str, Any]


def take(folder: Path, kind: str, *resources: Resource | str, columns: tuple[str, ...] = ()):  # type: ignore[no-untyped-def]
    """Write resources as NDJSON and read one kind of them."""
    path = folder / "export.ndjson"
    lines = [one if isinstance(one, str) else json.dumps(one) for one in resources]
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_fhir(path, Source(resource=kind), columns)


def take_bundle(folder: Path, kind: str, *entries: tuple[str, Resource]) -> RawTable:
    """Write resources with their addresses as a bundle and read one kind of them."""
    path = folder / "export.json"
    parts = [{"fullUrl": url, "resource": resource} for url, resource in entries]
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": parts}), encoding="utf-8")
    return read_fhir(path, Source(resource=kind))


def column(table: RawTable, name: str) -> list[str]:
    """The cells of one column."""
    return list(table.columns[name].cells())


def patient(id_: str, **more: Any) -> Resource:
    """A patient."""
    return {"resourceType": "Patient", "id": id_, **more}


def observation(id_: str, status: str = "final", **more: Any) -> Resource:
    """An observation."""
    return {"resourceType": "Observation", "id": id_, "status": status, **more}


def response(id_: str, status: str, *numbers: int | None) -> Resource:
    """Answers to questions numbered from 1; what is None was not answered."""
    items = [
        {"linkId": str(link), "answer": [{"valueInteger": number}]}
        for link, number in enumerate(numbers, start=1)
        if number is not None
    ]
    return {
        "resourceType": "QuestionnaireResponse", "id": id_, "status": status,
        "questionnaire": "urn:hinge-outcomes:questionnaire:odi|1", "item": items,
    }  # fmt: skip


def test_one_kind_is_read_and_the_others_passed_over(tmp_path: Path) -> None:
    """A file of many kinds gives the rows of one, with their lines."""
    table = take(tmp_path, "Patient", patient("1"), observation("9"), "", patient("2"))
    assert table.name == "export.ndjson [Patient]"
    assert table.header == COLUMNS["Patient"]
    assert column(table, "id") == ["1", "2"]
    assert table.lines.tolist() == [1, 4]
    assert (table.n_excluded, table.broken) == (0, {})
    assert len(table.digest) == 64


def test_a_file_without_the_kind_gives_no_row(tmp_path: Path) -> None:
    """A bulk export has a file for each kind, and every source looks into each of them."""
    assert take(tmp_path, "Encounter", patient("1")).n_rows == 0


@pytest.mark.parametrize(
    ("kind", "kept", "left"),
    [
        ("Observation", ["final", "amended", "corrected"],
         ["registered", "preliminary", "cancelled", "entered-in-error", "unknown", None]),
        ("QuestionnaireResponse", ["completed", "amended"],
         ["in-progress", "stopped", "entered-in-error", None]),
        ("Encounter", ["finished", "planned", None], ["entered-in-error"]),
        ("EpisodeOfCare", ["active", "finished"], ["entered-in-error"]),
    ],
)  # fmt: skip
def test_what_is_not_final_is_left_out_and_counted(
    tmp_path: Path, kind: str, kept: list[str], left: list[str]
) -> None:
    """Scores count when they are final, and nothing counts that was entered in error."""
    resources = [{"resourceType": kind, "id": str(n), "status": s}
                 for n, s in enumerate([*kept, *left])]  # fmt: skip
    table = take(tmp_path, kind, *resources)
    assert column(table, "status") == [status or "" for status in kept]
    assert table.n_excluded == len(left)


def test_addresses_within_a_bundle_are_resolved(tmp_path: Path) -> None:
    """A urn:uuid stands for the entry with that address, in whichever order they come."""
    entries = [
        ("urn:uuid:o", observation("O1", subject={"reference": "urn:uuid:p"},
                                   encounter={"reference": "urn:uuid:v"})),
        ("urn:uuid:v", {"resourceType": "Encounter", "id": "V1",
                        "episodeOfCare": [{"reference": "urn:uuid:e"}]}),
        ("urn:uuid:e", {"resourceType": "EpisodeOfCare", "id": "E1"}),
        ("urn:uuid:p", patient("P1")),
    ]  # fmt: skip
    table = take_bundle(tmp_path, "Observation", *entries)
    cells = {name: column(table, name)[0] for name in ("patient", "encounter", "episode")}
    assert cells == {"patient": "P1", "encounter": "V1", "episode": "E1"}
    assert table.lines.tolist() == [1]
    bare = [(url, {k: v for k, v in item.items() if k != "id"}) for url, item in entries]
    table = take_bundle(tmp_path, "Observation", *bare)
    assert column(table, "patient") == column(take_bundle(tmp_path, "Patient", *bare), "id")
    assert column(table, "episode") == ["urn:uuid:e"]


def test_the_episode_of_the_encounter_stands_in_for_its_own(tmp_path: Path) -> None:
    """What an observation says itself goes before what its encounter says."""
    encounter = {"resourceType": "Encounter", "id": "V1",
                 "episodeOfCare": [{"reference": "EpisodeOfCare/E1"}]}  # fmt: skip
    own = [{"url": "http://hl7.org/fhir/StructureDefinition/workflow-episodeOfCare",
            "valueReference": {"reference": "EpisodeOfCare/E2"}}]  # fmt: skip
    seen = {"reference": "Encounter/V1"}
    table = take(
        tmp_path, "Observation", observation("1", encounter=seen),
        observation("2", encounter=seen, extension=own), observation("3"), encounter,
    )  # fmt: skip
    assert column(table, "episode") == ["E1", "E2", ""]


def test_the_codes_of_conditions_stand_in_for_them(tmp_path: Path) -> None:
    """A condition elsewhere says nothing."""
    condition = {
        "resourceType": "Condition",
        "id": "5",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "279039007"}]},
    }
    episode = {"resourceType": "EpisodeOfCare", "id": "E1", "diagnosis": [
        {"condition": {"reference": f"Condition/{n}"}} for n in (5, 6)]}  # fmt: skip
    table = take(tmp_path, "EpisodeOfCare", episode, condition)
    assert column(table, "diagnosis") == ["http://snomed.info/sct|279039007"]


def test_answers_are_a_list_and_columns_of_their_own(tmp_path: Path) -> None:
    """The list has a place for every question, and a mapping may ask for one of them."""
    table = take(
        tmp_path, "QuestionnaireResponse", response("1", "completed", 3, None, 2),
        response("2", "amended", 1, 5, 0), response("3", "in-progress", 9),
        columns=("item 2", "item 7", "extension urn:x"),
    )  # fmt: skip
    assert table.header == (
        *COLUMNS["QuestionnaireResponse"], "items", "item 2", "item 7", "extension urn:x",
    )  # fmt: skip
    assert column(table, "items") == ["[3, null, 2]", "[1, 5, 0]"]
    assert column(table, "item 2") == ["", "5"]
    assert column(table, "item 7") == ["", ""]


def test_a_damaged_line_counts_to_the_kinds_it_names(tmp_path: Path) -> None:
    """One that names none counts to every kind, so that nothing is lost."""
    damaged = ('{"resourceType": "Observation", "id": ', "{cut", patient("1", gender=["x"]))
    table = take(tmp_path, "Patient", patient("2"), *damaged)
    assert table.broken == {1: "not_json", 2: "not_a_resource"}
    assert table.lines.tolist() == [1, 3, 4]
    assert column(table, "id") == ["2", "", ""]
    assert table.raw_text[1] == "{cut"
    assert "gender" in table.raw_text[2]
    table = take(tmp_path, "Observation", patient("2"), *damaged)
    assert table.broken == {0: "not_json", 1: "not_json"}


def test_what_cannot_be_stored_is_broken(tmp_path: Path) -> None:
    """A cell as long as a book, and half a letter."""
    table = take(tmp_path, "Patient", patient("1" * 200_000), patient("\ud800"), patient("ok"))
    assert table.broken == {0: "cell_too_long", 1: "not_json"}


@pytest.mark.parametrize(
    ("kind", "columns", "words"),
    [
        ("", (), "needs resource"),
        ("patient", (), r"Did you mean 'Patient'\?"),
        ("Patient", ("gendre",), r"'gendre'.*Did you mean 'gender'\?"),
        ("Patient", ("item 1",), "which Patient does not have"),
    ],
)
def test_a_kind_or_column_that_is_not_there_is_refused(
    tmp_path: Path, kind: str, columns: tuple[str, ...], words: str
) -> None:
    """The message lists what there is."""
    with pytest.raises(MappingError, match=words):
        take(tmp_path, kind, patient("1"), columns=columns)


def some_cohort() -> Cohort:
    """Forty simulated episodes; the stories of the default scenario."""
    return ho.simulate(ho.Scenario.default(), n_episodes=40, seed=11)


@pytest.mark.parametrize(("name", "release"), [("x.ndjson", "R4"), ("x.json", "R5")])
def test_a_simulated_cohort_comes_back_from_fhir(
    tmp_path: Path, name: str, release: str
) -> None:  # fmt: skip
    """Written as resources and read by the shipped mapping, every table is what was simulated."""
    cohort = some_cohort()
    path = write_fhir(tmp_path / name, cohort, release)
    intake = ho.ingest(path, mapping=read_shipped_mapping("fhir", data_cut=cohort.data_cut))
    assert not len(intake.findings)
    assert intake.account.read == intake.account.accepted
    for table in TABLE_NAMES:
        pd.testing.assert_frame_equal(getattr(intake.cohort, table), getattr(cohort, table))


def test_a_questionnaire_is_scored_from_its_answers(tmp_path: Path) -> None:
    """Ten answers to the ODI give its score, and a blank takes its section out."""
    cohort = some_cohort()
    path = write_fhir(tmp_path / "x.ndjson", cohort)
    episode = cohort.episodes.iloc[0]
    answers: Resource = {
        **response("Q", "completed", 3, 2, 1, 0, 4, 2, 2, 1, None, 1),
        "authored": f"{episode['start_date']:%Y-%m-%d}",
        "extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/workflow-episodeOfCare",
             "valueReference": {"reference": f"EpisodeOfCare/{episode['episode_id']}"}}
        ],
    }  # fmt: skip
    kept = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if "instrument|odi" not in line and '"code": "odi"' not in line
    ]
    path.write_text("\n".join([*kept, json.dumps(answers)]), encoding="utf-8")
    intake = ho.ingest(path, mapping=read_shipped_mapping("fhir", data_cut=cohort.data_cut))
    outcomes = intake.cohort.outcomes
    found = outcomes[outcomes["instrument"] == "odi"]
    assert found["score"].round(3).tolist() == [round(100 * 16 / 45, 3)]
    assert found["items"].tolist() == [[3, 2, 1, 0, 4, 2, 2, 1, None, 1]]


def test_the_example_export_enters_whole() -> None:
    """Everything but a questionnaire that was not completed is accepted, and one is scored."""
    mapping = read_shipped_mapping("fhir", data_cut="2026-09-30")
    intake = ho.ingest(EXAMPLE, mapping=mapping)
    assert not len(intake.findings)
    assert not intake.account.quarantined
    table = read_fhir(EXAMPLE, Source(resource="QuestionnaireResponse"))
    assert (column(table, "items"), table.n_excluded) == (["[2, 1, 3, 2, null, 2, 1, 2, 3, 1]"], 1)
    scored = intake.cohort.outcomes["items"].dropna().tolist()
    assert scored == [[2, 1, 3, 2, None, 2, 1, 2, 3, 1]]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["id", "status", "subject", "reference", "code", "coding", "item", "answer", "linkId",
             "valueCoding", "valueQuantity", "extension", "url", "component", "period", "start",
             "resourceType", "entry", "resource", "fullUrl", "participant", "diagnosis"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(JSON, max_size=4), st.sampled_from(sorted(COLUMNS)), st.binary(max_size=3))
def test_no_export_breaks_the_reader(parts: list[Any], kind: str, tail: bytes) -> None:
    """Whatever JSON says, and wherever it is cut, rows come out or one sentence does."""
    resources = [
        {**part, "resourceType": kind, "status": "final"} if isinstance(part, dict) else part
        for part in parts
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "export.ndjson")
        lines = "\n".join(json.dumps(one) for one in resources)
        for content in (lines.encode() + tail, json.dumps(resources).encode() + tail):
            path.write_bytes(content)
            try:
                table = read_fhir(path, Source(resource=kind))
            except HingeError:
                continue
            assert len(table.lines) == table.n_rows
            assert np.all(np.diff(table.lines) >= 0)
