"""How long mastery takes: the curve, the table, and where everybody stands."""

from typing import Any

import pandas as pd

from hinge_outcomes.analysis.progression.ladder import fit_ladder
from hinge_outcomes.analysis.progression.mastery import estimate_mastery
from hinge_outcomes.analysis.progression.mastery_result import MasteryEstimate
from hinge_outcomes.analysis.progression.occupancy import estimate_occupancy
from hinge_outcomes.analysis.progression.stays import derive_stays
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.progression import STAGES, stage_name
from hinge_outcomes.domain.states import stage_state
from hinge_outcomes.exceptions import AnalysisError
from hinge_outcomes.reporting.blocks import Blocks, Figure, Notice, Prose, Table
from hinge_outcomes.reporting.disclosure import HIDDEN, HIDDEN_NOTE, SMALLEST_SHOWN, Disclosure
from hinge_outcomes.reporting.ladder_tables import latent_table
from hinge_outcomes.reporting.mastery_answers import printed_answers, printed_curves
from hinge_outcomes.reporting.measures import (
    NOT_YET,
    TOO_FEW,
    write_number,
)
from hinge_outcomes.reporting.people import People

NO_STAGES = (
    "This cohort holds no stage assessments, so time to mastery cannot be estimated. Record the "
    "working stage and its 0-3 rating at each visit, and this section fills itself."
)

GRID_DAYS = tuple(range(0, 361, 30))
"""Days on which the picture of where everybody stands is drawn."""

_TICK_DAYS = (0, 91, 182, 273, 364)
"""Days under which the numbers at risk are printed: quarters of a year in whole weeks."""

_FEWEST_DAYS = 4
"""A picture of fewer days than this shows no course."""

_NOBODY = 1e-9

_PICTURE_INCHES, _INCHES_A_STATE = 2.5, 0.42
"""Height of the picture of where everybody stands: its names need room beside each other."""


def mastery_blocks(people: People | None, disclosure: Disclosure, has_stages: bool) -> Blocks:
    """Set out how long it takes to master the target stage.

    Parameters
    ----------
    people : People or None
        Starters followed for a year.
    disclosure : Disclosure
        The audience's rules.
    has_stages : bool
        Whether stages were recorded at all.

    Returns
    -------
    Blocks
        Curve, table, latent mastery and occupancy; or one notice that says why not.
    """
    if not has_stages:
        return Blocks(Notice(NO_STAGES, title="No stage assessments"))
    if people is None:
        return Blocks(Notice(f"No figure yet: {NOT_YET} (12 months)."))
    try:
        estimate = estimate_mastery(people.cohort, horizon_day=365)
    except AnalysisError:
        return Blocks(Notice(f"{NO_STAGES} ({people.label})", title="No stage assessments"))
    return Blocks(
        Prose(
            f"These are twelve months of starters ({people.label}), all followed for a year; the "
            "quarter's own figures stand on page one."
        ),
        mastery_figure(estimate, people.label, disclosure),
        mastery_table(estimate, people.label, disclosure),
        _latent_block(people, estimate, disclosure),
        occupancy_figure(people.cohort, people.label, disclosure),
    )


def _latent_block(
    people: People, documented: MasteryEstimate, disclosure: Disclosure
) -> Table | Notice:
    """Set latent mastery beside documented mastery, or say why that cannot be done."""
    try:
        ladder = fit_ladder(people.cohort)
    except AnalysisError as error:
        return Notice(f"No latent mastery: {error}")
    return latent_table(ladder, documented, disclosure, people.label)


def mastery_figure(
    estimate: MasteryEstimate, label: str, disclosure: Disclosure
) -> Figure | Notice:
    """Draw the share who have mastered the stage by day.

    Parameters
    ----------
    estimate : MasteryEstimate
        One curve, or one per group.
    label : str
        Whose they are; may be empty.
    disclosure : Disclosure
        The audience's rules: steps are merged.

    Returns
    -------
    Figure or Notice
        The drawing, or a sentence where no step may be printed.
    """
    parts = [
        rows
        for rows in printed_curves(estimate, disclosure).values()
        if (rows["n_events"] > 0).any()
    ]
    if not parts:
        return Notice(f"No curve: {TOO_FEW}.")
    whole = dict(list(estimate.curve().groupby("group", sort=False)))
    curve = pd.concat(
        [_with_numbers_at_risk(rows, whole[rows["group"].iloc[0]], disclosure) for rows in parts],
        ignore_index=True,
    )
    from hinge_outcomes.plotting import draw_mastery_curve

    whose = f"; {label}" if label else ""
    merged = "" if disclosure.shows_all else " Steps are merged so that each rests on 11 or more."
    last = max(float(rows["day"].iloc[-1]) for rows in parts)
    if last < estimate.horizon_day - 1:
        merged += f" Drawn to day {last:.0f}: beyond it too few are still at risk."
    told = ", ".join(
        f"{'' if estimate.by is None else f'{rows.group.iloc[0]}: '}"
        f"{write_number(rows['estimate'].iloc[-1], 'share')} by day {rows['day'].iloc[-1]:.0f}"
        for rows in parts
    )
    return Figure.from_axes(
        draw_mastery_curve(curve),
        caption=(
            f"Share who have mastered {_of(estimate)} by day since the start, with 95% confidence "
            f"band; leaving care competes{whose}.{merged}"
        ),
        alt=f"The share who have mastered {_of(estimate)} rises to {told}.",
    )


