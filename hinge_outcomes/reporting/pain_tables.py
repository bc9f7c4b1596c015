"""Tables and the figure of pain results: change, responders, and the modelled course."""

from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd

from hinge_outcomes.analysis.pain.change_result import ChangeEstimate
from hinge_outcomes.analysis.pain.course import PainCourse
from hinge_outcomes.analysis.pain.responders import ResponderEstimate
from hinge_outcomes.domain.follow_up import WINDOWS
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.reporting.blocks import Figure, Notice, Prose, Table
from hinge_outcomes.reporting.disclosure import HIDDEN, Disclosure, hidden_notes
from hinge_outcomes.reporting.measures import TOO_FEW, write_interval, write_number

_EVERYBODY = "all"

_YEAR_END = 364
"""The picture is of the first year."""

_NOTHING_TO_SAY = "Converged."
"""What a fit says when it met nothing worth a reader's time."""

_COURSE_INCHES = 2.8
"""Low enough to stand on one page with the table by follow-up."""


def change_table(estimate: ChangeEstimate, disclosure: Disclosure) -> Table:
    """Set out mean changes, one row per group.

    Parameters
    ----------
    estimate : ChangeEstimate
        What ``estimate_change`` gives.
    disclosure : Disclosure
        The audience's rules: a mean needs 11 people; numbers missing are hidden together.

    Returns
    -------
    Table
        Due, missing, before, after, change with interval.
    """
    tool = INSTRUMENTS[estimate.instrument]
    records = estimate.table().to_dict("records")
    names = [_group(row, estimate.by) for row in records]
    missing = {
        name: row["n_window_closed"] - row["n_analysed"]
        for name, row in zip(names, records, strict=True)
    }
    due = {name: row["n_window_closed"] for name, row in zip(names, records, strict=True)}
    shows_missing, shows_due = disclosure.shown_parts(missing), disclosure.shown_parts(due)
    rows = []
    for name, row in zip(names, records, strict=True):
        counts = (
            f"{due[name]:,}" if shows_due[name] else HIDDEN,
            f"{missing[name]:,}" if shows_missing[name] and shows_due[name] else HIDDEN,
        )
        if not row["n_analysed"]:
            means = ("–",) * 4
        elif not disclosure.may_show_mean(row["n_analysed"]):
            means = (HIDDEN,) * 4
        else:
            means = (
                write_number(row["baseline_mean"], "points"),
                write_number(row["follow_up_mean"], "points"),
                write_number(row["estimate"], "points"),
                write_interval(row["ci_low"], row["ci_high"], "points"),
            )
        rows.append((name, *counts, *means))
    first = records[0]
    better = "higher" if tool.higher_is_better else "lower"
    notes = [
        f"In {tool.unit}; {better} is better. Due: episodes whose window had closed by the data "
        "cut. Before and after: means of those with both scores. Estimand: "
        f"{first['estimand']}.",
        *hidden_notes(rows),
    ]
    return Table(
        caption=f"{tool.name} at {first['window']}: change from baseline",
        columns=("Group", "Due", "Without both scores", "Before", "After", "Change", "95% CI"),
        rows=tuple(rows),
        notes=tuple(notes),
    )


def change_statement(estimate: ChangeEstimate, disclosure: Disclosure) -> Prose:
    """Say the mean change without a count.

    Parameters
    ----------
    estimate : ChangeEstimate
        One group or several.
    disclosure : Disclosure
        The audience's rules; the clinic's own desk reads the result's own paragraph.

    Returns
    -------
    Prose
        Changes with their intervals; what is hidden is left out.
    """
    if disclosure.shows_all:
        return Prose(estimate.summary())
    tool = INSTRUMENTS[estimate.instrument]
    rows = [row for row in change_table(estimate, disclosure).rows if row[5] not in (HIDDEN, "–")]
    told = "; ".join(
        f"{'' if row[0] == _EVERYBODY else f'{row[0]}: '}from {row[3]} to {row[4]}, a change of "
        f"{row[5]} {tool.unit} (95% CI {row[6]})"
        for row in rows
    )
    return Prose(
        f"Mean {tool.measures} ({tool.name}) goes {told}. A change is not an effect of treatment: "
        "natural course and regression to the mean are part of it."
        if rows
        else f"No number can be given: {TOO_FEW}."
    )


