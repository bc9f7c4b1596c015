"""One mark for each thing looked at, whose it is and yes or no; and how marks are counted."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hinge_outcomes.cohort.data_cuts import cut_days
from hinge_outcomes.cohort.event_rows import plain_numbers, visits_are_recorded
from hinge_outcomes.cohort.events import last_attended_days
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.keys import Places, places_in

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

COMPLETENESS, TIMELINESS, PLAUSIBILITY = "completeness", "timeliness", "plausibility"
THEMES = (COMPLETENESS, TIMELINESS, PLAUSIBILITY)

COUNT_COLUMNS = ("n", "n_of", "episodes_with", "episodes_without")
"""Things marked, things looked at, and the episodes that have a marked or an unmarked one."""

_FUNCTION = ("odi", "rmdq")


@dataclass(frozen=True, slots=True)
class Marks:
    """Hold one yes or no for each thing looked at.

    Parameters
    ----------
    episode : array of int
        Whose it is: the place of its episode.
    is_marked : array of bool
        Whether it is there (completeness), or late, or odd.
    """

    episode: Places
    is_marked: Bools


@dataclass(frozen=True, slots=True, repr=False)
class QualityFacts:
    """Hold what every measure of quality looks at, worked out once.

    Parameters
    ----------
    cohort : Cohort
        The records.
    cells : DataFrame
        One row per clinic and quarter of start: clinic_id, quarter.
    cell : array of int
        The cell of each episode.
    ahead : array of float
        Days from each episode's start to its clinic's data cut; nan where the clinic has none.
    attended : Marks
        Every appointment, marked where it was attended.
    last_attended : array of float
        Day of each episode's last attended visit, nan where there is none.
    instruments : tuple of str
        The questionnaires that are expected at every follow-up: the pain scale, and of those for
        function the one with most scores; where neither was used, those that were.
    """

    cohort: Cohort
    cells: pd.DataFrame
    cell: Places
    ahead: Floats
    attended: Marks
    last_attended: Floats
    instruments: tuple[str, ...]

    def places(self, table: str) -> Places:
        """Find the episode of every row of a table.

        Parameters
        ----------
        table : str
            One with an ``episode_id``.

        Returns
        -------
        array of int
            Places in ``cohort.episodes``.
        """
        ids = pd.Index(self.cohort.episodes["episode_id"])
        return places_in(getattr(self.cohort, table)["episode_id"], ids)

    def of_episodes(self, is_marked: Bools, is_counted: Bools | None = None) -> Marks:
        """Mark episodes as a whole.

        Parameters
        ----------
        is_marked : array of bool
            One per episode.
        is_counted : array of bool, optional
            Which episodes are looked at; all if left out.

        Returns
        -------
        Marks
            One per episode that is looked at.
        """
        all_of_them = np.arange(self.cohort.n_episodes)
        if is_counted is None:
            return Marks(all_of_them, is_marked)
        return Marks(all_of_them[is_counted], is_marked[is_counted])


@dataclass(frozen=True, slots=True)
class QualityMeasure:
    """Declare one thing that is looked at.

    Parameters
    ----------
    name : str
        Its name for machines.
    theme : str
        "completeness", "timeliness" or "plausibility".
    group, label : str
        What it belongs to, and its name for readers.
    unit : str
        What is counted, in the plural.
    marks : callable
        From the facts to the marks; None where the records hold nothing to look at.
    meaning : str
        What it says, and what to ask when there is much of it.
    ask_above : float, default 1
        The share above which it becomes a question. An assumption: none of it is an error.
    """

    name: str
    theme: str
    group: str
    label: str
    unit: str
    marks: Callable[[QualityFacts], Marks | None]
    meaning: str = ""
    ask_above: float = 1.0


def read_facts(cohort: Cohort) -> QualityFacts:
    """Work out what every measure of quality looks at.

    Parameters
    ----------
    cohort : Cohort
        The records, with their calendar dates.

    Returns
    -------
    QualityFacts
        The facts.
    """
    episodes = cohort.episodes
    start = episodes["start_date"]
    quarter = start.dt.year.astype(str) + "Q" + start.dt.quarter.astype(str)
    seen = pd.DataFrame({"clinic_id": episodes["clinic_id"].astype("object"), "quarter": quarter})
    grouped = seen.groupby(["clinic_id", "quarter"], sort=True)
    return QualityFacts(
        cohort=cohort,
        cells=grouped.size().reset_index()[["clinic_id", "quarter"]],
        cell=grouped.ngroup().to_numpy("int64"),
        ahead=plain_numbers(cut_days(episodes, cohort.data_cut)),
        attended=_attended(cohort),
        last_attended=plain_numbers(last_attended_days(cohort).reindex(episodes["episode_id"])),
        instruments=_expected(cohort),
    )


def _attended(cohort: Cohort) -> Marks:
    """Mark the attended appointments; one after the data cut or the end does not count."""
    ids = pd.Index(cohort.episodes["episode_id"])
    episode = places_in(cohort.visits["episode_id"], ids)
    observed = plain_numbers(cohort.episodes["last_observed_day"])
    kept = (cohort.visits["status"] == "attended").to_numpy(dtype=bool)
    return Marks(episode, kept & ~(plain_numbers(cohort.visits["visit_day"]) > observed[episode]))


def _expected(cohort: Cohort) -> tuple[str, ...]:
    used = cohort.outcomes["instrument"].astype("object").value_counts()
    function = [code for code in _FUNCTION if code in used]
    main = (["nprs"] if "nprs" in used else []) + sorted(function, key=lambda code: -used[code])[:1]
    return tuple(main or sorted(used.index))


def records_visits(facts: QualityFacts) -> bool:
    """Tell whether appointments were recorded at all.

    Parameters
    ----------
    facts : QualityFacts
        The facts.

    Returns
    -------
    bool
        False where silence means nothing.
    """
    return visits_are_recorded(facts.cohort)


def count_marks(marks: Marks, facts: QualityFacts) -> pd.DataFrame:
    """Count marks by clinic and quarter of start.

    Parameters
    ----------
    marks : Marks
        What was looked at.
    facts : QualityFacts
        Which episode belongs where.

    Returns
    -------
    DataFrame
        One row per clinic and quarter: clinic_id, quarter, n, n_of, episodes_with,
        episodes_without. All four add up over clinics and quarters.
    """
    size = len(facts.cells)
    marked, unmarked = marks.episode[marks.is_marked], marks.episode[~marks.is_marked]
    return facts.cells.assign(
        n=np.bincount(facts.cell[marked], minlength=size),
        n_of=np.bincount(facts.cell[marks.episode], minlength=size),
        episodes_with=np.bincount(facts.cell[np.unique(marked)], minlength=size),
        episodes_without=np.bincount(facts.cell[np.unique(unmarked)], minlength=size),
    )
