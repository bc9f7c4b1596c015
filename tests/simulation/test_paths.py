"""Paths: competence grows with practice, one thing happens after another, at exact times."""

from typing import Any

import numpy as np
import pytest

from hinge_outcomes.simulation.paths import (
    AUTOMATIC,
    advance,
    begin,
    is_automatic,
    meet_stage,
    path_uniform,
    true_level,
)
from hinge_outcomes.simulation.records import EVENT_KINDS, LEARNED, LEFT, NEVER, REFERRED, SETBACK
from hinge_outcomes.simulation.streams import BLOCK
from tests.simulation.followed import (
    NO_SETBACK,
    SEED,
    STILL,
    a_care,
    a_page,
    an_episode,
    followed,
    inputs_of,
    rows_of,
)


def _learning(**values: Any) -> Any:
    """Somebody on the way to an automatic stage 2 of which 10 days are needed, at rest else."""
    needed, done = np.zeros(10), np.zeros(10)
    needed[1], done[1] = 10.0, values.pop("done", 0.0)
    usual = {"needed": needed, "done": done, "next_flare": NEVER, "pause_left": NEVER,
             "decay_budget": NEVER, "loss_budget": 1.0, "referral_budget": 1.0,
             "setback_budget": 1.0}  # fmt: skip
    return a_care(**{**usual, **values})


def _advanced(changes: dict[str, Any], until: float, care: Any, **episode: Any) -> Any:
    """Page and episode after what happens up to a time."""
    page, patient = a_page(), an_episode(**{"target": 2, **episode})
    advance(inputs_of({**NO_SETBACK, **changes}), SEED, page, patient, care, until)
    return page, patient


def _events(page: Any) -> list[tuple[str, float]]:
    rows = page["events"][: page["used"][4]]
    return [(EVENT_KINDS[row["kind"]], round(float(row["time"]), 9)) for row in rows]


def test_draws_of_a_path_come_one_after_another() -> None:
    """Two blocks of draws are all different, and a second episode has its own."""
    care, again = a_care(), a_care()
    drawn = [path_uniform(SEED, an_episode(), care) for _ in range(2 * BLOCK)]
    other = [path_uniform(SEED, an_episode(is_second=1), again) for _ in range(2 * BLOCK)]
    assert len({*drawn, *other}) == 4 * BLOCK


def test_everybody_begins_at_the_entry_stage() -> None:
    """On day 0 nothing of the entry stage is learnt and nothing is rated."""
    care = a_care(stage=9, done=np.ones(10), is_confirmed=1, still_missed=2)
    begin(inputs_of({}), SEED, an_episode(entry=3), care)
    assert care["stage"] == 3
    assert care["needed"][2] > 0 == care["done"][2]
    assert (care["last_automatic"] < -30_000).all()
    assert (care["is_confirmed"], care["still_missed"], care["time"]) == (0, 0, 0)


def _needed(changes: dict[str, Any], stage: int, n: int = 4_000, **episode: Any) -> Any:
    inputs = inputs_of(changes)
    found = []
    for patient in range(n):
        care = a_care()
        meet_stage(inputs, SEED, an_episode(patient=patient, **episode), care, stage)
        found.append(float(care["needed"][stage - 1]))
    return np.array(found)


@pytest.mark.parametrize(("shape", "forward"), [(1.0, 0.0), (2.0, 0.0), (2.0, 0.7)])
def test_days_of_practice_are_weibull(shape: float, forward: float) -> None:
    """(days / scale)^shape times the hazard ratio is a standard exponential: mean 1, SD 1."""
    days = _needed({"learning.dwell_days": [30.0] * 10, "learning.dwell_shape": [shape] * 10},
                   4, forward=forward)  # fmt: skip
    standard = (days / 30) ** shape * np.exp(forward)
    assert abs(standard.mean() - 1) < 4 / np.sqrt(len(days))
    assert abs(np.median(standard) - np.log(2)) < 4 / np.sqrt(len(days))


@pytest.mark.parametrize("forward", [-200.0, 200.0])
def test_the_days_of_practice_stay_finite_and_above_zero(forward: float) -> None:
    """With extreme effects and shape 0.2 nobody needs no days at all, or infinitely many."""
    changes = {"learning.dwell_shape": [0.2] * 10}
    days = _needed(changes, 4, n=20, forward=forward)
    assert (days > 0).all()
    assert np.isfinite(days).all()


def test_below_the_entry_stage_part_is_learnt_and_a_stage_is_drawn_once() -> None:
    """The head start is done below entry only; a second meeting changes nothing."""
    inputs = inputs_of({"placement.head_start": 0.8})
    care, episode = a_care(), an_episode(entry=3)
    for stage in (2, 3):
        meet_stage(inputs, SEED, episode, care, stage)
    needed, done = care["needed"].copy(), care["done"].copy()
    assert done[1:3] / needed[1:3] == pytest.approx([0.8, 0.0])
    meet_stage(inputs, SEED, episode, care, 2)
    assert np.array_equal(care["needed"], needed)


def test_levels_rise_with_learning() -> None:
    """A stage is cued and conscious from the stated shares on, and automatic once all is done."""
    inputs = inputs_of({"learning.cued_from": 0.25, "learning.conscious_from": 0.5})
    found = [true_level(inputs, _learning(done=done), 2) for done in (0, 2.4, 2.5, 4.9, 5, 9.9, 10)]
    assert found == [0, 0, 1, 1, 2, 2, AUTOMATIC]


