"""Agreement of two raters on the recorded level."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.pain.kappa import weighted_kappa
from hinge_outcomes.analysis.pain.rater_agreement import estimate_rater_agreement
from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.progression import MASTERY_LEVELS
from hinge_outcomes.exceptions import AnalysisError, DataError, NotIdentifiableError


def _rated(second: object = None, kind: str = "integer", **column: object) -> Cohort:
    """A simulated cohort whose second rater errs by a level now and then."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=60, seed=5)
    if second is None:
        level = cohort.assessments["mastery_level"]
        slip = np.random.default_rng(2).choice([-1, 0, 0, 0, 1], len(level))
        second = (level + slip).clip(0, 3)
    rated = cohort.assessments.assign(x_second=second)
    extra = ExtraColumn("assessments", "x_second", kind, timing="later", **column)  # type: ignore[arg-type]
    return replace(cohort, assessments=rated, extra_columns=(extra,))


def test_kappa_is_that_of_the_ratings_both_gave() -> None:
    """Assessments with both ratings count, patients are the independent units."""
    cohort = _rated()
    found = estimate_rater_agreement(cohort, "x_second", weights="linear")
    rows = cohort.assessments.dropna(subset=["mastery_level", "x_second"])
    patients = rows["episode_id"].map(cohort.episodes.set_index("episode_id")["patient_id"])
    by_hand = weighted_kappa(
        rows["mastery_level"].astype(int), rows["x_second"].astype(int), patients.astype(str),
        n_levels=4, weights="linear",
    )  # fmt: skip
    row = found.table().iloc[0]
    assert row["estimate"] == pytest.approx(by_hand.estimate)
    assert row["std_error"] == pytest.approx(by_hand.std_error)
    assert (row["n_ratings"], row["n_clusters"]) == (len(rows), patients.nunique())
    assert row["ci_low"] < row["estimate"] < row["ci_high"]
    assert found.cross_table().to_numpy().sum() == len(rows)
    assert "same level in" in found.summary()


def test_stages_have_rows_of_their_own() -> None:
    """By stage, the ratings of the rows below add up to those of the first."""
    table = estimate_rater_agreement(_rated(), "x_second", by="stage").table()
    assert table["stage"].iloc[0] == "all"
    assert table["n_ratings"].iloc[1:].sum() == table["n_ratings"].iloc[0]


def test_levels_may_be_named() -> None:
    """A second rating in words gives the kappa of the same in numbers."""
    numbers = _rated()
    second = numbers.assessments["x_second"]
    words = second.astype("object").map(dict(enumerate(MASTERY_LEVELS)))
    named = _rated(words, "category", allowed=MASTERY_LEVELS)
    ours, theirs = (estimate_rater_agreement(each, "x_second") for each in (named, numbers))
    pd.testing.assert_frame_equal(ours.table(), theirs.table())


def test_raters_who_never_differ_have_no_interval() -> None:
    """Kappa is 1, and the note says why nothing stands beside it."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=20, seed=5)
    row = estimate_rater_agreement(
        _same(cohort, cohort.assessments["mastery_level"]), "x_second"
    ).table().iloc[0]  # fmt: skip
    assert row["estimate"] == 1
    assert np.isnan(row["ci_low"])
    assert "never differ" in row["note"]


def _same(cohort: Cohort, second: pd.Series) -> Cohort:
    extra = ExtraColumn("assessments", "x_second", "integer", timing="later")
    rated = cohort.assessments.assign(x_second=second)
    return replace(cohort, assessments=rated, extra_columns=(extra,))


def test_one_level_only_is_said_to_be_undefined() -> None:
    """Where only one level was ever given, the summary says that kappa is undefined."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=20, seed=5)
    level = cohort.assessments["mastery_level"]
    found = estimate_rater_agreement(_same(cohort, level.where(level == 0)), "x_second")
    assert np.isnan(found.table()["estimate"].iloc[0])
    assert "undefined" in found.summary()


def test_a_missing_column_names_what_there_is() -> None:
    """The message lists the clinic's own columns of the assessments."""
    with pytest.raises(AnalysisError, match="It has: x_second"):
        estimate_rater_agreement(_rated(), "x_third")


def test_no_double_rating_is_refused() -> None:
    """A column that is empty wherever there is a level cannot agree."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=20, seed=5)
    nothing = pd.Series(pd.array([None] * len(cohort.assessments), dtype="Int64"))
    with pytest.raises(NotIdentifiableError, match="two people rated"):
        estimate_rater_agreement(_same(cohort, nothing), "x_second")


def test_what_is_no_level_is_counted_not_quoted() -> None:
    """Seven is no level; the message gives rows, not values."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=20, seed=5)
    level = cohort.assessments["mastery_level"]
    with pytest.raises(DataError, match="no level in"):
        estimate_rater_agreement(_same(cohort, level + 7), "x_second")


@pytest.mark.parametrize("wrong", [{"by": "sex"}, {"cluster": "episode_id"}, {"weights": "cubic"}])
def test_arguments_that_are_not_allowed_are_refused(wrong: dict[str, str]) -> None:
    """The message lists what is allowed."""
    with pytest.raises(AnalysisError, match="Allowed"):
        estimate_rater_agreement(_rated(), "x_second", **wrong)  # type: ignore[arg-type]


def test_the_picture_has_a_cell_for_each_pair_of_levels() -> None:
    """Four levels by four."""
    ax = estimate_rater_agreement(_rated(), "x_second").plot()
    assert len(ax.texts) >= 16
