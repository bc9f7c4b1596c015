"""One course of care after another, appointment by appointment, patient by patient."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from hinge_outcomes.simulation import departures as ends
from hinge_outcomes.simulation import observation as seen
from hinge_outcomes.simulation.days import to_weekday
from hinge_outcomes.simulation.machine_code import compiled, compiled_and_kept, sources_digest
from hinge_outcomes.simulation.pain import latent_scores, reach_week
from hinge_outcomes.simulation.paths import advance, begin, path_uniform
from hinge_outcomes.simulation.people import draw_person, draw_return, draw_start, keep_stages
from hinge_outcomes.simulation.questionnaires import ask_at_visit, plan_answer, record_answer
from hinge_outcomes.simulation.records import EPISODES, KINDS, MISSING, NEVER, ROOM, WEEKS
from hinge_outcomes.simulation.streams import APPOINTMENT, SECOND_EPISODE, draw

# The draws of an appointment, by place. Changing one mechanism moves no other's draws.
_ATTENDS, _COVERED, _INTERVAL, _HOME, _ASSESSED, _MASTERED, _GOALS, _CLOSED = range(8)


@compiled
def follow_episode(inputs: Any, seed: Any, page: Any, episode: Any, care: Any) -> None:
    """Follow a patient from the first visit to the end of care, and on to the last questionnaire.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    seed : int
        The seed.
    page : record of PAGE
        Gets the records.
    episode : record of EPISODE
        The patient on day 0; gets what happens.
    care : record of CARE
        Room for what is true at one moment.
    """
    begin(inputs, seed, episode, care)
    plan_answer(inputs, seed, episode, care)
    seen.fill_home_bounds(episode.adherence, care.home_bounds)
    if page.keeps_truth:
        _forget_latent(page, page.used[EPISODES])
    horizon = float(episode.horizon)
    while care.day <= episode.horizon:
        _keep_appointment(inputs, seed, page, episode, care)
        if not _is_expected(episode, care):
            break
        _pass_time(inputs, seed, page, episode, care, min(float(care.day), horizon), False)
        if not _is_expected(episode, care):
            break
    episode.last_stage = care.stage
    _pass_time(inputs, seed, page, episode, care, horizon, True)


@compiled
def _is_expected(episode: Any, care: Any) -> Any:
    """Whether there is a next appointment on the books."""
    return not ends.is_closed(episode) or care.still_missed > 0


@compiled
def _keep_appointment(inputs: Any, seed: Any, page: Any, episode: Any, care: Any) -> None:
    """Hold or miss the appointment on `care.day`, and make the next one."""
    draws, visits, day = care.draws, inputs.visits, care.day
    draw(
        seed, episode.patient, APPOINTMENT, care.number + SECOND_EPISODE * episode.is_second, draws
    )
    is_away = ends.is_closed(episode)
    is_first = care.number == 1
    status = seen.attendance(visits, episode.no_show, is_first, is_away, draws[_ATTENDS])
    is_kept = status == seen.ATTENDED
    home_days = seen.home_exercise_days(care.home_bounds, draws[_HOME]) if is_kept else MISSING
    clinician = seen.holding_clinician(visits, episode, draws[_COVERED])
    seen.write_visit(page, care, status, clinician, home_days)
    if is_kept:
        care.last_attended = day
        care.n_attended += 1
        if is_first or draws[_ASSESSED] < visits.assessed:
            seen.assess(inputs, seed, page, episode, care)
        ask_at_visit(inputs, seed, page, episode, care)
        if not is_first:
            end = ends.planned_end(
                inputs.discharge, care, draws[_MASTERED], draws[_GOALS], draws[_CLOSED]
            )
            if end != ends.STAYS:
                episode.closed = float(day)
                ends.close_record(episode, day, end)
                return
    if is_away:
        care.still_missed -= 1
        ends.close_record(episode, max(care.closing_day, day), care.closing_reason)
    else:
        ends.set_exit_rates(inputs, episode, care, not is_kept)
    care.day = seen.next_visit_day(visits, episode, care, not is_kept, draws[_INTERVAL])
    care.number += 1


@compiled
def _pass_time(
    inputs: Any, seed: Any, page: Any, episode: Any, care: Any, until: Any, is_last: Any
) -> None:
    """Let time pass up to the next appointment, with answers and flare-ups on the way."""
    while True:
        if page.keeps_truth:
            _keep_latent(inputs, seed, page, episode, care)
        # An answer on the day of an appointment comes after it.
        if care.answer_day <= care.time and (is_last or care.time < until):
            record_answer(inputs, seed, page, episode, care)
            continue
        if care.time >= until:
            return
        was_closed = ends.is_closed(episode)
        stop = min(min(until, float(care.answer_day)), _next_week(page, care))
        has_flared = advance(inputs, seed, page, episode, care, stop)
        if has_flared and not ends.is_closed(episode):
            until = min(until, _bring_forward(inputs.visits, seed, episode, care))
        if ends.is_closed(episode) and not was_closed:
            until = _note_end(inputs, seed, episode, care, until)


@compiled
def _note_end(inputs: Any, seed: Any, episode: Any, care: Any, until: Any) -> Any:
    """Record that the patient has just left, or was referred, between two appointments."""
    if episode.referred < NEVER:
        ends.close_record(episode, math.ceil(episode.referred), ends.REFERRED_OUT)
        return care.time
    ends.plan_closing(inputs.loss, seed, episode, care)
    ends.close_record(episode, care.closing_day, care.closing_reason)
    return until if care.still_missed > 0 else care.time


@compiled
def _bring_forward(visits: Any, seed: Any, episode: Any, care: Any) -> Any:
    """Move the next appointment forward where a flare-up brings the patient in early."""
    if visits.flare_visit <= 0 or path_uniform(seed, episode, care) >= visits.flare_visit:
        return NEVER
    wait = path_uniform(seed, episode, care) * visits.flare_visit_days
    soon = max(math.ceil(care.time + wait), int(care.time) + 1)
    early = to_weekday(episode.start, soon)
    care.day = min(care.day, early)
    return float(min(care.day, episode.horizon))


@compiled
def _next_week(page: Any, care: Any) -> Any:
    """When latent pain is to be kept next, if it is kept at all."""
    if not page.keeps_truth:
        return NEVER
    week = math.floor(care.time / 7) + 1
    return 7.0 * week if week < WEEKS else NEVER


@compiled
def _keep_latent(inputs: Any, seed: Any, page: Any, episode: Any, care: Any) -> None:
    week = int(care.time // 7)
    if week < WEEKS and care.time == 7.0 * week:
        reach_week(inputs, seed, episode, care, 7 * week)
        nprs, odi = latent_scores(inputs, episode, care, 7 * week)
        place = page.used[EPISODES]
        page.latent[place, week, 0] = nprs
        page.latent[place, week, 1] = odi


@compiled
def _forget_latent(page: Any, place: Any) -> None:
    for week in range(WEEKS):
        page.latent[place, week, 0] = page.latent[place, week, 1] = np.nan


@compiled
def follow_patients(
    inputs: Any, places: Any, seed: Any, first: Any, stop: Any, page: Any, care: Any
) -> Any:
    """Follow patients through all their episodes until the page is full.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    places : Places
        Where and when patients come.
    seed, first, stop : int
        The seed, the first patient, counted from 0, and the one after the last.
    page : record of PAGE
        Written from its beginning.
    care : record of CARE
        Room for what is true at one moment.

    Returns
    -------
    int
        The first patient who is not on the page.
    """
    draws = np.empty(8)
    for kind in range(len(KINDS)):
        page.used[kind] = 0
    before = np.zeros(len(KINDS), dtype=np.int64)
    for patient in range(first, stop):
        for kind in range(len(KINDS)):
            before[kind] = page.used[kind]
        if page.used[EPISODES] + 2 <= ROOM[EPISODES]:
            _follow_patient(inputs, places, seed, patient, page, care, draws)
            is_written = True
            for kind in range(len(KINDS)):
                is_written = is_written and page.used[kind] <= ROOM[kind]
            if is_written:
                continue
        for kind in range(len(KINDS)):
            page.used[kind] = before[kind]
        return patient
    return stop


@compiled
def _follow_patient(
    inputs: Any, places: Any, seed: Any, patient: Any, page: Any, care: Any, draws: Any
) -> None:
    place = page.used[EPISODES]
    episode = page.episodes[place]
    draw_person(inputs, places, seed, patient, draws, episode)
    draw_start(inputs, places, seed, draws, episode)
    follow_episode(inputs, seed, page, episode, care)
    page.used[EPISODES] += 1
    second = page.episodes[place + 1]
    if draw_return(inputs, seed, draws, episode, second):
        draw_start(inputs, places, seed, draws, second)
        keep_stages(inputs, episode, second)
        follow_episode(inputs, seed, page, second, care)
        page.used[EPISODES] += 1


@lru_cache(maxsize=1)
def patient_follower() -> Callable[..., int]:
    """Give `follow_patients` as Python calls it: compiled once and kept on the disk.

    Returns
    -------
    callable
        With the same arguments, but arrays of length 1 instead of records.
    """
    digest = sources_digest()

    def follow(
        inputs: Any, places: Any, seed: Any, first: Any, stop: Any, pages: Any, cares: Any
    ) -> int:
        if digest < 0:  # what a closure holds tells numba whether its copy is still good
            return 0
        following: int = follow_patients(inputs[0], places, seed, first, stop, pages[0], cares[0])
        return following

    return compiled_and_kept(follow)
