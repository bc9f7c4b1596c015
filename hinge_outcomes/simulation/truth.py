"""The truth behind a simulated cohort: what happened when, and how much it hurt."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.simulation.estimands import Estimands, true_estimands
from hinge_outcomes.simulation.generator import CHUNK, cohort_of, simulated_sheets
from hinge_outcomes.simulation.inputs import Places, simulated_places
from hinge_outcomes.simulation.records import EVENT_KINDS, NEVER, WEEKS, Sheets
from hinge_outcomes.simulation.scenario import Scenario
from hinge_outcomes.simulation.streams import check_seed
from hinge_outcomes.simulation.tables import clinician_names, numbered

_TIMES = ("mastered", "left", "referred", "closed")


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Hold what is true of a simulated cohort and seen by nobody in it.

    Parameters
    ----------
    scenario : Scenario
        Every number the simulation rests on.
    seed : int
        Its seed.
    transitions : DataFrame
        Exact times: episode_id, time (days since the start, not rounded), kind ("learned",
        "setback", "decayed", "advanced", "moved_back", "flare_up", "left", "referred"), stage (at
        which it happened; for moves, where to).
    episodes : DataFrame
        Per episode: patient_id, clinician_id, frailty and the log hazards over the average of
        learning (forward; frailty, clinic and clinician included), of a setback (backward) and of
        leaving (exit); adherence; latent scores on day 0 and departures from the course; exact
        times at which the target became automatic, the patient left, was referred, and care ended
        (missing where it has not happened by the data cut).
    latent : DataFrame
        Latent NPRS and ODI at the start of weeks 0 to 52, up to the data cut: episode_id, day,
        nprs, odi.
    clinicians : DataFrame
        True effects, the clinic's included: clinician_id, log_hazard of learning, nprs and odi
        (departure of the change, in points).
    """

    scenario: Scenario
    seed: int
    transitions: pd.DataFrame
    episodes: pd.DataFrame
    latent: pd.DataFrame
    clinicians: pd.DataFrame

    def estimands(
        self,
        *,
        replicates: int = 40,
        n_episodes: int = 5_000,
        seed: int = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> Estimands:
        """Give the true value of every headline estimand of the scenario.

        These are facts about the scenario, not about this cohort: what an unbiased estimator would
        find on average over cohorts with complete follow-up. See `true_estimands`.

        Parameters
        ----------
        replicates, n_episodes : int, default 40 and 5000
            Size of the large run: independent simulations, and episodes in each.
        seed : int, default 1
            Its seed.
        progress : callable, optional
            Told how many replicates are done, and of how many.

        Returns
        -------
        Estimands
            With ``table()``: estimand, stage, day, value, mc_error, method.
        """
        return true_estimands(
            self.scenario,
            replicates=replicates,
            n_episodes=n_episodes,
            seed=seed,
            progress=progress,
        )


def simulate_with_truth(
    scenario: Scenario, *, n_episodes: int, seed: int, chunk_size: int = CHUNK, workers: int = 1
) -> tuple[Cohort, Truth]:
    """Simulate a cohort and keep the truth behind it.

    Parameters
    ----------
    scenario : Scenario
        Every number the simulation rests on.
    n_episodes, seed, chunk_size, workers : int
        As for ``simulate``, which gives the same cohort.

    Returns
    -------
    cohort : Cohort
        What the clinics recorded.
    truth : Truth
        What they could not see.

    Raises
    ------
    ConfigError
        If a number is not allowed.

    Examples
    --------
    >>> cohort, truth = simulate_with_truth(Scenario.default(), n_episodes=20, seed=7)
    >>> bool((truth.episodes.index == cohort.episodes["episode_id"]).all())
    True
    """
    places = simulated_places(scenario, check_seed(seed))
    sheets = simulated_sheets(
        scenario, places, n_episodes=n_episodes, seed=seed, chunk_size=chunk_size, workers=workers,
        keeps_truth=True,
    )  # fmt: skip
    return cohort_of(scenario, places, sheets, seed), _truth_of(scenario, seed, places, sheets)


def _truth_of(scenario: Scenario, seed: int, places: Places, sheets: Sheets) -> Truth:
    episode_ids = numbered("E", np.arange(len(sheets.episodes))).to_numpy(zero_copy_only=False)
    clinicians = np.array(clinician_names(places), dtype=object)
    return Truth(
        scenario=scenario,
        seed=seed,
        transitions=_transitions(sheets, episode_ids),
        episodes=_episodes(sheets, episode_ids, clinicians),
        latent=_latent(sheets, episode_ids),
        clinicians=pd.DataFrame(
            {
                "clinician_id": clinicians,
                **{name: places.clinicians[name] for name in ("log_hazard", "nprs", "odi")},
            }
        ),
    )


def _transitions(sheets: Sheets, episode_ids: Any) -> pd.DataFrame:
    rows = sheets.events
    return pd.DataFrame(
        {
            "episode_id": episode_ids[rows["episode"]],
            "time": rows["time"],
            "kind": np.array(EVENT_KINDS, dtype=object)[rows["kind"]],
            "stage": rows["stage"].astype(np.int64),
        }
    )


def _episodes(sheets: Sheets, episode_ids: Any, clinicians: Any) -> pd.DataFrame:
    rows = sheets.episodes
    names = (
        "frailty", "forward", "backward", "exit", "adherence", "nprs", "odi", "nprs_deviation",
        "odi_deviation",
    )  # fmt: skip
    times = {f"{name}_time": np.where(rows[name] < NEVER, rows[name], np.nan) for name in _TIMES}
    return pd.DataFrame(
        {
            "patient_id": numbered("P", rows["patient"]).to_numpy(zero_copy_only=False),
            "clinician_id": clinicians[rows["clinician"]],
            **{name: rows[name].copy() for name in names},
            **times,
        },
        index=pd.Index(episode_ids, name="episode_id"),
    )


def _latent(sheets: Sheets, episode_ids: Any) -> pd.DataFrame:
    n = len(episode_ids)
    frame = pd.DataFrame(
        {
            "episode_id": np.repeat(episode_ids, WEEKS),
            "day": np.tile(7 * np.arange(WEEKS), n),
            "nprs": sheets.latent[:, :, 0].ravel(),
            "odi": sheets.latent[:, :, 1].ravel(),
        }
    )
    return frame.dropna(subset="nprs").reset_index(drop=True)
