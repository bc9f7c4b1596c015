"""Rules that hold between the tables, each declared once: where, how severe, what to do."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from hinge_outcomes.cohort.data_cuts import cut_days
from hinge_outcomes.cohort.events import mastery_dates
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.domain.states import RULE_DATED_REASONS


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
    """

    tables: dict[str, pd.DataFrame]
    data_cut: dt.date | Mapping[str, dt.date]
    is_deidentified: bool = False

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
        lookup = self.episodes.drop_duplicates("episode_id").set_index("episode_id")[column]
        return _look_up(self.tables[table]["episode_id"], lookup)


def _look_up(names: pd.Series, values: pd.Series) -> pd.Series:
    """Value of each name, keeping its dtype; ``Series.map`` makes text of an empty column."""
    return values.reindex(names).set_axis(names.index)


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
    is_broken: Callable[[Records], pd.Series]
    needs_lawful_tables: bool = False


def _is_unresolved(child: str, key: str, parent: str) -> Callable[[Records], pd.Series]:
    def is_broken(records: Records) -> pd.Series:
        return ~records.tables[child][key].isin(records.tables[parent][key])

    return is_broken


def _is_after_end(table: str, day: str) -> Callable[[Records], pd.Series]:
    def is_broken(records: Records) -> pd.Series:
        late = records.tables[table][day] > records.of_episode(table, "end_day")
        return late.fillna(False).astype(bool)

    return is_broken


def _is_after_cut(table: str, day: str) -> Callable[[Records], pd.Series]:
    def is_broken(records: Records) -> pd.Series:
        cut = cut_days(records.episodes, records.data_cut)
        lookup = pd.Series(cut.to_numpy(), index=records.episodes["episode_id"])
        lookup = lookup[~lookup.index.duplicated()]
        if records.is_deidentified:
            return pd.Series(False, index=records.tables[table].index)
        late = records.tables[table][day] > _look_up(records.tables[table]["episode_id"], lookup)
        return late.fillna(False).astype(bool)

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


def _is_misnumbered(records: Records) -> pd.Series:
    visits = records.visits
    order = visits.sort_values(["episode_id", "visit_day", "visit_number"], kind="stable")
    due = order.groupby("episode_id").cumcount() + 1
    return (due.reindex(visits.index) != visits["visit_number"]).fillna(True).astype(bool)


def _is_second_working_stage(records: Records) -> pd.Series:
    working = records.assessments["is_working_stage"].fillna(False).astype(bool)
    chosen = records.assessments[working]
    repeated = chosen.duplicated(["episode_id", "assessed_day"])
    return repeated.reindex(records.assessments.index, fill_value=False)


def _is_unattended(records: Records) -> pd.Series:
    visits = records.visits
    attended = visits.loc[visits["status"] == "attended", ["episode_id", "visit_day"]]
    days = pd.MultiIndex.from_frame(attended)
    asked = pd.MultiIndex.from_frame(records.assessments[["episode_id", "assessed_day"]])
    return pd.Series(~asked.isin(days), index=records.assessments.index)


def _is_score_out_of_range(records: Records) -> pd.Series:
    outcomes = records.outcomes
    codes = outcomes["instrument"].astype("object")
    low = codes.map({code: tool.minimum for code, tool in INSTRUMENTS.items()}).astype("float64")
    high = codes.map({code: tool.maximum for code, tool in INSTRUMENTS.items()}).astype("float64")
    return (outcomes["score"] < low) | (outcomes["score"] > high)


def _is_implausible_age(records: Records) -> pd.Series:
    born = records.patients.drop_duplicates("patient_id").set_index("patient_id")["birth_year"]
    age = records.episodes["start_date"].dt.year - _look_up(records.episodes["patient_id"], born)
    return ((age < 0) | (age > 120)).fillna(False).astype(bool)


def _is_undocumented_mastery(records: Records) -> pd.Series:
    episodes = records.episodes
    confirmed = mastery_dates(records)
    keys = ["episode_id", "stage"]
    own = pd.MultiIndex.from_frame(
        episodes[["episode_id", "target_stage"]].set_axis(keys, axis=1).astype({"stage": "Int16"})
    )
    documented = own.isin(pd.MultiIndex.from_frame(confirmed[keys].astype({"stage": "Int16"})))
    return (episodes["end_reason"] == "mastered").fillna(False).astype(bool) & ~documented


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
