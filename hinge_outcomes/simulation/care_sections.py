"""What care looks like and how it ends: parameters of visits, discharge, referral and loss."""

from dataclasses import dataclass

from hinge_outcomes.simulation.choices import MECHANISMS
from hinge_outcomes.simulation.parameters import effect, parameter, share


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
    flare_visit : float
        Probability that a flare-up brings the next visit forward.
    flare_visit_days : float
        Within so many days.
    load_kg : tuple of float
        Typical load at stage 1 to 10; 0 where no weight is used.
    """

    early_count: int = parameter(
        "integer", "visits at the early interval", minimum=0, maximum=99, sensitivity="4 to 15"
    )
    early_days: float = parameter(
        "number", "days between early visits", minimum=1, maximum=60, sensitivity="3 to 10"
    )
    later_days: float = parameter(
        "number", "days between later visits", minimum=1, maximum=90, sensitivity="7 to 21"
    )
    late_days: float = parameter(
        "number", "days between late visits", minimum=1, maximum=180, sensitivity="14 to 42"
    )
    late_from_day: float = parameter(
        "number", "day late visits begin", minimum=0, maximum=2000, sensitivity="90 to 200"
    )
    clinic_sd: float = share("SD over clinics, log interval", "0 to 0.3")
    jitter_days: float = parameter(
        "number", "days around the plan", minimum=0, maximum=14, sensitivity="0 to 4"
    )
    rebook_days: float = parameter(
        "number", "days to the next after a miss", minimum=1, maximum=60, sensitivity="3 to 14"
    )
    no_show: float = share(
        "probability of a no-show", "0.05 to 0.2", maximum=0.9,
        source="set so that 73% have at least one (S, n = 444,995)",
    )  # fmt: skip
    no_show_sd: float = effect("SD over patients, logit of no-show", "0 to 1", minimum=0, maximum=3)
    cancelled: float = share("probability of a cancellation", "0 to 0.15", maximum=0.9)
    covered: float = share("held by a colleague", "0 to 0.2")
    assessed: float = share("working stage rated at a visit", "0.6 to 1")
    warm_up: float = share("stage below rated as well", "0 to 0.4")
    rating_error: float = share("rating one level off", "0 to 0.1")
    flare_visit: float = share("flare-up brings the visit forward", "0 to 0.8")
    flare_visit_days: float = parameter(
        "number", "within so many days", minimum=1, maximum=30, sensitivity="1 to 7"
    )
    load_kg: tuple[float, ...] = parameter(
        "numbers", "typical load, kg; 0 for none", minimum=0, maximum=300, length=10,
        sensitivity="x0.5 to x2",
    )  # fmt: skip


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
    referred_per_day : float
        Hazard per day of referral at a last recorded NPRS of 5.
    referred_pain : float
        Its log hazard per NPRS point.
    administrative : float
        Probability per visit of an administrative end.
    """

    after_mastery: float = share("discharge per visit once mastered", "0.3 to 1")
    goals_met: float = share("goals met per visit", "0 to 0.2")
    goals_from_visit: int = parameter(
        "integer", "visits before goals", minimum=1, maximum=99, sensitivity="4 to 15"
    )
    goals_pain: float = parameter(
        "number", "highest NPRS for goals met", minimum=0, maximum=10, sensitivity="1 to 4"
    )
    referred_per_day: float = share("referral per day at NPRS 5", "0 to 0.001")
    referred_pain: float = effect("log hazard of referral: per NPRS point", "0 to 0.4")
    administrative: float = share("administrative end per visit", "0 to 0.002")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Say who leaves care unplanned: those who hurt more, or who are pain-free.

    Attributes
    ----------
    mechanism : str
        "mcar": pain does not matter; "mar": day-0 and the last recorded score do; "mnar": as mar,
        and latent pain shifts by ``shift_after_leaving`` once a patient has left.
    per_day : float
        Hazard per day at NPRS 5, average otherwise.
    recorded_pain_per_point : float
        Log hazard per point of the last recorded NPRS.
    pain_free : float
        Log hazard when the last recorded NPRS is 0 or 1.
    missed : float
        Log hazard after a missed appointment, until the next one kept.
    age_per_decade, subacute, chronic, start_back_medium, start_back_high : float
        Effects on the log hazard, as for learning.
    pain_per_point, odi_per_10, adherence : float
        Further effects of day 0; under mcar those of pain and ODI are left out.
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
        "text", "how leaving depends on pain", choices=MECHANISMS,
        sensitivity="all three",
    )  # fmt: skip
    per_day: float = share(
        "leaving per day at NPRS 5", "20-70% leaving",
        source="set so that 35-45% leave unplanned (only vendor figures exist)",
    )  # fmt: skip
    recorded_pain_per_point: float = effect(
        "log hazard of leaving: per point of the last NPRS", "0 to 0.4"
    )
    pain_free: float = effect("log hazard of leaving: last NPRS 0 or 1", "0 to 1")
    missed: float = effect("log hazard of leaving: after a missed visit", "0 to 1.5")
    age_per_decade: float = effect("log hazard of leaving: per 10 years", "-0.2 to 0")
    subacute: float = effect("log hazard of leaving: subacute against acute", "-0.3 to 0.3")
    chronic: float = effect("log hazard of leaving: chronic against acute", "-0.3 to 0.3")
    start_back_medium: float = effect("log hazard of leaving: medium against low risk", "0 to 0.3")
    start_back_high: float = effect("log hazard of leaving: high against low risk", "0 to 0.6")
    pain_per_point: float = effect("log hazard of leaving: per NPRS point on day 0", "-0.1 to 0.1")
    odi_per_10: float = effect("log hazard of leaving: per 10 ODI points on day 0", "-0.1 to 0.1")
    adherence: float = effect("log hazard of leaving: daily home exercise", "-1.5 to 0")
    self_share: float = share("leavers who say so", "0.2 to 0.8")
    self_days: float = parameter(
        "number", "days until closed, told", minimum=0, maximum=41, sensitivity="0 to 20"
    )
    closing_from: float = parameter(
        "number", "days until closed, at least", minimum=1, maximum=365, sensitivity="28 to 60"
    )
    closing_to: float = parameter(
        "number", "days until closed, at most", minimum=1, maximum=365, sensitivity="60 to 180"
    )
    shift_after_leaving: float = parameter(
        "number", "NPRS shift after leaving (mnar)", minimum=-10, maximum=10, sensitivity="-1 to 2"
    )
