"""Random numbers that belong to a patient, not to the order in which patients are made.

Every patient owns a fixed block of one counter-based stream (Philox 4x64, the generator NumPy
ships): the counter says which patient, for what purpose, and on which occasion; the key is the
seed. So a patient's draws do not depend on how many patients are made, in which chunks, by how many
workers, or which other mechanisms are switched on.

References
----------
.. [1] Salmon JK, Moraes MA, Dror RO, Shaw DE. Parallel random numbers: as easy as 1, 2, 3. SC 2011.
.. [2] Wichura MJ. Algorithm AS 241: the percentage points of the normal distribution. Appl Stat
   1988;37:477-484.
"""

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from hinge_outcomes.exceptions import ConfigError
from hinge_outcomes.simulation.machine_code import compiled

FloatArray = npt.NDArray[np.float64]

# Purposes by number; a number is never used again for something else, or old seeds would change.
CLINICS: Final = 1
CLINICIANS: Final = 2
PERSON: Final = 3
START: Final = 4
PATH: Final = 5
WEEKS: Final = 6
QUESTIONNAIRE: Final = 7
APPOINTMENT: Final = 8
ASSESSMENT: Final = 9
SCORES: Final = 10
RETURN: Final = 11

SECOND_EPISODE: Final = 1 << 40
"""Occasions of a patient's second episode start here."""

BLOCK: Final = 8
"""Draws in one block: a step of the generator gives 256 bits, which are eight draws of 32."""

_MULTIPLIER_0: Final = np.uint64(0xD2E7470EE14C6C93)
_MULTIPLIER_1: Final = np.uint64(0xCA5A826395121157)
_WEYL_0: Final = np.uint64(0x9E3779B97F4A7C15)
_WEYL_1: Final = np.uint64(0xBB67AE8584CAA73B)
_LOW: Final = np.uint64(0xFFFFFFFF)
_HALF: Final = np.uint64(32)
_STEP: Final = 2.0**-32


@compiled
def _high_product(a: Any, b: Any) -> Any:
    """Upper half of the 128-bit product."""
    a_low, a_high, b_low, b_high = a & _LOW, a >> _HALF, b & _LOW, b >> _HALF
    low = a_low * b_low
    middle = a_high * b_low + (low >> _HALF)
    other = a_low * b_high + (middle & _LOW)
    return a_high * b_high + (middle >> _HALF) + (other >> _HALF)


@compiled
def philox(key: Any, c0: Any, c1: Any, c2: Any, c3: Any) -> Any:
    """Give one step of Philox 4x64 with ten rounds.

    Parameters
    ----------
    key : uint64
        First word of the key; the second is 0.
    c0, c1, c2, c3 : uint64
        The counter.

    Returns
    -------
    tuple of four uint64
        As ``numpy.random.Philox`` gives them after the counter before.
    """
    key_0, key_1 = key, np.uint64(0)
    for _ in range(10):
        high_0, low_0 = _high_product(_MULTIPLIER_0, c0), _MULTIPLIER_0 * c0
        high_1, low_1 = _high_product(_MULTIPLIER_1, c2), _MULTIPLIER_1 * c2
        c0, c1, c2, c3 = high_1 ^ c1 ^ key_0, low_1, high_0 ^ c3 ^ key_1, low_0
        key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
    return c0, c1, c2, c3


@compiled
def draw(seed: Any, patient: Any, purpose: Any, occasion: Any, out: Any) -> None:
    """Fill an array of eight with draws from the uniform distribution.

    Parameters
    ----------
    seed, patient : int
        Whose draws.
    purpose : int
        What for, one of this module's constants.
    occasion : int
        Which time this purpose comes up for the patient.
    out : ndarray of shape (8,)
        Filled with values strictly between 0 and 1, on a grid of 2**-32.
    """
    words = philox(
        np.uint64(seed), np.uint64(patient), np.uint64(occasion), np.uint64(purpose), np.uint64(0)
    )
    for place in range(4):
        word = words[place]
        out[2 * place] = (np.float64(word & _LOW) + 0.5) * _STEP
        out[2 * place + 1] = (np.float64(word >> _HALF) + 0.5) * _STEP


