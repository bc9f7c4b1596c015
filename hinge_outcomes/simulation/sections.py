"""Who comes, where, when, and where on the ladder they start: parameters with marks and sources."""

import datetime
from dataclasses import dataclass

from hinge_outcomes.simulation.parameters import effect, parameter, share

_PHYSIO = "US outpatient physiotherapy"
_STUDIES = "8-91% over 28 studies (S)"
_BERGLUND = "less pain at baseline predicts benefit (S, Berglund 2015)"


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
    yearly_growth: float = share("growth of starts per year", "0 to 0.2", minimum=-0.3, maximum=2)
    season_amplitude: float = share("relative height of the yearly peak", "0 to 0.3", maximum=0.9)
    season_peak_month: float = parameter(
        "number", "month of the peak", minimum=1, maximum=12, sensitivity="1 to 12"
    )


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
    episodes : int
        How many episodes a command makes where none are asked for.
    """

    count: int = parameter("integer", "number of clinics", mark="-", minimum=1, maximum=999)
    names: tuple[str, ...] = parameter("texts", "invented names", mark="-")
    clinicians: tuple[int, ...] = parameter(
        "integers", "clinicians per clinic, repeated", mark="-", minimum=1, maximum=50
    )
    episodes: int = parameter(
        "integer", "episodes, where none are asked for", mark="-", minimum=1, maximum=99_999_999
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
        "number", "mean age before the limits, years", mark="S", minimum=0, maximum=110,
        source="set so that the mean is 57", population=_PHYSIO,
    )  # fmt: skip
    age_sd: float = parameter(
        "number", "SD of age before the limits, years", mark="S", minimum=0, maximum=40,
        source="set so that the SD is 17", population=_PHYSIO,
    )  # fmt: skip
    age_minimum: float = parameter(
        "number", "youngest, years", minimum=0, maximum=95, sensitivity="16 to 21"
    )
    age_maximum: float = parameter(
        "number", "oldest, years", minimum=18, maximum=110, sensitivity="85 to 100"
    )
    female_share: float = share("share of women", mark="S", source="60%", population=_PHYSIO)
    other_share: float = share("share recorded as other", "0 to 0.02", maximum=0.5)
    duration_shares: tuple[float, ...] = parameter(
        "numbers", "acute, subacute, chronic", mark="S", minimum=0, maximum=1, length=3, total=1,
        source="8.8 / 30.4 / 60.8%", population=_PHYSIO,
    )  # fmt: skip
    start_back_shares: tuple[float, ...] = parameter(
        "numbers", "STarT Back low, medium, high", mark="S", minimum=0, maximum=1, length=3,
        total=1, source="43 / 45 / 12%", population="physiotherapy, Sweden",
    )  # fmt: skip
    start_back_pain_correlation: float = share(
        "correlation of risk and baseline pain", "0 to 0.5", minimum=-0.99, maximum=0.99
    )
    start_back_missing: float = share("share without a risk class", "0 to 0.3")
    adherence_logit_mean: float = effect("home exercise, mean logit", "-1.5 to 1", source=_STUDIES)
    adherence_logit_sd: float = effect(
        "home exercise, SD of logit", "0.5 to 2", source=_STUDIES, minimum=0
    )


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
    age_per_decade: float = effect("entry: shift per 10 years, SD", "-0.3 to 0")
    pain_per_point: float = effect("entry: shift per NPRS point, SD", "-0.2 to 0", source=_BERGLUND)
    start_back_high: float = effect("entry: shift if high risk, SD", "-0.5 to 0")
    target_age_per_decade: float = effect("target: shift per 10 years, SD", "-0.3 to 0")
    head_start: float = share("learning done below the entry stage", "0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Say who comes back for a second episode once the first has ended.

    The same patient returns with the same clinician, frailty and home exercise; day-0 scores,
    duration of symptoms and placement are drawn anew.

    Attributes
    ----------
    returns : float
        Probability to come back to the same clinic.
    median_days : float
        Median days from the end of the first episode, exponential.
    kept_stages : float
        Entry is at most so many stages below the last working stage of the first episode.
    """

    returns: float = share(
        "share who come back here", "0 to 0.4",
        source="recurrence after recovery 69% in 12 months (S); how many return here is unknown",
    )  # fmt: skip
    median_days: float = parameter(
        "number", "median days until they return", mark="S", minimum=1, maximum=2000,
        source="median 139 days to recurrence", population="recovered from low back pain",
    )  # fmt: skip
    kept_stages: float = parameter(
        "number", "stages lost at most between episodes", minimum=0, maximum=9, sensitivity="0 to 9"
    )
