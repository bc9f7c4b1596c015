"""Tables and the figure of pain results: change, responders, and the modelled course."""

from collections.abc import Sequence

import pandas as pd

from hinge_outcomes.analysis.pain.change import ChangeEstimate
from hinge_outcomes.analysis.pain.course import PainCourse
from hinge_outcomes.analysis.pain.responders import ResponderEstimate
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.reporting.blocks import Figure, Table
from hinge_outcomes.reporting.disclosure import HIDDEN
from hinge_outcomes.reporting.measures import write_interval, write_number

HIDDEN_NOTE = f"{HIDDEN}: 1 to 10 people, analysed, missing or on one side of a share."


def change_table(estimate: ChangeEstimate, is_hidden: pd.Series) -> Table:
    """Set out mean changes, one row per group.

    Parameters
    ----------
    estimate : ChangeEstimate
        What ``estimate_change`` gives.
    is_hidden : Series of bool
        Rows of its table whose numbers may not be printed.

    Returns
    -------
    Table
        Due, missing, before, after, change with interval.
    """
    tool = INSTRUMENTS[estimate.instrument]
    rows = []
    for row, hide in zip(estimate.table().to_dict("records"), is_hidden, strict=True):
        name = _group(row, estimate.by)
        if hide or not row["n_analysed"]:
            rows.append((name, *(HIDDEN if hide else "–",) * 6))
            continue
        rows.append(
            (
                name,
                f"{row['n_window_closed']:,}",
                f"{row['n_window_closed'] - row['n_analysed']:,}",
                write_number(row["baseline_mean"], "points"),
                write_number(row["follow_up_mean"], "points"),
                write_number(row["estimate"], "points"),
                write_interval(row["ci_low"], row["ci_high"], "points"),
            )
        )
    first = estimate.table().iloc[0]
    better = "higher" if tool.higher_is_better else "lower"
    notes = [
        f"In {tool.unit}; {better} is better. Due: episodes whose window had closed by the data "
        f"cut. Estimand: {first['estimand']}.",
        *([HIDDEN_NOTE] if is_hidden.any() else []),
    ]
    return Table(
        caption=f"{tool.name} at {first['window']}: change from baseline",
        columns=("Group", "Due", "Without both scores", "Before", "After", "Change", "95% CI"),
        rows=tuple(rows),
        notes=tuple(notes),
    )


def responder_table(estimate: ResponderEstimate, is_hidden: pd.Series) -> Table:
    """Set out shares of responders, one row per criterion and denominator.

    Parameters
    ----------
    estimate : ResponderEstimate
        What ``estimate_responders`` gives.
    is_hidden : Series of bool
        Rows of its table whose numbers may not be printed.

    Returns
    -------
    Table
        Share with Wilson's interval and counts.
    """
    tool = INSTRUMENTS[estimate.instrument]
    rows = []
    for row, hide in zip(estimate.table().to_dict("records"), is_hidden, strict=True):
        label = str(row["label"])
        name = f"{_group(row, estimate.by)}: {label}" if estimate.by else label
        if hide or not row["n"]:
            rows.append((name, str(row["population"]), *(HIDDEN if hide else "–",) * 3))
            continue
        rows.append(
            (
                name,
                str(row["population"]),
                f"{row['n_responders']:,} of {row['n']:,}",
                write_number(row["estimate"], "share"),
                write_interval(row["ci_low"], row["ci_high"], "share"),
            )
        )
    first = estimate.table().iloc[0]
    notes = [
        "A missing score is never counted as no response. All: everyone with both scores. Baseline "
        "allowed: those whose baseline left room for the criterion.",
        *([HIDDEN_NOTE] if is_hidden.any() else []),
    ]
    return Table(
        caption=f"{tool.name} at {first['window']}: who improved, and who got worse",
        columns=("Criterion", "Among", "Count", "Share", "95% CI"),
        rows=tuple(rows),
        alignment=("text", "text", "number", "number", "number"),
        notes=tuple(notes),
    )


def course_figure(course: PainCourse, label: str) -> Figure:
    """Draw the modelled course, with the natural course as context.

    Parameters
    ----------
    course : PainCourse
        What ``fit_pain`` gives.
    label : str
        Whose course; may be empty.

    Returns
    -------
    Figure
        The drawing.
    """
    tool = INSTRUMENTS[course.instrument]
    first, last = course.curve.iloc[0], course.curve.iloc[-1]
    caption = (
        f"Mean {tool.measures} over the first year{f', {label}' if label else ''}, with 95% "
        "confidence band (mixed model; every score is used; missing scores assumed missing at "
        "random)."
    )
    if course.natural is not None:
        caption += (
            " Dashed: the published course of such patients whatever is done (Menezes Costa 2012) "
            "from the same start; context, not a comparison group."
        )
    ax = course.plot()
    ax.set_ylabel(f"{tool.name}, {tool.minimum:g}–{tool.maximum:g}")
    return Figure.from_axes(
        ax,
        caption=caption,
        alt=(
            f"Mean {tool.measures} goes from {write_number(first['estimate'], 'points')} at the "
            f"start to {write_number(last['estimate'], 'points')} in week {last['day'] / 7:.0f}."
        ),
    )


def course_table(course: PainCourse) -> Table:
    """Set out the modelled mean at the planned follow-ups.

    Parameters
    ----------
    course : PainCourse
        What ``fit_pain`` gives.

    Returns
    -------
    Table
        Mean and change since day 0, with intervals.
    """
    tool = INSTRUMENTS[course.instrument]
    rows = [
        (
            f"Day {row['day']:.0f}",
            _with_interval(row["estimate"], row["ci_low"], row["ci_high"]),
            _with_interval(row["change"], row["change_ci_low"], row["change_ci_high"]),
        )
        for row in course.table().to_dict("records")
    ]
    return Table(
        caption=f"{tool.name}: modelled mean and change since day 0 (95% CI)",
        columns=("", "Mean", "Change"),
        rows=tuple(rows),
        notes=(course.message,) if course.message else (),
    )


def _with_interval(value: float, low: float, high: float) -> str:
    if pd.isna(low):
        return write_number(value, "points")
    return f"{write_number(value, 'points')} ({write_interval(low, high, 'points')})"


def _group(row: dict[str, object], by: Sequence[str]) -> str:
    return ", ".join(str(row[name]) for name in by) or "all"
