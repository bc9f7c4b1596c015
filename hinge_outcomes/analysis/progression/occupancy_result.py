"""The result of an Aalen-Johansen estimate: table, means, quantiles, influence."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.inference import mean_interval, probability_interval
from hinge_outcomes.analysis.progression.counting_process import Floats, Integers
from hinge_outcomes.analysis.progression.stay_arrays import StayArrays
from hinge_outcomes.analysis.progression.step_function import ROUNDING, StepFunction
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.exceptions import AnalysisError

_MOST_BAND_TIMES = 1000
"""Up to so many event times, a band is computed at every one of them at once."""


@dataclass(frozen=True, slots=True)
class Occupancy(Result):
    """Hold the share of people in each state over time.

    Parameters
    ----------
    states : tuple
        The S states, in order.
    times : ndarray, shape (M,)
        When the table reports.
    std_error : ndarray, shape (M, S)
        Standard errors at ``times``.
    curve : StepFunction
        The full step function, over all event times.
    stays : StayArrays
        The stays the estimate rests on.
    start_distribution : str
        "fixed" or "estimated".
    conf_type : str
        Scale of the intervals.
    conf_level : float
        Confidence level of the intervals.
    nouns : tuple of str
        What a reader calls the time, the histories and the clusters.
    """

    states: tuple[Any, ...]
    times: Floats
    std_error: Floats
    curve: StepFunction
    stays: StayArrays
    start_distribution: str
    conf_type: str
    conf_level: float
    nouns: tuple[str, str, str] = ("time", "histories", "independent clusters")

    @property
    def clusters(self) -> npt.NDArray[Any]:
        """Name the clusters, in the order of the rows of `influence`.

        Returns
        -------
        ndarray, shape (G,)
            Labels.
        """
        return self.stays.clusters

    @property
    def event_times(self) -> Floats:
        """Give all distinct event times.

        Returns
        -------
        ndarray, shape (T,)
            Increasing times.
        """
        return self.curve.process.times

    def table(self) -> pd.DataFrame:
        """Give occupancy by state and time.

        Returns
        -------
        DataFrame
            ``state``, ``time``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``n_at_risk``
            (stays in the state with start < time <= stop) and ``n_events`` (moves into the state
            since the previous row). Both count heads, also where there are weights.
        """
        return self._frame(self.times, self.std_error)

    def probability_at(self, times: npt.ArrayLike) -> pd.DataFrame:
        """Give occupancy at other times than those of the table.

        Parameters
        ----------
        times : array_like
            Times in the unit of the stays.

        Returns
        -------
        DataFrame
            Columns as in `table`.
        """
        grid = np.unique(np.asarray(times, dtype=float))
        return self._frame(grid, self.curve.errors(self.curve.places(grid)))

    def restricted_mean(self, upto: float) -> pd.DataFrame:
        """Give the mean time spent in each state up to a time.

        The area under the full step function, from 0 (or the earliest start, if that is negative).
        Its error is the infinitesimal jackknife, its interval normal. It is missing where ``upto``
        lies beyond the last time anyone is at risk while some could still move.

        Parameters
        ----------
        upto : float
            End of the period, in the unit of the stays.

        Returns
        -------
        DataFrame
            ``state``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, in the unit of time.

        Raises
        ------
        AnalysisError
            If ``upto`` is not after the start.
        """
        error = np.sqrt((self.mean_influence(upto) ** 2).sum(axis=0))
        mean = self.curve.area(self._origin(), upto)
        if not self._is_known(upto):
            mean, error = np.full_like(mean, np.nan), np.full_like(error, np.nan)
        low, high = mean_interval(
            mean, error, minimum=0.0, maximum=upto - self._origin(), conf_level=self.conf_level
        )
        return pd.DataFrame(
            {
                "state": list(self.states),
                "estimate": mean,
                "std_error": error,
                "ci_low": low,
                "ci_high": high,
            }
        )

    def quantile(self, state: Any, probability: float = 0.5) -> pd.DataFrame:
        """Give the time by which a share of all people has come to be in a state.

        The first time at which the full step function reaches the share, missing if it never does.
        The interval inverts the band: it runs from the first time the upper limit reaches the share
        to the first time the lower limit does, missing where that never happens.

        Parameters
        ----------
        state : object
            One of ``states``.
        probability : float, default 0.5
            The share, above 0 and at most 1.

        Returns
        -------
        DataFrame
            One row: ``state``, ``probability``, ``estimate``, ``std_error`` (missing: the interval
            is not built from one), ``ci_low``, ``ci_high``.

        Raises
        ------
        AnalysisError
            If there is no such state or the share is not a share.
        """
        if state not in self.states:
            raise AnalysisError(
                f"There is no state {state!r}. The states are: {', '.join(map(str, self.states))}."
            )
        if not 0 < probability <= 1:
            raise AnalysisError(
                f"probability is {probability}, but must be above 0 and at most 1. "
                "For a median write 0.5."
            )
        column = self.states.index(state)
        reached = _first_reaching(self.curve.steps[:, column], probability)
        ci_low, ci_high = self._crossings(column, probability)
        return pd.DataFrame(
            {
                "state": [state],
                "probability": [probability],
                "estimate": [np.nan if reached is None else self.event_times[reached]],
                "std_error": [np.nan],
                "ci_low": [ci_low],
                "ci_high": [ci_high],
            }
        )

    def influence(self, times: npt.ArrayLike) -> Floats:
        """Give what each cluster contributes to the occupancy at given times.

        The variance of any combination of the estimates is the sum over clusters of the squared
        combination of these; clusters shared by two results are matched by ``clusters``.

        Parameters
        ----------
        times : array_like, shape (K,)
            Times in the unit of the stays, in any order.

        Returns
        -------
        ndarray, shape (G, K, S)
            One row per label in ``clusters``.
        """
        places = self.curve.places(np.atleast_1d(np.asarray(times, dtype=float)))
        return np.stack([self.curve.influence(int(place)) for place in places], axis=1)

    def mean_influence(self, upto: float) -> Floats:
        """Give what each cluster contributes to the mean time in each state up to a time.

        Parameters
        ----------
        upto : float
            End of the period, in the unit of the stays.

        Returns
        -------
        ndarray, shape (G, S)
            One row per label in ``clusters``.

        Raises
        ------
        AnalysisError
            If ``upto`` is not after the start.
        """
        origin = self._origin()
        if not origin < upto < np.inf:
            raise AnalysisError(
                f"upto is {upto}, but must be a time after {origin:g}, where the stays begin."
            )
        return self.curve.area_influence(origin, upto)

    def plot(self, ax: Any = None) -> Any:
        """Draw the share in each state as stacked areas.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw. Default: new ones.

        Returns
        -------
        Axes
            The drawing.
        """
        from hinge_outcomes.plotting import draw_occupancy

        # The table begins at an event; the drawing begins where the stays do.
        first = self._frame(np.array([self._origin()]), np.zeros((1, len(self.states))))
        frame = pd.concat([first, self.table()], ignore_index=True)
        title = "Days since the episode began" if self.nouns[0] == "day" else None
        return draw_occupancy(frame, ax=ax, label=title)

    def summary(self) -> str:
        """Say where people are at the last time of the table.

        Returns
        -------
        str
            One paragraph, with intervals and the numbers it rests on.
        """
        table = self.table()
        last = table[table["time"] == self.times[-1]]
        largest = last.sort_values("estimate", ascending=False, kind="stable").head(4)
        parts = [
            f"{row.state} {row.estimate:.1%}"
            + (f" ({row.ci_low:.1%} to {row.ci_high:.1%})" if np.isfinite(row.ci_low) else "")
            for row in largest[largest["estimate"] > 0].itertuples()
        ]
        rest = 1 - largest["estimate"].sum()
        others = f"; elsewhere {rest:.1%}" if rest > 0.0005 else ""
        time, subjects, clusters = self.nouns
        return (
            f"At {time} {self.times[-1]:g} the estimated shares are: {'; '.join(parts)}{others} "
            f"({self.conf_level:.0%} intervals). They rest on {self.stays.n_subjects:,} {subjects} "
            f"of {len(self.clusters):,} {clusters}, with {len(self.stays.state):,} stays; still at "
            f"risk then: {int(last['n_at_risk'].sum()):,}."
        )

    def _origin(self) -> float:
        return min(0.0, float(self.stays.start.min()))

    def _is_known(self, time: float) -> bool:
        """Tell whether occupancy is known at a time: someone is at risk, or nobody can move."""
        if time <= self.stays.stop.max():
            return True
        can_move = np.unique(self.stays.state)
        return bool(self.curve.steps[-1, can_move].sum() <= ROUNDING)

    def _band(self, grid: Floats, errors: Floats) -> tuple[Floats, Floats, Floats]:
        levels = self.curve.levels(self.curve.places(grid))
        process = self.curve.process
        present = (process.first == 0) & (process.last > 0)
        n_start = len(np.unique(process.cluster[present]))
        # Exact limits need equal weights and nobody lost from sight.
        is_complete = (np.ptp(process.weight) == 0) & (grid <= self.stays.complete_until)
        low, high = probability_interval(
            levels,
            errors,
            self.conf_type,
            n_complete=np.where(is_complete, n_start, 0)[:, np.newaxis],
            conf_level=self.conf_level,
        )
        return levels, low, high

    def _crossings(self, column: int, probability: float) -> tuple[float, float]:
        """Find the first event times at which the upper and the lower limit reach a probability."""
        n_times = len(self.event_times)
        # A long list is searched coarsely first, then between the two times found.
        n_coarse = n_times if n_times <= _MOST_BAND_TIMES else int(np.ceil(np.sqrt(n_times)))
        places = np.unique(np.linspace(1, n_times, n_coarse).round().astype(np.int64))
        coarse = self._limits_at(places, column)
        result = []
        for side in (1, 0):
            found = _first_reaching(coarse[side], probability)
            if found is None:
                result.append(float("nan"))
                continue
            last = int(places[found])
            first = int(places[found - 1]) + 1 if found else last
            if first < last:
                between = np.arange(first, last + 1)
                found = _first_reaching(self._limits_at(between, column)[side], probability)
                last = first + (found or 0)
            result.append(float(self.event_times[last - 1]))
        return result[0], result[1]

    def _limits_at(self, places: Integers, column: int) -> tuple[Floats, Floats]:
        """Give the band of one state after the given numbers of event times."""
        _, low, high = self._band(self.event_times[places - 1], self.curve.errors(places))
        return low[:, column], high[:, column]

    def _frame(self, grid: Floats, errors: Floats) -> pd.DataFrame:
        levels, low, high = self._band(grid, errors)
        is_edge = (levels == 0) | (levels == 1)
        n_times, n_states = levels.shape
        return pd.DataFrame(
            {
                "state": np.repeat(np.array(self.states, dtype=object), n_times),
                "time": np.tile(grid, n_states),
                "estimate": levels.T.ravel(),
                "std_error": np.where(is_edge, 0.0, errors).T.ravel(),
                "ci_low": low.T.ravel(),
                "ci_high": high.T.ravel(),
                "n_at_risk": _heads_at_risk(self.stays, grid).ravel(),
                "n_events": _heads_moved(self.stays, grid).ravel(),
            }
        ).infer_objects()


def _first_reaching(limits: Floats, probability: float) -> int | None:
    reached = np.flatnonzero(limits >= probability - ROUNDING)
    return int(reached[0]) if len(reached) else None


def _heads_at_risk(stays: StayArrays, grid: Floats) -> Integers:
    """Count stays with start < time <= stop, by state and time."""
    counts = np.zeros((len(stays.states), len(grid)), dtype=np.int64)
    for number in range(len(stays.states)):
        mine = stays.state == number
        entered = np.searchsorted(np.sort(stays.start[mine]), grid, side="left")
        left = np.searchsorted(np.sort(stays.stop[mine]), grid, side="left")
        counts[number] = entered - left
    return counts


def _heads_moved(stays: StayArrays, grid: Floats) -> Integers:
    """Count moves into each state since the previous time."""
    moved = stays.destination >= 0
    when = np.searchsorted(grid, stays.stop[moved], side="left")
    width = len(grid) + 1
    counts = np.bincount(
        stays.destination[moved] * width + when, minlength=len(stays.states) * width
    )
    return counts.reshape(-1, width)[:, :-1]
