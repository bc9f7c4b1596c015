"""The states an episode moves through, which moves are lawful, and what wins on a shared day."""

from hinge_outcomes.domain.progression import FIRST_STAGE, LAST_STAGE

STAGE_STATES = tuple(f"stage_{number}" for number in range(FIRST_STAGE, LAST_STAGE + 1))

MASTERED = "mastered"
DISCHARGED = "discharged"
REFERRED = "referred"
LOST = "lost"

END_STATES = (MASTERED, DISCHARGED, REFERRED, LOST)
"""Ways out of the ladder, first the one that wins when several fall on one day."""

STATES = STAGE_STATES + END_STATES

END_REASONS = (
    "mastered",
    "goals_met",
    "self_discharged",
    "lost_to_follow_up",
    "referred_out",
    "administrative",
)

END_REASON_STATES: dict[str, str | None] = {
    "mastered": MASTERED,
    "goals_met": DISCHARGED,
    "self_discharged": LOST,
    "lost_to_follow_up": LOST,
    "referred_out": REFERRED,
    "administrative": None,
}
"""The state each recorded reason leads to; None means censored."""

RULE_DATED_REASONS = ("lost_to_follow_up", "administrative")
"""Reasons whose typed closing day says nothing about the patient: the loss rule dates them."""


def stage_state(number: int) -> str:
    """Name the state of working at a stage.

    Parameters
    ----------
    number : int
        Place in the progression, 1 to 10.

    Returns
    -------
    str
        The state, such as ``"stage_4"``.

    Examples
    --------
    >>> stage_state(4)
    'stage_4'
    """
    return STAGE_STATES[number - FIRST_STAGE]


def is_legal_move(origin: str, destination: str) -> bool:
    """Tell whether an episode may move from one state to another.

    Between stages every move is lawful, forward and back, over one rung or several; every stage may
    end in any way; nobody leaves an end state.

    Parameters
    ----------
    origin, destination : str
        States as in ``STATES``.

    Returns
    -------
    bool
        True if the move may happen.

    Examples
    --------
    >>> is_legal_move("stage_3", "stage_2"), is_legal_move("lost", "stage_1")
    (True, False)
    """
    return origin in STAGE_STATES and destination in STATES and origin != destination
