"""One model for some moves: what is fitted, what is left out, and why."""

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.cox_reader import read_rows
from hinge_outcomes.analysis.progression.hazard_fit import fit_move, fit_rows
from hinge_outcomes.analysis.progression.hazard_moves import read_moves


def _stays():
    generator = np.random.default_rng(1)
    n = 80
    origin = np.where(np.arange(n) < 60, "a", "b")
    return pd.DataFrame(
        {
            "begin": 0.0,
            "end": generator.integers(1, 30, n),
            "moved": 0,
            "origin": origin,
            "destination": np.where(origin == "a", "b", None),
            "x": generator.normal(size=n),
            # Nobody in b is new, so there the column says nothing.
            "is_new": np.where(origin == "a", generator.integers(0, 2, n), 0),
        }
    ).assign(destination=lambda frame: frame["destination"].where(generator.random(n) < 0.7))


def _read(stays):
    rows, columns = read_rows(
        stays, "x + is_new", start="begin", stop="end", event="moved", strata="origin"
    )
    return rows, columns, read_moves(stays["origin"], stays["destination"])


def _fit(stays, group, events_per_term=5.0):
    rows, columns, moves = _read(stays)
    return fit_move(rows, columns, moves, group, "name", "efron", events_per_term, 0.95)


def test_enough_events_give_a_model_for_predictions_too():
    """The model with covariates carries the predictions, and knows its stays."""
    hazard = _fit(_stays(), [(0, 1)])
    assert hazard.fit is hazard.carrier
    assert hazard.fit.rows.covariates.names == ("x", "is_new")
    assert hazard.members.tolist() == list(range(60))
    assert hazard.n_at_risk == 60


def test_too_few_events_leave_a_hazard_without_covariates():
    """It is left out of the table, not of predictions, and says why."""
    hazard = _fit(_stays(), [(0, 1)], events_per_term=1_000)
    assert hazard.fit is None
    assert hazard.carrier.n_events == hazard.n_events
    assert hazard.carrier.table().empty
    assert "too few events for 2 columns" in hazard.reason


def test_a_column_that_does_not_vary_here_has_no_row():
    """Other moves keep it; this one names it."""
    stays = _stays()
    stays.loc[stays["origin"] == "b", "destination"] = "a"
    hazard = _fit(stays, [(1, 0)])
    assert hazard.fit.table()["term"].to_list() == ["x"]
    assert "no effect of is_new" in hazard.reason


def test_no_column_that_varies_leaves_no_model():
    """There is a hazard, and nothing to compare."""
    stays = _stays()
    stays.loc[stays["origin"] == "b", "destination"] = "a"
    stays.loc[stays["origin"] == "b", "x"] = 1.0
    hazard = _fit(stays, [(1, 0)])
    assert hazard.fit is None
    assert hazard.carrier is not None


def test_a_model_without_maximum_is_shown_and_not_used_for_predictions():
    """The infinite ratio is in the fit; the prediction uses the hazard of all."""
    stays = _stays()
    stays.loc[stays["is_new"] == 1, "destination"] = None
    hazard = _fit(stays, [(0, 1)])
    assert not hazard.fit.converged
    assert hazard.carrier is not hazard.fit
    assert "infinite" in hazard.reason


def test_a_move_that_never_happens_is_kept_as_such():
    """No events: neither a model nor a hazard."""
    hazard = _fit(_stays(), [(1, 0)])
    assert (hazard.fit, hazard.carrier, hazard.n_events) == (None, None, 0)
    assert hazard.reason == "no events."


def test_rows_that_were_read_are_fitted():
    """The rows' own events, strata and clusters are used."""
    rows, columns, moves = _read(_stays())
    some = rows.some(np.ones(80, bool), moves.destination >= 0, rows.covariates)
    fit = fit_rows(some, columns, ties="breslow", conf_level=0.9)
    assert fit.ties == "breslow"
    assert fit.influence is None
    assert fit.n_events == (moves.destination >= 0).sum()
