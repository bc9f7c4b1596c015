"""What is true of observed scores: expectations over the error agree with drawing it."""

import numpy as np
import pytest

from hinge_outcomes.analysis.pain.response_rules import apply_response_rules
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.true_scores import (
    draw_scores,
    mean_scores,
    responder_shares,
    score_probabilities,
    score_values,
)

SCENARIO = Scenario.default()


@pytest.mark.parametrize("instrument", ["nprs", "odi"])
def test_probabilities_sum_to_one_and_follow_the_latent_score(instrument: str) -> None:
    """Without error all weight lies on the rounded score, floors and ceilings included."""
    exact = SCENARIO.replace({f"pain.{instrument}_error_sd": 0.0})
    latent = np.array([-30.0, 3.4, 5.2, 300.0])
    found = score_probabilities(latent, instrument, exact)
    assert np.allclose(found.sum(axis=1), 1.0)
    expected = {"nprs": [0.0, 3.0, 5.0, 10.0], "odi": [0.0, 4.0, 6.0, 100.0]}[instrument]
    assert (found @ score_values(instrument)).tolist() == expected


@pytest.mark.parametrize("instrument", ["nprs", "odi"])
def test_means_are_those_of_many_drawn_scores(instrument: str) -> None:
    """Expected and drawn scores agree within four standard errors, near the floor too."""
    rng = np.random.default_rng(3)
    spread = INSTRUMENTS[instrument].maximum
    latent = rng.uniform(-0.1 * spread, 0.6 * spread, 40_000)
    drawn = draw_scores(latent, instrument, SCENARIO, rng)
    difference = drawn - mean_scores(latent, instrument, SCENARIO)
    assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(len(latent))


@pytest.mark.parametrize("instrument", ["nprs", "odi"])
def test_responders_are_those_the_reports_would_count(instrument: str) -> None:
    """True shares agree with the reports' rules applied to drawn pairs of scores."""
    rng = np.random.default_rng(4)
    top = INSTRUMENTS[instrument].maximum
    before = rng.uniform(-0.05 * top, 0.7 * top, 60_000)
    after = before - rng.normal(0.15 * top, 0.15 * top, len(before))
    shares = responder_shares(before, after, instrument, SCENARIO)
    drawn = [draw_scores(each, instrument, SCENARIO, rng) for each in (before, after)]
    for rule in apply_response_rules(INSTRUMENTS[instrument], *drawn):
        if rule.code in shares:
            met = rule.is_met[rule.is_defined]
            error = np.sqrt(met.mean() * (1 - met.mean()) / len(met))
            assert abs(met.mean() - shares[rule.code]) < 4 * error, rule.code
