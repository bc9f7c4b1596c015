"""Events at exact times: how they are written down, and what is left of a flare-up."""

import math
from typing import Any

from hinge_outcomes.simulation.machine_code import compiled
from hinge_outcomes.simulation.records import EPISODES, EVENTS, ROOM


@compiled
def write_event(page: Any, care: Any, kind: Any, stage: Any) -> None:
    """Write what happened, where events are kept.

    Parameters
    ----------
    page : record of PAGE
        Gets one event more where events are kept; what has no room is only counted.
    care : record of CARE
        Says when.
    kind : int
        One of the kinds of event.
    stage : int
        At, or to, which stage.
    """
    if not page.keeps_truth:
        return
    place = page.used[EVENTS]
    page.used[EVENTS] += 1
    if place < ROOM[EVENTS]:
        row = page.events[place]
        row.episode = page.used[EPISODES]
        row.kind = kind
        row.stage = stage
        row.time = care.time


@compiled
def flare_left(inputs: Any, care: Any, time: Any) -> Any:
    """Give how much of all flare-ups so far is left, as a multiple of a fresh one.

    Parameters
    ----------
    inputs : record of inputs_dtype
        The scenario.
    care : record of CARE
        The patient, not moved on past the next flare-up.
    time : float
        Days since the start.

    Returns
    -------
    float
        0 or more.
    """
    if care.flare_size == 0.0:
        return 0.0
    return care.flare_size * math.exp(-(time - care.flare_time) / inputs.pain.flare_days)
