"""What a page shows of analyses of progression: differences, loss, checks, sensitivity."""

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.clinician_result import ClinicianRates
from hinge_outcomes.analysis.progression.hazards_result import HazardsFit
from hinge_outcomes.analysis.progression.loss_result import LossAnalysis
from hinge_outcomes.analysis.progression.markov_property import MarkovProperty
from hinge_outcomes.analysis.progression.mastery_result import MasteryEstimate
from hinge_outcomes.analysis.progression.mastery_sensitivity import MasterySensitivity
from hinge_outcomes.analysis.progression.visit_process import VisitProcess
from hinge_outcomes.reporting.blocks import Figure, Notice, Table
from hinge_outcomes.reporting.disclosure import HIDDEN, Disclosure, hidden_notes
from hinge_outcomes.reporting.mastery_answers import printed_answers
from hinge_outcomes.reporting.measures import TOO_FEW, write_interval, write_number

_DIFFERENCES = {
    "probability": ("Mastered by day {day}", "Mastered by day {day}, points"),
    "mean_days_mastered": (
        "Days of the first {day} with it mastered, on average",
        "Days of the first {day} with it mastered",
    ),
}
"""What is compared: as it is called among the answers, and here."""


def difference_table(estimate: MasteryEstimate, disclosure: Disclosure) -> Table | Notice:
    """Set out how groups differ in mastery.

    Parameters
    ----------
    estimate : MasteryEstimate
        An estimate by groups.
    disclosure : Disclosure
        The audience's rules: a difference is shown where the answers of both groups are.

    Returns
    -------
    Table or Notice
        One row per group but the first, and quantity; a notice where nothing may be shown.
    """
    shown = {
        (one.group, one.label)
        for one in printed_answers(estimate, disclosure)
        if one.value != HIDDEN
    }
    rows = []
    for row in estimate.differences().itertuples():
        if row.quantity not in _DIFFERENCES:
            continue
        label, words = (text.format(day=f"{row.day:.0f}") for text in _DIFFERENCES[row.quantity])
        if {(row.group, label), (row.reference, label)} <= shown:
            factor = 100.0 if row.quantity == "probability" else 1.0
            cells = _whole(factor * row.estimate, factor * row.ci_low, factor * row.ci_high)
            rows.append((f"{row.group} less {row.reference}", words, *cells))
    if not rows:
        return Notice(f"No differences between groups: {TOO_FEW}.")
    return Table(
        caption="Differences between groups, from one joint estimate",
        columns=("Groups", "Quantity", "Difference", "95% CI"),
        rows=tuple(rows),
        alignment=("text", "text", "number", "number"),
        notes=("Patients in both groups count in both; the interval allows for it.",),
    )


def sensitivity_table(analysis: MasterySensitivity, day: int, disclosure: Disclosure) -> Table:
    """Set out the share mastered by one day under every assumption.

    Parameters
    ----------
    analysis : MasterySensitivity
        What ``analyse_mastery_sensitivity`` gives.
    day : int
        By when; one of those the estimates report.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Table
        One row per assumption.
    """
    rows = []
    for (varied, assumption), estimate in analysis.estimates.items():
        wanted = f"Mastered by day {day}"
        found = [one for one in printed_answers(estimate, disclosure) if one.label == wanted]
        value, interval = (found[0].value, found[0].interval) if found else ("–", "–")
        rows.append((f"{varied[0].upper()}{varied[1:]}: {assumption}", value, interval))
    return Table(
        caption=f"Mastered by day {day}, one assumption changed at a time",
        columns=("Assumption", "Estimate", "95% CI"),
        rows=tuple(rows),
        notes=hidden_notes(rows),
    )


def hazards_table(fit: HazardsFit, disclosure: Disclosure) -> Table:
    """Set out hazard ratios per kind of move.

    Parameters
    ----------
    fit : HazardsFit
        What ``fit_hazards`` gives.
    disclosure : Disclosure
        The audience's rules: a model needs 0 or at least 11 moves.

    Returns
    -------
    Table
        One row per kind and term.
    """
    rows = []
    for row in fit.table().itertuples():
        may_show = disclosure.may_show_count(int(row.n_events))
        cells = _ratio(row.estimate, row.ci_low, row.ci_high) if may_show else (HIDDEN, "–")
        rows.append((str(row.transition), _term(row.term), *cells))
    return Table(
        caption="Hazard ratios: what a unit, or a level, multiplies the rate of a move by",
        columns=("Move", "Term", "Hazard ratio", "95% CI"),
        rows=tuple(rows),
        alignment=("text", "text", "number", "number"),
        notes=hidden_notes(rows),
    )


def loss_table(analysis: LossAnalysis, disclosure: Disclosure) -> Table:
    """Set out mastery under three answers to what became of those lost.

    Parameters
    ----------
    analysis : LossAnalysis
        What ``analyse_loss`` gives.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Table
        One row per estimand and day.
    """
    table = analysis.table()
    rows = []
    for row in table.itertuples():
        counted = analysis.n_analysed if row.estimand == "while in care" else analysis.n_followed
        may_show = pd.notna(row.n_events) and disclosure.may_show_share(int(row.n_events), counted)
        cells = ("–", "–") if pd.isna(row.estimate) else (HIDDEN, "–")
        if may_show and pd.notna(row.estimate):
            interval = write_interval(row.ci_low, row.ci_high, "share")
            cells = write_number(row.estimate, "share"), interval
        tipping = f"{row.tipping_delta:.2f}" if may_show and pd.notna(row.tipping_delta) else "–"
        label = f"{row.estimand[0].upper()}{row.estimand[1:]}"
        if row.estimand == "after-loss assumption":
            label += f" (pace after loss × {row.delta:g})"
        rows.append((label, f"{row.day:.0f}", *cells, tipping))
    return Table(
        caption="What became of those lost: three answers",
        columns=("Estimand", "By day", "Mastered", "95% CI", "Tipping point"),
        rows=tuple(rows),
        notes=(
            "Tipping point: the pace after loss, as a multiple of that of comparable patients in "
            "care, below which the answer leaves the interval of “if nobody were lost”.",
            *hidden_notes(rows),
        ),
    )


