"""Care sections: chance has an off switch inside its range, and days agree with each other."""

import pytest

from hinge_outcomes.domain.progression import LAST_STAGE
from hinge_outcomes.domain.rules import LossRule
from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.care_sections import Loss, Visits
from hinge_outcomes.simulation.choices import MECHANISMS
from hinge_outcomes.simulation.parameters import declared

DEFAULT = Scenario.default()
OFF = [
    "visits.clinic_sd", "visits.jitter_days", "visits.no_show", "visits.no_show_sd",
    "visits.cancelled", "visits.covered", "visits.warm_up", "visits.rating_error",
    "discharge.after_mastery", "discharge.goals_met", "discharge.referred_per_day",
    "discharge.referred_pain", "discharge.administrative", "loss.per_day",
    "loss.recorded_pain_per_point", "loss.pain_free", "loss.missed",
]  # fmt: skip


@pytest.mark.parametrize("key", OFF)
def test_a_mechanism_can_be_switched_off(key: str) -> None:
    """0 is allowed and is not what ships, so the default has every mechanism."""
    section, name = key.split(".")
    assert getattr(getattr(DEFAULT, section), name) != 0
    assert getattr(getattr(DEFAULT.replace({key: 0}), section), name) == 0


def test_leaving_is_missing_in_one_of_the_known_ways() -> None:
    """The words are those that compiled functions know by their place."""
    assert declared(Loss)["mechanism"].choices == MECHANISMS


def test_loads_are_told_for_each_stage() -> None:
    """Ten typical loads, of which some are none."""
    assert declared(Visits)["load_kg"].length == LAST_STAGE
    assert 0 in DEFAULT.visits.load_kg


def test_visits_grow_rarer() -> None:
    """What ships spaces early visits closest and late ones widest."""
    visits = DEFAULT.visits
    assert visits.early_days < visits.later_days < visits.late_days


def test_whoever_says_goodbye_is_closed_before_silence_counts_as_loss() -> None:
    """Those who told are closed within fewer days than the rule waits for a silent patient."""
    assert declared(Loss)["self_days"].maximum < LossRule().gap_days
