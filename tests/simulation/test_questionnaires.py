"""Questionnaires: asked for when due, answered as often as stated, and each within its window."""

from typing import Any

import numpy as np
import pytest

from hinge_outcomes.domain.follow_up import WINDOWS
from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.paths import LONG_AGO
from hinge_outcomes.simulation.questionnaires import (
    MAILED_DAYS,
    ask_at_visit,
    plan_answer,
    record_answer,
)
from hinge_outcomes.simulation.records import NPRS, ODI, PSFS, RMDQ, SCORES
from tests.simulation.followed import (
    SEED,
    STILL,
    a_care,
    a_page,
    an_episode,
    followed,
    inputs_of,
    rows_of,
)

ASKED = Scenario.default().questionnaires
PLAIN = {"pain.nprs_weekly_sd": 0.0, "pain.odi_weekly_sd": 0.0, "pain.nprs_error_sd": 0.0,
         "pain.odi_error_sd": 0.0, "pain.nprs_response": 0.0}  # fmt: skip
N = 700


def _unscored(**values: Any) -> Any:
    return a_care(**{"nprs_day": LONG_AGO, "odi_day": LONG_AGO, "week": -1, **values})


def _visits(changes: dict[str, Any], **care: Any) -> Any:
    """Which instruments each of many patients fills in at one visit, as a page of scores."""
    page, inputs = a_page(), inputs_of(changes)
    for patient in range(N):
        ask_at_visit(inputs, SEED, page, an_episode(patient=patient), _unscored(**care))
    return page["scores"][: page["used"][SCORES]]


def _count(rows: Any, instrument: int) -> int:
    return int((rows["instrument"] == instrument).sum())


@pytest.mark.parametrize(("number", "key"), [(1, "baseline"), (4, "in_care")])
def test_scores_are_recorded_as_often_as_stated(number: int, key: str) -> None:
    """On day 0 and in care NPRS and ODI have their share; RMDQ and PSFS come with an ODI only."""
    rows = _visits({"questionnaires.rmdq": 0.4, "questionnaires.psfs": 0.6}, number=number, day=30)
    share = getattr(ASKED, key)
    for instrument in (NPRS, ODI):
        assert abs(_count(rows, instrument) / N - share) < 4 * np.sqrt(share * (1 - share) / N)
    n = _count(rows, ODI)
    for instrument, part in ((RMDQ, 0.4), (PSFS, 0.6)):
        assert abs(_count(rows, instrument) / n - part) < 4 * np.sqrt(0.24 / n)


@pytest.mark.parametrize(
    ("nprs_day", "odi_day", "expected"),
    [(18, 0, [NPRS, ODI]), (19, 1, []), (18, 1, [NPRS]), (19, 0, [ODI])],
)
def test_a_score_is_due_so_many_days_after_the_last(
    nprs_day: int, odi_day: int, expected: list[int]
) -> None:
    """On the 12th and 30th day after the last it is asked, on the day before it is not."""
    changes = {"questionnaires.nprs_every_days": 12.0, "questionnaires.odi_every_days": 30.0,
               "questionnaires.in_care": 1.0, "questionnaires.rmdq": 0.0,
               "questionnaires.psfs": 0.0}  # fmt: skip
    page = a_page()
    care = _unscored(number=4, day=30, nprs_day=nprs_day, odi_day=odi_day)
    ask_at_visit(inputs_of(changes), SEED, page, an_episode(), care)
    rows = page["scores"][: page["used"][SCORES]]
    assert rows["instrument"].tolist() == expected
    assert care["nprs_day"] == (30 if NPRS in expected else nprs_day)
    assert care["odi_day"] == (30 if ODI in expected else odi_day)


def test_the_clinician_knows_the_score_that_was_recorded() -> None:
    """The last recorded NPRS is the score on the page, and stays where nothing is recorded."""
    for share, known in ((1.0, 7.0), (0.0, 5.0)):
        page, care = a_page(), _unscored()
        inputs = inputs_of({**PLAIN, "questionnaires.baseline": share})
        ask_at_visit(inputs, SEED, page, an_episode(nprs=7.2), care)
        assert care["last_nprs"] == known


@pytest.mark.parametrize("late_days", [0.0, 14.0, 21.0])
def test_answers_come_within_their_window(late_days: float) -> None:
    """From 3 days before the planned day to the stated days after, all inside the window."""
    inputs = inputs_of({"questionnaires.late_days": late_days})
    for place, planned in enumerate(MAILED_DAYS):
        days = []
        for patient in range(400):
            care = _unscored(answer=place)
            plan_answer(inputs, SEED, an_episode(patient=patient), care)
            days.append(int(care["answer_day"]) - planned)
        assert set(days) == set(range(-3, int(late_days) + 1))
        assert planned + min(days) >= WINDOWS[planned].first_day
        assert planned + max(days) <= WINDOWS[planned].last_day


def test_after_the_last_questionnaire_none_is_planned() -> None:
    """The next would come later than any record."""
    care = _unscored(answer=len(MAILED_DAYS))
    plan_answer(inputs_of({}), SEED, an_episode(), care)
    assert care["answer_day"] > 40_000


