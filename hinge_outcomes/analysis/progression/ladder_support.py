"""Which rates of the ladder a clinic's visits can support, and what to tie where they cannot."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.ladder_panel import (
    EXITS,
    MASTERED_CODE,
    LadderSightings,
    see_ladder,
)
from hinge_outcomes.analysis.progression.ladder_structure import (
    KINDS,
    NO_MOVES,
    SHAPES,
    wanted_shapes,
)
from hinge_outcomes.analysis.progression.panel_data import Floats, Integers
from hinge_outcomes.analysis.progression.sighting_rows import distinct
from hinge_outcomes.analysis.progression.stays import check_follow_up
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.progression import LAST_STAGE, PHASES, STAGES
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.domain.states import STATES
from hinge_outcomes.exceptions import NoEventsError

MOVES_A_RATE = 10
"""A rate of its own needs so many moves: with fewer its interval spans more than a factor of 3."""

FEWEST_MOVES = 5
"""Of a kind of move with fewer the rate is hardly known, which is said."""

_SMOOTH_STAGES, _SMOOTH_MOVES = 3, 30

_CRITERION = MasteryCriterion()
_LOSS = LossRule()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LadderSupport(Result):
    """Say which rates can be estimated.

    Parameters
    ----------
    counts : DataFrame
        kind, stage, n_events (moves seen between visits, each rung counted), days_at_risk,
        n_episodes.
    asked : dict of str to str
        The shape asked for, by kind.
    shapes : dict of str to str
        The shape that the counts support, by kind; "none" where the kind is left out.
    reasons : dict of str to str
        Why a kind's shape is not the one asked for, or its rate hardly known.
    n_episodes : int
        Episodes with at least two sightings.
    """

    counts: pd.DataFrame
    asked: dict[str, str]
    shapes: dict[str, str]
    reasons: dict[str, str]
    n_episodes: int

    @property
    def retreats(self) -> bool:
        """Tell whether a simpler structure is used than was asked for.

        Returns
        -------
        bool
            True if the rates of any kind of move that was seen vary less than asked for.
        """
        return any(shape not in (self.asked[kind], NO_MOVES) for kind, shape in self.shapes.items())

    def table(self) -> pd.DataFrame:
        """Give the counts behind every rate, with the verdict.

        Returns
        -------
        DataFrame
            kind, stage, n_events, days_at_risk, n_episodes, verdict.
        """
        kind = self.counts["kind"]
        enough = self.counts["n_events"] >= MOVES_A_RATE
        shape = kind.map(self.shapes)
        own = np.where(enough, "supports a rate of its own", "tie it with other stages")
        verdict = np.where(shape == NO_MOVES, "left out", own)
        return self.counts.assign(verdict=verdict)

    def plot(self, ax: Any = None) -> Any:
        """Draw the moves seen at each stage.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw. Default: new ones.

        Returns
        -------
        Axes
            The drawing.
        """
        from hinge_outcomes.plotting import draw_ladder_support

        return draw_ladder_support(self.table(), MOVES_A_RATE, ax=ax)

    def summary(self) -> str:
        """Say what can be estimated and what is simplified.

        Returns
        -------
        str
            One paragraph.
        """
        total = self.counts.groupby("kind", sort=False)["n_events"].sum()
        seen = ", ".join(f"{total[kind]:,} {kind}" for kind in KINDS if total.get(kind, 0))
        told = (
            f"{self.n_episodes:,} episodes were seen at least twice; moves between visits: {seen}."
        )
        if not self.reasons:
            shapes = sorted({shape for shape in self.shapes.values() if shape != NO_MOVES})
            return f"{told} They support the rates asked for ({', '.join(shapes)})."
        return f"{told} " + " ".join(self.reasons.values())


def describe_ladder_support(
    cohort: Cohort,
    structure: str | Mapping[str, str] = "tied",
    *,
    criterion: MasteryCriterion = _CRITERION,
    loss: LossRule = _LOSS,
) -> LadderSupport:
    """Say before fitting which rates of the ladder the visits can support.

    Parameters
    ----------
    cohort : Cohort
        The records.
    structure : str or mapping, default "tied"
        As for ``fit_ladder``.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost.

    Returns
    -------
    LadderSupport
        Moves and days behind every rate, and the structure that they support.

    Raises
    ------
    NotIdentifiableError
        If the cohort has no stages, or last_observed_day was removed.
    NoEventsError
        If nobody was seen to move forward.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.named("matched"), n_episodes=60, seed=7)
    >>> support = describe_ladder_support(cohort, "free")
    >>> support.shapes["forward"] != "free"
    True
    """
    check_follow_up(cohort)
    return judge_support(
        see_ladder(cohort, criterion=criterion, loss=loss), wanted_shapes(structure)
    )


def judge_support(
    sightings: LadderSightings, asked: dict[str, str], form: str = "simple"
) -> LadderSupport:
    """Choose for each kind of move the richest structure that its counts support.

    Parameters
    ----------
    sightings : LadderSightings
        What was seen.
    asked : dict of str to str
        The shape asked for, by kind.
    form : {"simple", "hidden"}, default "simple"
        Whether moving up is a move of its own.

    Returns
    -------
    LadderSupport
        Counts, shapes and reasons.

    Raises
    ------
    NoEventsError
        If nobody was seen to move forward.
    """
    moves, days, people = count_moves_by_stage(sightings)
    if moves[0].sum() == 0:
        raise NoEventsError(
            "Nobody was seen to move up a stage or to master one between two visits, so no rate of "
            "learning can be estimated. Wait for more visits, or select more patients."
        )
    shapes: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for number, kind in enumerate(KINDS):
        if kind == "relapse" or (kind == "advance" and form == "simple"):
            shapes[kind] = NO_MOVES
            continue
        can_move = (days > 0) & (np.arange(LAST_STAGE) > 0) if kind == "backward" else days > 0
        shapes[kind] = _supported(asked[kind], moves[number][can_move], np.flatnonzero(can_move))
        total = int(moves[number].sum())
        if shapes[kind] not in (asked[kind], NO_MOVES):
            reasons[kind] = (
                f"{total:,} moves {kind} do not support {asked[kind]} rates; {shapes[kind]} "
                "rates are used."
            )
        if 0 < total < FEWEST_MOVES:
            told = reasons.get(kind, f"Only {total} moves {kind}.")
            reasons[kind] = f"{told} Their rate is hardly known."
    counts = pd.DataFrame(
        {
            "kind": np.repeat(KINDS, LAST_STAGE),
            "stage": np.tile(np.arange(1, LAST_STAGE + 1), len(KINDS)),
            "n_events": moves.astype(np.int64).ravel(),
            "days_at_risk": np.tile(days, len(KINDS)),
            "n_episodes": np.tile(people, len(KINDS)),
        }
    )
    is_asked = counts["kind"].ne("relapse") & (counts["kind"].ne("advance") | (form == "hidden"))
    counts = counts[(counts["days_at_risk"] > 0) & is_asked]
    goes_on = sightings.episode[1:][sightings.episode[1:] == sightings.episode[:-1]]
    return LadderSupport(
        counts.reset_index(drop=True), asked, shapes, reasons, len(distinct(goes_on))
    )


def add_relapses(support: LadderSupport, falls: Floats) -> LadderSupport:
    """Let what was automatic be lost at the same stage, as often as ratings show it.

    Parameters
    ----------
    support : LadderSupport
        Counts and shapes without relapses.
    falls : ndarray of shape (10,)
        Times that a stage was rated automatic and lower at the next sighting.

    Returns
    -------
    LadderSupport
        With the relapses, in the richest shape asked for that they support; one rate at least.
    """
    like = support.counts[support.counts["kind"] == "forward"].assign(kind="relapse")
    rungs = like["stage"].to_numpy() - 1
    like["n_events"] = falls[rungs].astype(np.int64)
    shape = _supported(support.asked["relapse"], falls[rungs], rungs)
    return replace(
        support,
        counts=pd.concat([support.counts, like], ignore_index=True),
        shapes={**support.shapes, "relapse": "tied" if shape == NO_MOVES else shape},
    )


def count_moves_by_stage(sightings: LadderSightings) -> tuple[Floats, Floats, Floats]:
    """Count moves between consecutive sightings, each rung passed as one move.

    Parameters
    ----------
    sightings : LadderSightings
        What was seen.

    Returns
    -------
    moves : ndarray of shape (7, 10)
        By kind and stage; what moves up has been learnt, so both count alike. No relapses: they
        show in ratings only.
    days : ndarray of shape (10,)
        Days from a sighting at each stage to the next sighting.
    people : ndarray of shape (10,)
        Episodes seen at each stage.
    """
    episode, code = sightings.episode, sightings.code
    goes_on = episode[1:] == episode[:-1]
    start, end = code[:-1][goes_on], code[1:][goes_on]
    lag = (sightings.day[1:] - sightings.day[:-1])[goes_on]
    whose = episode[1:][goes_on]
    moves = np.zeros((len(KINDS), LAST_STAGE))
    is_stage = end < LAST_STAGE
    top = np.where(end == MASTERED_CODE, sightings.target[whose], end)
    up = (is_stage | (end == MASTERED_CODE)) & (top > start)
    moves[:2] = _passed(start[up], top[up])
    down = is_stage & (end < start)
    moves[KINDS.index("backward")] = _passed(end[down] + 1, start[down] + 1)
    for exit_state in EXITS:
        left = end == STATES.index(exit_state)
        moves[KINDS.index(exit_state)] = np.bincount(start[left], minlength=LAST_STAGE)[:LAST_STAGE]
    days = np.bincount(start, weights=lag, minlength=LAST_STAGE)[:LAST_STAGE].astype(np.float64)
    seen = code < LAST_STAGE
    pairs = distinct(episode[seen] * LAST_STAGE + code[seen]) % LAST_STAGE
    return moves, days, np.bincount(pairs, minlength=LAST_STAGE).astype(np.float64)


def _passed(low: Any, high: Any) -> Floats:
    """Count for each rung how many of the spans low <= rung < high hold it."""
    steps = np.bincount(low, minlength=LAST_STAGE + 1) - np.bincount(high, minlength=LAST_STAGE + 1)
    return np.cumsum(steps)[:LAST_STAGE].astype(np.float64)


def _supported(asked: str, moves: Floats, rungs: Integers) -> str:
    """Give the first shape from the one asked for downwards that the counts support."""
    total = moves.sum()
    if total < FEWEST_MOVES:
        return "tied" if total else NO_MOVES
    phase = np.array([PHASES.index(STAGES[rung].phase) for rung in rungs])
    by_phase = np.bincount(phase, weights=moves, minlength=len(PHASES))[np.unique(phase)]
    holds = {
        "free": (moves >= MOVES_A_RATE).all(),
        "smooth": total >= _SMOOTH_MOVES and (moves >= FEWEST_MOVES).sum() >= _SMOOTH_STAGES,
        "phase": (by_phase >= MOVES_A_RATE).all(),
        "tied": True,
    }
    return next(shape for shape in SHAPES[SHAPES.index(asked) :] if holds[shape])
