"""The mastery section: printed steps rest on enough people and are the estimator's own."""

import pytest

from hinge_outcomes.analysis.progression.mastery import estimate_mastery
from hinge_outcomes.analysis.progression.occupancy import estimate_occupancy
from hinge_outcomes.analysis.progression.stays import derive_stays
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.quarters import Quarter
from hinge_outcomes.reporting.blocks import Figure, Notice, Prose, Table
from hinge_outcomes.reporting.disclosure import Disclosure
from hinge_outcomes.reporting.mastery_section import (
    GRID_DAYS,
    _coarse_enough,
    mastery_blocks,
    mastery_figure,
    mastery_table,
    occupancy_figure,
)
from hinge_outcomes.reporting.measures import write_interval, write_number
from hinge_outcomes.reporting.people import followed
from tests.records import small_cohort


def test_the_section_has_curve_tables_and_picture(clinic: Cohort) -> None:
    """For a year's starters all three are there, and name whose they are."""
    people = followed(clinic, Quarter.parse("2026Q3"), 365)
    assert people is not None
    blocks = mastery_blocks(people.year(clinic), Disclosure(), has_stages=True).blocks
    assert [type(block) for block in blocks] == [Prose, Figure, Table, Table, Figure]
    assert all("started Oct 2024–Sep 2025" in block.caption for block in blocks[1:])


def test_without_stages_there_is_one_plain_sentence() -> None:
    """No stage assessments: a notice, no number."""
    (notice,) = mastery_blocks(None, Disclosure(), has_stages=False).blocks
    assert isinstance(notice, Notice)
    assert "no stage assessments" in notice.paragraphs[0][0].text


def test_nobody_followed_for_a_year() -> None:
    """Where nobody has been followed long enough, the section says so."""
    (notice,) = mastery_blocks(None, Disclosure(), has_stages=True).blocks
    assert "No figure yet" in notice.paragraphs[0][0].text


def test_the_table_prints_the_estimates(clinic: Cohort) -> None:
    """Each printed row is the estimator's number in the page's form."""
    estimate = estimate_mastery(clinic)
    rows = {row[0]: row[1:] for row in mastery_table(estimate, "", Disclosure()).rows}
    answers = estimate.table().set_index(["quantity", "day"])
    truth = answers.loc[("probability", 180)]
    assert rows["Mastered by day 180"] == (
        write_number(truth["estimate"], "share"),
        write_interval(truth["ci_low"], truth["ci_high"], "share"),
    )


def test_three_people_have_no_curve_under_release() -> None:
    """A cohort of three gives neither curve nor picture; internally it gives both."""
    cohort = small_cohort()
    estimate = estimate_mastery(cohort, horizon_day=90)
    assert isinstance(mastery_figure(estimate, "", Disclosure()), Notice)
    assert isinstance(mastery_figure(estimate, "", Disclosure("internal")), Figure)
    assert isinstance(occupancy_figure(cohort, "", Disclosure()), Notice)
    assert all("hidden" in row for row in mastery_table(estimate, "", Disclosure()).rows)


@pytest.mark.parametrize("audience", ["release", "internal"])
def test_the_picture_merges_only_under_release(clinic: Cohort, audience: str) -> None:
    """Release merges the stages of a year's starters; internal names them one by one."""
    figure = occupancy_figure(clinic, "", Disclosure(audience))
    assert isinstance(figure, Figure)
    assert ("Stages are merged" in figure.caption) is (audience == "release")
    assert ("KB Lift" in figure.svg or "stage 6" in figure.alt) is (audience == "internal")


@pytest.mark.parametrize("clinics", [["C01"], ["C04"], ["C01", "C02", "C03", "C04", "C05", "C06"]])
def test_areas_and_steps_of_the_released_picture_stand_for_enough(
    network: Cohort, clinics: list[str]
) -> None:
    """On every printed day each area, and each step from the day before, is nobody or 11."""
    cohort = network.select(clinic_id=clinics)
    occupancy = estimate_occupancy(derive_stays(cohort), times=list(GRID_DAYS)).table()
    frame = occupancy[["state", "time", "estimate"]].rename(columns={"time": "day"})
    coarse = _coarse_enough(frame, cohort.n_episodes)
    people = coarse.pivot_table(index="day", columns="state", values="estimate")
    people *= cohort.n_episodes
    assert len(people) >= 4
    assert people.sum(axis=1).to_numpy() == pytest.approx(cohort.n_episodes)
    for values in (people, people.diff().abs().dropna()):
        assert ((values < 1e-6) | (values >= 11)).all(axis=None)


def test_a_stage_says_whom_it_leaves_out_and_who_passed_it_by(clinic: Cohort) -> None:
    """For stage 7 the table names those left out and the share that moved on unmastered."""
    estimate = estimate_mastery(clinic, 7)
    table = mastery_table(estimate, "", Disclosure("internal"))
    rows = {row[0]: row[1] for row in table.rows}
    left_out = next(value for name, value in rows.items() if name.startswith("Episodes left out"))
    assert int(left_out.replace(",", "")) == estimate.n_excluded
    assert any(name.startswith("Of those who moved on above the stage") for name in rows)
    assert "started at or below this stage" in table.notes[0]


def test_a_clinic_that_began_to_record_stages_later_gets_its_page(clinic: Cohort) -> None:
    """Where the people of the section have no stages yet, it says so and does not fail."""
    bare = clinic.episodes.assign(entry_stage=None, target_stage=None)
    cohort = clinic._lawful(episodes=bare.astype(clinic.episodes.dtypes.to_dict()))
    people = followed(cohort, Quarter.parse("2026Q3"), 365)
    (notice,) = mastery_blocks(people, Disclosure(), has_stages=True).blocks
    assert isinstance(notice, Notice)
