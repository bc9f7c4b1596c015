"""What may be printed of a mastery estimate: curves and numbers that agree with each other."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from hinge_outcomes.analysis.progression.mastery_result import MasteryEstimate
from hinge_outcomes.reporting.disclosure import HIDDEN, Disclosure
from hinge_outcomes.reporting.measures import Unit, write_interval, write_number

UNKNOWN = "not known"
"""Where nobody was followed long enough for a number."""

NOT_REACHED = "not reached"
"""Where everybody was followed, and so many did not master it."""

_LABELS: dict[str, tuple[str, Unit]] = {
    "probability": ("Mastered by day {day}", "share"),
    "quantile_25_days": ("Day by which a quarter had mastered it", "days"),
    "median_days": ("Day by which half had mastered it", "days"),
    "mean_days_mastered": ("Days of the first {day} with it mastered, on average", "days"),
    "mean_days_unmastered": ("Days of the first {day} without it, on average", "days"),
}

_SHARES = {"quantile_25_days": 0.25, "median_days": 0.5}


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold one printed line.

    Parameters
    ----------
    group : str
        Whose.
    label : str
        What.
    value, interval : str
        As printed.
    """

    group: str
    label: str
    value: str
    interval: str


def printed_curves(estimate: MasteryEstimate, disclosure: Disclosure) -> dict[str, pd.DataFrame]:
    """Merge each group's curve for the audience, exact on the days whose numbers are printed.

    Parameters
    ----------
    estimate : MasteryEstimate
        The estimate.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    dict of str to DataFrame
        By group, in the estimate's order.
    """
    answers = estimate.table()
    days = sorted(answers.loc[answers["quantity"] == "probability", "day"].unique())
    return {
        str(group): disclosure.merged_curve(rows, days)
        for group, rows in estimate.curve().groupby("group", sort=False)
    }


def printed_answers(estimate: MasteryEstimate, disclosure: Disclosure) -> list[Answer]:
    """Write the answers of a mastery estimate so that none gives a small count away.

    A share is printed where those who mastered and those who did not are enough, where no other
    group's number would follow from it and the total, and where the printed curve leaves out none
    or at least 11 events by that day. Days of quantiles are those of the printed curve.

    Parameters
    ----------
    estimate : MasteryEstimate
        The estimate.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    list of Answer
        In the order of the estimate's table.
    """
    curves = printed_curves(estimate, disclosure)
    whole = {str(group): rows for group, rows in estimate.curve().groupby("group", sort=False)}
    counted = estimate.end_counts.groupby("group", sort=False)["n_episodes"].sum()
    sizes = {str(group): int(size) for group, size in counted.items()}
    table = estimate.table()
    shown = {}
    for day, rows in table[table["quantity"] == "probability"].groupby("day"):
        agrees = {
            group: disclosure.shows_day(whole[group], curves[group], float(day)) for group in sizes
        }
        shown[day] = _shown_groups(rows, sizes, agrees, disclosure)
    answers = []
    for row in table.to_dict("records"):
        if row["quantity"] not in _LABELS:
            continue
        group = str(row["group"])
        words, unit = _LABELS[str(row["quantity"])]
        is_hidden = not disclosure.may_show_mean(sizes[group])
        if row["quantity"] == "probability":
            is_hidden |= not shown[row["day"]][group]
        if row["quantity"] in _SHARES and not disclosure.shows_all:
            row = {**row, **_crossing(curves[group], _SHARES[str(row["quantity"])])}
        value, interval = (HIDDEN, "–") if is_hidden else _write(row, unit, table)
        answers.append(Answer(group, words.format(day=f"{row['day']:.0f}"), value, interval))
    return answers


def _shown_groups(
    rows: pd.DataFrame, sizes: dict[str, int], agrees: dict[str, bool], disclosure: Disclosure
) -> dict[str, bool]:
    """Hide groups together, so that a small one does not follow from the others and the total."""
    known = rows.dropna(subset="n_events")
    events = {str(g): int(n) for g, n in zip(known["group"], known["n_events"], strict=True)}
    others = {group: sizes[group] - count for group, count in events.items()}
    verdicts = [agrees, *(disclosure.shown_parts(parts) for parts in (events, others))]
    shown = {group: all(verdict.get(group, True) for verdict in verdicts) for group in sizes}
    spare = sorted((group for group in events if shown[group]), key=lambda group: events[group])
    if list(shown.values()).count(False) == 1 and spare:
        shown[spare[0]] = False
    return shown


def _crossing(curve: pd.DataFrame, share: float) -> dict[str, Any]:
    """Find the day of the printed curve, and of its band, that reaches a share."""

    def first(column: str) -> float:
        days = curve.loc[curve[column] >= share, "day"]
        return float(days.iloc[0]) if len(days) else float("nan")

    return {"estimate": first("estimate"), "ci_low": first("ci_high"), "ci_high": first("ci_low")}


def _write(row: dict[Any, Any], unit: Unit, table: pd.DataFrame) -> tuple[str, str]:
    if pd.isna(row["estimate"]):
        same = table[(table["group"] == row["group"]) & (table["quantity"] == "mean_days_mastered")]
        is_followed = bool(same["estimate"].notna().any())
        is_quantile = row["quantity"] in _SHARES
        return (NOT_REACHED if is_quantile and is_followed else UNKNOWN), "–"
    low, high = row["ci_low"], row["ci_high"]
    if pd.isna(low):
        return write_number(row["estimate"], unit), "–"
    if pd.isna(high):
        return write_number(row["estimate"], unit), f"{write_number(low, unit)} to {NOT_REACHED}"
    return write_number(row["estimate"], unit), write_interval(low, high, unit)
