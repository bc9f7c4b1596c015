"""The simulator's process as a plain Python loop: one patient, and one happening, after another."""

from random import Random

from benchmarks.patient_course import Episode, Rows
from benchmarks.patient_setting import Setting
from benchmarks.patient_start import first_episode, second_episode
from benchmarks.patient_visits import answer, bring_forward, keep_appointment, plan_answer


def follow_plainly(setting: Setting, *, n_patients: int, seed: int) -> tuple[list[Episode], Rows]:
    """Follow patients through all their episodes."""
    rng, rows = Random(seed), Rows.empty()
    episodes = []
    for patient in range(n_patients):
        episode = first_episode(setting, rng, patient, rows)
        _follow_episode(episode)
        episodes.append(episode)
        again = second_episode(setting, rng, episode)
        if again is not None:
            _follow_episode(again)
            episodes.append(again)
    return episodes, rows


def _follow_episode(episode: Episode) -> None:
    """Follow an episode from the first visit to the last questionnaire."""
    episode.begin()
    plan_answer(episode)
    horizon = float(episode.horizon)
    while episode.day <= horizon:
        if not keep_appointment(episode):
            break
        if not _pass_time(episode, min(float(episode.day), horizon), is_last=False):
            break
    _pass_time(episode, horizon, is_last=True)


def _pass_time(episode: Episode, until: float, *, is_last: bool) -> bool:
    """Let time pass up to the next appointment; tell whether it will still be waited for."""
    while True:
        # An answer on the day of an appointment comes after it.
        if episode.answer_day <= episode.time and (is_last or episode.time < until):
            answer(episode)
            continue
        if episode.time >= until:
            return True
        soonest, kind = episode.next_happening()
        stop = min(until, episode.answer_day, episode.next_flare)
        if soonest <= stop:
            episode.move_to(soonest)
            episode.happen(kind)
            if episode.is_closed and not is_last and episode.still_missed == 0:
                return False
            continue
        episode.move_to(stop)
        if stop == episode.next_flare:
            episode.flare_up()
            if not (episode.is_closed or is_last) and bring_forward(episode):
                until = min(until, float(episode.day))
