"""The parameters of a scenario, section by section, each with its mark, source and range."""

import datetime
from dataclasses import dataclass

from hinge_outcomes.simulation.parameters import parameter

_PHYSIO = "US outpatient physiotherapy"
_LOG_RATE = "log rate of learning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Say when episodes start and up to when the records are complete.

    Attributes
    ----------
    first_start, last_start, data_cut : date
        First and last possible start date, and the data cut (included).
    yearly_growth : float
        Growth of the number of starts per year.
    season_amplitude : float
        Relative height of the yearly peak of starts.
    season_peak_month : float
        Month of the peak, 1 to 12.
    """

    # The calls below give a field its metadata; there is no default that could be shared.
    first_start: datetime.date = parameter("date", "first possible start date", mark="-")  # noqa: RUF009
    last_start: datetime.date = parameter("date", "last possible start date", mark="-")  # noqa: RUF009
    data_cut: datetime.date = parameter("date", "last day the records cover", mark="-")  # noqa: RUF009
    yearly_growth: float = parameter(
        "number", "growth of starts per year", minimum=-0.3, maximum=2, sensitivity="0 to 0.2"
    )
    season_amplitude: float = parameter(
        "number", "relative height of the yearly peak", minimum=0, maximum=0.9,
        sensitivity="0 to 0.3",
    )  # fmt: skip
    season_peak_month: float = parameter("number", "month of the peak", minimum=1, maximum=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinics:
    """Say how many clinics and clinicians there are.

    Attributes
    ----------
    count : int
        Number of clinics; patients spread evenly over them.
    names : tuple of str
        Invented names; clinics beyond the list are numbered.
    clinicians : tuple of int
        Clinicians per clinic, repeated when there are more clinics.
    """

    count: int = parameter("integer", "number of clinics", mark="-", minimum=1, maximum=999)
    names: tuple[str, ...] = parameter("texts", "invented names", mark="-")
    clinicians: tuple[int, ...] = parameter(
        "integers", "clinicians per clinic, repeated", mark="-", minimum=1, maximum=50
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Say who comes.

    Attributes
    ----------
    age_mean, age_sd, age_minimum, age_maximum : float
        Age in years at the start, normal within the limits.
    female_share, other_share : float
        Share of women, and of people recorded as other.
    duration_shares : tuple of float
        Shares acute, subacute, chronic.
    start_back_shares : tuple of float
        Shares low, medium, high.
    start_back_pain_correlation : float
        Correlation of risk class and baseline pain before cutting into classes.
    start_back_missing : float
        Share without a recorded risk class.
    adherence_logit_mean, adherence_logit_sd : float
        Home exercise: logit of the daily probability over patients.
    """

    age_mean: float = parameter(
        "number", "mean age before the limits, years", mark="S", minimum=18, maximum=95,
        source=f"set so that the mean is 57, {_PHYSIO}",
    )  # fmt: skip
    age_sd: float = parameter(
        "number", "SD of age before the limits, years", mark="S", minimum=0, maximum=40,
        source=f"set so that the SD is 17, {_PHYSIO}",
    )  # fmt: skip
    age_minimum: float = parameter("number", "youngest, years", minimum=0, maximum=95)
    age_maximum: float = parameter("number", "oldest, years", minimum=18, maximum=110)
    female_share: float = parameter(
        "number", "share of women", mark="S", source=_PHYSIO, minimum=0, maximum=1
    )
    other_share: float = parameter("number", "share recorded as other", minimum=0, maximum=0.5)
    duration_shares: tuple[float, ...] = parameter(
        "numbers", "acute, subacute, chronic", mark="S", source=_PHYSIO, minimum=0, maximum=1,
        length=3, total=1,
    )  # fmt: skip
    start_back_shares: tuple[float, ...] = parameter(
        "numbers", "STarT Back low, medium, high", mark="S", source="physiotherapy, Sweden",
        minimum=0, maximum=1, length=3, total=1,
    )  # fmt: skip
    start_back_pain_correlation: float = parameter(
        "number", "correlation of risk and baseline pain", minimum=-1, maximum=1,
        sensitivity="0 to 0.5",
    )  # fmt: skip
    start_back_missing: float = parameter(
        "number", "share without a risk class", minimum=0, maximum=1, sensitivity="0 to 0.3"
    )
    adherence_logit_mean: float = parameter(
        "number", "home exercise, mean logit", source="8-91% over 28 studies (S)", minimum=-5,
        maximum=5, sensitivity="-1.5 to 1",
    )  # fmt: skip
    adherence_logit_sd: float = parameter(
        "number", "home exercise, SD of logit", source="8-91% over 28 studies (S)", minimum=0,
        maximum=5, sensitivity="0.5 to 2",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Say where on the ladder patients start and how far they mean to go.

    Attributes
    ----------
    entry_shares : tuple of float
        Shares starting at stage 1 to 10, for an average patient.
    target_shares : tuple of float
        Shares with target stage 1 to 10; never below the entry stage.
    age_per_decade, pain_per_point, start_back_high : float
        Shift of placement on the probit scale (negative: start lower).
    target_age_per_decade : float
        Shift of the target on the probit scale.
    head_start : float
        Share of the learning already done at stages below the entry stage.
    """

    entry_shares: tuple[float, ...] = parameter(
        "numbers", "entry at stage 1 to 10", minimum=0, maximum=1, length=10, total=1,
        sensitivity="all at stage 1",
    )  # fmt: skip
    target_shares: tuple[float, ...] = parameter(
        "numbers", "target stage 1 to 10", minimum=0, maximum=1, length=10, total=1,
        sensitivity="all at stage 7",
    )  # fmt: skip
    age_per_decade: float = parameter(
        "number", "entry: shift per 10 years, SD", minimum=-2, maximum=2, sensitivity="-0.3 to 0"
    )
    pain_per_point: float = parameter(
        "number", "entry: shift per NPRS point, SD", minimum=-2, maximum=2, sensitivity="-0.2 to 0",
        source="less pain at baseline predicts benefit (S, Berglund 2015)",
    )  # fmt: skip
    start_back_high: float = parameter(
        "number", "entry: shift if high risk, SD", minimum=-3, maximum=3, sensitivity="-0.5 to 0"
    )
    target_age_per_decade: float = parameter(
        "number", "target: shift per 10 years, SD", minimum=-2, maximum=2, sensitivity="-0.3 to 0"
    )
    head_start: float = parameter(
        "number", "learning done below the entry stage", minimum=0, maximum=1, sensitivity="0 to 1"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """Say how long a stage takes from learning to automatic, and for whom longer.

    Attributes
    ----------
    dwell_days : tuple of float
        Weibull scale of the days of practice until automatic, stage 1 to 10.
    dwell_shape : tuple of float
        Weibull shape, stage 1 to 10; 1 is exponential.
    frailty_sd, clinic_sd, clinician_sd : float
        SD of the patient's, clinic's and clinician's effect on the log rate.
    age_per_decade, subacute, chronic, start_back_medium, start_back_high : float
        Effects on the log rate.
    pain_per_point : float
        Effect of one NPRS point at baseline on the log rate.
    adherence : float
        Effect on the log rate of doing home exercise daily instead of never.
    cued_from, conscious_from : float
        Share of the learning after which a stage is performed when cued, and consciously.
    """

    dwell_days: tuple[float, ...] = parameter(
        "numbers", "Weibull scale of days until automatic", minimum=0.5, maximum=5000, length=10,
        source="no published dwell times; stage 10 'months to years' (S)", sensitivity="x0.5 to x2",
    )  # fmt: skip
    dwell_shape: tuple[float, ...] = parameter(
        "numbers", "Weibull shape", minimum=0.2, maximum=10, length=10, sensitivity="1 to 2"
    )
    frailty_sd: float = parameter(
        "number", f"SD over patients, {_LOG_RATE}", minimum=0, maximum=3, sensitivity="0 to 0.8"
    )
    clinic_sd: float = parameter(
        "number", f"SD over clinics, {_LOG_RATE}", minimum=0, maximum=3, sensitivity="0 to 0.3"
    )
    clinician_sd: float = parameter(
        "number", f"SD over clinicians, {_LOG_RATE}", minimum=0, maximum=3, sensitivity="0 to 0.4"
    )
    age_per_decade: float = parameter(
        "number", f"per 10 years, {_LOG_RATE}", minimum=-2, maximum=2, sensitivity="-0.2 to 0"
    )
    subacute: float = parameter(
        "number", f"subacute against acute, {_LOG_RATE}", minimum=-3, maximum=3,
        sensitivity="-0.3 to 0",
    )  # fmt: skip
    chronic: float = parameter(
        "number", f"chronic against acute, {_LOG_RATE}", minimum=-3, maximum=3,
        sensitivity="-0.5 to 0",
    )  # fmt: skip
    start_back_medium: float = parameter(
        "number", f"medium against low risk, {_LOG_RATE}", minimum=-3, maximum=3,
        sensitivity="-0.3 to 0",
    )  # fmt: skip
    start_back_high: float = parameter(
        "number", f"high against low risk, {_LOG_RATE}", minimum=-3, maximum=3,
        sensitivity="-0.6 to 0",
    )  # fmt: skip
    pain_per_point: float = parameter(
        "number", f"per NPRS point at baseline, {_LOG_RATE}", minimum=-2, maximum=2,
        source="less pain at baseline predicts benefit (S, Berglund 2015)",
        sensitivity="-0.1 to 0",
    )  # fmt: skip
    adherence: float = parameter(
        "number", f"daily home exercise against none, {_LOG_RATE}", minimum=-5, maximum=5,
        sensitivity="0 to 1.5",
    )  # fmt: skip
    cued_from: float = parameter(
        "number", "share learnt when performed on cue", minimum=0, maximum=1, sensitivity="0 to 0.3"
    )
    conscious_from: float = parameter(
        "number", "share learnt when performed consciously", minimum=0, maximum=1,
        sensitivity="0.3 to 0.8",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Progression:
    """Say how the clinician moves a patient along the ladder, visit by visit.

    Attributes
    ----------
    advance_confirmed, advance_first, advance_conscious : float
        Probability of moving on at a rating that confirms mastery, at a first automatic rating,
        and at a conscious one.
    back_unable, back_cued : float
        Probability of moving one stage back at a rating of unable, and of cued.
    """

    advance_confirmed: float = parameter(
        "number", "move on when confirmed automatic", minimum=0, maximum=1, sensitivity="0.7 to 1"
    )
    advance_first: float = parameter(
        "number", "move on at a first automatic rating", minimum=0, maximum=1,
        sensitivity="0 to 0.6",
    )  # fmt: skip
    advance_conscious: float = parameter(
        "number", "move on at a conscious rating", minimum=0, maximum=1, sensitivity="0 to 0.1"
    )
    back_unable: float = parameter(
        "number", "move back at a rating of unable", minimum=0, maximum=1, sensitivity="0 to 0.4"
    )
    back_cued: float = parameter(
        "number", "move back at a rating of cued", minimum=0, maximum=1, sensitivity="0 to 0.1"
    )
