"""The grids of the data-quality page: how complete each item is, by quarter and by clinic."""

from collections.abc import Mapping

import pandas as pd

from hinge_outcomes.cohort.quality import COMPLETENESS, Quality
from hinge_outcomes.plotting.grids import draw_grid
from hinge_outcomes.reporting.answer import FAIR_CAPTURE, GOOD_CAPTURE
from hinge_outcomes.reporting.blocks import Figure
from hinge_outcomes.reporting.disclosure import Disclosure
from hinge_outcomes.reporting.quality_cells import EARLIER, recent_quarters, shown_cells

_COUNTS = ["n", "n_of", "episodes_with", "episodes_without"]
_LEVELS = (FAIR_CAPTURE, GOOD_CAPTURE)

# What clinics are set side by side by, with the few words that stand over a narrow column.
_SIDE_BY_SIDE = {
    "start_back_risk": "STarT\nclass",
    **{f"{code}_0": f"{code.upper()}\nday 0" for code in ("nprs", "odi", "rmdq")},
    **{f"{code}_91": f"{code.upper()}\n13 weeks" for code in ("nprs", "odi", "rmdq")},
    **{f"{code}_364": f"{code.upper()}\n52 weeks" for code in ("nprs", "odi", "rmdq")},
    "working_stage": "Stage\nat visit",
}


def quarter_grid(quality: Quality, disclosure: Disclosure) -> Figure:
    """Draw how complete each item is, by quarter of the start.

    Parameters
    ----------
    quality : Quality
        What ``describe_quality`` gives.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Figure
        One row per item, one column per quarter; quarters before the last eight together.
    """
    there = quality.counts[quality.counts["theme"] == COMPLETENESS]
    counts = recent_quarters(there, ["name", "group", "label"], _COUNTS)
    cells = shown_cells(counts, "quarter", disclosure)
    frame = pd.DataFrame(
        {
            "group": cells["group"],
            "row": cells["label"],
            "column": cells["quarter"].map(_short),
            "share": cells["share"],
            "text": cells["text"],
        }
    )
    known = cells["share"].dropna()
    return Figure.from_axes(
        draw_grid(frame, levels=_LEVELS),
        caption=(
            "Share of what should be there that is there, by quarter of the start. A score counts "
            "as due once its window has closed. 75% is what MIPS measure 220 asks; registries rank "
            "clinics from 50% (Deutscher 2018)."
        ),
        alt=(
            f"A grid of {cells['name'].nunique()} items by {cells['quarter'].nunique()} quarters: "
            f"{int((known >= GOOD_CAPTURE).sum())} cells reach 75%, "
            f"{int((known < FAIR_CAPTURE).sum())} are below 50%. The table below gives the totals."
        ),
    )


def clinic_grid(quality: Quality, names: Mapping[str, str], disclosure: Disclosure) -> Figure:
    """Draw how complete the main items are, clinic by clinic.

    Parameters
    ----------
    quality : Quality
        What ``describe_quality`` gives.
    names : mapping of str to str
        What readers call each clinic, by its id.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Figure
        One row per clinic.
    """
    counts = quality.totals("clinic_id")
    cells = shown_cells(counts[counts["name"].isin(_SIDE_BY_SIDE)], "clinic_id", disclosure)
    frame = pd.DataFrame(
        {
            "row": cells["clinic_id"].map(names),
            "column": cells["name"].map(_SIDE_BY_SIDE),
            "share": cells["share"],
            "text": cells["text"],
        }
    )
    return Figure.from_axes(
        draw_grid(frame, levels=_LEVELS),
        caption=(
            "The same, clinic by clinic, over all quarters. Clinics are set side by side so that "
            "each sees what others manage to record; nothing else is compared."
        ),
        alt=(
            f"A grid of {cells['clinic_id'].nunique()} clinics by {cells['name'].nunique()} items, "
            "with the share recorded in each cell."
        ),
    )


def _short(quarter: str) -> str:
    """Write 2026Q3 on two lines."""
    return quarter if quarter == EARLIER else f"{quarter[:4]}\n{quarter[4:]}"
