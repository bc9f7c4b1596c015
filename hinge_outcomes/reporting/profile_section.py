"""A cohort, and a simulation, beside published figures of patients with low back pain."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.tables import DURATIONS
from hinge_outcomes.domain.instruments import START_BACK_RISKS
from hinge_outcomes.plotting.bands import draw_bands
from hinge_outcomes.reporting.blocks import Figure, Notice, Table
from hinge_outcomes.reporting.disclosure import HIDDEN, HIDDEN_NOTE, Disclosure

# Shares of one whole, of which the last could be worked out if only one were hidden.
_WHOLES = (DURATIONS, tuple(f"risk_{code}" for code in START_BACK_RISKS))

_NOT_JUDGED = (
    "The band is what agrees with the published figure. Nothing is judged: another case mix is no "
    "fault. Visits, losses and no-shows count in episodes that began a year before the data cut."
)


def shown_profile(profile: pd.DataFrame, disclosure: Disclosure) -> pd.DataFrame:
    """Blank what an audience may not see of a cohort's profile, and round what it may.

    Parameters
    ----------
    profile : DataFrame
        What ``describe_profile`` gives.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    DataFrame
        The same rows with ``is_hidden``; shares are whole percentages, and the parts of a whole
        are hidden together where one is small.
    """
    counts = {
        row.name: round(row.value * row.n / 100) if np.isfinite(row.value) else 0
        for row in profile.itertuples(index=False)
    }
    hidden = {name for whole in _WHOLES for name in _hidden_parts(whole, counts, disclosure)}
    rows = []
    for row in profile.itertuples(index=False):
        if row.counts_people:
            may = disclosure.may_show_share(counts[row.name], int(row.n))
        else:
            may = disclosure.may_show_mean(int(row.n))
        rows.append(np.isfinite(row.value) and (not may or row.name in hidden))
    value = profile["value"].where(~profile["counts_people"], profile["value"].round())
    is_hidden = pd.Series(rows, index=profile.index, dtype=bool)
    return profile.assign(value=value.where(~is_hidden), is_hidden=is_hidden)


def _hidden_parts(
    whole: tuple[str, ...], counts: Mapping[str, int], disclosure: Disclosure
) -> list[str]:
    shown = disclosure.shown_parts({name: counts[name] for name in whole})
    return [name for name, is_shown in shown.items() if not is_shown]


def profile_table(profile: pd.DataFrame, disclosure: Disclosure) -> Table:
    """Set a cohort's figures beside published ones.

    Parameters
    ----------
    profile : DataFrame
        What ``describe_profile`` gives.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Table
        One row per published figure.
    """
    shown = shown_profile(profile, disclosure)
    rows = [
        (
            row.label,
            HIDDEN
            if row.is_hidden
            else _write(row.value, row.label, 0 if row.counts_people else 1),
            f"{_write(row.low, row.label)} to {_write(row.high, row.label)}",
            f"{row.population} ({row.mark})",
        )
        for row in shown.itertuples(index=False)
    ]
    notes = (_NOT_JUDGED, *((HIDDEN_NOTE,) if shown["is_hidden"].any() else ()))
    return Table(
        caption="This cohort beside published figures",
        columns=("Figure", "This cohort", "Band", "Published for"),
        rows=tuple(rows),
        alignment=("text", "number", "number", "text"),
        notes=(*notes, _MARKS),
    )


_MARKS = "S: read in the named source. D: computed from public data. A: assumed."


def profile_figure(profile: pd.DataFrame, disclosure: Disclosure) -> Figure:
    """Draw a cohort's figures against the published bands.

    Parameters
    ----------
    profile : DataFrame
        What ``describe_profile`` gives.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Figure
        One line per published figure.
    """
    shown = shown_profile(profile[profile["is_held"]], disclosure)
    is_inside = shown["value"].between(shown["low"], shown["high"])
    known = int(shown["value"].notna().sum())
    return Figure.from_axes(
        draw_bands(shown),
        caption=(
            "Each dot is this cohort's figure; the shaded band holds the values that agree with "
            "the published one, for figures of physiotherapy. Dots at the edge lie further out; "
            "their numbers stand beside them."
        ),
        alt=(
            f"{known} figures of this cohort against published bands: {int(is_inside.sum())} lie "
            "inside. The table above gives every number."
        ),
    )


def calibration_table(calibration: pd.DataFrame) -> Table:
    """Set what a scenario simulates beside published figures.

    Parameters
    ----------
    calibration : DataFrame
        What the ``table()`` of a calibration gives.

    Returns
    -------
    Table
        One row per published figure, with Monte Carlo error, verdict, and what it contradicts.
    """
    notes = list(dict.fromkeys(note for note in calibration["note"] if note))
    marks = {note: "abcdefgh"[place] for place, note in enumerate(notes)}
    rows = [
        (
            row.target + (f" [{marks[row.note]}]" if row.note else ""),
            f"{_write(row.simulated, row.target, 2)} ({row.mc_error:.2f})",
            f"{_write(row.low, row.target)} to {_write(row.high, row.target)}",
            f"{row.population} ({row.mark})",
            {"meets": "yes", "misses": "no"}.get(row.verdict, "–"),
        )
        for row in calibration.itertuples(index=False)
    ]
    return Table(
        caption="What the scenario simulates, with Monte Carlo error, beside published figures",
        columns=("Figure", "Simulated (error)", "Band", "Published for", "Met"),
        rows=tuple(rows),
        alignment=("text", "number", "number", "text", "text"),
        notes=(
            "Met: the default scenario is held to the physiotherapy figures; the rest is context.",
            *(f"[{mark}] {note}." for note, mark in marks.items()),
            _MARKS,
        ),
    )


def calibration_figure(calibration: pd.DataFrame, summary: str) -> Figure:
    """Draw what a scenario simulates against the published bands.

    Parameters
    ----------
    calibration : DataFrame
        What the ``table()`` of a calibration gives.
    summary : str
        What it says in one sentence.

    Returns
    -------
    Figure
        Filled dots are held to their band, hollow ones are context.
    """
    held = calibration[calibration["verdict"] != "context"]
    frame = held.rename(columns={"target": "label", "simulated": "value", "mc_error": "error"})
    return Figure.from_axes(
        draw_bands(frame),
        caption=(
            "Figures of physiotherapy, which the default scenario is held to. Whiskers: two Monte "
            "Carlo errors. Context stands in the table alone."
        ),
        alt=f"{summary} The table above gives every number.",
    )


def no_calibration() -> Notice:
    """Say that a clinic's own records have no scenario.

    Returns
    -------
    Notice
        In place of the calibration.
    """
    return Notice("These are a clinic's own records, so there is no simulation to hold them to.")


def _write(value: float, label: str, decimals: int = 1) -> str:
    if not np.isfinite(value):
        return "–"
    if "correlation" in label:
        return f"{value:.2f}"
    return f"{value:.{decimals}f}".replace("-", "−")
