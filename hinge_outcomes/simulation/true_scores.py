"""What is true of observed scores, given latent ones: expectations over the measurement error.

Given the latent score, a reported score is a rounded and clipped normal variable, so its mean and
the chance to respond are known exactly; a large run has to average over patients only.
"""

import math

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from hinge_outcomes.domain.instruments import INSTRUMENTS, RELATIVE_RESPONSE
from hinge_outcomes.simulation.scenario import Scenario

FloatArray = npt.NDArray[np.float64]

STEPS = {"nprs": 1.0, "odi": 2.0}
"""Steps in which an instrument is reported."""

_TOLERANCE = 1e-9


def score_values(instrument: str) -> FloatArray:
    """List the scores an instrument can take.

    Parameters
    ----------
    instrument : str
        "nprs" or "odi".

    Returns
    -------
    ndarray of float
        From 0 to the highest.

    Examples
    --------
    >>> score_values("nprs").tolist()[-2:], len(score_values("odi"))
    ([9.0, 10.0], 51)
    """
    step = STEPS[instrument]
    return np.arange(0.0, INSTRUMENTS[instrument].maximum + step / 2, step)


def score_probabilities(latent: FloatArray, instrument: str, scenario: Scenario) -> FloatArray:
    """Give the probability of each score, given the latent one.

    Parameters
    ----------
    latent : ndarray of shape (n,)
        Latent scores.
    instrument : str
        "nprs" or "odi".
    scenario : Scenario
        Gives the SD of the measurement error.

    Returns
    -------
    ndarray of shape (n, scores)
        Rows sum to one.
    """
    error = max(getattr(scenario.pain, f"{instrument}_error_sd"), 1e-9)
    step = STEPS[instrument]
    bounds = score_values(instrument)[1:] - step / 2
    # A latent score exactly on a bound is rounded up.
    below = ndtr((bounds[None, :] - latent[:, None]) / error)
    ends = np.zeros((len(latent), 1)), np.ones((len(latent), 1))
    return np.diff(np.hstack([ends[0], below, ends[1]]), axis=1)


def mean_scores(latent: FloatArray, instrument: str, scenario: Scenario) -> FloatArray:
    """Give the expected reported score of each patient.

    Parameters
    ----------
    latent : ndarray of shape (n,)
        Latent scores.
    instrument : str
        "nprs" or "odi".
    scenario : Scenario
        Gives the SD of the measurement error.

    Returns
    -------
    ndarray of shape (n,)
        On the observed scale, floors and ceilings included.

    Examples
    --------
    >>> mean_scores(np.array([5.0]), "nprs", Scenario.default()).round(6).tolist()
    [5.0]
    """
    found: FloatArray = score_probabilities(latent, instrument, scenario) @ score_values(instrument)
    return found


def responder_shares(
    before: FloatArray, after: FloatArray, instrument: str, scenario: Scenario
) -> dict[str, float]:
    """Give the true shares of responders among all patients.

    Parameters
    ----------
    before, after : ndarray of shape (n,)
        Latent scores on day 0 and at follow-up; measurement errors are independent.
    instrument : str
        "nprs" or "odi".
    scenario : Scenario
        Gives the SD of the measurement error.

    Returns
    -------
    dict of str to float
        "mic": falls by the smallest important change, among all; "relative": by 30%, and "both",
        among those whose baseline is not 0.
    """
    values = score_values(instrument)
    at_baseline = score_probabilities(before, instrument, scenario)
    up_to = np.cumsum(score_probabilities(after, instrument, scenario), axis=1)
    mic = INSTRUMENTS[instrument].mic or math.inf
    found = {"mic": 0.0, "relative": 0.0, "both": 0.0}
    for place, baseline in enumerate(values):
        for rule, highest in (
            ("mic", baseline - mic),
            ("relative", baseline * (1 - RELATIVE_RESPONSE)),
            ("both", min(baseline - mic, baseline * (1 - RELATIVE_RESPONSE))),
        ):
            count = int(np.searchsorted(values, highest + _TOLERANCE, side="right"))
            if count and (rule == "mic" or baseline > 0):
                found[rule] += float((at_baseline[:, place] * up_to[:, count - 1]).sum())
    has_room = len(before) - float(at_baseline[:, 0].sum())
    return {
        "mic": found["mic"] / len(before),
        "relative": found["relative"] / has_room,
        "both": found["both"] / has_room,
    }


def draw_scores(
    latent: FloatArray, instrument: str, scenario: Scenario, rng: np.random.Generator
) -> FloatArray:
    """Draw a reported score of each patient.

    Parameters
    ----------
    latent : ndarray of shape (n,)
        Latent scores.
    instrument : str
        "nprs" or "odi".
    scenario : Scenario
        Gives the SD of the measurement error.
    rng : numpy.random.Generator
        Where the errors come from.

    Returns
    -------
    ndarray of shape (n,)
        Rounded and within range.
    """
    step, values = STEPS[instrument], score_values(instrument)
    error = getattr(scenario.pain, f"{instrument}_error_sd") * rng.standard_normal(len(latent))
    found: FloatArray = (step * np.floor((latent + error) / step + 0.5)).clip(0.0, values[-1])
    return found
