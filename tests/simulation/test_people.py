"""People: clinics, placement and rates are what the scenario says, patient by patient."""

import dataclasses

import numpy as np
import pytest

from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.people import People, simulate_people, simulate_places
from hinge_outcomes.simulation.streams import PatientStreams

N = 20_000


def _people(scenario: Scenario, first: int = 0, count: int = N) -> People:
    return simulate_people(scenario, simulate_places(scenario, 7), PatientStreams(7, first, count))


@pytest.fixture(scope="module")
def people() -> People:
    return _people(Scenario.default())


def test_patients_do_not_depend_on_the_run(people: People) -> None:
    """A later run of patients gives the very values the long run gives them."""
    part = _people(Scenario.default(), first=15_000, count=100)
    for field in dataclasses.fields(People):
        whole = getattr(people, field.name)[15_000:15_100]
        assert np.array_equal(whole, getattr(part, field.name)), field.name


def test_shares_are_those_of_the_scenario(people: People) -> None:
    """Duration, risk and sex lie within 4 standard errors of their shares."""
    who = Scenario.default().people
    for values, shares in (
        (people.duration, who.duration_shares),
        (people.risk, who.start_back_shares),
        (people.sex, (who.female_share, 1 - who.female_share - who.other_share, who.other_share)),
    ):
        found = np.bincount(values, minlength=3) / N
        error = np.sqrt(np.array(shares) * (1 - np.array(shares)) / N)
        assert (abs(found - shares) < 4 * error).all()


def test_age_is_calibrated(people: People) -> None:
    """Age is 57 (17) within half a year, inside the limits."""
    assert abs(people.age.mean() - 57) < 0.5
    assert abs(people.age.std() - 17) < 0.5
    assert people.age.min() >= 18
    assert people.age.max() <= 95


def test_nobody_aims_below_the_entry_stage(people: People) -> None:
    """Entry is at most the target; both lie on the ladder; entry is not always stage 1."""
    assert (people.entry <= people.target).all()
    assert people.entry.min() == 1
    assert people.target.max() == 10
    assert (people.entry > 1).mean() > 0.5


def test_starts_are_weekdays_within_the_calendar(people: People) -> None:
    """Nobody starts on a weekend, before the first or after the last day; the cut is counted."""
    start = people.start.astype("datetime64[D]")
    calendar = Scenario.default().calendar
    assert np.is_busday(start).all()
    assert start.min() >= np.datetime64(calendar.first_start)
    assert start.max() <= np.datetime64(calendar.last_start)
    assert (start + people.horizon == np.datetime64(calendar.data_cut)).all()


def test_clinics_fill_evenly_and_clinicians_stay_at_home(people: People) -> None:
    """Each clinic has its share within 4 standard errors, and each clinician one clinic."""
    places = simulate_places(Scenario.default(), 7)
    share = np.bincount(people.clinic, minlength=6) / N
    assert (abs(share - 1 / 6) < 4 * np.sqrt(5 / 36 / N)).all()
    assert (places.clinic_of[people.clinician] == people.clinic).all()
    assert len(np.unique(people.clinician)) == 16


def test_dwell_is_weibull_with_the_stated_scale() -> None:
    """Without patient effects the mean of (dwell / scale)^shape is 1, stage by stage."""
    scenario = Scenario.default().replace(
        {
            f"learning.{key}": 0.0
            for key in (
                "frailty_sd", "clinic_sd", "clinician_sd", "age_per_decade", "subacute", "chronic",
                "start_back_medium", "start_back_high", "pain_per_point", "adherence",
            )
        }
    )  # fmt: skip
    learning = scenario.learning
    dwell = _people(scenario).dwell
    standard = (dwell / learning.dwell_days) ** np.array(learning.dwell_shape)
    # A standard exponential has mean and SD 1.
    assert (abs(standard.mean(axis=0) - 1) < 4 / np.sqrt(N)).all()


def test_frailty_ties_a_patients_stages_together(people: People) -> None:
    """Whoever is slow at one stage is slow at the next; without frailty and effects nobody is."""
    off = _people(Scenario.default().replace({"learning.frailty_sd": 0.0}))
    tied = np.corrcoef(np.log(people.dwell[:, 0]), np.log(people.dwell[:, 1]))[0, 1]
    free = np.corrcoef(np.log(off.dwell[:, 0]), np.log(off.dwell[:, 1]))[0, 1]
    assert tied - free > 0.15  # 0.5^2 / (0.5^2 + 0.92^2) of frailty alone is about 0.2


def test_stated_variances_of_places_are_met() -> None:
    """Over 500 clinics, clinic and clinician effects have the stated SD within 4 errors."""
    scenario = Scenario.default().replace(
        {"clinics.count": 500, "clinics.clinicians": [1], "learning.clinic_sd": 0.3,
         "learning.clinician_sd": 0.4}
    )  # fmt: skip
    log_rate = simulate_places(scenario, 3).log_rate
    assert abs(log_rate.std() - 0.5) < 4 * 0.5 / np.sqrt(2 * 500)


def test_baseline_scores_correlate_as_observed(people: People) -> None:
    """Latent scores plus measurement error correlate 0.56 within a duration class."""
    pain = Scenario.default().pain
    chronic = people.duration == 2
    generator = np.random.default_rng(1)
    nprs = people.nprs[chronic] + generator.normal(0, pain.nprs_error_sd, chronic.sum())
    odi = people.odi[chronic] + generator.normal(0, pain.odi_error_sd, chronic.sum())
    # Clipping at the floor takes a little away; 0.03 is that and 3 standard errors.
    assert abs(np.corrcoef(nprs, odi)[0, 1] - 0.56) < 0.03
