"""The corruption proof in small: every error found in its place, no clean row lost, all mended."""

from functools import cache

import pytest

from hinge_outcomes.ingestion.findings import RULES
from validation.corruption import KINDS, SAME_KEY, TWICE, Outcome, corrupt


@cache
def outcome() -> Outcome:
    """A small clinic with ten errors of each kind."""
    return corrupt(320, seed=3, n_episodes=200)


def test_every_error_is_found_in_its_file_line_and_column_by_its_rule() -> None:
    """As many errors as were asked for, of all kinds, and not one of them missed."""
    told = outcome()
    assert told.n_errors == told.n_found == 320
    assert set(told.by_kind["kind"]) == {*(kind.name for kind in KINDS), TWICE, SAME_KEY}
    assert (told.by_kind["put_in"] == told.by_kind["found"]).all()


def test_no_clean_row_is_set_aside_or_told_of() -> None:
    """What was not spoilt enters without a word."""
    assert (outcome().n_clean_lost, outcome().n_beside) == (0, 0)


def test_the_corrected_fix_list_completes_the_cohort() -> None:
    """The second load holds exactly the records of the clean export, and its account says so."""
    told = outcome()
    assert told.is_completed
    assert " + 0 set aside" in told.accounts[1]
    assert " + 0 set aside" not in told.accounts[0]


def test_there_are_more_than_twenty_five_kinds_each_with_a_rule_of_its_own_place() -> None:
    """Kinds are named once; the rules of the door are known to the findings."""
    names = [kind.name for kind in KINDS]
    assert len(set(names)) == len(names) >= 25
    table_rules = {"end_complete", "entry_below_target", "score_in_range"}
    assert {kind.rule for kind in KINDS} <= {*RULES, *table_rules}


def test_an_export_too_small_for_its_errors_is_said_so() -> None:
    """A proof that could not put all its errors in would prove less than it says."""
    with pytest.raises(ValueError, match="simulate more episodes"):
        corrupt(32_000, seed=1, n_episodes=20)
