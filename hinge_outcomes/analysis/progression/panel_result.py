"""The result of a panel model: rates, ratios, probabilities, times, and how well they fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.progression.likely_states import likely_courses
from hinge_outcomes.analysis.progression.panel_data import Floats
from hinge_outcomes.analysis.progression.panel_intervals import known_covariance
from hinge_outcomes.analysis.progression.panel_model import PanelModel
from hinge_outcomes.analysis.progression.panel_passage import (
    arrival_chances,
    arrival_means,
    arrival_quantiles,
    arrivals_if_nobody_left,
)
from hinge_outcomes.analysis.progression.panel_tables import (
    parameters_table,
    prevalence_table,
    rates_table,
    ratios_table,
    seen_table,
    stays_table,
    transitions_table,
)
from hinge_outcomes.analysis.progression.panel_words import likelihood_ratio, panel_summary
from hinge_outcomes.analysis.results import Result


@dataclass(frozen=True, slots=True)
class PanelMarkovFit(Result):
    """Hold a Markov model fitted to states seen at visits.

    Parameters
    ----------
    model : PanelModel
        States, covariates, parameters with their covariance, observations.
    """

    model: PanelModel

    @property
    def minus_two_loglik(self) -> float:
        """Give minus twice the log-likelihood.

        Returns
        -------
        float
            At the estimates.
        """
        return self.model.fit.minus_two_loglik

    @property
    def converged(self) -> bool:
        """Tell whether the estimates are a proper maximum of the likelihood.

        Returns
        -------
        bool
            False at a boundary, where parameters cannot be told apart, or if the search stopped.
        """
        return self.model.fit.optimum.converged

    @property
    def message(self) -> str:
        """Say in words how the search ended.

        Returns
        -------
        str
            The verdict, with the parameters concerned and the remedy.
        """
        return self.model.fit.optimum.message

    @property
    def covariance(self) -> Floats:
        """Give the inverse of the observed information.

        Returns
        -------
        ndarray of shape (K, K)
            Of the log rates at the mean of the covariates, in the order of the transitions, then
            of the effects by covariate and transition, as in `parameters`. Rows of parameters that
            the likelihood does not bound are missing.
        """
        return known_covariance(self.model.fit.optimum)

    def parameters(self) -> pd.DataFrame:
        """Give the parameters as they were estimated: log rates and log rate ratios.

        Returns
        -------
        DataFrame
            ``parameter``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``.
        """
        return parameters_table(self.model)

    def generator(self, **covariates: Any) -> Floats:
        """Give the matrix of rates.

        Parameters
        ----------
        **covariates : float or object
            Values or levels; those left out stand at their mean.

        Returns
        -------
        ndarray of shape (S, S)
            Rates per unit of time, rows summing to zero.
        """
        return self.model.generator(self.model.fit.optimum.theta, covariates)

    def rates(self, **covariates: Any) -> pd.DataFrame:
        """Give the rate of each move.

        Parameters
        ----------
        **covariates : float or object
            Values or levels; those left out stand at their mean over the rows that start an
            interval. Where rates change with time, those of the first period are given.

        Returns
        -------
        DataFrame
            ``from``, ``to``, ``estimate`` (per unit of time), ``std_error``, ``ci_low``,
            ``ci_high`` (symmetric on the log scale), ``n_events``: consecutive observations that
            show the move.
        """
        return rates_table(self.model, covariates)

    def hazard_ratios(self) -> pd.DataFrame:
        """Give what one unit of a covariate, or a level, multiplies each rate by.

        Returns
        -------
        DataFrame
            ``covariate``, ``from``, ``to``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``
            (symmetric on the log scale); a row per move, also where moves share an effect.
        """
        return ratios_table(self.model)

    def transition_probabilities(
        self, t: float | Sequence[float], /, *, since: float | None = None, **covariates: Any
    ) -> pd.DataFrame:
        """Give the probability of being in each state a time after being in another.

        Parameters
        ----------
        t : float or sequence of float
            Time between, 0 or more.
        since : float, optional
            When it begins; matters only where rates change with time. Default: in the first period.
        **covariates : float or object
            Values or levels that hold all the time; those left out stand at their mean.

        Returns
        -------
        DataFrame
            ``from``, ``to``, ``time``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``
            (symmetric on the logit scale).

        Raises
        ------
        AnalysisError
            If a time is negative or not finite.
        """
        return transitions_table(self.model, t, since, covariates)

    def sojourn_times(self, **covariates: Any) -> pd.DataFrame:
        """Give the mean length of one stay in each state that can be left.

        Parameters
        ----------
        **covariates : float or object
            Values or levels; those left out stand at their mean.

        Returns
        -------
        DataFrame
            ``state``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high`` (symmetric on the log
            scale), in the unit of time.
        """
        return stays_table(self.model, covariates)

    def misclassification(self) -> pd.DataFrame:
        """Give the probability of each state being seen as each other.

        Returns
        -------
        DataFrame
            ``true``, ``observed``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high`` (symmetric
            on the logit scale).

        Raises
        ------
        AnalysisError
            If the model takes states to be seen as they are.
        """
        return seen_table(self.model)

    def most_likely_states(self) -> pd.DataFrame:
        """Give each subject's likeliest course of true states, given all that was seen of it.

        Returns
        -------
        DataFrame
            ``row`` of the frame, counted from 0, ``time``, ``observed``, ``most_likely`` in the
            course as a whole, and ``chance_…`` of each state at that row.
        """
        return likely_courses(self.model)

    def chance_of_ever(self, to: Any, **covariates: Any) -> pd.DataFrame:
        """Give the probability of ever reaching a state.

        Parameters
        ----------
        to : object or list
            The state, or several of which one is enough.
        **covariates : float or object
            Values or levels; those left out stand at their mean.

        Returns
        -------
        DataFrame
            ``quantity``, ``from``, ``to``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``.

        Raises
        ------
        AnalysisError
            If rates change with time.
        """
        return arrival_chances(self.model, to, covariates)

    def mean_given_arrival(self, to: Any, **covariates: Any) -> pd.DataFrame:
        """Give the mean time to a state among those who ever reach it.

        Where some leave for good the mean over everybody is infinite, and this is not the mean of
        a process without leaving: see `if_nobody_left`.

        Parameters
        ----------
        to : object or list
            The state, or several of which the first counts.
        **covariates : float or object
            Values or levels; those left out stand at their mean.

        Returns
        -------
        DataFrame
            ``quantity``, ``from``, ``to``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``.

        Raises
        ------
        AnalysisError
            If rates change with time.
        """
        return arrival_means(self.model, to, covariates)

    def arrival_quantile(self, to: Any, share: float = 0.5, **covariates: Any) -> pd.DataFrame:
        """Give the time by which a share of all have reached a state, leavers counted as not.

        Parameters
        ----------
        to : object or list
            The state, or several of which the first counts.
        share : float, default 0.5
            Of all who start in a state.
        **covariates : float or object
            Values or levels; those left out stand at their mean.

        Returns
        -------
        DataFrame
            ``quantity``, ``from``, ``to``, ``estimate`` (missing where fewer ever arrive),
            ``std_error``, ``ci_low``, ``ci_high``.

        Raises
        ------
        AnalysisError
            If rates change with time, or the share is none.
        """
        return arrival_quantiles(self.model, to, share, covariates)

    def if_nobody_left(self, to: Any, exits: Any = None, **covariates: Any) -> pd.DataFrame:
        """Give mean and median time to a state in a process without exits.

        A question about a world that was not observed: rates of leaving are set to 0, the others
        stay as they are.

        Parameters
        ----------
        to : object or list
            The state, or several of which the first counts.
        exits : object or list, optional
            States that are not entered any more. Default: all others that nobody leaves.
        **covariates : float or object
            Values or levels; those left out stand at their mean.

        Returns
        -------
        DataFrame
            ``quantity``, ``from``, ``to``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``.

        Raises
        ------
        AnalysisError
            If rates change with time.
        """
        return arrivals_if_nobody_left(self.model, to, exits, covariates)

    def prevalence(self, times: npt.ArrayLike) -> pd.DataFrame:
        """Compare how many are seen in each state with how many the model expects.

        A subject counts from the first to the last observation, in the state last seen, and for
        ever after reaching a state that nobody leaves. Expected are those at risk times the
        model's occupancy, from the distribution seen at the first of all observation times; each
        subject follows the covariates recorded.

        Parameters
        ----------
        times : array_like
            Times since the origin of the observations, none before the first of them.

        Returns
        -------
        DataFrame
            ``state``, ``time``, ``observed`` (share), ``estimate`` (expected share),
            ``std_error``, ``ci_low``, ``ci_high`` of the latter, ``n_at_risk``, ``n_observed``,
            ``n_expected``.

        Raises
        ------
        AnalysisError
            If a time lies before the first observation or is not finite.
        """
        return prevalence_table(self.model, times)

    def compare(self, simpler: "PanelMarkovFit") -> pd.DataFrame:
        """Test whether a simpler model describes the same observations as well.

        Parameters
        ----------
        simpler : PanelMarkovFit
            A model of the same observations, nested in this one.

        Returns
        -------
        DataFrame
            One row: ``statistic``, ``df``, ``p_value`` of the likelihood-ratio test.

        Raises
        ------
        AnalysisError
            If the observations differ, the other is no simpler model, or one has no maximum.
        """
        return likelihood_ratio(self.model, simpler.model)

    def table(self) -> pd.DataFrame:
        """Give the rates at the mean of the covariates.

        Returns
        -------
        DataFrame
            As `rates`.
        """
        return self.rates()

    def plot(self, ax: Any = None) -> Any:
        """Draw observed against expected shares in each state.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw. Default: new ones.

        Returns
        -------
        Axes
            The drawing.
        """
        from hinge_outcomes.plotting.prevalence import draw_prevalence

        grid = np.linspace(
            self.model.panel.time.min(), np.quantile(self.model.panel.time, 0.95), 21
        )
        return draw_prevalence(self.prevalence(grid), ax=ax)

    def summary(self) -> str:
        """Say how long people stay in each state and what the fit rests on.

        Returns
        -------
        str
            One paragraph, with intervals and numbers.
        """
        return panel_summary(self.model)
