"""The ladder as moves and maps: which parameters there are, and whose moves are open."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.ladder_panel import MASTERED_CODE
from hinge_outcomes.analysis.progression.ladder_structure import (
    CLOSED,
    HIDDEN_STATES,
    KINDS,
    build_ladder,
    ladder_values,
    wanted_shapes,
)
from hinge_outcomes.analysis.progression.rate_structure import generators_of, rates_of
from hinge_outcomes.exceptions import AnalysisError

TIED = {**dict.fromkeys(KINDS, "tied"), "advance": "none"}


def test_a_free_ladder_of_ten_stages_with_loss_alone_has_29_rates() -> None:
    """10 forward, 9 backward, 10 losses: the model of the reference ladder."""
    shapes = {**dict.fromkeys(KINDS, "free"), "advance": "none", "discharged": "none"}
    ladder = build_ladder({**shapes, "referred": "none"}, [10])
    assert len(ladder.rates.names) == len(ladder.rates.moves) == 29


def test_passing_the_target_shares_the_forward_rate_of_its_stage() -> None:
    """From stage 2 one goes to mastered with target 2, to stage 3 with target 3, equally fast."""
    ladder = build_ladder({**TIED, "forward": "free"}, [2, 3])
    values = ladder_values(ladder, np.array([2, 3]), np.zeros((2, 0)))
    theta = np.linspace(-3, -2, len(ladder.rates.names))
    theta[list(ladder.held)] = CLOSED
    generators = generators_of(ladder.rates, rates_of(ladder.rates, values, theta))
    assert generators[0, 1, MASTERED_CODE] == pytest.approx(generators[1, 1, 2])
    assert generators[0, 1, 2] < 1e-20
    assert generators[1, 1, MASTERED_CODE] < 1e-20
    assert generators[1, 2, MASTERED_CODE] == pytest.approx(np.exp(theta[2]))


def test_smooth_rates_are_a_parabola_and_phases_are_steps() -> None:
    """Log rates over stages have no third difference; within a phase they do not differ."""
    smooth = build_ladder({**TIED, "forward": "smooth"}, [10])
    theta = np.random.default_rng(1).normal(size=len(smooth.rates.names))
    log_rate = np.log(rates_of(smooth.rates, np.ones((1, 1)), theta))[0][:10]
    assert np.abs(np.diff(log_rate, 3)).max() < 1e-12
    phase = build_ladder({**TIED, "forward": "phase"}, [10])
    theta = np.random.default_rng(1).normal(size=len(phase.rates.names))
    log_rate = np.log(rates_of(phase.rates, np.ones((1, 1)), theta))[0][:10]
    assert len(np.unique(log_rate[:3])) == len(np.unique(log_rate[7:])) == 1
    assert len(np.unique(log_rate)) == 4


def test_a_covariate_acts_on_the_kinds_it_is_let_act_on() -> None:
    """One unit multiplies every forward rate by exp(effect) and leaves the others alone."""
    ladder = build_ladder(TIED, [4], ["age"], {"forward": (0,)})
    assert ladder.rates.names[-1] == "age on forward"
    theta = np.append(np.full(len(ladder.rates.names) - 1, -3.0), 0.5)
    values = ladder_values(ladder, np.array([4, 4]), np.array([[0.0], [1.0]]))
    low, high = rates_of(ladder.rates, values, theta)
    is_forward = ladder.kind == 0
    assert high[is_forward] / low[is_forward] == pytest.approx(np.exp(0.5))
    assert (high[~is_forward] == low[~is_forward]).all()


def test_in_the_hidden_form_the_target_once_automatic_is_not_left_upwards() -> None:
    """Learning leads to automatic, automatic to learning the next; at the target it stays."""
    ladder = build_ladder({**TIED, "advance": "tied"}, [2, 3], form="hidden")
    names = [
        (HIDDEN_STATES[start], HIDDEN_STATES[end])
        for (start, end), kind in zip(ladder.rates.moves, ladder.kind, strict=True)
        if kind < 2
    ]
    assert ("learning_1", "automatic_1") in names
    assert ("automatic_2", "learning_3") in names
    assert ("automatic_3", "learning_4") not in names
    theta = np.full(len(ladder.rates.names), -2.0)
    theta[list(ladder.held)] = CLOSED
    values = ladder_values(ladder, np.array([2, 3]), np.zeros((2, 0)))
    generators = generators_of(ladder.rates, rates_of(ladder.rates, values, theta))
    place = HIDDEN_STATES.index("automatic_2"), HIDDEN_STATES.index("learning_3")
    assert generators[0][place] < 1e-20 < generators[1][place]
    assert ladder.mastery_code(2) == HIDDEN_STATES.index("automatic_2")


def test_a_shape_is_asked_for_by_kind_or_for_all() -> None:
    """Exit stands for three kinds; what is not named is tied; what is unknown is refused."""
    found = wanted_shapes({"exit": "phase", "lost": "free"})
    assert (found["forward"], found["referred"], found["lost"]) == ("tied", "phase", "free")
    assert set(wanted_shapes("smooth").values()) == {"smooth"}
    with pytest.raises(AnalysisError, match="Allowed: one of free, smooth, phase, tied"):
        wanted_shapes("wobbly")
    with pytest.raises(AnalysisError, match="forward, advance, backward"):
        wanted_shapes({"sideways": "tied"})
