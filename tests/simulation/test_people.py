"""People: placement and rates are what the scenario says, patient by patient."""

from typing import Any

import numpy as np
import pytest

from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.generator import simulated_runs, simulated_sheets
from hinge_outcomes.simulation.inputs import simulated_places
from hinge_outcomes.simulation.people import (
    TYPICAL_ADHERENCE,
    TYPICAL_NPRS,
    TYPICAL_ODI,
    draw_return,
    keep_stages,
)
from tests.simulation.followed import SEED, an_episode, inputs_of

N = 8_000
DEFAULT = Scenario.default()


def _people(changes: dict[str, Any], n: int = N) -> Any:
    """First and only episodes of so many patients."""
    scenario = DEFAULT.replace({"recurrence.returns": 0.0, **changes})
    places = simulated_places(scenario, 7)
    return simulated_sheets(scenario, places, n_episodes=n, seed=7).episodes


@pytest.fixture(scope="module")
def people() -> Any:
    return _people({})


def test_patients_do_not_depend_on_the_run() -> None:
    """A run that begins with patient 1,000,000 gives what a run that passes by gives."""
    places = simulated_places(DEFAULT, 7)
    far = next(simulated_runs(DEFAULT, places, 7, first_patient=1_000_000, chunk_size=3))
    near = next(simulated_runs(DEFAULT, places, 7, first_patient=999_999, chunk_size=4))
    passed = near.episodes[near.episodes["patient"] >= 1_000_000]
    assert np.array_equal(far.episodes, passed)


def test_shares_are_those_of_the_scenario(people: Any) -> None:
    """Duration, risk and sex lie within 4 standard errors of their shares."""
    who = DEFAULT.people
    for name, shares in (
        ("duration", who.duration_shares),
        ("risk", who.start_back_shares),
        ("sex", (who.female_share, 1 - who.female_share - who.other_share, who.other_share)),
    ):
        found = np.bincount(people[name], minlength=3) / N
        error = np.sqrt(np.array(shares) * (1 - np.array(shares)) / N)
        assert (abs(found - shares) < 4 * error).all(), name


def test_risk_is_missing_where_chance_says_so(people: Any) -> None:
    """The share without a recorded class is the stated one, whatever the class."""
    share = DEFAULT.people.start_back_missing
    for risk in (0, 1):
        missing = 1 - people["has_risk"][people["risk"] == risk]
        assert abs(missing.mean() - share) < 4 * np.sqrt(share / len(missing))


def test_age_is_calibrated(people: Any) -> None:
    """Age is 57 (17) within half a year, inside the limits, and agrees with the year of birth."""
    assert abs(people["age"].mean() - 57) < 0.7
    assert abs(people["age"].std() - 17) < 0.5
    assert people["age"].min() >= 18
    assert people["age"].max() <= 95
    years = people["start"].astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    assert (years - people["birth_year"] == people["age"]).all()


def test_nobody_aims_below_the_entry_stage(people: Any) -> None:
    """Entry is at most the target; both lie on the ladder; entry is not always stage 1."""
    assert (people["entry"] <= people["target"]).all()
    assert people["entry"].min() == 1
    assert people["target"].max() == 10
    assert (people["entry"] > 1).mean() > 0.5


def test_starts_are_weekdays_within_the_calendar(people: Any) -> None:
    """Nobody starts on a weekend, before the first or after the last day; the cut is counted."""
    start, calendar = people["start"].astype("datetime64[D]"), DEFAULT.calendar
    assert np.is_busday(start).all()
    assert start.min() >= np.datetime64(calendar.first_start)
    assert start.max() <= np.datetime64(calendar.last_start)
    assert (start + people["horizon"] == np.datetime64(calendar.data_cut)).all()


