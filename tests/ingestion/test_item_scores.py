"""Questionnaires that an export holds item by item."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hinge_outcomes.ingestion.column_rules import ColumnRule, RuleContext, read_rule
from hinge_outcomes.ingestion.item_scores import read_item_class, read_items
from hinge_outcomes.ingestion.raw_table import RawColumn
from hinge_outcomes.ingestion.targets import list_targets
from tests.exports import HEADER, found, mapping_filling, take

ODI = tuple(f"q{number}" for number in range(1, 11))
NINE = tuple(f"s{number}" for number in range(1, 10))


def rule_for(instrument: str, items: tuple[str, ...], **more: Any) -> ColumnRule:
    """The rule of a score, or of the STarT Back class, from items."""
    table, name = ("outcomes", "score") if instrument else ("episodes", "start_back_risk")
    context = RuleContext(codes={}, missing=("n/a",), date_formats=())
    return read_rule(
        "here", list_targets(table)[name], {"items": list(items), **more}, context,
        instrument=instrument,
    )  # fmt: skip


def columns_of(names: tuple[str, ...], *forms: str) -> dict[str, RawColumn]:
    """Filled forms as columns: answers parted by blanks, a stop for none."""
    cells = [["" if sign == "." else sign for sign in form.split()] for form in forms]
    return {name: RawColumn.of([row[place] for row in cells]) for place, name in enumerate(names)}


def test_items_decide_and_the_answers_are_kept() -> None:
    """Coded from 1, an ODI is scored and its answers are stored as if coded from 0."""
    columns = columns_of(ODI, "3 " * 10, "1 " * 9 + ".", ". " * 10)
    cells, answers = read_items(rule_for("odi", ODI, base=1), columns, np.arange(3))
    assert cells.values.tolist()[:2] == [40.0, 0.0]
    assert np.isnan(cells.values[2])
    assert answers.tolist() == [[2] * 10, [0] * 9 + [None], None]
    assert not [places for _, _, places in cells.failing if len(places)]


def test_a_stored_total_is_held_against_the_items_and_stands_in_for_blank_ones() -> None:
    """The items win where both are there; where no item was answered the total is the score."""
    columns = columns_of((*ODI, "total"), "3 " * 10 + "40", "3 " * 10 + "41", ". " * 10 + "22",
                         "3 " * 10 + ".", "3 " * 10 + "n/a", ". " * 10 + ".",
                         "3 " * 10 + "x")  # fmt: skip
    rule = rule_for("odi", ODI, base=1, stored="total")
    cells, answers = read_items(rule, columns, np.arange(7))
    assert cells.values.fillna(-1).tolist() == [40.0, 40.0, 22.0, 40.0, 40.0, -1.0, 40.0]
    failing = [(name, rule, places.tolist()) for name, rule, places in cells.failing if len(places)]
    assert failing == [
        ("total", "missing", [4]), ("total", "not_a_number", [6]),
        ("total", "stored_disagrees", [1]),
    ]  # fmt: skip
    assert answers[2] is None


def test_an_answer_that_cannot_be_is_a_blank_and_is_told() -> None:
    """A 6 on a scale to 5, half an answer or a word leave the others to be scored."""
    columns = columns_of(ODI, "6 " + "2 " * 9, "2.5 " + "2 " * 9, "x " + "2 " * 9)
    cells, answers = read_items(rule_for("odi", ODI), columns, np.arange(3))
    assert cells.values.tolist() == [40.0, 40.0, 40.0]
    failing = {(name, rule): places.tolist() for name, rule, places in cells.failing if len(places)}
    assert failing == {("q1", "not_a_number"): [2], ("q1", "out_of_range"): [0, 1]}
    assert answers[0] == [None, *[2] * 9]


def test_half_points_stay_half_points() -> None:
    """A PSFS activity may be rated 7.5."""
    columns = columns_of(("a", "b", "c"), "7.5 8 .", "7.5 8 6")
    cells, answers = read_items(rule_for("psfs", ("a", "b", "c")), columns, np.arange(2))
    assert np.isnan(cells.values[0])
    assert cells.values[1] == pytest.approx(21.5 / 3)
    assert answers[1] == [7.5, 8, 6]


def test_the_class_of_risk_comes_from_the_nine_items() -> None:
    """Where blanks could still change the class there is none; a bad answer is told."""
    columns = columns_of(NINE, "0 0 0 0 1 1 1 1 .", "0 0 0 0 0 0 0 0 0", "1 1 . . . . . . .",
                         "2 0 0 0 1 1 1 1 1")  # fmt: skip
    cells = read_item_class(rule_for("", NINE), columns, np.arange(4))
    assert cells.values.astype("object").where(cells.values.notna(), None).tolist() == [
        "high", "low", None, "high"
    ]  # fmt: skip
    assert cells.values.cat.categories.tolist() == ["low", "medium", "high"]
    assert [(name, rule) for name, rule, places in cells.failing if len(places)] == [
        ("s1", "out_of_range")
    ]  # fmt: skip


def test_a_row_that_holds_only_the_stored_total_is_a_record(tmp_path: Path) -> None:
    """A clinic may have typed in older forms as totals: the row is not taken for an empty one."""
    odi = {"items": list(ODI), "base": 1, "stored": "odi"}
    values = mapping_filling("outcomes", scores={"odi": odi})
    start = "K1,P1,1970,F,05/01/2026"
    rows = (
        f"{start},05/01/2026,came,1,2,6,40,{','.join('3' * 10)}",
        f"{start},12/01/2026,came,1,2,6,30,{','.join([''] * 10)}",
        f"{start},19/01/2026,came,1,2,6,44,{','.join('3' * 10)}",
    )
    intake = take(tmp_path, *rows, values=values, header=f"{HEADER},{','.join(ODI)}")
    assert intake.cohort.outcomes["score"].tolist() == [40.0, 30.0, 40.0]
    assert found(intake) == [(4, "odi", "stored_disagrees")]
    assert intake.findings.table()["action"].tolist() == ["kept"]
