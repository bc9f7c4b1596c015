"""Scores on questionnaires: filled in at visits, and sent out at 13, 26 and 52 weeks."""

import math
from typing import Any, Final

from hinge_outcomes.domain.follow_up import WINDOWS
from hinge_outcomes.simulation.choices import MAR, MCAR
from hinge_outcomes.simulation.machine_code import compiled
from hinge_outcomes.simulation.pain import latent_scores, reach_week, reported, write_score
from hinge_outcomes.simulation.records import EPISODES, NEVER, NPRS, ODI, PSFS, RMDQ
from hinge_outcomes.simulation.streams import QUESTIONNAIRE, SCORES, SECOND_EPISODE, draw, normal

MAILED_DAYS: Final = (91, 182, 364)
"""Planned days of the questionnaires that go out whatever the episode's state."""

_LAST_DAYS = tuple(WINDOWS[day].last_day for day in MAILED_DAYS)
_N_MAILED = len(MAILED_DAYS)
_EARLIEST_ANSWER = -3
_TYPICAL_LEFT = 0.35  # response is stated for the average patient: a third has left by then
_TYPICAL_PAIN = 3.0
_FURTHER = 1 << 20  # occasions of the further instruments start here

# The draws of a questionnaire, by place; those of RMDQ and PSFS serve visits only.
_NPRS_ASKED, _ODI_ASKED, _NPRS_Z, _ODI_Z, _RMDQ_ASKED, _RMDQ_Z, _PSFS_ASKED, _PSFS_Z = range(8)
_LATE, _ANSWERS = _NPRS_ASKED, _ODI_ASKED
_ODI_BLANK = _RMDQ_ASKED


@compiled
def ask_at_visit(inputs: Any, seed: Any, page: Any, episode: Any, care: Any) -> None:
    """Record scores at a visit where they are due.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    seed : int
        The seed.
    page : record of PAGE
        Gets the scores.
    episode : record of EPISODE
        Whose visit.
    care : record of CARE
        Remembers the last recorded NPRS, and when each was asked.
    """
    asked, day = inputs.questionnaires, care.day
    is_nprs_due = day - care.nprs_day >= asked.nprs_every_days
    is_odi_due = day - care.odi_day >= asked.odi_every_days
    if not (is_nprs_due or is_odi_due):
        return
    draws = care.score_draws
    draw(seed, episode.patient, SCORES, care.number + SECOND_EPISODE * episode.is_second, draws)
    share = asked.baseline if care.number == 1 else asked.in_care
    has_nprs = is_nprs_due and draws[_NPRS_ASKED] < share
    has_odi = is_odi_due and draws[_ODI_ASKED] < share
    if not (has_nprs or has_odi):
        return
    reach_week(inputs, seed, episode, care, day)
    nprs, odi = latent_scores(inputs, episode, care, day)
    place = page.used[EPISODES]
    if has_nprs:
        care.last_nprs = reported(inputs, NPRS, nprs, odi, normal(draws[_NPRS_Z]))
        care.nprs_day = day
        write_score(page, place, day, NPRS, care.last_nprs)
    if has_odi:
        care.odi_day = day
        score = reported(inputs, ODI, nprs, odi, normal(draws[_ODI_Z]))
        write_score(page, place, day, ODI, score)
        _ask_further(inputs, page, place, day, nprs, odi, draws)


@compiled
def _ask_further(
    inputs: Any, page: Any, place: Any, day: Any, nprs: Any, odi: Any, draws: Any
) -> None:
    if draws[_RMDQ_ASKED] < inputs.questionnaires.rmdq:
        score = reported(inputs, RMDQ, nprs, odi, normal(draws[_RMDQ_Z]))
        write_score(page, place, day, RMDQ, score)
    if draws[_PSFS_ASKED] < inputs.questionnaires.psfs:
        score = reported(inputs, PSFS, nprs, odi, normal(draws[_PSFS_Z]))
        write_score(page, place, day, PSFS, score)


@compiled
def plan_answer(inputs: Any, seed: Any, episode: Any, care: Any) -> None:
    """Settle when the next questionnaire that is sent out would come back.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    seed : int
        The seed.
    episode : record of EPISODE
        Who is asked.
    care : record of CARE
        Its ``answer_day`` is set, beyond any record after the last questionnaire.
    """
    care.answer_day = int(NEVER)
    if care.answer < _N_MAILED:
        draw(seed, episode.patient, QUESTIONNAIRE, care.answer + SECOND_EPISODE * episode.is_second,
             care.answer_draws)  # fmt: skip
        span = inputs.questionnaires.late_days - _EARLIEST_ANSWER + 1
        late = _EARLIEST_ANSWER + math.floor(care.answer_draws[_LATE] * span)
        care.answer_day = min(MAILED_DAYS[care.answer] + late, _LAST_DAYS[care.answer])


@compiled
def record_answer(inputs: Any, seed: Any, page: Any, episode: Any, care: Any) -> None:
    """Write the scores of a questionnaire that comes back, and plan the next.

    Whoever filled in a form at a visit on that day sends no second one.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    seed : int
        The seed.
    page : record of PAGE
        Gets the scores.
    episode : record of EPISODE
        Who answers, or not.
    care : record of CARE
        Moved on to the day of the answer.
    """
    asked, day, draws = inputs.questionnaires, care.answer_day, care.answer_draws
    if care.nprs_day != day and care.odi_day != day:
        reach_week(inputs, seed, episode, care, day)
        nprs, odi = latent_scores(inputs, episode, care, day)
        share = asked.response[care.answer]
        log_odds = math.log(share / (1 - share))
        if asked.mechanism != MCAR:
            pain = care.last_nprs if asked.mechanism == MAR else nprs
            has_left = 1.0 if episode.left <= day else 0.0
            log_odds += asked.response_left * (has_left - _TYPICAL_LEFT)
            log_odds += asked.response_pain * (pain - _TYPICAL_PAIN)
        if draws[_ANSWERS] * (1 + math.exp(-log_odds)) < 1:
            place = page.used[EPISODES]
            score = reported(inputs, NPRS, nprs, odi, normal(draws[_NPRS_Z]))
            write_score(page, place, day, NPRS, score)
            if draws[_ODI_BLANK] >= asked.odi_blank:
                score = reported(inputs, ODI, nprs, odi, normal(draws[_ODI_Z]))
                write_score(page, place, day, ODI, score)
                occasion = _FURTHER + care.answer + SECOND_EPISODE * episode.is_second
                draw(seed, episode.patient, QUESTIONNAIRE, occasion, draws)
                _ask_further(inputs, page, place, day, nprs, odi, draws)
    care.answer += 1
    plan_answer(inputs, seed, episode, care)
