"""When a stage counts as mastered, and when a silent patient counts as lost: rules as data."""

from dataclasses import dataclass

from hinge_outcomes.domain.progression import MASTERY_LEVELS
from hinge_outcomes.exceptions import ConfigError


@dataclass(frozen=True, slots=True)
class MasteryCriterion:
    """Say what ratings document that a stage is mastered.

    The goal is that the movement is automatic, not that it is understood; one good rating may be
    luck, so the default asks for two in a row. *Consecutive* means the next ratings of that very
    stage: missed visits and visits that rate other stages neither count nor break the run, a gap
    above ``max_gap_days`` breaks it. Mastery is dated at the confirming rating.

    Parameters
    ----------
    level : str, default "automatic"
        Lowest rating that counts: "unable", "cued", "conscious" or "automatic".
    consecutive : int, default 2
        How many such ratings in a row.
    min_gap_days, max_gap_days : int, default 1 and 56
        Least and most days between one rating of the run and the next.
    passed_by_advancing : bool, default False
        Whether one such rating of stage k followed by a working stage above k confirms as well,
        dated at the first day of that working stage.

    Raises
    ------
    ConfigError
        If a value is not allowed.

    Examples
    --------
    >>> MasteryCriterion().minimum_rating
    3
    """

    level: str = "automatic"
    consecutive: int = 2
    min_gap_days: int = 1
    max_gap_days: int = 56
    passed_by_advancing: bool = False

    def __post_init__(self) -> None:
        if self.level not in MASTERY_LEVELS:
            raise ConfigError(
                f"The mastery level is not known. Allowed: {', '.join(MASTERY_LEVELS)}."
            )
        if self.consecutive < 1:
            raise ConfigError("A mastery criterion needs consecutive = 1 or more ratings.")
        if not 0 <= self.min_gap_days <= self.max_gap_days:
            raise ConfigError(
                "A mastery criterion needs 0 <= min_gap_days <= max_gap_days; "
                f"found {self.min_gap_days} and {self.max_gap_days}."
            )

    @property
    def minimum_rating(self) -> int:
        """Give the lowest rating that counts, 0 to 3.

        Returns
        -------
        int
            The place of ``level`` in the rubric.
        """
        return MASTERY_LEVELS.index(self.level)


@dataclass(frozen=True, slots=True)
class LossRule:
    """Say after how many days without an attended visit a patient counts as lost.

    Parameters
    ----------
    gap_days : int, default 42
        Days without an attended visit; the loss is dated ``last attended day + gap_days``.

    Raises
    ------
    ConfigError
        If the gap is not at least one day.

    Examples
    --------
    >>> LossRule().gap_days
    42
    """

    gap_days: int = 42

    def __post_init__(self) -> None:
        if self.gap_days < 1:
            raise ConfigError(f"A loss rule needs gap_days of 1 or more; found {self.gap_days}.")
