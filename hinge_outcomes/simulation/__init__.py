"""Made-up patients, whose truth is known, in the same five tables that clinics fill."""

from hinge_outcomes.simulation.generator import simulate
from hinge_outcomes.simulation.scenario import Scenario

__all__ = ["Scenario", "simulate"]
