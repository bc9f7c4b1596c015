"""Care records: rows come out patient by patient, in the order of time."""

import numpy as np

from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.care_records import CareLog, finished_care, first_day
from hinge_outcomes.simulation.departures import STAYS
from hinge_outcomes.simulation.observation import Scores
from hinge_outcomes.simulation.people import simulate_people, simulate_places
from hinge_outcomes.simulation.streams import PatientStreams


def _state(head_start: float):  # type: ignore[no-untyped-def]
    scenario = Scenario.default()
    people = simulate_people(scenario, simulate_places(scenario, 1), PatientStreams(1, 0, 50))
    return people, first_day(people, head_start)


def test_everybody_begins_at_the_entry_stage() -> None:
    """On day 0 the working stage is the entry stage, below which the head start is done."""
    people, state = _state(0.8)
    below = np.arange(1, 11) < people.entry[:, None]
    assert (state.stage == people.entry).all()
    assert np.allclose(state.done[below], 0.8 * people.dwell[below])
    assert (state.done[~below] == 0).all()
    assert (state.end_reason == STAYS).all()


def test_rows_are_sorted_by_patient_and_keep_their_order() -> None:
    """What was written appointment by appointment is read patient by patient."""
    _, state = _state(0.0)
    log = CareLog()
    for number in (1, 2):
        who = np.array([0, 1])
        log.visits.append((who, who * 0 + 7 * number, who * 0 + number, who, who, who))
        log.assessments.append((who, who, who, who, who == 0, who * 1.0))
        log.scores.append(Scores(who, who, who, who * 1.0))
    care = finished_care(state, log)
    assert care.visits["who"].tolist() == [0, 0, 1, 1]
    assert care.visits["day"].tolist() == [7, 14, 7, 14]
    assert care.scores.who.tolist() == [0, 1, 0, 1]
