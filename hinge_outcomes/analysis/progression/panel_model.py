"""What a fitted panel model consists of: states, covariates, parameters, observations."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hinge_outcomes.analysis.progression.emission_structure import (
    EmissionStructure,
    emission_chances,
)
from hinge_outcomes.analysis.progression.panel_data import Bools, Floats, Integers, PanelData
from hinge_outcomes.analysis.progression.panel_fit import PanelFit
from hinge_outcomes.analysis.progression.panel_terms import Effect, Term, values_at
from hinge_outcomes.analysis.progression.rate_structure import generators_of, rates_of
from hinge_outcomes.analysis.progression.state_graph import StateGraph

Given = dict[str, Any]
"""Values or levels of covariates; those left out stand at their mean."""


@dataclass(frozen=True, slots=True, eq=False)
class PanelModel:
    """Hold a fitted panel model.

    Parameters
    ----------
    graph : StateGraph
        The states and possible moves.
    terms : tuple of Term
        Columns of the covariates.
    effects : tuple of Effect
        Which term acts on which moves.
    fit : PanelFit
        Parameters: log rates at the mean of the covariates, effects, then those of what is seen
        and of the first state.
    panel : PanelData
        The observations as arrays.
    row : ndarray of shape (N,)
        Row of the frame that each observation was read from, counted from 0.
    is_added : ndarray of shape (N,)
        Rows that are no observation but stand where rates change.
    emission : EmissionStructure or None
        How states are seen; None if as they are.
    first : ndarray of shape (S,) or None
        Distribution of the first state, where it was given.
    counts : ndarray of shape (S, S)
        Consecutive observations by state, rows from, columns to.
    time : str
        Column of the time, which gives the unit of the rates.
    n_duplicates : int
        Identical rows that were left out.
    conf_level : float
        Confidence level of the intervals.
    """

    graph: StateGraph
    terms: tuple[Term, ...]
    effects: tuple[Effect, ...]
    fit: PanelFit
    panel: PanelData
    row: Integers
    is_added: Bools
    emission: EmissionStructure | None
    first: Floats | None
    counts: npt.NDArray[np.int64]
    time: str
    n_duplicates: int
    conf_level: float

    @property
    def has_periods(self) -> bool:
        """Tell whether rates change with time.

        Returns
        -------
        bool
            True if there were breaks.
        """
        return any(np.isfinite(term.since) for term in self.terms)

    def observed_panel(self) -> PanelData:
        """Give the observations without the rows added where rates change.

        Returns
        -------
        PanelData
            What was recorded.
        """
        kept = ~self.is_added
        panel = self.panel
        return replace(
            panel,
            subject=panel.subject[kept],
            time=panel.time[kept],
            code=panel.code[kept],
            pattern=panel.pattern[kept],
        )

    def rate_part(self, theta: Floats) -> Floats:
        """Give the parameters that the rates depend on.

        Parameters
        ----------
        theta : ndarray of shape (K,)
            All parameters.

        Returns
        -------
        ndarray
            Log rates and effects.
        """
        return theta[: len(self.fit.structure.names)]

    def generator(self, theta: Floats, given: Given, when: float | None = None) -> Floats:
        """Give the matrix of rates for given covariates.

        Parameters
        ----------
        theta : ndarray of shape (K,)
            The parameters.
        given : dict
            Values or levels of covariates.
        when : float, optional
            The time, where rates change with it. Default: the first period.

        Returns
        -------
        ndarray of shape (S, S)
            Rates, rows summing to zero.
        """
        structure = self.fit.structure
        values = values_at(self.terms, given, when)[None]
        rates = rates_of(structure, values, self.rate_part(theta))
        found: Floats = generators_of(structure, rates)[0]
        return found

    def chances_seen(self, theta: Floats) -> Floats:
        """Give the probability of each state being seen as each other.

        Parameters
        ----------
        theta : ndarray of shape (K,)
            The parameters.

        Returns
        -------
        ndarray of shape (S, S)
            True state by state seen.
        """
        if self.emission is None:
            return np.eye(len(self.graph.states))
        size = len(self.fit.structure.names)
        return emission_chances(self.emission, theta[size : size + len(self.emission.names)])
