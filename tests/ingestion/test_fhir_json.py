"""A FHIR export as resources with their lines, in every shape JSON export comes in."""

import json
from pathlib import Path

import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.fhir_json import Entry, read_export, written

ANNA = {"resourceType": "Patient", "id": "1"}
BO = {"resourceType": "Patient", "id": "2"}


def entries(folder: Path, text: str | bytes) -> list[Entry]:
    """The resources of a file."""
    path = folder / "export.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_export(path, "utf-8").entries())


def places(found: list[Entry]) -> list[tuple[int, str]]:
    """Line, and id or rule, of each."""
    return [(entry.line, entry.rule or entry.resource["id"]) for entry in found]


def test_ndjson_has_lines_and_blank_ones_count(tmp_path: Path) -> None:
    """Empty lines hold nothing, but move the lines behind them on; so do Windows line ends."""
    text = f"{json.dumps(ANNA)}\r\n\r\n{json.dumps(BO)}\r\n"
    assert places(entries(tmp_path, text)) == [(1, "1"), (3, "2")]


def test_a_bundle_has_numbered_entries(tmp_path: Path) -> None:
    """An entry that only says what a server did counts and gives nothing."""
    bundle = {
        "resourceType": "Bundle",
        "entry": [{"fullUrl": "urn:uuid:a", "resource": ANNA}, {"response": {}}, {"resource": BO}],
    }
    found = entries(tmp_path, json.dumps(bundle, indent=2))
    assert places(found) == [(1, "1"), (3, "2")]
    assert found[0].url == "urn:uuid:a"


def test_bundles_may_stand_within_bundles_lists_and_lines(tmp_path: Path) -> None:
    """What they hold has the number of the outermost entry, or the line."""
    inner = {"resourceType": "Bundle", "entry": [{"resource": ANNA}, {"resource": BO}]}
    outer = {"resourceType": "Bundle", "entry": [{"resource": inner}]}
    assert places(entries(tmp_path, json.dumps(outer))) == [(1, "1"), (1, "2")]
    assert places(entries(tmp_path, json.dumps([ANNA, BO]))) == [(1, "1"), (2, "2")]
    lines = f"{json.dumps(BO)}\n{json.dumps(inner)}\n"
    assert places(entries(tmp_path, lines)) == [(1, "2"), (2, "1"), (2, "2")]
    assert places(entries(tmp_path, json.dumps(ANNA))) == [(1, "1")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_decides(tmp_path: Path, encoding: str) -> None:
    """Windows programs write one."""
    text = json.dumps({**ANNA, "id": "ä"}, ensure_ascii=False)
    assert places(entries(tmp_path, text.encode(encoding))) == [(1, "ä")]


DEEP = '{"resourceType": "Patient", "id": "3", "x": ' + "[" * 100_000 + "]" * 100_000 + "}"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ('{"resourceType": "Patient", "id": ', "not_json"),
        ('{"resourceType": "Patient", "id": NaN}', "not_json"),
        ('{"resourceType": "Patient", "id": Infinity}', "not_json"),
        (DEEP, "not_json"),
        ("patient 3", "not_json"),
        ('{"id": "3"}', "not_a_resource"),
        ('{"resourceType": 3}', "not_a_resource"),
        ("[1, 2]", "not_a_resource"),
        ("17", "not_a_resource"),
    ],
)
def test_a_damaged_line_spoils_only_itself(tmp_path: Path, line: str, rule: str) -> None:
    """It keeps its text, and the lines around it are read."""
    found = entries(tmp_path, f"{json.dumps(ANNA)}\n{line}\n{json.dumps(BO)}\n")
    assert places(found) == [(1, "1"), (2, rule), (3, "2")]
    assert found[1].text == line
    assert places(entries(tmp_path, f"{line}\n{json.dumps(BO)}\n")) == [(1, rule), (2, "2")]


def test_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    """No number is too long to be looked at, and 6.0 is not rewritten."""
    text = '{"resourceType": "Patient", "id": "1", "a": 6.0, "b": 1e999, "c": ' + "9" * 9999 + "}"
    resource = entries(tmp_path, text)[0].resource
    assert (resource["a"], resource["b"], len(resource["c"])) == ("6.0", "1e999", 9999)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        ("<Bundle/>", "is XML"),
        ("id;name\n1;2\n", "is no FHIR export"),
        ('{"a": 1}', "is no FHIR export"),
        ("17", "is no FHIR export"),
        ('{"resourceType": "Bundle", "entry": [', "is no FHIR export"),
        (DEEP, "is no FHIR export"),
        ('{"resourceType": "Bundle", "entry": {"a": 1}}', "without a list of entries"),
        (b"\x00\x01\x02", "is not UTF-8 text"),
        (b"PK\x03\x04", "a spreadsheet or an archive"),
    ],
)
def test_what_is_no_export_is_refused(tmp_path: Path, text: str | bytes, words: str) -> None:
    """One sentence, whatever the file holds."""
    with pytest.raises(DataError, match=words):
        entries(tmp_path, text)


def test_an_entry_that_is_no_resource_is_told(tmp_path: Path) -> None:
    """Its place is known, and the others are read."""
    bundle = {"resourceType": "Bundle", "entry": [{"resource": 7}, "x", {"resource": ANNA}]}
    assert places(entries(tmp_path, json.dumps(bundle))) == [
        (1, "not_a_resource"), (2, "not_a_resource"), (3, "1"),
    ]  # fmt: skip


def test_what_is_nested_too_deeply_to_be_written_is_empty() -> None:
    """The text of a broken entry is kept only if there is a way to write it."""
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert written(deep) == ""
    assert written({"a": "ä"}) == '{"a": "\\u00e4"}'
    while deep:
        deep = deep.pop()  # type: ignore[assignment]
