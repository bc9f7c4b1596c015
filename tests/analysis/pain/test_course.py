"""The course of pain: recovered truth, retreat where data are thin, context without subtraction."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.pain.course import fit_pain
from hinge_outcomes.domain.prognosis import natural_course
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError
from tests.analysis.pain.cohorts import scored_cohort

DAYS = [0, 7, 14, 28, 42, 63, 91, 135, 182, 270, 364]


def true_mean(day: float) -> float:
    """The course that the made patients follow on average."""
    return 2.5 + 3.0 * float(np.exp(-day / 60))


def made_scores(
    n: int = 150, days: list[int] = DAYS, seed: int = 4
) -> list[tuple[str, int, float]]:
    """Patients around the true course, each with an own level; some scores are missing."""
    generator = np.random.default_rng(seed)
    scores = []
    for i in range(n):
        level = generator.normal(scale=0.8)
        for day in days:
            if day == 0 or generator.random() > 0.2:
                value = true_mean(day) + level + generator.normal(scale=0.6)
                scores.append((f"e{i:03d}", day, float(np.clip(value, 0, 10))))
    return scores


def test_a_two_phase_course_is_recovered() -> None:
    """At each planned day the modelled mean is within 4 errors and 0.15 points of the truth."""
    course = fit_pain(scored_cohort(made_scores()))
    table = course.table()
    truth = np.array([true_mean(day) for day in table["day"]])
    assert table["day"].tolist() == [0, 42, 91, 182, 364]
    assert course.knots == (14, 42, 91, 182)
    # A spline with six knots follows this curve to about 0.05 points.
    np.testing.assert_allclose(table["estimate"], truth, atol=0.15)
    change = table["change"] - (truth - truth[0])
    assert (change.abs() <= 4 * table["change_std_error"] + 0.05).all()


def test_change_is_the_difference_of_means() -> None:
    """Change is estimate minus the estimate of day 0, and its error is zero on day 0."""
    table = fit_pain(scored_cohort(made_scores(40))).table()
    # The same contrast by two routes.
    np.testing.assert_allclose(
        table["change"], table["estimate"] - table["estimate"].iloc[0], atol=1e-9
    )
    assert table["change_std_error"].iloc[0] == pytest.approx(0, abs=1e-12)


def test_informative_gaps_do_not_bias_the_course_as_they_bias_the_change() -> None:
    """If only those with much pain early on answer later, the model still finds the full mean."""
    scores = pd.DataFrame(made_scores(400, [0, 42, 91], seed=6), columns=["id", "day", "score"])
    full = scores[scores["day"] == 91]["score"].mean()
    early = scores[scores["day"] == 42].set_index("id")["score"]
    is_gone = (scores["day"] == 91) & (scores["id"].map(early) < early.median())
    seen = [tuple(row) for row in scores[~is_gone].itertuples(index=False)]
    course = fit_pain(scored_cohort(seen)).table().set_index("day")
    available = scores[~is_gone & (scores["day"] == 91)]["score"].mean()
    error = course.loc[91, "std_error"]
    assert abs(course.loc[91, "estimate"] - full) < 3 * error
    assert abs(available - full) > 3 * error


def test_two_days_give_a_line_and_say_so() -> None:
    """Before-after data have no curve and no slope by patient; both retreats are said."""
    course = fit_pain(scored_cohort(made_scores(40, [0, 30])))
    assert (course.knots, course.model.randoms, course.converged) == ((), ("1",), True)
    assert "Fewer knots" in course.message
    assert "No slope by patient" in course.message
    assert course.table()["day"].tolist() == [0, 30]
    assert "by day 30" in course.summary()
    assert len(course.predict([0, 30])) == 2


def test_days_before_the_start_count_as_day_zero() -> None:
    """A score of day -3 tells about day 0, not about a time before it."""
    early = [(name, -3 if day == 0 else day, score) for name, day, score in made_scores(40)]
    moved = fit_pain(scored_cohort(early)).table()
    straight = fit_pain(scored_cohort(made_scores(40))).table()
    pd.testing.assert_frame_equal(moved, straight)


def test_the_natural_course_is_context_from_the_same_start() -> None:
    """It starts where the model starts, follows the published shape, and leaves the table alone."""
    course = fit_pain(scored_cohort(made_scores(40)))
    assert course.natural is not None
    first, last = course.natural.iloc[0], course.natural.iloc[-1]
    assert first["estimate"] == pytest.approx(course.table()["estimate"].iloc[0])
    expected = natural_course("chronic", last["day"] / 7) / natural_course("chronic", 0)
    assert last["estimate"] / first["estimate"] == pytest.approx(expected)
    assert fit_pain(scored_cohort(made_scores(40), instrument="odi"), "odi").natural is None


def test_days_without_scores_are_refused() -> None:
    """Nothing is said of days beyond the last score, or of one single day."""
    course = fit_pain(scored_cohort(made_scores(40, [0, 14, 42])))
    with pytest.raises(AnalysisError, match="0 to 42"):
        course.predict([91])
    with pytest.raises(NotIdentifiableError, match="one day"):
        fit_pain(scored_cohort([("e1", 0, 5.0), ("e2", 0, 6.0)]))
    with pytest.raises(NotIdentifiableError, match="one row only"):
        fit_pain(scored_cohort([("e1", 0, 5.0), ("e2", 42, 6.0), ("e3", 42, 4.0)]))


def test_the_summary_says_what_it_rests_on_and_assumes() -> None:
    """Numbers of scores and patients and the missing-at-random assumption are in the paragraph."""
    course = fit_pain(scored_cohort(made_scores(40)))
    assert f"{course.model.n_rows:,} scores of 40 patients" in course.summary()
    assert "missing at random" in course.summary()


def test_the_plot_names_instrument_and_context() -> None:
    """The drawing says what is measured, and labels the natural course."""
    axes = fit_pain(scored_cohort(made_scores(40))).plot()
    assert axes.get_ylabel() == "Mean pain (0 to 10)"
    assert any("Natural course" in text.get_text() for text in axes.texts)
    plt.close(axes.figure)


def test_clinics_and_clinicians_may_have_levels_of_their_own() -> None:
    """Patients nest within clinicians within clinics; the course is that of fit_mixed_model."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=300, seed=7)
    course = fit_pain(cohort, levels=("clinician_id", "clinic_id"))
    assert course.model.groups == ("patient_id", "clinician_id", "clinic_id")
    assert course.model.randoms == ("1 + day", "1", "1")
    assert course.converged
    plain = fit_pain(cohort)
    assert plain.model.groups == ("patient_id",)
    wider = course.table()["std_error"].iloc[0] > plain.table()["std_error"].iloc[0]
    assert wider
    with pytest.raises(AnalysisError, match="Allowed: clinic_id, clinician_id"):
        fit_pain(cohort, levels=("ward",))
