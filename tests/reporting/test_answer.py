"""Page one says what the numbers say, and calls for action only where there is reason."""

from dataclasses import replace

import pytest

from hinge_outcomes.cohort.quarters import Quarter
from hinge_outcomes.reporting.answer import answer_bullets, headline_blocks
from hinge_outcomes.reporting.measures import Measure

PEOPLE = "started Jan–Mar 2026"


def _measures(**changes: dict[str, object]) -> dict[str, Measure]:
    values: dict[str, tuple[str, float, float, float]] = {
        "change_nprs": ("points", -2.0, -2.6, -1.4),
        "response_nprs": ("share", 0.55, 0.45, 0.65),
        "response_odi": ("share", 0.30, 0.20, 0.40),
        "mastery_180": ("share", 0.31, 0.22, 0.40),
        "mastery_365": ("share", 0.45, 0.35, 0.55),
        "loss": ("share", 0.30, 0.20, 0.40),
        "capture": ("share", 0.80, 0.72, 0.88),
    }
    measures = {
        key: Measure(key, key, unit, estimate, low, high, PEOPLE)  # type: ignore[arg-type]
        for key, (unit, estimate, low, high) in values.items()
    }
    for key, change in changes.items():
        measures[key] = replace(measures[key], **change)  # type: ignore[arg-type]
    return measures


def _sentences(measures: dict[str, Measure], has_stages: bool = True) -> list[str]:
    bullets = answer_bullets(measures, has_stages)
    return ["".join(span.text for span in item) for item in bullets.items]


def test_a_fall_is_told_with_positive_limits_and_its_people() -> None:
    """A change of -2.0 (-2.6 to -1.4) is a fall of 2.0, 1.4 to 2.6."""
    pain = _sentences(_measures())[0]
    assert "fell by 2.0 points" in pain
    assert "95% CI 1.4 to 2.6; started Jan–Mar 2026" in pain
    assert "55% improved" in pain


def test_a_rise_is_called_a_rise() -> None:
    """Pain that goes up is not dressed as a fall."""
    pain = _sentences(_measures(change_nprs={"estimate": 0.5, "ci_low": 0.1, "ci_high": 0.9}))[0]
    assert "rose by 0.5 points" in pain
    assert "0.1 to 0.9" in pain


def test_an_interval_across_zero_is_said() -> None:
    """Where the interval holds zero, the sentence says it may be no change."""
    pain = _sentences(_measures(change_nprs={"estimate": -0.3, "ci_low": -0.8, "ci_high": 0.2}))[0]
    assert "−0.2 to 0.8, so it may be no change at all" in pain


@pytest.mark.parametrize(
    ("capture", "expected"),
    [(0.40, "ask every patient"), (0.60, "aim for 75%"), (0.80, "Within limits: 80%")],
)
def test_capture_is_judged_against_the_two_marks(capture: float, expected: str) -> None:
    """Under half, between, and above three quarters lead to three different sentences."""
    assert expected in _sentences(_measures(capture={"estimate": capture}))[2]


def test_many_leavers_call_for_a_question() -> None:
    """Above the usual range the page asks why they leave."""
    assert "ask why they leave" in _sentences(_measures(loss={"estimate": 0.6}))[2]


def test_hidden_figures_are_named_as_hidden() -> None:
    """A figure without a number never turns into one."""
    gone = {"estimate": None, "ci_low": None, "ci_high": None, "why_not": "too few people to show"}
    keys = ("change_nprs", "mastery_180", "mastery_365", "capture")
    sentences = _sentences(_measures(**dict.fromkeys(keys, gone)))
    assert "no figure at 13 weeks" in sentences[0]
    assert "no figure" in sentences[1]
    assert "Cannot be judged: the share of 13-week scores returned" in sentences[2]


def test_without_stages_the_mastery_sentence_says_so() -> None:
    """No stage assessments: nothing is claimed about mastery."""
    assert "holds no stage assessments" in _sentences(_measures(), has_stages=False)[1]


def test_the_tables_hold_every_figure_once() -> None:
    """Counts stand in the traffic table, all else in the table of outcomes, with their people."""
    measures = _measures()
    measures["started"] = Measure("started", "Started care", "episodes", 104.0)
    _, outcomes, traffic = headline_blocks(measures, Quarter.parse("2026Q3")).blocks
    assert len(outcomes.rows) == 7
    assert traffic.rows == (("Started care", "104"),)
    assert all(row[-1] == PEOPLE for row in outcomes.rows)


def test_what_is_unknown_is_never_called_fine() -> None:
    """With capture and loss both hidden nothing is within limits and nothing calls for action."""
    gone = {"estimate": None, "ci_low": None, "ci_high": None, "why_not": "too few people to show"}
    watched = _sentences(_measures(capture=gone, loss=gone))[2]
    assert watched.startswith("Cannot be judged:")
    assert "limits" not in watched
