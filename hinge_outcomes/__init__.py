"""Time to mastery and pain reduction for patients who learn the hip hinge.

Names load on first use, so that importing the package costs little.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from hinge_outcomes.analysis.pain.by_stage import fit_pain_by_stage
    from hinge_outcomes.analysis.pain.change import estimate_change
    from hinge_outcomes.analysis.pain.clinician_effects import estimate_clinician_effects
    from hinge_outcomes.analysis.pain.completion import describe_completion
    from hinge_outcomes.analysis.pain.course import fit_pain
    from hinge_outcomes.analysis.pain.missing_scores import analyse_missing
    from hinge_outcomes.analysis.pain.outcome_panel import derive_outcome_panel
    from hinge_outcomes.analysis.pain.rater_agreement import estimate_rater_agreement
    from hinge_outcomes.analysis.pain.responders import estimate_responders
    from hinge_outcomes.analysis.pain.response_times import estimate_time_to_response
    from hinge_outcomes.analysis.progression.clinicians import fit_clinician_rates
    from hinge_outcomes.analysis.progression.hazards import fit_hazards
    from hinge_outcomes.analysis.progression.ladder import fit_ladder
    from hinge_outcomes.analysis.progression.ladder_support import describe_ladder_support
    from hinge_outcomes.analysis.progression.loss import analyse_loss
    from hinge_outcomes.analysis.progression.markov_property import analyse_markov_property
    from hinge_outcomes.analysis.progression.mastery import estimate_mastery
    from hinge_outcomes.analysis.progression.mastery_sensitivity import analyse_mastery_sensitivity
    from hinge_outcomes.analysis.progression.occupancy import estimate_occupancy
    from hinge_outcomes.analysis.progression.stays import derive_stays
    from hinge_outcomes.analysis.progression.visit_process import analyse_visit_process
    from hinge_outcomes.analysis.r_check import write_r_check
    from hinge_outcomes.cohort.deidentified import deidentify
    from hinge_outcomes.cohort.exports import write_export
    from hinge_outcomes.cohort.frames import Cohort
    from hinge_outcomes.cohort.profile import describe_profile
    from hinge_outcomes.cohort.quality import describe_quality
    from hinge_outcomes.cohort.registry import open_registry, read_registry
    from hinge_outcomes.cohort.release_risk import validate_release
    from hinge_outcomes.cohort.storage import read_cohort, write_cohort
    from hinge_outcomes.cohort.validation import validate
    from hinge_outcomes.domain.instruments import INSTRUMENTS
    from hinge_outcomes.domain.progression import STAGES
    from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
    from hinge_outcomes.ingestion.capture_paper import write_capture_paper
    from hinge_outcomes.ingestion.capture_redcap import write_capture_redcap
    from hinge_outcomes.ingestion.capture_sheet import write_capture_workbook
    from hinge_outcomes.ingestion.door import ingest
    from hinge_outcomes.reporting.flow import count_flow
    from hinge_outcomes.reporting.render import render_report
    from hinge_outcomes.simulation.calibration import calibrate
    from hinge_outcomes.simulation.generator import simulate
    from hinge_outcomes.simulation.scenario import Scenario
    from hinge_outcomes.simulation.truth import simulate_with_truth

_HOMES = {
    "Cohort": "cohort.frames",
    "INSTRUMENTS": "domain.instruments",
    "LossRule": "domain.rules",
    "MasteryCriterion": "domain.rules",
    "STAGES": "domain.progression",
    "Scenario": "simulation.scenario",
    "analyse_loss": "analysis.progression.loss",
    "analyse_markov_property": "analysis.progression.markov_property",
    "analyse_mastery_sensitivity": "analysis.progression.mastery_sensitivity",
    "analyse_missing": "analysis.pain.missing_scores",
    "analyse_visit_process": "analysis.progression.visit_process",
    "calibrate": "simulation.calibration",
    "count_flow": "reporting.flow",
    "deidentify": "cohort.deidentified",
    "derive_outcome_panel": "analysis.pain.outcome_panel",
    "derive_stays": "analysis.progression.stays",
    "describe_completion": "analysis.pain.completion",
    "describe_ladder_support": "analysis.progression.ladder_support",
    "describe_profile": "cohort.profile",
    "describe_quality": "cohort.quality",
    "estimate_change": "analysis.pain.change",
    "estimate_clinician_effects": "analysis.pain.clinician_effects",
    "estimate_mastery": "analysis.progression.mastery",
    "estimate_occupancy": "analysis.progression.occupancy",
    "estimate_rater_agreement": "analysis.pain.rater_agreement",
    "estimate_responders": "analysis.pain.responders",
    "estimate_time_to_response": "analysis.pain.response_times",
    "fit_clinician_rates": "analysis.progression.clinicians",
    "fit_hazards": "analysis.progression.hazards",
    "fit_ladder": "analysis.progression.ladder",
    "fit_pain": "analysis.pain.course",
    "fit_pain_by_stage": "analysis.pain.by_stage",
    "ingest": "ingestion.door",
    "open_registry": "cohort.registry",
    "read_cohort": "cohort.storage",
    "read_registry": "cohort.registry",
    "render_report": "reporting.render",
    "simulate": "simulation.generator",
    "simulate_with_truth": "simulation.truth",
    "validate": "cohort.validation",
    "validate_release": "cohort.release_risk",
    "write_capture_paper": "ingestion.capture_paper",
    "write_capture_redcap": "ingestion.capture_redcap",
    "write_capture_workbook": "ingestion.capture_sheet",
    "write_cohort": "cohort.storage",
    "write_export": "cohort.exports",
    "write_r_check": "analysis.r_check",
}

__all__ = [
    "INSTRUMENTS",
    "STAGES",
    "Cohort",
    "LossRule",
    "MasteryCriterion",
    "Scenario",
    "__version__",
    "analyse_loss",
    "analyse_markov_property",
    "analyse_mastery_sensitivity",
    "analyse_missing",
    "analyse_visit_process",
    "calibrate",
    "count_flow",
    "deidentify",
    "derive_outcome_panel",
    "derive_stays",
    "describe_completion",
    "describe_ladder_support",
    "describe_profile",
    "describe_quality",
    "estimate_change",
    "estimate_clinician_effects",
    "estimate_mastery",
    "estimate_occupancy",
    "estimate_rater_agreement",
    "estimate_responders",
    "estimate_time_to_response",
    "fit_clinician_rates",
    "fit_hazards",
    "fit_ladder",
    "fit_pain",
    "fit_pain_by_stage",
    "ingest",
    "open_registry",
    "read_cohort",
    "read_registry",
    "render_report",
    "simulate",
    "simulate_with_truth",
    "validate",
    "validate_release",
    "write_capture_paper",
    "write_capture_redcap",
    "write_capture_workbook",
    "write_cohort",
    "write_export",
    "write_r_check",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
