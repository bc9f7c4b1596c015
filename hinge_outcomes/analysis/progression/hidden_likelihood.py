"""The likelihood of a panel whose true states are not always known: the forward algorithm."""

from dataclasses import replace

import numpy as np

from hinge_outcomes.analysis.progression.emission_structure import (
    EmissionStructure,
    StartStructure,
    emission_chances,
    log_odds_gradient,
    start_chances,
)
from hinge_outcomes.analysis.progression.forward_backward import Recursion, line_up
from hinge_outcomes.analysis.progression.panel_data import Floats, Integers, PanelData
from hinge_outcomes.analysis.progression.rate_structure import (
    RateStructure,
    generators_of,
    parameter_gradient,
    rates_of,
)
from hinge_outcomes.exceptions import AnalysisError

_MOST_MOVES = 1e9


class HiddenLikelihood:
    """Evaluate the log-likelihood and its exact gradient by the forward and backward recursions.

    Parameters
    ----------
    panel : PanelData
        The observations.
    structure : RateStructure
        The possible moves, and how their rates depend on K parameters.
    emission : EmissionStructure, optional
        How states are seen. Default: as they are. A code for several states says that the true
        state is one of them; a state whose entry is dated exactly is always seen as it is.
    initial : StartStructure or ndarray, optional
        Distribution of the first true state: with parameters, or fixed, of shape (S,) for all or
        (n, S) by subject. Default: the state first seen, which is then no evidence on how well
        states are seen; of several that a code may mean each is as likely.

    Notes
    -----
    With a_m the row of probabilities of the observations up to the m-th and the state there,
    a_m = a_{m-1} P(t_m) D_m, where D_m holds on its diagonal the chance of what was seen under each
    state; for a state j entered exactly then D_m has only column j, the rates q_ij [1]_. The
    gradient with respect to every probability is the product of the row before and the column
    behind it; one adjoint of the matrix exponential per kind of interval carries it to the rates.

    References
    ----------
    .. [1] Satten G, Longini I (1996). Markov chains with measurement error: estimating the 'true'
       course of a marker of the progression of human immunodeficiency virus disease. J R Stat Soc
       C 45, 275-309.
    """

    def __init__(
        self,
        panel: PanelData,
        structure: RateStructure,
        emission: EmissionStructure | None = None,
        initial: StartStructure | Floats | None = None,
    ) -> None:
        if panel.exact_times:
            raise AnalysisError(
                "With exact_times every state must be known at every row but a subject's last. "
                "Leave out rows whose state is uncertain, or set exact_times=False."
            )
        self.panel, self.structure, self.emission = panel, structure, emission
        self.first = initial if isinstance(initial, StartStructure) else None
        self.course = line_up(panel)
        self.fixed_start = np.zeros((len(self.course.order), len(panel.states)))
        if initial is None:
            first, code = self.course.first, self.course.code.copy()
            allowed = panel.sets[code[first]].astype(np.float64)
            self.fixed_start = allowed / allowed.sum(axis=1, keepdims=True)
            # What was seen first says where the course begins, and nothing on how well one sees.
            code[first] = len(panel.sets)
            self.course = replace(self.course, code=code)
        elif not isinstance(initial, StartStructure):
            self.fixed_start = np.broadcast_to(initial, self.fixed_start.shape)
        parts = [part for part in (emission, self.first) if part is not None]
        self.names = tuple(name for part in parts for name in part.names)
        self.start = np.concatenate([np.zeros(0), *[part.start for part in parts]])

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        """Give the log-likelihood and its gradient.

        Parameters
        ----------
        parameters : ndarray of shape (K + E + I,)
            Of the rates, of what is seen, of the first state.

        Returns
        -------
        loglik : float
            The log-likelihood; minus infinity where an observation is impossible.
        gradient : ndarray of shape (K + E + I,)
            Its derivatives.
        """
        theta, epsilon, iota = self._split(parameters)
        impossible = (-np.inf, np.zeros(len(parameters)))
        values = self.panel.values
        with np.errstate(over="ignore"):
            rates = rates_of(self.structure, values, theta)
        if not (rates * max(self.course.lag.max(initial=0.0), 1e-100) < _MOST_MOVES).all():
            return impossible
        recursion = self.recursion(parameters)
        if not np.isfinite(recursion.loglik):
            return impossible
        by_entry, by_seen, by_start = recursion.gradients()
        gradient = [parameter_gradient(self.structure, values, rates, by_entry)]
        if self.emission is not None:
            shares = emission_chances(self.emission, epsilon)
            odds = log_odds_gradient(shares, by_seen[:, : len(shares)])
            gradient.append(np.einsum("so,soe->e", odds, self.emission.maps))
        if self.first is not None:
            shares = start_chances(self.first, iota)
            by_group = np.zeros_like(shares)
            np.add.at(by_group, self.first.group, by_start)
            gradient.append(log_odds_gradient(shares, by_group).sum(axis=0) @ self.first.maps)
        return recursion.loglik, np.concatenate(gradient)

    def recursion(self, parameters: Floats) -> Recursion:
        """Walk over the observations under given parameters.

        Parameters
        ----------
        parameters : ndarray of shape (K + E + I,)
            The parameters.

        Returns
        -------
        Recursion
            For the likelihood, the chances of the true states, and their likeliest course.
        """
        theta, epsilon, iota = self._split(parameters)
        rates = rates_of(self.structure, self.panel.values, theta)
        size = len(self.panel.states)
        single = np.eye(size) if self.emission is None else emission_chances(self.emission, epsilon)
        sets = self.panel.sets[size:].T.astype(np.float64)
        seen = np.concatenate([single, sets, np.ones((size, 1))], axis=1)
        begins = self.fixed_start
        if self.first is not None:
            begins = start_chances(self.first, iota)[self.first.group]
        return Recursion(self.course, generators_of(self.structure, rates), seen, begins)

    def state_chances(self, parameters: Floats) -> Floats:
        """Give the probability of each true state at each observation, given the whole record.

        Parameters
        ----------
        parameters : ndarray of shape (K + E + I,)
            The parameters.

        Returns
        -------
        ndarray of shape (N, S)
            Rows in the panel's order, summing to one.
        """
        return self.recursion(parameters).state_chances()

    def likeliest_states(self, parameters: Floats) -> Integers:
        """Give each subject's most likely course of true states, given the whole record.

        Parameters
        ----------
        parameters : ndarray of shape (K + E + I,)
            The parameters.

        Returns
        -------
        ndarray of shape (N,)
            A state for each row of the panel.
        """
        return self.recursion(parameters).likeliest_states()

    def _split(self, parameters: Floats) -> tuple[Floats, Floats, Floats]:
        size = self.structure.maps.shape[2]
        middle = size + (0 if self.emission is None else len(self.emission.names))
        return parameters[:size], parameters[size:middle], parameters[middle:]


def hidden_objective(
    panel: PanelData,
    structure: RateStructure,
    emission: EmissionStructure | None = None,
    initial: StartStructure | Floats | None = None,
) -> HiddenLikelihood:
    """Give the likelihood of a panel with uncertain states, as an objective to be maximised.

    Parameters
    ----------
    panel : PanelData
        The observations.
    structure : RateStructure
        The possible moves and their parameters.
    emission : EmissionStructure, optional
        How states are seen.
    initial : StartStructure or ndarray, optional
        Distribution of the first true state.

    Returns
    -------
    HiddenLikelihood
        Callable; with ``names`` and ``start`` of the parameters beyond the rates.
    """
    return HiddenLikelihood(panel, structure, emission, initial)
