"""Write ``pain_scores.csv``: pain of one simulated network, for the scripts of mixed models."""

import hinge_outcomes as ho

N_EPISODES, SEED = 240, 12


def main() -> None:
    """Simulate and write the scores of all episodes, whom they belong to and who treats them."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=N_EPISODES, seed=SEED)
    panel = ho.derive_outcome_panel(cohort, "nprs")
    panel = panel[panel["measured_day"] >= 0]
    columns = ["clinic_id", "clinician_id", "episode_id", "measured_day", "target_day", "score",
               "baseline_score", "symptom_duration", "age"]  # fmt: skip
    panel[columns].to_csv("pain_scores.csv", index=False)


if __name__ == "__main__":
    main()
