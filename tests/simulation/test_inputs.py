"""Inputs: what the compiled functions read is the scenario, and what follows from it by hand."""

from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from hinge_outcomes.domain.prognosis import natural_course
from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.inputs import (
    age_weights,
    inputs_dtype,
    simulated_places,
    simulation_inputs,
    start_weights,
    total_deviation_sd,
)
from hinge_outcomes.simulation.parameters import declared
from hinge_outcomes.simulation.scenario import SECTIONS
from tests.simulation.followed import inputs_of

DEFAULT = Scenario.default()


def test_every_number_stands_where_compiled_functions_read_it() -> None:
    """Numbers, lists and chosen words of all sections that act on patients are in the record."""
    made = simulation_inputs(DEFAULT)[0]
    for name in set(SECTIONS) - {"calendar", "clinics"}:
        section = getattr(DEFAULT, name)
        for key, rule in declared(section).items():
            value = getattr(section, key)
            expected = rule.choices.index(value) if rule.choices else value
            assert made[name][key].tolist() == pytest.approx(expected), f"{name}.{key}"


def test_the_record_has_one_layout_for_all_scenarios() -> None:
    """Compiled once, the functions serve every scenario."""
    assert simulation_inputs(Scenario.named("network")).dtype == inputs_dtype()


def test_days_are_counted_from_1970() -> None:
    """The calendar stands in the tables as NumPy counts days."""
    tables, calendar = inputs_of({})["tables"], DEFAULT.calendar
    for key in ("first_start", "last_start", "data_cut"):
        assert tables[key] == np.datetime64(getattr(calendar, key)).astype(np.int64)


def test_classes_are_cut_at_their_shares() -> None:
    """Shares become bounds: of a uniform draw for duration, of a normal score for the others."""
    shares = [0.1, 0.3, 0.6]
    tables = inputs_of({"people.duration_shares": shares, "people.start_back_shares": shares})[
        "tables"
    ]
    assert tables["duration_bounds"] == pytest.approx([0.1, 0.4])
    assert ndtr(tables["risk_bounds"]) == pytest.approx([0.1, 0.4])
    whole = inputs_of({"placement.entry_shares": [1.0] + [0.0] * 9})["tables"]["entry_bounds"]
    assert np.isposinf(whole).all()


def test_the_course_is_the_published_one() -> None:
    """Relative to day 0 it agrees with the domain's curve at 6, 26 and 52 weeks."""
    course = inputs_of({})["tables"]["course"]
    for place, code in enumerate(("acute", "subacute", "chronic")):
        for week in (0, 6, 26, 52):
            expected = natural_course(code, week) / natural_course(code, 0)
            assert course[place, 7 * week] == pytest.approx(expected)


def test_departures_build_up_with_their_time_constant() -> None:
    """Nothing on day 0, 1 - 1/e after the stated weeks, all of it in the end."""
    built = inputs_of({"pain.deviation_weeks": 4.0})["tables"]["deviation"]
    assert built[[0, 28, 3_999]] == pytest.approx([0, 1 - np.exp(-1), 1])


def test_what_is_seen_on_day_0_has_the_stated_spread() -> None:
    """Latent variance, weeks and error add up to the square of the SD seen; covariance likewise."""
    pain, tables = DEFAULT.pain, inputs_of({})["tables"]
    for name in ("nprs", "odi"):
        noise = getattr(pain, f"{name}_weekly_sd") ** 2 + getattr(pain, f"{name}_error_sd") ** 2
        seen = np.sqrt(tables[f"{name}_sd"] ** 2 + noise)
        assert seen == pytest.approx(getattr(pain, f"{name}_sd"))
    covariance = tables["baseline_correlation"] * tables["nprs_sd"] * tables["odi_sd"]
    covariance += pain.deviation_correlation * pain.nprs_weekly_sd * pain.odi_weekly_sd
    seen = pain.baseline_correlation * np.array(pain.nprs_sd) * np.array(pain.odi_sd)
    assert covariance == pytest.approx(seen)


def test_more_noise_than_spread_leaves_no_spread() -> None:
    """Where error alone exceeds the SD seen, patients are alike underneath, and nothing is nan."""
    tables = inputs_of({"pain.nprs_error_sd": 5.0, "pain.nprs_sd": [1.0] * 3})["tables"]
    assert tables["nprs_sd"].tolist() == [0, 0, 0]
    assert (abs(tables["baseline_correlation"]) <= 0.99).all()


def test_what_clinic_and_clinician_share_the_patient_does_not() -> None:
    """The patient's own variance is what the two ICCs leave; a week keeps variance 1."""
    tables = inputs_of({"pain.clinic_icc": 0.1, "pain.clinician_icc": 0.3,
                        "pain.weekly_correlation": 0.6})["tables"]  # fmt: skip
    assert tables["own_share"] == pytest.approx(np.sqrt(0.6))
    assert tables["weekly_step"] == pytest.approx(0.8)


def test_all_that_makes_changes_differ_adds_up() -> None:
    """Departure 3, weeks 4 and error 12 make 13."""
    scenario = DEFAULT.replace({"pain.odi_deviation_sd": 3.0, "pain.odi_weekly_sd": 4.0,
                                "pain.odi_error_sd": 12.0})  # fmt: skip
    assert total_deviation_sd(scenario, "odi") == pytest.approx(13)


