"""Fitting arrays: starts, parameters held, subjects without information."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.panel_fit import (
    crude_rates,
    fit_panel,
    start_parameters,
)
from hinge_outcomes.analysis.progression.rate_structure import RateStructure
from hinge_outcomes.exceptions import NoEventsError
from tests.analysis.progression.panel_examples import free_structure, panel_of, random_panel

MOVES = [(0, 1), (1, 0), (1, 2)]


def test_crude_rates_are_moves_over_time():
    """Two moves 0 to 1 in 20 days from 0; a move never seen counts as a tenth."""
    panel = panel_of([0, 0, 0, 1, 1], [0, 10, 15, 0, 10], [0, 1, 1, 0, 1], 3)
    crude = crude_rates(panel, free_structure(3, MOVES))
    assert crude.moves.tolist() == [2, 0, 0]
    assert crude.rates.tolist() == pytest.approx([2 / 20, 0.1 / 5, 0.1 / 5])


def test_the_start_of_tied_rates_is_between_the_crude_ones():
    """One rate for two moves starts at their mean log rate, weighted by moves."""
    panel = panel_of([0, 0, 0, 1, 1], [0, 10, 15, 0, 10], [0, 1, 0, 0, 1], 3)
    tied = RateStructure(3, np.array(MOVES), np.ones((1, 3, 1)), ("all",))
    start = start_parameters(tied, crude_rates(panel, tied))
    logs, weights = np.log([2 / 20, 1 / 5, 0.1 / 5]), np.array([2, 1, 0.1])
    assert start[0] == pytest.approx((logs * weights).sum() / weights.sum())


def test_held_parameters_stay_and_the_others_are_optimal():
    """Holding one rate at its estimate leaves the others where they were, with smaller errors."""
    panel = random_panel(2, n=200, moves=MOVES, n_states=3)
    structure = free_structure(3, MOVES)
    free = fit_panel(panel, structure).optimum
    held = fit_panel(panel, structure, start=free.theta, held=[1]).optimum
    assert held.theta == pytest.approx(free.theta, abs=1e-7)
    assert held.loglik == pytest.approx(free.loglik, abs=1e-8)
    assert held.covariance[1].tolist() == [0, 0, 0]
    expected = np.linalg.inv(free.information[np.ix_([0, 2], [0, 2])])
    assert held.covariance[np.ix_([0, 2], [0, 2])] == pytest.approx(expected, rel=1e-4)


def test_many_patterns_end_where_differences_do():
    """The search with the information from spectra ends at a zero of the exact gradient."""
    panel = random_panel(3, n=150, moves=MOVES, n_states=3, x=True)
    jitter = np.random.default_rng(1).normal(0, 0.2, 150)
    x = panel.values[panel.pattern, 1] + jitter[panel.subject]
    panel = panel_of(panel.subject, panel.time, panel.code, 3, x=x)
    maps = np.zeros((2, 3, 4))
    maps[0, :, :3], maps[1, 0, 3] = np.eye(3), 1
    structure = RateStructure(3, np.array(MOVES), maps, tuple("abcd"))
    fit = fit_panel(panel, structure)
    assert fit.optimum.converged
    assert np.abs(fit.objective(fit.optimum.theta)[1]).max() < 1e-5
    shift = np.array([0, 0, 0, 1e-4])
    theta = fit.optimum.theta
    slope = (fit.objective(theta - shift)[1] - fit.objective(theta + shift)[1]) / 2e-4
    assert fit.optimum.information[3] == pytest.approx(slope, rel=1e-4, abs=1e-3)


def test_nobody_seen_twice_is_refused():
    """Without a second look there is nothing to fit."""
    with pytest.raises(NoEventsError):
        fit_panel(panel_of([0, 1], [0, 0], [0, 1], 3), free_structure(3, MOVES))


GRAPHS = {
    "illness and death": (4, [(0, 1), (1, 0), (1, 2), (2, 1), (0, 3), (1, 3), (2, 3)], 3),
    "chain": (4, [(0, 1), (1, 2), (2, 3)], None),
    "cycle": (3, [(0, 1), (1, 2), (2, 0)], None),
    "all moves": (3, [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)], None),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_no_bad_fit_is_silent(name):
    """Ten small panels each: a proper maximum that no restart beats, or a named fault."""
    n_states, moves, exact = GRAPHS[name]
    structure = free_structure(n_states, moves)
    for seed in range(10):
        rng = np.random.default_rng(seed)
        panel = random_panel(
            seed,
            n=int(rng.integers(2, 60)),
            moves=moves,
            n_states=n_states,
            exact=exact,
            whole=bool(seed % 2),
        )
        found = fit_panel(panel, structure).optimum
        assert "stopped" not in found.message
        if found.converged:
            assert found.gradient @ found.covariance @ found.gradient < 1e-9
            assert (np.linalg.eigvalsh(found.information) > 0).all()
        else:
            assert found.named
        elsewhere = found.theta.clip(-8, 2) + rng.normal(0, 0.7, len(moves))
        again = fit_panel(panel, structure, start=elsewhere).optimum
        assert again.loglik <= found.loglik + 1e-6
