"""The clinic's door: exports become a cohort by a mapping, and nothing is guessed."""

from hinge_outcomes.ingestion.door import ingest
from hinge_outcomes.ingestion.intake import Intake
from hinge_outcomes.ingestion.mapping import Mapping

__all__ = ["Intake", "Mapping", "ingest"]
