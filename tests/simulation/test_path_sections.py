"""Path sections: learning and slipping have the same effects, and an off switch each."""

import pytest

from hinge_outcomes.domain.progression import LAST_STAGE
from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.care_sections import Loss
from hinge_outcomes.simulation.choices import PACES
from hinge_outcomes.simulation.parameters import declared
from hinge_outcomes.simulation.path_sections import Learning, Progression, Setbacks

EFFECTS = ("age_per_decade", "subacute", "chronic", "start_back_medium", "start_back_high",
           "pain_per_point", "odi_per_10", "adherence")  # fmt: skip


@pytest.mark.parametrize("section", [Learning, Setbacks, Loss], ids=lambda kind: kind.__name__)
def test_learning_setbacks_and_leaving_have_the_same_effects(section: type) -> None:
    """One function adds them up for all three, so each has each, with room on both sides of 0."""
    rules = declared(section)
    for name in EFFECTS:
        assert rules[name].minimum == -rules[name].maximum < 0


def test_lists_have_one_value_for_each_stage() -> None:
    """Days, shapes and setbacks are told for all ten stages."""
    for section in (Learning, Setbacks):
        for name, rule in declared(section).items():
            if rule.kind == "numbers":
                assert rule.length == LAST_STAGE, name


@pytest.mark.parametrize(
    "key",
    ["learning.frailty_sd", "learning.clinic_sd", "learning.clinician_sd", "setbacks.decay_per_day",
     *(f"{section}.{name}" for section in ("learning", "setbacks") for name in EFFECTS),
     *(f"progression.{name}" for name in declared(Progression) if name != "pace")],
)  # fmt: skip
def test_a_mechanism_can_be_switched_off(key: str) -> None:
    """0 is allowed for whatever makes patients differ, slip or move."""
    section, name = key.split(".")
    assert getattr(getattr(Scenario.default().replace({key: 0}), section), name) == 0


def test_setbacks_can_be_switched_off_at_every_stage() -> None:
    """Ten zeros are lawful, and not what ships."""
    default = Scenario.default()
    assert any(default.setbacks.per_day)
    assert not any(default.replace({"setbacks.per_day": [0.0] * 10}).setbacks.per_day)


def test_the_pace_is_one_of_the_words_that_compiled_functions_know() -> None:
    """No third pace can be asked for."""
    assert declared(Progression)["pace"].choices == PACES


def test_what_ships_learns_forward() -> None:
    """Cued comes before conscious, both before automatic, and the last stage takes longest."""
    learning = Scenario.default().learning
    assert 0 < learning.cued_from < learning.conscious_from < 1
    assert max(learning.dwell_days) == learning.dwell_days[LAST_STAGE - 1]
