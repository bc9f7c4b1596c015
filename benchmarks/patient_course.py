"""What happens to a made-up patient between appointments, in plain Python, for both peers."""

import math
from bisect import bisect_left
from random import Random
from typing import Any, NamedTuple

from benchmarks.patient_setting import Setting
from hinge_outcomes.simulation.departures import LOST, REFERRED_OUT, SELF_DISCHARGED
from hinge_outcomes.simulation.inputs import LONGEST
from hinge_outcomes.simulation.records import (
    ADVANCED,
    DECAYED,
    EVENT_KINDS,
    FLARE_UP,
    LEARNED,
    LEFT,
    MISSING,
    MOVED_BACK,
    NEVER,
    NPRS,
    ODI,
    PSFS,
    REFERRED,
    RMDQ,
    SETBACK,
)

LONG_AGO = -32_000
MOVES_ON = len(EVENT_KINDS)  # at the patient's own pace


class Rows(NamedTuple):
    """What is written down of all patients: rows of tuples, and how often each thing happened."""

    visits: list[tuple[Any, ...]]
    assessments: list[tuple[Any, ...]]
    scores: list[tuple[Any, ...]]
    happened: list[int]

    @classmethod
    def empty(cls) -> "Rows":
        """Give rows with nothing written."""
        return cls([], [], [], [0] * len(EVENT_KINDS))


