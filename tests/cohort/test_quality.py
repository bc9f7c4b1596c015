"""The quality of records adds up over clinics and quarters and leaves nothing uncounted."""

import dataclasses

import pytest

import hinge_outcomes as ho
from hinge_outcomes.cohort.quality import Quality, describe_quality
from hinge_outcomes.exceptions import DataError
from tests.hand_made import cohort_of, episode

HAND_MADE = cohort_of(
    episode("E1", observed=200, visits=[0, 7], ratings=[(7, 1, 2)], scores=[(0, "nprs", 6.0)]),
    episode("E2", observed=200, clinic_id="C02", scores=[(0, "nprs", 5.0), (90, "nprs", 1.0)]),
    episode("E3", observed=10, clinic_id="C02", visits=[0]),
)


def test_counts_stand_by_clinic_and_quarter() -> None:
    """Each clinic's 13-week score is counted in its own quarter."""
    table = describe_quality(HAND_MADE).table()
    rows = table[table["name"] == "nprs_91"].set_index(["clinic_id", "quarter"])
    assert rows.loc[("C01", "2026Q1"), ["n", "n_of", "share"]].tolist() == [0, 1, 0.0]
    assert rows.loc[("C02", "2026Q1"), ["n", "n_of", "share"]].tolist() == [1, 1, 1.0]
    assert rows.loc[("C02", "2026Q3"), "n_of"] == 0
    assert rows["share"].isna().tolist() == [False, False, True]


def test_totals_are_the_same_by_clinic_by_quarter_and_at_once() -> None:
    """Adding up the rows of either way gives the totals."""
    quality = describe_quality(ho.simulate(ho.Scenario.default(), n_episodes=300, seed=3))
    whole = quality.totals().set_index("name")
    for by in ("clinic_id", "quarter"):
        parts = quality.totals(by).groupby("name")[["n", "n_of", "episodes_with"]].sum()
        assert (parts.loc[whole.index] == whole[parts.columns]).all(axis=None)
    with pytest.raises(DataError, match="clinic_id or quarter"):
        quality.totals("sex")


def test_volumes_count_what_was_recorded() -> None:
    """Two attended visits, one rating and one score belong to C01."""
    volumes = describe_quality(HAND_MADE).volumes
    assert volumes.values.tolist() == [
        ["C01", "2026Q1", 1, 2, 1, 1],
        ["C02", "2026Q1", 1, 0, 0, 2],
        ["C02", "2026Q3", 1, 1, 0, 0],
    ]


def test_the_summary_names_the_least_complete_item() -> None:
    """Nobody's sex is known, and that stands first among what nobody has."""
    summary = describe_quality(HAND_MADE).summary()
    assert summary.startswith("3 episodes. Least complete: On day 0, Sex (0 of 3).")


def test_questions_carry_what_to_ask() -> None:
    """Five of twenty visits on a weekend ask about it; four of nineteen are too few to ask."""
    cohort = cohort_of(episode("E1", observed=30, visits=range(20)))
    questions = describe_quality(cohort).questions().set_index("name")
    assert questions.loc["weekend", ["n", "n_of"]].tolist() == [5, 20]
    fewer = cohort_of(episode("E1", observed=30, visits=range(19)))
    assert "weekend" not in set(describe_quality(fewer).questions()["name"])
    assert questions.loc["weekend", "meaning"].startswith("Is the clinic open then?")


def test_the_result_is_frozen_and_shows_itself() -> None:
    """A result cannot be changed, and a notebook shows it as a table."""
    quality = describe_quality(HAND_MADE)
    with pytest.raises(dataclasses.FrozenInstanceError):
        quality.measures = ()  # type: ignore[misc]
    assert "<table" in quality._repr_html_()
    assert repr(quality) == quality.summary()


def test_no_episodes_are_no_error() -> None:
    """A cohort without episodes has nothing to look at, and says so."""
    nobody = HAND_MADE.select(episode_id=["E1"])
    empty = dataclasses.replace(
        nobody,
        episodes=nobody.episodes.iloc[:0],
        visits=nobody.visits.iloc[:0],
        assessments=nobody.assessments.iloc[:0],
        outcomes=nobody.outcomes.iloc[:0],
    )
    assert describe_quality(empty).summary() == "There are no episodes to look at."


def test_deidentified_records_are_refused_by_name() -> None:
    """Without days nobody can say what was due."""
    told = dataclasses.replace(HAND_MADE, is_deidentified=True)
    with pytest.raises(DataError, match="de-identified"):
        describe_quality(told)


def test_row_order_does_not_matter() -> None:
    """Shuffled tables have the same quality."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=200, seed=4)
    names = ("patients", "episodes", "visits", "assessments", "outcomes")
    shuffled = dataclasses.replace(
        cohort,
        **{name: getattr(cohort, name).sample(frac=1, random_state=1) for name in names},
    )
    before, after = describe_quality(cohort), describe_quality(shuffled)
    assert isinstance(before, Quality)
    assert before.counts.equals(after.counts)
    assert before.volumes.equals(after.volumes)
