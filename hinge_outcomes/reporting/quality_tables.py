"""The tables of the data-quality page: totals, volumes, delays, episodes, questions, warnings."""

import pandas as pd

from hinge_outcomes.cohort.findings import Findings
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.quality import COMPLETENESS, ENOUGH_TO_ASK, PLAUSIBILITY, Quality
from hinge_outcomes.cohort.timeliness import CLOSED_LATE, DUE_NOW, OPEN_SILENT, STALE_DAYS
from hinge_outcomes.reporting.blocks import Bullets, Prose, Table
from hinge_outcomes.reporting.disclosure import HIDDEN, Disclosure, hidden_notes
from hinge_outcomes.reporting.measures import write_number
from hinge_outcomes.reporting.quality_cells import (
    EARLIER,
    may_show_row,
    recent_quarters,
    write_part,
    write_row,
)

_VOLUMES = ["n_episodes", "n_visits", "n_ratings", "n_scores"]


def completeness_table(quality: Quality, disclosure: Disclosure) -> Table:
    """Set out what is there, over all clinics and quarters.

    Parameters
    ----------
    quality : Quality
        What ``describe_quality`` gives.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Table
        One row per item.
    """
    totals = quality.totals()
    totals = totals[totals["theme"] == COMPLETENESS]
    rows = [
        (f"{row['group']}: {row['label']}", row["unit"], write_row(row, disclosure))
        for _, row in totals.iterrows()
    ]
    return Table(
        caption="What is there, over all quarters",
        columns=("Item", "Counted in", "There"),
        rows=tuple(rows),
        alignment=("text", "text", "number"),
        notes=hidden_notes(rows),
    )


def volume_table(quality: Quality, cohort: Cohort, disclosure: Disclosure) -> Table:
    """Set out how much was recorded for each episode.

    Parameters
    ----------
    quality : Quality
        What ``describe_quality`` gives.
    cohort : Cohort
        The records, which know whether visits and stages were recorded at all.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Table
        One row per quarter of the start.
    """
    volumes = recent_quarters(quality.volumes, [], _VOLUMES)
    keys = list(volumes["quarter"])
    shown = disclosure.shown_parts(dict(zip(keys, map(int, volumes["n_episodes"]), strict=True)))
    rows = [
        (
            row.quarter if row.quarter != EARLIER else "Earlier",
            f"{row.n_episodes:,}" if shown[row.quarter] else HIDDEN,
            *(
                _per(amount, base, row.n_episodes, is_recorded, disclosure)
                for amount, base, is_recorded in (
                    (row.n_visits, row.n_episodes, bool(cohort.has_visits)),
                    (row.n_ratings, row.n_visits, cohort.has_stages and bool(cohort.has_visits)),
                    (row.n_scores, row.n_episodes, True),
                )
            ),
        )
        for row in volumes.itertuples(index=False)
    ]
    return Table(
        caption="How much was recorded, by quarter of the start",
        columns=("Quarter", "Episodes", "Visits each", "Ratings per visit", "Scores each"),
        rows=tuple(rows),
        notes=(
            "Attended visits only. Episodes of the last quarters are still under way, so they have "
            "fewer of everything.",
            *hidden_notes(rows),
        ),
    )


def delay_table(quality: Quality, disclosure: Disclosure) -> list[Table]:
    """Set out how near to its day each follow-up was measured, and what can still be had.

    Parameters
    ----------
    quality : Quality
        What ``describe_quality`` gives.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    list of Table
        One, or none where no score was recorded.
    """
    delays = quality.delays[quality.delays["clinic_id"].isna()]
    if delays.empty:
        return []
    due = quality.totals().set_index("name")
    rows = []
    for row in delays.itertuples(index=False):
        is_shown = disclosure.may_show_mean(int(row.n))
        still = due.loc[f"{DUE_NOW}_{row.instrument}_{row.target_day}"]
        rows.append(
            (
                row.instrument.upper(),
                row.follow_up,
                f"{row.target_day}",
                write_number(row.median_distance, "points") if is_shown else HIDDEN,
                _direction(row.median_days) if is_shown else HIDDEN,
                write_row(still, disclosure),
            )
        )
    return [
        Table(
            caption="Scores and their planned day",
            columns=("Score", "Follow-up", "Day", "Days away", "Usually", "Can still be had"),
            rows=tuple(rows),
            alignment=("text", "text", "number", "number", "text", "number"),
            notes=(
                "Days away: the median distance of a score from its planned day, either way. Can "
                "still be had: episodes without the score, of those whose window is open at the "
                "data cut.",
                *hidden_notes(rows),
            ),
        )
    ]


