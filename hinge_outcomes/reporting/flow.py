"""Who started, who is still in care, who left and why."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.results import Result
from hinge_outcomes.cohort.events import episode_ends
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.quarters import Quarter
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.domain.states import END_REASONS, LOST

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes

END_WORDS = {
    "mastered": "target stage mastered",
    "goals_met": "goals met",
    "self_discharged": "left on their own",
    "lost_to_follow_up": "lost to follow-up",
    "referred_out": "referred out",
    "administrative": "administrative",
}

_CRITERION = MasteryCriterion()
_LOSS = LossRule()


@dataclass(frozen=True, slots=True)
class Flow(Result):
    """Hold the flow of episodes: started = open + ended by reason.

    Parameters
    ----------
    n_started : int
        Episodes.
    n_open : int
        Those still open at the data cut.
    ended : dict of str to int
        Those that ended, by reason.
    """

    n_started: int
    n_open: int
    ended: dict[str, int]

    def table(self) -> pd.DataFrame:
        """Give one row per way an episode stands.

        Returns
        -------
        DataFrame
            Columns status, n_episodes, share.
        """
        counts = {"open": self.n_open, **self.ended}
        total = max(self.n_started, 1)
        return pd.DataFrame(
            [(status, count, count / total) for status, count in counts.items()],
            columns=["status", "n_episodes", "share"],
        )

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw how the episodes stand.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw. Default: new ones.

        Returns
        -------
        Axes
            One bar per status.
        """
        from hinge_outcomes.plotting import draw_counts

        return draw_counts(self.table(), ax)

    def summary(self) -> str:
        """Say the flow in one sentence.

        Returns
        -------
        str
            Started, open, ended by reason.
        """
        parts = ", ".join(f"{END_WORDS[reason]} {n:,}" for reason, n in self.ended.items() if n)
        ended = self.n_started - self.n_open
        return (
            f"{self.n_started:,} episodes started, {self.n_open:,} are open and {ended:,} ended"
            f"{f' ({parts})' if parts else ''}."
        )


def count_flow(
    cohort: Cohort, *, criterion: MasteryCriterion = _CRITERION, loss: LossRule = _LOSS
) -> Flow:
    """Count who started, who is still in care and who left for which reason.

    Ends follow the same rules as every estimate: a silent patient is lost when the loss rule says
    so, whatever was typed, and an episode closed as mastered without the ratings counts as goals
    met.

    Parameters
    ----------
    cohort : Cohort
        The episodes to count.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost.

    Returns
    -------
    Flow
        started = open + the sum over reasons, always.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> flow = count_flow(ho.simulate(ho.Scenario.default(), n_episodes=100, seed=7))
    >>> flow.n_started == flow.n_open + sum(flow.ended.values()) == 100
    True
    """
    reasons = derive_ends(cohort, criterion=criterion, loss=loss)["reason"]
    ended = {reason: int((reasons == reason).sum()) for reason in END_REASONS}
    return Flow(len(reasons), int(reasons.isna().sum()), ended)


def derive_ends(
    cohort: Cohort, *, criterion: MasteryCriterion = _CRITERION, loss: LossRule = _LOSS
) -> pd.DataFrame:
    """Derive when and why each episode's care ended, by rule.

    Parameters
    ----------
    cohort : Cohort
        The episodes.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost.

    Returns
    -------
    DataFrame
        One row per episode: episode_id, start_date, end_date and reason, both null while open.
    """
    episodes = cohort.episodes
    ends = episode_ends(cohort, criterion=criterion, loss=loss).set_index("episode_id")
    ends = ends.reindex(episodes["episode_id"]).reset_index()
    recorded = episodes["end_reason"].astype("object").to_numpy()
    is_lost = (ends["care_end_state"] == LOST).to_numpy()
    is_mastered = ends["mastered_day"].notna().to_numpy()
    reason: Any = np.full(len(episodes), None, dtype=object)
    for known in ("goals_met", "referred_out", "administrative"):
        reason[recorded == known] = known
    closed_mastered = recorded == "mastered"
    reason[closed_mastered] = np.where(is_mastered[closed_mastered], "mastered", "goals_met")
    reason[is_lost] = np.where(
        recorded[is_lost] == "self_discharged", "self_discharged", "lost_to_follow_up"
    )
    is_administrative = reason == "administrative"
    day = ends["care_end_day"].astype("Float64")
    day = day.where(~is_administrative, episodes["end_day"].astype("Float64"))
    has_ended = pd.notna(reason)
    end_date = episodes["start_date"] + pd.to_timedelta(day.where(has_ended), unit="D").astype(
        "timedelta64[s]"
    )
    return pd.DataFrame(
        {
            "episode_id": episodes["episode_id"],
            "start_date": episodes["start_date"],
            "end_date": end_date,
            "reason": pd.Series(reason, dtype="object"),
        }
    )


@dataclass(frozen=True, slots=True)
class Activity:
    """Hold one quarter's traffic: open before + started = ended by reason + open after.

    Parameters
    ----------
    n_before : int
        Episodes open when the quarter began.
    n_started : int
        Episodes begun in it.
    ended : dict of str to int
        Episodes ended in it, by reason.
    n_after : int
        Episodes open when it ended.
    """

    n_before: int
    n_started: int
    ended: dict[str, int]
    n_after: int


def count_activity(
    cohort: Cohort,
    quarter: Quarter,
    last: Quarter | None = None,
    *,
    criterion: MasteryCriterion = _CRITERION,
    loss: LossRule = _LOSS,
) -> Activity:
    """Count the traffic of a quarter, or of several.

    Parameters
    ----------
    cohort : Cohort
        All episodes of the clinic, whenever they began.
    quarter : Quarter
        The quarter, or the first one.
    last : Quarter, optional
        The last one.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost.

    Returns
    -------
    Activity
        The four counts balance.
    """
    ends = derive_ends(cohort, criterion=criterion, loss=loss)
    first_day, last_day = pd.Timestamp(quarter.start), pd.Timestamp((last or quarter).end)
    start, end = ends["start_date"], ends["end_date"]
    is_ended = end.between(first_day, last_day)
    return Activity(
        n_before=int(((start < first_day) & ~(end < first_day)).sum()),
        n_started=int(start.between(first_day, last_day).sum()),
        ended={
            reason: int((is_ended & (ends["reason"] == reason)).sum()) for reason in END_REASONS
        },
        n_after=int(((start <= last_day) & ~(end <= last_day)).sum()),
    )
