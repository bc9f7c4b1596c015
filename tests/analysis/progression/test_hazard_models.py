"""The models of one fit know their states and stays."""

from hinge_outcomes.analysis.progression.hazards import fit_hazards
from tests.analysis.progression.cox_references import clinic_stays


def test_models_keep_states_and_follow_up():
    """States in the order of the ladder; the last stop is that since the start, on both clocks."""
    stays = clinic_stays().head(3_000)
    for clock in ("reset", "forward"):
        models = fit_hazards(stays, "age", clock=clock).models
        assert models.states[0] == "stage_1"
        assert models.states[-1] == "lost"
        assert models.last_stop == stays["stop_day"].max()
        assert len(models.rows.stop) == len(models.moves.origin) == 3_000
        assert all(hazard.n_at_risk == len(hazard.members) for hazard in models.hazards)
