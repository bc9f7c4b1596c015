"""Published figures of patients with low back pain, to hold a cohort or a simulation against.

Each figure has a band of values that agree with it: its own uncertainty where that was published,
otherwise a stated allowance. Physiotherapy figures are what the default simulation is held to;
figures of other settings are context. Some contradict each other; then the note says so.
"""

from dataclasses import dataclass
from functools import partial

_PT = "US outpatient physiotherapy"
_SWEDEN = "physiotherapy, Sweden"
_COHORTS = "33 cohorts, n = 11,166"
_MENEZES = "Menezes Costa, CMAJ 2012"
_ROUTINE = "physiotherapy, n = 4,597"
_USUAL = "usual care, chronic, 1 month"
_TRIAL = "Ashar 2022 trial data (computed)"


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """Describe one published figure and the band of values that agree with it.

    Parameters
    ----------
    name : str
        Key of the statistic, as ``cohort.profile`` computes it.
    label : str
        What it is, in words, with its unit.
    low, high : float
        The band, both ends included.
    population : str
        Whom it describes.
    source : str
        Where it is from, or what is assumed.
    mark : str
        How firm it is: S read in the source, D computed from public data, A assumed.
    is_held : bool
        Whether the default simulation must agree; otherwise it is context.
    note : str, default ""
        What it contradicts.
    """

    name: str
    label: str
    low: float
    high: float
    population: str
    source: str
    mark: str
    is_held: bool
    note: str = ""

    @property
    def counts_people(self) -> bool:
        """Tell whether the figure is a share of people, in percent.

        Returns
        -------
        bool
            False for means, and for shares of days or of variance.
        """
        return self.label.endswith("%") and self.name not in _NOT_OF_PEOPLE


_NOT_OF_PEOPLE = ("clinician_share", "home_exercise")


def _figure(
    name: str, label: str, low: float, high: float, population: str, source: str, mark: str = "S",
    note: str = "", *, is_held: bool,
) -> PublishedFigure:  # fmt: skip
    if source[0].isdigit():  # a bare value: say what it is
        source = f"{'assumed' if mark == 'A' else 'published'}: {source}"
    return PublishedFigure(name, label, low, high, population, source, mark, is_held, note)


_held = partial(_figure, is_held=True)
_context = partial(_figure, is_held=False)


def _around(value: float, allowance: float) -> tuple[float, float]:
    return value - allowance, value + allowance


_RESPONDERS_NOTE = (
    "the same patients: far more respond in pain than in disability, so the simulated ODI follows "
    "little of the course of pain"
)
_USUAL_NOTE = "contradicts the responders of physiotherapy: another setting, and a shorter time"
_COURSE_NOTE = (
    "contradicts the responders of physiotherapy, whose pain falls less; the simulation follows "
    "part of the course"
)
_RISK_NOTE = "the threshold of the source is not known here; ODI above 20 is shown"
_CHIROPRACTIC_NOTE = "another setting than the simulated clinics"

