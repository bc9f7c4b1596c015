"""Write the tables that msm.R and occupancy.R read: 200 episodes of the scenario `matched`."""

from pathlib import Path

import numpy as np
import pandas as pd

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.ladder_panel import see_ladder
from hinge_outcomes.cohort.day0 import derive_day0
from hinge_outcomes.domain.states import STATES

N_EPISODES, SEED = 200, 11
_HIGH = 4
"""From this stage on a patient counts as high up."""


def make_panel(cohort: ho.Cohort) -> pd.DataFrame:
    """Collapse what was seen of the ladder into low, high, mastered and left."""
    sightings = see_ladder(cohort, criterion=ho.MasteryCriterion(), loss=ho.LossRule())
    code = sightings.code
    state = np.select(
        [code < _HIGH - 1, code < STATES.index("mastered"), code == STATES.index("mastered")],
        ["low", "high", "mastered"],
        "left",
    )
    # A single good rating of the target leaves open whether it was mastered: high, at least.
    state = np.where(code >= len(STATES), "high", state)
    episodes = derive_day0(cohort).set_index("episode_id").loc[sightings.episode_ids]
    known = episodes[["symptom_duration", "age"]].iloc[sightings.episode].reset_index(drop=True)
    number = pd.factorize(sightings.episode)[0] + 1
    return pd.DataFrame({"id": number, "day": sightings.day, "state": state}).join(known)


def make_stays(cohort: ho.Cohort) -> pd.DataFrame:
    """Give the stays with running numbers for episodes and clinicians."""
    stays = ho.derive_stays(cohort)
    return pd.DataFrame(
        {
            "id": pd.factorize(stays["episode_id"])[0] + 1,
            "clinician": pd.factorize(stays["clinician_id"])[0] + 1,
            "start": stays["start_day"],
            "stop": stays["stop_day"],
            "from": stays["from_state"],
            "to": stays["to_state"],
        }
    )


if __name__ == "__main__":
    here = Path(__file__).parent
    matched = ho.simulate(ho.Scenario.named("matched"), n_episodes=N_EPISODES, seed=SEED)
    make_panel(matched).to_csv(here / "matched_panel.csv", index=False)
    make_stays(matched).to_csv(here / "matched_stays.csv", index=False)
