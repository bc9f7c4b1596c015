"""Who worked at which stage from when to when, and how each episode ended: one row per stay."""

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.day0 import derive_day0
from hinge_outcomes.cohort.events import episode_ends, working_stages
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.windows import match_windows
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.domain.states import stage_state
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError

DAY_ZERO_STOP = 0.5
"""An episode that ends on the day it began is kept, with a stay of half a day."""

_CRITERION = MasteryCriterion()
_LOSS = LossRule()


def derive_stays(
    cohort: Cohort, *, criterion: MasteryCriterion = _CRITERION, loss: LossRule = _LOSS
) -> pd.DataFrame:
    """List every stay at a working stage, from the day it began to the day it ended.

    Days count from the start of the episode. The first stay begins on day 0 in the entry stage,
    assessed or not; it ends when the working stage changes, the own target stage is mastered
    (which ends the ladder), or care ends: discharged, referred, lost. Open episodes are censored
    at the last day to which an event would be known, which is not their last visit. An episode that
    ends on day 0 has one stay of half a day. On a shared day an end comes before a change of stage,
    and a change of stage before censoring. Episodes without an entry stage have no stays.

    Parameters
    ----------
    cohort : Cohort
        The records.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost.

    Returns
    -------
    pandas.DataFrame
        Sorted by episode and day: episode_id, start_day, stop_day (days; at risk while
        start_day < day <= stop_day), from_state, to_state (None = censored), then patient_id,
        clinic_id, clinician_id, the columns known on day 0, age (years), and
        ``baseline_<instrument>`` for each instrument in the cohort (the score nearest to day 0
        within days -14 to 3).

    Raises
    ------
    NotIdentifiableError
        If the cohort has no stages, or last_observed_day was removed.
    AnalysisError
        If the cohort was selected by how it ended.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=50, seed=7)
    >>> stays = derive_stays(cohort)
    >>> bool((stays.groupby("episode_id")["start_day"].min() == 0).all())
    True
    """
    check_follow_up(cohort)
    ends = episode_ends(cohort, criterion=criterion, loss=loss)
    stages = working_stages(cohort)
    entered = cohort.episodes.loc[cohort.episodes["entry_stage"].notna(), "episode_id"]
    stages = stages[stages["episode_id"].isin(entered)].merge(
        ends[["episode_id", "end_day", "end_state"]], on="episode_id", validate="many_to_one"
    )
    stages = stages[(stages["day"] <= stages["end_day"]) | (stages["day"] == 0)]
    stays = _between_changes(stages)
    stays = stays.merge(derive_day0(cohort), on="episode_id", how="left", validate="many_to_one")
    return stays.merge(_baselines(cohort), on="episode_id", how="left", validate="many_to_one")


def check_follow_up(cohort: Cohort) -> None:
    """Refuse a cohort whose episodes cannot be followed through time.

    Parameters
    ----------
    cohort : Cohort
        The records.

    Raises
    ------
    NotIdentifiableError
        If the cohort has no stages, or last_observed_day was removed.
    AnalysisError
        If the cohort was selected by how it ended.
    """
    if not cohort.has_stages:
        raise NotIdentifiableError(
            "This cohort holds no stage assessments: entry_stage is missing in every episode. "
            "Stays and mastery need stages; pain and disability can be estimated without them."
        )
    if "discharged_in" in cohort.selection:
        raise AnalysisError(
            "This cohort was selected by discharged_in=, so it holds only episodes that ended: "
            "their time to mastery says nothing about those still in care. Select by the start, "
            "quarter= or started_from=, instead."
        )
    n_unknown = int(cohort.episodes["last_observed_day"].isna().sum())
    if n_unknown:
        raise NotIdentifiableError(
            f"episodes.last_observed_day is missing in {n_unknown:,} of {cohort.n_episodes:,} "
            "episodes, as deidentification leaves it where care goes on. Without it nobody knows "
            "how long these patients were followed. Use the clinic's own records."
        )


def _between_changes(stages: pd.DataFrame) -> pd.DataFrame:
    """Turn changes of stage, with the end of each episode beside them, into stays."""
    names = np.array([stage_state(number) for number in range(1, 11)], dtype=object)
    episode = stages["episode_id"].to_numpy()
    day = stages["day"].to_numpy(dtype=float)
    end = stages["end_day"].to_numpy(dtype=float)
    state = names[stages["stage"].to_numpy() - 1]
    is_last = np.ones(len(day), dtype=bool)
    is_last[:-1] = episode[1:] != episode[:-1]
    following = np.concatenate([state[1:], [None]])
    stop = np.where(is_last, end, np.append(day[1:], np.nan))
    target = np.where(is_last, stages["end_state"].to_numpy(dtype=object), following)
    # A change on the very day of the end has no stay of its own: the end wins, censoring does not.
    ends_here = ~is_last & (stop == end)
    final = stages["end_state"].to_numpy(dtype=object)
    target = np.where(ends_here & pd.notna(final), final, target)
    has_length = (day < end) | (day == 0)
    stays = pd.DataFrame(
        {
            "episode_id": episode,
            "start_day": day,
            "stop_day": np.where(stop == 0, DAY_ZERO_STOP, stop),
            "from_state": state,
            "to_state": pd.Series(target, dtype="object"),
        }
    )
    return stays[has_length].reset_index(drop=True)


def _baselines(cohort: Cohort) -> pd.DataFrame:
    """Give the baseline score of every instrument in the cohort, one column each."""
    present = cohort.outcomes["instrument"].astype("object")
    codes = [
        code for code in cohort.outcomes["instrument"].cat.categories if (present == code).any()
    ]
    matched = match_windows(cohort.outcomes, [0]).astype({"instrument": "object"})
    frame = cohort.episodes[["episode_id"]].reset_index(drop=True)
    for code in codes:
        scores = matched.loc[matched["instrument"] == code].set_index("episode_id")["score"]
        frame[f"baseline_{code}"] = frame["episode_id"].map(scores).astype("float64")
    return frame
