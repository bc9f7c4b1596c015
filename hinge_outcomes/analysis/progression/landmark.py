"""Start following on a later day: those seen then, or those seen then in one state."""

from dataclasses import replace
from typing import Any

import numpy as np

from hinge_outcomes.analysis.progression.stay_arrays import StayArrays, complete_until
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError


def from_landmark_time(stays: StayArrays, time: float, state: Any = None) -> StayArrays:
    """Follow those who are seen at a time, from that time on.

    The state held at the time is that of the stay with start <= time < stop. What happened before
    is forgotten, so that occupancies from one state are the landmark Aalen-Johansen estimate of
    transition probabilities, which does not need the Markov property [1]_.

    Parameters
    ----------
    stays : StayArrays
        The stays.
    time : float
        The landmark, in the unit of the stays.
    state : object, optional
        Follow only those in this state. Default: all who are seen.

    Returns
    -------
    StayArrays
        Their stays after the landmark, the first of each beginning at it.

    Raises
    ------
    AnalysisError
        If the landmark is not a number, or there is no such state.
    NotIdentifiableError
        If nobody is seen then (in that state).

    References
    ----------
    .. [1] Putter H, Spitoni C (2018). Non-parametric estimation of transition probabilities in
       non-Markov multi-state models: the landmark Aalen-Johansen estimator. Stat Methods Med Res
       27, 2081-2092.

    Examples
    --------
    >>> import pandas as pd
    >>> from hinge_outcomes.analysis.progression.stay_arrays import read_stays
    >>> frame = pd.DataFrame({"id": [1, 1, 2], "tstart": [0, 3, 0], "tstop": [3, 9, 2],
    ...                       "from": ["ill", "well", "ill"], "to": ["well", None, None]})
    >>> stays = read_stays(frame, id="id", start="tstart", stop="tstop", from_state="from",
    ...                    to_state="to")
    >>> later = from_landmark_time(stays, 3)
    >>> later.n_subjects, later.start.tolist(), [later.states[k] for k in later.state]
    (1, [3.0], ['well'])
    """
    if not np.isfinite(time):
        raise AnalysisError(
            f"The landmark is {time}, but must be a number, in the unit of the stays."
        )
    held = (stays.start <= time) & (time < stays.stop)
    if state is not None:
        if state not in stays.states:
            raise AnalysisError(
                f"There is no state {state!r} at the landmark. The states are: "
                f"{', '.join(map(str, stays.states))}."
            )
        held &= stays.state == stays.states.index(state)
    if not held.any():
        where = "" if state is None else f" in state {state}"
        raise NotIdentifiableError(
            f"Nobody is seen{where} at the landmark {time:g}, so nobody can be followed from "
            "there. Choose an earlier landmark, or another state."
        )
    seen = np.zeros(int(stays.subject.max()) + 1, dtype=bool)
    seen[stays.subject[held]] = True
    kept = seen[stays.subject] & (stays.stop > time)
    begin = np.maximum(stays.start[kept], time)
    end, subject = stays.stop[kept], stays.subject[kept]
    origin, destination = stays.state[kept], stays.destination[kept]
    joined = (subject[1:] == subject[:-1]) & (begin[1:] == end[:-1])
    labels, cluster = np.unique(stays.cluster[kept], return_inverse=True)
    return replace(
        stays,
        start=begin,
        stop=end,
        state=origin,
        destination=destination,
        weight=stays.weight[kept],
        subject=subject,
        cluster=cluster,
        clusters=stays.clusters[labels],
        n_subjects=len(np.unique(subject)),
        complete_until=complete_until(begin, end, origin, destination, joined),
    )