def test_a_stage_becomes_automatic_at_its_exact_time_and_once() -> None:
    """After 10 days of practice, of which 4 were done, 6 days later; then nothing more happens."""
    care = _learning(done=4.0)
    page, patient = _advanced({}, 40.0, care)
    assert _events(page) == [("learned", 6.0)]
    assert patient["mastered"] == pytest.approx(6)
    assert is_automatic(care, 2)
    assert care["time"] == 40


def test_a_stage_below_the_target_is_no_mastery() -> None:
    """Learning stage 2 on the way to stage 5 leaves the time of mastery open."""
    _, patient = _advanced({}, 40.0, _learning(), target=5)
    assert patient["mastered"] == NEVER


def test_learning_goes_on_across_appointments() -> None:
    """Stopping at ten times on the way changes nothing, not even by rounding."""
    care, episode, page = _learning(), an_episode(target=2), a_page()
    inputs = inputs_of(NO_SETBACK)
    for until in np.linspace(0.7, 9.9999999, 10):
        advance(inputs, SEED, page, episode, care, float(until))
        assert not is_automatic(care, 2)
    advance(inputs, SEED, page, episode, care, 12.0)
    assert _events(page) == [("learned", 10.0)]


@pytest.mark.parametrize(
    ("rate", "kind", "field"),
    [("loss_rate", LEFT, "left"), ("referral_rate", REFERRED, "referred")],
)
def test_care_ends_when_its_budget_is_used_up(rate: str, kind: int, field: str) -> None:
    """At 0.25 a day a budget of 1 lasts 4 days; nothing is learnt after that."""
    care = _learning(**{rate: 0.25})
    page, patient = _advanced({}, 40.0, care)
    assert _events(page) == [(EVENT_KINDS[kind], 4.0)]
    assert patient[field] == patient["closed"] == pytest.approx(4)
    assert care["done"][1] == pytest.approx(4)


def test_once_care_is_over_only_time_passes() -> None:
    """A closed episode neither learns nor leaves."""
    care = _learning(loss_rate=1.0)
    page, patient = _advanced({}, 40.0, care, closed=0.0)
    assert _events(page) == []
    assert (care["time"], care["done"][1]) == (40, 0)
    assert patient["left"] == NEVER


def test_a_setback_undoes_the_learning() -> None:
    """At 0.5 a day the first comes after 2 days, and learning starts again from nothing."""
    care = _learning()
    changes = {"setbacks.per_day": [0.5] * 10, "learning.dwell_days": [5000.0] * 10}
    page, _ = _advanced(changes, 2.0 + 1e-9, care)
    assert _events(page) == [("setback", 2.0)]
    assert care["done"][1] == pytest.approx(0, abs=1e-6)
    assert care["needed"][1] != 10


def test_setbacks_are_no_more_than_daily_however_many_effects_add_up() -> None:
    """With a log hazard of 100 a hundred days bring about a hundred setbacks, and an end."""
    care = _learning()
    changes = {"setbacks.per_day": [1.0] * 10, "learning.dwell_days": [5000.0] * 10,
               "learning.dwell_shape": [10.0] * 10}  # fmt: skip
    page, _ = _advanced(changes, 100.0, care, backward=100.0)
    n = sum(kind == EVENT_KINDS[SETBACK] for kind, _ in _events(page))
    assert 60 < n < 140  # a Poisson count of 100, within 4 standard deviations


def test_what_is_automatic_decays_only_while_visits_are_missed() -> None:
    """Nothing decays for the stated days after a visit; then it does, back to conscious."""
    changes = {"setbacks.decay_after_days": 20.0, "setbacks.decay_per_day": 1.0,
               "learning.dwell_days": [5000.0] * 10}  # fmt: skip
    care = _learning(done=10.0, decay_budget=3.0)
    page, _ = _advanced(changes, 22.9, care)
    assert _events(page) == []
    page, _ = _advanced(changes, 23.1, care)
    assert _events(page) == [("decayed", 23.0)]
    assert true_level(inputs_of({}), care, 2) < AUTOMATIC


def test_at_the_own_pace_the_patient_moves_on_at_once() -> None:
    """Without pause the stage above begins the moment the stage is automatic, up to the target."""
    sheets = followed({**STILL, "progression.pace": "own", "progression.pause_days": 0.0})
    moves = sheets.events[sheets.events["kind"] == EVENT_KINDS.index("advanced")]
    learned = sheets.events[sheets.events["kind"] == LEARNED]
    assert len(moves) > 300
    keys = {(row["episode"], row["stage"], row["time"]) for row in learned}
    assert all((row["episode"], row["stage"] - 1, row["time"]) in keys for row in moves)
    assert (moves["stage"] <= sheets.episodes["target"][moves["episode"]]).all()


def test_at_the_own_pace_a_setback_leads_one_stage_back() -> None:
    """Each setback above stage 1 is followed at once by a move to the stage below."""
    sheets = followed({"progression.pace": "own", "setbacks.per_day": [0.05] * 10})
    n_moves = 0
    for episode in range(50):
        rows = rows_of(sheets.events, episode)
        for place in np.flatnonzero(rows["kind"] == SETBACK):
            if rows["stage"][place] > 1:
                after = rows[place + 1]
                assert EVENT_KINDS[after["kind"]] == "moved_back"
                assert after["stage"] == rows["stage"][place] - 1
                assert after["time"] == rows["time"][place]
                n_moves += 1
    assert n_moves > 20


def test_flare_ups_come_as_often_as_stated() -> None:
    """Their number over the days observed lies within 4 standard errors of the rate."""
    sheets = followed({"pain.flares_per_year": 6.0})
    n = (sheets.events["kind"] == EVENT_KINDS.index("flare_up")).sum()
    expected = 6 * sheets.episodes["horizon"].sum() / 365.25
    assert abs(n - expected) < 4 * np.sqrt(expected)
