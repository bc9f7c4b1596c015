"""Questions about whole columns: asked where two readings are possible, and only there."""

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hinge_outcomes.ingestion.doubts import DOUBTS, FEWEST, find_doubts
from hinge_outcomes.ingestion.findings import RULES
from hinge_outcomes.ingestion.load import Load
from hinge_outcomes.ingestion.mapping import Mapping
from tests.loads import VALUES, file_of

ITEMS = [f"q{number}" for number in range(1, 11)]


def plan_for(scores: dict[str, Any], **more: Any) -> Mapping:
    """A mapping of one source whose scores stand side by side."""
    values = copy.deepcopy(VALUES) | more
    values["tables"]["outcomes"]["scores"] = scores
    return Mapping.from_values(values)


def asked(plan: Mapping, header: str, rows: Iterable[str], usable: Any = None) -> list[Any]:
    """Row, column and rule of every question."""
    load = Load.of([(plan.sources[0], file_of(*rows, header=header))], plan)
    may = np.ones(load.n_rows, dtype=bool) if usable is None else usable
    return [
        (int(row), column, rule)
        for part in find_doubts(load, plan, may)
        for row, column, rule in part[["row", "column", "rule"]].itertuples(index=False)
    ]


def dated(days: Iterable[int], month: int = 3) -> list[str]:
    """One case for each day of a month."""
    return [f"K{n},{day:02d}/{month:02d}/2026," for n, day in enumerate(days)]


@pytest.mark.parametrize(
    ("scores", "question"),
    [
        (range(1, 41), "odi_may_be_points_of_50"),
        (range(0, 80, 2), ""),
        (range(1, 61), ""),
        ([n / 50 for n in range(40)], "odi_may_be_a_fraction"),
        (range(FEWEST - 1), ""),
        ([0] * 40, ""),
        ([0, 1] * 20, "odi_may_be_points_of_50"),
    ],
)
def test_an_odi_that_looks_like_another_unit_is_asked_about(scores: Any, question: str) -> None:
    """None above 50 and many odd: points? All within 1: a fraction? Few or even: no question."""
    rows = [f"K{n},2026-01-05,{score}" for n, score in enumerate(scores)]
    plan = plan_for({"odi": "pain"})
    assert asked(plan, "case,start,pain", rows) == ([(0, "pain", question)] if question else [])


def test_a_unit_that_is_stated_or_settled_is_not_asked_about() -> None:
    """What the mapping says once is not asked again."""
    rows = [f"K{n},2026-01-05,{n}" for n in range(40)]
    stated = {"column": "pain", "unit": "points_of_50"}
    assert asked(plan_for({"odi": stated}), "case,start,pain", rows) == []
    assert asked(plan_for({"odi": "pain"}, settled="pain"), "case,start,pain", rows) == []


def test_only_the_rows_that_a_section_is_about_are_looked_at() -> None:
    """Where scores of several questionnaires share a column, each is judged by its own rows."""
    values = copy.deepcopy(VALUES)
    values["tables"]["outcomes"]["scores"] = {"odi": "pain"}
    values["tables"]["outcomes"]["rows"] = {"tool": "odi"}
    plan = Mapping.from_values(values)
    rows = [f"K{n},2026-01-05,{n % 11},nprs" for n in range(40)]
    rows += [f"L{n},2026-01-05,{n * 2},odi" for n in range(40)]
    assert asked(plan, "case,start,pain,tool", rows) == []
    rows = [row.replace("odi", "other") for row in rows]
    rows += [f"M{n},2026-01-05,{n},odi" for n in range(30)]
    assert asked(plan, "case,start,pain,tool", rows) == [(80, "pain", "odi_may_be_points_of_50")]


