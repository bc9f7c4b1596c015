"""The Cox models of the moves between states, and the stays they rest on."""

from dataclasses import dataclass
from typing import Any

from hinge_outcomes.analysis.progression.cox_reader import CoxRows
from hinge_outcomes.analysis.progression.cox_result import CoxFit
from hinge_outcomes.analysis.progression.hazard_moves import Moves
from hinge_outcomes.analysis.progression.risk_sets import Integers


@dataclass(frozen=True, slots=True, repr=False)
class Hazard:
    """Hold the Cox model of one move, or of all moves of a kind.

    Parameters
    ----------
    name : str
        The move, such as ``stage_3 -> stage_4``, or the kind, such as ``forward``.
    moves : tuple
        The moves it is about, as places of the states left and entered.
    members : ndarray, shape (n,)
        Which stays are at risk, as places among all stays used.
    fit : CoxFit or None
        The model with covariates; None where there are too few events.
    carrier : CoxFit or None
        The model that predictions use: ``fit``, or where that is missing or has no finite maximum,
        one without covariates. None without any event.
    reason : str
        Why there is no ``fit``, or what to beware of.
    n_at_risk, n_events : int
        Stays at risk and moves.
    """

    name: str
    moves: tuple[tuple[int, int], ...]
    members: Integers
    fit: CoxFit | None
    carrier: CoxFit | None
    reason: str
    n_at_risk: int
    n_events: int


@dataclass(frozen=True, slots=True, repr=False)
class HazardModels:
    """Hold all models of one fit.

    Parameters
    ----------
    hazards : tuple of Hazard
        One per move or kind of move.
    moves : Moves
        The states of all stays used.
    rows : CoxRows
        All stays used.
    clock : str
        "reset" (time in the state) or "forward" (time since the start).
    from_state : str
        The column of states left, by which all models are stratified.
    last_stop : float
        The last time of follow-up since the start.
    conf_level : float
        Share of intervals meant to hold the truth.
    """

    hazards: tuple[Hazard, ...]
    moves: Moves
    rows: CoxRows
    clock: str
    from_state: str
    last_stop: float
    conf_level: float

    @property
    def states(self) -> tuple[Any, ...]:
        """Name the states.

        Returns
        -------
        tuple
            All states, in order.
        """
        return self.moves.states
