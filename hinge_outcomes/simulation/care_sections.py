"""The parameters of visits, ratings, pain, questionnaires and the ways an episode ends."""

from dataclasses import dataclass

from hinge_outcomes.simulation.parameters import parameter

_COHORTS = "33 cohorts, n = 11,166 (S, Menezes Costa 2012)"
_ICC = "2.6-7.1% in trials; ICC 0.08-0.30 on routine indicators (S)"
_RESPONSE = "71/68/64% at 2/13/52 weeks (S); 26 weeks interpolated (A)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """Say when visits take place and what is recorded there.

    Attributes
    ----------
    early_count : int
        How many visits keep the early interval.
    early_days, later_days, late_days : float
        Days between visits: the first visits, later ones, and those after ``late_from_day``.
    late_from_day : float
        Day from which visits are spaced most widely.
    clinic_sd : float
        SD over clinics of the log interval: the clinic's habit.
    jitter_days : float
        A visit falls within plus or minus so many days of its plan, then on a weekday.
    rebook_days : float
        Days from a missed visit to the next.
    no_show : float
        Probability that an average patient misses a visit without word.
    no_show_sd : float
        SD over patients of its logit.
    cancelled : float
        Probability that a visit is cancelled.
    covered : float
        Probability that a colleague holds the visit.
    assessed : float
        Probability that an attended visit after the first rates the working stage.
    warm_up : float
        Probability that the stage below is rated too.
    rating_error : float
        Probability that a rating is one level off.
    load_kg : tuple of float
        Typical load at stage 1 to 10; 0 where no weight is used.
    """

    early_count: int = parameter("integer", "visits at the early interval", minimum=0, maximum=99)
    early_days: float = parameter(
        "number", "days between early visits", minimum=1, maximum=60, sensitivity="3 to 10"
    )
    later_days: float = parameter(
        "number", "days between later visits", minimum=1, maximum=90, sensitivity="7 to 21"
    )
    late_days: float = parameter(
        "number", "days between late visits", minimum=1, maximum=180, sensitivity="14 to 42"
    )
    late_from_day: float = parameter("number", "day late visits begin", minimum=0, maximum=2000)
    clinic_sd: float = parameter(
        "number", "SD over clinics, log interval", minimum=0, maximum=1, sensitivity="0 to 0.3"
    )
    jitter_days: float = parameter("number", "days around the plan", minimum=0, maximum=14)
    rebook_days: float = parameter("number", "days to the next after a miss", minimum=1, maximum=60)
    no_show: float = parameter(
        "number", "probability of a no-show", minimum=0, maximum=0.9, sensitivity="0.05 to 0.2",
        source="set so that 73% have at least one (S, n = 444,995)",
    )  # fmt: skip
    no_show_sd: float = parameter(
        "number", "SD over patients, logit of no-show", minimum=0, maximum=3, sensitivity="0 to 1"
    )
    cancelled: float = parameter(
        "number", "probability of a cancellation", minimum=0, maximum=0.9, sensitivity="0 to 0.15"
    )
    covered: float = parameter("number", "held by a colleague", minimum=0, maximum=1)
    assessed: float = parameter(
        "number", "working stage rated at a visit", minimum=0, maximum=1, sensitivity="0.6 to 1"
    )
    warm_up: float = parameter("number", "stage below rated as well", minimum=0, maximum=1)
    rating_error: float = parameter(
        "number", "rating one level off", minimum=0, maximum=1, sensitivity="0 to 0.1"
    )
    load_kg: tuple[float, ...] = parameter(
        "numbers", "typical load, kg; 0 for none", minimum=0, maximum=300, length=10
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Discharge:
    """Say how an episode ends other than by leaving.

    Attributes
    ----------
    after_mastery : float
        Probability per visit that care ends once the target stage is confirmed.
    goals_met : float
        Probability per visit that goals are met earlier, once visits and pain allow it.
    goals_from_visit : int
        Least number of attended visits before.
    goals_pain : float
        Highest last recorded NPRS at which goals count as met.
    referred : float
        Probability per visit of referral at a last recorded NPRS of 5.
    referred_pain : float
        Its log odds per NPRS point.
    administrative : float
        Probability per visit of an administrative end.
    """

    after_mastery: float = parameter(
        "number", "discharge per visit once mastered", minimum=0, maximum=1, sensitivity="0.3 to 1"
    )
    goals_met: float = parameter(
        "number", "goals met per visit", minimum=0, maximum=1, sensitivity="0 to 0.2"
    )
    goals_from_visit: int = parameter("integer", "visits before goals", minimum=1, maximum=99)
    goals_pain: float = parameter("number", "highest NPRS for goals met", minimum=0, maximum=10)
    referred: float = parameter(
        "number", "referral per visit at NPRS 5", minimum=0, maximum=1, sensitivity="0 to 0.005"
    )
    referred_pain: float = parameter("number", "log odds per NPRS point", minimum=-3, maximum=3)
    administrative: float = parameter(
        "number", "administrative end per visit", minimum=0, maximum=1, sensitivity="0 to 0.002"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Say who leaves care unplanned: those who hurt more, or who are pain-free.

    Attributes
    ----------
    mechanism : str
        "mcar": pain does not matter; "mar": the last recorded score does; "mnar": as mar, and
        latent pain shifts by ``shift_after_leaving`` once a patient has left.
    per_visit : float
        Probability to leave per appointment at NPRS 5, average otherwise.
    pain_per_point : float
        Log odds per NPRS point.
    pain_free : float
        Log odds when the last recorded NPRS is 0 or 1.
    missed : float
        Log odds at a missed appointment.
    age_per_decade, start_back_high, adherence : float
        Log odds by age, risk, and daily home exercise against none.
    self_share : float
        Share of leavers who say so (self_discharged).
    self_days : float
        They are closed up to so many days later.
    closing_from, closing_to : float
        Others are closed as lost so many days after the last attended visit.
    shift_after_leaving : float
        Under mnar, the shift of latent NPRS after leaving, in points.
    """

    mechanism: str = parameter(
        "text", "how leaving depends on pain", choices=("mcar", "mar", "mnar")
    )
    per_visit: float = parameter(
        "number", "leaving per appointment at NPRS 5", minimum=0, maximum=1,
        source="set so that 35-45% leave unplanned (only vendor figures exist)",
        sensitivity="20-70% leaving",
    )  # fmt: skip
    pain_per_point: float = parameter(
        "number", "log odds per NPRS point", minimum=-3, maximum=3, sensitivity="0 to 0.4"
    )
    pain_free: float = parameter(
        "number", "log odds at NPRS 0 or 1", minimum=-3, maximum=3, sensitivity="0 to 1"
    )
    missed: float = parameter(
        "number", "log odds at a missed appointment", minimum=-3, maximum=5, sensitivity="0 to 1.5"
    )
    age_per_decade: float = parameter("number", "log odds per 10 years", minimum=-2, maximum=2)
    start_back_high: float = parameter("number", "log odds at high risk", minimum=-3, maximum=3)
    adherence: float = parameter("number", "log odds, daily exercise", minimum=-5, maximum=5)
    self_share: float = parameter("number", "leavers who say so", minimum=0, maximum=1)
    self_days: float = parameter("number", "days until closed, told", minimum=0, maximum=41)
    closing_from: float = parameter("number", "days until closed, at least", minimum=1, maximum=365)
    closing_to: float = parameter("number", "days until closed, at most", minimum=1, maximum=365)
    shift_after_leaving: float = parameter(
        "number", "NPRS shift after leaving (mnar)", minimum=-10, maximum=10, sensitivity="-1 to 2"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pain:
    """Say how pain and disability start, run and respond to mastery.

    Attributes
    ----------
    nprs_mean, nprs_sd, odi_mean, odi_sd : tuple of float
        Observed baseline scores: acute, subacute, chronic.
    baseline_correlation : float
        Correlation of NPRS and ODI at baseline, as observed.
    nprs_response, odi_response : float
        Share of the published relative course that the instrument follows.
    deviation_correlation : float
        Correlation of a patient's NPRS and ODI departures from the course.
    nprs_deviation_sd, odi_deviation_sd : float
        SD over patients of the departure from the course (random slope) once it is complete.
    deviation_weeks : float
        Time constant with which it builds up.
    clinician_icc, clinic_icc : float
        Share of the variance of change due to clinician and clinic.
    mastery_nprs, mastery_odi : float
        Causal effect of mastering the own target, net of the course, in points.
    mastery_days : float
        Time constant with which it builds up.
    nprs_error_sd, odi_error_sd : float
        SD of the measurement error.
    """

    nprs_mean: tuple[float, ...] = parameter(
        "numbers", "baseline NPRS by duration", minimum=0, maximum=10, length=3
    )
    nprs_sd: tuple[float, ...] = parameter(
        "numbers", "SD of baseline NPRS", minimum=0, maximum=5, length=3
    )
    odi_mean: tuple[float, ...] = parameter(
        "numbers", "baseline ODI by duration", minimum=0, maximum=100, length=3,
        source="41 in an acute trial (S), 22.3 in a chronic trial (D)",
    )  # fmt: skip
    odi_sd: tuple[float, ...] = parameter(
        "numbers", "SD of baseline ODI", minimum=0, maximum=50, length=3
    )
    baseline_correlation: float = parameter(
        "number", "NPRS-ODI correlation at baseline", mark="D", minimum=-0.99, maximum=0.99
    )
    nprs_response: float = parameter(
        "number", "share of the relative course, NPRS", minimum=-1, maximum=2, source=_COHORTS,
        sensitivity="0.8 to 1.2",
    )  # fmt: skip
    odi_response: float = parameter(
        "number", "share of the relative course, ODI", minimum=-1, maximum=2,
        source="set so that 28.5% respond (S, n = 4,597)", sensitivity="0.2 to 1",
    )  # fmt: skip
    deviation_correlation: float = parameter(
        "number", "NPRS-ODI correlation of departures", minimum=-0.99, maximum=0.99,
        source="set so that changes correlate 0.48 (A)", sensitivity="0.2 to 0.8",
    )  # fmt: skip
    nprs_deviation_sd: float = parameter(
        "number", "SD of departures, NPRS", minimum=0, maximum=5, sensitivity="1 to 2.5"
    )
    odi_deviation_sd: float = parameter(
        "number", "SD of departures, ODI", minimum=0, maximum=40, sensitivity="6 to 15"
    )
    deviation_weeks: float = parameter(
        "number", "weeks until departures build up", minimum=0.1, maximum=100, sensitivity="4 to 20"
    )
    clinician_icc: float = parameter(
        "number", "share of variance, clinician", minimum=0, maximum=0.5, source=_ICC,
        sensitivity="0 to 0.10",
    )  # fmt: skip
    clinic_icc: float = parameter(
        "number", "share of variance, clinic", minimum=0, maximum=0.5, source=_ICC,
        sensitivity="0 to 0.05",
    )  # fmt: skip
    mastery_nprs: float = parameter(
        "number", "effect of mastery, NPRS", minimum=-10, maximum=10, sensitivity="-1.5 to 0"
    )
    mastery_odi: float = parameter(
        "number", "effect of mastery, ODI", minimum=-100, maximum=100, sensitivity="-12 to 0"
    )
    mastery_days: float = parameter(
        "number", "days until the effect builds up", minimum=1, maximum=365, sensitivity="7 to 90"
    )
    nprs_error_sd: float = parameter(
        "number", "measurement error, NPRS", minimum=0, maximum=5, source="from MDC"
    )
    odi_error_sd: float = parameter(
        "number", "measurement error, ODI", minimum=0, maximum=30, source="from MDC"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Questionnaires:
    """Say when scores are asked for and how often they come back.

    Attributes
    ----------
    baseline : float
        Share with scores on day 0.
    nprs_every_days, odi_every_days : float
        In care, asked at the first visit so many days after the last score.
    in_care : float
        Probability that such a score is recorded.
    response : tuple of float
        Share answering at 13, 26 and 52 weeks, for an average patient.
    response_left : float
        Log odds of answering after leaving unplanned.
    response_pain : float
        Log odds of answering per point of the last recorded NPRS.
    late_days : float
        Answers come up to so many days after the planned day.
    odi_blank : float
        Share of answered questionnaires without an ODI.
    """

    baseline: float = parameter("number", "scores on day 0", minimum=0, maximum=1)
    nprs_every_days: float = parameter("number", "days between NPRS", minimum=1, maximum=400)
    odi_every_days: float = parameter("number", "days between ODI", minimum=1, maximum=400)
    in_care: float = parameter("number", "recorded when asked", minimum=0, maximum=1)
    response: tuple[float, ...] = parameter(
        "numbers", "answering at 13, 26, 52 weeks", mark="S", source=_RESPONSE, minimum=0.01,
        maximum=0.99, length=3,
    )  # fmt: skip
    response_left: float = parameter(
        "number", "log odds after leaving", minimum=-5, maximum=5, sensitivity="-1.5 to 0"
    )
    response_pain: float = parameter(
        "number", "log odds per NPRS point", minimum=-2, maximum=2, sensitivity="-0.2 to 0.1"
    )
    late_days: float = parameter("number", "answers come late by", minimum=0, maximum=21)
    odi_blank: float = parameter("number", "answered without an ODI", minimum=0, maximum=1)