def episode_table(quality: Quality, disclosure: Disclosure) -> Table:
    """Set out which episodes were left lying, and how old the last record is.

    Parameters
    ----------
    quality : Quality
        What ``describe_quality`` gives.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Table
        Episodes, then the last record before the data cut.
    """
    totals = quality.totals().set_index("name")
    meanings = {measure.name: measure.meaning for measure in quality.measures}
    rows = [
        (row["label"], row["unit"], write_row(row, disclosure))
        for name, row in totals.iterrows()
        if name in (OPEN_SILENT, CLOSED_LATE)
    ]
    stale = int(quality.last_records["is_stale"].sum())
    oldest = quality.last_records["days_to_cut"].max()
    days = "1 day" if oldest == 1 else f"{oldest:,.0f} days"
    n_clinics = len(quality.last_records)
    rows.append(("From the last record to the data cut", "the clinic furthest behind", days))
    notes = [meanings[name] for name in (OPEN_SILENT,) if name in meanings]
    if stale:
        whose = "The records hold" if n_clinics == 1 else f"{stale} of {n_clinics} clinics hold"
        notes.append(
            f"{whose} nothing from the last {STALE_DAYS} days before the data cut: is the export "
            "older than the data cut says?"
        )
    return Table(
        caption="Episodes left lying, and the last record",
        columns=("What", "Counted in", "Found"),
        rows=tuple(rows),
        alignment=("text", "text", "number"),
        notes=(*notes, *hidden_notes(rows)),
    )


def question_blocks(
    quality: Quality, cohort: Cohort, disclosure: Disclosure
) -> list[Table | Bullets | Prose]:
    """Set out what was looked at for plausibility, and what to ask.

    Parameters
    ----------
    quality : Quality
        What ``describe_quality`` gives.
    cohort : Cohort
        The records, which know what a clinic is called.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    list of blocks
        The questions in words, then the table.
    """
    totals = quality.totals()
    totals = totals[totals["theme"] == PLAUSIBILITY]
    limits = {measure.name: measure.ask_above for measure in quality.measures}
    asked = quality.questions()
    rows = [
        (
            row["label"],
            row["unit"],
            write_row(row, disclosure),
            _limit(limits[row["name"]]),
            "yes" if row["name"] in set(asked["name"]) else "no",
        )
        for _, row in totals.iterrows()
    ]
    table = Table(
        caption="What was looked at",
        columns=("What may look odd", "Counted in", "Found", "Ask above", "Ask?"),
        rows=tuple(rows),
        alignment=("text", "text", "number", "number", "text"),
        notes=(
            "None of this is an error, and nothing was changed. The limits are assumptions; a "
            f"share of fewer than {ENOUGH_TO_ASK} is not asked about.",
            *hidden_notes(rows),
        ),
    )
    if asked.empty:
        return [Prose("Nothing looks odd often enough to ask about."), table]
    questions = [
        f"{row['label']}{_place(quality, row, cohort, disclosure)}. {row['meaning']}"
        for _, row in asked.iterrows()
    ]
    return [Bullets(questions), table]


def warning_table(findings: Findings, disclosure: Disclosure) -> list[Table]:
    """Set out the warnings of the check.

    Parameters
    ----------
    findings : Findings
        What ``validate`` found.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    list of Table
        One, or none where there is no warning.
    """
    rows = [
        (
            f"{warning.table}.{warning.column}",
            warning.message,
            f"{len(warning.rows):,}" if disclosure.may_show_count(len(warning.rows)) else HIDDEN,
        )
        for warning in findings.warnings
    ]
    if not rows:
        return []
    return [
        Table(
            caption="Warnings of the check: the records can be used, knowing this",
            columns=("Where", "What", "Rows"),
            rows=tuple(rows),
            alignment=("text", "text", "number"),
            notes=("hinge check names the rows.", *hidden_notes(rows)),
        )
    ]


def _place(quality: Quality, row: pd.Series, cohort: Cohort, disclosure: Disclosure) -> str:
    """Say where most of it is; only at the clinic's own desk, as the counts there are small."""
    found = f": {write_row(row, disclosure)} {row['unit']}"
    if not may_show_row(row, disclosure):
        return ""
    if not disclosure.shows_all:
        return found
    cells = quality.counts[quality.counts["name"] == row["name"]]
    most = cells.loc[cells["n"].idxmax()]
    where = f"{cohort.clinic_name(most['clinic_id'])}, {most['quarter']}"
    part = write_part(int(most["n"]), int(most["n_of"]), disclosure)
    return f"{found}, most of them in {where} ({part})"


def _per(amount: int, base: int, n_episodes: int, is_recorded: bool, disclosure: Disclosure) -> str:
    if not is_recorded or base == 0:
        return "–"
    if not disclosure.may_show_mean(n_episodes):
        return HIDDEN
    return write_number(amount / base, "points")


def _direction(days: float) -> str:
    if abs(days) < 1:
        return "on the day"
    noun = "day" if round(abs(days)) == 1 else "days"
    return f"{abs(days):.0f} {noun} {'late' if days > 0 else 'early'}"


def _limit(share: float) -> str:
    return "any" if share == 0 else f"{100 * share:.0f}%"
