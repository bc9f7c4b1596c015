"""Cross-table rules: each is declared with everything a finding needs."""

import pandas as pd

from hinge_outcomes.cohort.cross_rules import CROSS_RULES, Records
from hinge_outcomes.cohort.findings import SEVERITIES
from hinge_outcomes.cohort.tables import SCHEMAS
from tests.records import CUT, small_cohort


def test_rules_name_real_places() -> None:
    """Table and column of every rule exist; severity is one of the two."""
    for rule in CROSS_RULES:
        assert rule.column in SCHEMAS[rule.table].columns
        assert rule.severity in SEVERITIES
        assert rule.message.endswith(".")


def test_rules_answer_for_every_row_of_their_table() -> None:
    """Each rule gives one answer per row, all False on lawful records (violations: validation)."""
    cohort = small_cohort()
    records = Records({name: getattr(cohort, name) for name in SCHEMAS}, CUT)
    for rule in CROSS_RULES:
        answer = rule.is_broken(records)
        assert len(answer) == len(getattr(cohort, rule.table))
        assert not answer.any()


def test_the_short_form_of_records_shows_no_value() -> None:
    """The tables under check never show a patient at a prompt."""
    tables = {"patients": pd.DataFrame({"patient_id": ["SECRETVAL"]})}
    assert "SECRETVAL" not in repr(Records(tables, CUT))
