"""One course of care after another, appointment by appointment, for all patients at once."""

import numpy as np
from scipy.special import ndtri

from hinge_outcomes.domain.rules import MasteryCriterion
from hinge_outcomes.simulation import departures as ends
from hinge_outcomes.simulation import observation as seen
from hinge_outcomes.simulation import paths
from hinge_outcomes.simulation.care_records import (
    MISSING,
    STAGE_NUMBERS,
    Care,
    CareLog,
    CareState,
    finished_care,
    first_day,
)
from hinge_outcomes.simulation.observation import Scores
from hinge_outcomes.simulation.pain import latent_scores, reported_nprs, reported_odi
from hinge_outcomes.simulation.people import IntArray, People, Places
from hinge_outcomes.simulation.scenario import Scenario
from hinge_outcomes.simulation.streams import FloatArray, PatientStreams

_CRITERION = MasteryCriterion()  # the clinic records mastery by the default rule

# The draws of one appointment, by place. Changing one mechanism moves no other's draws.
_ATTEND, _HOME, _ERROR, _DIRECTION, _MOVE, _ASSESS = range(6)
_WARM_UP, _WARM_ERROR, _WARM_DIRECTION = range(6, 9)
_NPRS_ERROR, _ODI_ERROR, _NPRS_ASKED, _ODI_ASKED = range(9, 13)
_END = slice(13, 17)
_LEAVE = 17
_CLOSING = slice(18, 21)
_INTERVAL, _COVER, _LOAD = range(21, 24)
_SLOTS = 24


def simulate_care(
    scenario: Scenario, places: Places, people: People, streams: PatientStreams
) -> Care:
    """Follow a run of patients from the first visit to the end of care or the data cut.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    places : Places
        Clinics and clinicians.
    people : People
        The patients on day 0.
    streams : PatientStreams
        Gives the random numbers of the same patients.

    Returns
    -------
    Care
        Ends and records.
    """
    state, log = first_day(people, scenario.placement.head_start), CareLog()
    active = np.arange(len(people.entry))
    number = 0
    while len(active):
        number += 1
        u = streams.uniform("visit", _SLOTS, occasion=number)
        u = u if len(active) == len(u) else u[active]
        active = _appointment(scenario, places, people, state, log, active, number, u)
    return finished_care(state, log)


def _appointment(
    scenario: Scenario,
    places: Places,
    people: People,
    state: CareState,
    log: CareLog,
    active: IntArray,
    number: int,
    u: FloatArray,
) -> IntArray:
    """Hold everybody's next appointment; return those who have another one before the cut."""
    day = state.day[active]
    is_away = state.still_missed[active] > 0
    status = seen.attendance(
        scenario.visits,
        no_show=people.no_show[active],
        must_attend=np.full(len(active), number == 1),
        is_away=is_away,
        u=u[:, _ATTEND],
    )
    came = status == seen.ATTENDED
    who, v = active[came], u[came]
    clinician = _holding_clinician(scenario, places, people, active, u[:, _COVER])
    home = np.full(len(active), MISSING)
    home[came] = seen.home_exercise_days(people.adherence[who], v[:, _HOME])
    log.visits.append((active, day, np.full(len(active), number), status, clinician, home))
    state.n_visits[who] += 1
    _train(people, state, who)
    is_rated = v[:, _ASSESS] < (1.0 if number == 1 else scenario.visits.assessed)
    _assess(scenario, people, state, log, who[is_rated], number, v[is_rated])
    _ask(scenario, people, state, log, who, number, v)
    end = np.full(len(active), ends.STAYS)
    if number > 1:
        end[came] = ends.planned_end(
            scenario.discharge,
            is_target_confirmed=state.is_confirmed[who],
            n_visits=state.n_visits[who],
            last_nprs=state.last_nprs[who],
            u=v[:, _END],
        )
    has_ended = end != ends.STAYS
    state.end_reason[active[has_ended]] = end[has_ended]
    state.end_day[active[has_ended]] = day[has_ended]
    leaving = ~has_ended & ~is_away & ends.leaves(
        scenario.loss,
        leaving=people.leaving[active],
        last_nprs=state.last_nprs[active],
        was_missed=~came,
        u=u[:, _LEAVE],
    )  # fmt: skip
    _leave(scenario, people, state, active[leaving], u[leaving, _CLOSING])
    state.still_missed[active[is_away]] -= 1
    following = seen.next_visit_day(
        scenario.visits,
        start=people.start[active],
        day=day,
        n_visits=state.n_visits[active],
        was_missed=~came,
        log_interval=places.log_interval[people.clinic[active]],
        u=u[:, _INTERVAL],
    )
    state.day[active] = following
    # Those who have left but are still on the books have appointments to miss; a record that is
    # closed only after the cut is still open there, so its end is taken back.
    is_over = has_ended | ((leaving | is_away) & (state.still_missed[active] == 0))
    goes_on = ~is_over & (following <= people.horizon[active])
    _close(people, state, active[~goes_on], day[~goes_on])
    remaining: IntArray = active[goes_on]
    return remaining


