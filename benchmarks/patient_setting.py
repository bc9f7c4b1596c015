"""A scenario and its clinics in plain Python: what the peers of the simulator read."""

from typing import Any

from hinge_outcomes.simulation.inputs import Places, simulation_inputs
from hinge_outcomes.simulation.scenario import Scenario

_SECTIONS = (
    "people", "placement", "recurrence", "learning", "setbacks", "progression", "visits",
    "discharge", "loss", "pain", "questionnaires",
)  # fmt: skip


class Setting:
    """Hold a scenario's sections, its clinics, and tables worked out once, as lists and numbers.

    The tables (bounds of classes, published courses, clinicians' effects) are the library's own:
    they are made before the clock starts, and the same clinicians make results comparable.
    """

    __slots__ = (
        *_SECTIONS, "age_weights", "baseline_correlation", "clinicians", "clinics", "course",
        "data_cut", "deviation", "duration_bounds", "entry_bounds", "first_start", "last_start",
        "nprs_sd", "odi_sd", "own_share", "risk_bounds", "start_weights", "target_bounds",
        "weekly_step", "age_minimum",
    )  # fmt: skip

    def __init__(self, scenario: Scenario, places: Places) -> None:
        for name in _SECTIONS:
            setattr(self, name, getattr(scenario, name))
        tables: Any = simulation_inputs(scenario)["tables"][0]
        for name in tables.dtype.names:
            setattr(self, name, tables[name].tolist())
        # (first clinician, how many, interval factor); (clinic, log hazard, NPRS, ODI)
        self.clinics: list[tuple[Any, ...]] = places.clinics.tolist()
        self.clinicians: list[tuple[Any, ...]] = places.clinicians.tolist()
        self.start_weights: list[float] = places.start_weights.tolist()
        self.age_weights: list[float] = places.age_weights.tolist()
