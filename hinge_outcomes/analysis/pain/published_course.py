"""What is published of pain without regard to treatment, for the same mix of patients: context."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.domain.prognosis import COURSE_SHARES, natural_course


def natural_ratios(durations: pd.Series, days: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Give published mean pain on given days as a share of that on day 0, patient by patient.

    Parameters
    ----------
    durations : pandas.Series
        Symptom duration of each patient: acute, subacute or chronic; missing values stay missing.
    days : array_like, shape (m,)
        Days since the start.

    Returns
    -------
    ndarray, shape (n, m)
        Shares, from the two-phase curves of `hinge_outcomes.domain.prognosis`.

    Examples
    --------
    >>> natural_ratios(pd.Series(["acute", None]), [0, 42]).round(2).tolist()
    [[1.0, 0.44], [nan, nan]]
    """
    asked = np.asarray(days, dtype=np.float64)
    found = np.full((len(durations), len(asked)), np.nan)
    codes = durations.astype("object").to_numpy()
    for duration in COURSE_SHARES:
        start = natural_course(duration, 0)
        curve = [natural_course(duration, day / 7) / start for day in asked]
        found[codes == duration] = curve
    return found
