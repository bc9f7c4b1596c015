"""Findings of the door: complete, by cell, and without a value."""

import pandas as pd

from hinge_outcomes.ingestion.findings import COLUMNS, RULES, IntakeFindings, list_findings


def some(lines: list[int], rule: str = "not_a_date", severity: str = "error") -> pd.DataFrame:
    """Findings of one rule in one column."""
    return list_findings(
        severity=severity, file="a.csv", lines=lines, table="visits", column="Seen", rule=rule,
        action="row set aside",
    )  # fmt: skip


def test_no_findings_are_a_table_without_rows() -> None:
    """Nothing wrong is said in words, and the table still has its columns."""
    nothing = IntakeFindings.of([])
    assert (len(nothing), list(nothing.table().columns)) == (0, COLUMNS)
    assert nothing.summary() == "Nothing wrong was found."
    assert "Nothing wrong" in nothing._repr_html_()


def test_findings_are_sorted_by_line_and_never_capped() -> None:
    """Ten thousand failing cells are ten thousand findings, in the order of the file."""
    many = IntakeFindings.of([some(list(range(10_000, 0, -1))), some([5], "missing", "warning")])
    assert len(many) == 10_001
    assert many.table()["line"].is_monotonic_increasing
    assert (len(many.errors), len(many.warnings)) == (10_000, 1)


def test_the_same_cell_under_the_same_rule_is_one_finding() -> None:
    """A cell that two tables read and neither can use is listed once."""
    assert len(IntakeFindings.of([some([3]), some([3])])) == 1


def test_counts_say_how_many_cells_and_where_to_look_first() -> None:
    """One line per column and rule, with the number of cells and the first line."""
    findings = IntakeFindings.of([some([9, 4]), some([7], "missing", "warning")])
    counts = findings.counts()
    assert counts["n_cells"].tolist() == [2, 1]
    assert counts["first_line"].tolist() == [4, 7]
    assert findings.summary().splitlines() == [
        "error: column Seen, 2 cells (first on line 4): the cell is no date in the declared "
        "format; row set aside.",
        "warning: column Seen, 1 cell (line 7): the cell holds a text that stands for a missing "
        "value; row set aside.",
    ]
    assert "not_a_date" in findings._repr_html_()


def test_every_rule_is_explained_in_words() -> None:
    """A receptionist who meets a rule's name finds a sentence for it."""
    assert all(len(words.split()) > 3 for words in RULES.values())


def test_a_rule_of_the_tables_is_told_in_its_own_words() -> None:
    """A finding that comes from the tables' rules says what that rule expects."""
    findings = IntakeFindings.of([some([3], "assessment_after_end")])
    assert "No stage is rated after the episode's end_day; row set aside." in findings.summary()


def test_of_several_files_each_line_names_its_own() -> None:
    """A line number without its file cannot be looked up."""
    parts = [
        list_findings(
            severity="error", file=name, lines=[4], table="visits", column="date", rule="range",
            action="row set aside",
        )
        for name in ("a.csv", "b.csv")
    ]  # fmt: skip
    told = IntakeFindings.of(parts).summary().splitlines()
    assert [line.partition(",")[0] for line in told] == ["error: a.csv", "error: b.csv"]
    assert "breaks the rule" not in told[0]
    assert "a.csv" not in IntakeFindings.of(parts[:1]).summary()
