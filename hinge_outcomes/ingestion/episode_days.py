"""Which episode a row is about, when that began, and the days counted from there."""

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.keys import places_in
from hinge_outcomes.domain.follow_up import EARLIEST_SCORE_DAY
from hinge_outcomes.ingestion.extraction import Filled
from hinge_outcomes.ingestion.records import Breach, list_breach
from hinge_outcomes.ingestion.stacking import stack


def episode_starts(told: list[pd.DataFrame]) -> pd.DataFrame:
    """Gather start and patient of each episode: the first that any row gives.

    Parameters
    ----------
    told : list of DataFrame
        Rows about episodes, with row, episode_id, patient_id and start_date; may be empty.

    Returns
    -------
    DataFrame
        One row per episode that has a start, its index the episode's id.
    """
    kinds = {
        "row": "int64",
        "episode_id": "category",
        "patient_id": "category",
        "start_date": "datetime64[s]",
    }
    none = pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in kinds.items()})
    frame = stack([none, *(part[list(kinds)] for part in told)])
    frame = frame.sort_values("row", kind="stable")
    frame = frame[frame["start_date"].notna()]
    frame = frame[~frame["episode_id"].duplicated()]
    return frame.set_index(pd.CategoricalIndex(frame["episode_id"]))


def with_found_episodes(
    part: Filled, frame: pd.DataFrame, starts: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the episode of a patient's row: the latest that had begun on its day.

    A score may be taken up to 14 days before the first visit. A row without a date belongs to the
    patient's latest episode.

    Parameters
    ----------
    part : Filled
        The section, which names patients where others name episodes.
    frame : DataFrame
        Its rows.
    starts : DataFrame
        From `episode_starts`.

    Returns
    -------
    found : DataFrame
        The rows, with the episode's id in the place of the patient's.
    unclear : DataFrame
        Those whose patient had no episode yet.
    """
    if not len(starts):
        return frame[:0], frame
    dated = [rule.target.name for rule in part.block.rules if rule.kind == "days_from_start"]
    known = starts.sort_values("start_date", kind="stable")
    early = pd.Timedelta(days=-EARLIEST_SCORE_DAY if part.block.table == "outcomes" else 0)
    latest = pd.Series(known["start_date"].max(), index=frame.index)
    asked = pd.DataFrame(
        {
            "patient": frame["episode_id"].astype("object"),
            "day": (_dates(frame[dated[0]]) + early if dated else latest).astype("M8[s]"),
            "place": np.arange(len(frame)),
        }
    )
    asked = asked[asked["patient"].notna() & asked["day"].notna()].sort_values("day", kind="stable")
    found = pd.merge_asof(
        asked,
        pd.DataFrame(
            {
                "patient": known["patient_id"].astype("object"),
                "day": known["start_date"],
                "episode": known["episode_id"].astype("object"),
            }
        ).reset_index(drop=True),
        on="day",
        by="patient",
    )
    episodes = np.full(len(frame), None, dtype="object")
    episodes[found["place"].to_numpy()] = found["episode"].to_numpy()
    is_found = pd.notna(episodes)
    dtype = starts["episode_id"].dtype
    named = frame.assign(episode_id=pd.Categorical(episodes, dtype=dtype))
    return named[is_found], frame[~is_found]


def with_days(
    part: Filled, frame: pd.DataFrame, starts: pd.DataFrame
) -> tuple[pd.DataFrame, list[Breach]]:
    """Turn dates into whole days since the episode began.

    Parameters
    ----------
    part : Filled
        The section.
    frame : DataFrame
        Its rows, whose episodes are all known.
    starts : DataFrame
        From `episode_starts`.

    Returns
    -------
    frame : DataFrame
        The rows, days counted, without those whose day cannot be.
    breaches : list of Breach
        The latter, by column.
    """
    counted = frame
    breaches = []
    places: np.ndarray | None = None
    started = starts["start_date"].to_numpy("datetime64[D]").astype("int64")
    begun = np.append(started, 0).astype("float32")  # the last is never looked up
    for rule in part.block.rules:
        if rule.kind != "days_from_start":
            continue
        name = rule.target.name
        if places is None or len(places) != len(counted):
            places = places_in(counted["episode_id"], starts.index)
        days = counted[name].to_numpy("float32") - begun[places]
        is_outside = (days < rule.target.minimum) | (days > rule.target.maximum)
        if is_outside.any():
            breaches += list_breach(part.block.table, name, "out_of_range", counted[is_outside])
            counted, days = counted[~is_outside], days[~is_outside]
        is_null = np.isnan(days)
        whole = np.where(is_null, 0, days).astype("int16")  # its range was checked just now
        counted = counted.assign(**{name: pd.arrays.IntegerArray(whole, is_null)})
    return counted, breaches


def with_birth_year(
    part: Filled, frame: pd.DataFrame, told: list[pd.DataFrame], starts: pd.DataFrame
) -> pd.DataFrame:
    """Turn an age at the start into a year of birth.

    The start is that of the episode which the same input row is about, else the patient's first.

    Parameters
    ----------
    part : Filled
        The section.
    frame : DataFrame
        Its rows about patients.
    told : list of DataFrame
        The export's rows about episodes.
    starts : DataFrame
        From `episode_starts`.

    Returns
    -------
    DataFrame
        The rows; where an age was told ``is_from_age`` says so.
    """
    if not any(rule.kind == "start_year_minus" for rule in part.block.rules):
        return frame
    names = ["row", "episode_id", "patient_id"]
    episodes = stack([starts[names], *(frame[names] for frame in told)])
    places = places_in(episodes["episode_id"], starts.index)
    episodes["start"] = pd.Series(starts["start_date"].array.take(places, allow_fill=True))
    by_row = episodes.drop_duplicates("row").set_index("row")["start"]
    by_patient = episodes.groupby(episodes["patient_id"].astype("object"))["start"].min()
    start = by_row.reindex(frame["row"]).set_axis(frame.index)
    later = by_patient.reindex(frame["patient_id"].astype("object")).set_axis(frame.index)
    start = start.fillna(later)
    age = np.floor(pd.to_numeric(frame["birth_year"]))
    return frame.assign(birth_year=start.dt.year - age, is_from_age=True)


def _dates(days: pd.Series) -> pd.Series:
    """Turn days since 1970 back into dates."""
    plain = days.to_numpy("float64")
    counted = np.nan_to_num(plain).astype("datetime64[D]").astype("datetime64[s]")
    counted[np.isnan(plain)] = np.datetime64("NaT")
    return pd.Series(counted, index=days.index)
