"""How patients climb and slip: forward and backward hazards, and the clinician's decisions."""

from dataclasses import dataclass

from hinge_outcomes.simulation.choices import PACES
from hinge_outcomes.simulation.parameters import effect, parameter, share

_BERGLUND = "less pain at baseline predicts benefit (S, Berglund 2015)"
_ABOUT_LEARNING = "no published dwell times; stage 10 'months to years' (S)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """Say how long a stage takes from learning to automatic, and for whom longer.

    Days of practice at stage k are Weibull with cumulative hazard
    ``(days / dwell_days[k]) ** dwell_shape[k] * exp(effects + frailty + clinic + clinician)``.

    Attributes
    ----------
    dwell_days, dwell_shape : tuple of float
        Weibull scale in days and shape, stage 1 to 10; shape 1 is exponential.
    frailty_sd, clinic_sd, clinician_sd : float
        SD of the patient's, clinic's and clinician's effect on the log hazard.
    age_per_decade, subacute, chronic, start_back_medium, start_back_high : float
        Effects on the log hazard: per 10 years, against acute, against low risk.
    pain_per_point, odi_per_10, adherence : float
        Effects of an NPRS point and of 10 ODI points on day 0, and of daily home exercise.
    cued_from, conscious_from : float
        Share of the learning after which a stage is performed when cued, and consciously.
    """

    dwell_days: tuple[float, ...] = parameter(
        "numbers", "Weibull scale of days until automatic", minimum=0.5, maximum=5000, length=10,
        source=_ABOUT_LEARNING, sensitivity="x0.5 to x2",
    )  # fmt: skip
    dwell_shape: tuple[float, ...] = parameter(
        "numbers", "Weibull shape", minimum=0.2, maximum=10, length=10, sensitivity="1 to 2",
        source=_ABOUT_LEARNING,
    )  # fmt: skip
    frailty_sd: float = effect("log hazard of learning: SD over patients", "0 to 1.1", minimum=0)
    clinic_sd: float = effect("log hazard of learning: SD over clinics", "0 to 0.4", minimum=0)
    clinician_sd: float = effect(
        "log hazard of learning: SD over clinicians", "0 to 0.6", minimum=0
    )
    age_per_decade: float = effect("log hazard of learning: per 10 years", "-0.3 to 0")
    subacute: float = effect("log hazard of learning: subacute against acute", "-0.4 to 0")
    chronic: float = effect("log hazard of learning: chronic against acute", "-0.7 to 0")
    start_back_medium: float = effect(
        "log hazard of learning: medium against low risk", "-0.4 to 0"
    )
    start_back_high: float = effect("log hazard of learning: high against low risk", "-0.8 to 0")
    pain_per_point: float = effect(
        "log hazard of learning: per NPRS point on day 0", "-0.15 to 0", source=_BERGLUND
    )
    odi_per_10: float = effect(
        "log hazard of learning: per 10 ODI points on day 0", "-0.15 to 0", source=_BERGLUND
    )
    adherence: float = effect("log hazard of learning: daily home exercise against none", "0 to 2")
    cued_from: float = share("share learnt when performed on cue", "0 to 0.3")
    conscious_from: float = share("share learnt when performed consciously", "0.3 to 0.8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setbacks:
    """Say how learning is lost: setbacks while learning, decay of what was automatic.

    Attributes
    ----------
    per_day : tuple of float
        Hazard per day of a setback while learning stage 1 to 10: learning starts again.
    age_per_decade, subacute, chronic, start_back_medium, start_back_high : float
        Effects on the log hazard of a setback.
    pain_per_point, odi_per_10, adherence : float
        Further effects on it.
    decay_after_days : float
        Days without an attended visit after which what is automatic may be lost.
    decay_per_day : float
        Hazard per day of losing it from then on.
    """

    per_day: tuple[float, ...] = parameter(
        "numbers", "setbacks per day while learning stage 1 to 10", minimum=0, maximum=1, length=10,
        sensitivity="0 to 0.01",
    )  # fmt: skip
    age_per_decade: float = effect("log hazard of a setback: per 10 years", "0 to 0.2")
    subacute: float = effect("log hazard of a setback: subacute against acute", "0 to 0.3")
    chronic: float = effect("log hazard of a setback: chronic against acute", "0 to 0.5")
    start_back_medium: float = effect(
        "log hazard of a setback: medium against low risk", "0 to 0.4"
    )
    start_back_high: float = effect("log hazard of a setback: high against low risk", "0 to 0.8")
    pain_per_point: float = effect("log hazard of a setback: per NPRS point on day 0", "0 to 0.15")
    odi_per_10: float = effect("log hazard of a setback: per 10 ODI points on day 0", "0 to 0.15")
    adherence: float = effect("log hazard of a setback: daily home exercise", "-1.5 to 0")
    decay_after_days: float = parameter(
        "number", "days without a visit before skill decays", minimum=0, maximum=3650,
        sensitivity="14 to 42",
    )  # fmt: skip
    decay_per_day: float = share("decay per day after that", "0 to 0.03")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progression:
    """Say how the working stage changes: by the clinician at visits, or at the patient's own pace.

    Attributes
    ----------
    pace : str
        "visits": the clinician decides at assessments, by the rating. "own": the patient moves up
        as soon as a stage has been automatic for ``pause_days`` on average and one stage back at a
        setback, between visits too; then stages form a continuous-time process.
    pause_days : float
        With pace "own", mean days at an automatic stage before moving on, exponential; 0: at once.
    advance_confirmed, advance_first, advance_conscious : float
        Probability of moving on at a rating that confirms mastery, at a first automatic rating,
        and at a conscious one.
    back_unable, back_cued : float
        Probability of moving one stage back at a rating of unable, and of cued.
    """

    pace: str = parameter("text", "who sets the working stage", choices=PACES, mark="-")
    pause_days: float = parameter(
        "number", "own pace: days at an automatic stage", minimum=0, maximum=365,
        sensitivity="0 to 28",
    )  # fmt: skip
    advance_confirmed: float = share("move on when confirmed automatic", "0.7 to 1")
    advance_first: float = share("move on at a first automatic rating", "0 to 0.6")
    advance_conscious: float = share("move on at a conscious rating", "0 to 0.1")
    back_unable: float = share("move back at a rating of unable", "0 to 0.4")
    back_cued: float = share("move back at a rating of cued", "0 to 0.1")
