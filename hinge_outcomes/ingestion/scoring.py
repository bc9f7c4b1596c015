"""Questionnaires scored from their items, a whole export at once: the rules of `domain.scoring`."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from hinge_outcomes.domain.scoring import (
    BOTHERED_FROM,
    BOTHERSOMENESS,
    FABQ_PHYSICAL_ACTIVITY,
    FABQ_WORK,
    ITEM_SETS,
    RMDQ_MISSING,
    START_BACK_PSYCHOSOCIAL,
    ItemSet,
    settle_start_back,
)
from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.settings import suggest

_SAME = 1e-9
_MOST_DECIMALS = 6
_YES_NO = ("rmdq", "start_back")
_PSYCHOSOCIAL = [number - 1 for number in START_BACK_PSYCHOSOCIAL]


@dataclass(frozen=True, slots=True)
class ScoringRules:
    """Say how items are coded and what blanks do to a score.

    Parameters
    ----------
    base : int, default 0
        Number of the lowest answer in the export, 0 or 1; an ODI is often coded 1 to 6.
    max_blank : int, default 2
        Most blank sections with which there is an ODI.
    rmdq_missing : {"sum", "reject", "prorate"}
        What a blank of the Roland-Morris does.
    min_rated : int, default 3
        Fewest activities rated with which there is a PSFS.
    bothersomeness : {"binary", "graded"}
        How item 9 of the STarT Back tool is coded.

    Raises
    ------
    MappingError
        If a rule has a value that cannot be meant.
    """

    base: int = 0
    max_blank: int = 2
    rmdq_missing: str = "sum"
    min_rated: int = 3
    bothersomeness: str = "binary"

    def __post_init__(self) -> None:
        whole = {
            "base": (0, 1),
            "max_blank": (0, ITEM_SETS["odi"].most - 1),
            "min_rated": (1, ITEM_SETS["psfs"].most),
        }
        for name, (low, high) in whole.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise MappingError(f"{name} is a whole number from {low} to {high}.")
        words = {"rmdq_missing": RMDQ_MISSING, "bothersomeness": BOTHERSOMENESS}
        for name, allowed in words.items():
            if getattr(self, name) not in allowed:
                raise MappingError(f"{name} is one of {', '.join(allowed)}.")


def item_count(instrument: str) -> int:
    """Count the items of a questionnaire.

    Parameters
    ----------
    instrument : str
        Its code.

    Returns
    -------
    int
        How many items it has; of the PSFS, whose activities the patient names, the most.

    Raises
    ------
    MappingError
        If its score does not follow from its items by a sum.

    Examples
    --------
    >>> item_count("odi"), item_count("psfs")
    (10, 5)
    """
    return _items(instrument).most


def item_range(instrument: str, **rules: Any) -> tuple[np.ndarray, np.ndarray]:
    """Give the range of each item as the export codes it.

    Parameters
    ----------
    instrument : str
        Code of the questionnaire.
    **rules
        As in `ScoringRules`.

    Returns
    -------
    lowest, highest : ndarray of float
        One number per item.

    Raises
    ------
    MappingError
        If the questionnaire or a rule is unknown, or the answers cannot be coded from 1.

    Examples
    --------
    >>> lowest, highest = item_range("odi", base=1)
    >>> float(lowest[0]), float(highest[0])
    (1.0, 6.0)
    """
    items, told = _items(instrument), ScoringRules(**rules)
    if told.base and instrument in _YES_NO:
        raise MappingError(
            f"The items of {instrument} are answered yes or no; coded 1 and 2 they do not say "
            "which is yes. Export them as 1 for yes and 0 for no, and leave base out."
        )
    highest = np.full(items.most, float(items.highest))
    if instrument == "start_back" and told.bothersomeness == "graded":
        highest[-1] = 4.0
    return np.full(items.most, float(told.base)), highest + told.base


def check_items(instrument: str, n_columns: int) -> None:
    """Refuse a number of columns that is not the questionnaire's number of items.

    Parameters
    ----------
    instrument : str
        Code of the questionnaire.
    n_columns : int
        Columns that the mapping lists.

    Raises
    ------
    MappingError
        If they cannot be its items.

    Examples
    --------
    >>> check_items("odi", 10)
    """
    items = _items(instrument)
    if not items.fewest <= n_columns <= items.most:
        asked = f"{items.fewest} to {items.most}" if items.fewest < items.most else f"{items.most}"
        raise MappingError(
            f"{instrument} has {asked} items, and the mapping lists {n_columns} columns for it. "
            "List one column per item, in the order of the form."
        )


def find_bad_items(instrument: str, answers: np.ndarray, **rules: Any) -> np.ndarray:
    """Tell which answers cannot be: out of the item's range, or broken where they must be whole.

    Parameters
    ----------
    instrument : str
        Code of the questionnaire.
    answers : ndarray of float, shape (patients, items)
        Answers as the export codes them, NaN for a blank.
    **rules
        As in `ScoringRules`.

    Returns
    -------
    ndarray of bool
        True where a cell is to be set aside before scoring; a blank is none.

    Raises
    ------
    MappingError
        If the questionnaire or a rule is unknown, or the number of columns is not that of its
        items.

    Examples
    --------
    >>> find_bad_items("psfs", np.array([[7.5, 11.0, float("nan")]])).tolist()
    [[False, True, False]]
    """
    check_items(instrument, answers.shape[1])
    lowest, highest = (bound[: answers.shape[1]] for bound in item_range(instrument, **rules))
    is_bad = (answers < lowest) | (answers > highest)
    if _items(instrument).is_whole:
        is_bad |= np.isfinite(answers) & (answers != np.round(answers))
    return np.asarray(is_bad)


def score_items(instrument: str, answers: np.ndarray, **rules: Any) -> np.ndarray:
    """Score a questionnaire from its items.

    Parameters
    ----------
    instrument : str
        Code of the questionnaire.
    answers : ndarray of float, shape (patients, items)
        Answers as the export codes them, NaN for a blank.
    **rules
        As in `ScoringRules`.

    Returns
    -------
    ndarray of float
        One score per row, NaN where the answers do not settle it; of the STarT Back tool the
        total, of the FABQ the sum of its two scales.

    Raises
    ------
    MappingError
        If the questionnaire or a rule is unknown, or the number of columns is not that of its
        items.
    ValueError
        If `find_bad_items` finds any; such cells are set aside before scoring.

    Examples
    --------
    >>> blank = float("nan")
    >>> forms = np.array([[2.0] * 8 + [0, 0], [2.0] * 8 + [0, blank], [2.0] * 7 + [blank] * 3])
    >>> score_items("odi", forms).round(1).tolist()
    [32.0, 35.6, nan]
    """
    told = ScoringRules(**rules)
    plain = _plain(instrument, answers, rules)
    given = np.isfinite(plain)
    n_given = given.sum(axis=1)
    total = np.where(given, plain, 0.0).sum(axis=1)
    if instrument == "odi":
        score = _ratio(100 * total, ITEM_SETS["odi"].highest * n_given)
        return np.where(plain.shape[1] - n_given <= told.max_blank, score, np.nan)
    if instrument == "rmdq":
        share = _ratio(plain.shape[1] * total, n_given)
        score = share if told.rmdq_missing == "prorate" else np.where(n_given, total, np.nan)
        is_void = (told.rmdq_missing == "reject") & (n_given < plain.shape[1])
        return np.where(is_void, np.nan, score)
    if instrument == "psfs":
        return np.where(n_given >= told.min_rated, _ratio(total, n_given), np.nan)
    if instrument == "fabq":
        scored = [number - 1 for number in (*FABQ_PHYSICAL_ACTIVITY, *FABQ_WORK)]
        return np.asarray(plain[:, scored].sum(axis=1))
    return np.asarray(plain.sum(axis=1))  # a blank makes the sum NaN


def classify_items(answers: np.ndarray, **rules: Any) -> np.ndarray:
    """Classify by the items of the STarT Back tool, where the answers settle the class.

    Parameters
    ----------
    answers : ndarray of float, shape (patients, 9)
        Answers as the export codes them, NaN for a blank.
    **rules
        As in `ScoringRules`.

    Returns
    -------
    ndarray of object
        "low", "medium" or "high"; None where blanks could still change it.

    Raises
    ------
    MappingError
        If a rule is unknown, or there are not nine columns.
    ValueError
        If `find_bad_items` finds any.

    Examples
    --------
    >>> blank = float("nan")
    >>> classify_items(np.array([[0, 0, 0, 0, 1, 1, 1, 1, blank]])).tolist()
    ['high']
    """
    plain = _plain("start_back", answers, rules)
    is_blank = np.isnan(plain)
    told = np.where(is_blank, 0.0, plain)
    asked_sum = told[:, _PSYCHOSOCIAL].sum(axis=1)
    asked_blank = is_blank[:, _PSYCHOSOCIAL].sum(axis=1)
    others = (told.sum(axis=1) - asked_sum, is_blank.sum(axis=1) - asked_blank)
    counts = [part.astype(np.intp) for part in (*others, asked_sum, asked_blank)]
    return np.asarray(_start_back_classes()[tuple(counts)])


def stored_disagrees(stored: np.ndarray, computed: np.ndarray) -> np.ndarray:
    """Tell where a stored score is not the one that its items give.

    A stored score may be rounded: it agrees if it lies no further than half a unit of its own last
    decimal from the computed one, so 35.6 and 36 agree with 35.56, and 35 does not. A difference
    of exactly one half agrees either way, since programs round it up or down.

    Parameters
    ----------
    stored, computed : ndarray of float
        Scores, NaN where there is none.

    Returns
    -------
    ndarray of bool
        True where both are there and disagree.

    Examples
    --------
    >>> stored_disagrees(np.array([36.0, 35.6, 35.0, 16.0]), np.array([35.56] * 4)).tolist()
    [False, False, True, True]
    """
    half = np.full(len(stored), 0.5 * 10.0**-_MOST_DECIMALS)
    for decimals in range(_MOST_DECIMALS - 1, -1, -1):
        is_round = np.abs(stored - np.round(stored, decimals)) <= _SAME
        half[is_round] = 0.5 * 10.0**-decimals
    differs: np.ndarray = np.abs(stored - computed) > half + _SAME
    return differs


def _items(instrument: str) -> ItemSet:
    if instrument not in ITEM_SETS:
        raise MappingError(
            f"{instrument} cannot be scored from its items here.{suggest(instrument, ITEM_SETS)} "
            f"These can: {', '.join(ITEM_SETS)}. For others name the column that holds the score; "
            "a PROMIS T score, for one, comes from its publisher's tables."
        )
    return ITEM_SETS[instrument]


def _plain(instrument: str, answers: np.ndarray, rules: dict[str, Any]) -> np.ndarray:
    """Give the answers counted from 0, after a look at their number and range."""
    if find_bad_items(instrument, answers, **rules).any():
        raise ValueError("An answer lies outside its item's range: set it aside before scoring.")
    told = ScoringRules(**rules)
    plain = answers - float(told.base)
    if instrument == "start_back" and told.bothersomeness == "graded":
        last = plain[:, -1]
        graded = np.where(np.isnan(last), np.nan, last >= BOTHERED_FROM)
        plain = np.column_stack([plain[:, :-1], graded])
    return np.asarray(plain, dtype="float64")


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Divide, with NaN where there is nothing to divide by."""
    quotient: np.ndarray = np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)
    return quotient


@cache
def _start_back_classes() -> np.ndarray:
    """Tabulate the class by sum and blanks of items 1 to 4, and sum and blanks of items 5 to 9."""
    n_asked = len(_PSYCHOSOCIAL)
    n_others = ITEM_SETS["start_back"].most - n_asked
    shape = (n_others + 1, n_others + 1, n_asked + 1, n_asked + 1)
    classes: np.ndarray = np.full(shape, None, dtype="object")
    for others, blank_others, asked, blank_asked in np.ndindex(shape):
        if others + blank_others <= n_others and asked + blank_asked <= n_asked:
            classes[others, blank_others, asked, blank_asked] = settle_start_back(
                others + asked, asked, blank_others, blank_asked
            )
    return classes
