"""The tables of the data-quality page print what was counted, and nothing that may not be."""

from hinge_outcomes.cohort.findings import Finding, Findings
from hinge_outcomes.cohort.quality import describe_quality
from hinge_outcomes.reporting.blocks import Bullets, Prose, Table
from hinge_outcomes.reporting.disclosure import Disclosure
from hinge_outcomes.reporting.quality_tables import (
    completeness_table,
    delay_table,
    episode_table,
    question_blocks,
    volume_table,
    warning_table,
)
from tests.hand_made import cohort_of, episode

DESK, RELEASE = Disclosure("internal"), Disclosure()
COHORT = cohort_of(
    episode("E1", observed=200, visits=[0, 7], ratings=[(7, 1, 2)], scores=[(0, "nprs", 6.0)]),
    episode("E2", observed=200, visits=[0], scores=[(0, "nprs", 5.0), (95, "nprs", 1.0)]),
    episode("E3", observed=80, visits=[0, 60], end=(70, "goals_met")),
)
QUALITY = describe_quality(COHORT)


def cells(table: Table) -> dict[str, tuple[str, ...]]:
    """Rows by what they are about."""
    return {row[0]: row[1:] for row in table.rows}


def test_completeness_is_told_by_item() -> None:
    """Two of three episodes have a baseline, one of the two that are due the 13-week score."""
    told = cells(completeness_table(QUALITY, DESK))
    assert told["Pain (NPRS): Baseline"] == ("episodes due", "2 of 3 (67%)")
    assert told["Pain (NPRS): 13 weeks"] == ("episodes due", "1 of 2 (50%)")
    assert told["Pain (NPRS): 52 weeks"] == ("episodes due", "–")
    assert told["At attended visits: A stage rated"] == ("visits", "1 of 5 (20%)")
    assert set(cells(completeness_table(QUALITY, RELEASE)).values()) == {
        ("episodes", "hidden"),
        ("episodes due", "hidden"),
        ("episodes due", "–"),
        ("visits", "hidden"),
    }


def test_volumes_are_per_episode_and_per_visit() -> None:
    """In the first quarter two episodes have 3 visits, 1 rating and 3 scores."""
    told = cells(volume_table(QUALITY, COHORT, DESK))
    assert told["2026Q1"] == ("2", "1.5", "0.3", "1.5")
    assert told["2026Q3"] == ("1", "2.0", "0.0", "0.0")
    assert set(cells(volume_table(QUALITY, COHORT, RELEASE))["2026Q1"]) == {"hidden"}


def test_delays_say_which_way() -> None:
    """A score of day 95 for day 91 is 4 days late; at 26 weeks two scores can still be had."""
    (table,) = delay_table(QUALITY, DESK)
    assert table.rows[0] == ("NPRS", "13 weeks", "91", "4.0", "4 days late", "1 of 1 (100%)")
    assert delay_table(describe_quality(cohort_of(episode("E1"))), DESK) == []


def test_episodes_left_lying_are_counted_among_the_open_and_the_closed() -> None:
    """Two open episodes are silent; the last record is the score 105 days before the cut."""
    told = cells(episode_table(QUALITY, DESK))
    assert told["Open, no visit for 42 days"] == ("open episodes", "2 of 2 (100%)")
    assert told["From the last record to the data cut"][1] == "20 days"


def test_questions_name_the_place_at_the_desk_only() -> None:
    """The desk reads in which clinic and quarter most odd visits lie; a release does not."""
    cohort = cohort_of(episode("E1", observed=30, visits=range(20)))
    quality = describe_quality(cohort)
    questions, table = question_blocks(quality, cohort, DESK)
    assert isinstance(questions, Bullets)
    told = str(questions.items)
    assert "Saturday or Sunday: 5 of 20 (25%) visits, most of them in C01, 2026Q3" in told
    assert isinstance(table, Table)
    assert cells(table)["Attended on a Saturday or Sunday"][-1] == "yes"
    assert "2026Q3" not in str(question_blocks(quality, cohort, RELEASE)[0])


def test_nothing_odd_is_said_in_a_sentence() -> None:
    """Without a question there is a sentence and the list of what was looked at."""
    cohort = cohort_of(episode("E1", observed=40))
    prose, table = question_blocks(describe_quality(cohort), cohort, DESK)
    assert isinstance(prose, Prose)
    assert isinstance(table, Table)
    assert {row[-1] for row in table.rows} == {"no"}


def test_warnings_are_listed_with_their_rows_counted() -> None:
    """Three rows are told at the desk and hidden in a release; no warning, no table."""
    warning = Finding("warning", "visits", "visit_day", "visit_after_end", (3, 4, 5), "Late.")
    findings = Findings((warning,))
    assert warning_table(findings, DESK)[0].rows == (("visits.visit_day", "Late.", "3"),)
    assert warning_table(findings, RELEASE)[0].rows[0][-1] == "hidden"
    assert warning_table(Findings(()), DESK) == []
