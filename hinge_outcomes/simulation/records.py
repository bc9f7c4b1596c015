"""What the simulation writes down: one record per episode, appointment, rating, score and event.

The episode's record holds the truth about a patient beside what the clinic gets to see; the tables
are made from these records alone.
"""

import bisect
import math
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from hinge_outcomes.domain.progression import LAST_STAGE
from hinge_outcomes.simulation.streams import BLOCK

Records = npt.NDArray[Any]

NEVER: Final = 1e9
"""A time later than any record, in days, for what has not happened."""

MISSING: Final = -1
"""Stands for null in whole numbers."""

EPISODE = np.dtype(
    [
        ("patient", "i8"), ("is_second", "i1"), ("clinic", "i4"), ("clinician", "i4"),
        ("first_colleague", "i4"), ("n_colleagues", "i4"), ("interval_factor", "f8"),
        ("start", "i8"),  # days since 1970-01-01
        ("horizon", "i8"),  # days from the start to the data cut
        ("birth_year", "i2"), ("age", "i2"), ("sex", "i1"), ("duration", "i1"), ("risk", "i1"),
        ("has_risk", "i1"), ("adherence", "f8"), ("no_show", "f8"), ("frailty", "f8"),
        ("nprs", "f8"), ("odi", "f8"),  # latent scores on day 0
        ("nprs_deviation", "f8"), ("odi_deviation", "f8"),  # from the course, once complete
        ("entry", "i2"), ("target", "i2"),
        ("forward", "f8"), ("backward", "f8"), ("exit", "f8"),  # log hazards over the average
        ("left", "f8"), ("referred", "f8"), ("mastered", "f8"),  # exact times, NEVER if not
        ("closed", "f8"),  # when learning stops: the exact end of care, NEVER while open
        ("end_day", "i4"), ("end_reason", "i1"), ("last_stage", "i2"),
    ],
    align=True,
)  # fmt: skip
"""One course of care, true facts first; times are days since its start."""

VISIT = np.dtype(
    [("episode", "i4"), ("clinician", "i4"), ("day", "i2"), ("number", "i2"), ("status", "i1"),
     ("home_days", "i1")],
    align=True,
)  # fmt: skip

ASSESSMENT = np.dtype(
    [("episode", "i4"), ("load", "f4"), ("day", "i2"), ("stage", "i1"), ("level", "i1"),
     ("is_working", "i1")],
    align=True,
)  # fmt: skip

SCORE = np.dtype(
    [("score", "f8"), ("episode", "i4"), ("day", "i2"), ("instrument", "i1")], align=True
)

EVENT = np.dtype([("episode", "i4"), ("kind", "i1"), ("stage", "i1"), ("time", "f8")], align=True)
"""What happened at which exact time; see ``EVENT_KINDS``."""

INSTRUMENTS: Final = ("nprs", "odi", "rmdq", "psfs")
NPRS, ODI, RMDQ, PSFS = range(4)

EVENT_KINDS: Final = (
    "learned", "setback", "decayed", "advanced", "moved_back", "flare_up", "left", "referred",
)  # fmt: skip
LEARNED, SETBACK, DECAYED, ADVANCED, MOVED_BACK, FLARE_UP, LEFT, REFERRED = range(8)


KINDS: Final = ("episodes", "visits", "assessments", "scores", "events")
EPISODES, VISITS, ASSESSMENTS, SCORES, EVENTS = range(5)

ROOM: Final = (4_096, 131_072, 131_072, 98_304, 131_072)
"""Records of each kind on a page: about 4,000 ordinary episodes, or one of fifty years."""

WEEKS: Final = 53
"""Latent scores can be kept at the start of weeks 0 to 52."""

PAGE = np.dtype(
    [
        ("episodes", EPISODE, (ROOM[EPISODES],)),
        ("visits", VISIT, (ROOM[VISITS],)),
        ("assessments", ASSESSMENT, (ROOM[ASSESSMENTS],)),
        ("scores", SCORE, (ROOM[SCORES],)),
        ("events", EVENT, (ROOM[EVENTS],)),
        ("latent", "f8", (ROOM[EPISODES], WEEKS, 2)),  # NPRS and ODI
        ("used", "i8", (len(KINDS),)),  # more than there is room for: some were not written
        ("keeps_truth", "i8"),  # whether events and latent scores are written
    ],
    align=True,
)
"""Records of a run of patients while they are written. One address stands for all of it, so that
handing it on costs nothing, and a page is used again and again."""


CARE = np.dtype(
    [
        ("stage", "i8"),  # working stage
        ("needed", "f8", (LAST_STAGE,)),  # days of practice a stage takes; 0: not drawn yet
        ("done", "f8", (LAST_STAGE,)),  # days of practice so far
        ("last_automatic", "i8", (LAST_STAGE,)),  # day of the last rating, if it was automatic
        ("is_confirmed", "i8"),  # whether mastery of the target is documented
        ("time", "f8"),  # up to when everything has happened
        ("day", "i8"), ("number", "i8"),  # of the next appointment
        ("last_attended", "i8"), ("n_attended", "i8"),
        ("last_nprs", "f8"), ("nprs_day", "i8"), ("odi_day", "i8"),
        ("home_bounds", "f8", (7,)),  # cumulated probabilities of days with home exercise
        ("setback_factor", "f8"),  # hazard of a setback over the average
        ("loss_rate", "f8"), ("referral_rate", "f8"),  # per day, until the next appointment
        ("loss_budget", "f8"), ("referral_budget", "f8"), ("setback_budget", "f8"),
        ("decay_budget", "f8"), ("pause_left", "f8"),
        ("next_flare", "f8"), ("flare_time", "f8"), ("flare_size", "f8"),
        ("week", "i8"), ("week_nprs", "f8"), ("week_odi", "f8"),
        ("path_draws", "f8", (BLOCK,)), ("path_used", "i8"), ("path_block", "i8"),
        ("draws", "f8", (BLOCK,)), ("rating_draws", "f8", (BLOCK,)),
        ("score_draws", "f8", (BLOCK,)), ("week_draws", "f8", (BLOCK,)),
        ("answer_draws", "f8", (BLOCK,)),
        ("answer", "i8"), ("answer_day", "i8"),  # which mailed questionnaire comes next, and when
        ("still_missed", "i8"), ("closing_day", "i8"), ("closing_reason", "i8"),
    ],
    align=True,
)  # fmt: skip
"""What is true of a patient at one moment of care. Budgets are what is left of unit exponential
draws: an event happens when its cumulated hazard has used up its budget."""


