"""Findings: complete in their rows, short in their sentence."""

from hinge_outcomes.cohort.findings import Finding, Findings

ERROR = Finding("error", "visits", "status", "null", tuple(range(1, 201)), "A status is needed.")
WARNING = Finding("warning", "visits", "visit_day", "visit_after_end", (4,), "Late.")


def test_errors_come_first() -> None:
    """Whatever the order given, errors lead."""
    findings = Findings.of([WARNING, ERROR])
    assert [f.severity for f in findings] == ["error", "warning"]
    assert findings.errors == (ERROR,)
    assert findings.warnings == (WARNING,)


def test_totals_are_never_capped() -> None:
    """The sentence names a few of 200 rows and counts all; the table holds every one."""
    findings = Findings.of([ERROR])
    assert "200 rows (rows 1, 2, 3, 4, 5, …)" in findings.summary()
    assert len(findings.table()["rows"].iloc[0]) == 200


def test_a_finding_on_a_whole_table_names_no_rows() -> None:
    """A missing column is said without row numbers."""
    finding = Finding("error", "visits", "visit_day", "missing_column", (), "It is missing.")
    assert finding.sentence == "visits.visit_day: It is missing."
