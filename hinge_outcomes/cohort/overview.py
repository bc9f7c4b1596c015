"""What a researcher sees when a notebook cell ends with a cohort."""

from html import escape
from typing import Any

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES


def cohort_html(cohort: Any) -> str:
    """Draw up a cohort's contents as a small HTML table.

    Parameters
    ----------
    cohort : Cohort
        The cohort.

    Returns
    -------
    str
        HTML: what it is, how large, how complete; no patient's value.
    """
    starts = cohort.episodes["start_date"]
    span = "no episodes"
    if len(starts):
        span = f"{starts.min().date().isoformat()} to {starts.max().date().isoformat()}"
    ended = cohort.episodes["end_reason"].value_counts()
    facts = [
        ("Clinics", ", ".join(cohort.clinic_name(clinic) for clinic in cohort.clinics) or "none"),
        ("Patients", f"{cohort.n_patients:,}"),
        ("Episodes", f"{cohort.n_episodes:,}, started {span}"),
        ("Complete to", cohort.cut_of().isoformat()),
        ("Ended", _ends(ended, cohort.n_episodes)),
        ("Scores", _scores(cohort)),
        ("Stages", "recorded" if cohort.has_stages else "not recorded"),
    ]
    if cohort.selection:
        chosen = "; ".join(f"{name} = {value}" for name, value in cohort.selection.items())
        facts.append(("Selected by", chosen))
    if cohort.extra_columns:
        facts.append(("Own columns", ", ".join(column.name for column in cohort.extra_columns)))
    for sentence in cohort.assumptions:
        facts.append(("Assumed", sentence))
    title = "Cohort of synthetic patients" if cohort.is_synthetic else "Cohort"
    sizes = " · ".join(f"{name} {len(getattr(cohort, name)):,}" for name in TABLE_NAMES)
    rows = "".join(
        f"<tr><th scope='row' style='text-align:left'>{escape(name)}</th>"
        f"<td style='text-align:left'>{escape(str(value))}</td></tr>"
        for name, value in facts
    )
    return f"<table><caption><b>{title}</b><br>{escape(sizes)}</caption>{rows}</table>"


def _ends(ended: Any, total: int) -> str:
    parts = [f"{reason} {count:,}" for reason, count in ended.items() if count]
    return ", ".join([*parts, f"open {total - int(ended.sum()):,}"])


def _scores(cohort: Any) -> str:
    counts = cohort.outcomes["instrument"].value_counts()
    return ", ".join(f"{code} {count:,}" for code, count in counts.items() if count) or "none"
