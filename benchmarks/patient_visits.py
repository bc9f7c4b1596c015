"""Appointments, ratings and questionnaires of a made-up patient in plain Python, for both peers."""

import math

from benchmarks.patient_course import LONG_AGO, Episode
from hinge_outcomes.domain.follow_up import WINDOWS
from hinge_outcomes.domain.rules import MasteryCriterion
from hinge_outcomes.simulation.departures import ADMINISTRATIVE, GOALS_MET, MASTERED
from hinge_outcomes.simulation.observation import ATTENDED, CANCELLED, NO_SHOW
from hinge_outcomes.simulation.records import MISSING, NEVER, NPRS, ODI

_CRITERION = MasteryCriterion()
_LEAST_GAP, _MOST_GAP = _CRITERION.min_gap_days, _CRITERION.max_gap_days
_AUTOMATIC = 3
_MAILED_DAYS = (91, 182, 364)
_LAST_DAYS = tuple(WINDOWS[day].last_day for day in _MAILED_DAYS)
_EARLIEST_ANSWER = -3
_TO_WEEKDAY = (0, 0, 0, 0, 0, 2, 1)  # days from a Monday, ... a Saturday, a Sunday


def keep_appointment(episode: Episode) -> bool:
    """Hold or miss the appointment of today and make the next; tell whether there is one."""
    visits, random, day = episode.setting.visits, episode.rng.random, episode.day
    is_first, is_away = episode.number == 1, episode.is_closed
    status = ATTENDED
    if not is_first:
        u = 0.0 if is_away else random()
        if u < episode.no_show:
            status = NO_SHOW
        elif u < episode.no_show + visits.cancelled:
            status = CANCELLED
    clinician, colleagues = episode.clinician, episode.colleagues
    if len(colleagues) > 1 and random() < visits.covered:
        step = 1 + int(random() * (len(colleagues) - 1))
        first = colleagues.start
        clinician = first + (clinician - first + step) % len(colleagues)
    is_kept = status == ATTENDED
    home_days = episode.home_days() if is_kept else MISSING
    row = (episode.code, day, episode.number, status, clinician, home_days)
    episode.rows.visits.append(row)
    if is_kept:
        episode.last_attended = day
        episode.n_attended += 1
        if is_first or random() < visits.assessed:
            assess(episode)
        ask_at_visit(episode)
        if not is_first:
            end = planned_end(episode)
            if end is not None:
                episode.is_closed = True
                episode.close_record(day, end)
                return False
    if is_away:
        episode.still_missed -= 1
        episode.close_record(max(episode.closing_day, day), episode.closing_reason)
    else:
        set_exit_rates(episode, not is_kept)
    make_appointment(episode, not is_kept)
    return not is_away or episode.still_missed > 0


def make_appointment(episode: Episode, is_missed: bool) -> None:
    """Make the next appointment: the clinic's habit, some jitter, on a weekday."""
    visits = episode.setting.visits
    if episode.day >= visits.late_from_day:
        planned = visits.late_days
    elif episode.n_attended < visits.early_count:
        planned = visits.early_days
    else:
        planned = visits.later_days
    planned *= episode.interval_factor
    if is_missed:
        planned = min(planned, visits.rebook_days)
    jittered = planned + visits.jitter_days * (2 * episode.rng.random() - 1)
    day = episode.day + max(math.floor(jittered + 0.5), 1)
    episode.day = day + _TO_WEEKDAY[(episode.start + day + 3) % 7]
    episode.number += 1


def bring_forward(episode: Episode) -> bool:
    """Move the next appointment forward where a flare-up brings the patient in early."""
    visits, random = episode.setting.visits, episode.rng.random
    if visits.flare_visit <= 0 or random() >= visits.flare_visit:
        return False
    soon = episode.time + random() * visits.flare_visit_days
    day = max(math.ceil(soon), int(episode.time) + 1)
    day += _TO_WEEKDAY[(episode.start + day + 3) % 7]
    is_earlier = day < episode.day
    episode.day = min(episode.day, day)
    return is_earlier


def planned_end(episode: Episode) -> int | None:
    """Decide whether care ends at this visit: mastered, goals met, or for other reasons."""
    discharge, random = episode.setting.discharge, episode.rng.random
    if episode.is_confirmed and random() < discharge.after_mastery:
        return MASTERED
    is_better = (
        episode.n_attended >= discharge.goals_from_visit
        and episode.last_nprs <= discharge.goals_pain
    )
    if is_better and random() < discharge.goals_met:
        return GOALS_MET
    return ADMINISTRATIVE if random() < discharge.administrative else None


def set_exit_rates(episode: Episode, is_missed: bool) -> None:
    """Say how likely the patient is to leave, or to be referred, before the next appointment."""
    loss, discharge, pain = episode.setting.loss, episode.setting.discharge, episode.last_nprs
    log_hazard = episode.exit
    if is_missed:
        log_hazard += loss.missed
    if loss.mechanism != "mcar":
        log_hazard += loss.recorded_pain_per_point * (pain - 5.0)
        if pain <= 1.0:
            log_hazard += loss.pain_free
    episode.loss_rate = loss.per_day * math.exp(log_hazard)
    hurts = math.exp(discharge.referred_pain * (pain - 5.0))
    episode.referral_rate = discharge.referred_per_day * hurts