def _train(people: People, state: CareState, who: IntArray) -> None:
    """Practise the working stage since the last visit; that keeps up the stages below it."""
    column = state.stage[who] - 1
    grown = paths.practise(
        state.done[who, column],
        people.dwell[who, column],
        state.last_attended[who],
        state.day[who],
    )
    gap = state.day[who] - state.last_attended[who]
    state.done[who] += gap[:, None] * (state.stage[who, None] >= STAGE_NUMBERS)
    is_target = grown.is_new & (state.stage[who] == people.target[who])
    state.mastered_day[who[is_target]] = grown.automatic_day[is_target]
    state.last_attended[who] = state.day[who]


def _assess(
    scenario: Scenario,
    people: People,
    state: CareState,
    log: CareLog,
    who: IntArray,
    number: int,
    u: FloatArray,
) -> None:
    """Rate the working stage, sometimes the one below too, and decide where to work on."""
    stage, day = state.stage[who].copy(), state.day[who]
    rating = _rate(scenario, people, state, who, stage, u[:, _ERROR], u[:, _DIRECTION])
    confirmed = paths.confirms(_CRITERION, rating, state.last_automatic[who, stage - 1], day)
    _remember(state, who, stage, rating)
    state.is_confirmed[who] |= confirmed & (stage == people.target[who])
    moved = stage
    if number > 1:
        moved = paths.next_stage(
            scenario.progression,
            stage=stage,
            target=people.target[who],
            rating=rating,
            is_confirmed=confirmed,
            u=u[:, _MOVE],
        )
    stays = moved == stage
    load = _load(scenario, stage, u[:, _LOAD])
    log.assessments.append((who, day, stage, rating, stays, load))
    state.stage[who] = moved
    new = ~stays
    blank = np.full(int(new.sum()), MISSING)
    log.assessments.append(
        (who[new], day[new], moved[new], blank, blank < 0, np.full(len(blank), np.nan))
    )
    # One row per stage and day: after a move back the stage below has its row already.
    warm = (u[:, _WARM_UP] < scenario.visits.warm_up) & (stage > 1) & (moved >= stage)
    warming, below = who[warm], stage[warm] - 1
    second = _rate(
        scenario, people, state, warming, below, u[warm, _WARM_ERROR], u[warm, _WARM_DIRECTION]
    )
    _remember(state, warming, below, second)
    log.assessments.append(
        (warming, day[warm], below, second, second < 0, np.full(len(warming), np.nan))
    )


def _rate(
    scenario: Scenario,
    people: People,
    state: CareState,
    who: IntArray,
    stage: IntArray,
    u: FloatArray,
    direction: FloatArray,
) -> IntArray:
    level = paths.true_level(
        scenario.learning, state.done[who, stage - 1], people.dwell[who, stage - 1]
    )
    return seen.rate(level, scenario.visits.rating_error, u, direction)


