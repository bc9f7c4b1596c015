"""Where a report's numbers come from."""

import json
import subprocess

import pytest

from hinge_outcomes.reporting import manifest
from hinge_outcomes.reporting.manifest import collect_manifest
from tests.reporting.sample import small_cohort

ASKED = {"clinic_id": "C01", "audience": "release"}


def test_the_manifest_names_data_versions_and_time(monkeypatch):
    """Hashes of the five tables, versions and the time are there, as JSON."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    found = collect_manifest("quarterly-outcomes", ASKED, small_cohort())
    data = json.loads(json.dumps(found.to_data()))
    assert data["created"] == "2026-09-21 14:13:20 UTC"
    assert len(data["data"]["tables"]) == 5
    assert all(len(table["content_hash"]) == 64 for table in data["data"]["tables"].values())
    assert {"python", "hinge_outcomes", "pandas", "typst"} <= set(data["versions"])
    assert dict(found.provenance().lines)["Asked"] == "clinic_id C01, audience release"


def test_only_internal_manifests_count_rows():
    """A released manifest does not count what a released page may hide."""
    released = collect_manifest("quarterly-outcomes", ASKED, small_cohort())
    internal = collect_manifest("x", {"audience": "internal"}, small_cohort())
    assert "rows" not in released.data["tables"]["episodes"]
    assert internal.data["tables"]["episodes"]["rows"] == 3


def test_the_data_change_the_hash():
    """Another cohort has other hashes; the same cohort the same."""
    tables = [
        collect_manifest("x", {}, cohort).data["tables"]
        for cohort in (small_cohort(), small_cohort(), small_cohort().select(clinic_id="C01"))
    ]
    assert tables[0] == tables[1] != tables[2]


def test_checked_hashes_are_taken_over():
    """Hashes that reading has checked are not computed again."""
    hashes = dict.fromkeys(("patients", "episodes", "visits", "assessments", "outcomes"), "ab")
    found = collect_manifest("x", {}, small_cohort(), hashes=hashes)
    assert {table["content_hash"] for table in found.data["tables"].values()} == {"ab"}


@pytest.mark.parametrize("failure", [OSError(), subprocess.TimeoutExpired("git", 1)])
def test_git_is_not_needed(tmp_path, monkeypatch, failure):
    """Without a checkout, or without git, the commit is empty."""

    def fail(command):
        raise failure

    assert manifest._commit(tmp_path) == ""
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(manifest, "_said", fail)
    assert manifest._commit(tmp_path) == ""


def test_a_changed_checkout_says_so(tmp_path, monkeypatch):
    """A commit with changed files is marked as modified."""
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(manifest, "_said", lambda command: "abc")
    assert manifest._commit(tmp_path) == "abc-modified"
