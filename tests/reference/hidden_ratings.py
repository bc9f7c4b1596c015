"""Write the ratings that hidden.R reads: the first episodes of the synthetic clinic."""

from pathlib import Path

import pandas as pd

import hinge_outcomes as ho

_CLINIC = Path(__file__).resolve().parents[2] / "data" / "synthetic" / "clinic"

NOT_RATED = 99


def clinic_ratings(n_episodes: int = 250) -> pd.DataFrame:
    """Give what was seen of each episode: 1, 2, 3 from low to automatic, 4 at the end of care.

    A working stage that was not rated that day is ``NOT_RATED``: it may be any of 1 to 3. An end
    is recorded where care ended before the cut.
    """
    cohort = ho.read_cohort(_CLINIC)
    episodes = cohort.episodes.head(n_episodes).set_index("episode_id")
    seen = cohort.assessments[cohort.assessments["episode_id"].isin(episodes.index)]
    seen = seen[seen["is_working_stage"].fillna(False).astype(bool)]
    level = seen["mastery_level"].astype("float64")
    rows = pd.DataFrame(
        {
            "id": seen["episode_id"].astype(str),
            "day": seen["assessed_day"].astype(int),
            "state": level.clip(lower=1).fillna(NOT_RATED).astype(int),
        }
    )
    ended = episodes[episodes["end_reason"].ne("administrative") & episodes["end_day"].notna()]
    ends = pd.DataFrame(
        {"id": ended.index.astype(str), "day": ended["end_day"].astype(int), "state": 4}
    )
    end_day = ends.set_index("id")["day"]
    rows = rows[~(rows["day"] > rows["id"].map(end_day))]
    # On one day the end comes last.
    found = pd.concat([rows, ends]).assign(is_end=lambda frame: frame["state"] == 4)
    found = found.sort_values(["id", "day", "is_end"], kind="stable").drop(columns="is_end")
    chronic = (episodes["symptom_duration"] == "chronic").astype(int)
    return found.assign(chronic=found["id"].map(chronic)).reset_index(drop=True)


if __name__ == "__main__":
    clinic_ratings().to_csv(Path(__file__).parent / "hidden_ratings.csv", index=False)