def _with_numbers_at_risk(
    printed: pd.DataFrame, whole: pd.DataFrame, disclosure: Disclosure
) -> pd.DataFrame:
    """Put the numbers at risk at the ticks they are printed under, and nowhere else."""
    rows = []
    for tick in _TICK_DAYS:
        before, after = printed[printed["day"] <= tick], whole[whole["day"] >= tick]
        if len(before) and len(after) and tick <= printed["day"].iloc[-1]:
            at_risk = after["n_at_risk"].iloc[0]
            rows.append(before.iloc[[-1]].assign(day=float(tick), n_events=0, n_at_risk=at_risk))
    if not rows:
        return printed.assign(n_at_risk=pd.array([None] * len(printed), dtype="Int64"))
    ticks = pd.concat(rows, ignore_index=True)
    ticks["n_at_risk"] = disclosure.shown_at_risk(ticks["n_at_risk"])
    steps = printed[~printed["day"].isin(ticks["day"])]
    steps = steps.assign(n_at_risk=pd.array([None] * len(steps), dtype="Int64"))
    return pd.concat([steps, ticks]).sort_values("day", kind="stable", ignore_index=True)


def mastery_statement(estimate: MasteryEstimate, disclosure: Disclosure) -> Prose:
    """Say the answers of a mastery estimate without a count.

    Parameters
    ----------
    estimate : MasteryEstimate
        One group.
    disclosure : Disclosure
        The audience's rules; the clinic's own desk reads the result's own paragraph.

    Returns
    -------
    Prose
        Shares with their intervals; what is hidden is left out.
    """
    if disclosure.shows_all:
        return Prose(estimate.summary())
    shown = [
        (row[0], row[1], row[2])
        for row in mastery_table(estimate, "", disclosure).rows
        if row[2] != "–"
    ]
    if not shown:
        return Prose(f"No number can be given: {TOO_FEW}.")
    told = "; ".join(f"{name[0].lower()}{name[1:]}: {value} ({ci})" for name, value, ci in shown)
    return Prose(
        f"Documented mastery of {_of(estimate)}, with 95% confidence intervals: {told}. Leaving "
        "care counts as an end without mastery, not as missing."
    )


def mastery_table(
    estimate: MasteryEstimate, label: str, disclosure: Disclosure, note: str = ""
) -> Table:
    """Set out the answers of a mastery estimate.

    Parameters
    ----------
    estimate : MasteryEstimate
        The estimate.
    label : str
        Whose it is; may be empty.
    disclosure : Disclosure
        The audience's rules.
    note : str, default ""
        A further sentence under the table.

    Returns
    -------
    Table
        One row per quantity, and group where there are groups.
    """
    answers = printed_answers(estimate, disclosure)
    rows = [
        (f"{row.group}: {row.label}" if estimate.by else row.label, row.value, row.interval)
        for row in answers
    ]
    notes = [_counted_among(estimate), *([note] if note else [])]
    if estimate.n_left_upward is not None:
        rows += _passed_by(estimate, disclosure)
    if any(HIDDEN in row for row in rows):
        notes.append(HIDDEN_NOTE)
    if not disclosure.shows_all and any("Day by which" in row[0] for row in rows):
        notes.append("Days are those of the printed curve, whose steps rest on 11 or more.")
    return Table(
        caption=f"Time to documented mastery of {_of(estimate)}{f', {label}' if label else ''}",
        columns=("Quantity", "Estimate", "95% CI"),
        rows=tuple(rows),
        notes=tuple(notes),
    )


def _of(estimate: MasteryEstimate) -> str:
    if isinstance(estimate.stage, str):
        return "their target stage"
    return f"stage {estimate.stage} ({stage_name(estimate.stage)})"


