"""The section 'pain': mixed models and models for repeated measures beside lme4 and nlme."""

from benchmarks.markdown import table
from benchmarks.mixed import MIXED_HEAD, mixed_rows, mixed_text
from benchmarks.mmrm import MMRM_HEAD, mmrm_rows, mmrm_text

TITLE = "Pain reduction"


def section(*, quick: bool) -> str:
    """Run the section and give its results as Markdown."""
    return "\n\n".join(
        [
            "## Mixed models",
            mixed_text(),
            table(MIXED_HEAD, mixed_rows(quick)),
            "## Repeated measures",
            mmrm_text(),
            table(MMRM_HEAD, mmrm_rows(quick)),
        ]
    )