PUBLISHED_FIGURES: tuple[PublishedFigure, ...] = (
    _held("acute", "acute, %", *_around(8.8, 1.0), _PT, "8.8%"),
    _held("subacute", "subacute, %", *_around(30.4, 1.0), _PT, "30.4%"),
    _held("chronic", "chronic, %", *_around(60.8, 1.0), _PT, "60.8%"),
    _held("visits_acute", "visits per episode, acute", *_around(13.7, 0.7), _PT, "13.7"),
    _held("visits_subacute", "visits per episode, subacute", *_around(14.1, 0.7), _PT, "14.1"),
    _held("visits_chronic", "visits per episode, chronic", *_around(14.6, 0.7), _PT, "14.6"),
    _held("age_mean", "age, mean, years", *_around(57.0, 0.5), _PT, "57"),
    _held("age_sd", "age, SD, years", *_around(17.0, 0.5), _PT, "17"),
    _held("female", "women, %", *_around(60.0, 1.0), _PT, "60%"),
    _held("risk_low", "STarT Back low, %", *_around(43.0, 1.0), _SWEDEN, "43%"),
    _held("risk_medium", "STarT Back medium, %", *_around(45.0, 1.0), _SWEDEN, "45%"),
    _held("risk_high", "STarT Back high, %", *_around(12.0, 1.0), _SWEDEN, "12%"),
    _held("nprs_acute", "baseline NPRS, acute", *_around(6.0, 0.2), "assumed", "6.0 (SD 2.0)", "A"),
    _held("nprs_subacute", "baseline NPRS, subacute", *_around(5.5, 0.2), "assumed",
          "5.5 (SD 2.0)", "A"),
    _held("nprs_chronic", "baseline NPRS, chronic", *_around(5.2, 0.2), "assumed", "5.2 (SD 1.9)",
          "A"),
    _held("odi_acute", "baseline ODI, acute", *_around(41.0, 1.5), "assumed; one acute trial: 41",
          "41 (SD 14)", "A"),
    _held("odi_subacute", "baseline ODI, subacute", *_around(34.0, 1.5), "assumed", "34 (SD 14)",
          "A"),
    _held("odi_chronic", "baseline ODI, chronic", *_around(28.0, 1.5),
          "assumed; a chronic trial: 22.3", "28 (SD 13)", "A"),
    _held("baseline_correlation", "correlation of NPRS and ODI on day 0", *_around(0.56, 0.05),
          "chronic back pain trial", _TRIAL, "D"),
    _held("change_correlation", "correlation of their changes at 13 weeks", *_around(0.48, 0.05),
          "within trial arms; 0.20 in usual care, 0.68 pooled", _TRIAL, "D"),
    _held("nprs_responders", "NPRS falls by 2 points by 13 weeks, %", *_around(59.0, 2.0), _ROUTINE,
          "59% (pain at rest)", note=_RESPONDERS_NOTE),
    _held("odi_responders", "ODI falls by 10 points by 13 weeks, %", *_around(28.5, 2.0), _ROUTINE,
          "28.5%", note=_RESPONDERS_NOTE),
    _held("clinician_share", "clinic and clinician share of variance of change, %", 2.6, 11.6,
          "trials 2.6-7.1; 538 clinics 11.6", "2.6-11.6%"),
    _held("any_no_show", "at least one no-show, %", *_around(73.0, 2.0), "n = 444,995", "73%"),
    _held("left", "left unplanned, %", 35.0, 45.0, "vendor figures only", "35-45%", "A"),
    _held("answered_13", "answered at 13 weeks, out of care, %", *_around(68.0, 3.0),
          "follow-up by questionnaire", "68%"),
    _held("answered_52", "answered at 52 weeks, %", *_around(64.0, 3.0),
          "follow-up by questionnaire", "64%"),
    _held("home_exercise", "days with home exercise, %", 8.0, 91.0, "28 studies", "8-91%"),
    _context("returned", "back within 12 months of the end, %", 0.0, 69.0,
             "recovered from low back pain", "recurrence 69%; not all return to the same clinic"),
    _context("days_to_return", "median days until back", *_around(139.0, 25.0),
             "recovered from low back pain", "139 days to recurrence"),
    _context("pain_acute_6", "NPRS at 6 weeks, acute", 2.1, 2.5, _COHORTS, _MENEZES,
             note=_COURSE_NOTE),
    _context("pain_acute_26", "NPRS at 26 weeks, acute", 0.9, 1.5, _COHORTS, _MENEZES,
             note=_COURSE_NOTE),
    _context("pain_acute_52", "NPRS at 52 weeks, acute", 0.3, 1.0, _COHORTS, _MENEZES,
             note=_COURSE_NOTE),
    _context("pain_chronic_6", "NPRS at 6 weeks, chronic", 2.9, 3.8, _COHORTS, _MENEZES),
    _context("pain_chronic_26", "NPRS at 26 weeks, chronic", 2.0, 3.3, _COHORTS, _MENEZES),
    _context("pain_chronic_52", "NPRS at 52 weeks, chronic", 1.6, 3.0, _COHORTS, _MENEZES),
    _context("disabled_low", "disabled at 26 weeks, STarT low, %", *_around(22.0, 3.0),
             "by STarT class, 6 months", "22%", note=_RISK_NOTE),
    _context("disabled_medium", "disabled at 26 weeks, STarT medium, %", *_around(62.0, 3.0),
             "by STarT class, 6 months", "62%", note=_RISK_NOTE),
    _context("disabled_high", "disabled at 26 weeks, STarT high, %", *_around(80.0, 3.0),
             "by STarT class, 6 months", "80%", note=_RISK_NOTE),
    _context("nprs_responders_6", "NPRS falls by 2 points by 6 weeks, chronic, %",
             *_around(17.0, 3.0), _USUAL, _TRIAL, "D", _USUAL_NOTE),
    _context("odi_responders_6", "ODI falls by 10 points by 6 weeks, chronic, %",
             *_around(4.0, 2.0), _USUAL, _TRIAL, "D", _USUAL_NOTE),
    _context("age_mean", "age, mean, years", *_around(44.6, 0.5), "chiropractic, Denmark", "44.6",
             note=_CHIROPRACTIC_NOTE),
    _context("risk_low", "STarT Back low, %", *_around(59.0, 1.0), "chiropractic, Denmark", "59%",
             note=_CHIROPRACTIC_NOTE),
    _context("risk_low", "STarT Back low, %", *_around(79.0, 1.0), "chiropractic, US", "79%",
             note=_CHIROPRACTIC_NOTE),
)  # fmt: skip
"""All figures, those the default simulation is held to first."""
