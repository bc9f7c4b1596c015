"""What an analysis of loss shows of itself."""

from functools import cache

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.loss import analyse_loss
from hinge_outcomes.analysis.progression.loss_result import LossAnalysis
from hinge_outcomes.domain.rules import MasteryCriterion


@cache
def found() -> LossAnalysis:
    """Analyse 300 simulated episodes."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=300, seed=5)
    return analyse_loss(cohort, day=[90, 180], criterion=MasteryCriterion(consecutive=1))


def test_the_paragraph_names_the_three_estimands_and_the_tipping_point():
    """A reader meets every answer with its interval, and how strong the assumption must be."""
    text = found().summary()
    for words in (
        "while in care",
        "if nobody were lost",
        "0.5 times the pace of the comparable",
        "Tipping point",
        "95% CI",
        "were lost by then",
        "largest is",
    ):
        assert words in text
    assert "By day 180" in text


def test_tables_are_copies():
    """Changing what was handed out changes nothing inside."""
    for name in ("table", "by_delta", "tipping_points", "weights", "loss_model"):
        frame = getattr(found(), name)()
        frame["spoilt"] = 1
        assert "spoilt" not in getattr(found(), name)()


def test_the_picture_shows_the_last_day():
    """One curve over delta, the two other answers as lines across."""
    ax = found().plot()
    assert ax.get_ylabel() == "Mastery by day 180"
    assert {"if nobody were lost", "while in care"} <= {text.get_text() for text in ax.texts}


def test_a_notebook_shows_summary_and_table():
    """The HTML form holds the estimands."""
    assert "after-loss assumption" in found()._repr_html_()