def loss_figure(analysis: LossAnalysis, disclosure: Disclosure) -> Figure | Notice:
    """Draw the answer against the assumption about those lost.

    Parameters
    ----------
    analysis : LossAnalysis
        What ``analyse_loss`` gives.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Figure or Notice
        The drawing, for the last day asked about.
    """
    last = analysis.table().dropna(subset=["estimate"])
    if last.empty:
        return Notice("No picture of loss: nobody was followed so long.")
    row = last.iloc[-1]
    if not disclosure.may_show_share(int(row["n_events"]), analysis.n_followed):
        return Notice(f"No picture of loss: {TOO_FEW}.")
    grid = analysis.by_delta()
    grid = grid[grid["day"] == row["day"]]
    low, high = (write_number(float(value), "share") for value in grid["estimate"].iloc[[0, -1]])
    return Figure.from_axes(
        analysis.plot(),
        caption=(
            f"Share mastered by day {row['day']:.0f} by how fast those lost are assumed to go on "
            "learning, as a multiple of comparable patients in care."
        ),
        alt=f"From {low} if those lost learn nothing more to {high} at the fastest pace drawn.",
    )


def checks_table(
    markov: MarkovProperty, visits: VisitProcess, hazards: HazardsFit, disclosure: Disclosure
) -> Table:
    """Set out the tests of what the models assume.

    Parameters
    ----------
    markov : MarkovProperty
        What ``analyse_markov_property`` gives.
    visits : VisitProcess
        What ``analyse_visit_process`` gives.
    hazards : HazardsFit
        What ``fit_hazards`` gives.
    disclosure : Disclosure
        The audience's rules: a test needs 0 or at least 11 events.

    Returns
    -------
    Table
        One row per test, with what a small p-value means.
    """
    whole = markov.table().iloc[-1]
    asked = [
        (
            "What comes next depends on the present stage and day alone",
            float(whole["p_value"]),
            int(whole["n_events"]),
            "predictions from a stage need a landmark",
        )
    ]
    for row in visits.table().itertuples():
        asked.append(
            (
                f"Early visits are like others: {row.question}",
                float(row.p_value),
                int(row.n_events) if pd.notna(row.n_events) else 0,
                "visits come when something happened; panel models lean on that not being so",
            )
        )
    tested = hazards.proportional_hazards_test()
    for row in tested[tested["term"].str.lower() == "global"].itertuples():
        asked.append(
            (
                f"Hazard ratios stay the same over time: {row.transition}",
                float(row.p_value),
                0,
                "a hazard ratio is an average over time",
            )
        )
    rows = [
        (name, _p_value(p) if disclosure.may_show_count(events) else HIDDEN, meaning)
        for name, p, events, meaning in asked
    ]
    return Table(
        caption="Checks of the assumptions",
        columns=("Assumption", "p", "If small"),
        rows=tuple(rows),
        alignment=("text", "number", "text"),
        notes=("With thousands of visits a small p may stand for a small departure.",),
    )


def clinicians_table(rates: ClinicianRates) -> Table:
    """Set out how much clinicians and clinics differ in how fast their patients progress.

    Parameters
    ----------
    rates : ClinicianRates
        What ``fit_clinician_rates`` gives.

    Returns
    -------
    Table
        Spread and median rate ratio by level; nobody is named or can be.
    """
    words = {
        "sd_log_rate": "SD of log rates",
        "median_rate_ratio": "Median rate ratio of two at random",
        "sd_pace": "SD of the pace of episodes",
    }
    rows = []
    for row in rates.table().itertuples():
        interval = f"{row.ci_low:.2f} to {row.ci_high:.2f}" if np.isfinite(row.ci_high) else "–"
        level = f"{row.level[0].upper()}{row.level[1:]}s"
        rows.append((level, words[row.quantity], f"{row.estimate:.2f}", interval))
    return Table(
        caption="How much clinicians and clinics differ in the pace of moving up",
        columns=("Level", "Quantity", "Estimate", "95% CI"),
        rows=tuple(rows),
        alignment=("text", "text", "number", "number"),
        notes=("Case mix and time at the stage are allowed for. It is no ranking.",),
    )


def _whole(estimate: float, low: float, high: float) -> tuple[str, str]:
    if not np.isfinite(estimate):
        return "–", "–"
    interval = write_interval(low, high, "days") if np.isfinite(low) else "–"
    return write_number(estimate, "days"), interval


def _term(name: str) -> str:
    """Write a level of a covariate as a reader would: duration: chronic."""
    return name.replace("[T.", ": ").replace("[", ": ").rstrip("]").replace("_", " ")


def _ratio(estimate: float, low: float, high: float) -> tuple[str, str]:
    if not np.isfinite(estimate):
        return "–", "–"
    interval = f"{np.exp(low):.2f} to {np.exp(high):.2f}" if np.isfinite(low) else "–"
    return f"{np.exp(estimate):.2f}", interval


def _p_value(p: float) -> str:
    if not np.isfinite(p):
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
