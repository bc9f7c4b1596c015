"""Random numbers that belong to a patient, not to the order in which patients are made.

Every purpose (where a patient starts, how long a stage takes, visit 7) has its own Philox stream,
and in it every patient owns a fixed block. So a patient's draws do not depend on how many patients
are made, in which chunks, or which other mechanisms are switched on.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from hinge_outcomes.exceptions import ConfigError

FloatArray = npt.NDArray[np.float64]

#: Purposes by number; a number is never used again for something else, or old seeds would change.
PURPOSES: Final = {
    "clinics": 1,
    "clinicians": 2,
    "person": 3,
    "placement": 4,
    "severity": 5,
    "dwell": 6,
    "questionnaires": 7,
    "visit": 8,
}

_DRAWS_PER_COUNTER = 8  # Philox4x64 gives 4 x 64 bits a step: eight 32-bit draws
_HALF_STEP = 2.0**-25  # single draws lie on a grid of 2**-24; moved to cell centres, never 0 or 1
_WORD = 2**64


@dataclass(frozen=True, slots=True)
class PatientStreams:
    """Give each of a run of patients its own random numbers.

    Parameters
    ----------
    seed : int
        Seed of the whole simulation, 0 or more.
    first : int
        Number of the first patient of the run, counted from 0.
    count : int
        How many patients the run has.

    Examples
    --------
    >>> whole = PatientStreams(7, 0, 5).uniform("person", 3)
    >>> part = PatientStreams(7, 3, 2).uniform("person", 3)
    >>> bool((whole[3:] == part).all())
    True
    """

    seed: int
    first: int
    count: int

    def uniform(self, purpose: str, slots: int, occasion: int = 0) -> FloatArray:
        """Return draws from the uniform distribution, one row per patient.

        Parameters
        ----------
        purpose : str
            What the draws are for, a key of ``PURPOSES``.
        slots : int
            How many draws each patient needs.
        occasion : int, default 0
            Which time this purpose comes up, such as the visit's number.

        Returns
        -------
        ndarray of shape (count, slots)
            Values strictly between 0 and 1, on a grid of 2**-24.
        """
        block = -(-slots // _DRAWS_PER_COUNTER)
        key = [self.seed % _WORD, PURPOSES[purpose] + (occasion << 16)]
        start = self.first * block
        counter = [start % _WORD, start // _WORD, 0, 0]
        bits: Any = np.random.Philox(
            key=np.array(key, dtype=np.uint64), counter=np.array(counter, dtype=np.uint64)
        )
        drawn = np.random.Generator(bits).random(
            (self.count, block * _DRAWS_PER_COUNTER), dtype=np.float32
        )
        values: FloatArray = drawn[:, :slots].astype(np.float64)
        values += _HALF_STEP
        return values

    def normal(self, purpose: str, slots: int, occasion: int = 0) -> FloatArray:
        """Return draws from the standard normal distribution, one row per patient.

        Parameters
        ----------
        purpose : str
            What the draws are for, a key of ``PURPOSES``.
        slots : int
            How many draws each patient needs.
        occasion : int, default 0
            Which time this purpose comes up.

        Returns
        -------
        ndarray of shape (count, slots)
            Normal quantiles of the uniform draws.
        """
        values: FloatArray = ndtri(self.uniform(purpose, slots, occasion))
        return values


def check_seed(seed: int) -> None:
    """Refuse a seed that is no whole number from 0 up.

    Parameters
    ----------
    seed : int
        The seed.

    Raises
    ------
    ConfigError
        If it is negative, not an integer, or needs more than 64 bits.
    """
    is_whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not is_whole or not 0 <= seed < _WORD:
        raise ConfigError("seed must be a whole number from 0 to 2**64 - 1, such as seed=7.")
