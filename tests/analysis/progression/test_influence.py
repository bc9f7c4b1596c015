"""Influence by two routes: carried from cut to cut, and summed back from one time."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.counting_process import starting_counts
from hinge_outcomes.analysis.progression.influence import cluster_influence, standard_errors
from hinge_outcomes.analysis.progression.product_integral import (
    cut_times,
    multiply_back,
    multiply_forward,
)
from hinge_outcomes.analysis.progression.starting_mix import StartingMix
from tests.analysis.progression.dense_oracle import odd_histories
from tests.analysis.progression.test_product_integral import _process


@pytest.mark.parametrize("longest", [1, 3, 1000])
@pytest.mark.parametrize("with_start", [False, True], ids=["fixed", "estimated"])
def test_errors_carried_forward_are_those_summed_back(longest, with_start):
    """Two derivations agree at every event time, however the list is cut.

    The histories hold entries after exits within one segment, gaps, cycles and late entries.
    """
    _, process = _process(odd_histories(8, 60, is_whole=False))
    n_times = len(process.times)
    cuts = cut_times(np.array([n_times]), longest=longest)
    back = multiply_back(process, cuts)
    mix = StartingMix.of_counts(starting_counts(process))
    shares, start = mix.shares, mix.influence()
    given = start if with_start else None
    steps = multiply_forward(process, back, shares)
    forward = standard_errors(process, back, steps, shares, given)
    eye = np.eye(process.n_states)
    for number, place in enumerate(cuts[1:]):
        single = multiply_back(process, np.array([0, place]))
        influence = cluster_influence(process, steps, shares, given, single, eye)
        assert forward[number] == pytest.approx(np.sqrt((influence**2).sum(axis=0)), abs=1e-13)


def test_influences_of_all_clusters_cancel():
    """Raising every weight alike changes nothing, so influences add to zero."""
    _, process = _process(odd_histories(9, 40))
    place = np.array([0, len(process.times)])
    back = multiply_back(process, place)
    mix = StartingMix.of_counts(starting_counts(process))
    shares, start = mix.shares, mix.influence()
    steps = multiply_forward(process, back, shares)
    influence = cluster_influence(process, steps, shares, start, back, np.eye(process.n_states))
    assert influence.sum(axis=0) == pytest.approx(0, abs=1e-14)
    assert influence.sum(axis=1) == pytest.approx(0, abs=1e-14)
