"""What an occupancy says in one paragraph."""

from typing import Any

import numpy as np

from hinge_outcomes.analysis.progression.delete_one import TOO_FEW_CLUSTERS

_MOST_STATES = 4


def occupancy_paragraph(occupancy: Any) -> str:
    """Say where people are at the last time of the table.

    Parameters
    ----------
    occupancy : Occupancy
        The estimate.

    Returns
    -------
    str
        One paragraph, with intervals and the numbers it rests on.
    """
    table = occupancy.table()
    last = table[table["time"] == occupancy.times[-1]]
    largest = last.sort_values("estimate", ascending=False, kind="stable").head(_MOST_STATES)
    parts = [
        f"{row.state} {row.estimate:.1%}{_limits(row)}"
        for row in largest[largest["estimate"] > 0].itertuples()
    ]
    rest = 1 - largest["estimate"].sum()
    others = f"; elsewhere {rest:.1%}" if rest > 0.0005 else ""
    time, subjects, clusters = occupancy.nouns
    since = "" if occupancy.origin is None else f" of those seen at {time} {occupancy.origin:g}"
    told = (
        f"At {time} {occupancy.times[-1]:g} the estimated shares{since} are: "
        f"{'; '.join(parts)}{others} "
        f"({occupancy.conf_level:.0%} intervals). They rest on {occupancy.stays.n_subjects:,} "
        f"{subjects} of {len(occupancy.clusters):,} {clusters}, with "
        f"{len(occupancy.stays.state):,} stays; still at risk then: "
        f"{int(last['n_at_risk'].sum()):,}."
    )
    if occupancy.stays.n_repeated:
        told += f" {occupancy.stays.n_repeated:,} rows that repeat another count once."
    return told + _too_few(occupancy)


def _too_few(occupancy: Any) -> str:
    """Set the errors over few clusters beside those over histories."""
    apart = occupancy.of_subjects
    if apart is None or len(occupancy.clusters) >= TOO_FEW_CLUSTERS:
        return ""
    levels = occupancy.compare_levels()
    levels = levels[levels["time"] == occupancy.times[-1]]
    largest = levels.loc[levels["estimate"].idxmax(), "state"]
    own, other = (
        next(levels[(levels["state"] == largest) & (levels["level"] == level)].itertuples())
        for level in ("clusters", "histories")
    )
    return (
        f" {len(occupancy.clusters)} clusters are too few for their intervals to be trusted. Side "
        f"by side, {largest} {own.estimate:.1%}: over clusters ({own.method})"
        f"{_limits(own) or ' no interval'}, histories taken as independent"
        f"{_limits(other) or ' no interval'}."
    )


def _limits(row: Any) -> str:
    if not (np.isfinite(row.ci_low) and np.isfinite(row.ci_high)):
        return ""
    return f" ({row.ci_low:.1%} to {row.ci_high:.1%})"