def _counted_among(estimate: MasteryEstimate) -> str:
    if isinstance(estimate.stage, str):
        return (
            "Counted among all who started, whatever stage they started at; whoever left care "
            "without it counts as not having mastered it."
        )
    return (
        "Counted among those who started at or below this stage and aim for it or higher; whoever "
        "left care without it counts as not having mastered it."
    )


def _passed_by(estimate: MasteryEstimate, disclosure: Disclosure) -> list[tuple[str, str, str]]:
    """Say who is left out of a stage's estimate, and how many moved on without mastering it."""
    part, whole = estimate.n_left_upward_unmastered or 0, estimate.n_left_upward or 0
    share = "–"
    if whole:
        may_show = disclosure.may_show_share(part, whole)
        share = write_number(part / whole, "share") if may_show else HIDDEN
    may_count = disclosure.may_show_share(estimate.n_excluded, estimate.n_episodes)
    excluded = f"{estimate.n_excluded:,}" if may_count else HIDDEN
    return [
        ("Of those who moved on above the stage, did so before it was mastered", share, "–"),
        ("Episodes left out: started above the stage or aim below it", excluded, "–"),
    ]


def occupancy_figure(cohort: Cohort, label: str, disclosure: Disclosure) -> Figure | Notice:
    """Draw where everybody stands by day: at a stage, mastered, or out of care.

    Parameters
    ----------
    cohort : Cohort
        The people.
    label : str
        Who they are; may be empty.
    disclosure : Disclosure
        The audience's rules: states are merged, and the picture ends where even these are small.

    Returns
    -------
    Figure or Notice
        The drawing, or a sentence where nothing may be printed.
    """
    occupancy = estimate_occupancy(derive_stays(cohort), times=list(GRID_DAYS)).table()
    frame = occupancy[["state", "time", "estimate"]].rename(columns={"time": "day"})
    if not disclosure.shows_all:
        frame = _coarse_enough(frame, cohort.n_episodes)
    if frame["day"].nunique() < _FEWEST_DAYS:
        return Notice(f"No picture of where everybody stands: {TOO_FEW}.")
    from hinge_outcomes.plotting import draw_occupancy, new_axes

    last = frame[frame["day"] == frame["day"].max()]
    until = (
        f" Drawn to day {last['day'].iloc[0]:.0f}." if last["day"].iloc[0] < GRID_DAYS[-1] else ""
    )
    told = ", ".join(
        f"{row.state.replace('_', ' ')} {write_number(row.estimate, 'share')}"
        for row in last.itertuples()
        if row.estimate > 0
    )
    merged = "" if disclosure.shows_all else " Stages are merged so that no area stands for few."
    height = max(_PICTURE_INCHES, _INCHES_A_STATE * frame["state"].nunique())
    return Figure.from_axes(
        draw_occupancy(frame, new_axes(height=height)),
        caption=f"Where everybody stands{f', {label}' if label else ''}.{merged}{until}",
        alt=f"Share of episodes by state; on day {last['day'].iloc[0]:.0f}: {told}.",
    )


_ENDS = {
    "mastered": "mastered",
    "discharged": "discharged",
    "referred": "left or referred",
    "lost": "left or referred",
}
_PLANNED = {
    "mastered": "mastered or discharged",
    "discharged": "mastered or discharged",
    "referred": "left or referred",
    "lost": "left or referred",
}
_IN_CARE = {stage_state(stage.number): "in care" for stage in STAGES}
_COARSER = (
    {stage_state(stage.number): stage.phase for stage in STAGES} | _ENDS,
    _IN_CARE | _ENDS,
    _IN_CARE | _PLANNED,
)
"""Ways to merge states, finest first."""


def _coarse_enough(frame: pd.DataFrame, n_people: int) -> pd.DataFrame:
    """Merge states and days until no area, and no step of one, stands for 1 to 10 people.

    The finest merging that leaves a course is taken.
    """
    coarse = frame.iloc[:0]
    for names in _COARSER:
        merged = frame.assign(state=frame["state"].map(names))
        merged = merged.groupby(["state", "day"], sort=False, as_index=False)["estimate"].sum()
        people = merged.pivot_table(index="day", columns="state", values="estimate") * n_people
        kept: list[Any] = []
        for day in people.index:
            steps = [people.loc[day]]
            steps += [(people.loc[day] - people.loc[kept[-1]]).abs()] if kept else []
            # Estimated shares of nobody are zero up to rounding.
            if not any(((step > _NOBODY) & (step < SMALLEST_SHOWN)).any() for step in steps):
                kept.append(day)
        coarse = merged[merged["day"].isin(kept)]
        if len(kept) >= _FEWEST_DAYS:
            break
    return coarse
