"""The section 'progression': panel models, Aalen-Johansen and Cox beside msm, survfit and coxph."""

from benchmarks.cox import COX_HEAD, cox_rows, cox_text
from benchmarks.markdown import table
from benchmarks.occupancy import OCCUPANCY_HEAD, occupancy_rows, occupancy_text
from benchmarks.panel import PANEL_HEAD, panel_rows, panel_text

TITLE = "Time to mastery"


def section(*, quick: bool) -> str:
    """Run the section and give its results as Markdown."""
    return "\n\n".join(
        [
            "## Panel-observed Markov models",
            panel_text(quick),
            table(PANEL_HEAD, panel_rows(quick)),
            "## Aalen-Johansen",
            occupancy_text(),
            table(OCCUPANCY_HEAD, occupancy_rows(quick)),
            "## Cox models",
            cox_text(),
            table(COX_HEAD, cox_rows(quick)),
        ]
    )
