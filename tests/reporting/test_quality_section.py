"""The data-quality page publishes for its audience, and says what was never recorded."""

import pytest

import hinge_outcomes as ho
from hinge_outcomes.reporting.blocks import Figure, Notice
from hinge_outcomes.reporting.quality_section import open_quality
from tests.hand_made import cohort_of, episode

COHORT = ho.simulate(ho.Scenario.default(), n_episodes=400, seed=5)


@pytest.mark.parametrize("audience", ["release", "internal"])
def test_every_section_is_published_for_either_audience(audience: str) -> None:
    """Title, answer, numbers and four sections; the title carries the marks."""
    page = open_quality(COHORT, audience=audience)
    assert page.title().audience == audience
    assert page.title().is_synthetic
    assert page.answer().items[0][0].text == "Done: nothing in these records needs mending."
    assert len(page.key_numbers().numbers) == 6
    sections = (page.completeness(), page.volumes(), page.timeliness(), page.plausibility())
    assert all(section.blocks for section in sections)


def test_several_clinics_are_drawn_side_by_side_and_one_is_not() -> None:
    """The page of one clinic has one grid, that of several has two."""
    several, one = open_quality(COHORT), open_quality(COHORT, clinic_id="C01")
    assert one.cohort.clinics == ("C01",)
    for page, figures in ((several, 2), (one, 1)):
        blocks = page.completeness().blocks
        assert sum(isinstance(block, Figure) for block in blocks) == figures


def test_few_people_are_not_told_by_a_release() -> None:
    """Of six patients the headline numbers are hidden, dates included."""
    told = [episode(f"E{n}", observed=200, scores=[(0, "nprs", 5.0)]) for n in range(6)]
    numbers = open_quality(cohort_of(*told)).key_numbers().numbers
    assert {number.value for number in numbers} <= {"hidden", "–"}
    assert numbers[0].detail == ""


def test_what_was_never_recorded_is_said_first() -> None:
    """Without stages and visits the page says so, and how stages come to be recorded."""
    cohort = cohort_of(episode("E1", entry=None, target=None, scores=[(0, "nprs", 5.0)]))
    notice = open_quality(cohort, audience="internal").completeness().blocks[0]
    assert isinstance(notice, Notice)
    assert [line[0].text.split(":")[0] for line in notice.paragraphs] == ["No visits", "No stages"]