def _answers(
    changes: dict[str, Any], place: int = 0, last_nprs: float = 5.0, **episode: Any
) -> Any:
    """Scores of many alike patients who are sent one questionnaire."""
    page, inputs = a_page(), inputs_of({**PLAIN, **changes})
    for patient in range(N):
        one, care = an_episode(patient=patient, **episode), _unscored(last_nprs=last_nprs)
        care["answer"] = place
        plan_answer(inputs, SEED, one, care)
        record_answer(inputs, SEED, page, one, care)
        assert care["answer"] == place + 1
    return page["scores"][: page["used"][SCORES]]


@pytest.mark.parametrize("place", range(3))
def test_at_random_everybody_answers_alike(place: int) -> None:
    """Under mcar the stated share answers, whoever has left and however much it hurts."""
    changes = {"questionnaires.mechanism": "mcar", "questionnaires.response_left": -5.0,
               "questionnaires.response_pain": -5.0}  # fmt: skip
    share = ASKED.response[place]
    found = _count(_answers(changes, place, left=10.0, nprs=9.0), NPRS) / N
    assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / N)


@pytest.mark.parametrize(
    ("mechanism", "left", "log_odds"),
    [
        # Recorded pain is 6, true pain 2: three more, or one fewer, than the typical 3.
        ("mar", 1e9, -0.9 * -0.35 - 0.2 * 3),
        ("mar", 50.0, -0.9 * 0.65 - 0.2 * 3),
        ("mnar", 50.0, -0.9 * 0.65 - 0.2 * -1),
    ],
)
def test_answering_depends_on_leaving_and_on_pain(
    mechanism: str, left: float, log_odds: float
) -> None:
    """Under mar the last recorded score counts, under mnar pain on the day itself, by hand."""
    changes = {"questionnaires.mechanism": mechanism, "questionnaires.response_left": -0.9,
               "questionnaires.response_pain": -0.2,
               "questionnaires.response": [0.5, 0.5, 0.5]}  # fmt: skip
    rows = _answers(changes, last_nprs=6.0, nprs=2.0, left=left)
    share = 1 / (1 + np.exp(-log_odds))
    assert abs(_count(rows, NPRS) / N - share) < 4 * np.sqrt(share * (1 - share) / N)
    assert set(rows["score"][rows["instrument"] == NPRS]) == {2.0}


def test_some_answers_lack_an_odi() -> None:
    """The share of answers without an ODI is the stated one; RMDQ and PSFS need an ODI."""
    changes = {"questionnaires.odi_blank": 0.3, "questionnaires.rmdq": 1.0,
               "questionnaires.psfs": 0.5, "questionnaires.mechanism": "mcar"}  # fmt: skip
    rows = _answers(changes)
    n = _count(rows, NPRS)
    assert abs(_count(rows, ODI) / n - 0.7) < 4 * np.sqrt(0.21 / n)
    assert _count(rows, RMDQ) == _count(rows, ODI)
    assert abs(_count(rows, PSFS) / _count(rows, ODI) - 0.5) < 4 * np.sqrt(0.25 / (0.7 * n))


@pytest.mark.parametrize("filled", ["nprs_day", "odi_day"])
def test_whoever_filled_in_a_form_that_day_sends_no_second(filled: str) -> None:
    """One instrument has one score a day."""
    inputs = inputs_of({"questionnaires.response": [0.99] * 3})
    page, care = a_page(), _unscored()
    plan_answer(inputs, SEED, an_episode(), care)
    care[filled] = care["answer_day"]
    record_answer(inputs, SEED, page, an_episode(), care)
    assert page["used"][SCORES] == 0
    assert care["answer"] == 1


def test_questionnaires_go_out_whatever_became_of_care() -> None:
    """Where all care ends at the second visit, the stated share still answers in each window."""
    ended = {**STILL, "discharge.administrative": 1.0, "calendar.last_start": "2024-10-01",
             "questionnaires.mechanism": "mcar"}  # fmt: skip
    sheets = followed(ended, n_episodes=2_000)
    scores = sheets.scores[sheets.scores["instrument"] == NPRS]
    assert (sheets.episodes["end_day"] < 40).all()
    for planned, share in zip(MAILED_DAYS, ASKED.response, strict=True):
        window = WINDOWS[planned]
        within = (scores["day"] >= window.first_day) & (scores["day"] <= window.last_day)
        found = len(np.unique(scores["episode"][within])) / 2_000
        assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / 2_000)


def test_in_care_scores_follow_each_other_at_the_stated_distance() -> None:
    """With all recorded, a visit has an NPRS if and only if the last is old enough."""
    sheets = followed({**STILL, "questionnaires.response": [0.01] * 3})
    every = ASKED.nprs_every_days
    for episode in range(20):
        rows = rows_of(sheets.scores, episode)
        at_visits = set(rows["day"][rows["instrument"] == NPRS])
        last = LONG_AGO
        for day in rows_of(sheets.visits, episode)["day"]:
            is_due = day - last >= every
            assert (day in at_visits) == is_due
            last = day if is_due else last
