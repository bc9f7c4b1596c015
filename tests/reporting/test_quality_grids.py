"""The grids say in words what they show, and hide what the audience may not see."""

import hinge_outcomes as ho
from hinge_outcomes.reporting.disclosure import Disclosure
from hinge_outcomes.reporting.quality_grids import clinic_grid, quarter_grid

COHORT = ho.simulate(ho.Scenario.default(), n_episodes=400, seed=5)
QUALITY = ho.describe_quality(COHORT)


def test_the_quarters_are_drawn_for_every_item() -> None:
    """18 items by the quarters of a year and the ones before; the words say how many."""
    figure = quarter_grid(QUALITY, Disclosure("internal"))
    assert figure.alt.startswith("A grid of 18 items by 9 quarters: ")
    assert figure.svg


def test_a_release_draws_fewer_cells_than_the_desk() -> None:
    """With 400 episodes in 12 quarters some cells are small; the drawings differ."""
    desk, release = (quarter_grid(QUALITY, Disclosure(who)) for who in ("internal", "release"))
    assert desk.svg != release.svg


def test_clinics_stand_side_by_side() -> None:
    """Each clinic is one row, called as readers call it."""
    names = {clinic: f"Clinic {clinic}" for clinic in COHORT.clinics}
    figure = clinic_grid(QUALITY, names, Disclosure("internal"))
    assert figure.alt.startswith(f"A grid of {len(names)} clinics by 8 items")
