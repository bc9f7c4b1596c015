"""The five tables of the peers' patients, through the simulator's own table maker."""

from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.patient_course import Episode, Rows
from hinge_outcomes.simulation.inputs import Places
from hinge_outcomes.simulation.records import ASSESSMENT, EPISODE, EVENT, SCORE, VISIT, Sheets
from hinge_outcomes.simulation.tables import simulated_tables

_OF_EPISODES = (
    "patient", "is_second", "clinic", "clinician", "start", "horizon", "birth_year", "sex",
    "duration", "risk", "has_risk", "entry", "target", "end_day", "end_reason",
)  # fmt: skip


def peer_sheets(episodes: list[Episode], rows: Rows) -> Sheets:
    """Turn what a peer has written into the simulator's records, in order of patients."""
    episodes = sorted(episodes, key=lambda episode: episode.code)
    made = np.zeros(len(episodes), EPISODE)
    for name in _OF_EPISODES:
        made[name] = [getattr(episode, name) for episode in episodes]
    codes = np.array([episode.code for episode in episodes])
    return Sheets(
        episodes=made,
        visits=_records(rows.visits, VISIT, codes,
                        ("day", "number", "status", "clinician", "home_days")),
        assessments=_records(rows.assessments, ASSESSMENT, codes,
                             ("day", "stage", "level", "is_working", "load")),
        scores=_records(rows.scores, SCORE, codes, ("day", "instrument", "score")),
        events=np.zeros(0, EVENT),
        latent=np.zeros((0, 53, 2)),
    )  # fmt: skip


def _records(
    rows: list[tuple[Any, ...]], dtype: Any, codes: Any, names: tuple[str, ...]
) -> np.ndarray[Any, Any]:
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    place = np.searchsorted(codes, columns[0])
    order = np.argsort(place, kind="stable")
    made = np.zeros(len(rows), dtype)
    made["episode"] = place[order]
    for name, column in zip(names, columns[1:], strict=True):
        made[name] = column[order]
    return made


def peer_tables(episodes: list[Episode], rows: Rows, places: Places) -> dict[str, pa.Table]:
    """Make the five tables of a peer's patients."""
    return simulated_tables(peer_sheets(episodes, rows), places)
