"""The ten stages of the hip hinge progression and the 0-3 rating of how well one is performed.

Stage order, names and purposes follow a clinic's public text [1]_. No published dwell times or
pass criteria exist for this ladder.

References
----------
.. [1] Evolve Performance Healthcare, Portland. "Ten Hip Hinge Progressions to Treat Low Back Pain".
"""

from dataclasses import dataclass

PHASES = ("learn the pattern", "load it", "transfer it", "power")


@dataclass(frozen=True, slots=True)
class Stage:
    """Describe one rung of the progression.

    Parameters
    ----------
    number : int
        Place in the progression, 1 to 10.
    name : str
        What the clinic calls it.
    purpose : str
        What the exercise teaches.
    phase : str
        One of ``PHASES``.
    """

    number: int
    name: str
    purpose: str
    phase: str


_LEARN, _LOAD, _TRANSFER, _POWER = PHASES

STAGES = (
    Stage(1, "Hero Squats", "takes the knees out, so that the hips must hinge", _LEARN),
    Stage(2, "Butt Taps", "standing, unlocks the hips and reaches back to a wall", _LEARN),
    Stage(3, "Three Point Contact Hinge", "keeps the spine neutral along a pipe", _LEARN),
    Stage(4, "Banded Hip Hinge", "ingrains the pattern by adding resistance", _LOAD),
    Stage(5, "Weighted Hip Hinge", "begins the move to functional lifting", _LOAD),
    Stage(6, "KB Lift", "uses hamstring tension to lift a weight off the floor", _LOAD),
    Stage(7, "Hinge to Squat", "moves from the hinge to the squat", _TRANSFER),
    Stage(8, "Banded Pull Through", "trains the hip thrust safely", _POWER),
    Stage(9, "KB Swing", "power from the hips; the catch is a perfect hinge", _POWER),
    Stage(10, "Clean", "hinge, lift, thrust and full squat together", _POWER),
)

FIRST_STAGE, LAST_STAGE = 1, len(STAGES)

MASTERY_LEVELS = ("unable", "cued", "conscious", "automatic")
"""What a rating of 0, 1, 2 and 3 means.

Unable to perform; performs with cues; performs when thinking about it; performs by default.
"""


def stage_name(number: int) -> str:
    """Give the clinic's name of a stage.

    Parameters
    ----------
    number : int
        Place in the progression, 1 to 10.

    Returns
    -------
    str
        The name.

    Raises
    ------
    ValueError
        If there is no such stage.

    Examples
    --------
    >>> stage_name(9)
    'KB Swing'
    """
    if not FIRST_STAGE <= number <= LAST_STAGE:
        raise ValueError(f"There is no such stage. Stages run from {FIRST_STAGE} to {LAST_STAGE}.")
    return STAGES[number - 1].name