def test_ages_are_normal_within_the_limits() -> None:
    """Shares of whole years follow the normal curve between youngest and oldest."""
    scenario = DEFAULT.replace(
        {"people.age_mean": 50.0, "people.age_sd": 10.0, "people.age_minimum": 40.0,
         "people.age_maximum": 59.0}
    )  # fmt: skip
    weights = age_weights(scenario)
    assert len(weights) == 20
    assert weights[9] == pytest.approx(0.5)  # from 40 to under 50 is half of 40 to under 60
    assert weights[-1] == 1


@pytest.mark.parametrize(("mean", "nearest"), [(0.0, 90), (110.0, 95), (92.5, 92)])
def test_without_spread_everybody_has_the_nearest_age(mean: float, nearest: int) -> None:
    """A mean outside the limits gives the age at the limit, not nan."""
    scenario = DEFAULT.replace(
        {"people.age_mean": mean, "people.age_sd": 0.0, "people.age_minimum": 90.0,
         "people.age_maximum": 95.0}
    )  # fmt: skip
    shares = np.diff(age_weights(scenario), prepend=0)
    assert shares.tolist() == [float(age == nearest) for age in range(90, 96)]


def _share_of_days(changes: dict[str, Any]) -> Any:
    scenario = DEFAULT.replace(changes)
    first = np.datetime64(scenario.calendar.first_start)
    share = np.diff(start_weights(scenario), prepend=0)
    return first + np.arange(len(share)), share


def test_nobody_starts_on_a_weekend() -> None:
    """Weekends have no weight, and the shares of all days sum to one."""
    days, share = _share_of_days({})
    assert ((share > 0) == np.is_busday(days)).all()
    assert share.sum() == pytest.approx(1)


def test_where_there_are_only_weekends_people_start_on_them() -> None:
    """A calendar of one Saturday is not empty."""
    _, share = _share_of_days({"calendar.first_start": "2026-09-26",
                               "calendar.last_start": "2026-09-26"})  # fmt: skip
    assert share.tolist() == [1.0]


def test_starts_grow_and_peak_as_stated() -> None:
    """Without season the share rises by growth a year; the peak lies in the month stated."""
    days, share = _share_of_days({"calendar.yearly_growth": 0.5,
                                  "calendar.season_amplitude": 0.0})  # fmt: skip
    weekdays = share[share > 0]
    years = (days[-1] - days[0]).astype(int) / 365.25
    assert weekdays[-1] / weekdays[0] == pytest.approx(1 + 0.5 * years, rel=0.01)
    days, share = _share_of_days({"calendar.yearly_growth": 0.0, "calendar.season_amplitude": 0.9,
                                  "calendar.season_peak_month": 5.0})  # fmt: skip
    assert str(days[share.argmax()])[5:7] == "05"


def test_shrinking_clinics_do_not_start_fewer_than_nobody() -> None:
    """A loss of 30% a year over ten years ends at no starts, never below."""
    _, share = _share_of_days({"calendar.yearly_growth": -0.3,
                               "calendar.first_start": "2016-10-01"})  # fmt: skip
    assert share.min() == 0
    assert share[-1] == 0


def test_clinics_have_their_clinicians() -> None:
    """The pattern is repeated, and each clinic's clinicians stand together."""
    places = simulated_places(
        DEFAULT.replace({"clinics.count": 3, "clinics.clinicians": [2, 1]}), 7
    )
    assert places.clinics["n_clinicians"].tolist() == [2, 1, 2]
    assert places.clinics["first_clinician"].tolist() == [0, 2, 3]
    assert places.clinicians["clinic"].tolist() == [0, 0, 1, 2, 2]


def test_stated_variances_of_places_are_met() -> None:
    """Over 900 clinics of one clinician, effects have the stated SD within 4 standard errors."""
    scenario = DEFAULT.replace(
        {"clinics.count": 900, "clinics.clinicians": [1], "learning.clinic_sd": 0.3,
         "learning.clinician_sd": 0.4, "pain.clinic_icc": 0.09, "pain.clinician_icc": 0.16,
         "visits.clinic_sd": 0.2}
    )  # fmt: skip
    places = simulated_places(scenario, 3)
    total = total_deviation_sd(scenario, "nprs")
    for values, sd in (
        (places.clinicians["log_hazard"], 0.5),
        (places.clinicians["nprs"], 0.5 * total),
        (np.log(places.clinics["interval_factor"]), 0.2),
    ):
        assert abs(values.std() - sd) < 4 * sd / np.sqrt(2 * 900)
        assert abs(values.mean()) < 4 * sd / np.sqrt(900)


def test_a_clinics_effect_is_shared_by_its_clinicians() -> None:
    """With clinics alone differing, all clinicians of one are alike, and those of two are not."""
    places = simulated_places(
        DEFAULT.replace({"learning.clinician_sd": 0.0, "learning.clinic_sd": 0.5}), 7
    )
    by_clinic = [
        places.clinicians["log_hazard"][places.clinicians["clinic"] == clinic]
        for clinic in range(6)
    ]
    assert all(len(set(effects)) == 1 for effects in by_clinic)
    assert len({effects[0] for effects in by_clinic}) == 6


def test_probit_bounds_are_the_normal_quantiles_of_cumulated_shares() -> None:
    """The shipped shares of entry stages are where the normal curve is cut."""
    bounds = inputs_of({})["tables"]["entry_bounds"]
    expected = ndtri(np.cumsum(DEFAULT.placement.entry_shares)[:-1].clip(0, 1))
    assert bounds == pytest.approx(expected)
