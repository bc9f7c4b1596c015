"""Long proofs of pain reduction: coverage under every kind of missing scores."""

from validation.pain_coverage import (
    icc_coverage,
    mar_coverage,
    mcar_coverage,
    mixed_coverage,
    mmrm_coverage,
    mnar_bias,
    nested_coverage,
)
from validation.proofs import Proof


def proofs(is_quick: bool) -> list[Proof]:
    """Run every proof; quick ones try the command and are too small to say anything of coverage."""
    n_replicates = 20 if is_quick else 2_500
    return [
        mcar_coverage(n_replicates),
        mar_coverage(n_replicates),
        mnar_bias(n_replicates),
        mixed_coverage(n_replicates),
        nested_coverage(n_replicates),
        mmrm_coverage(n_replicates),
        icc_coverage(n_replicates),
    ]
