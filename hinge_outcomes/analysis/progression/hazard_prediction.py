"""Predicted state occupancy of one patient, from Cox models of the moves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from hinge_outcomes.analysis.inference import check_conf_type, probability_interval, t_quantile
from hinge_outcomes.analysis.progression.cox_result import CoxFit
from hinge_outcomes.analysis.progression.delete_one import FEW_CLUSTERS
from hinge_outcomes.analysis.progression.forward_prediction import EventShares, follow_forward
from hinge_outcomes.analysis.progression.hazard_models import Hazard, HazardModels
from hinge_outcomes.analysis.progression.patient_hazard import PatientHazard, hazard_of
from hinge_outcomes.analysis.progression.reset_prediction import follow_reset
from hinge_outcomes.analysis.progression.risk_sets import Flags, Floats, Integers
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.exceptions import AnalysisError

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes

_MOST_UNSEEN = 0.01
"""Where a larger share would be where nobody was seen so late, nothing is predicted."""

_N_TIMES = 26


@dataclass(frozen=True, slots=True)
class HazardPrediction(Result):
    """Hold where a patient is predicted to be over time.

    Parameters
    ----------
    states : tuple
        The S states, in order.
    from_state : object
        The state at the beginning.
    start : float
        What the clock showed then.
    clock : str
        "reset" (time in the state) or "forward" (time since the start).
    times : ndarray, shape (K,)
        When, counted from the beginning of the prediction.
    probability, std_error : ndarray, shape (K, S)
        Probabilities and their errors; missing where the records do not reach.
    conf_type : str
        Scale of the intervals.
    conf_level : float
        Share of intervals meant to hold the truth.
    degrees_of_freedom : float
        Of Student's t; infinity means normal.
    note : str
        Which moves have no covariates of their own.
    """

    states: tuple[Any, ...]
    from_state: Any
    start: float
    clock: str
    times: Floats
    probability: Floats
    std_error: Floats
    conf_type: str
    conf_level: float
    degrees_of_freedom: float
    note: str

    def table(self) -> pd.DataFrame:
        """Give the probability of each state by time.

        Returns
        -------
        DataFrame
            ``state``, ``time`` (since the beginning of the prediction), ``estimate``,
            ``std_error``, ``ci_low``, ``ci_high``. Missing where more than 1% would be in states in
            which nobody was seen so late.
        """
        low, high = probability_interval(
            self.probability,
            self.std_error,
            self.conf_type,
            quantile=t_quantile(self.degrees_of_freedom, self.conf_level),
            conf_level=self.conf_level,
        )
        return pd.DataFrame(
            {
                "state": np.repeat(np.array(self.states, dtype=object), len(self.times)),
                "time": np.tile(self.times, len(self.states)),
                "estimate": self.probability.T.ravel(),
                "std_error": self.std_error.T.ravel(),
                "ci_low": low.T.ravel(),
                "ci_high": high.T.ravel(),
            }
        ).infer_objects()

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the probabilities as stacked areas.

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

        first = pd.DataFrame({"state": list(self.states), "time": 0.0, "estimate": 0.0})
        first.loc[first["state"] == self.from_state, "estimate"] = 1.0
        known = self.table().dropna(subset="estimate")
        frame = pd.concat([first, known[list(first.columns)]], ignore_index=True)
        ax = draw_occupancy(frame, ax=ax, label="Time since the prediction began")
        ax.set_ylabel("Probability")
        return ax

    def summary(self) -> str:
        """Say where the patient is likely to be at the last time that can be predicted.

        Returns
        -------
        str
            One paragraph, with intervals.
        """
        table = self.table().dropna(subset="estimate")
        if table.empty:
            return "The records do not reach far enough for any of the times asked for."
        time = table["time"].max()
        last = table[table["time"] == time].sort_values("estimate", ascending=False, kind="stable")
        parts = [
            f"{row.state} {row.estimate:.1%} ({row.ci_low:.1%} to {row.ci_high:.1%})"
            for row in last.head(4).itertuples()
            if np.isfinite(row.ci_low)
        ]
        held = "in the state" if self.clock == "reset" else "since the start"
        beyond = " Later times are beyond the records." if time < self.times[-1] else ""
        return (
            f"A patient like this, in {self.from_state} with {self.start:g} days {held}, will "
            f"after {time:g} days be in: {'; '.join(parts)} ({self.conf_level:.0%} intervals of "
            f"the probability).{beyond}{self.note}"
        )


def predict_from(
    fit: HazardModels,
    patient: Mapping[str, Any],
    *,
    from_state: Any,
    start: float,
    times: npt.ArrayLike | None,
    conf_type: str,
) -> HazardPrediction:
    """Predict where a patient will be: see `HazardsFit.predict`.

    Parameters
    ----------
    fit : HazardModels
        The models.
    patient : mapping
        Covariates, and values of strata.
    from_state : object
        The state at the beginning.
    start : float
        What the clock shows then.
    times : array_like, optional
        When to predict.
    conf_type : str
        Scale of the intervals.

    Returns
    -------
    HazardPrediction
        Probabilities with intervals.

    Raises
    ------
    AnalysisError
        If the question cannot be answered by these models.
    """
    check_conf_type(conf_type)
    state = _place_of(fit, from_state)
    grid = _times(fit, start, times)
    sources = [_source(fit, hazard, patient) for hazard in fit.hazards if hazard.carrier]
    events = EventShares(
        time=np.concatenate([source.time for source in sources]),
        origin=np.concatenate([source.origin for source in sources]),
        destination=np.concatenate([source.destination for source in sources]),
        share=np.concatenate([source.share for source in sources]),
        seen_until=_seen_until(fit, patient),
    )
    if fit.clock == "forward":
        steps = follow_forward(events, state, start, start + grid)
    else:
        steps = follow_reset(events, state, start, grid)
    n_clusters = fit.rows.n_clusters or len(fit.rows.stop)
    bounds = np.cumsum([0, *(len(source.time) for source in sources)])
    probability = np.full((len(grid), len(fit.states)), np.nan)
    error, influence = probability.copy(), np.zeros((n_clusters, len(fit.states)))
    for place, step in enumerate(steps):
        influence = influence * 0 if step.carried is None else influence @ step.carried
        for source, first, last in zip(sources, bounds[:-1], bounds[1:], strict=True):
            influence = influence + source.influence(step.slope[first:last])
        if step.unseen <= _MOST_UNSEEN:
            probability[place] = np.clip(step.occupancy, 0.0, 1.0)
            error[place] = np.sqrt((influence**2).sum(axis=0))
    bare = [hazard.name for hazard in fit.hazards if hazard.carrier not in (None, hazard.fit)]
    is_few = 0 < fit.rows.n_clusters <= FEW_CLUSTERS
    return HazardPrediction(
        states=fit.states,
        from_state=from_state,
        start=start,
        clock=fit.clock,
        times=grid,
        probability=probability,
        std_error=error,
        conf_type=conf_type,
        conf_level=fit.conf_level,
        degrees_of_freedom=float(n_clusters - 1) if is_few else np.inf,
        note=f" Without covariates: the hazards of {', '.join(bare)}." if bare else "",
    )


@dataclass(frozen=True, slots=True, repr=False)
class _Source:
    """Hold the events of one model as they move the patient, and whom they rest on."""

    hazard: PatientHazard
    time: Floats
    origin: Integers
    destination: Integers
    share: Floats
    is_own: Flags
    clusters: sparse.csr_array
    of_coefficients: Floats

    def influence(self, slope: Floats) -> Floats:
        """Compute what each cluster contributes through this model."""
        values = np.where(self.is_own[:, None], slope, 0.0)
        if not values.any():
            return np.zeros((self.clusters.shape[0], slope.shape[1]))
        return self.hazard.influence(values, self.clusters, self.of_coefficients)


def _source(fit: HazardModels, hazard: Hazard, patient: Mapping[str, Any]) -> _Source:
    """Compute how the events of one model move the patient."""
    carrier: CoxFit = hazard.carrier  # type: ignore[assignment]
    model, sets = carrier.model, carrier.model.sets
    n_rows = len(fit.rows.stop)
    cluster = np.arange(n_rows) if fit.rows.cluster is None else fit.rows.cluster
    cluster, n_clusters = cluster[hazard.members], fit.rows.n_clusters or n_rows
    ones = np.ones(len(cluster))
    belongs = sparse.csr_array(
        (ones, (cluster, np.arange(len(cluster)))), shape=(n_clusters, len(cluster))
    )
    of_patient = hazard_of(model, carrier.columns_of(patient))
    is_own = _is_own(fit, carrier.rows.strata, patient)[sets.point_stratum[sets.event_point]]
    row = hazard.members[sets.event]
    return _Source(
        hazard=of_patient,
        time=sets.point_time[sets.event_point],
        origin=fit.moves.origin[row],
        destination=fit.moves.destination[row],
        share=np.where(is_own, of_patient.increment, 0.0),
        is_own=is_own,
        clusters=belongs,
        of_coefficients=model.influence(cluster, n_clusters),
    )


def _is_own(fit: HazardModels, strata: pd.DataFrame, patient: Mapping[str, Any]) -> Flags:
    """Tell which strata are those of the patient, whatever the state."""
    is_own = np.ones(len(strata), dtype=bool)
    for name in strata.columns:
        if name == fit.from_state:
            continue
        if name not in patient:
            raise AnalysisError(f"The hazards are stratified by {name}: give the patient's.")
        if not (fit.rows.strata[name] == patient[name]).any():
            raise AnalysisError(f"The patient's {name} was not seen in the fit.")
        is_own &= (strata[name] == patient[name]).to_numpy(dtype=bool)
    return is_own


def _place_of(fit: HazardModels, state: Any) -> int:
    can_leave = sorted({move[0] for hazard in fit.hazards for move in hazard.moves})
    names = [fit.states[place] for place in can_leave]
    if state not in names:
        raise AnalysisError(
            f"from_state is {state!r}, but must be a state that is left in the models: "
            f"{', '.join(map(str, names))}."
        )
    return fit.states.index(state)


def _times(fit: HazardModels, start: float, times: npt.ArrayLike | None) -> Floats:
    if not 0 <= start < np.inf:
        raise AnalysisError(f"start is {start}, but must be 0 or more.")
    if times is None:
        span = fit.last_stop - (start if fit.clock == "forward" else 0.0)
        if span <= 0:
            raise AnalysisError(
                f"start is {start:g}, but follow-up ends at {fit.last_stop:g}. Begin earlier."
            )
        grid = span * np.arange(1, _N_TIMES + 1) / _N_TIMES
        return np.unique(np.ceil(grid)) if span >= _N_TIMES else grid
    grid = np.unique(np.asarray(times, dtype=float))
    if not len(grid) or not (np.isfinite(grid) & (grid > 0)).all():
        raise AnalysisError("times must be numbers above 0, counted from the beginning.")
    return grid


def _seen_until(fit: HazardModels, patient: Mapping[str, Any]) -> Floats:
    """Find the last time, on the clock of the hazards, at which anybody was seen in each state."""
    is_own = _is_own(fit, fit.rows.strata, patient)[fit.rows.stratum]
    seen = np.where(fit.moves.is_left, 0.0, np.inf)
    np.maximum.at(seen, fit.moves.origin[is_own], fit.rows.stop[is_own])
    return seen