class Episode:
    """Hold an episode: who it is, where things stand, and how they go on."""

    __slots__ = (  # noqa: RUF023  # in the order of a story
        # who it is, on day 0
        "setting", "rng", "rows", "patient", "is_second", "code", "clinic", "clinician",
        "colleagues", "interval_factor", "start", "horizon", "birth_year", "sex", "duration",
        "risk", "has_risk", "adherence", "home_bounds", "no_show", "frailty", "nprs", "odi",
        "nprs_deviation", "odi_deviation", "entry", "target", "ease", "setback_factor", "exit",
        # where things stand
        "time", "day", "number", "stage", "needed", "done", "last_automatic", "is_confirmed",
        "last_attended", "n_attended", "last_nprs", "nprs_day", "odi_day", "loss_rate",
        "referral_rate", "loss_budget", "referral_budget", "setback_budget", "decay_budget",
        "pause_left", "next_flare", "flare_time", "flare_size", "week", "week_nprs", "week_odi",
        "answer_number", "answer_day", "still_missed", "closing_day", "closing_reason",
        "is_closed", "left", "mastered", "end_day", "end_reason",
    )  # fmt: skip

    def __init__(self, setting: Setting, rng: Random, rows: Rows) -> None:
        self.setting, self.rng, self.rows = setting, rng, rows

    def begin(self) -> None:
        """Put the patient at the entry stage on day 0."""
        expovariate = self.rng.expovariate
        self.time = 0.0
        self.day, self.number = 0, 1
        self.stage = self.entry
        self.needed, self.done = [0.0] * 10, [0.0] * 10
        self.last_automatic = [LONG_AGO] * 10
        self.is_confirmed = self.is_closed = False
        self.last_attended = self.n_attended = self.still_missed = 0
        self.last_nprs = 5.0
        self.nprs_day = self.odi_day = LONG_AGO
        self.loss_rate = self.referral_rate = 0.0
        self.loss_budget, self.referral_budget = expovariate(1.0), expovariate(1.0)
        self.setback_budget = expovariate(1.0)
        self.decay_budget = self.pause_left = NEVER
        self.next_flare = self.wait_for_flare()
        self.flare_time = self.flare_size = 0.0
        self.week, self.week_nprs, self.week_odi = -1, 0.0, 0.0
        self.answer_number = 0
        self.left = self.mastered = NEVER
        self.end_day = self.end_reason = MISSING
        # Home exercise on the last seven days is binomial: cumulated once, looked up at visits.
        p = self.adherence
        total, self.home_bounds = 0.0, []
        for days in range(7):
            total += math.comb(7, days) * p**days * (1 - p) ** (7 - days)
            self.home_bounds.append(total)
        self.meet_stage(self.stage)

    def wait_for_flare(self) -> float:
        """Give the time of the next flare-up."""
        rate = self.setting.pain.flares_per_year / 365.25
        return self.time + self.rng.expovariate(rate) if rate > 0 else NEVER

    def meet_stage(self, stage: int) -> None:
        """Draw how long a stage takes, at the first meeting with it."""
        if self.needed[stage - 1] == 0.0:
            self.learn_anew(stage, self.setting.placement.head_start if stage < self.entry else 0.0)

    def learn_anew(self, stage: int, share_done: float) -> None:
        """Draw Weibull days of practice for a stage, part of which may be done already."""
        learning = self.setting.learning
        threshold = self.rng.expovariate(1.0) * self.ease
        days = threshold ** (1.0 / learning.dwell_shape[stage - 1])
        self.needed[stage - 1] = learning.dwell_days[stage - 1] * days
        self.done[stage - 1] = share_done * self.needed[stage - 1]

    def work_at(self, stage: int) -> None:
        """Change the working stage."""
        self.rows.happened[ADVANCED if stage > self.stage else MOVED_BACK] += 1
        self.stage = stage
        self.meet_stage(stage)
        self.set_clocks()

    def set_clocks(self) -> None:
        """Start the clocks of an automatic stage: until moving on, and until it decays."""
        self.decay_budget = self.pause_left = NEVER
        if self.done[self.stage - 1] < self.needed[self.stage - 1]:
            return
        if self.setting.setbacks.decay_per_day > 0:
            self.decay_budget = self.rng.expovariate(1.0)
        progression = self.setting.progression
        if progression.pace == "own" and self.stage < self.target:
            pause = progression.pause_days
            self.pause_left = self.rng.expovariate(1.0 / pause) if pause > 0 else 0.0

    def next_happening(self) -> tuple[float, int]:
        """Give when which of the competing events of care would come next."""
        if self.is_closed:
            return NEVER, LEFT
        time, place, setbacks = self.time, self.stage - 1, self.setting.setbacks
        left = self.needed[place] - self.done[place]
        if left > 0:
            soonest, kind = time + left, LEARNED
            rate = setbacks.per_day[place] * self.setback_factor
            if rate > 0 and time + self.setback_budget / rate < soonest:
                soonest, kind = time + self.setback_budget / rate, SETBACK
        else:
            soonest, kind = time + self.pause_left, MOVES_ON
            if self.decay_budget < NEVER:
                start = max(time, self.last_attended + setbacks.decay_after_days)
                decayed = start + self.decay_budget / setbacks.decay_per_day
                if decayed < soonest:
                    soonest, kind = decayed, DECAYED
        if self.loss_rate > 0 and time + self.loss_budget / self.loss_rate < soonest:
            soonest, kind = time + self.loss_budget / self.loss_rate, LEFT
        if self.referral_rate > 0 and time + self.referral_budget / self.referral_rate < soonest:
            soonest, kind = time + self.referral_budget / self.referral_rate, REFERRED
        return soonest, kind

    def move_to(self, time: float) -> None:
        """Let time pass in which nothing happens; practice and hazards add up."""
        if not self.is_closed:
            place, setbacks, step = self.stage - 1, self.setting.setbacks, time - self.time
            if self.done[place] < self.needed[place]:
                self.done[place] += step
                self.setback_budget -= setbacks.per_day[place] * self.setback_factor * step
            else:
                start = max(self.time, self.last_attended + setbacks.decay_after_days)
                if time > start:
                    self.decay_budget -= setbacks.decay_per_day * (time - start)
                self.pause_left -= step
            self.loss_budget -= self.loss_rate * step
            self.referral_budget -= self.referral_rate * step
        self.time = time

    def happen(self, kind: int) -> None:
        """Let one of the competing events take place now."""
        place, happened = self.stage - 1, self.rows.happened
        if kind == MOVES_ON:
            self.work_at(self.stage + 1)
            return
        happened[kind] += 1
        if kind == LEARNED:
            self.done[place] = self.needed[place]
            if self.stage == self.target and self.mastered == NEVER:
                self.mastered = self.time
            self.set_clocks()
        elif kind == SETBACK:
            self.setback_budget = self.rng.expovariate(1.0)
            self.learn_anew(self.stage, 0.0)
            if self.setting.progression.pace == "own" and self.stage > 1:
                self.needed[place - 1] = 0.0
                self.work_at(self.stage - 1)
        elif kind == DECAYED:
            self.learn_anew(self.stage, self.setting.learning.conscious_from)
            self.set_clocks()
        else:
            self.is_closed = True
            if kind == LEFT:
                self.left = self.time
                self.plan_closing()
                self.close_record(self.closing_day, self.closing_reason)
            else:
                self.close_record(math.ceil(self.time), REFERRED_OUT)

    def plan_closing(self) -> None:
        """Decide how the record of someone who has just left will be closed."""
        loss, random, day = self.setting.loss, self.rng.random, math.ceil(self.left)
        if random() < loss.self_share:
            self.closing_reason = SELF_DISCHARGED
            self.closing_day = day + int(random() * (loss.self_days + 1))
            return
        wait = loss.closing_from + random() * (loss.closing_to - loss.closing_from + 1)
        self.closing_reason = LOST
        self.closing_day = max(self.last_attended + int(wait), day)
        self.still_missed = 2 if random() < 0.5 else 1

    def close_record(self, day: int, reason: int) -> None:
        """Close the record, if that falls before the data cut."""
        is_seen = day <= self.horizon
        self.end_day, self.end_reason = (day, reason) if is_seen else (MISSING, MISSING)

    def flare_up(self) -> None:
        """Let pain flare up now."""
        self.rows.happened[FLARE_UP] += 1
        self.flare_size = self.flare_left(self.time) + 1.0
        self.flare_time = self.time
        self.next_flare = self.wait_for_flare()

    def flare_left(self, time: float) -> float:
        """Give what is left of all flare-ups so far, as a multiple of a fresh one."""
        if self.flare_size == 0.0:
            return 0.0
        passed = (time - self.flare_time) / self.setting.pain.flare_days
        return self.flare_size * math.exp(-passed)

    def latent_scores(self, day: int) -> tuple[float, float]:
        """Give latent NPRS and ODI on a day, after the good and bad weeks up to it."""
        setting, pain = self.setting, self.setting.pain
        gauss, both = self.rng.gauss, pain.deviation_correlation
        rest = math.sqrt(1 - both * both)
        r, step = pain.weekly_correlation, setting.weekly_step
        x_nprs, x_odi = self.week_nprs, self.week_odi
        for week in range(self.week + 1, day // 7 + 1):
            z = gauss(0.0, 1.0)
            z_odi = both * z + rest * gauss(0.0, 1.0)
            if week:
                x_nprs, x_odi = r * x_nprs + step * z, r * x_odi + step * z_odi
            else:
                x_nprs, x_odi = z, z_odi
            self.week = week
        self.week_nprs, self.week_odi = x_nprs, x_odi
        place = min(day, LONGEST - 1)
        fallen = 1 - setting.course[self.duration][place]
        spread = setting.deviation[place]
        gained = 0.0
        if self.mastered < day:
            gained = 1 - math.exp(-(day - self.mastered) / pain.mastery_days)
        flare = self.flare_left(day)
        nprs = (
            self.nprs * (1 - pain.nprs_response * fallen)
            + self.nprs_deviation * spread
            + pain.mastery_nprs * gained
            + pain.nprs_weekly_sd * x_nprs
            + pain.flare_nprs * flare
        )
        odi = (
            self.odi * (1 - pain.odi_response * fallen)
            + self.odi_deviation * spread
            + pain.mastery_odi * gained
            + pain.odi_weekly_sd * x_odi
            + pain.flare_odi * flare
        )
        if setting.loss.mechanism == "mnar" and self.left <= day:
            nprs += setting.loss.shift_after_leaving
        return nprs, odi

    def report(self, day: int, instrument: int, nprs: float, odi: float) -> float:
        """Draw and write the score a patient reports."""
        pain, gauss = self.setting.pain, self.rng.gauss
        if instrument == NPRS:
            score = min(max(float(math.floor(nprs + gauss(0.5, pain.nprs_error_sd))), 0.0), 10.0)
        elif instrument == ODI:
            steps = math.floor((odi + gauss(0.0, pain.odi_error_sd)) / 2 + 0.5)
            score = min(max(2.0 * steps, 0.0), 100.0)
        elif instrument == RMDQ:
            points = math.floor(pain.rmdq_per_odi * odi + gauss(0.5, pain.rmdq_error_sd))
            score = min(max(float(points), 0.0), 24.0)
        else:
            function = 10 - pain.psfs_per_odi * odi + gauss(0.0, pain.psfs_error_sd)
            score = min(max(math.floor(3 * function + 0.5) / 3, 0.0), 10.0)
        self.rows.scores.append((self.code, day, instrument, score))
        return score

    def report_further(self, day: int, nprs: float, odi: float) -> None:
        """Draw whether the further instruments are asked for, and their scores."""
        asked, random = self.setting.questionnaires, self.rng.random
        if random() < asked.rmdq:
            self.report(day, RMDQ, nprs, odi)
        if random() < asked.psfs:
            self.report(day, PSFS, nprs, odi)

    def home_days(self) -> int:
        """Draw on how many of the last seven days the patient exercised at home."""
        return bisect_left(self.home_bounds, self.rng.random())
