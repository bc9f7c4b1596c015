"""Each question is asked of records made odd in one way, and of none that are not."""

import pytest

import hinge_outcomes as ho
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.plausibility import plausibility_measures
from hinge_outcomes.cohort.quality_marks import read_facts
from tests.hand_made import DATA_CUT, cohort_of, episode


def found(cohort: Cohort, name: str) -> tuple[int, int]:
    """Odd things, of those looked at."""
    facts = read_facts(cohort)
    marks = next(m for m in plausibility_measures() if m.name == name).marks(facts)
    assert marks is not None
    return int(marks.is_marked.sum()), len(marks.is_marked)


@pytest.mark.parametrize(("born", "odd"), [(2011, 1), (2010, 0), (1926, 0), (1925, 1)])
def test_ages_from_16_to_100_are_usual(born: int, odd: int) -> None:
    """In 2026 those born from 1926 to 2010 are between 16 and 100."""
    told = episode("E1", observed=100)
    assert found(cohort_of(told, patients={"birth_year": born}), "age") == (odd, 1)


def test_an_unknown_age_is_not_looked_at() -> None:
    """Without a year of birth there is no age to find odd."""
    assert found(cohort_of(episode("E1")), "age") == (0, 0)


def test_starts_on_the_data_cut_and_on_new_year_are_counted() -> None:
    """One episode begins on the data cut, one on 1 January 2026, one on another day."""
    new_year = DATA_CUT.timetuple().tm_yday - 1
    cohort = cohort_of(
        episode("E1", observed=0), episode("E2", observed=new_year), episode("E3", observed=40)
    )
    assert found(cohort, "start_on_cut") == (1, 3)
    assert found(cohort, "start_on_new_year") == (1, 3)


def test_an_episode_inside_an_earlier_one_overlaps() -> None:
    """The second begins while the first is open, the third after it, the fourth is another's."""
    first = episode("E1", observed=300, end=(100, "goals_met"))
    cohort = cohort_of(
        first,
        episode("E2", observed=250, patient_id="P-E1", end=(10, "goals_met")),
        episode("E3", observed=150, patient_id="P-E1"),
        episode("E4", observed=250),
    )
    assert found(cohort, "overlap") == (1, 4)


def test_an_open_episode_overlaps_with_all_later_ones() -> None:
    """An episode that was never closed reaches to the data cut."""
    cohort = cohort_of(episode("E1", observed=300), episode("E2", observed=20, patient_id="P-E1"))
    assert found(cohort, "overlap") == (1, 2)


def test_round_pain_scores_are_counted() -> None:
    """Of 0, 5, 7 and 10 three are round; a disability score is no pain score."""
    scores = [(0, "nprs", 0.0), (7, "nprs", 5.0), (14, "nprs", 7.0), (21, "nprs", 10.0)]
    cohort = cohort_of(episode("E1", scores=[*scores, (0, "odi", 10.0)]))
    assert found(cohort, "round_scores") == (3, 4)


def test_scores_that_never_move_need_three_and_pain() -> None:
    """Three times 4 is odd; three times 0, two times 4 and 4-4-5 are not."""
    runs = {"E1": (4, 4, 4), "E2": (0, 0, 0), "E3": (4, 4), "E4": (4, 4, 5)}
    told = [
        episode(name, scores=[(7 * day, "nprs", float(score)) for day, score in enumerate(run)])
        for name, run in runs.items()
    ]
    assert found(cohort_of(*told), "same_scores") == (1, 3)


def test_a_jump_is_more_than_three_times_the_change_that_matters() -> None:
    """6 points of pain are no jump, 7 are; so are 31 of ODI: 2 of 4 pairs."""
    cohort = cohort_of(
        episode("E1", scores=[(0, "nprs", 8.0), (7, "nprs", 2.0), (14, "nprs", 9.0)]),
        episode("E2", scores=[(0, "odi", 60.0), (42, "odi", 29.0), (91, "odi", 29.0)]),
    )
    assert found(cohort, "score_jump") == (2, 4)


def test_a_stage_jump_is_more_than_three_stages() -> None:
    """From 1 to 4 is no jump, from 4 to 8 is."""
    ratings = [(7, 4, 1, True), (14, 8, 1, True)]
    cohort = cohort_of(episode("E1", target=9, visits=[0, 7, 14], ratings=ratings))
    assert found(cohort, "stage_jump") == (1, 2)


def test_weekends_are_told_by_the_calendar() -> None:
    """2026-09-20 was a Sunday: days 0 and 6 are Sunday and Saturday, day 1 is a Monday."""
    assert DATA_CUT.isoformat() == "2026-09-30"
    assert found(cohort_of(episode("E1", observed=10, visits=[0, 1, 6])), "weekend") == (2, 3)


def test_a_second_visit_on_one_day_is_counted_once() -> None:
    """Two appointments on day 7, both attended: one is a further one."""
    cohort = cohort_of(episode("E1", visits=[0, 7]))
    again = cohort.visits.iloc[[1]].assign(visit_number=3)
    visits = type(again)(
        {name: [*cohort.visits[name], *again[name]] for name in cohort.visits.columns}
    ).astype(cohort.visits.dtypes)
    doubled = Cohort(
        patients=cohort.patients,
        episodes=cohort.episodes,
        visits=visits,
        assessments=cohort.assessments,
        outcomes=cohort.outcomes,
        data_cut=cohort.data_cut,
    )
    assert found(doubled, "same_day") == (1, 3)


def test_simulated_records_ask_nothing() -> None:
    """In made-up records in which nothing is odd, no question is asked."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=1_500, seed=11)
    assert ho.describe_quality(cohort).questions()["name"].tolist() == []


def test_every_question_says_what_to_ask() -> None:
    """A question without a sentence that asks it would help nobody."""
    assert all("?" in m.meaning for m in plausibility_measures())
    assert all(0 <= m.ask_above < 1 for m in plausibility_measures())
