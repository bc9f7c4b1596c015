"""The ten stages stand in their clinical order."""

import pytest

from hinge_outcomes.domain.progression import MASTERY_LEVELS, PHASES, STAGES, stage_name


def test_stages_are_numbered_one_to_ten_in_order() -> None:
    """The ladder begins with Hero Squats and ends with the Clean."""
    assert [stage.number for stage in STAGES] == list(range(1, 11))
    assert (STAGES[0].name, STAGES[-1].name) == ("Hero Squats", "Clean")


def test_phases_never_go_back_along_the_ladder() -> None:
    """Learn 1-3, load 4-6, transfer 7, power 8-10, as the clinic's text has it."""
    order = [PHASES.index(stage.phase) for stage in STAGES]
    assert order == [0, 0, 0, 1, 1, 1, 2, 3, 3, 3]


def test_automatic_is_the_highest_rating() -> None:
    """The rubric has four levels and the goal, automatic, is the top one."""
    assert MASTERY_LEVELS.index("automatic") == 3 == len(MASTERY_LEVELS) - 1


@pytest.mark.parametrize("number", [0, 11, -1])
def test_there_is_no_other_stage(number: int) -> None:
    """A stage outside the ladder is refused, not wrapped around."""
    with pytest.raises(ValueError, match="from 1 to 10"):
        stage_name(number)
