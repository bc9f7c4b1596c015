"""When outcome scores are due, and which day still counts as being on time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """Describe the days on which a score counts for one planned follow-up.

    Parameters
    ----------
    name : str
        What a reader calls it.
    target_day : int
        The planned day since the episode began.
    first_day, last_day : int
        First and last day that count, both included.
    """

    name: str
    target_day: int
    first_day: int
    last_day: int


BASELINE = Window("baseline", 0, -14, 3)

FOLLOW_UPS = (
    Window("6 weeks", 42, 28, 56),
    Window("13 weeks", 91, 70, 112),
    Window("26 weeks", 182, 140, 224),
    Window("52 weeks", 364, 308, 420),
)

WINDOWS = {window.target_day: window for window in (BASELINE, *FOLLOW_UPS)}

IN_CARE_DAYS = 14
"""A score this many days or fewer before the end of care stands for its end."""

EARLIEST_SCORE_DAY = BASELINE.first_day
