"""The ladder as a rate structure: which moves there are, and how their rates vary over stages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.progression.ladder_panel import EXITS, MASTERED_CODE
from hinge_outcomes.analysis.progression.panel_data import Floats, Integers
from hinge_outcomes.analysis.progression.rate_structure import RateStructure
from hinge_outcomes.domain.progression import LAST_STAGE, PHASES, STAGES
from hinge_outcomes.domain.states import STATES
from hinge_outcomes.exceptions import AnalysisError

KINDS = ("forward", "advance", "backward", "relapse", *EXITS)
"""Kinds of moves: forward is learning a stage. In the simple form that is at once the move one rung
up, from the target into mastery; in the hidden form the move up is ``advance``, and comes later.
Backward is one rung down; relapse, of the hidden form, leads from automatic to learning the same
stage; and there are three ways out.
"""

HIDDEN_STATES = (
    *(f"learning_{k}" for k in range(1, LAST_STAGE + 1)),
    *(f"automatic_{k}" for k in range(1, LAST_STAGE + 1)),
    *EXITS,
)

SHAPES = ("free", "smooth", "phase", "tied")
"""How rates vary over stages, from the most parameters to the fewest."""

NO_MOVES = "none"

CLOSED = -50.0
"""Log factor of a move that a pattern does not have: its rate is 2e-22 of what it would be."""

_SMOOTH_DEGREE = 2

_BACKWARD = KINDS.index("backward")


@dataclass(frozen=True, slots=True, eq=False)
class LadderStructure:
    """Hold the moves of a ladder and what each of its parameters is.

    Parameters
    ----------
    rates : RateStructure
        Moves and maps; covariates are the constant, one mark per distinct target, then the terms.
    kind : ndarray of shape (R,)
        Place in ``KINDS`` of each move.
    stage : ndarray of shape (R,)
        Stage that each move leaves.
    targets : tuple of int
        Distinct target stages that have a mark; empty where all aim for the same.
    held : tuple of int
        Parameters that are not estimated.
    effects : tuple of (int, int, int)
        Parameter, kind and term of each effect.
    states : tuple of str
        The states of the model.
    """

    rates: RateStructure
    kind: Integers
    stage: Integers
    targets: tuple[int, ...]
    held: tuple[int, ...]
    effects: tuple[tuple[int, int, int], ...]
    states: tuple[str, ...]

    @property
    def exit_codes(self) -> list[int]:
        """Give the places of the ways out.

        Returns
        -------
        list of int
            Of discharged, referred and lost.
        """
        return [self.states.index(name) for name in EXITS]

    def mastery_code(self, target: int) -> int:
        """Give the state in which a target is mastered.

        Parameters
        ----------
        target : int
            The stage.

        Returns
        -------
        int
            Its place.
        """
        return MASTERED_CODE if self.states is STATES else LAST_STAGE + target - 1


def wanted_shapes(structure: str | Mapping[str, str]) -> dict[str, str]:
    """Read how rates are asked to vary over stages.

    Parameters
    ----------
    structure : str or mapping
        One of ``SHAPES`` for all kinds, or by kind; "exit" means all three ways out. Kinds that
        are not named are tied.

    Returns
    -------
    dict of str to str
        A shape for each of ``KINDS``.

    Raises
    ------
    AnalysisError
        If a kind or a shape is not known.

    Examples
    --------
    >>> wanted_shapes({"forward": "smooth", "exit": "tied"})["backward"]
    'tied'
    """
    given = dict.fromkeys(KINDS, structure) if isinstance(structure, str) else dict(structure)
    if "exit" in given:
        given = {**dict.fromkeys(EXITS, given.pop("exit")), **given}
    unknown = [name for name in given if name not in KINDS]
    odd = [shape for shape in dict.fromkeys(given.values()) if shape not in SHAPES]
    if unknown or odd:
        raise AnalysisError(
            f"structure= has {', '.join(map(repr, unknown + odd))}. Allowed: one of "
            f"{', '.join(SHAPES)}, or such a shape by kind: {', '.join(KINDS)}, or exit for the "
            "last three together."
        )
    return {kind: given.get(kind, "tied") for kind in KINDS}


def build_ladder(
    shapes: Mapping[str, str],
    targets: Sequence[int],
    terms: Sequence[str] = (),
    effects: Mapping[str, Sequence[int]] | None = None,
    *,
    form: str = "simple",
) -> LadderStructure:
    """Build the moves of the ladder and their maps.

    Passing the target is the forward move of that stage, whoever's target it is, so patients with
    unequal targets share one rate; for each target only its own moves are open.

    Parameters
    ----------
    shapes : mapping of str to str
        By kind: one of ``SHAPES``, or "none" where there are no such moves.
    targets : sequence of int
        Target stages that occur.
    terms : sequence of str, default ()
        Names of the covariate columns.
    effects : mapping of str to sequence of int, optional
        By kind: places of the terms that act on it.
    form : {"simple", "hidden"}, default "simple"
        Whether a stage is one state, or learning and automatic.

    Returns
    -------
    LadderStructure
        The structure.

    Examples
    --------
    Four rates for a ladder of three stages: up, down, and two ways out.

    >>> shapes = {**dict.fromkeys(KINDS, "tied"), "discharged": "none"}
    >>> ladder = build_ladder(shapes, [3])
    >>> ladder.rates.names
    ('forward', 'backward', 'referred', 'lost')
    >>> ladder.rates.moves[:3].tolist(), ladder.stage[:3].tolist()
    ([[0, 1], [1, 2], [2, 10]], [1, 2, 3])
    """
    aims = sorted(set(targets))
    states = STATES if form == "simple" else HIDDEN_STATES
    moves, kind, stage, closed = (_moves if form == "simple" else _hidden_moves)(shapes, aims)
    marks = aims if len(aims) > 1 else []
    columns: list[Floats] = []
    names: list[str] = []
    for number, name in enumerate(KINDS):
        mine = np.flatnonzero(kind == number)
        if len(mine):
            basis, labels = _basis(shapes[name], stage[mine])
            block = np.zeros((len(kind), basis.shape[1]))
            block[mine] = basis
            columns.append(block)
            names += [f"{name}{label}" for label in labels]
    base = np.concatenate(columns, axis=1)
    acting = [(KINDS.index(name), term) for name, acts in (effects or {}).items() for term in acts]
    acting = [(number, term) for number, term in acting if (kind == number).any()]
    n_base, n_marks = base.shape[1], len(marks)
    size = n_base + len(acting) + bool(marks)
    maps = np.zeros((1 + n_marks + len(terms), len(kind), size))
    maps[0, :, :n_base] = base
    for place, (number, term) in enumerate(acting):
        maps[1 + n_marks + term, kind == number, n_base + place] = 1.0
        names.append(f"{terms[term]} on {KINDS[number]}")
    if marks:
        names.append("closed moves")
        for place, target in enumerate(marks):
            maps[1 + place, :, -1] = closed[target]
    return LadderStructure(
        rates=RateStructure(len(states), moves, maps, tuple(names)),
        kind=kind,
        stage=stage,
        targets=tuple(marks),
        held=(size - 1,) if marks else (),
        effects=tuple((n_base + place, *pair) for place, pair in enumerate(acting)),
        states=states,
    )


def ladder_values(ladder: LadderStructure, target: Integers, terms: Floats) -> Floats:
    """Put targets and covariates into the columns that the maps expect.

    Parameters
    ----------
    ladder : LadderStructure
        The structure.
    target : ndarray of shape (P,)
        Target stage of each pattern.
    terms : ndarray of shape (P, C)
        Covariate columns of each pattern.

    Returns
    -------
    ndarray of shape (P, 1 + T + C)
        The constant, the marks of the targets, the covariates.
    """
    marks = (target[:, None] == np.array(ladder.targets, dtype=np.int64)).astype(np.float64)
    return np.concatenate([np.ones((len(target), 1)), marks, terms], axis=1)


def _moves(
    shapes: Mapping[str, str], aims: Sequence[int]
) -> tuple[Integers, Integers, Integers, dict[int, Floats]]:
    """List the moves with kind and stage, and those that are closed for each target."""
    top = aims[-1]
    rows = [(k - 1, k, 0, k, 0) for k in range(1, top)]
    rows += [(k - 1, MASTERED_CODE, 0, k, k) for k in aims]
    if shapes["backward"] != NO_MOVES:
        rows += [(k - 1, k - 2, _BACKWARD, k, 0) for k in range(2, top + 1)]
    for exit_state in EXITS:
        if shapes[exit_state] != NO_MOVES:
            code, number = STATES.index(exit_state), KINDS.index(exit_state)
            rows += [(k - 1, code, number, k, 0) for k in range(1, top + 1)]
    found = np.array(rows, dtype=np.int64)
    kind, stage, passes = found[:, 2], found[:, 3], found[:, 4]
    is_up = (kind == 0) & (passes == 0)
    closed = {
        aim: (((passes > 0) & (passes != aim)) | (is_up & (stage == aim))).astype(np.float64)
        for aim in aims
    }
    return found[:, :2], kind, stage, closed


def _hidden_moves(
    shapes: Mapping[str, str], aims: Sequence[int]
) -> tuple[Integers, Integers, Integers, dict[int, Floats]]:
    """List the moves between learning, automatic and other stages; who has the target stays."""
    top = aims[-1]
    rows = [(k - 1, LAST_STAGE + k - 1, 0, k) for k in range(1, top + 1)]
    rows += [(LAST_STAGE + k - 1, k, 1, k) for k in range(1, top)]
    if shapes["backward"] != NO_MOVES:
        rows += [(k - 1, k - 2, _BACKWARD, k) for k in range(2, top + 1)]
    if shapes["relapse"] != NO_MOVES:
        relapse = KINDS.index("relapse")
        rows += [(LAST_STAGE + k - 1, k - 1, relapse, k) for k in range(1, top + 1)]
    for exit_state in EXITS:
        if shapes[exit_state] != NO_MOVES:
            code, number = HIDDEN_STATES.index(exit_state), KINDS.index(exit_state)
            rows += [(k - 1, code, number, k) for k in range(1, top + 1)]
            rows += [(LAST_STAGE + k - 1, code, number, k) for k in range(1, top + 1)]
    found = np.array(rows, dtype=np.int64)
    kind, stage = found[:, 2], found[:, 3]
    closed = {aim: ((kind == 1) & (stage == aim)).astype(np.float64) for aim in aims}
    return found[:, :2], kind, stage, closed


def _basis(shape: str, stage: Integers) -> tuple[Floats, list[str]]:
    """Give the columns by which log rates vary over stages, with their labels."""
    if shape == "tied":
        return np.ones((len(stage), 1)), [""]
    if shape == "phase":
        phases = np.array([PHASES.index(STAGES[k - 1].phase) for k in stage])
        used = np.unique(phases)
        columns = (phases[:, None] == used).astype(np.float64)
        return columns, [f" in '{PHASES[phase]}'" for phase in used]
    rungs = np.unique(stage)
    if shape == "free":
        return (stage[:, None] == rungs).astype(np.float64), [f" at stage {k}" for k in rungs]
    middle, half = (rungs[0] + rungs[-1]) / 2, max((rungs[-1] - rungs[0]) / 2, 1)
    degree = min(_SMOOTH_DEGREE, len(rungs) - 1)
    columns = ((stage - middle) / half)[:, None] ** np.arange(degree + 1)
    return columns, [", level", ", slope", ", bend"][: degree + 1]
