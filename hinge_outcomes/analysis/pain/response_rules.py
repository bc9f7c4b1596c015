"""Who counts as a responder: decided with a tolerance, never in bare floating point."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinge_outcomes.domain.instruments import RELATIVE_RESPONSE, Instrument
from hinge_outcomes.exceptions import NotIdentifiableError

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TOLERANCE = 1e-9
"""Scores carry at most 12 decimals; the nearest true non-responder is 0.01 away."""


@dataclass(frozen=True, slots=True)
class ResponseRule:
    """Hold the verdict of one criterion on every pair of scores.

    Parameters
    ----------
    code : str
        One of "mic", "relative", "both", "deteriorated", "recovered".
    label : str
        The criterion in words.
    is_met : ndarray of bool, shape (n,)
        Who meets it.
    is_allowed : ndarray of bool, shape (n,)
        Whose baseline leaves room to meet it.
    is_defined : ndarray of bool, shape (n,)
        For whom it can be asked at all: 30% of a baseline of 0 is nothing, so "relative" and
        "both" leave it out.
    """

    code: str
    label: str
    is_met: Flags
    is_allowed: Flags
    is_defined: Flags


def apply_response_rules(
    instrument: Instrument, before: npt.ArrayLike, after: npt.ArrayLike
) -> list[ResponseRule]:
    """Decide each criterion that is defined for an instrument.

    Parameters
    ----------
    instrument : Instrument
        Its direction, range, smallest important change (MIC) and further criteria.
    before, after : array_like, shape (n,)
        Baseline and follow-up score of each episode, none missing.

    Returns
    -------
    list of ResponseRule
        Better by the MIC; where published for the instrument better by 30% of baseline, and both;
        worse by the MIC; where defined recovered.

    Raises
    ------
    NotIdentifiableError
        If no MIC is established for the instrument.

    Notes
    -----
    With gain = before - after (after - before where higher is better): MIC gain - MIC >= -1e-9;
    30% 10 gain - 3 before >= -1e-9 and before > 0; worse -gain - MIC >= -1e-9. Room: as many points
    between the baseline and the end of the scale as the criterion asks for; before > 0 for 30%;
    not yet recovered for recovery.

    Examples
    --------
    >>> from hinge_outcomes.domain.instruments import INSTRUMENTS
    >>> rules = apply_response_rules(INSTRUMENTS["nprs"], [10, 7, 3, 3.3], [7, 5, 2, 2.31])
    >>> {rule.code: rule.is_met.tolist() for rule in rules[:2]}
    {'mic': [True, True, False, False], 'relative': [True, False, True, True]}
    """
    if instrument.mic is None:
        raise NotIdentifiableError(
            f"No smallest important change is established for {instrument.name} "
            f"({instrument.code}), so nobody can be called a responder. Use estimate_change, or an "
            "instrument with one: nprs, odi, rmdq, psfs, promis_pf, promis_pi."
        )
    first: Floats = np.asarray(before, dtype=np.float64)
    last: Floats = np.asarray(after, dtype=np.float64)
    gain = instrument.sign * (last - first)
    if instrument.higher_is_better:
        room, depth = instrument.maximum - first, first - instrument.minimum
    else:
        room, depth = first - instrument.minimum, instrument.maximum - first
    mic = instrument.mic
    is_better = gain - mic >= -TOLERANCE
    has_room = room - mic >= -TOLERANCE
    everyone = np.ones(len(first), dtype=bool)
    rules = [ResponseRule("mic", f"better by {mic:g} points", is_better, has_room, everyone)]
    if instrument.has_relative_response:
        percent = f"{RELATIVE_RESPONSE:.0%}"
        is_positive = first > TOLERANCE
        # Tenths keep the comparison in numbers that binary floating point holds well.
        share = 10 * RELATIVE_RESPONSE
        is_relative = is_positive & (10 * gain - share * first >= -TOLERANCE)
        rules += [
            ResponseRule(
                "relative",
                f"better by {percent} of baseline",
                is_relative,
                is_positive,
                is_positive,
            ),
            ResponseRule(
                "both",
                f"better by {mic:g} points and by {percent}",
                is_better & is_relative,
                has_room & is_positive,
                is_positive,
            ),
        ]
    rules.append(
        ResponseRule(
            "deteriorated",
            f"worse by {mic:g} points",
            -gain - mic >= -TOLERANCE,
            depth - mic >= -TOLERANCE,
            everyone,
        )
    )
    if instrument.recovered_at is not None:
        limit = instrument.recovered_at
        rules.append(
            ResponseRule(
                "recovered",
                f"score of {limit:g}" + (" or less" if limit > instrument.minimum else ""),
                last <= limit + TOLERANCE,
                first > limit + TOLERANCE,
                everyone,
            )
        )
    return rules
