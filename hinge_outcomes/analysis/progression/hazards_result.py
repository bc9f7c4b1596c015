"""The result of Cox models for the moves between states: hazard ratios by move, predictions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.progression.cox_result import CoxFit
from hinge_outcomes.analysis.progression.cox_tables import ratios_in_words
from hinge_outcomes.analysis.progression.hazard_models import Hazard, HazardModels
from hinge_outcomes.analysis.progression.hazard_prediction import HazardPrediction, predict_from
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.exceptions import AnalysisError

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes

_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class HazardsFit(Result):
    """Hold Cox models for the moves between states.

    Parameters
    ----------
    models : HazardModels
        One Cox model per move or kind of move.
    per : str
        "kind" or "transition": what shares a model.
    """

    models: HazardModels
    per: str

    @property
    def converged(self) -> bool:
        """Tell whether all models that were fitted reached a finite maximum.

        Returns
        -------
        bool
            False if any did not; `transitions` says which, and why.
        """
        return all(hazard.fit.converged for hazard in self.models.hazards if hazard.fit is not None)

    @property
    def states(self) -> tuple[Any, ...]:
        """Name the states.

        Returns
        -------
        tuple
            All states, in order.
        """
        return self.models.states

    def table(self) -> pd.DataFrame:
        """Give the hazard ratios of every model.

        Returns
        -------
        DataFrame
            ``transition`` (the move or kind of move), ``term``; ``estimate``, the log hazard ratio,
            with ``std_error``, ``ci_low``, ``ci_high``; ``n_at_risk`` (stays) and ``n_events``;
            then as `CoxFit.table`. Models with too few events are left out: see `transitions`.
        """
        parts = []
        for hazard in self._fitted():
            part = hazard.fit.table()
            part.insert(0, "transition", hazard.name)
            place = list(part.columns).index("ci_high") + 1
            part.insert(place, "n_at_risk", hazard.n_at_risk)
            part.insert(place + 1, "n_events", hazard.n_events)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def transitions(self) -> pd.DataFrame:
        """Say which models were fitted.

        Returns
        -------
        DataFrame
            ``transition``, ``n_moves`` (different moves pooled), ``n_at_risk`` (stays),
            ``n_events``, ``is_fitted``, ``has_converged``, ``note`` (why not, or what to beware
            of).
        """
        return pd.DataFrame(
            {
                "transition": [hazard.name for hazard in self.models.hazards],
                "n_moves": [len(hazard.moves) for hazard in self.models.hazards],
                "n_at_risk": [hazard.n_at_risk for hazard in self.models.hazards],
                "n_events": [hazard.n_events for hazard in self.models.hazards],
                "is_fitted": [hazard.fit is not None for hazard in self.models.hazards],
                "has_converged": [
                    hazard.fit is not None and hazard.fit.converged
                    for hazard in self.models.hazards
                ],
                "note": [hazard.reason for hazard in self.models.hazards],
            }
        )

    def model(self, transition: str) -> CoxFit:
        """Give one of the models.

        Parameters
        ----------
        transition : str
            As in the column of that name.

        Returns
        -------
        CoxFit
            With residuals, baseline hazards and tests.

        Raises
        ------
        AnalysisError
            If there is no such model.
        """
        fits = {hazard.name: hazard.fit for hazard in self.models.hazards if hazard.fit is not None}
        if transition not in fits:
            raise AnalysisError(
                f"There is no model of {transition!r}. Fitted are: {', '.join(fits)}."
            )
        return fits[transition]

    def baseline(self, at: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Give the cumulative hazards of every model.

        Parameters
        ----------
        at : mapping, optional
            Covariates of the patient whose hazards they are. Default: the reference groups and 0.

        Returns
        -------
        DataFrame
            ``transition``, then as `CoxFit.baseline`, with one stratum per state left.

        Raises
        ------
        AnalysisError
            If a covariate is missing or holds a group that the fit has not seen.
        """
        return self._gathered({h.name: h.fit.baseline(at) for h in self._fitted()})

    def proportional_hazards_test(self, transform: str = "km") -> pd.DataFrame:
        """Test for every model whether its hazard ratios stay the same over time.

        Parameters
        ----------
        transform : {"km", "identity", "rank", "log"}, default "km"
            Function of time with which an effect may change.

        Returns
        -------
        DataFrame
            ``transition``, then as `CoxFit.proportional_hazards_test`; models without a finite
            maximum are left out.

        Raises
        ------
        AnalysisError
            If the function is not one of those listed, or no model can be tested.
        """
        tested = {
            hazard.name: hazard.fit.proportional_hazards_test(transform)
            for hazard in self._fitted()
            if hazard.fit.converged and hazard.fit.rows.covariates.names
        }
        if not tested:
            raise AnalysisError("No model has covariates and a finite maximum, so none is tested.")
        return self._gathered(tested)

    def predict(
        self,
        patient: Mapping[str, Any],
        *,
        from_state: Any,
        start: float = 0.0,
        times: npt.ArrayLike | None = None,
        conf_type: str = "cloglog",
    ) -> HazardPrediction:
        """Predict where a patient will be.

        Parameters
        ----------
        patient : mapping
            Covariates, and values of ``strata``, by column of the frame.
        from_state : object
            The state the patient is in when the prediction begins.
        start : float, default 0.0
            What the clock shows then: days in the state so far (``clock="reset"``) or days since
            the episode began (``clock="forward"``).
        times : array_like, optional
            When to predict, counted from the beginning of the prediction. Default: 26 times, evenly
            spread over the follow-up.
        conf_type : {"plain", "log", "cloglog", "logit"}, default "cloglog"
            Scale on which the intervals are symmetric.

        Returns
        -------
        HazardPrediction
            Probabilities of the states, with intervals.

        Raises
        ------
        AnalysisError
            If a covariate or stratum is missing or was never seen, the state cannot be left, or a
            time is not after the beginning.

        Notes
        -----
        Moves whose model was left out, or has no finite maximum, keep their hazard without
        covariates. ``clock="forward"`` is the product integral of the hazards: it assumes that what
        happens next depends on the state and the day, not on how it was reached. ``clock="reset"``
        is a Markov renewal process: what happens next depends on the state and the time in it. The
        interval holds the sampling error of hazard ratios and of baseline hazards (infinitesimal
        jackknife by cluster, or by stay without clusters), not the difference between patients:
        it is that of a probability.
        """
        return predict_from(
            self.models,
            patient,
            from_state=from_state,
            start=start,
            times=times,
            conf_type=conf_type,
        )

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the hazard ratios with their intervals.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw. Default: new ones.

        Returns
        -------
        Axes
            The drawing.
        """
        from hinge_outcomes.plotting import draw_hazard_ratios

        label = f"Hazard ratio ({self.models.conf_level:.0%} CI)"
        return draw_hazard_ratios(self.table(), ax=ax, label=label)

    def summary(self) -> str:
        """Say the hazard ratios in one paragraph.

        Returns
        -------
        str
            Ratios by move with intervals, what they rest on, and which moves were left out.
        """
        time = "time in the state" if self.models.clock == "reset" else "time since the start"
        table, rows = self.table(), self.models.rows
        shown = self._fitted()[:_MOST_NAMED]
        words = "; ".join(
            f"{hazard.name} ({hazard.n_events:,} events): "
            + ratios_in_words(table[table["transition"] == hazard.name], self.models.conf_level)
            for hazard in shown
        )
        more = len(self._fitted()) - len(shown)
        others = f"; {more} more in the table" if more else ""
        errors = (
            f"errors allow for {rows.n_clusters:,} clusters ({rows.cluster_name})"
            if rows.n_clusters
            else "errors take stays as independent"
        )
        left = [hazard for hazard in self.models.hazards if hazard.fit is None]
        left_out = (
            f" {len(left)} of {len(self.models.hazards)} were left out for too few events: "
            f"{_named(left)}." * bool(left)
        )
        infinite = [hazard for hazard in self._fitted() if not hazard.fit.converged]
        warning = f" Not converged: {_named(infinite)}; see .transitions()." * bool(infinite)
        dropped = f" {rows.n_dropped:,} incomplete stays were left out." if rows.n_dropped else ""
        return (
            f"Hazard ratios by move, {time}; {words}{others}. They rest on {len(rows.stop):,} "
            f"stays; {errors}.{left_out}{warning}{dropped}"
        )

    def _fitted(self) -> Sequence[Any]:
        return [hazard for hazard in self.models.hazards if hazard.fit is not None]

    @staticmethod
    def _gathered(parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        for name, part in parts.items():
            part.insert(0, "transition", name)
        return pd.concat(list(parts.values()), ignore_index=True)


def _named(hazards: Sequence[Hazard]) -> str:
    names = ", ".join(hazard.name for hazard in hazards[:_MOST_NAMED])
    more = len(hazards) - _MOST_NAMED
    return names + (f" and {more} more" if more > 0 else "")
