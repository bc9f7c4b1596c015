"""Who started care: the case mix of a quarter, under the small-cell rules."""

import pandas as pd

from hinge_outcomes.cohort.day0 import derive_day0
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.windows import match_windows
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.domain.progression import stage_name
from hinge_outcomes.reporting.blocks import Table
from hinge_outcomes.reporting.disclosure import HIDDEN, HIDDEN_NOTE, Disclosure
from hinge_outcomes.reporting.measures import write_number
from hinge_outcomes.reporting.people import People

_CATEGORIES = {
    "sex": "Sex",
    "symptom_duration": "Symptoms",
    "start_back_risk": "STarT Back risk",
}

_BASELINE_SCORES = ("nprs", "odi")


def case_mix_table(people: People, disclosure: Disclosure) -> Table:
    """Describe who started.

    Parameters
    ----------
    people : People
        The quarter's starters.
    disclosure : Disclosure
        The audience's rules; the parts of a whole are hidden together where one is small.

    Returns
    -------
    Table
        Age, sex, symptom duration, risk, entry stage, baseline scores.
    """
    rows = _rows(people.cohort, disclosure)
    return Table(
        caption=f"Who they are: {people.label}",
        columns=("Characteristic", "Share or mean (SD)"),
        rows=tuple(rows),
        notes=(HIDDEN_NOTE,) if any(cell == HIDDEN for _, cell in rows) else (),
    )


def _rows(cohort: Cohort, disclosure: Disclosure) -> list[tuple[str, str]]:
    day0 = derive_day0(cohort)
    return [
        _mean("Age, years", day0["age"], disclosure),
        *(
            row
            for column, label in _CATEGORIES.items()
            for row in _categories(label, day0[column], disclosure)
        ),
        *_entry(day0, disclosure),
        *_baseline(cohort, disclosure),
    ]


def _mean(label: str, values: pd.Series, disclosure: Disclosure) -> tuple[str, str]:
    known = values.dropna().astype(float)
    if not len(known):
        return label, "not recorded"
    if not disclosure.may_show_mean(len(known)):
        return label, HIDDEN
    spread = f" ({known.std():.1f})" if len(known) > 1 else ""
    return label, f"{write_number(known.mean(), 'points')}{spread}"


def _categories(label: str, values: pd.Series, disclosure: Disclosure) -> list[tuple[str, str]]:
    named = values.astype("object").where(values.notna(), "not recorded")
    codes = [str(code) for code in values.dtype.categories] + ["not recorded"]
    counts = {code: int((named == code).sum()) for code in codes}
    counts = {code: count for code, count in counts.items() if count}
    if list(counts) == ["not recorded"] or not counts:
        return [(label, "not recorded")]
    shown = disclosure.shown_parts(counts)
    total = sum(counts.values())
    return [
        (
            f"{label}: {code}",
            write_number(count / total, "share") if shown[code] else HIDDEN,
        )
        for code, count in counts.items()
    ]


def _entry(day0: pd.DataFrame, disclosure: Disclosure) -> list[tuple[str, str]]:
    entry = day0["entry_stage"].dropna()
    if not len(entry):
        return []
    if not disclosure.may_show_mean(len(entry)):
        return [("Entry stage, median", HIDDEN)]
    rows = [("Entry stage, median", _stage(entry))]
    goal = day0["target_stage"].dropna()
    if disclosure.may_show_mean(len(goal)):
        rows.append(("Target stage, median", _stage(goal)))
    return rows


def _stage(values: pd.Series) -> str:
    middle = int(values.median())
    return f"{middle} ({stage_name(middle)})"


def _baseline(cohort: Cohort, disclosure: Disclosure) -> list[tuple[str, str]]:
    scores = match_windows(cohort.outcomes, [0])
    rows = []
    for code in _BASELINE_SCORES:
        values = scores.loc[scores["instrument"].astype("object") == code, "score"]
        tool = INSTRUMENTS[code]
        label = f"{code.upper()} at baseline, {tool.minimum:g}–{tool.maximum:g}"
        rows.append(_mean(label, values, disclosure))
    return rows
