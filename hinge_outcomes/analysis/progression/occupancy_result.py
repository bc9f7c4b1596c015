"""The result of an Aalen-Johansen estimate: table, means, quantiles, influence."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.inference import mean_interval, probability_interval
from hinge_outcomes.analysis.progression.counting_process import (
    CountingProcess,
    Floats,
    Integers,
    starting_set,
)
from hinge_outcomes.analysis.progression.influence import cluster_influence, standard_errors
from hinge_outcomes.analysis.progression.product_integral import cut_times, multiply_back
from hinge_outcomes.analysis.progression.stay_arrays import StayArrays
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.exceptions import AnalysisError

_ROUNDING = 1e-12
"""Estimates nearer than this to 0 or 1 differ from it by rounding alone."""

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
    event_times : ndarray, shape (T,)
        All distinct event times.
    step : ndarray, shape (T, S)
        The full step function: occupancy from each event time to the next.
    start_shares : ndarray, shape (S,)
        Occupancy before the first event.
    stays : StayArrays
        The stays the estimate rests on.
    process : CountingProcess
        The same stays by event time.
    start_distribution : str
        "fixed" or "estimated".
    conf_type : str
        Scale of the intervals.
    conf_level : float
        Confidence level of the intervals.
    """

    states: tuple[Any, ...]
    times: Floats
    std_error: Floats
    event_times: Floats
    step: Floats
    start_shares: Floats
    stays: StayArrays
    process: CountingProcess
    start_distribution: str
    conf_type: str
    conf_level: float

    @property
    def clusters(self) -> npt.NDArray[Any]:
        """Name the clusters, in the order of the rows of `influence`.

        Returns
        -------
        ndarray, shape (G,)
            Labels.
        """
        return self.stays.clusters

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
        return self._frame(grid, self._errors(np.searchsorted(self.event_times, grid, "right")))

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
        origin = self._origin()
        if not origin < upto < np.inf:
            raise AnalysisError(
                f"upto is {upto}, but must be a time after {origin:g}, where the stays begin."
            )
        edges = np.concatenate([[origin], self.event_times[self.event_times < upto], [upto]])
        # Until the first event the starting distribution holds.
        levels = np.vstack([self.start_shares, self.step[: len(edges) - 2]])
        mean = np.diff(edges) @ levels
        error = np.sqrt((self.mean_influence(upto) ** 2).sum(axis=0))
        if not self._is_known(upto):
            mean, error = np.full_like(mean, np.nan), np.full_like(error, np.nan)
        low, high = mean_interval(
            mean, error, minimum=0.0, maximum=upto - origin, conf_level=self.conf_level
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
        column = self._place(state)
        if not 0 < probability <= 1:
            raise AnalysisError(
                f"probability is {probability}, but must be above 0 and at most 1. "
                "For a median write 0.5."
            )
        upper = self._first_crossing(column, probability, use_upper=True)
        lower = self._first_crossing(column, probability, use_upper=False)
        reached = np.flatnonzero(self.step[:, column] >= probability - _ROUNDING)
        return pd.DataFrame(
            {
                "state": [state],
                "probability": [probability],
                "estimate": [self.event_times[reached[0]] if len(reached) else np.nan],
                "std_error": [np.nan],
                "ci_low": [upper],
                "ci_high": [lower],
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
        places = np.searchsorted(
            self.event_times, np.atleast_1d(np.asarray(times, dtype=float)), side="right"
        )
        given = self._start_influence()
        eye = np.eye(len(self.states))
        result = np.zeros((len(self.clusters), len(places), len(self.states)))
        for number, place in enumerate(places):
            if place:
                products = multiply_back(self.process, cut_times(np.array([place])))
                result[:, number] = cluster_influence(
                    self.process, self.step, self.start_shares, given, products, eye
                )
            elif given is not None:
                result[:, number] = given
        return result

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
        """
        given = self._start_influence()
        eye = np.eye(len(self.states))
        first, origin = self.event_times[0], self._origin()
        before = (min(first, upto) - origin) * given if given is not None else 0.0
        place = int(np.searchsorted(self.event_times, upto, side="right"))
        if not place:
            return np.zeros((len(self.clusters), len(self.states))) + before
        products = multiply_back(self.process, cut_times(np.array([place])), with_durations=True)
        left = upto - self.event_times[place - 1]
        after = cluster_influence(
            self.process, self.step, self.start_shares, given, products, left * eye
        )
        return after + before

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

        first = self._frame(np.array([self._origin()]), np.zeros((1, len(self.states))))
        return draw_occupancy(pd.concat([first, self.table()], ignore_index=True), ax=ax)

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
        return (
            f"At time {self.times[-1]:g} the estimated shares are: {'; '.join(parts)}{others} "
            f"({self.conf_level:.0%} intervals). {int(last['n_at_risk'].sum()):,} of "
            f"{self.stays.n_subjects:,} histories ({len(self.stays.state):,} stays, "
            f"{len(self.clusters):,} independent clusters) are still at risk then."
        )

    def _start_influence(self) -> Floats | None:
        return starting_set(self.process)[1] if self.start_distribution == "estimated" else None

    def _origin(self) -> float:
        return min(0.0, float(self.stays.start.min()))

    def _place(self, state: Any) -> int:
        if state not in self.states:
            raise AnalysisError(
                f"There is no state {state!r}. The states are: {', '.join(map(str, self.states))}."
            )
        return self.states.index(state)

    def _is_known(self, time: float) -> bool:
        """Tell whether occupancy is known at a time: someone is at risk, or nobody can move."""
        if time <= self.stays.stop.max():
            return True
        can_move = np.unique(self.stays.state)
        return bool(self.step[-1, can_move].sum() <= _ROUNDING)

    def _levels(self, places: Integers) -> Floats:
        levels = np.vstack([self.start_shares, self.step])[places]
        levels[levels < _ROUNDING] = 0.0
        levels[levels > 1 - _ROUNDING] = 1.0
        return levels

    def _errors(self, places: Integers) -> Floats:
        """Compute the errors after the given numbers of event times."""
        given = self._start_influence()
        none = np.zeros(len(self.states))
        start = none if given is None else np.sqrt((given**2).sum(axis=0))
        cuts = cut_times(places)
        if len(cuts) == 1:
            return np.tile(start, (len(places), 1))
        products = multiply_back(self.process, cuts)
        errors = standard_errors(self.process, products, self.step, self.start_shares, given)
        return np.vstack([start, errors])[np.searchsorted(cuts, places)]

    def _band(self, grid: Floats, errors: Floats) -> tuple[Floats, Floats, Floats]:
        levels = self._levels(np.searchsorted(self.event_times, grid, side="right"))
        even = np.ptp(self.stays.weight) == 0
        present = (self.process.first == 0) & (self.process.last > 0)
        n_start = len(np.unique(self.process.cluster[present]))
        is_complete = even & (grid <= self.stays.complete_until)
        low, high = probability_interval(
            levels,
            errors,
            self.conf_type,
            n_complete=np.where(is_complete, n_start, 0)[:, np.newaxis],
            conf_level=self.conf_level,
        )
        return levels, low, high

    def _first_crossing(self, column: int, probability: float, *, use_upper: bool) -> float:
        """Find the first event time at which a limit of the band reaches a probability."""
        low, high = 1, len(self.event_times)
        while True:
            # A long list is searched coarsely first, then between the two times found.
            places = np.unique(np.linspace(low, high, _MOST_BAND_TIMES).round().astype(np.int64))
            grid = self.event_times[places - 1]
            band = self._band(grid, self._errors(places))[2 if use_upper else 1]
            hit = np.flatnonzero(band[:, column] >= probability - _ROUNDING)
            if not len(hit):
                return float("nan")
            found = int(hit[0])
            if found == 0 or places[found] - places[found - 1] == 1:
                return float(self.event_times[places[found] - 1])
            low, high = int(places[found - 1]) + 1, int(places[found])

    def _frame(self, grid: Floats, errors: Floats) -> pd.DataFrame:
        levels, low, high = self._band(grid, errors)
        is_edge = (levels == 0) | (levels == 1)
        n_times, n_states = levels.shape
        moved = self.process.cell >= 0
        into = self.stays.destination[moved]
        when = np.searchsorted(grid, self.stays.stop[moved], side="left")
        events = np.bincount(into * (n_times + 1) + when, minlength=n_states * (n_times + 1))
        return pd.DataFrame(
            {
                "state": np.repeat(np.array(self.states, dtype=object), n_times),
                "time": np.tile(grid, n_states),
                "estimate": levels.T.ravel(),
                "std_error": np.where(is_edge, 0.0, errors).T.ravel(),
                "ci_low": low.T.ravel(),
                "ci_high": high.T.ravel(),
                "n_at_risk": self._at_risk(grid).ravel(),
                "n_events": events.reshape(n_states, -1)[:, :n_times].ravel(),
            }
        ).infer_objects()

    def _at_risk(self, grid: Floats) -> Integers:
        """Count heads with start < time <= stop, by state and time."""
        counts = np.zeros((len(self.states), len(grid)), dtype=np.int64)
        for number in range(len(self.states)):
            mine = self.stays.state == number
            entered = np.searchsorted(np.sort(self.stays.start[mine]), grid, side="left")
            left = np.searchsorted(np.sort(self.stays.stop[mine]), grid, side="left")
            counts[number] = entered - left
        return counts
