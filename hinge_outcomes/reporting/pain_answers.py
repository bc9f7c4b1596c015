"""What a page shows of pain in depth: differences, completion, missing scores, stages."""

from typing import Literal

import numpy as np

from hinge_outcomes.analysis.pain.by_stage import fit_pain_by_stage
from hinge_outcomes.analysis.pain.change_result import ChangeEstimate
from hinge_outcomes.analysis.pain.clinician_effects import estimate_clinician_effects
from hinge_outcomes.analysis.pain.completion import COMPLETED, CompletionRates
from hinge_outcomes.analysis.pain.missing_result import AVAILABLE, SHIFTED, MissingAnalysis
from hinge_outcomes.analysis.pain.response_times import ResponseTimes
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.exceptions import NotIdentifiableError
from hinge_outcomes.reporting.blocks import Figure, Notice, Table
from hinge_outcomes.reporting.disclosure import HIDDEN, Disclosure, hidden_notes
from hinge_outcomes.reporting.measures import TOO_FEW, write_interval, write_number


def difference_table(estimate: ChangeEstimate, disclosure: Disclosure) -> Table | Notice:
    """Set out how groups differ in their change, adjusted as the estimate is.

    Parameters
    ----------
    estimate : ChangeEstimate
        An estimate by groups.
    disclosure : Disclosure
        The audience's rules: a difference is shown where both means are.

    Returns
    -------
    Table or Notice
        One row per group but the first; a notice where nothing may be shown.
    """
    table = estimate.table()
    words = [", ".join(str(row[name]) for name in estimate.by) for row in table.to_dict("records")]
    enough = {
        word for word, n in zip(words, table["n_analysed"], strict=True)
        if disclosure.may_show_mean(int(n))
    }  # fmt: skip
    rows = []
    for row in estimate.differences().to_dict("records"):
        if {row["group"], row["reference"]} <= enough:
            cells = _points(row["estimate"], row["ci_low"], row["ci_high"])
            rows.append((f"{row['group']} less {row['reference']}", *cells))
    if not rows:
        return Notice(f"No differences between groups: {TOO_FEW}.")
    alike = f"As if all groups had the same {' and '.join(map(_plain, estimate.adjust))}. "
    return Table(
        caption=f"{INSTRUMENTS[estimate.instrument].name}: differences in change between groups",
        columns=("Groups", "Difference", "95% CI"),
        rows=tuple(rows),
        notes=(
            f"{alike if estimate.adjust else ''}Groups differ in more than this; it is a "
            "description and no effect.",
        ),
    )


def completion_table(rates: CompletionRates, disclosure: Disclosure) -> Table:
    """Set out how many of those due have a score.

    Parameters
    ----------
    rates : CompletionRates
        What ``describe_completion`` gives.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Table
        One row per follow-up.
    """
    table = rates.table()
    rows = []
    for row in table[table["rate"] == COMPLETED].to_dict("records"):
        may_show = disclosure.may_show_share(int(row["n_scores"]), int(row["n"]))
        cells = (HIDDEN, HIDDEN)
        if may_show and row["n"]:
            interval = write_interval(row["ci_low"], row["ci_high"], "share")
            cells = write_number(row["estimate"], "share"), interval
        rows.append((f"{row['window'][0].upper()}{row['window'][1:]}", *cells))
    return Table(
        caption=f"{INSTRUMENTS[rates.instrument].name}: scores there are, of those due",
        columns=("Follow-up", "With a score", "95% CI"),
        rows=tuple(rows),
        notes=(
            "Due: the window had closed by the data cut, whatever had become of the episode.",
            *hidden_notes(rows),
        ),
    )


def response_time_table(times: ResponseTimes, disclosure: Disclosure) -> Table:
    """Set out how many have responded by each follow-up.

    Parameters
    ----------
    times : ResponseTimes
        What ``estimate_time_to_response`` gives, without groups.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Table
        One row per day that enough people were followed to.
    """
    rows = []
    for row in times.table().to_dict("records"):
        if row["quantity"] != "share":
            continue
        enough = disclosure.may_show_mean(int(row["n_at_risk"])) and disclosure.may_show_share(
            int(row["n_events"]), int(row["n"])
        )
        cells = (HIDDEN, HIDDEN)
        if enough:
            interval = write_interval(row["ci_low"], row["ci_high"], "share")
            cells = write_number(row["estimate"], "share"), interval
        rows.append((f"Day {row['day']:.0f}", *cells))
    confirmed = " that the next score confirms" if times.is_confirmed else ""
    return Table(
        caption=f"{INSTRUMENTS[times.instrument].name}: share with a first response{confirmed}",
        columns=("By", "Responded", "95% CI"),
        rows=tuple(rows),
        notes=(
            "By the smallest important change; a response is dated at the score that shows it, and "
            "days are those on which the windows of the follow-ups close.",
            *hidden_notes(rows),
        ),
    )