def test_clinics_fill_evenly_and_clinicians_stay_at_home(people: Any) -> None:
    """Each clinic has its share within 4 standard errors, and each clinician one clinic."""
    places = simulated_places(DEFAULT, 7)
    count = len(places.clinics)
    share = np.bincount(people["clinic"], minlength=count) / N
    assert (abs(share - 1 / count) < 4 * np.sqrt((count - 1) / count**2 / N)).all()
    assert (places.clinicians["clinic"][people["clinician"]] == people["clinic"]).all()
    assert len(np.unique(people["clinician"])) == len(places.clinicians)


def test_baseline_scores_correlate_as_observed(people: Any) -> None:
    """Latent scores with weeks and error added correlate within a duration class as stated."""
    pain = DEFAULT.pain
    chronic = people[people["duration"] == 2]
    generator = np.random.default_rng(1)
    both = pain.deviation_correlation
    weeks = generator.multivariate_normal([0, 0], [[1, both], [both, 1]], len(chronic))
    error = generator.normal(size=weeks.shape)
    seen = {
        name: chronic[name]
        + getattr(pain, f"{name}_weekly_sd") * weeks[:, place]
        + getattr(pain, f"{name}_error_sd") * error[:, place]
        for place, name in enumerate(("nprs", "odi"))
    }
    found = np.corrcoef(seen["nprs"], seen["odi"])[0, 1]
    # Clipping at the floor takes a little away; 0.04 is that and 3 standard errors.
    assert abs(found - pain.baseline_correlation) < 0.04


def test_departures_correlate_as_stated(people: Any) -> None:
    """The patient's own departures of NPRS and ODI have the stated correlation and SD."""
    places, pain = simulated_places(DEFAULT, 7), DEFAULT.pain
    own = [people[f"{name}_deviation"] - places.clinicians[name][people["clinician"]]
           for name in ("nprs", "odi")]  # fmt: skip
    assert abs(np.corrcoef(*own)[0, 1] - pain.deviation_correlation) < 4 / np.sqrt(N)
    share = 1 - pain.clinician_icc - pain.clinic_icc
    for found, sd in zip(own, (pain.nprs_deviation_sd, pain.odi_deviation_sd), strict=True):
        expected = sd * np.sqrt(share)
        assert abs(found.std() - expected) < 4 * expected / np.sqrt(2 * N)


def _effects(section: Any, people: Any, pain_counts: float = 1.0) -> Any:
    """The log hazard over the average, written out."""
    none = np.zeros(len(people))
    by_duration = np.choose(people["duration"], [none, section.subacute, section.chronic])
    by_risk = np.choose(people["risk"], [none, section.start_back_medium, section.start_back_high])
    by_pain = section.pain_per_point * (people["nprs"] - TYPICAL_NPRS)
    by_pain = by_pain + section.odi_per_10 * (people["odi"] - TYPICAL_ODI) / 10
    by_age = section.age_per_decade * (people["age"] - DEFAULT.people.age_mean) / 10
    by_exercise = section.adherence * (people["adherence"] - TYPICAL_ADHERENCE)
    return by_age + by_duration + by_risk + pain_counts * by_pain + by_exercise


EFFECTS = {
    f"{section}.{key}": value
    for section, sign in (("learning", -1), ("setbacks", 1), ("loss", 0.5))
    for key, value in {
        "age_per_decade": 0.1 * sign, "subacute": 0.2 * sign, "chronic": 0.3 * sign,
        "start_back_medium": 0.15 * sign, "start_back_high": 0.4 * sign,
        "pain_per_point": 0.05 * sign, "odi_per_10": 0.06 * sign, "adherence": -0.8 * sign,
    }.items()
}  # fmt: skip


