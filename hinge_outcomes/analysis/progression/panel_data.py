"""Observations of states at visits, as arrays that a panel likelihood can read."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class PanelData:
    """Hold one row per observation, subjects together and in order of time.

    Parameters
    ----------
    states : tuple
        Labels of the S states, in the order of the model.
    subject : ndarray of shape (N,)
        Whose observation, numbered from 0, never falling.
    time : ndarray of shape (N,)
        When, rising within a subject.
    code : ndarray of shape (N,)
        What was seen: a row of ``sets``. The first S rows of ``sets`` are the single states;
        further ones are sets of states that a censored observation may mean.
    sets : ndarray of shape (M, S)
        Which states each code may mean.
    pattern : ndarray of shape (N,)
        Covariate pattern that holds from this observation to the subject's next one.
    values : ndarray of shape (P, C + 1)
        Covariates of each pattern, the constant 1 first.
    is_exact : ndarray of shape (S,)
        States whose time of entry is known exactly when they are observed.
    exact_times : bool
        True if every observation is the time of a move (or of censoring), not a look.
    """

    states: tuple[Any, ...]
    subject: Integers
    time: Floats
    code: Integers
    sets: Bools
    pattern: Integers
    values: Floats
    is_exact: Bools
    exact_times: bool