def missing_table(analysis: MissingAnalysis, disclosure: Disclosure) -> Table | Notice:
    """Set out the mean change under each assumption about missing scores.

    Parameters
    ----------
    analysis : MissingAnalysis
        What ``analyse_missing`` gives.
    disclosure : Disclosure
        The audience's rules: both scores must be there, and missing, for enough people.

    Returns
    -------
    Table or Notice
        One row per method; a notice where too few have both scores.
    """
    if not disclosure.may_show_share(analysis.n_seen, analysis.n_due):
        return Notice(f"Missing scores are not looked into: {TOO_FEW}.")
    rows = []
    for row in analysis.table().to_dict("records"):
        if not np.isfinite(row["estimate"]):
            continue
        name = str(row["method"])
        if name == SHIFTED:
            name = f"Those lost are worse by {row['delta']:g}"
        cells = _points(row["estimate"], row["ci_low"], row["ci_high"])
        rows.append((f"{name[0].upper()}{name[1:]}", str(row["assumes"]), *cells))
    tool = INSTRUMENTS[analysis.instrument]
    tipping = (
        f"It passes {_hundredths(analysis.threshold)} if those lost are worse than "
        f"comparable patients by {analysis.tipping_delta:.1f} {tool.unit}."
        if np.isfinite(analysis.tipping_delta)
        else "No difference tried moves it out of the interval by imputation."
    )
    return Table(
        caption=f"{tool.name}: mean change, by what is assumed of missing scores",
        columns=("Method", "Those without a score are …", "Change", "95% CI"),
        rows=tuple(rows),
        alignment=("text", "text", "number", "number"),
        notes=(f"{tipping} None of the assumptions can be checked in the records.",),
    )


def missing_figure(analysis: MissingAnalysis, disclosure: Disclosure) -> Figure | Notice:
    """Draw the mean change against how much worse those lost are.

    Parameters
    ----------
    analysis : MissingAnalysis
        What ``analyse_missing`` gives.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Figure or Notice
        The drawing.
    """
    if not disclosure.may_show_share(analysis.n_seen, analysis.n_due):
        return Notice(f"No picture of missing scores: {TOO_FEW}.")
    curve = analysis.by_delta()
    first, last = (_hundredths(float(curve["estimate"].iloc[k])) for k in (0, -1))
    available = analysis.table().set_index("method").loc[AVAILABLE, "estimate"]
    return Figure.from_axes(
        analysis.plot(),
        caption=(
            "Mean change by how much worse those lost are than comparable patients; dashed: "
            "available cases and weighting."
        ),
        alt=(
            f"From {first} if those lost are like comparable patients to {last} at the largest "
            f"difference drawn; available cases give {_hundredths(float(available))}."
        ),
    )


def stage_table(cohort: Cohort, instrument: str, disclosure: Disclosure) -> Table | Notice:
    """Set out how scores in care differ with the stage and around mastery.

    Parameters
    ----------
    cohort : Cohort
        The records.
    instrument : str
        Code of the instrument.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Table or Notice
        One row per term; a notice where stages or scores in care are not there.
    """
    try:
        found = fit_pain_by_stage(cohort, instrument)
    except NotIdentifiableError:
        return Notice("Pain by stage is not told: too few scores in care at more than one stage.")
    if not disclosure.may_show_mean(found.n_episodes):
        return Notice(f"Pain by stage is not told: {TOO_FEW}.")
    rows = [
        (str(row["question"]).capitalize(), str(row["term"]),
         *(_points(row["estimate"], row["ci_low"], row["ci_high"])
           if disclosure.may_show_mean(int(row["n"])) else (HIDDEN, HIDDEN)))
        for row in found.table().to_dict("records")
    ]  # fmt: skip
    return Table(
        caption=f"{INSTRUMENTS[instrument].name} in care, by stage and around its mastery",
        columns=("Question", "Set against the same time since the start", "Difference", "95% CI"),
        rows=tuple(rows),
        alignment=("text", "text", "number", "number"),
        notes=(
            "Associations: who is better moves up, as well as the other way round.",
            *hidden_notes(rows),
        ),
    )


def clinician_share_table(
    cohort: Cohort, instrument: str, at_day: int, disclosure: Disclosure
) -> Table | Notice:
    """Set out how much of improvement lies between clinicians and clinics; nobody is named.

    Parameters
    ----------
    cohort : Cohort
        The records.
    instrument : str
        Code of the instrument.
    at_day : int
        Planned follow-up.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Table or Notice
        Shares of variance by level; a notice with one clinic, which has no network to compare with.
    """
    try:
        effects = estimate_clinician_effects(cohort, instrument, at_day)
    except NotIdentifiableError:
        return Notice(
            "Risk-adjusted effects of clinicians are not told: they need the model of a network of "
            "two clinics or more, with clinicians in each."
        )
    table = effects.table()
    if not disclosure.may_show_mean(int(table["n_episodes"].iloc[0])):
        return Notice(f"Effects of clinicians are not told: {TOO_FEW}.")
    rows = []
    for row in table.to_dict("records"):
        is_share = str(row["quantity"]).startswith("ICC")
        unit: Literal["share", "points"] = "share" if is_share else "points"
        interval = (
            write_interval(row["ci_low"], row["ci_high"], unit)
            if np.isfinite(row["ci_high"]) and np.isfinite(row["ci_low"])
            else "–"
        )
        rows.append(
            (f"{str(row['level']).capitalize()}s", str(row["quantity"]),
             write_number(row["estimate"], unit), interval)
        )  # fmt: skip
    return Table(
        caption="How much of the improvement, case mix allowed for, lies between those who treat",
        columns=("Level", "Quantity", "Estimate", "95% CI"),
        rows=tuple(rows),
        alignment=("text", "text", "number", "number"),
        notes=("It is no ranking. ICC: share of the variance; below zero it is none.",),
    )


def _points(estimate: float, low: float, high: float) -> tuple[str, str]:
    """Write a difference with its interval to hundredths: these differ by less than a tenth."""
    interval = f"{_hundredths(low)} to {_hundredths(high)}" if np.isfinite(low) else "–"
    return _hundredths(estimate), interval


def _hundredths(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _plain(name: str) -> str:
    return name.replace("_", " ")
