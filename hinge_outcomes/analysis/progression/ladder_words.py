"""What a ladder fit says of itself: one paragraph, and the next simpler model."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.ladder_structure import SHAPES

_KIND_WORDS = {
    "simple": {"forward": "a step up", "backward": "a step down"},
    "hidden": {
        "forward": "learning it",
        "advance": "moving up",
        "backward": "a step down",
        "relapse": "losing what was automatic",
    },
}


def describe_ladder(
    rates: pd.DataFrame, shares: pd.Series, numbers: tuple[int, int], form: str, conf_level: float
) -> str:
    """Say how fast patients climb, slip and leave, and how likely mastery is.

    Parameters
    ----------
    rates : DataFrame
        Of each kind of move by stage.
    shares : Series
        Latent mastery by one day.
    numbers : tuple of int
        Episodes and patients.
    form : str
        "simple" or "hidden".
    conf_level : float
        Share of intervals meant to hold the truth.

    Returns
    -------
    str
        Sentences with intervals and numbers.
    """
    level = f"{conf_level:.0%} CI"
    told = []
    for kind in dict.fromkeys(rates["kind"]):
        rows = rates[rates["kind"] == kind]
        days = 1 / rows["estimate"]
        words = _KIND_WORDS[form].get(kind, kind)
        first = rows.iloc[0]
        if np.ptp(days) < 1e-9 * days.max():
            span = f"one in {days.iloc[0]:.0f} days"
            if np.isfinite(first["ci_low"]):
                span += f" ({1 / first['ci_high']:.0f} to {1 / first['ci_low']:.0f})"
        else:
            span = f"one in {days.min():.0f} to {days.max():.0f} days, by stage"
        told.append(f"{words}: {span}")
    interval = (
        f" ({level} {shares['ci_low']:.1%} to {shares['ci_high']:.1%})"
        if np.isfinite(shares["ci_low"])
        else ""
    )
    return (
        f"{numbers[0]:,} episodes of {numbers[1]:,} patients. Rates while at a stage "
        f"({level}): {'; '.join(told)}. So {shares['estimate']:.1%}{interval} of these "
        f"patients have mastered their target by day {shares['day']:.0f}, documented or not. It "
        "assumes that what comes next depends on the present stage alone and that visits do not "
        "depend on what happens between them."
    )


def next_simpler(
    named: Collection[str],
    errors: Collection[str],
    shapes: Collection[str],
    *,
    has_terms: bool,
    is_hidden: bool,
) -> str:
    """Name the model to try where a fit found no maximum.

    Parameters
    ----------
    named : collection of str
        Parameters that run off, or cannot be known.
    errors : collection of str
        Those of wrong ratings.
    shapes : collection of str
        How the rates vary over stages.
    has_terms : bool
        Whether there are covariates.
    is_hidden : bool
        Whether stages have two states.

    Returns
    -------
    str
        A sentence.
    """
    if set(named) & set(errors):
        return 'Next simpler: misrating="none".'
    richest = min(SHAPES.index(shape) for shape in shapes if shape in SHAPES)
    if SHAPES[richest] != "tied":
        return f"Next simpler: structure={SHAPES[richest + 1]!r}."
    if has_terms:
        return "Next simpler: no covariates."
    return 'Next simpler: form="simple".' if is_hidden else "Select more patients."
