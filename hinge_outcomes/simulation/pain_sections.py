"""How pain and function run and what is measured of them: parameters with marks and sources."""

from dataclasses import dataclass

from hinge_outcomes.simulation.choices import MECHANISMS
from hinge_outcomes.simulation.parameters import effect, parameter, share

_COHORTS = "33 cohorts, n = 11,166 (S, Menezes Costa 2012)"
_ICC = "2.6-7.1% in trials; ICC 0.08-0.30 on routine indicators (S)"
_RESPONSE = "71/68/64% at 2/13/52 weeks (S); 26 weeks interpolated (A)"


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
        Correlation of NPRS and ODI in departures from the course and in weekly ups and downs.
    nprs_deviation_sd, odi_deviation_sd : float
        SD over patients of the departure from the course (random slope) once it is complete.
    deviation_weeks : float
        Time constant with which it builds up.
    nprs_weekly_sd, odi_weekly_sd : float
        SD of a patient's good and bad weeks.
    weekly_correlation : float
        Correlation of one week with the next (first-order autoregressive).
    flares_per_year : float
        Flare-ups per patient and year.
    flare_nprs, flare_odi, flare_days : float
        Height of a flare-up in points, and the time constant with which it passes, in days.
    clinician_icc, clinic_icc : float
        Share of the variance of change due to clinician and clinic.
    mastery_nprs, mastery_odi : float
        Causal effect of mastering the own target, net of the course, in points.
    mastery_days : float
        Time constant with which it builds up.
    nprs_error_sd, odi_error_sd, rmdq_error_sd, psfs_error_sd : float
        SD of the measurement error.
    rmdq_per_odi, psfs_per_odi : float
        Points of RMDQ and of PSFS (which runs the other way, from 10) per ODI point.
    """

    nprs_mean: tuple[float, ...] = parameter(
        "numbers", "baseline NPRS by duration", minimum=0, maximum=10, length=3,
        sensitivity="-1 to +1",
    )  # fmt: skip
    nprs_sd: tuple[float, ...] = parameter(
        "numbers", "SD of baseline NPRS", minimum=0, maximum=5, length=3, sensitivity="1.5 to 2.5"
    )
    odi_mean: tuple[float, ...] = parameter(
        "numbers", "baseline ODI by duration", minimum=0, maximum=100, length=3,
        source="41 in an acute trial (S), 22.3 in a chronic trial (D)", sensitivity="-6 to +6",
    )  # fmt: skip
    odi_sd: tuple[float, ...] = parameter(
        "numbers", "SD of baseline ODI", minimum=0, maximum=50, length=3, sensitivity="10 to 18"
    )
    baseline_correlation: float = share(
        "NPRS-ODI correlation at baseline", mark="D", source="0.56, from a public data file",
        population="chronic back pain trial", minimum=-0.99, maximum=0.99,
    )  # fmt: skip
    nprs_response: float = share(
        "share of the relative course, NPRS", "0.6 to 1.2", source=_COHORTS, minimum=-1, maximum=2
    )
    odi_response: float = share(
        "share of the relative course, ODI", "0.2 to 1", minimum=-1, maximum=2,
        source="set so that 28.5% respond (S, n = 4,597)",
    )  # fmt: skip
    deviation_correlation: float = share(
        "NPRS-ODI correlation of departures", "0.2 to 0.9", minimum=-0.99, maximum=0.99,
        source="set so that changes correlate 0.48 (A)",
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
    nprs_weekly_sd: float = parameter(
        "number", "SD of good and bad weeks, NPRS", minimum=0, maximum=5, sensitivity="0 to 1"
    )
    odi_weekly_sd: float = parameter(
        "number", "SD of good and bad weeks, ODI", minimum=0, maximum=40, sensitivity="0 to 6"
    )
    weekly_correlation: float = share("correlation of a week with the next", "0 to 0.8",
                                      maximum=0.999)  # fmt: skip
    flares_per_year: float = parameter(
        "number", "flare-ups a year", minimum=0, maximum=50, sensitivity="0 to 4"
    )
    flare_nprs: float = parameter(
        "number", "height of a flare-up, NPRS", minimum=-10, maximum=10, sensitivity="1 to 4"
    )
    flare_odi: float = parameter(
        "number", "height of a flare-up, ODI", minimum=-100, maximum=100, sensitivity="4 to 20"
    )
    flare_days: float = parameter(
        "number", "days in which it passes", minimum=0.5, maximum=90, sensitivity="4 to 14"
    )
    clinician_icc: float = share(
        "share of variance, clinician", "0 to 0.10", source=_ICC, maximum=0.5
    )
    clinic_icc: float = share("share of variance, clinic", "0 to 0.05", source=_ICC, maximum=0.5)
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
        "number", "measurement error, NPRS", minimum=0, maximum=5, source="from MDC",
        sensitivity="0.6 to 1.2",
    )  # fmt: skip
    odi_error_sd: float = parameter(
        "number", "measurement error, ODI", minimum=0, maximum=30, source="from MDC",
        sensitivity="3 to 6",
    )  # fmt: skip
    rmdq_error_sd: float = parameter(
        "number", "measurement error, RMDQ", minimum=0, maximum=10, source="from MDC (unchecked)",
        sensitivity="1 to 2.5",
    )  # fmt: skip
    psfs_error_sd: float = parameter(
        "number", "measurement error, PSFS", minimum=0, maximum=5, source="from MDC (unchecked)",
        sensitivity="0.6 to 1.2",
    )  # fmt: skip
    rmdq_per_odi: float = share("RMDQ points per ODI point", "0.2 to 0.35")
    psfs_per_odi: float = share("PSFS points lost per ODI point", "0.08 to 0.2")


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
    rmdq, psfs : float
        Probability that RMDQ, and PSFS, is asked for where the ODI is.
    mechanism : str
        Who answers at 13, 26 and 52 weeks: "mcar": anybody alike; "mar": by having left and by the
        last recorded NPRS; "mnar": by having left and by pain on the day itself.
    response : tuple of float
        Share answering at 13, 26 and 52 weeks, for an average patient.
    response_left : float
        Log odds of answering after leaving unplanned.
    response_pain : float
        Log odds of answering per point of NPRS.
    late_days : float
        Answers come up to so many days after the planned day.
    odi_blank : float
        Share of answered questionnaires without an ODI.
    """

    baseline: float = share("scores on day 0", "0.8 to 1")
    nprs_every_days: float = parameter(
        "number", "days between NPRS", minimum=1, maximum=400, sensitivity="7 to 28"
    )
    odi_every_days: float = parameter(
        "number", "days between ODI", minimum=1, maximum=400, sensitivity="14 to 60"
    )
    in_care: float = share("recorded when asked", "0.5 to 1")
    rmdq: float = share("RMDQ asked with the ODI", "0 to 1")
    psfs: float = share("PSFS asked with the ODI", "0 to 1")
    mechanism: str = parameter(
        "text", "who answers later", choices=MECHANISMS, sensitivity="all three"
    )
    response: tuple[float, ...] = parameter(
        "numbers", "answering at 13, 26, 52 weeks", mark="S", source=_RESPONSE, minimum=0.01,
        maximum=0.99, length=3, population="follow-up by questionnaire in routine care",
    )  # fmt: skip
    response_left: float = effect("log odds of answering: after leaving", "-1.5 to 0", minimum=-20)
    response_pain: float = effect("log odds of answering: per NPRS point", "-0.2 to 0.1")
    late_days: float = parameter(
        "number", "answers come late by", minimum=0, maximum=21, sensitivity="7 to 21"
    )
    odi_blank: float = share("answered without an ODI", "0 to 0.2")
