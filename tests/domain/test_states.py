"""The multi-state graph: ten stages, four ends, and no way back from an end."""

from itertools import product

from hinge_outcomes.domain.states import (
    END_REASON_STATES,
    END_REASONS,
    END_STATES,
    STAGE_STATES,
    STATES,
    is_legal_move,
    stage_state,
)


def test_every_move_between_stages_is_lawful_and_none_out_of_an_end() -> None:
    """Moves go forward and back between stages and into ends, never out of one."""
    for origin, destination in product(STATES, STATES):
        expected = origin in STAGE_STATES and origin != destination
        assert is_legal_move(origin, destination) is expected


def test_same_day_precedence() -> None:
    """Mastered comes before discharged, referred and lost."""
    assert END_STATES == ("mastered", "discharged", "referred", "lost")


def test_every_reason_leads_somewhere() -> None:
    """Self-discharge and loss are unplanned; goals met is planned; administrative is censored."""
    assert tuple(END_REASON_STATES) == END_REASONS
    assert END_REASON_STATES["self_discharged"] == END_REASON_STATES["lost_to_follow_up"] == "lost"
    assert END_REASON_STATES["goals_met"] == "discharged"
    assert END_REASON_STATES["administrative"] is None


def test_states_are_named_by_number() -> None:
    """The state of stage 10 is stage_10."""
    assert stage_state(10) == STAGE_STATES[-1] == "stage_10"
