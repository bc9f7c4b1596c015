"""Bring groups to one mix of entry stages: strata, the standard, and what had to be merged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.counting_process import Floats
from hinge_outcomes.analysis.progression.mastery_stays import REPORTED, UNMASTERED
from hinge_outcomes.analysis.progression.starting_mix import StartingMix
from hinge_outcomes.domain.progression import FIRST_STAGE, LAST_STAGE, STAGES
from hinge_outcomes.domain.states import MASTERED
from hinge_outcomes.exceptions import AnalysisError

FEWEST_IN_STRATUM = 10
"""A stratum with fewer episodes in any group is sparse, and is merged."""

Stages = tuple[int, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Standard:
    """Hold the mix of strata to which every group is brought.

    Parameters
    ----------
    strata : tuple of tuple of int
        Entry stages that form each stratum.
    shares : ndarray, shape (K,)
        Share of each stratum in the standard.
    counts : ndarray, shape (G, K), or None
        Episodes of each cluster by stratum, of which the shares are made; None where they are
        given.
    clusters : Index
        The G clusters of all groups.
    """

    strata: tuple[Stages, ...]
    shares: Floats
    counts: Floats | None
    clusters: pd.Index

    @property
    def weighty(self) -> list[int]:
        """List the strata that have a share in the standard.

        Returns
        -------
        list of int
            Places in ``strata``.
        """
        return np.flatnonzero(self.shares > 0).tolist()

    def states(self, stays: pd.DataFrame) -> tuple[tuple[str, ...], Floats]:
        """Name the states of every stratum, and say how they add up to the reported ones.

        Parameters
        ----------
        stays : DataFrame
            from_state, to_state.

        Returns
        -------
        states : tuple of str
            States that can be left, by stratum, then the ends, common to all.
        pooling : ndarray, shape (S, 5)
            1 where a state belongs to unmastered, mastered, discharged, referred, lost.
        """
        left = self._left(stays)
        numbers = range(len(self.strata))
        own = [(_own(state, number), state) for state in left for number in numbers]
        ends = [(state, state) for state in REPORTED if state not in left]
        pooling = np.array([[float(of == state) for state in REPORTED] for _, of in [*own, *ends]])
        return tuple(name for name, _ in [*own, *ends]), pooling

    def told_apart(self, stays: pd.DataFrame) -> pd.DataFrame:
        """Give every stratum states of its own.

        Parameters
        ----------
        stays : DataFrame
            from_state, to_state, stratum.

        Returns
        -------
        DataFrame
            The same rows; states that can be left carry the number of the stratum.
        """
        left = self._left(stays)
        told = {}
        for column in ("from_state", "to_state"):
            names = [
                _own(state, number) if state in left else state
                for state, number in zip(stays[column], stays["stratum"], strict=True)
            ]
            told[column] = pd.Series(names, index=stays.index, dtype="object")
        return stays.assign(**told)

    def mix(self, states: tuple[str, ...]) -> StartingMix:
        """Give the standard as the shares of the starting states.

        Parameters
        ----------
        states : tuple of str
            From `states`.

        Returns
        -------
        StartingMix
            With its own sampling error where the standard was counted.
        """
        places = [states.index(_own(UNMASTERED, number)) for number in range(len(self.strata))]
        shares = np.zeros(len(states))
        shares[places] = self.shares
        if self.counts is None:
            return StartingMix(shares=shares)
        counts = np.zeros((len(self.clusters), len(states)))
        counts[:, places] = self.counts
        return StartingMix(shares=shares, counts=counts)

    def table(self) -> pd.DataFrame:
        """List the strata with their shares.

        Returns
        -------
        DataFrame
            stratum (in words), first_stage, last_stage, share.
        """
        return pd.DataFrame(
            {
                "stratum": [stratum_words(stages) for stages in self.strata],
                "first_stage": [stages[0] for stages in self.strata],
                "last_stage": [stages[-1] for stages in self.strata],
                "share": self.shares,
            }
        )

    def _left(self, stays: pd.DataFrame) -> list[str]:
        # Mastered is left only where it may be lost again.
        found = set(stays["from_state"].unique())
        return [UNMASTERED, *([MASTERED] if MASTERED in found else [])]


def make_standard(
    episodes: pd.DataFrame,
    given: Mapping[int, float] | None,
    *,
    needs_two_clusters: bool,
    strata: tuple[Stages, ...] | None = None,
) -> Standard:
    """Choose strata of entry stage that no group lacks, and their shares.

    Parameters
    ----------
    episodes : DataFrame
        One row per episode analysed: entry_stage, group, cluster, goes_on (whether it is censored
        before its end) and reaches (whether it was followed to the last day known of its group).
    given : mapping of int to float, or None
        Share of each entry stage; None takes the mix of all episodes analysed.
    needs_two_clusters : bool
        Whether a stratum needs episodes of two clusters in every group, because each cluster will
        be left out once.
    strata : tuple of tuple of int, optional
        The strata, if they were chosen before.

    Returns
    -------
    Standard
        Strata and shares. A stage that is sparse in any group (fewer than 10 episodes, nobody
        followed long enough, or one cluster where two are needed) is merged with the other stages
        of its phase; a phase that still has too few, with the smaller of its neighbours.

    Raises
    ------
    AnalysisError
        If the standard given is not one of shares of stages.
    """
    entry = episodes["entry_stage"].to_numpy(dtype=np.int64)
    shares = _shares(given) if given is not None else np.bincount(entry, minlength=LAST_STAGE + 1)
    present = [
        stage
        for stage in range(FIRST_STAGE, LAST_STAGE + 1)
        if shares[stage] > 0 or (entry == stage).any()
    ]
    least = 2 if needs_two_clusters else 1

    def is_thin(stages: Stages) -> bool:
        found = _by_group(episodes[np.isin(entry, stages)])
        if len(found) < episodes["group"].nunique():
            return True
        return bool(((found["n"] < FEWEST_IN_STRATUM) | (found["clusters"] < least)).any())

    def is_short(stages: Stages) -> bool:
        found = _by_group(episodes[np.isin(entry, stages)])
        return bool((found["goes_on"] & ~found["reaches"]).any())

    def has_share(stages: Stages) -> bool:
        return bool(shares[list(stages)].sum() > 0)

    sizes = np.bincount(entry, minlength=LAST_STAGE + 1)
    if strata is None:
        strata = _by_phase(present, lambda own: has_share(own) and (is_thin(own) or is_short(own)))
        strata = _beyond_phases(strata, lambda own: has_share(own) and is_thin(own), sizes)
    total = np.array([shares[list(stages)].sum() for stages in strata], dtype=float)
    clusters = pd.Index(pd.unique(episodes["cluster"]))
    counts = None
    if given is None:
        cluster = clusters.get_indexer(episodes["cluster"])
        counts = np.zeros((len(clusters), len(strata)))
        np.add.at(counts, (cluster, stratum_numbers(strata, entry)), 1.0)
    return Standard(strata=strata, shares=total / total.sum(), counts=counts, clusters=clusters)


def stratum_numbers(strata: tuple[Stages, ...], entry: Any) -> Any:
    """Find the stratum of each entry stage.

    Parameters
    ----------
    strata : tuple of tuple of int
        Stages that form each stratum.
    entry : array of int
        Entry stages.

    Returns
    -------
    ndarray of int
        Places in ``strata``.

    Examples
    --------
    >>> stratum_numbers(((1, 2, 3), (4,)), np.array([4, 2])).tolist()
    [1, 0]
    """
    place = np.full(LAST_STAGE + 1, -1)
    for number, stages in enumerate(strata):
        place[list(stages)] = number
    return place[np.asarray(entry, dtype=np.int64)]


def stratum_words(stages: Stages) -> str:
    """Name a stratum for a reader.

    Parameters
    ----------
    stages : tuple of int
        Its stages.

    Returns
    -------
    str
        Such as "stage 4" or "stages 1 to 3 (learn the pattern)".

    Examples
    --------
    >>> stratum_words((4,)), stratum_words((1, 3))
    ('stage 4', 'stages 1 to 3 (learn the pattern)')
    """
    if len(stages) == 1:
        return f"stage {stages[0]}"
    phases = dict.fromkeys(STAGES[stage - 1].phase for stage in stages)
    return f"stages {stages[0]} to {stages[-1]} ({', '.join(phases)})"


def _by_group(episodes: pd.DataFrame) -> pd.DataFrame:
    return episodes.groupby("group", observed=True).agg(
        n=("entry_stage", "size"),
        clusters=("cluster", "nunique"),
        goes_on=("goes_on", "any"),
        reaches=("reaches", "any"),
    )


def _by_phase(present: list[int], is_sparse: Callable[[Stages], bool]) -> tuple[Stages, ...]:
    """Keep each stage by itself, or merge all stages of a phase if one of them is sparse."""
    strata: list[Stages] = []
    for _, stages in groupby(present, key=lambda stage: STAGES[stage - 1].phase):
        phase = tuple(stages)
        alone: list[Stages] = [(stage,) for stage in phase]
        strata += [phase] if any(map(is_sparse, alone)) else alone
    return tuple(strata)


def _beyond_phases(
    strata: tuple[Stages, ...], is_sparse: Callable[[Stages], bool], sizes: Any
) -> tuple[Stages, ...]:
    """Merge what is still sparse with the smaller of its neighbours, the smallest first."""
    merged = list(strata)
    while len(merged) > 1:
        thin = [number for number, stages in enumerate(merged) if is_sparse(stages)]
        if not thin:
            break

        def size(place: int) -> int:
            return int(sizes[list(merged[place])].sum())

        number = min(thin, key=size)
        other = min((p for p in (number - 1, number + 1) if 0 <= p < len(merged)), key=size)
        first = min(number, other)
        merged[first : first + 2] = [merged[first] + merged[first + 1]]
    return tuple(merged)


def _shares(given: Mapping[int, float]) -> Floats:
    stages = range(FIRST_STAGE, LAST_STAGE + 1)
    if not isinstance(given, Mapping) or not given or any(key not in stages for key in given):
        raise AnalysisError(
            "standard= takes shares by entry stage, such as {1: 0.5, 4: 0.3, 8: 0.2}; stages run "
            f"from {FIRST_STAGE} to {LAST_STAGE}."
        )
    shares = np.zeros(LAST_STAGE + 1)
    for stage, share in given.items():
        shares[int(stage)] = float(share)
    if not np.isfinite(shares).all() or (shares < 0).any() or not shares.sum() > 0:
        raise AnalysisError(
            "standard= needs shares that are 0 or more, at least one of them above 0; they are "
            "brought to a sum of 1."
        )
    return shares


def _own(state: str, number: int) -> str:
    return f"{state} of stratum {number}"
