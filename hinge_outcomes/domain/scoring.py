"""Questionnaires scored from their items: the rules, on the answers of one patient.

An answer is a number as the form prints it, counted from 0; None is a blank. A score that the
answers do not settle is None, never a guess. The items of the ODI are proprietary: none is here.

References
----------
.. [1] Fairbank JCT, Pynsent PB. The Oswestry Disability Index. Spine 2000;25:2940-2952.
.. [2] Roland M, Morris R. A study of the natural history of back pain. Spine 1983;8:141-144.
.. [3] Kent P, Lauridsen HH. Managing missing scores on the Roland Morris Disability Questionnaire.
   Spine 2011;36:1878-1884.
.. [4] Stratford P et al. Assessing disability and change on individual patients. Physiother Can
   1995;47:258-263.
.. [5] Hill JC et al. A primary care back pain screening tool. Arthritis Rheum 2008;59:632-641.
.. [6] Waddell G et al. A Fear-Avoidance Beliefs Questionnaire. Pain 1993;52:157-168.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hinge_outcomes.domain.instruments import classify_start_back

Answers = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class ItemSet:
    """Describe the items of one questionnaire.

    Parameters
    ----------
    fewest, most : int
        How many items there are; they differ only where the patient names the items.
    highest : int
        Highest answer; the lowest is 0.
    is_whole : bool, default True
        Whether answers are whole numbers.
    """

    fewest: int
    most: int
    highest: int
    is_whole: bool = True


ITEM_SETS = {
    "nprs": ItemSet(1, 1, 10, is_whole=False),
    "odi": ItemSet(10, 10, 5),
    "rmdq": ItemSet(24, 24, 1),
    "psfs": ItemSet(3, 5, 10, is_whole=False),
    "start_back": ItemSet(9, 9, 1),
    "fabq": ItemSet(16, 16, 6),
}
"""The questionnaires whose scores follow from their items by a published sum."""

RMDQ_MISSING = ("sum", "reject", "prorate")
"""What a blank of the Roland-Morris does: counts as no, voids the score, or is scaled up for.

There is no standard rule (Kent 2011)."""

BOTHERSOMENESS = ("binary", "graded")
"""How item 9 of the STarT Back tool is coded: 0 or 1, or as its five answers 0 to 4."""

BOTHERED_FROM = 3
"""The first of item 9's five answers that counts: 3 is very much, 4 is extremely (Hill 2008)."""

START_BACK_PSYCHOSOCIAL = (5, 6, 7, 8, 9)
FABQ_PHYSICAL_ACTIVITY = (2, 3, 4, 5)
FABQ_WORK = (6, 7, 9, 10, 11, 12, 15)
"""Item numbers, counted from 1; the other items of the FABQ are asked and not scored."""


@dataclass(frozen=True, slots=True)
class StartBackScore:
    """Hold what the answers to the STarT Back tool settle.

    Parameters
    ----------
    total : int or None
        Sum of the nine items; None unless all are answered.
    psychosocial : int or None
        Sum of items 5 to 9; None unless all five are answered.
    risk : str or None
        "low", "medium" or "high"; None where the blanks could still change it.
    """

    total: int | None
    psychosocial: int | None
    risk: str | None


@dataclass(frozen=True, slots=True)
class FabqScore:
    """Hold the two scales of the Fear-Avoidance Beliefs Questionnaire.

    Parameters
    ----------
    physical_activity : float or None
        Sum of items 2 to 5, 0 to 24.
    work : float or None
        Sum of items 6, 7, 9 to 12 and 15, 0 to 42.
    """

    physical_activity: float | None
    work: float | None


def score_odi(answers: Answers, *, max_blank: int = 2) -> float | None:
    """Score the Oswestry Disability Index, in percent.

    100 times the sum, divided by five times the number of sections answered [1]_.

    Parameters
    ----------
    answers : sequence of float or None
        Ten sections, 0 to 5.
    max_blank : int, default 2
        Most blanks with which there is a score.

    Returns
    -------
    float or None
        0 to 100, high is worse.

    Raises
    ------
    ValueError
        If an answer is out of range, or there are not ten.

    References
    ----------
    .. [1] Fairbank JCT, Pynsent PB. Spine 2000;25:2940-2952.

    Examples
    --------
    >>> score_odi([2, 2, 2, 2, 2, 2, 2, 2, 0, 0])
    32.0
    >>> round(score_odi([2, 2, 2, 2, 2, 2, 2, 2, 0, None]), 1)
    35.6
    """
    given = _given("odi", answers)
    if not given or len(answers) - len(given) > max_blank:
        return None
    return 100 * sum(given) / (ITEM_SETS["odi"].highest * len(given))


def score_rmdq(answers: Answers, *, missing: str = "sum") -> float | None:
    """Count the complaints of the Roland-Morris Disability Questionnaire.

    Parameters
    ----------
    answers : sequence of float or None
        24 sentences, 1 where it is true of the patient today, 0 where not.
    missing : {"sum", "reject", "prorate"}
        What a blank does: it counts as 0, it voids the score, or the share of the sentences
        answered is taken for all 24. A form without any answer has no score.

    Returns
    -------
    float or None
        0 to 24, high is worse.

    Raises
    ------
    ValueError
        If an answer is out of range, there are not 24, or the rule is unknown.

    Examples
    --------
    >>> score_rmdq([1] * 6 + [0] * 12 + [None] * 6, missing="prorate")
    8.0
    """
    given = _given("rmdq", answers)
    if missing not in RMDQ_MISSING:
        raise ValueError(f"missing is one of {', '.join(RMDQ_MISSING)}.")
    if not given or (missing == "reject" and len(given) < len(answers)):
        return None
    return len(answers) * sum(given) / len(given) if missing == "prorate" else float(sum(given))


