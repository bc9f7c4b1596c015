"""What a page shows of a ladder fit: rates as days, and latent beside documented mastery."""

import numpy as np

from hinge_outcomes.analysis.progression.ladder_result import LadderFit
from hinge_outcomes.analysis.progression.mastery_result import MasteryEstimate
from hinge_outcomes.reporting.blocks import Notice, Prose, Table
from hinge_outcomes.reporting.disclosure import HIDDEN, Disclosure, hidden_notes
from hinge_outcomes.reporting.mastery_answers import printed_answers
from hinge_outcomes.reporting.measures import MINUS, write_interval, write_number

_KINDS = {
    "forward": "Learning a stage",
    "advance": "Moving up once automatic",
    "backward": "One stage back",
    "relapse": "Automatic no more, same stage",
    "discharged": "Discharged",
    "referred": "Referred",
    "lost": "Lost",
}


def ladder_answer(ladder: LadderFit) -> Prose:
    """Say what a ladder fit found, and how far it can be trusted.

    Parameters
    ----------
    ladder : LadderFit
        What ``fit_ladder`` gives.

    Returns
    -------
    Prose
        The verdict on the fit and what was simplified.
    """
    form = {
        "hidden": "Each stage is first being learnt, then automatic; ratings may err.",
        "simple": "A stage is one state, left when it is learnt.",
    }
    return Prose(f"{form[ladder.form]} {ladder.message}")


def ladder_table(ladder: LadderFit, disclosure: Disclosure) -> Table:
    """Set out the rates of a ladder as days per move.

    Parameters
    ----------
    ladder : LadderFit
        What ``fit_ladder`` gives.
    disclosure : Disclosure
        The audience's rules: a rate needs at least 11 moves.

    Returns
    -------
    Table
        One row per kind of move, or per run of stages with the same rate.
    """
    rows = []
    rates = ladder.rates()
    same = ["kind", "estimate", "ci_low", "ci_high"]
    for _, part in rates.groupby(same, sort=False, dropna=False):
        first, events = part.iloc[0], int(part["n_events"].sum())
        stages = part["stage"]
        span = f"{stages.min()} to {stages.max()}" if len(part) > 1 else f"{stages.min()}"
        cells = (HIDDEN, "–")
        if disclosure.may_show_count(events):
            low, high = 1 / first["ci_high"], 1 / first["ci_low"]
            interval = write_interval(low, high, "days") if np.isfinite(low) else "–"
            cells = write_number(1 / first["estimate"], "days"), interval
        rows.append((_KINDS[first["kind"]], span, *cells))
    return Table(
        caption="Mean days until a move, while nothing else happens",
        columns=("Move", "Stages", "Days", "95% CI"),
        rows=tuple(rows),
        alignment=("text", "text", "number", "number"),
        notes=hidden_notes(rows),
    )


def latent_table(
    ladder: LadderFit, documented: MasteryEstimate, disclosure: Disclosure, label: str = ""
) -> Table | Notice:
    """Set latent mastery beside documented mastery, with the gap between them.

    Parameters
    ----------
    ladder : LadderFit
        What ``fit_ladder`` gives.
    documented : MasteryEstimate
        First mastery of the target, of the same cohort and without groups.
    disclosure : Disclosure
        The audience's rules: the gap is shown where documented mastery is.
    label : str, default ""
        Whose it is.

    Returns
    -------
    Table or Notice
        One row per day; a notice where the fit found no maximum.
    """
    if not ladder.converged:
        return Notice(f"No latent mastery: {ladder.message}")
    whose = f", {label}" if label else ""
    shown = {one.label: one for one in printed_answers(documented, disclosure)}
    table = documented.table()
    probabilities = table[table["quantity"] == "probability"]
    latent = ladder.mastery(probabilities["day"].to_numpy(dtype=float)).set_index("day")
    rows = []
    for row in probabilities.itertuples():
        answer, beside = shown[f"Mastered by day {row.day:.0f}"], latent.loc[row.day]
        interval = "–"
        if np.isfinite(beside["ci_low"]):
            interval = write_interval(beside["ci_low"], beside["ci_high"], "share")
        gap = "–"
        if answer.value.endswith("%"):
            gap = f"{100 * (beside['estimate'] - row.estimate):+.0f}".replace("-", MINUS)
        value = write_number(beside["estimate"], "share")
        rows.append((f"By day {row.day:.0f}", answer.value, answer.interval, value, interval, gap))
    return Table(
        caption=f"Mastery as documented, and as the ladder puts it, seen or not{whose}",
        columns=("", "Documented", "95% CI", "Latent", "95% CI", "Gap, points"),
        rows=tuple(rows),
        notes=(
            "Documented mastery waits for a visit and a second rating, and ends with care. Latent "
            "mastery is the model's; the gap is what the records come late, or never come, to say.",
        ),
    )