@compiled
def normal(u: Any) -> Any:
    """Give the standard normal quantile, to 16 digits.

    Parameters
    ----------
    u : float
        Strictly between 0 and 1.

    Returns
    -------
    float
        Wichura's rational approximation [2]_.
    """
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * _polynomial(
            r, 3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3,
            1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
            3.3430575583588128105e4, 2.5090809287301226727e3,
        ) / _polynomial(
            r, 1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
            2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
            5.2264952788528545610e3,
        )  # fmt: skip
    r = math.sqrt(-math.log(u if q < 0 else 1.0 - u))
    if r <= 5.0:
        r -= 1.6
        z = _polynomial(
            r, 1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550,
            3.64784832476320460504, 1.27045825245236838258, 2.41780725177450611770e-1,
            2.27238449892691845833e-2, 7.74545014278341407640e-4,
        ) / _polynomial(
            r, 1.0, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1,
            1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
            1.05075007164441684324e-9,
        )  # fmt: skip
    else:
        r -= 5.0
        z = _polynomial(
            r, 6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580,
            2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
            2.71155556874348757815e-5, 2.01033439929228813265e-7,
        ) / _polynomial(
            r, 1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1,
            1.48753612908506148525e-2, 7.86869131145613259100e-4, 1.84631831751005468180e-5,
            1.42151175831644588870e-7, 2.04426310338993978564e-15,
        )  # fmt: skip
    return -z if q < 0 else z


@compiled
def _polynomial(
    x: Any, c0: Any, c1: Any, c2: Any, c3: Any, c4: Any, c5: Any, c6: Any, c7: Any
) -> Any:
    """Value at x, by Estrin's scheme: fewer steps wait for each other than in Horner's."""
    square = x * x
    low = (c0 + c1 * x) + (c2 + c3 * x) * square
    high = (c4 + c5 * x) + (c6 + c7 * x) * square
    return low + high * (square * square)


@compiled
def exponential(u: Any) -> Any:
    """Give the standard exponential quantile of a draw's complement.

    Parameters
    ----------
    u : float
        Strictly between 0 and 1.

    Returns
    -------
    float
        ``-log(u)``.
    """
    return -math.log(u)


@compiled
def _fill(seed: Any, purpose: Any, out: Any) -> None:
    block = np.empty(8)
    for owner in range(out.shape[0]):
        draw(seed, owner, purpose, 0, block)
        for slot in range(out.shape[1]):
            out[owner, slot] = normal(block[slot])


def normals(seed: int, purpose: int, owners: int, slots: int) -> FloatArray:
    """Give each clinic or clinician its own standard normal draws.

    Parameters
    ----------
    seed : int
        Seed of the simulation.
    purpose : int
        What for, one of this module's constants.
    owners : int
        How many there are.
    slots : int
        Draws each, at most eight.

    Returns
    -------
    ndarray of shape (owners, slots)
        The same for the first owners however many there are.

    Examples
    --------
    >>> bool((normals(7, CLINICS, 3, 2) == normals(7, CLINICS, 5, 2)[:3]).all())
    True
    """
    out = np.empty((owners, slots))
    _fill(np.uint64(seed), purpose, out)
    return out


def check_seed(seed: int) -> int:
    """Refuse a seed that is no whole number from 0 up.

    Parameters
    ----------
    seed : int
        The seed.

    Returns
    -------
    int
        The same seed.

    Raises
    ------
    ConfigError
        If it is negative, not an integer, or needs more than 64 bits.
    """
    is_whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not is_whole or not 0 <= seed < 2**64:
        raise ConfigError("seed must be a whole number from 0 to 2**64 - 1, such as seed=7.")
    return int(seed)
