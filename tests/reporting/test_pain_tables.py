"""Tables of pain results print the estimators' numbers, and hide what would name few people."""

import pandas as pd

from hinge_outcomes.analysis.pain.change import estimate_change
from hinge_outcomes.analysis.pain.course import fit_pain
from hinge_outcomes.analysis.pain.responders import estimate_responders
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.tables import empty_table
from hinge_outcomes.reporting.blocks import Figure, Notice
from hinge_outcomes.reporting.disclosure import Disclosure
from hinge_outcomes.reporting.measures import write_number
from hinge_outcomes.reporting.pain_tables import (
    change_table,
    course_figure,
    course_statement,
    course_table,
    responder_table,
)
from tests.records import CUT


def test_a_group_prints_the_estimators_numbers(clinic: Cohort) -> None:
    """Change and number due of a printed group are those of the estimate."""
    estimate = estimate_change(clinic, "nprs", 91, by="symptom_duration")
    table = change_table(estimate, Disclosure())
    shown = estimate.table().iloc[0]
    assert table.rows[0][5] == write_number(shown["estimate"], "points")
    assert int(table.rows[0][1].replace(",", "")) == shown["n_window_closed"]


def test_small_numbers_of_missing_scores_are_hidden_together() -> None:
    """Groups of 20 with 3 and 4 missing: means are printed, neither count of missing is."""
    estimate = estimate_change(_two_groups(missing=(3, 4)), "nprs", 91, by="symptom_duration")
    rows = change_table(estimate, Disclosure()).rows
    assert [row[:3] for row in rows] == [("acute", "20", "hidden"), ("chronic", "20", "hidden")]
    assert [row[5] for row in rows] == ["−2.0", "−2.0"]
    internal = change_table(estimate, Disclosure("internal")).rows
    assert [row[2] for row in internal] == ["3", "4"]


def test_a_mean_of_few_is_hidden() -> None:
    """Of 20 only 5 came back: no mean, and no count of the 15 beside a hidden 3."""
    estimate = estimate_change(_two_groups(missing=(15, 3)), "nprs", 91, by="symptom_duration")
    rows = change_table(estimate, Disclosure()).rows
    assert rows[0][3:] == ("hidden",) * 4
    assert [row[2] for row in rows] == ["hidden", "hidden"]


def test_responders_print_counts_with_their_share(clinic: Cohort) -> None:
    """Count and share of a printed row belong together."""
    estimate = estimate_responders(clinic, "odi", 91)
    frame = estimate.table()
    table = responder_table(estimate, Disclosure("internal"))
    assert len(table.rows) == len(frame)
    first = frame.iloc[0]
    assert table.rows[0][2] == f"{first['n_responders']:,} of {first['n']:,}"
    assert table.rows[0][3] == write_number(first["estimate"], "share")


def test_a_count_that_gives_the_missing_away_is_hidden() -> None:
    """40 due and 7 missing: the share is printed, the denominator of 33 is not."""
    estimate = estimate_responders(_two_groups(missing=(3, 4), worse=15), "nprs", 91)
    row = responder_table(estimate, Disclosure()).rows[0]
    assert row[2] == "hidden"
    assert row[3].endswith("%")


def _two_groups(missing: tuple[int, int], worse: int = 0) -> Cohort:
    """Forty episodes, half acute: pain falls from 6 to 4 but for some who stay; some do not answer.

    The first ``missing`` of each group have no follow-up; the last ``worse`` of all stay at 6.
    """
    names = [f"e{number:02d}" for number in range(40)]
    episodes = pd.DataFrame(
        {
            "episode_id": names,
            "patient_id": names,
            "clinic_id": "C01",
            "start_date": "2026-01-05",
            "symptom_duration": ["acute"] * 20 + ["chronic"] * 20,
            "last_observed_day": 268,
        }
    )
    answered = names[missing[0] : 20] + names[20 + missing[1] :]
    later = [6.0 if name in names[40 - worse :] and worse else 4.0 for name in answered]
    outcomes = pd.DataFrame(
        {
            "episode_id": names + answered,
            "measured_day": [0] * 40 + [91] * len(answered),
            "instrument": "nprs",
            "score": [6.0] * 40 + later,
        }
    )
    return Cohort(
        patients=pd.DataFrame({"patient_id": names}),
        episodes=episodes,
        visits=empty_table("visits"),
        assessments=empty_table("assessments"),
        outcomes=outcomes,
        data_cut=CUT,
    )


def test_the_course_is_drawn_with_its_context(clinic: Cohort) -> None:
    """Pain has the published course beside it; disability has none."""
    pain, disability = fit_pain(clinic, "nprs"), fit_pain(clinic, "odi")
    drawn = [course_figure(course, "", Disclosure()) for course in (pain, disability)]
    assert all(isinstance(figure, Figure) for figure in drawn)
    assert "Menezes Costa" in drawn[0].caption
    assert "Menezes Costa" not in drawn[1].caption
    rows = course_table(pain, Disclosure()).rows
    assert len(rows) == len(pain.table())
    assert rows[0][1].startswith(write_number(pain.table()["estimate"].iloc[0], "points"))


def test_the_course_of_few_is_hidden(clinic: Cohort) -> None:
    """Eight episodes: neither curve nor mean nor words under release; all of them internally."""
    few = clinic.select(episode_id=list(clinic.episodes["episode_id"][:8]))
    course = fit_pain(few, "nprs")
    assert isinstance(course_figure(course, "", Disclosure()), Notice)
    assert all(row[1:] == ("hidden", "hidden") for row in course_table(course, Disclosure()).rows)
    words = course_statement(course, Disclosure()).paragraphs[0][0].text
    assert not any(letter.isdigit() for letter in words)
    assert isinstance(course_figure(course, "", Disclosure("internal")), Figure)


def test_nested_criteria_do_not_give_a_small_group_away(network: Cohort) -> None:
    """No two printed counts of one denominator, or of one criterion, differ by 1 to 10."""
    for clinic_id in network.clinics:
        estimate = estimate_responders(network.select(clinic_id=clinic_id), "nprs", 364)
        printed = {}
        for row in responder_table(estimate, Disclosure()).rows:
            if row[2] not in ("hidden", "–"):
                part, _, whole = row[2].replace(",", "").partition(" of ")
                printed[row[0], row[1]] = int(part), int(whole)
        both, mic = "better by 2 points and by 30%", "better by 2 points"
        for population in ("all", "baseline allowed"):
            if {(both, population), (mic, population)} <= set(printed):
                gap = printed[mic, population][0] - printed[both, population][0]
                assert gap == 0 or gap >= 11
