"""The result of an Aalen-Johansen estimate: table, means, quantiles, influence."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.inference import mean_interval, probability_interval, t_quantile
from hinge_outcomes.analysis.progression.band_crossings import crossings_of_band, first_reaching
from hinge_outcomes.analysis.progression.counting_process import Floats, Integers
from hinge_outcomes.analysis.progression.delete_one import DeleteOne
from hinge_outcomes.analysis.progression.head_counts import heads_at_risk, heads_moved
from hinge_outcomes.analysis.progression.occupancy_words import occupancy_paragraph
from hinge_outcomes.analysis.progression.starting_mix import StartingMix
from hinge_outcomes.analysis.progression.stay_arrays import StayArrays
from hinge_outcomes.analysis.progression.step_function import ROUNDING, StepFunction
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.exceptions import AnalysisError


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
    start : StartingMix or None
        Where people start, if that was given; None counts those at risk before the first event.
    start_distribution : str
        "fixed" or "estimated".
    conf_type : str
        Scale of the intervals.
    conf_level : float
        Confidence level of the intervals.
    delete_one : DeleteOne, optional
        The curves without each cluster, where errors rest on them; then intervals are Student's
        with one degree of freedom less than clusters. Default: the infinitesimal jackknife, and
        normal intervals.
    origin : float, optional
        Where time begins. Default: 0, or the earliest start if that is negative.
    nouns : tuple of str
        What a reader calls the time, the histories and the clusters.
    of_subjects : Occupancy, optional
        The same with errors over histories (or patients), where clusters are too few.
    """

    states: tuple[Any, ...]
    times: Floats
    std_error: Floats
    curve: StepFunction
    stays: StayArrays
    start: StartingMix | None
    start_distribution: str
    conf_type: str
    conf_level: float
    delete_one: DeleteOne | None = None
    origin: float | None = None
    nouns: tuple[str, str, str] = ("time", "histories", "independent clusters")
    of_subjects: "Occupancy | None" = None

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
    def degrees_of_freedom(self) -> float:
        """Give the degrees of freedom of the intervals.

        Returns
        -------
        float
            Clusters less one for errors from leaving out each; infinity (normal) otherwise.
        """
        return np.inf if self.delete_one is None else self.delete_one.degrees_of_freedom

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
        return self._frame(grid, self._errors(grid))

    def compare_levels(self) -> pd.DataFrame:
        """Set the errors over the clusters beside those over histories.

        Returns
        -------
        DataFrame
            ``level`` ("clusters" or "histories"), ``method`` of the errors, then the columns of
            `table`. With ten clusters or more, or where each history is its own cluster, it has
            rows of the clusters alone.
        """
        own = "infinitesimal jackknife, normal"
        if self.delete_one is not None:
            own = "delete-one jackknife, Student's t"
        parts = [self.table().assign(level="clusters", method=own)]
        if self.of_subjects is not None:
            of_each = self.of_subjects.probability_at(self.times)
            parts.append(
                of_each.assign(level="histories", method="infinitesimal jackknife, normal")
            )
        rows = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
        return rows[["level", "method", *rows.columns[:-2]]]

    def restricted_mean(self, upto: float) -> pd.DataFrame:
        """Give the mean time spent in each state up to a time.

        The area under the full step function, from 0 (or the earliest start, if that is negative).
        Its error is the jackknife of the table, its interval symmetric. It is missing where
        ``upto`` lies beyond the last time anyone is at risk while some could still move.

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
        mean = self.curve.curve().area(self._origin(), upto)
        if not self._is_known(upto):
            mean, error = np.full_like(mean, np.nan), np.full_like(error, np.nan)
        low, high = mean_interval(
            mean,
            error,
            degrees_of_freedom=self.degrees_of_freedom,
            minimum=0.0,
            maximum=upto - self._origin(),
            conf_level=self.conf_level,
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
        reached = first_reaching(self.curve.curve().values[1:, column], probability)
        low, high = crossings_of_band(
            lambda places: self._limits_at(places, column), len(self.event_times), probability
        )
        day, ci_low, ci_high = (
            np.nan if place is None else self.event_times[place] for place in (reached, low, high)
        )
        return pd.DataFrame(
            {
                "state": [state],
                "probability": [probability],
                "estimate": [day],
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
        grid = np.atleast_1d(np.asarray(times, dtype=float))
        if self.delete_one is not None:
            return self.delete_one.at(grid)
        places = self.curve.places(grid)
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
        if self.delete_one is not None:
            return self.delete_one.area(origin, upto)
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
        return occupancy_paragraph(self)

    def _origin(self) -> float:
        return min(0.0, float(self.stays.start.min())) if self.origin is None else self.origin

    def _errors(self, grid: Floats) -> Floats:
        if self.delete_one is not None:
            return np.asarray(np.sqrt((self.delete_one.at(grid) ** 2).sum(axis=0)))
        return self.curve.errors(self.curve.places(grid))

    def _is_known(self, time: float) -> bool:
        """Tell whether occupancy is known at a time: someone is at risk, or nobody can move."""
        if time <= self.stays.stop.max():
            return True
        can_move = np.unique(self.stays.state)
        return bool(self.curve.steps[-1, can_move].sum() <= ROUNDING)

    def _pooled(self, heads: Integers) -> Integers:
        pooling = self.curve.pooling
        return heads if pooling is None else (pooling.T @ heads).astype(np.int64)

    def _band(self, grid: Floats, errors: Floats) -> tuple[Floats, Floats, Floats]:
        levels = self.curve.curve().at(grid)
        process = self.curve.process
        present = (process.first == 0) & (process.last > 0)
        n_start = np.count_nonzero(np.bincount(process.cluster[present]))
        # Exact limits need equal weights and nobody lost from sight.
        is_complete = (np.ptp(process.weight) == 0) & (grid <= self.stays.complete_until)
        low, high = probability_interval(
            levels,
            errors,
            self.conf_type,
            n_complete=np.where(is_complete, n_start, 0)[:, np.newaxis],
            quantile=t_quantile(self.degrees_of_freedom, self.conf_level),
            conf_level=self.conf_level,
        )
        return levels, low, high

    def _limits_at(self, places: Integers, column: int) -> tuple[Floats, Floats]:
        """Give the band of one state after the given numbers of event times."""
        grid = self.event_times[places - 1]
        _, low, high = self._band(grid, self._errors(grid))
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
                "n_at_risk": self._pooled(
                    heads_at_risk(self.curve.process, self.stays, grid)
                ).ravel(),
                "n_events": self._pooled(heads_moved(self.curve.process, grid)).ravel(),
            }
        ).infer_objects()
