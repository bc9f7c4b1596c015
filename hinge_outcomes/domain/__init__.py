"""Clinical vocabulary: stages, ratings, rules, states, instruments. Standard library only."""

from hinge_outcomes.domain.follow_up import FOLLOW_UPS, WINDOWS, Window
from hinge_outcomes.domain.instruments import INSTRUMENTS, Instrument
from hinge_outcomes.domain.progression import MASTERY_LEVELS, PHASES, STAGES, Stage, stage_name
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.domain.states import STATES

__all__ = [
    "FOLLOW_UPS",
    "INSTRUMENTS",
    "MASTERY_LEVELS",
    "PHASES",
    "STAGES",
    "STATES",
    "WINDOWS",
    "Instrument",
    "LossRule",
    "MasteryCriterion",
    "Stage",
    "Window",
    "stage_name",
]