class Sheets(NamedTuple):
    """Hold the records of a run of patients, in order of episodes.

    Attributes
    ----------
    episodes, visits, assessments, scores, events : structured ndarray
        Records; their ``episode`` counts from the first of the run.
    latent : ndarray of shape (episodes, 53, 2)
        Latent NPRS and ODI at the start of each week, nan beyond the data cut; no rows where the
        truth is not kept.
    """

    episodes: Records
    visits: Records
    assessments: Records
    scores: Records
    events: Records
    latent: npt.NDArray[np.float64]


def written(page: Any) -> Sheets:
    """Copy what is written on a page.

    Parameters
    ----------
    page : record of PAGE
        Filled by the simulation.

    Returns
    -------
    Sheets
        Copies, so that the page can be used again.
    """
    parts = [_joined([page[name][:n]]) for name, n in zip(KINDS, page["used"], strict=True)]
    n_latent = len(parts[EPISODES]) if page["keeps_truth"] else 0
    return _sheets(parts, page["latent"][:n_latent].copy())


def join(parts: list[Sheets]) -> Sheets:
    """Put the records of consecutive runs under each other and number their episodes through.

    Parameters
    ----------
    parts : list of Sheets
        At least one.

    Returns
    -------
    Sheets
        All records; ``episode`` counts from the first episode of the first run.
    """
    parts = [part for part in parts if len(part.episodes)] or parts[:1]
    if len(parts) == 1:
        return parts[0]
    stack = Stack(sum(len(part.episodes) for part in parts))
    for part in parts:
        stack.add(part)
    return stack.sheets()


class Stack:
    """Put the records of consecutive runs under each other as they come, up to a number.

    Each is copied once, into room that is set aside for all of them when the first run comes.

    Parameters
    ----------
    n_episodes : int
        How many episodes there will be.
    """

    def __init__(self, n_episodes: int) -> None:
        self.missing = n_episodes
        self._n_episodes = n_episodes
        self._rows: list[npt.NDArray[Any]] = []
        self._used = [0] * len(Sheets._fields)

    def add(self, run: Sheets) -> None:
        """Add the next run; episodes beyond the number are left out.

        Parameters
        ----------
        run : Sheets
            Of one episode or more; its ``episode`` counts from its first.
        """
        first = self._n_episodes - self.missing
        part = between(run, 0, self.missing)
        self.missing -= len(part.episodes)
        for place, rows in enumerate(part):
            if first == 0:
                # To set aside too much costs nothing: memory is taken where something is written.
                room = math.ceil(1.1 * len(rows) / len(part.episodes) * self._n_episodes)
                self._rows.append(np.empty((room, *rows.shape[1:]), rows.dtype))
            used = self._used[place]
            self._used[place] = stop = used + len(rows)
            if stop > len(self._rows[place]):
                more = np.empty((stop, *rows.shape[1:]), rows.dtype)  # about twice the room
                self._rows[place] = _joined([self._rows[place][:used], more])
            target = self._rows[place][used:stop]
            _copy(rows, target)
            if place in range(VISITS, len(KINDS)):
                target["episode"] += first

    def sheets(self) -> Sheets:
        """Give what was added.

        Returns
        -------
        Sheets
            ``episode`` counts from the first episode of the first run.
        """
        return Sheets(*(rows[:used] for rows, used in zip(self._rows, self._used, strict=True)))


def _sheets(columns: list[Records], latent: npt.NDArray[np.float64]) -> Sheets:
    return Sheets(**dict(zip(KINDS, columns, strict=True)), latent=latent)


def _joined(parts: list[Records]) -> Records:
    joined = np.empty((sum(map(len, parts)), *parts[0].shape[1:]), parts[0].dtype)
    first = 0
    for part in parts:
        _copy(part, joined[first : first + len(part)])
        first += len(part)
    return joined


def _copy(rows: Records, target: Records) -> None:
    """Copy records byte by byte: field by field takes NumPy 15 times as long."""
    whole = np.dtype((np.void, rows.dtype.itemsize))
    target.view(whole)[...] = rows.view(whole)


def between(sheets: Sheets, first: int, stop: int) -> Sheets:
    """Take the records of some episodes.

    Parameters
    ----------
    sheets : Sheets
        Records in order of episodes.
    first, stop : int
        First episode, and the one after the last.

    Returns
    -------
    Sheets
        Their records; ``episode`` counts from the first of them.
    """
    columns: list[Any] = [sheets.episodes[first:stop]]
    for kind in range(VISITS, len(KINDS)):
        rows: Records = sheets[kind]
        # np.searchsorted would copy the column; this looks at 20 of its values.
        low, high = (bisect.bisect_left(rows["episode"], place) for place in (first, stop))
        part = rows[low:high]
        if first:
            part = _joined([part])
            part["episode"] -= first
        columns.append(part)
    return _sheets(columns, sheets.latent[first:stop])
