"""Arrival in a state: chances, means, quantiles, and the world without leaving."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.panel_markov import fit_panel_markov
from hinge_outcomes.exceptions import AnalysisError, DataError
from tests.analysis.progression.panel_examples import frame_of_pairs

FRAME = frame_of_pairs({("ill", "well"): 20, ("ill", "left"): 10}, {("ill", "ill"): 70})
COLUMNS = {"subject": "id", "time": "day", "state": "state"}
MOVES = [("ill", "well"), ("ill", "left")]
KA8 = fit_panel_markov(FRAME, **COLUMNS, transitions=MOVES, fixed={MOVES[0]: 0.1, MOVES[1]: 0.05})
FIT = fit_panel_markov(FRAME, **COLUMNS, transitions=MOVES)


def of_ill(table):
    return table[table["from"] == "ill"].set_index("quantity")["estimate"]


def test_ka8_is_met():
    """Up 0.1, exit 0.05: 2/3 arrive, after 6.667; median 9.242; 10 and 6.931 if nobody left.

    Arrival is at rate 0.15 with chance 0.1 / 0.15; half of all have arrived when
    (2/3)(1 - exp(-0.15 t)) = 1/2, t = log 4 / 0.15; without exits the mean is 1 / 0.1 and the
    median log 2 / 0.1.
    """
    assert of_ill(KA8.chance_of_ever("well")).iloc[0] == pytest.approx(2 / 3)
    assert of_ill(KA8.mean_given_arrival("well")).iloc[0] == pytest.approx(1 / 0.15)
    assert of_ill(KA8.arrival_quantile("well")).iloc[0] == pytest.approx(np.log(4) / 0.15)
    staying = of_ill(KA8.if_nobody_left("well"))
    assert staying["mean time if nobody left"] == pytest.approx(10)
    assert staying["median time if nobody left"] == pytest.approx(np.log(2) / 0.1)


def test_the_chance_has_the_error_of_a_share():
    """Of 30 who left 'ill' in 100 looks 20 arrived: 2/3 with the error of a binomial of 30.

    Both moves end the course, so the shares of the two ends are as if they had been watched.
    """
    row = FIT.chance_of_ever("well").iloc[0]
    assert row["estimate"] == pytest.approx(2 / 3, rel=1e-7)
    assert row["std_error"] == pytest.approx((2 / 9 / 30) ** 0.5, rel=1e-5)


def test_every_number_has_an_interval_around_it():
    """Chances, means and quantiles stand inside their limits."""
    for table in (
        FIT.chance_of_ever("well"),
        FIT.mean_given_arrival("well"),
        FIT.if_nobody_left("well"),
        FIT.arrival_quantile("well", 0.3),
    ):
        ill = table[table["from"] == "ill"]
        assert (ill["ci_low"] < ill["estimate"]).all()
        assert (ill["estimate"] < ill["ci_high"]).all()


def test_what_is_never_reached_is_missing():
    """More than ever arrive gives no quantile; from the other end there is no arrival."""
    assert np.isnan(of_ill(KA8.arrival_quantile("well", 0.7)).iloc[0])
    table = FIT.chance_of_ever("well").set_index("from")
    assert table.loc["left", ["estimate", "ci_low", "ci_high"]].tolist() == [0, 0, 0]
    means = FIT.mean_given_arrival("well").set_index("from")
    assert np.isnan(means.loc["left", "estimate"])


def test_several_states_count_as_one():
    """Everybody reaches one of all ends."""
    table = FIT.chance_of_ever(["well", "left"])
    assert table["to"].tolist() == ["well or left"]
    assert table["estimate"].tolist() == pytest.approx([1.0])


def test_questions_without_an_answer_are_refused():
    """Unknown states, shares that are none, and rates that change with time."""
    with pytest.raises(DataError):
        FIT.chance_of_ever("dead")
    with pytest.raises(AnalysisError, match="share"):
        FIT.arrival_quantile("well", 1.5)
    held = {("day[from 3]", *move): 0.0 for move in MOVES}
    changing = fit_panel_markov(FRAME, **COLUMNS, transitions=MOVES, breaks=[3], fixed=held)
    with pytest.raises(AnalysisError, match="change with time"):
        changing.chance_of_ever("well")
