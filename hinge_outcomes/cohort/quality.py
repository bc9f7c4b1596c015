"""How good records are: what is there, what is late, what looks odd, by clinic and quarter."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.completeness import completeness_measures
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.plausibility import plausibility_measures
from hinge_outcomes.cohort.quality_marks import (
    COMPLETENESS,
    COUNT_COLUMNS,
    PLAUSIBILITY,
    THEMES,
    QualityFacts,
    QualityMeasure,
    count_marks,
    read_facts,
)
from hinge_outcomes.cohort.timeliness import (
    describe_delays,
    describe_last_records,
    timeliness_measures,
)
from hinge_outcomes.exceptions import DataError

ENOUGH_TO_ASK = 20
"""Things looked at before a share of them is worth a question (an assumption)."""

_NAMING = ["theme", "name", "group", "label", "unit"]


@dataclass(frozen=True, slots=True, repr=False)
class Quality:
    """Hold how good a cohort's records are.

    Nothing in it is an error: errors are what ``validate`` finds. It says what is missing, late or
    odd, so that it can be asked for, closed or looked at.

    Parameters
    ----------
    measures : tuple of QualityMeasure
        What was looked at, each with its meaning.
    counts : DataFrame
        One row per measure, clinic and quarter of start: theme, name, group, label, unit,
        clinic_id, quarter, n, n_of, episodes_with, episodes_without.
    volumes : DataFrame
        One row per clinic and quarter: clinic_id, quarter, n_episodes, n_visits (attended),
        n_ratings, n_scores.
    delays : DataFrame
        How far from its planned day each follow-up was measured, by instrument and clinic.
    last_records : DataFrame
        How long before the data cut each clinic's last record lies.
    """

    measures: tuple[QualityMeasure, ...]
    counts: pd.DataFrame
    volumes: pd.DataFrame
    delays: pd.DataFrame
    last_records: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Give every measure by clinic and quarter of start.

        Returns
        -------
        DataFrame
            The counts with ``share`` = n / n_of; missing where nothing was looked at.
        """
        return _with_share(self.counts)

    def totals(self, by: str | None = None) -> pd.DataFrame:
        """Add the counts up.

        Parameters
        ----------
        by : {"clinic_id", "quarter"}, optional
            One row per measure and clinic, or per measure and quarter; per measure if left out.

        Returns
        -------
        DataFrame
            theme, name, group, label, unit, the column of ``by``, n, n_of, episodes_with,
            episodes_without, share; measures in the order of their declaration.

        Raises
        ------
        DataError
            If ``by`` is neither.
        """
        if by not in (None, "clinic_id", "quarter"):
            raise DataError("by= is clinic_id or quarter, or left out.")
        keys = [*_NAMING, *([by] if by else [])]
        summed = self.counts.groupby(keys, sort=False, as_index=False)[list(COUNT_COLUMNS)].sum()
        if by:
            place = summed["name"].map({m.name: i for i, m in enumerate(self.measures)})
            summed = summed.assign(place=place).sort_values(["place", by], ignore_index=True)
            summed = summed.drop(columns="place")
        return _with_share(summed)

    def questions(self) -> pd.DataFrame:
        """Give what looks odd often enough to be asked about.

        Returns
        -------
        DataFrame
            Rows of ``totals`` with ``meaning`` and ``ask_above``, most frequent first.
        """
        told = pd.DataFrame(
            [(m.name, m.meaning, m.ask_above) for m in self.measures],
            columns=["name", "meaning", "ask_above"],
        )
        found = self.totals().merge(told, on="name", how="left", validate="one_to_one")
        # A share of few things says little; where any is one too many, their number is no matter.
        is_told = (found["ask_above"] == 0) | (found["n_of"] >= ENOUGH_TO_ASK)
        is_odd = (found["theme"] == PLAUSIBILITY) & (found["share"] > found["ask_above"])
        found = found[is_odd & is_told]
        return found.sort_values("share", ascending=False, ignore_index=True)

    def summary(self) -> str:
        """Say in a few sentences what is missing and what looks odd.

        Returns
        -------
        str
            Episodes, the least complete item, and how many questions there are.
        """
        n_episodes = int(self.volumes["n_episodes"].sum())
        if not n_episodes:
            return "There are no episodes to look at."
        there = self.totals()
        there = there[(there["theme"] == COMPLETENESS) & (there["n_of"] > 0)]
        least = there.loc[there["share"].idxmin()]
        what = f"{least['group']}: {least['label']}".replace(": ", ", ")
        asked = len(self.questions())
        questions = "1 question" if asked == 1 else f"{asked} questions"
        return (
            f"{n_episodes:,} episodes. Least complete: {what} "
            f"({int(least['n']):,} of {int(least['n_of']):,}). {questions} to look at."
        )

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        html: str = self.totals().drop(columns=["name"]).to_html(index=False, border=0)
        return html


def describe_quality(cohort: Cohort) -> Quality:
    """Describe how complete, timely and plausible a cohort's records are.

    Quarters are those of the start. A score is due once its window has closed by the data cut;
    appointments after the data cut or the end are not counted.

    Parameters
    ----------
    cohort : Cohort
        The records, with their calendar dates.

    Returns
    -------
    Quality
        Counts by clinic and quarter, with what each of them means.

    Raises
    ------
    DataError
        If the records are de-identified: without days nobody can say what was due.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=200, seed=7)
    >>> totals = ho.describe_quality(cohort).totals().set_index("name")
    >>> totals.loc["birth_year", ["n", "n_of"]].tolist()
    [200, 200]
    """
    if cohort.is_deidentified:
        raise DataError(
            "These records are de-identified: they keep the year of a start, not its day, so what "
            "was due cannot be told. Describe the clinic's own records."
        )
    facts = read_facts(cohort)
    looked_at = [
        (measure, marks)
        for measure in (
            *completeness_measures(facts),
            *timeliness_measures(facts),
            *plausibility_measures(),
        )
        if (marks := measure.marks(facts)) is not None
    ]
    counted = [
        pd.DataFrame({key: getattr(measure, key) for key in _NAMING}, index=facts.cells.index).join(
            count_marks(marks, facts)
        )
        for measure, marks in looked_at
    ]
    return Quality(
        measures=tuple(measure for measure, _ in looked_at),
        counts=pd.concat(counted, ignore_index=True),
        volumes=_volumes(facts),
        delays=describe_delays(facts),
        last_records=describe_last_records(facts),
    )


def _volumes(facts: QualityFacts) -> pd.DataFrame:
    size = len(facts.cells)

    def count(episode: np.ndarray) -> np.ndarray:
        return np.bincount(facts.cell[episode], minlength=size)

    is_rated = facts.cohort.assessments["mastery_level"].notna().to_numpy(dtype=bool)
    return facts.cells.assign(
        n_episodes=np.bincount(facts.cell, minlength=size),
        n_visits=count(facts.attended.episode[facts.attended.is_marked]),
        n_ratings=count(facts.places("assessments")[is_rated]),
        n_scores=count(facts.places("outcomes")),
    )


def _with_share(counts: pd.DataFrame) -> pd.DataFrame:
    of = counts["n_of"].to_numpy(dtype=float)
    share = counts["n"].to_numpy(dtype=float) / np.where(of > 0, of, np.nan)
    return counts.assign(share=share)


__all__ = [
    "COMPLETENESS",
    "ENOUGH_TO_ASK",
    "PLAUSIBILITY",
    "THEMES",
    "Quality",
    "describe_quality",
]