def course_statement(course: PainCourse, disclosure: Disclosure) -> Prose:
    """Say the modelled course without a count.

    Parameters
    ----------
    course : PainCourse
        What ``fit_pain`` gives.
    disclosure : Disclosure
        The audience's rules; the clinic's own desk reads the result's own paragraph.

    Returns
    -------
    Prose
        Mean at the start and changes at the planned follow-ups.
    """
    if disclosure.shows_all:
        return Prose(course.summary())
    tool = INSTRUMENTS[course.instrument]
    first, *later = [row for row in course_table(course, disclosure).rows if HIDDEN not in row] or [
        ("", "", "")
    ]
    if not later:
        return Prose(f"No number can be given: {TOO_FEW}.")
    changes = "; ".join(f"{change} by {day[0].lower()}{day[1:]}" for day, _, change in later)
    return Prose(
        f"Modelled mean {tool.measures} is {first[1]} at the start; the change is {changes} (95% "
        "CI). Missing scores are assumed missing at random given the scores there are."
    )


def responder_table(estimate: ResponderEstimate, disclosure: Disclosure) -> Table:
    """Set out shares of responders, one row per criterion and denominator.

    Parameters
    ----------
    estimate : ResponderEstimate
        What ``estimate_responders`` gives.
    disclosure : Disclosure
        The audience's rules: a share needs 11 people on both sides; its counts are printed only
        where the number left out may be known too.

    Returns
    -------
    Table
        Share with Wilson's interval and counts.
    """
    tool = INSTRUMENTS[estimate.instrument]
    records = estimate.table().to_dict("records")
    counts = {
        (_group(row, estimate.by), row["criterion"], row["population"]): row for row in records
    }
    rows = []
    for row in records:
        label = str(row["label"])
        name = f"{_group(row, estimate.by)}: {label}" if estimate.by else label
        among = str(row["population"])
        if not row["n"]:
            rows.append((name, among, "–", "–", "–"))
            continue
        group = _group(row, estimate.by)
        nested = [
            counts.get((group, *other)) for other in _beside(row["criterion"], row["population"])
        ]
        if not disclosure.may_show_share(row["n_responders"], row["n"]) or not all(
            _may_stand_beside(row, other, disclosure) for other in nested if other is not None
        ):
            rows.append((name, among, HIDDEN, HIDDEN, HIDDEN))
            continue
        left_out = (row["n_window_closed"] - row["n_analysed"], row["n_analysed"] - row["n"])
        may_count = all(disclosure.may_show_count(count) for count in left_out)
        rows.append(
            (
                name,
                among,
                f"{row['n_responders']:,} of {row['n']:,}" if may_count else HIDDEN,
                write_number(row["estimate"], "share"),
                write_interval(row["ci_low"], row["ci_high"], "share"),
            )
        )
    first = estimate.table().iloc[0]
    notes = [
        "A missing score is never counted as no response. All: everyone with both scores. Baseline "
        "allowed: those whose baseline left room for the criterion.",
        *hidden_notes(rows),
    ]
    return Table(
        caption=f"{tool.name} at {first['window']}: who improved, and who got worse",
        columns=("Criterion", "Among", "Count", "Share", "95% CI"),
        rows=tuple(rows),
        alignment=("text", "text", "number", "number", "number"),
        notes=tuple(notes),
    )


def _beside(criterion: str, population: str) -> list[tuple[str, str]]:
    """Name the printed shares from which this one differs by a group of its own."""
    beside = [(criterion, "all")] if population != "all" else []
    if criterion == "both":
        beside += [("mic", population), ("relative", population)]
    if criterion == "deteriorated":
        beside += [("mic", population)]
    return beside


def _may_stand_beside(
    row: dict[Hashable, Any], other: dict[Hashable, Any], disclosure: Disclosure
) -> bool:
    """Tell whether the people between two shares are none or enough."""
    if row["criterion"] == "deteriorated" and other["criterion"] == "mic":
        unchanged = row["n"] - row["n_responders"] - other["n_responders"]
        return disclosure.may_show_count(int(max(unchanged, 0)))
    return all(
        disclosure.may_show_count(abs(int(row[name] - other[name])))
        for name in ("n_responders", "n")
    )


