"""Published figures on a page: shown, hidden, and never worked out."""

import hinge_outcomes as ho
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.profile import describe_profile
from hinge_outcomes.reporting.disclosure import Disclosure
from hinge_outcomes.reporting.profile_section import (
    calibration_table,
    profile_figure,
    profile_table,
    shown_profile,
)
from hinge_outcomes.reporting.study_page import open_study
from hinge_outcomes.simulation.calibration import calibrate


def test_small_shares_are_hidden_with_their_complements(clinic: Cohort) -> None:
    """Of 60 episodes few are acute: hidden, and a second duration with them; internally shown."""
    few = clinic.select(episode_id=list(clinic.episodes["episode_id"][:60]))
    profile = describe_profile(few)
    durations = profile["name"].isin(["acute", "subacute", "chronic"])
    released = shown_profile(profile, Disclosure())
    assert released.loc[durations, "is_hidden"].sum() >= 2
    assert released.loc[released["is_hidden"], "value"].isna().all()
    assert not shown_profile(profile, Disclosure("internal"))["is_hidden"].any()


def test_released_shares_are_whole_and_carry_no_count(clinic: Cohort) -> None:
    """Whole percentages and no column of counts; means of fewer than 11 are hidden."""
    table = profile_table(describe_profile(clinic), Disclosure())
    assert table.columns == ("Figure", "This cohort", "Band", "Published for")
    shares = {row[0]: row[1] for row in table.rows}
    assert shares["women, %"].isdigit()
    few = clinic.select(episode_id=list(clinic.episodes["episode_id"][:8]))
    cells = [row[1] for row in profile_table(describe_profile(few), Disclosure()).rows]
    assert set(cells) <= {"hidden", "–", "0"}


def test_the_drawing_says_what_it_shows(clinic: Cohort) -> None:
    """Words for those who cannot see it name how many lie in their band."""
    figure = profile_figure(describe_profile(clinic), Disclosure())
    assert "lie inside" in figure.alt
    assert figure.svg


def test_a_calibration_is_set_out_with_its_contradictions() -> None:
    """Every row has simulated value, error and verdict; notes are lettered below."""
    calibration = calibrate(ho.Scenario.default(), n_episodes=300, replicates=2)
    table = calibration_table(calibration.table())
    assert len(table.rows) == len(calibration.table())
    assert {row[-1] for row in table.rows} <= {"yes", "no", "–"}
    assert any("[a]" in row[0] for row in table.rows)
    assert any(note.startswith("[a]") for note in table.notes)


def test_a_clinics_own_records_have_no_calibration(clinic: Cohort) -> None:
    """A notice stands in its place."""
    page = open_study(clinic, "Cohort profile")
    assert "own records" in page.calibration_table(None).paragraphs[0][0].text
    assert "own records" in page.calibration_figure(None).paragraphs[0][0].text