def score_psfs(answers: Answers, *, min_rated: int = 3) -> float | None:
    """Average the activities of the Patient-Specific Functional Scale.

    Parameters
    ----------
    answers : sequence of float or None
        Three to five activities that the patient named, 0 to 10.
    min_rated : int, default 3
        Fewest ratings with which there is a score.

    Returns
    -------
    float or None
        0 to 10, high is better.

    Raises
    ------
    ValueError
        If an answer is out of range, or there are not three to five.

    Examples
    --------
    >>> score_psfs([4, 5, None, 6, None])
    5.0
    """
    given = _given("psfs", answers)
    return sum(given) / len(given) if len(given) >= max(min_rated, 1) else None


def score_start_back(answers: Answers, *, bothersomeness: str = "binary") -> StartBackScore:
    """Score the STarT Back tool as far as its answers settle it.

    Parameters
    ----------
    answers : sequence of float or None
        Nine items, 1 where the patient agrees.
    bothersomeness : {"binary", "graded"}
        How item 9 is coded: 1 for very much or extremely, or its five answers as 0 to 4.

    Returns
    -------
    StartBackScore
        Total, psychosocial subscore and class; the class may be settled although items are blank.

    Raises
    ------
    ValueError
        If an answer is out of range, there are not nine, or the coding is unknown.

    Examples
    --------
    >>> score_start_back([0, 0, 0, 0, 1, 1, 1, 1, None]).risk
    'high'
    >>> score_start_back([1, 1, 0, 0, 1, 1, 1, 0, None]).risk is None
    True
    """
    if bothersomeness not in BOTHERSOMENESS:
        raise ValueError(f"bothersomeness is one of {', '.join(BOTHERSOMENESS)}.")
    binary = list(answers)
    last = binary[-1] if binary else None
    if bothersomeness == "graded" and last is not None and 0 <= last <= 4:
        binary[-1] = float(last >= BOTHERED_FROM)
    given = _given("start_back", binary)
    asked = [binary[number - 1] for number in START_BACK_PSYCHOSOCIAL]
    told = [int(answer) for answer in asked if answer is not None]
    blank_asked = len(asked) - len(told)
    blank_others = len(binary) - len(given) - blank_asked
    total = int(sum(given))
    return StartBackScore(
        total=None if blank_asked or blank_others else total,
        psychosocial=None if blank_asked else sum(told),
        risk=settle_start_back(total, sum(told), blank_others, blank_asked),
    )


def settle_start_back(
    total: int, psychosocial: int, blank_others: int = 0, blank_psychosocial: int = 0
) -> str | None:
    """Classify by the STarT Back tool where every way to fill the blanks gives the same class.

    Parameters
    ----------
    total, psychosocial : int
        Sums of the items answered: of all nine, and of items 5 to 9.
    blank_others, blank_psychosocial : int, default 0
        How many of items 1 to 4, and of items 5 to 9, are blank.

    Returns
    -------
    str or None
        "low", "medium" or "high"; None where the blanks decide.

    Examples
    --------
    >>> settle_start_back(1, 1, blank_others=2), settle_start_back(1, 1, blank_others=3)
    ('low', None)
    """
    classes = {
        classify_start_back(total + others + asked, psychosocial + asked)
        for others in range(blank_others + 1)
        for asked in range(blank_psychosocial + 1)
    }
    return classes.pop() if len(classes) == 1 else None


def score_fabq(answers: Answers) -> FabqScore:
    """Sum the two scales of the Fear-Avoidance Beliefs Questionnaire.

    Parameters
    ----------
    answers : sequence of float or None
        Sixteen items, 0 to 6, in the order of the form.

    Returns
    -------
    FabqScore
        Each scale is None where one of its items is blank.

    Raises
    ------
    ValueError
        If an answer is out of range, or there are not sixteen.

    Examples
    --------
    >>> score_fabq([None, 6, 6, 6, 6, 1, 1, None, 1, 1, 1, 1, None, None, 1, None])
    FabqScore(physical_activity=24, work=7)
    """
    _given("fabq", answers)
    return FabqScore(
        physical_activity=_sum_all(answers, FABQ_PHYSICAL_ACTIVITY),
        work=_sum_all(answers, FABQ_WORK),
    )


def _sum_all(answers: Answers, numbers: Iterable[int]) -> float | None:
    chosen = [answers[number - 1] for number in numbers]
    given = [answer for answer in chosen if answer is not None]
    return sum(given) if len(given) == len(chosen) else None


def _given(instrument: str, answers: Answers) -> list[float]:
    """List the answers that are no blanks, after a look at their number and range."""
    items = ITEM_SETS[instrument]
    if not items.fewest <= len(answers) <= items.most:
        expected = str(items.most) if items.fewest == items.most else "3 to 5"
        raise ValueError(f"{instrument} has {expected} items, and {len(answers)} are given.")
    given = [answer for answer in answers if answer is not None]
    is_fine = [
        0 <= answer <= items.highest and not (items.is_whole and answer % 1) for answer in given
    ]
    if not all(is_fine):
        whole = "in whole numbers " if items.is_whole else ""
        raise ValueError(f"An item of {instrument} is answered {whole}0 to {items.highest}.")
    return given