def _remember(state: CareState, who: IntArray, stage: IntArray, rating: IntArray) -> None:
    day = np.where(rating == paths.AUTOMATIC, state.day[who], paths.LONG_AGO)
    state.last_automatic[who, stage - 1] = day


def _ask(
    scenario: Scenario,
    people: People,
    state: CareState,
    log: CareLog,
    who: IntArray,
    number: int,
    u: FloatArray,
) -> None:
    """Record NPRS and ODI at a visit where they are due."""
    asked, pain, day = scenario.questionnaires, scenario.pain, state.day[who]
    share = asked.baseline if number == 1 else asked.in_care
    has_nprs = (day - state.nprs_day[who] >= asked.nprs_every_days) & (u[:, _NPRS_ASKED] < share)
    has_odi = (day - state.odi_day[who] >= asked.odi_every_days) & (u[:, _ODI_ASKED] < share)
    nprs, odi = latent_scores(
        pain,
        nprs=people.nprs[who],
        odi=people.odi[who],
        nprs_deviation=people.nprs_deviation[who],
        odi_deviation=people.odi_deviation[who],
        duration=people.duration[who],
        day=day,
        mastered_day=state.mastered_day[who],
    )
    error = ndtri(u[:, [_NPRS_ERROR, _ODI_ERROR]])
    score = reported_nprs(nprs, pain.nprs_error_sd * error[:, 0])[has_nprs]
    state.last_nprs[who[has_nprs]] = score
    state.nprs_day[who[has_nprs]] = day[has_nprs]
    state.odi_day[who[has_odi]] = day[has_odi]
    log.scores.append(Scores(who[has_nprs], day[has_nprs], np.zeros(len(score), np.int64), score))
    score = reported_odi(odi, pain.odi_error_sd * error[:, 1])[has_odi]
    log.scores.append(Scores(who[has_odi], day[has_odi], np.ones(len(score), np.int64), score))


def _leave(
    scenario: Scenario, people: People, state: CareState, who: IntArray, u: FloatArray
) -> None:
    closed = ends.closing(
        scenario.loss, day=state.day[who], last_attended=state.last_attended[who], u=u
    )
    state.left_day[who] = state.day[who]
    state.end_reason[who] = closed.reason
    state.end_day[who] = closed.end_day
    state.still_missed[who] = closed.missed


def _close(people: People, state: CareState, who: IntArray, day: IntArray) -> None:
    """Close the records of those without a further appointment, if that falls before the cut."""
    is_set = state.end_reason[who] != ends.STAYS
    end = np.maximum(state.end_day[who], day)
    is_known = is_set & (end <= people.horizon[who])
    state.end_day[who] = np.where(is_known, end, MISSING)
    state.end_reason[who] = np.where(is_known, state.end_reason[who], ends.STAYS)


def _holding_clinician(
    scenario: Scenario, places: Places, people: People, who: IntArray, u: FloatArray
) -> IntArray:
    """Clinician of each appointment: the patient's own, or sometimes a colleague."""
    covered = scenario.visits.covered
    clinic = people.clinic[who]
    first, others = places.first_clinician[clinic], places.n_clinicians[clinic] - 1
    step = 1 + np.floor(u / max(covered, 1e-12) * others).astype(np.int64)
    step = np.where((u < covered) & (others > 0), step, 0)
    holding: IntArray = first + (people.clinician[who] - first + step) % (others + 1)
    return holding


def _load(scenario: Scenario, stage: IntArray, u: FloatArray) -> FloatArray:
    """Weight in steps of 2 kg, from 0.6 to 1.4 times the stage's typical load."""
    typical = np.array(scenario.visits.load_kg)[stage - 1]
    load = np.maximum(2 * np.floor(typical * (0.6 + 0.8 * u) / 2 + 0.5), 2.0)
    return np.where(typical > 0, load, np.nan)
