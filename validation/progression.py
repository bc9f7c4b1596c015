"""Long proofs of time to mastery: coverage, small clinics, R run again."""

from validation.progression_coverage import clustered_coverage, ladder_coverage, mastery_coverage
from validation.proofs import Proof
from validation.r_references import reference_proof
from validation.small_clinics import small_clinic_proofs


def proofs(is_quick: bool) -> list[Proof]:
    """Run every proof; quick ones try the command and are too small to say anything of coverage."""
    n_replicates = 20 if is_quick else 2_500
    return [
        ladder_coverage(n_replicates),
        mastery_coverage(n_replicates),
        clustered_coverage(n_replicates),
        *small_clinic_proofs(10 if is_quick else 200),
        reference_proof(is_quick),
    ]