def test_items_without_a_zero_and_with_a_six_are_asked_about() -> None:
    """Coded 1 to 6 they would all be one too high, and the sixes would be lost."""
    header = ",".join(["case", "start", *ITEMS])
    plan = plan_for({"odi": {"items": ITEMS}})
    six = [
        f"K{n},2026-01-05," + ",".join(str(1 + (n + k) % 6) for k in range(10)) for n in range(9)
    ]
    assert asked(plan, header, six) == [(0, "q1", "items_may_be_coded_from_1")]
    zero = [row.replace("1", "0") for row in six]
    assert asked(plan, header, zero) == []
    based = plan_for({"odi": {"items": ITEMS, "base": 1}})
    assert asked(based, header, six) == []


def test_days_none_of_which_lies_after_the_12th_are_asked_about() -> None:
    """Twenty different days that are all early: the first number may be the month."""
    values = copy.deepcopy(VALUES)
    values["file"]["date_format"] = "%d/%m/%Y"
    plan = Mapping.from_values(values)
    early = [*dated(range(1, 13), 3), *dated(range(1, 13), 4)]
    header = "case,start,pain"
    assert asked(plan, header, early) == [(0, "start", "day_and_month_may_be_swapped")]
    assert asked(plan, header, [*early, "K,13/03/2026,"]) == []
    assert asked(plan, header, dated(range(1, 13))) == []
    assert asked(plan, header, [*early, "K,soon,", "K,,"])[0][2] == "day_and_month_may_be_swapped"
    written = copy.deepcopy(values)
    written["file"]["date_format"] = "%Y-%m-%d"
    iso = [f"K{n},2026-{1 + n % 12:02d}-{1 + n % 9:02d}," for n in range(40)]
    assert asked(Mapping.from_values(written), header, iso) == []


def test_rows_that_are_not_wanted_raise_no_question() -> None:
    """Neither scores nor days of rows that are left out count."""
    rows = [f"K{n},2026-01-05,{n}" for n in range(40)]
    plan = plan_for({"odi": "pain"})
    assert asked(plan, "case,start,pain", rows, np.zeros(40, dtype=bool)) == []
    assert asked(plan, "case,start,pain", []) == []


def test_every_question_says_what_to_do() -> None:
    """Each is explained among the rules, and the answer it asks for is named there."""
    assert set(DOUBTS) <= set(RULES)
    assert all("settled" in RULES[doubt] for doubt in DOUBTS)


def test_an_odi_coded_from_1_is_asked_about_when_it_is_loaded(tmp_path: Path) -> None:
    """The question comes although, read as the mapping says, no such row can be accepted."""
    from hinge_outcomes.ingestion.door import ingest

    header = ",".join(["case", "start", *ITEMS])
    rows = [
        f"K{n},2026-01-05," + ",".join(str(1 + (n + k) % 6) for k in range(10)) for n in range(9)
    ]
    path = tmp_path / "people.csv"
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    intake = ingest(path, mapping=plan_for({"odi": {"items": ITEMS}}))
    assert intake.account.accepted == 0
    (told,) = intake.findings.warnings[["line", "column", "rule"]].to_numpy().tolist()
    assert told == [2, "q1", "items_may_be_coded_from_1"]
    assert DOUBTS[2] not in set(intake.fixes["What to do"])


@pytest.mark.parametrize(
    ("ids", "is_asked"),
    [
        (["K1", "k1"], True),
        (["K1", "K2"], False),
        (["k1", "k2"], False),
        (["Ka", "kb", "k1"], False),
        (["STRASSE", "straße"], True),
        (["", "1"], False),
    ],
)
def test_ids_that_differ_in_capitals_only_are_asked_about(ids: list[str], is_asked: bool) -> None:
    """Two patients, or one who was typed in two ways: kept apart, and told."""
    rows = [f"{name},2026-01-05," for name in ids]
    plan = plan_for({"nprs": "pain"})
    rules = {rule for _, _, rule in asked(plan, "case,start,pain", rows)}
    assert rules == ({"ids_differ_in_capitals"} if is_asked else set())
    settled = plan_for({"nprs": "pain"}, settled=["case"])
    assert asked(settled, "case,start,pain", rows) == []
