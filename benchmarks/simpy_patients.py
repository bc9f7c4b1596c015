"""The simulator's process in SimPy: a process per patient, with what goes on beside it."""

from collections.abc import Iterator
from random import Random
from typing import Any

import simpy

from benchmarks.patient_course import Episode, Rows
from benchmarks.patient_setting import Setting
from benchmarks.patient_start import first_episode, second_episode
from benchmarks.patient_visits import answer, bring_forward, keep_appointment, plan_answer
from hinge_outcomes.simulation.records import MISSING, NEVER

_AFTER_VISITS = 1e-6  # of a day: an answer on the day of an appointment comes after it

Steps = Iterator[Any]


def follow_in_simpy(setting: Setting, *, n_patients: int, seed: int) -> tuple[list[Episode], Rows]:
    """Follow patients through all their episodes, on one calendar."""
    rng, rows = Random(seed), Rows.empty()
    env = simpy.Environment(initial_time=setting.first_start)
    episodes: list[Episode] = []
    for patient in range(n_patients):
        env.process(_patient(env, first_episode(setting, rng, patient, rows), episodes))
    env.run(until=setting.data_cut + 1e-3)
    return episodes, rows


def _patient(env: simpy.Environment, episode: Episode, episodes: list[Episode]) -> Steps:
    """Come, go through care, and perhaps come again."""
    yield env.timeout(episode.start - env.now)
    episodes.append(episode)
    care = _begin(env, episode)
    yield care
    if episode.end_day == MISSING:
        yield env.timeout(episode.start + episode.horizon - env.now)
    again = second_episode(episode.setting, episode.rng, episode)
    if again is not None:
        yield env.timeout(again.start - env.now)
        episodes.append(again)
        _begin(env, again)


def _begin(env: simpy.Environment, episode: Episode) -> simpy.Process:
    """Start what goes on side by side in an episode."""
    episode.begin()
    plan_answer(episode)
    care = env.process(_care(env, episode))
    if episode.next_flare < NEVER:
        env.process(_flare_ups(env, episode, care))
    env.process(_mail(env, episode))
    return care


def _care(env: simpy.Environment, episode: Episode) -> Steps:
    """Keep one appointment after another."""
    start = episode.start
    happenings = env.process(_happenings(env, episode, env.active_process))
    while episode.day <= episode.horizon:
        try:
            yield env.timeout(start + episode.day - env.now)
        except simpy.Interrupt:  # the appointment was brought forward, or care is over
            if episode.is_closed and episode.still_missed == 0:
                return
            continue
        episode.move_to(env.now - start)
        is_expected = keep_appointment(episode)
        if happenings.is_alive:
            happenings.interrupt()  # rates have changed
        if not is_expected:
            return


def _happenings(env: simpy.Environment, episode: Episode, care: simpy.Process) -> Steps:
    """Let one of the competing events after another take place, while care goes on."""
    while not episode.is_closed:
        soonest, kind = episode.next_happening()
        try:
            yield env.timeout(max(episode.start + soonest - env.now, 0.0))
        except simpy.Interrupt:
            continue
        episode.move_to(env.now - episode.start)
        episode.happen(kind)
        if episode.is_closed and episode.still_missed == 0 and care.is_alive:
            care.interrupt()


def _flare_ups(env: simpy.Environment, episode: Episode, care: simpy.Process) -> Steps:
    """Let pain flare up again and again, in care and after."""
    while True:
        yield env.timeout(episode.start + episode.next_flare - env.now)
        episode.move_to(env.now - episode.start)
        episode.flare_up()
        if care.is_alive and not episode.is_closed and bring_forward(episode):
            care.interrupt()


def _mail(env: simpy.Environment, episode: Episode) -> Steps:
    """Answer the questionnaires that are sent out, or not."""
    while episode.answer_day < NEVER:
        yield env.timeout(episode.start + episode.answer_day + _AFTER_VISITS - env.now)
        answer(episode)