def course_figure(course: PainCourse, label: str, disclosure: Disclosure) -> Figure | Notice:
    """Draw the modelled course, with the natural course as context.

    Parameters
    ----------
    course : PainCourse
        What ``fit_pain`` gives.
    label : str
        Whose course; may be empty.
    disclosure : Disclosure
        The audience's rules: the curve ends with the last follow-up that enough people answered.

    Returns
    -------
    Figure or Notice
        The drawing, or a sentence where too few answered.
    """
    curve = course.curve[course.curve["day"] <= _last_shown_day(course, disclosure)]
    if len(curve) < 2:
        return Notice(f"No course: {TOO_FEW}.")
    tool = INSTRUMENTS[course.instrument]
    first, last = curve.iloc[0], curve.iloc[-1]
    caption = (
        f"Mean {tool.measures} over the first year{f', {label}' if label else ''}, with 95% "
        "confidence band (mixed model; every score is used; missing scores assumed missing at "
        "random)."
    )
    natural = course.natural
    if natural is not None:
        natural = natural[natural["day"] <= last["day"]]
        caption += (
            " Dashed: the published course of such patients whatever is done (Menezes Costa 2012) "
            "from the same start. They are other patients in other places: to lie above or below "
            "the line is no verdict on the care."
        )
    from hinge_outcomes.plotting import draw_pain_trajectory, new_axes

    ax = draw_pain_trajectory(curve, new_axes(height=_COURSE_INCHES), natural)
    ax.set_ylabel(f"{tool.name}, {tool.minimum:g}–{tool.maximum:g}")
    return Figure.from_axes(
        ax,
        caption=caption,
        alt=(
            f"Mean {tool.measures} goes from {write_number(first['estimate'], 'points')} at the "
            f"start to {write_number(last['estimate'], 'points')} in week {last['day'] / 7:.0f}."
        ),
    )


def course_table(course: PainCourse, disclosure: Disclosure) -> Table:
    """Set out the modelled mean at the planned follow-ups.

    Parameters
    ----------
    course : PainCourse
        What ``fit_pain`` gives.
    disclosure : Disclosure
        The audience's rules: a follow-up that few people answered is hidden.

    Returns
    -------
    Table
        Mean and change since day 0, with intervals.
    """
    tool = INSTRUMENTS[course.instrument]
    rows = []
    for row in course.table().to_dict("records"):
        cells = (
            _with_interval(row["estimate"], row["ci_low"], row["ci_high"]),
            _with_interval(row["change"], row["change_ci_low"], row["change_ci_high"]),
        )
        is_shown = disclosure.may_show_mean(int(row["n_patients"]))
        rows.append((f"Day {row['day']:.0f}", *(cells if is_shown else (HIDDEN, HIDDEN))))
    return Table(
        caption=f"{tool.name}: modelled mean and change since day 0 (95% CI)",
        columns=("Follow-up", "Mean", "Change"),
        rows=tuple(rows),
        notes=(
            *([course.message] if course.message not in ("", _NOTHING_TO_SAY) else []),
            *hidden_notes(rows),
        ),
    )


def _last_shown_day(course: PainCourse, disclosure: Disclosure) -> float:
    """Find where the curve ends: with the last follow-up that enough people answered."""
    if disclosure.shows_all:
        return _YEAR_END
    enough = [
        row["day"]
        for row in course.table().to_dict("records")
        if disclosure.may_show_mean(int(row["n_patients"]))
    ]
    last = max((WINDOWS[day].last_day if day in WINDOWS else day for day in enough), default=-1)
    return min(last, _YEAR_END)


def _with_interval(value: float, low: float, high: float) -> str:
    if pd.isna(low):
        return write_number(value, "points")
    return f"{write_number(value, 'points')} ({write_interval(low, high, 'points')})"


def _group(row: dict[Hashable, Any], by: Sequence[str]) -> str:
    return ", ".join(str(row[name]) for name in by) or _EVERYBODY
