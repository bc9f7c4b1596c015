"""The result of a panel model as its readers meet it."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.panel_markov import fit_panel_markov
from hinge_outcomes.exceptions import AnalysisError
from tests.analysis.progression.panel_examples import frame_of_pairs

FRAME = frame_of_pairs({(1, 2): 20, (2, 1): 10}, {(1, 1): 80, (2, 2): 90})
FRAME["x"] = (FRAME["id"] % 3).astype(float)
COLUMNS = {"subject": "id", "time": "day", "state": "state", "transitions": [(1, 2), (2, 1)]}
PLAIN = fit_panel_markov(FRAME, **COLUMNS)
WITH_X = fit_panel_markov(FRAME, **COLUMNS, covariates=["x"])


def test_the_summary_says_what_was_found_and_on_what():
    """Stays with intervals, pairs, subjects, changes, assumptions and the verdict."""
    text = PLAIN.summary()
    for part in ("200 pairs", "200 subjects", "30 of which", "units of day", "Converged"):
        assert part in text
    assert "mean of the covariates" not in text
    assert "mean of the covariates" in WITH_X.summary()


def test_the_likelihood_ratio_counts_the_effects():
    """Two effects more are two degrees of freedom; turned round, it is refused."""
    found = WITH_X.compare(PLAIN)
    assert found.loc[0, "df"] == 2
    assert 0 <= found.loc[0, "p_value"] <= 1
    assert found.loc[0, "statistic"] == pytest.approx(
        PLAIN.minus_two_loglik - WITH_X.minus_two_loglik
    )
    with pytest.raises(AnalysisError, match="larger model"):
        PLAIN.compare(WITH_X)


def test_other_observations_cannot_be_compared():
    """A model of fewer rows is no simpler model."""
    fewer = fit_panel_markov(FRAME[FRAME["id"] > 5], **COLUMNS)
    with pytest.raises(AnalysisError, match="same observations"):
        WITH_X.compare(fewer)


def test_the_covariance_is_the_inverse_information_and_missing_at_a_boundary():
    """A parameter that runs off has no variance; the others keep theirs."""
    assert np.linalg.inv(PLAIN.covariance) == pytest.approx(
        PLAIN.model.fit.optimum.information, rel=1e-9
    )
    frame = frame_of_pairs({(1, 2): 20}, {(1, 1): 80, (2, 2): 90})
    edge = fit_panel_markov(frame, **COLUMNS)
    assert np.isnan(edge.covariance[1]).all()
    assert np.isfinite(edge.covariance[0, 0])


def test_it_draws_observed_against_expected():
    """The picture has a line and dots per state."""
    axes = PLAIN.plot()
    assert axes.get_ylabel() == "Share in the state"
    assert len(axes.lines) == 4


def test_it_shows_itself():
    """In a notebook the rates stand under the summary."""
    assert "<table" in PLAIN._repr_html_()
    assert PLAIN.table().equals(PLAIN.rates())
