"""What the state of the records means: what to mend, what can still be had, what is lost."""

from dataclasses import dataclass

import pandas as pd

from hinge_outcomes.cohort.completeness import DAY_0
from hinge_outcomes.cohort.findings import Finding, Findings
from hinge_outcomes.cohort.quality import COMPLETENESS, Quality
from hinge_outcomes.cohort.timeliness import DUE_NOW, GAP_DAYS, OPEN_SILENT
from hinge_outcomes.reporting.disclosure import Disclosure
from hinge_outcomes.reporting.quality_cells import may_show_row, write_share

_FEW = "some"
_SILENT = f"open {{}} without a visit for {GAP_DAYS} days, to call or to close"
_ROWS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class QualityAnswer:
    """Say in words how the records stand.

    Parameters
    ----------
    is_done : bool
        Whether nothing needs mending.
    verdict : str
        The same in one sentence, with where to begin if something does.
    still : str
        What can still be had or filled in.
    lost : str
        What is missing for good, and can only be done better from now on.
    odd : str
        What looks odd, to be looked at.
    """

    is_done: bool
    verdict: str
    still: str = ""
    lost: str = ""
    odd: str = ""

    def sentences(self) -> tuple[str, ...]:
        """List the sentences, the verdict last.

        Returns
        -------
        tuple of str
            Those that say something.
        """
        return tuple(text for text in (self.lost, self.odd, self.still, self.verdict) if text)


def answer_quality(
    findings: Findings, quality: Quality | None, disclosure: Disclosure
) -> QualityAnswer:
    """Say what to mend, what can still be had, what is lost and what to look at.

    Only errors need mending: a table with one cannot be used. A score whose window has closed can
    no longer be had, so it is told but never asked for.

    Parameters
    ----------
    findings : Findings
        What ``validate`` finds.
    quality : Quality or None
        What ``describe_quality`` gives; None where the records cannot be described.
    disclosure : Disclosure
        The audience's rules; small counts become "some".

    Returns
    -------
    QualityAnswer
        The sentences.
    """
    verdict = _verdict(findings, disclosure)
    if quality is None:
        return QualityAnswer(not findings.errors, verdict)
    totals = quality.totals()
    return QualityAnswer(
        not findings.errors,
        verdict,
        _still(totals, disclosure),
        _lost(totals, disclosure),
        _odd(quality, findings),
    )


def _verdict(findings: Findings, disclosure: Disclosure) -> str:
    errors = findings.errors
    if not errors:
        return "Done: nothing in these records needs mending."
    cells = sum(max(len(error.rows), 1) for error in errors)
    need = "cell needs" if cells == 1 else "cells need"
    return f"Not done: {_count(cells, disclosure)} {need} mending; begin with {_where(errors[0])}."


def _where(finding: Finding) -> str:
    name = f"{finding.table}.{finding.column}" if finding.column else f"the table {finding.table}"
    if not finding.rows:
        return name
    rows = ", ".join(str(row) for row in finding.rows[:_ROWS_SHOWN])
    more = ", …" if len(finding.rows) > _ROWS_SHOWN else ""
    return f"{name}, {'row' if len(finding.rows) == 1 else 'rows'} {rows}{more}"


def _still(totals: pd.DataFrame, disclosure: Disclosure) -> str:
    facts = totals[(totals["theme"] == COMPLETENESS) & (totals["group"] == DAY_0)]
    due = totals[totals["name"].str.startswith(DUE_NOW)]
    silent = totals[totals["name"] == OPEN_SILENT]
    told = []
    for rows, counts, one, many in (
        (due, due["n"], "score whose window is still open", "scores whose window is still open"),
        (facts, facts["n_of"] - facts["n"], "blank fact of day 0", "blank facts of day 0"),
        (silent, silent["n"], _SILENT.format("episode"), _SILENT.format("episodes")),
    ):
        count = int(counts.sum())
        # Several things of one person add up to a count that is not small, so each is looked at.
        may_show = all(may_show_row(row, disclosure) for _, row in rows.iterrows())
        if count and may_show:
            told.append(f"{count:,} {one if count == 1 else many}")
        elif count:
            told.append(f"{_FEW} {many}")
    return f"Can still be had: {_listed(told)}." if told else ""


def _lost(totals: pd.DataFrame, disclosure: Disclosure) -> str:
    scores = totals[(totals["theme"] == COMPLETENESS) & (totals["unit"] == "episodes due")]
    scores = scores[scores["n"] < scores["n_of"]]
    if scores.empty:
        return ""
    worst = scores.loc[scores["share"].idxmin()]
    if not may_show_row(worst, disclosure):
        share = "some"
    else:
        share = write_share(int(worst["n_of"] - worst["n"]), int(worst["n_of"]))
    code = worst["name"].rpartition("_")[0].upper()
    return (
        f"Missing for good: {share} of the {code} scores due at {_lower(worst['label'])}, the "
        "least complete of all. They cannot be mended; ask every patient from now on."
    )


def _lower(label: str) -> str:
    return label[0].lower() + label[1:]


def _odd(quality: Quality, findings: Findings) -> str:
    asked = [row.label for row in quality.questions().itertuples(index=False)]
    asked += [warning.message.rstrip(".") for warning in findings.warnings]
    if not asked:
        return ""
    more = f", and {len(asked) - 1} more" if len(asked) > 1 else ""
    thing = "1 question" if len(asked) == 1 else f"{len(asked)} questions"
    return f"To look at: {thing}, none of them an error: {_lower(asked[0])}{more}."


def _count(count: int, disclosure: Disclosure) -> str:
    return f"{count:,}" if disclosure.may_show_count(count) else _FEW


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
