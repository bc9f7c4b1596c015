"""How covariates enter the rates of a panel model: columns, centres, effects shared or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.panel_data import Bools, Floats, Integers
from hinge_outcomes.analysis.progression.rate_structure import RateStructure
from hinge_outcomes.analysis.progression.refused_rows import numbers_of, refuse_rows
from hinge_outcomes.analysis.progression.state_graph import Move, StateGraph
from hinge_outcomes.exceptions import AnalysisError, DataError, NotIdentifiableError


@dataclass(frozen=True, slots=True)
class Term:
    """Hold one column of covariate values.

    Parameters
    ----------
    covariate : str
        Column of the frame.
    level : object
        The level it marks, of a covariate with levels; None for a number.
    centre : float
        What is subtracted: the mean over the rows that start an interval.
    base : object
        The level that has no column; None for a number.
    since : float
        For a period of time, when it begins; missing for covariates.
    until : float
        When the period ends.
    """

    covariate: str
    level: Any = None
    centre: float = 0.0
    base: Any = None
    since: float = np.nan
    until: float = np.nan

    @property
    def name(self) -> str:
        """Give the covariate, with its level where it has levels.

        Returns
        -------
        str
            Such as "age" or "sex[male]".
        """
        if np.isfinite(self.since):
            end = f" to {self.until:g}" if np.isfinite(self.until) else ""
            return f"{self.covariate}[from {self.since:g}{end}]"
        return self.covariate if self.level is None else f"{self.covariate}[{self.level}]"


@dataclass(frozen=True, slots=True)
class Effect:
    """Hold one effect parameter: a term and the moves whose log rates it changes alike.

    Parameters
    ----------
    term : int
        Place of the term.
    moves : tuple of int
        Places of the moves.
    """

    term: int
    moves: tuple[int, ...]


def read_terms(
    frame: pd.DataFrame, names: Sequence[str], starts: Bools
) -> tuple[tuple[Term, ...], Floats]:
    """Read covariates of rows that start an interval.

    Parameters
    ----------
    frame : DataFrame
        One row per observation.
    names : sequence of str
        Numbers, truth values, or labels: these get one column per level but the first.
    starts : ndarray of shape (N,)
        Rows that start an interval; the others' values are not used and may be missing.

    Returns
    -------
    terms : tuple of Term
        The C columns.
    values : ndarray of shape (N, C)
        Centred values; 0 in rows that start no interval.

    Raises
    ------
    DataError
        If a value that is needed is missing.
    NotIdentifiableError
        If a covariate does not vary.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [40, 60, 90], "sex": ["f", "m", "f"]})
    >>> terms, values = read_terms(frame, ["age", "sex"], np.array([True, True, False]))
    >>> [term.name for term in terms], values.tolist()
    (['age', 'sex[m]'], [[-10.0, -0.5], [10.0, 0.5], [0.0, 0.0]])
    """
    terms: list[Term] = []
    columns: list[Floats] = []
    for name in names:
        column = frame[name]
        missing = column.isna().to_numpy(dtype=bool) & starts
        refuse_rows(missing, f"{name} is missing", "Fill it, or leave the subject out.")
        raw: list[tuple[Term, Floats]] = []
        if _has_levels(column):
            levels = _levels(column[starts])
            # A covariate with a single level is refused below, as one that does not vary.
            raw = [
                (Term(name, level, base=levels[0]), (column == level).to_numpy(dtype=float))
                for level in levels[1:] or levels
            ]
        else:
            filled = column.where(starts, column[starts].iloc[0])
            raw = [(Term(name), numbers_of(filled, name, "Fill it."))]
        for term, values in raw:
            inside = values[starts]
            if np.ptp(inside) == 0:
                raise NotIdentifiableError(
                    f"{name} is the same in every row that starts an interval, so its effect "
                    "cannot be known. Leave it out of covariates."
                )
            centre = float(inside.mean())
            terms.append(replace(term, centre=centre))
            columns.append(np.where(starts, values - centre, 0.0))
    return tuple(terms), np.stack(columns, axis=1) if columns else np.zeros((len(frame), 0))


def _has_levels(column: pd.Series) -> bool:
    return not (
        pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype)
    ) or isinstance(column.dtype, pd.CategoricalDtype)


def _levels(column: pd.Series) -> list[Any]:
    found = set(column.dropna().unique())
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [level for level in column.cat.categories if level in found]
    return sorted(found, key=str)


def period_terms(name: str, breaks: Floats) -> tuple[Term, ...]:
    """Give a term for each period but the first.

    Parameters
    ----------
    name : str
        Column of the time.
    breaks : ndarray of shape (B,)
        Increasing times at which rates may change.

    Returns
    -------
    tuple of Term
        One per break.

    Examples
    --------
    >>> [term.name for term in period_terms("day", np.array([30.0, 90.0]))]
    ['day[from 30 to 90]', 'day[from 90]']
    """
    ends = np.append(breaks[1:], np.inf)
    return tuple(
        Term(name, since=float(since), until=float(until))
        for since, until in zip(breaks, ends, strict=True)
    )


def find_effects(
    graph: StateGraph,
    terms: Sequence[Term],
    covariates: Sequence[str] | Mapping[Move, Sequence[str]] | None,
    constraints: Sequence[tuple[str, Sequence[Move]]] | None,
    period_moves: Sequence[Move] | None = None,
) -> tuple[Effect, ...]:
    """Say which term acts on which moves, and which moves share an effect.

    Parameters
    ----------
    graph : StateGraph
        The states and moves.
    terms : sequence of Term
        The columns.
    covariates : sequence of str or mapping, optional
        Covariates of all moves, or of each move.
    constraints : sequence of (covariate, moves), optional
        Moves that share one effect of a covariate.
    period_moves : sequence of (from, to), optional
        Moves whose rates change with time. Default: all.

    Returns
    -------
    tuple of Effect
        By term, then by move.

    Raises
    ------
    DataError
        If an argument names what is not there, or a constraint a move without the covariate.
    """
    acts: dict[str, list[int]] = {}
    if isinstance(covariates, Mapping):
        for move, names in covariates.items():
            for name in names:
                acts.setdefault(name, []).append(graph.move_number(move, "covariates"))
    else:
        acts = {name: list(range(len(graph.moves))) for name in covariates or ()}
    for term in terms:
        if np.isfinite(term.since):
            acts[term.covariate] = (
                list(range(len(graph.moves)))
                if period_moves is None
                else [graph.move_number(move, "breaks_for") for move in period_moves]
            )
    shared: dict[str, list[tuple[int, ...]]] = {}
    for name, moves in constraints or ():
        numbers = tuple(sorted({graph.move_number(move, "constraints") for move in moves}))
        taken = {number for group in shared.get(name, []) for number in group}
        if name not in acts or not set(numbers) <= set(acts[name]) or taken & set(numbers):
            raise DataError(
                "constraints must be a list of (covariate, [(from, to), …]) in which each move has "
                f"the covariate and stands in one list only; {name!r} does not fit. The covariates "
                f"are: {', '.join(acts) or 'none'}."
            )
        shared.setdefault(name, []).append(numbers)
    effects = []
    for place, term in enumerate(terms):
        groups: dict[int, tuple[int, ...]] = {number: (number,) for number in acts[term.covariate]}
        for group in shared.get(term.covariate, []):
            groups.update(dict.fromkeys(group, group))
        effects += [
            Effect(place, group) for group in dict.fromkeys(groups[n] for n in sorted(groups))
        ]
    return tuple(effects)


def build_structure(
    graph: StateGraph, terms: Sequence[Term], effects: Sequence[Effect]
) -> RateStructure:
    """Give each move a free baseline rate, and each effect a parameter.

    Parameters
    ----------
    graph : StateGraph
        The states and R moves.
    terms : sequence of Term
        C columns.
    effects : sequence of Effect
        E effects.

    Returns
    -------
    RateStructure
        R + E parameters, log rates first.
    """
    names = graph.move_names()
    n_moves = len(names)
    maps = np.zeros((len(terms) + 1, n_moves, n_moves + len(effects)))
    maps[0, :, :n_moves] = np.eye(n_moves)
    labels = [f"rate of {name}" for name in names]
    for place, effect in enumerate(effects):
        maps[effect.term + 1, list(effect.moves), n_moves + place] = 1.0
        where = ", ".join(names[number] for number in effect.moves)
        labels.append(f"effect of {terms[effect.term].name} on {where}")
    return RateStructure(len(graph.states), graph.moves, maps, tuple(labels))


def values_at(terms: Sequence[Term], given: Mapping[str, Any], when: float | None = None) -> Floats:
    """Give the centred values of the terms for given covariates.

    Parameters
    ----------
    terms : sequence of Term
        The columns.
    given : mapping
        From covariates to values or levels; those left out stand at their mean.
    when : float, optional
        The time, where rates change with it. Default: the first period.

    Returns
    -------
    ndarray of shape (C + 1,)
        The constant, then the terms.

    Raises
    ------
    AnalysisError
        If a covariate is not in the model, or a level or value is not possible.

    Examples
    --------
    >>> terms = (Term("age", centre=50.0), Term("sex", "m", 0.4, base="f"))
    >>> values_at(terms, {"sex": "m"}).tolist()
    [1.0, 0.0, 0.6]
    """
    known = list(dict.fromkeys(term.covariate for term in terms if np.isnan(term.since)))
    unknown = [name for name in given if name not in known]
    if unknown:
        raise AnalysisError(
            f"{', '.join(map(repr, unknown))} is no covariate of this model. It has: "
            f"{', '.join(known) or 'none'}."
        )
    found = [1.0]
    for term in terms:
        if np.isfinite(term.since):
            found.append(float(when is not None and term.since <= when < term.until))
        elif term.covariate not in given:
            found.append(0.0)
        elif term.level is None:
            found.append(_number(given[term.covariate], term.covariate) - term.centre)
        else:
            levels = [term.base, *(t.level for t in terms if t.covariate == term.covariate)]
            if given[term.covariate] not in levels:
                raise AnalysisError(
                    f"{term.covariate} has no such level. Its levels are: "
                    f"{', '.join(map(str, levels))}."
                )
            found.append(float(given[term.covariate] == term.level) - term.centre)
    return np.array(found)


def _number(value: Any, name: str) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = np.nan
    if not np.isfinite(found):
        raise AnalysisError(f"{name} must be given as a finite number.")
    return found


def number_patterns(values: Floats, starts: Bools) -> tuple[Floats, Integers]:
    """Number the distinct rows of covariate values, the constant added.

    Parameters
    ----------
    values : ndarray of shape (N, C)
        Covariates by observation.
    starts : ndarray of shape (N,)
        Rows that start an interval; the others take the pattern of the first of these.

    Returns
    -------
    values : ndarray of shape (P, C + 1)
        The patterns.
    pattern : ndarray of shape (N,)
        The pattern of each observation.
    """
    pattern = np.zeros(len(values), dtype=np.int64)
    if not values.shape[1] or not starts.any():
        return np.eye(1, values.shape[1] + 1), pattern
    found, pattern[starts] = np.unique(values[starts], axis=0, return_inverse=True)
    return np.column_stack([np.ones(len(found)), found]), pattern