@pytest.mark.parametrize(("mechanism", "pain_counts"), [("mar", 1.0), ("mcar", 0.0)])
def test_log_hazards_are_their_effects_added_up(mechanism: str, pain_counts: float) -> None:
    """Learning, setbacks and leaving by hand; under mcar leaving does not know day-0 pain."""
    changes = EFFECTS | {"loss.mechanism": mechanism}
    scenario = DEFAULT.replace(changes)
    people = _people(changes, n=200)
    of_clinician = simulated_places(scenario, 7).clinicians["log_hazard"][people["clinician"]]
    forward = _effects(scenario.learning, people) + people["frailty"] + of_clinician
    assert people["forward"] == pytest.approx(forward)
    assert people["backward"] == pytest.approx(_effects(scenario.setbacks, people))
    assert people["exit"] == pytest.approx(_effects(scenario.loss, people, pain_counts))


def test_what_differs_between_patients_has_its_spread(people: Any) -> None:
    """Frailty, and the logits of home exercise and of no-shows, are normal as stated."""

    def logit(p: Any) -> Any:
        return np.log(p / (1 - p))

    visits, who = DEFAULT.visits, DEFAULT.people
    for values, mean, sd in (
        (people["frailty"], 0.0, DEFAULT.learning.frailty_sd),
        (logit(people["adherence"]), who.adherence_logit_mean, who.adherence_logit_sd),
        (logit(people["no_show"]), logit(visits.no_show), visits.no_show_sd),
    ):
        assert abs(values.mean() - mean) < 4 * sd / np.sqrt(N)
        assert abs(values.std() - sd) < 4 * sd / np.sqrt(2 * N)


def test_whoever_comes_back_is_the_same_person() -> None:
    """A second episode keeps person, clinic and clinician, and starts on a weekday after it."""
    scenario = DEFAULT.replace({"recurrence.returns": 1.0})
    rows = simulated_sheets(scenario, simulated_places(scenario, 7), n_episodes=600, seed=7)
    second = np.flatnonzero(rows.episodes["is_second"] == 1)
    one, two = rows.episodes[second - 1], rows.episodes[second]
    assert len(second) > 100
    for name in ("patient", "clinic", "clinician", "birth_year", "sex", "adherence", "no_show",
                 "frailty", "interval_factor", "first_colleague", "n_colleagues"):  # fmt: skip
        assert np.array_equal(one[name], two[name]), name
    assert (one["is_second"] == 0).all()
    assert (two["start"] > one["start"] + one["end_day"]).all()
    assert (two["start"] <= np.datetime64(scenario.calendar.last_start).astype(int)).all()
    assert np.is_busday(two["start"].astype("datetime64[D]")).all()
    assert (two["entry"] >= one["last_stage"] - scenario.recurrence.kept_stages).all()
    assert (two["nprs"] != one["nprs"]).all()


def _returns(start: int, changes: dict[str, Any], **ended: Any) -> bool:
    inputs = inputs_of({"recurrence.returns": 1.0, "recurrence.median_days": 1.0, **changes})
    first = an_episode(**{"start": start, "end_day": 20, "birth_year": 1960, **ended})
    return bool(draw_return(inputs, SEED, np.empty(8), first, an_episode()))


def test_only_an_episode_that_has_ended_can_be_followed_by_another() -> None:
    """Nobody returns while the first is open, after the last start, or at more than 120 years."""
    start = np.datetime64("2024-03-04").astype(int)
    assert _returns(start, {})
    assert not _returns(start, {"recurrence.returns": 0.0})
    assert not _returns(start, {"calendar.last_start": "2024-03-20"})
    assert not _returns(start, {}, end_day=-1)
    assert not _returns(start, {}, birth_year=1903)


@pytest.mark.parametrize(
    ("entry", "target", "last", "expected"),
    [(1, 4, 6, (3, 4)), (5, 7, 6, (5, 7)), (1, 2, 9, (6, 6))],
)
def test_what_was_learnt_is_not_all_lost(
    entry: int, target: int, last: int, expected: tuple[int, int]
) -> None:
    """Entry is at most the kept stages below where the first episode ended; the target follows."""
    second = an_episode(entry=entry, target=target)
    keep_stages(inputs_of({"recurrence.kept_stages": 3.0}), an_episode(last_stage=last), second)
    assert (second["entry"], second["target"]) == expected