def assess(episode: Episode) -> None:
    """Rate the working stage, sometimes the one below too, and decide where to work on."""
    setting, random = episode.setting, episode.rng.random
    rows, code, day, stage = episode.rows.assessments, episode.code, episode.day, episode.stage
    rating = rate(episode, stage)
    confirms = False
    if rating == _AUTOMATIC:
        confirms = _LEAST_GAP <= day - episode.last_automatic[stage - 1] <= _MOST_GAP
        episode.last_automatic[stage - 1] = day
        if confirms and stage == episode.target:
            episode.is_confirmed = True
    else:
        episode.last_automatic[stage - 1] = LONG_AGO
    moved = stage
    if episode.number > 1 and setting.progression.pace == "visits":
        moved = next_stage(episode, rating, confirms)
    if stage > 1 and moved >= stage and random() < setting.visits.warm_up:
        below = stage - 1
        episode.meet_stage(below)
        second = rate(episode, below)
        episode.last_automatic[below - 1] = day if second == _AUTOMATIC else LONG_AGO
        rows.append((code, day, below, second, 0, -1.0))
    if moved < stage:
        rows.append((code, day, moved, MISSING, 1, -1.0))
    typical = setting.visits.load_kg[stage - 1]
    load = -1.0
    if typical > 0:
        load = max(2.0 * math.floor(typical * (0.6 + 0.8 * random()) / 2 + 0.5), 2.0)
    rows.append((code, day, stage, rating, int(moved == stage), load))
    if moved > stage:
        rows.append((code, day, moved, MISSING, 1, -1.0))
    if moved != stage:
        episode.work_at(moved)


def rate(episode: Episode, stage: int) -> int:
    """Rate a stage: the true level, or one level off."""
    learning, random = episode.setting.learning, episode.rng.random
    done, needed = episode.done[stage - 1], episode.needed[stage - 1]
    if done >= needed:
        level = _AUTOMATIC
    elif done >= learning.conscious_from * needed:
        level = 2
    else:
        level = 1 if done >= learning.cued_from * needed else 0
    if random() >= episode.setting.visits.rating_error:
        return level
    if level in (0, _AUTOMATIC):
        return 1 if level == 0 else 2
    return level + 1 if random() < 0.5 else level - 1


def next_stage(episode: Episode, rating: int, confirms: bool) -> int:
    """Decide at which stage the patient works from now on."""
    progression, stage, u = episode.setting.progression, episode.stage, episode.rng.random()
    up = down = 0.0
    if confirms:
        up = progression.advance_confirmed
    elif rating == _AUTOMATIC:
        up = progression.advance_first
    elif rating == 2:
        up = progression.advance_conscious
    elif rating == 1:
        down = progression.back_cued
    else:
        down = progression.back_unable
    if u < up and stage < episode.target:
        return stage + 1
    return stage - 1 if u > 1 - down and stage > 1 else stage


def ask_at_visit(episode: Episode) -> None:
    """Record scores at a visit where they are due."""
    asked, random, day = episode.setting.questionnaires, episode.rng.random, episode.day
    share = asked.baseline if episode.number == 1 else asked.in_care
    has_nprs = day - episode.nprs_day >= asked.nprs_every_days and random() < share
    has_odi = day - episode.odi_day >= asked.odi_every_days and random() < share
    if not (has_nprs or has_odi):
        return
    nprs, odi = episode.latent_scores(day)
    if has_nprs:
        episode.nprs_day = day
        episode.last_nprs = episode.report(day, NPRS, nprs, odi)
    if has_odi:
        episode.odi_day = day
        episode.report(day, ODI, nprs, odi)
        episode.report_further(day, nprs, odi)


def plan_answer(episode: Episode) -> None:
    """Settle when the next questionnaire that is sent out would come back."""
    number = episode.answer_number
    if number == len(_MAILED_DAYS):
        episode.answer_day = int(NEVER)
        return
    span = episode.setting.questionnaires.late_days - _EARLIEST_ANSWER + 1
    late = _EARLIEST_ANSWER + int(episode.rng.random() * span)
    episode.answer_day = min(_MAILED_DAYS[number] + late, _LAST_DAYS[number])


def answer(episode: Episode) -> None:
    """Write the scores of a questionnaire that comes back, and plan the next."""
    asked, random, day = episode.setting.questionnaires, episode.rng.random, episode.answer_day
    if day not in (episode.nprs_day, episode.odi_day):
        nprs, odi = episode.latent_scores(day)
        share = asked.response[episode.answer_number]
        log_odds = math.log(share / (1 - share))
        if asked.mechanism != "mcar":
            pain = episode.last_nprs if asked.mechanism == "mar" else nprs
            log_odds += asked.response_left * ((episode.left <= day) - 0.35)
            log_odds += asked.response_pain * (pain - 3.0)
        if random() * (1 + math.exp(-log_odds)) < 1:
            episode.report(day, NPRS, nprs, odi)
            if random() >= asked.odi_blank:
                episode.report(day, ODI, nprs, odi)
                episode.report_further(day, nprs, odi)
    episode.answer_number += 1
    plan_answer(episode)
