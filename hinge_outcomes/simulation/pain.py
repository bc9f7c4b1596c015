"""How pain and disability run in a patient, and what a questionnaire shows of it."""

import math
from typing import Any, Final

from hinge_outcomes.domain.instruments import INSTRUMENTS as DECLARED
from hinge_outcomes.simulation.choices import MNAR
from hinge_outcomes.simulation.events import flare_left
from hinge_outcomes.simulation.inputs import LONGEST
from hinge_outcomes.simulation.machine_code import compiled
from hinge_outcomes.simulation.records import INSTRUMENTS, NPRS, ODI, RMDQ, ROOM, SCORES
from hinge_outcomes.simulation.streams import SECOND_EPISODE, WEEKS, draw, normal

_WEEKS_PER_BLOCK = 4
_HIGHEST: Final = tuple(DECLARED[code].maximum for code in INSTRUMENTS)


@compiled
def reach_week(inputs: Any, seed: Any, episode: Any, care: Any, day: Any) -> None:
    """Let good and bad weeks follow each other up to the week of a day.

    Week by week, ``x = r x + sqrt(1 - r^2) z``: a first-order autoregressive course with variance
    1, for NPRS and for ODI, whose steps are correlated like the departures.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    seed : int
        The seed.
    episode : record of EPISODE
        Whose weeks.
    care : record of CARE
        Its ``week``, ``week_nprs`` and ``week_odi`` are moved on.
    day : int
        Days since the start, 0 or more.
    """
    both = inputs.pain.deviation_correlation
    rest = math.sqrt(1 - both * both)
    last = day // 7
    while care.week < last:
        care.week += 1
        place = care.week % _WEEKS_PER_BLOCK
        if place == 0:
            occasion = care.week // _WEEKS_PER_BLOCK + SECOND_EPISODE * episode.is_second
            draw(seed, episode.patient, WEEKS, occasion, care.week_draws)
        z = normal(care.week_draws[2 * place])
        z_odi = both * z + rest * normal(care.week_draws[2 * place + 1])
        if care.week == 0:
            care.week_nprs, care.week_odi = z, z_odi
        else:
            r, step = inputs.pain.weekly_correlation, inputs.tables.weekly_step
            care.week_nprs = r * care.week_nprs + step * z
            care.week_odi = r * care.week_odi + step * z_odi


@compiled
def latent_scores(inputs: Any, episode: Any, care: Any, day: Any) -> Any:
    """Give latent pain and disability on a day.

    With c the published relative course, g(t) = 1 - exp(-t / weeks), m the time at which the target
    stage became automatic, x the good or bad week and f what is left of flare-ups,
    ``score(t) = baseline (1 - response (1 - c(t))) + deviation g(t)
    + effect (1 - exp(-(t - m)+ / days)) + sd x(t) + height f(t)``, and from leaving on the shift of
    the scenario for NPRS. The effect of mastery is causal and net of the course.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    episode : record of EPISODE
        The patient on day 0, and what has happened.
    care : record of CARE
        Moved on to that day and week.
    day : int
        Days since the start, 0 or more.

    Returns
    -------
    tuple of two float
        NPRS and ODI on their latent scales, which have no floor.
    """
    pain, tables = inputs.pain, inputs.tables
    place = min(day, LONGEST - 1)
    fallen = 1 - tables.course[episode.duration, place]
    spread = tables.deviation[place]
    gained = 0.0
    if episode.mastered < day:
        gained = 1 - math.exp(-(day - episode.mastered) / pain.mastery_days)
    flare = flare_left(inputs, care, float(day))
    nprs = (
        episode.nprs * (1 - pain.nprs_response * fallen)
        + episode.nprs_deviation * spread
        + pain.mastery_nprs * gained
        + pain.nprs_weekly_sd * care.week_nprs
        + pain.flare_nprs * flare
    )
    odi = (
        episode.odi * (1 - pain.odi_response * fallen)
        + episode.odi_deviation * spread
        + pain.mastery_odi * gained
        + pain.odi_weekly_sd * care.week_odi
        + pain.flare_odi * flare
    )
    if inputs.loss.mechanism == MNAR and episode.left <= day:
        nprs += inputs.loss.shift_after_leaving
    return nprs, odi


@compiled
def reported(inputs: Any, instrument: Any, nprs: Any, odi: Any, z: Any) -> Any:
    """Give the score that a patient reports.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    instrument : int
        NPRS: whole numbers from 0 to 10. ODI: ten answered sections, steps of 2 from 0 to 100.
        RMDQ: whole numbers from 0 to 24. PSFS: mean of three activities, steps of a third from 0 to
        10, high is better; the last two follow the latent ODI.
    nprs, odi : float
        Latent scores.
    z : float
        Standard normal measurement error.

    Returns
    -------
    float
        The score, within the instrument's range.
    """
    pain = inputs.pain
    if instrument == NPRS:
        score = math.floor(nprs + pain.nprs_error_sd * z + 0.5)
    elif instrument == ODI:
        score = 2 * math.floor((odi + pain.odi_error_sd * z) / 2 + 0.5)
    elif instrument == RMDQ:
        score = math.floor(pain.rmdq_per_odi * odi + pain.rmdq_error_sd * z + 0.5)
    else:
        function = 10 - pain.psfs_per_odi * odi + pain.psfs_error_sd * z
        score = math.floor(3 * function + 0.5) / 3
    return min(max(score, 0.0), _HIGHEST[instrument])


@compiled
def write_score(page: Any, episode_place: Any, day: Any, instrument: Any, score: Any) -> None:
    """Write a score.

    Parameters
    ----------
    page : record of PAGE
        Gets one score more; what has no room is only counted.
    episode_place : int
        Whose.
    day : int
        Days since the start.
    instrument : int
        Which.
    score : float
        The score.
    """
    place = page.used[SCORES]
    page.used[SCORES] += 1
    if place < ROOM[SCORES]:
        row = page.scores[place]
        row.episode = episode_place
        row.day = day
        row.instrument = instrument
        row.score = score
