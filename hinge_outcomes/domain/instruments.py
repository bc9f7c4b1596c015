"""The outcome instruments: range, direction, smallest important change, and where each is from.

References
----------
.. [1] Chiarotto A et al. Core outcome measurement instruments for clinical trials in nonspecific
   low back pain. Pain 2018;159:481-495.
.. [2] Ostelo RWJG et al. Interpreting change scores for pain and functional status in low back
   pain. Spine 2008;33:90-94.
.. [3] Fritz JM et al. Early physical therapy vs usual care in patients with recent-onset low back
   pain. JAMA 2015;314:1459-1467.
.. [4] Kent P, Lauridsen HH. Managing missing scores on the Roland Morris Disability Questionnaire.
   Spine 2011;36:1878-1884.
.. [5] Amtmann D et al. Minimal clinically important differences for PROMIS pain interference.
   Rehabil Psychol 2016.
.. [6] Hill JC et al. A primary care back pain screening tool. Arthritis Rheum 2008;59:632-641.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instrument:
    """Describe one outcome instrument.

    Parameters
    ----------
    code : str
        The code used in ``outcomes.instrument``.
    name : str
        Full name.
    measures : str
        What it measures, in words for a page.
    minimum, maximum : float
        Range of the stored score.
    higher_is_better : bool
        Direction: False where a higher score is worse.
    mic : float or None
        Smallest change that matters, in the instrument's units; None where none is established.
    has_relative_response : bool
        Whether a 30% change from baseline is a published response criterion.
    recovered_at : float or None
        Score at or below which a patient counts as recovered.
    unit : str
        Unit of the score in words.
    source : str
        Where range and smallest important change come from, and how firm they are.
    """

    code: str
    name: str
    measures: str
    minimum: float
    maximum: float
    higher_is_better: bool
    mic: float | None
    has_relative_response: bool
    recovered_at: float | None
    unit: str
    source: str

    @property
    def sign(self) -> int:
        """Give the factor that turns a change into an improvement.

        Returns
        -------
        int
            1 where higher is better, otherwise -1.
        """
        return 1 if self.higher_is_better else -1


def _instrument(
    code: str,
    name: str,
    measures: str,
    bounds: tuple[float, float],
    mic: float | None,
    source: str,
    *,
    higher_is_better: bool = False,
    has_relative_response: bool = False,
    recovered_at: float | None = None,
    unit: str = "points",
) -> Instrument:
    return Instrument(
        code=code,
        name=name,
        measures=measures,
        minimum=bounds[0],
        maximum=bounds[1],
        higher_is_better=higher_is_better,
        mic=mic,
        has_relative_response=has_relative_response,
        recovered_at=recovered_at,
        unit=unit,
        source=source,
    )


_ALL = (
    _instrument(
        "nprs", "Numeric Pain Rating Scale", "pain", (0, 10), 2.0,
        "Average pain over one week (Chiarotto 2018); MIC 2 points or 30% (Ostelo 2008).",
        has_relative_response=True, recovered_at=0.0,
    ),
    _instrument(
        "odi", "Oswestry Disability Index", "disability", (0, 100), 10.0,
        "MIC 10 points or 30% (Ostelo 2008); 6 points have been used (Fritz 2015).",
        has_relative_response=True,
    ),
    _instrument(
        "rmdq", "Roland-Morris Disability Questionnaire", "disability", (0, 24), 5.0,
        "24 items; MIC 5 points or 30% (Ostelo 2008); no standard rule for blanks (Kent 2011).",
        has_relative_response=True, recovered_at=2.0,
    ),
    _instrument(
        "psfs", "Patient-Specific Functional Scale", "function", (0, 10), 2.0,
        "Mean of 3-5 activities; MIC about 2 points is common knowledge, unchecked.",
        higher_is_better=True,
    ),
    _instrument(
        "promis_pf", "PROMIS Physical Function", "physical function", (0, 100), 3.6,
        "T score, population mean 50, SD 10; MIC 3.6 (published, population-dependent).",
        higher_is_better=True, unit="T-score points",
    ),
    _instrument(
        "promis_pi", "PROMIS Pain Interference", "pain interference", (0, 100), 4.5,
        "T score, population mean 50, SD 10; MIC 3.5-5.5, middle taken (Amtmann 2016).",
        unit="T-score points",
    ),
    _instrument(
        "start_back", "STarT Back Screening Tool", "prognostic risk", (0, 9), None,
        "9 items; low: total <= 3; high: items 5-9 >= 4; else medium (Hill 2008). A stratifier.",
    ),
    _instrument(
        "fabq", "Fear-Avoidance Beliefs Questionnaire", "fear avoidance", (0, 66), None,
        "Physical activity 0-24 (items 2-5) and work 0-42 (items 6, 7, 9-12, 15), summed.",
    ),
    _instrument(
        "groc", "Global Rating of Change", "perceived change", (-7, 7), None,
        "Rated once, at follow-up; +5 or more is taken as improved by common use, unchecked.",
        higher_is_better=True,
    ),
)  # fmt: skip

INSTRUMENTS = {instrument.code: instrument for instrument in _ALL}

RELATIVE_RESPONSE = 0.30
"""Share of the baseline score that must be gone (Ostelo 2008)."""

START_BACK_RISKS = ("low", "medium", "high")


def classify_start_back(total: int, psychosocial: int) -> str:
    """Classify a patient's risk of persisting disability from the STarT Back tool.

    Parameters
    ----------
    total : int
        Sum of all nine items, 0 to 9.
    psychosocial : int
        Sum of items 5 to 9, 0 to 5.

    Returns
    -------
    str
        "low", "medium" or "high".

    References
    ----------
    .. [1] Hill JC et al. Arthritis Rheum 2008;59:632-641.

    Examples
    --------
    >>> classify_start_back(5, 3), classify_start_back(5, 4)
    ('medium', 'high')
    """
    if total <= 3:
        return "low"
    return "high" if psychosocial >= 4 else "medium"
