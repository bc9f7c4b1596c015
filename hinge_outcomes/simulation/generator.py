"""Simulate a cohort: patients one after another, then the same five tables that clinics fill."""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from queue import SimpleQueue
from typing import Any

import numpy as np

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.exceptions import ConfigError
from hinge_outcomes.simulation.care import patient_follower
from hinge_outcomes.simulation.inputs import Places, simulated_places, simulation_inputs
from hinge_outcomes.simulation.records import CARE, PAGE, Sheets, Stack, join, written
from hinge_outcomes.simulation.scenario import Scenario
from hinge_outcomes.simulation.streams import check_seed
from hinge_outcomes.simulation.tables import as_frame, clinic_names, simulated_tables

CHUNK = 1_000
"""Patients made at once by default: their records fit on one page, and in a processor's cache."""


def simulate(
    scenario: Scenario,
    *,
    n_episodes: int,
    seed: int,
    chunk_size: int = CHUNK,
    workers: int = 1,
) -> Cohort:
    """Make up patients who learn the hip hinge, as a clinic would have recorded them.

    Each patient owns a fixed block of one counter-based random stream, first and second episode in
    it, and episodes are numbered in patient order. So results do not depend on ``chunk_size`` or
    ``workers``, and the first 1,000 episodes of a larger run are those of a run of 1,000. A test
    shows that what any scenario produces passes `validate`; it is not checked again here.

    Parameters
    ----------
    scenario : Scenario
        Every number the simulation rests on.
    n_episodes : int
        How many episodes, 1 or more.
    seed : int
        Seed, 0 or more.
    chunk_size : int, default 1000
        Patients made at once; changes memory and speed, never a result.
    workers : int, default 1
        How many threads make patients side by side.

    Returns
    -------
    Cohort
        Marked as synthetic, with scenario and seed.

    Raises
    ------
    ConfigError
        If ``n_episodes``, ``seed``, ``chunk_size`` or ``workers`` is not allowed.

    Examples
    --------
    >>> from hinge_outcomes.simulation import Scenario
    >>> simulate(Scenario.default(), n_episodes=20, seed=7).n_episodes
    20
    """
    places = simulated_places(scenario, check_seed(seed))
    sheets = simulated_sheets(
        scenario, places, n_episodes=n_episodes, seed=seed, chunk_size=chunk_size, workers=workers
    )
    return cohort_of(scenario, places, sheets, seed)


def simulated_sheets(
    scenario: Scenario,
    places: Places,
    *,
    n_episodes: int,
    seed: int,
    chunk_size: int = CHUNK,
    workers: int = 1,
    keeps_truth: bool = False,
) -> Sheets:
    """Simulate a number of episodes and keep the records as they are.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    places : Places
        Its clinics and clinicians.
    n_episodes, seed, chunk_size, workers : int
        As for `simulate`.
    keeps_truth : bool, default False
        Whether events and latent scores are kept.

    Returns
    -------
    Sheets
        Exactly so many episodes.
    """
    check_counts(n_episodes=n_episodes, chunk_size=chunk_size, workers=workers)
    stack, first = Stack(n_episodes), 0
    while stack.missing:
        # Nobody has fewer than one episode, so what is missing needs no more patients than that.
        size = min(chunk_size, stack.missing)
        runs = simulated_runs(
            scenario, places, seed, first_patient=first, chunk_size=size, workers=workers,
            keeps_truth=keeps_truth,
        )  # fmt: skip
        with closing(runs):
            for run in runs:
                stack.add(run)
                first += size
                if stack.missing < size:
                    break
    return stack.sheets()


def simulated_runs(
    scenario: Scenario,
    places: Places,
    seed: int,
    *,
    first_patient: int = 0,
    chunk_size: int = CHUNK,
    workers: int = 1,
    keeps_truth: bool = False,
) -> Generator[Sheets, None, None]:
    """Simulate one run of patients after another, without end.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    places : Places
        Its clinics and clinicians.
    seed : int
        The seed.
    first_patient : int, default 0
        With whom to begin.
    chunk_size, workers : int
        As for `simulate`.
    keeps_truth : bool, default False
        Whether events and latent scores are kept.

    Yields
    ------
    Sheets
        The records of the next ``chunk_size`` patients; whole patients only.
    """
    inputs = simulation_inputs(scenario)
    starts = iter(range(first_patient, 2**62, chunk_size))

    # Each worker writes on a page of its own, again and again.
    idle: SimpleQueue[tuple[Any, Any]] = SimpleQueue()
    for _ in range(workers):
        page, care = np.empty(1, PAGE), np.empty(1, CARE)
        page["keeps_truth"] = keeps_truth
        idle.put((page, care))

    def run(first: int) -> Sheets:
        page, care = idle.get()
        try:
            return _one_run(inputs, places, seed, first, first + chunk_size, page, care)
        finally:
            idle.put((page, care))

    if workers == 1:
        yield from map(run, starts)
        return
    # The compiled functions leave Python's global lock alone, so threads do run side by side.
    patient_follower()
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Sheets]] = deque(
            pool.submit(run, next(starts)) for _ in range(workers)
        )
        try:
            while True:
                waiting.append(pool.submit(run, next(starts)))
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _one_run(
    inputs: Any, places: Places, seed: int, first: int, stop: int, page: Any, care: Any
) -> Sheets:
    follow = patient_follower()
    parts = []
    while first < stop:
        first = follow(inputs, places, np.uint64(seed), first, stop, page, care)
        parts.append(written(page[0]))
    return join(parts)


def cohort_of(scenario: Scenario, places: Places, sheets: Sheets, seed: int) -> Cohort:
    """Make a cohort of simulated records.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    places : Places
        Its clinics and clinicians.
    sheets : Sheets
        The records.
    seed : int
        The seed.

    Returns
    -------
    Cohort
        Marked as synthetic.
    """
    tables = simulated_tables(sheets, places)
    return Cohort.from_lawful(
        {name: as_frame(name, table) for name, table in tables.items()},
        **simulation_facts(scenario, seed),
    )


def simulation_facts(scenario: Scenario, seed: int) -> dict[str, Any]:
    """Say what is known of a simulated cohort beside its tables.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    seed : int
        The seed.

    Returns
    -------
    dict
        Keyword arguments of a Cohort.
    """
    names = scenario.clinics.names
    return {
        "data_cut": scenario.calendar.data_cut,
        "is_synthetic": True,
        "clinic_names": {
            clinic_id: names[place] if place < len(names) else f"Clinic {place + 1}"
            for place, clinic_id in enumerate(clinic_names(scenario.clinics.count))
        },
        "scenario": scenario.as_dict(),
        "seed": int(seed),
    }


def check_counts(**counts: int) -> None:
    """Refuse what is no whole number of 1 or more.

    Parameters
    ----------
    **counts
        Numbers by the name the user knows them by.

    Raises
    ------
    ConfigError
        Names the first that is not allowed.
    """
    for name, value in counts.items():
        is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not is_whole or value < 1:
            raise ConfigError(f"{name} must be a whole number of 1 or more, such as {name}=2.")
