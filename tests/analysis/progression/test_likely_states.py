"""The states behind what was seen, as a table."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.panel_markov import fit_panel_markov
from hinge_outcomes.exceptions import AnalysisError
from tests.analysis.progression.panel_examples import frame_of_pairs

COLUMNS = {"subject": "id", "time": "day", "state": "state", "transitions": [(1, 2), (2, 1)]}
PAIRS = frame_of_pairs({(1, 2): 20, (2, 1): 10}, {(1, 1): 80, (2, 2): 90})


def test_known_states_are_what_was_seen():
    """Without uncertainty the likeliest state is the observed one, with chance 1."""
    mixed = PAIRS.sample(frac=1, random_state=2)
    found = fit_panel_markov(mixed, **COLUMNS).most_likely_states()
    assert (found["most_likely"] == found["observed"]).all()
    assert found["chance_1"].tolist() == (found["observed"] == 1).astype(float).tolist()
    assert (mixed["state"].to_numpy()[found["row"]] == found["observed"]).all()
    assert (mixed["day"].to_numpy()[found["row"]] == found["time"]).all()


def test_a_state_between_is_weighed_by_both_neighbours():
    """Seen 1, not known, 1 at equal distances: the chance of 1 between is P_11^2 over the whole."""
    middle = pd.DataFrame({"id": [999] * 3, "day": [0.0, 7, 14], "state": [1, 9, 1]})
    fit = fit_panel_markov(
        pd.concat([PAIRS, middle]), **COLUMNS, censored_states={9: (1, 2)}, breaks=[3]
    )
    found = fit.most_likely_states()
    assert len(found) == len(PAIRS) + 3
    row = found[found["observed"] == 9].iloc[0]
    first = fit.transition_probabilities(7, since=0)["estimate"].to_numpy().reshape(2, 2)
    last = fit.transition_probabilities(7, since=7)["estimate"].to_numpy().reshape(2, 2)
    ways = first[0] * last[:, 0]
    assert row["chance_1"] == pytest.approx(ways[0] / ways.sum(), rel=1e-9)
    assert row["most_likely"] == 1


def test_an_unlikely_sighting_is_taken_for_an_error():
    """Long in 1, one look at 2, in 1 again: where looks err, the likeliest course stays in 1."""
    rng = np.random.default_rng(4)
    rows = []
    for who in range(60):
        state = 1
        for day in range(12):
            state = 3 - state if rng.random() < 0.03 else state
            seen = 3 - state if rng.random() < 0.1 else state
            rows.append((who, day, seen))
    frame = pd.DataFrame(rows, columns=["id", "day", "state"])
    lone = pd.DataFrame({"id": 99, "day": range(12), "state": [1] * 6 + [2] + [1] * 5})
    found = fit_panel_markov(
        pd.concat([frame, lone]), **COLUMNS, misclassification={(1, 2): 0.1, (2, 1): 0.1}
    ).most_likely_states()
    tail = found.tail(12)
    assert tail["observed"].tolist()[6] == 2
    assert set(tail["most_likely"]) == {1}
    assert tail["chance_1"].to_numpy()[6] > 0.5


def test_dated_moves_leave_nothing_uncertain():
    """With exact times the question is refused."""
    fit = fit_panel_markov(PAIRS, **COLUMNS, exact_times=True)
    with pytest.raises(AnalysisError, match="exact_times"):
        fit.most_likely_states()
