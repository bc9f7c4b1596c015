"""Rules that hold between the tables, each declared once: where, how severe, what to do."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.data_cuts import cut_days
from hinge_outcomes.cohort.events import mastery_dates
from hinge_outcomes.cohort.keys import Places, count_in_order, number_groups, places_in
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.domain.states import RULE_DATED_REASONS

_DAY_SPAN = 2**17
"""More days than a table can hold: (episode, day) becomes one whole number."""


@dataclass(frozen=True, slots=True, repr=False)
class Records:
    """Hold the five tables and what is known about their completeness.

    Parameters
    ----------
    tables : dict of str to DataFrame
        The five tables.
    data_cut : date or mapping of str to date
        Day up to which the data are complete.
    is_deidentified : bool
        Whether dates were reduced to years.
    places : dict of str to array of int
        Where each row's episode stands, by table, once it was asked for.
    """

    tables: dict[str, pd.DataFrame]
    data_cut: dt.date | Mapping[str, dt.date]
    is_deidentified: bool = False
    places: dict[str, Places] = field(default_factory=dict)

    @property
    def patients(self) -> pd.DataFrame:
        """Give the patients table."""
        return self.tables["patients"]

    @property
    def episodes(self) -> pd.DataFrame:
        """Give the episodes table."""
        return self.tables["episodes"]

    @property
    def visits(self) -> pd.DataFrame:
        """Give the visits table."""
        return self.tables["visits"]

    @property
    def assessments(self) -> pd.DataFrame:
        """Give the assessments table."""
        return self.tables["assessments"]

    @property
    def outcomes(self) -> pd.DataFrame:
        """Give the outcomes table."""
        return self.tables["outcomes"]

    def of_episode(self, table: str, column: str) -> pd.Series:
        """Look an episode's value up for every row of a table, null where it does not resolve.

        Parameters
        ----------
        table, column : str
            The table with an ``episode_id``, and the column of ``episodes``.

        Returns
        -------
        Series
            One value per row of the table.
        """
        return _take(self.episodes[column], self.episode_places(table)).set_axis(
            self.tables[table].index
        )

    def episode_numbers(self, table: str, values: pd.Series) -> np.ndarray:
        """Look an episode's number up for every row of a table, nan where there is none.

        Parameters
        ----------
        table : str
            The table with an ``episode_id``.
        values : Series
            One number per episode.

        Returns
        -------
        array of float
            One number per row of the table.
        """
        # Days of a table are exact in 32 bits, which halve what ten million rows take.
        numbers = np.append(values.to_numpy("float32", na_value=np.nan), np.float32("nan"))
        taken: np.ndarray = numbers[self.episode_places(table)]
        return taken

    def episode_places(self, table: str) -> Places:
        """Find the episode of every row of a table.

        Parameters
        ----------
        table : str
            The table with an ``episode_id``.

        Returns
        -------
        array of int
            Row of ``episodes``, the first of that id; -1 where there is none.
        """
        if table not in self.places:
            self.places[table] = _places(
                self.tables[table]["episode_id"], self.episodes, "episode_id"
            )
        return self.places[table]


def _places(names: pd.Series, frame: pd.DataFrame, key: str) -> Places:
    """Find the first row of a frame for each name."""
    rows = np.flatnonzero(~frame[key].duplicated().to_numpy())
    found = places_in(names, pd.Index(frame[key].iloc[rows]))
    return np.append(rows, -1)[found]


def _take(values: pd.Series, places: Places) -> pd.Series:
    """Take values by place, null where there is none, keeping their dtype."""
    return pd.Series(pd.api.extensions.take(values.array, places, allow_fill=True))


@dataclass(frozen=True, slots=True)
class CrossRule:
    """Declare one rule between columns or tables.

    Parameters
    ----------
    name, severity, table, column : str
        What is reported, and where.
    message : str
        What was expected and what to do.
    is_broken : callable
        Records to one boolean per row of ``table``.
    needs_lawful_tables : bool, default False
        Whether the rule can only be asked once everything else holds.
    """

    name: str
    severity: str
    table: str
    column: str
    message: str
    is_broken: Callable[[Records], pd.Series | np.ndarray]
    needs_lawful_tables: bool = False


def _is_unresolved(
    child: str, key: str, parent: str
) -> Callable[[Records], pd.Series | np.ndarray]:
    def is_broken(records: Records) -> np.ndarray:
        if key == "episode_id":
            return records.episode_places(child) < 0
        return _places(records.tables[child][key], records.tables[parent], key) < 0

    return is_broken


def _is_after_end(table: str, day: str) -> Callable[[Records], pd.Series | np.ndarray]:
    def is_broken(records: Records) -> np.ndarray:
        days = records.tables[table][day].to_numpy("float32", na_value=np.nan)
        return np.asarray(days > records.episode_numbers(table, records.episodes["end_day"]))

    return is_broken


def _is_after_cut(table: str, day: str) -> Callable[[Records], pd.Series | np.ndarray]:
    def is_broken(records: Records) -> np.ndarray:
        if records.is_deidentified:
            return np.zeros(len(records.tables[table]), dtype=bool)
        days = records.tables[table][day].to_numpy("float32", na_value=np.nan)
        return np.asarray(days > records.episode_numbers(table, _cut(records)))

    return is_broken


def _is_stray_end(records: Records) -> pd.Series:
    return records.episodes["end_day"].isna() != records.episodes["end_reason"].isna()


def _is_entry_above_target(records: Records) -> pd.Series:
    above = records.episodes["entry_stage"] > records.episodes["target_stage"]
    return above.fillna(False).astype(bool)


def _is_half_staged(records: Records) -> pd.Series:
    is_null = records.episodes[["entry_stage", "target_stage"]].isna().any(axis=1)
    return is_null & ~is_null.all()


def _is_misdated(records: Records) -> pd.Series:
    """Last observed day = end day if an end was seen to happen, otherwise cut minus start."""
    episodes = records.episodes
    if records.is_deidentified:
        return pd.Series(False, index=episodes.index)
    is_seen_end = episodes["end_reason"].notna() & ~episodes["end_reason"].isin(RULE_DATED_REASONS)
    due = episodes["end_day"].astype("Int64").where(is_seen_end, _cut(records))
    agrees = (episodes["last_observed_day"] == due).fillna(False).astype(bool)
    return ~agrees


def _cut(records: Records) -> pd.Series:
    return cut_days(records.episodes, records.data_cut)


def _is_after_own_cut(records: Records) -> pd.Series:
    episodes = records.episodes
    if records.is_deidentified:
        return pd.Series(False, index=episodes.index)
    cut = _cut(records)
    late = (cut < 0) | (episodes["end_day"] > cut) | cut.isna()
    return late.fillna(False).astype(bool)


def _is_misnumbered(records: Records) -> np.ndarray:
    visits = records.visits
    number = visits["visit_number"].to_numpy("int32", na_value=0)
    due = count_in_order(visits["episode_id"], visits["visit_day"], number)
    return np.asarray(number != due)


def _is_second_working_stage(records: Records) -> np.ndarray:
    working = records.assessments["is_working_stage"].fillna(False).to_numpy(bool)
    repeated = np.zeros(len(working), dtype=bool)
    chosen = records.assessments.loc[working, ["episode_id", "assessed_day"]]
    groups, _ = number_groups(chosen, ["episode_id", "assessed_day"])
    repeated[np.flatnonzero(working)] = pd.Series(groups).duplicated().to_numpy()
    return repeated


def _is_unattended(records: Records) -> np.ndarray:
    visits = records.visits
    if not len(records.assessments):
        return np.zeros(0, dtype=bool)
    attended = (visits["status"] == "attended").to_numpy(bool)
    days = _episode_days(records, "visits", "visit_day")[attended]
    # isin tells by a table of all numbers or by sorting, whichever takes less room.
    return ~np.isin(_episode_days(records, "assessments", "assessed_day"), days)


def _episode_days(records: Records, table: str, day: str) -> Places:
    """Write episode and day as one whole number."""
    days = records.tables[table][day].to_numpy("int64", na_value=-1)
    return np.asarray(records.episode_places(table) * _DAY_SPAN + days)


def _is_score_out_of_range(records: Records) -> np.ndarray:
    instrument = records.outcomes["instrument"]
    tools = [INSTRUMENTS[code] for code in instrument.cat.categories]
    codes = instrument.cat.codes.to_numpy()
    score = records.outcomes["score"].to_numpy("float64")
    low = np.array([*(tool.minimum for tool in tools), np.nan])[codes]
    high = np.array([*(tool.maximum for tool in tools), np.nan])[codes]
    return np.asarray((score < low) | (score > high))


def _is_implausible_age(records: Records) -> np.ndarray:
    places = _places(records.episodes["patient_id"], records.patients, "patient_id")
    born = _take(records.patients["birth_year"], places).to_numpy("float64", na_value=np.nan)
    age = records.episodes["start_date"].dt.year.to_numpy("float64") - born
    return np.asarray((age < 0) | (age > 120))


def _is_undocumented_mastery(records: Records) -> np.ndarray:
    episodes = records.episodes
    confirmed = mastery_dates(records)
    places = _places(confirmed["episode_id"], episodes, "episode_id")
    stages = confirmed["stage"].to_numpy("int64")
    documented = np.zeros(len(episodes), dtype=bool)
    target = episodes["target_stage"].to_numpy("int64", na_value=-1)
    documented[places[(places >= 0) & (stages == target[places])]] = True
    is_closed = (episodes["end_reason"] == "mastered").fillna(False).to_numpy(bool)
    return np.asarray(is_closed & ~documented)


_KEYS = [
    CrossRule(
        "key_resolves",
        "error",
        child,
        key,
        f"Every {key} must stand in {parent}; add the missing rows there or set these aside.",
        _is_unresolved(child, key, parent),
    )
    for child, key, parent in (
        ("episodes", "patient_id", "patients"),
        ("visits", "episode_id", "episodes"),
        ("assessments", "episode_id", "episodes"),
        ("outcomes", "episode_id", "episodes"),
    )
]

CROSS_RULES: tuple[CrossRule, ...] = (
    *_KEYS,
    CrossRule(
        "end_complete", "error", "episodes", "end_reason",
        "end_day and end_reason come together: fill both or neither.", _is_stray_end,
    ),
    CrossRule(
        "entry_below_target", "error", "episodes", "entry_stage",
        "entry_stage is at most target_stage.", _is_entry_above_target,
    ),
    CrossRule(
        "stages_complete", "warning", "episodes", "entry_stage",
        "entry_stage or target_stage is missing: these episodes cannot enter the mastery "
        "estimates.", _is_half_staged,
    ),
    CrossRule(
        "within_cut", "error", "episodes", "start_date",
        "The episode begins or ends after its clinic's data cut, or its clinic has none: the "
        "data_cut is too early or the date is wrong.", _is_after_own_cut,
    ),
    CrossRule(
        "last_observed", "error", "episodes", "last_observed_day",
        "last_observed_day is end_day, or cut minus start for episodes that are open, lost to "
        "follow-up or administratively closed.", _is_misdated, needs_lawful_tables=True,
    ),
    CrossRule(
        "visits_in_order", "error", "visits", "visit_number",
        "visit_number counts 1, 2, … by day over all appointments of the episode.",
        _is_misnumbered,
    ),
    CrossRule(
        "assessment_after_end", "error", "assessments", "assessed_day",
        "No stage is rated after the episode's end_day.",
        _is_after_end("assessments", "assessed_day"),
    ),
    CrossRule(
        "assessment_after_cut", "error", "assessments", "assessed_day",
        "No stage is rated after the data cut.", _is_after_cut("assessments", "assessed_day"),
    ),
    CrossRule(
        "outcome_after_cut", "error", "outcomes", "measured_day",
        "No score is dated after the data cut.", _is_after_cut("outcomes", "measured_day"),
    ),
    CrossRule(
        "visit_after_cut", "warning", "visits", "visit_day",
        "The appointment lies after the data cut; it is not counted.",
        _is_after_cut("visits", "visit_day"),
    ),
    CrossRule(
        "visit_after_end", "warning", "visits", "visit_day",
        "The appointment lies after the episode's end_day.", _is_after_end("visits", "visit_day"),
    ),
    CrossRule(
        "one_working_stage", "error", "assessments", "is_working_stage",
        "At most one stage a day is the working stage.", _is_second_working_stage,
    ),
    CrossRule(
        "assessed_at_visit", "warning", "assessments", "assessed_day",
        "There is no attended visit on that day.", _is_unattended,
    ),
    CrossRule(
        "score_in_range", "error", "outcomes", "score",
        "The score lies outside its instrument's range; check the unit or the coding.",
        _is_score_out_of_range,
    ),
    CrossRule(
        "age_plausible", "warning", "episodes", "start_date",
        "The age at the start is below 0 or above 120.", _is_implausible_age,
    ),
    CrossRule(
        "mastery_documented", "warning", "episodes", "end_reason",
        "Closed as mastered, but the ratings do not document it; the end counts as goals_met.",
        _is_undocumented_mastery, needs_lawful_tables=True,
    ),
)  # fmt: skip
